//! Everything that waits: Kafka in and out, the embedded broker, files, the clock, HTTP, telemetry.
//!
//! ```text
//!  source topics ─► ingest ─► vigil.records ─► watch ─► vigil.alerts
//!                     └─────► vigil.rejects ◄────────────┘
//! ```
//! `ingest` and `watch` each turn a loop on a thread of their own; `assign` says where they start reading, `ledger` what
//! ingest may commit, `watch::transaction` is the one place that carries out what watch decided. `roles` starts and ends them.

mod assign;
pub mod bench;
pub mod check;
pub mod classify;
pub mod cli;
mod cli_args;
pub mod clock;
mod commands;
pub mod dashboard;
mod demo;
#[cfg(test)]
mod deploy_tests;
pub mod embedded;
pub mod explain;
pub mod explain_log;
pub mod files;
pub mod health;
pub mod http;
mod ingest;
pub mod kafka;
pub mod meddra;
pub mod metrics;
mod outputs;
pub mod produce;
pub mod redrive;
pub mod reject_desk;
pub mod rejects;
pub mod replay;
pub mod replay_log;
#[cfg(test)]
mod replay_tests;
pub mod roles;
pub mod scan;
mod serve;
pub mod tail;
pub mod telemetry;
pub mod topics;
pub mod verify;
mod watch;

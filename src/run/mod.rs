//! Everything that waits: Kafka in and out, the embedded broker, files, the clock, HTTP, telemetry.
//!
//! ```text
//!  source topics ─► ingest ─► vigil.records ─► watch ─► vigil.alerts
//!                     └─────► vigil.rejects ◄────────────┘
//! ```
//! `ingest` and `watch` each turn a loop on a thread of their own; `assign` says where they start reading, `ledger` what
//! ingest may commit, `watch::transaction` is the one place that carries out what watch decided. `roles` starts and ends them.

mod assign;
pub mod check;
pub mod classify;
pub mod cli;
pub mod clock;
mod demo;
#[cfg(test)]
mod deploy_tests;
pub mod embedded;
pub mod explain;
pub mod files;
pub mod follow;
pub mod health;
pub mod http;
mod ingest;
pub mod kafka;
pub mod meddra;
pub mod metrics;
mod outputs;
pub mod produce;
pub mod rejects;
pub mod replay;
#[cfg(test)]
mod replay_tests;
pub mod roles;
mod serve;
pub mod tail;
pub mod telemetry;
pub mod topics;
mod watch;

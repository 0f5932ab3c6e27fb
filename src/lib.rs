//! `besponsa-vigil`: a pharmacovigilance event-stream processor for Besponsa (inotuzumab ozogamicin).
//!
//! ```text
//!  source message ─► decode ─► normalise ─► vigil.records ─► patient (fold) ─► classify ─► alert ─► vigil.alerts
//!                     └─► Reject ─► vigil.rejects
//! ```
//!
//! The modules stand in the order in which data meets them, and **a module names only modules above it**. A line runs
//! across the middle. Above it is pure code: bytes, values and time are passed in; no tokio, no rdkafka, no clock, no
//! environment, no metrics. Below it is everything that waits, behind the feature `io`. `cargo test
//! --no-default-features` builds and tests the pure half alone, and `src/layout.rs` reads the source for names that point
//! the wrong way.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)
)]

pub mod record;

pub mod profile;

pub mod decode;

pub mod normalise;

pub mod patient;

pub mod classify;

pub mod detect;

pub mod alert;

pub mod verify;

pub mod pipeline;

pub mod ledger;

pub mod config;

#[cfg(feature = "io")]
pub mod dashboard;

#[cfg(feature = "io")]
pub mod simulate;

#[cfg(feature = "io")]
pub mod run;

#[cfg(test)]
mod layout;

//! `besponsa-vigil`: a pharmacovigilance event-stream processor for Besponsa (inotuzumab ozogamicin).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

pub mod record;

pub mod decode;

pub mod config;

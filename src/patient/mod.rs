//! What is remembered. At this point cases: their versions, what they were counted for, and the episodes they raised.
//! Bedside courses follow.

mod case;

pub use case::{Case, Episode, Folded, VersionKey};

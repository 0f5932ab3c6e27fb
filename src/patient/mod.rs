//! What is remembered. At this point cases: their versions, what they were counted for, and the episodes they raised.
//! Bedside courses follow.

mod case;
mod duplicate;
mod likeness;

pub use case::{Case, Episode, Folded, VersionKey};
pub use duplicate::{BLOCK_MAX, CANDIDATES_MAX, DuplicateIndex, LINKS_MAX, SuspectedDuplicate};
pub use likeness::{Candidate, Part};

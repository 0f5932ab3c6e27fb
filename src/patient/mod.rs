//! What is remembered: cases with their versions and the episodes they raised, and patients' courses.

mod case;
mod course;
mod duplicate;
mod entry;
mod fact;
mod handling;
mod likeness;
mod observed;
mod said;
mod segments;
mod snug;
mod stated;
mod values;
mod written;
#[cfg(test)]
mod written_tests;

pub use case::{Case, Episode, Folded, VersionKey};
pub use course::{Course, CourseFold, CourseRules};
pub use duplicate::{BLOCK_MAX, CANDIDATES_MAX, DuplicateIndex, LINKS_MAX, SuspectedDuplicate};
pub use entry::{Arrival, CourseEntry, Via};
pub use fact::{CourseFact, Keeping, MergeFact};
pub use handling::{ACTS_KEPT_MAX, ActHeard, ActTaken, CallRules, Handling, Stand, Standing, Ticked, VoidWhy};
pub use likeness::{Candidate, Part};
pub use observed::{Observed, ValueArrival};
pub use said::{BedEpisode, Closed, Spoken};
pub use segments::SEGMENT_VALUES;
pub use stated::{NAME_BYTES_MAX, Said, start_of_day};
pub use values::Values;
pub use written::RecordMissing;

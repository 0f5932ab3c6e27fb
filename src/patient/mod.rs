//! What is remembered: cases with their versions and the episodes they raised, and patients' courses.

mod case;
mod course;
mod duplicate;
mod fact;
mod handling;
mod likeness;
mod observed;
mod said;

pub use case::{Case, Episode, Folded, VersionKey};
pub use course::{Arrival, Course, CourseEntry, CourseFold, CourseRules, Via};
pub use duplicate::{BLOCK_MAX, CANDIDATES_MAX, DuplicateIndex, LINKS_MAX, SuspectedDuplicate};
pub use fact::{CourseFact, Keeping, MergeFact, NAME_BYTES_MAX, Said, start_of_day};
pub use handling::{ACTS_KEPT_MAX, ActHeard, ActTaken, CallRules, Handling, Stand, Standing, Ticked, VoidWhy};
pub use likeness::{Candidate, Part};
pub use observed::{Observations, Observed, ValueArrival};
pub use said::{BedEpisode, Closed, Spoken};

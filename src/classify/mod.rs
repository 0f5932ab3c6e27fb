//! A report judged: is the product suspect, which label reactions does it report, how serious, listed or not.

mod assess;
mod listed;

pub use assess::{Assessment, Basis, Classifier, ReactionFound, Stated, SuspectRow, serious, serious_reaction};
pub use listed::{Listed, Why, listedness};

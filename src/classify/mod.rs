//! A report judged: is the product suspect, which label reactions does it report, how serious, listed or not; and for
//! the product's own reports everything else a safety officer asks.
//!
//! [`Classifier::assess`] is the quick half, run for every report without allocation; [`Review`] the full one, run only
//! where the product is suspect.

mod assess;
mod clock;
mod concerns;
mod listed;
mod review;
mod single;
mod situation;
mod timing;
mod told;
mod validity;

pub use assess::{Assessment, Basis, Classifier, ReactionFound, Stated, SuspectRow, serious, serious_reaction};
pub use clock::{Applies, ClockFacts, ClockMemory, ClockRule, Due, DueBucket, advance, applies, from_eea, related};
pub use concerns::{ConcernIndex, Concerning, FACTS_MAX};
pub use listed::{Listed, Why, listedness};
pub use review::{Review, report_day, significant_content};
pub use single::SingleJudge;
pub use situation::{Given, Situation, SituationIndex, situations};
pub use timing::{IntervalBasis, TimeToOnset, challenge_name, time_to_onset, window_days};
pub use validity::{Element, QUESTIONS_MAX, follow_up_questions, missing_elements};

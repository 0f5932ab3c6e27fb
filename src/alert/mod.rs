//! From a judgement to an alert: the episode it belongs to, its priority, its evidence, its words.

mod compose;
mod encode;
mod episode;
mod message;
mod review;
mod words;

pub use encode::{AlertCodec, AlertOut, DISCLAIMER, SCHEMA_JSON};
pub use episode::{Decision, judge_case};
pub use message::{Alert, Change, Clock, DuplicateLink, Evidence, ReportReview, SituationFound, Subject};

/// Where in the log a decision was made.
#[derive(Clone, Copy, Debug)]
pub struct LogPosition<'a> {
    /// Topic of the log.
    pub topic: &'a str,
    /// Partition: the shard.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

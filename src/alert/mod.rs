//! From a judgement to an alert: the episode it belongs to, its priority, its evidence, its words.

mod bed_compose;
mod bed_episode;
mod bed_words;
mod compose;
mod encode;
mod episode;
mod message;
mod review;
mod site;
mod words;

pub use bed_compose::{BedAlert, bed_alert, missing_words};
pub use bed_episode::{Judged, Revision, advance};
pub use encode::{AlertCodec, AlertOut, DISCLAIMER, SCHEMA_JSON};
pub use episode::{Decision, judge_case};
pub use message::{Alert, Change, Clock, DuplicateLink, Evidence, ReportReview, SituationFound, Subject};
pub use site::{SitePlace, SiteSilence, site_alert};

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

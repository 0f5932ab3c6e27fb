//! From a judgement to an alert: the episode it belongs to, its priority, its evidence, its words.

mod act;
mod again;
mod bed_compose;
mod bed_episode;
mod bed_words;
mod compose;
mod encode;
mod episode;
mod message;
mod own;
mod review;
mod site;
mod words;
mod workflow;

pub use act::{
    ACTOR_CHARS_MAX, ActFault, ActOut, ActRequest, REASON_CHARS_MAX, act_name, act_record, bed_calls, case_calls,
    check_form, check_snooze, snooze_max_ms,
};
pub use again::{CaseAgain, bed_again};
pub use bed_compose::{BedAlert, bed_alert, bed_alert_id, missing_words};
pub use bed_episode::{Judged, Revision, advance};
pub use encode::{AlertCodec, AlertOut, DISCLAIMER, SCHEMA_JSON};
pub use episode::{Decision, case_alert_id, judge_case};
pub use message::{Alert, Change, Clock, DuplicateLink, Evidence, ReportReview, SituationFound, Subject};
pub use site::{SitePlace, SiteSilence, site_alert};
pub use workflow::{ActOutcome, ActSaid, Workflow, WorkflowState, workflow};

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

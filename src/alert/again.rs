//! An alert that is said again without a new judgement: an act, the end of a snooze, a call that nobody answered.

use super::bed_compose::{BedAlert, bed_alert};
use super::bed_episode::Revision;
use super::encode::{AlertCodec, AlertOut, DISCLAIMER};
use super::episode::case_alert_id;
use super::message::{Alert, Subject};
use super::workflow::Workflow;
use crate::detect::{CourseView, Level};
use crate::patient::Episode;
use crate::profile::{Listedness, Profile};
use crate::record::{Millis, Pseudonym, Text, hex128};

/// A revision of a case's alert that no report causes.
#[derive(Clone, Debug)]
pub struct CaseAgain<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The case.
    pub key: Pseudonym,
    /// Partition: the shard.
    pub partition: i32,
    /// Recorded-at of what causes it.
    pub recorded_at: Millis,
    /// The episode as it is now.
    pub episode: &'a Episode,
    /// What is said.
    pub revision: Revision,
    /// The revision that last told what the report says, as it was written; empty where it is not known.
    pub content: &'a [u8],
    /// Where the alert stands now.
    pub workflow: Option<Box<Workflow<'static>>>,
    /// Number of the alert within its shard.
    pub seq: i64,
}

impl CaseAgain<'_> {
    /// The revision: what the report says as it was last told.
    #[must_use]
    pub fn out(self) -> AlertOut {
        let mut scratch = Vec::new();
        let content = AlertCodec::decode(self.content, &mut scratch).ok().map(|content| content.owned_content());
        let mut alert = content.unwrap_or_else(|| self.bare());
        alert.revision = self.episode.revision;
        alert.change = self.revision.change;
        alert.notify = self.revision.notify;
        alert.priority = self.episode.priority;
        alert.recorded_at = self.recorded_at;
        alert.shard = self.partition;
        alert.seq = self.seq;
        alert.set_workflow(self.workflow);
        AlertOut { key: self.key.to_string(), timestamp: self.recorded_at.0, alert }
    }

    /// Of an alert that an earlier release said, which kept nothing of its words.
    fn bare(&self) -> Alert<'static> {
        let (profile, concern) = (self.profile, self.episode.concern);
        Alert {
            alert_id: hex128(case_alert_id(self.key, concern, self.episode.n)).into(),
            revision: self.episode.revision,
            concern,
            change: self.revision.change,
            priority: self.episode.priority,
            notify: self.revision.notify,
            criteria: Vec::new(),
            not_met: Vec::new(),
            unknown: Vec::new(),
            grade: None,
            severity: None,
            serious: None,
            seriousness: Vec::new(),
            listed_eu: Listedness::NotApplicable,
            listed_us: Listedness::NotApplicable,
            listedness_reason: Text::default(),
            dme: false,
            explanation: Text::borrowed("What the report says stands in the revisions before this one. Please review."),
            evidence: Vec::new(),
            evidence_omitted: 0,
            key: self.key.to_string().into(),
            subject: Subject::Case,
            case_id: None,
            case_version: None,
            site: Text::borrowed("vigil"),
            country: None,
            reactions: Vec::new(),
            products: Vec::new(),
            event_time: None,
            recorded_at: self.recorded_at,
            shard: self.partition,
            seq: self.seq,
            profile_version: profile.version.clone().into(),
            profile_hash: profile.hash.get(..16).unwrap_or(&profile.hash).to_owned().into(),
            dictionary: None,
            report: None,
            workflow: None,
            disclaimer: Text::borrowed(DISCLAIMER),
        }
    }
}

/// A revision of a patient's alert that no judgement causes: criteria, grade and severity as last said, values and what is
/// missing as they are known now.
#[must_use]
pub fn bed_again(said: &BedAlert<'_>, view: &CourseView<'_>, workflow: Option<Box<Workflow<'static>>>) -> AlertOut {
    let episode = said.episode;
    let level = Level {
        rule: "said",
        priority: episode.priority,
        criteria: episode.now,
        severity: episode.severity,
        grade: episode.grade,
    };
    let mut out = bed_alert(&BedAlert { level: Some(&level), ..*said }, view);
    out.alert.set_workflow(workflow);
    out
}

//! One alert as lists and the live stream show it.

use super::handled::{Handled, Stand};
use crate::alert::{Alert, Change, Subject};
use crate::profile::{Concern, Listedness, Priority};
use crate::record::Millis;
use serde::Serialize;
use utoipa::ToSchema;

/// Longest summary, characters.
const SUMMARY_CHARS_MAX: usize = 240;

/// Most entries of the lists of a row; products fewer.
const LIST_MAX: usize = 8;
const PRODUCTS_MAX: usize = 4;

/// A reporting clock that runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClockRow {
    /// Which rule.
    pub rule: String,
    /// Day 0, ISO 8601.
    pub day_zero: String,
    /// Last day, ISO 8601.
    pub due: String,
    /// Started by a follow-up?
    pub follow_up: bool,
}

/// One alert: its newest revision, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AlertRow {
    /// 32 hexadecimal digits.
    pub alert_id: String,
    /// Newest revision.
    pub revision: i32,
    /// Concern.
    pub concern: Concern,
    /// What the newest revision did.
    pub change: Change,
    /// Priority.
    pub priority: Priority,
    /// Should a person look again?
    pub notify: bool,
    /// Where it stands.
    pub state: Stand,
    /// Criteria met.
    pub criteria: Vec<String>,
    /// What is missing, at most 8.
    pub unknown: Vec<String>,
    /// CTCAE grade.
    pub grade: Option<i32>,
    /// EBMT severity.
    pub severity: Option<String>,
    /// Serious; null where nothing was stated.
    pub serious: Option<bool>,
    /// Criteria of seriousness.
    pub seriousness: Vec<String>,
    /// Against the EU SmPC.
    pub listed_eu: Listedness,
    /// Against the US PI.
    pub listed_us: Listedness,
    /// Designated medical event.
    pub dme: bool,
    /// The beginning of the explanation.
    pub summary: String,
    /// Pseudonym of case or patient.
    pub key: String,
    /// What the key stands for.
    pub subject: Subject,
    /// Is it of a patient of whom a ward or a laboratory tells? False for a case, and for a patient of whom reports alone
    /// tell: both stand on the desk of cases.
    pub own_patient: bool,
    /// Case identifier.
    pub case_id: Option<String>,
    /// Case version.
    pub case_version: Option<String>,
    /// Sending site.
    pub site: String,
    /// Country of occurrence.
    pub country: Option<String>,
    /// Reactions as reported, at most 8.
    pub reactions: Vec<String>,
    /// Suspect products as reported, at most 4.
    pub products: Vec<String>,
    /// Onset: a time, or a date of the precision known.
    pub event_time: Option<String>,
    /// When the deciding record became known.
    pub recorded_at: Millis,
    /// Recorded-at of the earliest revision known.
    pub raised_at: Millis,
    /// Recorded-at of the last revision that raised or worsened it.
    pub worsened_at: Millis,
    /// Who looks after it.
    pub owner: Option<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Millis>,
    /// By whom.
    pub acknowledged_by: Option<String>,
    /// End of the snooze.
    pub snoozed_until: Option<Millis>,
    /// Did nobody answer in time?
    pub escalated: bool,
    /// When it is said again if nobody answers.
    pub escalates_at: Option<Millis>,
    /// The clock that runs out first.
    pub clock: Option<ClockRow>,
    /// Elements missing for a valid report.
    pub missing_elements: Vec<String>,
    /// Is the report valid? Null for a patient.
    pub valid: Option<bool>,
    /// Partition that decided.
    pub shard: i32,
    /// Number of the alert in it.
    pub seq: i64,
}

/// Texts that are the row's own, at most so many.
fn own(texts: &[crate::record::Text<'_>], most: usize) -> Vec<String> {
    texts.iter().take(most).map(|text| text.as_str().to_owned()).collect()
}

/// The beginning of a text, cut behind a word.
fn summary(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(SUMMARY_CHARS_MAX) else { return text.to_owned() };
    let head = text.get(..end).unwrap_or_default();
    let cut = head.rfind(char::is_whitespace).unwrap_or(head.len());
    format!("{}…", head.get(..cut).unwrap_or(head).trim_end())
}

impl AlertRow {
    /// The desk that it stands on.
    #[must_use]
    pub const fn desk(&self) -> Subject {
        if self.own_patient { Subject::Patient } else { Subject::Case }
    }

    /// The row of a revision; `first` and `worse`: when the alert was raised and last became worse.
    #[must_use]
    pub fn new(alert: &Alert<'_>, first: Millis, worse: Millis) -> Self {
        let text = |text: &Option<crate::record::Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
        let report = alert.report.as_deref();
        let clock = report.and_then(|report| report.clocks.iter().min_by(|a, b| a.due.as_str().cmp(b.due.as_str())));
        Self {
            alert_id: alert.alert_id.to_string(),
            revision: alert.revision,
            concern: alert.concern,
            change: alert.change,
            priority: alert.priority,
            notify: alert.notify,
            state: Stand::Open,
            criteria: own(&alert.criteria, usize::MAX),
            unknown: own(&alert.unknown, LIST_MAX),
            grade: alert.grade,
            severity: text(&alert.severity),
            serious: alert.serious,
            seriousness: own(&alert.seriousness, usize::MAX),
            listed_eu: alert.listed_eu,
            listed_us: alert.listed_us,
            dme: alert.dme,
            summary: summary(&alert.explanation),
            key: alert.key.to_string(),
            subject: alert.subject,
            own_patient: alert.subject == Subject::Patient,
            case_id: text(&alert.case_id),
            case_version: text(&alert.case_version),
            site: alert.site.to_string(),
            country: text(&alert.country),
            reactions: own(&alert.reactions, LIST_MAX),
            products: own(&alert.products, PRODUCTS_MAX),
            event_time: text(&alert.event_time),
            recorded_at: alert.recorded_at,
            raised_at: first,
            worsened_at: worse,
            owner: None,
            acknowledged_at: None,
            acknowledged_by: None,
            snoozed_until: None,
            escalated: false,
            escalates_at: None,
            clock: clock.map(|clock| ClockRow {
                rule: clock.rule.to_string(),
                day_zero: clock.day_zero.to_string(),
                due: clock.due.to_string(),
                follow_up: clock.follow_up,
            }),
            missing_elements: report.map_or_else(Vec::new, |report| own(&report.missing_elements, usize::MAX)),
            valid: report.map(|report| report.valid),
            shard: alert.shard,
            seq: alert.seq,
        }
    }

    /// The row with where the alert stands at a time; `limit`: after how many milliseconds nobody's answer is said again,
    /// where that is so for the alert.
    #[must_use]
    pub fn at(&self, handled: &Handled, now: Millis, limit: Option<i64>) -> Self {
        let state = handled.at(now);
        let acknowledged = state == Stand::Acknowledged;
        let waits = state == Stand::Open && self.priority == Priority::High && handled.escalations == 0;
        Self {
            state,
            owner: handled.owner.clone(),
            acknowledged_at: handled.at.filter(|_| acknowledged),
            acknowledged_by: handled.by.clone().filter(|_| acknowledged),
            snoozed_until: handled.until.filter(|_| state == Stand::Snoozed),
            escalated: state == Stand::Open && handled.escalations > 0,
            escalates_at: limit.filter(|_| waits).map(|limit| Millis(self.worsened_at.0.saturating_add(limit))),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_summary_is_cut_behind_a_word_and_never_inside_a_letter() {
        assert_eq!(summary("short"), "short");
        let long = "Überschuß an Wörtern ".repeat(30);
        let cut = summary(&long);
        assert!(cut.chars().count() <= 241 && cut.ends_with('…') && !cut.contains(" …"), "{cut}");
        assert_eq!(summary(&"x".repeat(300)).chars().count(), 241);
    }
}

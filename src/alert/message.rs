//! The alert as consumers read it: `schemas/alert.avsc`, field for field.

use super::workflow::Workflow;
use crate::profile::{Concern, Listedness, Priority};
use crate::record::{Millis, Text};
use serde::{Deserialize, Serialize};

/// One revision of an alert: a call for review, for surveillance and decision support; not a certified medical device and never an order to treat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert<'a> {
    /// 32 hexadecimal digits: 128 bits of SHA-256 over (key, concern, episode number). Identity of a message is (alert_id, revision)
    #[serde(borrow)]
    pub alert_id: Text<'a>,
    /// Counts from 1 within alert_id
    pub revision: i32,
    /// Concern
    pub concern: Concern,
    /// Change
    pub change: Change,
    /// Priority of this revision
    pub priority: Priority,
    /// True only where a person should look again: at first and on worsening
    pub notify: bool,
    /// Identities of the rules or definitions met, such as 'reported_serious' or 'ebmt2023_probable'
    #[serde(borrow)]
    pub criteria: Vec<Text<'a>>,
    /// Definitions evaluated and not met
    #[serde(default, borrow)]
    pub not_met: Vec<Text<'a>>,
    /// What is missing: 'unknown' is never 'no'
    #[serde(default, borrow)]
    pub unknown: Vec<Text<'a>>,
    /// CTCAE v5 grade where one can be given, 1 to 5
    #[serde(default)]
    pub grade: Option<i32>,
    /// Severity scale's category where one applies (EBMT)
    #[serde(default, borrow)]
    pub severity: Option<Text<'a>>,
    /// Serious by at least one reported criterion; null if nothing was stated
    #[serde(default)]
    pub serious: Option<bool>,
    /// Seriousness criteria reported
    #[serde(borrow)]
    pub seriousness: Vec<Text<'a>>,
    /// Against the EU SmPC
    pub listed_eu: Listedness,
    /// Against the US PI
    pub listed_us: Listedness,
    /// Why
    #[serde(borrow)]
    pub listedness_reason: Text<'a>,
    /// On the designated medical event list
    pub dme: bool,
    /// Sentences a clinician or safety officer reads, UK spelling, built from evidence
    #[serde(borrow)]
    pub explanation: Text<'a>,
    /// Inputs, the deciding one first; at most 32
    #[serde(borrow)]
    pub evidence: Vec<Evidence<'a>>,
    /// Number of further inputs left out
    #[serde(default)]
    pub evidence_omitted: i32,
    /// Pseudonym of the case or patient; the Kafka message key
    #[serde(borrow)]
    pub key: Text<'a>,
    /// Case or patient
    pub subject: Subject,
    /// Case identifier of the report that decided
    #[serde(default, borrow)]
    pub case_id: Option<Text<'a>>,
    /// Version of the case that decided
    #[serde(default, borrow)]
    pub case_version: Option<Text<'a>>,
    /// Sending site
    #[serde(borrow)]
    pub site: Text<'a>,
    /// Country of occurrence
    #[serde(default, borrow)]
    pub country: Option<Text<'a>>,
    /// Reaction terms of the concern as reported
    #[serde(borrow)]
    pub reactions: Vec<Text<'a>>,
    /// Suspect product names as reported
    #[serde(borrow)]
    pub products: Vec<Text<'a>>,
    /// Onset: RFC 3339 time or ISO 8601 date of the precision known
    #[serde(default, borrow)]
    pub event_time: Option<Text<'a>>,
    /// When the deciding record became known
    pub recorded_at: Millis,
    /// Partition of vigil.records that decided
    pub shard: i32,
    /// Number of this alert within its shard, contiguous from 1: a gap is a loss
    pub seq: i64,
    /// Version of the safety profile
    #[serde(borrow)]
    pub profile_version: Text<'a>,
    /// First 16 hexadecimal digits of the profile's SHA-256
    #[serde(borrow)]
    pub profile_hash: Text<'a>,
    /// Version and hash of the user's licensed MedDRA that the decision used; null where none is loaded
    #[serde(default, borrow)]
    pub dictionary: Option<Text<'a>>,
    /// Review of the report that decided
    #[serde(default, borrow)]
    pub report: Option<Box<ReportReview<'a>>>,
    /// Null where nobody acted yet and nothing escalated: the alert is open
    #[serde(default, borrow)]
    pub workflow: Option<Box<Workflow<'a>>>,
    /// Intended use, one sentence
    #[serde(borrow)]
    pub disclaimer: Text<'a>,
}

/// What key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// `case`
    Case,
    /// `patient`
    Patient,
}

/// One input that the decision rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence<'a> {
    /// What it is: a reaction, an analyte, a finding, a drug row
    #[serde(borrow)]
    pub item: Text<'a>,
    /// Value or matched phrase as reported, with comparator; never more of a narrative than the matched phrase
    #[serde(default, borrow)]
    pub value: Option<Text<'a>>,
    /// Unit of value, as reported
    #[serde(default, borrow)]
    pub unit: Option<Text<'a>>,
    /// When it happened: RFC 3339 time, or an ISO 8601 date of the precision known
    #[serde(default, borrow)]
    pub time: Option<Text<'a>>,
    /// Why it counts: code, term, narrative, role, criterion …
    #[serde(borrow)]
    pub basis: Text<'a>,
    /// False where the profile's number or code behind it is marked unverified
    pub verified: bool,
    /// Topic the input was read from
    #[serde(borrow)]
    pub topic: Text<'a>,
    /// Partition
    pub partition: i32,
    /// Offset
    pub offset: i64,
    /// Index in its container
    pub index: i32,
    /// Record id of the input in vigil.records
    #[serde(borrow)]
    pub record_id: Text<'a>,
}

/// What this revision does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// `raised`
    Raised,
    /// `upgraded`
    Upgraded,
    /// `downgraded`
    Downgraded,
    /// `revised`
    Revised,
    /// `acknowledged`
    Acknowledged,
    /// `resolved`
    Resolved,
    /// `withdrawn`
    Withdrawn,
    /// `handled`: a person acted otherwise than by acknowledging, or an act was void; see `workflow`
    Handled,
    /// `escalated`: nobody answered the call
    Escalated,
    /// `expired`: a snooze is over
    Expired,
}

/// What a safety officer asks of a report beside its reactions. Bedside alerts have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportReview<'a> {
    /// Are reporter, patient, product and reaction all known (GVP VI)?
    pub valid: bool,
    /// Elements missing for a valid report: reporter, patient, product, reaction
    #[serde(borrow)]
    pub missing_elements: Vec<Text<'a>>,
    /// Questions to the reporter, missing elements first; at most 12
    #[serde(borrow)]
    pub follow_up_questions: Vec<Text<'a>>,
    /// Clocks that run for this version
    #[serde(borrow)]
    pub clocks: Vec<Clock<'a>>,
    /// Per region without a running clock: why none runs, or what must be known first
    #[serde(borrow)]
    pub clock_notes: Vec<Text<'a>>,
    /// Special situations met first, then those that cannot be said; what is not met stands in not_met
    #[serde(borrow)]
    pub special_situations: Vec<SituationFound<'a>>,
    /// Causality with the product as reported
    #[serde(borrow)]
    pub causality: Vec<Text<'a>>,
    /// Days from the first dose to the earliest onset of the alert's reactions; negative where the onset was before
    #[serde(default)]
    pub onset_days_from_first_dose: Option<f64>,
    /// Days from the last dose before it to the earliest onset
    #[serde(default)]
    pub onset_days_from_last_dose: Option<f64>,
    /// reported interval, or dates
    #[serde(default, borrow)]
    pub onset_basis: Option<Text<'a>>,
    /// Within the label's 56 days after the last dose? Null where the interval is not known
    #[serde(default)]
    pub onset_in_window: Option<bool>,
    /// Did the reaction abate after stopping or reducing: positive, negative, unknown, not_applicable
    #[serde(default, borrow)]
    pub dechallenge: Option<Text<'a>>,
    /// Did it recur after giving again
    #[serde(default, borrow)]
    pub rechallenge: Option<Text<'a>>,
    /// Likeliest first, at most 5, among the product's cases of the same shard
    #[serde(borrow)]
    pub suspected_duplicates: Vec<DuplicateLink<'a>>,
    /// Other identifiers of the case (E2B C.1.9.1)
    #[serde(borrow)]
    pub other_case_ids: Vec<Text<'a>>,
    /// Linked reports (E2B C.1.10)
    #[serde(borrow)]
    pub linked_reports: Vec<Text<'a>>,
    /// MedDRA version that the sender coded with
    #[serde(default, borrow)]
    pub meddra_version: Option<Text<'a>>,
}

/// A reporting clock that runs. Clocks run for the operator's own receipt alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock<'a> {
    /// eu_serious (15 days), eu_non_serious (90 days, from the EEA), us_15_day_alert (serious and unexpected)
    #[serde(borrow)]
    pub rule: Text<'a>,
    /// Day on which all four elements, or the significant follow-up, became known; ISO 8601 date
    #[serde(borrow)]
    pub day_zero: Text<'a>,
    /// Last day, by calendar days; ISO 8601 date
    #[serde(borrow)]
    pub due: Text<'a>,
    /// Started by a significant follow-up?
    pub follow_up: bool,
}

/// A special situation that is met, or unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SituationFound<'a> {
    /// Name, with the region where the labels differ, such as off_label_age_eu
    #[serde(borrow)]
    pub situation: Text<'a>,
    /// met or unknown
    #[serde(borrow)]
    pub answer: Text<'a>,
    /// Why, or what is missing
    #[serde(borrow)]
    pub reason: Text<'a>,
}

/// Another case that may be the same: linked, never merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicateLink<'a> {
    /// Pseudonym of the other case
    #[serde(borrow)]
    pub key: Text<'a>,
    /// Its identifier
    #[serde(borrow)]
    pub case_id: Text<'a>,
    /// Was it nullified? Then this may be the same case sent again
    pub nullified: bool,
    /// Share of the comparable points that agree
    pub score_percent: i32,
    /// What each field adds, as 'age 2 of 2'
    #[serde(borrow)]
    pub parts: Vec<Text<'a>>,
}

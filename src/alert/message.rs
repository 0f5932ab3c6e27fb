//! The alert as consumers read it: `schemas/alert.avsc`, field for field.

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
}

//! What the system tells itself through the log: facts sent on, merges, acknowledgements, time.

use super::{Administration, Condition, Finding, Millis, Observation, Patient, Procedure, Response, Stay, Text};
use serde::{Deserialize, Serialize};

/// A fact that one key tells another about a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fact<'a> {
    /// A reported reaction that is a sign, as a finding; or a finding.
    Finding(#[serde(borrow)] Finding<'a>),
    /// A dose.
    Administration(#[serde(borrow)] Administration<'a>),
    /// A condition.
    Condition(#[serde(borrow)] Condition<'a>),
    /// A procedure of a merged patient.
    Procedure(#[serde(borrow)] Procedure<'a>),
    /// A response of a merged patient.
    Response(Response),
    /// A stay of a merged patient.
    Stay(#[serde(borrow)] Stay<'a>),
    /// Facts of a merged patient's person.
    Patient(Patient),
    /// A measured value of a merged patient.
    Observation(#[serde(borrow)] Observation<'a>),
}

/// A fact that a case's shard sends to the patient's key, or a merged patient's to the one that stays; or its withdrawal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forwarded<'a> {
    /// Pseudonym of the case or of the merged patient
    #[serde(borrow)]
    pub from_key: Text<'a>,
    /// Record id of the report that says it; of the merged patient's own record
    #[serde(borrow)]
    pub from_record_id: Text<'a>,
    /// True when the report no longer says it, or the merge was taken back
    #[serde(default)]
    pub withdrawn: bool,
    /// Pseudonyms of the merged patients that it came through, the first one first: it goes to none of them again
    #[serde(default, borrow)]
    pub path: Vec<Text<'a>>,
    /// The fact as the report, or the patient that is merged into this one, gives it
    #[serde(borrow)]
    pub fact: Fact<'a>,
    /// Upper limit of normal of an observation that its site's default gave, in the analyte's canonical unit; null where the message had its own, or there was none
    #[serde(default)]
    pub site_limit: Option<f64>,
}

/// Two pseudonyms are one patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge<'a> {
    /// Pseudonym that stays
    #[serde(borrow)]
    pub survivor: Text<'a>,
    /// Pseudonym that is folded into it
    #[serde(borrow)]
    pub merged: Text<'a>,
    /// True when the merge is taken back
    #[serde(default)]
    pub undone: bool,
}

/// Acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckAct {
    /// `acknowledge`
    Acknowledge,
    /// `assign`
    Assign,
    /// `comment`
    Comment,
    /// `dismiss`
    Dismiss,
    /// `snooze`
    Snooze,
    /// `undo`
    Undo,
}

/// What a person did about an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement<'a> {
    /// Alert, 32 hexadecimal digits
    #[serde(borrow)]
    pub alert_id: Text<'a>,
    /// Revision the person saw
    pub revision: i32,
    /// Act
    pub act: AckAct,
    /// Pseudonymous or role-based actor id
    #[serde(borrow)]
    pub actor: Text<'a>,
    /// Reason; mandatory for dismiss
    #[serde(default, borrow)]
    pub reason: Option<Text<'a>>,
    /// End of a snooze, UTC
    #[serde(default)]
    pub until: Option<Millis>,
}

/// Reserved: a change of profile at a point of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange<'a> {
    /// Version
    #[serde(borrow)]
    pub profile_version: Text<'a>,
    /// SHA-256 of the profile's canonical text, hexadecimal
    #[serde(borrow)]
    pub profile_hash: Text<'a>,
}

/// Wall time as a record, written by the owner of a shard into its own partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// Wall clock of the owner, UTC
    pub wall_time: Millis,
    /// The shard
    pub partition: i32,
}

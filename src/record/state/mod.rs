//! The changelog `vigil.state` as it is written: field for field `schemas/state.avsc`.
//!
//! What a module remembers it turns into these types and back by itself; nothing else reads them.

mod bytes;
mod codec;
mod handling;
mod patient;
#[cfg(test)]
pub(crate) mod tests;

pub use bytes::{Bytes, Id};
pub use codec::{STATE_SCHEMA_JSON, STATE_SCHEMA_VERSION, StateCodec, StateUnread};
pub use handling::{ActsState, CaseHandlingState, HandlingState, KeptActState, StandingState};
pub use patient::{
    BedEpisodeState, ConditionState, DefibrotideState, DoseState, EntryState, FactState, FindingState, MergeState,
    NothingState, PatientState, PatientValuesState, PersonState, ProcedureState, ResponseState, SaidState, SentOnState,
    SeriesState, StayState, ValueState,
};

use super::{PartialDate, Text};
use serde::{Deserialize, Serialize};

/// One value of the changelog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State<'a> {
    /// What is remembered under the key.
    #[serde(borrow)]
    pub body: StateBody<'a>,
}

/// What is remembered; the variants in the order of the schema's union.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "a case is the common kind; boxing it would cost an allocation a value")]
pub enum StateBody<'a> {
    /// One case.
    Case(#[serde(borrow)] CaseState<'a>),
    /// The facts of one patient.
    Patient(#[serde(borrow)] PatientState<'a>),
    /// Position and sums of the shard.
    Progress(#[serde(borrow)] ProgressState<'a>),
    /// A schema that other values were written with.
    WriterSchema(#[serde(borrow)] WriterSchema<'a>),
    /// Some of one patient's measured values.
    PatientValues(#[serde(borrow)] PatientValuesState<'a>),
}

/// What is remembered of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseState<'a> {
    /// Version number of the version that holds.
    pub version: Option<i32>,
    /// Its date of most recent information, YYYYMMDD.
    pub most_recent: Option<i32>,
    /// Its date of transmission, YYYYMMDD.
    pub created: Option<i32>,
    /// XXH3-64 of the report that holds.
    pub report_content: i64,
    /// When that became known, milliseconds.
    pub as_of: i64,
    /// Withdrawn by its sender?
    pub nullified: bool,
    /// Is the product suspect?
    pub suspect: bool,
    /// Identities of label reactions.
    #[serde(borrow)]
    pub reactions: Vec<Text<'a>>,
    /// Episodes, oldest first.
    #[serde(borrow)]
    pub episodes: Vec<EpisodeState<'a>>,
    /// Reporting clocks.
    #[serde(borrow)]
    pub clocks: Option<ClocksState<'a>>,
    /// What is compared for duplicates.
    #[serde(borrow)]
    pub likeness: Option<LikenessState<'a>>,
    /// What was sent on to the patient.
    #[serde(borrow)]
    pub told: Option<ToldState<'a>>,
    /// Open alerts, as people handle them.
    #[serde(borrow)]
    pub handled: Vec<CaseHandlingState<'a>>,
}

/// One episode of a concern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeState<'a> {
    /// Name of the concern.
    #[serde(borrow)]
    pub concern: Text<'a>,
    /// Counts the key's episodes of the concern, from 1.
    pub n: i32,
    /// Last revision said.
    pub revision: i32,
    /// Name of the priority last said.
    #[serde(borrow)]
    pub priority: Text<'a>,
    /// Gravity last said.
    pub gravity: i32,
    /// Withdrawn?
    pub withdrawn: bool,
}

/// Reporting clocks of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClocksState<'a> {
    /// XXH3-64 of the significant content.
    pub significant: i64,
    /// Were all four elements known?
    pub valid: bool,
    /// Day 0 of the first valid version, YYYYMMDD.
    pub initial: Option<i32>,
    /// Day 0 of the latest significant information, YYYYMMDD.
    pub latest: Option<i32>,
    /// Did a follow-up set it?
    pub followed_up: bool,
    /// Clocks that run.
    #[serde(borrow)]
    pub due: Vec<DueState<'a>>,
}

/// A clock that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DueState<'a> {
    /// Name of the rule.
    #[serde(borrow)]
    pub rule: Text<'a>,
    /// Day 0, YYYYMMDD.
    pub day_zero: i32,
    /// Last day, YYYYMMDD.
    pub last_day: i32,
    /// Started by a follow-up?
    pub follow_up: bool,
}

/// What of a case is compared to find suspected duplicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LikenessState<'a> {
    /// Offset of the report that it was last taken from.
    pub remembered: i64,
    /// The case's identifier, cut.
    #[serde(borrow)]
    pub case_id: Text<'a>,
    /// Nullified?
    pub nullified: bool,
    /// Country, two letters.
    #[serde(borrow)]
    pub country: Option<Text<'a>>,
    /// Name of the sex.
    #[serde(borrow)]
    pub sex: Option<Text<'a>>,
    /// Age, years.
    pub age_years: Option<f64>,
    /// Earliest onset, days since 1970.
    pub onset: Option<i64>,
    /// First day of the product, days since 1970.
    pub start: Option<i64>,
    /// Identities of the reactions.
    pub reactions: Vec<i64>,
    /// XXH3-64 of the patient's pseudonym.
    pub patient: Option<i64>,
    /// XXH3-64 of each identifier of the case.
    pub own_ids: Vec<i64>,
    /// XXH3-64 of each identifier that it names.
    pub named_ids: Vec<i64>,
}

/// What a case has sent on to its patient's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldState<'a> {
    /// Pseudonym of the patient.
    #[serde(borrow)]
    pub patient: Text<'a>,
    /// Recorded-at of the last record sent, milliseconds.
    pub as_of: i64,
    /// Facts that stand.
    #[serde(borrow)]
    pub facts: Vec<ToldFact<'a>>,
}

/// One fact that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldFact<'a> {
    /// Record id of the forwarded record.
    pub id: Id,
    /// The record as it was sent.
    #[serde(borrow)]
    pub record: Bytes<'a>,
}

/// Position and sums of one shard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgressState<'a> {
    /// Offset to read next.
    pub next_offset: i64,
    /// Number of the last alert.
    pub seq: i64,
    /// Sums.
    pub ledger: LedgerState,
    /// Latest wall time of a tick, milliseconds.
    pub last_tick: Option<i64>,
    /// Sites of the shard's patients.
    #[serde(borrow)]
    pub sites: Vec<SiteState<'a>>,
    /// The shard.
    pub partition: i32,
    /// Partitions of the log.
    pub partitions: i32,
    /// Version of the profile that judged last.
    #[serde(borrow)]
    pub profile_version: Text<'a>,
    /// Its hash.
    #[serde(borrow)]
    pub profile_hash: Text<'a>,
    /// Version of the user's MedDRA.
    #[serde(borrow)]
    pub dictionary: Option<Text<'a>>,
    /// Version of the state schema that the shard writes.
    pub schema_version: i32,
}

/// When a site was last heard of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteState<'a> {
    /// The site.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Newest recorded-at of its bedside records, milliseconds.
    pub heard: i64,
    /// How often it was said that it is silent.
    pub silences: i32,
    /// Is it said to be silent now?
    pub silent: bool,
}

/// Records by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerState {
    /// Records read.
    pub read: i64,
    /// Raised, revised or withdrew an alert.
    pub alerted: i64,
    /// Raised nothing.
    pub quiet: i64,
    /// Said nothing new.
    pub repeated: i64,
    /// Corrected or withdrew what was counted.
    pub corrected: i64,
    /// Sent on to another key.
    pub forwarded: i64,
    /// No record of this shard.
    pub rejected: i64,
    /// Older than the kept span.
    pub late: i64,
    /// Ticks.
    pub tick: i64,
}

/// A schema that other values of the partition were written with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriterSchema<'a> {
    /// Text of the schema.
    #[serde(borrow)]
    pub schema: Text<'a>,
}

/// A date as the schema has it.
#[must_use]
pub fn packed_date(date: Option<PartialDate>) -> Option<i32> {
    date.map(|date| date.packed().cast_signed())
}

/// A date of the schema; `None` where there is none. A number that is no date is a fault.
///
/// # Errors
/// [`StateUnread::Malformed`].
pub fn date_of(packed: Option<i32>) -> Result<Option<PartialDate>, StateUnread> {
    let Some(packed) = packed else { return Ok(None) };
    PartialDate::from_packed(packed.cast_unsigned()).map(Some).ok_or(StateUnread::Malformed)
}

/// The word of a closed list that has this name.
///
/// # Errors
/// [`StateUnread::UnknownWord`]: a newer release's.
pub fn word<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> Result<T, StateUnread> {
    all.iter().copied().find(|word| name_of(*word) == name).ok_or(StateUnread::UnknownWord)
}

//! A patient's course as the changelog holds it.

use super::{HandlingState, Id};
use crate::record::Text;
use serde::{Deserialize, Serialize};

/// The facts of one patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientState<'a> {
    /// Newest event time seen, milliseconds.
    pub newest: i64,
    /// Newest recorded-at seen, milliseconds.
    pub heard: i64,
    /// Recorded-at of the last record sent on, milliseconds.
    pub sent: Option<i64>,
    /// Number of the patient's change that wrote it; 0 where there are no values.
    pub turn: i64,
    /// Values in all segments.
    pub kept: i32,
    /// Measured values of an earlier release, by analyte.
    #[serde(borrow)]
    pub series: Vec<SeriesState<'a>>,
    /// What was said of the patient.
    #[serde(borrow)]
    pub said: Option<SaidState<'a>>,
    /// Measured values of merged patients of an earlier release, by road.
    #[serde(borrow)]
    pub sent_on: Vec<SentOnState<'a>>,
    /// Facts, by time and id.
    #[serde(borrow)]
    pub entries: Vec<EntryState<'a>>,
}

/// A segment of a patient's measured values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientValuesState<'a> {
    /// Number of the patient's change that wrote it.
    pub turn: i64,
    /// Newest event time seen, milliseconds.
    pub newest: i64,
    /// Newest recorded-at seen, milliseconds.
    pub heard: i64,
    /// When a tick looks again, milliseconds.
    pub due: Option<i64>,
    /// Values in all segments.
    pub kept: i32,
    /// Is there a record of the patient's facts?
    pub facts: bool,
    /// Had the patient the product or a transplant?
    pub watched: bool,
    /// Own measured values, by analyte.
    #[serde(borrow)]
    pub series: Vec<SeriesState<'a>>,
    /// Measured values of merged patients, by road.
    #[serde(borrow)]
    pub sent_on: Vec<SentOnState<'a>>,
}

/// The measured values that came by one road from a merged patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SentOnState<'a> {
    /// Pseudonym of the merged patient that they were sent on from.
    #[serde(borrow)]
    pub via: Text<'a>,
    /// Pseudonyms of the merged patients that they came through.
    #[serde(borrow)]
    pub path: Vec<Text<'a>>,
    /// Measured values, by analyte.
    #[serde(borrow)]
    pub series: Vec<SeriesState<'a>>,
}

/// The measured values of one analyte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesState<'a> {
    /// Name of the analyte.
    #[serde(borrow)]
    pub analyte: Text<'a>,
    /// By time and id.
    #[serde(borrow)]
    pub values: Vec<ValueState<'a>>,
}

/// One measured value, as its latest version says it. Numbers are units of 10⁻¹⁰.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueState<'a> {
    /// Record id.
    pub id: Id,
    /// When it was measured, milliseconds.
    pub time: i64,
    /// Recorded-at of the version that holds, milliseconds.
    pub as_of: i64,
    /// XXH3-64 of its body.
    pub content: i64,
    /// Name of its status.
    #[serde(borrow)]
    pub status: Text<'a>,
    /// Offset of the record that said it.
    pub offset: i64,
    /// In the canonical unit.
    pub value: i64,
    /// As reported.
    pub reported: i64,
    /// Unit of `reported`.
    #[serde(borrow)]
    pub unit: Text<'a>,
    /// Name of the comparator.
    #[serde(borrow)]
    pub comparator: Text<'a>,
    /// Lower limit of normal, canonical unit.
    pub low: Option<i64>,
    /// Upper limit of normal, canonical unit.
    pub high: Option<i64>,
    /// Is that limit the site's default?
    pub high_of_site: bool,
    /// Why the value is suspect by itself.
    #[serde(borrow)]
    pub suspect: Option<Text<'a>>,
    /// Why the result gave no value.
    #[serde(borrow)]
    pub unread: Option<Text<'a>>,
}

/// What was said of the patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SaidState<'a> {
    /// The latest episode of each concern.
    #[serde(borrow)]
    pub episodes: Vec<BedEpisodeState<'a>>,
    /// When a tick looks again, milliseconds.
    pub due: Option<i64>,
    /// The site that spoke of the patient last.
    #[serde(borrow)]
    pub site: Text<'a>,
    /// What people did about the latest episodes, by concern.
    #[serde(borrow)]
    pub handled: Vec<HandlingState<'a>>,
}

/// The latest episode of a concern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BedEpisodeState<'a> {
    /// Name of the concern.
    #[serde(borrow)]
    pub concern: Text<'a>,
    /// Counts the patient's episodes of the concern, from 1.
    pub n: i32,
    /// Last revision said.
    pub revision: i32,
    /// Name of the priority last said.
    #[serde(borrow)]
    pub priority: Text<'a>,
    /// Criteria that were said.
    #[serde(borrow)]
    pub ever: Vec<Text<'a>>,
    /// Criteria of the last revision.
    #[serde(borrow)]
    pub now: Vec<Text<'a>>,
    /// Severity last said.
    #[serde(borrow)]
    pub severity: Option<Text<'a>>,
    /// Grade last said.
    pub grade: Option<i32>,
    /// When it began, milliseconds.
    pub onset: i64,
    /// When a definition was first met in it, milliseconds.
    pub met_at: Option<i64>,
    /// The time of the judgement that reached the level, milliseconds.
    pub at: i64,
    /// Since when what is judged is less, milliseconds.
    pub falling: Option<i64>,
    /// `open`, `resolved` or `withdrawn`.
    #[serde(borrow)]
    pub closed: Text<'a>,
}

/// One fact, as its latest version says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryState<'a> {
    /// Record id.
    pub id: Id,
    /// When it happened, milliseconds.
    pub time: i64,
    /// Recorded-at of the version that holds, milliseconds.
    pub as_of: i64,
    /// XXH3-64 of its body.
    pub content: i64,
    /// Name of its status.
    #[serde(borrow)]
    pub status: Text<'a>,
    /// Pseudonym that it was sent on from.
    #[serde(borrow)]
    pub via: Option<Text<'a>>,
    /// Pseudonyms of the merged patients that it came through.
    #[serde(borrow)]
    pub path: Vec<Text<'a>>,
    /// Offset of the record that said it.
    pub offset: i64,
    /// What happened.
    #[serde(borrow)]
    pub fact: FactState<'a>,
}

/// What happened; the variants in the order of the schema's union.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FactState<'a> {
    /// A dose of the product.
    Dose(#[serde(borrow)] DoseState<'a>),
    /// A procedure.
    Procedure(#[serde(borrow)] ProcedureState<'a>),
    /// A finding.
    Finding(#[serde(borrow)] FindingState<'a>),
    /// A diagnosis or state.
    Condition(#[serde(borrow)] ConditionState<'a>),
    /// Response of the leukaemia.
    Response(#[serde(borrow)] ResponseState<'a>),
    /// Admission, discharge or death.
    Stay(#[serde(borrow)] StayState<'a>),
    /// Facts of the person.
    Person(#[serde(borrow)] PersonState<'a>),
    /// Two patients are one.
    Merge(#[serde(borrow)] MergeState<'a>),
    /// No fact that is kept.
    Nothing(NothingState),
    /// Defibrotide.
    Defibrotide(#[serde(borrow)] DefibrotideState<'a>),
}

/// A dose of the product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoseState<'a> {
    /// Amount given, in `dose_unit`.
    pub dose_value: Option<f64>,
    /// Unit of `dose_value`.
    #[serde(borrow)]
    pub dose_unit: Option<Text<'a>>,
    /// mg/m².
    pub dose_mg_m2: Option<f64>,
    /// End, milliseconds.
    pub stop: Option<i64>,
    /// Name of the intent.
    #[serde(borrow)]
    pub intent: Text<'a>,
    /// Cycle as recorded.
    pub cycle: Option<i32>,
    /// Day of the cycle as recorded.
    pub cycle_day: Option<i32>,
}

/// A procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcedureState<'a> {
    /// Name of the kind.
    #[serde(borrow)]
    pub procedure: Text<'a>,
    /// End, milliseconds.
    pub stop: Option<i64>,
    /// Agents or components.
    #[serde(borrow)]
    pub agents: Vec<Text<'a>>,
    /// Units.
    pub units: Option<f64>,
    /// Volume, mL.
    pub volume_ml: Option<f64>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingState<'a> {
    /// Name of the kind.
    #[serde(borrow)]
    pub finding: Text<'a>,
    /// Name of its presence.
    #[serde(borrow)]
    pub presence: Text<'a>,
    /// Anatomical site.
    #[serde(borrow)]
    pub site: Option<Text<'a>>,
    /// CTCAE grade.
    pub grade: Option<i32>,
    /// Name as recorded, cut.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// Measured value, in `unit`.
    pub value: Option<f64>,
    /// Unit of `value`.
    #[serde(borrow)]
    pub unit: Option<Text<'a>>,
}

/// A diagnosis or state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionState<'a> {
    /// Name of the kind.
    #[serde(borrow)]
    pub condition: Text<'a>,
    /// Name of its presence.
    #[serde(borrow)]
    pub presence: Text<'a>,
    /// Severity as recorded, cut.
    #[serde(borrow)]
    pub severity: Option<Text<'a>>,
    /// Name as recorded, cut.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// Start, YYYYMMDD.
    pub onset: Option<i32>,
    /// End, YYYYMMDD.
    pub end: Option<i32>,
}

/// Response of the leukaemia.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseState<'a> {
    /// Name of the result.
    #[serde(borrow)]
    pub response: Text<'a>,
    /// Minimal residual disease negative.
    pub mrd_negative: Option<bool>,
    /// Assessed, YYYYMMDD.
    pub date: Option<i32>,
}

/// Admission, discharge or death.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StayState<'a> {
    /// Name of the event.
    #[serde(borrow)]
    pub event: Text<'a>,
}

/// Facts of the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonState<'a> {
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// Name of the sex.
    #[serde(borrow)]
    pub sex: Option<Text<'a>>,
    /// Height, cm.
    pub height_cm: Option<f64>,
}

/// Two patients are one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeState<'a> {
    /// Pseudonym that stays.
    #[serde(borrow)]
    pub survivor: Text<'a>,
    /// Pseudonym that is folded into it.
    #[serde(borrow)]
    pub merged: Text<'a>,
    /// Taken back?
    pub undone: bool,
}

/// No fact that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NothingState {
    /// Always true.
    pub nothing: bool,
}

/// Defibrotide was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefibrotideState<'a> {
    /// Name of the intent.
    #[serde(borrow)]
    pub why: Text<'a>,
}

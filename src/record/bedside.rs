//! The bedside kinds: what wards and laboratories send.

use super::{Millis, PartialDate, Sex, Text};
use serde::{Deserialize, Serialize};

/// Relation of the true value to value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Comparator {
    /// `eq`
    #[default]
    Eq,
    /// `lt`
    Lt,
    /// `le`
    Le,
    /// `gt`
    Gt,
    /// `ge`
    Ge,
}

/// A measured value with the comparator and unit it was reported in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity<'a> {
    /// '`<5' is lt 5
    #[serde(default)]
    pub comparator: Comparator,
    /// Number as reported, in unit
    pub value: f64,
    /// UCUM unit, or the sender's spelling where it is none
    #[serde(borrow)]
    pub unit: Text<'a>,
}

/// Status of a result or entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ResultStatus {
    /// `preliminary`
    Preliminary,
    /// `final`
    #[default]
    Final,
    /// `corrected`
    Corrected,
    /// `withdrawn`
    Withdrawn,
}

/// A laboratory result or vital sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation<'a> {
    /// LOINC code
    #[serde(default, borrow)]
    pub loinc: Option<Text<'a>>,
    /// Analyte by the profile's own name, or the local code's name where there is no LOINC
    #[serde(default, borrow)]
    pub analyte: Option<Text<'a>>,
    /// Value; null where none was given
    #[serde(default, borrow)]
    pub quantity: Option<Quantity<'a>>,
    /// Result as text where it is no number
    #[serde(default, borrow)]
    pub value_text: Option<Text<'a>>,
    /// Lower limit of normal, in the quantity's unit
    #[serde(default)]
    pub reference_low: Option<f64>,
    /// Upper limit of normal (ULN), in the quantity's unit
    #[serde(default)]
    pub reference_high: Option<f64>,
    /// Specimen: serum, plasma, blood, urine, ascites, pleural …
    #[serde(default, borrow)]
    pub specimen: Option<Text<'a>>,
    /// Site of measurement (oral, axillary, rectal, tympanic …)
    #[serde(default, borrow)]
    pub body_site: Option<Text<'a>>,
    /// Status of the result
    #[serde(default)]
    pub status: ResultStatus,
    /// Sender's identity of this result, so that a correction finds it
    #[serde(default, borrow)]
    pub observation_id: Option<Text<'a>>,
}

/// Why it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// `treatment`
    Treatment,
    /// `prophylaxis`
    Prophylaxis,
    /// `unknown`
    #[default]
    Unknown,
}

/// One dose given (or withdrawn as wrongly recorded).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Administration<'a> {
    /// Product or substance as recorded
    #[serde(borrow)]
    pub product: Text<'a>,
    /// Amount given
    #[serde(default, borrow)]
    pub dose: Option<Quantity<'a>>,
    /// Dose per body surface area, mg/m2
    #[serde(default)]
    pub dose_mg_m2: Option<f64>,
    /// Start of administration, UTC
    #[serde(default)]
    pub start: Option<Millis>,
    /// End of administration, UTC
    #[serde(default)]
    pub stop: Option<Millis>,
    /// Intent
    #[serde(default)]
    pub intent: Intent,
    /// Cycle number as recorded, from 1
    #[serde(default)]
    pub cycle: Option<i32>,
    /// Day of cycle as recorded, from 1
    #[serde(default)]
    pub cycle_day: Option<i32>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// Procedures that judging needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcedureKind {
    /// `hsct`
    Hsct,
    /// `conditioning`
    Conditioning,
    /// `red_cell_transfusion`
    RedCellTransfusion,
    /// `platelet_transfusion`
    PlateletTransfusion,
    /// `paracentesis`
    Paracentesis,
    /// `dialysis`
    Dialysis,
    /// `ventilation`
    Ventilation,
    /// `biopsy`
    Biopsy,
    /// `imaging`
    Imaging,
    /// `other`
    Other,
}

/// A procedure done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure<'a> {
    /// Kind
    pub kind: ProcedureKind,
    /// Name or code as recorded
    #[serde(default, borrow)]
    pub name: Option<Text<'a>>,
    /// Start, UTC
    #[serde(default)]
    pub start: Option<Millis>,
    /// End, UTC
    #[serde(default)]
    pub stop: Option<Millis>,
    /// Agents (conditioning) or components given
    #[serde(default, borrow)]
    pub agents: Vec<Text<'a>>,
    /// Number of units (transfusions)
    #[serde(default)]
    pub units: Option<f64>,
    /// Volume, mL
    #[serde(default)]
    pub volume_ml: Option<f64>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// Findings that judging needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// `hepatomegaly`
    Hepatomegaly,
    /// `painful_hepatomegaly`
    PainfulHepatomegaly,
    /// `ruq_pain`
    RuqPain,
    /// `ascites`
    Ascites,
    /// `oedema`
    Oedema,
    /// `ultrasound_suggestive`
    UltrasoundSuggestive,
    /// `portal_flow_reversal`
    PortalFlowReversal,
    /// `histology_vod`
    HistologyVod,
    /// `hvpg_ge_10`
    #[serde(rename = "hvpg_ge_10")]
    HvpgGe10,
    /// `overt_bleeding`
    OvertBleeding,
    /// `refractory_thrombocytopenia`
    RefractoryThrombocytopenia,
    /// `encephalopathy`
    Encephalopathy,
    /// `other`
    Other,
}

/// Was it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// `present`
    Present,
    /// `absent`
    Absent,
    /// `unsure`
    Unsure,
}

/// A clinical or imaging finding, present or absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding<'a> {
    /// Kind
    pub kind: FindingKind,
    /// Presence
    pub presence: Presence,
    /// Anatomical site (bleeding)
    #[serde(default, borrow)]
    pub site: Option<Text<'a>>,
    /// CTCAE grade as recorded, 1 to 5
    #[serde(default)]
    pub grade: Option<i32>,
    /// Name or code as recorded
    #[serde(default, borrow)]
    pub name: Option<Text<'a>>,
    /// Measured value (HVPG in mm\[Hg], stiffness in kPa)
    #[serde(default, borrow)]
    pub value: Option<Quantity<'a>>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// Conditions that judging needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// `gilbert`
    Gilbert,
    /// `haemolysis`
    Haemolysis,
    /// `liver_disease`
    LiverDisease,
    /// `hepatitis`
    Hepatitis,
    /// `earlier_vod`
    EarlierVod,
    /// `philadelphia_positive`
    PhiladelphiaPositive,
    /// `cd22_positive`
    Cd22Positive,
    /// `earlier_tki`
    EarlierTki,
    /// `gvhd`
    Gvhd,
    /// `infection`
    Infection,
    /// `pregnancy`
    Pregnancy,
    /// `b_all`
    BAll,
    /// `allergy`
    Allergy,
    /// `other`
    Other,
}

/// A diagnosis or state of the patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition<'a> {
    /// Kind
    pub kind: ConditionKind,
    /// Presence
    pub presence: Presence,
    /// Severity as recorded (earlier VOD: mild, moderate, severe, very severe)
    #[serde(default, borrow)]
    pub severity: Option<Text<'a>>,
    /// Name or code as recorded
    #[serde(default, borrow)]
    pub name: Option<Text<'a>>,
    /// Start. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub onset: Option<PartialDate>,
    /// End. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub end: Option<PartialDate>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// Best response assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseResult {
    /// `cr`
    Cr,
    /// `cri`
    Cri,
    /// `none`
    None,
    /// `not_assessed`
    NotAssessed,
}

/// Response of the leukaemia to treatment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Result
    pub result: ResponseResult,
    /// Minimal residual disease negative
    #[serde(default)]
    pub mrd_negative: Option<bool>,
    /// Assessed. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub date: Option<PartialDate>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StayEvent {
    /// `admission`
    Admission,
    /// `discharge`
    Discharge,
    /// `death`
    Death,
}

/// Admission, discharge, or death.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stay<'a> {
    /// Event
    pub event: StayEvent,
    /// Ward code; never a bed of one person
    #[serde(default, borrow)]
    pub ward: Option<Text<'a>>,
    /// Status of the entry
    #[serde(default)]
    pub status: ResultStatus,
}

/// Facts of the person that do not change from day to day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patient {
    /// Year of birth; never the day
    #[serde(default)]
    pub birth_year: Option<i32>,
    /// Sex
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Height, cm
    #[serde(default)]
    pub height_cm: Option<f64>,
}

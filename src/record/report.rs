//! An individual case safety report (ICSR). Element numbers (C.1.1, G.k.1 …) are those of ICH E2B(R3).

use super::{Identity, PartialDate, Text};
use serde::{Deserialize, Serialize};

/// One version of an individual case safety report (ICSR), or its nullification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Report<'a> {
    /// Worldwide unique case identification (E2B C.1.8.1)
    #[serde(default, borrow)]
    pub worldwide_case_id: Option<Text<'a>>,
    /// Sender's safety report unique identifier (E2B C.1.1); FAERS caseid or ISR; openFDA safetyreportid
    #[serde(default, borrow)]
    pub sender_case_id: Option<Text<'a>>,
    /// Sender of this transmission; scope of sender_case_id
    #[serde(borrow)]
    pub sender: Text<'a>,
    /// Other identifiers of the same case (E2B C.1.9.1.r.2; manufacturer control number)
    #[serde(default, borrow)]
    pub other_case_ids: Vec<Text<'a>>,
    /// Identifiers of linked reports (E2B C.1.10.r)
    #[serde(default, borrow)]
    pub linked_reports: Vec<Text<'a>>,
    /// Version number of the case, where the source counts versions
    #[serde(default)]
    pub version: Option<i32>,
    /// Current or follow-up version, amendment (C.1.11.1 = 2), or nullification (C.1.11.1 = 1, FAERS DELETE list)
    #[serde(default)]
    pub status: ReportStatus,
    /// Reason for nullification or amendment (C.1.11.2)
    #[serde(default, borrow)]
    pub status_reason: Option<Text<'a>>,
    /// Type of report
    #[serde(default)]
    pub report_type: ReportType,
    /// Date of creation of this transmission (C.1.2). ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub created: Option<PartialDate>,
    /// Date first received from the source (C.1.4). ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub first_received: Option<PartialDate>,
    /// Date of most recent information (C.1.5). ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub most_recent: Option<PartialDate>,
    /// True where the source is configured as the operator's own receipt, so that regulatory clocks run
    #[serde(default)]
    pub own_receipt: bool,
    /// Fulfils the local criteria for an expedited report (C.1.7)
    #[serde(default)]
    pub expedited: Option<bool>,
    /// Country where the reaction occurred, ISO 3166-1 alpha-2 as written by the source
    #[serde(default, borrow)]
    pub country: Option<Text<'a>>,
    /// Country of the reporter
    #[serde(default, borrow)]
    pub reporter_country: Option<Text<'a>>,
    /// Qualification of the primary source; null if unknown
    #[serde(default)]
    pub reporter_qualification: Option<ReporterQualification>,
    /// Case-level seriousness as reported
    #[serde(default)]
    pub seriousness: Seriousness,
    /// The patient
    #[serde(default, borrow)]
    pub patient: ReportPatient<'a>,
    /// Drugs of the case
    #[serde(default, borrow)]
    pub drugs: Vec<Drug<'a>>,
    /// Reactions of the case
    #[serde(default, borrow)]
    pub reactions: Vec<Reaction<'a>>,
    /// Case narrative (H.1). Personal data: never leaves for an alert, a log or a metric beyond the matched phrase
    #[serde(default, borrow)]
    pub narrative: Option<Text<'a>>,
    /// Medical history
    #[serde(default, borrow)]
    pub history: Vec<HistoryItem<'a>>,
    /// Tests
    #[serde(default, borrow)]
    pub tests: Vec<ReportedTest<'a>>,
    /// Parts that the source could not supply (for FAERS a table's name): unknown, not empty
    #[serde(default, borrow)]
    pub missing_parts: Vec<Text<'a>>,
}

/// What this version does to the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// `current`
    #[default]
    Current,
    /// `amendment`
    Amendment,
    /// `nullification`
    Nullification,
}

/// E2B C.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ReportType {
    /// `spontaneous`
    Spontaneous,
    /// `study`
    Study,
    /// `other`
    Other,
    /// `unknown`
    #[default]
    Unknown,
}

/// E2B C.2.r.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReporterQualification {
    /// `physician`
    Physician,
    /// `pharmacist`
    Pharmacist,
    /// `other_health_professional`
    OtherHealthProfessional,
    /// `lawyer`
    Lawyer,
    /// `consumer`
    Consumer,
}

/// ICH E2A criteria as reported. Null is 'not stated', never 'no'.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Seriousness {
    /// Overall flag, where the format has one
    #[serde(default)]
    pub serious: Option<bool>,
    /// Results in death
    #[serde(default)]
    pub death: Option<bool>,
    /// Life-threatening at the time of the event
    #[serde(default)]
    pub life_threatening: Option<bool>,
    /// Causes or prolongs hospitalisation
    #[serde(default)]
    pub hospitalisation: Option<bool>,
    /// Persistent or significant disability or incapacity
    #[serde(default)]
    pub disability: Option<bool>,
    /// Congenital anomaly or birth defect
    #[serde(default)]
    pub congenital_anomaly: Option<bool>,
    /// Other medically important condition
    #[serde(default)]
    pub other_important: Option<bool>,
}

/// The patient as described in the report; never an identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct ReportPatient<'a> {
    /// Pseudonym of the patient where the report names a patient known to a hospital
    #[serde(default, borrow)]
    pub pseudonym: Option<Text<'a>>,
    /// The patient in clear, on source topics only; ingest replaces it by the pseudonym
    #[serde(default, borrow)]
    pub identity: Option<Identity<'a>>,
    /// True if at least one of initials, number, birth date, age, age group or sex was given: an identifiable patient in the sense of GVP VI
    #[serde(default)]
    pub described: Option<bool>,
    /// Age at onset, years (366 days = 1.002)
    #[serde(default)]
    pub age_years: Option<f64>,
    /// Age group where no age is given
    #[serde(default)]
    pub age_group: Option<AgeGroup>,
    /// Sex; null if unknown
    #[serde(default)]
    pub sex: Option<Sex>,
    /// Body weight, kg
    #[serde(default)]
    pub weight_kg: Option<f64>,
    /// Height, cm
    #[serde(default)]
    pub height_cm: Option<f64>,
    /// Date of death. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub death_date: Option<PartialDate>,
}

/// E2B D.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeGroup {
    /// `foetus`
    Foetus,
    /// `neonate`
    Neonate,
    /// `infant`
    Infant,
    /// `child`
    Child,
    /// `adolescent`
    Adolescent,
    /// `adult`
    Adult,
    /// `elderly`
    Elderly,
}

/// Sex as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// `male`
    Male,
    /// `female`
    Female,
    /// `other`
    Other,
}

/// One drug row (E2B G.k). Several rows may name one product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Drug<'a> {
    /// Role of the drug
    #[serde(default)]
    pub role: DrugRole,
    /// Medicinal product as reported
    #[serde(default, borrow)]
    pub name: Text<'a>,
    /// Active substances as given by the source
    #[serde(default, borrow)]
    pub substances: Vec<Text<'a>>,
    /// ATC codes as given
    #[serde(default, borrow)]
    pub atc: Vec<Text<'a>>,
    /// FDA UNII codes as given
    #[serde(default, borrow)]
    pub unii: Vec<Text<'a>>,
    /// RxNorm concept ids as given
    #[serde(default, borrow)]
    pub rxcui: Vec<Text<'a>>,
    /// Amount of one dose, in dose_unit
    #[serde(default)]
    pub dose_value: Option<f64>,
    /// Unit of dose_value: UCUM where the source allows, else as written
    #[serde(default, borrow)]
    pub dose_unit: Option<Text<'a>>,
    /// Dosage as written
    #[serde(default, borrow)]
    pub dose_text: Option<Text<'a>>,
    /// Cumulative dose to first reaction, in cumulative_unit
    #[serde(default)]
    pub cumulative_dose: Option<f64>,
    /// Unit of cumulative_dose
    #[serde(default, borrow)]
    pub cumulative_unit: Option<Text<'a>>,
    /// Route as written or E2B code
    #[serde(default, borrow)]
    pub route: Option<Text<'a>>,
    /// Pharmaceutical form as written
    #[serde(default, borrow)]
    pub form: Option<Text<'a>>,
    /// Batch or lot number
    #[serde(default, borrow)]
    pub lot: Option<Text<'a>>,
    /// First administration. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub start: Option<PartialDate>,
    /// Last administration. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub end: Option<PartialDate>,
    /// Duration of administration, days
    #[serde(default)]
    pub duration_days: Option<f64>,
    /// Interval from first dose to onset (G.k.9.i.3.1), days
    #[serde(default)]
    pub first_dose_to_onset_days: Option<f64>,
    /// Interval from last dose to onset (G.k.9.i.3.2), days
    #[serde(default)]
    pub last_dose_to_onset_days: Option<f64>,
    /// Action taken with the drug
    #[serde(default)]
    pub action: Option<ActionTaken>,
    /// Did the reaction abate after stopping or reducing
    #[serde(default)]
    pub dechallenge: Option<ChallengeResult>,
    /// Did the reaction recur after giving again
    #[serde(default)]
    pub rechallenge: Option<ChallengeResult>,
    /// Indications as reported
    #[serde(default, borrow)]
    pub indications: Vec<Text<'a>>,
    /// Additional information codes (G.k.10.r: 2 overdose, 7 medication error, 11 off-label use …)
    #[serde(default)]
    pub additional_codes: Vec<i32>,
    /// Causality assessments as reported (G.k.9.i.2: source, method, result), one text each
    #[serde(default, borrow)]
    pub causality: Vec<Text<'a>>,
}

/// E2B G.k.1; FAERS PS and SS are suspect, C concomitant, I interacting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum DrugRole {
    /// `suspect`
    Suspect,
    /// `concomitant`
    Concomitant,
    /// `interacting`
    Interacting,
    /// `not_administered`
    NotAdministered,
    /// `unknown`
    #[default]
    Unknown,
}

/// E2B G.k.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionTaken {
    /// `withdrawn`
    Withdrawn,
    /// `reduced`
    Reduced,
    /// `increased`
    Increased,
    /// `unchanged`
    Unchanged,
    /// `unknown`
    Unknown,
    /// `not_applicable`
    NotApplicable,
}

/// Outcome of stopping or giving again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChallengeResult {
    /// `positive`
    Positive,
    /// `negative`
    Negative,
    /// `unknown`
    Unknown,
    /// `not_applicable`
    NotApplicable,
}

/// One reaction or event (E2B E.i).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Reaction<'a> {
    /// Term as coded by the source (PT or LLT) or as reported, where there is one
    #[serde(default, borrow)]
    pub term: Option<Text<'a>>,
    /// MedDRA code (LLT or PT), 8 digits
    #[serde(default)]
    pub code: Option<i32>,
    /// MedDRA version of the code or term
    #[serde(default, borrow)]
    pub code_version: Option<Text<'a>>,
    /// Outcome at last observation
    #[serde(default)]
    pub outcome: Option<ReactionOutcome>,
    /// Start. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub onset: Option<PartialDate>,
    /// End. ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub end: Option<PartialDate>,
    /// Event-level seriousness (E.i.3.2)
    #[serde(default)]
    pub seriousness: Option<Seriousness>,
    /// Recurred on re-administration (FAERS drug_rec_act)
    #[serde(default)]
    pub recurred: Option<bool>,
}

/// E2B E.i.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReactionOutcome {
    /// `recovered`
    Recovered,
    /// `recovering`
    Recovering,
    /// `not_recovered`
    NotRecovered,
    /// `sequelae`
    Sequelae,
    /// `fatal`
    Fatal,
    /// `unknown`
    Unknown,
}

/// One item of medical history (E2B D.7.1.r).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct HistoryItem<'a> {
    /// Term
    #[serde(default, borrow)]
    pub term: Option<Text<'a>>,
    /// MedDRA code
    #[serde(default)]
    pub code: Option<i32>,
    /// Still present
    #[serde(default)]
    pub continuing: Option<bool>,
}

/// One test result in the report (E2B F.r).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct ReportedTest<'a> {
    /// Test name
    #[serde(default, borrow)]
    pub name: Option<Text<'a>>,
    /// MedDRA code of the test
    #[serde(default)]
    pub code: Option<i32>,
    /// ISO 8601 calendar date of the precision known: YYYY, YYYY-MM or YYYY-MM-DD
    #[serde(default)]
    pub date: Option<PartialDate>,
    /// Result, in unit
    #[serde(default)]
    pub value: Option<f64>,
    /// Result as text
    #[serde(default, borrow)]
    pub value_text: Option<Text<'a>>,
    /// UCUM unit
    #[serde(default, borrow)]
    pub unit: Option<Text<'a>>,
    /// Lower limit of normal, in unit
    #[serde(default)]
    pub low: Option<f64>,
    /// Upper limit of normal (ULN), in unit
    #[serde(default)]
    pub high: Option<f64>,
}

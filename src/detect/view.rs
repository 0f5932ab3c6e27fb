//! What the rules ask of a patient at a time.

use crate::normalise::Measure;
use crate::profile::{Analyte, Answer, Decimal};
use crate::record::{ConditionKind, FindingKind, Intent, Millis, Presence, ProcedureKind};

/// A value with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// When it was measured.
    pub at: Millis,
    /// The value.
    pub measure: Measure,
}

/// What was last said of a finding or a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stated {
    /// When it was last said.
    pub at: Millis,
    /// Since when it has been said without a break.
    pub since: Millis,
    /// There or not.
    pub presence: Presence,
}

/// A dose of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    /// Start.
    pub at: Millis,
    /// Dose per body surface, mg/m².
    pub mg_m2: Option<Decimal>,
    /// Length of the infusion, ms.
    pub lasted_ms: Option<i64>,
    /// Cycle as recorded, from 1.
    pub cycle: Option<u32>,
    /// Day of the cycle as recorded, from 1.
    pub cycle_day: Option<i64>,
}

/// A transplant of stem cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transplant {
    /// Day 0.
    pub at: Millis,
    /// Start of conditioning, where known.
    pub conditioning: Option<Millis>,
    /// Conditioning with two alkylators, where known.
    pub two_alkylators: Option<bool>,
}

/// A transfusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfusion {
    /// When.
    pub at: Millis,
    /// Units, where said.
    pub units: Option<Decimal>,
}

/// What was said of overt bleeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bleed {
    /// When.
    pub at: Millis,
    /// There or not.
    pub presence: Presence,
    /// Is its site a critical one (ISTH)?
    pub critical: Answer,
    /// CTCAE grade as recorded, 1 to 5.
    pub grade: Option<u8>,
}

/// Conditions that were there at the last dose and stand in the label's contraindications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contraindications {
    /// An earlier VOD/SOS that is not said to be mild or moderate.
    pub earlier_vod: bool,
    /// Liver disease or hepatitis that is not said to be mild or moderate.
    pub liver_disease: bool,
}

/// A patient as known at one time, [`now`](Self::now). Nothing later is shown; corrected and withdrawn entries are what
/// they were corrected to.
pub trait View {
    /// The time of the judgement.
    fn now(&self) -> Millis;

    /// The site-local calendar date of a time, in days (ruling 4).
    fn local_day(&self, at: Millis) -> i64;

    /// Least and greatest age in years that what is known allows.
    fn age_years(&self) -> Option<(u16, u16)>;

    /// The latest value, suspect or not.
    fn latest(&self, analyte: Analyte) -> Option<Measured> {
        self.values(analyte).next()
    }

    /// All values kept, the newest first.
    fn values(&self, analyte: Analyte) -> impl Iterator<Item = Measured> + '_;

    /// Values measured until a time, the newest first.
    fn values_until(&self, analyte: Analyte, until: Millis) -> impl Iterator<Item = Measured> + '_ {
        self.values(analyte).skip_while(move |value| value.at > until)
    }

    /// The baseline by ruling 11, or a record that corrected it.
    fn baseline(&self, analyte: Analyte) -> Option<Measured>;

    /// What was last said of a finding.
    fn finding(&self, kind: FindingKind) -> Option<Stated>;

    /// What was last said of a condition.
    fn condition(&self, kind: ConditionKind) -> Option<Stated>;

    /// Transplants, the newest first.
    fn transplants(&self) -> impl Iterator<Item = Transplant> + '_;

    /// Doses of the product, the newest first.
    fn doses(&self) -> impl Iterator<Item = Dose> + '_;

    /// Transfusions of red cells or platelets, the newest first.
    fn transfusions(&self, kind: ProcedureKind) -> impl Iterator<Item = Transfusion> + '_;

    /// The latest procedure of a kind.
    fn procedure(&self, kind: ProcedureKind) -> Option<Millis>;

    /// What was said of overt bleeding, the newest first.
    fn bleeds(&self) -> impl Iterator<Item = Bleed> + '_;

    /// The latest defibrotide and why it was given.
    fn defibrotide(&self) -> Option<(Millis, Intent)>;

    /// Remission (CR or CRi) reached until this time, by event time? What is said of the same moment counts.
    fn remission(&self, at: Millis) -> Answer;

    /// In hospital?
    fn inpatient(&self) -> Answer;

    /// Has the patient died?
    fn dead(&self) -> bool {
        false
    }

    /// Contraindications that were there at the last dose.
    fn contraindications(&self) -> Contraindications {
        Contraindications::default()
    }

    /// The first dose.
    fn first_dose(&self) -> Option<Millis> {
        self.doses().map(|dose| dose.at).min()
    }

    /// The last dose.
    fn last_dose(&self) -> Option<Millis> {
        self.doses().map(|dose| dose.at).next()
    }
}

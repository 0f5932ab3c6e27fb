//! Special situations of a report: off-label use by region, errors, overdose, contraindicated use, pregnancy and the
//! rest (fact base 1.2 and 5.5). Each is met, not met, or unknown with what is missing; unknown never raises anything.
//!
//! ```text
//!  report + product rows ─► Given ─► reported · off_label · dosing · contraindication · pregnancy ─► [Situation]
//! ```

mod contraindication;
mod dosing;
mod given;
mod index;
mod off_label;
mod pregnancy;
mod reported;
#[cfg(test)]
mod tests;

pub use given::Given;
pub use index::SituationIndex;

use crate::profile::{Answer, Region, SpecialSituation};
use std::borrow::Cow;

/// One special situation, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Which.
    pub kind: SpecialSituation,
    /// The region whose label it is judged by; `None` where the labels do not differ.
    pub region: Option<Region>,
    /// The answer.
    pub answer: Answer,
    /// Why, in words.
    pub reason: Cow<'static, str>,
    /// What is missing, where the answer is unknown.
    pub missing: Option<&'static str>,
    /// The question to the reporter, where what the report says points to the situation without settling it.
    pub question: Option<&'static str>,
    /// The row of the profile's rule priorities by which it raises an episode of its own when met.
    pub rule: Option<&'static str>,
}

impl Situation {
    fn new(kind: SpecialSituation, answer: Answer, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, region: None, answer, reason: reason.into(), missing: None, question: None, rule: rule_of(kind) }
    }

    fn met(kind: SpecialSituation, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(kind, Answer::Met, reason)
    }

    fn not_met(kind: SpecialSituation, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(kind, Answer::NotMet, reason)
    }

    fn unknown(kind: SpecialSituation, missing: &'static str) -> Self {
        Self { missing: Some(missing), ..Self::new(kind, Answer::Unknown, Cow::Borrowed(missing)) }
    }

    /// Unknown, and the report points to it: worth a question.
    fn asked(kind: SpecialSituation, missing: &'static str, question: &'static str) -> Self {
        Self { question: Some(question), ..Self::unknown(kind, missing) }
    }

    const fn in_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    const fn by_rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Name with its region, as in alerts: `off_label_age_eu`.
    #[must_use]
    pub fn name(&self) -> String {
        match self.region {
            Some(region) => format!("{}_{}", self.kind, region.name().to_lowercase()),
            None => self.kind.name().to_owned(),
        }
    }
}

/// The rule by which a situation raises an episode; `None` for those that are shown with the case's own alerts.
const fn rule_of(kind: SpecialSituation) -> Option<&'static str> {
    use SpecialSituation as S;
    match kind {
        S::OffLabelReported
        | S::OffLabelAge
        | S::OffLabelIndication
        | S::OffLabelFrontline
        | S::OffLabelPhiladelphia
        | S::OffLabelCd22
        | S::OffLabelCombination => Some("off_label"),
        S::MedicationError => Some("medication_error"),
        S::Overdose => Some("over_dose"),
        S::WrongDay => Some("wrong_day"),
        // By how short it was.
        S::ShortInfusion => None,
        S::ContraindicatedUse => Some("contraindicated_use"),
        S::CyclesAboveLimit => Some("cycles_above_limit"),
        S::CyclesWithoutResponse => Some("cycles_without_response"),
        S::Pregnancy | S::PaternalExposure | S::Lactation | S::LackOfEffect | S::OccupationalExposure => None,
    }
}

/// Judges every special situation, in the order of [`SpecialSituation`].
#[must_use]
pub fn situations(index: &SituationIndex, given: &Given<'_, '_>) -> Vec<Situation> {
    let mut judged = Vec::with_capacity(24);
    off_label::judge(index, given, &mut judged);
    reported::judge(index, given, &mut judged);
    dosing::judge(index, given, &mut judged);
    contraindication::judge(index, given, &mut judged);
    pregnancy::judge(index, given, &mut judged);
    judged.sort_by_key(|situation| (situation.kind, situation.region));
    judged
}

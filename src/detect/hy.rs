//! Hy's law (fact base 3.8), beside VOD/SOS and never instead: VOD is usually not shaped like it.

use super::items::{current, xuln};
use super::three::{any, both};
use super::view::View;
use crate::profile::{Analyte, Answer, Decimal, Op, Priority, Profile};
use crate::record::Comparator;

/// Pattern of liver injury by the R ratio; its limits are unverified, so it is shown and decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injury {
    /// R of 5 or more.
    Hepatocellular,
    /// Between.
    Mixed,
    /// R of 2 or less.
    Cholestatic,
}

/// Hy's law with its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HysLaw {
    /// All of them.
    pub answer: Answer,
    /// ALT or AST at 3 × ULN or above.
    pub enzymes: Answer,
    /// Bilirubin above 2 × ULN.
    pub bilirubin: Answer,
    /// ALP below 2 × ULN.
    pub alp: Answer,
    /// The pattern, where ALT and ALP are known with their limits.
    pub injury: Option<Injury>,
}

impl HysLaw {
    /// The rule that decides the priority and the priority; `None` where it is not met.
    #[must_use]
    pub fn priority(&self, profile: &Profile) -> Option<(&'static str, Priority)> {
        let numbers = &profile.numbers;
        let used = [numbers.hys_enzyme_xuln, numbers.hys_bilirubin_xuln, numbers.hys_alp_xuln];
        let trusted = used.iter().all(|number| number.trusted);
        (self.answer == Answer::Met).then(|| ("hys_law", super::priority(profile, "hys_law", trusted)))
    }
}

/// Judges Hy's law. Other causes are for a person to exclude.
#[must_use]
pub fn hys_law<V: View>(profile: &Profile, view: &V) -> HysLaw {
    let numbers = &profile.numbers;
    let times = |analyte, op, limit| xuln(profile, view, analyte, op, limit).answer;
    let enzyme = |analyte| times(analyte, Op::Ge, numbers.hys_enzyme_xuln.value);
    let enzymes = any(enzyme(Analyte::Alt), enzyme(Analyte::Ast));
    let bilirubin = times(Analyte::Bilirubin, Op::Gt, numbers.hys_bilirubin_xuln.value);
    let alp = times(Analyte::Alp, Op::Lt, numbers.hys_alp_xuln.value);
    HysLaw { answer: both(both(enzymes, bilirubin), alp), enzymes, bilirubin, alp, injury: injury(profile, view) }
}

/// R = (ALT ÷ its ULN) ÷ (ALP ÷ its ULN), compared without dividing.
fn injury<V: View>(profile: &Profile, view: &V) -> Option<Injury> {
    let exact = |analyte| {
        let measure = current(profile, view, analyte).ok()?.measure;
        let high = measure.high?;
        (measure.comparator == Comparator::Eq).then_some((measure.value.units(), high.units()))
    };
    let ((alt, alt_high), (alp, alp_high)) = (exact(Analyte::Alt)?, exact(Analyte::Alp)?);
    let (above, below) = (alt.checked_mul(alp_high)?, alp.checked_mul(alt_high)?);
    let times = |limit: Decimal| (below / Decimal::ONE).checked_mul(limit.units());
    Some(if above >= times(profile.numbers.hys_r_hepatocellular.value)? {
        Injury::Hepatocellular
    } else if above <= times(profile.numbers.hys_r_cholestatic.value)? {
        Injury::Cholestatic
    } else {
        Injury::Mixed
    })
}

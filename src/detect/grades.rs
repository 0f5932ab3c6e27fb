//! CTCAE v5 grades of laboratory values (fact base 3.7), by limits of normal or by an abnormal baseline.

use super::items::{current, value};
use super::three::{any, holds};
use super::view::View;
use crate::normalise::Measure;
use crate::profile::{Analyte, Answer, Band, Basis, Decimal, Limit, Op, Profile};

/// The grade that is certain, and the highest that what is missing allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graded {
    /// At least; 0 is no grade.
    pub at_least: u8,
    /// At most.
    pub at_most: u8,
    /// By multiples of the patient's own abnormal baseline.
    pub by_baseline: bool,
}

impl Graded {
    /// The grade, where it is certain.
    #[must_use]
    pub const fn certain(self) -> Option<u8> {
        if self.at_least == self.at_most { Some(self.at_least) } else { None }
    }
}

/// The grade of the latest value of an analyte; `None` where no value counts or the analyte has no grades.
#[must_use]
pub fn grade<V: View>(profile: &Profile, view: &V, analyte: Analyte) -> Option<Graded> {
    let row = profile.grades.iter().find(|row| row.analyte == analyte)?;
    let value = current(profile, view, analyte).ok()?.measure;
    let baseline = view.baseline(analyte).map(|baseline| baseline.measure);
    let abnormal = !row.abnormal_baseline.is_empty() && baseline.as_ref().is_some_and(above_normal);
    let bands = if abnormal { &row.abnormal_baseline } else { &row.bands };
    Some(of_bands(&value, bands, baseline.as_ref(), abnormal))
}

/// QTc of 501 ms or more, or risen by 60 or more over the baseline (ruling 22): medium.
#[must_use]
pub fn qtc<V: View>(profile: &Profile, view: &V) -> Answer {
    let numbers = &profile.numbers;
    let from = |basis, number: Decimal| Limit { basis, op: Op::Ge, limit: number, printed: None };
    let answer = |limit: &Limit| value(profile, view, Analyte::Qtc, limit).answer;
    let long = answer(&from(Basis::Absolute, numbers.qtc_ms.value));
    any(long, answer(&from(Basis::Rise, numbers.qtc_rise_ms.value)))
}

fn above_normal(baseline: &Measure) -> bool {
    let one = Decimal::from_whole(1).unwrap_or_default();
    let high = Limit { basis: Basis::Xuln, op: Op::Gt, limit: one, printed: None };
    holds(baseline, &high, None) == Answer::Met
}

fn of_bands(value: &Measure, bands: &[Band<u8>], baseline: Option<&Measure>, by_baseline: bool) -> Graded {
    let mut graded = Graded { at_least: 0, at_most: 0, by_baseline };
    let mut unknown_of_basis = |band: &Band<u8>| {
        // A creatinine or QTc is graded by its limits alone where the baseline is not known: that form is an addition.
        let addition = baseline.is_none() && matches!(band.limit.basis, Basis::Xbaseline | Basis::Rise);
        if !addition || bands.iter().all(|other| other.limit.basis == band.limit.basis) {
            graded.at_most = graded.at_most.max(band.level);
        }
    };
    let mut at_least = 0;
    for band in bands {
        match holds(value, &band.limit, baseline) {
            Answer::Met => at_least = at_least.max(band.level),
            Answer::Unknown => unknown_of_basis(band),
            Answer::NotMet => {}
        }
    }
    graded.at_least = at_least;
    graded.at_most = graded.at_most.max(at_least);
    graded
}

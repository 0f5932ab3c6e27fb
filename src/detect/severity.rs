//! EBMT severity of adults (fact base 3.2, ruling 7) and the CTCAE v5 grade of sinusoidal obstruction syndrome (3.4).

use super::items::{current, finding, value};
use super::three::against;
use super::view::View;
use super::vod::{anchor, doubling};
use crate::profile::{
    Analyte, Answer, Basis, Decimal, Limit, Op, Profile, SeverityItem, SeverityLevel, SeverityRow, Unit,
};
use crate::record::{Comparator, ConditionKind, FindingKind, Intent, Millis, Presence, ProcedureKind};

/// Severity with what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Severity {
    /// The highest level with enough criteria, lifted by risk factors; `None` where too few are known.
    pub level: Option<SeverityLevel>,
    /// The same before risk factors lifted it.
    pub before_lift: Option<SeverityLevel>,
    /// Each item's own level, in the order of [`SeverityItem`]; `None` where it is below every band or unknown.
    pub levels: [Option<SeverityLevel>; 7],
    /// Items that are unknown, as bits in the order of [`SeverityItem`]: they lift nothing.
    pub unknown: u8,
    /// The level rests on an item whose numbers are unverified.
    pub unverified: bool,
}

/// Risk factors that are known to be there; unknown ones do not lift (ruling 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RiskFactors {
    /// Conditioning with two alkylators.
    pub two_alkylators: bool,
    /// Age from 55 years.
    pub age: bool,
    /// Last bilirubin before the transplant at or above ULN.
    pub bilirubin_before_hsct: bool,
    /// An earlier transplant.
    pub earlier_hsct: bool,
    /// Liver disease or hepatitis.
    pub liver_disease: bool,
}

impl RiskFactors {
    /// Their names for people.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = [
            (self.two_alkylators, "conditioning with two alkylating agents"),
            (self.bilirubin_before_hsct, "bilirubin at or above ULN before the transplant"),
            (self.age, "age from 55 years"),
            (self.earlier_hsct, "an earlier transplant"),
            (self.liver_disease, "liver disease or hepatitis"),
        ];
        named.into_iter().filter_map(|(there, name)| there.then_some(name))
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> i64 {
        let all = [self.two_alkylators, self.age, self.bilirubin_before_hsct, self.earlier_hsct, self.liver_disease];
        all.into_iter().map(i64::from).sum()
    }
}

/// The risk factors that are known.
#[must_use]
pub fn risk_factors<V: View>(profile: &Profile, view: &V) -> RiskFactors {
    let present = |kind| view.condition(kind).is_some_and(|said| said.presence == Presence::Present);
    let hsct = anchor(profile, view);
    let before = hsct.and_then(|hsct| {
        let mut earlier = view.values_until(Analyte::Bilirubin, Millis(hsct.at.0 - 1));
        earlier.find(|value| value.measure.suspect.is_none() && value.measure.comparator == Comparator::Eq)
    });
    let old = profile.numbers.severity_risk_age.value.whole();
    let counted = usize::from(hsct.is_some());
    RiskFactors {
        two_alkylators: hsct.and_then(|hsct| hsct.two_alkylators) == Some(true),
        age: view.age_years().is_some_and(|(least, _)| i64::from(least) >= old),
        bilirubin_before_hsct: before
            .is_some_and(|value| value.measure.high.is_some_and(|high| value.measure.value >= high)),
        earlier_hsct: view.transplants().count() > counted,
        liver_disease: present(ConditionKind::LiverDisease) || present(ConditionKind::Hepatitis),
    }
}

/// Severity of a patient in whom a definition is met. `first_sign` and `met_at` fix the first item for good (ruling 7).
#[must_use]
pub fn severity<V: View>(profile: &Profile, view: &V, first_sign: Millis, met_at: Millis) -> Severity {
    let mut found = Severity { level: None, before_lift: None, levels: [None; 7], unknown: 0, unverified: false };
    let days = i128::from(view.local_day(met_at) - view.local_day(first_sign));
    for row in &profile.severity {
        let level = level(profile, view, row, days);
        if let Some(slot) = found.levels.get_mut(row.item as usize) {
            *slot = level.unwrap_or_default();
        }
        found.unknown |= u8::from(level.is_none()) << row.item as u8;
    }
    let needed = usize::try_from(profile.numbers.severity_criteria.value.whole()).unwrap_or(usize::MAX);
    let at_least = |level: SeverityLevel, but: Option<SeverityItem>| {
        // ALT and AST are one criterion.
        let of = |item: SeverityItem| found.levels.get(item as usize).copied().flatten().filter(|_| Some(item) != but);
        let others = SeverityItem::ALL.iter().filter(|item| !matches!(item, SeverityItem::Alt | SeverityItem::Ast));
        let enzymes = of(SeverityItem::Alt).max(of(SeverityItem::Ast)) >= Some(level);
        others.filter(|item| of(**item) >= Some(level)).count() + usize::from(enzymes)
    };
    let highest = |but| SeverityLevel::ALL.iter().rev().copied().find(|level| at_least(*level, but) >= needed);
    found.before_lift = highest(None);
    let doubtful = profile.severity.iter().filter(|row| !row.verified).map(|row| row.item);
    found.unverified = doubtful.into_iter().any(|item| highest(Some(item)) != found.before_lift);
    let (risks, enough) = (risk_factors(profile, view), profile.numbers.severity_risk_factors.value.whole());
    let lifted = risks.count() >= enough;
    // Which agents are alkylating ones is general knowledge: a lift that needs them is unverified.
    found.unverified |= lifted && RiskFactors { two_alkylators: false, ..risks }.count() < enough;
    found.level = found.before_lift.map(|level| match level {
        SeverityLevel::Mild if lifted => SeverityLevel::Moderate,
        SeverityLevel::Moderate if lifted => SeverityLevel::Severe,
        SeverityLevel::Mild | SeverityLevel::Moderate | SeverityLevel::Severe | SeverityLevel::VerySevere => level,
    });
    found
}

/// Outer `None`: unknown. Inner `None`: below every band.
fn level<V: View>(profile: &Profile, view: &V, row: &SeverityRow, days: i128) -> Option<Option<SeverityLevel>> {
    let mut known = false;
    let mut highest = None;
    for band in &row.bands {
        let answer = match (band.limit.basis, row.analyte) {
            (Basis::Days, _) => against(Comparator::Eq, days * Decimal::ONE, band.limit.op, band.limit.limit.units()),
            (Basis::Doubling, _) => match current(profile, view, Analyte::Bilirubin) {
                Ok(latest) => doubling(profile, view, latest, band.limit.limit.units(), 0),
                Err(_) => Answer::Unknown,
            },
            (_, Some(analyte)) => value(profile, view, analyte, &band.limit).answer,
            (_, None) => Answer::Unknown,
        };
        known |= answer != Answer::Unknown;
        if answer == Answer::Met {
            highest = highest.max(Some(band.level));
        }
    }
    known.then_some(highest)
}

/// CTCAE v5 grade of sinusoidal obstruction syndrome that a treatment stands for: 3 where defibrotide was given as one.
#[must_use]
pub fn sos_grade_treated<V: View>(profile: &Profile, view: &V) -> Option<u8> {
    let lasts = profile.numbers.stale_finding_days.value.days_ms();
    let given =
        view.defibrotide().is_some_and(|(at, intent)| intent == Intent::Treatment && view.now().0 - at.0 <= lasts);
    given.then_some(3)
}

/// CTCAE v5 grade of sinusoidal obstruction syndrome on recorded values; there is no grade 1, and 5 is said by a report.
/// `None` where bilirubin is unknown or below grade 2 and nothing else grades it. What a medicine stands for is told by
/// [`sos_grade_treated`].
#[must_use]
pub fn sos_grade<V: View>(profile: &Profile, view: &V) -> Option<u8> {
    let lasts = profile.numbers.stale_finding_days.value.days_ms();
    let recent = |at: Millis| view.now().0 - at.0 <= lasts;
    let procedures = [ProcedureKind::Ventilation, ProcedureKind::Dialysis, ProcedureKind::Paracentesis];
    if procedures.into_iter().any(|kind| view.procedure(kind).is_some_and(recent)) {
        return Some(4);
    }
    let reversed = finding(profile, view, FindingKind::PortalFlowReversal)
        .is_ok_and(|stated| stated.presence == Presence::Present);
    if reversed {
        return Some(3);
    }
    let numbers = &profile.numbers;
    let bilirubin = |op, number: Decimal| {
        // The grade prints milligrams per decilitre only: other units are converted.
        let row = profile.units.iter().find(|row| row.kind == "bilirubin" && row.unit == Unit::MgDl)?;
        let limit = row.canonical(number.to_f64())?;
        let limit = Limit { basis: Basis::Absolute, op, limit, printed: Some((Unit::MgDl, number)) };
        Some(value(profile, view, Analyte::Bilirubin, &limit).answer)
    };
    if bilirubin(Op::Gt, numbers.sos_grade3_mg_dl.value) == Some(Answer::Met) {
        return Some(3);
    }
    (bilirubin(Op::Ge, numbers.sos_grade2_mg_dl.value) == Some(Answer::Met)).then_some(2)
}

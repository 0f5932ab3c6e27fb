//! The items of the diagnostic criteria over a patient: bits, and on demand what is behind one of them.

use super::three::holds;
use super::view::{Measured, Stated, View};
use crate::profile::{Analyte, Answer, CriteriaItem, Decimal, ItemTest, Lasting, Limit, Profile};
use crate::record::{FindingKind, Millis, Presence};

/// Which items are met, not met, unknown: disjoint sets of bits by the item's number in the profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// Met.
    pub met: u64,
    /// Not met.
    pub not_met: u64,
    /// Unknown.
    pub unknown: u64,
}

impl Items {
    /// These items only.
    #[must_use]
    pub const fn of(self, set: u64) -> Self {
        Self { met: self.met & set, not_met: self.not_met & set, unknown: self.unknown & set }
    }
}

/// Why an item is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// Nothing was recorded.
    NotRecorded,
    /// What was recorded is too old to count (ruling 5).
    Stale,
    /// The latest value is suspect (ruling 12).
    Suspect,
    /// No limit of normal with the message, and none of the site.
    NoLimitOfNormal,
    /// No baseline (ruling 11).
    NoBaseline,
    /// Known only as a bound that does not decide.
    OnlyBound,
    /// Recorded as unsure.
    Unsure,
}

/// One item with what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemState {
    /// The answer.
    pub answer: Answer,
    /// Why it is unknown.
    pub missing: Option<Missing>,
    /// The value, where one was looked at.
    pub value: Option<Measured>,
    /// The baseline, where one was looked at.
    pub baseline: Option<Measured>,
    /// When a finding was stated.
    pub stated: Option<Stated>,
}

/// Evaluates every item of the profile.
#[must_use]
pub fn items<V: View>(profile: &Profile, view: &V) -> Items {
    let mut items = Items::default();
    for (at, item) in profile.criteria_items.iter().enumerate() {
        let bit = 1_u64 << at;
        match explain(profile, view, item).answer {
            Answer::Met => items.met |= bit,
            Answer::NotMet => items.not_met |= bit,
            Answer::Unknown => items.unknown |= bit,
        }
    }
    items
}

/// Evaluates one item and keeps what is behind it.
#[must_use]
pub fn explain<V: View>(profile: &Profile, view: &V, item: &CriteriaItem) -> ItemState {
    match &item.test {
        ItemTest::Value(analyte, limit) => value(profile, view, *analyte, limit),
        ItemTest::Finding(kinds) => findings(profile, view, kinds),
    }
}

/// The latest value of an analyte, if it counts.
pub(super) fn current<V: View>(profile: &Profile, view: &V, analyte: Analyte) -> Result<Measured, Missing> {
    let latest = view.latest(analyte).ok_or(Missing::NotRecorded)?;
    let numbers = &profile.numbers;
    let lasts = match profile.analyte(analyte).map(|row| row.stale) {
        Some(Lasting::Lasting) => i64::MAX,
        Some(Lasting::Weight) => numbers.stale_weight_hours.value.hours_ms(),
        Some(Lasting::Vital) => numbers.fn_fever_hours.value.hours_ms(),
        Some(Lasting::Laboratory) | None => numbers.stale_laboratory_hours.value.hours_ms(),
    };
    fresh(view.now(), latest, lasts)
}

/// A value, if it is not older than so many milliseconds and not suspect.
pub(super) fn fresh(now: Millis, latest: Measured, lasts: i64) -> Result<Measured, Missing> {
    if now.0 - latest.at.0 > lasts {
        Err(Missing::Stale)
    } else if latest.measure.suspect.is_some() {
        Err(Missing::Suspect)
    } else {
        Ok(latest)
    }
}

/// The latest value of an analyte against a limit, with staleness and baseline.
pub(super) fn value<V: View>(profile: &Profile, view: &V, analyte: Analyte, limit: &Limit) -> ItemState {
    use crate::profile::Basis;
    let mut state =
        ItemState { answer: Answer::Unknown, missing: None, value: view.latest(analyte), baseline: None, stated: None };
    let measured = match current(profile, view, analyte) {
        Ok(measured) => measured,
        Err(missing) => return ItemState { missing: Some(missing), ..state },
    };
    let why = match limit.basis {
        Basis::Xbaseline | Basis::PercentOverBaseline | Basis::Rise | Basis::Doubling => {
            state.baseline = view.baseline(analyte);
            if state.baseline.is_none() { Missing::NoBaseline } else { Missing::OnlyBound }
        }
        Basis::Xuln if measured.measure.high.is_none() => Missing::NoLimitOfNormal,
        Basis::Xlln if measured.measure.low.is_none() => Missing::NoLimitOfNormal,
        Basis::Absolute | Basis::Days | Basis::Xuln | Basis::Xlln => Missing::OnlyBound,
    };
    state.answer = holds(&measured.measure, limit, state.baseline.as_ref().map(|baseline| &baseline.measure));
    state.missing = (state.answer == Answer::Unknown).then_some(why);
    state
}

/// An analyte against a multiple of its ULN.
pub(super) fn xuln<V: View>(
    profile: &Profile,
    view: &V,
    analyte: Analyte,
    op: crate::profile::Op,
    limit: Decimal,
) -> ItemState {
    let limit = Limit { basis: crate::profile::Basis::Xuln, op, limit, printed: None };
    value(profile, view, analyte, &limit)
}

fn findings<V: View>(profile: &Profile, view: &V, kinds: &[FindingKind]) -> ItemState {
    let mut found = ItemState { answer: Answer::NotMet, missing: None, value: None, baseline: None, stated: None };
    for kind in kinds {
        let (presence, stated) = match finding(profile, view, *kind) {
            Ok(stated) => (stated.presence, Some(stated)),
            Err(missing) => {
                found.answer = Answer::Unknown;
                found.missing = found.missing.max(Some(missing));
                continue;
            }
        };
        match presence {
            Presence::Present => return ItemState { answer: Answer::Met, missing: None, stated, ..found },
            Presence::Unsure => {
                (found.answer, found.missing, found.stated) = (Answer::Unknown, Some(Missing::Unsure), stated);
            }
            Presence::Absent => found.stated = found.stated.or(stated),
        }
    }
    found
}

/// What was last said of a finding, if it still counts; painful hepatomegaly and hepatomegaly imply each other as far as
/// they do.
pub(super) fn finding<V: View>(profile: &Profile, view: &V, kind: FindingKind) -> Result<Stated, Missing> {
    let lasts = profile.numbers.stale_finding_days.value.days_ms();
    let stated = |kind| {
        let stated: Stated = view.finding(kind).ok_or(Missing::NotRecorded)?;
        if view.now().0 - stated.at.0 > lasts { Err(Missing::Stale) } else { Ok(stated) }
    };
    let own = stated(kind);
    let newer = |other: &Stated| own.as_ref().map_or(true, |own| other.at > own.at);
    match kind {
        // A painful liver is an enlarged one; one that does not hurt may be.
        FindingKind::Hepatomegaly => match stated(FindingKind::PainfulHepatomegaly) {
            Ok(painful) if painful.presence == Presence::Present && newer(&painful) => Ok(painful),
            Ok(_) | Err(_) => own,
        },
        // A liver that is not enlarged is not painfully enlarged; an enlarged one with pain on that side is. That no pain
        // is recorded beside an enlarged liver does not say that it is not tender.
        FindingKind::PainfulHepatomegaly => match (stated(FindingKind::Hepatomegaly), stated(FindingKind::RuqPain)) {
            (Ok(liver), _) if liver.presence == Presence::Absent && newer(&liver) => Ok(liver),
            (Ok(liver), Ok(pain))
                if own.is_err() && liver.presence == Presence::Present && pain.presence == Presence::Present =>
            {
                Ok(Stated { at: liver.at.min(pain.at), since: liver.since.max(pain.since), ..pain })
            }
            (Ok(_) | Err(_), _) => own,
        },
        FindingKind::RuqPain
        | FindingKind::Ascites
        | FindingKind::Oedema
        | FindingKind::UltrasoundSuggestive
        | FindingKind::PortalFlowReversal
        | FindingKind::HistologyVod
        | FindingKind::HvpgGe10
        | FindingKind::OvertBleeding
        | FindingKind::RefractoryThrombocytopenia
        | FindingKind::Encephalopathy
        | FindingKind::Other => own,
    }
}

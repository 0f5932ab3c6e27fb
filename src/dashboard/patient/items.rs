//! The items of a criterion: what was looked at, and what would settle an unknown one.

use super::series::{number, op_sign, unit};
use super::words::{analyte_words, capital};
use crate::detect::{CourseView, ItemState, Missing, View as _};
use crate::profile::{Analyte, Answer, Basis, CriteriaItem, ItemTest, Profile};
use crate::record::{Comparator, Millis};
use serde::Serialize;
use utoipa::ToSchema;

/// One item of a criterion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ItemView {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// `met`, `not_met`, `unknown`.
    pub verdict: &'static str,
    /// The value looked at, canonical unit.
    pub value: Option<f64>,
    /// Relation of the true value to it.
    pub comparator: Option<&'static str>,
    /// Unit.
    pub unit: Option<&'static str>,
    /// When it was measured or said.
    pub time: Option<Millis>,
    /// The baseline looked at.
    pub baseline: Option<f64>,
    /// What was said of a finding.
    pub presence: Option<&'static str>,
    /// Why it is unknown.
    pub missing: Option<&'static str>,
    /// What would settle it.
    pub settle: Option<String>,
}

const fn missing_name(missing: Missing) -> &'static str {
    match missing {
        Missing::NotRecorded => "not_recorded",
        Missing::Stale => "stale",
        Missing::Suspect => "suspect",
        Missing::NoLimitOfNormal => "no_limit_of_normal",
        Missing::NoBaseline => "no_baseline",
        Missing::OnlyBound => "only_bound",
        Missing::Unsure => "unsure",
    }
}

/// What an item looks at, in a word.
fn subject(item: &CriteriaItem) -> String {
    match &item.test {
        ItemTest::Value(analyte, _) => analyte_words(*analyte),
        ItemTest::Finding(_) => capital(&item.id),
    }
}

/// What would settle an unknown item.
pub fn settle(item: &CriteriaItem, missing: Missing) -> String {
    let of = subject(item);
    match missing {
        Missing::NotRecorded => format!("{of}: not recorded"),
        Missing::Stale => format!("{of}: the last word is too old"),
        Missing::Suspect => format!("{of}: the latest value looks wrong, a repeat would settle it"),
        Missing::NoLimitOfNormal => format!("{of}: the laboratory's limit of normal"),
        Missing::NoBaseline => format!("{of}: no baseline from before"),
        Missing::OnlyBound => format!("{of}: an exact value"),
        Missing::Unsure => format!("{of}: recorded as unsure"),
    }
}

/// An item's name: what the profile asks in words.
pub fn item_name(profile: &Profile, item: &CriteriaItem) -> String {
    let ItemTest::Value(analyte, limit) = &item.test else { return capital(&item.id) };
    let (of, op, number) = (analyte_words(*analyte), op_sign(limit.op), limit.limit);
    match limit.basis {
        Basis::Absolute => match limit.printed {
            Some((printed, limit)) => format!("{of} {op} {limit} {printed}"),
            None => format!("{of} {op} {number} {}", unit(profile, *analyte)),
        },
        Basis::Xuln => format!("{of} {op} {number} × ULN"),
        Basis::Xlln => format!("{of} {op} {number} × LLN"),
        Basis::Xbaseline => format!("{of} {op} {number} × baseline"),
        Basis::PercentOverBaseline => format!("{of} {op} {number} % over baseline"),
        Basis::Rise | Basis::Doubling | Basis::Days => capital(&item.id),
    }
}

pub fn item_view(profile: &Profile, item: &CriteriaItem, state: &ItemState) -> ItemView {
    let canonical = match &item.test {
        ItemTest::Value(analyte, _) => Some(unit(profile, *analyte)),
        ItemTest::Finding(_) => None,
    };
    ItemView {
        id: item.id.clone(),
        name: item_name(profile, item),
        verdict: state.answer.name(),
        value: state.value.map(|value| number(value.measure.value)),
        comparator: state.value.map(|value| value.measure.comparator.name()),
        unit: canonical.filter(|_| state.value.is_some() || state.baseline.is_some()),
        time: state.value.map(|value| value.at).or(state.stated.map(|stated| stated.at)),
        baseline: state.baseline.map(|baseline| number(baseline.measure.value)),
        presence: state.stated.map(|stated| stated.presence.name()),
        missing: state.missing.map(missing_name),
        settle: state.missing.map(|missing| settle(item, missing)),
    }
}

pub fn part(id: &str, answer: Answer) -> ItemView {
    ItemView { id: id.to_owned(), name: capital(id), verdict: answer.name(), ..ItemView::default() }
}

/// A part that looks at the latest value of an analyte.
pub fn measured(profile: &Profile, view: &CourseView<'_>, id: &str, answer: Answer, analyte: Analyte) -> ItemView {
    let latest = view.latest(analyte);
    let missing = (answer == Answer::Unknown).then_some(match latest {
        None => Missing::NotRecorded,
        Some(latest) if latest.measure.suspect.is_some() => Missing::Suspect,
        Some(latest) if latest.measure.comparator != Comparator::Eq => Missing::OnlyBound,
        Some(_) => Missing::Stale,
    });
    ItemView {
        value: latest.map(|latest| number(latest.measure.value)),
        comparator: latest.map(|latest| latest.measure.comparator.name()),
        unit: latest.map(|_| unit(profile, analyte)),
        time: latest.map(|latest| latest.at),
        missing: missing.map(missing_name),
        settle: missing.map(|_| format!("{}: a new value", analyte_words(analyte))),
        ..part(id, answer)
    }
}

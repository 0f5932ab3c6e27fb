//! A patient in one line: concern, values with their age, what is unknown and would settle it.

use super::super::read_model::Stand;
use super::Asked;
use super::criteria::settling;
use super::series::{Baseline, baseline, number, unit, weight_percent};
use crate::detect::{CourseView, View as _, place};
use crate::profile::{Analyte, Concern, Lasting, Priority, Profile};
use crate::record::Millis;
use serde::Serialize;
use utoipa::ToSchema;

/// A concern of the patient that somebody has to look after.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConcernRow {
    /// Concern.
    pub concern: Concern,
    /// Priority.
    pub priority: Priority,
    /// Where it stands.
    pub state: Stand,
    /// The alert.
    pub alert_id: String,
    /// Criteria met.
    pub criteria: Vec<String>,
    /// What is missing.
    pub unknown: Vec<String>,
}

/// The latest value of an analyte.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ValueRow {
    /// The analyte.
    pub analyte: &'static str,
    /// Canonical unit.
    pub value: f64,
    /// Relation of the true value to it.
    pub comparator: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// When it was measured.
    pub time: Millis,
    /// Too old to count?
    pub stale: bool,
    /// Why it may be wrong.
    pub suspect: Option<&'static str>,
    /// Baseline, canonical unit.
    pub baseline: Option<f64>,
}

/// Something unknown that would settle a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettleRow {
    /// In words.
    pub text: String,
    /// The item.
    pub item: String,
}

/// One patient in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PatientRow {
    /// Pseudonym.
    pub key: String,
    /// The site that spoke of the patient last.
    pub site: String,
    /// Of the worst alert that somebody has to look after.
    pub priority: Option<Priority>,
    /// Alerts that somebody has to look after, the worst first.
    pub concerns: Vec<ConcernRow>,
    /// Latest values.
    pub values: Vec<ValueRow>,
    /// What is unknown and would settle a definition, at most 6.
    pub settle: Vec<SettleRow>,
    /// Cycle of the last dose.
    pub cycle: Option<u32>,
    /// Day of that cycle today.
    pub cycle_day: Option<i64>,
    /// Days since the last dose.
    pub days_from_last_dose: Option<i64>,
    /// Days since the latest transplant.
    pub days_from_hsct: Option<i64>,
    /// Baseline of the weight.
    pub baseline_weight: Option<Baseline>,
    /// Newest recorded-at.
    pub heard_at: Millis,
}

/// Analytes of a row, in order.
const SHOWN: [Analyte; 7] = [
    Analyte::Bilirubin,
    Analyte::Weight,
    Analyte::Alt,
    Analyte::Ast,
    Analyte::Platelets,
    Analyte::Anc,
    Analyte::Temperature,
];

/// How long a value of an analyte counts, milliseconds.
pub fn lasts(profile: &Profile, analyte: Analyte) -> i64 {
    let numbers = &profile.numbers;
    match profile.analyte(analyte).map(|row| row.stale) {
        Some(Lasting::Lasting) => i64::MAX,
        Some(Lasting::Weight) => numbers.stale_weight_hours.value.hours_ms(),
        Some(Lasting::Vital) => numbers.fn_fever_hours.value.hours_ms(),
        Some(Lasting::Laboratory) | None => numbers.stale_laboratory_hours.value.hours_ms(),
    }
}

fn value(profile: &Profile, view: &CourseView<'_>, analyte: Analyte) -> Option<ValueRow> {
    let latest = view.latest(analyte)?;
    let base = view.baseline(analyte);
    let stale = view.now.0.saturating_sub(latest.at.0) > lasts(profile, analyte);
    let suspect = latest.measure.suspect.map(crate::normalise::Suspect::name);
    let comparator = latest.measure.comparator.name();
    if analyte == Analyte::Weight {
        let base = base?;
        return Some(ValueRow {
            analyte: "weight_change_percent",
            value: weight_percent(latest.measure.value, base.measure.value)?,
            comparator,
            unit: "%",
            time: latest.at,
            stale,
            suspect,
            baseline: None,
        });
    }
    Some(ValueRow {
        analyte: analyte.name(),
        value: number(latest.measure.value),
        comparator,
        unit: unit(profile, analyte),
        time: latest.at,
        stale,
        suspect,
        baseline: base.map(|base| number(base.measure.value)),
    })
}

/// End of the watch window, by the later of the last dose and the latest transplant.
pub fn watch_until(profile: &Profile, view: &CourseView<'_>) -> Option<Millis> {
    let numbers = &profile.numbers;
    let after = |from: Option<Millis>, length: i64| from.map(|from| Millis(from.0.saturating_add(length)));
    let dose = after(view.last_dose(), numbers.watch_days_after_last_dose.value.days_ms());
    let hsct = view.transplants().next().map(|transplant| transplant.at);
    dose.max(after(hsct, numbers.watch_days_after_hsct.value.days_ms()))
}

/// The row of a patient at the view's time.
pub fn row(profile: &Profile, view: &CourseView<'_>, asked: &Asked<'_>) -> PatientRow {
    let open = || asked.alerts.iter().filter(|alert| alert.state.is_open());
    let concerns: Vec<ConcernRow> = open()
        .map(|alert| ConcernRow {
            concern: alert.concern,
            priority: alert.priority,
            state: alert.state,
            alert_id: alert.alert_id.clone(),
            criteria: alert.criteria.clone(),
            unknown: alert.unknown.clone(),
        })
        .collect();
    let days = |from: Millis| view.local_day(view.now) - view.local_day(from);
    let exposure = place(profile, view);
    let last = exposure.doses.last();
    PatientRow {
        key: asked.key.to_owned(),
        site: asked.site.to_owned(),
        priority: open().map(|alert| alert.priority).max(),
        concerns,
        values: SHOWN.into_iter().filter_map(|analyte| value(profile, view, analyte)).collect(),
        settle: settling(profile, view),
        cycle: last.map(|(_, place)| place.cycle),
        cycle_day: last.map(|(dose, place)| place.day + days(dose.at)),
        days_from_last_dose: view.last_dose().map(days),
        days_from_hsct: view.transplants().find(|transplant| transplant.at <= view.now).map(|hsct| days(hsct.at)),
        baseline_weight: view.baseline(Analyte::Weight).map(|weight| baseline(profile, Analyte::Weight, &weight)),
        heard_at: view.course.heard(),
    }
}

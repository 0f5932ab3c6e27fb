//! Measured values over time, with the profile's limits beside them.

use super::words::analyte_words;
use crate::detect::{CourseView, Measured, View as _};
use crate::patient::Observed;
use crate::profile::{Analyte, Basis, Decimal, ItemTest, Op, Profile, Unit};
use crate::record::{Comparator, Millis, ResultStatus, hex128};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A value learned later than so after it was measured was learned late.
const LATE_MS: i64 = 24 * 3_600_000;

/// A baseline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Baseline {
    /// Value, canonical unit.
    pub value: f64,
    /// Unit.
    pub unit: &'static str,
    /// When it was measured.
    pub time: Millis,
}

/// A limit of the profile.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ThresholdView {
    /// In the series' unit.
    pub value: f64,
    /// How a value is held against it.
    pub op: &'static str,
    /// What it is.
    pub label: String,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// One measured value.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Point {
    /// When it was measured.
    pub time: Millis,
    /// Canonical unit; null where the result gave no value.
    pub value: Option<f64>,
    /// Relation of the true value to it.
    pub comparator: &'static str,
    /// As reported.
    pub reported: Option<f64>,
    /// In this unit.
    pub reported_unit: Option<&'static str>,
    /// Lower limit of normal.
    pub low: Option<f64>,
    /// Upper limit of normal.
    pub high: Option<f64>,
    /// Is that limit the site's default?
    pub high_of_site: bool,
    /// Status.
    pub status: &'static str,
    /// Why it may be wrong.
    pub suspect: Option<&'static str>,
    /// Learned late?
    pub late: bool,
    /// When the version that holds became known.
    pub known_at: Millis,
    /// Why the result gave no value.
    pub unread: Option<&'static str>,
    /// Record that says it.
    pub record_id: Option<String>,
}

/// Values of one analyte.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SeriesView {
    /// The analyte.
    pub analyte: &'static str,
    /// Its name.
    pub name: String,
    /// Canonical unit.
    pub unit: &'static str,
    /// The profile's limits.
    pub thresholds: Vec<ThresholdView>,
    /// By time, all that are kept.
    pub points: Vec<Point>,
}

/// The canonical unit of an analyte.
pub fn unit(profile: &Profile, analyte: Analyte) -> &'static str {
    let kind = profile.analyte(analyte).map_or("", |row| row.units.as_str());
    let row = profile.units.iter().find(|row| row.kind == kind && row.is_canonical());
    row.map_or(Unit::One, |row| row.unit).name()
}

/// At most 10 significant digits.
pub fn number(value: Decimal) -> f64 {
    let value = value.to_f64();
    format!("{value:.9e}").parse().unwrap_or(value)
}

/// A baseline as it is shown.
pub fn baseline(profile: &Profile, analyte: Analyte, measured: &Measured) -> Baseline {
    Baseline { value: number(measured.measure.value), unit: unit(profile, analyte), time: measured.at }
}

/// The name of a comparator's sign for people.
pub const fn op_sign(op: Op) -> &'static str {
    match op {
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::Lt => "<",
        Op::Le => "<=",
    }
}

/// Every series of the patient, and the change of weight where there is a baseline.
pub fn all(profile: &Profile, view: &CourseView<'_>) -> Vec<SeriesView> {
    let mut by_analyte: BTreeMap<Analyte, Vec<&Observed>> = BTreeMap::new();
    for (analyte, value) in view.course.values().all() {
        by_analyte.entry(analyte).or_default().push(value);
    }
    let mut series: Vec<SeriesView> =
        by_analyte.into_iter().map(|(analyte, values)| one(profile, view, analyte, &values)).collect();
    series.extend(weight_change(view));
    series
}

fn one(profile: &Profile, view: &CourseView<'_>, analyte: Analyte, values: &[&Observed]) -> SeriesView {
    // What looks wrong beside the value before it is known only over the series.
    let end = Millis(i64::MAX);
    let judged: BTreeMap<u128, Measured> =
        view.at(end).observed(analyte, end).map(|(measured, one)| (one.id(), measured)).collect();
    let point = |value: &&Observed| {
        let measure = judged.get(&value.id()).map(|measured| measured.measure).or_else(|| value.measure());
        let status = value.status;
        Point {
            time: value.time,
            value: measure.map(|measure| number(measure.value)),
            comparator: measure.map_or(Comparator::Eq, |measure| measure.comparator).name(),
            reported: measure.map(|measure| number(measure.reported)),
            reported_unit: measure.map(|measure| measure.unit.name()),
            low: measure.and_then(|measure| measure.low).map(number),
            high: measure.and_then(|measure| measure.high).map(number),
            high_of_site: measure.is_some_and(|measure| measure.high_of_site),
            status: status.name(),
            suspect: measure.and_then(|measure| measure.suspect).map(crate::normalise::Suspect::name),
            late: value.as_of.0.saturating_sub(value.time.0) > LATE_MS,
            known_at: value.as_of,
            unread: value.unread().map(crate::normalise::NoMeasure::name),
            record_id: Some(hex128(value.id())),
        }
    };
    SeriesView {
        analyte: analyte.name(),
        name: analyte_words(analyte),
        unit: unit(profile, analyte),
        thresholds: thresholds(profile, view, analyte),
        points: values.iter().map(point).collect(),
    }
}

/// Absolute limits of the criteria, and those in multiples of ULN by the latest ULN of the patient.
fn thresholds(profile: &Profile, view: &CourseView<'_>, analyte: Analyte) -> Vec<ThresholdView> {
    let mut found = Vec::new();
    for item in &profile.criteria_items {
        let ItemTest::Value(of, limit) = &item.test else { continue };
        if *of == analyte && limit.basis == Basis::Absolute {
            let printed = limit.printed.map(|(unit, number)| format!(": {number} {unit}")).unwrap_or_default();
            found.push(ThresholdView {
                value: number(limit.limit),
                op: op_sign(limit.op),
                label: format!("{}{printed}", super::words::capital(&item.id)),
                source: item.source.clone(),
                verified: item.verified,
            });
        }
    }
    let fever = profile.fever_definitions.iter();
    for definition in fever {
        let limit = if analyte == Analyte::Temperature {
            &definition.single
        } else if analyte == Analyte::Anc {
            &definition.neutrophils
        } else {
            break;
        };
        found.push(ThresholdView {
            value: number(limit.limit),
            op: op_sign(limit.op),
            label: definition.name.clone(),
            source: definition.source.clone(),
            verified: definition.verified,
        });
    }
    let numbers = &profile.numbers;
    let enzyme = analyte == Analyte::Alt || analyte == Analyte::Ast;
    let multiple = enzyme.then_some(numbers.hold_enter_enzyme_xuln);
    let multiple = multiple.or((analyte == Analyte::Bilirubin).then_some(numbers.hold_enter_bilirubin_xuln));
    let high = view.latest(analyte).and_then(|latest| latest.measure.high);
    if let (Some(multiple), Some(high)) = (multiple, high) {
        let value = multiple.value.to_f64() * high.to_f64();
        found.push(ThresholdView {
            value: format!("{value:.9e}").parse().unwrap_or(value),
            op: op_sign(Op::Gt),
            label: format!("Label: above {} × ULN ({high} by the latest ULN)", multiple.value),
            source: "SmPC 4.2".to_owned(),
            verified: multiple.trusted,
        });
    }
    if analyte == Analyte::Platelets {
        found.push(ThresholdView {
            value: number(numbers.platelets_risk_below.value),
            op: op_sign(Op::Lt),
            label: "Risk of bleeding, never an alert alone".to_owned(),
            source: "ruling 19".to_owned(),
            verified: numbers.platelets_risk_below.trusted,
        });
    }
    found
}

/// The change of weight against its baseline, percent.
pub fn weight_percent(value: Decimal, baseline: Decimal) -> Option<f64> {
    let percent = (value.to_f64() - baseline.to_f64()) * 100.0 / baseline.to_f64();
    percent.is_finite().then(|| (percent * 100.0).round() / 100.0)
}

fn weight_change(view: &CourseView<'_>) -> Option<SeriesView> {
    let baseline = view.baseline(Analyte::Weight)?.measure.value;
    let numbers = &view.profile.numbers;
    let end = Millis(i64::MAX);
    let point = |(measured, one): (Measured, &Observed)| {
        let status: ResultStatus = one.status;
        Some(Point {
            time: measured.at,
            value: Some(weight_percent(measured.measure.value, baseline)?),
            comparator: measured.measure.comparator.name(),
            reported: Some(number(measured.measure.reported)),
            reported_unit: Some(measured.measure.unit.name()),
            low: None,
            high: None,
            high_of_site: false,
            status: status.name(),
            suspect: measured.measure.suspect.map(crate::normalise::Suspect::name),
            late: one.as_of.0.saturating_sub(one.time.0) > LATE_MS,
            known_at: one.as_of,
            unread: None,
            record_id: Some(hex128(one.id())),
        })
    };
    let mut points: Vec<Point> = view.at(end).observed(Analyte::Weight, end).filter_map(point).collect();
    points.reverse();
    let limits = view.profile.criteria_items.iter().filter_map(|item| match &item.test {
        ItemTest::Value(Analyte::Weight, limit) if limit.basis == Basis::PercentOverBaseline => Some(ThresholdView {
            value: number(limit.limit),
            op: op_sign(limit.op),
            label: super::words::capital(&item.id),
            source: item.source.clone(),
            verified: item.verified,
        }),
        ItemTest::Value(..) | ItemTest::Finding(_) => None,
    });
    let suspicion = numbers.suspicion_weight_percent_above;
    let suspicion = ThresholdView {
        value: number(suspicion.value),
        op: op_sign(Op::Gt),
        label: "Reason to look, with pain".to_owned(),
        source: "ruling 8".to_owned(),
        verified: suspicion.trusted,
    };
    Some(SeriesView {
        analyte: "weight_change_percent",
        name: "Weight against the baseline".to_owned(),
        unit: "%",
        thresholds: limits.chain([suspicion]).collect(),
        points,
    })
}

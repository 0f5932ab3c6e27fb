//! Reading the diagnostic criteria of the profile, and holding them against each other.

use super::criteria::{
    Band, CriteriaItem, DEFINITIONS_MAX, Definition, FeverDefinition, GradeRow, ITEMS_MAX, ItemTest, Limit,
    MonitoringRow, Repeated, Route, SeverityRow,
};
use super::row::{Located, Reader, Row};
use super::{Analyte, Anchor, Basis, Decimal, Op, Unit};
use crate::record::FindingKind;
use std::collections::BTreeMap;

const NUMBER: std::ops::RangeInclusive<f64> = -1000.0..=1e6;
const HOURS: std::ops::RangeInclusive<f64> = 0.0..=1000.0;

fn decimal(row: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Decimal> {
    row.number(reader, field, &NUMBER).and_then(Decimal::from_f64)
}

fn demanded(row: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Decimal> {
    row.demand(reader, field);
    decimal(row, reader, field)
}

fn printed(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<(Unit, Decimal)> {
    let unit = row.optional(reader, "printed_unit");
    let limit = decimal(row, reader, "printed_limit");
    if unit.is_some() != limit.is_some() {
        let place = row.locate(());
        reader.fault(place.line, row.path("printed_unit"), "printed_unit and printed_limit belong together");
    }
    unit.zip(limit)
}

pub(super) fn item(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<CriteriaItem> {
    let id = row.text(reader, "id");
    let analyte = row.optional(reader, "analyte");
    let op = row.optional(reader, "op");
    let absolute = decimal(row, reader, "limit");
    let percent = decimal(row, reader, "percent_over_baseline");
    let printed = printed(row, reader);
    let findings: Option<Vec<FindingKind>> = row.optional(reader, "any_finding");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    let test = match (analyte, op, absolute, percent, findings) {
        (Some(analyte), Some(op), Some(limit), None, None) => {
            Some(ItemTest::Value(analyte, Limit { basis: Basis::Absolute, op, limit, printed }))
        }
        (Some(analyte), Some(op), None, Some(limit), None) => {
            Some(ItemTest::Value(analyte, Limit { basis: Basis::PercentOverBaseline, op, limit, printed: None }))
        }
        (None, None, None, None, Some(findings)) if !findings.is_empty() => Some(ItemTest::Finding(findings)),
        _ => {
            let what = "is either analyte, op and one of limit and percent_over_baseline, or any_finding";
            reader.fault(row.locate(()).line, row.locate(()).key, what);
            None
        }
    };
    Some(CriteriaItem { id: id?, test: test?, source: source?, verified: verified? })
}

/// A definition with the names of its items.
pub(super) struct DraftDefinition {
    pub definition: Definition,
    pub routes: Vec<DraftRoute>,
}

/// A route with the names of its items.
pub(super) struct DraftRoute {
    all: Vec<String>,
    of: Vec<String>,
    count: u32,
    line: usize,
    key: String,
}

pub(super) fn definition(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<DraftDefinition> {
    let id = row.text(reader, "id");
    let name = row.text(reader, "name");
    let rule = row.text(reader, "rule");
    let anchor = row.required(reader, "anchor");
    let day_min = row.optional::<i64>(reader, "day_min");
    let day_max = row.optional::<i64>(reader, "day_max");
    let adults_only = row.required(reader, "adults_only");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    let mut routes = Vec::new();
    for mut route in row.rows(reader, "routes") {
        let place = route.locate(());
        routes.push(DraftRoute {
            all: route.optional(reader, "all").unwrap_or_default(),
            of: route.optional(reader, "of").unwrap_or_default(),
            count: route.optional(reader, "count").unwrap_or_default(),
            line: place.line,
            key: place.key,
        });
        route.finish(reader);
    }
    let definition = Definition {
        id: id?,
        name: name?,
        rule: rule?,
        anchor: anchor?,
        day_min,
        day_max,
        adults_only: adults_only?,
        routes: Vec::new(),
        source: source?,
        verified: verified?,
    };
    Some(DraftDefinition { definition, routes })
}

fn bands<L>(
    row: &mut Row<'_>,
    reader: &mut Reader<'_>,
    field: &str,
    key: &str,
    level: impl Fn(&mut Row<'_>, &mut Reader<'_>, &str) -> Option<L>,
) -> Vec<Band<L>> {
    let mut found: Vec<Band<L>> = Vec::new();
    for mut band in row.rows(reader, field) {
        let level = level(&mut band, reader, key);
        let basis = band.required(reader, "basis");
        let op = band.required(reader, "op");
        let limit = demanded(&mut band, reader, "limit");
        let printed = printed(&mut band, reader);
        if let (Some(level), Some(basis), Some(op), Some(limit)) = (level, basis, op, limit) {
            found.push(Band { level, limit: Limit { basis, op, limit, printed } });
        }
        band.finish(reader);
    }
    found
}

/// Within one basis a worse level never begins before a milder one.
fn rising<L: Ord + Copy + std::fmt::Display>(
    bands: &[Band<L>],
    place: &Located<()>,
    field: &str,
    reader: &mut Reader<'_>,
) {
    for (at, band) in bands.iter().enumerate() {
        for milder in bands.iter().take(at).filter(|milder| milder.limit.basis == band.limit.basis) {
            let (a, b) = (&milder.limit, &band.limit);
            let printed = |limit: &Limit| limit.printed.map(|(_, number)| number);
            let worse = |from: Option<Decimal>, to: Option<Decimal>| match (from, to) {
                (Some(from), Some(to)) if b.op.upward() => to >= from,
                (Some(from), Some(to)) => to <= from,
                (None, _) | (_, None) => true,
            };
            // Days count backwards: more than seven is mild, and seven or fewer is moderate.
            let turned = a.op.upward() != b.op.upward() && b.basis != Basis::Days;
            if band.level < milder.level
                || turned
                || (b.basis != Basis::Days && !worse(Some(a.limit), Some(b.limit)))
                || !worse(printed(a), printed(b))
            {
                let what = format!("level {} begins before level {}", band.level, milder.level);
                reader.fault(place.line, format!("{}.{field}[{at}]", place.key), what);
            }
        }
    }
}

pub(super) fn severity(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<SeverityRow> {
    let item = row.required(reader, "item");
    let analyte = row.optional(reader, "analyte");
    let bands = bands(row, reader, "bands", "level", |row, reader, key| row.required(reader, key));
    rising(&bands, &row.locate(()), "bands", reader);
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(SeverityRow { item: item?, analyte, bands, source: source?, verified: verified? })
}

pub(super) fn grade(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<GradeRow> {
    let analyte = row.required(reader, "analyte");
    let level = |row: &mut Row<'_>, reader: &mut Reader<'_>, key: &str| {
        let grade: u8 = row.required(reader, key)?;
        if (1..=4).contains(&grade) {
            return Some(grade);
        }
        reader.fault(row.locate(()).line, row.path(key), format!("{grade} is no grade from 1 to 4"));
        None
    };
    let bands_normal = bands(row, reader, "bands", "grade", level);
    let abnormal = row.has("abnormal_baseline");
    let abnormal_baseline = if abnormal { bands(row, reader, "abnormal_baseline", "grade", level) } else { Vec::new() };
    rising(&bands_normal, &row.locate(()), "bands", reader);
    rising(&abnormal_baseline, &row.locate(()), "abnormal_baseline", reader);
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(GradeRow { analyte: analyte?, bands: bands_normal, abnormal_baseline, source: source?, verified: verified? })
}

pub(super) fn fever(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<FeverDefinition> {
    let id = row.text(reader, "id");
    let name = row.text(reader, "name");
    let rule = row.text(reader, "rule");
    let single_op: Option<Op> = row.required(reader, "single_op");
    let single = demanded(row, reader, "single_celsius");
    let fahrenheit = decimal(row, reader, "single_fahrenheit").map(|limit| (Unit::DegF, limit));
    let repeated_op: Option<Op> = row.required(reader, "repeated_op");
    let repeated = demanded(row, reader, "repeated_celsius");
    let over_op: Option<Op> = row.optional(reader, "over_op");
    let over = row.number(reader, "over_hours", &HOURS).and_then(Decimal::from_f64);
    let within = row.number(reader, "within_hours", &HOURS).and_then(Decimal::from_f64);
    let neutrophils = demanded(row, reader, "neutrophils_below");
    let expected = row.number(reader, "expected_hours", &HOURS).and_then(Decimal::from_f64);
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    let how = match (over_op, over, within) {
        (Some(op), Some(over), None) if op.upward() => Some(Repeated::Over(op, over.hours_ms())),
        (None, None, Some(within)) => Some(Repeated::Within(within.hours_ms())),
        _ => {
            let what = "is either over_op (upward) with over_hours, or within_hours";
            reader.fault(row.locate(()).line, row.path("over_hours"), what);
            None
        }
    };
    if let (Some(single), Some(repeated)) = (single, repeated)
        && single < repeated
    {
        reader.fault(row.locate(()).line, row.path("single_celsius"), "is below repeated_celsius");
    }
    let upward = [single_op, repeated_op].into_iter().flatten().all(Op::upward);
    if !upward {
        reader.fault(row.locate(()).line, row.path("single_op"), "a fever is above a limit, not below");
    }
    let limit = |op, limit, printed| Limit { basis: Basis::Absolute, op, limit, printed };
    Some(FeverDefinition {
        id: id?,
        name: name?,
        rule: rule?,
        single: limit(single_op?, single?, fahrenheit),
        repeated: limit(repeated_op?, repeated?, None),
        how: how?,
        neutrophils: limit(Op::Lt, neutrophils?, None),
        expected_ms: expected.map(Decimal::hours_ms),
        source: source?,
        verified: verified?,
    })
}

pub(super) fn monitoring(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<MonitoringRow> {
    let id = row.text(reader, "id");
    let when = row.required(reader, "when");
    let any_of: Option<Vec<Analyte>> = row.required(reader, "any_of");
    if any_of.as_ref().is_some_and(Vec::is_empty) {
        reader.fault(row.locate(()).line, row.path("any_of"), "is an empty list");
    }
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(MonitoringRow { id: id?, when: when?, any_of: any_of?, source: source?, verified: verified? })
}

/// Turns the names of items into bits, and holds the definitions against the items and the priorities.
pub(super) fn resolve(
    items: &[Located<CriteriaItem>],
    drafts: Vec<Located<DraftDefinition>>,
    is_rule: impl Fn(&str) -> bool,
    whole: bool,
    reader: &mut Reader<'_>,
) -> Vec<Definition> {
    if let Some(over) = items.get(ITEMS_MAX) {
        reader.fault(over.line, "criteria_items", format!("{} items, of at most {ITEMS_MAX}", items.len()));
    }
    if let Some(over) = drafts.get(DEFINITIONS_MAX) {
        let what = format!("{} definitions, of at most {DEFINITIONS_MAX}", drafts.len());
        reader.fault(over.line, "definitions", what);
    }
    let numbers: BTreeMap<&str, usize> =
        items.iter().enumerate().map(|(at, item)| (item.row.id.as_str(), at)).collect();
    let mut definitions = Vec::with_capacity(drafts.len());
    for place in drafts {
        let DraftDefinition { mut definition, routes } = place.row;
        let mut wrong = |field: &str, what: String| reader.fault(place.line, format!("{}.{field}", place.key), what);
        if let (Some(first), Some(last)) = (definition.day_min, definition.day_max)
            && last < first
        {
            wrong("day_max", "ends before it begins".to_owned());
        }
        if definition.anchor == Anchor::None && (definition.day_min.is_some() || definition.day_max.is_some()) {
            wrong("anchor", "days without an anchor (ruling 4)".to_owned());
        }
        if whole && !is_rule(&definition.rule) {
            wrong("rule", format!("\"{}\" has no priority", definition.rule));
        }
        for route in routes {
            let mut wrong = |what: String| reader.fault(route.line, route.key.clone(), what);
            let mut bits = |names: &[String]| {
                names.iter().fold(0_u64, |bits, name| match numbers.get(name.as_str()) {
                    Some(at) if *at < ITEMS_MAX => bits | (1 << at),
                    Some(_) => bits,
                    None => {
                        if whole {
                            wrong(format!("\"{name}\" is no item of the criteria"));
                        }
                        bits
                    }
                })
            };
            let (all, of) = (bits(&route.all), bits(&route.of));
            if all == 0 && route.count == 0 {
                wrong("asks for nothing: it would always be met".to_owned());
            }
            if whole && route.count > of.count_ones() {
                wrong(format!("asks for {} of {} items: it could never be met", route.count, of.count_ones()));
            }
            if all & of != 0 {
                wrong("an item stands in both all and of".to_owned());
            }
            definition.routes.push(Route { all, of, count: route.count });
        }
        definitions.push(definition);
    }
    definitions
}

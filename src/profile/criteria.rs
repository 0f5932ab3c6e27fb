//! The diagnostic criteria of the profile: items, definitions with their routes, bands of severity and grade, fever
//! definitions, expected tests.

use super::row::{Located, Reader, Row};
use super::{Analyte, Anchor, Basis, Decimal, Occasion, Op, SeverityItem, SeverityLevel, Unit};
use crate::record::FindingKind;
use std::collections::BTreeMap;

/// Most items of the criteria: a set of them is one machine word.
pub const ITEMS_MAX: usize = 64;
/// Most definitions.
pub const DEFINITIONS_MAX: usize = 16;
/// Most definitions of febrile neutropenia.
pub const FEVER_DEFINITIONS_MAX: usize = 8;
/// Most expected tests: a set of them is one machine word.
pub const MONITORING_MAX: usize = 32;

/// A limit in the analyte's canonical unit, and the other unit in which the guideline prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Relative to what.
    pub basis: Basis,
    /// How a value is held against it.
    pub op: Op,
    /// The limit.
    pub limit: Decimal,
    /// A second unit in which the guideline prints the limit, with its number there: a value reported in that unit is
    /// compared with it.
    pub printed: Option<(Unit, Decimal)>,
}

/// What an item of the criteria asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemTest {
    /// The latest value of an analyte against a limit.
    Value(Analyte, Limit),
    /// Is any of these findings present?
    Finding(Vec<FindingKind>),
}

/// One item of the diagnostic criteria.
#[derive(Clone, Debug)]
pub struct CriteriaItem {
    /// Identity: `bilirubin_2_or_more`.
    pub id: String,
    /// What it asks.
    pub test: ItemTest,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// One way to meet a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Every one of these items, as bits.
    pub all: u64,
    /// Of these items …
    pub of: u64,
    /// … so many.
    pub count: u32,
}

/// A published definition.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Identity: `ebmt2023_probable`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its row of the rule priorities.
    pub rule: String,
    /// What its days count from.
    pub anchor: Anchor,
    /// First day.
    pub day_min: Option<i64>,
    /// Last day.
    pub day_max: Option<i64>,
    /// Not for children (ruling 10).
    pub adults_only: bool,
    /// Any of these meets it.
    pub routes: Vec<Route>,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

impl Definition {
    /// All items that it looks at, as bits.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.routes.iter().fold(0, |items, route| items | route.all | route.of)
    }
}

/// One band: from here on the value has this level.
#[derive(Clone, Copy, Debug)]
pub struct Band<L> {
    /// Severity or grade.
    pub level: L,
    /// Its limit.
    pub limit: Limit,
}

/// The severity bands of one item.
#[derive(Clone, Debug)]
pub struct SeverityRow {
    /// The item.
    pub item: SeverityItem,
    /// The analyte, where it is one.
    pub analyte: Option<Analyte>,
    /// Its bands.
    pub bands: Vec<Band<SeverityLevel>>,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// The grades of one analyte.
#[derive(Clone, Debug)]
pub struct GradeRow {
    /// The analyte.
    pub analyte: Analyte,
    /// Its bands where the baseline was normal or is unknown.
    pub bands: Vec<Band<u8>>,
    /// Its bands where the baseline was abnormal.
    pub abnormal_baseline: Vec<Band<u8>>,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// How a fever that is not high enough once counts by a second reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeated {
    /// All readings over more (or at least) so many milliseconds.
    Over(Op, i64),
    /// Two readings running within so many milliseconds.
    Within(i64),
}

/// A definition of febrile neutropenia.
#[derive(Clone, Debug)]
pub struct FeverDefinition {
    /// Identity.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its row of the rule priorities.
    pub rule: String,
    /// One reading, °C; in °F where that is printed.
    pub single: Limit,
    /// The lower limit for readings that are repeated.
    pub repeated: Limit,
    /// How they are.
    pub how: Repeated,
    /// Neutrophils below, 10⁹/L.
    pub neutrophils: Limit,
    /// or expected below within so many milliseconds.
    pub expected_ms: Option<i64>,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// A test that is expected.
#[derive(Clone, Debug)]
pub struct MonitoringRow {
    /// Identity.
    pub id: String,
    /// When.
    pub when: Occasion,
    /// Any of these analytes.
    pub any_of: Vec<Analyte>,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

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

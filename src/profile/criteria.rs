//! The diagnostic criteria of the profile: items, definitions with their routes, bands of severity and grade, fever
//! definitions, expected tests.

use super::{Analyte, Anchor, Basis, Decimal, Occasion, Op, SeverityItem, SeverityLevel, Unit};
use crate::record::FindingKind;

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

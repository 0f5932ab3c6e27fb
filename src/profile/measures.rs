//! Units and analytes of the profile: what may be reported, how it becomes the canonical unit, and what looks wrong.

use super::decimal::scaled;
use super::row::{Located, Reader, Row};
use super::{Analyte, Decimal, Lasting, MeasuredIn, Unit};
use std::collections::BTreeMap;

const ANY: std::ops::RangeInclusive<f64> = -1e6..=1e6;
const POSITIVE: std::ops::RangeInclusive<f64> = 1e-9..=1e6;

/// One unit in which a kind of analyte may be reported: canonical = (reported − subtract) × factor ÷ divisor.
#[derive(Clone, Debug)]
pub struct UnitRow {
    /// Kind of analyte: `bilirubin`, `count` …
    pub kind: String,
    /// The unit.
    pub unit: Unit,
    /// Factor into the kind's canonical unit.
    pub factor: Decimal,
    /// Divisor, 1 in most rows.
    pub divisor: Decimal,
    /// Taken off before, 0 in most rows.
    pub subtract: Decimal,
    /// How senders write it.
    pub spellings: Vec<String>,
    /// Source of the factor.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

impl UnitRow {
    /// A value in the canonical unit, rounded half away from zero at the tenth place; `None` if it is no number or too
    /// large.
    #[must_use]
    pub fn canonical(&self, reported: f64) -> Option<Decimal> {
        let product = (scaled(reported)? - self.subtract.units()).checked_mul(self.factor.units())?;
        let divisor = self.divisor.units();
        let half = divisor / 2 * product.signum();
        Decimal::from_units(product.checked_add(half)? / divisor)
    }

    /// What a sender of this unit would write for a value of the canonical one, to the tenth place.
    #[must_use]
    pub fn written(&self, canonical: Decimal) -> Option<f64> {
        let product = canonical.units().checked_mul(self.divisor.units())?;
        let factor = self.factor.units();
        let half = factor / 2 * product.signum();
        let units = (product.checked_add(half)? / factor).checked_add(self.subtract.units())?;
        Some(Decimal::from_units(units)?.to_f64())
    }

    /// Is a value already in the canonical unit?
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.factor.units() == Decimal::ONE && self.divisor.units() == Decimal::ONE && self.subtract == Decimal::ZERO
    }
}

/// One analyte.
#[derive(Clone, Debug)]
pub struct AnalyteRow {
    /// The analyte.
    pub id: Analyte,
    /// The kind of its units.
    pub units: String,
    /// Where it is measured.
    pub measured_in: MeasuredIn,
    /// How long a value counts.
    pub stale: Lasting,
    /// Below this, canonical unit, a value is suspect (ruling 12).
    pub low: Decimal,
    /// Above this, canonical unit, a value is suspect.
    pub high: Decimal,
    /// LOINC codes read in an open source.
    pub loinc: Vec<String>,
    /// LOINC codes that are widely seen and unverified.
    pub loinc_unverified: Vec<String>,
    /// Names of senders without codes.
    pub names: Vec<String>,
    /// Source.
    pub source: String,
    /// A default of ours that a clinician has to sign.
    pub design: bool,
}

/// A spelling of a unit as it is compared: without blanks, case, braces with their content; one micro sign, one power.
#[must_use]
pub fn unit_spelling(text: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 || letter.is_whitespace() => {}
            'µ' | 'μ' => out.push('u'),
            '^' => out.push('*'),
            '×' => out.push('x'),
            '⁹' => out.push_str("*9"),
            '³' => out.push_str("*3"),
            '⁶' => out.push_str("*6"),
            other => out.push(other),
        }
    }
    out
}

pub(super) fn unit(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<UnitRow> {
    let kind = row.text(reader, "kind");
    let unit = row.required(reader, "unit");
    row.demand(reader, "factor");
    let factor = row.number(reader, "factor", &POSITIVE).and_then(Decimal::from_f64);
    let divisor = row.number(reader, "divisor", &POSITIVE).unwrap_or(1.0);
    let subtract = row.number(reader, "subtract", &ANY).unwrap_or(0.0);
    let spellings = words(row, reader, "spellings");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(UnitRow {
        kind: kind?,
        unit: unit?,
        factor: factor?,
        divisor: Decimal::from_f64(divisor)?,
        subtract: Decimal::from_f64(subtract)?,
        spellings: spellings?,
        source: source?,
        verified: verified?,
    })
}

pub(super) fn analyte(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<AnalyteRow> {
    let id = row.required(reader, "id");
    let units = row.text(reader, "units");
    let measured_in = row.required(reader, "measured_in");
    let stale = row.required(reader, "stale");
    row.demand(reader, "low");
    row.demand(reader, "high");
    let low = row.number(reader, "low", &ANY).and_then(Decimal::from_f64);
    let high = row.number(reader, "high", &ANY).and_then(Decimal::from_f64);
    let loinc = row.optional(reader, "loinc").unwrap_or_default();
    let loinc_unverified = row.optional(reader, "loinc_unverified").unwrap_or_default();
    let names = words(row, reader, "names");
    let source = row.text(reader, "source");
    let design = row.optional(reader, "design").unwrap_or_default();
    Some(AnalyteRow {
        id: id?,
        units: units?,
        measured_in: measured_in?,
        stale: stale?,
        low: low?,
        high: high?,
        loinc,
        loinc_unverified,
        names: names?,
        source: source?,
        design,
    })
}

/// A list of words that must be there and say something.
fn words(row: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Vec<String>> {
    row.demand(reader, field);
    let (line, list) = row.located::<Vec<String>>(reader, field)?;
    if list.is_empty() || list.iter().any(|word| word.trim().is_empty()) {
        reader.fault(line, row.path(field), "is an empty list or holds an empty text");
        return None;
    }
    Some(list)
}

/// Holds units and analytes against each other.
pub(super) fn check(
    units: &[Located<UnitRow>],
    analytes: &[Located<AnalyteRow>],
    whole: bool,
    reader: &mut Reader<'_>,
) {
    let mut spelt: BTreeMap<(&str, String), (Unit, usize)> = BTreeMap::new();
    for place in units {
        for text in &place.row.spellings {
            let (unit, line) =
                *spelt.entry((&place.row.kind, unit_spelling(text))).or_insert((place.row.unit, place.line));
            if unit != place.row.unit {
                let what = format!("\"{text}\" means {unit} already, on line {line}");
                reader.fault(place.line, format!("{}.spellings", place.key), what);
            }
        }
    }
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for place in units {
        let kind = kinds.entry(&place.row.kind).or_insert((0, place.line));
        kind.0 += usize::from(place.row.is_canonical() && place.row.source == "the canonical unit");
    }
    for (kind, (canonical, line)) in &kinds {
        if *canonical != 1 {
            let what = format!("the kind \"{kind}\" has {canonical} canonical units, not one");
            reader.fault(*line, "units", what);
        }
    }
    let mut named: BTreeMap<String, (Analyte, usize)> = BTreeMap::new();
    let mut seen: BTreeMap<Analyte, usize> = BTreeMap::new();
    for place in analytes {
        let row = &place.row;
        if let Some(line) = seen.insert(row.id, place.line) {
            reader.fault(
                place.line,
                format!("{}.id", place.key),
                format!("{} is there already, on line {line}", row.id),
            );
        }
        if whole && !kinds.contains_key(row.units.as_str()) {
            let what = format!("\"{}\" is no kind of unit of this profile", row.units);
            reader.fault(place.line, format!("{}.units", place.key), what);
        }
        if row.low >= row.high {
            reader.fault(place.line, format!("{}.low", place.key), "is not below high");
        }
        for text in row.loinc.iter().chain(&row.loinc_unverified).chain(&row.names) {
            let (other, line) = *named.entry(text.trim().to_lowercase()).or_insert((row.id, place.line));
            if other != row.id {
                let what = format!("\"{text}\" means {other} already, on line {line}");
                reader.fault(place.line, format!("{}.names", place.key), what);
            }
        }
    }
    if whole {
        for missing in Analyte::ALL.iter().filter(|id| !seen.contains_key(id)) {
            reader.absent(1, "analytes", format!("no row for {missing}"));
        }
    }
}

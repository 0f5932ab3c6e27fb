//! A measured value: any unit a sender writes to the analyte's own, exactly; what it is measured in; what looks wrong.

use crate::profile::{Analyte, AnalyteRow, Decimal, MeasuredIn, Profile, Unit, UnitRow, unit_spelling};
use crate::record::{Comparator, Observation, Quantity, ResultStatus, Text};
use rustc_hash::FxHashMap;

/// A value of an analyte, in the unit reported and in the canonical one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// In the analyte's canonical unit.
    pub value: Decimal,
    /// As reported.
    pub reported: Decimal,
    /// In this unit.
    pub unit: Unit,
    /// Relation of the true value to it.
    pub comparator: Comparator,
    /// Lower limit of normal, canonical unit.
    pub low: Option<Decimal>,
    /// Upper limit of normal (ULN), canonical unit.
    pub high: Option<Decimal>,
    /// Is that limit the site's default, because the message had none?
    pub high_of_site: bool,
    /// Why the value may be wrong (ruling 12): it is shown, and its items are unknown.
    pub suspect: Option<Suspect>,
}

/// Why a value is suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suspect {
    /// Outside what a body has.
    Bounds,
    /// Bilirubin too high for milligrams per decilitre: probably micromoles per litre.
    Unit,
    /// Bilirubin many times the one before.
    Jump,
    /// Weight changed more than a day allows.
    WeightChange,
}

impl Suspect {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Bounds, Self::Unit, Self::Jump, Self::WeightChange];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bounds => "bounds",
            Self::Unit => "unit",
            Self::Jump => "jump",
            Self::WeightChange => "weight_change",
        }
    }

    /// In a sentence.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Bounds => "outside what a body has",
            Self::Unit => "too high for milligrams per decilitre",
            Self::Jump => "many times the value before",
            Self::WeightChange => "changed more than a day allows",
        }
    }
}

/// Why a result gives no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoMeasure {
    /// No number.
    NoValue,
    /// A number without a unit.
    NoUnit,
    /// A unit that the profile does not know for this analyte.
    UnknownUnit,
    /// Not in the specimen that the analyte is measured in: urine or ascites bilirubin is not serum's.
    OtherSpecimen,
    /// A specimen or a body site that the profile does not know.
    UnclearSpecimen,
    /// No number that a measurement has.
    OutOfRange,
}

impl NoMeasure {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::NoValue, Self::NoUnit, Self::UnknownUnit, Self::OtherSpecimen, Self::UnclearSpecimen, Self::OutOfRange];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoValue => "no_value",
            Self::NoUnit => "no_unit",
            Self::UnknownUnit => "unknown_unit",
            Self::OtherSpecimen => "other_specimen",
            Self::UnclearSpecimen => "unclear_specimen",
            Self::OutOfRange => "out_of_range",
        }
    }
}

/// A result as it was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reported<'a> {
    /// Relation of the true value to the number.
    pub comparator: Comparator,
    /// The number.
    pub value: Option<f64>,
    /// The unit as written; may be empty.
    pub unit: &'a str,
    /// Lower limit of normal, same unit.
    pub low: Option<f64>,
    /// Upper limit of normal, same unit.
    pub high: Option<f64>,
    /// Specimen, where said.
    pub specimen: Option<&'a str>,
    /// Site of measurement, where said.
    pub body_site: Option<&'a str>,
}

/// What the profile knows of measuring, ready to be asked. A code, name or unit that is written as the profile writes it
/// is found without an allocation.
#[derive(Debug)]
pub struct Measures<'p> {
    profile: &'p Profile,
    loinc: FxHashMap<&'p str, Analyte>,
    names_as_written: FxHashMap<&'p str, Analyte>,
    names: FxHashMap<String, Analyte>,
    units_as_written: FxHashMap<(&'p str, &'p str), &'p UnitRow>,
    units: FxHashMap<(&'p str, String), &'p UnitRow>,
    blood: Vec<String>,
    other: Vec<String>,
    sites: Vec<String>,
}

impl<'p> Measures<'p> {
    /// Prepares the profile's units, codes and names.
    #[must_use]
    pub fn new(profile: &'p Profile) -> Self {
        let codes =
            |row: &'p AnalyteRow| row.loinc.iter().chain(&row.loinc_unverified).map(|code| (code.as_str(), row.id));
        let names = |row: &'p AnalyteRow| {
            let own = std::iter::once(row.id.name());
            own.chain(row.names.iter().map(String::as_str)).map(|name| (name, row.id))
        };
        let spellings = |row: &'p UnitRow| {
            let own = std::iter::once(row.unit.name());
            own.chain(row.spellings.iter().map(String::as_str)).map(move |text| ((row.kind.as_str(), text), row))
        };
        let folded = |((kind, text), row): ((&'p str, &'p str), &'p UnitRow)| ((kind, unit_spelling(text)), row);
        let list =
            |id: &str| profile.fact(id).map_or_else(Vec::new, |fact| fact.list.iter().map(|w| plain(w)).collect());
        Self {
            profile,
            loinc: profile.analytes.iter().flat_map(codes).collect(),
            names_as_written: profile.analytes.iter().flat_map(names).collect(),
            names: profile.analytes.iter().flat_map(names).map(|(name, id)| (plain(name), id)).collect(),
            units_as_written: profile.units.iter().flat_map(spellings).collect(),
            units: profile.units.iter().flat_map(spellings).map(folded).collect(),
            blood: list("specimen.blood"),
            other: list("specimen.other"),
            sites: list("body_site.temperature"),
        }
    }

    /// The analyte of a LOINC code, else of a name.
    #[must_use]
    pub fn analyte(&self, loinc: Option<&str>, name: Option<&str>) -> Option<Analyte> {
        let coded = loinc.and_then(|code| self.loinc.get(code.trim()));
        let named = |name: &str| self.names_as_written.get(name).or_else(|| self.names.get(&plain(name)));
        coded.or_else(|| named(name?)).copied()
    }

    /// The row of a unit as an analyte's sender writes it.
    #[must_use]
    pub fn unit(&self, analyte: Analyte, unit: &str) -> Option<&'p UnitRow> {
        let kind = self.profile.analyte(analyte)?.units.as_str();
        let written = self.units_as_written.get(&(kind, unit));
        written.or_else(|| self.units.get(&(kind, unit_spelling(unit)))).copied()
    }

    /// Reads a result. `site_high` is the site's configured upper limit of normal in the canonical unit, for messages
    /// without one.
    ///
    /// # Errors
    /// [`NoMeasure`], where the result gives no value of the analyte.
    pub fn read(
        &self,
        analyte: Analyte,
        reported: &Reported<'_>,
        site_high: Option<Decimal>,
    ) -> Result<Measure, NoMeasure> {
        let row = self.profile.analyte(analyte).ok_or(NoMeasure::UnknownUnit)?;
        self.specimen(row, reported)?;
        let number = reported.value.ok_or(NoMeasure::NoValue)?;
        let unit = self.unit(analyte, reported.unit).ok_or(if reported.unit.trim().is_empty() {
            NoMeasure::NoUnit
        } else {
            NoMeasure::UnknownUnit
        })?;
        let exact = |number: f64| Decimal::from_f64(number).zip(unit.canonical(number)).ok_or(NoMeasure::OutOfRange);
        let (as_reported, value) = exact(number)?;
        let limit = |limit: Option<f64>| limit.and_then(|limit| unit.canonical(limit)).filter(|l| *l > Decimal::ZERO);
        let (low, own_high) = (limit(reported.low), limit(reported.high));
        let mut measure = Measure {
            value,
            reported: as_reported,
            unit: unit.unit,
            comparator: reported.comparator,
            low,
            high: own_high.or(site_high),
            high_of_site: own_high.is_none() && site_high.is_some(),
            suspect: None,
        };
        measure.suspect = self.suspect(row, &measure);
        Ok(measure)
    }

    /// A value as a result says it that is read as the same value again; its own limits of normal in the unit
    /// of the value. A limit of the site is no part of a result.
    #[must_use]
    pub fn written(&self, analyte: Analyte, measure: &Measure, status: ResultStatus) -> Observation<'static> {
        let unit = self.unit(analyte, measure.unit.name());
        let limit = |limit: Option<Decimal>| unit.zip(limit).and_then(|(unit, limit)| unit.written(limit));
        let unit = Text::borrowed(measure.unit.name());
        Observation {
            loinc: None,
            analyte: Some(Text::borrowed(analyte.name())),
            quantity: Some(Quantity { comparator: measure.comparator, value: measure.reported.to_f64(), unit }),
            value_text: None,
            reference_low: limit(measure.low),
            reference_high: limit(measure.high.filter(|_| !measure.high_of_site)),
            specimen: None,
            body_site: None,
            status,
            observation_id: None,
        }
    }

    fn specimen(&self, row: &AnalyteRow, reported: &Reported<'_>) -> Result<(), NoMeasure> {
        match row.measured_in {
            MeasuredIn::Blood => match said(reported.specimen) {
                None => Ok(()),
                Some(text) if is_one_of(&self.blood, text) => Ok(()),
                Some(text) if is_one_of(&self.other, text) => Err(NoMeasure::OtherSpecimen),
                Some(_) => Err(NoMeasure::UnclearSpecimen),
            },
            MeasuredIn::Body if row.id == Analyte::Temperature => match said(reported.body_site) {
                Some(text) if !is_one_of(&self.sites, text) => Err(NoMeasure::UnclearSpecimen),
                Some(_) | None => Ok(()),
            },
            MeasuredIn::Body => Ok(()),
        }
    }

    /// What makes a value suspect by itself.
    fn suspect(&self, row: &AnalyteRow, measure: &Measure) -> Option<Suspect> {
        let high = self.profile.numbers.suspect_bilirubin_mg_dl_above.value;
        if row.id == Analyte::Bilirubin && measure.unit == Unit::MgDl && measure.reported > high {
            return Some(Suspect::Unit);
        }
        // "< 5" says nothing against the lower bound, and "> 1000" nothing against the upper one.
        let below = measure.value < row.low && !matches!(measure.comparator, Comparator::Lt | Comparator::Le);
        let above = measure.value > row.high && !matches!(measure.comparator, Comparator::Gt | Comparator::Ge);
        (below || above).then_some(Suspect::Bounds)
    }
}

/// What makes a value suspect beside the one reported before it, `apart_ms` milliseconds earlier (ruling 12). The one
/// before is what was last reported, suspect or not, so that a second value like the first clears it.
#[must_use]
pub fn suspect_beside(
    profile: &Profile,
    analyte: Analyte,
    measure: &Measure,
    earlier: &Measure,
    apart_ms: i64,
) -> Option<Suspect> {
    let numbers = &profile.numbers;
    let (value, before) = (measure.value.units(), earlier.value.units());
    let within = |hours: Decimal| (0..=hours.hours_ms()).contains(&apart_ms);
    let (below, above) = ([Comparator::Lt, Comparator::Le], [Comparator::Gt, Comparator::Ge]);
    if analyte == Analyte::Bilirubin && within(numbers.suspect_bilirubin_hours.value) && before > 0 {
        // Less than a value, or more than an earlier one, is no jump by so much: that stays open.
        if below.contains(&measure.comparator) || above.contains(&earlier.comparator) {
            return None;
        }
        let multiple = numbers.suspect_bilirubin_multiple_min.value.units();
        return (value * Decimal::ONE >= multiple * before).then_some(Suspect::Jump);
    }
    let exact = measure.comparator == Comparator::Eq && earlier.comparator == Comparator::Eq;
    if analyte == Analyte::Weight && exact && within(numbers.suspect_weight_hours.value) && before > 0 {
        let percent = numbers.suspect_weight_percent.value.units();
        return ((value - before).abs() * 100 * Decimal::ONE >= percent * before).then_some(Suspect::WeightChange);
    }
    None
}

/// Reads a result that was sent as text: an optional comparator, a number, whatever follows as the unit.
#[must_use]
pub fn read_text(text: &str) -> Option<(Comparator, f64, &str)> {
    let text = text.trim();
    let signs = [
        ("<=", Comparator::Le),
        (">=", Comparator::Ge),
        ("≤", Comparator::Le),
        ("≥", Comparator::Ge),
        ("<", Comparator::Lt),
        (">", Comparator::Gt),
    ];
    let (comparator, rest) = signs
        .iter()
        .find_map(|(sign, comparator)| Some((*comparator, text.strip_prefix(sign)?.trim_start())))
        .unwrap_or((Comparator::Eq, text));
    let end = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(rest.len());
    let (number, unit) = rest.split_at_checked(end)?;
    // A decimal comma, a range, a ratio or a date is left to a person.
    let unit = unit.trim();
    if unit.starts_with([',', '-', ':', '/', '+']) && !unit.starts_with("/u") && !unit.starts_with("/m") {
        return None;
    }
    Some((comparator, number.parse().ok()?, unit))
}

/// A name as it is compared.
fn plain(text: &str) -> String {
    plain_letters(text).collect()
}

/// Lower case, one blank between words.
fn plain_letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.split_whitespace().enumerate().flat_map(|(at, word)| {
        let blank = (at > 0).then_some(' ');
        blank.into_iter().chain(word.chars().flat_map(char::to_lowercase))
    })
}

/// The text, where it says something.
fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// Is the text one of these plain names?
fn is_one_of(names: &[String], text: &str) -> bool {
    names.iter().any(|name| plain_letters(text).eq(name.chars()))
}

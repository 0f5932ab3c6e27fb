//! The sections of the profile that the bedside rules work with, read and held against each other.

use super::criteria_rows::{self as criteria, DraftDefinition};
use super::load::located;
use super::row::{Located, Reader, Row};
use super::{
    AnalyteRow, CriteriaItem, Definition, FEVER_DEFINITIONS_MAX, Fact, FeverDefinition, GradeRow, MONITORING_MAX,
    MonitoringRow, Numbers, RulePriority, SeverityItem, SeverityRow, UnitRow, measures, numbers,
};
use std::collections::BTreeMap;

/// The sections as far as they could be read.
#[derive(Default)]
pub(super) struct DraftBedside {
    units: Vec<Located<UnitRow>>,
    analytes: Vec<Located<AnalyteRow>>,
    items: Vec<Located<CriteriaItem>>,
    definitions: Vec<Located<DraftDefinition>>,
    severity: Vec<Located<SeverityRow>>,
    grades: Vec<Located<GradeRow>>,
    fevers: Vec<Located<FeverDefinition>>,
    monitoring: Vec<Located<MonitoringRow>>,
    /// Could every row be read? What is missing otherwise may only have been unreadable.
    whole: bool,
    /// Could every fact be read?
    pub facts_whole: bool,
    /// Could every rule priority be read?
    pub rules_whole: bool,
}

/// The sections, whole.
pub(super) struct Bedside {
    pub numbers: Numbers,
    pub analytes: Vec<AnalyteRow>,
    pub units: Vec<UnitRow>,
    pub criteria_items: Vec<CriteriaItem>,
    pub definitions: Vec<Definition>,
    pub severity: Vec<SeverityRow>,
    pub grades: Vec<GradeRow>,
    pub fever_definitions: Vec<FeverDefinition>,
    pub monitoring: Vec<MonitoringRow>,
}

pub(super) fn draft(document: &mut Row<'_>, reader: &mut Reader<'_>) -> DraftBedside {
    let mut draft = DraftBedside { whole: true, ..DraftBedside::default() };
    let mut whole = true;
    macro_rules! section {
        ($field:ident, $name:literal, $read:path) => {
            let rows = document.rows(reader, $name);
            let written = rows.len();
            draft.$field = located(rows, reader, $read);
            whole &= written > 0 && written == draft.$field.len();
        };
    }
    section!(units, "units", measures::unit);
    section!(analytes, "analytes", measures::analyte);
    section!(items, "criteria_items", criteria::item);
    section!(definitions, "definitions", criteria::definition);
    section!(severity, "severity", criteria::severity);
    section!(grades, "grades", criteria::grade);
    section!(fevers, "fever_definitions", criteria::fever);
    section!(monitoring, "monitoring", criteria::monitoring);
    draft.whole = whole;
    draft
}

impl DraftBedside {
    /// Holds the sections against each other and against facts and priorities.
    pub fn resolve(self, facts: &[Located<Fact>], rules: &[Located<RulePriority>], reader: &mut Reader<'_>) -> Bedside {
        let whole = self.whole;
        measures::check(&self.units, &self.analytes, whole, reader);
        unique(reader, "id", self.items.iter().map(|place| (place, place.row.id.clone())));
        unique(reader, "id", self.definitions.iter().map(|place| (place, place.row.definition.id.clone())));
        unique(reader, "item", self.severity.iter().map(|place| (place, place.row.item.to_string())));
        unique(reader, "analyte", self.grades.iter().map(|place| (place, place.row.analyte.to_string())));
        unique(reader, "id", self.fevers.iter().map(|place| (place, place.row.id.clone())));
        unique(reader, "id", self.monitoring.iter().map(|place| (place, place.row.id.clone())));
        if let Some(over) = self.monitoring.get(MONITORING_MAX) {
            reader.fault(
                over.line,
                "monitoring",
                format!("{} rows, of at most {MONITORING_MAX}", self.monitoring.len()),
            );
        }
        if let Some(over) = self.fevers.get(FEVER_DEFINITIONS_MAX) {
            let what = format!("{} rows, of at most {FEVER_DEFINITIONS_MAX}", self.fevers.len());
            reader.fault(over.line, "fever_definitions", what);
        }
        let is_rule = |id: &str| !self.rules_whole || rules.iter().any(|rule| rule.row.rule == id);
        for place in self.fevers.iter().filter(|place| whole && !is_rule(&place.row.rule)) {
            let what = format!("\"{}\" has no priority", place.row.rule);
            reader.fault(place.line, format!("{}.rule", place.key), what);
        }
        if whole {
            for item in SeverityItem::ALL.iter().filter(|item| !self.severity.iter().any(|row| row.row.item == **item))
            {
                reader.absent(1, "severity", format!("no row for {item}"));
            }
        }
        let definitions = criteria::resolve(&self.items, self.definitions, is_rule, whole, reader);
        let numbers = numbers::resolve(facts, self.facts_whole, reader);
        let mut analytes: Vec<AnalyteRow> = rows(self.analytes);
        analytes.sort_by_key(|row| row.id);
        Bedside {
            numbers,
            analytes,
            units: rows(self.units),
            criteria_items: rows(self.items),
            definitions,
            severity: rows(self.severity),
            grades: rows(self.grades),
            fever_definitions: rows(self.fevers),
            monitoring: rows(self.monitoring),
        }
    }
}

fn rows<T>(located: Vec<Located<T>>) -> Vec<T> {
    located.into_iter().map(|place| place.row).collect()
}

fn unique<'d, T: 'd>(reader: &mut Reader<'_>, field: &str, rows: impl Iterator<Item = (&'d Located<T>, String)>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (place, id) in rows {
        if let Some(line) = seen.insert(id.clone(), place.line) {
            reader.fault(
                place.line,
                format!("{}.{field}", place.key),
                format!("\"{id}\" is there already, on line {line}"),
            );
        }
    }
}

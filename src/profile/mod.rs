//! The drug's safety profile as data: `besponsa.toml` and its types. Every number carries its source, and what is not
//! verified in its source is marked so.

mod bedside;
mod check;
mod criteria;
mod criteria_rows;
mod decimal;
mod dismissal;
mod load;
mod measure_words;
mod measures;
pub mod meddra;
mod narrative;
mod numbers;
mod row;
mod sites;
#[cfg(test)]
mod tests;
mod words;

pub use criteria::{
    Band, CriteriaItem, DEFINITIONS_MAX, Definition, FEVER_DEFINITIONS_MAX, FeverDefinition, GradeRow, ITEMS_MAX,
    ItemTest, Limit, MONITORING_MAX, MonitoringRow, Repeated, Route, SeverityRow,
};
pub use decimal::Decimal;
pub use dismissal::{DismissReason, OTHER as OTHER_REASON};
pub use measure_words::{Analyte, Anchor, Basis, Lasting, MeasuredIn, Occasion, Op, SeverityItem, SeverityLevel, Unit};
pub use measures::{AnalyteRow, UnitRow, unit_spelling};
pub use narrative::{
    Abbreviation, BUILTIN_LEXICON_TOML, Lexicon, PhraseGroup, SectionGroup, TerminatorGroup, TriggerGroup, Variant,
    WordGroup,
};
pub use numbers::{Number, Numbers};
pub use row::{Fault, Faults};
pub use sites::{SiteRow, UpperLimit};
pub use words::{Answer, Assertion, Concern, Listedness, Priority, Region, Relation, SpecialSituation};

use crate::record::{PartialDate, Zone};
use std::sync::LazyLock;

/// The safety profile of one product.
#[derive(Debug)]
pub struct Profile {
    /// Version of the profile, as written in it.
    pub version: String,
    /// SHA-256 of the profile's text, of the lexicon's where it has none of its own, and of what the sites say where they
    /// say something; 64 hexadecimal digits.
    pub hash: String,
    /// The product: names, codes, look-alikes.
    pub product: Product,
    /// Single facts: the EPAR summary, the label, dosing, contraindications, monitoring.
    pub facts: Vec<Fact>,
    /// The label's reactions with their terms; the index is the reaction's number, at most 64.
    pub reactions: Vec<LabelReaction>,
    /// Priority of a report by reaction and seriousness (ruling 22).
    pub report_priorities: Vec<ReportPriority>,
    /// Priority of everything else, by the table of ruling 22, for the bedside rules.
    pub rule_priorities: Vec<RulePriority>,
    /// Why an alert is dismissed.
    pub dismiss_reasons: Vec<DismissReason>,
    /// The numbers of the bedside rules, found among the facts.
    pub numbers: Numbers,
    /// What analytes of the bedside may be measured, in the order of [`Analyte`].
    pub analytes: Vec<AnalyteRow>,
    /// Units they may be reported in.
    pub units: Vec<UnitRow>,
    /// Items of the diagnostic criteria; the index is the item's number, at most 64.
    pub criteria_items: Vec<CriteriaItem>,
    /// Published definitions of VOD/SOS; the index is the definition's number.
    pub definitions: Vec<Definition>,
    /// EBMT severity of adults.
    pub severity: Vec<SeverityRow>,
    /// Alkylating agents of conditioning; empty where the profile names none, and then nobody can say.
    pub alkylators: Vec<String>,
    /// CTCAE grades of laboratory values.
    pub grades: Vec<GradeRow>,
    /// Definitions of febrile neutropenia.
    pub fever_definitions: Vec<FeverDefinition>,
    /// Tests that are expected.
    pub monitoring: Vec<MonitoringRow>,
    /// Words of narratives: the profile's own table `[narrative]`, else those that are compiled in.
    pub narrative: Lexicon,
    /// What the hospital says of its sites, by name; none without a file of sites.
    pub sites: Vec<SiteRow>,
}

/// Names and codes of the product.
#[derive(Debug)]
pub struct Product {
    /// International non-proprietary name.
    pub inn: String,
    /// Brand name.
    pub brand: String,
    /// Every name that means the product whatever stands around it.
    pub names: Vec<Name>,
    /// Abbreviations that mean it only in a fitting context ("INO" is nitric oxide too).
    pub abbreviations: Vec<Name>,
    /// Products that look alike and are not it; a name of these wins over a shared part.
    pub look_alikes: Vec<Name>,
    /// Codes.
    pub codes: Vec<ProductCode>,
}

/// One name.
#[derive(Debug)]
pub struct Name {
    /// The name; compared after folding case, spelling and punctuation.
    pub text: String,
    /// `inn`, `brand`, `code`, `variant`, `misspelling`, `translation`, `look_alike`, `abbreviation`.
    pub kind: String,
    /// Where it was seen.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// One code of the product.
#[derive(Debug)]
pub struct ProductCode {
    /// `atc`, `unii`, `rxcui`, `drugbank`, `cas`, `dailymed_setid`.
    pub system: String,
    /// The code.
    pub code: String,
    /// Where it was seen.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// One fact, with the number in it where it has one.
#[derive(Debug)]
pub struct Fact {
    /// Identity, unique, dotted, stable: `epar.infusion_minutes_min`.
    pub id: String,
    /// The fact in words.
    pub text: String,
    /// The number, where there is one.
    pub value: Option<f64>,
    /// Unit of the number: UCUM or a word such as `cycles`, `patients`.
    pub unit: Option<String>,
    /// The words, where the fact is a list of them.
    pub list: Vec<String>,
    /// What it drives in the software.
    pub drives: String,
    /// Source: `EPAR summary`, `SmPC 4.2`, or a key listed at the head of the profile.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
    /// A default of ours that a clinician has to sign.
    pub design: bool,
}

/// A reaction of the label.
#[derive(Debug)]
pub struct LabelReaction {
    /// Identity: `vod_sos`, `febrile_neutropenia`, `haemorrhage`, `thrombocytopenia` …
    pub id: String,
    /// The label's term, British spelling.
    pub label_term: String,
    /// The concern it raises of its own; others raise `reaction`.
    pub concern: Option<Concern>,
    /// System organ class.
    pub soc: String,
    /// Is the label's term a group of PTs?
    pub grouped: bool,
    /// Named among the most serious side effects by the EPAR summary?
    pub most_serious: bool,
    /// Named among the most common side effects (more than 1 in 5) by the EPAR summary?
    pub most_common: bool,
    /// Listing per region.
    pub listings: Vec<Listing>,
    /// Terms and codes.
    pub terms: Vec<Term>,
}

/// How one region's label lists a reaction.
#[derive(Debug)]
pub struct Listing {
    /// Region.
    pub region: Region,
    /// `very_common`, `common`, or `listed` where the label gives no class.
    pub frequency: String,
    /// Share of patients, all grades, percent.
    pub all_percent: Option<Figure>,
    /// Share of patients, grade 3 or worse, percent.
    pub grade3_percent: Option<Figure>,
    /// First day on which the label listed it.
    pub from: PartialDate,
    /// Last day, where it no longer does.
    pub to: Option<PartialDate>,
    /// Does the label name a fatal outcome of it (ruling 23)?
    pub fatal_listed: bool,
    /// Source of the listing.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// A number with its source.
#[derive(Debug)]
pub struct Figure {
    /// The number, in the unit that the field names.
    pub value: f64,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
}

/// A term of a reaction.
#[derive(Debug)]
pub struct Term {
    /// The term, British spelling; other spellings fold to the same.
    pub text: String,
    /// How it belongs to the reaction.
    pub relation: Relation,
    /// MedDRA code, where an official body publishes it openly.
    pub code: Option<u32>,
    /// `pt` or `llt`.
    pub level: Option<String>,
    /// Was the code read in an open source? An unverified code never raises a high-priority alert on its own.
    pub code_verified: bool,
    /// On the designated-medical-event list?
    pub dme: bool,
    /// Source of the term.
    pub source: String,
}

/// Priority of a reported reaction.
#[derive(Debug)]
pub struct ReportPriority {
    /// Reaction id, or `listed` / `unlisted` for the rest.
    pub reaction: String,
    /// Priority if at least one seriousness criterion is stated.
    pub serious: Priority,
    /// Priority if the report says that it is not serious.
    pub not_serious: Priority,
    /// Priority if nothing is stated.
    pub unknown: Priority,
    /// Source: a ruling.
    pub source: String,
    /// Always true for a default of ours.
    pub design: bool,
}

/// Priority of a bedside or label rule.
#[derive(Debug)]
pub struct RulePriority {
    /// The rule's id.
    pub rule: String,
    /// Its concern.
    pub concern: Concern,
    /// Its priority.
    pub priority: Priority,
    /// Source: a ruling.
    pub source: String,
    /// A default of ours that a clinician has to sign.
    pub design: bool,
}

/// Text of the profile that is compiled in.
pub const BUILTIN_TOML: &str = include_str!("besponsa.toml");

impl Profile {
    /// The profile that is compiled in.
    ///
    /// # Panics
    /// Never: a test loads it.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: LazyLock<Profile> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in, loaded by every test")]
            Profile::parse(BUILTIN_TOML).expect("src/profile/besponsa.toml is a profile")
        });
        &BUILTIN
    }

    /// Reads a profile; the errors are all its faults, each with line and key.
    ///
    /// # Errors
    /// [`Faults`], never empty.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        load::parse(text)
    }

    /// The profile with what a hospital says of its sites; the hash is another.
    ///
    /// # Errors
    /// [`Faults`] of that text, never empty.
    pub fn with_sites(self, text: &str) -> Result<Self, Faults> {
        let sites = sites::parse(&self, text)?;
        let rules: Vec<String> = sites.iter().map(|site| site.zone.rules()).collect();
        let mut hashed = vec![self.hash.as_str(), text];
        hashed.extend(rules.iter().map(String::as_str));
        let hash = load::sha256_hex(&hashed);
        Ok(Self { sites, hash, ..self })
    }

    /// What is known of a site.
    #[must_use]
    pub fn site(&self, name: &str) -> Option<&SiteRow> {
        let at = self.sites.binary_search_by(|row| row.site.as_str().cmp(name)).ok()?;
        self.sites.get(at)
    }

    /// The calendar of a site: UTC where none is said.
    #[must_use]
    pub fn zone(&self, site: &str) -> &Zone {
        self.site(site).map_or(&Zone::UTC, |row| &row.zone)
    }

    /// The fact of this id.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.id == id)
    }

    /// The priority of this bedside or label rule.
    #[must_use]
    pub fn rule_priority(&self, rule: &str) -> Option<&RulePriority> {
        self.rule_priorities.iter().find(|row| row.rule == rule)
    }

    /// The row of an analyte.
    #[must_use]
    pub fn analyte(&self, analyte: Analyte) -> Option<&AnalyteRow> {
        self.analytes.get(analyte.index())
    }

    /// The number of the definition of this id.
    #[must_use]
    pub fn definition(&self, id: &str) -> Option<usize> {
        self.definitions.iter().position(|definition| definition.id == id)
    }

    /// The number of the reaction of this id.
    #[must_use]
    pub fn reaction(&self, id: &str) -> Option<usize> {
        self.reactions.iter().position(|reaction| reaction.id == id)
    }

    /// Priority of a reported reaction: its own row where it has one, else that of listed or unlisted reactions.
    ///
    /// `reaction` is `None` for one that the profile does not know; `serious` and `not_serious` are both false where
    /// nothing is stated.
    #[must_use]
    pub fn report_priority(
        &self,
        reaction: Option<&str>,
        unlisted: bool,
        serious: bool,
        not_serious: bool,
    ) -> Priority {
        let row = |id: &str| self.report_priorities.iter().find(|row| row.reaction == id);
        let row = reaction.and_then(row).or_else(|| row(if unlisted { "unlisted" } else { "listed" }));
        row.map_or(Priority::Low, |row| match (serious, not_serious) {
            (true, _) => row.serious,
            (false, true) => row.not_serious,
            (false, false) => row.unknown,
        })
    }
}

//! Text to [`Profile`]: every row read, then held against the others. All faults at once, each with its line.

use super::bedside;
use super::check::{self, Draft, DraftReaction};
use super::dismissal;
use super::narrative::{self, Lexicon};
use super::row::{Faults, Reader, Row};
use super::{
    Fact, Figure, LabelReaction, Listing, Name, Product, ProductCode, Profile, ReportPriority, RulePriority, Term,
};

const NAME_KINDS: &[&str] =
    &["inn", "brand", "code", "variant", "misspelling", "translation", "look_alike", "abbreviation"];
const CODE_SYSTEMS: &[&str] = &["atc", "unii", "rxcui", "drugbank", "cas", "dailymed_setid"];
const FREQUENCIES: &[&str] = &["very_common", "common", "listed"];
const LEVELS: &[&str] = &["pt", "llt"];

/// A MedDRA code has eight digits.
const CODES: std::ops::RangeInclusive<u64> = 10_000_000..=99_999_999;
const PERCENT: std::ops::RangeInclusive<f64> = 0.0..=100.0;
const ANY_NUMBER: std::ops::RangeInclusive<f64> = f64::MIN..=f64::MAX;

/// Reads a profile.
///
/// # Errors
/// Every fault of syntax, key, type, range and cross-reference.
pub(super) fn parse(text: &str) -> Result<Profile, Faults> {
    let mut reader = Reader::new(text);
    let (draft, own_lexicon) = draft(&mut reader);
    check::check(&draft, &mut reader);
    let reactions: Vec<&LabelReaction> = draft.reactions.iter().filter_map(|place| place.row.whole.as_ref()).collect();
    let hash = sha256_hex(&[text, if own_lexicon.is_some() { "" } else { narrative::BUILTIN_LEXICON_TOML }]);
    let narrative = narrative::resolve(own_lexicon, &reactions, draft.whole, &mut reader);
    let Draft {
        version,
        product,
        facts,
        reactions,
        report_priorities,
        rule_priorities,
        dismiss_reasons,
        bedside,
        whole: _,
        dismiss_whole: _,
    } = draft;
    let bedside = bedside.resolve(&facts, &rule_priorities, &mut reader);
    if let Some(faults) = reader.into_faults() {
        return Err(faults);
    }
    let alkylators = facts.iter().find(|fact| fact.row.id == "rule.severity.alkylators");
    let alkylators = alkylators.map(|fact| fact.row.list.clone()).unwrap_or_default();
    // A row that could not be read has left a fault, so that nothing is missing from here on.
    Ok(Profile {
        version,
        hash,
        product: Product {
            inn: product.inn,
            brand: product.brand,
            names: product.names.into_iter().map(|name| name.row).collect(),
            abbreviations: product.abbreviations.into_iter().map(|name| name.row).collect(),
            look_alikes: product.look_alikes.into_iter().map(|name| name.row).collect(),
            codes: product.codes.into_iter().map(|code| code.row).collect(),
        },
        facts: facts.into_iter().map(|fact| fact.row).collect(),
        reactions: reactions.into_iter().filter_map(|reaction| reaction.row.whole).collect(),
        report_priorities: report_priorities.into_iter().map(|priority| priority.row).collect(),
        rule_priorities: rule_priorities.into_iter().map(|priority| priority.row).collect(),
        dismiss_reasons: dismiss_reasons.into_iter().map(|reason| reason.row).collect(),
        numbers: bedside.numbers,
        analytes: bedside.analytes,
        units: bedside.units,
        criteria_items: bedside.criteria_items,
        definitions: bedside.definitions,
        severity: bedside.severity,
        alkylators,
        grades: bedside.grades,
        fever_definitions: bedside.fever_definitions,
        monitoring: bedside.monitoring,
        narrative,
        sites: Vec::new(),
    })
}

pub(super) fn sha256_hex(texts: &[&str]) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = texts.iter().fold(Sha256::new(), |digest, text| digest.chain_update(text)).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The document's rows, and the lexicon with its line where it has one of its own.
fn draft(reader: &mut Reader<'_>) -> (Draft, Option<(usize, Lexicon)>) {
    let mut document = reader.document();
    let mut draft = Draft { version: document.text(reader, "version").unwrap_or_default(), ..Draft::default() };
    if let Some(mut product) = document.table(reader, "product") {
        draft.product.inn = product.text(reader, "inn").unwrap_or_default();
        draft.product.brand = product.text(reader, "brand").unwrap_or_default();
        draft.product.names = located(product.rows(reader, "names"), reader, name);
        draft.product.abbreviations = located(product.rows(reader, "abbreviations"), reader, name);
        draft.product.look_alikes = located(product.rows(reader, "look_alikes"), reader, name);
        draft.product.codes = located(product.rows(reader, "codes"), reader, product_code);
        product.finish(reader);
    }
    let fact_rows = document.rows(reader, "facts");
    let facts_written = fact_rows.len();
    draft.facts = located(fact_rows, reader, fact);
    let reaction_rows = document.rows(reader, "reactions");
    let report_rows = document.rows(reader, "report_priorities");
    let rule_rows = document.rows(reader, "rule_priorities");
    let rules_written = rule_rows.len();
    let written = [reaction_rows.len(), report_rows.len(), rule_rows.len()];
    draft.reactions = located(reaction_rows, reader, |row, reader| Some(reaction(row, reader)));
    draft.report_priorities = located(report_rows, reader, report_priority);
    draft.rule_priorities = located(rule_rows, reader, rule_priority);
    let reactions_read = draft.reactions.iter().filter(|reaction| reaction.row.whole.is_some()).count();
    let read = [reactions_read, draft.report_priorities.len(), draft.rule_priorities.len()];
    draft.whole = written == read && !written.contains(&0);
    let dismiss_rows = document.rows(reader, "dismiss_reasons");
    let dismiss_written = dismiss_rows.len();
    draft.dismiss_reasons = located(dismiss_rows, reader, dismissal::reason);
    draft.dismiss_whole = dismiss_written > 0 && dismiss_written == draft.dismiss_reasons.len();
    draft.bedside = bedside::draft(&mut document, reader);
    draft.bedside.facts_whole = facts_written > 0 && facts_written == draft.facts.len();
    draft.bedside.rules_whole = rules_written > 0 && rules_written == draft.rule_priorities.len();
    let lexicon = document.optional_table(reader, "narrative").map(|mut table| {
        let lexicon = narrative::lexicon(&mut table, reader);
        let line = table.locate(()).line;
        table.finish(reader);
        (line, lexicon)
    });
    document.finish(reader);
    (draft, lexicon)
}

/// Reads each row and refuses what it does not know.
pub(super) fn located<'i, T>(
    rows: Vec<Row<'i>>,
    reader: &mut Reader<'_>,
    read: impl Fn(&mut Row<'i>, &mut Reader<'_>) -> Option<T>,
) -> Vec<super::row::Located<T>> {
    let mut found = Vec::with_capacity(rows.len());
    for mut row in rows {
        let value = read(&mut row, reader);
        found.extend(value.map(|value| row.locate(value)));
        row.finish(reader);
    }
    found
}

// In each function below every field is read before the first `?`, so that one bad field hides no other.

fn name(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Name> {
    let text = row.text(reader, "text");
    let kind = row.word(reader, "kind", NAME_KINDS);
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(Name { text: text?, kind: kind?, source: source?, verified: verified? })
}

fn product_code(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<ProductCode> {
    let system = row.word(reader, "system", CODE_SYSTEMS);
    let code = row.text(reader, "code");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(ProductCode { system: system?, code: code?, source: source?, verified: verified? })
}

fn fact(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Fact> {
    let id = row.text(reader, "id");
    let text = row.text(reader, "text");
    let value = row.number(reader, "value", &ANY_NUMBER);
    let unit = row.optional_text(reader, "unit");
    let list = row.located::<Vec<String>>(reader, "list");
    if let Some((line, list)) = &list
        && (list.is_empty() || list.iter().any(|word| word.trim().is_empty()))
    {
        reader.fault(*line, row.path("list"), "is an empty list or holds an empty text");
    }
    let drives = row.text(reader, "drives");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    let design = row.optional(reader, "design").unwrap_or_default();
    Some(Fact {
        id: id?,
        text: text?,
        value,
        unit,
        list: list.map(|(_, list)| list).unwrap_or_default(),
        drives: drives?,
        source: source?,
        verified: verified?,
        design,
    })
}

fn reaction(row: &mut Row<'_>, reader: &mut Reader<'_>) -> DraftReaction {
    let id = row.text(reader, "id");
    let label_term = row.text(reader, "label_term");
    let concern = row.optional(reader, "concern");
    let soc = row.text(reader, "soc");
    let grouped = row.optional(reader, "grouped").unwrap_or_default();
    let most_serious = row.optional(reader, "most_serious").unwrap_or_default();
    let most_common = row.optional(reader, "most_common").unwrap_or_default();
    let term_rows = row.rows(reader, "terms");
    let listing_rows = row.rows(reader, "listings");
    let (terms_written, listings_written) = (term_rows.len(), listing_rows.len());
    let terms = located(term_rows, reader, term);
    let listings = located(listing_rows, reader, listing);
    let places = |line, key: &String| (line, key.clone());
    let mut draft = DraftReaction {
        id: id.clone(),
        terms_whole: terms_written > 0 && terms_written == terms.len(),
        listings_whole: listings_written > 0 && listings_written == listings.len(),
        term_places: terms.iter().map(|term| places(term.line, &term.key)).collect(),
        listing_places: listings.iter().map(|listing| places(listing.line, &listing.key)).collect(),
        whole: None,
    };
    if let (Some(id), Some(label_term), Some(soc)) = (id, label_term, soc) {
        draft.whole = Some(LabelReaction {
            id,
            label_term,
            concern,
            soc,
            grouped,
            most_serious,
            most_common,
            listings: listings.into_iter().map(|listing| listing.row).collect(),
            terms: terms.into_iter().map(|term| term.row).collect(),
        });
    }
    draft
}

fn listing(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Listing> {
    let region = row.required(reader, "region");
    let frequency = row.word(reader, "frequency", FREQUENCIES);
    let all_percent = figure(row, reader, "all_percent");
    let grade3_percent = figure(row, reader, "grade3_percent");
    let from = row.required(reader, "from");
    let to = row.optional(reader, "to");
    let fatal_listed = row.required(reader, "fatal_listed");
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    Some(Listing {
        region: region?,
        frequency: frequency?,
        all_percent,
        grade3_percent,
        from: from?,
        to,
        fatal_listed: fatal_listed?,
        source: source?,
        verified: verified?,
    })
}

fn figure(parent: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Figure> {
    let mut row = parent.optional_table(reader, field)?;
    row.demand(reader, "value");
    let value = row.number(reader, "value", &PERCENT);
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    row.finish(reader);
    Some(Figure { value: value?, source: source?, verified: verified? })
}

fn term(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Term> {
    let text = row.text(reader, "text");
    let relation = row.required(reader, "relation");
    let code = row.located::<u64>(reader, "code");
    let level = row.optional_word(reader, "level", LEVELS);
    let code_verified: Option<bool> = row.optional(reader, "code_verified");
    let dme = row.optional(reader, "dme").unwrap_or_default();
    let source = row.text(reader, "source");
    let code = code.and_then(|(line, code)| {
        let eight_digits = CODES.contains(&code);
        if !eight_digits {
            reader.fault(line, row.path("code"), format!("{code} has not 8 digits"));
        }
        u32::try_from(code).ok().filter(|_| eight_digits)
    });
    Some(Term {
        text: text?,
        relation: relation?,
        code,
        level,
        code_verified: code_verified.unwrap_or_default(),
        dme,
        source: source?,
    })
}

fn report_priority(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<ReportPriority> {
    let reaction = row.text(reader, "reaction");
    let serious = row.required(reader, "serious");
    let not_serious = row.required(reader, "not_serious");
    let unknown = row.required(reader, "unknown");
    let source = row.text(reader, "source");
    let design = row.optional(reader, "design").unwrap_or_default();
    Some(ReportPriority {
        reaction: reaction?,
        serious: serious?,
        not_serious: not_serious?,
        unknown: unknown?,
        source: source?,
        design,
    })
}

fn rule_priority(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<RulePriority> {
    let rule = row.text(reader, "rule");
    let concern = row.required(reader, "concern");
    let priority = row.required(reader, "priority");
    let source = row.text(reader, "source");
    let design = row.optional(reader, "design").unwrap_or_default();
    Some(RulePriority { rule: rule?, concern: concern?, priority: priority?, source: source?, design })
}

//! What no row can show alone: identities, references, contradictions, and that nothing required is missing.

use super::dismissal::{self, DismissReason};
use super::row::{Located, Reader};
use super::{
    Concern, Fact, LabelReaction, Listing, Name, Priority, ProductCode, Region, Relation, ReportPriority, RulePriority,
    Term,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Most reactions: a set of them is one machine word.
pub(super) const REACTIONS_MAX: usize = 64;

/// The concerns that the software exists for: each needs a reaction with terms and a priority.
const REQUIRED_CONCERNS: &[Concern] = &[Concern::VodSos, Concern::FebrileNeutropenia, Concern::Haemorrhage];

/// Rows of the report priorities for whatever has none of its own.
const GENERAL_PRIORITIES: &[&str] = &["listed", "unlisted"];

/// Bedside rules that ruling 22 names: each needs a priority.
const REQUIRED_RULES: &[&str] = &[
    "ebmt2023_probable",
    "ebmt2023_clinical",
    "ebmt2023_proven",
    "fn_met",
    "fever_anc_unknown",
    "isth_major",
    "hys_law",
    "vod_suspicion",
    "hepatic_hold_met",
    "haematological_hold_met",
    "dose_given_while_hold",
    "contraindicated_use",
    "over_dose",
    "qtc",
    "overdue",
    "single_test_notice",
    "wrong_day",
    "off_label",
    "cytopenia",
    "hb_fall",
];

/// A profile as far as it could be read, each row with its place.
#[derive(Default)]
pub(super) struct Draft {
    pub version: String,
    pub product: DraftProduct,
    pub facts: Vec<Located<Fact>>,
    pub reactions: Vec<Located<DraftReaction>>,
    pub report_priorities: Vec<Located<ReportPriority>>,
    pub rule_priorities: Vec<Located<RulePriority>>,
    pub dismiss_reasons: Vec<Located<DismissReason>>,
    /// Could all reasons of a dismissal be read?
    pub dismiss_whole: bool,
    /// What the bedside rules need.
    pub bedside: super::bedside::DraftBedside,
    /// Could all reactions, report priorities, rule priorities be read? What is missing of them otherwise may only have
    /// been unreadable.
    pub whole: bool,
}

/// The product as far as it could be read.
#[derive(Default)]
pub(super) struct DraftProduct {
    pub inn: String,
    pub brand: String,
    pub names: Vec<Located<Name>>,
    pub abbreviations: Vec<Located<Name>>,
    pub look_alikes: Vec<Located<Name>>,
    pub codes: Vec<Located<ProductCode>>,
}

/// A reaction as far as it could be read.
#[derive(Debug)]
pub(super) struct DraftReaction {
    pub id: Option<String>,
    /// Were there terms, and could all be read? Else a fault says so already.
    pub terms_whole: bool,
    /// Were there listings, and could all be read?
    pub listings_whole: bool,
    /// Line and path of each term of `whole`.
    pub term_places: Vec<(usize, String)>,
    /// Line and path of each listing of `whole`.
    pub listing_places: Vec<(usize, String)>,
    /// The reaction, where its own fields could be read.
    pub whole: Option<LabelReaction>,
}

/// Holds the rows against each other.
pub(super) fn check(draft: &Draft, reader: &mut Reader<'_>) {
    unique(reader, "id", draft.facts.iter().map(|fact| (fact, fact.row.id.as_str())));
    let with_id = draft.reactions.iter().filter_map(|reaction| Some((reaction, reaction.row.id.as_deref()?)));
    unique(reader, "id", with_id);
    unique(reader, "reaction", draft.report_priorities.iter().map(|row| (row, row.row.reaction.as_str())));
    unique(reader, "rule", draft.rule_priorities.iter().map(|row| (row, row.row.rule.as_str())));
    product(&draft.product, reader);
    draft.facts.iter().for_each(|fact| self::fact(fact, reader));
    reactions(&draft.reactions, draft.whole, reader);
    terms(&draft.reactions, reader);
    priorities(draft, reader);
    dismissal::check(&draft.dismiss_reasons, draft.dismiss_whole, reader);
}

/// Each of these says what the rows before it have not said.
fn unique<'d, T: 'd>(reader: &mut Reader<'_>, field: &str, rows: impl Iterator<Item = (&'d Located<T>, &'d str)>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, id) in rows {
        match seen.entry(id) {
            Entry::Vacant(free) => {
                free.insert(place.line);
            }
            Entry::Occupied(first) => {
                let what = format!("\"{id}\" is there already, on line {}", first.get());
                reader.fault(place.line, format!("{}.{field}", place.key), what);
            }
        }
    }
}

fn product(product: &DraftProduct, reader: &mut Reader<'_>) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let lists = [&product.names, &product.abbreviations, &product.look_alikes];
    for name in lists.into_iter().flatten() {
        match seen.entry(spelling(&name.row.text)) {
            Entry::Vacant(free) => {
                free.insert(name.line);
            }
            Entry::Occupied(first) => {
                let what = format!("\"{}\" is a name already, on line {}", name.row.text, first.get());
                reader.fault(name.line, format!("{}.text", name.key), what);
            }
        }
    }
    for (field, name) in [("inn", &product.inn), ("brand", &product.brand)] {
        if !name.is_empty() && !product.names.iter().any(|other| spelling(&other.row.text) == spelling(name)) {
            reader.absent(1, format!("product.{field}"), format!("\"{name}\" is not among product.names"));
        }
    }
}

fn fact(fact: &Located<Fact>, reader: &mut Reader<'_>) {
    let mut wrong = |field: &str, what: &str| reader.fault(fact.line, format!("{}.{field}", fact.key), what);
    if fact.row.value.is_some() && fact.row.unit.is_none() {
        wrong("unit", "is missing: a number has a unit");
    }
    if fact.row.design && fact.row.verified {
        wrong("verified", "a default of the project is not verified in a source");
    }
    if fact.row.source.contains("[U]") && fact.row.verified {
        wrong("verified", "the source is marked unverified");
    }
}

fn reactions(reactions: &[Located<DraftReaction>], whole: bool, reader: &mut Reader<'_>) {
    if let Some(first_over) = reactions.get(REACTIONS_MAX) {
        let what = format!("{} reactions, of at most {REACTIONS_MAX}", reactions.len());
        reader.fault(first_over.line, "reactions", what);
    }
    for place in reactions {
        let Some(reaction) = &place.row.whole else { continue };
        for region in Region::ALL {
            if place.row.listings_whole && !reaction.listings.iter().any(|listing| listing.region == *region) {
                let what = format!("no listing for {region}");
                reader.absent(place.line, format!("{}.listings", place.key), what);
            }
        }
        for (at, (listing, (line, key))) in reaction.listings.iter().zip(&place.row.listing_places).enumerate() {
            if listing.to.is_some_and(|to| to < listing.from) {
                reader.fault(*line, format!("{key}.to"), "ends before it begins");
            }
            if reaction.listings.iter().take(at).any(|earlier| overlap(earlier, listing)) {
                reader.fault(*line, format!("{key}.from"), format!("overlaps another listing for {}", listing.region));
            }
            if let (Some(all), Some(grade3)) = (&listing.all_percent, &listing.grade3_percent)
                && grade3.value > all.value
            {
                reader.fault(*line, format!("{key}.grade3_percent"), "is more than all_percent");
            }
        }
        if place.row.terms_whole && !reaction.terms.iter().any(|term| term.relation == Relation::Same) {
            let what = "no term means the reaction itself (relation \"same\")";
            reader.absent(place.line, format!("{}.terms", place.key), what);
        }
    }
    for concern in REQUIRED_CONCERNS {
        let raises =
            |place: &&Located<DraftReaction>| place.row.whole.as_ref().is_some_and(|r| r.concern == Some(*concern));
        let mut of_concern = reactions.iter().filter(raises);
        if of_concern.next().is_none() && whole {
            reader.absent(1, "reactions", format!("no reaction raises the concern {concern}"));
        }
        for second in of_concern {
            reader.fault(second.line, format!("{}.concern", second.key), format!("{concern} has a reaction already"));
        }
    }
}

fn overlap(a: &Listing, b: &Listing) -> bool {
    a.region == b.region && b.to.is_none_or(|to| a.from <= to) && a.to.is_none_or(|to| b.from <= to)
}

/// Where a text or a code was first seen as a concept.
struct Seen<'d> {
    reaction: usize,
    id: &'d str,
    line: usize,
}

fn terms(reactions: &[Located<DraftReaction>], reader: &mut Reader<'_>) {
    let mut concept_of_text: BTreeMap<String, Seen<'_>> = BTreeMap::new();
    let mut concept_of_code: BTreeMap<u32, Seen<'_>> = BTreeMap::new();
    for (at, place) in reactions.iter().enumerate() {
        let Some(reaction) = &place.row.whole else { continue };
        let mut here: BTreeMap<String, (&Term, usize)> = BTreeMap::new();
        for (term, (line, key)) in reaction.terms.iter().zip(&place.row.term_places) {
            code_marks(term, *line, key, reader);
            let text = spelling(&term.text);
            if let Some((first, first_line)) = here.get(&text) {
                // One text may stand twice, with its PT code and with its LLT code.
                let pt_and_llt = term.code.is_some() && first.code.is_some() && term.level != first.level;
                if first.relation != term.relation {
                    let what = format!("is \"{}\" here and \"{}\" on line {first_line}", term.relation, first.relation);
                    reader.fault(*line, format!("{key}.relation"), what);
                } else if !pt_and_llt {
                    let what = format!("\"{}\" is there already, on line {first_line}", term.text);
                    reader.fault(*line, format!("{key}.text"), what);
                }
            } else {
                here.insert(text.clone(), (term, *line));
            }
            if matches!(term.relation, Relation::Same | Relation::Within) {
                let mut clash = |field: &str, what: String, first: &Seen<'_>| {
                    if first.reaction != at {
                        let what = format!("{what} means {} already, on line {}", first.id, first.line);
                        reader.fault(*line, format!("{key}.{field}"), what);
                    }
                };
                let seen = || Seen { reaction: at, id: &reaction.id, line: *line };
                clash("text", format!("\"{}\"", term.text), concept_of_text.entry(text).or_insert_with(seen));
                if let Some(code) = term.code {
                    clash("code", code.to_string(), concept_of_code.entry(code).or_insert_with(seen));
                }
            }
        }
    }
}

fn code_marks(term: &Term, line: usize, key: &str, reader: &mut Reader<'_>) {
    if term.code.is_some() && term.level.is_none() {
        reader.fault(line, format!("{key}.level"), "is missing: a code is a pt or an llt");
    }
    if term.code.is_none() && term.code_verified {
        reader.fault(line, format!("{key}.code_verified"), "there is no readable code to verify");
    }
}

fn priorities(draft: &Draft, reader: &mut Reader<'_>) {
    let reaction = |id: &str| draft.reactions.iter().find(|place| place.row.id.as_deref() == Some(id));
    for place in &draft.report_priorities {
        let row = &place.row;
        let mut wrong = |field: &str, what: String| reader.fault(place.line, format!("{}.{field}", place.key), what);
        if draft.whole && reaction(&row.reaction).is_none() && !GENERAL_PRIORITIES.contains(&row.reaction.as_str()) {
            wrong("reaction", format!("\"{}\" is no reaction of this profile", row.reaction));
        }
        if row.serious < row.unknown {
            wrong("serious", "is below the priority of unknown seriousness".to_owned());
        }
        if row.unknown < row.not_serious {
            wrong("unknown", "is below the priority of not serious: unknown is never \"no\"".to_owned());
        }
        let listings = reaction(&row.reaction).and_then(|place| place.row.whole.as_ref()).map(|r| &r.listings);
        if row.serious == Priority::High
            && listings.is_some_and(|listings| !listings.is_empty() && !listings.iter().any(|l| l.verified))
        {
            wrong("serious", "is high on an unverified listing alone".to_owned());
        }
    }
    let has_row = |id: &str| draft.report_priorities.iter().any(|place| place.row.reaction == id);
    let of_concerns = draft.reactions.iter().filter_map(|place| {
        let reaction = place.row.whole.as_ref()?;
        REQUIRED_CONCERNS.contains(&reaction.concern?).then_some(reaction.id.as_str())
    });
    if !draft.whole {
        return;
    }
    for id in of_concerns.chain(GENERAL_PRIORITIES.iter().copied()).filter(|id| !has_row(id)) {
        reader.absent(1, "report_priorities", format!("no row for \"{id}\""));
    }
    for rule in REQUIRED_RULES.iter().filter(|rule| !draft.rule_priorities.iter().any(|p| p.row.rule == **rule)) {
        reader.absent(1, "rule_priorities", format!("no row for \"{rule}\""));
    }
}

/// A coarse spelling for finding a row that stands twice; how reports are compared is for `normalise` to say.
fn spelling(text: &str) -> String {
    let plain: String = text.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect();
    plain.replace("ae", "e").replace("oe", "e").replace("leuc", "leuk").replace("tumour", "tumor")
}

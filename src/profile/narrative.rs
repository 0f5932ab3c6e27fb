//! The words of narratives as data: phrases, and what around them says how they are meant.

use super::row::{Reader, Row};
use super::words::Assertion;
use super::{LabelReaction, Relation};

/// Text of the lexicon that is compiled in, for profiles without a `[narrative]` of their own.
pub const BUILTIN_LEXICON_TOML: &str = include_str!("narrative.toml");

/// Longest reach of a trigger, words.
const REACH_MAX: u64 = 40;

/// Words of narratives. In every list `(a|b|)` stands for its alternatives, the empty one included, and a hyphen for a
/// hyphen, a space or nothing; case and British or American spelling do not matter.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// Phrases that mean a term of the profile.
    pub phrases: Vec<PhraseGroup>,
    /// Other words for a word inside a term of the profile.
    pub variants: Vec<Variant>,
    /// Phrases that hold a phrase's words and mean something else.
    pub not_meant: Vec<WordGroup>,
    /// Words that say how a phrase is meant.
    pub triggers: Vec<TriggerGroup>,
    /// Words that end the reach of a trigger.
    pub terminators: Vec<TerminatorGroup>,
    /// Headings.
    pub sections: Vec<SectionGroup>,
    /// Abbreviations that mean a term only in a fitting context.
    pub abbreviations: Vec<Abbreviation>,
    /// Words whose full stop ends no sentence.
    pub dotted: Vec<String>,
    /// Words that are read over, in phrases and in texts alike.
    pub skipped: Vec<String>,
}

/// Phrases for one term.
#[derive(Debug)]
pub struct PhraseGroup {
    /// Id of the reaction.
    pub reaction: String,
    /// Term of that reaction, `same` or `within`.
    pub term: String,
    /// The phrases.
    pub words: Vec<String>,
    /// Where they were seen.
    pub source: String,
}

/// Other words for the last or any word of a term.
#[derive(Debug)]
pub struct Variant {
    /// The word as it stands in terms.
    pub word: String,
    /// What may stand in its place.
    pub instead: Vec<String>,
    /// What may stand before the rest of the term, where the word ends it.
    pub in_front: Vec<String>,
    /// Where that was seen.
    pub source: String,
}

/// Words with their source.
#[derive(Debug)]
pub struct WordGroup {
    /// The words.
    pub words: Vec<String>,
    /// Where they were seen.
    pub source: String,
}

/// Triggers of one kind.
#[derive(Debug)]
pub struct TriggerGroup {
    /// What they make of a phrase.
    pub assertion: Assertion,
    /// Do they act on phrases behind them?
    pub before: bool,
    /// Do they act on phrases in front of them?
    pub after: bool,
    /// How far they reach, words.
    pub reach: u8,
    /// Do they reach over commas, through a list?
    pub list: bool,
    /// The words.
    pub words: Vec<String>,
    /// Where they were seen.
    pub source: String,
}

/// Words that end the reach of triggers.
#[derive(Debug)]
pub struct TerminatorGroup {
    /// Which triggers.
    pub ends: Vec<Assertion>,
    /// Do they also end a section?
    pub section: bool,
    /// The words.
    pub words: Vec<String>,
    /// Where they were seen.
    pub source: String,
}

/// Headings of one kind.
#[derive(Debug)]
pub struct SectionGroup {
    /// How everything under the heading is meant; `affirmed` for a heading that only ends another section.
    pub assertion: Assertion,
    /// The headings, without colon.
    pub words: Vec<String>,
    /// Where they were seen.
    pub source: String,
}

/// An abbreviation.
#[derive(Debug)]
pub struct Abbreviation {
    /// As written, in capitals.
    pub text: String,
    /// Id of the reaction; `product` for the product itself.
    pub reaction: String,
    /// Term of that reaction; none for the product.
    pub term: Option<String>,
    /// Do capitals suffice, without any other word?
    pub capitals_suffice: bool,
    /// One of these words must stand in the text, else it is not meant.
    pub needs: Vec<String>,
    /// With one of these words in the text it is not meant.
    pub excludes: Vec<String>,
    /// Where it was seen.
    pub source: String,
}

/// Reads a lexicon out of a document or of the table `[narrative]`.
pub(super) fn lexicon(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Lexicon {
    Lexicon {
        phrases: each(row, reader, "phrases", phrases),
        variants: each(row, reader, "variants", variant),
        not_meant: each(row, reader, "not_meant", |row, reader| {
            let (words, source) = (words(row, reader, "words"), row.text(reader, "source"));
            Some(WordGroup { words: words?, source: source? })
        }),
        triggers: each(row, reader, "triggers", triggers),
        terminators: each(row, reader, "terminators", terminators),
        sections: each(row, reader, "sections", |row, reader| {
            let assertion = row.required(reader, "assertion");
            let (words, source) = (words(row, reader, "words"), row.text(reader, "source"));
            Some(SectionGroup { assertion: assertion?, words: words?, source: source? })
        }),
        abbreviations: each(row, reader, "abbreviations", abbreviation),
        dotted: words(row, reader, "dotted").unwrap_or_default(),
        skipped: words(row, reader, "skipped").unwrap_or_default(),
    }
}

/// The profile's own lexicon, else the one that is compiled in, held against the profile's reactions.
pub(super) fn resolve(
    own: Option<(usize, Lexicon)>,
    reactions: &[&LabelReaction],
    all_reactions_read: bool,
    reader: &mut Reader<'_>,
) -> Lexicon {
    let (line, lexicon) = own.unwrap_or_else(|| {
        let mut lexicon_reader = Reader::new(BUILTIN_LEXICON_TOML);
        let mut document = lexicon_reader.document();
        let lexicon = lexicon(&mut document, &mut lexicon_reader);
        document.finish(&mut lexicon_reader);
        for fault in lexicon_reader.into_faults().iter().flat_map(|faults| faults.as_slice()) {
            reader.fault(1, format!("narrative.toml line {}: {}", fault.line, fault.key), fault.what.clone());
        }
        (1, lexicon)
    });
    if all_reactions_read {
        check(&lexicon, reactions, reader, line);
    }
    lexicon
}

/// Every phrase's and abbreviation's term is a term of the profile that means its reaction.
fn check(lexicon: &Lexicon, reactions: &[&LabelReaction], reader: &mut Reader<'_>, line: usize) {
    let phrases = lexicon.phrases.iter().map(|group| (group.reaction.as_str(), Some(group.term.as_str())));
    let abbreviations = lexicon.abbreviations.iter().map(|one| (one.reaction.as_str(), one.term.as_deref()));
    for (id, term) in phrases.chain(abbreviations) {
        let Some(term) = term else { continue };
        let known = reactions.iter().any(|reaction| {
            reaction.id == id
                && reaction
                    .terms
                    .iter()
                    .any(|known| known.text == term && matches!(known.relation, Relation::Same | Relation::Within))
        });
        if !known {
            reader.fault(line, "narrative", format!("\"{term}\" is no term that means \"{id}\" in this profile"));
        }
    }
}

fn each<T>(
    row: &mut Row<'_>,
    reader: &mut Reader<'_>,
    field: &str,
    read: impl Fn(&mut Row<'_>, &mut Reader<'_>) -> Option<T>,
) -> Vec<T> {
    let mut found = Vec::new();
    for mut row in row.rows(reader, field) {
        found.extend(read(&mut row, reader));
        row.finish(reader);
    }
    found
}

/// A list of words that is there, not empty, and holds no empty word.
fn words(row: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Vec<String>> {
    row.demand(reader, field);
    some_words(row, reader, field)
}

fn some_words(row: &mut Row<'_>, reader: &mut Reader<'_>, field: &str) -> Option<Vec<String>> {
    let (line, words) = row.located::<Vec<String>>(reader, field)?;
    if words.is_empty() || words.iter().any(|word| word.trim().is_empty()) {
        reader.fault(line, row.path(field), "is an empty list or holds an empty text");
        return None;
    }
    Some(words)
}

// In each function below every field is read before the first `?`, so that one bad field hides no other.

fn phrases(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<PhraseGroup> {
    let (reaction, term) = (row.text(reader, "reaction"), row.text(reader, "term"));
    let (words, source) = (words(row, reader, "words"), row.text(reader, "source"));
    Some(PhraseGroup { reaction: reaction?, term: term?, words: words?, source: source? })
}

fn variant(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Variant> {
    let word = row.text(reader, "word");
    let instead = some_words(row, reader, "instead").unwrap_or_default();
    let in_front = some_words(row, reader, "in_front").unwrap_or_default();
    let source = row.text(reader, "source");
    Some(Variant { word: word?, instead, in_front, source: source? })
}

fn triggers(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<TriggerGroup> {
    let assertion = row.required(reader, "assertion");
    let direction = row.word(reader, "direction", &["before", "after", "both"]);
    row.demand(reader, "reach");
    let reach = row.located::<u64>(reader, "reach");
    let list = row.optional(reader, "list").unwrap_or_default();
    let (words, source) = (words(row, reader, "words"), row.text(reader, "source"));
    let (line, reach) = reach?;
    let Some(reach) = u8::try_from(reach).ok().filter(|reach| u64::from(*reach) <= REACH_MAX) else {
        reader.fault(line, row.path("reach"), format!("is more than {REACH_MAX} words"));
        return None;
    };
    let direction = direction?;
    Some(TriggerGroup {
        assertion: assertion?,
        before: direction != "after",
        after: direction != "before",
        reach,
        list,
        words: words?,
        source: source?,
    })
}

fn terminators(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<TerminatorGroup> {
    let ends = row.optional::<Vec<Assertion>>(reader, "ends").unwrap_or_else(|| Assertion::ALL.to_vec());
    let section = row.optional(reader, "section").unwrap_or_default();
    let (words, source) = (words(row, reader, "words"), row.text(reader, "source"));
    Some(TerminatorGroup { ends, section, words: words?, source: source? })
}

fn abbreviation(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<Abbreviation> {
    let (text, reaction) = (row.text(reader, "text"), row.text(reader, "reaction"));
    let term = row.optional_text(reader, "term");
    let capitals_suffice = row.optional(reader, "capitals_suffice").unwrap_or_default();
    let needs = words(row, reader, "needs");
    let excludes = some_words(row, reader, "excludes").unwrap_or_default();
    let source = row.text(reader, "source");
    Some(Abbreviation {
        text: text?,
        reaction: reaction?,
        term,
        capitals_suffice,
        needs: needs?,
        excludes,
        source: source?,
    })
}

#[cfg(test)]
mod tests {
    use crate::profile::{BUILTIN_TOML, Profile};

    /// Faults of the built-in profile with a lexicon of its own.
    fn faults(lexicon: &str) -> String {
        Profile::parse(&format!("{BUILTIN_TOML}\n{lexicon}")).unwrap_err().to_string()
    }

    #[test]
    fn the_lexicon_is_part_of_the_profile_and_of_its_hash() {
        let builtin = Profile::builtin();
        assert!(!builtin.narrative.phrases.is_empty());
        let of_file_alone = {
            use sha2::{Digest as _, Sha256};
            Sha256::digest(BUILTIN_TOML).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_ne!(builtin.hash, of_file_alone);
    }

    #[test]
    fn every_fault_of_a_lexicon_is_told() {
        let told = faults(
            r#"[narrative]
            dotted = ["dr"]
            skipped = []
            colour = "red"
            phrases = [{ reaction = "vod_sos", term = "Nausea", words = ["sick"], source = "x" }]
            triggers = [{ assertion = "denied", direction = "left", reach = 400, words = ["no"], source = "x" }]
            not_meant = [{ words = [""], source = "x" }]
            terminators = [{ words = ["but"] }]
            variants = [{ word = "bleeding", source = "x" }]
            abbreviations = [{ text = "VOD", reaction = "vod_sos", source = "x" }]"#,
        );
        for expected in [
            "narrative.skipped",
            "narrative.colour",
            "\"Nausea\" is no term that means \"vod_sos\"",
            "narrative.triggers[0].assertion",
            "narrative.triggers[0].direction",
            "narrative.not_meant[0].words",
            "narrative.terminators[0].source",
            "narrative.abbreviations[0].needs",
            "narrative.sections: is missing",
        ] {
            assert!(told.contains(expected), "{expected} is not in:\n{told}");
        }
    }
}

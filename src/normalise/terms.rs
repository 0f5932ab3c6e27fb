//! Which label reaction a reported term or code belongs to.

use super::fold::{Folded, fold};
use super::word_key::Misspellings;
use crate::profile::{Profile, Relation};
use foldhash::fast::FixedState;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A term of the profile: its reaction, its place there, and how it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermRef {
    /// Index into [`Profile::reactions`].
    pub reaction: u8,
    /// Index into that reaction's terms.
    pub term: u16,
    /// How the term belongs to the reaction.
    pub relation: Relation,
    /// Was the code read in an open source? True for matches by the words of a term.
    pub verified: bool,
    /// On the designated-medical-event list.
    pub dme: bool,
    /// By whose words it belongs.
    pub through: Through,
}

/// By whose words a term belongs to a reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// The profile names it.
    Profile,
    /// The user's MedDRA has it under a term that the profile names.
    Dictionary,
    /// A narrow term of a standardised query of the user's MedDRA.
    SmqNarrow,
    /// A broad term of such a query.
    SmqBroad,
}

impl Through {
    /// Name, as evidence shows it; `None` for the profile itself.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Profile => None,
            Self::Dictionary => Some("MedDRA"),
            Self::SmqNarrow => Some("SMQ narrow"),
            Self::SmqBroad => Some("SMQ broad"),
        }
    }
}

/// Place of a term that the profile itself does not have.
pub const NO_TERM: u16 = u16::MAX;

impl TermRef {
    /// The bit of the term's reaction, where the term means that reaction.
    #[must_use]
    pub const fn concept_bit(self) -> u64 {
        match self.relation {
            Relation::Same | Relation::Within => 1u64.wrapping_shl(self.reaction as u32),
            Relation::Related | Relation::Risk | Relation::NotThis => 0,
        }
    }
}

/// Fact of the profile with the known misspellings.
const MISSPELLINGS_FACT: &str = "spelling.misspellings";

/// Terms and codes of a profile, for look-up without allocation.
#[derive(Debug)]
pub struct TermIndex {
    // Keys of outside origin: foldhash, whose fixed seed keeps replays equal; the table is never iterated.
    pub(super) terms: HashMap<Folded, TermRef, FixedState>,
    pub(super) codes: FxHashMap<u32, TermRef>,
    /// Terms by [`Misspellings::key`]: any order of words. `None` where two meanings share one set of words.
    orders: FxHashMap<u64, Option<TermRef>>,
    misspellings: Misspellings,
}

impl TermIndex {
    /// Builds the index.
    ///
    /// # Errors
    /// One sentence per term or code that means two different reactions.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let rows = profile.fact(MISSPELLINGS_FACT).map(|fact| fact.list.as_slice()).unwrap_or_default();
        let misspellings = Misspellings::new(rows).unwrap_or_else(|wrong| {
            faults.extend(wrong);
            Misspellings::default()
        });
        let mut index =
            Self { terms: HashMap::default(), codes: FxHashMap::default(), orders: FxHashMap::default(), misspellings };
        for (reaction_at, reaction) in profile.reactions.iter().enumerate() {
            for (term_at, term) in reaction.terms.iter().enumerate() {
                let (Ok(reaction_no), Ok(term_no)) = (u8::try_from(reaction_at), u16::try_from(term_at)) else {
                    faults.push(format!("reaction {}: too many reactions or terms", reaction.id));
                    continue;
                };
                let by_words = TermRef {
                    reaction: reaction_no,
                    term: term_no,
                    relation: term.relation,
                    verified: true,
                    dme: term.dme,
                    through: Through::Profile,
                };
                let clash = |first: TermRef| {
                    let first = profile.reactions.get(usize::from(first.reaction)).map_or("?", |r| r.id.as_str());
                    format!("\"{}\" means both {first} and {}", term.text, reaction.id)
                };
                match index.terms.entry(fold(&term.text)) {
                    Entry::Vacant(free) => {
                        free.insert(by_words);
                    }
                    Entry::Occupied(mut taken) => match merge(*taken.get(), by_words) {
                        Some(winner) => *taken.get_mut() = winner,
                        None => faults.push(clash(*taken.get())),
                    },
                }
                for key in index.misspellings.keys(&term.text) {
                    let meaning = index.orders.entry(key).or_insert(Some(by_words));
                    *meaning = meaning.and_then(|first| merge(first, by_words));
                }
                if let Some(code) = term.code {
                    let by_code = TermRef { verified: term.code_verified, ..by_words };
                    match index.codes.entry(code) {
                        Entry::Vacant(free) => {
                            free.insert(by_code);
                        }
                        Entry::Occupied(mut taken) => match merge(*taken.get(), by_code) {
                            Some(winner) => *taken.get_mut() = winner,
                            None => faults.push(clash(*taken.get())),
                        },
                    }
                }
            }
        }
        if faults.is_empty() { Ok(index) } else { Err(faults) }
    }

    /// The term of this MedDRA code (LLT or PT).
    #[must_use]
    pub fn by_code(&self, code: i32) -> Option<TermRef> {
        self.codes.get(&u32::try_from(code).ok()?).copied()
    }

    /// The term of these words, whatever their spelling, case, punctuation and order.
    #[must_use]
    pub fn by_words(&self, words: &str) -> Option<TermRef> {
        self.terms.get(&fold(words)).copied().or_else(|| self.by_reordered_words(words))
    }

    fn by_reordered_words(&self, words: &str) -> Option<TermRef> {
        let found = |hyphen_ends_word| self.orders.get(&self.misspellings.key(words, hyphen_ends_word)?).copied()?;
        found(false).or_else(|| if words.contains('-') { found(true) } else { None })
    }
}

/// Which of two meanings of one term holds: that of the concept itself over that of a sign, a risk or a look-alike
/// ("Platelet count decreased" is thrombocytopenia, and only a risk of haemorrhage). `None` where both are concepts.
fn merge(first: TermRef, second: TermRef) -> Option<TermRef> {
    let concept = |term: TermRef| matches!(term.relation, Relation::Same | Relation::Within);
    match (concept(first), concept(second)) {
        (true, true) if first.reaction != second.reaction => None,
        (_, false) => Some(TermRef { dme: first.dme || second.dme, ..first }),
        (false, true) => Some(TermRef { dme: first.dme || second.dme, ..second }),
        (true, true) => Some(if second.relation < first.relation { second } else { first }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn concept(words: &str) -> Option<&'static str> {
        let profile = Profile::builtin();
        let found = TermIndex::new(profile).unwrap().by_words(words)?;
        (found.concept_bit() != 0).then(|| profile.reactions[usize::from(found.reaction)].id.as_str())
    }

    #[rstest]
    #[case("Venoocclusive liver disease", Some("vod_sos"))]
    #[case("VENO-OCCLUSIVE LIVER DISEASE", Some("vod_sos"))]
    #[case("Sinusoidal obstruction syndrome", Some("vod_sos"))]
    #[case("Febrile neutropenia", Some("febrile_neutropenia"))]
    #[case("Hemorrhage intracranial", Some("haemorrhage"))]
    #[case("Epistaxis", Some("haemorrhage"))]
    #[case("Platelet count decreased", Some("thrombocytopenia"))]
    #[case("Acute febrile neutrophilic dermatosis", None)]
    #[case("Haemorrhoids", None)]
    #[case("Arterial occlusive disease", None)]
    #[case("Pulmonary veno-occlusive disease", None)]
    #[case("Disseminated intravascular coagulation", None)]
    #[case("Hepatic failure", None)]
    #[case("", None)]
    #[case("Haemorrhage cerebral", Some("haemorrhage"))]
    #[case("Cerebral haemorrhage", Some("haemorrhage"))]
    #[case("HEMORRHAGE, SUBARACHNOID", Some("haemorrhage"))]
    #[case("Neutropenia febrile", Some("febrile_neutropenia"))]
    #[case("Disease, veno-occlusive, hepatic", Some("vod_sos"))]
    #[case("Syndrome, sinusoidal obstruction", Some("vod_sos"))]
    #[case("Hepatic venooclusive disease", Some("vod_sos"))]
    #[case("Hepatic veno-occulsive disease", Some("vod_sos"))]
    #[case("Sinusoid obstruction syndrome", Some("vod_sos"))]
    #[case("Cerebral hemorrage", Some("haemorrhage"))]
    #[case("Haemmorhage", Some("haemorrhage"))]
    #[case("Epitaxis", Some("haemorrhage"))]
    #[case("Febrile neutropaenia", Some("febrile_neutropenia"))]
    #[case("Disease, veno-occlusive, pulmonary", None)]
    #[case("Dermatosis, acute febrile neutrophilic", None)]
    #[case("Disease arterial occlusive", None)]
    #[case("Hepatic disease", None)]
    fn terms_mean_what_the_profile_says(#[case] words: &str, #[case] reaction: Option<&str>) {
        assert_eq!(concept(words), reaction);
    }

    #[test]
    fn codes_are_found_and_carry_their_verified_mark() {
        let profile = Profile::builtin();
        let index = TermIndex::new(profile).unwrap();
        let id =
            |code| index.by_code(code).map(|t| (profile.reactions[usize::from(t.reaction)].id.as_str(), t.verified));
        assert_eq!(id(10_016_288), Some(("febrile_neutropenia", true)));
        assert_eq!(id(10_063_675), Some(("vod_sos", true)));
        assert_eq!(id(10_047_216), Some(("vod_sos", false)));
        assert_eq!(id(10_015_090), Some(("haemorrhage", true)));
        assert_eq!(id(-1), None);
        assert_eq!(id(12_345_678), None);
    }
}

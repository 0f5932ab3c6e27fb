//! A profile's lexicon compiled: one automaton for every phrase, trigger, heading and mark, and the role of each.

use super::pattern::expand;
use super::plain::{LINE, PARAGRAPH, Plain, SENTENCE, SmallWords};
use crate::normalise::{TermIndex, TermRef};
use crate::profile::{Assertion, Profile, Relation};
use aho_corasick::AhoCorasick;
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder, MatchKind};
use rustc_hash::FxHashMap;
use std::fmt;

/// Most patterns of one automaton: bounds its memory.
const PATTERNS_MAX: usize = 200_000;

/// A set of assertions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AssertionSet(u8);

impl AssertionSet {
    pub const fn of(assertion: Assertion) -> Self {
        Self(1 << assertion as u8)
    }
    pub const fn has(self, assertion: Assertion) -> bool {
        self.0 & Self::of(assertion).0 != 0
    }
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    pub const fn without(self, assertion: Assertion) -> Self {
        Self(self.0 & !Self::of(assertion).0)
    }
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What a trigger does on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub assertion: Assertion,
    pub reach: u8,
    pub list: bool,
}

/// Punctuation and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    #[default]
    None,
    Sentence,
    Line,
    Paragraph,
    Comma,
    Open,
    Close,
    Colon,
    Or,
}

/// What a pattern means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    #[default]
    Nothing,
    Term(TermRef),
    /// Index into [`Compiled::abbreviations`].
    Abbreviation(u8),
}

/// All that one pattern does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Role {
    pub meaning: Meaning,
    pub before: Option<Trigger>,
    pub after: Option<Trigger>,
    pub ends: AssertionSet,
    pub ends_section: bool,
    pub section: Option<Assertion>,
    pub mark: Mark,
    /// Context words in it; see [`Abbreviated`].
    pub contexts: u64,
}

/// An abbreviation; `None` is the product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abbreviated {
    pub term: Option<TermRef>,
    pub capitals_suffice: bool,
    pub needs: u64,
    pub excludes: u64,
}

/// The lexicon, ready to read with.
pub(super) struct Compiled {
    pub automaton: DoubleArrayAhoCorasick<u32>,
    pub roles: Vec<Role>,
    pub abbreviations: Vec<Abbreviated>,
    pub small: SmallWords,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compiled({} patterns)", self.roles.len())
    }
}

/// Patterns by their plain text.
#[derive(Default)]
struct Builder {
    roles: FxHashMap<Vec<u8>, Role>,
    small: SmallWords,
    plain: Plain,
    faults: Vec<String>,
}

impl Compiled {
    /// Compiles the lexicon of a profile.
    ///
    /// # Errors
    /// One sentence per entry that cannot be read or contradicts another.
    pub fn new(profile: &Profile, terms: &TermIndex) -> Result<Self, Vec<String>> {
        let mut builder = Builder { small: SmallWords::new(&profile.narrative), ..Builder::default() };
        builder.terms(profile, terms);
        builder.phrases(profile, terms);
        builder.triggers(profile);
        let abbreviations = builder.abbreviations(profile, terms);
        builder.marks();
        builder.finish(abbreviations)
    }
}

/// Triggers and terminators in which a phrase stands: they would hide it.
#[cfg(test)]
pub(super) fn hidden_phrases(profile: &Profile) -> Vec<String> {
    let terms = TermIndex::new(profile).unwrap();
    let mut builder = Builder { small: SmallWords::new(&profile.narrative), ..Builder::default() };
    builder.terms(profile, &terms);
    builder.phrases(profile, &terms);
    let phrases: Vec<Vec<u8>> = builder
        .roles
        .iter()
        .filter(|(_, role)| role.meaning != Meaning::Nothing)
        .map(|(pattern, _)| pattern.clone())
        .collect();
    let phrases = AhoCorasick::new(phrases).unwrap();
    let mut acting = Builder { small: SmallWords::new(&profile.narrative), ..Builder::default() };
    acting.triggers(profile);
    let mut hidden: Vec<String> = acting
        .roles
        .into_keys()
        .filter(|pattern| phrases.is_match(pattern))
        .map(|pattern| String::from_utf8_lossy(&pattern).into_owned())
        .collect();
    hidden.sort();
    hidden
}

impl Builder {
    /// The role of each phrase that an entry stands for, to be set.
    fn each(&mut self, entry: &str, mut set: impl FnMut(&mut Role) -> Result<(), String>) {
        let phrases = match expand(entry) {
            Ok(phrases) => phrases,
            Err(fault) => return self.faults.push(fault),
        };
        for phrase in phrases {
            self.plain.write(&phrase, &self.small);
            if !self.plain.bytes.iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii() || *byte == b'?') {
                self.faults.push(format!("\"{entry}\" stands for an empty phrase"));
                continue;
            }
            let role = self.roles.entry(self.plain.bytes.clone()).or_default();
            if let Err(fault) = set(role) {
                self.faults.push(format!("\"{phrase}\": {fault}"));
            }
        }
    }

    fn meaning(&mut self, entry: &str, term: TermRef) {
        self.each(entry, |role| {
            match &mut role.meaning {
                Meaning::Nothing => role.meaning = Meaning::Term(term),
                Meaning::Term(known) if known.reaction != term.reaction => return Err("means two reactions".to_owned()),
                // The plainer meaning stays: that of the label's own term.
                Meaning::Term(known) if term.relation < known.relation => *known = term,
                Meaning::Term(_) => {}
                Meaning::Abbreviation(_) => return Err("is an abbreviation too".to_owned()),
            }
            Ok(())
        });
    }

    /// The profile's own terms: concepts as themselves, all others as phrases that mean nothing.
    fn terms(&mut self, profile: &Profile, terms: &TermIndex) {
        let lexicon = &profile.narrative;
        for term in profile.reactions.iter().flat_map(|reaction| &reaction.terms) {
            let Some(known) = terms.by_words(&term.text) else { continue };
            // A term's own hyphens and brackets are letters of it, not the lexicon's signs.
            let own: String = term.text.chars().map(|c| if matches!(c, '(' | ')' | '|') { ' ' } else { c }).collect();
            if known.concept_bit() == 0 {
                self.each(&own, |_| Ok(()));
                continue;
            }
            if !matches!(term.relation, Relation::Same | Relation::Within) {
                continue;
            }
            self.meaning(&format!("{own}(s|)"), known);
            for variant in &lexicon.variants {
                let words: Vec<&str> = own.split(' ').collect();
                let is = |word: &str| word.eq_ignore_ascii_case(&variant.word);
                let Some(at) = words.iter().position(|word| is(word)) else { continue };
                let (head, tail) = (words.get(..at).unwrap_or_default(), words.get(at + 1..).unwrap_or_default());
                for instead in &variant.instead {
                    let entry = [head, &[instead.as_str()], tail].concat().join(" ");
                    self.meaning(&entry, known);
                }
                if tail.is_empty() && !head.is_empty() {
                    for first in &variant.in_front {
                        self.meaning(&format!("{first} {}", head.join(" ")), known);
                    }
                }
            }
        }
    }

    fn phrases(&mut self, profile: &Profile, terms: &TermIndex) {
        for group in &profile.narrative.phrases {
            // The profile's own check has found the term.
            let Some(term) = terms.by_words(&group.term) else { continue };
            group.words.iter().for_each(|entry| self.meaning(entry, term));
        }
        for entry in profile.narrative.not_meant.iter().flat_map(|group| &group.words) {
            self.each(entry, |role| {
                role.meaning = Meaning::Nothing;
                Ok(())
            });
        }
    }

    fn triggers(&mut self, profile: &Profile) {
        let lexicon = &profile.narrative;
        for group in &lexicon.triggers {
            let trigger = Trigger { assertion: group.assertion, reach: group.reach, list: group.list };
            let join = |side: &mut Option<Trigger>| match side {
                Some(known) if known.assertion != trigger.assertion => {
                    Err(format!("is both {} and {}", known.assertion, trigger.assertion))
                }
                Some(known) => {
                    known.reach = known.reach.max(trigger.reach);
                    known.list |= trigger.list;
                    Ok(())
                }
                None => {
                    *side = Some(trigger);
                    Ok(())
                }
            };
            for entry in &group.words {
                self.each(entry, |role| {
                    if group.before {
                        join(&mut role.before)?;
                    }
                    if group.after {
                        join(&mut role.after)?;
                    }
                    Ok(())
                });
            }
        }
        for group in &lexicon.terminators {
            let ends = group.ends.iter().fold(AssertionSet::default(), |set, one| set.with(AssertionSet::of(*one)));
            for entry in &group.words {
                self.each(entry, |role| {
                    role.ends = role.ends.with(ends);
                    role.ends_section |= group.section;
                    Ok(())
                });
            }
        }
        for group in &lexicon.sections {
            for entry in &group.words {
                self.each(&format!("{entry}:"), |role| {
                    role.section = Some(group.assertion);
                    Ok(())
                });
            }
        }
    }

    /// Abbreviations and the words around them that decide; the context bits go to every pattern that holds the word.
    fn abbreviations(&mut self, profile: &Profile, terms: &TermIndex) -> Vec<Abbreviated> {
        let mut bits: Vec<(Vec<u8>, u64)> = Vec::new();
        let mut found = Vec::new();
        let mut next = 0u32;
        for abbreviation in &profile.narrative.abbreviations {
            let mut bit_of = |words: &[String], builder: &mut Self| {
                if words.is_empty() {
                    return 0;
                }
                let bit = 1u64.checked_shl(next).unwrap_or_default();
                next += 1;
                if bit == 0 {
                    builder.faults.push("too many abbreviations".to_owned());
                }
                for entry in words {
                    builder.each(entry, |_| Ok(()));
                    for phrase in expand(entry).unwrap_or_default() {
                        builder.plain.write(&phrase, &builder.small);
                        bits.push((builder.plain.bytes.clone(), bit));
                    }
                }
                bit
            };
            let needs = bit_of(&abbreviation.needs, self);
            let excludes = bit_of(&abbreviation.excludes, self);
            let term = abbreviation.term.as_ref().and_then(|term| terms.by_words(term));
            let index = u8::try_from(found.len()).unwrap_or(u8::MAX);
            found.push(Abbreviated { term, capitals_suffice: abbreviation.capitals_suffice, needs, excludes });
            self.each(&abbreviation.text, |role| {
                role.meaning = Meaning::Abbreviation(index);
                Ok(())
            });
        }
        match AhoCorasick::new(bits.iter().map(|(word, _)| word)) {
            Ok(words) => {
                for (pattern, role) in &mut self.roles {
                    let within =
                        words.find_overlapping_iter(pattern).filter_map(|word| bits.get(word.pattern().as_usize()));
                    role.contexts = within.fold(0, |contexts, (_, bit)| contexts | bit);
                }
            }
            Err(_) => self.faults.push("the words around abbreviations cannot be compiled".to_owned()),
        }
        found
    }

    fn marks(&mut self) {
        let marks: [(&[u8], Mark); 10] = [
            (&[b' ', SENTENCE, b' '], Mark::Sentence),
            (&[b' ', LINE, b' '], Mark::Line),
            (&[b' ', PARAGRAPH, b' '], Mark::Paragraph),
            (b" , ", Mark::Comma),
            (b" ( ", Mark::Open),
            (b" ) ", Mark::Close),
            (b" : ", Mark::Colon),
            (b" or ", Mark::Or),
            (b" nor ", Mark::Or),
            (b" and / or ", Mark::Or),
        ];
        for (pattern, mark) in marks {
            self.roles.entry(pattern.to_vec()).or_default().mark = mark;
        }
        // A question with its answer, which the end of the question would otherwise part.
        for answer in ["no", "none", "not", "negative", "unlikely", "denied", "denies"] {
            let role = self.roles.entry(format!(" ? . {answer} ").into_bytes()).or_default();
            role.after = Some(Trigger { assertion: Assertion::Negated, reach: 6, list: true });
            role.before = Some(Trigger { assertion: Assertion::Negated, reach: 6, list: true });
        }
    }

    fn finish(mut self, abbreviations: Vec<Abbreviated>) -> Result<Compiled, Vec<String>> {
        if self.roles.len() > PATTERNS_MAX {
            self.faults.push(format!("more than {PATTERNS_MAX} phrases"));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        for (pattern, role) in &mut self.roles {
            if pattern.starts_with(b" : ") {
                role.mark = Mark::Colon;
            }
        }
        // Sorted, so that a pattern's number does not depend on a hash.
        let mut patterns: Vec<(Vec<u8>, Role)> = self.roles.into_iter().collect();
        patterns.sort_by(|a, b| a.0.cmp(&b.0));
        let automaton = DoubleArrayAhoCorasickBuilder::new()
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns.iter().map(|(pattern, _)| pattern))
            .map_err(|_| vec!["the phrases cannot be compiled".to_owned()])?;
        let roles = patterns.into_iter().map(|(_, role)| role).collect();
        Ok(Compiled { automaton, roles, abbreviations, small: self.small })
    }
}

//! Free text read for the profile's reactions: which phrase, where, and how it is meant.
//!
//! ```text
//!  text ─► plain (one case, one spelling, places kept) ─► one automaton ─► events ─► assertion of each phrase
//! ```
//!
//! One pass over the text; no allocation beyond the buffers of [`Reading`], which are kept from text to text. Every word
//! of it is data of the profile ([`crate::profile::Lexicon`]).

mod assertion;
mod lexicon;
mod pattern;
mod plain;
#[cfg(test)]
mod tests;

use super::{TermIndex, TermRef};
use crate::profile::{Assertion, Profile};
use assertion::{Event, section_after};
use lexicon::{Compiled, Mark, Meaning};
use plain::Plain;
use std::sync::{Arc, LazyLock};

/// A phrase of a text that means a reaction of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The term that it means; always one that means its reaction.
    pub term: TermRef,
    /// First byte of the phrase in the text.
    pub start: u32,
    /// Byte behind the phrase.
    pub end: u32,
    /// How it is meant.
    pub assertion: Assertion,
    /// Number of the phrase in the compiled lexicon: stable for one profile.
    pub phrase: u32,
}

impl Mention {
    /// The phrase itself: all of a narrative that may leave it.
    #[must_use]
    pub fn phrase_of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Buffers for reading, kept from text to text.
#[derive(Debug, Default)]
pub struct Reading {
    plain: Plain,
    events: Vec<Event>,
}

/// The phrases of a profile, ready to be found. Immutable, shared by all threads.
#[derive(Debug)]
pub struct Narratives {
    compiled: Compiled,
}

impl Narratives {
    /// Compiles the lexicon of a profile.
    ///
    /// # Errors
    /// One sentence per entry that cannot be read or contradicts another.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let terms = TermIndex::new(profile)?;
        Ok(Self { compiled: Compiled::new(profile, &terms)? })
    }

    /// As [`Narratives::new`]; the profile that is compiled in shares one lexicon among all who ask.
    ///
    /// # Errors
    /// As [`Narratives::new`].
    pub fn of(profile: &Profile) -> Result<Arc<Self>, Vec<String>> {
        static BUILTIN: LazyLock<Result<Arc<Narratives>, Vec<String>>> =
            LazyLock::new(|| Narratives::new(Profile::builtin()).map(Arc::new));
        if std::ptr::eq(profile, Profile::builtin()) { BUILTIN.clone() } else { Self::new(profile).map(Arc::new) }
    }

    /// Finds every phrase of `text` in its order, into `found` (which is cleared). True where the text names the product
    /// by an abbreviation in a fitting context.
    pub fn read(&self, text: &str, reading: &mut Reading, found: &mut Vec<Mention>) -> bool {
        self.read_in(text, false, reading, found)
    }

    /// As [`Narratives::read`], for the words of a reported reaction: that is a fitting context for any abbreviation.
    pub fn read_term(&self, words: &str, reading: &mut Reading, found: &mut Vec<Mention>) {
        self.read_in(words, true, reading, found);
    }

    fn read_in(&self, text: &str, fits: bool, reading: &mut Reading, found: &mut Vec<Mention>) -> bool {
        found.clear();
        let Reading { plain, events } = reading;
        plain.write(text, &self.compiled.small);
        let contexts = self.events(plain, events);
        let mut names_product = false;
        let mut section = None;
        let mut line_start = 0;
        for (at, event) in events.iter().enumerate() {
            section = section_after(section, event, line_start);
            if matches!(event.role.mark, Mark::Sentence | Mark::Line | Mark::Paragraph) {
                line_start = event.word_end;
            }
            let (start, end) = plain.span(event.word, event.word_end);
            let term = match event.role.meaning {
                Meaning::Nothing => continue,
                Meaning::Term(term) => term,
                Meaning::Abbreviation(index) => {
                    let written = text.get(start as usize..end as usize).unwrap_or_default();
                    match self.abbreviated(index, written, contexts, fits) {
                        None => continue,
                        Some(None) => {
                            names_product = true;
                            continue;
                        }
                        Some(Some(term)) => term,
                    }
                }
            };
            let assertion = assertion::assertion(events, at, section);
            found.push(Mention { term, start, end, assertion, phrase: event.pattern });
        }
        names_product
    }

    /// Making the text plain, alone, for measuring its share: bytes of plain text.
    #[must_use]
    pub fn plain(&self, text: &str, reading: &mut Reading) -> usize {
        reading.plain.write(text, &self.compiled.small);
        reading.plain.bytes.len()
    }

    /// Making plain and the automaton's pass, for measuring their share: number of patterns found.
    #[must_use]
    pub fn scan(&self, text: &str, reading: &mut Reading) -> usize {
        let Reading { plain, events } = reading;
        plain.write(text, &self.compiled.small);
        self.events(plain, events);
        events.len()
    }

    /// Number of patterns: phrases, triggers, headings and marks.
    #[must_use]
    pub fn patterns(&self) -> usize {
        self.compiled.roles.len()
    }

    /// Finds every pattern; returns the context words seen.
    fn events(&self, plain: &Plain, events: &mut Vec<Event>) -> u64 {
        events.clear();
        let (mut at, mut word, mut counted, mut contexts) = (0, 0u32, 0, 0);
        let spaces = |from: usize, to: usize| {
            let between = plain.bytes.get(from..to).unwrap_or_default();
            u32::try_from(between.iter().filter(|byte| **byte == b' ').count()).unwrap_or(u32::MAX)
        };
        // A pattern ends with a space, with which the next may begin: each search starts there anew.
        while let Some(found) =
            self.compiled.automaton.leftmost_find_iter(plain.bytes.get(at..).unwrap_or_default()).next()
        {
            let start = at + found.start();
            at += found.end() - 1;
            let Some(role) = self.compiled.roles.get(found.value() as usize).copied() else { continue };
            word += spaces(counted, start);
            let words = spaces(start, at);
            events.push(Event { role, pattern: found.value(), word, word_end: word + words });
            word += words;
            counted = at;
            contexts |= role.contexts;
        }
        contexts
    }

    /// What an abbreviation means here: nothing, the product, or a term.
    fn abbreviated(&self, index: u8, written: &str, contexts: u64, fits: bool) -> Option<Option<TermRef>> {
        let abbreviation = self.compiled.abbreviations.get(usize::from(index))?;
        let capitals = !written.bytes().any(|byte| byte.is_ascii_lowercase());
        let fits = fits || contexts & abbreviation.needs != 0 || abbreviation.capitals_suffice && capitals;
        (fits && contexts & abbreviation.excludes == 0).then_some(abbreviation.term)
    }
}

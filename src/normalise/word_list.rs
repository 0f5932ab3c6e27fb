//! Lists of words of the profile, looked for in reported text at the beginnings of words.

use super::fold::fold;
use crate::profile::Profile;
use smallvec::SmallVec;

/// Reported text as words: each folded, a space before each.
pub type Words = SmallVec<[u8; 128]>;

/// The words of a text, each folded and with a space before it.
#[must_use]
pub fn words_of(text: &str) -> Words {
    let mut words = Words::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let folded = fold(word);
        if !folded.is_empty() {
            words.push(b' ');
            words.extend_from_slice(&folded);
        }
    }
    words
}

/// A list of words of the profile. An entry with `=` before it stands for the whole text, any other for words that
/// occur in it; the last word of an entry may go on ("relaps" finds "relapsed").
#[derive(Debug, Default)]
pub struct WordList {
    whole: Vec<Words>,
    within: Vec<Words>,
}

impl WordList {
    /// The list of a fact of the profile.
    ///
    /// # Errors
    /// A sentence where the profile has no such fact, or it has no list: an empty list is never "no match".
    pub fn of_fact(profile: &Profile, id: &str) -> Result<Self, String> {
        let list = profile.fact(id).map(|fact| fact.list.as_slice()).unwrap_or_default();
        if list.is_empty() {
            return Err(format!("facts: {id} is missing or has no list"));
        }
        let mut words = Self::default();
        for entry in list {
            match entry.strip_prefix('=') {
                Some(whole) => words.whole.push(words_of(whole)),
                None => words.within.push(words_of(entry)),
            }
        }
        Ok(words)
    }

    /// Does the text hold an entry?
    #[must_use]
    pub fn found_in(&self, text: &str) -> bool {
        self.found_in_words(&words_of(text))
    }

    /// Do these words hold an entry?
    #[must_use]
    pub fn found_in_words(&self, words: &[u8]) -> bool {
        self.whole.iter().any(|entry| entry.as_slice() == words) || self.within.iter().any(|entry| holds(words, entry))
    }

    /// Is the text one of the entries, whole?
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let words = words_of(text);
        self.whole.contains(&words) || self.within.contains(&words)
    }

    /// The words of the text that are not entries of the list.
    #[must_use]
    pub fn without(&self, text: &str) -> String {
        let mut rest = words_of(text);
        // Longest first, so that "very severe" goes before "severe".
        let mut entries: Vec<&Words> = self.within.iter().chain(&self.whole).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.len()));
        for entry in entries {
            while let Some(at) = position(&rest, entry).filter(|at| ends_word(&rest, at + entry.len())) {
                let end = at + entry.len();
                rest = rest.iter().take(at).chain(rest.iter().skip(end)).copied().collect();
            }
        }
        String::from_utf8_lossy(&rest).trim().to_owned()
    }
}

fn holds(words: &[u8], entry: &[u8]) -> bool {
    position(words, entry).is_some()
}

fn position(words: &[u8], entry: &[u8]) -> Option<usize> {
    if entry.is_empty() { None } else { words.windows(entry.len()).position(|window| window == entry) }
}

fn ends_word(words: &[u8], at: usize) -> bool {
    words.get(at).is_none_or(|byte| *byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> WordList {
        let mut list = WordList::default();
        for entry in entries {
            match entry.strip_prefix('=') {
                Some(whole) => list.whole.push(words_of(whole)),
                None => list.within.push(words_of(entry)),
            }
        }
        list
    }

    #[test]
    fn entries_begin_at_a_word_and_may_go_on() {
        let words = list(&["T-cell", "relaps", "=ALL"]);
        for text in ["T cell lymphoma", "t-cell type acute leukaemia", "ALL", "all", "B-ALL, relapsed"] {
            assert!(words.found_in(text), "{text}");
        }
        for text in ["mast cell disease", "prerelapse", "B-ALL", "overall", ""] {
            assert!(!words.found_in(text), "{text}");
        }
    }

    #[test]
    fn entries_can_be_taken_out_of_a_text() {
        let words = list(&["severe", "very severe", "history", "of"]);
        assert_eq!(words.without("History of very severe veno-occlusive disease"), "veno occlusive disease");
        assert_eq!(words.without("offer"), "offer", "only whole words go");
        assert!(words.is("Severe") && !words.is("severe pain"));
    }

    #[test]
    fn a_fact_without_a_list_is_a_fault() {
        let profile = Profile::builtin();
        assert!(WordList::of_fact(profile, "situation.tki.names").is_ok());
        assert!(WordList::of_fact(profile, "no.such.fact").unwrap_err().contains("no.such.fact"));
        assert!(WordList::of_fact(profile, "epar.infusion_minutes_min").is_err());
    }
}

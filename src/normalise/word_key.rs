//! Terms whatever the order of their words, and with their words' known misspellings put right.

use super::fold::fold;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Words of a term that carry no meaning of their own in a dictionary.
const EMPTY_WORDS: [&str; 5] = ["of", "the", "in", "nos", "and"];

/// Misspelt words and what they mean, as hashes of the folded words. Built from the profile.
#[derive(Debug, Default)]
pub struct Misspellings(FxHashMap<u64, u64>);

impl Misspellings {
    /// Reads rows of the form `as seen=as meant`.
    ///
    /// # Errors
    /// One sentence per row of another form.
    pub fn new(rows: &[String]) -> Result<Self, Vec<String>> {
        let mut known = FxHashMap::default();
        let mut faults = Vec::new();
        for row in rows {
            match row.split_once('=').map(|(seen, meant)| (fold(seen), fold(meant))) {
                Some((seen, meant)) if !seen.is_empty() && !meant.is_empty() => {
                    known.insert(xxh3_64(&seen), xxh3_64(&meant));
                }
                _ => faults.push(format!("spelling.misspellings: \"{row}\" is not of the form seen=meant")),
            }
        }
        if faults.is_empty() { Ok(Self(known)) } else { Err(faults) }
    }

    /// Key of a term: the same for every order of its words, and for their known misspellings. `None` without words.
    ///
    /// A key is a sum of 64-bit hashes. Two different sets of words share one by chance alone, about once in 10^16 for a
    /// table of two thousand terms.
    #[must_use]
    pub fn key(&self, words: &str, hyphen_ends_word: bool) -> Option<u64> {
        let mut key: Option<u64> = None;
        let ends_word = |c: char| !c.is_alphanumeric() && c != '\'' && (hyphen_ends_word || c != '-');
        for word in words.split(ends_word) {
            if EMPTY_WORDS.iter().any(|empty| word.eq_ignore_ascii_case(empty)) {
                continue;
            }
            let folded = fold(word);
            if folded.is_empty() {
                continue;
            }
            let hash = xxh3_64(&folded);
            let hash = self.0.get(&hash).copied().unwrap_or(hash);
            key = Some(key.unwrap_or(0).wrapping_add(hash));
        }
        key
    }

    /// Keys under which a term is filed: with a hyphen as part of its word, and as an end of it.
    pub(super) fn keys(&self, words: &str) -> impl Iterator<Item = u64> {
        let glued = self.key(words, false);
        let split = if words.contains('-') { self.key(words, true) } else { None };
        glued.into_iter().chain(split)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn key(words: &str) -> Option<u64> {
        Misspellings::new(&["hemorrage=haemorrhage".to_owned()]).unwrap().key(words, false)
    }

    #[rstest]
    #[case("Haemorrhage cerebral", "Cerebral hemorrhage")]
    #[case("Disease, veno-occlusive, hepatic", "Hepatic veno-occlusive disease")]
    #[case("CEREBRAL HEMORRAGE", "haemorrhage, cerebral")]
    #[case("Veno-occlusive disease of the liver", "liver veno-occlusive disease")]
    fn order_case_and_known_misspellings_do_not_matter(#[case] one: &str, #[case] other: &str) {
        assert!(key(one).is_some());
        assert_eq!(key(one), key(other));
    }

    #[rstest]
    #[case("Cerebral haemorrhage", "Cerebellar haemorrhage")]
    #[case("Hepatic veno-occlusive disease", "Pulmonary veno-occlusive disease")]
    #[case("Pain", "Pain pain")]
    fn other_words_are_another_term(#[case] one: &str, #[case] other: &str) {
        assert_ne!(key(one), key(other));
    }

    #[test]
    fn a_row_without_both_halves_is_a_fault() {
        assert!(Misspellings::new(&["hemorrage".to_owned(), "=x".to_owned()]).is_err_and(|faults| faults.len() == 2));
        assert_eq!(key(" - , "), None);
    }
}

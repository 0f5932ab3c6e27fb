//! What counts as right: `gold.toml`, which the profile does not know.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    concepts: Vec<Concept>,
}

/// One concept's gold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    pub id: String,
    holds: Vec<String>,
    is: Vec<String>,
    unless: Vec<String>,
    is_not: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

pub fn gold() -> Vec<Concept> {
    toml::from_str::<File>(include_str!("gold.toml")).expect("gold.toml is sound").concepts
}

impl Concept {
    /// Does a term or an annotated phrase mean the concept?
    pub fn means(&self, words: &str) -> bool {
        let words = plain(words);
        let holds = |list: &[String]| list.iter().any(|one| begins_a_word(&words, &plain(one)));
        let is = |list: &[String]| list.iter().any(|one| words == plain(one));
        (holds(&self.holds) || is(&self.is)) && !holds(&self.unless) && !is(&self.is_not)
    }
}

/// Does `part` stand in `words`, from the beginning of a word?
fn begins_a_word(words: &str, part: &str) -> bool {
    words.match_indices(part).any(|(at, _)| !words[..at].ends_with(char::is_alphanumeric))
}

fn plain(words: &str) -> String {
    let words = words.to_lowercase().replace("ae", "e").replace("oe", "e").replace('-', "");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

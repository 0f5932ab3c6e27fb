//! Identities of rules as words.

use crate::profile::Analyte;

/// An identity as words: blanks for underscores, the first letter large.
#[must_use]
pub fn capital(id: &str) -> String {
    let words = id.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An analyte's name for people.
#[must_use]
pub fn analyte_words(analyte: Analyte) -> String {
    let short = match analyte.name() {
        "bilirubin" => "Total bilirubin",
        "anc" => "Neutrophils",
        "wbc" => "White cells",
        "alt" => "ALT",
        "ast" => "AST",
        "alp" => "ALP",
        "ggt" => "GGT",
        "inr" => "INR",
        other => return capital(other),
    };
    short.to_owned()
}

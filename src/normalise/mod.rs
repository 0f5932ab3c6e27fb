//! Reported words to the profile's words: identities to pseudonyms, terms, codes and narratives to label reactions, drug
//! names to the product, measured values to the analyte's own unit.

mod dictionary;
mod fold;
mod identity;
mod narrative;
mod product;
mod quantity;
#[cfg(test)]
mod quantity_tests;
mod terms;
mod word_key;
mod word_list;

pub use fold::{Folded, fold};
pub use identity::{Completion, Pseudonymiser, WeakKey, complete};
pub use narrative::{Mention, Narratives, Reading};
pub use product::{ProductIndex, ProductMatch};
pub use quantity::{Measure, Measures, NoMeasure, Reported, Suspect, read_text, suspect_beside};
pub use terms::{NO_TERM, TermIndex, TermRef, Through};
pub use word_key::Misspellings;
pub use word_list::{WordList, Words, words_of};

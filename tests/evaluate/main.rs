//! `make evaluate`: how well terms and narratives are recognised, over the public corpora of the sample data. No part of
//! the binary. Prints n, confusion, sensitivity and PPV with Wilson's 95 % intervals, and every miss.
//!
//! The corpora are found by `VIGIL_TEST_DATA`, else beside the repository. Exits 1 if a target is not reached, 0 else; a
//! corpus that is not there is said and skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::disallowed_methods)]

mod corpora;
mod gold;
mod score;

use besponsa_vigil::normalise::{Mention, Narratives, Reading, TermIndex};
use besponsa_vigil::profile::{Assertion, Profile};
use gold::Concept;
use score::Score;
use std::collections::BTreeMap;

/// The recogniser under test: the same parts that judge reports.
pub struct Reader {
    terms: TermIndex,
    narratives: Narratives,
    reading: Reading,
    mentions: Vec<Mention>,
}

impl Reader {
    fn new() -> Self {
        let profile = Profile::builtin();
        Self {
            terms: TermIndex::new(profile).expect("the built-in profile has no contradictions"),
            narratives: Narratives::new(profile).expect("the built-in lexicon compiles"),
            reading: Reading::default(),
            mentions: Vec::new(),
        }
    }

    /// How often each assertion is made of the concept in a text.
    pub fn text(&mut self, id: &str, text: &str) -> BTreeMap<Assertion, usize> {
        self.narratives.read(text, &mut self.reading, &mut self.mentions);
        let reaction = Profile::builtin().reaction(id);
        let mut found = BTreeMap::new();
        for mention in self.mentions.iter().filter(|m| Some(usize::from(m.term.reaction)) == reaction) {
            *found.entry(mention.assertion).or_default() += 1;
        }
        found
    }

    /// Is a term the concept: by its words, and where the profile has none such as a text?
    pub fn term(&mut self, id: &str, words: &str) -> bool {
        match self.terms.by_words(words) {
            Some(term) => {
                term.concept_bit() != 0 && Some(usize::from(term.reaction)) == Profile::builtin().reaction(id)
            }
            None => {
                self.narratives.read_term(words, &mut self.reading, &mut self.mentions);
                let reaction = Profile::builtin().reaction(id);
                self.mentions.iter().any(|mention| {
                    Some(usize::from(mention.term.reaction)) == reaction
                        && matches!(mention.assertion, Assertion::Affirmed | Assertion::Uncertain)
                })
            }
        }
    }
}

/// Said of the patient and of now, for certain or perhaps.
pub fn affirmed(found: &BTreeMap<Assertion, usize>) -> bool {
    found.contains_key(&Assertion::Affirmed) || found.contains_key(&Assertion::Uncertain)
}

fn main() {
    let (mut reader, gold) = (Reader::new(), gold::gold());
    let concept = |id: &str| gold.iter().find(|concept| concept.id == id).expect("gold.toml has it");
    let mut unreached = Vec::new();
    let mut target = |what: &str, reached: f64, least: f64| {
        let verdict = if reached >= least { "reached" } else { "NOT reached" };
        println!("target: {what} at least {least}: {reached:.4}, {verdict}");
        if reached < least {
            unreached.push(what.to_owned());
        }
    };
    if let Some(labels) = corpora::tac_labels() {
        for id in ["haemorrhage", "febrile_neutropenia", "vod_sos"] {
            let score = tac(&mut reader, concept(id), &labels);
            score.print();
            if id == "haemorrhage" {
                target("TAC haemorrhage, sensitivity", score.sensitivity(), 0.97);
                target("TAC haemorrhage, PPV", score.ppv(), 0.98);
            }
        }
    }
    if let Some(terms) = corpora::faers_terms() {
        for id in ["vod_sos", "febrile_neutropenia", "haemorrhage"] {
            let mut score = Score::new(format!("FAERS, openFDA: reaction terms as coded, {id}, one a row"));
            for (term, rows) in &terms {
                for _ in 0..*rows {
                    score.add(concept(id).means(term), reader.term(id, term), || term.clone());
                }
            }
            score.print();
        }
    }
    if let Some(sentences) = corpora::phee() {
        phee_effects(&mut reader, concept("haemorrhage"), &sentences).print();
        println!(
            "Coarse gold: a haemorrhage that was treated is \"wrong\" here, one that the drug may cause is \"missed\"."
        );
        let score = phee_affirmed(&mut reader, concept("haemorrhage"), &sentences);
        score.print();
        let f1 = 2.0 * score.both as f64 / (2.0 * score.both as f64 + (score.missed.len() + score.extra.len()) as f64);
        target("PHEE, affirmed haemorrhage, F1", f1, 0.90);
    }
    if let Some((relations, without)) = corpora::ade() {
        ade(&mut reader, concept("haemorrhage"), &relations, &without);
    }
    if let Some(reports) = corpora::vaers() {
        let mut score = Score::new("VAERS 2020-21 sample, haemorrhage, a report");
        for (text, term) in &reports {
            let found = affirmed(&reader.text("haemorrhage", text));
            score.add(concept("haemorrhage").means(term), found, || format!("[{term}] {}", cut(text)));
        }
        score.print();
        println!("Coarse gold: one term a report, whatever else its text tells; what is \"wrong\" here may be right.");
    }
    match corpora::negex() {
        Some(sentences) => negex(&mut reader, concept("haemorrhage"), &sentences),
        None => println!(
            "\nskipped: NegEx's annotated sentences are not among the sample data (its triggers are, and a unit test covers them)"
        ),
    }
    if !unreached.is_empty() {
        println!("\nnot reached: {}", unreached.join("; "));
        std::process::exit(1);
    }
}

/// Each distinct pair of words in a label and the preferred term that annotators gave them.
fn tac(reader: &mut Reader, concept: &Concept, labels: &[(String, String)]) -> Score {
    let mut score = Score::new(format!("TAC 2017 training labels, {}, a distinct annotated phrase", concept.id));
    for (words, term) in labels {
        let found = reader.term(&concept.id, words);
        score.add(concept.means(term), found, || format!("\"{words}\" annotated {term}"));
    }
    score
}

/// Gold: a drug's effect, however the sentence means it.
fn phee_effects(reader: &mut Reader, concept: &Concept, sentences: &[corpora::Annotated]) -> Score {
    let mut score = Score::new("PHEE train, haemorrhage as effect of a drug, a sentence");
    for sentence in sentences {
        let gold = sentence.effects.iter().chain(&sentence.doubtful).any(|effect| concept.means(effect));
        let found = affirmed(&reader.text(&concept.id, &sentence.text));
        score.add(gold, found, || sentence.text.clone());
    }
    score
}

/// Gold: a haemorrhage that the sentence gives to a patient, as effect or as disorder. Sentences in which it is only
/// marked as denied or speculated are left out, since the mark does not say what is in doubt.
fn phee_affirmed(reader: &mut Reader, concept: &Concept, sentences: &[corpora::Annotated]) -> Score {
    let mut score = Score::new("PHEE train, haemorrhage affirmed of a patient, as effect or disorder, a sentence");
    let mut left_out = 0;
    for sentence in sentences {
        let gold = sentence.effects.iter().chain(&sentence.disorders).any(|words| concept.means(words));
        if !gold && sentence.doubtful.iter().any(|effect| concept.means(effect)) {
            left_out += 1;
            continue;
        }
        let found = affirmed(&reader.text(&concept.id, &sentence.text));
        score.add(gold, found, || sentence.text.clone());
    }
    score.name.push_str(&format!(" ({left_out} left out as speculated or denied)"));
    score
}

fn ade(reader: &mut Reader, concept: &Concept, relations: &[corpora::Annotated], without: &[String]) {
    let mut score = Score::new("ADE corpus, sentences with a drug's effect, affirmed haemorrhage, a sentence");
    for sentence in relations {
        let gold = sentence.effects.iter().any(|effect| concept.means(effect));
        let found = affirmed(&reader.text(&concept.id, &sentence.text));
        score.add(gold, found, || sentence.text.clone());
    }
    score.print();
    println!("Only a drug's effect is annotated: a haemorrhage of another cause is \"wrong\" here and may be right.");
    println!(
        "\n== ADE corpus, sentences without a drug's effect: no gold for how it is meant; those not affirmed, to be read:"
    );
    let mut counts: BTreeMap<Assertion, usize> = BTreeMap::new();
    let mut sentences = 0;
    for text in without {
        let found = reader.text(&concept.id, text);
        sentences += usize::from(!found.is_empty());
        if found.keys().any(|assertion| *assertion != Assertion::Affirmed) {
            println!("  {:?}: {text}", found.keys().collect::<Vec<_>>());
        }
        found.into_iter().for_each(|(assertion, n)| *counts.entry(assertion).or_default() += n);
    }
    println!("of {} sentences haemorrhage found in {sentences}; phrases by assertion: {counts:?}", without.len());
}

fn negex(reader: &mut Reader, concept: &Concept, sentences: &[(String, String, bool)]) {
    let mut score = Score::new("NegEx sentences, haemorrhage as the annotated phrase, affirmed");
    for (phrase, text, negated) in sentences.iter().filter(|(phrase, ..)| concept.means(phrase)) {
        let found = affirmed(&reader.text(&concept.id, text));
        score.add(!negated, found, || format!("[{phrase}] {text}"));
    }
    score.print();
}

fn cut(text: &str) -> String {
    text.chars().take(600).collect()
}

//! Sentences that a clinician can read, and what must be found in them.

use super::*;
use crate::profile::Concern;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static NARRATIVES: LazyLock<Narratives> = LazyLock::new(|| match Narratives::new(Profile::builtin()) {
    Ok(narratives) => narratives,
    Err(faults) => panic!("{}", faults.join("\n")),
});

fn read(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    NARRATIVES.read(text, &mut Reading::default(), &mut found);
    found
}

/// What is found of the three concerns, as the sentence files write it.
fn concerns(text: &str) -> BTreeSet<String> {
    read(text)
        .iter()
        .filter_map(|mention| {
            let name = match Profile::builtin().reactions[usize::from(mention.term.reaction)].concern? {
                Concern::VodSos => "vod",
                Concern::FebrileNeutropenia => "fn",
                Concern::Haemorrhage => "haem",
                _ => return None,
            };
            Some(format!("{name} {}", mention.assertion))
        })
        .collect()
}

/// Every sentence of a file that is not read as expected; the number of sentences.
fn misread(file: &str) -> (usize, Vec<String>) {
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let (mut sentences, mut wrong) = (0, Vec::new());
    for line in lines {
        let (expected, sentence) = line.split_once('|').unwrap_or_else(|| panic!("no | in {line}"));
        let sentence = sentence.trim().replace("\\n", "\n");
        let expected: BTreeSet<String> =
            expected.split(';').map(|one| one.trim().to_owned()).filter(|one| one != "none").collect();
        sentences += 1;
        let found = concerns(&sentence);
        if found != expected {
            wrong.push(format!("{sentence}\n    expected {expected:?}, found {found:?}"));
        }
    }
    (sentences, wrong)
}

#[test]
fn sentences_about_vod() {
    let (sentences, wrong) = misread(include_str!("../../../tests/suite/narratives/vod.txt"));
    println!("{sentences} sentences, {} patterns", NARRATIVES.patterns());
    assert!(wrong.is_empty(), "{} of {sentences} misread:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sentences >= 100, "{sentences}");
}

#[test]
fn sentences_of_every_kind() {
    let (sentences, wrong) = misread(include_str!("../../../tests/suite/narratives/assertion.txt"));
    println!("{sentences} sentences");
    assert!(wrong.is_empty(), "{} of {sentences} misread:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sentences >= 300, "{sentences}");
}

/// A trigger or terminator that holds a phrase would hide it.
#[test]
fn no_trigger_hides_a_phrase() {
    let hidden = lexicon::hidden_phrases(Profile::builtin());
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
}

/// What NegEx calls a negation must keep a phrase from being affirmed, what it calls a pseudo-negation must not deny
/// it, and what it calls a conjunction must end a denial.
#[test]
fn every_negex_trigger_is_covered() {
    /// A bleeding without a known cause is a bleeding.
    const EXCEPTIONS: [&str; 1] = ["no cause of"];
    let root = std::env::var_os("VIGIL_TEST_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        std::path::PathBuf::from,
    );
    let Ok(triggers) = std::fs::read_to_string(root.join("narratives/negex/negex_triggers.txt")) else {
        println!("skipped: no narratives/negex/negex_triggers.txt in the public sample data (set VIGIL_TEST_DATA)");
        return;
    };
    let means = |sentence: &str| concerns(sentence).into_iter().collect::<Vec<_>>().join(" ");
    let (mut count, mut wrong) = (0, Vec::new());
    for line in triggers.lines() {
        let Some((trigger, kind)) = line.split_once('\t') else { continue };
        let trigger = trigger.trim();
        if EXCEPTIONS.contains(&trigger) {
            continue;
        }
        count += 1;
        let (sentence, expected): (String, &[&str]) = match kind.trim() {
            "[PREN]" => (
                format!("Patient {trigger} bleeding."),
                &["haem negated", "haem hypothetical", "haem uncertain", "haem history"],
            ),
            "[PREP]" => (format!("Patient {trigger} bleeding."), &["haem hypothetical", "haem uncertain"]),
            "[POST]" => (format!("Bleeding {trigger}."), &["haem negated"]),
            "[POSP]" => (format!("Bleeding {trigger}."), &["haem hypothetical", "haem uncertain"]),
            "[PSEU]" => (format!("Patient {trigger} bleeding."), &["haem affirmed", "haem uncertain"]),
            "[CONJ]" => (format!("No fever {trigger} bleeding."), &["haem affirmed", "haem uncertain"]),
            other => panic!("{other}"),
        };
        let found = means(&sentence);
        if !expected.contains(&found.as_str()) {
            wrong.push(format!("{kind} {sentence} found {found}"));
        }
    }
    println!("{count} triggers");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

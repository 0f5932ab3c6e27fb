//! Narratives of 200 characters on one core: how many a second, where the time goes, and what a bare Aho-Corasick pass
//! over the same bytes costs in the same run. Allocations are counted. `--test` runs each part once over few texts.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a bench may stop where it stands")]

use aho_corasick::{AhoCorasick, MatchKind};
use besponsa_vigil::classify::{Classifier, SingleJudge};
use besponsa_vigil::normalise::{Narratives, Reading};
use besponsa_vigil::profile::Profile;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Texts in a pass.
const TEXTS: usize = 50_000;

/// Length of a text, characters: the budget's.
const TEXT_CHARS: usize = 200;

/// Passes; the first warms caches and is not counted.
const PASSES: usize = 6;

/// Narratives a second on one core that the budget asks for.
const BUDGET_PER_SECOND: f64 = 200_000.0;

/// Texts as reports have them: most sentences name no reaction of the profile, some name several.
fn texts(count: usize) -> Vec<String> {
    const SENTENCES: [&str; 12] = [
        "A 54-year-old female patient received inotuzumab ozogamicin for relapsed acute lymphoblastic leukaemia. ",
        "Concomitant medication included aciclovir, fluconazole and pantoprazole. ",
        "On day 9 of cycle 1 the patient developed febrile neutropenia and was given meropenem. ",
        "No bleeding, bruising or petechiae were seen. ",
        "Past medical history: hypertension, GI bleed in 2015. ",
        "The outcome of the event was reported as recovering. ",
        "Ursodiol was given as VOD prophylaxis. ",
        "Laboratory values were haemoglobin 7.9 g/dL, platelets 12, ANC 0.1, bilirubin 1.1 mg/dL. ",
        "The reporter considered the event to be possibly related to the suspect drug. ",
        "He had nosebleeds every day for a week, and his gums bled when he brushed his teeth. ",
        "Causality was assessed as related by the investigator; the sponsor agreed. ",
        "CT of the head was done to rule out haemorrhage. ",
    ];
    (0..count)
        .map(|n| {
            let mut text = String::new();
            let mut at = n * 7 + n / 12;
            while text.len() < TEXT_CHARS {
                text.push_str(SENTENCES[at % SENTENCES.len()]);
                at += 5;
            }
            text.truncate(TEXT_CHARS);
            text
        })
        .collect()
}

/// Time and heap allocations of a pass, the fastest of the counted ones.
fn fastest(passes: usize, mut pass: impl FnMut() -> usize) -> (Duration, u64) {
    let mut best = (Duration::MAX, 0);
    for counted in 0..passes {
        let mut took = Duration::ZERO;
        let allocations = allocation_counter::measure(|| {
            let start = Instant::now();
            black_box(pass());
            took = start.elapsed();
        });
        if (counted > 0 || passes == 1) && took < best.0 {
            best = (took, allocations.count_total);
        }
    }
    best
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let (count, passes) = if quick { (200, 1) } else { (TEXTS, PASSES) };
    let profile = Profile::builtin();
    let texts = texts(count);
    let started = Instant::now();
    let narratives = Narratives::new(profile).expect("the built-in lexicon compiles");
    println!("{} patterns compiled in {:?}", narratives.patterns(), started.elapsed());
    let (mut reading, mut found) = (Reading::default(), Vec::new());
    let bare = {
        let terms = profile.reactions.iter().flat_map(|reaction| &reaction.terms).map(|term| term.text.as_str());
        let builder = &mut AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(terms).expect("terms compile")
    };
    let mut judge = SingleJudge::new(profile, "2024-06-01".parse().ok()).expect("the built-in profile is sound");
    let lines: Vec<String> =
        texts.iter().enumerate().map(|(n, text)| format!(r#"{{"id":{n},"text":"{text}"}}"#)).collect();
    let classifier = Classifier::new(profile).expect("the built-in profile is sound");
    let terms: Vec<&str> =
        profile.reactions.iter().flat_map(|reaction| &reaction.terms).map(|term| term.text.as_str()).collect();
    let mut answer = Vec::new();
    let rows = [
        (
            "bare aho-corasick over the profile's terms",
            fastest(passes, || texts.iter().map(|text| bare.find_iter(text).count()).sum()),
        ),
        ("plain text alone", fastest(passes, || texts.iter().map(|text| narratives.plain(text, &mut reading)).sum())),
        (
            "plain text and automaton",
            fastest(passes, || texts.iter().map(|text| narratives.scan(text, &mut reading)).sum()),
        ),
        (
            "narrative read whole, with assertions",
            fastest(passes, || {
                texts
                    .iter()
                    .map(|text| {
                        narratives.read(text, &mut reading, &mut found);
                        found.len()
                    })
                    .sum()
            }),
        ),
        (
            "line of JSON answered (vigil classify)",
            fastest(passes, || {
                lines
                    .iter()
                    .map(|line| {
                        answer.clear();
                        judge.answer(line.as_bytes(), &mut answer);
                        answer.len()
                    })
                    .sum()
            }),
        ),
        (
            "coded reaction (term looked up)",
            fastest(passes, || {
                (0..count).filter(|n| classifier.terms().by_words(terms[n % terms.len()]).is_some()).count()
            }),
        ),
    ];
    println!("{count} texts of {TEXT_CHARS} characters, one core, fastest of {} passes", passes.max(2) - 1);
    println!("{:<46} {:>10} {:>12} {:>8} {:>12}", "part", "ns a text", "texts/s", "x bare", "allocations");
    let bare_time = rows[0].1.0.as_secs_f64();
    for (name, (took, allocations)) in &rows {
        let each = took.as_secs_f64() / count as f64;
        println!(
            "{name:<46} {:>10.0} {:>12.0} {:>8.2} {:>12.3}",
            each * 1e9,
            1.0 / each,
            took.as_secs_f64() / bare_time,
            *allocations as f64 / count as f64
        );
    }
    let per_second = |row: usize| count as f64 / rows[row].1.0.as_secs_f64();
    let verdict = |rate: f64| if rate >= BUDGET_PER_SECOND { "met" } else { "NOT met" };
    println!(
        "budget: {BUDGET_PER_SECOND} narratives a second on one core: reading {}, whole lines {}",
        verdict(per_second(3)),
        verdict(per_second(4))
    );
}

//! A worse value never lowers a level; unknown never reads as not met; the order of facts does not matter.

use super::bed::{Bed, HOUR, at, profile};
use crate::detect::{
    FeverJudgement, Verdict, bleeding, fever_judgement, grade, hepatic_hold, hys_law, severity, vod, vod_priority,
};
use crate::profile::{Analyte, Answer, Priority, SeverityLevel};
use crate::record::{Comparator, FindingKind, Millis, Presence};
use proptest::prelude::*;

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
fn config() -> ProptestConfig {
    let cases = std::env::var("VIGIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

const FINDINGS: [FindingKind; 8] = [
    FindingKind::Hepatomegaly,
    FindingKind::RuqPain,
    FindingKind::Ascites,
    FindingKind::UltrasoundSuggestive,
    FindingKind::PortalFlowReversal,
    FindingKind::HistologyVod,
    FindingKind::HvpgGe10,
    FindingKind::PainfulHepatomegaly,
];

/// What may be measured, with a range that holds the limits and no suspect value, the unit, and whether more is worse.
const MEASURED: [(Analyte, i64, i64, i64, &str, bool); 8] = [
    (Analyte::Bilirubin, 150, 700, 10, "umol/L", true),
    (Analyte::Weight, 690, 780, 10, "kg", true),
    (Analyte::Alt, 300, 1300, 10, "U/L", true),
    (Analyte::Alp, 1000, 1500, 10, "U/L", false),
    (Analyte::Creatinine, 600, 1800, 10, "umol/L", true),
    (Analyte::Temperature, 3580, 3900, 100, "Cel", true),
    (Analyte::Anc, 2, 14, 10, "10*9/L", false),
    (Analyte::Haemoglobin, 700, 1100, 10, "g/L", false),
];

/// One fact: hours before 11 March 12:00, and what was measured or found.
#[derive(Clone, Debug)]
enum Fact {
    Value { which: usize, hours: i64, number: i64, comparator: Comparator },
    Finding { which: usize, hours: i64, presence: Presence },
}

fn fact() -> impl Strategy<Value = Fact> {
    let comparator = prop_oneof![
        8 => Just(Comparator::Eq), 1 => Just(Comparator::Lt), 1 => Just(Comparator::Le),
        1 => Just(Comparator::Gt), 1 => Just(Comparator::Ge),
    ];
    let value = (0..MEASURED.len()).prop_flat_map(|which| (Just(which), MEASURED[which].1..=MEASURED[which].2));
    let value = (value, 0..90_i64, comparator).prop_map(|((which, number), hours, comparator)| Fact::Value {
        which,
        hours,
        number,
        comparator,
    });
    let presence = prop_oneof![Just(Presence::Present), Just(Presence::Absent), Just(Presence::Unsure)];
    let finding = (0..FINDINGS.len(), 0..200_i64, presence);
    let finding = finding.prop_map(|(which, hours, presence)| Fact::Finding { which, hours, presence });
    prop_oneof![3 => value, 2 => finding]
}

/// Distinct facts: one of a kind at a time, so that none hides behind another.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    proptest::collection::vec(fact(), 0..14).prop_map(|mut facts| {
        let mut seen = std::collections::BTreeSet::new();
        facts.retain(|fact| match fact {
            Fact::Value { which, hours, .. } => seen.insert((*which, *hours)),
            Fact::Finding { which, .. } => seen.insert((100 + which, 0)),
        });
        facts
    })
}

fn bed(facts: &[Fact], now: Millis) -> Bed {
    let mut bed = Bed::transplanted();
    for fact in facts {
        match fact {
            Fact::Value { which, hours, number, comparator } => {
                let (analyte, _, _, parts, unit, _) = MEASURED[*which];
                let time = Millis(now.0 - hours * HOUR);
                bed.result(analyte, time, *comparator, *number as f64 / parts as f64, unit);
            }
            Fact::Finding { which, hours, presence } => {
                bed.findings.push((FINDINGS[*which], Millis(now.0 - hours * HOUR), *presence));
            }
        }
    }
    bed.seen_at(now)
}

const fn rank(answer: Answer) -> u8 {
    match answer {
        Answer::NotMet => 0,
        Answer::Unknown => 1,
        Answer::Met => 2,
    }
}

fn verdict(verdict: &Verdict) -> Option<u8> {
    match verdict {
        Verdict::NotMet(_) => Some(0),
        Verdict::Unknown(_) => Some(1),
        Verdict::Met(_) => Some(2),
        Verdict::NotApplicable(_) => None,
    }
}

/// Every level that a worse value must not lower.
#[derive(Debug)]
struct Levels {
    definitions: Vec<Option<u8>>,
    fevers: Vec<u8>,
    rest: [u8; 3],
    grades: Vec<Option<(u8, u8)>>,
    severity: Option<SeverityLevel>,
    priority: Option<Priority>,
}

fn levels(bed: &Bed) -> Levels {
    let judgement = vod(profile(), bed);
    let fever: FeverJudgement = fever_judgement(profile(), bed);
    let found = severity(profile(), bed, at("03-05 08:00"), at("03-11 08:00"));
    Levels {
        definitions: judgement.verdicts.iter().flatten().map(verdict).collect(),
        fevers: fever.verdicts.iter().flatten().map(|verdict| rank(verdict.answer)).collect(),
        rest: [
            rank(hepatic_hold(profile(), bed).enter),
            rank(hys_law(profile(), bed).answer),
            rank(bleeding(profile(), bed).hb_fall),
        ],
        grades: MEASURED
            .iter()
            // Less ALP is worse for Hy's law, and more of it for its grade.
            .filter(|(analyte, ..)| *analyte != Analyte::Alp)
            .map(|(analyte, ..)| grade(profile(), bed, *analyte).map(|grade| (grade.at_least, grade.at_most)))
            .collect(),
        severity: found.level,
        priority: vod_priority(profile(), &judgement).map(|(_, priority)| priority),
    }
}

fn not_lower(before: &Levels, after: &Levels) -> Result<(), TestCaseError> {
    let pairs = before.definitions.iter().zip(&after.definitions);
    for (was, is) in pairs.filter_map(|(was, is)| was.zip(*is)) {
        prop_assert!(is >= was, "{before:?}\n{after:?}");
    }
    for (was, is) in before.fevers.iter().chain(&before.rest).zip(after.fevers.iter().chain(&after.rest)) {
        prop_assert!(is >= was, "{before:?}\n{after:?}");
    }
    for (was, is) in before.grades.iter().zip(&after.grades) {
        if let (Some(was), Some(is)) = (was, is) {
            prop_assert!(is.0 >= was.0 && is.1 >= was.1, "{before:?}\n{after:?}");
        }
    }
    prop_assert!(after.severity >= before.severity, "{before:?}\n{after:?}");
    prop_assert!(after.priority >= before.priority, "{before:?}\n{after:?}");
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_worse_latest_value_never_lowers_a_level(facts in facts(), which in 0..MEASURED.len(), by in 1..200_i64) {
        let now = at("03-11 12:00");
        let (_, least, most, _, _, upward) = MEASURED[which];
        let newest = facts.iter().enumerate().filter_map(|(at, fact)| match fact {
            Fact::Value { which: of, hours, .. } if *of == which => Some((*hours, at)),
            Fact::Value { .. } | Fact::Finding { .. } => None,
        });
        if let Some((_, latest)) = newest.min() {
            let mut worse = facts.clone();
            if let Fact::Value { number, .. } = &mut worse[latest] {
                *number = if upward { (*number + by).min(most) } else { (*number - by).max(least) };
            }
            not_lower(&levels(&bed(&facts, now)), &levels(&bed(&worse, now)))?;
        }
    }

    #[test]
    fn a_finding_that_turns_up_never_lowers_a_level(facts in facts(), which in 0..FINDINGS.len()) {
        let now = at("03-11 12:00");
        let mut worse = facts.clone();
        let found = worse.iter_mut().find_map(|fact| match fact {
            Fact::Finding { which: of, presence, .. } if *of == which => Some(presence),
            Fact::Value { .. } | Fact::Finding { .. } => None,
        });
        if let Some(presence) = found {
            *presence = Presence::Present;
            not_lower(&levels(&bed(&facts, now)), &levels(&bed(&worse, now)))?;
        }
    }

    /// Whatever is taken away, what was met or unknown does not become "not met".
    #[test]
    fn a_missing_item_never_reads_as_not_met(facts in facts(), which in 0..(MEASURED.len() + FINDINGS.len())) {
        let now = at("03-11 12:00");
        // Painful hepatomegaly beside "no hepatomegaly" is two statements: without one the other speaks.
        let said = |kind: FindingKind| facts.iter().find_map(|fact| match fact {
            Fact::Finding { which, presence, .. } if FINDINGS[*which] == kind => Some(*presence),
            Fact::Value { .. } | Fact::Finding { .. } => None,
        });
        let denied = said(FindingKind::Hepatomegaly) == Some(Presence::Absent);
        if denied && said(FindingKind::PainfulHepatomegaly).is_some() {
            return Ok(());
        }
        let mut fewer = facts.clone();
        fewer.retain(|fact| match fact {
            Fact::Value { which: of, .. } => *of != which,
            Fact::Finding { which: of, .. } => MEASURED.len() + *of != which,
        });
        let (before, after) = (bed(&facts, now), bed(&fewer, now));
        let (before, after) = (vod(profile(), &before), vod(profile(), &after));
        for (was, is) in before.verdicts.iter().flatten().zip(after.verdicts.iter().flatten()) {
            if verdict(was).is_some_and(|was| was > 0) {
                prop_assert!(verdict(is) != Some(0), "{was:?} {is:?}");
            }
        }
        let taken = fewer.len() < facts.len();
        if taken && which < MEASURED.len() && MEASURED[which].0 == Analyte::Bilirubin {
            let hold = hepatic_hold(profile(), &bed(&fewer, now));
            prop_assert!(hold.bilirubin == Answer::Unknown);
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(facts in facts(), seed in any::<u64>()) {
        let now = at("03-11 12:00");
        let one = bed(&facts, now);
        let mut other = one.clone();
        let turn = |len: usize| if len == 0 { 0 } else { (seed % len as u64) as usize };
        let (values, findings) = (turn(other.values.len()), turn(other.findings.len()));
        other.values.rotate_left(values);
        other.values.reverse();
        other.findings.rotate_left(findings);
        prop_assert_eq!(vod(profile(), &one), vod(profile(), &other));
        prop_assert_eq!(fever_judgement(profile(), &one), fever_judgement(profile(), &other));
        prop_assert_eq!(bleeding(profile(), &one), bleeding(profile(), &other));
        prop_assert_eq!(hepatic_hold(profile(), &one), hepatic_hold(profile(), &other));
    }
}

#[test]
fn of_a_patient_of_whom_nothing_is_known_everything_is_unknown() {
    let bed = Bed::transplanted().seen("03-20 08:00");
    let judgement = vod(profile(), &bed);
    let applicable: Vec<u8> = judgement.verdicts.iter().flatten().filter_map(verdict).collect();
    assert_eq!(applicable, vec![1; 6]);
    assert_eq!((judgement.items.met, judgement.items.not_met), (0, 0));
    let fever = fever_judgement(profile(), &bed);
    assert!(fever.verdicts.iter().flatten().all(|verdict| verdict.answer == Answer::Unknown));
    assert_eq!(fever.priority(profile()), None);
}

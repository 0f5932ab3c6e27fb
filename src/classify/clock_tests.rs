//! Each region and clock by table, both sides of each limit; follow-ups, weekends, amendments.

use super::*;
use crate::classify::{Classifier, Review, significant_content};
use rstest::rstest;
use std::sync::LazyLock;

static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| Classifier::new(Profile::builtin()).unwrap());

/// A valid serious report of own receipt; `fields` come last, so that they may replace what stands before.
fn report(reactions: &str, fields: &str) -> String {
    format!(
        r#"{{"sender":"S","own_receipt":true,"reporter_qualification":"physician","patient":{{"sex":"female"}},
        "drugs":[{{"role":"suspect","name":"Besponsa"}}],"reactions":[{reactions}],{fields}}}"#
    )
}

fn facts(report: &Report<'_>) -> ClockFacts {
    let assessment = CLASSIFIER.assess(report);
    Review::new(Profile::builtin(), &CLASSIFIER, report, &assessment, report.most_recent).clock_facts
}

fn answers(json: &str) -> (Applies, Applies) {
    let report: Report<'_> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let facts = facts(&report);
    (applies(Region::Eu, &report, &facts), applies(Region::Us, &report, &facts))
}

const RASH: &str = r#"{"term":"Rash"}"#;
const VOD: &str = r#"{"term":"Venoocclusive liver disease"}"#;
const EPISTAXIS: &str = r#"{"term":"Epistaxis"}"#;
const DAY: &str = r#""first_received":"2025-03-01","most_recent":"2025-03-01""#;

const SERIOUS: Applies = Applies::By(ClockRule::EuSerious);
const NON_SERIOUS: Applies = Applies::By(ClockRule::EuNonSerious);
const US: Applies = Applies::By(ClockRule::UsAlert);

#[rstest]
// EU: serious from anywhere. US: serious and unlisted.
#[case(RASH, r#""country":"DE","seriousness":{"serious":true}"#, Some(SERIOUS), Some(US))]
#[case(RASH, r#""country":"JP","seriousness":{"serious":true}"#, Some(SERIOUS), Some(US))]
#[case(VOD, r#""country":"JP","seriousness":{"serious":true}"#, Some(SERIOUS), None)]
// Fatal febrile neutropenia and a more specific haemorrhage: a person decides whether they are expected.
#[case(
    EPISTAXIS,
    r#""country":"DE","seriousness":{"serious":true}"#,
    Some(SERIOUS),
    Some(Applies::Unknown("whether the reaction is expected in the US"))
)]
#[case(VOD, r#""country":"DE","seriousness":{"serious":true,"death":true}"#, Some(SERIOUS), None)]
// Not serious: from the EEA only, by the country of occurrence before the reporter's.
#[case(RASH, r#""country":"DE","seriousness":{"serious":false}"#, Some(NON_SERIOUS), None)]
#[case(RASH, r#""country":"NO","seriousness":{"serious":false}"#, Some(NON_SERIOUS), None)]
#[case(RASH, r#""country":"GB","seriousness":{"serious":false}"#, None, None)]
#[case(RASH, r#""country":"CH","seriousness":{"serious":false}"#, None, None)]
#[case(RASH, r#""country":"US","reporter_country":"DE","seriousness":{"serious":false}"#, None, None)]
#[case(RASH, r#""reporter_country":"de","seriousness":{"serious":false}"#, Some(NON_SERIOUS), None)]
#[case(RASH, r#""seriousness":{"serious":false}"#, Some(Applies::Unknown("country")), None)]
// The reporter's seriousness is never downgraded; nothing stated is not "no".
#[case(RASH, r#""country":"DE","seriousness":{"serious":false,"hospitalisation":true}"#, Some(SERIOUS), Some(US))]
#[case(RASH, r#""country":"DE""#, Some(Applies::Unknown("seriousness")), Some(Applies::Unknown("seriousness")))]
// Solicited reports need causality.
#[case(
    RASH,
    r#""report_type":"study","country":"DE","seriousness":{"serious":true}"#,
    Some(Applies::Unknown("causality of a solicited report")),
    Some(Applies::Unknown("causality of a solicited report"))
)]
// A situation is no reaction.
#[case(r#"{"term":"Off label use"}"#, r#""country":"DE","seriousness":{"serious":true}"#, None, None)]
fn which_rule_applies(
    #[case] reactions: &str,
    #[case] fields: &str,
    #[case] eu: Option<Applies>,
    #[case] us: Option<Applies>,
) {
    let none = |answer: Applies| if matches!(answer, Applies::No(_)) { None } else { Some(answer) };
    let (found_eu, found_us) = answers(&report(reactions, &format!("{fields},{DAY}")));
    assert_eq!((none(found_eu), none(found_us)), (eu, us));
}

#[test]
fn no_clock_runs_for_what_others_received() {
    let json = report(RASH, &format!(r#""country":"DE","seriousness":{{"serious":true}},{DAY}"#));
    let others = json.replace(r#""own_receipt":true"#, r#""own_receipt":false"#);
    assert_eq!(answers(&json), (SERIOUS, US));
    assert!(matches!(answers(&others), (Applies::No(_), Applies::No(_))));
}

#[rstest]
#[case("related", Stated::Yes)]
#[case("reporter: reasonable possibility", Stated::Yes)]
#[case("Not related", Stated::No)]
#[case("no reasonable possibility", Stated::No)]
#[case("unlikely", Stated::No)]
#[case("unassessable", Stated::Unknown)]
#[case("", Stated::Unknown)]
fn causality_as_reported(#[case] text: &str, #[case] expected: Stated) {
    assert_eq!(related(std::iter::once(text)), expected);
}

#[test]
fn one_assessment_in_favour_is_enough() {
    assert_eq!(related(["not related", "possible"].into_iter()), Stated::Yes);
}

/// Versions of one case, in order: received, reactions, further fields; gives (rule, day 0, due, follow-up) of the last.
fn course(versions: &[(&str, &str, &str)]) -> Vec<(&'static str, String, String, bool)> {
    let profile = Profile::builtin();
    let mut memory: Option<ClockMemory> = None;
    for (received, reactions, fields) in versions {
        let json = report(reactions, &format!(r#""most_recent":"{received}",{fields}"#));
        let report: Report<'_> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        let next = advance(
            profile,
            memory.as_ref(),
            &report,
            &facts(&report),
            report.most_recent,
            significant_content(&report),
        );
        memory = Some(next);
    }
    let due = memory.unwrap().due;
    due.iter().map(|due| (due.rule.name(), due.day_zero.to_string(), due.due.to_string(), due.follow_up)).collect()
}

fn clock(rule: &'static str, zero: &str, due: &str, follow_up: bool) -> (&'static str, String, String, bool) {
    (rule, zero.to_owned(), due.to_owned(), follow_up)
}

const DE_SERIOUS: &str = r#""country":"DE","seriousness":{"serious":true}"#;
const DE_NOT: &str = r#""country":"DE","seriousness":{"serious":false}"#;

#[test]
fn day_zero_and_so_many_calendar_days_over_weekends_and_leap_days() {
    // Friday 14 March 2025: the 29th is a Saturday, and counts.
    assert_eq!(course(&[("2025-03-14", VOD, DE_SERIOUS)]), [clock("eu_serious", "2025-03-14", "2025-03-29", false)]);
    assert_eq!(course(&[("2024-02-20", VOD, DE_SERIOUS)]), [clock("eu_serious", "2024-02-20", "2024-03-06", false)]);
    assert_eq!(course(&[("2025-12-24", VOD, DE_SERIOUS)]), [clock("eu_serious", "2025-12-24", "2026-01-08", false)]);
    assert_eq!(course(&[("2025-03-14", RASH, DE_NOT)]), [clock("eu_non_serious", "2025-03-14", "2025-06-12", false)]);
    assert_eq!(
        course(&[("2025-03-14", RASH, DE_SERIOUS)]),
        [
            clock("eu_serious", "2025-03-14", "2025-03-29", false),
            clock("us_15_day_alert", "2025-03-14", "2025-03-29", false)
        ]
    );
    assert_eq!(course(&[("2025-03", VOD, DE_SERIOUS)]), [], "a month is no day 0");
}

#[test]
fn a_significant_follow_up_has_a_clock_of_its_own_and_keeps_the_first() {
    let with_outcome = r#"{"term":"Venoocclusive liver disease","outcome":"fatal"}"#;
    let first = ("2025-03-14", VOD, DE_SERIOUS);
    assert_eq!(
        course(&[first, ("2025-03-20", with_outcome, DE_SERIOUS)]),
        [clock("eu_serious", "2025-03-14", "2025-03-29", false), clock("eu_serious", "2025-03-20", "2025-04-04", true)]
    );
    // Nothing medical is new: only another identifier and a later date.
    let administrative =
        r#""country":"DE","seriousness":{"serious":true},"other_case_ids":["X-1"],"reporter_country":"DE""#;
    assert_eq!(
        course(&[first, ("2025-03-20", VOD, administrative)]),
        [clock("eu_serious", "2025-03-14", "2025-03-29", false)]
    );
    // Then a second one: the latest counts.
    assert_eq!(
        course(&[first, ("2025-03-20", with_outcome, DE_SERIOUS), ("2025-03-25", VOD, DE_SERIOUS)]),
        [clock("eu_serious", "2025-03-14", "2025-03-29", false), clock("eu_serious", "2025-03-25", "2025-04-09", true)]
    );
}

#[test]
fn an_amendment_brings_nothing_new() {
    let amendment = r#""country":"DE","seriousness":{"serious":true},"status":"amendment""#;
    let corrected = r#"{"term":"Hepatic veno-occlusive disease"}"#;
    assert_eq!(
        course(&[("2025-03-14", VOD, DE_SERIOUS), ("2025-03-20", corrected, amendment)]),
        [clock("eu_serious", "2025-03-14", "2025-03-29", false)]
    );
}

#[test]
fn a_report_that_becomes_valid_starts_on_that_day() {
    assert_eq!(course(&[("2025-03-01", "", DE_SERIOUS)]), [], "no reaction: not valid");
    assert_eq!(
        course(&[("2025-03-01", "", DE_SERIOUS), ("2025-03-10", VOD, DE_SERIOUS)]),
        [clock("eu_serious", "2025-03-10", "2025-03-25", false)]
    );
}

#[test]
fn a_case_that_becomes_serious_gets_fifteen_days_from_then() {
    assert_eq!(
        course(&[("2025-03-01", RASH, DE_NOT), ("2025-03-10", RASH, DE_SERIOUS)]).first().map(|due| due.0),
        Some("eu_serious")
    );
    let due = course(&[("2025-03-01", VOD, DE_NOT), ("2025-03-10", VOD, DE_SERIOUS)]);
    assert!(due.contains(&clock("eu_serious", "2025-03-10", "2025-03-25", true)), "{due:?}");
}

#[test]
fn of_two_dates_of_the_first_version_seen_both_have_a_clock() {
    let fields = r#""country":"DE","seriousness":{"serious":true},"first_received":"2025-03-01""#;
    assert_eq!(
        course(&[("2025-03-10", VOD, fields)]),
        [clock("eu_serious", "2025-03-01", "2025-03-16", false), clock("eu_serious", "2025-03-10", "2025-03-25", true)]
    );
}

#[rstest]
#[case(-1, DueBucket::Overdue)]
#[case(0, DueBucket::Within3)]
#[case(3, DueBucket::Within3)]
#[case(4, DueBucket::Within7)]
#[case(7, DueBucket::Within7)]
#[case(8, DueBucket::Within15)]
#[case(15, DueBucket::Within15)]
#[case(16, DueBucket::Later)]
#[case(90, DueBucket::Later)]
fn buckets(#[case] days_left: i64, #[case] bucket: DueBucket) {
    assert_eq!(DueBucket::of(20_000 + days_left, 20_000), bucket);
}

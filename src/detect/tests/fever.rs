//! Febrile neutropenia: every definition at its boundaries, the count that is missing, sepsis without fever, closing.

use super::bed::{Bed, HOUR, at, profile};
use crate::detect::{FeverJudgement, closes, fever_judgement};
use crate::profile::{Analyte, Answer, Priority};
use crate::record::{Comparator, Millis};
use rstest::rstest;

/// CTCAE v5, IDSA 2010, ESMO 2016.
fn letters(judgement: &FeverJudgement) -> String {
    let letter = |answer| match answer {
        Answer::Met => 'M',
        Answer::NotMet => 'N',
        Answer::Unknown => 'U',
    };
    judgement.verdicts.iter().flatten().map(|verdict| letter(verdict.answer)).collect()
}

fn fevers(judgement: &FeverJudgement) -> String {
    let letter = |answer| match answer {
        Answer::Met => 'M',
        Answer::NotMet => 'N',
        Answer::Unknown => 'U',
    };
    judgement.verdicts.iter().flatten().map(|verdict| letter(verdict.fever)).collect()
}

fn bed() -> Bed {
    let mut bed = Bed { age: Some((40, 40)), ..Bed::default() };
    bed.dose("05-01 10:00", 0.8);
    bed
}

fn judged(bed: &Bed, time: &str) -> FeverJudgement {
    fever_judgement(profile(), &bed.seen(time))
}

fn priority(judgement: &FeverJudgement) -> Option<(&str, Priority)> {
    judgement.priority(profile())
}

/// Story 15, and one reading around each limit.
#[rstest]
#[case(101.0, "[degF]", "UMM")]
#[case(101.1, "[degF]", "MMM")]
#[case(100.9, "[degF]", "UUU")]
#[case(100.4, "[degF]", "UUN")]
#[case(100.3, "[degF]", "NNN")]
#[case(38.3, "Cel", "UMU")]
#[case(38.31, "Cel", "MMM")]
#[case(38.29, "Cel", "UUU")]
#[case(38.0, "Cel", "UUN")]
#[case(37.99, "Cel", "NNN")]
fn one_reading(#[case] value: f64, #[case] unit: &str, #[case] expected: &str) {
    let mut bed = bed();
    bed.value(Analyte::Temperature, "05-10 08:00", value, unit).value(Analyte::Anc, "05-10 06:00", 0.4, "10*9/L");
    assert_eq!(letters(&judged(&bed, "05-10 08:00")), expected);
}

/// Story 15: a slip of the unit gives no verdict.
#[test]
fn thirty_one_fahrenheit_is_suspect() {
    let mut bed = bed();
    bed.value(Analyte::Temperature, "05-10 08:00", 31.4, "degF").value(Analyte::Anc, "05-10 06:00", 0.4, "10*9/L");
    let judgement = judged(&bed, "05-10 08:00");
    assert_eq!((letters(&judgement).as_str(), priority(&judgement)), ("UUU", None));
}

#[rstest]
#[case(38.0, 38.0, 60, "UMN")]
#[case(38.0, 38.0, 61, "MMN")]
#[case(38.0, 38.0, 59, "UUN")]
#[case(38.1, 38.1, 120, "MMM")]
#[case(38.1, 38.1, 59, "UUM")]
#[case(38.1, 38.1, 121, "MMU")]
#[case(38.0, 37.9, 30, "NNN")]
#[case(38.1, 37.9, 60, "NNN")]
#[case(38.1, 37.9, 61, "UUN")]
#[case(38.1, 38.1, 361, "UUU")]
fn two_readings(#[case] first: f64, #[case] second: f64, #[case] minutes: i64, #[case] expected: &str) {
    let mut bed = bed();
    let start = at("05-10 08:00");
    bed.result(Analyte::Temperature, start, Comparator::Eq, first, "Cel");
    bed.result(Analyte::Temperature, Millis(start.0 + minutes * 60_000), Comparator::Eq, second, "Cel");
    bed.value(Analyte::Anc, "05-10 06:00", 0.4, "10*9/L");
    let judgement = fever_judgement(profile(), &bed.seen_at(Millis(start.0 + minutes * 60_000)));
    assert_eq!(fevers(&judgement), expected);
}

#[test]
fn a_normal_reading_between_breaks_the_fever() {
    let mut bed = bed();
    for (time, value) in [("08:00", 38.1), ("08:40", 37.5), ("09:20", 38.1)] {
        bed.value(Analyte::Temperature, &format!("05-10 {time}"), value, "Cel");
    }
    assert_eq!(fevers(&judged(&bed, "05-10 09:20")), "UUU");
}

#[rstest]
#[case(999.0, "/uL", "MUU")]
#[case(1000.0, "/uL", "NUU")]
#[case(500.0, "/uL", "MUU")]
#[case(499.0, "/uL", "MMM")]
#[case(0.5, "10*9/L", "MUU")]
#[case(0.49, "K/uL", "MMM")]
fn neutrophils_around_the_limits(#[case] value: f64, #[case] unit: &str, #[case] expected: &str) {
    let mut bed = bed();
    bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel").value(Analyte::Anc, "05-10 06:00", value, unit);
    assert_eq!(letters(&judged(&bed, "05-10 08:00")), expected);
}

#[rstest]
#[case(1.3, 0.9, 24, "MMM")]
#[case(1.3, 0.9, 72, "MNN")]
#[case(1.3, 0.9, 73, "MUU")]
#[case(0.7, 0.9, 24, "MNN")]
// 0.9 - 48/48 x 0.4 = 0.5, which is not below.
#[case(1.3, 0.9, 48, "MNN")]
#[case(1.31, 0.9, 48, "MMM")]
fn an_expected_fall_is_a_line_through_two_counts(
    #[case] before: f64,
    #[case] last: f64,
    #[case] hours: i64,
    #[case] expected: &str,
) {
    let mut bed = bed();
    let time = at("05-10 06:00");
    bed.result(Analyte::Anc, Millis(time.0 - hours * HOUR), Comparator::Eq, before, "10*9/L");
    bed.result(Analyte::Anc, time, Comparator::Eq, last, "10*9/L");
    bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel");
    assert_eq!(letters(&judged(&bed, "05-10 08:00")), expected);
}

/// Story 17.
#[test]
fn fever_with_an_unknown_count_is_high_until_a_count_says_otherwise() {
    let mut bed = bed();
    bed.value(Analyte::Anc, "05-07 06:10", 2.0, "10*9/L").value(Analyte::Temperature, "05-10 02:10", 38.6, "Cel");
    let judgement = judged(&bed, "05-10 02:10");
    assert_eq!(letters(&judgement), "UUU");
    assert_eq!(priority(&judgement), Some(("fever_anc_unknown", Priority::High)));
    let mut few = bed.clone();
    few.value(Analyte::Wbc, "05-10 03:00", 0.4, "10*9/L");
    let judgement = judged(&few, "05-10 03:00");
    assert_eq!((letters(&judgement).as_str(), priority(&judgement)), ("MMM", Some(("fn_met", Priority::High))));
    let mut many = bed.clone();
    many.value(Analyte::Wbc, "05-10 03:00", 3.0, "10*9/L");
    assert_eq!(priority(&judged(&many, "05-10 03:00")), Some(("fever_anc_unknown", Priority::High)));
    bed.value(Analyte::Anc, "05-10 03:00", 1.8, "10*9/L");
    let judgement = judged(&bed, "05-10 03:00");
    assert_eq!((priority(&judgement), letters(&judgement).as_bytes()[0]), (None, b'N'));
}

#[test]
fn a_count_is_too_old_after_24_hours_and_the_product_after_42_days() {
    for (count, expected) in [("05-09 08:00", false), ("05-09 07:59", true)] {
        let mut bed = bed();
        bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel").value(Analyte::Anc, count, 1.5, "10*9/L");
        assert_eq!(judged(&bed, "05-10 08:00").count_unknown, expected, "{count}");
    }
    for (day, expected) in [("06-12", true), ("06-13", false)] {
        let mut bed = bed();
        bed.value(Analyte::Temperature, &format!("{day} 08:00"), 39.0, "Cel");
        assert_eq!(judged(&bed, &format!("{day} 08:00")).count_unknown, expected, "{day}");
    }
}

#[rstest]
#[case(0.8, 50.0, 0, "MMM")]
#[case(2.0, 24.0, 0, "MMM")]
#[case(2.0, 26.0, 0, "MUU")]
#[case(2.0, 24.0, 61, "UUU")]
fn neutrophils_from_white_cells_and_their_share(
    #[case] white: f64,
    #[case] percent: f64,
    #[case] apart: i64,
    #[case] expected: &str,
) {
    let mut bed = bed();
    let time = at("05-10 06:00");
    bed.result(Analyte::Wbc, time, Comparator::Eq, white, "10*9/L");
    bed.result(Analyte::NeutrophilPercent, Millis(time.0 - apart * 60_000), Comparator::Eq, percent, "%");
    bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel");
    let judgement = judged(&bed, "05-10 08:00");
    assert_eq!(letters(&judgement), expected);
}

#[rstest]
#[case(Comparator::Lt, 0.1, "MMM")]
#[case(Comparator::Lt, 0.5, "MMM")]
#[case(Comparator::Lt, 1.0, "MUU")]
#[case(Comparator::Lt, 2.0, "UUU")]
#[case(Comparator::Gt, 1.0, "NUU")]
fn a_count_known_as_a_bound(#[case] comparator: Comparator, #[case] value: f64, #[case] expected: &str) {
    let mut bed = bed();
    bed.result(Analyte::Anc, at("05-10 06:00"), comparator, value, "10*9/L");
    bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel");
    assert_eq!(letters(&judged(&bed, "05-10 08:00")), expected);
}

#[rstest]
#[case(35.9, 120.0, 0.4, Answer::Met)]
#[case(36.0, 120.0, 0.4, Answer::NotMet)]
#[case(36.5, 89.0, 0.4, Answer::Met)]
#[case(36.5, 90.0, 0.4, Answer::NotMet)]
#[case(35.0, 80.0, 0.5, Answer::NotMet)]
fn possible_sepsis_without_fever(
    #[case] celsius: f64,
    #[case] systolic: f64,
    #[case] anc: f64,
    #[case] expected: Answer,
) {
    let mut bed = bed();
    bed.value(Analyte::Temperature, "05-10 08:00", celsius, "Cel");
    bed.value(Analyte::Systolic, "05-10 08:00", systolic, "mmHg").value(Analyte::Anc, "05-10 06:00", anc, "10*9/L");
    let judgement = judged(&bed, "05-10 08:00");
    assert_eq!(judgement.sepsis_without_fever, expected);
    assert_eq!(priority(&judgement).is_some(), expected == Answer::Met);
}

#[test]
fn sepsis_is_unknown_without_a_count_or_without_vital_signs() {
    let mut bed = bed();
    bed.value(Analyte::Systolic, "05-10 08:00", 80.0, "mmHg");
    assert_eq!(judged(&bed, "05-10 08:00").sepsis_without_fever, Answer::Unknown);
    let mut count = self::bed();
    count.value(Analyte::Anc, "05-10 08:00", 0.1, "10*9/L");
    assert_eq!(judged(&count, "05-10 08:00").sepsis_without_fever, Answer::Unknown);
}

#[test]
fn an_infusion_within_24_hours_is_shown_beside() {
    for (time, expected) in [("05-02 10:00", true), ("05-02 10:01", false)] {
        let mut bed = bed();
        bed.value(Analyte::Temperature, time, 39.0, "Cel").value(Analyte::Anc, time, 0.1, "10*9/L");
        let judgement = judged(&bed, time);
        assert_eq!((judgement.after_infusion, judgement.any_met()), (expected, true), "{time}");
    }
}

#[test]
fn an_episode_closes_by_recovery_or_by_time_and_never_without_a_reading() {
    let mut bed = bed();
    bed.value(Analyte::Temperature, "05-10 08:00", 39.0, "Cel").value(Analyte::Anc, "05-12 07:00", 0.5, "10*9/L");
    let closed = |bed: &Bed, time: &str| closes(profile(), &bed.seen(time)).answer;
    assert_eq!(closed(&bed, "05-14 08:00"), Answer::NotMet);
    let mut early = bed.clone();
    early.value(Analyte::Temperature, "05-12 07:59", 37.0, "Cel");
    assert_eq!(closed(&early, "05-12 08:00"), Answer::NotMet);
    bed.value(Analyte::Temperature, "05-12 08:00", 37.9, "Cel");
    assert_eq!(closed(&bed, "05-12 08:00"), Answer::Met);
    let mut few = bed.clone();
    few.value(Analyte::Anc, "05-12 07:30", 0.4, "10*9/L");
    assert_eq!(closed(&few, "05-12 08:00"), Answer::NotMet);
    few.value(Analyte::Temperature, "05-13 08:00", 37.9, "Cel");
    assert_eq!(closed(&few, "05-13 08:00"), Answer::Met);
    few.value(Analyte::Temperature, "05-13 09:00", 38.0, "Cel");
    assert_eq!(closed(&few, "05-13 09:00"), Answer::NotMet);
    assert_eq!(closed(&self::bed(), "05-13 09:00"), Answer::Unknown);
}

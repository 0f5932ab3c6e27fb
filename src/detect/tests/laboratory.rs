//! Three-valued comparison and CTCAE v5 grades.

use super::bed::{Bed, at, profile};
use crate::detect::{Graded, against, any, both, grade, qtc};
use crate::profile::{Analyte, Answer, Op};
use crate::record::Comparator;
use rstest::rstest;

#[rstest]
#[case(Comparator::Lt, 5, Op::Gt, 3, Answer::Unknown)]
#[case(Comparator::Lt, 5, Op::Lt, 10, Answer::Met)]
#[case(Comparator::Lt, 5, Op::Lt, 5, Answer::Met)]
#[case(Comparator::Le, 5, Op::Lt, 5, Answer::Unknown)]
#[case(Comparator::Le, 5, Op::Le, 5, Answer::Met)]
#[case(Comparator::Lt, 5, Op::Ge, 5, Answer::NotMet)]
#[case(Comparator::Le, 5, Op::Ge, 5, Answer::Unknown)]
#[case(Comparator::Le, 5, Op::Gt, 5, Answer::NotMet)]
#[case(Comparator::Gt, 5, Op::Gt, 5, Answer::Met)]
#[case(Comparator::Gt, 5, Op::Ge, 5, Answer::Met)]
#[case(Comparator::Ge, 5, Op::Gt, 5, Answer::Unknown)]
#[case(Comparator::Ge, 5, Op::Ge, 5, Answer::Met)]
#[case(Comparator::Ge, 5, Op::Lt, 5, Answer::NotMet)]
#[case(Comparator::Gt, 5, Op::Le, 5, Answer::NotMet)]
#[case(Comparator::Gt, 4, Op::Gt, 5, Answer::Unknown)]
#[case(Comparator::Eq, 5, Op::Gt, 5, Answer::NotMet)]
#[case(Comparator::Eq, 5, Op::Ge, 5, Answer::Met)]
#[case(Comparator::Eq, 5, Op::Lt, 5, Answer::NotMet)]
#[case(Comparator::Eq, 5, Op::Le, 5, Answer::Met)]
fn a_bound_against_a_limit(
    #[case] comparator: Comparator,
    #[case] value: i128,
    #[case] op: Op,
    #[case] limit: i128,
    #[case] expected: Answer,
) {
    assert_eq!(against(comparator, value, op, limit), expected);
}

/// What `against` answers of a bound is what every value within the bound answers.
#[test]
fn a_bound_answers_as_all_values_within_it_do() {
    let comparators = [Comparator::Eq, Comparator::Lt, Comparator::Le, Comparator::Gt, Comparator::Ge];
    for (comparator, op, bound, limit) in comparators.into_iter().flat_map(|comparator| {
        Op::ALL.iter().flat_map(move |op| {
            (0..5_i128).flat_map(move |bound| (0..5_i128).map(move |limit| (comparator, *op, bound, limit)))
        })
    }) {
        // Quarters, so that there are values strictly between whole numbers.
        let inside = (-40..80_i128).filter(|value| match comparator {
            Comparator::Eq => *value == bound * 4,
            Comparator::Lt => *value < bound * 4,
            Comparator::Le => *value <= bound * 4,
            Comparator::Gt => *value > bound * 4,
            Comparator::Ge => *value >= bound * 4,
        });
        let (mut met, mut not) = (false, false);
        for value in inside {
            let holds = match op {
                Op::Gt => value > limit * 4,
                Op::Ge => value >= limit * 4,
                Op::Lt => value < limit * 4,
                Op::Le => value <= limit * 4,
            };
            met |= holds;
            not |= !holds;
        }
        let expected = match (met, not) {
            (true, false) => Answer::Met,
            (false, true) => Answer::NotMet,
            (true, true) | (false, false) => Answer::Unknown,
        };
        assert_eq!(against(comparator, bound, op, limit), expected, "{comparator:?} {bound} {op} {limit}");
    }
}

#[test]
fn kleene_logic() {
    use Answer::{Met, NotMet, Unknown};
    assert_eq!([both(Met, Unknown), both(NotMet, Unknown), both(Met, Met)], [Unknown, NotMet, Met]);
    assert_eq!([any(Met, Unknown), any(NotMet, Unknown), any(NotMet, NotMet)], [Met, Unknown, NotMet]);
}

fn graded(analyte: Analyte, value: f64, unit: &str) -> Option<Graded> {
    let mut bed = Bed::transplanted();
    bed.value(analyte, "03-11 08:00", value, unit);
    grade(profile(), &bed.seen("03-11 09:00"), analyte)
}

#[rstest]
#[case(Analyte::Bilirubin, "umol/L", &[(21.0, 0), (21.1, 1), (31.5, 1), (31.6, 2), (63.0, 2), (63.1, 3), (210.0, 3), (210.1, 4)])]
#[case(Analyte::Alt, "U/L", &[(40.0, 0), (41.0, 1), (120.0, 1), (121.0, 2), (200.0, 2), (201.0, 3), (800.0, 3), (801.0, 4)])]
#[case(Analyte::Ast, "U/L", &[(40.0, 0), (120.0, 1), (121.0, 2), (801.0, 4)])]
#[case(Analyte::Alp, "U/L", &[(120.0, 0), (121.0, 1), (300.0, 1), (301.0, 2), (600.0, 2), (601.0, 3), (2401.0, 4)])]
#[case(Analyte::Platelets, "10*9/L", &[(74.0, 2), (50.0, 2), (49.0, 3), (25.0, 3), (24.0, 4)])]
#[case(Analyte::Platelets, "/uL", &[(74_000.0, 2), (49_999.0, 3), (24_999.0, 4)])]
#[case(Analyte::Anc, "10*9/L", &[(1.49, 2), (1.0, 2), (0.99, 3), (0.5, 3), (0.49, 4)])]
#[case(Analyte::Wbc, "10*9/L", &[(2.9, 2), (2.0, 2), (1.9, 3), (1.0, 3), (0.9, 4)])]
#[case(Analyte::Lymphocytes, "10*9/L", &[(0.79, 2), (0.49, 3), (0.19, 4)])]
#[case(Analyte::Haemoglobin, "g/L", &[(99.0, 2), (80.0, 2), (79.0, 3)])]
#[case(Analyte::Haemoglobin, "g/dL", &[(9.9, 2), (8.0, 2), (7.9, 3)])]
#[case(Analyte::Temperature, "Cel", &[(37.9, 0), (38.0, 1), (39.0, 1), (39.1, 2), (40.0, 2), (40.1, 3)])]
#[case(Analyte::Weight, "kg", &[(73.4, 0), (73.5, 1), (76.9, 1), (77.0, 2), (83.9, 2), (84.0, 3)])]
#[case(Analyte::Creatinine, "umol/L", &[(100.0, 0), (101.0, 1), (120.0, 1), (121.0, 2), (240.0, 2), (241.0, 3), (601.0, 4)])]
#[case(Analyte::Inr, "", &[(1.2, 0), (1.21, 1), (1.5, 1), (1.51, 2), (2.5, 2), (2.51, 3)])]
#[case(Analyte::Lipase, "U/L", &[(60.0, 0), (61.0, 1), (90.0, 1), (91.0, 2), (300.0, 2), (301.0, 3)])]
fn grades_at_their_limits(#[case] analyte: Analyte, #[case] unit: &str, #[case] rows: &[(f64, u8)]) {
    for (value, expected) in rows {
        let found = graded(analyte, *value, unit).unwrap();
        assert_eq!(found.at_least, *expected, "{analyte} {value} {unit}");
    }
}

#[test]
fn without_a_lower_limit_grade_1_is_possible_and_not_certain() {
    let found = graded(Analyte::Platelets, 80.0, "10*9/L").unwrap();
    assert_eq!((found.at_least, found.at_most, found.certain()), (0, 1, None));
    let found = graded(Analyte::Platelets, 20.0, "10*9/L").unwrap();
    assert_eq!(found.certain(), Some(4));
}

#[test]
fn without_an_upper_limit_the_grade_is_open() {
    let mut bed = Bed { without_limits: true, ..Bed::transplanted() };
    bed.value(Analyte::Alt, "03-11 08:00", 500.0, "U/L");
    let found = grade(profile(), &bed.seen("03-11 09:00"), Analyte::Alt).unwrap();
    assert_eq!((found.at_least, found.at_most), (0, 4));
}

#[rstest]
#[case(89.9, 0)]
#[case(90.0, 1)]
#[case(180.0, 1)]
#[case(180.1, 2)]
#[case(300.0, 2)]
#[case(300.1, 3)]
fn an_abnormal_baseline_is_what_is_multiplied(#[case] alt: f64, #[case] expected: u8) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Alt, "02-21 08:00", 60.0, "U/L").value(Analyte::Alt, "03-11 08:00", alt, "U/L");
    let found = grade(profile(), &bed.seen("03-11 09:00"), Analyte::Alt).unwrap();
    assert_eq!((found.certain(), found.by_baseline), (Some(expected), true));
}

#[rstest]
#[case(449.0, None, 0)]
#[case(450.0, None, 1)]
#[case(481.0, None, 2)]
#[case(500.0, None, 2)]
#[case(501.0, None, 3)]
#[case(460.0, Some(400.0), 1)]
#[case(461.0, Some(400.0), 3)]
fn qtc_by_length_or_rise(#[case] qtc: f64, #[case] baseline: Option<f64>, #[case] expected: u8) {
    let mut bed = Bed::transplanted();
    if let Some(baseline) = baseline {
        bed.value(Analyte::Qtc, "02-21 08:00", baseline, "ms");
    }
    bed.value(Analyte::Qtc, "03-11 08:00", qtc, "ms");
    assert_eq!(grade(profile(), &bed.seen("03-11 09:00"), Analyte::Qtc).unwrap().certain(), Some(expected));
}

#[test]
fn a_stale_a_suspect_and_an_absent_value_have_no_grade() {
    let mut bed = Bed::transplanted();
    assert_eq!(grade(profile(), &bed.seen("03-11 09:00"), Analyte::Alt), None);
    bed.value(Analyte::Alt, "03-11 08:00", 500.0, "U/L");
    assert_eq!(grade(profile(), &bed.seen("03-14 08:01"), Analyte::Alt), None);
    bed.result(Analyte::Alt, at("03-11 08:30"), Comparator::Eq, 40_000.0, "U/L");
    assert_eq!(grade(profile(), &bed.seen("03-11 09:00"), Analyte::Alt), None);
}

#[rstest]
#[case(501.0, None, Answer::Met)]
#[case(500.0, None, Answer::Unknown)]
#[case(500.0, Some(441.0), Answer::NotMet)]
#[case(500.0, Some(440.0), Answer::Met)]
fn qtc_that_is_raised(#[case] length: f64, #[case] baseline: Option<f64>, #[case] expected: Answer) {
    let mut bed = Bed::transplanted();
    if let Some(baseline) = baseline {
        bed.value(Analyte::Qtc, "02-21 08:00", baseline, "ms");
    }
    bed.value(Analyte::Qtc, "03-11 08:00", length, "ms");
    assert_eq!(qtc(profile(), &bed.seen("03-11 09:00")), expected);
}

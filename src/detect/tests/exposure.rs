//! Doses, cycles and the label's checks.

use super::bed::{Bed, HOUR, at, decimal, profile};
use crate::detect::{Check, Dose, check_dose, mg_per_m2, place};
use crate::profile::{Answer, Priority};
use rstest::rstest;

fn bed(doses: &[(&str, f64)]) -> Bed {
    let mut bed = Bed { age: Some((40, 40)), ..Bed::default() };
    for (time, mg_m2) in doses {
        bed.dose(&format!("{time} 10:00"), *mg_m2);
    }
    bed.seen("12-31 00:00")
}

fn met(bed: &Bed, number: usize) -> Vec<Check> {
    check_dose(profile(), bed, &place(profile(), bed), number).unwrap().met().collect()
}

/// Story 21.
#[test]
fn days_and_intervals() {
    let five = bed(&[("06-01", 0.8), ("06-09", 0.5), ("06-14", 0.5)]);
    assert_eq!((met(&five, 0), met(&five, 1), met(&five, 2)), (vec![], vec![], vec![Check::Interval]));
    let six = bed(&[("06-01", 0.8), ("06-07", 0.5)]);
    assert_eq!(met(&six, 1), vec![]);
    let days: Vec<i64> = place(profile(), &five).doses.iter().map(|(_, place)| place.day).collect();
    assert_eq!(days, [1, 9, 14]);
    let wrong = bed(&[("06-01", 0.8), ("06-12", 0.5)]);
    assert_eq!(met(&wrong, 1), vec![Check::WrongDay]);
}

#[rstest]
#[case(0.88, vec![])]
#[case(0.89, vec![Check::OverDose])]
#[case(0.73, vec![])]
#[case(0.72, vec![Check::UnderDose])]
fn more_than_ten_percent_above_the_cell(#[case] mg_m2: f64, #[case] expected: Vec<Check>) {
    assert_eq!(met(&bed(&[("06-01", mg_m2)]), 0), expected);
}

#[test]
fn a_later_day_1_is_known_only_with_the_response() {
    let mut bed = bed(&[("06-01", 0.8), ("06-08", 0.5), ("06-15", 0.5), ("06-29", 0.8)]);
    let over = |bed: &Bed| check_dose(profile(), bed, &place(profile(), bed), 3).unwrap().answer(Check::OverDose);
    assert_eq!(over(&bed), Answer::Unknown);
    bed.remission = Some(Answer::Met);
    assert_eq!(over(&bed), Answer::Met);
    bed.remission = Some(Answer::NotMet);
    assert_eq!(over(&bed), Answer::NotMet);
    let (_, place) = place(profile(), &bed).doses[3];
    assert_eq!((place.cycle, place.day, place.inferred), (2, 1, true));
}

/// Story 21.
#[test]
fn a_reduced_dose_is_not_raised_again() {
    let mut bed = bed(&[("06-01", 0.8), ("06-08", 0.5), ("06-15", 0.5), ("07-14", 0.6), ("08-11", 0.8)]);
    bed.remission = Some(Answer::NotMet);
    assert_eq!(met(&bed, 3), vec![Check::UnderDose]);
    assert_eq!(met(&bed, 4), vec![Check::RaisedAfterReduction]);
}

/// Story 21.
#[test]
fn the_seventh_cycle_and_a_fourth_without_response() {
    let mut bed = Bed { age: Some((40, 40)), remission: Some(Answer::Met), ..Bed::default() };
    for cycle in 1..=7_u32 {
        let time = format!("0{cycle}-01 10:00");
        let dose = Dose {
            at: at(&time),
            mg_m2: Some(decimal(if cycle == 1 { 0.8 } else { 0.5 })),
            lasted_ms: Some(HOUR),
            cycle: Some(cycle),
            cycle_day: Some(1),
        };
        bed.doses.push(dose);
    }
    let bed = bed.seen("12-31 00:00");
    assert_eq!((met(&bed, 5), met(&bed, 6)), (vec![], vec![Check::CyclesAboveLimit]));
    let none = Bed { remission: Some(Answer::NotMet), ..bed };
    assert!(!met(&none, 2).contains(&Check::CyclesWithoutResponse));
    assert!(met(&none, 3).contains(&Check::CyclesWithoutResponse));
}

#[rstest]
#[case(60.0, vec![])]
#[case(59.9, vec![Check::InfusionShort])]
#[case(45.0, vec![Check::InfusionShort])]
#[case(44.9, vec![Check::InfusionVeryShort])]
fn short_infusions(#[case] minutes: f64, #[case] expected: Vec<Check>) {
    let mut bed = bed(&[("06-01", 0.8)]);
    bed.doses[0].lasted_ms = Some((minutes * 60_000.0) as i64);
    assert_eq!(met(&bed, 0), expected);
}

#[test]
fn what_was_inferred_is_at_most_low() {
    assert_eq!(Check::OverDose.priority(profile(), false), Priority::Medium);
    assert_eq!(Check::OverDose.priority(profile(), true), Priority::Low);
    assert_eq!(Check::Interval.priority(profile(), true), Priority::Low);
    assert_eq!(Check::InfusionShort.priority(profile(), true), Priority::Information);
}

#[test]
fn unknown_parts_are_unknown() {
    let mut bed = bed(&[("06-01", 0.8)]);
    (bed.doses[0].mg_m2, bed.doses[0].lasted_ms) = (None, None);
    let checks = check_dose(profile(), &bed, &place(profile(), &bed), 0).unwrap();
    for check in [Check::OverDose, Check::UnderDose, Check::InfusionShort, Check::InfusionVeryShort] {
        assert_eq!(checks.answer(check), Answer::Unknown, "{check:?}");
    }
    assert_eq!(check_dose(profile(), &bed, &place(profile(), &bed), 1), None);
}

#[test]
fn body_surface_by_mosteller() {
    // √(180 · 80 / 3600) = 2 m².
    assert_eq!(mg_per_m2(decimal(1.6), decimal(180.0), decimal(80.0)), Some(decimal(0.8)));
    assert_eq!(mg_per_m2(decimal(1.6), decimal(0.0), decimal(80.0)), None);
    let dose = mg_per_m2(decimal(1.5), decimal(171.0), decimal(70.0)).unwrap().to_f64();
    assert!((dose - 1.5 / (171.0_f64 * 70.0 / 3600.0).sqrt()).abs() < 1e-9);
}

//! Haemorrhage by ruling 19.

use super::bed::{Bed, at, decimal, profile};
use crate::detect::{Bleed, Bleeding, CriticalSites, Transfusion, bleeding};
use crate::profile::{Analyte, Answer, Priority};
use crate::record::{Presence, ProcedureKind};
use rstest::rstest;

fn bleed(time: &str, presence: Presence, site: Option<&str>) -> Bleed {
    Bleed { at: at(time), presence, critical: CriticalSites::new(profile()).critical(site), grade: None }
}

fn red_cells(bed: &mut Bed, time: &str, units: Option<f64>) {
    let given = Transfusion { at: at(time), units: units.map(decimal) };
    bed.transfusions.push((ProcedureKind::RedCellTransfusion, given));
}

fn judged(bed: &Bed, time: &str) -> (Bleeding, Option<(&'static str, Priority)>) {
    let found = bleeding(profile(), &bed.seen(time));
    (found, found.priority(profile()))
}

/// Story 19.
#[test]
fn a_fall_without_overt_bleeding_is_information_and_with_it_is_major() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Haemoglobin, "03-10 16:00", 95.0, "g/L").value(Analyte::Haemoglobin, "03-11 12:00", 75.0, "g/L");
    bed.value(Analyte::Weight, "03-11 08:00", 73.15, "kg");
    red_cells(&mut bed, "03-11 13:00", Some(2.0));
    let (found, raised) = judged(&bed, "03-11 14:00");
    assert_eq!((found.major, raised), (Answer::Unknown, Some(("hb_fall", Priority::Information))));
    assert!(found.dilution);
    bed.bleeds.push(bleed("03-11 18:00", Presence::Present, Some("melaena")));
    let (found, raised) = judged(&bed, "03-11 18:00");
    assert_eq!(
        (found.major, found.critical, raised),
        (Answer::Met, Answer::NotMet, Some(("isth_major", Priority::High)))
    );
}

#[test]
fn overt_bleeding_short_of_major_is_medium() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Haemoglobin, "03-10 16:00", 95.0, "g/L").value(Analyte::Haemoglobin, "03-11 12:00", 76.0, "g/L");
    red_cells(&mut bed, "03-11 13:00", Some(1.0));
    bed.bleeds.push(bleed("03-11 18:00", Presence::Present, Some("melaena")));
    let (found, raised) = judged(&bed, "03-11 18:00");
    assert_eq!((found.major, raised), (Answer::NotMet, Some(("bleeding_overt", Priority::Medium))));
    let mut site_unknown = bed.clone();
    site_unknown.bleeds = vec![bleed("03-11 18:00", Presence::Present, None)];
    assert_eq!(judged(&site_unknown, "03-11 18:00").0.major, Answer::Unknown);
}

#[test]
fn low_platelets_are_never_an_alert_and_a_critical_site_is_never_inferred() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Platelets, "03-11 08:00", 6.0, "10*9/L");
    let (found, raised) = judged(&bed, "03-11 09:00");
    assert_eq!((found.low_platelets, found.critical, raised), (Answer::Met, Answer::NotMet, None));
    bed.bleeds.push(bleed("03-11 10:00", Presence::Present, Some("Subdural haematoma on CT")));
    assert_eq!(judged(&bed, "03-11 10:00").1, Some(("isth_major", Priority::High)));
}

#[rstest]
#[case(9.5, 7.5, "g/dL", Answer::Met)]
#[case(9.5, 7.51, "g/dL", Answer::NotMet)]
#[case(95.0, 75.0, "g/L", Answer::Met)]
#[case(95.0, 75.1, "g/L", Answer::NotMet)]
fn the_fall_in_both_units(#[case] from: f64, #[case] to: f64, #[case] unit: &str, #[case] expected: Answer) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Haemoglobin, "03-09 12:00", from, unit).value(Analyte::Haemoglobin, "03-11 12:00", to, unit);
    assert_eq!(judged(&bed, "03-11 12:00").0.hb_fall, expected);
}

#[test]
fn a_fall_needs_two_values_within_48_hours_and_a_transfusion_does_not_hide_it() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Haemoglobin, "03-09 11:59", 95.0, "g/L").value(Analyte::Haemoglobin, "03-11 12:00", 70.0, "g/L");
    assert_eq!(judged(&bed, "03-11 12:00").0.hb_fall, Answer::Unknown);
    bed.value(Analyte::Haemoglobin, "03-10 11:59", 95.0, "g/L").value(Analyte::Haemoglobin, "03-11 20:00", 92.0, "g/L");
    let (found, _) = judged(&bed, "03-11 21:00");
    assert_eq!(found.hb_fall, Answer::Met);
    assert_eq!(found.fall.unwrap().1.at, at("03-11 12:00"));
    let silent = Bed::transplanted();
    assert_eq!(judged(&silent, "03-11 12:00").0.hb_fall, Answer::Unknown);
}

#[test]
fn units_are_summed_over_48_hours() {
    let mut bed = Bed::transplanted();
    bed.bleeds.push(bleed("03-11 08:00", Presence::Present, Some("nose")));
    assert_eq!(judged(&bed, "03-11 12:00").0.units, Answer::Unknown, "nothing was recorded");
    red_cells(&mut bed, "03-09 12:00", Some(1.0));
    assert_eq!(judged(&bed, "03-11 12:00").0.units, Answer::NotMet);
    assert_eq!(judged(&bed, "03-11 12:01").0.units, Answer::Unknown, "nothing was recorded of the last 48 hours");
    red_cells(&mut bed, "03-11 09:00", None);
    assert_eq!(judged(&bed, "03-11 12:00").0.units, Answer::Met, "one whose units are not said is at least one");
    assert_eq!(judged(&bed, "03-11 12:01").0.units, Answer::Unknown);
}

/// What is unknown never reads as not met: neither the units nor, through them, a major bleeding.
#[rstest]
#[case::nothing_recorded(&[], Answer::Unknown, Answer::Unknown)]
#[case::one_unit(&[Some(1.0)], Answer::NotMet, Answer::NotMet)]
#[case::units_not_said(&[None], Answer::Unknown, Answer::Unknown)]
#[case::two_units(&[Some(1.0), Some(1.0)], Answer::Met, Answer::Met)]
fn units_that_nobody_recorded_are_unknown(#[case] given: &[Option<f64>], #[case] units: Answer, #[case] major: Answer) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Haemoglobin, "03-10 08:00", 90.0, "g/L").value(Analyte::Haemoglobin, "03-11 07:00", 88.0, "g/L");
    bed.bleeds.push(bleed("03-11 08:00", Presence::Present, Some("nose")));
    given.iter().for_each(|units| red_cells(&mut bed, "03-11 09:00", *units));
    let (found, raised) = judged(&bed, "03-11 10:00");
    assert_eq!((found.units, found.major), (units, major));
    let expected =
        if major == Answer::Met { ("isth_major", Priority::High) } else { ("bleeding_overt", Priority::Medium) };
    assert_eq!(raised, Some(expected), "what is unknown raises nothing");
}

#[test]
fn bleeding_denied_and_bleeding_of_last_week() {
    let mut bed = Bed::transplanted();
    assert_eq!(judged(&bed, "03-11 08:00").0.overt, Answer::Unknown);
    bed.bleeds.push(bleed("03-11 08:00", Presence::Absent, None));
    assert_eq!(judged(&bed, "03-11 08:00").0.overt, Answer::NotMet);
    assert_eq!(judged(&bed, "03-18 08:01").0.overt, Answer::Unknown);
    let mut fatal = Bed::transplanted();
    fatal.bleeds.push(Bleed { grade: Some(5), ..bleed("03-11 08:00", Presence::Present, Some("gastric")) });
    assert_eq!(judged(&fatal, "03-11 08:00").0.major, Answer::Met);
}

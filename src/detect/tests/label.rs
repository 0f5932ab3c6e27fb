//! Holds, Hy's law, overdue monitoring.

use super::bed::{Bed, at, decimal, profile};
use crate::detect::{HepaticHold, Injury, Transfusion, haematological_hold, hepatic_hold, hys_law, next_due, overdue};
use crate::profile::{Analyte, Answer, Priority};
use crate::record::{ConditionKind, ProcedureKind};
use rstest::rstest;

fn liver(bilirubin: f64, alt: f64) -> Bed {
    let mut bed = Bed::treated();
    bed.value(Analyte::Bilirubin, "05-10 08:00", bilirubin, "umol/L").value(Analyte::Alt, "05-10 08:00", alt, "U/L");
    bed.value(Analyte::Ast, "05-10 08:00", 30.0, "U/L");
    bed
}

fn hold(bed: &Bed) -> HepaticHold {
    hepatic_hold(profile(), &bed.seen("05-10 09:00"))
}

/// Story 9.
#[rstest]
#[case(31.5, 101.0, Answer::NotMet, Some(Priority::Low))]
#[case(32.0, 101.0, Answer::Met, Some(Priority::Medium))]
#[case(32.0, 100.0, Answer::NotMet, Some(Priority::Low))]
#[case(31.5, 100.0, Answer::NotMet, None)]
fn the_hepatic_hold_is_entered_by_both(
    #[case] bilirubin: f64,
    #[case] alt: f64,
    #[case] enter: Answer,
    #[case] priority: Option<Priority>,
) {
    let found = hold(&liver(bilirubin, alt));
    assert_eq!((found.enter, found.priority(profile()).map(|(_, priority)| priority)), (enter, priority));
    let both_low = bilirubin <= 31.5 && alt <= 100.0;
    assert_eq!(found.leave == Answer::Met, both_low);
}

#[test]
fn without_a_limit_of_normal_the_hold_is_unknown() {
    let mut bed = Bed { without_limits: true, ..Bed::treated() };
    bed.value(Analyte::Bilirubin, "05-10 08:00", 320.0, "umol/L").value(Analyte::Alt, "05-10 08:00", 900.0, "U/L");
    let found = hold(&bed);
    assert_eq!((found.enter, found.leave, found.priority(profile())), (Answer::Unknown, Answer::Unknown, None));
    let mut leave = liver(20.0, 30.0);
    leave.values.retain(|(analyte, _)| *analyte != Analyte::Ast);
    assert_eq!(hold(&leave).leave, Answer::Unknown, "AST is missing");
}

#[test]
fn gilbert_and_haemolysis_are_excepted() {
    for kind in [ConditionKind::Gilbert, ConditionKind::Haemolysis] {
        let mut bed = liver(44.0, 35.0);
        bed.condition(kind);
        assert_eq!(hold(&bed).priority(profile()), None, "{kind:?}");
        let mut both = liver(44.0, 101.0);
        both.condition(kind);
        let found = hold(&both);
        assert_eq!((found.enter, found.bilirubin, found.exempt), (Answer::NotMet, Answer::Met, true));
        assert_eq!(found.priority(profile()), Some(("single_test_notice", Priority::Low)));
    }
}

fn counts(anc_before: f64, platelets_before: f64, anc: f64, platelets: f64) -> Bed {
    let mut bed = Bed::treated();
    for (analyte, before, now) in [(Analyte::Anc, anc_before, anc), (Analyte::Platelets, platelets_before, platelets)] {
        bed.value(analyte, "04-18 08:00", before, "10*9/L").value(analyte, "05-16 08:00", now, "10*9/L");
    }
    bed
}

#[rstest]
#[case(counts(1.0, 50.0, 1.0, 50.0), Answer::NotMet)]
#[case(counts(1.0, 50.0, 0.99, 50.0), Answer::Met)]
#[case(counts(1.0, 50.0, 1.0, 49.0), Answer::Met)]
#[case(counts(0.9, 50.0, 1.0, 50.0), Answer::NotMet)]
#[case(counts(0.9, 40.0, 0.9, 40.0), Answer::NotMet)]
#[case(counts(0.9, 40.0, 0.8, 40.0), Answer::Unknown)]
fn the_haematological_hold_by_the_counts_before(#[case] bed: Bed, #[case] expected: Answer) {
    let bed = bed.seen("05-16 09:00");
    let found = haematological_hold(profile(), &bed, 2, Some(at("04-19 10:00"))).unwrap();
    assert_eq!(found.answer, expected);
    assert_eq!(found.attribution_open, expected == Answer::Unknown);
    let raised = found.priority(profile()).map(|(_, priority)| priority);
    let priority = match expected {
        Answer::Met => Some(Priority::Medium),
        Answer::Unknown => Some(Priority::Low),
        Answer::NotMet => None,
    };
    assert_eq!(raised, priority);
    assert_eq!(haematological_hold(profile(), &bed, 1, None), None, "never in cycle 1");
}

#[test]
fn transfused_platelets_do_not_count() {
    for (time, expected) in [("05-09 08:00", Answer::NotMet), ("05-09 08:01", Answer::Unknown)] {
        let mut bed = counts(1.0, 60.0, 1.5, 60.0);
        let given = Transfusion { at: at(time), units: Some(decimal(1.0)) };
        bed.transfusions.push((ProcedureKind::PlateletTransfusion, given));
        let found = haematological_hold(profile(), &bed.seen("05-16 09:00"), 2, Some(at("04-19 10:00"))).unwrap();
        assert_eq!(found.platelets, expected, "{time}");
    }
}

#[rstest]
#[case(120.0, 42.1, 239.0, Answer::Met)]
#[case(119.9, 42.1, 239.0, Answer::NotMet)]
#[case(120.0, 42.0, 239.0, Answer::NotMet)]
#[case(120.0, 42.1, 240.0, Answer::NotMet)]
fn hys_law_at_its_limits(#[case] alt: f64, #[case] bilirubin: f64, #[case] alp: f64, #[case] expected: Answer) {
    let mut bed = liver(bilirubin, alt);
    assert_ne!(hys_law(profile(), &bed.seen("05-10 09:00")).answer, Answer::Met, "ALP is missing");
    bed.value(Analyte::Alp, "05-10 08:00", alp, "U/L");
    assert_eq!(hys_law(profile(), &bed.seen("05-10 09:00")).answer, expected);
}

#[test]
fn hys_law_is_unknown_without_alp_and_met_by_ast_alone() {
    let mut bed = liver(50.0, 30.0);
    bed.value(Analyte::Ast, "05-10 08:30", 130.0, "U/L");
    assert_eq!(hys_law(profile(), &bed.seen("05-10 09:00")).answer, Answer::Unknown);
    bed.value(Analyte::Alp, "05-10 08:30", 100.0, "U/L");
    let found = hys_law(profile(), &bed.seen("05-10 09:00"));
    assert_eq!((found.answer, found.priority(profile())), (Answer::Met, Some(("hys_law", Priority::High))));
}

#[rstest]
#[case(200.0, 120.0, Injury::Hepatocellular)]
#[case(199.0, 120.0, Injury::Mixed)]
#[case(80.0, 120.0, Injury::Cholestatic)]
#[case(81.0, 120.0, Injury::Mixed)]
fn the_r_ratio(#[case] alt: f64, #[case] alp: f64, #[case] expected: Injury) {
    let mut bed = liver(20.0, alt);
    bed.value(Analyte::Alp, "05-10 08:00", alp, "U/L");
    assert_eq!(hys_law(profile(), &bed.seen("05-10 09:00")).injury, Some(expected));
}

fn ids(bed: &Bed, time: &str, vod_open: bool) -> Vec<&'static str> {
    overdue(profile(), &bed.seen(time), vod_open).rows(profile()).map(|row| row.id.as_str()).collect()
}

#[test]
fn tests_before_and_after_a_dose() {
    let mut bed = Bed { age: Some((40, 40)), ..Bed::default() };
    bed.dose("05-01 10:00", 0.8);
    let before = ids(&bed, "05-01 11:00", false);
    assert!(before.contains(&"alt_before_dose") && before.contains(&"ecg_before_first_dose"), "{before:?}");
    assert!(!before.contains(&"alt_after_dose"), "not yet");
    bed.value(Analyte::Alt, "04-28 10:00", 30.0, "U/L").value(Analyte::Wbc, "04-30 10:00", 3.0, "10*9/L");
    bed.value(Analyte::Qtc, "04-17 10:00", 400.0, "ms");
    let done = ids(&bed, "05-01 11:00", false);
    for id in ["alt_before_dose", "white_cells_before_dose", "ecg_before_first_dose"] {
        assert!(!done.contains(&id), "{id} in {done:?}");
    }
    assert!(!ids(&bed, "05-08 10:00", false).contains(&"alt_after_dose"));
    assert!(ids(&bed, "05-08 10:01", false).contains(&"alt_after_dose"));
    bed.value(Analyte::Alt, "05-05 10:00", 30.0, "U/L");
    assert!(!ids(&bed, "05-08 10:01", false).contains(&"alt_after_dose"));
    assert_eq!(next_due(profile(), &bed.seen("05-05 11:00"), false).unwrap().0, at("05-08 10:00").0 + 1);
    let mut old = Bed { age: Some((40, 40)), ..Bed::default() };
    old.dose("05-01 10:00", 0.8);
    old.value(Analyte::Alt, "04-28 09:59", 30.0, "U/L");
    assert!(ids(&old, "05-01 11:00", false).contains(&"alt_before_dose"));
}

#[test]
fn a_daily_weight_of_inpatients_from_conditioning_to_day_21_or_with_an_open_episode() {
    let mut bed = Bed { inpatient: Some(Answer::Met), ..Bed::transplanted() };
    bed.value(Analyte::Weight, "03-21 08:00", 70.0, "kg");
    let due = |bed: &Bed, time: &str, open| ids(bed, time, open).contains(&"weight_daily");
    assert!(!due(&bed, "03-22 08:00", false));
    assert!(due(&bed, "03-22 08:01", false));
    assert!(!due(&bed, "03-23 08:01", false), "day 22");
    assert!(due(&bed, "03-23 08:01", true));
    assert!(due(&bed, "02-24 08:01", false), "conditioning");
    assert_eq!(next_due(profile(), &bed.seen("03-21 09:00"), false).unwrap().0, at("03-22 08:00").0 + 1);
    let out = Bed { inpatient: Some(Answer::NotMet), ..bed.clone() };
    assert!(!due(&out, "03-22 08:01", true));
    let unknown = Bed { inpatient: None, ..bed };
    assert!(!due(&unknown, "03-22 08:01", true));
}

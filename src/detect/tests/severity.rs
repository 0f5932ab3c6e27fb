//! EBMT severity and the grade of sinusoidal obstruction syndrome.

use super::bed::{Bed, at, profile};
use crate::detect::{severity, sos_grade};
use crate::profile::{Analyte, SeverityLevel};
use crate::record::{ConditionKind, FindingKind, ProcedureKind};
use rstest::rstest;

/// Story 11.
#[test]
fn severity_counts_cumulatively() {
    let mut bed = Bed::transplanted();
    let level =
        |bed: &Bed, time: &str| severity(profile(), &bed.seen(time), at("03-10 08:00"), at("03-16 08:00")).level;
    bed.value(Analyte::Bilirubin, "03-16 08:00", 100.0, "umol/L").value(Analyte::Alt, "03-16 08:00", 240.0, "U/L");
    assert_eq!(level(&bed, "03-16 09:00"), Some(SeverityLevel::Severe));
    bed.value(Analyte::Bilirubin, "03-17 08:00", 140.0, "umol/L").value(Analyte::Alt, "03-17 08:00", 240.0, "U/L");
    assert_eq!(level(&bed, "03-17 09:00"), Some(SeverityLevel::Severe));
    bed.value(Analyte::Creatinine, "03-17 10:00", 160.0, "umol/L");
    assert_eq!(level(&bed, "03-17 11:00"), Some(SeverityLevel::VerySevere));
    bed.value(Analyte::Creatinine, "03-17 10:30", 159.9, "umol/L");
    assert_eq!(level(&bed, "03-17 11:00"), Some(SeverityLevel::Severe));
}

#[rstest]
#[case(50.9, "umol/L", None, Some(SeverityLevel::Mild))]
#[case(51.0, "umol/L", None, Some(SeverityLevel::Moderate))]
#[case(3.0, "mg/dL", None, Some(SeverityLevel::Moderate))]
#[case(2.9, "mg/dL", None, Some(SeverityLevel::Mild))]
#[case(33.9, "umol/L", None, None)]
#[case(85.0, "umol/L", Some(201.0), Some(SeverityLevel::Severe))]
#[case(84.9, "umol/L", Some(201.0), Some(SeverityLevel::Moderate))]
#[case(85.0, "umol/L", Some(200.0), Some(SeverityLevel::Moderate))]
#[case(8.0, "mg/dL", Some(321.0), Some(SeverityLevel::VerySevere))]
#[case(8.0, "mg/dL", Some(320.0), Some(SeverityLevel::Severe))]
fn bands_of_severity(
    #[case] bilirubin: f64,
    #[case] unit: &str,
    #[case] alt: Option<f64>,
    #[case] expected: Option<SeverityLevel>,
) {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-16 08:00", bilirubin, unit);
    if let Some(alt) = alt {
        bed.value(Analyte::Alt, "03-16 08:00", alt, "U/L");
    }
    // Six days from the first sign: moderate.
    let found = severity(profile(), &bed.seen("03-16 09:00"), at("03-10 08:00"), at("03-16 08:00"));
    assert_eq!(found.level, expected);
}

#[test]
fn two_known_risk_factors_lift_a_severity_and_unknown_ones_do_not() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-16 08:00", 40.0, "umol/L");
    let level = |bed: &Bed| severity(profile(), &bed.seen("03-16 09:00"), at("03-10 08:00"), at("03-16 08:00"));
    assert_eq!(level(&bed).level, Some(SeverityLevel::Mild));
    bed.condition(ConditionKind::LiverDisease);
    assert_eq!(level(&bed).level, Some(SeverityLevel::Mild));
    bed.age = Some((55, 55));
    assert_eq!(
        (level(&bed).level, level(&bed).before_lift),
        (Some(SeverityLevel::Moderate), Some(SeverityLevel::Mild))
    );
}

#[test]
fn a_severity_that_rests_on_weight_says_that_its_numbers_are_unverified() {
    let mut bed = Bed::transplanted();
    bed.value(Analyte::Bilirubin, "03-16 08:00", 90.0, "umol/L").value(Analyte::Weight, "03-16 08:00", 74.0, "kg");
    let found = severity(profile(), &bed.seen("03-16 09:00"), at("03-10 08:00"), at("03-16 08:00"));
    assert_eq!((found.level, found.unverified), (Some(SeverityLevel::Severe), true));
    bed.value(Analyte::Alt, "03-16 08:00", 300.0, "U/L");
    let found = severity(profile(), &bed.seen("03-16 09:00"), at("03-10 08:00"), at("03-16 08:00"));
    assert_eq!((found.level, found.unverified), (Some(SeverityLevel::Severe), false));
}

#[test]
fn grades_of_sinusoidal_obstruction_syndrome() {
    let grade = |value: f64, unit: &str| {
        let mut bed = Bed::transplanted();
        bed.value(Analyte::Bilirubin, "03-16 08:00", value, unit);
        sos_grade(profile(), &bed.seen("03-16 09:00"))
    };
    assert_eq!([1.9, 2.0, 5.0, 5.1].map(|value| grade(value, "mg/dL")), [None, Some(2), Some(2), Some(3)]);
    assert_eq!([34.0, 34.3, 85.5, 85.6].map(|value| grade(value, "umol/L")), [None, Some(2), Some(2), Some(3)]);
    let mut bed = Bed::transplanted();
    bed.present(FindingKind::PortalFlowReversal, "03-16 08:00");
    assert_eq!(sos_grade(profile(), &bed.seen("03-16 09:00")), Some(3));
    bed.procedures.push((ProcedureKind::Dialysis, at("03-16 08:30")));
    assert_eq!(sos_grade(profile(), &bed.seen("03-16 09:00")), Some(4));
}

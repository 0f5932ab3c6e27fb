//! Units, specimens and suspect values, at their boundaries.

use super::quantity::{Measure, Measures, NoMeasure, Reported, Suspect, read_text, suspect_beside};
use crate::profile::{Analyte, Decimal, Profile, Unit};
use crate::record::Comparator;
use rstest::rstest;

fn measures() -> Measures<'static> {
    Measures::new(Profile::builtin())
}

fn read(analyte: Analyte, value: f64, unit: &str) -> Result<Measure, NoMeasure> {
    measures().read(analyte, &Reported { value: Some(value), unit, ..Reported::default() }, None)
}

fn decimal(value: f64) -> Decimal {
    Decimal::from_f64(value).unwrap()
}

#[rstest]
#[case(Analyte::Platelets, 210.0, "10*9/L", "210")]
#[case(Analyte::Platelets, 210.0, "K/uL", "210")]
#[case(Analyte::Platelets, 210.0, "K/µL", "210")]
#[case(Analyte::Platelets, 210.0, "K/μL", "210")]
#[case(Analyte::Platelets, 210.0, "THOU/uL", "210")]
#[case(Analyte::Platelets, 210.0, "GI/L", "210")]
#[case(Analyte::Platelets, 210.0, "G/L", "210")]
#[case(Analyte::Platelets, 210.0, "10^9/L", "210")]
#[case(Analyte::Platelets, 210.0, "x10^3/uL", "210")]
#[case(Analyte::Platelets, 210.0, "x 10⁹/L", "210")]
#[case(Analyte::Platelets, 210.0, "10E9/L", "210")]
#[case(Analyte::Platelets, 210_000.0, "/mm3", "210")]
#[case(Analyte::Platelets, 210_000.0, "{cells}/uL", "210")]
#[case(Analyte::Anc, 450.0, "cells/mcL", "0.45")]
#[case(Analyte::Anc, 499.0, "/uL", "0.499")]
#[case(Analyte::Wbc, 0.4, "10*3/uL", "0.4")]
#[case(Analyte::Haemoglobin, 7.9, "g/dL", "79")]
#[case(Analyte::Haemoglobin, 79.0, "G/L", "79")]
#[case(Analyte::Haemoglobin, 5.0, "mmol/L", "80.5")]
#[case(Analyte::Bilirubin, 2.0, "mg/dl", "34.208")]
#[case(Analyte::Bilirubin, 34.0, "umol/L", "34")]
#[case(Analyte::Bilirubin, 34.0, "µmol/L", "34")]
#[case(Analyte::Bilirubin, 34.0, "μmol/l", "34")]
#[case(Analyte::Bilirubin, 20.0, "mg/L", "34.208")]
#[case(Analyte::Creatinine, 1.0, "MG/DL", "88.4017")]
#[case(Analyte::Alt, 2.0, "ukat/L", "120")]
#[case(Analyte::Alt, 40.0, "[iU]/L", "40")]
#[case(Analyte::Alt, 500.0, "nkat/L", "30")]
#[case(Analyte::Temperature, 101.0, "[degF]", "38.3333333333")]
#[case(Analyte::Temperature, 100.4, "?F", "38")]
#[case(Analyte::Temperature, 100.94, "°F", "38.3")]
#[case(Analyte::Temperature, 98.6, "Deg. F", "37")]
#[case(Analyte::Temperature, 38.3, "Cel", "38.3")]
#[case(Analyte::Temperature, 38.3, "°C", "38.3")]
#[case(Analyte::Temperature, 311.15, "K", "38")]
#[case(Analyte::Weight, 70_000.0, "g", "70")]
#[case(Analyte::Weight, 154.32, "lb", "69.9983745384")]
#[case(Analyte::Weight, 154.32, "[lb_av]", "69.9983745384")]
#[case(Analyte::Height, 70.0, "in", "177.8")]
#[case(Analyte::Inr, 1.2, "", "1.2")]
fn units_become_the_analytes_own(
    #[case] analyte: Analyte,
    #[case] value: f64,
    #[case] unit: &str,
    #[case] canonical: &str,
) {
    let measure = read(analyte, value, unit).unwrap();
    assert_eq!(measure.value.to_string(), canonical);
    assert_eq!(measure.reported, decimal(value));
    assert_eq!(measure.suspect, None);
}

#[test]
fn thirty_four_micromoles_are_not_two_milligrams() {
    let (umol, mg) =
        (read(Analyte::Bilirubin, 34.0, "umol/L").unwrap(), read(Analyte::Bilirubin, 2.0, "mg/dL").unwrap());
    assert!(umol.value < mg.value);
    assert_eq!((umol.unit, mg.unit), (Unit::UmolL, Unit::MgDl));
}

#[rstest]
#[case(Analyte::Bilirubin, 20.0, "mg/dL", None)]
#[case(Analyte::Bilirubin, 20.1, "mg/dL", Some(Suspect::Unit))]
#[case(Analyte::Bilirubin, 34.0, "mg/dL", Some(Suspect::Unit))]
#[case(Analyte::Bilirubin, 60.0, "mg/dL", Some(Suspect::Unit))]
#[case(Analyte::Bilirubin, 400.0, "umol/L", None)]
#[case(Analyte::Bilirubin, 0.9, "umol/L", Some(Suspect::Bounds))]
#[case(Analyte::Platelets, 2000.0, "10*9/L", None)]
#[case(Analyte::Platelets, 2000.1, "10*9/L", Some(Suspect::Bounds))]
#[case(Analyte::Platelets, 210_000.0, "10*9/L", Some(Suspect::Bounds))]
#[case(Analyte::Anc, 100.0, "10*9/L", None)]
#[case(Analyte::Anc, 450.0, "10*9/L", Some(Suspect::Bounds))]
#[case(Analyte::Temperature, 31.4, "degF", Some(Suspect::Bounds))]
#[case(Analyte::Temperature, 101.0, "Cel", Some(Suspect::Bounds))]
#[case(Analyte::Weight, 0.0, "kg", Some(Suspect::Bounds))]
fn slips_of_unit_are_suspect_and_not_dropped(
    #[case] analyte: Analyte,
    #[case] value: f64,
    #[case] unit: &str,
    #[case] suspect: Option<Suspect>,
) {
    let measure = read(analyte, value, unit).unwrap();
    assert_eq!((measure.suspect, measure.reported), (suspect, decimal(value)));
}

#[test]
fn a_comparator_says_nothing_against_the_bound_on_its_own_side() {
    let with = |comparator, value| {
        let reported = Reported { comparator, value: Some(value), unit: "g/L", ..Reported::default() };
        measures().read(Analyte::Haemoglobin, &reported, None).unwrap().suspect
    };
    assert_eq!(with(Comparator::Lt, 10.0), None);
    assert_eq!(with(Comparator::Eq, 10.0), Some(Suspect::Bounds));
    assert_eq!(with(Comparator::Gt, 300.0), None);
    assert_eq!(with(Comparator::Lt, 300.0), Some(Suspect::Bounds));
}

#[rstest]
#[case(Analyte::Bilirubin, 99.9, 20.0, 48.0, None)]
#[case(Analyte::Bilirubin, 100.0, 20.0, 48.0, Some(Suspect::Jump))]
#[case(Analyte::Bilirubin, 100.0, 20.0, 48.1, None)]
#[case(Analyte::Weight, 80.5, 70.0, 24.0, Some(Suspect::WeightChange))]
#[case(Analyte::Weight, 80.4, 70.0, 24.0, None)]
#[case(Analyte::Weight, 59.5, 70.0, 24.0, Some(Suspect::WeightChange))]
#[case(Analyte::Weight, 59.6, 70.0, 24.0, None)]
#[case(Analyte::Weight, 90.0, 70.0, 24.1, None)]
#[case(Analyte::Alt, 900.0, 10.0, 1.0, None)]
fn jumps_are_suspect(
    #[case] analyte: Analyte,
    #[case] value: f64,
    #[case] before: f64,
    #[case] hours: f64,
    #[case] suspect: Option<Suspect>,
) {
    let apart = (hours * 3_600_000.0) as i64;
    let (value, before) = (measure(Comparator::Eq, value), measure(Comparator::Eq, before));
    assert_eq!(suspect_beside(Profile::builtin(), analyte, &value, &before, apart), suspect);
}

fn measure(comparator: Comparator, value: f64) -> Measure {
    let unit = crate::profile::Unit::One;
    let (value, low, high) = (decimal(value), None, None);
    Measure { value, reported: value, unit, comparator, low, high, high_of_site: false, suspect: None }
}

/// A jump of bilirubin from 20 to 100, a change of weight from 70 to 90, where one of the two is a bound.
#[rstest]
#[case::below_may_be_little(Comparator::Lt, Comparator::Eq, None, None)]
#[case::at_most_may_be_little(Comparator::Le, Comparator::Eq, None, None)]
#[case::above_is_more_than_enough(Comparator::Gt, Comparator::Eq, Some(Suspect::Jump), None)]
#[case::at_least_is_enough(Comparator::Ge, Comparator::Eq, Some(Suspect::Jump), None)]
#[case::from_below_is_a_longer_way(Comparator::Eq, Comparator::Lt, Some(Suspect::Jump), None)]
#[case::from_above_may_be_near(Comparator::Eq, Comparator::Gt, None, None)]
#[case::exact(Comparator::Eq, Comparator::Eq, Some(Suspect::Jump), Some(Suspect::WeightChange))]
fn a_bound_is_suspect_only_on_the_side_on_which_it_is_certain(
    #[case] comparator: Comparator,
    #[case] earlier: Comparator,
    #[case] jump: Option<Suspect>,
    #[case] change: Option<Suspect>,
) {
    let beside = |analyte, value, before| {
        let (value, before) = (measure(comparator, value), measure(earlier, before));
        suspect_beside(Profile::builtin(), analyte, &value, &before, 3_600_000)
    };
    assert_eq!(beside(Analyte::Bilirubin, 100.0, 20.0), jump);
    assert_eq!(beside(Analyte::Weight, 90.0, 70.0), change);
    assert_eq!(beside(Analyte::Bilirubin, 99.9, 20.0), None);
}

#[rstest]
#[case(Some("urine"), None, Err(NoMeasure::OtherSpecimen))]
#[case(Some("Ascites"), None, Err(NoMeasure::OtherSpecimen))]
#[case(Some("CSF"), None, Err(NoMeasure::OtherSpecimen))]
#[case(Some("swab of something"), None, Err(NoMeasure::UnclearSpecimen))]
#[case(Some("Serum"), None, Ok(()))]
#[case(Some("Ser/Plas"), None, Ok(()))]
#[case(None, None, Ok(()))]
fn a_result_in_another_specimen_is_not_the_analyte(
    #[case] specimen: Option<&str>,
    #[case] body_site: Option<&str>,
    #[case] expected: Result<(), NoMeasure>,
) {
    let reported = Reported { value: Some(50.0), unit: "umol/L", specimen, body_site, ..Reported::default() };
    assert_eq!(measures().read(Analyte::Bilirubin, &reported, None).map(|_| ()), expected);
}

#[test]
fn a_temperature_is_taken_on_a_body() {
    let at = |site| {
        let reported = Reported { value: Some(38.0), unit: "Cel", body_site: Some(site), ..Reported::default() };
        measures().read(Analyte::Temperature, &reported, None).map(|_| ())
    };
    assert_eq!(at("Oral"), Ok(()));
    assert_eq!(at("incubator"), Err(NoMeasure::UnclearSpecimen));
}

#[test]
fn what_gives_no_value_says_why() {
    assert_eq!(read(Analyte::Alt, 40.0, ""), Err(NoMeasure::NoUnit));
    assert_eq!(read(Analyte::Alt, 40.0, "mg/dL"), Err(NoMeasure::UnknownUnit));
    assert_eq!(read(Analyte::Alt, f64::NAN, "U/L"), Err(NoMeasure::OutOfRange));
    assert_eq!(read(Analyte::Alt, 1e12, "U/L"), Err(NoMeasure::OutOfRange));
    let none = Reported { unit: "U/L", ..Reported::default() };
    assert_eq!(measures().read(Analyte::Alt, &none, None), Err(NoMeasure::NoValue));
}

#[test]
fn limits_of_normal_come_with_the_message_and_else_from_the_site_and_are_marked() {
    let own = Reported { value: Some(2.0), unit: "mg/dL", high: Some(1.2), low: Some(0.1), ..Reported::default() };
    let measure = measures().read(Analyte::Bilirubin, &own, Some(decimal(21.0))).unwrap();
    assert_eq!((measure.high.unwrap().to_string().as_str(), measure.high_of_site), ("20.5248", false));
    let none = Reported { high: None, ..own };
    let measure = measures().read(Analyte::Bilirubin, &none, Some(decimal(21.0))).unwrap();
    assert_eq!((measure.high, measure.high_of_site), (Some(decimal(21.0)), true));
    let zero = Reported { high: Some(0.0), ..own };
    let measure = measures().read(Analyte::Bilirubin, &zero, None).unwrap();
    assert_eq!((measure.high, measure.high_of_site), (None, false));
}

#[rstest]
#[case(Some("1975-2"), None, Some(Analyte::Bilirubin))]
#[case(Some("14631-6"), Some("whatever"), Some(Analyte::Bilirubin))]
#[case(None, Some("Bilirubin, Total"), Some(Analyte::Bilirubin))]
#[case(None, Some("SGPT"), Some(Analyte::Alt))]
#[case(Some("751-8"), None, Some(Analyte::Anc))]
#[case(Some("1968-7"), None, Some(Analyte::BilirubinDirect))]
#[case(Some("0000-0"), Some("urine bilirubin"), None)]
#[case(None, None, None)]
fn codes_and_names_find_the_analyte(
    #[case] loinc: Option<&str>,
    #[case] name: Option<&str>,
    #[case] analyte: Option<Analyte>,
) {
    assert_eq!(measures().analyte(loinc, name), analyte);
}

#[rstest]
#[case("<5", Some((Comparator::Lt, 5.0, "")))]
#[case(" >= 0.2 mg/dL", Some((Comparator::Ge, 0.2, "mg/dL")))]
#[case("≤1", Some((Comparator::Le, 1.0, "")))]
#[case("12", Some((Comparator::Eq, 12.0, "")))]
#[case("<0.1 /uL", Some((Comparator::Lt, 0.1, "/uL")))]
#[case("3,5", None)]
#[case("2-4", None)]
#[case("120/80", None)]
#[case("negative", None)]
#[case("", None)]
fn results_sent_as_text(#[case] text: &str, #[case] read: Option<(Comparator, f64, &str)>) {
    assert_eq!(read_text(text), read);
}

#[rstest]
#[case::coded(Some("1975-2"), None, "umol/L", None)]
#[case::named(None, Some("bilirubin"), "mg/dL", Some("Serum"))]
#[case::spaced_specimen(None, Some("bilirubin"), "mg/dL", Some(" venous   Blood "))]
fn a_result_in_the_profiles_own_words_costs_no_allocation(
    #[case] loinc: Option<&str>,
    #[case] name: Option<&str>,
    #[case] unit: &str,
    #[case] specimen: Option<&str>,
) {
    let measures = measures();
    let reported = Reported { value: Some(2.0), unit, high: Some(1.2), specimen, ..Reported::default() };
    let analyte = std::cell::Cell::new(None);
    let counted = allocation_counter::measure(|| {
        analyte.set(measures.analyte(loinc, name));
        let _ = measures.read(Analyte::Bilirubin, &reported, None);
    });
    assert_eq!((counted.count_total, analyte.get()), (0, Some(Analyte::Bilirubin)));
}

#[test]
fn words_written_otherwise_are_found_all_the_same() {
    assert_eq!(measures().analyte(None, Some("  Total  BILIRUBIN ")), Some(Analyte::Bilirubin));
    assert_eq!(measures().unit(Analyte::Bilirubin, " UMOL / l").map(|row| row.unit), Some(crate::profile::Unit::UmolL));
}

#[test]
fn a_value_written_again_is_read_as_the_same_in_every_unit() {
    let measures = measures();
    let limits = [(None, None), (Some(0.3), Some(1.2)), (Some(3.5), Some(4.05)), (None, Some(450.0))];
    let mut read = 0;
    for row in &Profile::builtin().analytes {
        for unit in Profile::builtin().units.iter().filter(|unit| unit.kind == row.units) {
            for (value, (low, high)) in [0.1, 0.7, 1.2, 2.0, 3.4, 34.2, 101.3, 4500.0]
                .into_iter()
                .flat_map(|value| limits.map(|of| (value, of)))
            {
                let (unit, comparator) = (unit.unit.name(), Comparator::Lt);
                let reported = Reported { comparator, value: Some(value), unit, low, high, ..Reported::default() };
                let Ok(first) = measures.read(row.id, &reported, None) else { continue };
                let said = measures.written(row.id, &first, crate::record::ResultStatus::Final);
                let quantity = said.quantity.as_ref().unwrap();
                let again = Reported {
                    comparator: quantity.comparator,
                    value: Some(quantity.value),
                    unit: &quantity.unit,
                    low: said.reference_low,
                    high: said.reference_high,
                    ..Reported::default()
                };
                assert_eq!(measures.read(row.id, &again, None), Ok(first), "{} {value} {unit}", row.id);
                read += 1;
            }
        }
    }
    assert!(read > 1_000, "{read}");
}

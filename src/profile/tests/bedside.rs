//! The sections of the bedside rules: what contradicts is found, with its line; what the sources print is there.

use super::faults::broken;
use crate::profile::{Analyte, BUILTIN_TOML, Decimal, ItemTest, Profile, Unit};
use rstest::rstest;

#[rstest]
#[case::unit_spelt_twice("spellings = [\"nkat/L\"]", "spellings = [\"UKAT/L\"]", "means ukat/L already")]
#[case::analyte_code_twice("loinc = [\"1968-7\",", "loinc = [\"1975-2\",", "means bilirubin already")]
#[case::bounds("low = 1\nhigh = 1500", "low = 1501\nhigh = 1500", "is not below high")]
#[case::no_such_unit("unit = \"mg/dL\"\nfactor = 17.104", "unit = \"mg/dl\"\nfactor = 17.104", "unknown variant")]
#[case::factor("factor = 17.104", "factor = 0", "is not a number from")]
#[case::no_such_item(
    "[\"haemodynamic_or_ultrasound\"], count",
    "[\"haemodynamic\"], count",
    "is no item of the criteria"
)]
#[case::never_met(
    "count = 2, of = [\"bilirubin_above_2\"",
    "count = 4, of = [\"bilirubin_above_2\"",
    "could never be met"
)]
#[case::always_met("{ all = [\"hvpg_10_or_more\"] }", "{ all = [] }", "it would always be met")]
#[case::no_anchor(
    "rule = \"ebmt2016_late\"\nanchor = \"hsct\"",
    "rule = \"ebmt2016_late\"\nanchor = \"none\"",
    "days without an anchor"
)]
#[case::days("day_min = 0\nday_max = 20", "day_min = 21\nday_max = 20", "ends before it begins")]
#[case::no_priority(
    "name = \"Baltimore\"\nrule = \"baltimore\"",
    "name = \"Baltimore\"\nrule = \"b\"",
    "has no priority"
)]
#[case::grade_order(
    "{ grade = 4, basis = \"xuln\", op = \">\", limit = 10 }",
    "{ grade = 4, basis = \"xuln\", op = \">\", limit = 2 }",
    "level 4 begins before level 3"
)]
#[case::severity_order(
    "limit = 85, printed_unit = \"mg/dL\", printed_limit = 5",
    "limit = 85, printed_unit = \"mg/dL\", printed_limit = 2.5",
    "level severe begins before level moderate"
)]
#[case::fever(
    "single_op = \">=\"\nsingle_celsius = 38.3",
    "single_op = \">=\"\nsingle_celsius = 37.3",
    "is below repeated_celsius"
)]
#[case::number_in_another_unit(
    "value = 72\nunit = \"h\"\ndrives = \"VOD/SOS criteria\"",
    "value = 72\nunit = \"d\"\ndrives = \"VOD/SOS criteria\"",
    "the rules want \"h\""
)]
#[case::number_gone(
    "id = \"rule.stale.weight_hours\"",
    "id = \"rule.stale.weight\"",
    "no fact \"rule.stale.weight_hours\""
)]
fn a_contradiction_is_found(#[case] find: &str, #[case] replacement: &str, #[case] what: &str) {
    let (text, lines) = broken(&[(find, replacement)]);
    let faults = Profile::parse(&text).unwrap_err();
    let said = faults.as_slice().iter().find(|fault| fault.what.contains(what)).unwrap_or_else(|| panic!("{faults}"));
    // What is missing has no line of its own; a row's fault may stand at its header.
    let near = said.line == 1 || lines[0].abs_diff(said.line) <= 9;
    assert!(near, "line {} for a fault on {}: {faults}", said.line, lines[0]);
}

#[test]
fn every_analyte_has_a_row_in_its_order() {
    let rows: Vec<Analyte> = Profile::builtin().analytes.iter().map(|row| row.id).collect();
    assert_eq!(rows, Analyte::ALL);
}

#[test]
fn the_two_printed_limits_of_bilirubin_are_34_and_2() {
    for item in &Profile::builtin().criteria_items {
        if let ItemTest::Value(Analyte::Bilirubin, limit) = &item.test {
            let whole = |number: i64| Decimal::from_whole(number).unwrap();
            assert_eq!((limit.limit, limit.printed), (whole(34), Some((Unit::MgDl, whole(2)))), "{}", item.id);
        }
    }
}

/// A fact that prints a number of a fever definition says the same as the definition.
#[test]
fn fever_definitions_agree_with_the_rulings() {
    let profile = Profile::builtin();
    let fact = |id: &str| Decimal::from_f64(profile.fact(id).unwrap().value.unwrap()).unwrap();
    let definition = |id: &str| profile.fever_definitions.iter().find(|row| row.id == id).unwrap();
    let (ctcae, idsa, esmo) = (definition("ctcae_v5"), definition("idsa_2010"), definition("esmo_2016"));
    assert_eq!(ctcae.single.printed.unwrap().1, fact("rule.fn.ctcae.fahrenheit_above"));
    assert_eq!(idsa.single.printed.unwrap().1, fact("rule.fn.idsa.fahrenheit_min"));
    assert_eq!(idsa.neutrophils.limit.units() * 1000, fact("rule.fn.idsa.anc_below").units());
    assert_eq!(idsa.expected_ms, Some(fact("rule.fn.idsa.expected_hours").hours_ms()));
    assert_eq!(esmo.single.limit, fact("rule.fn.esmo.single_celsius_above"));
    assert_eq!(esmo.repeated.limit, fact("rule.fn.esmo.repeated_celsius_above"));
    assert_eq!(esmo.neutrophils.limit, fact("rule.fn.esmo.anc_below"));
}

#[test]
fn what_the_fact_base_marks_unverified_is_unverified() {
    for code in ["\"3141-9\"", "\"8333-7\"", "\"56086-2\"", "\"8636-3\""] {
        let line = BUILTIN_TOML.lines().find(|line| line.contains(code)).unwrap();
        assert!(line.starts_with("loinc_unverified"), "{line}");
    }
    let units = &Profile::builtin().units;
    for unit in [Unit::UkatL, Unit::Lb] {
        assert!(units.iter().filter(|row| row.unit == unit).all(|row| !row.verified), "{unit}");
    }
}

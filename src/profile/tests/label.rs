//! What the EPAR summary and the label say, statement by statement and row by row.

use super::*;

/// A statement of the EPAR summary: id, number with unit, words.
type EparRow = (&'static str, Option<(f64, &'static str)>, &'static [&'static str]);

/// Every statement of the EPAR summary (EMA/269417/2017).
const EPAR: &[EparRow] = &[
    ("procedure", None, &["EMA/269417/2017", "EMEA/H/C/004119"]),
    ("active_substance", None, &["inotuzumab ozogamicin"]),
    ("indication_disease", None, &["B-cell precursor acute lymphoblastic leukaemia"]),
    ("indication_relapsed_or_refractory", None, &["relapsed", "refractory"]),
    ("indication_cd22_positive", None, &["CD22-positive"]),
    ("indication_adults", None, &["adults"]),
    ("indication_monotherapy", None, &["monotherapy"]),
    ("indication_ph_positive_after_tki", None, &["Philadelphia chromosome", "tyrosine kinase inhibitor"]),
    ("rare_disease", None, &[]),
    ("orphan_designation", None, &["2013-06-07"]),
    ("eu_authorisation", None, &["2017-06-29"]),
    ("route", None, &["intravenous infusion"]),
    ("infusion_minutes_min", Some((60.0, "min")), &[]),
    ("dosing_days", None, &["1", "8", "15"]),
    ("cycle_weeks", None, &["3", "4"]),
    ("dose_interruption_or_reduction", None, &["interrupt treatment", "reduce the dose"]),
    ("cycles_before_hsct", None, &["2", "3"]),
    ("cycles_max", Some((6.0, "cycles")), &[]),
    ("cycles_without_response_max", Some((3.0, "cycles")), &[]),
    ("prescription_only", None, &[]),
    ("supervision", None, &[]),
    ("target", None, &["CD22"]),
    ("linked_molecule", None, &["N-acetyl-gamma-calicheamicin dimethylhydrazide"]),
    ("mechanism", None, &["calicheamicin", "DNA breaks"]),
    ("class_effect", None, &["gemtuzumab ozogamicin"]),
    ("trial_patients", Some((326.0, "patients")), &[]),
    ("trial_analysed", Some((218.0, "patients")), &[]),
    ("responders_ino", Some((88.0, "patients")), &[]),
    ("arm_ino", Some((109.0, "patients")), &[]),
    ("response_percent_ino", Some((81.0, "%")), &[]),
    ("responders_comparator", Some((32.0, "patients")), &[]),
    ("arm_comparator", Some((109.0, "patients")), &[]),
    ("response_percent_comparator", Some((29.0, "%")), &[]),
    ("response_definition", None, &[]),
    ("very_common_ratio", Some((5.0, "people per case")), &[]),
    (
        "most_common",
        None,
        &[
            "thrombocytopenia",
            "neutropenia",
            "leucopenia",
            "infection",
            "anaemia",
            "fatigue",
            "haemorrhage",
            "pyrexia",
            "nausea",
            "headache",
            "febrile neutropenia",
            "abdominal pain",
            "transaminases increased",
            "gamma-glutamyltransferase increased",
            "hyperbilirubinaemia",
        ],
    ),
    (
        "most_serious",
        None,
        &[
            "infection",
            "febrile neutropenia",
            "haemorrhage",
            "abdominal pain",
            "pyrexia",
            "fatigue",
            "veno-occlusive liver disease/sinusoidal obstruction syndrome",
        ],
    ),
    ("contraindicated_current_vod", None, &["ongoing VOD/SOS"]),
    ("contraindicated_earlier_severe_vod", None, &["earlier severe VOD/SOS"]),
    ("contraindicated_liver_disease", None, &["other serious liver disease"]),
    ("manageable", None, &["dose reduction", "treatment interruption"]),
    ("precautions_in_smpc_and_leaflet", None, &["summary of product characteristics", "package leaflet"]),
    ("last_updated", None, &["2017-06"]),
];

#[test]
fn every_statement_of_the_epar_summary_is_a_fact_with_its_source() {
    let profile = Profile::builtin();
    for (id, number, list) in EPAR {
        let fact = profile.fact(&format!("epar.{id}")).unwrap_or_else(|| panic!("no fact epar.{id}"));
        assert_eq!(fact.value, number.map(|(value, _)| value), "{id}");
        if let Some((_, unit)) = number {
            assert_eq!(fact.unit.as_deref(), Some(*unit), "{id}");
        }
        assert_eq!(fact.list, *list, "{id}");
        // The class effect joins two sources: the EPAR names calicheamicin, the second the other product that has it.
        assert!(fact.source == "EPAR summary" || *id == "class_effect", "{id}: {}", fact.source);
        assert!(fact.source.starts_with("EPAR summary"), "{id}: {}", fact.source);
        assert!(fact.verified && !fact.design, "{id}");
        assert!(fact.text.len() > 10 && fact.drives.len() > 5, "{id}");
    }
    let in_profile = profile.facts.iter().filter(|fact| fact.id.starts_with("epar.")).count();
    assert_eq!(in_profile, EPAR.len(), "a fact of the EPAR summary is not in this table");
}

#[test]
fn the_flagged_reactions_are_those_that_the_epar_summary_names() {
    let flagged = |flag: fn(&LabelReaction) -> bool| -> BTreeSet<&str> {
        Profile::builtin().reactions.iter().filter(|r| flag(r)).map(|r| r.id.as_str()).collect()
    };
    let named = |fact: &str| -> BTreeSet<String> {
        let id = |words: &String| match words.as_str() {
            "leucopenia" => "leukopenia".to_owned(),
            words if words.starts_with("veno-occlusive") => "vod_sos".to_owned(),
            words => words.replace([' ', '-'], "_"),
        };
        Profile::builtin().fact(fact).unwrap().list.iter().map(id).collect()
    };
    let common = flagged(|reaction| reaction.most_common);
    assert_eq!(common.len(), 15);
    assert_eq!(common, named("epar.most_common").iter().map(String::as_str).collect());
    let serious = flagged(|reaction| reaction.most_serious);
    assert_eq!(serious.len(), 7);
    assert_eq!(serious, named("epar.most_serious").iter().map(String::as_str).collect());
}

/// SmPC 4.8: reaction, all grades and whether read, grade 3 or worse and whether read, frequency.
type LabelRow = (&'static str, (f64, bool), Option<(f64, bool)>, &'static str);

const VC: &str = "very_common";
const C: &str = "common";

const LABEL_TABLE: &[LabelRow] = &[
    ("infection", (48.0, true), Some((28.0, true)), VC),
    ("thrombocytopenia", (51.0, true), Some((42.0, true)), VC),
    ("neutropenia", (49.0, true), Some((48.0, true)), VC),
    ("anaemia", (36.0, true), Some((24.0, true)), VC),
    ("leukopenia", (35.0, true), Some((33.0, false)), VC),
    ("febrile_neutropenia", (26.0, true), Some((26.0, false)), VC),
    ("lymphopenia", (18.0, true), Some((16.0, false)), VC),
    ("pancytopenia", (2.0, false), Some((1.0, false)), C),
    ("hypersensitivity", (1.0, false), None, C),
    ("decreased_appetite", (12.0, true), Some((1.0, false)), VC),
    ("hyperuricaemia", (4.0, false), Some((2.0, false)), C),
    ("tumour_lysis_syndrome", (2.0, true), Some((2.0, true)), C),
    ("headache", (28.0, true), Some((2.0, false)), VC),
    ("haemorrhage", (33.0, true), Some((5.0, true)), VC),
    ("nausea", (31.0, true), Some((2.0, false)), VC),
    ("abdominal_pain", (23.0, true), Some((3.0, false)), VC),
    ("diarrhoea", (17.0, true), Some((1.0, false)), VC),
    ("constipation", (17.0, true), Some((0.0, false)), VC),
    ("vomiting", (15.0, true), Some((1.0, false)), VC),
    ("stomatitis", (13.0, true), Some((2.0, false)), VC),
    ("abdominal_distension", (6.0, false), Some((0.0, false)), C),
    ("ascites", (4.0, false), Some((2.0, false)), C),
    ("transaminases_increased", (26.0, true), Some((7.0, false)), VC),
    ("hyperbilirubinaemia", (21.0, true), Some((5.0, false)), VC),
    ("gamma_glutamyltransferase_increased", (21.0, true), Some((10.0, false)), VC),
    ("vod_sos", (3.0, false), Some((2.0, false)), C),
    ("fatigue", (35.0, true), Some((5.0, false)), VC),
    ("pyrexia", (32.0, true), Some((3.0, false)), VC),
    ("chills", (11.0, true), Some((0.0, false)), VC),
    ("blood_alkaline_phosphatase_increased", (13.0, true), Some((2.0, false)), VC),
    ("lipase_increased", (9.0, false), Some((4.0, false)), C),
    ("amylase_increased", (5.0, false), Some((2.0, false)), C),
    ("qt_prolonged", (1.0, false), Some((0.0, false)), C),
    ("infusion_related_reaction", (10.0, true), Some((0.0, true)), VC),
];

#[test]
fn the_label_table_is_complete_with_its_percentages_and_what_was_read() {
    for (id, all, grade3, frequency) in LABEL_TABLE {
        let reaction = reaction(id);
        let eu = reaction.listings.iter().find(|listing| listing.region == Region::Eu).unwrap();
        let figure = |figure: &Option<Figure>| figure.as_ref().map(|figure| (figure.value, figure.verified));
        assert_eq!(figure(&eu.all_percent), Some(*all), "{id}");
        assert_eq!(figure(&eu.grade3_percent), *grade3, "{id}");
        assert_eq!(eu.frequency, *frequency, "{id}");
        assert_eq!(eu.from.to_string(), "2017-06-29", "{id}");
        let us = reaction.listings.iter().find(|listing| listing.region == Region::Us).unwrap();
        assert_eq!(us.from.to_string(), "2017-08", "{id}");
    }
    assert_eq!(Profile::builtin().reactions.len(), LABEL_TABLE.len(), "a reaction is not in this table");
}

#[test]
fn eu_and_us_define_the_infusion_reaction_differently() {
    let percent = |region| {
        let reaction = reaction("infusion_related_reaction");
        let listing = reaction.listings.iter().find(|listing| listing.region == region).unwrap();
        listing.all_percent.as_ref().map(|figure| (figure.value, figure.verified))
    };
    assert_eq!(percent(Region::Eu), Some((10.0, true)));
    assert_eq!(percent(Region::Us), Some((2.0, false)));
}

//! The compiled-in profile held against its sources.

mod bedside;
mod faults;
mod label;

use super::*;
use rstest::rstest;
use std::collections::BTreeSet;

fn reaction(id: &str) -> &'static LabelReaction {
    let profile = Profile::builtin();
    &profile.reactions[profile.reaction(id).unwrap_or_else(|| panic!("no reaction {id}"))]
}

#[test]
fn the_builtin_profile_loads() {
    if let Err(faults) = Profile::parse(BUILTIN_TOML) {
        panic!("{faults}");
    }
}

/// Codes read in the CTCAE v5 table: reaction, relation there, level, codes.
const OPEN_CODES: &[(&str, Relation, &str, &[u32])] = &[
    ("vod_sos", Relation::Same, "llt", &[10_063_675]),
    ("vod_sos", Relation::Related, "pt", &[10_019_663, 10_036_200, 10_003_445]),
    ("vod_sos", Relation::Related, "llt", &[10_047_896]),
    ("febrile_neutropenia", Relation::Same, "pt", &[10_016_288]),
    ("thrombocytopenia", Relation::Same, "pt", &[10_035_528]),
    ("neutropenia", Relation::Same, "pt", &[10_029_366]),
    ("leukopenia", Relation::Same, "llt", &[10_049_182]),
    ("lymphopenia", Relation::Same, "llt", &[10_025_256]),
    ("infection", Relation::Within, "pt", &[10_040_047]),
    ("anaemia", Relation::Same, "llt", &[10_002_272]),
    ("fatigue", Relation::Same, "pt", &[10_016_256]),
    ("pyrexia", Relation::Same, "llt", &[10_016_558]),
    ("nausea", Relation::Same, "pt", &[10_028_813]),
    ("headache", Relation::Same, "pt", &[10_019_211]),
    ("abdominal_pain", Relation::Same, "pt", &[10_000_081]),
    ("abdominal_pain", Relation::Within, "llt", &[10_019_705]),
    ("transaminases_increased", Relation::Same, "pt", &[10_001_551, 10_003_481]),
    ("gamma_glutamyltransferase_increased", Relation::Same, "llt", &[10_056_910]),
    ("hyperbilirubinaemia", Relation::Same, "pt", &[10_005_364]),
    ("ascites", Relation::Same, "pt", &[10_003_445]),
    ("chills", Relation::Same, "pt", &[10_008_531]),
    ("infusion_related_reaction", Relation::Same, "pt", &[10_051_792]),
    ("tumour_lysis_syndrome", Relation::Same, "llt", &[10_045_152]),
    ("abdominal_distension", Relation::Same, "pt", &[10_000_060]),
    ("lipase_increased", Relation::Same, "pt", &[10_024_574]),
    ("amylase_increased", Relation::Same, "llt", &[10_040_139]),
    ("blood_alkaline_phosphatase_increased", Relation::Same, "llt", &[10_001_675]),
    ("qt_prolonged", Relation::Same, "llt", &[10_014_383]),
    (
        "haemorrhage",
        Relation::Within,
        "pt",
        &[
            10_015_090, 10_065_759, 10_055_315, 10_062_548, 10_056_356, 10_055_319, 10_055_356, 10_051_746, 10_017_789,
            10_055_242, 10_015_384, 10_015_453, 10_038_064, 10_055_226, 10_060_640, 10_009_998, 10_055_300, 10_055_287,
            10_065_747, 10_055_291, 10_038_981, 10_033_626, 10_038_463, 10_046_912, 10_046_789, 10_055_325, 10_055_347,
            10_065_763, 10_037_549, 10_055_298, 10_055_351,
        ],
    ),
    (
        "haemorrhage",
        Relation::Within,
        "llt",
        &[10_022_763, 10_047_656, 10_065_746, 10_030_980, 10_019_678, 10_006_504, 10_019_428, 10_055_322],
    ),
    ("haemorrhage", Relation::Risk, "pt", &[10_013_442, 10_035_528]),
    ("haemorrhage", Relation::Risk, "llt", &[10_022_402, 10_016_596]),
];

/// Codes that are widely seen and could not be read in an open source.
const UNVERIFIED_CODES: &[(&str, u32)] = &[
    ("vod_sos", 10_047_216),
    ("thrombocytopenia", 10_043_554),
    ("neutropenia", 10_029_354),
    ("leukopenia", 10_024_384),
    ("anaemia", 10_002_034),
    ("pyrexia", 10_037_660),
    ("transaminases_increased", 10_054_889),
    ("gamma_glutamyltransferase_increased", 10_017_693),
    ("hyperbilirubinaemia", 10_020_578),
];

#[test]
fn open_codes_are_all_there_and_verified_and_no_others_are() {
    let codes = |verified: bool| -> BTreeSet<(String, Relation, String, u32)> {
        let of = |reaction: &LabelReaction| {
            let id = reaction.id.clone();
            let coded = reaction.terms.iter().filter(|term| term.code.is_some() && term.code_verified == verified);
            coded
                .map(|term| (id.clone(), term.relation, term.level.clone().unwrap(), term.code.unwrap()))
                .collect::<Vec<_>>()
        };
        Profile::builtin().reactions.iter().flat_map(of).collect()
    };
    let open = OPEN_CODES.iter().flat_map(|(reaction, relation, level, codes)| {
        codes.iter().map(|code| ((*reaction).to_owned(), *relation, (*level).to_owned(), *code))
    });
    assert_eq!(codes(true), open.collect());
    let unverified =
        UNVERIFIED_CODES.iter().map(|(id, code)| ((*id).to_owned(), Relation::Same, "pt".to_owned(), *code));
    assert_eq!(codes(false), unverified.collect());
}

#[rstest]
#[case("vod_sos", "Venoocclusive liver disease", Relation::Same)]
#[case("vod_sos", "Sinusoidal obstruction syndrome", Relation::Same)]
#[case("vod_sos", "Venoocclusive disease", Relation::Within)]
#[case("vod_sos", "Hepatic failure", Relation::Related)]
#[case("vod_sos", "Portal hypertension", Relation::Related)]
#[case("vod_sos", "Multiple organ dysfunction syndrome", Relation::Related)]
#[case("vod_sos", "Pulmonary veno-occlusive disease", Relation::NotThis)]
#[case("vod_sos", "Arterial occlusive disease", Relation::NotThis)]
#[case("febrile_neutropenia", "Neutropenic sepsis", Relation::Within)]
#[case("febrile_neutropenia", "Febrile bone marrow aplasia", Relation::Within)]
#[case("febrile_neutropenia", "Acute febrile neutrophilic dermatosis", Relation::NotThis)]
#[case("febrile_neutropenia", "Neutrophilia", Relation::NotThis)]
#[case("haemorrhage", "Haemorrhage", Relation::Same)]
#[case("haemorrhage", "Pulmonary haemorrhage", Relation::Within)]
#[case("haemorrhage", "Heavy menstrual bleeding", Relation::Within)]
#[case("haemorrhage", "Haemorrhoidal haemorrhage", Relation::Within)]
#[case("haemorrhage", "Haemorrhoids", Relation::NotThis)]
#[case("haemorrhage", "Haemorrhagic diathesis", Relation::Risk)]
#[case("haemorrhage", "Bleeding time prolonged", Relation::Risk)]
#[case("haemorrhage", "Disseminated intravascular coagulation", Relation::Risk)]
#[case("thrombocytopenia", "Immune thrombocytopenia", Relation::Related)]
#[case("neutropenia", "Agranulocytosis", Relation::Related)]
#[case("neutropenia", "Granulocytopenia", Relation::Related)]
fn terms_belong_as_the_rulings_say(#[case] id: &str, #[case] term: &str, #[case] relation: Relation) {
    let found: Vec<_> = reaction(id).terms.iter().filter(|t| t.text == term).map(|t| t.relation).collect();
    assert_eq!(found, [relation], "{id}: {term}");
}

#[test]
fn haemorrhage_knows_more_than_ninety_terms() {
    let meant = |term: &&Term| matches!(term.relation, Relation::Same | Relation::Within);
    assert!(reaction("haemorrhage").terms.iter().filter(meant).count() > 90);
}

#[test]
fn designated_medical_events_are_those_that_were_read() {
    let terms = Profile::builtin().reactions.iter().flat_map(|reaction| &reaction.terms);
    let dme: BTreeSet<&str> = terms.filter(|term| term.dme).map(|term| term.text.as_str()).collect();
    let read = [
        "Febrile neutropenia",
        "Neutropenic sepsis",
        "Neutropenic infection",
        "Neutropenic colitis",
        "Agranulocytosis",
        "Granulocytopenia",
        "Acute hepatic failure",
        "Hepatic failure",
        "Hepatic necrosis",
        "Hepatitis fulminant",
        "Drug-induced liver injury",
        "Hepatic infarction",
        "Bone marrow failure",
        "Immune thrombocytopenia",
        "Acute kidney injury",
        // Other names of Immune thrombocytopenia.
        "Immune thrombocytopenic purpura",
        "Idiopathic thrombocytopenic purpura",
    ];
    assert_eq!(dme, read.into());
}

#[test]
fn a_fatal_outcome_is_listed_for_vod_and_infection_only() {
    for reaction in &Profile::builtin().reactions {
        let fatal = matches!(reaction.id.as_str(), "vod_sos" | "infection");
        assert!(reaction.listings.iter().all(|listing| listing.fatal_listed == fatal), "{}", reaction.id);
    }
}

#[rstest]
#[case("vod_sos", Priority::High, Priority::Medium, Priority::High)]
#[case("febrile_neutropenia", Priority::High, Priority::Medium, Priority::High)]
#[case("haemorrhage", Priority::High, Priority::Medium, Priority::Medium)]
#[case("infection", Priority::Medium, Priority::Low, Priority::Low)]
#[case("abdominal_pain", Priority::Medium, Priority::Low, Priority::Low)]
#[case("pyrexia", Priority::Medium, Priority::Low, Priority::Low)]
#[case("fatigue", Priority::Medium, Priority::Low, Priority::Low)]
#[case("lymphopenia", Priority::Low, Priority::Information, Priority::Information)]
#[case("headache", Priority::Low, Priority::Information, Priority::Information)]
fn priorities_of_reports_follow_ruling_22(
    #[case] id: &str,
    #[case] serious: Priority,
    #[case] not_serious: Priority,
    #[case] unknown: Priority,
) {
    let profile = Profile::builtin();
    let priority = |serious, not_serious| profile.report_priority(Some(id), false, serious, not_serious);
    assert_eq!([priority(true, false), priority(false, true), priority(false, false)], [serious, not_serious, unknown]);
}

#[rstest]
#[case(Priority::High, &["ebmt2023_probable", "ebmt2023_clinical", "ebmt2023_proven", "fn_met", "fever_anc_unknown",
    "sepsis_without_fever", "isth_major", "hys_law"])]
#[case(Priority::Medium, &["vod_suspicion", "hepatic_hold_met", "haematological_hold_met", "dose_given_while_hold",
    "contraindicated_use", "over_dose", "qtc", "vod_met_after_window", "vod_met_gilbert"])]
#[case(Priority::Low, &["overdue", "single_test_notice", "wrong_day", "check_unit"])]
#[case(Priority::Information, &["off_label", "cytopenia", "hb_fall", "under_dose"])]
fn priorities_of_rules_follow_ruling_22(#[case] priority: Priority, #[case] rules: &[&str]) {
    for rule in rules {
        assert_eq!(Profile::builtin().rule_priority(rule).map(|row| row.priority), Some(priority), "{rule}");
    }
}

#[test]
fn what_was_not_read_is_marked_so() {
    let profile = Profile::builtin();
    let code = |code: &str| profile.product.codes.iter().find(|row| row.code == code).map(|row| row.verified);
    for unread in ["L01FB01", "L01XC26", "P93RUU11P7", "1942950", "DB05889"] {
        assert_eq!(code(unread), Some(false), "{unread}");
    }
    for read in ["L01FX", "635715-01-4", "cc7014b1-c775-411d-b374-8113248b4077"] {
        assert_eq!(code(read), Some(true), "{read}");
    }
    let name = |text: &str| profile.product.names.iter().find(|row| row.text == text).map(|row| row.verified);
    assert_eq!(name("CMC-544"), Some(true));
    assert_eq!(name("WAY-207294"), Some(false));
    assert!(!profile.product.names.iter().any(|name| name.text.eq_ignore_ascii_case("ozogamicin")));
    for (id, verified) in [
        ("label.dose.cycle1.day1", true),
        ("label.interruption.reduce_percent", false),
        ("label.eu.authorisation_number", false),
        ("label.vod.after_hsct_percent", true),
        ("label.vod.without_hsct_percent", false),
        ("rule.stale.laboratory_hours", false),
    ] {
        assert_eq!(profile.fact(id).map(|fact| fact.verified), Some(verified), "{id}");
    }
    assert!(profile.fact("rule.stale.laboratory_hours").unwrap().design);
}

#[rstest]
#[case("label.dose.cycle1.total", 1.8, "mg/m2")]
#[case("label.dose.later_with_remission.day1", 0.5, "mg/m2")]
#[case("label.dose.later_without_remission.day1", 0.8, "mg/m2")]
#[case("label.day_tolerance_days", 2.0, "d")]
#[case("label.dose_gap_days_min", 6.0, "d")]
#[case("label.hepatic_hold.bilirubin_xuln", 1.5, "x ULN")]
#[case("label.hepatic_hold.alt_ast_xuln", 2.5, "x ULN")]
#[case("label.haem_hold.platelets_min", 50.0, "10*9/L")]
#[case("label.vod.watch_days_after_last_dose", 56.0, "d")]
#[case("label.vod.onset_median_days_after_hsct", 15.0, "d")]
#[case("label.contraception.women_months", 8.0, "mo")]
#[case("rule.stale.laboratory_hours", 72.0, "h")]
#[case("rule.stale.weight_hours", 48.0, "h")]
#[case("rule.stale.finding_days", 7.0, "d")]
#[case("rule.fn.exposure_days_max", 42.0, "d")]
#[case("rule.isth.hb_fall_g_per_l_min", 20.0, "g/L")]
fn numbers_of_label_and_rulings(#[case] id: &str, #[case] value: f64, #[case] unit: &str) {
    let fact = Profile::builtin().fact(id).unwrap();
    assert_eq!((fact.value, fact.unit.as_deref()), (Some(value), Some(unit)));
}

#[test]
fn the_hash_is_of_the_text_and_stands_on_every_decision() {
    let profile = Profile::builtin();
    assert_eq!(profile.hash.len(), 64);
    let other = Profile::parse(&format!("{BUILTIN_TOML}\n# changed\n")).unwrap();
    assert_ne!(profile.hash, other.hash);
    assert_eq!(other.version, profile.version);
}

//! Each special situation by table, with both sides of each limit and what is unknown.

use super::*;
use crate::classify::Classifier;
use crate::profile::{Answer, Profile};
use crate::record::Report;
use rstest::rstest;
use std::sync::LazyLock;

static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| Classifier::new(Profile::builtin()).unwrap());

/// Judges a report of the product with these fields of its drug row and of the report, as JSON.
fn judged(drug: &str, report: &str) -> Vec<Situation> {
    let comma = |text: &str| if text.is_empty() { String::new() } else { format!(",{text}") };
    let json =
        format!(r#"{{"sender":"S","drugs":[{{"role":"suspect","name":"Besponsa"{}}}]{}}}"#, comma(drug), comma(report));
    judge_json(&json)
}

fn judge_json(json: &str) -> Vec<Situation> {
    let report: Report<'_> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let profile = Profile::builtin();
    let assessment = CLASSIFIER.assess(&report);
    let on = report.most_recent;
    let given = Given::new(profile, CLASSIFIER.products(), CLASSIFIER.terms(), &report, &assessment, on);
    situations(CLASSIFIER.situations(), &given)
}

fn answer(judged: &[Situation], name: &str) -> Answer {
    let found: Vec<&Situation> = judged.iter().filter(|situation| situation.name() == name).collect();
    assert_eq!(found.len(), 1, "{name} among {:?}", judged.iter().map(Situation::name).collect::<Vec<_>>());
    // Unknown always says what is missing, and nothing else does.
    assert_eq!(found[0].answer == Answer::Unknown, found[0].missing.is_some(), "{found:?}");
    found[0].answer
}

use Answer::{Met, NotMet, Unknown};

#[test]
fn every_situation_is_judged_once_and_a_bare_report_meets_none() {
    let bare = judged("", "");
    let mut names: Vec<String> = bare.iter().map(Situation::name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), bare.len());
    for kind in SpecialSituation::ALL {
        assert!(bare.iter().any(|situation| situation.kind == *kind), "{kind}");
    }
    assert_eq!(bare.iter().filter(|s| s.answer == Met).map(Situation::name).collect::<Vec<_>>(), Vec::<String>::new());
    for unknown in
        ["off_label_age_eu", "off_label_indication", "overdose", "wrong_day", "contraindicated_use", "short_infusion"]
    {
        assert_eq!(answer(&bare, unknown), Unknown, "{unknown}");
    }
}

/// Age (years or group), first dose, EU, US.
#[rstest]
#[case(r#""age_years":17.99"#, "2025-01-10", Met, NotMet)]
#[case(r#""age_years":18.0"#, "2025-01-10", NotMet, NotMet)]
#[case(r#""age_years":9.0"#, "2025-01-10", Met, NotMet)]
#[case(r#""age_years":9.0"#, "2024-02-29", Met, Met)]
#[case(r#""age_years":9.0"#, "2024-03", Met, Unknown)]
#[case(r#""age_years":9.0"#, "2024-04-01", Met, NotMet)]
#[case(r#""age_years":9.0"#, "2024", Met, Unknown)]
#[case(r#""age_years":0.99"#, "2025-01-10", Met, Met)]
#[case(r#""age_years":0.99"#, "2024", Met, Met)]
#[case(r#""age_years":1.0"#, "2025-01-10", Met, NotMet)]
#[case(r#""age_years":18.0"#, "2024", NotMet, NotMet)]
#[case(r#""age_years":17.0"#, "2023-06-01", Met, Met)]
#[case(r#""age_group":"infant""#, "2025-01-10", Met, Unknown)]
#[case(r#""age_group":"neonate""#, "2025-01-10", Met, Met)]
#[case(r#""age_group":"adolescent""#, "2025-01-10", Met, NotMet)]
#[case(r#""age_group":"adult""#, "2025-01-10", NotMet, NotMet)]
#[case(r#""sex":"female""#, "2025-01-10", Unknown, Unknown)]
fn age(#[case] patient: &str, #[case] start: &str, #[case] eu: Answer, #[case] us: Answer) {
    let judged = judged(&format!(r#""start":"{start}""#), &format!(r#""patient":{{{patient}}}"#));
    assert_eq!((answer(&judged, "off_label_age_eu"), answer(&judged, "off_label_age_us")), (eu, us));
}

#[rstest]
#[case("B precursor type acute leukaemia", NotMet)]
#[case("Acute lymphocytic leukaemia recurrent", NotMet)]
#[case("ACUTE LYMPHOBLASTIC LEUKEMIA", NotMet)]
#[case("ALL", NotMet)]
#[case("Philadelphia positive acute lymphocytic leukaemia", NotMet)]
#[case("T-cell type acute leukaemia", Met)]
#[case("T-cell acute lymphoblastic leukaemia", Met)]
#[case("Non-Hodgkin's lymphoma", Met)]
#[case("Acute myeloid leukaemia", Met)]
#[case("Leukaemia", Unknown)]
#[case("Product used for unknown indication", Unknown)]
#[case("Chemotherapy", Unknown)]
#[case("", Unknown)]
fn disease(#[case] indication: &str, #[case] expected: Answer) {
    let judged = judged(&format!(r#""indications":["{indication}"]"#), "");
    assert_eq!(answer(&judged, "off_label_indication"), expected);
}

#[rstest]
#[case("Acute lymphocytic leukaemia recurrent", NotMet)]
#[case("Acute lymphocytic leukaemia refractory", NotMet)]
#[case("Newly diagnosed ALL", Met)]
#[case("ALL, first-line treatment", Met)]
#[case("Acute lymphocytic leukaemia", Unknown)]
fn frontline(#[case] indication: &str, #[case] expected: Answer) {
    let judged = judged(&format!(r#""indications":["{indication}"]"#), "");
    assert_eq!(answer(&judged, "off_label_frontline"), expected);
}

/// Indication, further drug rows, history.
#[rstest]
#[case("Philadelphia positive acute lymphocytic leukaemia", "", "", Unknown)]
#[case(
    "Philadelphia positive acute lymphocytic leukaemia",
    r#",{"name":"Dasatinib","start":"2024-01-01","end":"2024-06-01"}"#,
    "",
    NotMet
)]
#[case("Philadelphia positive acute lymphocytic leukaemia", r#",{"name":"Iclusig","start":"2025-01-10"}"#, "", Unknown)]
#[case("Philadelphia positive acute lymphocytic leukaemia", r#",{"name":"Iclusig","start":"2025-01-09"}"#, "", NotMet)]
#[case("Philadelphia positive acute lymphocytic leukaemia", "", "Imatinib failure", NotMet)]
#[case("Philadelphia positive ALL, no prior TKI", "", "", Met)]
#[case("ALL, Ph-negative", "", "", NotMet)]
#[case("Acute lymphocytic leukaemia", "", "", Unknown)]
fn philadelphia(#[case] indication: &str, #[case] rows: &str, #[case] history: &str, #[case] expected: Answer) {
    let json = format!(
        r#"{{"sender":"S","drugs":[{{"role":"suspect","name":"Besponsa","start":"2025-01-10","indications":["{indication}"]}}{rows}],
        "history":[{{"term":"{history}"}}]}}"#
    );
    assert_eq!(answer(&judge_json(&json), "off_label_philadelphia_eu"), expected);
}

#[rstest]
#[case(r#""tests":[{"name":"CD22","value":0.0}]"#, Met)]
#[case(r#""tests":[{"name":"CD22","value":0.1}]"#, NotMet)]
#[case(r#""tests":[{"name":"CD-22 expression","value_text":"negative"}]"#, Met)]
#[case(r#""tests":[{"name":"CD22","value_text":"positive"}]"#, NotMet)]
#[case(r#""tests":[{"name":"CD22","value_text":"done"}]"#, Unknown)]
#[case(r#""history":[{"term":"CD22-negative relapse"}]"#, Met)]
#[case(r#""tests":[{"name":"CD20","value":0.0}]"#, Unknown)]
fn cd22(#[case] report: &str, #[case] expected: Answer) {
    assert_eq!(answer(&judged("", report), "off_label_cd22"), expected);
}

/// The other medicine's row; Besponsa runs from 10 to 24 January.
#[rstest]
#[case(r#"{"name":"Blincyto","start":"2025-01-24"}"#, Met)]
#[case(r#"{"name":"Blincyto","start":"2025-01-25"}"#, NotMet)]
#[case(r#"{"name":"Cyclophosphamide","start":"2025-01-01","end":"2025-01-10"}"#, Met)]
#[case(r#"{"name":"Cyclophosphamide","start":"2025-01-01","end":"2025-01-09"}"#, NotMet)]
#[case(r#"{"name":"Ponatinib"}"#, Unknown)]
#[case(r#"{"name":"Methotrexate","route":"Intrathecal","start":"2025-01-11"}"#, NotMet)]
#[case(r#"{"name":"Dexamethasone","start":"2025-01-10"}"#, NotMet)]
#[case(r#"{"name":"Hydroxyurea","start":"2025-01-10"}"#, NotMet)]
fn combination(#[case] other: &str, #[case] expected: Answer) {
    let json = format!(
        r#"{{"sender":"S","drugs":[{{"role":"suspect","name":"Besponsa","start":"2025-01-10","end":"2025-01-24"}},{other}]}}"#
    );
    assert_eq!(answer(&judge_json(&json), "off_label_combination"), expected);
}

#[rstest]
#[case(r#""additional_codes":[7]"#, "", "medication_error", Met)]
#[case(r#""additional_codes":[11]"#, "", "medication_error", NotMet)]
#[case("", r#""reactions":[{"term":"Medication error"}]"#, "medication_error", Met)]
#[case("", r#""reactions":[{"term":"Incorrect dose administered"}]"#, "medication_error", Met)]
#[case(r#""route":"Subcutaneous""#, "", "medication_error", Met)]
#[case(r#""route":"Intravenous (not otherwise specified)""#, "", "medication_error", NotMet)]
#[case(r#""additional_codes":[11]"#, "", "off_label_reported", Met)]
#[case("", r#""reactions":[{"term":"Off label use"}]"#, "off_label_reported", Met)]
#[case(r#""additional_codes":[7]"#, "", "off_label_reported", NotMet)]
#[case("", r#""reactions":[{"term":"Drug ineffective"}]"#, "lack_of_effect", Met)]
#[case("", r#""reactions":[{"term":"Nausea"}]"#, "lack_of_effect", NotMet)]
#[case("", r#""reactions":[{"term":"Occupational exposure to product"}]"#, "occupational_exposure", Met)]
#[case("", r#""reactions":[{"term":"Rash"}]"#, "occupational_exposure", NotMet)]
#[case("", r#""reactions":[{"term":"Exposure via breast milk"}]"#, "lactation", Met)]
#[case("", r#""reactions":[{"term":"Breast pain"}]"#, "lactation", NotMet)]
fn reported(#[case] drug: &str, #[case] report: &str, #[case] name: &str, #[case] expected: Answer) {
    assert_eq!(answer(&judged(drug, report), name), expected);
}

#[rstest]
#[case(r#""dose_value":0.8,"dose_unit":"mg/m2""#, NotMet)]
#[case(r#""dose_value":0.88,"dose_unit":"mg/m2""#, NotMet)]
#[case(r#""dose_value":0.880001,"dose_unit":"mg/m2""#, Met)]
#[case(r#""dose_value":0.89,"dose_unit":"MG/M**2""#, Met)]
#[case(r#""dose_value":890.0,"dose_unit":"ug/m2""#, Met)]
#[case(r#""dose_value":1.8,"dose_unit":"mg/m2""#, Unknown)]
#[case(r#""dose_value":1.98,"dose_unit":"mg/m2","dose_text":"total per cycle""#, NotMet)]
#[case(r#""dose_value":1.99,"dose_unit":"mg/m2","dose_text":"total per cycle""#, Met)]
#[case(r#""dose_text":"0.8 mg/m2 D1, 0.5 mg/m2 D8 and D15""#, NotMet)]
#[case(r#""dose_text":"0.9 mg/m² D1""#, Met)]
#[case(r#""dose_value":1.4,"dose_unit":"mg""#, Unknown)]
#[case(r#""additional_codes":[2]"#, Met)]
#[case("", Unknown)]
fn overdose(#[case] drug: &str, #[case] expected: Answer) {
    assert_eq!(answer(&judged(drug, ""), "overdose"), expected);
}

#[test]
fn an_absolute_dose_is_judged_by_the_body_surface() {
    // 180 cm and 80 kg are exactly 2 m²: 1.76 mg are 0.88 mg/m².
    let patient = r#""patient":{"height_cm":180.0,"weight_kg":80.0}"#;
    let of = |mg: f64| answer(&judged(&format!(r#""dose_value":{mg},"dose_unit":"mg""#), patient), "overdose");
    assert_eq!((of(1.76), of(1.77)), (NotMet, Met));
}

#[test]
fn the_doses_of_the_first_cycle_are_summed() {
    let of = |third: f64| {
        let row = |day: &str, dose: f64| {
            format!(
                r#"{{"role":"suspect","name":"Besponsa","start":"2025-06-{day}","dose_value":{dose},"dose_unit":"mg/m2"}}"#
            )
        };
        let json = format!(r#"{{"sender":"S","drugs":[{},{},{}]}}"#, row("01", 0.8), row("08", 0.5), row("15", third));
        answer(&judge_json(&json), "overdose")
    };
    assert_eq!((of(0.5), of(0.68), of(0.69)), (NotMet, NotMet, Met));
}

/// Dates of single doses.
#[rstest]
#[case(&["2025-06-01", "2025-06-09", "2025-06-14"], Met)]
#[case(&["2025-06-01", "2025-06-07"], NotMet)]
#[case(&["2025-06-01", "2025-06-06"], Met)]
#[case(&["2025-06-01", "2025-06-08", "2025-06-15"], NotMet)]
#[case(&["2025-06-01", "2025-06-10", "2025-06-17"], NotMet)]
#[case(&["2025-06-01", "2025-06-11"], Met)]
#[case(&["2025-06-01", "2025-06-18"], Met)]
#[case(&["2025-06-01", "2025-06-22"], NotMet)]
#[case(&["2025-06-01"], Unknown)]
#[case(&["2025-06"], Unknown)]
#[case(&[], Unknown)]
fn wrong_day(#[case] days: &[&str], #[case] expected: Answer) {
    let rows: Vec<String> =
        days.iter().map(|day| format!(r#"{{"role":"suspect","name":"Besponsa","start":"{day}"}}"#)).collect();
    let rows = if rows.is_empty() { r#"{"role":"suspect","name":"Besponsa"}"#.to_owned() } else { rows.join(",") };
    assert_eq!(answer(&judge_json(&format!(r#"{{"sender":"S","drugs":[{rows}]}}"#)), "wrong_day"), expected);
}

#[rstest]
#[case(r#""dose_text":"over 60 min""#, NotMet, None)]
#[case(r#""dose_text":"over 59 min""#, Met, Some("infusion_below_60_min"))]
#[case(r#""dose_text":"over 45 minutes""#, Met, Some("infusion_below_60_min"))]
#[case(r#""dose_text":"44-minute infusion""#, Met, Some("infusion_below_45_min"))]
#[case(r#""dose_text":"0.8 mg/m2 over 1 hour""#, NotMet, None)]
#[case(r#""dose_text":"over 0.5 h""#, Met, Some("infusion_below_45_min"))]
#[case(r#""dose_text":"every 24 h""#, Unknown, None)]
#[case(r#""duration_days":0.02083333"#, Met, Some("infusion_below_45_min"))]
#[case(r#""duration_days":0.04166667"#, NotMet, None)]
#[case(r#""duration_days":14.0"#, Unknown, None)]
fn short_infusion(#[case] drug: &str, #[case] expected: Answer, #[case] rule: Option<&str>) {
    let judged = judged(drug, "");
    assert_eq!(answer(&judged, "short_infusion"), expected);
    assert_eq!(judged.iter().find(|s| s.kind == SpecialSituation::ShortInfusion).unwrap().rule, rule);
}

#[rstest]
#[case("cycle 6", "Nausea", NotMet, Unknown)]
#[case("cycle 7", "Nausea", Met, Unknown)]
#[case("C7D1", "Nausea", Met, Unknown)]
#[case("7th cycle", "Nausea", Met, Unknown)]
#[case("cycles 1-7", "Nausea", Met, Unknown)]
#[case("cycle 3", "Drug ineffective", NotMet, NotMet)]
#[case("cycle 4", "Drug ineffective", NotMet, Met)]
#[case("28-day cycle", "Nausea", Unknown, Unknown)]
#[case("0.8 mg/m2", "Nausea", Unknown, Unknown)]
fn cycles(#[case] text: &str, #[case] term: &str, #[case] limit: Answer, #[case] response: Answer) {
    let judged = judged(&format!(r#""dose_text":"{text}""#), &format!(r#""reactions":[{{"term":"{term}"}}]"#));
    assert_eq!(answer(&judged, "cycles_above_limit"), limit);
    assert_eq!(answer(&judged, "cycles_without_response"), response);
}

#[rstest]
#[case(r#"{"term":"Severe veno-occlusive disease"}"#, Met)]
#[case(r#"{"term":"History of severe VOD"}"#, Met)]
#[case(r#"{"term":"Venoocclusive liver disease"}"#, Unknown)]
#[case(r#"{"term":"Mild hepatic veno-occlusive disease"}"#, NotMet)]
#[case(r#"{"term":"Venoocclusive liver disease","continuing":true}"#, Met)]
#[case(r#"{"term":"Mild hepatic veno-occlusive disease","continuing":true}"#, Met)]
#[case(r#"{"code":10063675}"#, Unknown)]
#[case(r#"{"term":"Hepatic cirrhosis","continuing":true}"#, Met)]
#[case(r#"{"term":"Hepatic cirrhosis"}"#, Unknown)]
#[case(r#"{"term":"Hepatic cirrhosis","continuing":false}"#, NotMet)]
#[case(r#"{"term":"Nodular regenerative hyperplasia","continuing":true}"#, Met)]
#[case(r#"{"term":"Active hepatitis","continuing":true}"#, Met)]
#[case(r#"{"term":"Hepatitis B","continuing":true}"#, Unknown)]
#[case(r#"{"term":"Hepatitis B immunisation"}"#, NotMet)]
#[case(r#"{"term":"Pulmonary veno-occlusive disease","continuing":true}"#, NotMet)]
#[case(r#"{"term":"Hypertension","continuing":true}"#, NotMet)]
fn contraindicated_by_history(#[case] item: &str, #[case] expected: Answer) {
    assert_eq!(answer(&judged("", &format!(r#""history":[{item}]"#)), "contraindicated_use"), expected);
}

/// A dose on 8 January; onset and end of the reported VOD.
#[rstest]
#[case(r#""onset":"2025-01-07""#, Met)]
#[case(r#""onset":"2025-01-08""#, Unknown)]
#[case(r#""onset":"2025-01-02","end":"2025-01-07""#, Unknown)]
#[case(r#""onset":"2025-01-02","end":"2025-01-09""#, Met)]
#[case(r#""onset":"2025-01""#, Unknown)]
fn a_dose_during_a_reported_vod(#[case] dates: &str, #[case] expected: Answer) {
    let reactions = format!(r#""reactions":[{{"term":"Venoocclusive liver disease",{dates}}}]"#);
    assert_eq!(
        answer(&judged(r#""start":"2025-01-01","end":"2025-01-08""#, &reactions), "contraindicated_use"),
        expected
    );
}

/// Sex, term, onset; the last dose is on 15 January 2025.
#[rstest]
#[case("female", "Pregnancy", "2025-09-15", Met, NotMet)]
#[case("female", "Pregnancy", "2025-09-16", NotMet, NotMet)]
#[case("female", "Pregnancy", "2025-09", Unknown, NotMet)]
#[case("female", "Exposure during pregnancy", "2026", Met, NotMet)]
#[case("male", "Pregnancy", "2025-06-15", NotMet, Met)]
#[case("male", "Pregnancy", "2025-06-16", NotMet, NotMet)]
#[case("male", "Paternal exposure during pregnancy", "2026", NotMet, Met)]
#[case("female", "Nausea", "2025-01-16", NotMet, NotMet)]
fn pregnancy(
    #[case] sex: &str,
    #[case] term: &str,
    #[case] onset: &str,
    #[case] maternal: Answer,
    #[case] paternal: Answer,
) {
    let report = format!(r#""patient":{{"sex":"{sex}"}},"reactions":[{{"term":"{term}","onset":"{onset}"}}]"#);
    let judged = judged(r#""start":"2025-01-01","end":"2025-01-15""#, &report);
    assert_eq!((answer(&judged, "pregnancy"), answer(&judged, "paternal_exposure")), (maternal, paternal));
}

#[test]
fn what_is_no_event_has_no_listedness() {
    let index = CLASSIFIER.situations();
    let no_event = |term: &str| {
        let reaction = crate::record::Reaction { term: Some(term.to_owned().into()), ..Default::default() };
        index.is_no_event(&reaction, CLASSIFIER.terms())
    };
    for term in ["Off label use", "Overdose", "Medication error", "Exposure during pregnancy"] {
        assert!(no_event(term), "{term}");
    }
    for term in ["Nausea", "Abortion spontaneous", "Drug ineffective", "Rash", "Febrile neutropenia"] {
        assert!(!no_event(term), "{term}");
    }
}

#[test]
fn a_profile_without_a_list_is_refused_by_name() {
    let text = crate::profile::BUILTIN_TOML.replace("id = \"situation.tki.names\"", "id = \"situation.tki.other\"");
    let profile = Profile::parse(&text).unwrap();
    let faults = SituationIndex::new(&profile).unwrap_err();
    assert_eq!(faults, ["facts: situation.tki.names is missing or has no list"]);
}

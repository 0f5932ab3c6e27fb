//! A log of coded background reports, for the benches.

use besponsa_vigil::decode::Limits;
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::{Intake, Source, SourceMessage, intake};

/// A coded background report: three drugs, three reactions by code and term.
fn report(n: usize) -> String {
    const REACTIONS: [(&str, i32); 6] = [
        ("Nausea", 10_028_813),
        ("Epistaxis", 10_015_090),
        ("Fatigue", 10_016_256),
        ("Rash", 10_037_844),
        ("Febrile neutropenia", 10_016_288),
        ("Headache", 10_019_211),
    ];
    const DRUGS: [&str; 5] =
        ["CYTARABINE", "METHOTREXATE SODIUM", "PREDNISOLONE", "ALLOPURINOL", "VINCRISTINE SULFATE"];
    let pick = |k: usize| REACTIONS.get((n + k) % REACTIONS.len()).copied().unwrap_or(("Nausea", 10_028_813));
    let drug = |k: usize| DRUGS.get((n + k) % DRUGS.len()).copied().unwrap_or("CYTARABINE");
    let reactions: Vec<String> =
        (0..3).map(|k| format!(r#"{{"term":"{}","code":{}}}"#, pick(k).0, pick(k).1)).collect();
    let drugs: Vec<String> = (0..3)
        .map(|k| {
            let role = if k == 0 { "suspect" } else { "concomitant" };
            format!(
                r#"{{"role":"{role}","name":"{}","substances":["{}"],"start":"2025-01-0{}"}}"#,
                drug(k),
                drug(k),
                k + 1
            )
        })
        .collect();
    format!(
        r#"{{"body":{{"Report":{{"sender":"FDA","sender_case_id":"{n}","version":1,"most_recent":"2025-03-01",
        "country":"GB","seriousness":{{"serious":true,"hospitalisation":true}},
        "patient":{{"age_years":41.0,"sex":"female"}},"drugs":[{}],"reactions":[{}]}}}}}}"#,
        drugs.join(","),
        reactions.join(",")
    )
}

/// Keys and values of that many records of the log, each a case of its own.
pub fn of_reports(records: usize) -> Vec<(String, Vec<u8>)> {
    let intake_of = Intake {
        pseudonymiser: Pseudonymiser::new(&[1; 32]).expect("32 bytes are a key"),
        limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
        internal_kinds: false,
    };
    let mut log = Vec::with_capacity(records);
    for n in 0..records {
        let payload = report(n);
        let message = SourceMessage {
            topic: "adverse-events",
            partition: 0,
            offset: i64::try_from(n).unwrap_or(0),
            timestamp: 1_740_816_000_000,
            payload: payload.as_bytes(),
            format: None,
        };
        intake(&intake_of, &Source::default(), &message, &mut |_, record| {
            let record = record.expect("the bench's own report is a record");
            log.push((record.key.to_owned(), record.value.to_vec()));
        });
    }
    log
}

#[allow(dead_code, reason = "not every bench judges patients")]
/// When the value of this number is measured and known, milliseconds.
pub fn time_of(n: usize) -> i64 {
    1_740_816_000_000 + i64::try_from(n).unwrap_or(0) * 3_600_000
}

/// Keys and values of one exposed patient's dose and that many quiet values, an hour apart.
#[allow(dead_code, reason = "not every bench judges patients")]
pub fn of_patient(patient: usize, values: usize) -> Vec<(String, Vec<u8>)> {
    let intake_of = Intake {
        pseudonymiser: Pseudonymiser::new(&[1; 32]).expect("32 bytes are a key"),
        limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
        internal_kinds: false,
    };
    const QUIET: [(&str, f64, &str); 5] = [
        ("bilirubin", 10.0, "umol/L"),
        ("temperature", 36.8, "Cel"),
        ("weight", 70.0, "kg"),
        ("anc", 3.0, "10*9/L"),
        ("haemoglobin", 120.0, "g/L"),
    ];
    let mut log = Vec::with_capacity(values + 1);
    for n in 0..=values {
        let at = time_of(n);
        let (analyte, value, unit) = QUIET.get(n % QUIET.len()).copied().unwrap_or(("weight", 70.0, "kg"));
        let body = if n == 0 {
            r#"{"Administration":{"product":"Besponsa","dose_mg_m2":0.8,"cycle":1,"cycle_day":1}}"#.to_owned()
        } else {
            format!(
                r#"{{"Observation":{{"analyte":"{analyte}","quantity":{{"value":{value},"unit":"{unit}"}},"reference_high":21.0}}}}"#
            )
        };
        let payload = format!(
            r#"{{"head":{{"identity":{{"authority":"h1","identifier":"{patient}"}},"source_id":"{n}","event_time":{at}}},"body":{body}}}"#
        );
        let message = SourceMessage {
            topic: "ward",
            partition: 0,
            offset: i64::try_from(n).unwrap_or(0),
            timestamp: at,
            payload: payload.as_bytes(),
            format: None,
        };
        let source = Source::default();
        intake(&intake_of, &source, &message, &mut |_, record| {
            let record = record.expect("the bench's own record");
            log.push((record.key.to_owned(), record.value.to_vec()));
        });
    }
    log
}

//! Reports for the tests, as their senders would write them.

use besponsa_vigil::decode::Limits;
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::{Intake, Source, SourceMessage, intake};
use serde_json::{Value, json};

/// A serious report of VOD with Besponsa as suspect, in canonical JSON: raises an alert.
pub fn vod(case: &str, version: i32) -> Vec<u8> {
    report(case, version, "Veno-occlusive liver disease", &json!({"serious": true, "life_threatening": true}))
}

/// A report in canonical JSON of one reaction with Besponsa as suspect.
pub fn report(case: &str, version: i32, reaction: &str, seriousness: &Value) -> Vec<u8> {
    let value = json!({
        "head": {"source_id": format!("{case}/{version}")},
        "body": {"Report": {
            "worldwide_case_id": case,
            "sender": "test",
            "version": version,
            "seriousness": seriousness,
            "drugs": [{"role": "suspect", "name": "BESPONSA"}],
            "reactions": [{"term": reaction}],
        }},
    });
    serde_json::to_vec(&value).unwrap()
}

/// A serious report of VOD with a narrative.
pub fn told(case: &str, narrative: &str) -> Vec<u8> {
    let mut report: Value = serde_json::from_slice(&vod(case, 1)).unwrap();
    report["body"]["Report"]["narrative"] = narrative.into();
    serde_json::to_vec(&report).unwrap()
}

/// What ingest makes of a report: key and value of a record of the log. `at` is its offset in a source topic.
pub fn record(report: &[u8], at: i32) -> (String, Vec<u8>) {
    let intake_of = Intake {
        pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
        limits: Limits { message_bytes: 1 << 20, container_records: 10, list_items: 1000 },
        internal_kinds: false,
    };
    let message = SourceMessage {
        topic: "adverse-events",
        partition: 0,
        offset: i64::from(at),
        timestamp: 1_740_816_000_000,
        payload: report,
        format: None,
    };
    let mut made = None;
    intake(&intake_of, &Source::default(), &message, &mut |_, record| {
        let record = record.unwrap();
        made = Some((record.key.to_owned(), record.value.to_vec()));
    });
    made.unwrap()
}

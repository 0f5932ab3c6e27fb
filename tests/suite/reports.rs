//! Reports for the tests, as their senders would write them.

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

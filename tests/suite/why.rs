//! `vigil explain --patient P --from-log` on a real Kafka: why and why not, of one patient, from the log alone.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::Site;
use serde_json::{Value, json};
use std::time::Duration;

const DONE_MAX: Duration = Duration::from_secs(60);

fn said(patient: &str, name: &str, time: &str, body: &Value) -> Vec<u8> {
    let identity = json!({"authority": "h1", "identifier": patient});
    let head = json!({"site": "ward", "source_id": name, "event_time": time, "identity": identity});
    serde_json::to_vec(&json!({"head": head, "body": body})).unwrap()
}

fn value(analyte: &str, value: f64, unit: &str) -> Value {
    json!({"Observation": {"analyte": analyte, "quantity": {"value": value, "unit": unit}, "reference_high": 21.0}})
}

#[test]
fn a_patient_is_explained_from_the_log_with_what_is_met_and_what_is_missing() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "why");
    let source = corner.create_source(1);
    let site = Site::new(&corner, 2);
    let vigil = site.start(&["run"]);
    let dose = json!({"Administration": {"product": "Besponsa", "dose_mg_m2": 0.8, "cycle": 1, "cycle_day": 1}});
    let told = [
        said("A", "1", "2025-05-01T07:00:00Z", &value("weight", 70.0, "kg")),
        said("A", "2", "2025-05-01T10:00:00Z", &dose),
        said("A", "3", "2025-05-10T08:00:00Z", &value("bilirubin", 45.0, "umol/L")),
        said("A", "4", "2025-05-10T09:00:00Z", &value("weight", 73.6, "kg")),
    ];
    corner.send(&source, 0, told.iter().map(Vec::as_slice));
    wait_until("watch has judged all", DONE_MAX, || {
        corner.exists(&corner.name("records"))
            && corner.lag(&corner.name("ingest"), &source) == 0
            && corner.exists(&corner.name("alerts"))
            && corner.count(&corner.name("alerts")) >= 1
    });
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    // Ticks have keys of their own; all else in the log is of the one patient.
    let alerts = corner.read(&corner.name("alerts"));
    let patient = String::from_utf8(alerts[0].key.clone().unwrap()).unwrap();

    let why = |at: &str| site.run_well(&["explain", "--patient", &patient, "--from-log", "--at", at]);
    let after = why("2025-05-10T09:30:00Z");
    for words in ["ebmt2023_probable: met", "vod_sos: high by ebmt2023_probable", "73.6 kg", "Read from "] {
        assert!(after.contains(words), "{words}\n{after}");
    }
    let before = why("2025-05-10T08:30:00Z");
    assert!(before.contains("ebmt2023_probable: unknown"), "{before}");

    let other = format!("{}{}", &patient[..patient.len() - 4], "0000");
    let output = site.run(&["explain", "--patient", &other, "--from-log"]);
    assert_ne!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tells of no such patient"));
    assert_eq!(site.run(&["explain", "--from-log"]).status.code(), Some(64), "a log holds many: one must be named");
}

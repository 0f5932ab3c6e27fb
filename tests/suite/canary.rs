//! Identities and case texts planted in messages, and looked for where none may be.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::dashboard::Desk;
use crate::process::Site;
use serde_json::json;
use std::time::Duration;

const DONE_MAX: Duration = Duration::from_secs(90);

/// What is planted; no part of it may be seen again outside `vigil.rejects`.
const CANARIES: [&str; 6] =
    ["MRN-CANARY-31415", "Canarina", "canary-hospital-oid", "canary reaction text", "CANARYKEY", "CANARYNUMBER"];

/// Messages that hold them in every place where a sender may put them, good ones and bad ones.
fn messages() -> Vec<Vec<u8>> {
    let [identifier, name, authority, reaction, _, number] = CANARIES;
    let report = json!({
        "head": {"identity": {"authority": authority, "identifier": identifier}, "source_id": "report-1"},
        "body": {"Report": {
            "worldwide_case_id": "XX-FEATHER-1",
            "sender": "test",
            "patient": {"identity": {"authority": authority, "identifier": identifier}},
            "narrative": format!("{name} was admitted with {reaction}."),
            "drugs": [{"role": "suspect", "name": "BESPONSA"}],
            "reactions": [{"term": "Febrile neutropenia"}],
        }},
    });
    let observation = json!({
        "head": {"identity": {"authority": authority, "identifier": identifier}, "source_id": "obs-1"},
        "body": {"Observation": {"loinc": "1975-2", "status": "final", "value_text": format!("{name} {reaction}")}},
    });
    let mut all = vec![serde_json::to_vec(&report).unwrap(), serde_json::to_vec(&observation).unwrap()];
    for (path, value) in [
        ("/body/Report/patient/age_years", json!(name)),
        ("/body/Report/status", json!(name)),
        ("/body/Report/first_received", json!(name)),
        ("/body/Report/version", json!(number)),
    ] {
        let mut faulty = report.clone();
        let (parent, field) = path.rsplit_once('/').unwrap();
        faulty.pointer_mut(parent).unwrap()[field] = value;
        all.push(serde_json::to_vec(&faulty).unwrap());
    }
    let mut unknown = report.clone();
    unknown["body"]["Report"][name] = json!(1);
    all.push(serde_json::to_vec(&unknown).unwrap());
    all.push(format!("{{\"head\": {{\"{name}\": 1, \"{name}\": 2}}}}").into_bytes());
    all.push(format!("{name} {identifier}").into_bytes());
    all.push(format!("primaryid$caseid$drug_seq$role_cod$drugname\n{name}$1$1$PS\n").into_bytes());
    all.push(
        format!("{{\"safetyreportid\": \"{number}\", \"patient\": {{\"patientonsetage\": \"{name}\"}}}}").into_bytes(),
    );
    all
}

#[test]
fn no_identity_and_no_case_text_reaches_a_log_a_metric_or_another_topic() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "canary");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 2);
    site.set("LOG_LEVEL", "trace");
    let vigil = site.start(&["run"]);
    let sender = corner.sender();
    let messages = messages();
    for message in &messages {
        sender.send(&source, 0, Some(CANARIES[4].as_bytes()), message);
    }
    sender.flush();
    wait_until("ingest has committed all", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    // A stray in the log, for watch to reject.
    let records = corner.name("records");
    sender.send(&records, 0, Some(CANARIES[0].as_bytes()), &messages[0]);
    sender.flush();
    wait_until("watch has judged all", DONE_MAX, || corner.is_judged(&corner.name("watch"), &records));
    let mut exposed: Vec<(String, String)> =
        ["/metrics", "/readyz", "/livez"].into_iter().map(|path| (path.to_owned(), vigil.get(path).1)).collect();
    // A dashboard of its own, which knows everything from the topics.
    let alone = site.start(&["dashboard"]);
    let desk = Desk::of(&alone);
    wait_until("the page has the alert", DONE_MAX, || desk.get("/api/v1/alerts").1["total"].as_u64() > Some(0));
    wait_until("the page has the rejects", DONE_MAX, || desk.get("/api/v1/rejects").1["total"].as_u64() > Some(5));
    for path in [
        "/api/v1/alerts",
        "/api/v1/alerts?state=any&subject=patient",
        "/api/v1/rejects",
        "/api/v1/service",
        "/api/v1/sites",
        "/api/v1/patients",
        "/api/v1/counts",
        "/api/v1/burden",
        "/api/v1/vocabulary",
    ] {
        exposed.push((path.to_owned(), desk.get(path).1.to_string()));
    }
    // What is asked for is not repeated, neither in an answer nor in a log.
    for canary in [CANARIES[0], CANARIES[1]] {
        for path in [
            format!("/api/v1/alerts/{canary}"),
            format!("/api/v1/patients/{canary}"),
            format!("/api/v1/alerts?concern={canary}"),
            format!("/api/v1/{canary}"),
        ] {
            exposed.push((path.replace(canary, "…"), desk.get(&path).1.to_string()));
        }
    }
    // Neither is it counted, nor logged by the process that was asked.
    for path in ["/metrics", "/readyz", "/livez"] {
        let (_, text) = alone.get(path);
        assert!(path != "/metrics" || text.contains("vigil_dashboard_requests_total{route=\"other\",status=\"4xx\"}"));
        exposed.push((format!("the dashboard's {path}"), text));
    }
    assert_eq!(alone.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());

    let rejects = corner.read(&corner.name("rejects"));
    assert!(rejects.len() >= messages.len() - 2, "the faulty ones were rejected: {}", rejects.len());
    let alerts = corner.read(&corner.name("alerts"));
    assert!(!alerts.is_empty(), "the good report raised an alert");
    let logs = site.logs();
    assert!(logs.contains("shard acquired"), "there are logs to look into");
    let contains = |bytes: &[u8], canary: &str| bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
    for canary in CANARIES {
        assert!(
            !logs.contains(canary),
            "{canary} in a log line: {:?}",
            logs.lines().find(|line| line.contains(canary))
        );
        for (path, text) in &exposed {
            assert!(!text.contains(canary), "{canary} at {path}");
        }
        for seen in &alerts {
            assert!(!contains(&seen.value, canary), "{canary} in an alert");
            assert!(seen.headers.values().all(|value| !value.contains(canary)), "{canary} in a header of an alert");
        }
        // The raw message may hold it; nothing beside the raw message may.
        for seen in &rejects {
            assert!(seen.headers.values().all(|value| !value.contains(canary)), "{canary} in a header of a reject");
            let mut scratch = Vec::new();
            let reject = besponsa_vigil::run::rejects::decode(&seen.value, &mut scratch).unwrap();
            assert!(!reject.detail.contains(canary) && !reject.reason.contains(canary), "{canary} in a detail");
        }
    }
    // The log holds texts of the case, and never an identity.
    for seen in corner.read(&records).iter().filter(|seen| seen.key.as_deref() != Some(CANARIES[0].as_bytes())) {
        for identity in [CANARIES[0], CANARIES[2]] {
            assert!(!contains(&seen.value, identity), "{identity} in the log");
        }
    }
}

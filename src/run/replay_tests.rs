//! Replay and explain over files made here.

use super::explain::explain;
use super::replay::{Outputs, PUBLIC_KEY, Replay, Tally, expand};
use crate::config::Settings;
use crate::normalise::Pseudonymiser;
use crate::pipeline::Judge;
use crate::profile::{Concern, Priority, Profile};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn judge() -> Judge {
    Judge::new(Profile::builtin()).unwrap()
}

fn report(case: &str, version: i32, status: &str, drug: &str, reaction: &str) -> Value {
    json!({ "body": { "Report": {
        "sender": "north", "sender_case_id": case, "version": version, "status": status, "most_recent": "2024-05-01",
        "seriousness": { "hospitalisation": true },
        "drugs": [{ "role": "suspect", "name": drug }],
        "reactions": [{ "term": reaction }],
    } } })
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn run(files: &[PathBuf]) -> (Tally, String, String) {
    let (judge, settings) = (judge(), Settings::default());
    let key = Pseudonymiser::new(PUBLIC_KEY).unwrap();
    let mut replay = Replay::new(&judge, key, settings.limits.decode(), 6, 1000);
    let (mut alerts, mut outcomes) = (Vec::new(), Vec::new());
    let mut outputs = Outputs { alerts: Some(&mut alerts), outcomes: Some(&mut outcomes) };
    for file in expand(files).unwrap() {
        replay.file(&file, &mut outputs, &mut |_| {}).unwrap();
    }
    (replay.finish(), String::from_utf8(alerts).unwrap(), String::from_utf8(outcomes).unwrap())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_record_has_one_outcome_with_its_place_and_the_same_files_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let stream = [
        report("A1", 1, "current", "BESPONSA", "Venoocclusive liver disease").to_string(),
        "{ broken".to_owned(),
        report("A1", 1, "current", "BESPONSA", "Venoocclusive liver disease").to_string(),
        report("B2", 1, "current", "Mylotarg", "Haemorrhage").to_string(),
        report("A1", 2, "nullification", "BESPONSA", "Venoocclusive liver disease").to_string(),
    ];
    let file = write(folder.path(), "stream.ndjson", &stream.join("\n"));
    let (tally, alerts, outcomes) = run(std::slice::from_ref(&file));
    let outcome = lines(&outcomes);
    let fates: Vec<_> = outcome.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(fates, ["alerted", "rejected", "repeated", "quiet", "alerted"]);
    assert_eq!(outcome[0]["source"], "stream.ndjson:0:0");
    assert_eq!((&outcome[0]["case"], &outcome[0]["suspect"]), (&json!("A1"), &json!(true)));
    assert_eq!(outcome[0]["concepts"], json!(["vod_sos"]));
    assert_eq!((&outcome[1]["reject"], &outcome[1]["case"]), (&json!("malformed_json"), &Value::Null));
    assert_eq!((&outcome[3]["suspect"], &outcome[3]["concepts"]), (&json!(false), &json!(["haemorrhage"])));
    let alert = lines(&alerts);
    let said: Vec<_> = alert.iter().map(|a| (a["concern"].as_str().unwrap(), a["change"].as_str().unwrap())).collect();
    assert_eq!(said, [("vod_sos", "raised"), ("vod_sos", "withdrawn")]);
    assert_eq!(tally.records(), 5);
    assert_eq!((tally.reports, tally.cases), ([1, 3], [1, 0]), "the nullified case no longer holds");
    assert_eq!(tally.alerts[&(Concern::VodSos, Priority::High)], 2);
    let (again, alerts_again, outcomes_again) = run(&[file]);
    assert!(again == tally && alerts_again == alerts && outcomes_again == outcomes);
    let table = tally.table(std::time::Duration::from_secs(1));
    assert!(table.starts_with("5 records in 1.00 s (5 a second)") && table.contains("malformed_json"), "{table}");
}

#[test]
fn a_folder_stands_for_its_messages_and_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let json = write(folder.path(), "b.json", "[]");
    write(folder.path(), "readme.pdf", "");
    let whole = [folder.path().to_owned()];
    assert_eq!(expand(&whole).unwrap(), std::slice::from_ref(&json));
    write(folder.path(), "DEMO24Q1.txt", "primaryid$caseid\n1$1\n");
    assert_eq!(expand(&whole).unwrap(), [json, folder.path().to_owned()]);
    let empty = tempfile::tempdir().unwrap();
    assert!(expand(&[empty.path().to_owned()]).is_err());
}

#[test]
fn explain_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{}\n{}\n",
        report("A1", 1, "current", "inotuzumab ozogamicin", "Veno-occlusive disease of liver"),
        report("B2", 1, "current", "gemtuzumab ozogamicin", "Haemorrhage"),
    );
    let file = write(folder.path(), "two.ndjson", &text);
    let limits = Settings::default().limits.decode();
    let told = |case: Option<&str>| explain(&judge(), &file, case, limits);
    let first = told(None).unwrap();
    for part in [
        "Case A1, version 1",
        "Besponsa is suspect: drug 1 “inotuzumab ozogamicin”, role suspect, by the name",
        "reaction vod_sos",
        "EU: listed – named in the label",
        "vod_sos raised: priority high, notifies",
        "1 further reports in this file",
    ] {
        assert!(first.contains(part), "{part}\n{first}");
    }
    let second = told(Some("B2")).unwrap();
    assert!(second.contains("Besponsa is not among the 1 drugs") && second.contains("none"), "{second}");
    let nobody = told(Some("C3")).unwrap_err().to_string();
    assert!(nobody.contains("no report with the case id C3 among the 2 reports"), "{nobody}");
}

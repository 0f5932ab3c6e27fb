//! `vigil verify` and `vigil replay --from-topic` on a real Kafka: nothing is found where nothing is wrong, and what is
//! planted is found.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::Site;
use crate::reports;
use besponsa_vigil::alert::{Alert, AlertCodec};
use besponsa_vigil::pipeline::{Effects, Judge, LogMessage, Shard, step, tick_record};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::Millis;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::Value;
use std::time::Duration;

/// Longest wait for the children to have done what was sent.
const DONE_MAX: Duration = Duration::from_secs(60);

const PARTITIONS: i32 = 2;

/// Exit code, table and verdict.
fn verify(site: &Site, arguments: &[&str]) -> (Option<i32>, String, Value) {
    let output = site.run(&[&["verify"], arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().last().unwrap_or_else(|| panic!("{error}"));
    let verdict = serde_json::from_str(last).unwrap_or_else(|_| panic!("{text}\n{error}"));
    (output.status.code(), text, verdict)
}

/// The state that the log gives, written as watch writes it. Where watch has written it already this repeats it.
fn write_state(corner: &Corner) {
    let judge = Judge::new(Profile::builtin()).unwrap();
    let (log, state) = (corner.name("records"), corner.name("state"));
    let sender = corner.sender();
    let mut effects = Effects::default();
    for partition in 0..PARTITIONS {
        let mut shard = Shard::new(partition, PARTITIONS, 1000);
        for seen in corner.read(&log).iter().filter(|seen| seen.partition == partition) {
            let (offset, key) = (seen.offset, seen.key.as_deref());
            let message = LogMessage { topic: &log, partition, offset, key, value: &seen.value };
            let _ = step(&judge, &mut shard, &message, &mut Vec::new(), &mut effects).unwrap();
        }
        let mut changes = Vec::new();
        shard.take_changes(&judge, &mut changes).unwrap();
        for change in changes {
            sender.send(&state, partition, Some(change.key.as_bytes()), &change.value.unwrap());
        }
    }
    sender.flush();
}

/// One message of the alerts in a transaction of its own.
fn transact(corner: &Corner, partition: i32, key: &[u8], value: &[u8], commit: bool) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &corner.bootstrap)
        .set("transactional.id", corner.name("planter"))
        .create()
        .unwrap();
    producer.init_transactions(DONE_MAX).unwrap();
    producer.begin_transaction().unwrap();
    let topic = corner.name("alerts");
    producer.send(BaseRecord::to(&topic).partition(partition).key(key).payload(value)).unwrap();
    producer.flush(DONE_MAX).unwrap();
    if commit { producer.commit_transaction(DONE_MAX).unwrap() } else { producer.abort_transaction(DONE_MAX).unwrap() }
}

#[test]
fn verify_finds_nothing_wrong_with_a_settled_cluster_and_everything_that_is_planted() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "witness");
    let source = corner.create_source(2);
    let site = Site::new(&corner, PARTITIONS);
    let vigil = site.start(&["run"]);
    let reports: Vec<Vec<u8>> = (0..40).map(|n| reports::vod(&format!("W{}", n % 25), 1 + n / 25)).collect();
    corner.send(&source, 0, reports[..20].iter().map(Vec::as_slice));
    corner.send(&source, 1, reports[20..].iter().map(Vec::as_slice));
    corner.send(&source, 1, [b"{ broken".as_slice()]);
    wait_until("all is ingested", DONE_MAX, || {
        corner.exists(&corner.name("records")) && corner.lag(&corner.name("ingest"), &source) == 0
    });
    // Something for watch to reject, and a tick.
    let stray = corner.sender();
    stray.send(&corner.name("records"), 0, Some(b"no pseudonym"), b"nothing");
    let tick = tick_record(1, Millis(1_764_000_000_000)).unwrap();
    stray.send(&corner.name("records"), 1, Some(tick.key.as_bytes()), &tick.value);
    stray.flush();
    wait_until("watch has judged all", DONE_MAX, || {
        corner.count(&corner.name("rejects")) >= 2 && vigil.metric("vigil_records_total") >= 42.0
    });
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    write_state(&corner);

    let (code, table, verdict) = verify(&site, &["--settled"]);
    assert_eq!((code, &verdict["verdict"]), (Some(0), &"ok".into()), "{table}");
    assert_eq!((&verdict["sources"]["messages"], &verdict["sources"]["found"]), (&41.into(), &41.into()), "{table}");
    assert_eq!((&verdict["sources"]["lost"], &verdict["log"]["committed"]), (&0.into(), &42.into()), "{table}");
    assert_eq!((&verdict["log"]["ticks"], &verdict["state"]["progress"]), (&1.into(), &PARTITIONS.into()), "{table}");
    assert_eq!((&verdict["rejects"]["ingest"], &verdict["rejects"]["watch"]), (&1.into(), &1.into()), "{table}");
    let alerts = corner.read(&corner.name("alerts"));
    assert!(alerts.len() >= 25, "{}", alerts.len());
    assert_eq!(verdict["alerts"]["committed"], alerts.len());
    eprintln!("{table}");

    // The log, recomputed, gives the same alerts and the same state; half of it does too.
    let (log, said) = (corner.name("records"), corner.name("alerts"));
    let replay = ["replay", "--from-topic", &log, "--compare", &said];
    let told = site.run_well(&replay);
    assert!(told.ends_with("\n0 differences\n"), "{told}");
    let equal = |told: &str| -> u64 {
        let line = told.lines().find(|line| line.contains("equal byte for byte")).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    assert_eq!(equal(&told), alerts.len() as u64, "{told}");
    assert!(
        told.lines().any(|line| line.contains("keys of state") && line.ends_with("27")),
        "25 cases, 2 shards: {told}"
    );
    let part = site.run_well(&[&replay[..], &["--partitions", "1", "--from", "3", "--to", "12"]].concat());
    assert!(part.ends_with("\n0 differences\n") && equal(&part) < equal(&told) && equal(&part) > 0, "{part}");
    eprintln!("{told}");

    // An aborted attempt is seen by read-uncommitted alone, and harms nobody.
    let first = &alerts[0];
    transact(&corner, first.partition, first.key.as_deref().unwrap(), &first.value, false);
    let file = tempfile::tempdir().unwrap();
    let json = file.path().join("verdict.json");
    let told = site.run_well(&["verify", "--settled", "--json", json.to_str().unwrap()]);
    assert!(told.ends_with("verdict: ok\n"), "{told}");
    let verdict: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(verdict["alerts"]["uncommitted"], alerts.len() + 1);
    assert_eq!((&verdict["alerts"]["repeated"], &verdict["alerts"]["repeated_uncommitted"]), (&0.into(), &1.into()));

    // An alert that the log does not give, in other bytes than one that it does.
    let mut scratch = Vec::new();
    let said: Alert<'_> = AlertCodec::decode(&first.value, &mut scratch).unwrap();
    let other = AlertCodec::Avro.encode(&Alert { notify: !said.notify, ..said }).unwrap();
    transact(&corner, first.partition, first.key.as_deref().unwrap(), &other, true);
    let (code, table, verdict) = verify(&site, &["--settled"]);
    assert_eq!((code, &verdict["verdict"]), (Some(1), &"failed".into()), "{table}");
    assert_eq!(verdict["found"], serde_json::json!({"alert_other_bytes": 2}), "committed, and uncommitted: {table}");
    assert!(!table.contains(std::str::from_utf8(first.key.as_deref().unwrap()).unwrap()), "{table}");

    // A source message that nothing was made of.
    corner.send(&source, 0, [reports[0].as_slice()]);
    let (code, table, verdict) = verify(&site, &["--settled"]);
    assert_eq!((code, &verdict["found"]["source_lost"]), (Some(1), &1.into()), "{table}");
    let (_, table, verdict) = verify(&site, &[]);
    assert_eq!((&verdict["sources"]["lost"], &verdict["sources"]["not_due"]), (&0.into(), &1.into()), "{table}");
}

#[test]
fn replay_shows_an_alert_that_the_log_does_not_give() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "replay-log");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 1);
    site.set("ALERTS_FORMAT", "json");
    let vigil = site.start(&["run"]);
    let reports: Vec<Vec<u8>> = (0..5).map(|n| reports::vod(&format!("R{n}"), 1)).collect();
    corner.send(&source, 0, reports.iter().map(Vec::as_slice));
    let alerts = corner.name("alerts");
    wait_until("all is said", DONE_MAX, || corner.exists(&alerts) && corner.read(&alerts).len() >= 5);
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    let log = corner.name("records");
    let replay = ["replay", "--from-topic", &log, "--compare", &alerts];
    assert!(site.run_well(&replay).ends_with("\n0 differences\n"));

    // Another profile decides otherwise, at least in what it stamps on its decisions.
    let profile = tempfile::tempdir().unwrap();
    let file = profile.path().join("profile.toml");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/besponsa.toml")).unwrap();
    let (from, to) = ("\nversion = \"1.0.0\"", "\nversion = \"1.0.1\"");
    assert!(text.contains(from));
    std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
    let output = site.run(&[&replay[..], &["--profile", file.to_str().unwrap()]].concat());
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("differs in profile_hash, profile_version\n").count(), 5, "{told}");

    let seen = corner.read(&alerts);
    let mut alert: Value = serde_json::from_slice(&seen[4].value).unwrap();
    alert["alert_id"] = "00".repeat(16).into();
    let planted = serde_json::to_vec(&alert).unwrap();
    transact(&corner, 0, seen[4].key.as_deref().unwrap(), &planted, true);
    let output = site.run(&replay);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let expected = format!("alert {} revision 1: said at 0/", "00".repeat(16));
    assert!(told.contains(&expected) && told.contains("\n1 differences\n"), "{told}");
}

//! What goes wrong with messages and topics: each fault by its name, the neighbours unharmed, the raw bytes kept.

use crate::broker::broker;
use crate::cluster::{Corner, Seen, wait_until};
use crate::process::Site;
use crate::reports;
use besponsa_vigil::record::{Body, Codec, RAW_KEPT_BYTES, Record};
use besponsa_vigil::run::rejects;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

const DONE_MAX: Duration = Duration::from_secs(90);

/// Name of the reject and bytes of every file of `schemas/examples/invalid`.
fn invalid_examples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples/invalid");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let named = files.iter().map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        (name.split('.').next().unwrap().to_owned(), std::fs::read(path).unwrap())
    });
    named.collect()
}

/// The versions of a case in the log, in its order there.
fn versions(records: &[Seen], case: &str) -> Vec<i32> {
    let version = |seen: &Seen| {
        let mut scratch = Vec::new();
        let record: Record<'_> = Codec::record().decode(&seen.value, &mut scratch).unwrap();
        match record.body {
            Body::Report(report) if report.worldwide_case_id.as_deref() == Some(case) => report.version,
            _ => None,
        }
    };
    records.iter().filter_map(version).collect()
}

#[test]
fn a_poison_message_is_a_named_reject_and_its_neighbours_come_through_in_order() {
    const CASE: &str = "XX-NEIGHBOUR-1";
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "poison");
    let source = corner.create_source(1);
    let mut poison = invalid_examples();
    poison.push(("empty_payload".to_owned(), Vec::new()));
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    poison.push(("too_deep".to_owned(), [br#"{"head": "#.as_slice(), &deep, b"}"].concat()));
    poison.push(("too_large".to_owned(), vec![b'x'; 50_000_000]));
    let mut messages: Vec<Vec<u8>> = Vec::new();
    for (number, (_, bytes)) in poison.iter().enumerate() {
        messages.push(reports::vod(CASE, i32::try_from(number).unwrap() + 1));
        messages.push(bytes.clone());
    }
    messages.push(reports::vod(CASE, i32::try_from(poison.len()).unwrap() + 1));
    corner.send(&source, 0, messages.iter().map(Vec::as_slice));

    let site = Site::new(&corner, 6);
    let vigil = site.start(&["ingest"]);
    wait_until("ingest has committed all", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());

    let expected: Vec<i32> = (1..=i32::try_from(poison.len()).unwrap() + 1).collect();
    assert_eq!(versions(&corner.read(&corner.name("records")), CASE), expected);
    let rejects = corner.read(&corner.name("rejects"));
    for (number, (reason, bytes)) in poison.iter().enumerate() {
        let offset = (2 * number + 1).to_string();
        let of_message: Vec<&Seen> = rejects.iter().filter(|seen| seen.header("offset") == offset).collect();
        assert!(
            of_message.iter().any(|seen| seen.header("reason") == reason),
            "{reason}, offset {offset}: {of_message:?}"
        );
        let first = of_message.iter().min_by_key(|seen| (seen.partition, seen.offset)).unwrap();
        assert_eq!(first.key.as_deref(), Some(format!("{source}/0/{offset}").as_bytes()));
        let headers = ["topic", "partition", "stage"].map(|name| first.header(name));
        assert_eq!(headers, [source.as_str(), "0", "ingest"]);
        let mut scratch = Vec::new();
        let reject = rejects::decode(&first.value, &mut scratch).unwrap();
        assert_eq!((reject.topic.as_ref(), reject.partition, reject.offset.to_string()), (source.as_str(), 0, offset));
        assert_eq!(reject.raw_size, i64::try_from(bytes.len()).unwrap());
        let kept = if bytes.len() > 512 * 1024 { &bytes[..RAW_KEPT_BYTES] } else { bytes };
        assert!(reject.raw.unwrap().0 == kept, "{reason}: raw bytes differ");
        assert_eq!(reject.raw_truncated, bytes.len() > 512 * 1024);
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(reject.raw_sha256, digest);
    }
    assert!(
        rejects.iter().all(|seen| seen.header("offset").parse::<usize>().unwrap() % 2 == 1),
        "no neighbour rejected"
    );
    // The topic can be read by a person, too.
    let printed = site.run_well(&["tail", &corner.name("rejects"), "--from-beginning", "--to-end"]);
    assert_eq!(printed.lines().count(), rejects.len());
    assert!(printed.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
}

#[test]
fn watch_rejects_what_is_no_record_of_its_shard_and_goes_on() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "strays");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 6);
    site.set("ALERTS_FORMAT", "json");
    corner.send(&source, 0, [reports::vod("XX-STRAY-1", 1).as_slice()]);
    let ingest = site.start(&["ingest"]);
    wait_until("one record", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    let records = corner.name("records");
    let good = corner.read(&records).remove(0);
    let key = good.key.clone().unwrap();
    let other = (good.partition + 1) % 6;
    let sender = corner.sender();
    sender.send(&records, other, Some(&key), &good.value);
    sender.send(&records, good.partition, Some(b"MRN-0048213"), &good.value);
    sender.send(&records, good.partition, Some(&key), b"\xc3\x01not Avro at all");
    sender.send(&records, good.partition, None, b"");
    sender.flush();
    corner.send(&source, 0, [reports::vod("XX-STRAY-1", 2).as_slice()]);
    wait_until("a follow-up", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    let watch = site.start(&["watch"]);
    wait_until("watch has judged all", DONE_MAX, || corner.is_judged(&corner.name("watch"), &records));
    assert_eq!(watch.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    assert_eq!(ingest.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());

    let rejects = corner.read(&corner.name("rejects"));
    let mut reasons: Vec<_> = rejects.iter().map(|seen| (seen.header("reason"), seen.header("partition"))).collect();
    reasons.sort_unstable();
    let (own, other) = (good.partition.to_string(), other.to_string());
    let mut expected = vec![
        ("key_not_pseudonym", own.as_str()),
        ("truncated_avro", &own),
        ("unknown_fingerprint", &own),
        ("wrong_partition", &other),
    ];
    expected.sort_unstable();
    assert_eq!(reasons, expected);
    assert!(rejects.iter().all(|seen| seen.header("stage") == "watch" && seen.header("topic") == records));
    let alerts = corner.read(&corner.name("alerts"));
    let revisions: Vec<_> = alerts.iter().map(|seen| seen.header("revision")).collect();
    assert_eq!(revisions, ["1", "2"], "the case before and after the strays");
    let alert: serde_json::Value = serde_json::from_slice(&alerts[1].value).unwrap();
    assert_eq!(alert["alert_id"], alerts[0].header("alert_id"));
    assert_eq!((alerts[0].partition, alerts[0].key.as_ref()), (good.partition, Some(&key)));
}

#[test]
fn topics_that_are_not_as_they_must_be_are_refused_by_name() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "refused");
    let site = Site::new(&corner, 6);
    let mut vigil = site.start(&["ingest"]);
    assert_eq!(vigil.ended(Duration::from_secs(60)), Some(78), "{}", vigil.said());
    assert!(vigil.said().contains(&corner.name("source")), "the missing source is named: {}", vigil.said());

    let corner = Corner::of(broker, "refused");
    corner.create_source(1);
    let records = corner.create("records", 3, &[("cleanup.policy", "compact"), ("retention.ms", "1000")]);
    let site = Site::new(&corner, 6);
    let mut vigil = site.start(&["run"]);
    assert_eq!(vigil.ended(Duration::from_secs(60)), Some(78), "{}", vigil.said());
    for fault in [
        "number of partitions is 3, must be 6",
        "cleanup.policy is compact, must be delete",
        "retention.ms is 1000, must be -1",
    ] {
        assert!(
            vigil.said().contains(&format!("{records}: ")) && vigil.said().contains(fault),
            "{fault}: {}",
            vigil.said()
        );
    }
}

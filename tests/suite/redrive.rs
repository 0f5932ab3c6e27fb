//! `vigil rejects`: what was rejected is listed without content, shown when asked for, and put back once; what is made of
//! it is recognised.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::Site;
use crate::reports;
use besponsa_vigil::record::{Codec, Record, partition_of, record_id};
use serde_json::Value;
use std::time::Duration;

/// Longest wait for the children to have done what was sent.
const DONE_MAX: Duration = Duration::from_secs(60);

/// A report larger than the least limit of messages.
fn large(case: &str) -> Vec<u8> {
    let mut report: Value = serde_json::from_slice(&reports::vod(case, 1)).unwrap();
    report["body"]["Report"]["narrative"] = "Liver tests rose. ".repeat(100).into();
    serde_json::to_vec(&report).unwrap()
}

#[test]
fn rejects_are_listed_shown_and_put_back_once_and_what_comes_of_them_is_recognised() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "redrive");
    let (source, log, rejects) = (corner.create_source(2), corner.name("records"), corner.name("rejects"));
    let mut site = Site::new(&corner, 2);
    site.set("LIMITS_MESSAGE_BYTES_MAX", "1024");
    let ingest = |site: &Site, what: &str, count: usize| {
        let vigil = site.start(&["ingest"]);
        let topic = corner.name(what);
        wait_until("all is ingested", DONE_MAX, || corner.exists(&topic) && corner.read(&topic).len() >= count);
        assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    };
    let sender = corner.sender();
    sender.send(&source, 1, Some(b"mine"), &large("L1"));
    sender.send(&source, 1, None, b"{ broken");
    sender.send(&source, 0, None, b"\xff\xfe");
    sender.flush();
    ingest(&site, "rejects", 3);
    site.set("LIMITS_MESSAGE_BYTES_MAX", "65536");

    let told = site.run_well(&["rejects", "list"]);
    assert!(told.contains("3 rejects\n") && !told.contains("BESPONSA") && !told.contains("broken"), "{told}");
    let place = format!("{source}/1/0");
    assert!(told.contains(&format!("{place} index -1 ")) && told.contains("ingest too_large – "), "{told}");
    let told = site.run_well(&["rejects", "list", "--reason", "too_large", "--topic", &source, "--stage", "ingest"]);
    assert!(told.contains("1 rejects\n"), "{told}");
    assert!(site.run_well(&["rejects", "list", "--stage", "watch"]).starts_with("0 rejects\n"));
    assert!(site.run_well(&["rejects", "list", "--until", "2001-01-01"]).starts_with("0 rejects\n"));
    eprintln!("{}", site.run_well(&["rejects", "list"]));

    let shown = site.run_well(&["rejects", "show", &place]);
    assert_eq!(shown.trim_end().as_bytes(), large("L1"));
    let binary = format!("{source}/0/0");
    let refused = site.run(&["rejects", "show", &binary]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--as hex"));
    assert_eq!(site.run_well(&["rejects", "show", &binary, "--as", "hex"]), "fffe\n");
    assert_eq!(site.run(&["rejects", "show", &binary, "--as", "bytes"]).stdout, b"\xff\xfe");
    assert_eq!(site.run(&["rejects", "show", &format!("{source}/0/9")]).status.code(), Some(1));

    let redrive = ["rejects", "redrive", "--reason", "too_large"];
    let told = site.run_well(&[&redrive[..], &["--dry-run"]].concat());
    assert!(told.contains(&format!("{place} too_large -> {source}/1\n1 messages would be put back\n")), "{told}");
    assert_eq!((corner.read(&source).len(), corner.read(&rejects).len()), (3, 3), "a dry run writes nothing");
    let told = site.run_well(&redrive);
    assert!(told.contains("1 messages put back\n"), "{told}");
    eprintln!("{told}");
    let of_source = corner.read(&source);
    let (first, back) = (&of_source[1], &of_source[3]);
    assert_eq!(
        (back.partition, back.timestamp, &back.key, &back.value),
        (1, first.timestamp, &first.key, &first.value)
    );
    assert_eq!(back.header("vigil-redriven-from"), place);
    let told = site.run_well(&redrive);
    assert!(told.contains("0 messages put back\n1 not: put back before"), "{told}");
    assert!(site.run_well(&["rejects", "list"]).contains("whole, put back\n"));
    assert_eq!(corner.read(&source).len(), 4);

    // It becomes the record that it would have been: same id, known since the same time.
    ingest(&site, "records", 1);
    let told = site.run_well(&[&redrive[..], &["--again", "--limit", "5"]].concat());
    assert!(told.contains("1 messages put back\n"), "{told}");
    ingest(&site, "records", 2);
    let records = corner.read(&log);
    assert_eq!(records.len(), 2, "put back twice");
    for seen in &records {
        let mut scratch = Vec::new();
        let record: Record<'_> = Codec::record().decode(&seen.value, &mut scratch).unwrap();
        assert_eq!(record.head.record_id.as_str(), record_id("test", "L1/1", 0));
        assert_eq!((record.head.recorded_at.0, seen.timestamp), (first.timestamp, first.timestamp));
    }
    let told = site.run_well(&["replay", "--from-topic", &log]);
    let line = |name: &str| told.lines().find(|line| line.trim_start().starts_with(name)).map(|l| l.ends_with(" 1"));
    assert_eq!((line("alerted"), line("repeated")), (Some(true), Some(true)), "{told}");

    // A record of the log in the wrong partition: watch rejects it, and it is put back where its key belongs.
    let key = records[0].key.clone().unwrap();
    let right = partition_of(&key, 2);
    let sender = corner.sender();
    sender.send(&log, 1 - right, Some(&key), &records[0].value);
    sender.send(&log, 0, Some(b"no pseudonym"), b"nothing");
    sender.flush();
    let vigil = site.start(&["watch"]);
    let of_watch =
        |at_least: usize| corner.read(&rejects).iter().filter(|s| s.header("stage") == "watch").count() >= at_least;
    wait_until("watch has rejected both", DONE_MAX, || of_watch(2));
    assert_eq!(vigil.stop(Duration::from_secs(20)), Some(0), "{}", site.logs());
    let told = site.run_well(&["rejects", "redrive", "--reason", "wrong_partition", "--stage", "watch"]);
    assert!(told.contains(&format!(" wrong_partition -> {log}/{right}\n1 messages put back\n")), "{told}");
    let listed = site.run_well(&["rejects", "list", "--stage", "watch"]);
    let unread = listed.lines().filter(|line| line.contains(" watch ") && !line.contains("wrong_partition")).count();
    assert_eq!(unread, 1, "{listed}");
    let reason = listed.split_once("watch: ").map_or("", |(_, rest)| rest.split_whitespace().next().unwrap());
    let told = site.run_well(&["rejects", "redrive", "--reason", reason, "--stage", "watch"]);
    assert!(told.contains("0 messages put back\n1 not: watch would reject it again\n"), "{told}");
    let told = site.run_well(&["replay", "--from-topic", &log]);
    assert!(told.lines().any(|line| line.trim_start().starts_with("repeated") && line.ends_with(" 2")), "{told}");
    let verdict = site.run_well(&["verify"]);
    assert!(verdict.contains("\"verdict\":\"ok\""), "{verdict}");
}

//! What must not be skipped holds the line, visibly, and lets go of it when the fault is gone.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::{Running, Site};
use crate::reports;
use std::time::Duration;

const DONE_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(20);

fn held(vigil: &Running, why: &str) -> bool {
    let (status, body) = vigil.get("/readyz");
    status.contains(" 503 ") && body.contains("held") && body.contains(why)
}

#[test]
fn when_rejects_cannot_be_written_ingest_is_held_and_then_goes_on_without_loss() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "held");
    let source = corner.create_source(1);
    let site = Site::new(&corner, 2);
    let vigil = site.start(&["ingest"]);
    wait_until("ready", DONE_MAX, || vigil.get("/readyz").0.contains(" 200 "));
    corner.alter(&corner.name("rejects"), &[("max.message.bytes", "200")]);
    let poison = vec![b'x'; 10_000];
    let messages = [reports::vod("XX-1", 1), poison.clone(), reports::vod("XX-2", 1)];
    corner.send(&source, 0, messages.iter().map(Vec::as_slice));
    wait_until("held, and it says why", DONE_MAX, || held(&vigil, &corner.name("rejects")));
    assert!(vigil.get("/livez").0.contains(" 200 "), "a restart would not help");
    // Nothing behind the message that holds the line is committed.
    assert!(corner.lag(&corner.name("ingest"), &source) >= 2);
    assert_eq!(corner.count(&corner.name("rejects")), 0);

    corner.alter(&corner.name("rejects"), &[("max.message.bytes", "1048576")]);
    wait_until("all committed", DONE_MAX, || corner.lag(&corner.name("ingest"), &source) == 0);
    wait_until("ready again", DONE_MAX, || vigil.get("/readyz").0.contains(" 200 "));
    assert_eq!(vigil.stop(STOP_MAX), Some(0), "{}", site.logs());
    let rejects = corner.read(&corner.name("rejects"));
    assert!(rejects.iter().all(|seen| seen.header("offset") == "1") && !rejects.is_empty());
    let mut scratch = Vec::new();
    let reject = besponsa_vigil::run::rejects::decode(&rejects[0].value, &mut scratch).unwrap();
    assert_eq!(reject.raw.unwrap().0, poison);
    assert!(corner.count(&corner.name("records")) >= 2, "both neighbours");
}

#[test]
fn a_full_shard_stops_visibly_and_forgets_nobody() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "full");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 1);
    site.set("LIMITS_CASES_MAX", "1");
    // No tick among the records that are counted.
    site.set("WATCH_TICK_SECONDS", "60");
    let messages = [reports::vod("XX-1", 1), reports::vod("XX-2", 1), reports::vod("XX-1", 2)];
    corner.send(&source, 0, messages.iter().map(Vec::as_slice));
    let vigil = site.start(&["run"]);
    wait_until("held, and it says why", DONE_MAX, || held(&vigil, "limits.cases_max"));
    let (group, records) = (corner.name("watch"), corner.name("records"));
    wait_until("all before is committed", DONE_MAX, || corner.lag(&group, &records) == 2);
    assert_eq!(vigil.stop(STOP_MAX), Some(0), "{}", site.logs());
    assert_eq!(corner.lag(&group, &records), 2, "the record that does not fit was not passed over");

    site.set("LIMITS_CASES_MAX", "2");
    let vigil = site.start(&["watch"]);
    wait_until("all committed", DONE_MAX, || corner.lag(&group, &records) == 0);
    let lag = || vigil.get("/metrics").1.contains("vigil_input_lag_records{partition=\"0\"} 0");
    wait_until("the lag is shown", DONE_MAX, lag);
    assert_eq!(vigil.stop(STOP_MAX), Some(0), "{}", site.logs());
    let alerts = corner.read(&corner.name("alerts"));
    let seqs: Vec<_> = alerts.iter().map(|seen| seen.header("seq").to_owned()).collect();
    assert_eq!(seqs, ["1", "2", "3"], "no gap and no repeat");
}

#[test]
fn a_record_whose_judging_panics_is_rejected_and_its_neighbours_are_judged() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "panics");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 1);
    site.set("TEST_PANIC_AT", "1");
    site.set("WATCH_TICK_SECONDS", "60");
    let messages = [reports::vod("XX-1", 1), reports::vod("XX-2", 1), reports::vod("XX-3", 1)];
    corner.send(&source, 0, messages.iter().map(Vec::as_slice));
    let vigil = site.start(&["run"]);
    let alerts = corner.name("alerts");
    wait_until("both neighbours are judged", DONE_MAX, || corner.exists(&alerts) && corner.read(&alerts).len() == 2);
    assert_eq!(vigil.stop(STOP_MAX), Some(0), "{}", site.logs());
    let rejects = corner.read(&corner.name("rejects"));
    let named: Vec<_> = rejects.iter().map(|seen| (seen.header("reason"), seen.header("offset"))).collect();
    assert_eq!(named, [("judging_failed", "1")]);
    let seqs: Vec<_> = corner.read(&alerts).iter().map(|seen| seen.header("seq").to_owned()).collect();
    assert_eq!(seqs, ["1", "2"]);
}

#[test]
fn a_call_to_kafka_that_does_not_come_back_ends_the_process_with_70() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "hangs");
    let source = corner.create_source(1);
    let mut site = Site::new(&corner, 1);
    site.set("TEST_HANG", "1");
    corner.send(&source, 0, [reports::vod("XX-1", 1).as_slice()]);
    let mut vigil = site.start(&["run"]);
    assert_eq!(vigil.ended(DONE_MAX), Some(70), "{}", site.logs());
    assert!(vigil.said().contains("the watchdog ends the process"));
    assert_eq!(corner.read(&corner.name("alerts")).len(), 0);
}

#[test]
fn a_shard_that_cannot_write_reads_no_further_than_its_bounds() {
    /// Read ahead, a batch and the producer's buffer of one shard, and as much again for what else a process does.
    const MORE_MAX_KIB: u64 = 2 * (8 + 1 + 32) * 1024;
    const REPORTS: i32 = 8_000;
    /// So that the log is far larger than the bounds.
    const NARRATIVE_BYTES: usize = 20_000;
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "bounds");
    let site = Site::new(&corner, 1);
    let watch = site.start(&["watch", "--partitions", "0"]);
    wait_until("ready", DONE_MAX, || watch.ready());
    let before = watch.resident_kib();
    corner.alter(&corner.name("alerts"), &[("max.message.bytes", "100")]);
    let sender = corner.sender();
    let mut bytes = 0;
    for number in 0..REPORTS {
        let report = reports::told(&format!("XX-{number}"), &"word ".repeat(NARRATIVE_BYTES / 5));
        let (key, value) = reports::record(&report, number);
        bytes += value.len();
        sender.send(&corner.name("records"), 0, Some(key.as_bytes()), &value);
    }
    sender.flush();
    wait_until("held, and it says why", DONE_MAX, || held(&watch, &corner.name("alerts")));
    std::thread::sleep(Duration::from_secs(3));
    let more = watch.resident_kib().saturating_sub(before);
    assert!(bytes as u64 / 1024 > 3 * MORE_MAX_KIB / 2, "the log must not fit into the bounds");
    eprintln!("{} MiB of log, held: {} MiB more than at rest", bytes >> 20, more >> 10);
    assert!(more < MORE_MAX_KIB, "{more} KiB more than at rest");
    assert_eq!(watch.stop(STOP_MAX), Some(0), "{}", site.logs());
}

//! `kill -9` in mid-stream, and shards that change their owner: nothing is lost, and no alert is said twice.

use crate::broker::broker;
use crate::cluster::{Corner, wait_until};
use crate::process::{Running, Site};
use crate::reports;
use crate::verify::{Version, nothing_lost_nothing_twice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PARTITIONS: i32 = 6;

const SOURCE_PARTITIONS: i32 = 3;

/// Times that each of ingest and watch is killed.
const KILLS_OF_EACH: usize = 10;

/// Reports sent at a time to one source partition, and the pause between.
const PORTION: usize = 10;
const PAUSE: Duration = Duration::from_millis(25);

const DONE_MAX: Duration = Duration::from_secs(120);
const STOP_MAX: Duration = Duration::from_secs(20);

/// Sends two versions of each case, so that there are second revisions, until told to stop; all of a case in one
/// partition. Gives what was sent.
fn feed(corner: &Corner, source: &str, stop: &AtomicBool) -> Vec<Version> {
    let sender = corner.sender();
    let mut sent: Vec<Version> = Vec::new();
    for partition in (0..SOURCE_PARTITIONS).cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let first = sent.len() / 2;
        let portion = (first..first + PORTION / 2).flat_map(|n| [1, 2].map(|version| (format!("XX-{n}"), version)));
        for (case, version) in portion {
            sender.send(source, partition, None, &reports::vod(&case, version));
            sent.push((case, version));
        }
        sender.flush();
        std::thread::sleep(PAUSE);
    }
    sent
}

/// Runs `course` while reports are fed, and gives what was fed.
fn while_fed<T>(corner: &Corner, source: &str, course: impl FnOnce() -> T) -> (Vec<Version>, T) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let feeder = scope.spawn(|| feed(corner, source, &stop));
        // Whatever happens in the course, the feeder must be told to end, or the scope would wait for ever.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(course));
        stop.store(true, Ordering::Relaxed);
        let sent = feeder.join().unwrap();
        (sent, result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn settle(corner: &Corner, source: &str) {
    wait_until("ingest has committed all", DONE_MAX, || corner.lag(&corner.name("ingest"), source) == 0);
    let records = corner.name("records");
    wait_until("watch has judged all", DONE_MAX, || corner.is_judged(&corner.name("watch"), &records));
}

fn grows(corner: &Corner, what: &str, child: &mut Running) {
    let topic = corner.name(what);
    let size = || if corner.exists(&topic) { corner.count(&topic) } else { 0 };
    let before = size();
    wait_until(&format!("{topic} grows"), DONE_MAX, || {
        assert!(child.is_running(), "{}", child.said());
        size() > before
    });
}

#[test]
fn killing_ingest_and_watch_twenty_times_loses_nothing_and_says_nothing_twice() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "kills");
    let source = corner.create_source(SOURCE_PARTITIONS);
    let mut site = Site::new(&corner, PARTITIONS);
    if broker.is_ours() {
        // A killed member is missed after this, instead of 6 s.
        site.set("KAFKA_PROPERTIES", r#"{ "session.timeout.ms" = "1500", "heartbeat.interval.ms" = "500" }"#);
    }
    let mut kills = 0;
    let (sent, [ingest, watch]) = while_fed(&corner, &source, || {
        let mut ingest = site.start(&["ingest"]);
        grows(&corner, "records", &mut ingest);
        let mut watch = site.start(&["watch"]);
        for round in 0..2 * KILLS_OF_EACH {
            let (victim, role, output) =
                if round % 2 == 0 { (&mut ingest, "ingest", "records") } else { (&mut watch, "watch", "alerts") };
            // In mid-stream: it has written since it was started, and is cut off at another point each time.
            grows(&corner, output, victim);
            std::thread::sleep(Duration::from_millis(37 * round as u64 % 211));
            std::mem::replace(victim, site.start(&[role])).kill();
            kills += 1;
        }
        [ingest, watch]
    });
    settle(&corner, &source);
    for child in [ingest, watch] {
        assert_eq!(child.stop(STOP_MAX), Some(0), "{}", site.logs());
    }
    let found = nothing_lost_nothing_twice(&corner, PARTITIONS, &sent);
    eprintln!("{kills} kills: {}", found.summary);
    assert_eq!(kills, 2 * KILLS_OF_EACH);
    assert!(found.alerts >= sent.len() / 2, "each case raised an alert");
}

#[test]
fn shards_move_between_processes_without_loss() {
    let Some(broker) = broker() else { return };
    let corner = Corner::of(broker, "moves");
    let source = corner.create_source(SOURCE_PARTITIONS);
    let site = Site::new(&corner, PARTITIONS);
    let (sent, [second, third]) = while_fed(&corner, &source, || {
        let mut first = site.start(&["run"]);
        grows(&corner, "alerts", &mut first);
        let mut second = site.start(&["run"]);
        wait_until("the second owns shards", DONE_MAX, || second.said().contains("shard acquired"));
        grows(&corner, "alerts", &mut second);
        let mut third = site.start(&["watch"]);
        wait_until("the third owns shards", DONE_MAX, || third.said().contains("shard acquired"));
        assert_eq!(first.stop(STOP_MAX), Some(0), "{}", site.logs());
        grows(&corner, "alerts", &mut third);
        [second, third]
    });
    settle(&corner, &source);
    for child in [second, third] {
        assert_eq!(child.stop(STOP_MAX), Some(0), "{}", site.logs());
    }
    let found = nothing_lost_nothing_twice(&corner, PARTITIONS, &sent);
    eprintln!("three owners: {}", found.summary);
}

//! Whole processes on a real Kafka: how fast 1, 2 and 4 shards go through a full log, in one process and in several; what a
//! million quiet cases take to restore; how soon alerts come again after a kill -9 with a hundred thousand.
//!
//! The broker is the tests' own. `VIGIL_BENCH_CASES` makes the million smaller; `--test` runs all of it small.
#![allow(clippy::disallowed_methods, reason = "a bench reads its environment")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

#[path = "../tests/suite/broker.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod broker;
#[path = "../tests/suite/cluster.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod cluster;
#[path = "log/mod.rs"]
mod log;
#[path = "../tests/suite/process.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod process;
#[path = "../tests/suite/reports.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod reports;

use besponsa_vigil::record::partition_of;
use cluster::{Corner, wait_until};
use process::{Running, Site};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(600);

/// Shards of the log whose rates are measured.
const SHARDS: i32 = 4;

/// Runs a future of a client to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A log of that many background reports, each a case of its own.
fn fill(corner: &Corner, partitions: i32, records: usize) -> String {
    let topic = corner.create("records", partitions, &[("retention.ms", "-1"), ("max.message.bytes", "1114112")]);
    let sender = corner.sender();
    for (key, value) in log::of_reports(records) {
        sender.send(&topic, partition_of(key.as_bytes(), partitions), Some(key.as_bytes()), &value);
    }
    sender.flush();
    topic
}

fn site(corner: &Corner, partitions: i32, run: &str) -> Site {
    let mut site = Site::new(corner, partitions);
    for (setting, what) in [("TOPICS_STATE", "state"), ("TOPICS_ALERTS", "alerts"), ("WATCH_GROUP", "watch")] {
        site.set(setting, &corner.name(&format!("{what}.{run}")));
    }
    site.set("WATCH_TICK_SECONDS", "60");
    site.set("LOG_LEVEL", "warn");
    site
}

/// Records judged, ticks aside.
fn judged(watches: &[Running]) -> f64 {
    watches.iter().map(|watch| watch.metric("vigil_records_total") - ticks(watch)).sum()
}

fn ticks(watch: &Running) -> f64 {
    let (_, body) = watch.get("/metrics");
    let of_ticks =
        body.lines().filter(|line| line.starts_with("vigil_records_total{") && line.contains("kind=\"tick\""));
    of_ticks.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

fn list(partitions: impl Iterator<Item = i32>) -> String {
    partitions.map(|partition| partition.to_string()).collect::<Vec<_>>().join(",")
}

/// Rates of `shards` shards, in one process and in as many.
fn rates(corner: &Corner, topic: &str) {
    println!("{:<12} {:<14} {:>12} {:>16}", "shards", "processes", "records/s", "CPU µs/record");
    for (shards, processes) in [(1, 1), (2, 1), (2, 2), (4, 1), (4, 4)] {
        rate(corner, topic, shards, processes);
    }
}

fn rate(corner: &Corner, topic: &str, shards: i32, processes: i32) {
    let records: i64 = (0..shards).map(|shard| corner.ends(topic, shard).1).sum();
    let site = site(corner, SHARDS, &format!("rate-{shards}-{processes}"));
    // Topics are made before the clock starts.
    site.run(&["check", "--cluster"]);
    let each = shards / processes;
    let began = Instant::now();
    let watches: Vec<Running> = (0..processes)
        .map(|process| site.start(&["watch", "--partitions", &list(process * each..(process + 1) * each)]))
        .collect();
    wait_until("everything is judged", PATIENCE, || judged(&watches) >= records as f64);
    let wall = began.elapsed().as_secs_f64();
    let cpu: f64 = watches.iter().map(|watch| watch.cpu_time().as_secs_f64()).sum();
    let rate = records as f64 / wall;
    println!("{shards:<12} {processes:<14} {rate:>12.0} {:>16.1}", cpu * 1e6 / records as f64);
}

/// Kills a watch that remembers the whole log, starts it again, and waits for an alert.
fn recover(broker: &broker::Broker, cases: usize) {
    const PARTITIONS: i32 = 6;
    let corner = Corner::of(broker, "recover");
    let topic = fill(&corner, PARTITIONS, cases);
    let site = site(&corner, PARTITIONS, "recover");
    let watch = site.start(&["watch", "--partitions", &list(0..PARTITIONS)]);
    wait_until("everything is judged", PATIENCE, || judged(std::slice::from_ref(&watch)) >= cases as f64);
    watch.kill();
    let (key, value) = reports::record(&reports::vod("XX-1", 1), 0);
    let sender = corner.sender();
    sender.send(&topic, partition_of(key.as_bytes(), PARTITIONS), Some(key.as_bytes()), &value);
    sender.flush();
    let began = Instant::now();
    let watch = site.start(&["watch", "--partitions", &list(0..PARTITIONS)]);
    let alerts = corner.name("alerts.recover");
    wait_until("it is ready", PATIENCE, || watch.ready());
    let ready = began.elapsed().as_secs_f64();
    wait_until("the alert comes", PATIENCE, || corner.count(&alerts) > 0);
    let alert = began.elapsed().as_secs_f64();
    let (_, body) = watch.get("/metrics");
    let restores = body.lines().filter(|line| line.starts_with("vigil_restore_seconds{"));
    let slowest = restores.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).fold(0.0, f64::max);
    let resident = watch.resident_kib();
    println!(
        "{cases} cases: slowest of {PARTITIONS} shards taken over, restored and reading after {slowest:.1} s; process ready {ready:.1} s and \
         first alert {alert:.1} s after its start; {} MiB resident",
        resident >> 10
    );
    assert_eq!(watch.stop(Duration::from_secs(60)), Some(0), "{}", site.logs());
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let million = std::env::var("VIGIL_BENCH_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000_000);
    let (records, cases) = if quick { (4_000, [1_000, 2_000]) } else { (400_000, [100_000, million]) };
    let Some(broker) = broker::broker() else { return };
    println!("broker: {}", broker.origin);
    let corner = Corner::of(broker, "scale");
    let topic = fill(&corner, SHARDS, records);
    println!("a log of {records} reports in {SHARDS} partitions, from starting the processes to the last commit");
    rates(&corner, &topic);
    for cases in cases {
        recover(broker, cases);
    }
}

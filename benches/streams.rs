//! Do a hundred clients of the dashboard's live stream, twenty of them stuck, slow watch? From a report's being produced to
//! its alert being readable in `vigil.alerts`, in rounds by turns with the clients and without, on one real Kafka: ingest, two
//! watches and a dashboard as processes of their own, the clients in this one.
//!
//! The broker is the tests' own. `--test` runs two short rounds.
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
#[path = "../tests/suite/desks.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod desks;
#[path = "../tests/suite/process.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod process;
#[path = "../tests/suite/reports.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod reports;
#[path = "../tests/suite/streams.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod streams;

use besponsa_vigil::alert::AlertCodec;
use cluster::Corner;
use desks::Desks;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::Offset;
use rdkafka::{ClientConfig, TopicPartitionList};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use streams::{OF_ONE, Stream, tokens};

/// Clients that read, and clients that do not.
const READERS: usize = 80;
const STUCK: usize = 20;

/// Most that the clients may cost, as a ratio of latencies (issue 6).
const BUDGET: f64 = 1.1;

/// Alerts of a round before the measured ones.
const WARM_UP: usize = 100;

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a future of a client to its end.
fn block_on<F: std::future::Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Everything that is measured with.
struct Ground<'a> {
    desks: &'a Desks,
    alerts: BaseConsumer,
    clients: tokio::runtime::Runtime,
    rate: u32,
}

/// A reader of the alerts, from now on.
fn follow(corner: &Corner) -> BaseConsumer {
    let topic = corner.name("alerts");
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &corner.bootstrap).set("group.id", "bench").set("fetch.wait.max.ms", "100");
    let consumer: BaseConsumer = config.create().unwrap();
    let metadata = consumer.fetch_metadata(Some(&topic), PATIENCE).unwrap();
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        list.add_partition_offset(&topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    consumer
}

impl Ground<'_> {
    /// Latencies of a round, milliseconds, counted from when a report was due.
    fn round(&self, round: usize, count: usize) -> Vec<f64> {
        let gap = Duration::from_secs(1) / self.rate;
        let began = Instant::now() + Duration::from_millis(200);
        let due = |n: usize| began + gap * u32::try_from(n).unwrap();
        let name = |n: usize| format!("ROUND-{round}-{n}");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..WARM_UP + count {
                    std::thread::sleep(due(n).saturating_duration_since(Instant::now()));
                    self.desks.send(&reports::vod(&name(n), 1));
                }
                self.desks.flush();
            });
            let (mut times, mut seen) = (Vec::with_capacity(count), 0);
            while seen < WARM_UP + count {
                assert!(Instant::now() < due(WARM_UP + count) + PATIENCE, "{seen} alerts came");
                let Some(message) = self.alerts.poll(Duration::from_millis(100)) else { continue };
                let (message, now) = (message.unwrap(), Instant::now());
                let mut scratch = Vec::new();
                let alert = AlertCodec::decode(message.payload().unwrap(), &mut scratch).unwrap();
                let case = alert.case_id.as_ref().unwrap().as_str();
                let n: usize = case.rsplit_once('-').unwrap().1.parse().unwrap();
                assert_eq!(case, name(n), "of another round");
                seen += 1;
                if n >= WARM_UP {
                    times.push(now.saturating_duration_since(due(n)).as_secs_f64() * 1000.0);
                }
            }
            times
        })
    }

    /// The same with the clients; gives also the events that the readers had.
    fn crowded(&self, round: usize, count: usize) -> (Vec<f64>, usize) {
        let address = self.desks.address(0);
        let open = |n: usize, stuck| self.clients.block_on(Stream::open(address, n / OF_ONE, stuck, None));
        let heard = Arc::new(AtomicUsize::new(0));
        let readers: Vec<_> = (0..READERS)
            .map(|n| {
                let (mut stream, heard) = (open(n, false), Arc::clone(&heard));
                assert_eq!(stream.status, 200);
                self.clients.spawn(async move {
                    let count = |_: &str, kind: &str, _: &str| {
                        heard.fetch_add(usize::from(kind == "alert"), Ordering::Relaxed);
                        ControlFlow::Continue(())
                    };
                    stream.read(count).await
                })
            })
            .collect();
        let stuck: Vec<_> = (READERS..READERS + STUCK).map(|n| open(n, true)).collect();
        assert!(stuck.iter().all(|stream| stream.status == 200));
        let times = self.round(round, count);
        // A second for the last events.
        std::thread::sleep(Duration::from_secs(1));
        assert!(readers.iter().all(|reader| !reader.is_finished()), "one that reads was dropped");
        readers.iter().for_each(tokio::task::JoinHandle::abort);
        drop(stuck);
        (times, heard.load(Ordering::Relaxed))
    }
}

fn quantile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    times[((times.len() as f64 * share) as usize).min(times.len() - 1)]
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let number = |name: &str, usual: u32| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (rounds, seconds) = if quick { (1, 2) } else { (number("VIGIL_BENCH_ROUNDS", 10), 15) };
    let Some(broker) = broker::broker() else { return };
    let corner = Corner::of(broker, "bench-streams");
    let tokens = tokens((READERS + STUCK) / OF_ONE);
    let desks = Desks::start(&corner, 1, |site| {
        site.set("DASHBOARD_TOKENS_FILE", &tokens.path().display().to_string());
    });
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let rate = number("VIGIL_BENCH_RATE", 100);
    let ground = Ground { desks: &desks, alerts: follow(&corner), clients, rate };
    let count = (rate * seconds) as usize;
    println!("broker: {}; {rate} alerts a second, {rounds} rounds of {seconds} s each way, by turns", broker.origin);
    println!("| round | without p50 ms | p95 | with p50 ms | p95 | events read |\n|---|---|---|---|---|---|");
    ground.round(1000, count);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..rounds as usize {
        // Which goes first changes, so that neither has the colder machine.
        let alone = |without: &mut Vec<f64>| {
            let mut times = ground.round(2 * round, count);
            without.extend_from_slice(&times);
            (quantile(&mut times, 0.5), quantile(&mut times, 0.95))
        };
        let first = (round % 2 == 0).then(|| alone(&mut without));
        let (mut times, heard) = ground.crowded(2 * round + 1, count);
        with.extend_from_slice(&times);
        let (p50, p95) = first.unwrap_or_else(|| alone(&mut without));
        let (crowded50, crowded95) = (quantile(&mut times, 0.5), quantile(&mut times, 0.95));
        println!("| {round} | {p50:.1} | {p95:.1} | {crowded50:.1} | {crowded95:.1} | {heard} |");
    }
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        let (alone, crowded) = (quantile(&mut without, share), quantile(&mut with, share));
        println!(
            "{name} of all rounds: {alone:.1} ms without, {crowded:.1} with, ratio {:.2} (budget {BUDGET})",
            crowded / alone
        );
    }
}

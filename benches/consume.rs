//! Watch reading a full topic, beside a bare loop that consumes it and commits, in transactions of the same bounds, records
//! of the same number and sizes, and beside a bare consumer that only polls: the same topic, the same run, processor time
//! per record of the whole process, librdkafka's threads among it. Prints DESIGN's budget rows of watch.
//!
//! The broker is the tests' own: `VIGIL_TEST_BOOTSTRAP`, a container, or the jars. `--test` runs one small round.
#![allow(clippy::disallowed_methods, reason = "a bench reads its environment")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/suite/broker.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod broker;
#[path = "log/mod.rs"]
mod log;

use besponsa_vigil::config::{Layers, Settings};
use besponsa_vigil::pipeline::Judge;
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::Millis;
use besponsa_vigil::run::bench::bare::{Shard, Topics, Writes};
use besponsa_vigil::run::health::Health;
use besponsa_vigil::run::kafka::Cluster;
use besponsa_vigil::run::metrics::Metrics;
use besponsa_vigil::run::roles::{Plan, run_roles};
use besponsa_vigil::run::topics;
use cpu_time::ProcessTime;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Records in the topic.
const RECORDS: usize = 300_000;

/// Rounds; in each the bare consumer goes first, then watch, then the bare loop. The medians are compared.
const ROUNDS: usize = 5;

/// Most that watch may cost, as a multiple of the bare loop (DESIGN).
const BUDGET: f64 = 1.7;

/// About what a progress record has, bytes.
const PROGRESS_BYTES: usize = 150;

/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_secs(300);

struct Cost {
    cpu_ns: f64,
    wall_ns: f64,
}

fn settings(bootstrap: &str, prefix: &str, round: usize) -> Arc<Settings> {
    let file = format!(
        "[kafka]\nbootstrap = \"{bootstrap}\"\n[topics]\nrecords = \"{prefix}.records\"\nalerts = \"{prefix}.alerts.{round}\"\n\
         state = \"{prefix}.state.{round}\"\nrejects = \"{prefix}.rejects\"\naudit = \"{prefix}.audit\"\n[watch]\n\
         group = \"{prefix}.{round}\"\ntick_seconds = 60\n"
    );
    let layers = Layers { file: Some(("bench", &file)), ..Layers::default() };
    Arc::new(Settings::load(&layers).expect("the bench's settings"))
}

fn fill(cluster: &Cluster, topic: &str, records: usize) {
    let producer: BaseProducer = cluster.producer("bench", 1 << 20).set("linger.ms", "20").create().unwrap();
    for (key, value) in log::of_reports(records) {
        loop {
            match producer.send(BaseRecord::to(topic).key(&key).payload(&value).timestamp(1_740_816_000_000)) {
                Ok(()) => break,
                Err(_) => producer.poll(Duration::from_millis(10)),
            };
        }
    }
    producer.flush(PATIENCE).unwrap();
}

/// Polls the topic to its end and does nothing else.
fn bare(cluster: &Cluster, topic: &str, partitions: i32, records: usize) -> Cost {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    // Without the events at the ends of partitions the loop below would wait for ever.
    let consumer: BaseConsumer =
        cluster.consumer("bare", "bench-bare").set("enable.partition.eof", "true").create().unwrap();
    let mut all = TopicPartitionList::new();
    for partition in 0..partitions {
        all.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&all).unwrap();
    let (mut seen, mut bytes, mut ends) = (0usize, 0usize, 0);
    while ends < partitions {
        assert!(wall.elapsed() < PATIENCE, "the bare consumer read {seen} of {records} and {ends} ends");
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                seen += 1;
                bytes += message.payload().map_or(0, <[u8]>::len);
            }
            Some(Err(KafkaError::PartitionEOF(_))) => ends += 1,
            Some(Err(error)) => panic!("{error}"),
            None => {}
        }
    }
    assert_eq!(seen, records);
    std::hint::black_box(bytes);
    cost(cpu, wall, records)
}

/// The whole role, from joining nothing (`by_hand`) until every record was judged. Gives what it wrote, too.
fn watch(
    bootstrap: &str,
    prefix: &str,
    round: usize,
    records: usize,
    runtime: &tokio::runtime::Runtime,
) -> (Cost, Writes) {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    // A changelog of its own each time, or there would be nothing left to do.
    let settings = settings(bootstrap, prefix, round);
    let profile = Profile::builtin();
    let metrics = Arc::new(Metrics::new(profile, "bench", Millis(0)).unwrap());
    let stop = CancellationToken::new();
    let plan = Plan {
        cluster: Cluster::of(&settings.kafka).unwrap(),
        settings,
        ingest: None,
        watch: Some(Arc::new(Judge::new(profile).unwrap())),
        by_hand: true,
        metrics: Arc::clone(&metrics),
        health: Arc::new(Health::default()),
    };
    let role = runtime.spawn(run_roles(plan, stop.clone()));
    while judged(&metrics) < records {
        assert!(!role.is_finished() && wall.elapsed() < PATIENCE, "watch did not judge everything");
        std::thread::sleep(Duration::from_millis(20));
    }
    let cost = cost(cpu, wall, records);
    stop.cancel();
    runtime.block_on(role).unwrap().unwrap();
    let per_record = |name: &str| total(&metrics, name) / records as f64;
    let batches = total(&metrics, "vigil_batch_records_count");
    let states = (total(&metrics, "vigil_state_records_total") - batches).max(0.0);
    let bytes = total(&metrics, "vigil_state_bytes_total") - batches * PROGRESS_BYTES as f64;
    let writes = Writes {
        alerts: per_record("vigil_alerts_total"),
        alert_bytes: 2_500,
        states: states / records as f64,
        state_bytes: (bytes / states.max(1.0)) as usize,
        progress_bytes: PROGRESS_BYTES,
    };
    (cost, writes)
}

/// The same topic through a bare loop that writes what watch wrote.
fn transact(cluster: &Cluster, settings: &Settings, writes: Writes, records: usize) -> Cost {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
    let (from, alerts) = (settings.topics.records.clone(), settings.topics.alerts.clone());
    let topics = Topics { from, alerts, state: settings.topics.state.clone() };
    std::thread::scope(|scope| {
        for partition in 0..settings.topics.partitions {
            let shard = Shard { cluster, topics: &topics, partition, writes, stop: &stop, done: &done };
            scope.spawn(move || shard.run().unwrap());
        }
        while done.load(Ordering::Relaxed) < records as u64 {
            assert!(wall.elapsed() < PATIENCE, "the bare loop did not come to an end");
            std::thread::sleep(Duration::from_millis(20));
        }
        let cost = cost(cpu, wall, records);
        stop.store(true, Ordering::Relaxed);
        cost
    })
}

fn cost(cpu: ProcessTime, wall: Instant, records: usize) -> Cost {
    let each = |time: Duration| time.as_nanos() as f64 / records as f64;
    Cost { cpu_ns: each(cpu.elapsed()), wall_ns: each(wall.elapsed()) }
}

/// Records judged, ticks aside.
fn judged(metrics: &Metrics) -> usize {
    let text = metrics.render(Millis(0), None, true);
    let records =
        text.lines().filter(|line| line.starts_with("vigil_records_total{") && !line.contains("kind=\"tick\""));
    records.filter_map(value).sum::<f64>() as usize
}

/// Sum of a metric over its labels, as a scraper would see it.
fn total(metrics: &Metrics, name: &str) -> f64 {
    let text = metrics.render(Millis(0), None, true);
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    text.lines().filter(of_name).filter_map(value).sum()
}

fn value(line: &str) -> Option<f64> {
    line.rsplit(' ').next()?.parse().ok()
}

fn median(costs: &[Cost], of: fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    let (records, rounds) = if quick { (2_000, 1) } else { (RECORDS, ROUNDS) };
    let Some(broker) = broker::broker() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let prefix = format!("bench-{}", std::process::id());
    let settings = settings(&broker.bootstrap, &prefix, 1000);
    let cluster = Cluster::of(&settings.kafka).unwrap();
    runtime.block_on(topics::ensure(&cluster, &settings, false)).unwrap();
    let (topic, partitions) = (settings.topics.records.as_str(), settings.topics.partitions);
    fill(&cluster, topic, records);
    println!("broker: {}; {records} reports, {partitions} partitions, {rounds} rounds", broker.origin);
    let (mut bares, mut watches, mut loops) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        bares.push(bare(&cluster, topic, partitions, records));
        let (cost, writes) = watch(&broker.bootstrap, &prefix, round, records, &runtime);
        watches.push(cost);
        if round == 0 {
            println!(
                "a record writes {:.3} alerts and {:.3} states of {} bytes; a transaction one progress of {} bytes",
                writes.alerts, writes.states, writes.state_bytes, writes.progress_bytes
            );
        }
        loops.push(transact(&cluster, &settings, writes, records));
    }
    println!("{:<40} {:>14} {:>14} {:>12}", "part", "CPU ns/record", "wall ns/record", "records/s");
    let parts = [("bare consumer, polls only", &bares), ("bare consume-transact-produce", &loops), ("watch", &watches)];
    for (name, costs) in parts {
        let (cpu, wall) = (median(costs, |c| c.cpu_ns), median(costs, |c| c.wall_ns));
        println!("{name:<40} {cpu:>14.0} {wall:>14.0} {:>12.0}", 1e9 / wall);
    }
    let ratio = |costs: &[Cost]| median(&watches, |c| c.cpu_ns) / median(costs, |c| c.cpu_ns);
    println!("CPU per record of watch: {:.2} of the bare loop's (budget {BUDGET})", ratio(&loops));
    println!("                         {:.2} of the bare consumer's, which writes nothing", ratio(&bares));
}

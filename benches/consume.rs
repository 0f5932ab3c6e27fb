//! Watch reading a full topic, beside a bare rdkafka consumer that only polls: the same topic, the same run, processor
//! time per record of the whole process, librdkafka's threads among it. Prints DESIGN's third budget row.
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
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Records in the topic.
const RECORDS: usize = 300_000;

/// Rounds; in each the bare consumer goes first, then watch. The medians are compared.
const ROUNDS: usize = 5;

/// Most that watch may cost, as a multiple of the bare consumer (DESIGN).
const BUDGET: f64 = 1.7;

/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_secs(300);

struct Cost {
    cpu_ns: f64,
    wall_ns: f64,
}

fn settings(bootstrap: &str, prefix: &str, group: &str) -> Arc<Settings> {
    let file = format!(
        "[kafka]\nbootstrap = \"{bootstrap}\"\n[topics]\nrecords = \"{prefix}.records\"\nalerts = \"{prefix}.alerts\"\n\
         state = \"{prefix}.state\"\nrejects = \"{prefix}.rejects\"\naudit = \"{prefix}.audit\"\n[watch]\ngroup = \"{group}\"\n"
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

/// The whole role, from joining nothing (`by_hand`) until every record was judged.
fn watch(bootstrap: &str, prefix: &str, round: usize, records: usize, runtime: &tokio::runtime::Runtime) -> Cost {
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let settings = settings(bootstrap, prefix, &format!("{prefix}-watch-{round}"));
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
    cost
}

fn cost(cpu: ProcessTime, wall: Instant, records: usize) -> Cost {
    let each = |time: Duration| time.as_nanos() as f64 / records as f64;
    Cost { cpu_ns: each(cpu.elapsed()), wall_ns: each(wall.elapsed()) }
}

/// Records judged, summed from the metrics as a scraper would.
fn judged(metrics: &Metrics) -> usize {
    let text = metrics.render(Millis(0), None, true);
    text.lines()
        .filter(|line| line.starts_with("vigil_records_total{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum::<f64>() as usize
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
    let settings = settings(&broker.bootstrap, &prefix, "unused");
    let cluster = Cluster::of(&settings.kafka).unwrap();
    runtime.block_on(topics::ensure(&cluster, &settings, false)).unwrap();
    let (topic, partitions) = (settings.topics.records.as_str(), settings.topics.partitions);
    fill(&cluster, topic, records);
    println!("broker: {}; {records} reports, {partitions} partitions, {rounds} rounds", broker.origin);
    let (mut bares, mut watches) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        bares.push(bare(&cluster, topic, partitions, records));
        watches.push(watch(&broker.bootstrap, &prefix, round, records, &runtime));
    }
    println!("{:<34} {:>14} {:>14} {:>12}", "part", "CPU ns/record", "wall ns/record", "records/s");
    for (name, costs) in [("bare consumer, polls only", &bares), ("watch, no transactions", &watches)] {
        let (cpu, wall) = (median(costs, |c| c.cpu_ns), median(costs, |c| c.wall_ns));
        println!("{name:<34} {cpu:>14.0} {wall:>14.0} {:>12.0}", 1e9 / wall);
    }
    let ratio = median(&watches, |c| c.cpu_ns) / median(&bares, |c| c.cpu_ns);
    println!("ratio of CPU per record: {ratio:.2} (budget {BUDGET})");
}

//! `vigil bench latency`: from a report's being produced to its alert being readable, at several rates, beside a bare loop
//! of the same two hops on the same broker in the same run.
//!
//! Each message has a timestamp of its own, which is carried to the alert: it tells which message the alert is of. Time is
//! counted from when a message was due, not from when it left, so that a stall is not hidden by the messages it held up.

use super::super::kafka::{ANSWER_MAX, Cluster, TURN};
use super::super::metrics::Metrics;
use super::super::roles::{Plan, run_roles};
use super::super::{check, clock, demo, health, topics};
use super::bare::{self, Shard, Topics, Writes};
use crate::config::Settings;
use crate::record::Millis;
use anyhow::{Context as _, anyhow, ensure};
use hdrhistogram::Histogram;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Partitions of the source topic of a measurement.
const SOURCE_PARTITIONS: i32 = 3;

/// Messages before the measured ones, while clients and broker warm up.
const WARM_UP: usize = 500;

/// Seconds of the bare loop, thrown away, before the first measurement.
const WARM_UP_SECONDS: u32 = 10;

/// Longest wait for the last alert.
const PATIENCE: Duration = Duration::from_secs(60);

/// First timestamp of the messages, milliseconds; any day of the past would do.
const FIRST_TIME: i64 = 1_600_000_000_000;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct LatencyPlan {
    /// Reports a second.
    pub rates: Vec<u32>,
    /// Seconds at each rate.
    pub seconds: u32,
}

/// Latencies at one rate, microseconds.
#[derive(Debug)]
pub struct Measured {
    /// Reports a second.
    pub rate: u32,
    /// The bare loop's.
    pub bare: Histogram<u64>,
    /// Vigil's.
    pub vigil: Histogram<u64>,
}

/// Measures, and says how it goes on standard error.
///
/// # Errors
/// When the broker does not answer, or an alert does not come.
pub async fn measure(cluster: &Cluster, settings: &Settings, plan: &LatencyPlan) -> anyhow::Result<Vec<Measured>> {
    let prefix = format!("vigil-bench-{}-{}", std::process::id(), clock::now_ms());
    let mut writes = None;
    let mut measured = Vec::new();
    if let Some(rate) = plan.rates.first() {
        // A broker that has just been started is slow at first, to whoever comes first.
        eprintln!("warming up");
        let some = Writes { alerts: 1.0, alert_bytes: 2_500, states: 1.0, state_bytes: 500, progress_bytes: 150 };
        let count = WARM_UP + (*rate * WARM_UP_SECONDS) as usize;
        Run { cluster, prefix: format!("{prefix}-warm"), count, rate: *rate }.bare(settings, some).await?;
    }
    for rate in &plan.rates {
        let count = WARM_UP + (*rate * plan.seconds) as usize;
        let run = Run { cluster, prefix: format!("{prefix}-{rate}"), count, rate: *rate };
        eprintln!("{rate} reports a second for {} s: vigil", plan.seconds);
        let (vigil, own) = run.vigil(settings).await?;
        let writes = *writes.get_or_insert(own);
        eprintln!("{rate} reports a second for {} s: bare loop", plan.seconds);
        let bare = run.bare(settings, writes).await?;
        measured.push(Measured { rate: *rate, bare, vigil });
    }
    Ok(measured)
}

/// The figures as a table, with the ratios that the budget is about, and each histogram around 100 ms, where a client that
/// flushes inside its commit shows a step.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    let mut text = String::from(
        "| reports/s | loop | p50 ms | p90 | p99 | p99.9 | max | 90–110 ms |\n|---|---|---|---|---|---|---|---|\n",
    );
    for Measured { rate, bare, vigil } in measured {
        for (name, times) in [("bare", bare), ("vigil", vigil)] {
            let ms = |quantile: f64| times.value_at_quantile(quantile) as f64 / 1000.0;
            let step = times.count_between(90_000, 110_000);
            let _ = writeln!(
                text,
                "| {rate} | {name} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {step} of {} |",
                ms(0.5),
                ms(0.9),
                ms(0.99),
                ms(0.999),
                times.max() as f64 / 1000.0,
                times.len()
            );
        }
        let ratio =
            |quantile: f64| vigil.value_at_quantile(quantile) as f64 / bare.value_at_quantile(quantile).max(1) as f64;
        let _ = writeln!(
            text,
            "| {rate} | ratio | {:.2} (budget 2) | {:.2} | {:.2} (budget 3) | {:.2} | | |",
            ratio(0.5),
            ratio(0.9),
            ratio(0.99),
            ratio(0.999)
        );
    }
    text
}

/// One measurement.
struct Run<'a> {
    cluster: &'a Cluster,
    prefix: String,
    count: usize,
    rate: u32,
}

impl Run<'_> {
    async fn vigil(&self, settings: &Settings) -> anyhow::Result<(Histogram<u64>, Writes)> {
        let mut settings = settings.clone();
        let source = format!("{}-source", self.prefix);
        let named = &mut settings.topics;
        for (topic, what) in [
            (&mut named.records, "records"),
            (&mut named.alerts, "alerts"),
            (&mut named.state, "state"),
            (&mut named.rejects, "rejects"),
            (&mut named.audit, "audit"),
        ] {
            *topic = format!("{}-{what}", self.prefix);
        }
        for of in &mut named.sources {
            of.topic.clone_from(&source);
        }
        named.sources.truncate(1);
        settings.ingest.group = format!("{}-ingest", self.prefix);
        settings.watch.group = format!("{}-watch", self.prefix);
        let (alerts, partitions) = (settings.topics.alerts.clone(), settings.topics.partitions);
        self.create(&[(&source, SOURCE_PARTITIONS)], settings.topics.replication).await?;
        let judge = Arc::new(check::judge(&settings)?);
        let metrics = Arc::new(Metrics::new(judge.profile(), "bench", Millis(clock::now_ms()))?);
        let health = Arc::new(health::Health::default());
        let settings = Arc::new(settings);
        topics::ensure(self.cluster, &settings, true).await?;
        let stop = CancellationToken::new();
        let plan = Plan {
            settings,
            cluster: self.cluster.clone(),
            ingest: Some(demo::passing_key()?),
            watch: Some(judge),
            by_hand: true,
            metrics: Arc::clone(&metrics),
            health: Arc::clone(&health),
        };
        let roles = tokio::spawn(run_roles(plan, stop.clone()));
        let until = Instant::now() + PATIENCE;
        while health.ready().is_err() {
            ensure!(Instant::now() < until && !roles.is_finished(), "vigil does not become ready");
            tokio::time::sleep(TURN).await;
        }
        let times = self.measure(&source, &alerts, partitions);
        stop.cancel();
        roles.await??;
        let (times, alert_bytes) = times?;
        let text = metrics.render(Millis(0), None, true);
        let total = |name: &str| {
            let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0)
        };
        // Each report changes one case; what remains of the changelog is progress.
        let (records, bytes) = (total("vigil_state_records_total"), total("vigil_state_bytes_total"));
        let progress = (records - self.count as f64).max(1.0);
        let progress_bytes = 128usize;
        let state_bytes = ((bytes - progress * progress_bytes as f64) / self.count as f64).max(1.0) as usize;
        Ok((times, Writes { alerts: 1.0, alert_bytes, states: 1.0, state_bytes, progress_bytes }))
    }

    async fn bare(&self, settings: &Settings, writes: Writes) -> anyhow::Result<Histogram<u64>> {
        let name = |what: &str| format!("{}-bare-{what}", self.prefix);
        let (source, hop) = (name("source"), name("records"));
        let topics = Topics { from: hop.clone(), alerts: name("alerts"), state: name("state") };
        let partitions = settings.topics.partitions;
        let all = [
            (source.as_str(), SOURCE_PARTITIONS),
            (&hop, partitions),
            (&topics.alerts, partitions),
            (&topics.state, partitions),
        ];
        self.create(&all, settings.topics.replication).await?;
        let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let first = scope.spawn(|| bare::forward(self.cluster, (&source, SOURCE_PARTITIONS), &hop, &stop));
            let shards: Vec<_> = (0..partitions)
                .map(|partition| {
                    let (topics, stop, done) = (&topics, &stop, &done);
                    let shard = Shard { cluster: self.cluster, topics, partition, writes, stop, done };
                    scope.spawn(move || shard.run())
                })
                .collect();
            let times = self.measure(&source, &topics.alerts, partitions);
            stop.store(true, Ordering::Relaxed);
            for thread in shards.into_iter().chain(std::iter::once(first)) {
                thread.join().map_err(|_| anyhow!("the bare loop panicked"))??;
            }
            Ok(times?.0)
        })
    }

    async fn create(&self, named: &[(&str, i32)], replication: i32) -> anyhow::Result<()> {
        let admin: AdminClient<DefaultClientContext> = self.cluster.client("bench").create().context("Kafka client")?;
        let topics: Vec<NewTopic<'_>> = named
            .iter()
            .map(|(name, partitions)| {
                NewTopic::new(name, *partitions, TopicReplication::Fixed(replication))
                    .set("message.timestamp.after.max.ms", "9223372036854775807")
            })
            .collect();
        let options = AdminOptions::new().operation_timeout(Some(ANSWER_MAX));
        for made in admin.create_topics(&topics, &options).await? {
            made.map_err(|(topic, code)| anyhow!("topic {topic} cannot be created: {code}"))?;
        }
        // A new topic is not led at once.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(())
    }

    /// Sends the reports when they are due, and reads the alerts. Gives the times of all but the first ones, and the mean
    /// size of an alert.
    fn measure(&self, source: &str, alerts: &str, partitions: i32) -> anyhow::Result<(Histogram<u64>, usize)> {
        let consumer: BaseConsumer = self
            .cluster
            .consumer("bench", "bench")
            .set("fetch.wait.max.ms", "100")
            .set("statistics.interval.ms", "0")
            .create()
            .context("Kafka consumer")?;
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(alerts, partition, Offset::Beginning)?;
        }
        consumer.assign(&list)?;
        let gap = Duration::from_secs(1) / self.rate;
        let began = Instant::now() + Duration::from_millis(500);
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| self.send(source, began, gap));
            let mut times = Histogram::new(3)?;
            let (mut seen, mut bytes) = (0usize, 0usize);
            let until = began + gap * u32::try_from(self.count).unwrap_or(u32::MAX) + PATIENCE;
            while seen < self.count {
                ensure!(Instant::now() < until, "{} of {} alerts came", seen, self.count);
                let Some(polled) = consumer.poll(TURN) else { continue };
                let message = polled?;
                let number = message.timestamp().to_millis().context("an alert without a time")? - FIRST_TIME;
                let due = began + gap * u32::try_from(number).context("an alert of another message")?;
                let waited = Instant::now().saturating_duration_since(due);
                seen += 1;
                bytes += message.payload().map_or(0, <[u8]>::len);
                if usize::try_from(number).is_ok_and(|number| number >= WARM_UP) {
                    times.record(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX))?;
                }
            }
            sending.join().map_err(|_| anyhow!("the sender panicked"))??;
            Ok((times, bytes / seen.max(1)))
        })
    }

    fn send(&self, source: &str, began: Instant, gap: Duration) -> anyhow::Result<()> {
        let producer: ThreadedProducer<DefaultProducerContext> =
            self.cluster.producer("bench", 1 << 20).set("linger.ms", "0").create().context("Kafka producer")?;
        for number in 0..self.count {
            let due = began + gap * u32::try_from(number).unwrap_or(u32::MAX);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (key, message) = report(number);
            let time = FIRST_TIME + i64::try_from(number).unwrap_or(0);
            producer.send(BaseRecord::to(source).key(&key).payload(&message).timestamp(time)).map_err(|(e, _)| e)?;
        }
        producer.flush(PATIENCE)?;
        Ok(())
    }
}

/// A report that raises one alert: a serious VOD with the product as suspect, a case of its own.
fn report(number: usize) -> (String, String) {
    let case = format!("BENCH-{number}");
    let message = format!(
        r#"{{"head":{{"source_id":"{case}/1"}},"body":{{"Report":{{"worldwide_case_id":"{case}","sender":"bench","version":1,"seriousness":{{"serious":true,"life_threatening":true}},"drugs":[{{"role":"suspect","name":"BESPONSA"}}],"reactions":[{{"term":"Veno-occlusive liver disease"}}]}}}}}}"#
    );
    (case, message)
}

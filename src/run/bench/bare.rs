//! What reading, writing and committing cost with the same client and nothing between.

use super::super::kafka::{Cluster, TURN};
use anyhow::{Context as _, anyhow};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bounds of a transaction, as watch has them when it is behind.
const RECORDS: usize = 10_000;
const BYTES: usize = 1 << 20;
const AGE: Duration = Duration::from_millis(50);

/// What a record makes a loop write: vigil's own means, so that both write the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Writes {
    /// Alerts a record.
    pub alerts: f64,
    /// Bytes of an alert.
    pub alert_bytes: usize,
    /// Records of the changelog a record, progress aside.
    pub states: f64,
    /// Bytes of one of them.
    pub state_bytes: usize,
    /// Bytes of a progress record, one a transaction.
    pub progress_bytes: usize,
}

/// Topics of a bare loop.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Read from.
    pub from: String,
    /// Alerts.
    pub alerts: String,
    /// Changelog.
    pub state: String,
}

#[derive(Default)]
struct Open {
    writes: Mutex<usize>,
    none: Condvar,
}

struct Count(Arc<Open>);

impl ClientContext for Count {}

impl ProducerContext for Count {
    type DeliveryOpaque = ();
    fn delivery(&self, _result: &DeliveryResult<'_>, (): ()) {
        let mut writes = self.0.writes.lock().unwrap_or_else(PoisonError::into_inner);
        *writes -= 1;
        if *writes == 0 {
            self.0.none.notify_all();
        }
    }
}

/// A consumer of one partition, from its beginning.
fn reader(cluster: &Cluster, topic: &str, partitions: impl Iterator<Item = i32>) -> anyhow::Result<BaseConsumer> {
    let consumer: BaseConsumer =
        cluster.consumer("bare", "bare").set("statistics.interval.ms", "0").create().context("Kafka consumer")?;
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

/// The first hop: every message of all `partitions` of `from` into `to`, idempotent, under its own key and timestamp.
///
/// # Errors
/// When Kafka does not take it.
pub fn forward(cluster: &Cluster, (from, partitions): (&str, i32), to: &str, stop: &AtomicBool) -> anyhow::Result<()> {
    let consumer = reader(cluster, from, 0..partitions)?;
    let producer: ThreadedProducer<rdkafka::producer::DefaultProducerContext> =
        cluster.producer("bare", 1 << 20).create().context("Kafka producer")?;
    while !stop.load(Ordering::Relaxed) {
        let Some(polled) = consumer.poll(TURN) else { continue };
        let message = polled?;
        let key = message.key().unwrap_or_default();
        let mut record = BaseRecord::to(to).key(key).payload(message.payload().unwrap_or_default());
        if let Some(time) = message.timestamp().to_millis() {
            record = record.timestamp(time);
        }
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// One shard of the second hop: reads a partition, and commits in transactions what `writes` says, until stopped.
pub struct Shard<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Topics.
    pub topics: &'a Topics,
    /// Partition.
    pub partition: i32,
    /// What it writes.
    pub writes: Writes,
    /// Stops it.
    pub stop: &'a AtomicBool,
    /// Counts the records that are committed.
    pub done: &'a AtomicU64,
}

impl Shard<'_> {
    /// Runs the loop.
    ///
    /// # Errors
    /// When Kafka does not take it.
    pub fn run(&self) -> anyhow::Result<()> {
        let open = Arc::new(Open::default());
        let producer: ThreadedProducer<Count> = self
            .cluster
            .producer("bare", 1 << 20)
            .set("linger.ms", "0")
            .set("transactional.id", format!("{}.{}", self.topics.state, self.partition))
            .create_with_context(Count(Arc::clone(&open)))
            .context("Kafka producer")?;
        producer.init_transactions(PATIENCE)?;
        let consumer = reader(self.cluster, &self.topics.from, std::iter::once(self.partition))?;
        let (alert, state) = (vec![b'x'; self.writes.alert_bytes], vec![b'x'; self.writes.state_bytes]);
        let progress = vec![b'x'; self.writes.progress_bytes];
        // Fractions of a record carried over from one to the next.
        let (mut alerts_owed, mut states_owed) = (0.0f64, 0.0f64);
        while !self.stop.load(Ordering::Relaxed) {
            let (mut records, mut bytes, mut began) = (0usize, 0usize, None);
            let mut wait = TURN;
            while let Some(polled) = consumer.poll(wait) {
                let message = polled?;
                if records == 0 {
                    began = Some(Instant::now());
                    producer.begin_transaction()?;
                }
                records += 1;
                bytes += message.payload().map_or(0, <[u8]>::len);
                alerts_owed += self.writes.alerts;
                states_owed += self.writes.states;
                let key = message.key().unwrap_or_default();
                while alerts_owed >= 1.0 {
                    alerts_owed -= 1.0;
                    let time = message.timestamp().to_millis().unwrap_or(0);
                    self.send(&producer, &open, &self.topics.alerts, key, &alert, time)?;
                }
                while states_owed >= 1.0 {
                    states_owed -= 1.0;
                    self.send(&producer, &open, &self.topics.state, key, &state, 0)?;
                }
                let old = records.is_multiple_of(32) && began.is_some_and(|began| began.elapsed() >= AGE);
                if records >= RECORDS || bytes >= BYTES || old {
                    break;
                }
                wait = Duration::ZERO;
            }
            if records > 0 {
                self.send(&producer, &open, &self.topics.state, b"progress", &progress, 0)?;
                confirmed(&open)?;
                while producer.in_flight_count() > 0 {
                    std::thread::yield_now();
                }
                producer.commit_transaction(PATIENCE)?;
                self.done.fetch_add(records as u64, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    fn send(
        &self,
        producer: &ThreadedProducer<Count>,
        open: &Open,
        topic: &str,
        key: &[u8],
        payload: &[u8],
        time: i64,
    ) -> anyhow::Result<()> {
        *open.writes.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let mut record = BaseRecord::to(topic).partition(self.partition).key(key).payload(payload);
        if time > 0 {
            record = record.timestamp(time);
        }
        loop {
            match producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}

fn confirmed(open: &Open) -> anyhow::Result<()> {
    let mut writes = open.writes.lock().unwrap_or_else(PoisonError::into_inner);
    let until = Instant::now() + PATIENCE;
    while *writes > 0 {
        if Instant::now() > until {
            return Err(anyhow!("{} writes were not confirmed", *writes));
        }
        writes = open.none.wait_timeout(writes, TURN).unwrap_or_else(PoisonError::into_inner).0;
    }
    Ok(())
}

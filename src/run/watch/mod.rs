//! The log to alerts. A partition of the log is a shard with a memory of its own. When it becomes ours its memory is
//! rebuilt by folding the log from its beginning, in silence up to the group's committed offset; from there it is live.
//! Equal logs give equal memories and equal alerts, so a second life repeats the first one's alerts byte for byte.

mod member;
mod shards;

use super::assign;
use super::health::{Health, Phase, Role};
use super::kafka::{ANSWER_MAX, Cluster, TURN};
use super::metrics::Metrics;
use super::roles::Trouble;
use super::write::Delivery;
use crate::config::Settings;
use crate::pipeline::Judge;
use anyhow::Context as _;
use member::{Membership, Reader};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use shards::Shards;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time between two commits.
const COMMIT_EVERY: Duration = Duration::from_millis(100);

/// The role.
#[derive(Debug)]
pub struct Watch {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// What judges.
    pub judge: Arc<Judge>,
    /// Take all partitions instead of joining the group.
    pub by_hand: bool,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// Where to say how it goes.
    pub health: Arc<Health>,
    /// Asks it to stop.
    pub stop: CancellationToken,
}

impl Watch {
    /// From joining to leaving; ends in order when asked to stop.
    pub fn session(&self) -> Result<(), Trouble> {
        let membership = Arc::new(Membership::default());
        let records = self.settings.topics.records.clone();
        let reader = Reader { membership: Arc::clone(&membership), metrics: Arc::clone(&self.metrics), records };
        let consumer: BaseConsumer<Reader> = self
            .cluster
            .consumer("watch", &self.settings.watch.group)
            // The only sure sign that the log is read to its end, and memory is rebuilt.
            .set("enable.partition.eof", "true")
            .create_with_context(reader)
            .context("Kafka consumer")?;
        let delivery = Delivery::new(&self.cluster, &self.settings)?;
        self.health.enter(Role::Watch, Phase::Starting);
        let bounds = (self.settings.topics.partitions, self.settings.limits.cases_max);
        let (judge, metrics) = (Arc::clone(&self.judge), Arc::clone(&self.metrics));
        let mut shards = Shards::new(bounds, judge, metrics, Arc::clone(&self.health));
        let result = self.turn(&consumer, &membership, &delivery, &mut shards);
        if result.is_err() {
            (0..shards.len()).for_each(|_| self.metrics.shard_failed());
        }
        self.health.forget_shards();
        result
    }

    fn turn(
        &self,
        consumer: &BaseConsumer<Reader>,
        membership: &Membership,
        delivery: &Delivery,
        shards: &mut Shards,
    ) -> Result<(), Trouble> {
        self.begin(consumer)?;
        let records = &self.settings.topics.records;
        let mut committed = Instant::now();
        while !self.stop.is_cancelled() {
            self.health.beat(Role::Watch);
            self.fill_batch(consumer, membership, shards)?;
            shards.carry_out(delivery, membership)?;
            if membership.joined() {
                shards.say();
            }
            if committed.elapsed() >= COMMIT_EVERY {
                let positions = membership.to_commit(records);
                assign::commit(consumer, positions, CommitMode::Async).context("committing")?;
                committed = Instant::now();
            }
        }
        let positions = membership.to_commit(records);
        Ok(assign::commit(consumer, positions, CommitMode::Sync).context("committing the last offsets")?)
    }

    fn begin(&self, consumer: &BaseConsumer<Reader>) -> Result<(), Trouble> {
        let settings = &self.settings;
        let records = settings.topics.records.as_str();
        if !self.by_hand && settings.watch.partitions.is_empty() {
            return Ok(consumer.subscribe(&[records])?);
        }
        let mut list = TopicPartitionList::new();
        if settings.watch.partitions.is_empty() {
            let metadata = consumer.fetch_metadata(Some(records), ANSWER_MAX).context("asking for the log")?;
            for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
                list.add_partition(records, partition.id());
            }
        } else {
            for partition in &settings.watch.partitions {
                list.add_partition(records, *partition);
            }
        }
        consumer.context().acquire(consumer, &list)
    }

    /// Waits for one record, then takes what is there: a call that waits until a batch is full would cost its wait.
    fn fill_batch(
        &self,
        consumer: &BaseConsumer<Reader>,
        membership: &Membership,
        shards: &mut Shards,
    ) -> Result<(), Trouble> {
        let mut wait = TURN;
        for _ in 0..self.settings.watch.batch_records_max {
            let polled = consumer.poll(wait);
            // A group event may have come with the poll: shards that are gone take their batch with them.
            shards.apply(membership.take_changes()?);
            match polled {
                None => break,
                Some(Ok(message)) => {
                    if shards.fold(&message)? {
                        let mut full = TopicPartitionList::new();
                        full.add_partition(&self.settings.topics.records, message.partition());
                        consumer.pause(&full)?;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => shards.reached_end(partition),
                Some(Err(error)) if assign::ends_session(&error) => return Err(error.into()),
                Some(Err(_)) => {}
            }
            wait = Duration::ZERO;
        }
        Ok(())
    }
}

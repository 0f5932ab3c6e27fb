//! Which shards are ours: what the settings say, or what the consumer group says to a member of it that reads nothing. The
//! shards themselves are read by clients of their own, which no rebalance touches; what keeps two owners apart is the
//! fencing of the transactional id, not the group.

use super::super::assign::{self, GroupEvent};
use super::super::kafka::{self, ANSWER_MAX, Cluster};
use super::switches::{Plant, planted};
use crate::config::Settings;
use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaRespErr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What the group says, and where committed positions go, for the tools that show a group's lag.
pub struct Ownership {
    consumer: BaseConsumer<Member>,
    /// Partitions by the settings; `None`: by the group.
    fixed: Option<BTreeSet<i32>>,
    records: String,
    committed: BTreeMap<i32, i64>,
}

/// The member's context.
#[derive(Default)]
struct Member {
    /// `None` before the group has spoken.
    assigned: Mutex<Option<BTreeSet<i32>>>,
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("watch", &error, reason);
    }
}

impl ConsumerContext for Member {
    // Replaced whole: nothing is read here, so that no position is asked for and none can be missing.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let done = match GroupEvent::of(code) {
            GroupEvent::Assign => Self::assign(consumer, partitions),
            GroupEvent::Revoke => assign::let_go(consumer, partitions),
            GroupEvent::Trouble => consumer.unassign(),
        };
        if let Err(error) = done {
            tracing::warn!(role = "watch", %error, "the group's word could not be followed, another rebalance will come");
        }
        let named: BTreeSet<i32> = partitions.elements().into_iter().map(|element| element.partition()).collect();
        let mut assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        let held = assigned.get_or_insert_default();
        match GroupEvent::of(code) {
            GroupEvent::Assign => held.extend(named),
            GroupEvent::Revoke if planted(Plant::KeepOwnership) => {}
            GroupEvent::Revoke => held.retain(|partition| !named.contains(partition)),
            GroupEvent::Trouble => held.clear(),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(role = "watch", %error, "positions not shown to the group; they stand in the changelog");
        }
    }
}

impl Member {
    fn assign(consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        for element in partitions.elements() {
            list.add_partition_offset(element.topic(), element.partition(), Offset::Offset(0))?;
        }
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(&list)?,
            RebalanceProtocol::Eager | RebalanceProtocol::None => consumer.assign(&list)?,
        }
        consumer.pause(&list)
    }
}

impl Ownership {
    /// Joins the group, unless the settings (or `all`, for the embedded broker, where joining takes 3 s) say which
    /// partitions are ours.
    ///
    /// # Errors
    /// When librdkafka refuses, or the log cannot be asked for.
    pub fn new(cluster: &Cluster, settings: &Settings, all: bool) -> anyhow::Result<Self> {
        let consumer: BaseConsumer<Member> = cluster
            .consumer("watch-member", &settings.watch.group)
            // It reads nothing of which there could be any.
            .set("statistics.interval.ms", "0")
            .create_with_context(Member::default())
            .context("Kafka consumer")?;
        let records = settings.topics.records.clone();
        let named = &settings.watch.partitions;
        let fixed = if !named.is_empty() {
            Some(named.iter().copied().collect())
        } else if all {
            let metadata = consumer.fetch_metadata(Some(&records), ANSWER_MAX).context("asking for the log")?;
            Some(metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|one| one.id()).collect())
        } else {
            consumer.subscribe(&[&records]).context("joining the group")?;
            None
        };
        Ok(Self { consumer, fixed, records, committed: BTreeMap::new() })
    }

    /// Waits for at most `wait`, and gives the shards that are ours now; `None` before the group has spoken.
    ///
    /// # Errors
    /// When the client cannot go on.
    pub fn turn(&self, wait: Duration) -> anyhow::Result<Option<BTreeSet<i32>>> {
        if let Some(Err(error)) = self.consumer.poll(wait)
            && assign::ends_session(&error)
            && self.fixed.is_none()
            && error.rdkafka_error_code() != Some(rdkafka::types::RDKafkaErrorCode::AutoOffsetReset)
        {
            return Err(error).context("the consumer group");
        }
        if let Some(fixed) = &self.fixed {
            return Ok(Some(fixed.clone()));
        }
        let assigned = self.consumer.context().assigned.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(assigned.clone())
    }

    /// Shows positions (the offset to read next) to the group, where they are new.
    pub fn show(&mut self, positions: impl Iterator<Item = (i32, i64)>, mode: CommitMode) {
        let news: Vec<(i32, i64)> =
            positions.filter(|(partition, next)| self.committed.get(partition) != Some(next)).collect();
        self.committed.extend(news.iter().copied());
        let positions = news.into_iter().map(|(partition, next)| (self.records.clone(), partition, next));
        if let Err(error) = assign::commit(&self.consumer, positions, mode) {
            tracing::debug!(role = "watch", %error, "positions not shown to the group; they stand in the changelog");
            self.committed.clear();
        }
    }
}

//! A topic from its beginning to the end that it had when asked: what verify, rejects and replay read. No group, and
//! nothing is committed.

use super::assign::ends_session;
use super::kafka::{ANSWER_MAX, Cluster, Quiet, TURN};
use crate::verify::{Message, Span, Spans};
use anyhow::{Context as _, bail};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::Offset;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Header of a message that `vigil rejects redrive` put back: topic/partition/offset of the message it repeats.
pub const REDRIVEN_FROM: &str = "vigil-redriven-from";

/// Longest wait for a next message or the end.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How transactions are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What was committed.
    Committed,
    /// All of it, aborted messages among them.
    Uncommitted,
}

/// Reads topics of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Scanner<'c> {
    /// The cluster.
    pub cluster: &'c Cluster,
    /// Asks it to stop.
    pub stop: &'c CancellationToken,
}

impl Scanner<'_> {
    fn consumer(&self, isolation: Isolation) -> anyhow::Result<BaseConsumer<Quiet>> {
        // A group is needed by the library and never used.
        let mut config = self.cluster.consumer("scan", "vigil-scan");
        let isolation = match isolation {
            Isolation::Committed => "read_committed",
            Isolation::Uncommitted => "read_uncommitted",
        };
        config
            .set("isolation.level", isolation)
            .set("statistics.interval.ms", "0")
            .set("enable.partition.eof", "true")
            .create_with_context(Quiet)
            .context("Kafka client")
    }

    /// What of a topic is there, open transactions among it; `None` if there is no such topic.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn spans(&self, topic: &str) -> anyhow::Result<Option<Spans>> {
        let consumer = self.consumer(Isolation::Uncommitted)?;
        let metadata = consumer
            .fetch_metadata(Some(topic), ANSWER_MAX)
            .with_context(|| format!("no Kafka broker answers at {}", self.cluster.bootstrap()))?;
        let mut spans = Spans::new();
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            let (low, end) = consumer
                .fetch_watermarks(topic, partition.id(), ANSWER_MAX)
                .with_context(|| format!("offsets of {topic}/{}", partition.id()))?;
            spans.insert(partition.id(), Span { low, end });
        }
        Ok(if spans.is_empty() { None } else { Some(spans) })
    }

    /// Position that a group has committed in each partition of a topic, where it has one.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn committed(&self, group: &str, topic: &str, spans: &Spans) -> anyhow::Result<BTreeMap<(String, i32), i64>> {
        let mut config = self.cluster.consumer("scan", group);
        let consumer: BaseConsumer<Quiet> =
            config.set("statistics.interval.ms", "0").create_with_context(Quiet).context("Kafka client")?;
        let mut list = TopicPartitionList::new();
        for partition in spans.keys() {
            list.add_partition(topic, *partition);
        }
        let held = consumer.committed_offsets(list, ANSWER_MAX).with_context(|| format!("offsets of {group}"))?;
        let held = held.elements().into_iter().filter_map(|element| match element.offset() {
            Offset::Offset(next) => Some(((topic.to_owned(), element.partition()), next)),
            Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => None,
        });
        Ok(held.collect())
    }

    /// Gives every message of these spans, each partition in order.
    ///
    /// # Errors
    /// When the cluster does not answer, the reading is stopped, or `each` fails.
    pub fn read(
        &self,
        topic: &str,
        spans: &Spans,
        isolation: Isolation,
        each: &mut dyn FnMut(&BorrowedMessage<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        let mut list = TopicPartitionList::new();
        for (partition, span) in spans.iter().filter(|(_, span)| span.low < span.end) {
            list.add_partition_offset(topic, *partition, Offset::Offset(span.low))?;
            ends.insert(*partition, span.end);
        }
        let mut unread: BTreeSet<i32> = ends.keys().copied().collect();
        if unread.is_empty() {
            return Ok(());
        }
        let consumer = self.consumer(isolation)?;
        consumer.assign(&list)?;
        let mut heard = Instant::now();
        while !unread.is_empty() {
            if self.stop.is_cancelled() {
                bail!("stopped before {topic} was read to its end");
            }
            match consumer.poll(TURN) {
                None if heard.elapsed() > SILENCE_MAX => {
                    bail!("nothing more of {topic} arrives, and its end was not reached");
                }
                None => continue,
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    let end = ends.get(&partition).copied().unwrap_or_default();
                    if offset < end {
                        each(&message)?;
                    }
                    // The last offsets may hold marks of transactions, which are not handed out.
                    if offset + 1 >= end {
                        unread.remove(&partition);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.remove(&partition);
                }
                Some(Err(error)) if ends_session(&error) => return Err(error).with_context(|| topic.to_owned()),
                Some(Err(_)) => continue,
            }
            heard = Instant::now();
        }
        Ok(())
    }
}

/// A message as the witness takes it.
#[must_use]
pub fn plain<'m>(message: &'m BorrowedMessage<'_>) -> Message<'m> {
    Message {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key(),
        value: message.payload(),
        redriven: header(message, REDRIVEN_FROM).is_some(),
    }
}

/// The value of a header, where it is text.
#[must_use]
pub fn header<'m>(message: &'m BorrowedMessage<'_>, name: &str) -> Option<&'m str> {
    let found = message.headers()?.iter().find(|header| header.key == name)?;
    std::str::from_utf8(found.value?).ok()
}

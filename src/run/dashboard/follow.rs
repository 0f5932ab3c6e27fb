//! Reads a topic from its beginning and goes on reading, committed messages alone. It belongs to no group and commits
//! nothing: whatever it misses is in the topic.

use crate::dashboard::read_model::Reading;
use crate::run::assign::ends_session;
use crate::run::kafka::{ANSWER_MAX, Cluster, Quiet, TURN};
use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::Offset;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Pause after trouble.
const PAUSE: Duration = Duration::from_secs(2);

/// Who is told of messages, and of how the reading goes.
pub trait Reader: Send {
    /// A message; true for one that was written after the reading began. It may be one that was given before.
    fn message(&mut self, message: &BorrowedMessage<'_>, live: bool);
    /// The reading turned; true where it stands at the end of all partitions.
    fn turned(&mut self, at_end: bool);
    /// How the reading goes from now on.
    fn reading(&mut self, how: Reading);
}

/// Follows a topic until the stop, and goes on where it was after trouble.
pub fn follow(cluster: &Cluster, topic: &str, stop: &CancellationToken, reader: &mut dyn Reader) {
    let mut places = Places::default();
    while !stop.is_cancelled() {
        match session(cluster, topic, stop, &mut places, reader) {
            Ok(()) => tracing::debug!(topic, "waiting for the topic to be made"),
            Err(error) => {
                tracing::warn!(topic, error = format!("{error:#}"), "the topic cannot be followed, will try again");
            }
        }
        if !stop.is_cancelled() {
            reader.reading(Reading::Held);
        }
        let until = Instant::now() + PAUSE;
        while Instant::now() < until && !stop.is_cancelled() {
            std::thread::sleep(TURN);
        }
    }
}

/// Where the reading stands.
#[derive(Debug, Default)]
struct Places {
    /// What is read next, by partition.
    next: BTreeMap<i32, i64>,
    /// What came later than this was written after the reading began, by partition.
    news_from: BTreeMap<i32, i64>,
}

/// Reads until the stop; at once done where the topic is not there yet.
fn session(
    cluster: &Cluster,
    topic: &str,
    stop: &CancellationToken,
    places: &mut Places,
    reader: &mut dyn Reader,
) -> anyhow::Result<()> {
    // A group is needed by the library and never used.
    let mut config = cluster.consumer("dashboard", "vigil-dashboard");
    let consumer: BaseConsumer<Quiet> = config
        .set("statistics.interval.ms", "0")
        .set("enable.partition.eof", "true")
        .create_with_context(Quiet)
        .context("Kafka client")?;
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).context("no Kafka broker answers")?;
    let mut list = TopicPartitionList::new();
    let mut behind: BTreeMap<i32, i64> = BTreeMap::new();
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        let partition = partition.id();
        let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER_MAX)?;
        places.news_from.entry(partition).or_insert(high);
        // What retention or compaction took away is not there for anybody.
        let start = places.next.get(&partition).copied().filter(|next| (low..=high).contains(next)).unwrap_or(low);
        list.add_partition_offset(topic, partition, Offset::Offset(start))?;
        if start < high {
            behind.insert(partition, high);
        }
    }
    if list.count() == 0 {
        return Ok(());
    }
    consumer.assign(&list)?;
    let mut caught_up = false;
    let mut unread: BTreeSet<i32> = behind.keys().copied().collect();
    // Partitions at whose end the reading does not stand.
    let mut open = unread.clone();
    while !stop.is_cancelled() {
        if !caught_up && unread.is_empty() {
            caught_up = true;
            reader.reading(Reading::Live);
        }
        match consumer.poll(TURN) {
            None => reader.turned(open.is_empty()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
                open.remove(&partition);
                reader.turned(open.is_empty());
            }
            Some(Err(error)) if ends_session(&error) => return Err(error.into()),
            Some(Err(_)) => {}
            Some(Ok(message)) => {
                let (partition, offset) = (message.partition(), message.offset());
                let live = places.news_from.get(&partition).is_none_or(|from| offset >= *from);
                reader.message(&message, live);
                places.next.insert(partition, offset + 1);
                open.insert(partition);
                // The last offsets may be marks of transactions, which are not handed out; then the end is.
                if behind.get(&partition).is_some_and(|end| offset + 1 >= *end) {
                    unread.remove(&partition);
                }
            }
        }
    }
    Ok(())
}

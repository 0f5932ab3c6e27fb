//! Reads the alerts' topic from its beginning and goes on reading: what the page and the demo's screen are told by. It
//! belongs to no group and commits nothing; whatever it misses is in the topic.

use super::assign::ends_session;
use super::kafka::{ANSWER_MAX, Cluster, Quiet, TURN};
use crate::alert::{Alert, AlertCodec};
use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::Offset;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Pause after trouble.
const PAUSE: Duration = Duration::from_secs(2);

/// Told of each alert; true for one written after the reading began.
pub type Each<'e> = dyn FnMut(&Alert<'_>, bool) + Send + 'e;

/// Follows the alerts until the stop, starting anew after trouble. The reader must bear being told twice.
pub fn follow(cluster: &Cluster, topic: &str, stop: &CancellationToken, each: &mut Each<'_>) {
    let mut news_from = BTreeMap::new();
    while !stop.is_cancelled() {
        match session(cluster, topic, stop, &mut news_from, each) {
            Ok(()) => tracing::debug!(topic, "waiting for the topic to be made"),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "alerts cannot be followed, will try again"),
        }
        let until = Instant::now() + PAUSE;
        while Instant::now() < until && !stop.is_cancelled() {
            std::thread::sleep(TURN);
        }
    }
}

/// Reads until the stop; at once done where the topic is not there yet.
fn session(
    cluster: &Cluster,
    topic: &str,
    stop: &CancellationToken,
    news_from: &mut BTreeMap<i32, i64>,
    each: &mut Each<'_>,
) -> anyhow::Result<()> {
    // A group is needed by the library and never used.
    let mut config = cluster.consumer("follow", "vigil-follow");
    let consumer: BaseConsumer<Quiet> =
        config.set("statistics.interval.ms", "0").create_with_context(Quiet).context("Kafka client")?;
    let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).context("no Kafka broker answers")?;
    let mut list = TopicPartitionList::new();
    for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
        let (low, high) = consumer.fetch_watermarks(topic, partition.id(), ANSWER_MAX)?;
        news_from.entry(partition.id()).or_insert(high);
        list.add_partition_offset(topic, partition.id(), Offset::Offset(low))?;
    }
    if list.count() == 0 {
        return Ok(());
    }
    consumer.assign(&list)?;
    while !stop.is_cancelled() {
        match consumer.poll(TURN) {
            None | Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) if ends_session(&error) => return Err(error.into()),
            Some(Err(_)) => {}
            Some(Ok(message)) => {
                let mut scratch = Vec::new();
                // What is no alert was written by somebody else; `tail` shows it.
                if let Ok(alert) = AlertCodec::decode(message.payload().unwrap_or_default(), &mut scratch) {
                    let live = news_from.get(&message.partition()).is_none_or(|from| message.offset() >= *from);
                    each(&alert, live);
                }
            }
        }
    }
    Ok(())
}

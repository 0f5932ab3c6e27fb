//! Any topic of ours as newline-delimited JSON: what each message says, and where it stands.

use super::kafka::{ANSWER_MAX, Cluster, Quiet, TURN};
use super::rejects;
use crate::alert::AlertCodec;
use crate::record::{Codec, Record};
use anyhow::{Context as _, bail};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::Offset;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use tokio_util::sync::CancellationToken;

/// What to print.
#[derive(Clone, Debug)]
pub struct TailPlan {
    /// Topic.
    pub topic: String,
    /// From its beginning, or what comes from now on.
    pub from_beginning: bool,
    /// Most messages.
    pub limit: Option<u64>,
    /// Go on after the end.
    pub follow: bool,
}

/// One message as it is printed.
#[derive(Debug, Serialize)]
struct Line<'m> {
    topic: &'m str,
    partition: i32,
    offset: i64,
    timestamp: Option<i64>,
    key: Option<String>,
    headers: BTreeMap<&'m str, String>,
    /// The message: a record, an alert, a reject, or JSON of somebody else's.
    value: Option<Box<RawValue>>,
    /// Size of a value that is none of these, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread_bytes: Option<usize>,
}

/// Prints until the limit, the end, or the stop; gives the number of messages printed.
///
/// # Errors
/// When the broker does not answer, there is no such topic, or `out` takes no more.
pub fn tail(cluster: &Cluster, plan: &TailPlan, out: &mut dyn Write, stop: &CancellationToken) -> anyhow::Result<u64> {
    // A group is needed by the library and never used: nothing is committed.
    let mut config = cluster.consumer("tail", "vigil-tail");
    let consumer: BaseConsumer<Quiet> = config
        .set("statistics.interval.ms", "0")
        .set("enable.partition.eof", "true")
        .create_with_context(Quiet)
        .context("Kafka client")?;
    let metadata = consumer
        .fetch_metadata(Some(&plan.topic), ANSWER_MAX)
        .with_context(|| format!("no Kafka broker answers at {}", cluster.bootstrap()))?;
    let partitions: Vec<i32> =
        metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect();
    if partitions.is_empty() {
        bail!("there is no topic {}", plan.topic);
    }
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        let (low, high) = consumer.fetch_watermarks(&plan.topic, *partition, ANSWER_MAX)?;
        let start = if plan.from_beginning { low } else { high };
        list.add_partition_offset(&plan.topic, *partition, Offset::Offset(start))?;
    }
    consumer.assign(&list)?;
    let mut unread: BTreeSet<i32> = partitions.into_iter().collect();
    let mut printed = 0u64;
    while !stop.is_cancelled() && plan.limit.is_none_or(|limit| printed < limit) {
        match consumer.poll(TURN) {
            None => {}
            Some(Ok(message)) => {
                print(&message, out)?;
                printed += 1;
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                unread.remove(&partition);
                out.flush()?;
                if unread.is_empty() && !plan.follow {
                    break;
                }
            }
            Some(Err(error)) if super::assign::ends_session(&error) => return Err(error.into()),
            Some(Err(_)) => {}
        }
    }
    out.flush()?;
    Ok(printed)
}

fn print(message: &BorrowedMessage<'_>, out: &mut dyn Write) -> anyhow::Result<()> {
    let value = message.payload().and_then(read);
    let unread_bytes = if value.is_none() { message.payload().map(<[u8]>::len) } else { None };
    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
    let line = Line {
        topic: message.topic(),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis(),
        key: message.key().map(|key| String::from_utf8_lossy(key).into_owned()),
        headers: headers
            .map(|header| (header.key, String::from_utf8_lossy(header.value.unwrap_or_default()).into_owned()))
            .collect(),
        value,
        unread_bytes,
    };
    serde_json::to_writer(&mut *out, &line)?;
    Ok(out.write_all(b"\n")?)
}

/// The message as JSON, whichever of ours it is.
fn read(payload: &[u8]) -> Option<Box<RawValue>> {
    fn json(value: &impl Serialize) -> Option<Box<RawValue>> {
        serde_json::value::to_raw_value(value).ok()
    }
    if payload.first() == Some(&b'{') {
        return serde_json::from_slice(payload).ok();
    }
    // Each reader knows its own fingerprint and refuses the others'.
    let mut scratch = Vec::new();
    if let Ok(record) = Codec::record().decode::<Record<'_>>(payload, &mut scratch) {
        return json(&record);
    }
    let mut scratch = Vec::new();
    if let Ok(alert) = AlertCodec::decode(payload, &mut scratch) {
        return json(&alert);
    }
    let mut scratch = Vec::new();
    rejects::decode(payload, &mut scratch).ok().as_ref().and_then(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Body, Head, Millis, RejectReason, Tick};
    use crate::run::rejects::{Rejected, Stage};

    #[test]
    fn reads_records_rejects_and_json() {
        let body = Body::Tick(Tick { wall_time: Millis(0), partition: 3 });
        let mut record = Vec::new();
        Codec::record().encode(&Record { head: Head::default(), body }, &mut record).unwrap();
        assert!(read(&record).unwrap().get().contains("\"partition\":3"));
        let reject = Rejected::new(Stage::Ingest, ("t", 0, 7), 0, None, b"{oops")
            .message(-1, &RejectReason::MalformedJson.at("byte 1"))
            .unwrap();
        let json = read(&reject.value).unwrap();
        assert!(json.get().contains("malformed_json") && json.get().contains("{oops"), "{json}");
        assert_eq!(read(b"{\"a\": 1}").unwrap().get(), "{\"a\": 1}");
        assert!(read(b"\x00\x01").is_none());
    }
}

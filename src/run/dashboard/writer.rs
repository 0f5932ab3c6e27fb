//! Writes the audit and acts: acknowledged by all in-sync replicas, or not written.

use crate::dashboard::log::{Log, Message, NotWritten, Topic, Written};
use crate::run::kafka::{Cluster, MESSAGE_BYTES_MIN, Quiet};
use anyhow::Context as _;
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::time::Duration;

/// Longest wait for Kafka's word. The client gives up at the same time, so that what was called not written does not turn
/// up later.
const WORD_MAX: Duration = Duration::from_secs(5);

/// Writes to a cluster.
pub struct Writer {
    producer: FutureProducer<Quiet>,
    audit: String,
    records: String,
}

impl Writer {
    /// A writer to these topics.
    ///
    /// # Errors
    /// When there is no client.
    pub fn new(cluster: &Cluster, audit: &str, records: &str) -> anyhow::Result<Self> {
        let mut config = cluster.producer("dashboard", MESSAGE_BYTES_MIN);
        let producer = config
            .set("message.timeout.ms", WORD_MAX.as_millis().to_string())
            .set("linger.ms", "0")
            .create_with_context(Quiet)
            .context("Kafka client")?;
        Ok(Self { producer, audit: audit.to_owned(), records: records.to_owned() })
    }
}

impl Log for Writer {
    fn write(&self, message: Message) -> Written<'_> {
        Box::pin(async move {
            let topic = match message.topic {
                Topic::Audit => &self.audit,
                Topic::Records => &self.records,
            };
            let record = FutureRecord::to(topic).key(&message.key).payload(&message.value).timestamp(message.timestamp);
            match self.producer.send(record, WORD_MAX).await {
                Ok(_) => Ok(()),
                Err((error, _)) => {
                    tracing::warn!(topic, %error, "a message of the dashboard was not written");
                    Err(NotWritten)
                }
            }
        })
    }
}

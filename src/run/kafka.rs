//! Kafka clients: one place that says how each of them is set up, and why.

use crate::config::{self, Property, RESERVED_PROPERTIES};
use anyhow::{Context as _, bail};
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Oldest librdkafka that is accepted: before 2.12 lie losses in transactions and rebalances that were fixed since.
const LIBRDKAFKA_MIN: i32 = 0x020c_0000;

/// Longest wait for an answer about topics and offsets.
pub const ANSWER_MAX: Duration = Duration::from_secs(20);

/// Longest wait for a broker to take a message, after which the write has failed.
pub const DELIVERY_MAX: Duration = Duration::from_secs(30);

/// Longest wait in one turn of a loop, so that a stop or a sign of life is never far.
pub const TURN: Duration = Duration::from_millis(100);

/// Least buffer of a producer, KiB; the library's default is 1 GiB.
const PRODUCER_BUFFER_KIB: usize = 65_536;

/// Buffer of a consumer, KiB.
const CONSUMER_BUFFER_KIB: usize = 8_192;

/// Largest answer of a broker that a consumer takes, bytes. A broker always sends at least one message, however large; one
/// larger than this would never arrive, so it stands well above the largest message that any sensible topic allows.
const RESPONSE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Room for key, headers and framing around a value, bytes.
pub const FRAMING_BYTES: usize = 64 * 1024;

/// Least `max.message.bytes` of a topic of ours: holds a reject with 512 KiB of raw message.
pub const MESSAGE_BYTES_MIN: usize = 1024 * 1024;

/// A cluster and how to reach it.
#[derive(Clone, Debug)]
pub struct Cluster {
    bootstrap: String,
    properties: BTreeMap<String, Property>,
    embedded: bool,
}

impl Cluster {
    /// The cluster of the settings, which have been checked.
    ///
    /// # Errors
    /// When there is no broker address, or the librdkafka in this build is too old.
    pub fn of(settings: &config::Kafka) -> anyhow::Result<Self> {
        check_version()?;
        let bootstrap = settings.bootstrap.clone().context("kafka.bootstrap is not set")?;
        Ok(Self { bootstrap, properties: settings.properties.clone(), embedded: false })
    }

    /// The broker inside this process.
    #[must_use]
    pub const fn embedded(bootstrap: String) -> Self {
        Self { bootstrap, properties: BTreeMap::new(), embedded: true }
    }

    /// Is it the broker inside this process, which knows no topic settings and keeps nothing?
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// Addresses of the brokers.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// What every client has, for admin calls as it is.
    #[must_use]
    pub fn client(&self, purpose: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", format!("vigil-{purpose}"))
            // Topics are created or verified at start; a mistyped name is an error, not a new topic.
            .set("allow.auto.create.topics", "false")
            .set_log_level(RDKafkaLogLevel::Info);
        self.pass_through(config)
    }

    /// The user's own properties, over our defaults and never over what vigil's promises rest on.
    fn pass_through(&self, mut config: ClientConfig) -> ClientConfig {
        let reserved = |name: &str| RESERVED_PROPERTIES.iter().any(|(reserved, _)| *reserved == name);
        for (name, value) in self.properties.iter().filter(|(name, _)| !reserved(name)) {
            config.set(name, value.expose());
        }
        config
    }

    /// A producer: idempotent, acknowledged by all in-sync replicas, keys placed as the Java clients place them.
    #[must_use]
    pub fn producer(&self, purpose: &str, value_bytes_max: usize) -> ClientConfig {
        let message_bytes = message_bytes_max(value_bytes_max);
        let mut config = self.client(purpose);
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("compression.type", "lz4")
            // The default of 5 ms costs 3 ms a hop.
            .set("linger.ms", "1")
            .set("message.timeout.ms", DELIVERY_MAX.as_millis().to_string())
            .set("message.max.bytes", message_bytes.to_string())
            // A message larger than the buffer could never be queued.
            .set("queue.buffering.max.kbytes", PRODUCER_BUFFER_KIB.max(2 * message_bytes / 1024).to_string());
        self.pass_through(config)
    }

    /// A consumer of a group, which commits by hand and never resets its position by itself.
    #[must_use]
    pub fn consumer(&self, purpose: &str, group: &str) -> ClientConfig {
        let mut config = self.client(purpose);
        let fetch_wait_ms = if self.embedded { "5" } else { "100" };
        config
            .set("group.id", group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "2000")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // Where to start is decided at assignment; an offset that is gone after that must be seen.
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("check.crcs", "true")
            .set("fetch.wait.max.ms", fetch_wait_ms)
            .set("fetch.queue.backoff.ms", "10")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", CONSUMER_BUFFER_KIB.to_string())
            .set("receive.message.max.bytes", RESPONSE_BYTES_MAX.to_string())
            .set("statistics.interval.ms", "2000");
        self.pass_through(config)
    }
}

/// `message.max.bytes` of producers, and at least `max.message.bytes` of the topics they write to, for values of this
/// size. The client refuses first, so that a message too large is known when it is sent.
#[must_use]
pub fn message_bytes_max(value_bytes_max: usize) -> usize {
    MESSAGE_BYTES_MIN.max(value_bytes_max.saturating_add(FRAMING_BYTES))
}

fn check_version() -> anyhow::Result<()> {
    let (number, name) = rdkafka::util::get_rdkafka_version();
    if number < LIBRDKAFKA_MIN {
        bail!("this build has librdkafka {name}; 2.12 or newer is needed");
    }
    Ok(())
}

/// Sends what a client says to the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl ClientContext for Quiet {
    fn stats(&self, _statistics: Statistics) {}
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        report("admin", &error, reason);
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}

/// That all brokers are down is told by each client, again and again: said once in so long, for the whole process.
const DOWN_EVERY: Duration = Duration::from_secs(1);

static DOWN_SAID: Seldom = Seldom(Mutex::new(None));

/// When a thing was last said.
struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// May it be said again, `every` so long? Then it counts as said.
    fn again(&self, now: Instant, every: Duration) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let again = said.is_none_or(|at| now.saturating_duration_since(at) >= every);
        if again {
            *said = Some(now);
        }
        again
    }
}

/// An error that a client came across; it goes on by itself, or the call that fails says so.
pub fn report(role: &'static str, error: &KafkaError, reason: &str) {
    match error.rdkafka_error_code() {
        // The end of a partition comes this way too, each time it is reached.
        Some(RDKafkaErrorCode::PartitionEOF) => {}
        Some(RDKafkaErrorCode::AllBrokersDown) if !DOWN_SAID.again(Instant::now(), DOWN_EVERY) => {}
        Some(_) | None => tracing::warn!(role, %error, reason, "kafka client"),
    }
}

/// One line of librdkafka's own log.
pub fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", facility, message);
        }
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, message),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", facility, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_client_says_is_said_once_in_a_while() {
        let (seldom, began) = (Seldom(Mutex::new(None)), Instant::now());
        let said = |ms| seldom.again(began + Duration::from_millis(ms), DOWN_EVERY);
        assert_eq!([0, 1, 999, 1000, 1500, 2000].map(said), [true, false, false, true, false, true]);
    }

    #[test]
    fn a_pass_through_property_overrides_a_default_and_never_a_promise() {
        let properties =
            [("linger.ms", "50"), ("session.timeout.ms", "9000"), ("acks", "0"), ("partitioner", "random")]
                .map(|(name, value)| (name.to_owned(), Property::new(name, value.to_owned())));
        let cluster = Cluster { bootstrap: "localhost:1".into(), properties: properties.into(), embedded: false };
        let config = cluster.producer("test", 1 << 20);
        assert_eq!(config.get("linger.ms"), Some("50"));
        assert_eq!(config.get("acks"), Some("all"));
        assert_eq!(config.get("partitioner"), Some("murmur2_random"));
        assert_eq!(cluster.consumer("test", "group").get("session.timeout.ms"), Some("9000"));
    }

    #[test]
    fn this_build_has_a_library_that_is_new_enough_and_takes_every_property() {
        check_version().unwrap();
        let cluster = Cluster::embedded("127.0.0.1:1".into());
        let _: rdkafka::producer::BaseProducer = cluster.producer("test", 64 << 20).create().unwrap();
        let _: rdkafka::consumer::BaseConsumer = cluster.consumer("test", "group").create().unwrap();
    }
}

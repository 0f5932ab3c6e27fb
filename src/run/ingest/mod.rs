//! Source topics to the log. A message becomes records and rejects; its offset is committed when the broker has all of
//! them, and everything before. A write that fails ends the session, and the next one starts from what was committed: at
//! least once, and never past anything.

mod flight;

use super::assign;
use super::clock;
use super::health::{Health, Role};
use super::kafka::{ANSWER_MAX, Cluster, MESSAGE_BYTES_MIN, TURN};
use super::metrics::Metrics;
use super::rejects::{RejectMessage, Rejected, Stage};
use super::roles::Trouble;
use crate::config::Settings;
use crate::ledger::Ticket;
use crate::pipeline::{Intake, LogRecord, Source, SourceMessage, intake};
use crate::record::{Reject, RejectReason};
use anyhow::Context as _;
use flight::{Flight, Reader, Sent, What, Writer};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::producer::{BaseRecord, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time between two commits.
const COMMIT_EVERY: Duration = Duration::from_millis(250);

/// Longest wait for writes in flight when partitions are taken away.
const REVOKE_WAIT: Duration = Duration::from_secs(5);

/// Pause when the producer is full.
const FULL_PAUSE: Duration = Duration::from_micros(500);

/// The role.
#[derive(Debug)]
pub struct Ingest {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// What turns messages into records.
    pub intake: Intake,
    /// Take all partitions instead of joining the group.
    pub by_hand: bool,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// Where to say how it goes.
    pub health: Arc<Health>,
    /// Asks it to stop.
    pub stop: CancellationToken,
}

type Producer = ThreadedProducer<Writer>;

impl Ingest {
    /// From joining to leaving; ends in order when asked to stop.
    pub fn session(&self) -> Result<(), Trouble> {
        let flight = Arc::new(Flight::new(self.settings.ingest.start, Arc::clone(&self.metrics)));
        let value_bytes = self.settings.limits.message_bytes_max.max(MESSAGE_BYTES_MIN);
        let producer: Producer = self
            .cluster
            .producer("ingest", value_bytes)
            .create_with_context(Writer(Arc::clone(&flight)))
            .context("Kafka producer")?;
        let reader = Reader { flight: Arc::clone(&flight), health: Arc::clone(&self.health) };
        let consumer: BaseConsumer<Reader> = self
            .cluster
            .consumer("ingest", &self.settings.ingest.group)
            .create_with_context(reader)
            .context("Kafka consumer")?;
        self.begin(&consumer)?;
        let sources = self.sources();
        let mut committed = Instant::now();
        while !self.stop.is_cancelled() {
            self.health.beat(Role::Ingest);
            if let Some(trouble) = flight.take_trouble() {
                return Err(trouble);
            }
            if committed.elapsed() >= COMMIT_EVERY {
                assign::commit(&consumer, flight.positions(), CommitMode::Async).context("committing")?;
                committed = Instant::now();
            }
            match consumer.poll(TURN) {
                None => {}
                Some(Ok(message)) => self.take(&flight, &producer, &sources, &message)?,
                Some(Err(error)) if assign::ends_session(&error) => return Err(error.into()),
                Some(Err(_)) => {}
            }
        }
        // What is read is written, within the bound of the stop; the rest is read again next time.
        if flight.landed(self.settings.drain_max / 2) {
            assign::commit(&consumer, flight.positions(), CommitMode::Sync).context("committing the last offsets")?;
        }
        Ok(())
    }

    fn begin(&self, consumer: &BaseConsumer<Reader>) -> Result<(), Trouble> {
        let topics: Vec<&str> = self.settings.topics.sources.iter().map(|source| source.topic.as_str()).collect();
        if !self.by_hand {
            return Ok(consumer.subscribe(&topics)?);
        }
        let mut list = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer.fetch_metadata(Some(topic), ANSWER_MAX).context("asking for the source topics")?;
            for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
                list.add_partition(topic, partition.id());
            }
        }
        consumer.context().acquire(consumer, &list)
    }

    fn sources(&self) -> HashMap<String, Source> {
        let sources = self.settings.topics.sources.iter();
        sources
            .map(|source| {
                let configured = Source {
                    site: source.site.clone(),
                    sender: source.sender.clone(),
                    own_receipt: source.own_receipt,
                    format: source.format,
                };
                (source.topic.clone(), configured)
            })
            .collect()
    }

    /// One message: everything made of it is handed to the producer, then the ticket is sealed.
    fn take(
        &self,
        flight: &Flight,
        producer: &Producer,
        sources: &HashMap<String, Source>,
        message: &BorrowedMessage<'_>,
    ) -> Result<(), Trouble> {
        let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
        let Some(source) = sources.get(topic) else { return Ok(()) };
        let ticket = {
            let mut ledger = flight.ledger();
            // Taken away between the fetch and now: the next owner reads it.
            let Some(line) = ledger.line(topic, partition) else { return Ok(()) };
            match ledger.open(line, offset)? {
                Some(ticket) => ticket,
                None => return Ok(()),
            }
        };
        self.metrics.source_message();
        let payload = message.payload().unwrap_or_default();
        let timestamp = message.timestamp().to_millis().filter(|ms| *ms > 0).unwrap_or_else(clock::now_ms);
        let mut rejected = Rejected::new(Stage::Ingest, (topic, partition, offset), timestamp, message.key(), payload);
        let source_message = SourceMessage { topic, partition, offset, timestamp, payload, format: None };
        let outlet = Outlet { ingest: self, flight, producer, ticket };
        let mut result = Ok(());
        intake(&self.intake, source, &source_message, &mut |index, outcome| {
            if result.is_err() {
                return;
            }
            result = match outcome {
                Ok(record) => match outlet.record(&record) {
                    Ok(true) => Ok(()),
                    Ok(false) => {
                        let reject = RejectReason::TooLarge.at("the record is larger than the log takes");
                        rejected
                            .message(index, &reject)
                            .map_err(Trouble::Lasting)
                            .and_then(|m| outlet.reject(&m, reject))
                    }
                    Err(trouble) => Err(trouble),
                },
                Err(reject) => {
                    rejected.message(index, &reject).map_err(Trouble::Lasting).and_then(|m| outlet.reject(&m, reject))
                }
            };
        });
        result?;
        flight.ledger().seal(ticket);
        Ok(())
    }
}

/// Where the writes of one message go.
struct Outlet<'a> {
    ingest: &'a Ingest,
    flight: &'a Flight,
    producer: &'a Producer,
    ticket: Ticket,
}

impl Outlet<'_> {
    /// False if the record is too large for the log.
    fn record(&self, record: &LogRecord<'_>) -> Result<bool, Trouble> {
        let sent = Box::new(Sent { ticket: self.ticket, what: What::Record(record.kind) });
        let message = BaseRecord::with_opaque_to(&self.ingest.settings.topics.records, sent)
            .key(record.key)
            .payload(record.value)
            .timestamp(record.timestamp);
        self.send(message)
    }

    fn reject(&self, message: &RejectMessage, reject: Reject) -> Result<(), Trouble> {
        let sent = Box::new(Sent { ticket: self.ticket, what: What::Reject(reject) });
        // Without a timestamp of its own it gets the time of writing: retention counts from there, not from the age of
        // the message inside.
        let record = BaseRecord::with_opaque_to(&self.ingest.settings.topics.rejects, sent)
            .key(&message.key)
            .payload(&message.value)
            .headers(message.headers());
        match self.send(record)? {
            true => Ok(()),
            false => Err(Trouble::Lasting(anyhow::anyhow!("a reject is larger than a message may be"))),
        }
    }

    /// Hands one write to the producer, waiting while it is full. False if it is too large.
    fn send<K, P>(&self, mut record: BaseRecord<'_, K, P, Box<Sent>>) -> Result<bool, Trouble>
    where
        K: rdkafka::message::ToBytes + ?Sized,
        P: rdkafka::message::ToBytes + ?Sized,
    {
        while self.flight.writes.load(Ordering::Acquire) >= self.ingest.settings.ingest.in_flight_max {
            self.wait()?;
        }
        // Counted before it is sent: its acknowledgement may come before `send` returns.
        self.flight.ledger().wrote(self.ticket);
        self.flight.writes.fetch_add(1, Ordering::AcqRel);
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(true),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.wait().inspect_err(|_| self.undo())?;
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                    self.undo();
                    return Ok(false);
                }
                Err((error, _)) => {
                    self.undo();
                    return Err(error.into());
                }
            }
        }
    }

    fn undo(&self) {
        self.flight.writes.fetch_sub(1, Ordering::AcqRel);
        self.flight.ledger().acknowledge(self.ticket);
    }

    /// A pause while Kafka is slower than we are. Ends with the trouble that a failed write brings, or with the stop.
    fn wait(&self) -> Result<(), Trouble> {
        self.ingest.health.beat(Role::Ingest);
        if let Some(trouble) = self.flight.take_trouble() {
            return Err(trouble);
        }
        if self.ingest.stop.is_cancelled() {
            return Err(Trouble::Passing(anyhow::anyhow!("stopped while Kafka was full")));
        }
        std::thread::sleep(FULL_PAUSE);
        Ok(())
    }
}

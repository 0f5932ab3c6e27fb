//! What is on its way between a source and the log: writes and their acknowledgements, partitions that come and go.

use super::super::assign::{self, Acquired, GroupEvent};
use super::super::health::{Health, Phase, Role};
use super::super::kafka;
use super::super::metrics::Metrics;
use super::super::rejects::Stage;
use super::super::roles::Trouble;
use super::{FULL_PAUSE, REVOKE_WAIT};
use crate::config::Start;
use crate::ledger::{OffsetLedger, Ticket};
use crate::record::Reject;
use anyhow::Context as _;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaRespErr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What the loop, the group's events and the delivery reports share.
#[derive(Debug)]
pub struct Flight {
    ledger: Mutex<OffsetLedger>,
    /// Writes handed to the producer and not acknowledged.
    pub writes: AtomicUsize,
    trouble: Mutex<Option<Trouble>>,
    start: Start,
    metrics: Arc<Metrics>,
}

impl Flight {
    /// Nothing in flight yet.
    pub fn new(start: Start, metrics: Arc<Metrics>) -> Self {
        let (ledger, writes, trouble) = (Mutex::default(), AtomicUsize::new(0), Mutex::new(None));
        Self { ledger, writes, trouble, start, metrics }
    }

    /// The offsets; never held across a call to Kafka.
    pub fn ledger(&self) -> MutexGuard<'_, OffsetLedger> {
        // No code of ours panics while it holds the lock.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, trouble: Trouble) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
    }

    /// What ends the session, once.
    pub fn take_trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn in_trouble(&self) -> bool {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Waits until no write is in flight; false if that took too long or one failed.
    pub fn landed(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        while self.writes.load(Ordering::Acquire) > 0 {
            if Instant::now() > until || self.in_trouble() {
                return false;
            }
            std::thread::sleep(FULL_PAUSE);
        }
        true
    }

    /// Positions that have moved, to be committed.
    pub fn positions(&self) -> Vec<(String, i32, i64)> {
        self.ledger().take_committable().into_iter().map(|p| (p.topic, p.partition, p.next)).collect()
    }
}

/// One write on its way.
#[derive(Debug)]
pub struct Sent {
    /// The source message it was made of.
    pub ticket: Ticket,
    /// What it is, to be counted when it is acknowledged.
    pub what: What,
}

/// What is written.
#[derive(Debug)]
pub enum What {
    /// A record of this kind.
    Record(&'static str),
    /// A reject.
    Reject(Reject),
}

/// The producer's context: settles what is acknowledged.
pub struct Writer(pub Arc<Flight>);

impl ClientContext for Writer {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("ingest", &error, reason);
    }
}

impl ProducerContext for Writer {
    type DeliveryOpaque = Box<Sent>;
    fn delivery(&self, result: &DeliveryResult<'_>, sent: Box<Sent>) {
        let flight = &self.0;
        match result {
            Ok(_) => {
                match &sent.what {
                    What::Record(kind) => flight.metrics.ingested(kind),
                    What::Reject(reject) => flight.metrics.rejected(Stage::Ingest, reject.reason),
                }
                flight.ledger().acknowledge(sent.ticket);
            }
            Err((error, message)) => {
                let what = anyhow::anyhow!("{}/{} cannot be written: {error}", message.topic(), message.partition());
                flight.fail(Trouble::Passing(what));
            }
        }
        flight.writes.fetch_sub(1, Ordering::Release);
    }
}

/// The consumer's context: takes partitions in and lets them go.
pub struct Reader {
    /// Shared with the loop.
    pub flight: Arc<Flight>,
    /// Where to say that reading has begun.
    pub health: Arc<Health>,
}

impl ClientContext for Reader {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("ingest", &error, reason);
    }
    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ConsumerContext for Reader {
    // Replaced whole, since the positions are set here: assigning twice leads to stray resets.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let done = match GroupEvent::of(code) {
            GroupEvent::Assign => self.acquire(consumer, partitions),
            GroupEvent::Revoke => self.release(consumer, partitions),
            GroupEvent::Trouble => Err(Trouble::Passing(anyhow::anyhow!("group event {code:?}"))),
        };
        if let Err(trouble) = done {
            self.flight.fail(trouble);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(role = "ingest", %error, "offsets not committed, will be tried again");
            self.flight.ledger().untake();
        }
    }
}

impl Reader {
    /// Begins to read these partitions where the group stands.
    pub fn acquire(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> Result<(), Trouble> {
        let acquired = Acquired::ask(consumer, partitions).context("asking for positions")?;
        let mut starts = Vec::new();
        let mut fresh = Vec::new();
        for one in &acquired {
            let from = one.resume(self.flight.start).map_err(|gone| Trouble::Lasting(gone.into()))?;
            starts.push((one.topic.clone(), one.partition, from));
            // "What comes next" is what comes after now, also for the process that takes over from this one.
            if one.committed.is_none() && self.flight.start == Start::Latest {
                fresh.push((one.topic.clone(), one.partition, from));
            }
            self.flight.ledger().begin(&one.topic, one.partition);
            tracing::info!(
                role = "ingest",
                topic = one.topic,
                partition = one.partition,
                from,
                end = one.high,
                "reading"
            );
        }
        assign::read_from(consumer, starts)?;
        assign::commit(consumer, fresh, CommitMode::Sync).context("committing the start")?;
        self.health.enter(Role::Ingest, Phase::Running);
        Ok(())
    }

    fn release(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) -> Result<(), Trouble> {
        if !consumer.assignment_lost() && self.flight.landed(REVOKE_WAIT) {
            let positions = self.flight.positions();
            if let Err(error) = assign::commit(consumer, positions, CommitMode::Sync) {
                tracing::warn!(role = "ingest", %error, "offsets not committed; the next owner reads some messages again");
            }
        }
        let mut ledger = self.flight.ledger();
        for element in partitions.elements() {
            if let Some(line) = ledger.line(element.topic(), element.partition()) {
                ledger.end(line);
            }
        }
        drop(ledger);
        Ok(assign::let_go(consumer, partitions)?)
    }
}

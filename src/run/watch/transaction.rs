//! The one place that carries out what watch decided: alerts, rejects, forwarded facts, changed state and progress of a
//! batch become visible in one Kafka transaction, or not at all.
//!
//! The producer's transactional id names the shard: `init_transactions` fences whoever had it before, and ends what that
//! one had left open.

use super::super::kafka::{self, Cluster, MESSAGE_BYTES_MIN, TURN};
use super::super::rejects::{RejectMessage, headers};
use super::pulse::Pulse;
use super::setback::{REFUSED, Setback};
use super::switches::{Plant, hang, pass, planted, stop_in_commit};
use crate::alert::{AlertCodec, AlertOut};
use crate::config::{AlertFormat, Settings};
use crate::pipeline::{ForwardOut, PROGRESS_KEY, StateChange, TickOut};
use anyhow::{Context as _, anyhow};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _, ToBytes};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest that the broker keeps a transaction open whose owner is gone, and with it the readers of the topics waiting.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest wait for a message's confirmation; must be below the transaction's.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// One call of the transaction API; a retriable end of it is tried again.
const CALL: Duration = Duration::from_secs(5);

/// Longest series of such calls.
const CALLS_MAX: Duration = Duration::from_secs(30);

/// A call that is so late does not come back any more: the watchdog ends the process (librdkafka issues 5456, 5511).
const HANG: Duration = Duration::from_secs(20);

/// A commit that took longer may have met trouble on the way. librdkafka does not speak KIP-890: a delayed end of one
/// transaction could hit the next one, so that the producer's epoch must not see another.
const DOUBTFUL: Duration = Duration::from_secs(1);

/// Buffer of the producer, KiB: a batch's effects are at most a few MiB.
const BUFFER_KIB: usize = 32_768;

/// How long to wait for confirmations once the shard is to be let go.
const LET_GO: Duration = Duration::from_secs(3);

/// Header of a shard's progress: whose it is. One that was stopped for a while and goes on finds here that another has
/// worked since.
pub const OWNER: &str = "owner";

/// What a batch wants done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome<'a> {
    /// Alerts, in the order in which they were raised.
    pub alerts: &'a [AlertOut],
    /// Records that are none of the shard's.
    pub rejects: &'a [RejectMessage],
    /// Facts for other keys.
    pub forwards: &'a [ForwardOut],
    /// Changed state, progress last.
    pub changes: &'a [StateChange],
    /// The time, for the shard's own partition of the log.
    pub tick: Option<&'a TickOut>,
}

/// How a commit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It did.
    Surely,
    /// It did, but this producer must not begin another transaction.
    Doubtfully,
}

/// Writes in flight, and the first one that failed.
#[derive(Debug, Default)]
struct Open {
    writes: usize,
    failed: Option<(KafkaError, String)>,
}

#[derive(Debug, Default)]
struct Confirmations {
    open: Mutex<Open>,
    changed: Condvar,
    /// Has the client met an error since the last transaction began?
    disturbed: AtomicBool,
    /// Offset behind the last record that the changelog has from this client; 0 before there is one.
    written: AtomicI64,
    /// The client's own word on why the transaction failed, which it only logs: what its calls give back after that is
    /// "erroneous state" and "purged in queue".
    why: Mutex<Option<String>>,
}

impl Confirmations {
    fn open(&self) -> MutexGuard<'_, Open> {
        // No code of ours panics while it holds the lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn why(&self) -> MutexGuard<'_, Option<String>> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Confirm {
    confirmations: Arc<Confirmations>,
    state: String,
}

impl ClientContext for Confirm {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "TXNERR" {
            *self.confirmations.why() = Some(message.to_owned());
        }
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        self.confirmations.disturbed.store(true, Ordering::Relaxed);
        kafka::report("watch", &error, reason);
    }
}

impl ProducerContext for Confirm {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut open = self.confirmations.open();
        open.writes = open.writes.saturating_sub(1);
        match result {
            Ok(message) if message.topic() == self.state => {
                self.confirmations.written.fetch_max(message.offset() + 1, Ordering::Relaxed);
            }
            Err((error, message)) if !planted(Plant::IgnoreDelivery) => {
                let place = || format!("{}/{} cannot be written", message.topic(), message.partition());
                open.failed.get_or_insert_with(|| (error.clone(), place()));
            }
            Ok(_) | Err(_) => {}
        }
        if open.writes == 0 || open.failed.is_some() {
            self.confirmations.changed.notify_all();
        }
    }
}

/// The transactional producer of one shard.
pub struct Transactions {
    producer: ThreadedProducer<Confirm>,
    /// For a planted mistake alone.
    outside: Option<ThreadedProducer<Confirm>>,
    confirmations: Arc<Confirmations>,
    pulse: Arc<Pulse>,
    records: String,
    alerts: String,
    rejects: String,
    state: String,
    codec: AlertCodec,
    transactional: bool,
}

impl Transactions {
    /// Takes the shard over: from here on its former owner writes nothing that becomes visible.
    pub fn take_over(cluster: &Cluster, settings: &Settings, pulse: &Arc<Pulse>) -> Result<Self, Setback> {
        let confirmations = Arc::new(Confirmations::default());
        let transactional = ![Plant::NoInit, Plant::IgnoreDelivery, Plant::CommitBeforeAck].into_iter().any(planted);
        let millis = |time: Duration| time.as_millis().to_string();
        let plain = || {
            let mut config = cluster.producer("watch", MESSAGE_BYTES_MIN);
            config
                // A batch is waited for: what is there goes at once.
                .set("linger.ms", "0")
                .set("message.timeout.ms", millis(MESSAGE_TIMEOUT))
                .set("queue.buffering.max.kbytes", BUFFER_KIB.to_string());
            config
        };
        let make = |config: rdkafka::ClientConfig| {
            let state = settings.topics.state.clone();
            config
                .create_with_context(Confirm { confirmations: Arc::clone(&confirmations), state })
                .context("Kafka producer")
        };
        let mut config = plain();
        if transactional {
            config
                .set("transactional.id", transactional_id(settings, pulse.partition))
                .set("transaction.timeout.ms", millis(TRANSACTION_TIMEOUT))
                // librdkafka takes no more than the transaction's timeout and 100 ms.
                .set("socket.timeout.ms", millis(TRANSACTION_TIMEOUT));
        }
        let topics = &settings.topics;
        let taken = Self {
            producer: make(config)?,
            outside: if planted(Plant::ForwardOutside) { Some(make(plain())?) } else { None },
            confirmations,
            pulse: Arc::clone(pulse),
            records: topics.records.clone(),
            alerts: topics.alerts.clone(),
            rejects: topics.rejects.clone(),
            state: topics.state.clone(),
            codec: match settings.alert_format {
                AlertFormat::Avro => AlertCodec::Avro,
                AlertFormat::Json => AlertCodec::Json,
            },
            transactional,
        };
        if transactional {
            taken.series("taking the shard over", |producer| producer.init_transactions(CALL))?;
        }
        Ok(taken)
    }

    /// Offset behind the last record that the changelog has from here; nothing where it has none.
    #[must_use]
    pub fn written(&self) -> Option<i64> {
        Some(self.confirmations.written.load(Ordering::Relaxed)).filter(|end| *end > 0)
    }

    /// Makes a batch's effects visible, all at once. After an error the producer must be dropped: what was begun is ended
    /// by the next owner's taking over, which may be ourselves.
    pub fn commit(&self, outcome: &Outcome<'_>) -> Result<Committed, Setback> {
        if planted(Plant::ProgressFirst) {
            self.transact(&|| self.write_state(outcome))?;
            return self.transact(&|| self.write_words(outcome));
        }
        if planted(Plant::CommitBeforeAck) {
            let committed = self.transact(&|| self.write_state(outcome))?;
            self.write_words(outcome)?;
            return Ok(committed);
        }
        self.transact(&|| {
            self.write_words(outcome)?;
            pass("mid_produce");
            self.write_state(outcome)
        })
    }

    fn transact(&self, write: &dyn Fn() -> Result<(), Setback>) -> Result<Committed, Setback> {
        self.confirmations.disturbed.store(false, Ordering::Relaxed);
        *self.confirmations.why() = None;
        if self.transactional {
            self.producer.begin_transaction().map_err(Setback::from).map_err(|s| s.while_doing("beginning"))?;
        }
        pass("after_begin");
        write()?;
        // Confirmed before the commit: a commit that has to flush polls in steps of 100 ms.
        self.confirmed()?;
        pass("after_acks");
        let mut committed = Committed::Surely;
        if self.transactional {
            pass("before_commit");
            let began = Instant::now();
            self.series("committing", |producer| {
                hang();
                let committed = producer.commit_transaction(CALL);
                stop_in_commit();
                committed
            })?;
            if began.elapsed() > DOUBTFUL || self.confirmations.disturbed.load(Ordering::Relaxed) {
                committed = Committed::Doubtfully;
            }
        }
        pass("after_commit");
        Ok(committed)
    }

    /// A call of the transaction API, again while it says that it may be tried again.
    fn series(
        &self,
        what: &'static str,
        call: impl Fn(&ThreadedProducer<Confirm>) -> Result<(), KafkaError>,
    ) -> Result<(), Setback> {
        let until = Instant::now() + CALLS_MAX;
        loop {
            match self.pulse.guarded(CALL + HANG, || call(&self.producer)) {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(error))
                    if error.is_retriable() && Instant::now() < until && !self.pulse.is_released() => {}
                Err(error) => return Err(self.known(error).while_doing(what)),
            }
        }
    }

    /// What lies behind an error: the fatal one of the client says more than the call's, and so does its word on why the
    /// transaction failed.
    fn known(&self, error: KafkaError) -> Setback {
        if let Some((
            RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch | RDKafkaErrorCode::Fenced,
            _,
        )) = self.producer.client().fatal_error()
        {
            return Setback::Fenced(error.into());
        }
        match (Setback::from(error), self.confirmations.why().take()) {
            // librdkafka's names of the refusals by access rules; the code itself is not given.
            (Setback::Passing(error), Some(why)) if why.contains("AUTHORIZATION_FAILED") => {
                Setback::Lasting(error.context(why).context(REFUSED))
            }
            (Setback::Passing(error), Some(why)) => Setback::Passing(error.context(why)),
            (other, _) => other,
        }
    }

    fn write_words(&self, outcome: &Outcome<'_>) -> Result<(), Setback> {
        let shard = self.pulse.partition;
        for out in outcome.alerts {
            let mut drawn = None;
            if planted(Plant::RandomId) {
                let mut out = out.clone();
                out.alert.alert_id = crate::record::hex128(fastrand::u128(..)).into();
                drawn = Some(out);
            }
            let out = drawn.as_ref().unwrap_or(out);
            let value = self.codec.encode(&out.alert).map_err(|error| Setback::Lasting(anyhow!("alert: {error}")))?;
            let named = out.headers();
            let headers = headers(named.iter().map(|(name, value)| (*name, value.as_str())));
            let record = BaseRecord::to(&self.alerts).partition(shard).key(&out.key).payload(&value).headers(headers);
            self.send(record.timestamp(out.timestamp))?;
        }
        for forward in outcome.forwards {
            let record = BaseRecord::to(&self.records).key(&forward.key).payload(&forward.value);
            let record = record.timestamp(forward.timestamp);
            match &self.outside {
                Some(outside) => self.send_by(outside, record)?,
                None => self.send(record)?,
            }
        }
        if !outcome.forwards.is_empty() {
            if self.outside.is_some() {
                self.confirmed()?;
            }
            pass("after_forwards");
        }
        for reject in outcome.rejects {
            let record = BaseRecord::to(&self.rejects).key(&reject.key).payload(&reject.value);
            self.send(record.headers(reject.headers()))?;
        }
        if let Some(tick) = outcome.tick {
            let record = BaseRecord::to(&self.records).partition(shard).key(&tick.key).payload(&tick.value);
            self.send(record.timestamp(tick.timestamp))?;
        }
        Ok(())
    }

    fn write_state(&self, outcome: &Outcome<'_>) -> Result<(), Setback> {
        for change in outcome.changes {
            let record: BaseRecord<'_, String, Vec<u8>> =
                BaseRecord::to(&self.state).partition(self.pulse.partition).key(&change.key);
            let record = match &change.value {
                Some(value) => record.payload(value),
                None => record,
            };
            self.send(if change.key == PROGRESS_KEY {
                record.headers(headers(std::iter::once((OWNER, self.pulse.owner.as_str()))))
            } else {
                record
            })?;
        }
        Ok(())
    }

    fn send<K, P>(&self, record: BaseRecord<'_, K, P, ()>) -> Result<(), Setback>
    where
        K: ToBytes + ?Sized,
        P: ToBytes + ?Sized,
    {
        self.send_by(&self.producer, record)
    }

    fn send_by<K, P>(
        &self,
        producer: &ThreadedProducer<Confirm>,
        mut record: BaseRecord<'_, K, P, ()>,
    ) -> Result<(), Setback>
    where
        K: ToBytes + ?Sized,
        P: ToBytes + ?Sized,
    {
        // Counted before it is sent: its confirmation may come before `send` returns.
        self.confirmations.open().writes += 1;
        loop {
            match producer.send(record) {
                Ok(()) => return Ok(()),
                // A full buffer empties, or a message in it times out and fails the transaction.
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if self.confirmations.open().failed.is_none() =>
                {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => {
                    self.confirmations.open().writes -= 1;
                    return Err(self.known(error).while_doing("writing"));
                }
            }
        }
    }

    fn confirmed(&self) -> Result<(), Setback> {
        // The library gives up on a message by itself; this bound is for a library that does not.
        let began = Instant::now();
        let mut open = self.confirmations.open();
        loop {
            if let Some((error, place)) = open.failed.take() {
                return Err(match self.known(error) {
                    Setback::Passing(error) => Setback::Passing(error.context(place)),
                    Setback::Lasting(error) => Setback::Lasting(error.context(place)),
                    other @ (Setback::Fenced(_) | Setback::Panicked(_)) => other,
                });
            }
            if open.writes == 0 {
                break;
            }
            let given_up = self.pulse.is_released() && began.elapsed() > LET_GO;
            if given_up || began.elapsed() > MESSAGE_TIMEOUT * 2 {
                return Err(Setback::Passing(anyhow!("{} writes were neither confirmed nor refused", open.writes)));
            }
            open = self.confirmations.changed.wait_timeout(open, TURN).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(open);
        // The last report has been handed over; the library takes a moment to count it off.
        while self.transactional && self.producer.in_flight_count() > 0 && began.elapsed() < MESSAGE_TIMEOUT * 2 {
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Drops the producer, which may block.
    pub fn end(self) {
        let pulse = Arc::clone(&self.pulse);
        pulse.guarded(HANG, || drop(self));
    }
}

/// One for each shard, the same for ever: who uses it fences the one before.
fn transactional_id(settings: &Settings, partition: i32) -> String {
    format!("{}.{partition}", settings.watch.group)
}

//! The one place that carries out what watch decided. Alerts and rejects of a batch are written and confirmed by the broker
//! before the batch's offset may be committed: at least once, with equal bytes each time. A transaction that takes the
//! offset along will replace [`Delivery::carry_out`], and nothing around it.

use super::kafka::{self, Cluster, DELIVERY_MAX, MESSAGE_BYTES_MIN, TURN};
use super::rejects::{RejectMessage, headers};
use super::roles::Trouble;
use crate::alert::{AlertCodec, AlertOut};
use crate::config::{AlertFormat, Settings};
use anyhow::{Context as _, anyhow};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _, ToBytes};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What one shard's batch wants done.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Alerts, in the order in which they were raised.
    pub alerts: &'a [AlertOut],
    /// Records that are none of the shard's.
    pub rejects: &'a [RejectMessage],
}

/// Writes in flight, and the first one that failed.
#[derive(Debug, Default)]
struct Open {
    writes: usize,
    failed: Option<String>,
}

#[derive(Debug, Default)]
struct Confirmations {
    open: Mutex<Open>,
    changed: Condvar,
}

impl Confirmations {
    fn open(&self) -> MutexGuard<'_, Open> {
        // No code of ours panics while it holds the lock.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Confirm(Arc<Confirmations>);

impl ClientContext for Confirm {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("watch", &error, reason);
    }
}

impl ProducerContext for Confirm {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut open = self.0.open();
        open.writes = open.writes.saturating_sub(1);
        if let Err((error, message)) = result {
            let what = || format!("{}/{} cannot be written: {error}", message.topic(), message.partition());
            open.failed.get_or_insert_with(what);
        }
        if open.writes == 0 || open.failed.is_some() {
            self.0.changed.notify_all();
        }
    }
}

/// The producer of watch.
pub struct Delivery {
    producer: ThreadedProducer<Confirm>,
    confirmations: Arc<Confirmations>,
    alerts: String,
    rejects: String,
    codec: AlertCodec,
}

impl Delivery {
    /// Connects.
    ///
    /// # Errors
    /// When librdkafka refuses a property.
    pub fn new(cluster: &Cluster, settings: &Settings) -> anyhow::Result<Self> {
        let confirmations = Arc::new(Confirmations::default());
        let producer = cluster
            .producer("watch", MESSAGE_BYTES_MIN)
            // A batch is waited for: what is there goes at once.
            .set("linger.ms", "0")
            .create_with_context(Confirm(Arc::clone(&confirmations)))
            .context("Kafka producer")?;
        let codec = match settings.alert_format {
            AlertFormat::Avro => AlertCodec::Avro,
            AlertFormat::Json => AlertCodec::Json,
        };
        let (alerts, rejects) = (settings.topics.alerts.clone(), settings.topics.rejects.clone());
        Ok(Self { producer, confirmations, alerts, rejects, codec })
    }

    /// Writes everything, and returns when the broker has all of it. `turn` is called while waiting.
    pub fn carry_out(&self, batches: &[Batch<'_>], turn: &mut dyn FnMut()) -> Result<(), Trouble> {
        for batch in batches {
            for out in batch.alerts {
                let value =
                    self.codec.encode(&out.alert).map_err(|error| Trouble::Lasting(anyhow!("alert: {error}")))?;
                let named = out.headers();
                let headers = headers(named.iter().map(|(name, value)| (*name, value.as_str())));
                let record = BaseRecord::to(&self.alerts).key(&out.key).payload(&value).headers(headers);
                self.send(record.timestamp(out.timestamp), turn)?;
            }
            for reject in batch.rejects {
                let record = BaseRecord::to(&self.rejects).key(&reject.key).payload(&reject.value);
                self.send(record.headers(reject.headers()), turn)?;
            }
        }
        self.confirmed(turn)
    }

    fn send<K, P>(&self, mut record: BaseRecord<'_, K, P, ()>, turn: &mut dyn FnMut()) -> Result<(), Trouble>
    where
        K: ToBytes + ?Sized,
        P: ToBytes + ?Sized,
    {
        // Counted before it is sent: its confirmation may come before `send` returns.
        self.confirmations.open().writes += 1;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    turn();
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err((error, _)) => {
                    self.confirmations.open().writes -= 1;
                    return Err(error.into());
                }
            }
        }
    }

    fn confirmed(&self, turn: &mut dyn FnMut()) -> Result<(), Trouble> {
        // The library gives up on a message by itself; this bound is for a library that does not.
        let until = Instant::now() + DELIVERY_MAX * 2;
        let mut open = self.confirmations.open();
        loop {
            if let Some(failed) = open.failed.take() {
                return Err(Trouble::Passing(anyhow!(failed)));
            }
            if open.writes == 0 {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Trouble::Passing(anyhow!("{} writes were neither confirmed nor refused", open.writes)));
            }
            open = self.confirmations.changed.wait_timeout(open, TURN).unwrap_or_else(PoisonError::into_inner).0;
            turn();
        }
    }
}

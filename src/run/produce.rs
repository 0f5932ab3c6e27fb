//! Files into a source topic: canonical JSON and NDJSON line by line, openFDA files as they are or report by report where
//! they are too large for the topic, FAERS directories as canonical records.

use super::files::read_sources;
use super::kafka::{self, Cluster};
use super::topics;
use crate::config::Settings;
use crate::decode;
use crate::record::{Body, Record, Reject};
use anyhow::{Context as _, bail};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Room for key and framing beside a value, bytes.
const BESIDE_VALUE_BYTES: usize = 4096;

/// Largest file, or folder of tables, bytes: a FAERS quarter has less than 1 GiB.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// Pause while the producer is full, or while a rate is kept.
const PAUSE: Duration = Duration::from_millis(1);

/// What to send.
#[derive(Clone, Debug)]
pub struct ProducePlan {
    /// Files, or directories of FAERS tables.
    pub files: Vec<PathBuf>,
    /// Source topic.
    pub topic: String,
    /// Messages a second; as fast as Kafka takes them if `None`.
    pub rate: Option<f64>,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Produced {
    /// Messages that Kafka has.
    pub sent: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// Rows of FAERS tables that are no part of a report, with file and line.
    pub rejects: Vec<Reject>,
}

#[derive(Debug, Default)]
struct Counts {
    confirmed: AtomicU64,
    failed: Mutex<Option<String>>,
}

struct Counting(Arc<Counts>);

impl ClientContext for Counting {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(_) => {
                self.0.confirmed.fetch_add(1, Ordering::AcqRel);
            }
            Err((error, message)) => {
                let what = || format!("{}/{}: {error}", message.topic(), message.partition());
                self.0.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(what);
            }
        }
    }
}

/// One run: the producer and its pace.
struct Sender<'a> {
    producer: ThreadedProducer<Counting>,
    counts: Arc<Counts>,
    plan: &'a ProducePlan,
    value_bytes_max: usize,
    limits: decode::Limits,
    began: Instant,
    handed: u64,
    produced: Produced,
    progress: &'a mut dyn FnMut(&Produced),
    stop: &'a CancellationToken,
}

/// Sends all files in the order given, and waits until Kafka has every message.
///
/// # Errors
/// When a file cannot be read, there is no such topic, or Kafka refuses a message. What was sent before stays sent.
pub async fn produce(
    cluster: &Cluster,
    settings: &Settings,
    plan: &ProducePlan,
    progress: &mut dyn FnMut(&Produced),
    stop: &CancellationToken,
) -> anyhow::Result<Produced> {
    let topic_bytes = topics::message_bytes_of(cluster, &plan.topic).await?;
    let value_bytes_max = topic_bytes.saturating_sub(BESIDE_VALUE_BYTES);
    let counts = Arc::new(Counts::default());
    let producer = cluster
        .producer("produce", value_bytes_max)
        // Files are sent in bulk.
        .set("linger.ms", "5")
        .create_with_context(Counting(Arc::clone(&counts)))
        .context("Kafka producer")?;
    let mut sender = Sender {
        producer,
        counts,
        plan,
        value_bytes_max,
        limits: settings.limits.decode(),
        began: Instant::now(),
        handed: 0,
        produced: Produced::default(),
        progress,
        stop,
    };
    // File and socket at once; this future has the thread to itself for the time.
    tokio::task::block_in_place(|| sender.run())
}

impl Sender<'_> {
    fn run(&mut self) -> anyhow::Result<Produced> {
        for file in &self.plan.files {
            self.file(file).with_context(|| file.display().to_string())?;
        }
        while self.counts.confirmed.load(Ordering::Acquire) < self.handed {
            self.check()?;
            std::thread::sleep(PAUSE);
        }
        self.produced.sent = self.handed;
        (self.progress)(&self.produced);
        Ok(std::mem::take(&mut self.produced))
    }

    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        // Tables and files stay in one piece here; it is messages that are bounded, by the topic.
        let whole = decode::Limits { message_bytes: usize::MAX, container_records: usize::MAX, ..self.limits };
        let mut result = Ok(());
        read_sources(path, FILE_BYTES_MAX)?.messages(&whole, &mut |message| {
            result = match message.payload {
                _ if result.is_err() => return,
                Ok(payload) => self.whole_or_split(payload),
                Err(reject) => {
                    self.produced.rejects.push(reject);
                    Ok(())
                }
            };
        });
        result
    }

    fn whole_or_split(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let split = if payload.len() > self.value_bytes_max { reports(payload) } else { Vec::new() };
        if split.is_empty() {
            return self.send(payload);
        }
        split.iter().try_for_each(|report| self.send(report.get().as_bytes()))
    }

    /// Sends a message under the identity that its first record names, so that the versions of a case stay in order.
    fn send(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let mut key = None;
        decode::decode(None, payload, &self.limits, &mut |_, decoded| {
            if let Ok(record) = decoded {
                key = key.take().or_else(|| key_of(&record));
            }
        });
        self.keep_pace()?;
        loop {
            let mut record = BaseRecord::to(&self.plan.topic).payload(payload);
            if let Some(key) = &key {
                record = record.key(key);
            }
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    self.check()?;
                    std::thread::sleep(PAUSE);
                }
                Err((error, _)) => bail!("a message of {} bytes was not taken: {error}", payload.len()),
            }
        }
        self.handed += 1;
        self.produced.bytes += payload.len() as u64;
        self.produced.sent = self.counts.confirmed.load(Ordering::Acquire);
        (self.progress)(&self.produced);
        Ok(())
    }

    fn keep_pace(&mut self) -> anyhow::Result<()> {
        loop {
            self.check()?;
            let Some(rate) = self.plan.rate else { return Ok(()) };
            #[expect(clippy::cast_precision_loss, reason = "a count of messages sent by one process")]
            let due = Duration::try_from_secs_f64(self.handed as f64 / rate).unwrap_or(Duration::MAX);
            if self.began.elapsed() >= due {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        if let Some(failed) = self.counts.failed.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bail!("Kafka did not take a message: {failed}");
        }
        if self.stop.is_cancelled() {
            bail!("stopped after {} messages", self.counts.confirmed.load(Ordering::Acquire));
        }
        Ok(())
    }
}

/// The case or patient that a record speaks of, as its sender names it.
fn key_of(record: &Record<'_>) -> Option<String> {
    let text = match &record.body {
        Body::Report(report) => report.worldwide_case_id.as_ref().or(report.sender_case_id.as_ref()),
        Body::Observation(_)
        | Body::Administration(_)
        | Body::Procedure(_)
        | Body::Finding(_)
        | Body::Condition(_)
        | Body::Response(_)
        | Body::Stay(_)
        | Body::Patient(_)
        | Body::Forwarded(_)
        | Body::Merge(_)
        | Body::Acknowledgement(_)
        | Body::ProfileChange(_)
        | Body::Tick(_) => None,
    };
    let identity = || record.head.identity.as_ref().map(|identity| &identity.identifier);
    text.or_else(identity).map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty())
}

/// The reports of an openFDA answer or bulk file; none if it is something else.
fn reports(message: &[u8]) -> Vec<&RawValue> {
    #[derive(Deserialize)]
    struct Page<'m> {
        #[serde(borrow)]
        results: Vec<&'m RawValue>,
    }
    serde_json::from_slice::<Page<'_>>(message).map(|page| page.results).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_openfda_file_is_split_report_by_report() {
        let page = br#"{"meta": {"disclaimer": "x"}, "results": [{"safetyreportid": "1"}, {"safetyreportid": "2", "a": [1]}]}"#;
        let split: Vec<_> = reports(page).iter().map(|report| report.get()).collect();
        assert_eq!(split, [r#"{"safetyreportid": "1"}"#, r#"{"safetyreportid": "2", "a": [1]}"#]);
        assert!(reports(b"{\"head\": {}}").is_empty());
    }
}

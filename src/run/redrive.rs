//! `vigil rejects redrive`: whole messages back to where they were rejected, so that they are read again.
//!
//! What ingest rejected goes back to its source topic and partition, with its bytes, key and timestamp. What watch
//! rejected is a record of the log; it goes back to the log under the key that the record itself carries, and only if
//! this release can read it. Record ids are made of sender, source identity and index, never of a position, so that a
//! message that was used after all is recognised as a repeat. The new position is the origin of what is made of it; the
//! header `vigil-redriven-from` names the old one.
//!
//! Each message and the note that it was put back, a message without value under the reject's key in the topic of the
//! rejects, are one transaction. Two people who do this at once: the later one fences the earlier one, and sees its
//! notes.

use super::kafka::{self, ANSWER_MAX, Cluster, MESSAGE_BYTES_MIN};
use super::reject_desk::{Desk, Filter, place_of};
use super::rejects::{RejectRecord, Stage, headers, hex};
use super::scan::REDRIVEN_FROM;
use super::topics;
use crate::config::Settings;
use crate::record::{Body, Codec, Pseudonym, RAW_KEPT_BYTES, Record, partition_of};
use anyhow::Context as _;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::{DeliveryResult, Message as _};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use rustc_hash::FxHashSet;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_64;

/// Messages of one transaction; with 512 KiB each they fit the producer's buffer.
const BATCH_MAX: usize = 50;

/// Longest that a transaction stays open while rejects are looked through.
const OPEN_MAX: Duration = Duration::from_secs(2);

/// What to put back.
#[derive(Clone, Debug)]
pub struct RedrivePlan {
    /// Which; at least one reason.
    pub filter: Filter,
    /// Most messages.
    pub limit: Option<u64>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Also what was put back before.
    pub again: bool,
}

/// Why a message is not put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// It was put back before.
    Already,
    /// Only its beginning was kept.
    Truncated,
    /// Its bytes or its key are not those that were rejected.
    Damaged,
    /// Its topic is not read by vigil any more.
    NotASource,
    /// A record of the log that this release would reject again.
    StillUnreadable,
    /// A record of the log that names a person in clear.
    Identity,
    /// A tick: of its own time.
    Tick,
}

impl Refused {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Already => "put back before (--again does it once more)",
            Self::Truncated => "only the beginning was kept",
            Self::Damaged => "key or bytes are not those that were rejected",
            Self::NotASource => "its topic is not among topics.sources, nor the log",
            Self::StillUnreadable => "watch would reject it again",
            Self::Identity => "it names a person in clear, and the log must not",
            Self::Tick => "a tick is of its own time",
        }
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Destination {
    topic: String,
    partition: i32,
    key: Option<Vec<u8>>,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Redrive {
    /// Messages put back, or that would be.
    pub put_back: u64,
    refused: BTreeMap<Refused, u64>,
    /// Matching messages of which no bytes are kept any more.
    without_raw: u64,
    /// Was the limit reached before all were looked at?
    limited: bool,
    dry_run: bool,
}

impl Redrive {
    /// For a person.
    #[must_use]
    pub fn table(&self) -> String {
        let done = if self.dry_run { "would be put back" } else { "put back" };
        let mut text = format!("{} messages {done}\n", self.put_back);
        for (refused, count) in &self.refused {
            let _ = writeln!(text, "{count} not: {}", refused.words());
        }
        if self.without_raw > 0 {
            let _ = writeln!(text, "{} not: their bytes are no longer kept", self.without_raw);
        }
        if self.limited {
            text.push_str("stopped at --limit; there are more\n");
        }
        text
    }
}

struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("redrive", &error, reason);
    }
}

impl ProducerContext for Quiet {
    type DeliveryOpaque = ();
    // The commit fails where a message did not arrive.
    fn delivery(&self, _: &DeliveryResult<'_>, (): ()) {}
}

/// Puts back what the plan names; `say` is told of each message, once it is there.
///
/// # Errors
/// When the cluster does not answer or refuses the transaction; what was said to be put back before stays put back.
pub async fn redrive(
    cluster: &Cluster,
    settings: &Settings,
    plan: &RedrivePlan,
    stop: &CancellationToken,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<Redrive> {
    let reads = settings.topics.sources.iter().map(|source| source.topic.as_str());
    for topic in reads.chain([settings.topics.records.as_str()]) {
        let asked = plan.filter.topic.as_deref().is_none_or(|asked| asked == topic);
        if asked && topics::stamps_its_own_time(cluster, topic).await? {
            say(&format!("{topic} gives messages its own time: they become known when they are put back"));
        }
    }
    tokio::task::block_in_place(|| run(cluster, settings, plan, stop, say))
}

fn run(
    cluster: &Cluster,
    settings: &Settings,
    plan: &RedrivePlan,
    stop: &CancellationToken,
    say: &mut dyn FnMut(&str),
) -> anyhow::Result<Redrive> {
    let producer = match plan.dry_run {
        true => None,
        // Before the notes are read: whoever did this before us is done, or fenced.
        false => Some(producer(cluster, settings)?),
    };
    let desk = Desk::open(cluster, settings, stop)?;
    let (redriven, mut wanted) = (desk.redriven()?, FxHashSet::default());
    desk.read(&mut |message, reject| {
        let time = message.timestamp().to_millis().unwrap_or_default();
        if let Some(reject) = reject.filter(|reject| plan.filter.matches(reject, time)) {
            wanted.insert(xxh3_64(place_of(reject).as_bytes()));
        }
        Ok(())
    })?;
    let mut done = Redrive { dry_run: plan.dry_run, ..Redrive::default() };
    let mut open = Vec::new();
    let mut opened = Instant::now();
    let read = desk.read(&mut |_, reject| {
        // The broker ends a transaction that is open for long, and readers wait behind it.
        if let Some(producer) = producer.as_ref().filter(|_| !open.is_empty() && opened.elapsed() > OPEN_MAX) {
            commit(producer, &mut open, say)?;
        }
        let Some((reject, raw)) = reject.and_then(|reject| Some((reject, &reject.raw.as_ref()?.0))) else {
            return Ok(());
        };
        let place = place_of(reject);
        let hash = xxh3_64(place.as_bytes());
        if !wanted.contains(&hash) {
            return Ok(());
        }
        if plan.limit.is_some_and(|limit| done.put_back >= limit) {
            done.limited = true;
            return Ok(());
        }
        // Once, however often it was rejected.
        wanted.remove(&hash);
        let to = if redriven.contains(&hash) && !plan.again {
            Err(Refused::Already)
        } else {
            destination(settings, reject, raw)
        };
        let to = match to {
            Ok(to) => to,
            Err(refused) => {
                *done.refused.entry(refused).or_default() += 1;
                say(&format!("{place} {}: {}", reject.reason, refused.words()));
                return Ok(());
            }
        };
        done.put_back += 1;
        let line = format!("{place} {} -> {}/{}", reject.reason, to.topic, to.partition);
        let Some(producer) = &producer else {
            say(&line);
            return Ok(());
        };
        if open.is_empty() {
            producer.begin_transaction()?;
            opened = Instant::now();
        }
        send(producer, settings, &place, &to, reject.source_time, raw)?;
        open.push(line);
        if open.len() >= BATCH_MAX { commit(producer, &mut open, say) } else { Ok(()) }
    });
    if let Some(producer) = producer.filter(|_| !open.is_empty()) {
        if let Err(error) = read {
            // Else readers would wait until the broker ends it.
            let _ = producer.abort_transaction(ANSWER_MAX);
            return Err(error);
        }
        commit(&producer, &mut open, say)?;
    } else {
        read?;
    }
    done.without_raw = if done.limited { 0 } else { wanted.len() as u64 };
    Ok(done)
}

fn producer(cluster: &Cluster, settings: &Settings) -> anyhow::Result<ThreadedProducer<Quiet>> {
    let producer: ThreadedProducer<Quiet> = cluster
        .producer("redrive", MESSAGE_BYTES_MIN)
        .set("transactional.id", format!("{}.redrive", settings.topics.rejects))
        .create_with_context(Quiet)
        .context("Kafka producer")?;
    producer.init_transactions(ANSWER_MAX).context("beginning transactions")?;
    Ok(producer)
}

fn commit(producer: &ThreadedProducer<Quiet>, open: &mut Vec<String>, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
    producer.commit_transaction(ANSWER_MAX).context("these messages were not put back")?;
    open.drain(..).for_each(|line| say(&line));
    Ok(())
}

/// The message and its note.
fn send(
    producer: &ThreadedProducer<Quiet>,
    settings: &Settings,
    place: &str,
    to: &Destination,
    source_time: i64,
    raw: &[u8],
) -> anyhow::Result<()> {
    let from = headers([(REDRIVEN_FROM, place)].into_iter());
    let mut record = BaseRecord::<[u8], [u8]>::to(&to.topic).partition(to.partition).payload(raw).headers(from.clone());
    if let Some(key) = &to.key {
        record = record.key(key);
    }
    if source_time > 0 {
        record = record.timestamp(source_time);
    }
    producer.send(record).map_err(|(error, _)| error).with_context(|| place.to_owned())?;
    let note = BaseRecord::<str, [u8]>::to(&settings.topics.rejects).key(place).headers(from);
    producer.send(note).map_err(|(error, _)| error).with_context(|| place.to_owned())
}

/// Where a message goes, if it may.
fn destination(settings: &Settings, reject: &RejectRecord<'_>, raw: &[u8]) -> Result<Destination, Refused> {
    if reject.raw_truncated {
        return Err(Refused::Truncated);
    }
    let key = reject.key.as_ref().map(|key| key.0.to_vec());
    // Of a longer key only so much was kept.
    let key_cut = key.as_ref().is_some_and(|key| key.len() >= RAW_KEPT_BYTES);
    if key_cut || hex(&Sha256::digest(raw)) != reject.raw_sha256 {
        return Err(Refused::Damaged);
    }
    match reject.stage {
        Stage::Ingest if settings.topics.sources.iter().any(|source| source.topic == reject.topic) => {
            Ok(Destination { topic: reject.topic.to_string(), partition: reject.partition, key })
        }
        Stage::Watch if settings.topics.records == reject.topic => {
            let mut scratch = Vec::new();
            let record: Record<'_> = Codec::record().decode(raw, &mut scratch).map_err(|_| Refused::StillUnreadable)?;
            if let Body::Tick(_) = &record.body {
                return Err(Refused::Tick);
            }
            let in_report = matches!(&record.body, Body::Report(report) if report.patient.identity.is_some());
            if record.head.identity.is_some() || in_report {
                return Err(Refused::Identity);
            }
            let key: Pseudonym = record.head.key.parse().map_err(|_| Refused::StillUnreadable)?;
            let key = key.to_string().into_bytes();
            let partition = partition_of(&key, settings.topics.partitions);
            Ok(Destination { topic: settings.topics.records.clone(), partition, key: Some(key) })
        }
        Stage::Ingest | Stage::Watch => Err(Refused::NotASource),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rejects::{self, Rejected};
    use super::*;
    use crate::record::{Head, Identity, Millis, Patient, RejectReason, Tick};

    fn to(
        stage: Stage,
        topic: &str,
        key: Option<&[u8]>,
        raw: &[u8],
        change: impl Fn(&mut RejectRecord<'_>),
    ) -> Result<Destination, Refused> {
        let reject = RejectReason::MalformedJson.at("");
        let message = Rejected::new(stage, (topic, 2, 9), 5, key, raw).message(-1, &reject).unwrap();
        let mut scratch = Vec::new();
        let mut reject = rejects::decode(&message.value, &mut scratch).unwrap();
        change(&mut reject);
        let raw = reject.raw.as_ref().unwrap().0.to_vec();
        destination(&Settings::default(), &reject, &raw)
    }

    fn record(key: &str, identity: bool, body: Body<'static>) -> Vec<u8> {
        let person = Identity { authority: "H".into(), identifier: "Jane".into() };
        let identity = identity.then_some(person);
        let head = Head { key: key.to_owned().into(), identity, ..Head::default() };
        let mut value = Vec::new();
        Codec::record().encode(&Record { head, body }, &mut value).unwrap();
        value
    }

    #[test]
    fn a_source_message_goes_back_to_its_own_partition_with_its_key() {
        let back = to(Stage::Ingest, "adverse-events", Some(b"k"), b"{", |_| ()).unwrap();
        assert_eq!(back, Destination { topic: "adverse-events".into(), partition: 2, key: Some(b"k".to_vec()) });
        assert_eq!(to(Stage::Ingest, "gone", None, b"{", |_| ()), Err(Refused::NotASource));
        assert_eq!(
            to(Stage::Ingest, "adverse-events", None, b"{", |r| r.raw_truncated = true),
            Err(Refused::Truncated)
        );
        assert_eq!(
            to(Stage::Ingest, "adverse-events", None, b"{", |r| r.raw_sha256 = "0".into()),
            Err(Refused::Damaged)
        );
        let long = vec![b'k'; RAW_KEPT_BYTES + 1];
        assert_eq!(to(Stage::Ingest, "adverse-events", Some(&long), b"{", |_| ()), Err(Refused::Damaged));
    }

    #[test]
    fn a_record_of_the_log_goes_back_under_its_own_key_if_watch_would_take_it() {
        let key = Pseudonym { key_id: 1, hash: 5 }.to_string();
        let patient = || Body::Patient(Patient { birth_year: None, sex: None, height_cm: None });
        let log = |raw: &[u8]| to(Stage::Watch, "vigil.records", Some(b"Jane Doe"), raw, |_| ());
        let back = log(&record(&key, false, patient())).unwrap();
        assert_eq!(back.partition, partition_of(key.as_bytes(), Settings::default().topics.partitions));
        assert_eq!(back.key, Some(key.clone().into_bytes()));
        assert_eq!(log(&record(&key, true, patient())), Err(Refused::Identity));
        assert_eq!(log(&record("MRN-1", false, patient())), Err(Refused::StillUnreadable));
        assert_eq!(log(b"nothing"), Err(Refused::StillUnreadable));
        let tick = Body::Tick(Tick { wall_time: Millis(0), partition: 0 });
        assert_eq!(log(&record(&key, false, tick)), Err(Refused::Tick));
        assert_eq!(to(Stage::Watch, "other", None, &record(&key, false, patient()), |_| ()), Err(Refused::NotASource));
    }
}

//! Taking a shard up again: its memory from its partition of the changelog, and then the log from where that ends.

use super::super::assign;
use super::super::kafka::{self, ANSWER_MAX, Cluster, Quiet, TURN};
use super::super::metrics::Metrics;
use super::pulse::Pulse;
use super::setback::Setback;
use super::switches::{Plant, pass, planted};
use super::transaction::OWNER;
use crate::config::{Settings, Start};
use crate::pipeline::{Judge, PROGRESS_KEY, Restore, Shard};
use anyhow::{Context as _, anyhow};
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::Offset;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What taking up a shard needs.
#[derive(Clone, Copy, Debug)]
pub struct TakeUp<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Settings.
    pub settings: &'a Settings,
    /// What judges.
    pub judge: &'a Judge,
    /// The shard.
    pub pulse: &'a Pulse,
}

/// Why the log cannot be read from where the changelog ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Gap {
    #[error(
        "the log begins at offset {low} and the shard has read up to {next}: {} records were deleted before they were \
         judged. Put them back, or, to go on without them, empty vigil.state and vigil.alerts as a whole and judge what is \
         left of the log again", low - next
    )]
    Deleted { next: i64, low: i64 },
    #[error(
        "the shard has read up to offset {next} and the log ends at {high}: vigil.records was made anew, or this is the \
         changelog of another one. Put the log back, or empty vigil.state and vigil.alerts as a whole"
    )]
    Shorter { next: i64, high: i64 },
    #[error(
        "there are alerts of this shard and nothing in its changelog: vigil.state was emptied or made anew. Restore it \
         from a copy; or set watch.rebuild = true once, to judge the log again from its beginning, which says every alert \
         a second time, under the same alert_id and revision"
    )]
    NoChangelog,
}

impl TakeUp<'_> {
    fn consumer<C: ConsumerContext>(&self, context: C, wait_ms: &str) -> anyhow::Result<BaseConsumer<C>> {
        let mut config = self.cluster.consumer("watch", &self.settings.watch.group);
        // The only sure sign that a partition is read to its end.
        config.set("enable.partition.eof", "true").set("fetch.wait.max.ms", wait_ms);
        if planted(Plant::ResetLatest) {
            config.set("auto.offset.reset", "latest");
        }
        config.create_with_context(context).context("Kafka consumer")
    }

    /// The shard as the changelog has it. To be called after the former owner was fenced: only then does the changelog
    /// grow no more.
    pub fn memory(&self) -> Result<Shard, Setback> {
        let (topics, partition) = (&self.settings.topics, self.pulse.partition);
        // The end is reported once a fetch finds nothing more; that must not wait.
        let consumer = self.consumer(Quiet, "5")?;
        consumer.assign(&at(&topics.state, partition, Offset::Beginning)?)?;
        let mut restore = Restore::new(self.judge, partition, topics.partitions, self.settings.limits.cases_max);
        let wait = if planted(Plant::RestoreAtTimeout) { TURN / 4 } else { TURN };
        loop {
            if self.pulse.is_released() {
                return Err(Setback::Passing(anyhow!("let go while being restored")));
            }
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    pass("in_restore");
                    restore.take(message.key().unwrap_or_default(), message.payload())?;
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                None if planted(Plant::RestoreAtTimeout) => break,
                Some(Err(error)) if assign::ends_session(&error) => {
                    return Err(Setback::from(error).while_doing("reading the changelog"));
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok(restore.finish()?)
    }

    /// A client that reads the log from where the shard stands.
    pub fn reader(&self, shard: &Shard, metrics: &Arc<Metrics>) -> Result<BaseConsumer<Reader>, Setback> {
        let (topics, partition) = (&self.settings.topics, self.pulse.partition);
        let (metrics, records) = (Arc::clone(metrics), topics.records.clone());
        let context = Reader { metrics, records, at_end: AtomicBool::new(false) };
        let wait_ms = if self.cluster.is_embedded() { "5" } else { "100" };
        let consumer = self.consumer(context, wait_ms)?;
        let ends = |topic: &str| {
            consumer
                .fetch_watermarks(topic, partition, ANSWER_MAX)
                .map_err(Setback::from)
                .map_err(|s| s.while_doing("asking where the log begins and ends"))
        };
        let (low, high) = ends(&topics.records)?;
        let known = shard.ledger().read() > 0;
        let next = shard.next_offset();
        let start = if known {
            if !planted(Plant::ResetLatest) {
                if next < low {
                    return Err(Setback::Lasting(Gap::Deleted { next, low }.into()));
                }
                if next > high {
                    return Err(Setback::Lasting(Gap::Shorter { next, high }.into()));
                }
            }
            next
        } else {
            if !self.settings.watch.rebuild && self.has_spoken()? {
                return Err(Setback::Lasting(Gap::NoChangelog.into()));
            }
            match self.settings.watch.start {
                Start::Earliest => low,
                Start::Latest => high,
            }
        };
        consumer.assign(&at(&topics.records, partition, Offset::Offset(start))?)?;
        Ok(consumer)
    }

    /// Did the shard ever say anything that stands? Offsets alone do not tell: what was taken back has some, too.
    fn has_spoken(&self) -> Result<bool, Setback> {
        let consumer = self.consumer(Quiet, "5")?;
        consumer.assign(&at(&self.settings.topics.alerts, self.pulse.partition, Offset::Beginning)?)?;
        loop {
            if self.pulse.is_released() {
                return Err(Setback::Passing(anyhow!("let go while being restored")));
            }
            match consumer.poll(TURN) {
                Some(Ok(_)) => return Ok(true),
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(false),
                Some(Err(error)) if assign::ends_session(&error) => {
                    return Err(Setback::from(error).while_doing("looking for alerts of the shard"));
                }
                Some(Err(_)) | None => {}
            }
        }
    }

    /// Was the shard ours alone since the changelog had this end? Whatever was begun and is not ended counts, too.
    ///
    /// # Errors
    /// [`Setback::Fenced`] where another has written.
    pub fn alone_since(&self, end: i64) -> Result<(), Setback> {
        let mut config = self.cluster.consumer("watch", &self.settings.watch.group);
        config.set("enable.partition.eof", "true").set("isolation.level", "read_uncommitted");
        let consumer: BaseConsumer<Quiet> = config.create_with_context(Quiet).context("Kafka consumer")?;
        let (state, partition) = (&self.settings.topics.state, self.pulse.partition);
        let (low, high) = consumer.fetch_watermarks(state, partition, ANSWER_MAX)?;
        if end > high {
            // Made anew since: what is missing is found out when it is restored.
            return Ok(());
        }
        consumer.assign(&at(state, partition, Offset::Offset(end.max(low)))?)?;
        loop {
            if self.pulse.is_released() {
                return Err(Setback::Passing(anyhow!("let go while looking for another owner")));
            }
            match consumer.poll(TURN) {
                Some(Ok(message)) if message.key() == Some(PROGRESS_KEY.as_bytes()) => {
                    let owner = message.headers().and_then(|all| all.iter().find(|one| one.key == OWNER)?.value);
                    if owner != Some(self.pulse.owner.as_bytes()) {
                        return Err(Setback::Fenced(anyhow!("the changelog has the progress of another owner")));
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(error)) if assign::ends_session(&error) => {
                    return Err(Setback::from(error).while_doing("looking for another owner"));
                }
                Some(Ok(_) | Err(_)) | None => {}
            }
        }
    }

    /// End of the shard's changelog: moves while anybody commits to it.
    pub fn changelog_end(&self) -> Result<i64, Setback> {
        let consumer = self.consumer(Quiet, "100")?;
        Ok(consumer.fetch_watermarks(&self.settings.topics.state, self.pulse.partition, ANSWER_MAX)?.1)
    }
}

fn at(topic: &str, partition: i32, offset: Offset) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

/// Context of the client that reads the log.
pub struct Reader {
    metrics: Arc<Metrics>,
    records: String,
    /// Was the end of the log reached after the last record? Marks of transactions stand behind it, which are no records
    /// and which the library's positions do not pass over.
    at_end: AtomicBool,
}

impl Reader {
    /// The end of the log was reached, or left behind.
    pub fn note_end(&self, at_end: bool) {
        self.at_end.store(at_end, Ordering::Relaxed);
    }
}

impl ClientContext for Reader {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        kafka::report("watch", &error, reason);
    }
    fn stats(&self, statistics: Statistics) {
        let Some(log) = statistics.topics.get(&self.records) else { return };
        // -1 stands for partitions that are not read, and for "not known yet".
        for (partition, stand) in log.partitions.iter().filter(|(partition, _)| **partition >= 0) {
            if stand.fetch_state == "active" && stand.ls_offset >= 0 && stand.app_offset >= 0 {
                let behind = (stand.ls_offset - stand.app_offset).max(0);
                self.metrics.lag(*partition, if self.at_end.load(Ordering::Relaxed) { 0 } else { behind });
            }
        }
    }
}

impl ConsumerContext for Reader {}

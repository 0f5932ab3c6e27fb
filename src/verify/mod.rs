//! The witness of a cluster: told what stands in the topics, it says what is lost, said twice, out of order or does not
//! add up. It knows the wire types alone and none of the code that it judges, so that a fault of that code is not its
//! own. It keeps hashes and positions, never values: 32 bytes a source record and 80 a revision of an alert, before the
//! spare room of the tables.
//!
//! What a topic no longer holds, because retention took its beginning, is *not judged*; it is never called a loss.

mod alerts;
mod ingest;
mod rejects;
mod state;
#[cfg(test)]
mod tests;
mod verdict;
#[cfg(test)]
mod world_tests;

pub use verdict::{Check, Counts, Finding, Verdict};

use crate::record::{Body, Codec, Record, SourceFormat};
use alerts::AlertBook;
use ingest::IngestBook;
use rejects::RejectBook;
use rustc_hash::FxHashMap;
use state::StateBook;
use std::collections::BTreeMap;
use verdict::Findings;
use xxhash_rust::xxh3::xxh3_64;

/// What of a partition is there: offsets from `low` to before `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Oldest offset that is kept.
    pub low: i64,
    /// Offset after the last one.
    pub end: i64,
}

/// Partitions of a topic and what of each is there.
pub type Spans = BTreeMap<i32, Span>;

/// The cluster as it should be.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Source topics.
    pub sources: Vec<String>,
    /// The log.
    pub records: String,
    /// Alerts.
    pub alerts: String,
    /// State changelog.
    pub state: String,
    /// Rejects.
    pub rejects: String,
    /// Partitions of each topic of ours.
    pub partitions: i32,
    /// Must all input be consumed? Else what is still on its way is not missed.
    pub settled: bool,
}

/// Topics of ours, for what is counted of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ours {
    /// The log.
    Records,
    /// Alerts.
    Alerts,
    /// State changelog.
    State,
    /// Rejects.
    Rejects,
}

/// One message as it stands in a topic.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Key.
    pub key: Option<&'m [u8]>,
    /// Value.
    pub value: Option<&'m [u8]>,
    /// Was it put back by `vigil rejects redrive`?
    pub redriven: bool,
}

/// What was counted of one partition of the log.
#[derive(Clone, Copy, Debug, Default)]
struct LogPartition {
    records: i64,
    /// Records and ticks before the shard's next offset.
    below: i64,
    ticks_below: i64,
    last: Option<i64>,
}

/// Takes what is in the topics, in this order: state, rejects, sources, alerts, log (each read-committed), then what
/// read-uncommitted shows. Each topic is read to the end that it had once the topic before it was read: so every cause
/// that a later check asks for is there even while the cluster works.
#[derive(Debug)]
pub struct Verifier {
    shape: Shape,
    spans: BTreeMap<String, Spans>,
    findings: Findings,
    counts: Counts,
    ingest: IngestBook,
    alerts: AlertBook,
    state: StateBook,
    rejects: RejectBook,
    log: BTreeMap<i32, LogPartition>,
    /// Hash of the bytes of each record that a shard sent to another key, by record id.
    forwards: FxHashMap<u64, u64>,
}

impl Verifier {
    /// A witness who has seen nothing yet. `ingested` is the position that ingest's group had committed, by source topic
    /// and partition, before anything else was read.
    #[must_use]
    pub fn new(shape: Shape, ingested: BTreeMap<(String, i32), i64>) -> Self {
        Self {
            ingest: IngestBook::new(&shape, ingested),
            shape,
            spans: BTreeMap::new(),
            findings: Findings::default(),
            counts: Counts::default(),
            alerts: AlertBook::default(),
            state: StateBook::default(),
            rejects: RejectBook::default(),
            log: BTreeMap::new(),
            forwards: FxHashMap::default(),
        }
    }

    /// The cluster as it should be.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What of a topic is there; told before its messages. `None`: there is no such topic.
    pub fn spans(&mut self, topic: &str, spans: Option<Spans>) {
        let Some(spans) = spans else {
            self.findings.note(Check::TopicMissing, topic, 0, None, String::new());
            return;
        };
        let ours = !self.shape.sources.iter().any(|source| source == topic);
        let partitions = i32::try_from(spans.len()).unwrap_or(i32::MAX);
        if ours && partitions != self.shape.partitions {
            let detail = format!("{partitions} partitions, {} configured", self.shape.partitions);
            self.findings.note(Check::PartitionCount, topic, 0, None, detail);
        }
        self.spans.insert(topic.to_owned(), spans);
    }

    /// A message of the changelog.
    pub fn state(&mut self, message: &Message<'_>) {
        self.counts.state.committed += 1;
        self.state.take(message, &self.shape.state, &mut self.counts, &mut self.findings);
    }

    /// A message of the rejects.
    pub fn reject(&mut self, message: &Message<'_>) {
        self.counts.rejects.committed += 1;
        let Self { rejects, ingest, shape, counts, findings, .. } = self;
        rejects.take(message, shape, ingest, counts, findings);
    }

    /// A message of a source topic, and the indices of the records and rejects that it makes (-1: of the whole message).
    pub fn source(&mut self, topic: &str, partition: i32, offset: i64, makes: &[i32]) {
        self.counts.sources.messages += 1;
        self.ingest.source(topic, partition, offset, makes);
    }

    /// A message of the alerts.
    pub fn alert(&mut self, message: &Message<'_>) {
        self.counts.alerts.committed += 1;
        let span = self.span(&self.shape.alerts, message.partition);
        let Self { alerts, shape, counts, findings, .. } = self;
        alerts.take(message, span, &shape.alerts, counts, findings);
    }

    /// A message of the log.
    pub fn record(&mut self, message: &Message<'_>) {
        self.counts.log.committed += 1;
        let next = self.state.next_offset(message.partition);
        let below = next.is_some_and(|next| message.offset < next);
        self.rejects.seen_in_log(message.partition, message.offset);
        let mut scratch = Vec::new();
        let value = message.value.unwrap_or_default();
        let read = Codec::record().decode::<Record<'_>>(value, &mut scratch);
        let partition = self.log.entry(message.partition).or_default();
        partition.records += 1;
        partition.below += i64::from(below);
        partition.last = Some(message.offset);
        let Ok(record) = read else {
            // What watch makes of it is a reject, and that is looked for.
            self.counts.log.unreadable += 1;
            return;
        };
        match &record.body {
            Body::Tick(tick) => {
                self.counts.log.ticks += 1;
                partition.ticks_below += i64::from(below && tick.partition == message.partition);
            }
            Body::Forwarded(_) | Body::Merge(_) if record.head.source_format == SourceFormat::Vigil => {
                self.counts.log.forwards += 1;
                let (id, bytes) = (xxh3_64(record.head.record_id.as_bytes()), xxh3_64(value));
                if self.forwards.insert(id, bytes) == Some(bytes) && !message.redriven {
                    let detail = "a record that a shard sent on stands twice".to_owned();
                    let at = Some(message.offset);
                    self.findings.note(Check::ForwardRepeated, &self.shape.records, message.partition, at, detail);
                }
            }
            Body::Acknowledgement(_) | Body::ProfileChange(_) => self.counts.log.own += 1,
            Body::Report(_)
            | Body::Observation(_)
            | Body::Administration(_)
            | Body::Procedure(_)
            | Body::Finding(_)
            | Body::Condition(_)
            | Body::Response(_)
            | Body::Stay(_)
            | Body::Patient(_)
            | Body::Forwarded(_)
            | Body::Merge(_) => {
                let origin = &record.head.origin;
                self.ingest.found(&origin.topic, origin.partition, origin.offset, origin.index);
            }
        }
    }

    /// A message that read-uncommitted shows, aborted ones among them.
    pub fn uncommitted(&mut self, topic: Ours, message: &Message<'_>) {
        match topic {
            Ours::Records => self.counts.log.uncommitted += 1,
            Ours::State => self.counts.state.uncommitted += 1,
            Ours::Rejects => self.counts.rejects.uncommitted += 1,
            Ours::Alerts => {
                self.counts.alerts.uncommitted += 1;
                let Self { alerts, shape, counts, findings, .. } = self;
                alerts.take_uncommitted(message, shape, counts, findings);
            }
        }
    }

    /// What it all comes to.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        let rejects_whole = self.spans.get(&self.shape.rejects).is_some_and(|spans| spans.values().all(|s| s.low == 0));
        self.ingest.finish(&self.spans, &self.shape, &mut self.counts, &mut self.findings);
        self.rejects.finish(&self.spans, &self.shape, &mut self.counts, &mut self.findings);
        self.alerts.finish(&self.spans, &self.shape, &mut self.counts, &mut self.findings);
        for partition in 0..self.shape.partitions {
            self.finish_shard(partition, rejects_whole);
        }
        Verdict::new(self.shape.settled, self.shape.partitions, self.counts, self.findings)
    }

    /// A shard's progress against log, alerts and rejects.
    fn finish_shard(&mut self, partition: i32, rejects_whole: bool) {
        let log = self.log.get(&partition).copied().unwrap_or_default();
        let span = self.span(&self.shape.records, partition);
        let state = self.shape.state.clone();
        let held = self.state.of(partition);
        let Some(progress) = held.progress else {
            if held.unread {
                self.counts.not_judged += 1;
            } else if held.values > 0 || self.shape.settled && log.records > 0 {
                let detail = format!("{} values of state, {} records in the log", held.values, log.records);
                self.findings.note(Check::ProgressMissing, &state, partition, None, detail);
            }
            return;
        };
        self.counts.state.progress += 1;
        let mut note = |check, detail| self.findings.note(check, &state, partition, Some(progress.offset), detail);
        if (progress.partition, progress.partitions) != (partition, self.shape.partitions) {
            let (held, of) = (progress.partition, progress.partitions);
            note(Check::ProgressOfOther, format!("shard {held} of {of}, not {partition} of {}", self.shape.partitions));
        }
        if progress.read != progress.fates {
            note(Check::LedgerSum, format!("read {}, fates {}", progress.read, progress.fates));
        }
        if progress.next_offset > span.end {
            note(Check::ProgressAhead, format!("next offset {}, log ends at {}", progress.next_offset, span.end));
        }
        if let Some(last) = log.last.filter(|last| self.shape.settled && progress.next_offset <= *last) {
            note(Check::ProgressBehind, format!("next offset {}, last record at {last}", progress.next_offset));
        }
        // Counts need the whole log, and the whole of the rejects.
        if span.low > 0 {
            self.counts.not_judged += 1;
        } else {
            if progress.read != log.below {
                note(Check::LedgerRead, format!("read {}, the log has {} records", progress.read, log.below));
            }
            if progress.ticks != log.ticks_below {
                note(Check::LedgerRead, format!("{} ticks, the log has {}", progress.ticks, log.ticks_below));
            }
        }
        let rejected = self.rejects.before(partition, progress.next_offset);
        if !rejects_whole {
            self.counts.not_judged += 1;
        } else if progress.rejected != rejected {
            note(Check::LedgerRejected, format!("rejected {}, of watch in rejects {rejected}", progress.rejected));
        }
        match self.alerts.highest(partition) {
            // Alerts and progress are one transaction; later ones are seen only while the cluster works.
            Some(highest) if highest < progress.seq || self.shape.settled && highest > progress.seq => {
                note(Check::SeqOfProgress, format!("seq {}, highest among alerts {highest}", progress.seq));
            }
            None if progress.seq > 0 => {
                let kept = self.spans.get(&self.shape.alerts).and_then(|spans| spans.get(&partition));
                if kept.is_some_and(|span| span.low > 0) {
                    self.counts.not_judged += 1;
                } else {
                    note(Check::SeqOfProgress, format!("seq {}, and no alert", progress.seq));
                }
            }
            Some(_) | None => {}
        }
    }

    fn span(&self, topic: &str, partition: i32) -> Span {
        self.spans.get(topic).and_then(|spans| spans.get(&partition)).copied().unwrap_or_default()
    }
}

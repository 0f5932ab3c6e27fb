//! `vigil replay --from-topic`: the log from its start through the same `step` as watch, and what it gives against what
//! the cluster said. Nothing is written. One shard is in memory at a time.

mod compare;
#[cfg(test)]
mod tests;

pub use compare::{Difference, Differences};

use super::kafka::Cluster;
use super::scan::{Isolation, Scanner};
use crate::config::Settings;
use crate::pipeline::{Effects, Fate, Judge, LogMessage, PROGRESS_KEY, Shard, step};
use crate::record::partition_of;
use crate::record::state::{StateBody, StateCodec};
use crate::verify::{Span, Spans};
use anyhow::{Context as _, bail};
use compare::{Forwards, HeldState, SaidAlerts};
use rdkafka::message::Message as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;

/// Key prefix of a schema in the changelog, which is no state of a shard.
const SCHEMA_KEY: &[u8] = b"schema:";

/// One end of a range of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// An offset, in each partition.
    Offset(i64),
    /// Recorded-at, milliseconds.
    Time(i64),
}

impl Bound {
    /// Is a record at or behind it?
    fn reached(self, offset: i64, time: i64) -> bool {
        match self {
            Self::Offset(bound) => offset >= bound,
            Self::Time(bound) => time >= bound,
        }
    }
}

/// What to recompute, and what to compare.
#[derive(Clone, Debug)]
pub struct LogPlan {
    /// The log.
    pub topic: String,
    /// Its partitions; empty: all.
    pub partitions: Vec<i32>,
    /// Topic of the alerts to compare with.
    pub compare: Option<String>,
    /// First of the range that is compared.
    pub from: Option<Bound>,
    /// First behind it.
    pub to: Option<Bound>,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Recomputed {
    partitions: usize,
    fates: [u64; Fate::NAMES.len()],
    alerts: u64,
    in_range: u64,
    equal: u64,
    passed_over: u64,
    forwards: u64,
    state_keys: Option<u64>,
    compared: bool,
    /// Differences.
    pub differences: Differences,
}

/// Numbers of a shard's alerts that its range covers.
#[derive(Clone, Copy, Debug)]
struct SeqRange {
    before: i64,
    last: i64,
}

/// Recomputes and compares.
///
/// # Errors
/// When the cluster does not answer, a topic is not there, the log does not begin at its beginning, or memory is full.
pub fn replay(
    cluster: &Cluster,
    settings: &Settings,
    judge: &Judge,
    plan: &LogPlan,
    stop: &CancellationToken,
) -> anyhow::Result<Recomputed> {
    let scanner = Scanner { cluster, stop };
    let mut run = Run {
        judge,
        plan,
        cases_max: settings.limits.cases_max,
        said: SaidAlerts::default(),
        forwards: Forwards::default(),
        state: BTreeMap::new(),
        ranges: BTreeMap::new(),
        out: Recomputed { compared: plan.compare.is_some(), ..Recomputed::default() },
    };
    // State first, then alerts, then the log: each is read to the end that it had after the one before it.
    if plan.compare.is_some() {
        run.read_state(&scanner, &settings.topics.state)?;
    }
    let alerts = match &plan.compare {
        None => None,
        Some(topic) => Some((topic, run.read_alerts(&scanner, topic)?)),
    };
    let Some(log) = scanner.spans(&plan.topic)? else { bail!("there is no topic {}", plan.topic) };
    let chosen: Vec<i32> =
        if plan.partitions.is_empty() { log.keys().copied().collect() } else { plan.partitions.clone() };
    run.read_forwards(&scanner, &log, &chosen)?;
    for partition in &chosen {
        let Some(span) = log.get(partition) else { bail!("{} has no partition {partition}", plan.topic) };
        run.shard(&scanner, (*partition, i32::try_from(log.len())?), *span, &chosen)?;
    }
    if let Some((topic, spans)) = alerts {
        run.judge_alerts(&scanner, topic, &spans, &chosen)?;
    }
    if plan.compare.is_some() && chosen.len() == log.len() && plan.to.is_none() {
        run.forwards.unexplained(&mut run.out.differences);
    }
    run.out.partitions = chosen.len();
    (run.out.equal, run.out.passed_over, run.out.forwards) = (run.said.equal, run.said.passed_over, run.forwards.equal);
    Ok(run.out)
}

struct Run<'r> {
    judge: &'r Judge,
    plan: &'r LogPlan,
    cases_max: usize,
    said: SaidAlerts,
    forwards: Forwards,
    state: BTreeMap<i32, HeldState>,
    ranges: BTreeMap<i32, SeqRange>,
    out: Recomputed,
}

impl Run<'_> {
    fn read_state(&mut self, scanner: &Scanner<'_>, topic: &str) -> anyhow::Result<()> {
        let Some(spans) = scanner.spans(topic)? else { return Ok(()) };
        scanner.read(topic, &spans, Isolation::Committed, &mut |message| {
            let (key, value) = (message.key().unwrap_or_default(), message.payload());
            if !key.starts_with(SCHEMA_KEY) {
                let mut scratch = Vec::new();
                let next = if key == PROGRESS_KEY.as_bytes() {
                    value.and_then(|v| next_offset(v, &mut scratch))
                } else {
                    None
                };
                self.state.entry(message.partition()).or_default().take(key, value, next);
            }
            Ok(())
        })
    }

    fn read_alerts(&mut self, scanner: &Scanner<'_>, topic: &str) -> anyhow::Result<Spans> {
        let Some(spans) = scanner.spans(topic)? else { bail!("there is no topic {topic}") };
        scanner.read(topic, &spans, Isolation::Committed, &mut |message| {
            let time = message.timestamp().to_millis().unwrap_or_default();
            self.said.take((message.partition(), message.offset(), time), message.payload().unwrap_or_default());
            Ok(())
        })?;
        Ok(spans)
    }

    /// Forwarded records cross partitions, and the shard that receives one may be folded before the one that sends it.
    fn read_forwards(&mut self, scanner: &Scanner<'_>, log: &Spans, chosen: &[i32]) -> anyhow::Result<()> {
        if self.plan.compare.is_none() {
            return Ok(());
        }
        let spans: Spans = log.iter().filter(|(p, _)| chosen.contains(p)).map(|(p, span)| (*p, *span)).collect();
        scanner.read(&self.plan.topic, &spans, Isolation::Committed, &mut |message| {
            self.forwards.held(message.payload().unwrap_or_default());
            Ok(())
        })
    }

    /// Folds one partition from its beginning.
    fn shard(
        &mut self,
        scanner: &Scanner<'_>,
        (partition, partitions): (i32, i32),
        span: Span,
        chosen: &[i32],
    ) -> anyhow::Result<()> {
        let topic = self.plan.topic.as_str();
        if span.low > 0 {
            bail!(
                "{topic}/{partition} begins at offset {}: what decided before it is gone, and nothing can be recomputed",
                span.low
            );
        }
        // What watch has not judged is not due; what is behind the range is of no use.
        let judged = self.state.get(&partition).and_then(|state| state.next_offset);
        let to = if let Some(Bound::Offset(to)) = self.plan.to { Some(to) } else { None };
        let end = [judged, to].into_iter().flatten().fold(span.end, i64::min);
        let mut shard = Shard::new(partition, partitions, self.cases_max);
        let (mut effects, mut range) = (Effects::default(), None);
        let spans = Spans::from([(partition, Span { low: 0, end })]);
        scanner.read(topic, &spans, Isolation::Committed, &mut |message| {
            let time = message.timestamp().to_millis().unwrap_or_default();
            let (offset, value) = (message.offset(), message.payload().unwrap_or_default());
            let in_range = self.plan.from.is_none_or(|from| from.reached(offset, time))
                && !self.plan.to.is_some_and(|to| to.reached(offset, time));
            let before = shard.seq();
            let log = LogMessage { topic, partition, offset, key: message.key(), value };
            let mut scratch = Vec::new();
            let made = step(self.judge, &mut shard, &log, &mut scratch, &mut effects)?;
            if let Some(count) = self.out.fates.get_mut(made.fate.index()) {
                *count += 1;
            }
            if in_range {
                let range = range.get_or_insert(SeqRange { before, last: before });
                range.last = shard.seq();
            }
            self.out.alerts += effects.alerts.len() as u64;
            if self.plan.compare.is_some() {
                self.out.in_range += if in_range { effects.alerts.len() as u64 } else { 0 };
                for out in &effects.alerts {
                    let done = self.said.recomputed(&out.alert, in_range, &mut self.out.differences);
                    done.map_err(anyhow::Error::msg).context("an alert")?;
                }
                let here =
                    effects.forwards.iter().filter(|f| chosen.contains(&partition_of(f.key.as_bytes(), partitions)));
                here.for_each(|forward| self.forwards.recomputed(&forward.value, &mut self.out.differences));
            }
            effects.alerts.clear();
            effects.forwards.clear();
            Ok(())
        })?;
        let mut range = range.unwrap_or(SeqRange { before: shard.seq(), last: shard.seq() });
        if self.plan.to.is_none() && judged.is_none() {
            // Without a progress record all of the log is due, and every alert beyond it is one too many.
            range.last = i64::MAX;
        }
        self.ranges.insert(partition, range);
        if self.plan.to.is_none() && judged == Some(shard.next_offset()) {
            self.compare_state(partition, &mut shard)?;
        }
        Ok(())
    }

    fn compare_state(&mut self, partition: i32, shard: &mut Shard) -> anyhow::Result<()> {
        let Some(held) = self.state.get_mut(&partition) else { return Ok(()) };
        let mut changes = Vec::new();
        shard.take_changes(self.judge, &mut changes)?;
        let changes = changes.iter().filter(|change| !change.key.as_bytes().starts_with(SCHEMA_KEY));
        let changes =
            changes.map(|change| (change.key.as_bytes(), change.value.as_deref(), change.key == PROGRESS_KEY));
        let equal = held.compare(partition, changes, &mut self.out.differences);
        *self.out.state_keys.get_or_insert(0) += equal;
        Ok(())
    }

    /// What was said and not recomputed, and the fields of what was said otherwise.
    fn judge_alerts(
        &mut self,
        scanner: &Scanner<'_>,
        topic: &str,
        spans: &Spans,
        chosen: &[i32],
    ) -> anyhow::Result<()> {
        let (plan, ranges) = (self.plan, &self.ranges);
        let timed = |time: i64| match (plan.from, plan.to) {
            (Some(from @ Bound::Time(_)), _) if !from.reached(0, time) => false,
            (_, Some(to @ Bound::Time(_))) if to.reached(0, time) => false,
            (_, _) => true,
        };
        let asked = |shard: i32, seq: i64, time: i64| {
            let range = ranges.get(&shard).filter(|_| chosen.contains(&shard));
            range.is_some_and(|range| range.before < seq && seq <= range.last) && timed(time)
        };
        self.said.unexplained(&asked, &mut self.out.differences);
        if self.said.has_other() {
            scanner.read(topic, spans, Isolation::Committed, &mut |message| {
                let value = message.payload().unwrap_or_default();
                self.said.look_again(message.partition(), message.offset(), value, &mut self.out.differences);
                Ok(())
            })?;
        }
        self.said.finish(&mut self.out.differences);
        Ok(())
    }
}

fn next_offset(value: &[u8], scratch: &mut Vec<u8>) -> Option<i64> {
    match StateCodec::get().decode(value, scratch).ok()?.body {
        StateBody::Progress(progress) => Some(progress.next_offset),
        StateBody::Case(_) | StateBody::Patient(_) | StateBody::PatientValues(_) | StateBody::WriterSchema(_) => None,
    }
}

impl Recomputed {
    /// For a person.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        let records: u64 = self.fates.iter().sum();
        let _ = writeln!(
            text,
            "{records} records of {} partitions folded, {} alerts recomputed",
            self.partitions, self.alerts
        );
        for (name, count) in Fate::NAMES.iter().zip(self.fates).filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "  {name:<34} {count:>12}");
        }
        if !self.compared {
            return text;
        }
        let _ = writeln!(text, "\ncompared");
        for (name, count) in [
            ("alerts in the range", self.in_range),
            ("equal byte for byte", self.equal),
            ("said again or unreadable: vigil verify", self.passed_over),
            ("records sent on, equal", self.forwards),
        ] {
            let _ = writeln!(text, "  {name:<40} {count:>6}");
        }
        let _ = match self.state_keys {
            Some(keys) => writeln!(text, "  {:<40} {keys:>6}", "keys of state, equal"),
            None => writeln!(text, "  {:<40} {:>6}", "keys of state, equal", "none"),
        };
        text.push('\n');
        for difference in &self.differences.kept {
            let _ = writeln!(text, "{difference}");
        }
        let left_out = self.differences.count.saturating_sub(self.differences.kept.len() as u64);
        if left_out > 0 {
            let _ = writeln!(text, "… and {left_out} more");
        }
        let _ = writeln!(text, "{} differences", self.differences.count);
        text
    }
}

//! Alerts: each revision once, in the same bytes wherever it is seen, in order, and with evidence that is there.

use super::verdict::Findings;
use super::{Check, Counts, Message, Shape, Span, Spans};
use crate::alert::{Alert, AlertCodec};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use xxhash_rust::xxh3::xxh3_64;

/// A revision of an alert.
type Identity = (u128, i32);

/// One revision as it was said.
#[derive(Clone, Copy, Debug)]
struct Said {
    bytes: u64,
    times_uncommitted: u32,
}

/// Lowest and highest offset that evidence names, each with the alert's own position.
#[derive(Clone, Copy, Debug)]
struct Named {
    low: i64,
    high: i64,
    high_by: (i32, i64),
}

#[derive(Debug, Default)]
pub(super) struct AlertBook {
    said: FxHashMap<Identity, Said>,
    aborted: FxHashMap<Identity, Said>,
    last_revision: FxHashMap<u128, i32>,
    /// Highest `seq` by shard.
    highest: BTreeMap<i32, i64>,
    evidence: BTreeMap<String, BTreeMap<i32, Named>>,
}

/// Identity, hash of the bytes, and the alert.
fn read<'m>(message: &Message<'m>, scratch: &'m mut Vec<u8>) -> Result<(Identity, u64, Alert<'m>), &'static str> {
    let value = message.value.ok_or("no value")?;
    let alert = AlertCodec::decode(value, scratch).map_err(|unread| unread.reason.name())?;
    let id = u128::from_str_radix(alert.alert_id.as_str(), 16).map_err(|_| "its id is no number")?;
    Ok(((id, alert.revision), xxh3_64(value), alert))
}

impl AlertBook {
    pub(super) fn take(
        &mut self,
        message: &Message<'_>,
        span: Span,
        topic: &str,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        let mut note =
            |check, detail: String| findings.note(check, topic, message.partition, Some(message.offset), detail);
        let mut scratch = Vec::new();
        let (identity, bytes, alert) = match read(message, &mut scratch) {
            Ok(read) => read,
            Err(why) => return note(Check::AlertUnreadable, why.to_owned()),
        };
        let (revision, seq) = (alert.revision, alert.seq);
        match self.said.entry(identity) {
            Entry::Occupied(before) => {
                counts.alerts.repeated += 1;
                let same = before.get().bytes == bytes;
                let check = if same { Check::AlertRepeated } else { Check::AlertOtherBytes };
                // Its number and revision repeat with it.
                return note(check, format!("revision {revision}, seq {seq}"));
            }
            Entry::Vacant(new) => drop(new.insert(Said { bytes, times_uncommitted: 0 })),
        }
        if alert.shard != message.partition {
            note(Check::AlertOfOtherShard, format!("of shard {}", alert.shard));
        }
        let before = self.last_revision.insert(identity.0, revision);
        if before.is_none() {
            counts.alerts.alerts += 1;
        }
        match before {
            None if revision != 1 && span.low > 0 => counts.not_judged += 1,
            before if revision != before.unwrap_or(0) + 1 => {
                note(Check::RevisionOrder, format!("revision {revision} after {}", before.unwrap_or(0)));
            }
            Some(_) | None => {}
        }
        match self.highest.get(&message.partition).copied() {
            // The first one that is kept may have any number.
            None if span.low > 0 => {}
            None if seq != 1 => note(Check::SeqGap, format!("seq begins with {seq}")),
            Some(before) if seq <= before => note(Check::SeqOrder, format!("seq {seq} after {before}")),
            Some(before) if seq > before + 1 => note(Check::SeqGap, format!("seq {seq} after {before}")),
            Some(_) | None => {}
        }
        let highest = self.highest.entry(message.partition).or_insert(seq);
        *highest = (*highest).max(seq);
        for evidence in &alert.evidence {
            counts.alerts.evidence += 1;
            self.name(&evidence.topic, evidence.partition, evidence.offset, (message.partition, message.offset));
        }
    }

    fn name(&mut self, topic: &str, partition: i32, offset: i64, by: (i32, i64)) {
        if !self.evidence.contains_key(topic) {
            self.evidence.insert(topic.to_owned(), BTreeMap::new());
        }
        let Some(named) = self.evidence.get_mut(topic) else { return };
        let named = named.entry(partition).or_insert(Named { low: offset, high: offset, high_by: by });
        named.low = named.low.min(offset);
        if offset > named.high {
            (named.high, named.high_by) = (offset, by);
        }
    }

    /// A revision that read-uncommitted shows. What was aborted is said again, in the same bytes.
    pub(super) fn take_uncommitted(
        &mut self,
        message: &Message<'_>,
        shape: &Shape,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        let mut scratch = Vec::new();
        // A control record has no value and is not handed out; what is unreadable was noted if it was committed.
        let Ok((identity, bytes, alert)) = read(message, &mut scratch) else { return };
        let said = match self.said.get_mut(&identity) {
            Some(said) => said,
            None => self.aborted.entry(identity).or_insert_with(|| {
                counts.alerts.never_committed += 1;
                if shape.settled {
                    let detail = format!("revision {}, seq {}", alert.revision, alert.seq);
                    let at = Some(message.offset);
                    findings.note(Check::AlertNeverCommitted, &shape.alerts, message.partition, at, detail);
                }
                Said { bytes, times_uncommitted: 0 }
            }),
        };
        said.times_uncommitted += 1;
        if said.times_uncommitted > 1 {
            counts.alerts.repeated_uncommitted += 1;
        }
        if said.bytes != bytes {
            let detail = format!("revision {}, seq {}; read-uncommitted", alert.revision, alert.seq);
            let at = Some(message.offset);
            findings.note(Check::AlertOtherBytes, &shape.alerts, message.partition, at, detail);
        }
    }

    /// Highest number of a shard.
    pub(super) fn highest(&self, partition: i32) -> Option<i64> {
        self.highest.get(&partition).copied()
    }

    /// Evidence against what its topics hold, which is known once they are read.
    pub(super) fn finish(
        &self,
        spans: &BTreeMap<String, Spans>,
        shape: &Shape,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        for (topic, partitions) in &self.evidence {
            for (partition, named) in partitions {
                let span = spans.get(topic).and_then(|spans| spans.get(partition));
                if span.is_none_or(|span| named.high >= span.end) || named.low < 0 {
                    let (by_partition, by_offset) = named.high_by;
                    let detail = format!("names {topic}/{partition}/{}", named.high);
                    findings.note(Check::EvidenceNowhere, &shape.alerts, by_partition, Some(by_offset), detail);
                } else if span.is_some_and(|span| named.low < span.low) {
                    counts.alerts.evidence_gone += 1;
                }
            }
        }
    }
}

//! What could not be used: where it came from and why, never what it said.

use crate::record::{Millis, RejectRecord};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use utoipa::ToSchema;

/// Most reasons that are counted apart; the list is closed, and shorter.
const REASONS_MAX: usize = 256;

/// One reject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct RejectRow {
    /// Timestamp of the source message.
    pub source_time: Millis,
    /// Source topic.
    pub topic: String,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Index in its container; -1 for the whole message.
    pub index: i32,
    /// Name of the reject.
    pub reason: String,
    /// `ingest` or `watch`.
    pub stage: &'static str,
    /// Bytes of the whole message.
    pub raw_size: i64,
    /// Is only its beginning kept?
    pub raw_truncated: bool,
    /// SHA-256 of the whole message, hexadecimal.
    pub raw_sha256: String,
}

/// How often a reason was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonCount {
    /// Name of the reject.
    pub reason: String,
    /// `ingest` or `watch`.
    pub stage: &'static str,
    /// How often.
    pub count: u64,
    /// Timestamp of the newest source message.
    pub last: Millis,
}

/// The rejects.
#[derive(Debug, Default, PartialEq)]
pub struct Rejects {
    /// The newest of each partition of the topic, by partition.
    rows: BTreeMap<i32, VecDeque<RejectRow>>,
    reasons: BTreeMap<(String, &'static str), (u64, Millis)>,
    total: u64,
}

impl Rejects {
    /// Takes a reject of a partition of the topic; of more than `max` the oldest are let go.
    pub fn take(&mut self, partition: i32, record: &RejectRecord<'_>, max: usize) -> RejectRow {
        let row = RejectRow {
            source_time: Millis(record.source_time),
            topic: record.topic.to_string(),
            partition: record.partition,
            offset: record.offset,
            index: record.index,
            reason: record.reason.to_string(),
            stage: record.stage.name(),
            raw_size: record.raw_size,
            raw_truncated: record.raw_truncated,
            raw_sha256: record.raw_sha256.to_string(),
        };
        self.total += 1;
        let reason = (row.reason.clone(), row.stage);
        if self.reasons.len() < REASONS_MAX || self.reasons.contains_key(&reason) {
            let (count, last) = self.reasons.entry(reason).or_insert((0, Millis(i64::MIN)));
            *count += 1;
            *last = (*last).max(row.source_time);
        }
        self.rows.entry(partition).or_default().push_back(row.clone());
        if self.rows.values().map(VecDeque::len).sum::<usize>() > max
            && let Some(longest) = self.rows.values_mut().max_by_key(|rows| rows.len())
        {
            longest.pop_front();
        }
        row
    }

    /// All that are kept, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &RejectRow> {
        self.rows.values().flatten()
    }

    /// How many there were.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Reasons, the most frequent first.
    #[must_use]
    pub fn reasons(&self) -> Vec<ReasonCount> {
        let count = |((reason, stage), (count, last)): (&(String, &'static str), &(u64, Millis))| ReasonCount {
            reason: reason.clone(),
            stage,
            count: *count,
            last: *last,
        };
        let mut reasons: Vec<ReasonCount> = self.reasons.iter().map(count).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        reasons
    }
}

//! The rejects: those of ingest are half of its ledger; those of watch stand for records of the log, each once.

use super::ingest::IngestBook;
use super::verdict::Findings;
use super::{Check, Counts, Message, Shape, Spans};
use crate::record::{Stage, decode_reject};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug)]
struct Rejected {
    /// Where the reject stands.
    partition: i32,
    offset: i64,
    in_log: bool,
}

#[derive(Debug, Default)]
pub(super) struct RejectBook {
    /// By partition and offset of the log.
    of_watch: FxHashMap<(i32, i64), Rejected>,
}

impl RejectBook {
    pub(super) fn take(
        &mut self,
        message: &Message<'_>,
        shape: &Shape,
        ingest: &mut IngestBook,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        let Some(value) = message.value else {
            counts.rejects.redriven += 1;
            return;
        };
        let mut note = |check, detail: String| {
            findings.note(check, &shape.rejects, message.partition, Some(message.offset), detail);
        };
        let mut scratch = Vec::new();
        let reject = match decode_reject(value, &mut scratch) {
            Ok(reject) => reject,
            Err(unread) => return note(Check::RejectUnreadable, unread.reason.name().to_owned()),
        };
        match reject.stage {
            Stage::Ingest => {
                counts.rejects.ingest += 1;
                ingest.found(&reject.topic, reject.partition, reject.offset, reject.index);
            }
            Stage::Watch => {
                counts.rejects.watch += 1;
                let place = (reject.partition, reject.offset);
                if reject.topic != shape.records {
                    return note(Check::RejectNowhere, "its topic is not the log".to_owned());
                }
                let rejected = Rejected { partition: message.partition, offset: message.offset, in_log: false };
                if self.of_watch.insert(place, rejected).is_some() {
                    note(Check::RejectRepeated, format!("of {}/{}/{}", shape.records, place.0, place.1));
                }
            }
        }
    }

    pub(super) fn seen_in_log(&mut self, partition: i32, offset: i64) {
        if let Some(rejected) = self.of_watch.get_mut(&(partition, offset)) {
            rejected.in_log = true;
        }
    }

    /// Records of a partition of the log before `next` that watch rejected.
    pub(super) fn before(&self, partition: i32, next: i64) -> i64 {
        let count = self.of_watch.keys().filter(|(of, offset)| *of == partition && *offset < next).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }

    pub(super) fn finish(
        &self,
        spans: &BTreeMap<String, Spans>,
        shape: &Shape,
        counts: &mut Counts,
        findings: &mut Findings,
    ) {
        let log = spans.get(&shape.records);
        let mut nowhere: Vec<_> = self.of_watch.iter().filter(|(_, rejected)| !rejected.in_log).collect();
        nowhere.sort_unstable_by_key(|(place, _)| **place);
        for ((partition, offset), rejected) in nowhere {
            if log.and_then(|spans| spans.get(partition)).is_some_and(|span| *offset < span.low) {
                counts.not_judged += 1;
                continue;
            }
            let detail = format!("no record at {}/{partition}/{offset}", shape.records);
            findings.note(Check::RejectNowhere, &shape.rejects, rejected.partition, Some(rejected.offset), detail);
        }
    }
}

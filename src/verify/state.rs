//! The changelog: every value sound, and of each shard the last progress record.

use super::verdict::Findings;
use super::{Check, Counts, Message};
use crate::record::state::{LedgerState, ProgressState, StateBody, StateCodec, StateUnread};
use std::collections::BTreeMap;

/// Key of a shard's progress record, as DESIGN has it.
const PROGRESS_KEY: &[u8] = b"progress";

/// What a progress record says, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub offset: i64,
    pub next_offset: i64,
    pub seq: i64,
    pub partition: i32,
    pub partitions: i32,
    pub read: i64,
    /// Sum of all fates, ticks among them.
    pub fates: i64,
    pub rejected: i64,
    pub ticks: i64,
}

impl Progress {
    fn of(state: &ProgressState<'_>, offset: i64) -> Self {
        let LedgerState { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick } = state.ledger;
        let fates = [alerted, quiet, repeated, corrected, forwarded, rejected, late, tick];
        Self {
            offset,
            next_offset: state.next_offset,
            seq: state.seq,
            partition: state.partition,
            partitions: state.partitions,
            read,
            fates: fates.iter().fold(0, |sum: i64, count| sum.saturating_add(*count)),
            rejected,
            ticks: tick,
        }
    }
}

/// What is held of one shard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub progress: Option<Progress>,
    /// Is the progress of a schema that is not this release's?
    pub unread: bool,
    /// Values beside progress and schemas.
    pub values: u64,
}

#[derive(Debug, Default)]
pub(super) struct StateBook {
    shards: BTreeMap<i32, Held>,
}

impl StateBook {
    pub(super) fn take(&mut self, message: &Message<'_>, topic: &str, counts: &mut Counts, findings: &mut Findings) {
        let held = self.shards.entry(message.partition).or_default();
        let is_progress = message.key == Some(PROGRESS_KEY);
        let mut note =
            |check, detail: String| findings.note(check, topic, message.partition, Some(message.offset), detail);
        let Some(value) = message.value else {
            counts.state.tombstones += 1;
            if is_progress {
                (held.progress, held.unread) = (None, false);
            }
            return;
        };
        let mut scratch = Vec::new();
        match StateCodec::get().decode(value, &mut scratch) {
            Ok(state) => {
                counts.state.sound += 1;
                match state.body {
                    StateBody::Progress(progress) if is_progress => {
                        let after = Progress::of(&progress, message.offset);
                        if let Some(before) = held.progress
                            && (after.next_offset < before.next_offset
                                || after.seq < before.seq
                                || after.read < before.read)
                        {
                            let (from, to) = (before.next_offset, after.next_offset);
                            note(Check::ProgressBack, format!("next offset {from}, then {to}"));
                        }
                        (held.progress, held.unread) = (Some(after), false);
                    }
                    StateBody::Progress(_) => note(Check::StateDamaged, "progress under another key".to_owned()),
                    StateBody::WriterSchema(_) => {}
                    StateBody::Case(_) | StateBody::Patient(_) | StateBody::PatientValues(_) => held.values += 1,
                }
            }
            Err(StateUnread::UnknownSchema(_) | StateUnread::UnknownWord) => {
                counts.state.sound += 1;
                counts.state.other_schema += 1;
                if is_progress {
                    (held.progress, held.unread) = (None, true);
                }
            }
            Err(unread @ (StateUnread::Checksum | StateUnread::Malformed)) => {
                note(Check::StateDamaged, unread.to_string());
            }
        }
    }

    pub(super) fn next_offset(&self, partition: i32) -> Option<i64> {
        self.shards.get(&partition)?.progress.map(|progress| progress.next_offset)
    }

    pub(super) fn of(&self, partition: i32) -> Held {
        self.shards.get(&partition).copied().unwrap_or_default()
    }
}

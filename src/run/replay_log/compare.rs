//! What a recomputation gives against what the topics hold: alerts byte for byte, forwarded records and state by hash.
//! Positions, identities and names of fields are kept; no case text.

use crate::alert::{Alert, AlertCodec};
use crate::record::{Codec, Record, SourceFormat};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// Differences that are shown; all are counted.
pub const DIFFERENCES_SHOWN: usize = 100;

/// A revision of an alert.
pub type Identity = (u128, i32);

/// A revision as it stands in the topic.
#[derive(Clone, Copy, Debug)]
struct Said {
    bytes: u64,
    codec: AlertCodec,
    partition: i32,
    offset: i64,
    timestamp: i64,
    seq: i64,
    met: bool,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Recomputed, and not in the topic.
    Unsaid(Identity),
    /// In the topic, and not recomputed.
    Unexplained(Identity, i32, i64),
    /// In both, with other bytes: the fields that differ.
    Fields(Identity, Vec<String>),
    /// A record for another key that the log does not hold as recomputed; its record id.
    ForwardMissing(u128),
    /// A record for another key that the log holds and nothing explains; its record id.
    ForwardUnexplained(u128),
    /// State of a shard: how many keys differ.
    State(i32, u64),
    /// Seq or ledger of a shard.
    Progress(i32),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid((id, revision)) => write!(f, "alert {id:032x} revision {revision}: recomputed, not said"),
            Self::Unexplained((id, revision), partition, offset) => {
                write!(f, "alert {id:032x} revision {revision}: said at {partition}/{offset}, not recomputed")
            }
            Self::Fields((id, revision), fields) => {
                write!(f, "alert {id:032x} revision {revision}: differs in {}", fields.join(", "))
            }
            Self::ForwardMissing(id) => write!(f, "record {id:032x}: to be sent on, not so in the log"),
            Self::ForwardUnexplained(id) => write!(f, "record {id:032x}: sent on in the log, not recomputed"),
            Self::State(shard, keys) => write!(f, "shard {shard}: the state of {keys} keys differs"),
            Self::Progress(shard) => write!(f, "shard {shard}: the progress record differs"),
        }
    }
}

/// Differences, counted and in part kept.
#[derive(Debug, Default)]
pub struct Differences {
    /// All of them.
    pub count: u64,
    /// The first ones.
    pub kept: Vec<Difference>,
}

impl Differences {
    /// One more.
    pub fn note(&mut self, difference: Difference) {
        self.count += 1;
        if self.kept.len() < DIFFERENCES_SHOWN {
            self.kept.push(difference);
        }
    }
}

/// The alerts of a topic, as hashes.
#[derive(Debug, Default)]
pub struct SaidAlerts {
    said: FxHashMap<Identity, Said>,
    /// Revisions of which the bytes differ, as recomputed, by where the other stands.
    other: FxHashMap<(i32, i64), Vec<u8>>,
    other_left_out: u64,
    /// Revisions that stand more than once, or cannot be read: for `verify` to judge.
    pub passed_over: u64,
    /// Revisions that are equal.
    pub equal: u64,
}

impl SaidAlerts {
    /// A message of the alerts.
    pub fn take(&mut self, (partition, offset, timestamp): (i32, i64, i64), value: &[u8]) {
        let mut scratch = Vec::new();
        let read = AlertCodec::decode(value, &mut scratch).ok().and_then(|alert| Some((identity(&alert)?, alert.seq)));
        let Some((identity, seq)) = read else {
            self.passed_over += 1;
            return;
        };
        let codec = if value.first() == Some(&b'{') { AlertCodec::Json } else { AlertCodec::Avro };
        let bytes = xxh3_64(value);
        let said = Said { bytes, codec, partition, offset, timestamp, seq, met: false };
        match self.said.entry(identity) {
            Entry::Occupied(_) => self.passed_over += 1,
            Entry::Vacant(new) => drop(new.insert(said)),
        }
    }

    /// A recomputed revision, in range or beside it.
    ///
    /// # Errors
    /// When it does not fit its schema, a fault of ours.
    pub fn recomputed(
        &mut self,
        alert: &Alert<'_>,
        in_range: bool,
        differences: &mut Differences,
    ) -> Result<(), String> {
        let Some(identity) = identity(alert) else { return Err("an alert without an id".to_owned()) };
        let Some(said) = self.said.get_mut(&identity) else {
            if in_range {
                differences.note(Difference::Unsaid(identity));
            }
            return Ok(());
        };
        said.met = true;
        if !in_range {
            return Ok(());
        }
        let bytes = said.codec.encode(alert)?;
        if xxh3_64(&bytes) == said.bytes {
            self.equal += 1;
        } else if self.other.len() < DIFFERENCES_SHOWN {
            self.other.insert((said.partition, said.offset), bytes);
        } else {
            self.other_left_out += 1;
        }
        Ok(())
    }

    /// What is said, and was not recomputed, where `asked` (shard, seq, timestamp) is in the range.
    pub fn unexplained(&self, asked: &dyn Fn(i32, i64, i64) -> bool, differences: &mut Differences) {
        let unmet = self.said.iter().filter(|(_, said)| !said.met && asked(said.partition, said.seq, said.timestamp));
        let mut unmet: Vec<_> = unmet.collect();
        unmet.sort_unstable_by_key(|(_, said)| (said.partition, said.offset));
        for (identity, said) in unmet {
            differences.note(Difference::Unexplained(*identity, said.partition, said.offset));
        }
    }

    /// Are there revisions whose fields must be looked at?
    #[must_use]
    pub fn has_other(&self) -> bool {
        !self.other.is_empty()
    }

    /// The alerts once more: which fields of those that differ do.
    pub fn look_again(&mut self, partition: i32, offset: i64, value: &[u8], differences: &mut Differences) {
        let Some(recomputed) = self.other.remove(&(partition, offset)) else { return };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let (Ok(said), Ok(made)) = (AlertCodec::decode(value, &mut a), AlertCodec::decode(&recomputed, &mut b)) else {
            return;
        };
        if let Some(identity) = identity(&said) {
            differences.note(Difference::Fields(identity, fields(&said, &made)));
        }
    }

    /// Counts what was left out of the looking.
    pub fn finish(&self, differences: &mut Differences) {
        differences.count += self.other_left_out;
    }
}

fn identity(alert: &Alert<'_>) -> Option<Identity> {
    u128::from_str_radix(alert.alert_id.as_str(), 16).ok().map(|id| (id, alert.revision))
}

/// Names of the fields that differ.
fn fields(one: &Alert<'_>, other: &Alert<'_>) -> Vec<String> {
    let object = |alert| match serde_json::to_value(alert) {
        Ok(serde_json::Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    };
    let (one, other) = (object(one), object(other));
    let differ: Vec<String> =
        one.iter().filter(|(name, value)| other.get(*name) != Some(value)).map(|f| f.0.clone()).collect();
    if differ.is_empty() { vec!["its encoding alone".to_owned()] } else { differ }
}

/// Records that shards sent to other keys: those of the log and those recomputed, by record id.
#[derive(Debug, Default)]
pub struct Forwards {
    held: FxHashMap<u128, u64>,
    /// Recomputed ones of which the log holds the same.
    pub equal: u64,
}

impl Forwards {
    /// A record of the log; only those that a shard sent on are kept.
    pub fn held(&mut self, value: &[u8]) {
        if let Some((id, true)) = record_id(value) {
            self.held.insert(id, xxh3_64(value));
        }
    }

    /// A recomputed one.
    pub fn recomputed(&mut self, value: &[u8], differences: &mut Differences) {
        let Some((id, _)) = record_id(value) else { return };
        match self.held.get(&id) {
            Some(bytes) if *bytes == xxh3_64(value) => {
                self.held.remove(&id);
                self.equal += 1;
            }
            Some(_) | None => differences.note(Difference::ForwardMissing(id)),
        }
    }

    /// Those that nothing explains.
    pub fn unexplained(&self, differences: &mut Differences) {
        let mut left: Vec<_> = self.held.keys().copied().collect();
        left.sort_unstable();
        left.into_iter().for_each(|id| differences.note(Difference::ForwardUnexplained(id)));
    }
}

/// The record id, and whether it is a record that a shard sent on.
fn record_id(value: &[u8]) -> Option<(u128, bool)> {
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(value, &mut scratch).ok()?;
    let sent_on =
        record.head.source_format == SourceFormat::Vigil && matches!(record.body.kind(), "forwarded" | "merge");
    Some((u128::from_str_radix(record.head.record_id.as_str(), 16).ok()?, sent_on))
}

/// State of one shard as the changelog holds it: the last value of each key at the last progress record.
#[derive(Debug, Default)]
pub struct HeldState {
    values: FxHashMap<u64, u64>,
    /// Changes since the last progress record: of a transaction that is not wholly there.
    open: Vec<(u64, Option<u64>)>,
    /// Offset that the last progress record says is next.
    pub next_offset: Option<i64>,
    progress: Option<u64>,
}

impl HeldState {
    /// A message of the changelog.
    pub fn take(&mut self, key: &[u8], value: Option<&[u8]>, next_offset: Option<i64>) {
        match (next_offset, value) {
            (Some(next), Some(value)) => {
                self.progress = Some(xxh3_64(value));
                self.next_offset = Some(next);
                for (key, value) in self.open.drain(..) {
                    match value {
                        Some(value) => drop(self.values.insert(key, value)),
                        None => drop(self.values.remove(&key)),
                    }
                }
            }
            (_, value) => self.open.push((xxh3_64(key), value.map(xxh3_64))),
        }
    }

    /// The recomputed state of the shard against it; gives the number of keys that are equal.
    pub fn compare<'c>(
        &mut self,
        shard: i32,
        changes: impl Iterator<Item = (&'c [u8], Option<&'c [u8]>, bool)>,
        differences: &mut Differences,
    ) -> u64 {
        let (mut equal, mut other) = (0, 0);
        for (key, value, is_progress) in changes {
            let held = if is_progress { self.progress } else { self.values.remove(&xxh3_64(key)) };
            match (held == value.map(xxh3_64), is_progress) {
                (true, _) => equal += 1,
                (false, true) => differences.note(Difference::Progress(shard)),
                (false, false) => other += 1,
            }
        }
        other += self.values.len() as u64;
        if other > 0 {
            differences.note(Difference::State(shard, other));
        }
        equal
    }
}

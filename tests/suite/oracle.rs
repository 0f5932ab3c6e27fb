//! The verdict on what a run left in its topics, whatever was done to it on the way: nothing lost, nothing twice, nothing
//! other than a run without faults gives. It folds the log itself and shares with watch the schemas and `pipeline::step`
//! alone.

use crate::cluster::{Corner, Seen};
use crate::feed::FED;
use besponsa_vigil::alert::AlertCodec;
use besponsa_vigil::pipeline::{Effects, Fate, Judge, LogMessage, PROGRESS_KEY, Shard, StateChange, step};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::state::{LedgerState, StateBody, StateCodec};
use besponsa_vigil::record::{Body, Codec, Record};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Sentences kept of what is wrong; the counts count all.
const SENTENCES_MAX: usize = 12;

/// `alert_id` and `revision`.
type Identity = (String, String);

/// What stands in the topics.
pub struct Topics {
    /// The log's name: evidence cites it.
    pub log: String,
    pub records: Vec<Seen>,
    pub alerts: Vec<Seen>,
    pub alerts_uncommitted: Vec<Seen>,
    pub state: Vec<Seen>,
    pub rejects: Vec<Seen>,
}

impl Topics {
    pub fn read(corner: &Corner) -> Self {
        let name = |what: &str| corner.name(what);
        Self {
            log: name("records"),
            records: corner.read(&name("records")),
            alerts: corner.read(&name("alerts")),
            alerts_uncommitted: corner.read_as(&name("alerts"), "read_uncommitted"),
            state: corner.read(&name("state")),
            rejects: corner.read(&name("rejects")),
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Records that were fed.
    pub inputs: u64,
    /// Alerts of a run without faults.
    pub alerts: u64,
    /// Records that such a run sends on to other keys.
    pub forwards: u64,
    /// Of all that must be there, what is not: inputs never judged, alerts, rejects, forwards.
    pub lost: u64,
    /// What a read-committed reader sees more than once.
    pub duplicates_committed: u64,
    /// Alerts that only a read-uncommitted reader sees more than once: how often the faults hit a transaction.
    pub duplicates_uncommitted: u64,
    /// Is each shard's state, byte for byte, that of a run without faults?
    pub state_equal: bool,
    /// What else is wrong, the first sentences.
    pub faults: Vec<String>,
    wrong: u64,
}

impl Verdict {
    /// Nothing found yet in a run of so many inputs.
    pub fn calm(inputs: u64) -> Self {
        Self { inputs, state_equal: true, ..Self::default() }
    }

    /// Is everything as it must be?
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.duplicates_committed == 0 && self.state_equal && self.wrong == 0
    }

    /// Something that is wrong beside.
    pub fn note(&mut self, sentence: String) {
        self.wrong(|| sentence);
    }

    fn wrong(&mut self, sentence: impl FnOnce() -> String) {
        self.wrong += 1;
        if self.faults.len() < SENTENCES_MAX {
            self.faults.push(sentence());
        }
    }

    fn lose(&mut self, count: u64, sentence: impl FnOnce() -> String) {
        self.lost += count;
        if count > 0 {
            self.wrong(sentence);
        }
    }

    fn repeat(&mut self, count: u64, sentence: impl FnOnce() -> String) {
        self.duplicates_committed += count;
        if count > 0 {
            self.wrong(sentence);
        }
    }
}

/// What a run without faults leaves.
#[derive(Default)]
struct Expected {
    /// By partition, in order.
    alerts: BTreeMap<i32, Vec<(Identity, Vec<u8>)>>,
    forwards: HashMap<(Vec<u8>, Vec<u8>), u64>,
    /// Keys of the rejects.
    rejects: HashMap<Vec<u8>, u64>,
    state: BTreeMap<i32, BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// Judges the topics of a run that was fed `fed` records.
pub fn verdict(topics: &Topics, partitions: i32, fed: u64) -> Verdict {
    let mut verdict = Verdict::calm(fed);
    inputs(topics, fed, &mut verdict);
    let state = last_values(&topics.state);
    let expected = fold(topics, partitions, &state, &mut verdict);
    alerts(topics, &expected, &mut verdict);
    let rejects = counted(topics.rejects.iter().map(|seen| seen.key.clone().unwrap_or_default()));
    compare("rejects", &expected.rejects, &rejects, &mut verdict);
    // What watch itself wrote into the log, ticks aside.
    let own = topics.records.iter().filter(|seen| seen.header(FED).is_empty() && !is_tick(seen));
    let forwards = counted(own.map(|seen| (seen.key.clone().unwrap_or_default(), seen.value.clone())));
    compare("forwards", &expected.forwards, &forwards, &mut verdict);
    verdict.forwards = expected.forwards.values().sum();
    for partition in 0..partitions {
        let empty = BTreeMap::new();
        let held = state.get(&partition).unwrap_or(&empty);
        let made = expected.state.get(&partition).unwrap_or(&empty);
        let keys = held.keys().chain(made.keys().filter(|key| !held.contains_key(*key)));
        let other = keys.filter(|key| held.get(*key) != made.get(*key)).count();
        if other > 0 {
            verdict.state_equal = false;
            verdict.wrong(|| format!("shard {partition}: {other} of {} states are others", made.len()));
        }
    }
    verdict
}

/// Every record that was fed is in the log once.
fn inputs(topics: &Topics, fed: u64, verdict: &mut Verdict) {
    let numbers = topics.records.iter().filter_map(|seen| seen.header(FED).parse::<u64>().ok());
    let in_log = counted(numbers);
    let missing = (0..fed).filter(|n| !in_log.contains_key(n)).count();
    verdict.lose(missing as u64, || format!("{missing} records that were fed are not in the log"));
    let twice = in_log.values().filter(|count| **count > 1).count();
    verdict.repeat(twice as u64, || format!("{twice} records were fed twice"));
}

/// The compacted changelog, by partition.
fn last_values(state: &[Seen]) -> BTreeMap<i32, BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut last: BTreeMap<i32, BTreeMap<Vec<u8>, Vec<u8>>> = BTreeMap::new();
    for seen in state {
        let of_shard = last.entry(seen.partition).or_default();
        let key = seen.key.clone().unwrap_or_default();
        if seen.value.is_empty() {
            of_shard.remove(&key);
        } else {
            of_shard.insert(key, seen.value.clone());
        }
    }
    last
}

/// Position and sums of a shard's progress record.
pub fn progress(value: &[u8]) -> Option<(i64, LedgerState)> {
    let mut scratch = Vec::new();
    match StateCodec::get().decode(value, &mut scratch).ok()?.body {
        StateBody::Progress(progress) => Some((progress.next_offset, progress.ledger)),
        _ => None,
    }
}

/// Is it a tick, which no one waits for?
pub fn is_tick(seen: &Seen) -> bool {
    let mut scratch = Vec::new();
    let record: Result<Record<'_>, _> = Codec::record().decode(&seen.value, &mut scratch);
    record.is_ok_and(|record| matches!(record.body, Body::Tick(_)))
}

/// Folds the log of each shard up to its progress, as a run without faults does.
fn fold(
    topics: &Topics,
    partitions: i32,
    state: &BTreeMap<i32, BTreeMap<Vec<u8>, Vec<u8>>>,
    verdict: &mut Verdict,
) -> Expected {
    let judge = Judge::new(Profile::builtin()).unwrap();
    let mut expected = Expected::default();
    let (mut scratch, mut changes) = (Vec::new(), Vec::new());
    for partition in 0..partitions {
        let held = state.get(&partition).and_then(|keys| keys.get(PROGRESS_KEY.as_bytes()));
        let held = held.and_then(|value| progress(value));
        let next_offset = held.as_ref().map_or(0, |(next, _)| *next);
        let mut shard = Shard::new(partition, partitions, usize::MAX);
        let mut effects = Effects::default();
        let mut unjudged = 0;
        for seen in topics.records.iter().filter(|seen| seen.partition == partition) {
            if seen.offset >= next_offset {
                unjudged += u64::from(!is_tick(seen));
                continue;
            }
            let key = seen.key.as_deref();
            let (topic, offset) = (topics.log.as_str(), seen.offset);
            let message = LogMessage { topic, partition, offset, key, value: &seen.value };
            let made = step(&judge, &mut shard, &message, &mut scratch, &mut effects).unwrap();
            if matches!(made.fate, Fate::Rejected(_)) {
                *expected.rejects.entry(format!("{topic}/{partition}/{offset}").into_bytes()).or_default() += 1;
            }
        }
        verdict.lose(unjudged, || format!("shard {partition}: {unjudged} records behind {next_offset} never judged"));
        ledger(partition, held.map(|(_, ledger)| ledger), &shard, verdict);
        let said = effects.alerts.iter().map(|out| {
            let identity = (out.alert.alert_id.to_string(), out.alert.revision.to_string());
            (identity, AlertCodec::Avro.encode(&out.alert).unwrap())
        });
        expected.alerts.insert(partition, said.collect());
        for forward in effects.forwards {
            *expected.forwards.entry((forward.key.into_bytes(), forward.value)).or_default() += 1;
        }
        shard.take_changes(&judge, &mut changes).unwrap();
        let kept = changes.drain(..).filter_map(|StateChange { key, value }| Some((key.into_bytes(), value?)));
        expected.state.insert(partition, kept.collect());
    }
    expected
}

/// The sums in the progress record add up, and are those of the log.
fn ledger(partition: i32, held: Option<LedgerState>, shard: &Shard, verdict: &mut Verdict) {
    let LedgerState { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick } =
        held.unwrap_or_default();
    let sum = alerted + quiet + repeated + corrected + forwarded + rejected + late + tick;
    if sum != read || u64::try_from(read) != Ok(shard.ledger().read()) {
        let in_log = shard.ledger().read();
        verdict.wrong(|| format!("shard {partition}: fates {sum}, records read {read}, in the log {in_log}"));
    }
}

fn alerts(topics: &Topics, expected: &Expected, verdict: &mut Verdict) {
    let identity = |seen: &Seen| (seen.header("alert_id").to_owned(), seen.header("revision").to_owned());
    let uncommitted = counted(topics.alerts_uncommitted.iter().map(identity));
    let mut repeated_committed = 0;
    for (partition, wanted) in &expected.alerts {
        let of_shard = || topics.alerts.iter().filter(|seen| seen.partition == *partition);
        let times = counted(of_shard().map(identity));
        let missing = wanted.iter().filter(|(identity, _)| !times.contains_key(identity)).count();
        verdict.lose(missing as u64, || format!("shard {partition}: {missing} of {} alerts lost", wanted.len()));
        let again: u64 = times.values().map(|count| count - 1).sum();
        verdict.repeat(again, || format!("shard {partition}: {again} alerts said twice"));
        repeated_committed += again;
        let bytes: HashMap<&Identity, &Vec<u8>> = wanted.iter().map(|(identity, value)| (identity, value)).collect();
        let (mut unasked, mut other) = (0u64, 0u64);
        for seen in of_shard() {
            match bytes.get(&identity(seen)) {
                None => unasked += 1,
                Some(value) => other += u64::from(**value != seen.value),
            }
        }
        if unasked + other > 0 {
            verdict.wrong(|| {
                format!("shard {partition}: {unasked} alerts that the log does not give, {other} in other bytes")
            });
        }
        // As numbers, and in the order of the topic.
        let seqs: Vec<i64> = of_shard().filter_map(|seen| seen.header("seq").parse().ok()).collect();
        if !seqs.iter().copied().eq(1..=i64::try_from(wanted.len()).unwrap()) {
            let gap = seqs.iter().zip(1..).find(|(seq, n)| *seq != n).map(|(seq, n)| format!("{seq} in place of {n}"));
            let gap = gap.unwrap_or_else(|| format!("{} of {}", seqs.len(), wanted.len()));
            verdict.wrong(|| format!("shard {partition}: seq is not contiguous: {gap}"));
        }
    }
    verdict.alerts = expected.alerts.values().map(|said| said.len() as u64).sum();
    let repeated: u64 = uncommitted.values().map(|count| count - 1).sum();
    verdict.duplicates_uncommitted = repeated.saturating_sub(repeated_committed);
}

fn counted<T: Eq + Hash>(all: impl Iterator<Item = T>) -> HashMap<T, u64> {
    let mut counts = HashMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

/// Two bags: what is only wanted is lost, what is there beyond is a repeat.
fn compare<T: Eq + Hash>(what: &str, wanted: &HashMap<T, u64>, there: &HashMap<T, u64>, verdict: &mut Verdict) {
    let beyond = |a: &HashMap<T, u64>, b: &HashMap<T, u64>| -> u64 {
        a.iter().map(|(one, count)| count.saturating_sub(b.get(one).copied().unwrap_or(0))).sum()
    };
    let (missing, more) = (beyond(wanted, there), beyond(there, wanted));
    verdict.lose(missing, || format!("{missing} {what} lost"));
    verdict.repeat(more, || format!("{more} {what} too many"));
}

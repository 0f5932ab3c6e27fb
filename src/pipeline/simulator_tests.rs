//! A simulator of the log, the changelog and the alerts as committed topics, with owners of shards that die before and
//! after their commit, zombies that write on after they were fenced, and records that cross shards. Whatever happens, the
//! end is that of a run without faults.

use super::course_tests::{Any, BASE, any_record};
use super::determinism_tests::{Entry, JUDGE, STRIDE};
use super::*;
use crate::alert::AlertCodec;
use crate::record::Millis;
use crate::record::state::{State, StateBody, StateCodec};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;

const PARTITIONS: usize = 3;

/// A small generator of numbers; the seed is the whole story of a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }
}

/// What the broker holds of one partition; read committed.
#[derive(Clone, Default)]
struct Partition {
    log: Vec<(String, Vec<u8>)>,
    changelog: BTreeMap<String, Vec<u8>>,
    /// Alerts: identity, revision, seq, bytes.
    alerts: Vec<(String, i32, i64, Vec<u8>)>,
    /// Fences owners: a commit of an older one is refused.
    epoch: u64,
}

/// An owner of a shard, perhaps one that was fenced and does not know.
struct Owner {
    epoch: u64,
    shard: Shard,
    effects: Effects,
}

struct World {
    partitions: Vec<Partition>,
    refused: usize,
    crashes: usize,
}

impl World {
    fn new(records: &[Any]) -> Self {
        let mut partitions = vec![Partition::default(); PARTITIONS];
        for (n, record) in records.iter().enumerate() {
            if let Any::Tick(months) = record {
                for (at, partition) in partitions.iter_mut().enumerate() {
                    let wall = Millis(BASE + i64::from(*months) * 30 * super::course_tests::DAY);
                    let out = tick_record(i32::try_from(at).unwrap(), wall).unwrap();
                    partition.log.push((out.key, out.value));
                }
                continue;
            }
            let Entry { key, value, .. } = record.entry(i64::try_from(n).unwrap() * STRIDE);
            partitions[place(&key)].log.push((key, value));
        }
        Self { partitions, refused: 0, crashes: 0 }
    }

    /// Fences the owner before, and restores.
    fn acquire(&mut self, at: usize, upwards: bool) -> Owner {
        let partition = &mut self.partitions[at];
        partition.epoch += 1;
        let mut restore = Restore::new(&JUDGE, i32::try_from(at).unwrap(), PARTITIONS as i32, 1000);
        let mut records: Vec<_> = partition.changelog.iter().collect();
        if !upwards {
            records.reverse();
        }
        for (key, value) in records {
            restore.take(key.as_bytes(), Some(value)).unwrap();
        }
        Owner { epoch: partition.epoch, shard: restore.finish().unwrap(), effects: Effects::default() }
    }

    /// Reads one record; `false` at the end of the log.
    fn read(&self, at: usize, owner: &mut Owner) -> bool {
        let offset = owner.shard.next_offset();
        let Some((key, value)) = self.partitions[at].log.get(usize::try_from(offset).unwrap()) else { return false };
        let partition = i32::try_from(at).unwrap();
        let message = LogMessage { topic: "vigil.records", partition, offset, key: Some(key.as_bytes()), value };
        step(&JUDGE, &mut owner.shard, &message, &mut Vec::new(), &mut owner.effects).unwrap();
        true
    }

    /// The transaction of an owner: all or nothing. `false` where it was fenced.
    fn commit(&mut self, at: usize, owner: &mut Owner) -> bool {
        let mut changes = Vec::new();
        owner.shard.take_changes(&JUDGE, &mut changes).unwrap();
        if owner.epoch != self.partitions[at].epoch {
            self.refused += 1;
            return false;
        }
        for change in changes {
            match change.value {
                Some(value) => self.partitions[at].changelog.insert(change.key, value),
                None => self.partitions[at].changelog.remove(&change.key),
            };
        }
        for out in owner.effects.alerts.drain(..) {
            let bytes = AlertCodec::Avro.encode(&out.alert).unwrap();
            let id = (out.alert.alert_id.to_string(), out.alert.revision, out.alert.seq);
            self.partitions[at].alerts.push((id.0, id.1, id.2, bytes));
        }
        for out in owner.effects.forwards.drain(..) {
            let to = place(&out.key);
            self.partitions[to].log.push((out.key, out.value));
        }
        true
    }

    /// Nothing happens but reading and committing.
    fn run_through(&mut self) {
        loop {
            let mut idle = true;
            for at in 0..PARTITIONS {
                let mut owner = self.acquire(at, true);
                while self.read(at, &mut owner) {
                    idle = false;
                }
                assert!(self.commit(at, &mut owner));
            }
            if idle {
                return;
            }
        }
    }

    /// Everything happens, for so many throws of the dice.
    fn run_with_faults(&mut self, dice: &mut Dice, throws: usize) {
        let mut owners: Vec<Owner> = (0..PARTITIONS).map(|at| self.acquire(at, true)).collect();
        let mut zombies: Vec<(usize, Owner)> = Vec::new();
        for _ in 0..throws {
            let at = dice.roll(PARTITIONS);
            match dice.roll(16) {
                // A zombie reads on and commits.
                0 if !zombies.is_empty() => {
                    let which = dice.roll(zombies.len());
                    let (at, mut zombie) = zombies.swap_remove(which);
                    self.read(at, &mut zombie);
                    assert!(!self.commit(at, &mut zombie), "a fenced owner's commit is refused");
                }
                // Killed before its commit.
                1 => {
                    owners[at] = self.acquire(at, dice.roll(2) == 0);
                    self.crashes += 1;
                }
                // Killed behind its commit.
                2 => {
                    assert!(self.commit(at, &mut owners[at]));
                    owners[at] = self.acquire(at, dice.roll(2) == 0);
                    self.crashes += 1;
                }
                // Stopped; another takes over.
                3 => {
                    let next = self.acquire(at, dice.roll(2) == 0);
                    zombies.push((at, std::mem::replace(&mut owners[at], next)));
                }
                4 | 5 => assert!(self.commit(at, &mut owners[at])),
                _ => {
                    for _ in 0..=dice.roll(4) {
                        self.read(at, &mut owners[at]);
                    }
                }
            }
        }
    }

    /// State by key, without the places of records that crossed shards, which depend on whose transaction came first; and
    /// without progress.
    fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        for (at, partition) in self.partitions.iter().enumerate() {
            let shard = self.restored(at);
            let mut here = BTreeMap::new();
            for (key, value) in &partition.changelog {
                let Some((of, _)) = state_key(key.as_bytes()) else { continue };
                let mut scratch = Vec::new();
                let mut state: State<'_> = StateCodec::get().decode(value, &mut scratch).unwrap();
                // What was said, and which record holds what, follows the order of the log, which other shards' commits
                // decide: a patient is compared as a whole.
                if let Some(course) = shard.course(of) {
                    let mut patient = course.to_state();
                    patient.entries.iter_mut().for_each(|entry| entry.offset = 0);
                    state.body = StateBody::Patient(patient);
                }
                here.insert(of.to_string(), StateCodec::get().encode(&state).unwrap());
            }
            for (key, value) in here {
                assert!(all.insert(key, value).is_none(), "one place a key");
            }
        }
        all
    }

    /// The shard as its changelog has it.
    fn restored(&self, at: usize) -> Shard {
        let mut restore = Restore::new(&JUDGE, i32::try_from(at).unwrap(), PARTITIONS as i32, 1000);
        for (key, value) in &self.partitions[at].changelog {
            restore.take(key.as_bytes(), Some(value)).unwrap();
        }
        restore.finish().unwrap()
    }

    /// Alerts about cases, without their place in the shard. What is said of a patient follows the order in which records
    /// of other shards came, and is held against a replay of that order by [`World::check_sums`].
    fn alerts(&self) -> Vec<(String, i32, Vec<u8>)> {
        let mut alerts = Vec::new();
        for (id, revision, _, bytes) in self.partitions.iter().flat_map(|partition| &partition.alerts) {
            let mut scratch = Vec::new();
            let mut alert = AlertCodec::decode(bytes, &mut scratch).unwrap();
            if alert.subject == crate::alert::Subject::Case {
                alert.seq = 0;
                alerts.push((id.clone(), *revision, AlertCodec::Avro.encode(&alert).unwrap()));
            }
        }
        alerts.sort();
        alerts
    }

    fn check_sums(&self) {
        for (at, partition) in self.partitions.iter().enumerate() {
            let shard = self.restored(at);
            assert_eq!(shard.ledger().imbalance(), 0);
            assert_eq!(shard.ledger().read(), partition.log.len() as u64, "every record has its fate, once");
            let seqs: Vec<i64> = partition.alerts.iter().map(|alert| alert.2).collect();
            assert_eq!(seqs, (1..=shard.seq()).collect::<Vec<_>>(), "seq without a gap");
            let mut replay = Owner {
                epoch: 0,
                shard: Shard::new(i32::try_from(at).unwrap(), PARTITIONS as i32, 1000),
                effects: Effects::default(),
            };
            while self.read(at, &mut replay) {}
            let encoded = |out: &crate::alert::AlertOut| AlertCodec::Avro.encode(&out.alert).unwrap();
            let replayed: Vec<Vec<u8>> = replay.effects.alerts.iter().map(encoded).collect();
            let said: Vec<Vec<u8>> = partition.alerts.iter().map(|alert| alert.3.clone()).collect();
            assert!(replayed == said, "a replay of the log says the same, byte for byte");
        }
    }
}

fn place(key: &str) -> usize {
    usize::try_from(partition_of(key.as_bytes(), PARTITIONS as i32)).unwrap()
}

/// Records that several source partitions sent, each in its own order, mixed as the dice say.
fn mixed(records: Vec<Any>, dice: &mut Dice) -> Vec<Any> {
    let mut sources: Vec<std::collections::VecDeque<Any>> = vec![Default::default(); 3];
    for (n, record) in records.into_iter().enumerate() {
        sources[n % 3].push_back(record);
    }
    let mut mixed = Vec::new();
    while sources.iter().any(|source| !source.is_empty()) {
        let at = dice.roll(3);
        mixed.extend(sources[at].pop_front());
    }
    mixed
}

/// Records of a seed. Ticks are early ones: what is forgotten depends on whether a record from another shard came before.
fn records_of(seed: u64, merges: bool) -> Vec<Any> {
    let mut bytes = [0u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = proptest::test_runner::Config { failure_persistence: None, ..Default::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let strategy = proptest::collection::vec(any_record(), 8..36);
    let mut records = strategy.new_tree(&mut runner).unwrap().current();
    records.retain(|record| match record {
        Any::Merge(..) => merges,
        Any::Tick(months) => *months < 5,
        Any::Report(_) | Any::Bedside(_) => true,
    });
    records
}

fn seeds() -> u64 {
    u64::from(super::determinism_tests::config().cases)
}

#[test]
fn crashes_and_zombies_anywhere_lose_nothing_and_double_nothing() {
    let (mut refused, mut crashes, mut forwarded) = (0, 0, 0);
    for seed in 1..=seeds() {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let records = mixed(records_of(seed, false), &mut dice);
        let mut reference = World::new(&records);
        let source: usize = reference.partitions.iter().map(|partition| partition.log.len()).sum();
        reference.run_through();
        let mut world = World::new(&records);
        world.run_with_faults(&mut dice, 90);
        world.run_through();
        assert_eq!(world.alerts(), reference.alerts(), "seed {seed}");
        assert_eq!(world.state(), reference.state(), "seed {seed}");
        let log = |world: &World| {
            let mut all: Vec<_> = world.partitions.iter().flat_map(|partition| partition.log.clone()).collect();
            all.sort();
            all
        };
        assert_eq!(log(&world), log(&reference), "seed {seed}: what crossed shards");
        world.check_sums();
        refused += world.refused;
        crashes += world.crashes;
        forwarded += log(&world).len() - source;
    }
    println!("{} seeds: {crashes} crashes, {refused} commits refused, {forwarded} records across shards", seeds());
    assert!(refused > 0 && crashes > 0 && forwarded > 0, "or the simulator is blind");
}

/// With merges the order in which records of several shards reach one log decides what is sent on at once and what one by
/// one. What patients have in the end is the same.
#[test]
fn merges_across_shards_end_alike_whatever_crashes() {
    for seed in 1..=seeds().div_ceil(2) {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut records = records_of(seed, true);
        records.retain(|record| !matches!(record, Any::Tick(_)));
        let records = mixed(records, &mut dice);
        let mut reference = World::new(&records);
        reference.run_through();
        let mut world = World::new(&records);
        world.run_with_faults(&mut dice, 90);
        world.run_through();
        assert_eq!(world.alerts(), reference.alerts(), "seed {seed}");
        world.check_sums();
        let facts = |world: &World| {
            let mut facts = Vec::new();
            for (key, value) in world.state() {
                let mut scratch = Vec::new();
                let state: State<'_> = StateCodec::get().decode(&value, &mut scratch).unwrap();
                let StateBody::Patient(patient) = state.body else { continue };
                let mut held: Vec<_> = patient
                    .entries
                    .iter()
                    .filter(|entry| entry.status.as_str() != "withdrawn")
                    .map(|entry| (entry.id.0, entry.time, serde_json::to_string(&entry.fact).unwrap()))
                    .collect();
                held.sort();
                facts.push((key, held));
            }
            facts
        };
        assert_eq!(facts(&world), facts(&reference), "seed {seed}");
    }
}

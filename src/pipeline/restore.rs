//! A shard built again from its partition of the changelog.

use super::calls::CaseHandled;
use super::changes::{PROGRESS_KEY, SCHEMA_KEY, placed_by, said_of, state_key};
use super::forward::Told;
use super::shard::{Remembered, Shard};
use super::sites::Sites;
use super::{FateLedger, Judge};
use crate::classify::ClockMemory;
use crate::patient::{Candidate, Case, Course, RecordMissing, Spoken};
use crate::record::state::{CaseState, PatientState, ProgressState, StateBody, StateCodec, StateUnread};
use crate::record::{Millis, Pseudonym, partition_of};
use apache_avro::Schema;
use rustc_hash::FxHashMap;

/// Why a shard cannot be built from its changelog, and what to do. No key and no content is named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateFault {
    /// A value that fails its checksum or is no state.
    #[error(
        "a record of the changelog is damaged ({0}): restore vigil.state from a copy, or empty it as a whole so that the \
         shards are built again from the log's beginning"
    )]
    Damaged(StateUnread),
    /// A record under a key that the changelog does not have.
    #[error("the changelog holds a record under a key that is none of its own: is topics.state another topic?")]
    UnknownKey,
    /// A value written with a schema that is neither compiled in nor kept beside it.
    #[error(
        "the changelog was written by a newer release, with schema {0}: run that release, or a later one, for this shard"
    )]
    NewerSchema(String),
    /// Records, and no progress among them.
    #[error(
        "the changelog holds state and no progress record: it was cut or written by hand. Restore vigil.state from a \
         copy, or empty it as a whole so that the shards are built again from the log's beginning"
    )]
    NoProgress,
    /// Of a patient's records one is not there.
    #[error(
        "the changelog lacks a record of a patient: it was cut or written by hand. Restore vigil.state from a copy, or \
         empty it as a whole so that the shards are built again from the log's beginning"
    )]
    RecordMissing,
    /// The state of another shard.
    #[error("the changelog of partition {wanted} holds the state of partition {held}: was vigil.state copied by hand?")]
    OtherShard {
        /// The partition being restored.
        wanted: i32,
        /// The partition named in it.
        held: i32,
    },
    /// The log had another number of partitions.
    #[error(
        "the state was made for {held} partitions of the log and there are {configured}: keys would part from their \
         state. Put topics.partitions back to {held}; a log is moved to another number only by a new set of topics"
    )]
    OtherPartitions {
        /// Partitions when the state was made.
        held: i32,
        /// Partitions now.
        configured: i32,
    },
    /// A value that the state schema cannot hold: a fault of ours.
    #[error("a change of state does not fit the state's schema: a fault of this program, please report it")]
    Unwritable,
}

impl From<StateUnread> for StateFault {
    fn from(unread: StateUnread) -> Self {
        Self::Damaged(unread)
    }
}

/// A shard on its way back: takes every record of its partition of `vigil.state` in order, then gives the shard.
#[derive(Debug)]
pub struct Restore<'j> {
    judge: &'j Judge,
    shard: Shard,
    /// Number of each label reaction by its identity.
    reactions: FxHashMap<&'j str, u32>,
    /// Clocks and likenesses by case: put back at the end, when it is known which value of a key is its last.
    desk: FxHashMap<u128, (Option<ClockMemory>, Option<Candidate>)>,
    progress: Option<Progress>,
    /// What was said of patients, by the names of their sites: numbered at the end, as the progress record counts them.
    said: FxHashMap<u128, (Spoken, Box<str>)>,
    /// Values of a schema that is not compiled in, by key: its own schema may come after it.
    unread: FxHashMap<Box<[u8]>, Box<[u8]>>,
    schemas: FxHashMap<[u8; 8], Schema>,
    /// The partition of a key that does not belong here.
    misplaced: Option<i32>,
    /// Was anything taken beside schemas?
    taken: bool,
    scratch: Vec<u8>,
}

/// What the progress record says.
#[derive(Debug)]
struct Progress {
    next_offset: i64,
    seq: i64,
    ledger: FateLedger,
    last_tick: Option<Millis>,
    sites: Sites,
    partition: i32,
    partitions: i32,
    profile_changed: bool,
}

impl<'j> Restore<'j> {
    /// The shard of `partition` of `partitions`, with nothing taken yet.
    #[must_use]
    pub fn new(judge: &'j Judge, partition: i32, partitions: i32, cases_max: usize) -> Self {
        let reactions = judge.profile().reactions.iter().take(64).zip(0u32..);
        Self {
            judge,
            shard: Shard::new(partition, partitions, cases_max),
            reactions: reactions.map(|(reaction, at)| (reaction.id.as_str(), at)).collect(),
            desk: FxHashMap::default(),
            progress: None,
            said: FxHashMap::default(),
            unread: FxHashMap::default(),
            schemas: FxHashMap::default(),
            misplaced: None,
            taken: false,
            scratch: Vec::new(),
        }
    }

    /// Takes one record of the changelog; of several under one key the last holds.
    ///
    /// # Errors
    /// [`StateFault`]: the shard cannot be restored.
    pub fn take(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StateFault> {
        if let Some(print) = key.strip_prefix(SCHEMA_KEY.as_bytes()) {
            self.take_schema(print, value);
            return Ok(());
        }
        self.taken = true;
        if !self.unread.is_empty() {
            self.unread.remove(key);
        }
        let Some(value) = value else {
            self.forget(key)?;
            return Ok(());
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let state = match StateCodec::get().decode(value, &mut scratch) {
            Ok(state) => state.body,
            Err(StateUnread::UnknownSchema(_)) => {
                self.forget(key)?;
                self.unread.insert(key.into(), value.into());
                return Ok(());
            }
            Err(unread) => return Err(unread.into()),
        };
        self.put(key, &state)?;
        self.scratch = scratch;
        Ok(())
    }

    /// The shard, once the end of the partition was reached. A changelog without a record gives a new one.
    ///
    /// # Errors
    /// [`StateFault`]: the shard cannot be restored.
    pub fn finish(mut self) -> Result<Shard, StateFault> {
        let codec = StateCodec::get();
        for (key, value) in std::mem::take(&mut self.unread) {
            let mut scratch = Vec::new();
            let print = match codec.decode(&value, &mut Vec::new()) {
                Err(StateUnread::UnknownSchema(print)) => print,
                Err(unread) => return Err(unread.into()),
                Ok(_) => continue,
            };
            let written_with = self.schemas.get(&print).ok_or_else(|| StateFault::NewerSchema(hex(print)))?;
            let state = match codec.decode_with(written_with, &value, &mut scratch) {
                Ok(state) => state,
                Err(StateUnread::UnknownWord) => return Err(StateFault::NewerSchema(hex(print))),
                Err(unread) => return Err(unread.into()),
            };
            self.put(&key, &state.body)?;
        }
        let mut shard = self.shard;
        shard.patients.retain(|_, patient| !patient.of.is_unwritten());
        let Some(progress) = self.progress else {
            return if self.taken { Err(StateFault::NoProgress) } else { Ok(shard) };
        };
        if progress.partition != shard.partition {
            return Err(StateFault::OtherShard { wanted: shard.partition, held: progress.partition });
        }
        if progress.partitions != shard.partitions {
            return Err(StateFault::OtherPartitions { held: progress.partitions, configured: shard.partitions });
        }
        if let Some(held) = self.misplaced {
            return Err(StateFault::OtherShard { wanted: shard.partition, held });
        }
        shard.next_offset = progress.next_offset;
        shard.seq = progress.seq;
        shard.ledger = progress.ledger;
        shard.last_tick = progress.last_tick;
        shard.profile_changed = progress.profile_changed;
        for case in shard.cases.values().filter(|case| !case.of.is_nullified()) {
            shard.tally.count(&case.of, true);
        }
        shard.sites = progress.sites;
        let mut said = self.said;
        for (key, patient) in &mut shard.patients {
            let mut none = None;
            let due = said.get_mut(key).map_or(&mut none, |(said, _)| &mut said.due);
            *due = patient.of.settle(*due).map_err(|RecordMissing| StateFault::RecordMissing)?;
        }
        for (key, (mut said, site)) in said {
            said.site = shard.sites.number(&site);
            shard.said.insert(key, said);
        }
        for (key, patient) in &shard.patients {
            shard.timers.put(*key, None, shard.due_of(self.judge, *key));
            shard.exposed += usize::from(patient.of.is_exposed());
            shard.entries += patient.of.len();
        }
        for key in shard.said.keys().chain(shard.handled.keys()) {
            shard.calls.put(*key, None, shard.call_due(self.judge, *key));
        }
        for (key, (clocks, candidate)) in self.desk {
            shard.desk.put_back(key, clocks, candidate);
        }
        Ok(shard)
    }

    fn take_schema(&mut self, print: &[u8], value: Option<&[u8]>) {
        let codec = StateCodec::get();
        self.shard.schema_kept |= value.is_some() && print == codec.fingerprint_hex().as_bytes();
        if let Some(schema) = value.and_then(StateCodec::writer_schema) {
            self.schemas.insert(crate::record::fingerprint(&schema), schema);
        }
    }

    fn forget(&mut self, key: &[u8]) -> Result<(), StateFault> {
        if key == PROGRESS_KEY.as_bytes() {
            self.progress = None;
            return Ok(());
        }
        let (key, segment) = state_key(key).ok_or(StateFault::UnknownKey)?;
        let patient = self.shard.patients.get_mut(&key.hash).map(|patient| &mut patient.of);
        if let Some(at) = segment {
            patient.into_iter().for_each(|course| course.forget_segment(at));
            return Ok(());
        }
        patient.into_iter().for_each(Course::forget_facts);
        self.shard.cases.remove(&key.hash);
        self.shard.told.remove(&key.hash);
        self.shard.handled.remove(&key.hash);
        self.said.remove(&key.hash);
        self.desk.remove(&key.hash);
        Ok(())
    }

    fn put(&mut self, key: &[u8], state: &StateBody<'_>) -> Result<(), StateFault> {
        match state {
            StateBody::Progress(progress) if key == PROGRESS_KEY.as_bytes() => self.put_progress(progress),
            StateBody::Progress(_) | StateBody::WriterSchema(_) => return Err(StateFault::UnknownKey),
            StateBody::Case(_) | StateBody::Patient(_) | StateBody::PatientValues(_) => {
                let (pseudonym, segment) = state_key(key).ok_or(StateFault::UnknownKey)?;
                self.note_place(key);
                match (state, segment) {
                    (StateBody::Case(state), None) => self.put_case(pseudonym, state)?,
                    (StateBody::Patient(state), None) => self.put_patient(pseudonym, state)?,
                    (StateBody::PatientValues(state), Some(at)) => self.course(pseudonym).take_segment(at, state)?,
                    (_, _) => return Err(StateFault::UnknownKey),
                }
            }
        }
        Ok(())
    }

    fn course(&mut self, key: Pseudonym) -> &mut Course {
        let new = || Box::new(Remembered::new(Course::default(), key));
        &mut self.shard.patients.entry(key.hash).or_insert_with(new).of
    }

    /// Notes a key that belongs to another partition. Where the number of partitions changed that is the fault, and the
    /// progress record says so, wherever it stands.
    fn note_place(&mut self, key: &[u8]) {
        let place = partition_of(placed_by(key), self.shard.partitions);
        if place != self.shard.partition {
            self.misplaced = Some(place);
        }
    }

    fn put_patient(&mut self, key: Pseudonym, state: &PatientState<'_>) -> Result<(), StateFault> {
        self.course(key).take_facts(state)?;
        self.said.remove(&key.hash);
        if let Some(said) = &state.said {
            let site = said.site.as_str().into();
            let said = said_of(self.judge.profile(), said, &mut Sites::default())?;
            self.said.insert(key.hash, (said, site));
        }
        Ok(())
    }

    fn put_case(&mut self, key: Pseudonym, state: &CaseState<'_>) -> Result<(), StateFault> {
        // A reaction that the present profile does not have is not counted any more.
        let bit = |id: &crate::record::Text<'_>| self.reactions.get(id.as_str()).map_or(0, |at| 1 << at);
        let concepts: u64 = state.reactions.iter().map(bit).fold(0, |all, bit| all | bit);
        let case = Case::of_state(state, concepts)?;
        self.shard.cases.insert(key.hash, Remembered::new(case, key));
        if let Some(told) = &state.told {
            self.shard.told.insert(key.hash, Told::of_state(told)?);
        } else if !self.shard.told.is_empty() {
            self.shard.told.remove(&key.hash);
        }
        if state.handled.is_empty() {
            self.shard.handled.remove(&key.hash);
        } else {
            let held = state.handled.iter().map(CaseHandled::of_state).collect::<Result<_, _>>()?;
            self.shard.handled.insert(key.hash, held);
        }
        let clocks = state.clocks.as_ref().map(ClockMemory::of_state).transpose()?;
        let candidate = state.likeness.as_ref().map(|likeness| Candidate::of_state(key.hash, likeness)).transpose()?;
        if clocks.is_some() || candidate.is_some() {
            self.desk.insert(key.hash, (clocks, candidate));
        } else if !self.desk.is_empty() {
            self.desk.remove(&key.hash);
        }
        Ok(())
    }

    fn put_progress(&mut self, progress: &ProgressState<'_>) {
        let profile = self.judge.profile();
        self.progress = Some(Progress {
            next_offset: progress.next_offset,
            seq: progress.seq,
            ledger: FateLedger::of_state(&progress.ledger),
            last_tick: progress.last_tick.map(Millis),
            sites: Sites::of_state(&progress.sites),
            partition: progress.partition,
            partitions: progress.partitions,
            profile_changed: progress.profile_hash.as_str() != profile.hash
                || progress.dictionary.as_deref() != self.judge.dictionary(),
        });
    }
}

fn hex(print: [u8; 8]) -> String {
    print.iter().map(|byte| format!("{byte:02x}")).collect()
}

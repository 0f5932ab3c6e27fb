//! What a batch changed, as records of the changelog.

use super::Judge;
use super::forward::Told;
use super::restore::StateFault;
use super::shard::{Remembered, Shard};
use crate::patient::Case;
use crate::profile::Profile;
use crate::record::Pseudonym;
use crate::record::state::{ProgressState, STATE_SCHEMA_VERSION, State, StateBody, StateCodec};

/// Key of a shard's progress record, one a partition.
pub const PROGRESS_KEY: &str = "progress";

/// What the key of a schema begins with; its fingerprint follows.
pub(super) const SCHEMA_KEY: &str = "schema:";

/// One record for `vigil.state`, to be written into the partition of its shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Kafka key.
    pub key: String,
    /// Kafka value; none is a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Shard {
    /// Appends what changed since the last call: each key once, in the order in which they first changed, and the shard's
    /// progress last. Nothing where no record was read since.
    ///
    /// # Errors
    /// [`StateFault::Unwritable`], a fault of ours: the shard must stop.
    pub fn take_changes(&mut self, judge: &Judge, into: &mut Vec<StateChange>) -> Result<(), StateFault> {
        let codec = StateCodec::get();
        let encode = |body: StateBody<'_>| codec.encode(&State { body }).map_err(|_| StateFault::Unwritable);
        if !self.moved {
            return Ok(());
        }
        if !self.schema_kept {
            let key = format!("{SCHEMA_KEY}{}", codec.fingerprint_hex());
            let value = codec.own_schema().map_err(|_| StateFault::Unwritable)?;
            into.push(StateChange { key, value: Some(value) });
            self.schema_kept = true;
        }
        let mut changed = std::mem::take(&mut self.changed);
        for key in changed.drain(..) {
            let body = self.body(judge.profile(), key);
            let value = body.map(encode).transpose()?;
            self.unmark(key);
            into.push(StateChange { key: key.to_string(), value });
        }
        self.forgotten.clear();
        // The list keeps its room, so that noting a change costs no allocation.
        self.changed = changed;
        let progress = self.progress(judge);
        into.push(StateChange { key: PROGRESS_KEY.to_owned(), value: Some(encode(StateBody::Progress(progress))?) });
        self.moved = false;
        Ok(())
    }

    /// Lets go of what [`Shard::take_changes`] would give, where no changelog is kept: the list would grow with the cases.
    pub fn discard_changes(&mut self) {
        let mut changed = std::mem::take(&mut self.changed);
        for key in changed.drain(..) {
            self.unmark(key);
        }
        self.changed = changed;
        self.forgotten.clear();
        self.moved = false;
    }

    /// The key is as the changelog has it.
    fn unmark(&mut self, key: Pseudonym) {
        if let Some(case) = self.cases.get_mut(&key.hash) {
            case.changed = false;
        } else if let Some(patient) = self.patients.get_mut(&key.hash) {
            patient.changed = false;
        }
    }

    /// What is remembered under a key; nothing where it was forgotten.
    fn body<'s>(&'s self, profile: &'s Profile, key: Pseudonym) -> Option<StateBody<'s>> {
        let patient = || self.patients.get(&key.hash).map(|patient| StateBody::Patient(patient.of.to_state()));
        self.case_body(profile, key).or_else(patient)
    }

    fn case_body<'s>(&'s self, profile: &'s Profile, key: Pseudonym) -> Option<StateBody<'s>> {
        let Remembered { of: case, .. } = self.cases.get(&key.hash)?;
        let mut state = case.to_state();
        state.reactions = reactions(profile, case).map(Into::into).collect();
        state.clocks = self.desk.clocks(key.hash).map(|clocks| clocks.to_state());
        state.likeness = self.desk.candidate(key.hash).map(|candidate| candidate.to_state());
        state.told = self.told.get(&key.hash).map(Told::to_state);
        Some(StateBody::Case(state))
    }

    fn progress<'j>(&self, judge: &'j Judge) -> ProgressState<'j> {
        ProgressState {
            next_offset: self.next_offset,
            seq: self.seq,
            ledger: self.ledger.to_state(),
            last_tick: self.last_tick.map(|time| time.0),
            partition: self.partition,
            partitions: self.partitions,
            profile_version: judge.profile().version.as_str().into(),
            profile_hash: judge.profile().hash.as_str().into(),
            dictionary: judge.dictionary().map(Into::into),
            schema_version: STATE_SCHEMA_VERSION,
        }
    }
}

/// Identities of the label reactions that a case is counted for.
fn reactions<'p>(profile: &'p Profile, case: &Case) -> impl Iterator<Item = &'p str> {
    let concepts = case.concepts;
    let counted = move |(at, _): &(usize, &crate::profile::LabelReaction)| *at < 64 && concepts >> *at & 1 == 1;
    profile.reactions.iter().enumerate().filter(counted).map(|(_, reaction)| reaction.id.as_str())
}

//! What a batch changed, as records of the changelog.

use super::Judge;
use super::calls::CaseHandled;
use super::forward::Told;
use super::restore::StateFault;
use super::shard::{Remembered, Shard};
use super::sites::Sites;
use crate::detect::{bits, criterion_name};
use crate::patient::{BedEpisode, Case, Closed, Course, Handling, Spoken};
use crate::profile::{Concern, Priority, Profile, SeverityLevel};
use crate::record::state::{
    BedEpisodeState, ProgressState, STATE_SCHEMA_VERSION, SaidState, State, StateBody, StateCodec, StateUnread, word,
};
use crate::record::{Millis, Pseudonym, Text};

/// Key of a shard's progress record, one a partition.
pub const PROGRESS_KEY: &str = "progress";

/// What the key of a schema begins with; its fingerprint follows.
pub(super) const SCHEMA_KEY: &str = "schema:";

/// What stands between a patient's pseudonym and the number of a segment of values in a key.
const SEGMENT_MARK: char = '#';

/// Key of a segment of a patient's values.
fn segment_key(patient: &str, segment: u16) -> String {
    format!("{patient}{SEGMENT_MARK}{segment}")
}

/// A key of the changelog as what it says: the pseudonym, and the segment where it is one; none where it is neither.
#[must_use]
pub fn state_key(key: &[u8]) -> Option<(Pseudonym, Option<u16>)> {
    let key = std::str::from_utf8(key).ok()?;
    let Some((patient, segment)) = key.split_once(SEGMENT_MARK) else { return Some((key.parse().ok()?, None)) };
    // There is one way to write a number, so that one segment has one key.
    let plain = segment.bytes().all(|byte| byte.is_ascii_digit()) && (segment == "0" || !segment.starts_with('0'));
    plain.then_some((patient.parse().ok()?, Some(segment.parse().ok()?)))
}

/// What of a key says in which partition it stands.
pub(super) fn placed_by(key: &[u8]) -> &[u8] {
    let mut parts = key.split(|byte| char::from(*byte) == SEGMENT_MARK);
    parts.next().unwrap_or(key)
}

/// One record for `vigil.state`, to be written into the partition of its shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Kafka key.
    pub key: String,
    /// Kafka value; none is a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Shard {
    /// Appends what changed since the last call: each key once, in the order in which they first changed, a patient's facts
    /// before the segments of values in their order, and the shard's progress last. Nothing where no record was read since.
    ///
    /// # Errors
    /// [`StateFault::Unwritable`], a fault of ours: the shard must stop.
    pub fn take_changes(&mut self, judge: &Judge, into: &mut Vec<StateChange>) -> Result<(), StateFault> {
        let codec = StateCodec::get();
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
            self.take_change(judge.profile(), key, into)?;
            self.unmark(key);
        }
        self.forgotten.clear();
        // The list keeps its room, so that noting a change costs no allocation.
        self.changed = changed;
        let progress = StateBody::Progress(self.progress(judge));
        into.push(change(PROGRESS_KEY.to_owned(), Some(progress))?);
        self.moved = false;
        Ok(())
    }

    /// Has the next [`Shard::take_changes`] give the progress, though nothing was read: so an owner says that the shard is
    /// its own.
    pub const fn claim(&mut self) {
        self.moved = true;
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
            patient.of.note_written();
        }
    }

    /// What changed of a case or patient; tombstones where it was forgotten.
    fn take_change(&self, profile: &Profile, key: Pseudonym, into: &mut Vec<StateChange>) -> Result<(), StateFault> {
        let name = key.to_string();
        let forgotten = self.forgotten.get(&key.hash).copied();
        let course = self.patients.get(&key.hash).map(|patient| &patient.of);
        if let Some(case) = self.case_body(profile, key) {
            into.push(change(name.clone(), Some(case))?);
        } else if course.is_none_or(|course| course.facts_changed() || forgotten.is_some()) {
            into.push(change(name.clone(), self.facts_body(profile, key))?);
        }
        for at in 0..course.map_or(0, Course::segments).max(forgotten.unwrap_or(0)) {
            if at < forgotten.unwrap_or(0) || course.is_some_and(|course| course.segment_changed(at)) {
                let values = course.and_then(|course| course.segment_to_state(at)).map(StateBody::PatientValues);
                into.push(change(segment_key(&name, at), values)?);
            }
        }
        Ok(())
    }

    fn facts_body<'s>(&'s self, profile: &'s Profile, key: Pseudonym) -> Option<StateBody<'s>> {
        let course = &self.patients.get(&key.hash)?.of;
        let said = self.said.get(&key.hash);
        let (mut state, due) = course.facts_to_state(said.and_then(|said| said.due))?;
        state.said = said.map(|said| said_state(profile, said, due, &self.sites));
        Some(StateBody::Patient(state))
    }

    fn case_body<'s>(&'s self, profile: &'s Profile, key: Pseudonym) -> Option<StateBody<'s>> {
        let Remembered { of: case, .. } = self.cases.get(&key.hash)?;
        let mut state = case.to_state();
        state.reactions = reactions(profile, case).map(Into::into).collect();
        state.clocks = self.desk.clocks(key.hash).map(|clocks| clocks.to_state());
        state.likeness = self.desk.candidate(key.hash).map(|candidate| candidate.to_state());
        state.told = self.told.get(&key.hash).map(Told::to_state);
        state.handled = self
            .handled
            .get(&key.hash)
            .map(|held| held.iter().map(CaseHandled::to_state).collect())
            .unwrap_or_default();
        Some(StateBody::Case(state))
    }

    fn progress<'j>(&'j self, judge: &'j Judge) -> ProgressState<'j> {
        ProgressState {
            next_offset: self.next_offset,
            seq: self.seq,
            ledger: self.ledger.to_state(),
            last_tick: self.last_tick.map(|time| time.0),
            sites: self.sites.to_state(),
            partition: self.partition,
            partitions: self.partitions,
            profile_version: judge.profile().version.as_str().into(),
            profile_hash: judge.profile().hash.as_str().into(),
            dictionary: judge.dictionary().map(Into::into),
            schema_version: STATE_SCHEMA_VERSION,
        }
    }
}

/// A record of the changelog; a tombstone where there is nothing.
fn change(key: String, body: Option<StateBody<'_>>) -> Result<StateChange, StateFault> {
    let encode = |body| StateCodec::get().encode(&State { body }).map_err(|_| StateFault::Unwritable);
    Ok(StateChange { key, value: body.map(encode).transpose()? })
}

/// What was said of a patient, for the changelog: criteria by their names, so that another profile reads them.
fn said_state<'s>(profile: &'s Profile, said: &'s Spoken, due: Option<Millis>, sites: &'s Sites) -> SaidState<'s> {
    let names = |concern, criteria: u64| {
        bits(criteria).filter_map(move |bit| criterion_name(profile, concern, bit)).map(Into::into).collect()
    };
    let episode = |episode: &BedEpisode| BedEpisodeState {
        concern: episode.concern.name().into(),
        n: i32::try_from(episode.n).unwrap_or(i32::MAX),
        revision: episode.revision,
        priority: episode.priority.name().into(),
        ever: names(episode.concern, episode.ever),
        now: names(episode.concern, episode.now),
        severity: episode.severity.map(|severity| severity.name().into()),
        grade: episode.grade.map(i32::from),
        onset: episode.onset.0,
        met_at: episode.met_at.map(|at| at.0),
        at: episode.at.0,
        falling: episode.falling.map(|since| since.0),
        closed: episode.closed.name().into(),
    };
    SaidState {
        episodes: said.episodes.iter().map(episode).collect(),
        due: due.map(|due| due.0),
        site: sites.name(said.site).into(),
        handled: said.handled.iter().map(Handling::to_state).collect(),
    }
}

/// What the changelog says was said. A criterion that the present profile does not have is not counted any more.
pub(super) fn said_of(profile: &Profile, state: &SaidState<'_>, sites: &mut Sites) -> Result<Spoken, StateUnread> {
    let set = |concern, names: &[Text<'_>]| {
        let has = |bit: &usize| {
            let own = criterion_name(profile, concern, *bit);
            own.is_some_and(|own| names.iter().any(|name| name.as_str() == own))
        };
        (0..64).filter(has).fold(0, |set, bit| set | 1_u64 << bit)
    };
    let mut said = Spoken {
        episodes: Vec::new(),
        due: state.due.map(Millis),
        site: sites.number(&state.site),
        handled: Vec::new(),
    };
    for held in &state.episodes {
        let concern = word(Concern::ALL, Concern::name, &held.concern)?;
        said.put(BedEpisode {
            concern,
            n: u32::try_from(held.n).map_err(|_| StateUnread::Malformed)?,
            revision: held.revision,
            priority: word(Priority::ALL, Priority::name, &held.priority)?,
            ever: set(concern, &held.ever),
            now: set(concern, &held.now),
            severity: held.severity.as_ref().map(|of| word(SeverityLevel::ALL, SeverityLevel::name, of)).transpose()?,
            grade: held.grade.map(u8::try_from).transpose().map_err(|_| StateUnread::Malformed)?,
            onset: Millis(held.onset),
            met_at: held.met_at.map(Millis),
            at: Millis(held.at),
            falling: held.falling.map(Millis),
            closed: word(Closed::ALL, Closed::name, &held.closed)?,
        });
    }
    for held in &state.handled {
        said.put_handling(Handling::of_state(held)?);
    }
    Ok(said)
}

/// Identities of the label reactions that a case is counted for.
fn reactions<'p>(profile: &'p Profile, case: &Case) -> impl Iterator<Item = &'p str> {
    let concepts = case.concepts;
    let counted = move |(at, _): &(usize, &crate::profile::LabelReaction)| *at < 64 && concepts >> *at & 1 == 1;
    profile.reactions.iter().enumerate().filter(counted).map(|(_, reaction)| reaction.id.as_str())
}

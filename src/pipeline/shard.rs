//! Memory of one shard, and how many cases it counts.

use super::calls::CaseHandled;
use super::desk::SafetyDesk;
use super::fate::{Fate, FateLedger};
use super::forward::Told;
use super::quiet::Quiet;
use super::sites::Sites;
use super::timers::Timers;
use super::ward::look_again;
use super::{Effects, Judge, Step};
use crate::patient::{Case, Course, Spoken};
use crate::record::{Millis, Pseudonym, Reject};
use rustc_hash::FxHashMap;

/// The shard has as many cases and patients as the settings allow; it stops rather than forget one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the shard holds {cases_max} cases and patients, as many as limits.cases_max allows: raise it, or add partitions"
)]
pub struct ShardFull {
    /// The limit.
    pub cases_max: usize,
}

/// Memory of one shard: one partition of the log. Folding the same log gives the same memory and the same alerts.
#[derive(Debug)]
pub struct Shard {
    pub(super) partition: i32,
    pub(super) partitions: i32,
    pub(super) cases_max: usize,
    pub(super) cases: FxHashMap<u128, Remembered<Case>>,
    /// Boxed: half of a table may be empty, and a table that grows moves what stands in it.
    pub(super) patients: FxHashMap<u128, Box<RememberedPatient>>,
    /// What cases have sent on to their patients; most have sent nothing.
    pub(super) told: FxHashMap<u128, Told>,
    /// What was said of patients who are watched.
    pub(super) said: FxHashMap<u128, Spoken>,
    /// Open alerts of cases, as people handle them.
    pub(super) handled: FxHashMap<u128, Vec<CaseHandled>>,
    pub(super) sites: Sites,
    pub(super) timers: Timers,
    /// Ends of snoozes, and calls that wait for an answer.
    pub(super) calls: Timers,
    /// Patients who had the product.
    pub(super) exposed: usize,
    /// Entries of all courses.
    pub(super) entries: usize,
    /// Keys that were forgotten since changes were last taken and stand in `changed`, with the segments that they had.
    pub(super) forgotten: FxHashMap<u128, u16>,
    pub(super) seq: i64,
    pub(super) next_offset: i64,
    pub(super) ledger: FateLedger,
    pub(super) tally: CaseTally,
    pub(super) desk: SafetyDesk,
    /// Latest wall time of a tick.
    pub(super) last_tick: Option<Millis>,
    /// Keys whose state is other than the changelog's, each once, in the order in which they became so.
    pub(super) changed: Vec<Pseudonym>,
    /// Has a record been read since progress was last taken?
    pub(super) moved: bool,
    /// Does the changelog hold the schema that this release writes?
    pub(super) schema_kept: bool,
    /// Was the changelog written under another profile or dictionary?
    pub(super) profile_changed: bool,
    /// Values since the shard was built that the screen passed, so that nothing was judged.
    pub(super) passed: u64,
}

/// What is remembered under a key, with what the changelog asks beside.
#[derive(Debug)]
pub(super) struct Remembered<T, B = ()> {
    pub(super) of: T,
    /// What is worked out from it and the rest, and not written.
    pub(super) beside: B,
    /// Key id of the pseudonym; the map has its hash.
    pub(super) key_id: u32,
    /// Is it other than the changelog's?
    pub(super) changed: bool,
}

/// A patient's course, and what is known of it while it is calm.
pub(super) type RememberedPatient = Remembered<Course, Option<Box<Quiet>>>;

impl<T, B: Default> Remembered<T, B> {
    /// Something that the changelog does not have.
    pub(super) fn new(of: T, key: Pseudonym) -> Self {
        Self { of, beside: B::default(), key_id: key.key_id, changed: false }
    }

    /// Notes that it changed, in the list of those that did.
    pub(super) fn change(&mut self, hash: u128, changed: &mut Vec<Pseudonym>) {
        if !self.changed {
            self.changed = true;
            changed.push(Pseudonym { key_id: self.key_id, hash });
        }
    }
}

impl Shard {
    /// An empty shard for `partition` of `partitions`, bounded to `cases_max` cases and patients together.
    #[must_use]
    pub fn new(partition: i32, partitions: i32, cases_max: usize) -> Self {
        Self {
            partition,
            partitions,
            cases_max,
            cases: FxHashMap::default(),
            patients: FxHashMap::default(),
            told: FxHashMap::default(),
            said: FxHashMap::default(),
            handled: FxHashMap::default(),
            sites: Sites::default(),
            timers: Timers::default(),
            calls: Timers::default(),
            exposed: 0,
            entries: 0,
            forgotten: FxHashMap::default(),
            seq: 0,
            next_offset: 0,
            ledger: FateLedger::default(),
            tally: CaseTally::default(),
            desk: SafetyDesk::default(),
            last_tick: None,
            changed: Vec::new(),
            moved: false,
            schema_kept: false,
            profile_changed: false,
            passed: 0,
        }
    }

    /// A record is done: count its fate, move on.
    pub(super) fn settle(&mut self, fate: &Fate, offset: i64) {
        self.ledger.settle(fate);
        self.next_offset = offset + 1;
        self.moved = true;
    }

    /// A record is rejected without being judged, because judging it failed before.
    pub fn pass_over(&mut self, offset: i64, reject: Reject) -> Step<'static> {
        let fate = Fate::Rejected(reject);
        self.settle(&fate, offset);
        Step { fate, kind: "unknown", case: None, patient: None, suspect: None, concepts: 0, recorded_at: 0 }
    }

    /// A key is due: a patient who never had the product, and of whom nothing was heard for long, is forgotten; a watched
    /// one is looked at again.
    pub(super) fn settle_due(&mut self, judge: &Judge, key: u128, now: Millis, topic: &str, effects: &mut Effects) {
        let Some(patient) = self.patients.get(&key) else { return };
        if patient.of.forgotten_at(&judge.course_rules).is_some_and(|due| due <= now) {
            let Some(mut patient) = self.patients.remove(&key) else { return };
            self.entries -= patient.of.len();
            let call = self.call_due(judge, key);
            self.calls.put(key, call, None);
            self.said.remove(&key);
            patient.change(key, &mut self.changed);
            let segments = self.forgotten.entry(key).or_default();
            *segments = patient.of.segments().max(*segments);
            return;
        }
        let pseudonym = Pseudonym { key_id: patient.key_id, hash: key };
        look_again(judge, self, pseudonym, now, topic, effects);
        let due = self.due_of(judge, key);
        self.timers.put(key, None, due);
    }

    /// A step of a patient is done: what it touched is to be written, with how the course stands now.
    pub(super) fn seal(&mut self, key: u128) {
        let due = self.said.get(&key).and_then(|said| said.due);
        if let Some(patient) = self.patients.get_mut(&key)
            && patient.of.seal(due)
        {
            patient.change(key, &mut self.changed);
        }
    }

    /// When a patient is due: forgotten, or looked at again.
    pub(super) fn due_of(&self, judge: &Judge, key: u128) -> Option<Millis> {
        let forgotten = self.patients.get(&key).and_then(|patient| patient.of.forgotten_at(&judge.course_rules));
        let again = self.said.get(&key).and_then(|said| said.due);
        forgotten.into_iter().chain(again).min()
    }

    /// Sites that are said to be silent.
    #[must_use]
    pub fn silent_sites(&self) -> usize {
        self.sites.silent()
    }

    /// What was said of a patient.
    #[must_use]
    pub fn said(&self, key: Pseudonym) -> Option<&Spoken> {
        self.said.get(&key.hash)
    }

    /// The site that spoke of a patient last; empty where nothing was ever judged of the patient.
    #[must_use]
    pub fn site_of(&self, key: Pseudonym) -> &str {
        self.said(key).map_or("", |said| self.sites.name(said.site))
    }

    /// Offset of the next record to read.
    #[must_use]
    pub const fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Number of the last alert.
    #[must_use]
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// Counts of fates.
    #[must_use]
    pub const fn ledger(&self) -> &FateLedger {
        &self.ledger
    }

    /// Cases that hold.
    #[must_use]
    pub const fn tally(&self) -> &CaseTally {
        &self.tally
    }

    /// Clocks and likenesses of the product's own cases.
    #[must_use]
    pub const fn desk(&self) -> &SafetyDesk {
        &self.desk
    }

    /// Latest wall time that a tick brought.
    #[must_use]
    pub const fn last_tick(&self) -> Option<Millis> {
        self.last_tick
    }

    /// Was the state that it was restored from written under another profile, or with another dictionary? What was said
    /// stays; what is said from now on is by the present one.
    #[must_use]
    pub const fn profile_changed(&self) -> bool {
        self.profile_changed
    }

    /// Patients remembered.
    #[must_use]
    pub fn patients(&self) -> usize {
        self.patients.len()
    }

    /// Patients remembered who had the product, as far as is known.
    #[must_use]
    pub const fn exposed_patients(&self) -> usize {
        self.exposed
    }

    /// Entries of all patients' courses.
    #[must_use]
    pub const fn course_entries(&self) -> usize {
        self.entries
    }

    /// Keys that wait for a due time.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// The course of a patient.
    #[must_use]
    pub fn course(&self, key: Pseudonym) -> Option<&Course> {
        self.patients.get(&key.hash).map(|patient| &patient.of)
    }

    /// Alerts that wait for the end of a snooze or for an answer, by key.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.len()
    }

    /// Values since the shard was built that left a quiet patient as they were, and so asked for no judgement.
    #[must_use]
    pub const fn values_passed(&self) -> u64 {
        self.passed
    }

    /// Every patient is judged in full at the next record.
    #[cfg(test)]
    pub(super) fn forget_quiet(&mut self) {
        self.patients.values_mut().for_each(|patient| patient.beside = None);
    }

    /// Cases remembered.
    #[must_use]
    pub fn cases(&self) -> usize {
        self.cases.len()
    }
}

/// Cases that hold now, by label reaction and by whether the product is suspect. Follow-ups and nullifications take out
/// what they no longer say.
#[derive(Clone, Debug)]
pub struct CaseTally {
    cases: [u64; 2],
    by_reaction: [[u64; 64]; 2],
}

impl Default for CaseTally {
    fn default() -> Self {
        Self { cases: [0; 2], by_reaction: [[0; 64]; 2] }
    }
}

impl CaseTally {
    /// Cases that hold, with the product suspect or not.
    #[must_use]
    pub const fn cases(&self, suspect: bool) -> u64 {
        if suspect { self.cases[1] } else { self.cases[0] }
    }

    /// Cases that hold and report this label reaction.
    #[must_use]
    pub fn of_reaction(&self, suspect: bool, reaction: usize) -> u64 {
        let [background, of_product] = &self.by_reaction;
        (if suspect { of_product } else { background }).get(reaction).copied().unwrap_or(0)
    }

    /// Counts a case, or takes it out.
    pub(super) fn count(&mut self, case: &Case, add: bool) {
        let [background, of_product] = &mut self.by_reaction;
        let by_reaction = if case.suspect { of_product } else { background };
        let change = |count: &mut u64| *count = if add { *count + 1 } else { count.saturating_sub(1) };
        let [quiet, suspect] = &mut self.cases;
        change(if case.suspect { suspect } else { quiet });
        let mut left = case.concepts;
        while left != 0 {
            if let Some(count) = by_reaction.get_mut(left.trailing_zeros() as usize) {
                change(count);
            }
            left &= left - 1;
        }
    }
}

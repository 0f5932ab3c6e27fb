//! The course of one patient: facts in the order of what happened, whatever the order in which they came.
//!
//! Of the versions of a fact one holds, by a rule that does not ask which came first: the later recorded-at, then the
//! graver status, then the content. A fact that also comes by another road (from a merged patient) is an entry of its own,
//! and [`Course::facts`] gives it once. What is dropped, by age or by number, is the oldest. So any order of arrival of
//! facts within the kept span gives one course. A correction that makes a dose one of another product must say that it is
//! a correction, since a first word of another product's dose leaves no mark.

use super::entry::{Arrival, CourseEntry, Via};
use super::fact::{CourseFact, Keeping, MergeFact};
use super::observed::{Observed, ValueArrival};
use super::segments::Segments;
use super::snug;
use super::stated::Said;
use super::values::Values;
use crate::profile::Profile;
use crate::record::{Millis, ProcedureKind, Pseudonym, ResultStatus};

const DAY: i64 = 86_400_000;

/// Bounds of a course, from the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourseRules {
    /// Kept span behind the newest event of a patient who had the product, milliseconds.
    pub span: i64,
    /// Kept span of one who never had it, milliseconds: a first dose that is learned late finds the signs before it.
    pub unexposed_span: i64,
    /// A patient who never had the product is forgotten so long after the last word of them, milliseconds.
    pub forget: i64,
    /// Entries of one patient at most.
    pub entries_max: usize,
    /// Values of one analyte at most: the newest are kept.
    pub values_max: usize,
}

impl CourseRules {
    /// The profile's rules.
    ///
    /// # Errors
    /// One sentence per number that is missing or not above zero.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut number = |id: &str| {
            let value = profile.fact(id).and_then(|fact| fact.value).filter(|value| (1.0..=100_000.0).contains(value));
            if value.is_none() {
                faults.push(format!("facts: {id} is missing or no number from 1 to 100000"));
            }
            #[expect(clippy::cast_possible_truncation, reason = "from 1 to 100000")]
            value.map_or(1, |value| value as i64)
        };
        let rules = Self {
            span: number("course.span_days") * DAY,
            unexposed_span: number("course.unexposed.span_days") * DAY,
            forget: number("course.unexposed.forget_days") * DAY,
            entries_max: usize::try_from(number("course.entries_max")).unwrap_or(1),
            values_max: usize::try_from(number("course.values_max")).unwrap_or(1),
        };
        if faults.is_empty() { Ok(rules) } else { Err(faults) }
    }
}

/// What a record did to a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseFold {
    /// A fact that was not there.
    New,
    /// Another version of a fact, which holds now.
    Corrected,
    /// A version that does not hold, or the one that holds again.
    Repeated,
    /// A fact that is not kept and was not there: nothing changed.
    NotKept,
    /// Older than all that is kept.
    Late,
    /// The course is full of exposure facts.
    Full,
}

/// The course of one patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    pub(super) newest: Millis,
    pub(super) heard: Millis,
    pub(super) sent: Option<Millis>,
    exposed: bool,
    transplanted: bool,
    merges: bool,
    pub(super) written: Written,
    pub(super) entries: Vec<CourseEntry>,
    pub(super) values: Values,
    /// Segments of the values; none where there never were any.
    pub(super) segments: Option<Box<Segments>>,
}

/// How a course stands in the changelog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Does it have a record of facts?
    pub facts: bool,
    /// Did the step at hand touch the facts?
    pub touched: bool,
    /// Is the record of facts other than the changelog's?
    pub dirty: bool,
    /// Do values of an earlier release stand with the facts?
    pub together: bool,
    /// What the segments say of [`Course::is_watched`].
    pub watched: bool,
}

impl Course {
    /// Folds a record in. The second answer is whether anything is other than before, so that it must be written.
    pub fn fold(&mut self, rules: &CourseRules, arrival: Arrival) -> (CourseFold, bool) {
        let Arrival { id, event_time, recorded_at, content, offset, via, said } = arrival;
        let Said { mut fact, status, time } = said;
        let time = time.or(event_time).unwrap_or(recorded_at);
        fact.began(time);
        let from = via.as_ref().map(|via| via.from);
        let is_it = |entry: &CourseEntry| entry.id == id && entry.from() == from;
        let known = self.entries.iter().position(is_it);
        // What is not kept leaves no mark, unless it may be the correction of something that is.
        if fact == CourseFact::Nothing
            && known.is_none()
            && status != ResultStatus::Corrected
            && status != ResultStatus::Withdrawn
        {
            return (CourseFold::NotKept, false);
        }
        // What a report says is never late, nor what a merged patient brings.
        let sent_on = via.is_some();
        if known.is_none() && !sent_on && fact.keeping() == Keeping::Span && time < self.floor(rules) {
            return (CourseFold::Late, false);
        }
        let before = (self.newest, self.heard);
        let happened = if recorded_at == Millis::default() { time } else { time.min(recorded_at) };
        let entry = CourseEntry { id, time, as_of: recorded_at, content, offset, via: via.map(Box::new), status, fact };
        let (fold, changed) = match known {
            Some(at) => self.fold_version(at, entry),
            None if !self.has_room(rules, &entry) => return (CourseFold::Full, false),
            None => {
                self.insert(entry);
                (CourseFold::New, true)
            }
        };
        self.newest = self.newest.max(happened);
        self.heard = self.heard.max(recorded_at);
        if changed {
            self.review();
        }
        if changed || self.newest != before.0 {
            self.drop_old(rules);
        }
        let dropped_itself = fold == CourseFold::New && !self.entries.iter().any(is_it);
        let moved = before != (self.newest, self.heard);
        let changed = moved || changed && !dropped_itself;
        self.written.touched |= changed;
        (if dropped_itself { CourseFold::Late } else { fold }, changed)
    }

    /// Folds a measured value in that came by this road; the answers as of [`Course::fold`].
    pub fn fold_value(&mut self, rules: &CourseRules, arrival: &ValueArrival, via: Option<Via>) -> (CourseFold, bool) {
        let recorded_at = arrival.recorded_at;
        let time = arrival.event_time.unwrap_or(recorded_at);
        let happened = if recorded_at == Millis::default() { time } else { time.min(recorded_at) };
        let floor = self.floor(rules);
        let new = Observed::new(arrival, time);
        let is_first = self.segments.is_none();
        let segments = self.segments.get_or_insert_default();
        let (fold, changed) = self.values.fold(arrival.analyte, new, via, (floor, rules.values_max), segments);
        if is_first && segments.is_unused() {
            self.segments = None;
        }
        if fold == CourseFold::Full {
            return (fold, false);
        }
        let before = (self.newest, self.heard);
        if fold != CourseFold::Late {
            self.newest = self.newest.max(happened);
        }
        self.heard = self.heard.max(recorded_at);
        if self.newest != before.0 {
            let facts = self.entries.len();
            self.drop_old(rules);
            self.written.touched |= facts != self.entries.len();
        }
        let moved = before != (self.newest, self.heard);
        // What no segment can say of the course stands with the facts.
        let said = self.segments.as_ref().is_some_and(|segments| segments.is_touched());
        self.written.touched |= moved && !said;
        (fold, changed || moved)
    }

    fn fold_version(&mut self, at: usize, mut new: CourseEntry) -> (CourseFold, bool) {
        let Some(held) = self.entries.get(at) else { return (CourseFold::Repeated, false) };
        if new.version() <= held.version() {
            return (CourseFold::Repeated, false);
        }
        let same = held.content == new.content && held.time == new.time;
        if same {
            new.offset = held.offset;
        }
        self.entries.remove(at);
        self.insert(new);
        (if same { CourseFold::Repeated } else { CourseFold::Corrected }, true)
    }

    fn insert(&mut self, entry: CourseEntry) {
        let at = self.entries.partition_point(|held| held.place() < entry.place());
        snug::insert(&mut self.entries, at, entry);
    }

    /// Is there room, or something that may go for it?
    fn has_room(&self, rules: &CourseRules, new: &CourseEntry) -> bool {
        self.entries.len() < rules.entries_max
            || new.fact.keeping() != Keeping::Always
            || self.entries.iter().any(|entry| entry.fact.keeping() != Keeping::Always)
    }

    /// What is older than this is no longer kept.
    fn floor(&self, rules: &CourseRules) -> Millis {
        let span = if self.exposed { rules.span } else { rules.unexposed_span };
        Millis(self.newest.0.saturating_sub(span))
    }

    /// Notes what is asked of every course.
    pub(super) fn review(&mut self) {
        let live = || self.entries.iter().filter(|entry| entry.holds());
        self.exposed = live().any(|entry| matches!(entry.fact, CourseFact::Dose(_)));
        let is_transplant = |entry: &CourseEntry| entry.fact.procedure().is_some_and(|p| p.kind == ProcedureKind::Hsct);
        self.transplanted = live().any(is_transplant);
        self.merges = self.entries.iter().any(|entry| matches!(entry.fact, CourseFact::Merge(_)));
    }

    fn drop_old(&mut self, rules: &CourseRules) {
        let floor = self.floor(rules);
        let old = |entry: &CourseEntry| entry.fact.keeping() == Keeping::Span && entry.news() < floor;
        if self.entries.iter().any(old) {
            self.entries.retain(|entry| !old(entry));
        }
        if let Some(segments) = &mut self.segments {
            self.values.drop_before(floor, segments);
        }
        while self.entries.len() > rules.entries_max {
            let oldest = |keeping| self.entries.iter().position(|entry| entry.fact.keeping() == keeping);
            let Some(at) = oldest(Keeping::Span).or_else(|| oldest(Keeping::Lasting)) else { return };
            self.entries.remove(at);
        }
    }

    /// Facts, by time and id, withdrawn ones among them.
    #[must_use]
    pub fn entries(&self) -> &[CourseEntry] {
        &self.entries
    }

    /// Measured values.
    #[must_use]
    pub const fn values(&self) -> &Values {
        &self.values
    }

    /// Facts and values, withdrawn ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() + self.values.len()
    }

    /// Is nothing known of the patient?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Newest recorded-at.
    #[must_use]
    pub const fn heard(&self) -> Millis {
        self.heard
    }

    /// Facts that hold, by time, each once: one that came by several roads as the patient's own records say it, else by
    /// the first of the roads in the order of their senders.
    pub fn facts(&self) -> impl DoubleEndedIterator<Item = &CourseEntry> {
        self.entries.iter().filter(|entry| {
            let before = |other: &&CourseEntry| other.id == entry.id && other.holds() && other.from() < entry.from();
            entry.holds() && (entry.via.is_none() || !self.entries.iter().any(|other| before(&other)))
        })
    }

    /// What this patient says of a fact to the one that stays: the version that holds by a road that does not come from
    /// there, the own one first.
    #[must_use]
    pub fn said_to(&self, to: Pseudonym, id: u128) -> Option<&CourseEntry> {
        let goes = |entry: &&CourseEntry| {
            entry.id == id && entry.holds() && entry.from() != Some(to) && !entry.path().contains(&to)
        };
        self.entries.iter().filter(goes).min_by_key(|entry| entry.from())
    }

    /// Did the patient have the product, as far as is known?
    #[must_use]
    pub const fn is_exposed(&self) -> bool {
        self.exposed
    }

    /// Did the patient have the product, or a transplant of stem cells? Others are folded and not judged.
    #[must_use]
    pub const fn is_watched(&self) -> bool {
        self.exposed || self.transplanted
    }

    /// Newest event, never later than when it became known.
    #[must_use]
    pub const fn newest(&self) -> Millis {
        self.newest
    }

    /// When the patient is forgotten: a whole day, so that it seldom moves. Never for one who had the product or is merged.
    #[must_use]
    pub const fn forgotten_at(&self, rules: &CourseRules) -> Option<Millis> {
        if self.exposed || self.merges {
            return None;
        }
        let days = self.heard.0.saturating_add(rules.forget).div_euclid(DAY) + 1;
        Some(Millis(days.saturating_mul(DAY)))
    }

    /// The patient that `own` is merged into: by the latest word on each pair that was not taken back, the latest of all.
    #[must_use]
    pub fn merged_into(&self, own: Pseudonym) -> Option<Pseudonym> {
        if !self.merges {
            return None;
        }
        let mut latest: Vec<((Millis, bool, u128), MergeFact)> = Vec::new();
        for entry in &self.entries {
            let CourseFact::Merge(merge) = &entry.fact else { continue };
            if merge.merged != own {
                continue;
            }
            let merge = MergeFact { undone: merge.undone || !entry.holds(), ..**merge };
            let word = (entry.as_of, merge.undone, entry.id);
            match latest.iter_mut().find(|(_, held)| held.survivor == merge.survivor) {
                Some(held) if held.0 < word => *held = (word, merge),
                Some(_) => {}
                None => latest.push((word, merge)),
            }
        }
        latest.retain(|(_, merge)| !merge.undone);
        latest.into_iter().max_by_key(|(word, _)| *word).map(|(_, merge)| merge.survivor)
    }

    /// Recorded-at of the next record that is sent on: later than every one before, and not before `now`.
    pub fn next_sent(&mut self, now: Millis) -> Millis {
        let next = self.sent.map_or(now, |sent| Millis(sent.0.saturating_add(1)).max(now));
        self.sent = Some(next);
        self.touch_facts();
        next
    }
}

//! The records of the changelog that a patient is written in: the facts in one, the measured values in segments of a few,
//! so that a value rewrites its segment and not the whole course.
//!
//! A value stands in one segment for life; a new one takes the first segment that has room, so that what age or number took
//! away leaves no gaps. Each record says how the course as a whole stood when a step last touched that record (its
//! [`Stamp`]): the one with the highest turn says how it stands. So a record's bytes follow from the order of the log alone,
//! however the log was cut into batches, and a record that is missing is noticed.

use super::snug;
use crate::record::Millis;

/// Values of one segment at most: of 80 bytes each, which the segment's next value writes again.
pub const SEGMENT_VALUES: u16 = 16;

/// Stands for the segment of a value that an earlier release wrote with the facts, until it is given one.
pub(super) const WITH_FACTS: u16 = u16::MAX;

/// How a course stood after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Counts the steps that changed the patient, from 1.
    pub turn: i64,
    /// Newest event.
    pub newest: Millis,
    /// Newest recorded-at.
    pub heard: Millis,
    /// When a tick looks again.
    pub due: Option<Millis>,
    /// Values in all segments.
    pub kept: u32,
    /// Is there a record of facts?
    pub facts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Segment {
    stamp: Stamp,
    /// None of its values was measured earlier.
    since: Millis,
    /// Values in it.
    held: u16,
    /// By the step at hand?
    touched: bool,
    /// Is it other than the changelog's?
    dirty: bool,
}

impl Segment {
    const EMPTY: Self = Self {
        stamp: Stamp { turn: 0, newest: Millis(0), heard: Millis(0), due: None, kept: 0, facts: false },
        since: Millis(i64::MAX),
        held: 0,
        touched: false,
        dirty: false,
    };
}

/// Which segments the step at hand touched; most steps touch one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Touched {
    #[default]
    None,
    One(u16),
    More,
}

/// The segments of a patient who has values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Segments {
    /// Stamp of the record of facts.
    pub facts: Stamp,
    turn: i64,
    list: Vec<Segment>,
    /// Every segment before it is full.
    room: u16,
    touched: Touched,
}

impl Segments {
    /// The segment for a new value; none where there are more than can be counted.
    pub(super) fn with_room(&mut self) -> Option<u16> {
        let from = usize::from(self.room);
        let has_room = |segment: &Segment| segment.held < SEGMENT_VALUES;
        let after = self.list.iter().skip(from).position(has_room);
        let at = after.map_or(self.list.len().max(from), |after| from + after);
        let at = u16::try_from(at).ok().filter(|at| *at < WITH_FACTS)?;
        self.room = at;
        Some(at)
    }

    /// A value measured at `time` stands in a segment from now on.
    pub(super) fn enter(&mut self, at: u16, time: Millis) {
        if at == WITH_FACTS {
            return;
        }
        while self.list.len() <= usize::from(at) {
            let end = self.list.len();
            snug::insert(&mut self.list, end, Segment::EMPTY);
        }
        if let Some(segment) = self.list.get_mut(usize::from(at)) {
            segment.held = segment.held.saturating_add(1);
            segment.since = segment.since.min(time);
        }
        self.touch(at);
    }

    /// A value that stood in a segment is gone.
    pub(super) fn leave(&mut self, at: u16) {
        let Some(segment) = self.list.get_mut(usize::from(at)) else { return };
        segment.held = segment.held.saturating_sub(1);
        if segment.held == 0 {
            segment.since = Millis(i64::MAX);
        }
        self.room = self.room.min(at);
        self.touch(at);
    }

    fn touch(&mut self, at: u16) {
        if let Some(segment) = self.list.get_mut(usize::from(at)) {
            segment.touched = true;
        }
        self.touched = match self.touched {
            Touched::None => Touched::One(at),
            Touched::One(one) if one == at => Touched::One(at),
            Touched::One(_) | Touched::More => Touched::More,
        };
    }

    /// All of them are to be written anew.
    pub(super) fn touch_all(&mut self) {
        for segment in self.list.iter_mut().filter(|segment| segment.held > 0) {
            segment.touched = true;
        }
        self.touched = Touched::More;
    }

    /// Did the step at hand touch any?
    pub(super) const fn is_touched(&self) -> bool {
        !matches!(self.touched, Touched::None)
    }

    /// Did it touch one that still holds a value?
    pub(super) fn touched_one_that_stands(&self) -> bool {
        match self.touched {
            Touched::None => false,
            Touched::One(at) => self.list.get(usize::from(at)).is_some_and(|segment| segment.held > 0),
            Touched::More => self.list.iter().any(|segment| segment.touched && segment.held > 0),
        }
    }

    /// The step at hand is done: stamps what it touched, and the record of facts where `with_facts`.
    pub(super) fn seal(&mut self, mut stamp: Stamp, with_facts: bool) {
        self.turn += 1;
        stamp.turn = self.turn;
        if with_facts {
            self.facts = stamp;
        }
        let seal = |segment: &mut Segment| {
            if std::mem::take(&mut segment.touched) {
                segment.stamp = stamp;
                segment.dirty = true;
            }
        };
        match std::mem::take(&mut self.touched) {
            Touched::None => {}
            Touched::One(at) => self.list.get_mut(usize::from(at)).into_iter().for_each(seal),
            Touched::More => self.list.iter_mut().for_each(seal),
        }
    }

    /// Was nothing ever kept in any?
    pub(super) const fn is_unused(&self) -> bool {
        self.turn == 0 && self.list.is_empty()
    }

    /// Numbers of segments that there ever were.
    pub(super) fn len(&self) -> u16 {
        u16::try_from(self.list.len()).unwrap_or(WITH_FACTS)
    }

    /// Is a segment other than the changelog's?
    pub(super) fn is_dirty(&self, at: u16) -> bool {
        self.list.get(usize::from(at)).is_some_and(|segment| segment.dirty)
    }

    /// The stamp of a segment that holds values, and a time before which none of them was measured.
    pub(super) fn standing(&self, at: u16) -> Option<(Stamp, Millis)> {
        let segment = self.list.get(usize::from(at)).filter(|segment| segment.held > 0)?;
        Some((segment.stamp, segment.since))
    }

    /// All of them are as the changelog has them.
    pub(super) fn written(&mut self) {
        self.list.iter_mut().for_each(|segment| segment.dirty = false);
    }

    /// A segment was read from the changelog.
    pub(super) fn put_stamp(&mut self, at: u16, stamp: Stamp) {
        if let Some(segment) = self.list.get_mut(usize::from(at)) {
            segment.stamp = stamp;
        }
    }

    /// What was read from the changelog was no step.
    pub(super) fn untouch(&mut self) {
        self.touched = Touched::None;
        self.list.iter_mut().for_each(|segment| segment.touched = false);
    }

    /// All of the changelog was read: the latest stamp, which says how the course stands, and whether every record is there
    /// that it counts. `facts`: is there a record of facts?
    pub(super) fn settle(&mut self, facts: bool) -> Option<(Stamp, bool)> {
        let standing = || self.list.iter().filter(|segment| segment.held > 0);
        let kept: u32 = standing().map(|segment| u32::from(segment.held)).sum();
        let of_facts = facts.then_some(self.facts);
        let latest = standing().map(|segment| segment.stamp).chain(of_facts).max_by_key(|stamp| stamp.turn)?;
        self.turn = latest.turn;
        Some((latest, latest.kept == kept && latest.facts == facts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_value_takes_the_first_segment_that_has_room() {
        let mut segments = Segments::default();
        for n in 0..40 {
            let at = segments.with_room().unwrap();
            assert_eq!(at, n / SEGMENT_VALUES);
            segments.enter(at, Millis(i64::from(n)));
        }
        segments.leave(1);
        assert_eq!(segments.with_room(), Some(1));
        segments.enter(1, Millis(99));
        assert_eq!(segments.with_room(), Some(2));
        assert_eq!(segments.standing(1).map(|(_, since)| since), Some(Millis(16)));
        for _ in 0..16 {
            segments.leave(0);
        }
        assert_eq!((segments.standing(0), segments.with_room()), (None, Some(0)));
    }

    #[test]
    fn a_step_stamps_what_it_touched_and_the_latest_stamp_tells_what_is_missing() {
        let mut segments = Segments::default();
        let stamp = |kept| Stamp { kept, facts: true, ..Stamp::default() };
        for n in 0..17 {
            let at = segments.with_room().unwrap();
            segments.enter(at, Millis(n));
            segments.seal(stamp(u32::try_from(n).unwrap() + 1), n == 0);
        }
        let turns = |segments: &Segments| [0, 1].map(|at| segments.standing(at).unwrap().0.turn);
        assert_eq!((segments.facts.turn, turns(&segments)), (1, [16, 17]));
        let whole = |segments: &mut Segments, facts| segments.settle(facts).map(|(stamp, whole)| (stamp.turn, whole));
        assert_eq!(whole(&mut segments, true), Some((17, true)));
        assert_eq!(whole(&mut segments, false), Some((17, false)), "the facts are missing");
        let mut without = segments.clone();
        (0..16).for_each(|_| without.leave(0));
        assert_eq!(whole(&mut without, true), Some((17, false)), "a segment is missing");
        segments.written();
        assert!(!segments.is_touched() && !segments.is_dirty(0));
    }
}

//! A course on its way into the changelog and back: the facts in one record, the values in segments.

use super::course::{Course, Written};
use super::entry::CourseEntry;
use super::segments::{Stamp, WITH_FACTS};
use crate::record::Millis;
use crate::record::state::{PatientState, PatientValuesState, StateUnread};

/// The changelog lacks a record of a patient: its latest one counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of a patient is missing")]
pub struct RecordMissing;

impl Course {
    /// Something was said of the patient that stands with the facts: they are to be written.
    pub const fn touch_facts(&mut self) {
        self.written.touched = true;
    }

    /// A step is done, and a tick looks again when `due`. True where it touched anything, so that the patient must be
    /// written.
    pub fn seal(&mut self, due: Option<Millis>) -> bool {
        let mut facts = std::mem::take(&mut self.written.touched);
        let watched = self.is_watched();
        if let Some(segments) = &mut self.segments {
            if !facts && !segments.is_touched() {
                return false;
            }
            if self.written.together || self.written.watched != watched {
                segments.touch_all();
                facts |= self.written.together;
            }
            let kept = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            // What holds of the course stands in at least one record, and the facts know whether there are values.
            facts |= !segments.touched_one_that_stands() || self.written.facts && segments.facts.kept == 0 && kept > 0;
            let facts_stand = self.written.facts || facts;
            let (newest, heard) = (self.newest, self.heard);
            segments.seal(Stamp { turn: 0, newest, heard, due, kept, facts: facts_stand }, facts);
        } else if !facts {
            return false;
        }
        let Written { facts: stood, dirty, .. } = self.written;
        self.written =
            Written { facts: stood || facts, touched: false, dirty: dirty || facts, together: false, watched };
        true
    }

    /// Is the record of facts other than the changelog's?
    #[must_use]
    pub const fn facts_changed(&self) -> bool {
        self.written.dirty
    }

    /// The record of facts; none where there is none. `due`: when a tick looks again; in the record is what it was when the
    /// record last changed, beside it.
    #[must_use]
    pub fn facts_to_state(&self, due: Option<Millis>) -> Option<(PatientState<'_>, Option<Millis>)> {
        if !self.written.facts {
            return None;
        }
        let now = Stamp { turn: 0, newest: self.newest, heard: self.heard, due, kept: 0, facts: true };
        let stamp = self.segments.as_ref().map_or(now, |segments| segments.facts);
        let state = PatientState {
            newest: stamp.newest.0,
            heard: stamp.heard.0,
            sent: self.sent.map(|sent| sent.0),
            turn: stamp.turn,
            kept: i32::try_from(stamp.kept).unwrap_or(i32::MAX),
            series: Vec::new(),
            said: None,
            entries: self.entries.iter().map(CourseEntry::to_state).collect(),
            sent_on: Vec::new(),
        };
        Some((state, stamp.due))
    }

    /// Numbers of segments that there ever were, from 0.
    #[must_use]
    pub fn segments(&self) -> u16 {
        self.segments.as_ref().map_or(0, |segments| segments.len())
    }

    /// Is a segment other than the changelog's?
    #[must_use]
    pub fn segment_changed(&self, at: u16) -> bool {
        self.segments.as_ref().is_some_and(|segments| segments.is_dirty(at))
    }

    /// A segment; none where it holds no value.
    #[must_use]
    pub fn segment_to_state(&self, at: u16) -> Option<PatientValuesState<'static>> {
        let (stamp, since) = self.segments.as_ref()?.standing(at)?;
        let (series, sent_on) = self.values.to_state(at, since);
        Some(PatientValuesState {
            turn: stamp.turn,
            newest: stamp.newest.0,
            heard: stamp.heard.0,
            due: stamp.due.map(|due| due.0),
            kept: i32::try_from(stamp.kept).unwrap_or(i32::MAX),
            facts: stamp.facts,
            watched: self.written.watched,
            series,
            sent_on,
        })
    }

    /// The changelog has all of it.
    pub fn note_written(&mut self) {
        self.written.dirty = false;
        if let Some(segments) = &mut self.segments {
            segments.written();
        }
    }

    /// Takes the record of facts of the changelog, in place of one that was taken before it.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub fn take_facts(&mut self, state: &PatientState<'_>) -> Result<(), StateUnread> {
        self.forget_facts();
        self.entries = state.entries.iter().map(CourseEntry::of_state).collect::<Result<Vec<_>, _>>()?;
        self.sent = state.sent.map(Millis);
        (self.newest, self.heard) = (Millis(state.newest), Millis(state.heard));
        self.written.facts = true;
        let together = !state.series.is_empty() || !state.sent_on.is_empty();
        if together || state.turn > 0 || self.segments.is_some() {
            let segments = self.segments.get_or_insert_default();
            segments.facts = Stamp {
                turn: state.turn,
                newest: self.newest,
                heard: self.heard,
                due: state.said.as_ref().and_then(|said| said.due).map(Millis),
                kept: u32::try_from(state.kept).map_err(|_| StateUnread::Malformed)?,
                facts: true,
            };
            if together {
                self.values.take((&state.series, &state.sent_on), WITH_FACTS, segments)?;
            }
        }
        Ok(())
    }

    /// The changelog has no record of facts.
    pub fn forget_facts(&mut self) {
        self.entries.clear();
        self.sent = None;
        self.written = Written::default();
        if let Some(segments) = &mut self.segments {
            self.values.drop_segment(WITH_FACTS, segments);
        }
    }

    /// Takes a segment of the changelog, in place of what was taken of it before.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub fn take_segment(&mut self, at: u16, state: &PatientValuesState<'_>) -> Result<(), StateUnread> {
        if at == WITH_FACTS {
            return Err(StateUnread::Malformed);
        }
        let segments = self.segments.get_or_insert_default();
        self.values.take((&state.series, &state.sent_on), at, segments)?;
        let stamp = Stamp {
            turn: state.turn,
            newest: Millis(state.newest),
            heard: Millis(state.heard),
            due: state.due.map(Millis),
            kept: u32::try_from(state.kept).map_err(|_| StateUnread::Malformed)?,
            facts: state.facts,
        };
        segments.put_stamp(at, stamp);
        Ok(())
    }

    /// The changelog does not have a segment.
    pub fn forget_segment(&mut self, at: u16) {
        if let Some(segments) = &mut self.segments {
            self.values.drop_segment(at, segments);
        }
    }

    /// Everything that the changelog has of the patient was taken. `due`: when a tick looks again by the record of facts;
    /// gives when it does by the latest of all records.
    ///
    /// # Errors
    /// [`RecordMissing`]; the course is as far as is known.
    pub fn settle(&mut self, due: Option<Millis>) -> Result<Option<Millis>, RecordMissing> {
        self.review();
        self.written.watched = self.is_watched();
        let Some(segments) = &mut self.segments else { return Ok(due) };
        let (latest, whole) = segments.settle(self.written.facts).ok_or(RecordMissing)?;
        (self.newest, self.heard) = (latest.newest, latest.heard);
        self.written.together = self.values.give_segments(segments);
        segments.untouch();
        // Forgotten since, and begun anew without a value: what stands is that of a course that never had one.
        if latest.turn == 0 && self.values.is_empty() {
            self.segments = None;
        }
        if whole { Ok(latest.due) } else { Err(RecordMissing) }
    }

    /// Does the changelog have nothing of the patient?
    #[must_use]
    pub fn is_unwritten(&self) -> bool {
        !self.written.facts && self.values.is_empty()
    }
}

#[cfg(test)]
impl Course {
    /// All of the course in one record, as an earlier release wrote it.
    pub(crate) fn to_state(&self) -> PatientState<'_> {
        let (series, sent_on) = self.values.whole();
        let entries = self.entries.iter().map(CourseEntry::to_state).collect();
        let (newest, heard, sent) = (self.newest.0, self.heard.0, self.sent.map(|sent| sent.0));
        PatientState { newest, heard, sent, turn: 0, kept: 0, series, said: None, entries, sent_on }
    }
}

//! One fact of a course: its versions, of which one holds, and the road by which it came.

use super::fact::CourseFact;
use super::stated::Said;
use crate::record::state::{EntryState, Id, StateUnread, word};
use crate::record::{Millis, Pseudonym, ResultStatus, Text};

/// By what road a fact came that the patient's own records do not say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Via {
    /// The case that reported it, or the merged patient that it was sent on from.
    pub from: Pseudonym,
    /// Merged patients that it came through, the first one first.
    pub path: Vec<Pseudonym>,
}

impl Via {
    pub(super) fn of_state(from: &Text<'_>, path: &[Text<'_>]) -> Result<Self, StateUnread> {
        let pseudonym = |text: &Text<'_>| text.parse().map_err(|_| StateUnread::Malformed);
        Ok(Self { from: pseudonym(from)?, path: path.iter().map(pseudonym).collect::<Result<_, _>>()? })
    }
}

/// One fact of a course, as the version that holds says it.
#[derive(Clone, Debug, PartialEq)]
pub struct CourseEntry {
    /// Record id.
    pub id: u128,
    /// When it happened; when it became known where nothing says so.
    pub time: Millis,
    /// Recorded-at of the version that holds.
    pub as_of: Millis,
    /// XXH3-64 of the body of that version.
    pub content: u64,
    /// Offset in the log of the record that said it.
    pub offset: i64,
    /// The road by which it came; boxed, since most have none.
    pub via: Option<Box<Via>>,
    /// Status; a withdrawn entry stays, so that its earlier version cannot return.
    pub status: ResultStatus,
    /// What happened.
    pub fact: CourseFact,
}

impl CourseEntry {
    /// Does it count, that is, was it not withdrawn?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.status != ResultStatus::Withdrawn
    }

    pub(super) fn to_state(&self) -> EntryState<'_> {
        EntryState {
            id: Id(self.id),
            time: self.time.0,
            as_of: self.as_of.0,
            content: self.content.cast_signed(),
            status: self.status.name().into(),
            via: self.from().map(|from| from.to_string().into()),
            path: self.path().iter().map(|via| via.to_string().into()).collect(),
            offset: self.offset,
            fact: self.fact.to_state(),
        }
    }

    /// The entry of the changelog.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub(super) fn of_state(held: &EntryState<'_>) -> Result<Self, StateUnread> {
        let time = Millis(held.time);
        let via = held.via.as_ref().map(|from| Via::of_state(from, &held.path)).transpose()?;
        Ok(Self {
            id: held.id.0,
            time,
            as_of: Millis(held.as_of),
            content: held.content.cast_unsigned(),
            offset: held.offset,
            via: via.map(Box::new),
            status: word(ResultStatus::ALL, ResultStatus::name, &held.status)?,
            fact: CourseFact::of_state(&held.fact, time)?,
        })
    }

    /// Who sent it on; none where it is the patient's own.
    #[must_use]
    pub fn from(&self) -> Option<Pseudonym> {
        self.via.as_deref().map(|via| via.from)
    }

    /// Merged patients that it came through.
    #[must_use]
    pub fn path(&self) -> &[Pseudonym] {
        self.via.as_deref().map_or(&[], |via| &via.path)
    }

    /// The order of a course.
    pub(super) fn place(&self) -> (Millis, u128, Option<Pseudonym>) {
        (self.time, self.id, self.from())
    }

    /// Until when it is news: what a report said, and what may be the correction of something, is so from when it became
    /// known, so that it outlives the version that it corrects.
    pub(super) fn news(&self) -> Millis {
        let late_word = matches!(self.status, ResultStatus::Corrected | ResultStatus::Withdrawn);
        if late_word || self.via.is_some() { self.time.max(self.as_of) } else { self.time }
    }

    /// Which of two versions by one road holds: the greater.
    pub(super) const fn version(&self) -> (Millis, u8, u64, Millis) {
        // The time stands in the head, so that the content alone does not tell.
        (self.as_of, self.status as u8, self.content, self.time)
    }
}

/// A record about a patient, on its way into the course.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Record id.
    pub id: u128,
    /// Event time of the head.
    pub event_time: Option<Millis>,
    /// Recorded-at.
    pub recorded_at: Millis,
    /// XXH3-64 of its body.
    pub content: u64,
    /// Offset in the log.
    pub offset: i64,
    /// The road by which it came.
    pub via: Option<Via>,
    /// What it says.
    pub said: Said,
}

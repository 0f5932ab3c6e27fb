//! Facts and values of a merged patient on their way to the patient that stays.

use super::Judge;
use super::forward::SentOn;
use crate::patient::{Course, CourseEntry, Observed};
use crate::profile::{Analyte, Decimal};
use crate::record::{Fact, Head, Pseudonym, ResultStatus};

/// A value that a merged patient says, with what it is of and the patients that it came through.
pub(super) type SaidValue = (Analyte, Observed, Vec<Pseudonym>);

/// Merges that a fact travels through at most: more are a fault of the senders, and the fact stays where it is.
pub(super) const MERGES_MAX: usize = 16;

/// What a course was before a record.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub exposed: bool,
    pub entries: usize,
    pub merged_into: Option<Pseudonym>,
    /// What the patient that stays was told of the fact.
    pub said: Option<CourseEntry>,
}

impl Before {
    pub(super) fn of(course: &Course, merged_into: Option<Pseudonym>, said: Option<CourseEntry>) -> Self {
        Self { exposed: course.is_exposed(), entries: course.len(), merged_into, said }
    }
}

/// The record that makes a merged patient's facts travel.
pub(super) struct Cause<'a> {
    judge: &'a Judge,
    key: Pseudonym,
    head: &'a Head<'a>,
}

impl<'a> Cause<'a> {
    pub(super) const fn new(judge: &'a Judge, key: Pseudonym, head: &'a Head<'a>) -> Self {
        Self { judge, key, head }
    }

    /// Sends to the patient that stays what it is to know: all of the course where it is another than before, else what
    /// the record changed. A fact goes to no patient that it came through, so that a circle of merges ends.
    pub(super) fn send_on(
        &self,
        course: &mut Course,
        id: u128,
        before: &Before,
        to: Option<Pseudonym>,
        into: &mut Vec<super::ForwardOut>,
    ) {
        if to == before.merged_into {
            let Some(to) = to else { return };
            let now = course.said_to(to, id).cloned();
            match (&before.said, &now) {
                (before, Some(now)) if before.as_ref() != Some(now) && now.fact.travels() => {
                    self.send(course, now, to, false, into);
                }
                // A dose that turned out to be of another product is taken back as the dose that it was.
                (Some(before), Some(now)) if !now.fact.travels() => self.send(course, before, to, true, into),
                (Some(before), None) => self.send(course, before, to, true, into),
                (_, _) => {}
            }
            return;
        }
        let mut ids: Vec<u128> = course.entries().iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            for (to, withdrawn) in [(before.merged_into, true), (to, false)] {
                let Some(to) = to else { continue };
                if let Some(entry) = course.said_to(to, id).cloned() {
                    self.send(course, &entry, to, withdrawn, into);
                }
            }
        }
        for id in course.values().ids() {
            for (to, withdrawn) in [(before.merged_into, true), (to, false)] {
                let Some(to) = to else { continue };
                if let Some(value) = course.values().said_to(to, id) {
                    self.send_value(course, value, to, withdrawn, into);
                }
            }
        }
    }

    /// Sends a value to the patient that stays, as far as the record changed it.
    pub(super) fn send_value_on(
        &self,
        course: &mut Course,
        id: u128,
        before: Option<SaidValue>,
        to: Pseudonym,
        into: &mut Vec<super::ForwardOut>,
    ) {
        match (before, course.values().said_to(to, id)) {
            (before, Some(now)) if before.as_ref() != Some(&now) => self.send_value(course, now, to, false, into),
            (Some(before), None) => self.send_value(course, before, to, true, into),
            (_, _) => {}
        }
    }

    fn send_value(
        &self,
        course: &mut Course,
        (analyte, value, mut path): SaidValue,
        to: Pseudonym,
        withdrawn: bool,
        into: &mut Vec<super::ForwardOut>,
    ) {
        path.push(self.key);
        let Some(measure) = value.measure().filter(|_| path.len() <= MERGES_MAX) else { return };
        let status = if withdrawn { ResultStatus::Withdrawn } else { value.status };
        let fact = Fact::Observation(self.judge.measures.written(analyte, &measure, status));
        let recorded_at = course.next_sent(self.head.recorded_at.max(value.as_of));
        let (from, id, time, cause) = (self.key, value.id(), value.time, self.head);
        let site_limit = measure.high.filter(|_| measure.high_of_site).map(Decimal::to_f64);
        into.extend(SentOn { from, to, id, withdrawn, path, time, recorded_at, site_limit, cause }.out(fact));
    }

    fn send(
        &self,
        course: &mut Course,
        entry: &CourseEntry,
        to: Pseudonym,
        withdrawn: bool,
        into: &mut Vec<super::ForwardOut>,
    ) {
        let mut path = entry.path().to_vec();
        path.push(self.key);
        let status = if withdrawn { ResultStatus::Withdrawn } else { entry.status };
        let fact =
            entry.fact.to_record(status, self.judge.profile.product.inn.as_str()).filter(|_| path.len() <= MERGES_MAX);
        let Some(fact) = fact else { return };
        let recorded_at = course.next_sent(self.head.recorded_at.max(entry.as_of));
        let (from, id, time, cause) = (self.key, entry.id, entry.time, self.head);
        let site_limit = None;
        into.extend(SentOn { from, to, id, withdrawn, path, time, recorded_at, site_limit, cause }.out(fact));
    }
}

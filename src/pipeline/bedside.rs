//! Watch's half for what is said of a patient: a fact is folded into the course, and sent on where the patient is merged.

use super::fate::Fate;
use super::forward::{SentOn, status_of, under_key};
use super::shard::{Remembered, Shard, ShardFull};
use super::{Effects, Judge, LogMessage, ReadRecord, Step};
use crate::patient::{Arrival, Course, CourseEntry, CourseFact, CourseFold, MergeFact, Said};
use crate::record::{
    Administration, Body, Fact, Head, Merge, Millis, Pseudonym, Record, Reject, RejectReason, ResultStatus, digest128,
};
use std::collections::hash_map::Entry;

pub(super) fn judge_patient<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    step: &mut Step<'m>,
    effects: &mut Effects,
) -> Result<(), ShardFull> {
    let ReadRecord { key, record, .. } = read;
    let arrival = match arrival(judge, message, read) {
        Ok(arrival) => arrival,
        Err(reject) => {
            step.fate = Fate::Rejected(reject);
            return Ok(());
        }
    };
    if shard.cases.contains_key(&key.hash) {
        // One key has one value in the changelog: a patient there would overwrite the case.
        step.fate = Fate::Rejected(RejectReason::KeyNotPseudonym.at("a patient's record under the key of a case"));
        return Ok(());
    }
    let id = arrival.id;
    let mut told = Vec::new();
    let rules = &judge.course_rules;
    let held = shard.cases.len() + shard.patients.len();
    let (remembered, before, (fold, changed)) = match shard.patients.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let course = &remembered.of;
            let merged_into = course.merged_into(*key);
            // What is replaced is asked for only where it has been sent on.
            let replaced = merged_into.and_then(|_| course.entries().iter().find(|entry| entry.id == id).cloned());
            let before = Before::of(course, judge, merged_into, replaced);
            let folded = remembered.of.fold(rules, arrival);
            (remembered, before, folded)
        }
        Entry::Vacant(new) => {
            let mut course = Course::default();
            let folded = course.fold(rules, arrival);
            if course.entries().is_empty() {
                step.fate = fate_of(folded.0);
                return Ok(());
            }
            if held >= shard.cases_max {
                return Err(ShardFull { cases_max: shard.cases_max });
            }
            let listed = shard.forgotten.remove(&key.hash);
            let remembered = new.insert(Remembered { changed: listed, ..Remembered::new(course, *key) });
            (remembered, Before::default(), folded)
        }
    };
    if changed {
        remembered.change(key.hash, &mut shard.changed);
    }
    let course = &mut remembered.of;
    step.fate = fate_of(fold);
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        let merged_into = course.merged_into(*key);
        let cause = Cause { key: *key, head: &record.head, product: judge.profile.product.inn.as_str() };
        cause.send_on(course, id, &before, merged_into, &mut told);
        if let Body::Merge(merge) = &record.body
            && let Some(merged) = merge.merged.parse().ok().filter(|merged| merged != key)
        {
            told.extend(under_key(record, merged));
        }
    }
    let after = Before::of(course, judge, None, None);
    shard.timers.put(key.hash, before.due, after.due);
    shard.exposed = shard.exposed - usize::from(before.exposed) + usize::from(after.exposed);
    shard.entries = shard.entries - before.entries + after.entries;
    if !told.is_empty() {
        step.fate = Fate::Forwarded;
        effects.forwards.append(&mut told);
    }
    Ok(())
}

/// What a course was before a record.
#[derive(Debug, Default)]
struct Before {
    due: Option<Millis>,
    exposed: bool,
    entries: usize,
    merged_into: Option<Pseudonym>,
    replaced: Option<CourseEntry>,
}

impl Before {
    fn of(course: &Course, judge: &Judge, merged_into: Option<Pseudonym>, replaced: Option<CourseEntry>) -> Self {
        Self {
            due: course.forgotten_at(&judge.course_rules),
            exposed: course.is_exposed(),
            entries: course.entries().len(),
            merged_into,
            replaced,
        }
    }
}

const fn fate_of(fold: CourseFold) -> Fate {
    match fold {
        CourseFold::New | CourseFold::NotKept => Fate::Quiet,
        CourseFold::Corrected => Fate::Corrected,
        CourseFold::Repeated => Fate::Repeated,
        CourseFold::Late => Fate::Late,
        CourseFold::Full => Fate::Rejected(Reject {
            reason: RejectReason::TooMany,
            detail: std::borrow::Cow::Borrowed("the patient's course is full of doses and transplants"),
        }),
    }
}

/// The record that makes a merged patient's facts travel.
struct Cause<'a> {
    key: Pseudonym,
    head: &'a Head<'a>,
    product: &'static str,
}

impl Cause<'_> {
    /// Sends to the patient that stays what it is to know: all of the course where it is another than before, else what
    /// the record changed. A fact never goes back to where it came from, and one that comes round a circle meets itself
    /// and goes no further.
    fn send_on(
        &self,
        course: &mut Course,
        id: u128,
        before: &Before,
        to: Option<Pseudonym>,
        into: &mut Vec<super::ForwardOut>,
    ) {
        if to == before.merged_into {
            let Some(to) = to else { return };
            let Some(now) = course.entries().iter().find(|entry| entry.id == id).cloned() else { return };
            // A dose that turned out to be of another product is taken back as the dose that it was.
            let gone = before.replaced.as_ref().filter(|_| now.fact == CourseFact::Nothing);
            let entry = gone.unwrap_or(&now);
            self.send(course, entry, to, gone.is_some() || !now.holds(), into);
            return;
        }
        let entries = course.entries().to_vec();
        for entry in entries.iter().filter(|entry| entry.holds()) {
            if let Some(left) = before.merged_into {
                self.send(course, entry, left, true, into);
            }
            if let Some(to) = to {
                self.send(course, entry, to, false, into);
            }
        }
    }

    fn send(
        &self,
        course: &mut Course,
        entry: &CourseEntry,
        to: Pseudonym,
        withdrawn: bool,
        into: &mut Vec<super::ForwardOut>,
    ) {
        if entry.via.as_deref() == Some(&to) {
            return;
        }
        let status = if withdrawn { ResultStatus::Withdrawn } else { entry.status };
        let Some(fact) = entry.fact.to_record(status, self.product) else { return };
        let recorded_at = course.next_sent(self.head.recorded_at.max(entry.as_of));
        let (from, id, time, cause) = (self.key, entry.id, entry.time, self.head);
        into.extend(SentOn { from, to, id, withdrawn, time, recorded_at, cause }.out(fact));
    }
}

/// The record as its course takes it in.
fn arrival(judge: &Judge, message: &LogMessage<'_>, read: &ReadRecord<'_>) -> Result<Arrival, Reject> {
    let ReadRecord { key, record: Record { head, body }, content } = read;
    let mut via = None;
    let said = match body {
        Body::Administration(dose) => said_dose(judge, dose),
        Body::Procedure(procedure) => Said::procedure(procedure),
        Body::Finding(finding) => Said::finding(finding),
        Body::Condition(condition) => Said::condition(condition),
        Body::Response(response) => Said::response(response),
        Body::Stay(stay) => Said::stay(stay),
        Body::Patient(person) => Said::person(person),
        Body::Merge(merge) => said_merge(*key, merge)?,
        Body::Forwarded(forwarded) => {
            let from: Pseudonym = forwarded
                .from_key
                .parse()
                .map_err(|_| RejectReason::KeyNotPseudonym.at("from_key of a forwarded record"))?;
            via = Some(from);
            let said = match &forwarded.fact {
                Fact::Finding(finding) => Said::finding(finding),
                Fact::Administration(dose) => said_dose(judge, dose),
                Fact::Condition(condition) => Said::condition(condition),
                Fact::Procedure(procedure) => Said::procedure(procedure),
                Fact::Response(response) => Said::response(response),
                Fact::Stay(stay) => Said::stay(stay),
                Fact::Patient(person) => Said::person(person),
            };
            let status = if forwarded.withdrawn { status_of(true) } else { said.status };
            Said { status, ..said }
        }
        Body::Report(_) | Body::Observation(_) | Body::Acknowledgement(_) | Body::ProfileChange(_) | Body::Tick(_) => {
            Said::nothing(ResultStatus::Final, None)
        }
    };
    // A record id that is no digest of ours (a file's) is made one.
    let id = u128::from_str_radix(&head.record_id, 16)
        .ok()
        .filter(|_| head.record_id.len() == 32)
        .unwrap_or_else(|| digest128(&[b"record id", head.record_id.as_bytes()]));
    Ok(Arrival {
        id,
        event_time: head.event_time,
        recorded_at: head.recorded_at,
        content: *content,
        offset: message.offset,
        via,
        said,
    })
}

/// A dose of the product; of any other there is nothing to keep.
fn said_dose(judge: &Judge, dose: &Administration<'_>) -> Said {
    if judge.classifier.products().by_name(&dose.product).is_some() {
        Said::dose(dose)
    } else {
        Said::nothing(dose.status, dose.start)
    }
}

fn said_merge(key: Pseudonym, merge: &Merge<'_>) -> Result<Said, Reject> {
    let pseudonym = |text: &str| text.parse().map_err(|_| RejectReason::KeyNotPseudonym.at("a pseudonym of a merge"));
    let (survivor, merged): (Pseudonym, Pseudonym) = (pseudonym(&merge.survivor)?, pseudonym(&merge.merged)?);
    if survivor == merged || (key != survivor && key != merged) {
        return Err(RejectReason::InvalidValue.at("a merge of a patient with itself, or of others than its key"));
    }
    let fact = CourseFact::Merge(Box::new(MergeFact { survivor, merged, undone: merge.undone }));
    Ok(Said { fact, status: ResultStatus::Final, time: None })
}

//! Watch's half for what is said of a patient: a fact is folded into the course, and sent on where the patient is merged.

use super::fate::Fate;
use super::forward::{SentOn, status_of, under_key};
use super::shard::{Remembered, Shard, ShardFull};
use super::ward::{Cause as WardCause, judge_ward};
use super::{Effects, Judge, LogMessage, ReadRecord, Step};
use crate::normalise::{Measure, NoMeasure, Reported, read_text};
use crate::patient::{Arrival, Course, CourseEntry, CourseFact, CourseFold, MergeFact, Said, ValueArrival, Via};
use crate::profile::Analyte;
use crate::record::{
    Administration, Body, Comparator, Fact, Head, Merge, Millis, Observation, Pseudonym, Record, Reject, RejectReason,
    ResultStatus, digest128,
};
use std::collections::hash_map::Entry;

/// Merges that a fact travels through at most: more are a fault of the senders, and the fact stays where it is.
const MERGES_MAX: usize = 16;

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
    if arrival.via.as_ref().is_some_and(|via| via.path.contains(key)) {
        // Round a circle of merges: the patient has it from nearer.
        step.fate = Fate::Repeated;
        return Ok(());
    }
    if shard.cases.contains_key(&key.hash) {
        // One key has one value in the changelog: a patient there would overwrite the case.
        step.fate = Fate::Rejected(RejectReason::KeyNotPseudonym.at("a patient's record under the key of a case"));
        return Ok(());
    }
    let id = arrival.id;
    let mut told = Vec::new();
    let rules = &judge.course_rules;
    let held = shard.cases.len() + shard.patients.len();
    let before_due = shard.due_of(judge, key.hash);
    let (remembered, before, (fold, changed)) = match shard.patients.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let course = &remembered.of;
            let merged_into = course.merged_into(*key);
            // What was said before is asked for only where it is sent on.
            let said = merged_into.and_then(|to| course.said_to(to, id).cloned());
            let before = Before::of(course, merged_into, said);
            let folded = remembered.of.fold(rules, arrival);
            (remembered, before, folded)
        }
        Entry::Vacant(new) => {
            let mut course = Course::default();
            let folded = course.fold(rules, arrival);
            if course.is_empty() {
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
    let after = Before::of(course, None, None);
    let happened = course.entries().iter().find(|entry| entry.id == id).map(|entry| entry.time);
    shard.exposed = shard.exposed - usize::from(before.exposed) + usize::from(after.exposed);
    shard.entries = shard.entries - before.entries + after.entries;
    let alerts = effects.alerts.len();
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        judge_ward(judge, shard, *key, &cause_of(message, &record.head, happened, fold, None), effects);
    }
    settle(judge, shard, *key, before_due, effects.alerts.len() > alerts, step);
    if !told.is_empty() {
        if step.fate != Fate::Alerted {
            step.fate = Fate::Forwarded;
        }
        effects.forwards.append(&mut told);
    }
    Ok(())
}

/// One measured value: folded, and judged where the patient is watched.
pub(super) fn judge_value<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    result: &Observation<'m>,
    step: &mut Step<'m>,
    effects: &mut Effects,
) -> Result<(), ShardFull> {
    let ReadRecord { key, record: Record { head, .. }, content } = read;
    if shard.cases.contains_key(&key.hash) {
        step.fate = Fate::Rejected(RejectReason::KeyNotPseudonym.at("a patient's record under the key of a case"));
        return Ok(());
    }
    // A result of something that no rule looks at is counted and not kept.
    let Some(analyte) = judge.measures.analyte(result.loinc.as_deref(), result.analyte.as_deref()) else {
        return Ok(());
    };
    let arrival = ValueArrival {
        id: record_id(head),
        event_time: head.event_time,
        recorded_at: head.recorded_at,
        content: *content,
        offset: message.offset,
        analyte,
        measure: measure(judge, analyte, result),
        status: result.status,
    };
    let rules = &judge.course_rules;
    let before_due = shard.due_of(judge, key.hash);
    let held = shard.cases.len() + shard.patients.len();
    let (remembered, before, (fold, changed)) = match shard.patients.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let before = remembered.of.len();
            let folded = remembered.of.fold_value(rules, &arrival);
            (remembered, before, folded)
        }
        Entry::Vacant(new) => {
            if held >= shard.cases_max {
                return Err(ShardFull { cases_max: shard.cases_max });
            }
            let mut course = Course::default();
            let folded = course.fold_value(rules, &arrival);
            let listed = shard.forgotten.remove(&key.hash);
            (new.insert(Remembered { changed: listed, ..Remembered::new(course, *key) }), 0, folded)
        }
    };
    if changed {
        remembered.change(key.hash, &mut shard.changed);
    }
    shard.entries = shard.entries - before + remembered.of.len();
    step.fate = fate_of(fold);
    let alerts = effects.alerts.len();
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        let happened = head.event_time.unwrap_or(head.recorded_at);
        judge_ward(judge, shard, *key, &cause_of(message, head, Some(happened), fold, Some(analyte)), effects);
    }
    settle(judge, shard, *key, before_due, effects.alerts.len() > alerts, step);
    Ok(())
}

/// What is measured, exactly; a result sent as text is read as one.
fn measure(judge: &Judge, analyte: Analyte, result: &Observation<'_>) -> Result<Measure, NoMeasure> {
    let text = || result.value_text.as_deref().and_then(read_text);
    let (comparator, value, unit) = match &result.quantity {
        Some(quantity) => (quantity.comparator, Some(quantity.value), quantity.unit.as_str()),
        None => text().map_or((Comparator::Eq, None, ""), |(comparator, value, unit)| (comparator, Some(value), unit)),
    };
    let reported = Reported {
        comparator,
        value,
        unit,
        low: result.reference_low,
        high: result.reference_high,
        specimen: result.specimen.as_deref(),
        body_site: result.body_site.as_deref(),
    };
    judge.measures.read(analyte, &reported, None)
}

fn cause_of<'a>(
    message: &LogMessage<'a>,
    head: &'a Head<'_>,
    happened: Option<Millis>,
    fold: CourseFold,
    analyte: Option<Analyte>,
) -> WardCause<'a> {
    WardCause {
        topic: message.topic,
        site: head.site.as_str(),
        recorded_at: head.recorded_at,
        happened: happened.unwrap_or(head.recorded_at),
        corrected: fold == CourseFold::Corrected,
        analyte,
        due: false,
    }
}

/// Moves the patient's due time, and says of the record that it alerted.
fn settle(
    judge: &Judge,
    shard: &mut Shard,
    key: Pseudonym,
    before: Option<Millis>,
    alerted: bool,
    step: &mut Step<'_>,
) {
    let after = shard.due_of(judge, key.hash);
    shard.timers.put(key.hash, before, after);
    if alerted {
        step.fate = Fate::Alerted;
    }
}

/// What a course was before a record.
#[derive(Debug, Default)]
struct Before {
    exposed: bool,
    entries: usize,
    merged_into: Option<Pseudonym>,
    /// What the patient that stays was told of the fact.
    said: Option<CourseEntry>,
}

impl Before {
    fn of(course: &Course, merged_into: Option<Pseudonym>, said: Option<CourseEntry>) -> Self {
        Self { exposed: course.is_exposed(), entries: course.len(), merged_into, said }
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
    /// the record changed. A fact goes to no patient that it came through, so that a circle of merges ends.
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
        let fact = entry.fact.to_record(status, self.product).filter(|_| path.len() <= MERGES_MAX);
        let Some(fact) = fact else { return };
        let recorded_at = course.next_sent(self.head.recorded_at.max(entry.as_of));
        let (from, id, time, cause) = (self.key, entry.id, entry.time, self.head);
        into.extend(SentOn { from, to, id, withdrawn, path, time, recorded_at, cause }.out(fact));
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
            let path = forwarded.path.iter().take(MERGES_MAX).map(|key| key.parse());
            let path = path.collect::<Result<Vec<Pseudonym>, _>>();
            let path = path.map_err(|_| RejectReason::KeyNotPseudonym.at("path of a forwarded record"))?;
            via = Some(Via { from, path });
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
    Ok(Arrival {
        id: record_id(head),
        event_time: head.event_time,
        recorded_at: head.recorded_at,
        content: *content,
        offset: message.offset,
        via,
        said,
    })
}

/// A record id that is no digest of ours (a file's) is made one.
pub(super) fn record_id(head: &Head<'_>) -> u128 {
    u128::from_str_radix(&head.record_id, 16)
        .ok()
        .filter(|_| head.record_id.len() == 32)
        .unwrap_or_else(|| digest128(&[b"record id", head.record_id.as_bytes()]))
}

/// A dose of the product, or defibrotide; of any other there is nothing to keep.
fn said_dose(judge: &Judge, dose: &Administration<'_>) -> Said {
    if judge.classifier.products().by_name(&dose.product).is_some() {
        Said::dose(dose)
    } else if judge.defibrotide.found_in(&dose.product) {
        Said::defibrotide(dose)
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

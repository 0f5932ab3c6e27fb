//! Watch's half for what is said of a patient: a fact is folded into the course, and sent on where the patient is merged.

use super::calls::speak_again_after_merge;
use super::fate::Fate;
use super::forward::{status_of, under_key};
use super::quiet::stays_quiet;
use super::shard::{Remembered, Shard, ShardFull};
use super::travel::{Before, Cause, MERGES_MAX};
use super::ward::{Cause as WardCause, judge_ward};
use super::{Effects, Judge, LogMessage, ReadRecord, Step};
use crate::normalise::{Measure, NoMeasure, Reported, read_text};
use crate::patient::{Arrival, Course, CourseFact, CourseFold, MergeFact, Said, ValueArrival, Via};
use crate::profile::{Analyte, Decimal};
use crate::record::{
    Administration, Body, Comparator, Fact, Head, Merge, Millis, Observation, Pseudonym, Record, Reject, RejectReason,
    ResultStatus, digest128,
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
    if let Body::Forwarded(forwarded) = &record.body
        && let Fact::Observation(result) = &forwarded.fact
    {
        return judge_value(judge, shard, message, read, result, step, effects);
    }
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
    let (remembered, before, (fold, _)) = match shard.patients.entry(key.hash) {
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
            let listed = shard.forgotten.contains_key(&key.hash);
            let remembered = new.insert(Box::new(Remembered { changed: listed, ..Remembered::new(course, *key) }));
            (remembered, Before::default(), folded)
        }
    };
    let course = &mut remembered.of;
    step.fate = fate_of(fold);
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        let merged_into = course.merged_into(*key);
        let cause = Cause::new(judge, *key, &record.head);
        cause.send_on(course, id, &before, merged_into, &mut told);
        if let Body::Merge(merge) = &record.body {
            // Both must know of it, whoever was told: one sends its facts on, the other's alerts speak again.
            let others =
                [&merge.survivor, &merge.merged].into_iter().filter_map(|other| other.parse::<Pseudonym>().ok());
            told.extend(others.filter(|other| other != key).filter_map(|other| under_key(record, other)));
        }
    }
    let after = Before::of(course, None, None);
    let happened = course.entries().iter().find(|entry| entry.id == id).map(|entry| entry.time);
    shard.exposed = shard.exposed - usize::from(before.exposed) + usize::from(after.exposed);
    shard.entries = shard.entries - before.entries + after.entries;
    let alerts = effects.alerts.len();
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        judge_ward(judge, shard, *key, &cause_of(message, &record.head, happened, fold, None), effects);
        if let Body::Merge(merge) = &record.body
            && merge.survivor.parse::<Pseudonym>().is_ok_and(|survivor| survivor == *key)
        {
            speak_again_after_merge(judge, shard, key.hash, (record.head.recorded_at, message.topic), effects);
        }
    }
    settle(judge, shard, *key, before_due, effects.alerts.len() > alerts, step);
    forward(told, step, effects);
    Ok(())
}

/// Hands on what other keys are told, and says of the record that it was forwarded, unless it alerted.
fn forward(mut told: Vec<super::ForwardOut>, step: &mut Step<'_>, effects: &mut Effects) {
    if !told.is_empty() {
        if step.fate != Fate::Alerted {
            step.fate = Fate::Forwarded;
        }
        effects.forwards.append(&mut told);
    }
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
    let via = match via(&read.record.body) {
        Ok(via) => via,
        Err(reject) => {
            step.fate = Fate::Rejected(reject);
            return Ok(());
        }
    };
    if via.as_ref().is_some_and(|via| via.path.contains(key)) {
        // Round a circle of merges: the patient has it from nearer.
        step.fate = Fate::Repeated;
        return Ok(());
    }
    // A result of something that no rule looks at is counted and not kept.
    let Some(analyte) = judge.measures.analyte(result.loinc.as_deref(), result.analyte.as_deref()) else {
        return Ok(());
    };
    // A message without a limit of normal takes that of its site.
    let (withdrawn, site_high) = if let Body::Forwarded(sent_on) = &read.record.body {
        (sent_on.withdrawn, sent_on.site_limit.and_then(Decimal::from_f64))
    } else {
        (false, judge.profile.site(&head.site).and_then(|site| site.upper_limit(analyte)))
    };
    let id = record_id(head);
    let arrival = ValueArrival {
        id,
        event_time: head.event_time,
        recorded_at: head.recorded_at,
        content: *content,
        offset: message.offset,
        analyte,
        measure: measure(judge, analyte, result, site_high),
        status: if withdrawn { ResultStatus::Withdrawn } else { result.status },
    };
    let mut told = Vec::new();
    let rules = &judge.course_rules;
    let held = shard.cases.len() + shard.patients.len();
    let (remembered, before, said, (fold, _)) = match shard.patients.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let before = (remembered.of.len(), remembered.of.forgotten_at(rules));
            // What was said before is asked for only where it is sent on.
            let said = remembered.of.merged_into(*key).map(|to| (to, remembered.of.values().said_to(to, id)));
            let folded = remembered.of.fold_value(rules, &arrival, via);
            (remembered, before, said, folded)
        }
        Entry::Vacant(_) if shard.cases.contains_key(&key.hash) => {
            step.fate = Fate::Rejected(RejectReason::KeyNotPseudonym.at("a patient's record under the key of a case"));
            return Ok(());
        }
        Entry::Vacant(new) => {
            if held >= shard.cases_max {
                return Err(ShardFull { cases_max: shard.cases_max });
            }
            let mut course = Course::default();
            let folded = course.fold_value(rules, &arrival, via);
            let listed = shard.forgotten.contains_key(&key.hash);
            (
                new.insert(Box::new(Remembered { changed: listed, ..Remembered::new(course, *key) })),
                (0, None),
                None,
                folded,
            )
        }
    };
    let (entries, forgotten) = before;
    shard.entries = shard.entries - entries + remembered.of.len();
    step.fate = fate_of(fold);
    let list = (key.hash, &mut shard.changed);
    if fold == CourseFold::New
        && said.is_none()
        && stays_quiet(judge, remembered, &mut shard.sites, analyte, head, id, list)
    {
        shard.passed += 1;
        return Ok(());
    }
    if let Some((to, before)) = said
        && matches!(fold, CourseFold::New | CourseFold::Corrected)
    {
        Cause::new(judge, *key, head).send_value_on(&mut remembered.of, id, before, to, &mut told);
    }
    let before_due = forgotten.into_iter().chain(shard.said.get(&key.hash).and_then(|said| said.due)).min();
    let alerts = effects.alerts.len();
    if matches!(fold, CourseFold::New | CourseFold::Corrected) {
        let happened = head.event_time.unwrap_or(head.recorded_at);
        // A correction may take a value from another time or another analyte: then anything may be other.
        let analyte = (fold == CourseFold::New).then_some(analyte);
        judge_ward(judge, shard, *key, &cause_of(message, head, Some(happened), fold, analyte), effects);
    }
    settle(judge, shard, *key, before_due, effects.alerts.len() > alerts, step);
    forward(told, step, effects);
    Ok(())
}

/// What is measured, exactly; a result sent as text is read as one.
fn measure(
    judge: &Judge,
    analyte: Analyte,
    result: &Observation<'_>,
    site_high: Option<Decimal>,
) -> Result<Measure, NoMeasure> {
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
    judge.measures.read(analyte, &reported, site_high)
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

/// Notes what is to be written, moves the patient's due time, and says of the record that it alerted.
fn settle(
    judge: &Judge,
    shard: &mut Shard,
    key: Pseudonym,
    before: Option<Millis>,
    alerted: bool,
    step: &mut Step<'_>,
) {
    shard.seal(key.hash);
    let after = shard.due_of(judge, key.hash);
    shard.timers.put(key.hash, before, after);
    if alerted {
        step.fate = Fate::Alerted;
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

/// The road by which a record came that another key sent on.
fn via(body: &Body<'_>) -> Result<Option<Via>, Reject> {
    let Body::Forwarded(forwarded) = body else { return Ok(None) };
    let key = |text: &str, what: &'static str| text.parse().map_err(|_| RejectReason::KeyNotPseudonym.at(what));
    let from: Pseudonym = key(&forwarded.from_key, "from_key of a forwarded record")?;
    let path = forwarded.path.iter().take(MERGES_MAX).map(|text| key(text, "path of a forwarded record"));
    Ok(Some(Via { from, path: path.collect::<Result<_, _>>()? }))
}

/// The record as its course takes it in.
fn arrival(judge: &Judge, message: &LogMessage<'_>, read: &ReadRecord<'_>) -> Result<Arrival, Reject> {
    let ReadRecord { key, record: Record { head, body }, content } = read;
    let via = via(body)?;
    let said = match body {
        Body::Administration(dose) => said_dose(judge, dose),
        Body::Procedure(procedure) => Said::procedure(procedure),
        Body::Finding(finding) => Said::finding(finding),
        Body::Condition(condition) => Said::condition(condition),
        Body::Response(response) => Said::response(response, judge.profile.zone(&head.site)),
        Body::Stay(stay) => Said::stay(stay),
        Body::Patient(person) => Said::person(person),
        Body::Merge(merge) => said_merge(*key, merge)?,
        Body::Forwarded(forwarded) => {
            let said = match &forwarded.fact {
                Fact::Finding(finding) => Said::finding(finding),
                Fact::Administration(dose) => said_dose(judge, dose),
                Fact::Condition(condition) => Said::condition(condition),
                Fact::Procedure(procedure) => Said::procedure(procedure),
                // The head says when the key that it comes from took it to be.
                Fact::Response(response) => {
                    let said = Said::response(response, judge.profile.zone(&head.site));
                    Said { time: head.event_time.or(said.time), ..said }
                }
                Fact::Stay(stay) => Said::stay(stay),
                Fact::Patient(person) => Said::person(person),
                // A value has its own way in.
                Fact::Observation(result) => Said::nothing(result.status, None),
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

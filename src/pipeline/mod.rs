//! The whole journey of one message on one screen: [`intake`] is ingest's half, [`step`] is watch's.

mod changes;
mod desk;
#[cfg(test)]
mod determinism_tests;
mod fate;
mod restore;
#[cfg(test)]
mod restore_tests;
mod shard;
#[cfg(test)]
mod stories_tests;
#[cfg(test)]
mod tests;

pub use changes::{PROGRESS_KEY, StateChange};
pub use desk::{DeskEntry, DueCalendar, SafetyDesk};
pub use fate::{Fate, FateLedger};
pub use restore::{Restore, StateFault};
pub use shard::{CaseTally, Shard, ShardFull};

use crate::alert::{AlertOut, Decision, LogPosition, judge_case};
use crate::classify::{Classifier, Review, report_day};
use crate::decode::{self, Format, Limits};
use crate::normalise::{Completion, Pseudonymiser, complete};
use crate::patient::{Case, Folded};
use crate::profile::Profile;
use crate::profile::meddra::Dictionary;
use crate::record::{Body, Codec, Millis, Pseudonym, Record, Reject, RejectReason, Report, Text, partition_of};
use shard::Remembered;
use std::collections::hash_map::Entry;

/// A message of a source topic, as it came.
#[derive(Clone, Copy, Debug)]
pub struct SourceMessage<'a> {
    /// Source topic, or a file's name.
    pub topic: &'a str,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Timestamp of the message, milliseconds since 1970, UTC: the record's recorded-at. 0 where there is none (files).
    pub timestamp: i64,
    /// The message.
    pub payload: &'a [u8],
    /// The format, where the source's settings or a header name it.
    pub format: Option<Format>,
}

/// What is configured for a source topic.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Site of its records.
    pub site: String,
    /// Sender of reports that name none.
    pub sender: String,
    /// Is it the operator's own receipt, so that regulatory clocks run?
    pub own_receipt: bool,
    /// Its format; `None` lets each message show its own.
    pub format: Option<Format>,
}

/// What ingest needs to turn messages into records.
#[derive(Debug)]
pub struct Intake {
    /// Makes pseudonyms.
    pub pseudonymiser: Pseudonymiser,
    /// Bounds.
    pub limits: Limits,
    /// May messages be of kinds that only the system itself writes, and hold other keys' pseudonyms? True for files read
    /// by `replay` alone.
    pub internal_kinds: bool,
}

/// A record ready for the log.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// Kafka key: the pseudonym's text.
    pub key: &'a str,
    /// Kafka value: Avro, single-object encoding.
    pub value: &'a [u8],
    /// Kind of the record, for metrics.
    pub kind: &'static str,
    /// Recorded-at, milliseconds: the Kafka timestamp to write it with.
    pub timestamp: i64,
}

/// Takes one source message in: decode, complete, encode. `out` is called once for each record of the message, in
/// order, with its index in the container; index -1 stands for the whole message.
pub fn intake(
    intake: &Intake,
    source: &Source,
    message: &SourceMessage<'_>,
    out: &mut dyn FnMut(i32, Result<LogRecord<'_>, Reject>),
) {
    let mut value = Vec::new();
    let format = message.format.or(source.format);
    decode::decode(format, message.payload, &intake.limits, &mut |index, decoded| {
        let encoded = decoded.and_then(|mut record| {
            let known = Completion {
                topic: message.topic,
                partition: message.partition,
                offset: message.offset,
                index,
                timestamp: message.timestamp,
                site: &source.site,
                sender: &source.sender,
                own_receipt: source.own_receipt,
                internal_kinds: intake.internal_kinds,
            };
            complete(&mut record, &intake.pseudonymiser, &known)?;
            value.clear();
            Codec::record()
                .encode(&record, &mut value)
                .map_err(|_| RejectReason::InvalidValue.at("the record does not fit the schema"))?;
            Ok((record.head.key.to_string(), record.body.kind(), record.head.recorded_at.0))
        });
        match encoded {
            Ok((key, kind, timestamp)) => out(index, Ok(LogRecord { key: &key, value: &value, kind, timestamp })),
            Err(reject) => out(index, Err(reject)),
        }
    });
}

/// A message of the log.
#[derive(Clone, Copy, Debug)]
pub struct LogMessage<'a> {
    /// Topic of the log.
    pub topic: &'a str,
    /// Partition: the shard.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Kafka key.
    pub key: Option<&'a [u8]>,
    /// Kafka value.
    pub value: &'a [u8],
}

/// What judging needs besides memory: profile and indexes. Immutable, shared by all shards.
#[derive(Debug)]
pub struct Judge {
    profile: &'static Profile,
    classifier: Classifier,
    /// Version of the user's MedDRA, stamped on what it decides.
    dictionary: Option<String>,
}

impl Judge {
    /// A judge by this profile.
    ///
    /// # Errors
    /// One sentence per contradiction in the profile's terms and names.
    pub fn new(profile: &'static Profile) -> Result<Self, Vec<String>> {
        Ok(Self { profile, classifier: Classifier::new(profile)?, dictionary: None })
    }

    /// A judge by this profile and a user's MedDRA.
    ///
    /// # Errors
    /// As [`Judge::new`], and one sentence per contradiction between profile and dictionary.
    pub fn with_dictionary(profile: &'static Profile, dictionary: &Dictionary) -> Result<Self, Vec<String>> {
        let mut judge = Self::new(profile)?;
        judge.classifier.add_dictionary(profile, dictionary)?;
        judge.dictionary = Some(dictionary.version().to_owned());
        Ok(judge)
    }

    /// Version of the user's MedDRA, where there is one.
    #[must_use]
    pub fn dictionary(&self) -> Option<&str> {
        self.dictionary.as_deref()
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The indexes for reports.
    #[must_use]
    pub const fn classifier(&self) -> &Classifier {
        &self.classifier
    }
}

/// What [`step`] made of one record.
#[derive(Clone, Debug)]
pub struct Step<'m> {
    /// Its fate.
    pub fate: Fate,
    /// Its kind; `unknown` where it could not be read.
    pub kind: &'static str,
    /// Case identifier of a report.
    pub case: Option<Text<'m>>,
    /// Pseudonym of the patient, where one is known.
    pub patient: Option<Pseudonym>,
    /// For a report: is the product suspect?
    pub suspect: Option<bool>,
    /// Bit set of the label reactions reported; see [`Profile::reactions`].
    pub concepts: u64,
    /// When the record became known, milliseconds since 1970.
    pub recorded_at: i64,
}

/// A record for another key of the log, to be written in the shard's own transaction and placed by murmur2 of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardOut {
    /// Kafka key: the pseudonym of the patient.
    pub key: String,
    /// Kafka value: Avro, single-object encoding.
    pub value: Vec<u8>,
    /// Recorded-at, milliseconds: the Kafka timestamp to write it with.
    pub timestamp: i64,
}

/// What a batch of steps wants done beside the changes of state: carried out in one place, which clears it.
#[derive(Debug, Default)]
pub struct Effects {
    /// Alerts, in the order in which they were raised.
    pub alerts: Vec<AlertOut>,
    /// Records for other keys, in the order in which they were caused.
    pub forwards: Vec<ForwardOut>,
}

/// Judges one record of the log: read it, check that it belongs here, fold it, judge it, say what changed.
///
/// # Errors
/// [`ShardFull`]: nothing was folded, and the shard must stop.
pub fn step<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    scratch: &'m mut Vec<u8>,
    effects: &mut Effects,
) -> Result<Step<'m>, ShardFull> {
    match read(shard, message, scratch) {
        Ok(read) => step_decoded(judge, shard, message, &read, effects),
        Err((reject, kind)) => {
            let fate = Fate::Rejected(reject);
            let step = Step { fate, kind, case: None, patient: None, suspect: None, concepts: 0, recorded_at: 0 };
            shard.settle(&step.fate, message.offset);
            Ok(step)
        }
    }
}

/// The half of [`step`] behind decoding: fold, judge, settle.
///
/// # Errors
/// [`ShardFull`]: nothing was folded, and the shard must stop.
pub fn step_decoded<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    effects: &mut Effects,
) -> Result<Step<'m>, ShardFull> {
    let step = judge_record(judge, shard, message, read, effects)?;
    shard.settle(&step.fate, message.offset);
    Ok(step)
}

/// A record of the log, decoded and found to belong to the shard.
#[derive(Debug)]
pub struct ReadRecord<'m> {
    /// The key.
    pub key: Pseudonym,
    /// The record.
    pub record: Record<'m>,
    /// Hash of the record's body, whoever sent it and when: tells a repeat from a correction.
    pub content: u64,
}

/// Why a record of the log cannot be used, and its kind as far as that could be read.
pub type Unreadable = (Reject, &'static str);

/// The half of [`step`] before folding: decode a record of the log and check that it is one of this shard's.
///
/// # Errors
/// The reject, and the record's kind as far as it could be read.
pub fn read<'m>(
    shard: &Shard,
    message: &LogMessage<'m>,
    scratch: &'m mut Vec<u8>,
) -> Result<ReadRecord<'m>, Unreadable> {
    const UNKNOWN: &str = "unknown";
    let (record, body) = Codec::record().decode_record(message.value, scratch).map_err(|reject| (reject, UNKNOWN))?;
    let kind = record.body.kind();
    let key = message.key.unwrap_or_default();
    let pseudonym: Pseudonym = std::str::from_utf8(key)
        .ok()
        .and_then(|key| key.parse().ok())
        .ok_or_else(|| (RejectReason::KeyNotPseudonym.at("key of the message"), kind))?;
    if record.head.key.as_bytes() != key {
        return Err((RejectReason::KeyNotPseudonym.at("key of the message is not the record's"), kind));
    }
    if record.head.identity.is_some() || matches!(&record.body, Body::Report(r) if r.patient.identity.is_some()) {
        return Err((RejectReason::IdentityInLog.at("identity in clear"), kind));
    }
    // Ticks are written into the partition of their shard, whatever their key.
    if !matches!(record.body, Body::Tick(_)) && partition_of(key, shard.partitions) != message.partition
        || message.partition != shard.partition
    {
        return Err((RejectReason::WrongPartition.at(format!("partition {}", message.partition)), kind));
    }
    Ok(ReadRecord { key: pseudonym, record, content: xxhash_rust::xxh3::xxh3_64(body) })
}

fn judge_record<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    effects: &mut Effects,
) -> Result<Step<'m>, ShardFull> {
    let ReadRecord { key, record, content: _ } = read;
    let mut step = Step {
        fate: Fate::Quiet,
        kind: record.body.kind(),
        case: None,
        patient: Some(*key),
        suspect: None,
        concepts: 0,
        recorded_at: record.head.recorded_at.0,
    };
    match &record.body {
        Body::Report(report) => judge_report(judge, shard, message, read, report, &mut step, effects)?,
        Body::Tick(_) => {
            step.fate = Fate::Tick;
            step.patient = None;
        }
        // Folded into patients' courses by a later release; until then they are kept in the log and counted.
        Body::Observation(_)
        | Body::Administration(_)
        | Body::Procedure(_)
        | Body::Finding(_)
        | Body::Condition(_)
        | Body::Response(_)
        | Body::Stay(_)
        | Body::Patient(_)
        | Body::Forwarded(_)
        | Body::Merge(_)
        | Body::Acknowledgement(_)
        | Body::ProfileChange(_) => {}
    }
    Ok(step)
}

fn judge_report<'m>(
    judge: &Judge,
    shard: &mut Shard,
    message: &LogMessage<'m>,
    read: &ReadRecord<'m>,
    report: &Report<'m>,
    step: &mut Step<'m>,
    effects: &mut Effects,
) -> Result<(), ShardFull> {
    let ReadRecord { key, record: Record { head, .. }, content } = read;
    let (key, content) = (*key, *content);
    let mut assessment = judge.classifier.assess(report);
    let told = judge.classifier.told(judge.profile, report, &mut assessment);
    step.case = report.worldwide_case_id.as_ref().or(report.sender_case_id.as_ref()).cloned();
    step.patient = report.patient.pseudonym.as_deref().and_then(|p| p.parse().ok());
    step.suspect = Some(assessment.suspect.is_some());
    step.concepts = assessment.concepts;
    let cases = shard.cases.len();
    let (remembered, folded) = match shard.cases.entry(key.hash) {
        Entry::Occupied(known) => {
            let remembered = known.into_mut();
            let case = &mut remembered.of;
            let before = (!case.is_nullified()).then(|| case.clone_counted());
            let folded = case.fold(report, content, head.recorded_at);
            if let Some(before) = before.filter(|_| folded.holds() || folded == Folded::Nullified) {
                shard.tally.count(&before, false);
            }
            (remembered, folded)
        }
        Entry::Vacant(_) if cases >= shard.cases_max => return Err(ShardFull { cases_max: shard.cases_max }),
        Entry::Vacant(new) => {
            let (case, folded) = Case::first(report, content, head.recorded_at);
            (new.insert(Remembered::new(case, key)), folded)
        }
    };
    if folded.holds() || folded == Folded::Nullified {
        remembered.change(key.hash, &mut shard.changed);
    }
    let case = &mut remembered.of;
    if folded.holds() {
        case.suspect = assessment.suspect.is_some();
        case.concepts = assessment.concepts;
        shard.tally.count(case, true);
    }
    step.fate = match folded {
        Folded::First | Folded::FollowUp => Fate::Quiet,
        Folded::Correction | Folded::Nullified => Fate::Corrected,
        Folded::Repeated | Folded::Superseded => Fate::Repeated,
    };
    if folded.holds() || folded == Folded::Nullified {
        let at = LogPosition { topic: message.topic, partition: message.partition, offset: message.offset };
        let holds = folded.holds();
        let suspect = holds && assessment.suspect.is_some();
        // The full half, for the product's own reports alone.
        let became_known = (head.recorded_at != Millis::default()).then(|| head.recorded_at.date()).flatten();
        let on = report_day(report, became_known);
        let report = told.as_ref();
        let review = suspect.then(|| Review::new(judge.profile, &judge.classifier, report, &assessment, on));
        let entry = match &review {
            Some(review) => shard.desk.take_in(judge.profile, (key.hash, message.offset), head, review),
            None => {
                shard.desk.let_go(key.hash, folded == Folded::Nullified);
                DeskEntry::default()
            }
        };
        let decision = Decision {
            profile: judge.profile,
            key,
            head,
            report,
            assessment: &assessment,
            holds,
            at,
            review: review.as_ref(),
            due: &entry.clocks.due,
            duplicates: &entry.duplicates,
            dictionary: judge.dictionary(),
        };
        let before = effects.alerts.len();
        judge_case(&decision, case, &mut shard.seq, &mut effects.alerts);
        if let Some((forgotten, hash)) = entry.forgotten.and_then(|hash| Some((shard.cases.get_mut(&hash)?, hash))) {
            forgotten.change(hash, &mut shard.changed);
        }
        if effects.alerts.len() > before {
            step.fate = Fate::Alerted;
        }
    }
    Ok(())
}

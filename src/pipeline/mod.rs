//! The whole journey of one message on one screen: [`intake`] is ingest's half, [`step`] is watch's.

mod acts;
#[cfg(test)]
mod acts_properties_tests;
#[cfg(test)]
mod acts_tests;
mod bedside;
mod calls;
mod changes;
#[cfg(test)]
mod course_tests;
mod desk;
#[cfg(test)]
mod determinism_tests;
mod explain;
mod fate;
mod forward;
mod intake;
#[cfg(test)]
mod merge_alerts_tests;
mod quiet;
mod report;
mod restore;
#[cfg(test)]
mod restore_tests;
#[cfg(test)]
mod screen_tests;
#[cfg(test)]
mod segments_tests;
#[cfg(test)]
mod sent_on_tests;
mod shard;
#[cfg(test)]
mod simulator_tests;
mod sites;
#[cfg(test)]
mod stories_tests;
#[cfg(test)]
mod tests;
mod tick;
mod timers;
mod travel;
mod ward;
#[cfg(test)]
mod ward_properties_tests;
#[cfg(test)]
mod ward_tests;

pub use changes::{PROGRESS_KEY, StateChange, state_key};
pub use desk::{DeskEntry, DueCalendar, SafetyDesk};
pub use explain::explain_patient;
pub use fate::{Fate, FateLedger};
pub use intake::{Intake, LogRecord, Source, SourceMessage, intake};
pub use restore::{Restore, StateFault};
pub use shard::{CaseTally, Shard, ShardFull};
pub use tick::{TickOut, tick_record};
pub use timers::DUES_PER_TICK;

use crate::alert::AlertOut;
use crate::classify::Classifier;
use crate::detect::CriticalSites;
use crate::normalise::{Measures, WordList};
use crate::patient::CourseRules;
use crate::profile::Profile;
use crate::profile::meddra::Dictionary;
use crate::record::{Body, Codec, Pseudonym, Record, Reject, RejectReason, Text, partition_of};

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
    /// Bounds of patients' courses.
    course_rules: CourseRules,
    /// Analytes, units and codes.
    measures: Measures<'static>,
    /// Words of the critical sites of bleeding.
    critical_sites: CriticalSites,
    /// Names of defibrotide.
    defibrotide: WordList,
}

impl Judge {
    /// A judge by this profile.
    ///
    /// # Errors
    /// One sentence per contradiction in the profile's terms and names.
    pub fn new(profile: &'static Profile) -> Result<Self, Vec<String>> {
        let defibrotide = WordList::of_fact(profile, "product.defibrotide_names").map_err(|fault| vec![fault]);
        match (Classifier::new(profile), CourseRules::new(profile), defibrotide) {
            (Ok(classifier), Ok(course_rules), Ok(defibrotide)) => Ok(Self {
                profile,
                classifier,
                dictionary: None,
                course_rules,
                measures: Measures::new(profile),
                critical_sites: CriticalSites::new(profile),
                defibrotide,
            }),
            (classifier, course, words) => {
                Err([classifier.err(), course.err(), words.err()].into_iter().flatten().flatten().collect())
            }
        }
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
        Body::Report(report) => report::judge_report(judge, shard, message, read, report, &mut step, effects)?,
        Body::Tick(tick) => {
            step.fate = tick::advance(judge, shard, message.topic, tick, effects);
            step.patient = None;
        }
        Body::Observation(result) => bedside::judge_value(judge, shard, message, read, result, &mut step, effects)?,
        Body::Administration(_)
        | Body::Procedure(_)
        | Body::Finding(_)
        | Body::Condition(_)
        | Body::Response(_)
        | Body::Stay(_)
        | Body::Patient(_)
        | Body::Forwarded(_)
        | Body::Merge(_) => bedside::judge_patient(judge, shard, message, read, &mut step, effects)?,
        Body::Acknowledgement(act) => step.fate = acts::judge_act(judge, shard, message, read, act, effects),
        // Kept in the log and counted.
        Body::ProfileChange(_) => {}
    }
    Ok(step)
}

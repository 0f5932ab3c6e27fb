//! One report's judgement with its reasons, for a person at a terminal. It shows what the report says, so it is for
//! those who may read the report.

use super::files::read_sources;
use super::replay::{FILE_BYTES_MAX, PUBLIC_KEY};
use crate::classify::{Assessment, ReactionFound, Stated, SuspectRow, listedness, serious, serious_reaction};
use crate::decode::{Limits, WHOLE_MESSAGE};
use crate::normalise::{ProductMatch, Pseudonymiser};
use crate::pipeline::{
    Effects, Intake, Judge, LogMessage, LogRecord, Shard, Source, SourceMessage, explain_patient, intake, step,
};
use crate::profile::{Profile, Region};
use crate::record::{Body, Codec, Millis, Pseudonym, Record, Reject, Report, partition_of};
use anyhow::bail;
use std::fmt::Write as _;
use std::path::Path;

/// What was found in the file.
#[derive(Debug, Default)]
struct Found {
    text: Option<String>,
    reports: usize,
    /// Places and reasons of what could not be read; at most [`FAULTS_SHOWN`].
    faults: Vec<String>,
}

/// Most faults of a file that are listed when no report was found.
const FAULTS_SHOWN: usize = 10;

/// Explains the report of `case` (as its sender numbers it), or the first one of the file.
///
/// # Errors
/// When the file cannot be read or holds no such report; what could not be read is then listed.
pub fn explain(judge: &Judge, path: &Path, case: Option<&str>, limits: Limits) -> anyhow::Result<String> {
    let files = read_sources(path, FILE_BYTES_MAX)?;
    let message_bytes = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
    let by = Intake {
        pseudonymiser: Pseudonymiser::new(PUBLIC_KEY)?,
        limits: Limits { message_bytes, ..limits },
        internal_kinds: true,
    };
    let source = Source { site: "file".to_owned(), sender: "file".to_owned(), ..Source::default() };
    let mut found = Found::default();
    files.messages(&by.limits, &mut |message| {
        let (topic, offset) = (message.file, message.offset);
        let mut each = |index: i32, made: Result<LogRecord<'_>, Reject>| match made {
            Ok(record) => found.record(judge, case, &record),
            Err(reject) if found.faults.len() < FAULTS_SHOWN => {
                found.faults.push(format!("{topic}:{offset}:{index} {reject}"));
            }
            Err(_) => {}
        };
        match message.payload {
            Ok(payload) => {
                let message = SourceMessage { topic, partition: 0, offset, timestamp: 0, payload, format: None };
                intake(&by, &source, &message, &mut each);
            }
            Err(reject) => each(WHOLE_MESSAGE, Err(reject)),
        }
    });
    let Some(mut text) = found.text else {
        let faults: String = found.faults.iter().map(|fault| format!("\n  {fault}")).collect();
        let which = case.map(|case| format!(" with the case id {case}")).unwrap_or_default();
        bail!("no report{which} among the {} reports of {}{faults}", found.reports, path.display());
    };
    if case.is_none() && found.reports > 1 {
        let _ = writeln!(text, "\n{} further reports in this file; choose one with --case ID.", found.reports - 1);
    }
    Ok(text)
}

/// [`explain_bedside`] with the words of a command line.
///
/// # Errors
/// Where a word is no pseudonym or no time, and as [`explain_bedside`].
pub fn patient(judge: &Judge, path: &Path, patient: &str, at: Option<&str>, limits: Limits) -> anyhow::Result<String> {
    let (patient, at) = whom_and_when(patient, at)?;
    explain_bedside(judge, path, patient, at, limits)
}

/// A patient and a time, as a command line says them.
///
/// # Errors
/// Where a word is no pseudonym or no time.
pub fn whom_and_when(patient: &str, at: Option<&str>) -> anyhow::Result<(Pseudonym, Option<Millis>)> {
    let Ok(patient) = patient.parse() else { bail!("--patient: no pseudonym of the form KEYID:HASH") };
    match at.map(str::parse::<jiff::Timestamp>).transpose() {
        Ok(at) => Ok((patient, at.map(|at| Millis(at.as_millisecond())))),
        Err(error) => bail!("--at: {error}"),
    }
}

/// Explains a patient of the records of a file or folder: every rule with its verdict, what it looked at and what is
/// missing, at `at` or at the newest moment known.
///
/// # Errors
/// When the file cannot be read or tells of no such patient.
pub fn explain_bedside(
    judge: &Judge,
    path: &Path,
    patient: Pseudonym,
    at: Option<Millis>,
    limits: Limits,
) -> anyhow::Result<String> {
    let files = read_sources(path, FILE_BYTES_MAX)?;
    let message_bytes = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
    let by = Intake {
        pseudonymiser: Pseudonymiser::new(PUBLIC_KEY)?,
        limits: Limits { message_bytes, ..limits },
        internal_kinds: true,
    };
    let source = Source { site: "file".to_owned(), sender: "file".to_owned(), ..Source::default() };
    let mut shard = Shard::new(0, 1, usize::MAX);
    let mut position = 0;
    files.messages(&by.limits, &mut |message| {
        let Ok(payload) = message.payload else { return };
        let (topic, offset) = (message.file, message.offset);
        let message = SourceMessage { topic, partition: 0, offset, timestamp: 0, payload, format: None };
        intake(&by, &source, &message, &mut |_, made| {
            let Ok(record) = made else { return };
            let key = Some(record.key.as_bytes());
            let message =
                LogMessage { topic: "vigil.records", partition: 0, offset: position, key, value: record.value };
            position += 1;
            // A shard without a bound is never full, and what it rejects concerns no patient.
            let _ = step(judge, &mut shard, &message, &mut Vec::new(), &mut Effects::default());
        });
    });
    match explain_patient(judge, &shard, patient, at) {
        Some(text) => Ok(text),
        None => bail!("{} tells of no patient with this pseudonym", path.display()),
    }
}

impl Found {
    fn record(&mut self, judge: &Judge, case: Option<&str>, log: &LogRecord<'_>) {
        let mut scratch = Vec::new();
        let Ok(record) = Codec::record().decode::<Record<'_>>(log.value, &mut scratch) else { return };
        let Body::Report(report) = &record.body else { return };
        self.reports += 1;
        let ids = [report.worldwide_case_id.as_deref(), report.sender_case_id.as_deref()];
        let wanted = case.is_none_or(|case| ids.contains(&Some(case)));
        if !wanted || self.text.is_some() && case.is_none() {
            return;
        }
        // Of several versions of a case the last one in the file is shown.
        let mut text = describe(judge, &record, report);
        text.push_str(&alerts(judge, log));
        self.text = Some(text);
    }
}

/// What the report alone would raise, as the first version of its case.
fn alerts(judge: &Judge, log: &LogRecord<'_>) -> String {
    let key = log.key.as_bytes();
    let (partitions, cases_max) = (1, 1);
    let partition = partition_of(key, partitions);
    let mut shard = Shard::new(partition, partitions, cases_max);
    let message = LogMessage { topic: "vigil.records", partition, offset: 0, key: Some(key), value: log.value };
    let (mut scratch, mut effects) = (Vec::new(), Effects::default());
    let mut text = String::from("\nAlerts, were this the first version of the case\n");
    match step(judge, &mut shard, &message, &mut scratch, &mut effects) {
        Ok(step) => {
            let _ = writeln!(text, "  fate of the record: {}", step.fate.name());
        }
        Err(full) => {
            let _ = writeln!(text, "  {full}");
        }
    }
    if effects.alerts.is_empty() {
        text.push_str("  none\n");
    }
    for out in &effects.alerts {
        let alert = &out.alert;
        let notify = if alert.notify { "notifies" } else { "does not notify" };
        let _ = writeln!(text, "  {} {}: priority {}, {notify}", alert.concern, alert.change.name(), alert.priority);
        let _ = writeln!(text, "    {}", alert.explanation.as_str());
        let _ = writeln!(text, "    listedness: {}", alert.listedness_reason.as_str());
        if !alert.unknown.is_empty() {
            let missing: Vec<&str> = alert.unknown.iter().map(|missing| missing.as_str()).collect();
            let _ = writeln!(text, "    not known: {}", missing.join(", "));
        }
    }
    text
}

fn describe(judge: &Judge, record: &Record<'_>, report: &Report<'_>) -> String {
    let profile = judge.profile();
    let mut assessment = judge.classifier().assess(report);
    let told = judge.classifier().told(profile, report, &mut assessment);
    let report = told.as_ref();
    let mut text = String::new();
    let case = report.worldwide_case_id.as_deref().or(report.sender_case_id.as_deref()).unwrap_or("without an id");
    let version = report.version.map(|version| format!(", version {version}")).unwrap_or_default();
    let date = report.most_recent.map(|date| format!(", information of {date}")).unwrap_or_default();
    let _ =
        writeln!(text, "Case {case}{version}{date}, {:?} report from {}", report.report_type, report.sender.as_str());
    let _ = writeln!(text, "  pseudonym of the case {} (with replay's public key)", record.head.key.as_str());
    let _ = writeln!(text, "  profile {} of {}", profile.version, profile.product.brand);
    product(&mut text, profile, report, &assessment);
    let _ = writeln!(text, "\nSeriousness of the case: {}", stated(serious(&report.seriousness)));
    let _ = writeln!(text, "\nReactions ({})", report.reactions.len());
    for found in &assessment.reactions {
        reaction(&mut text, profile, record, report, found);
    }
    if !report.missing_parts.is_empty() {
        let parts: Vec<&str> = report.missing_parts.iter().map(|part| part.as_str()).collect();
        let _ = writeln!(text, "\nParts that the source did not supply: {}", parts.join(", "));
    }
    text
}

fn product(text: &mut String, profile: &Profile, report: &Report<'_>, assessment: &Assessment) {
    let brand = &profile.product.brand;
    let row = |row: &SuspectRow| {
        let drug = report.drugs.get(usize::from(row.at));
        let reported = drug.map_or("", |drug| drug.name.as_str());
        let role = drug.map(|drug| format!("{:?}", drug.role).to_lowercase()).unwrap_or_default();
        let by = match row.by {
            ProductMatch::Name(at) => profile.product.names.get(usize::from(at)).map_or_else(String::new, |name| {
                format!("by the name “{}” ({}, source {})", name.text, name.kind, name.source)
            }),
            ProductMatch::Code(at) => profile
                .product
                .codes
                .get(usize::from(at))
                .map_or_else(String::new, |code| format!("by the {} code {}", code.system, code.code)),
            ProductMatch::Abbreviation(at) => {
                profile.product.abbreviations.get(usize::from(at)).map_or_else(String::new, |name| {
                    format!("by the abbreviation “{}” in a fitting context (source {})", name.text, name.source)
                })
            }
        };
        format!("drug {} “{reported}”, role {role}, {by}", row.at + 1)
    };
    let _ = match (&assessment.suspect, &assessment.named_otherwise) {
        (Some(suspect), _) => writeln!(text, "\n{brand} is suspect: {}", row(suspect)),
        (None, Some(named)) => writeln!(text, "\n{brand} is named, but not as suspect: {}", row(named)),
        (None, None) => writeln!(text, "\n{brand} is not among the {} drugs of the report", report.drugs.len()),
    };
}

fn reaction(text: &mut String, profile: &Profile, record: &Record<'_>, report: &Report<'_>, found: &ReactionFound) {
    let Some(reported) = report.reactions.get(usize::from(found.at)) else { return };
    let term = reported.term.as_deref().unwrap_or("no term");
    let code = reported.code.map(|code| format!(", code {code}")).unwrap_or_default();
    let _ = writeln!(text, "  {}. “{term}”{code}", found.at + 1);
    let label = found.term.and_then(|term| profile.reactions.get(usize::from(term.reaction)));
    let _ = match (found.term, label) {
        (Some(term), Some(label)) => {
            let known = label.terms.get(usize::from(term.term)).map_or("", |term| term.text.as_str());
            let verified = if term.verified { "" } else { ", UNVERIFIED code" };
            let means = if term.concept_bit() == 0 { " (does not count as it)" } else { "" };
            writeln!(
                text,
                "     reaction {} “{}”{means}: by {} “{known}”, relation {}{verified}",
                label.id,
                label.label_term,
                found.basis.name(),
                term.relation
            )
        }
        (Some(_), None) | (None, _) => writeln!(text, "     not a reaction that the profile knows"),
    };
    let _ = writeln!(text, "     serious: {}", stated(serious_reaction(report, reported)));
    let became_known = (record.head.recorded_at.0 != 0).then(|| record.head.recorded_at.date()).flatten();
    let on = report.most_recent.or(report.first_received).or(became_known);
    for region in Region::ALL {
        let listed = listedness(profile, report, found, *region, on);
        let _ = writeln!(text, "     {region}: {} – {}", listed.answer, listed.why.words());
    }
    if found.term.is_some_and(|term| term.dme) {
        let _ = writeln!(text, "     on the list of designated medical events");
    }
}

const fn stated(stated: Stated) -> &'static str {
    match stated {
        Stated::Yes => "yes",
        Stated::No => "stated not to be",
        Stated::Unknown => "not stated",
    }
}

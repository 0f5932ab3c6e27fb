//! `vigil explain --patient P --from-log`: a patient as the log tells, judged anew. Nothing is written, and no group is
//! joined.
//!
//! The key's partition is read from its first record to the end that it had, read-committed, and folded whole: what was
//! said of a patient depends on the ticks, and on whether its site was silent, which other patients' records say.

use super::kafka::Cluster;
use super::scan::{Isolation, Scanner};
use crate::config::Settings;
use crate::pipeline::{Effects, Judge, LogMessage, Shard, explain_patient, step};
use crate::record::{Millis, Pseudonym, partition_of};
use crate::verify::Spans;
use anyhow::bail;
use rdkafka::message::Message as _;
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;

/// Explains the patient at `at`, or at the newest moment known.
///
/// # Errors
/// When the cluster does not answer, there is no log, memory is full, or the log tells of no such patient.
pub fn explain(
    cluster: &Cluster,
    settings: &Settings,
    judge: &Judge,
    (patient, at): (Pseudonym, Option<Millis>),
    stop: &CancellationToken,
) -> anyhow::Result<String> {
    let scanner = Scanner { cluster, stop };
    let topic = settings.topics.records.as_str();
    let Some(log) = scanner.spans(topic)? else { bail!("there is no topic {topic}") };
    let partitions = i32::try_from(log.len())?;
    let partition = partition_of(patient.to_string().as_bytes(), partitions);
    let Some(span) = log.get(&partition).copied() else { bail!("{topic} has no partition {partition}") };
    let mut shard = Shard::new(partition, partitions, settings.limits.cases_max);
    let mut effects = Effects::default();
    scanner.read(topic, &Spans::from([(partition, span)]), Isolation::Committed, &mut |message| {
        let (offset, value) = (message.offset(), message.payload().unwrap_or_default());
        let log = LogMessage { topic, partition, offset, key: message.key(), value };
        step(judge, &mut shard, &log, &mut Vec::new(), &mut effects)?;
        effects.alerts.clear();
        effects.forwards.clear();
        Ok(())
    })?;
    let Some(mut text) = explain_patient(judge, &shard, patient, at) else {
        bail!("{topic}/{partition}, where this pseudonym's records are, tells of no such patient");
    };
    let _ = writeln!(text, "\nRead from {topic}/{partition}, offsets {} to {}", span.low, span.end);
    if span.low > 0 {
        text.push_str("  The log does not begin at its beginning: what was said before it is not known here.\n");
    }
    Ok(text)
}

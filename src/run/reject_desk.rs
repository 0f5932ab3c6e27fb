//! `vigil rejects list` and `show`: what was rejected, without content; and one message whole, when it is asked for.

use super::kafka::Cluster;
use super::rejects::{self, RejectRecord, Stage, hex};
use super::scan::{Isolation, Scanner};
use crate::config::Settings;
use crate::record::{Millis, RejectReason};
use crate::verify::Spans;
use anyhow::{Context as _, bail};
use rdkafka::message::{BorrowedMessage, Message as _};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::io::Write;
use std::str::FromStr;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_64;

/// Which rejects are meant; what is left empty matches all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Reasons.
    pub reasons: Vec<RejectReason>,
    /// Who rejected.
    pub stage: Option<Stage>,
    /// Topic of the message.
    pub topic: Option<String>,
    /// Rejected at this time or later, milliseconds.
    pub since: Option<i64>,
    /// Rejected before this time, milliseconds.
    pub until: Option<i64>,
}

impl Filter {
    /// Does it match a reject that was written at `time`?
    #[must_use]
    pub fn matches(&self, reject: &RejectRecord<'_>, time: i64) -> bool {
        (self.reasons.is_empty() || self.reasons.iter().any(|reason| reason.name() == reject.reason))
            && self.stage.is_none_or(|stage| stage == reject.stage)
            && self.topic.as_deref().is_none_or(|topic| topic == reject.topic)
            && self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
    }
}

/// Position of a message: topic/partition/offset, which is the key of its rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

impl FromStr for Place {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.rsplitn(3, '/');
        let offset = parts.next().and_then(|part| part.parse().ok());
        let partition = parts.next().and_then(|part| part.parse().ok());
        match (parts.next(), partition, offset) {
            (Some(topic), Some(partition), Some(offset)) if !topic.is_empty() => {
                Ok(Self { topic: topic.to_owned(), partition, offset })
            }
            _ => Err("expected TOPIC/PARTITION/OFFSET".to_owned()),
        }
    }
}

/// Messages that were put back, by the hash of their position as text.
pub type Redriven = FxHashSet<u64>;

/// The topic of the rejects, and what of it is there now.
pub struct Desk<'c> {
    /// Reads.
    pub scanner: Scanner<'c>,
    topic: &'c str,
    spans: Spans,
}

impl<'c> Desk<'c> {
    /// Opens it.
    ///
    /// # Errors
    /// When the cluster does not answer or there is no such topic.
    pub fn open(cluster: &'c Cluster, settings: &'c Settings, stop: &'c CancellationToken) -> anyhow::Result<Self> {
        let (scanner, topic) = (Scanner { cluster, stop }, settings.topics.rejects.as_str());
        let Some(spans) = scanner.spans(topic)? else { bail!("there is no topic {topic}") };
        Ok(Self { scanner, topic, spans })
    }

    /// Gives every message: the reject, or `None` for the note that one was put back.
    ///
    /// # Errors
    /// When the cluster does not answer, or `each` fails.
    pub fn read(
        &self,
        each: &mut dyn FnMut(&BorrowedMessage<'_>, Option<&RejectRecord<'_>>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.scanner.read(self.topic, &self.spans, Isolation::Committed, &mut |message| {
            let Some(value) = message.payload() else { return each(message, None) };
            let mut scratch = Vec::new();
            match rejects::decode(value, &mut scratch) {
                Ok(reject) => each(message, Some(&reject)),
                Err(_) => {
                    eprintln!("{}/{}/{} is no reject", self.topic, message.partition(), message.offset());
                    Ok(())
                }
            }
        })
    }

    /// What was put back before.
    ///
    /// # Errors
    /// When the cluster does not answer.
    pub fn redriven(&self) -> anyhow::Result<Redriven> {
        let mut redriven = Redriven::default();
        self.read(&mut |message, reject| {
            if reject.is_none() {
                redriven.insert(xxh3_64(message.key().unwrap_or_default()));
            }
            Ok(())
        })?;
        Ok(redriven)
    }
}

/// Position of the message of a reject.
#[must_use]
pub fn place_of(reject: &RejectRecord<'_>) -> String {
    format!("{}/{}/{}", reject.topic, reject.partition, reject.offset)
}

/// Prints a line for each reject that matches, and counts by reason; nothing of a message's content.
///
/// # Errors
/// When the cluster does not answer or `out` takes no more.
pub fn list(desk: &Desk<'_>, filter: &Filter, limit: Option<u64>, out: &mut dyn Write) -> anyhow::Result<u64> {
    let redriven = desk.redriven()?;
    let mut counts: BTreeMap<(Stage, String), u64> = BTreeMap::new();
    let mut matched = 0;
    desk.read(&mut |message, reject| {
        let Some(reject) = reject else { return Ok(()) };
        let time = message.timestamp().to_millis().unwrap_or_default();
        if !filter.matches(reject, time) {
            return Ok(());
        }
        matched += 1;
        *counts.entry((reject.stage, reject.reason.to_string())).or_default() += 1;
        if limit.is_some_and(|limit| matched > limit) {
            return Ok(());
        }
        let place = place_of(reject);
        let kept = match (&reject.raw, reject.raw_truncated) {
            (None, _) => "with the first of its message",
            (Some(_), true) => "beginning only",
            (Some(_), false) => "whole",
        };
        let again = if redriven.contains(&xxh3_64(place.as_bytes())) { ", put back" } else { "" };
        writeln!(
            out,
            "{place} index {} {} {} {} – {}; {} bytes, {kept}{again}",
            reject.index,
            Millis(time),
            reject.stage.name(),
            reject.reason,
            reject.detail,
            reject.raw_size,
        )?;
        Ok(())
    })?;
    if let Some(left_out) = limit.and_then(|limit| matched.checked_sub(limit)).filter(|left_out| *left_out > 0) {
        writeln!(out, "… and {left_out} more")?;
    }
    writeln!(out, "{matched} rejects")?;
    for ((stage, reason), count) in counts {
        writeln!(out, "  {:<44} {count:>10}", format!("{}: {reason}", stage.name()))?;
    }
    out.flush()?;
    Ok(matched)
}

/// How the bytes of a message are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As text; refused where it is not UTF-8, since nothing may be lost.
    #[default]
    Text,
    /// Hexadecimal digits.
    Hex,
    /// As they are, for a file.
    Bytes,
}

/// Writes the message that was rejected. Returns what is known about it, for the person beside the bytes.
///
/// # Errors
/// When it is not among the rejects, or is no text and was asked for as text.
pub fn show(desk: &Desk<'_>, place: &Place, form: Form, out: &mut dyn Write) -> anyhow::Result<String> {
    let mut about = None;
    desk.read(&mut |_, reject| {
        let Some(reject) = reject.filter(|reject| {
            reject.topic == place.topic.as_str() && (reject.partition, reject.offset) == (place.partition, place.offset)
        }) else {
            return Ok(());
        };
        // A message that ingest read twice is there twice, in the same bytes.
        let Some(raw) = reject.raw.as_ref().filter(|_| about.is_none()) else { return Ok(()) };
        match form {
            Form::Bytes => out.write_all(&raw.0)?,
            Form::Hex => writeln!(out, "{}", hex(&raw.0))?,
            Form::Text => match std::str::from_utf8(&raw.0) {
                Ok(text) => writeln!(out, "{text}")?,
                Err(_) => bail!("the message is not UTF-8: ask for it with --as hex or --as bytes"),
            },
        }
        let kept = if reject.raw_truncated { "the first bytes only" } else { "whole" };
        about = Some(format!(
            "{} of {} – {}: {}; {} bytes, {kept}, SHA-256 {}",
            place_of(reject),
            Millis(reject.source_time),
            reject.reason,
            reject.detail,
            reject.raw_size,
            reject.raw_sha256
        ));
        Ok(())
    })?;
    out.flush()?;
    about.with_context(|| format!("no reject of {}/{}/{}", place.topic, place.partition, place.offset))
}

#[cfg(test)]
mod tests {
    use super::super::rejects::Rejected;
    use super::*;

    #[test]
    fn a_place_reads_back_and_its_topic_may_hold_dots() {
        let place: Place = "adverse-events.v2/3/17".parse().unwrap();
        assert_eq!((place.topic.as_str(), place.partition, place.offset), ("adverse-events.v2", 3, 17));
        for text in ["", "a/1", "/1/2", "a/x/2", "a/1/y"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_filter_takes_what_all_its_parts_take() {
        let reject = RejectReason::MalformedJson.at("byte 3");
        let message = Rejected::new(Stage::Ingest, ("a", 0, 1), 5, None, b"{").message(-1, &reject).unwrap();
        let mut scratch = Vec::new();
        let reject = rejects::decode(&message.value, &mut scratch).unwrap();
        let all = Filter {
            reasons: vec![RejectReason::NoIdentity, RejectReason::MalformedJson],
            stage: Some(Stage::Ingest),
            topic: Some("a".into()),
            since: Some(10),
            until: Some(20),
        };
        assert!(Filter::default().matches(&reject, 0) && all.matches(&reject, 10) && all.matches(&reject, 19));
        assert!(!all.matches(&reject, 9) && !all.matches(&reject, 20));
        for other in [
            Filter { reasons: vec![RejectReason::NoIdentity], ..all.clone() },
            Filter { stage: Some(Stage::Watch), ..all.clone() },
            Filter { topic: Some("b".into()), ..all.clone() },
        ] {
            assert!(!other.matches(&reject, 10), "{other:?}");
        }
    }
}

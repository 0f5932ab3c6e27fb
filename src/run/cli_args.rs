//! Arguments of the commands that judge and mend a cluster, and how single arguments are read.

use super::redrive::RedrivePlan;
use super::reject_desk::{Filter, Form, Place};
use super::rejects::Stage;
use super::replay_log::{Bound, LogPlan};
use crate::record::{PartialDate, RejectReason};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `vigil verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// All input must be consumed: sources ingested, log judged, everything aborted said again.
    #[arg(long)]
    pub settled: bool,
    /// Write the verdict here, one JSON object, rather than as the last line.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// `vigil replay --from-topic`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Recompute this log from its beginning, rather than files.
    #[arg(long, value_name = "TOPIC", conflicts_with_all = ["files", "alerts", "outcomes"])]
    pub from_topic: Option<String>,
    /// Partitions of the log, such as 0,1,2; all if not given.
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "from_topic", conflicts_with = "files")]
    partitions: Vec<i32>,
    /// Compare with this topic of alerts, byte for byte, and with the state; exit code 1 on differences.
    #[arg(long, value_name = "TOPIC", requires = "from_topic", conflicts_with = "files")]
    compare: Option<String>,
    /// Compare from this offset of each partition, or this time (recorded-at) on.
    #[arg(long, value_name = "OFFSET|TIME", value_parser = bound, requires = "compare")]
    from: Option<Bound>,
    /// Compare what is before this offset or time.
    #[arg(long, value_name = "OFFSET|TIME", value_parser = bound, requires = "compare")]
    to: Option<Bound>,
}

impl LogArgs {
    /// The plan, where a topic is named.
    #[must_use]
    pub fn plan(self) -> Option<LogPlan> {
        let Self { from_topic, partitions, compare, from, to } = self;
        Some(LogPlan { topic: from_topic?, partitions, compare, from, to })
    }
}

/// `vigil rejects`.
#[derive(Debug, Subcommand)]
pub enum RejectsCommand {
    /// One line a reject, and counts by reason. Shows nothing of the messages.
    List {
        #[command(flatten)]
        filter: FilterArgs,
        /// Print so many lines at most; all are counted.
        #[arg(long, value_name = "NUMBER")]
        limit: Option<u64>,
    },
    /// The rejected message itself. Shows what it says, identities with it.
    Show {
        /// Position of the message, as `list` prints it.
        #[arg(value_name = "TOPIC/PARTITION/OFFSET")]
        place: Place,
        /// How its bytes are shown; text only where it is UTF-8.
        #[arg(long = "as", value_name = "FORM", default_value = "text")]
        form: FormArg,
    },
    /// Puts whole messages back to where they were rejected, each once.
    Redrive(RedriveArgs),
}

/// Which rejects.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only this reason; may be repeated.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Vec<RejectReason>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Where and when they were rejected.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// Only those of ingest, or of watch.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    stage: Option<Stage>,
    /// Only messages of this topic.
    #[arg(long)]
    topic: Option<String>,
    /// Rejected at this time or later: RFC 3339, or a day.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<i64>,
    /// Rejected before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<i64>,
}

/// `vigil rejects redrive`.
#[derive(Debug, Args)]
pub struct RedriveArgs {
    /// Reason for which they were rejected; may be repeated.
    #[arg(long, required = true, value_name = "REASON", value_parser = reason)]
    reason: Vec<RejectReason>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Put back so many messages at most.
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Also what was put back before.
    #[arg(long)]
    again: bool,
}

/// How bytes are shown.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormArg {
    /// Text.
    Text,
    /// Hexadecimal digits.
    Hex,
    /// As they are.
    Bytes,
}

impl From<FormArg> for Form {
    fn from(form: FormArg) -> Self {
        match form {
            FormArg::Text => Self::Text,
            FormArg::Hex => Self::Hex,
            FormArg::Bytes => Self::Bytes,
        }
    }
}

impl From<FilterArgs> for Filter {
    fn from(FilterArgs { reason, place }: FilterArgs) -> Self {
        let PlaceArgs { stage, topic, since, until } = place;
        Self { reasons: reason, stage, topic, since, until }
    }
}

impl From<RedriveArgs> for RedrivePlan {
    fn from(RedriveArgs { reason, place, limit, dry_run, again }: RedriveArgs) -> Self {
        Self { filter: FilterArgs { reason, place }.into(), limit, dry_run, again }
    }
}

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// From a report's being produced to its alert being readable.
    Latency {
        /// Reports a second; may be several.
        #[arg(long, default_value = "300,1000", value_delimiter = ',', value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=20_000))]
        rates: Vec<u32>,
        /// Seconds at each rate.
        #[arg(long, default_value = "20", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=3600))]
        seconds: u32,
    },
}

/// A setting and its value.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// From a message in a thousand seconds to more than one process makes.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0.001 to 1000000".to_owned()),
    }
}

/// A day.
pub fn day(text: &str) -> Result<PartialDate, String> {
    text.parse().map_err(|_| "expected a day as YYYY-MM-DD".to_owned())
}

/// A reason by its name.
fn reason(name: &str) -> Result<RejectReason, String> {
    let all = RejectReason::ALL;
    all.iter().copied().find(|reason| reason.name() == name).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|reason| reason.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn stage(name: &str) -> Result<Stage, String> {
    Stage::ALL.into_iter().find(|stage| stage.name() == name).ok_or_else(|| "expected ingest or watch".to_owned())
}

/// Milliseconds since 1970 of a time, or of the beginning of a day in UTC.
fn time(text: &str) -> Result<i64, String> {
    let day = format!("{text}T00:00:00Z");
    let time = text.parse::<jiff::Timestamp>().or_else(|_| day.parse());
    time.map(jiff::Timestamp::as_millisecond)
        .map_err(|_| "expected a time as 2026-11-25T10:00:00Z, or a day".to_owned())
}

fn bound(text: &str) -> Result<Bound, String> {
    match text.parse() {
        Ok(offset) if offset >= 0 => Ok(Bound::Offset(offset)),
        Ok(_) | Err(_) => time(text).map(Bound::Time).map_err(|expected| format!("expected an offset, or: {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_an_offset_a_time_or_a_day() {
        assert_eq!(bound("17"), Ok(Bound::Offset(17)));
        assert_eq!(bound("1970-01-02"), Ok(Bound::Time(86_400_000)));
        assert_eq!(bound("1970-01-01T00:00:01.5Z"), Ok(Bound::Time(1500)));
        for text in ["-3", "noon", ""] {
            assert!(bound(text).is_err(), "{text}");
        }
    }
}

//! Files through the pure pipeline, without Kafka and without a clock: the same files give the same bytes, wherever and
//! whenever they are read.

use super::files::{FileSource, read_sources};
use crate::alert::AlertCodec;
use crate::decode::{Limits, WHOLE_MESSAGE};
use crate::normalise::Pseudonymiser;
use crate::pipeline::{
    Effects, Fate, Intake, Judge, LogMessage, LogRecord, Shard, Source, SourceMessage, intake, step,
};
use crate::profile::{Concern, Priority};
use crate::record::{Reject, RejectReason, partition_of};
use anyhow::{Context as _, bail};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Key of the pseudonyms where none is configured. It is public: pseudonyms made with it hide nobody, and are the same
/// on every machine.
pub const PUBLIC_KEY: &[u8] = b"vigil replay: this key is public and hides nobody";

/// Largest file, or folder of tables, that is read, bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 30;

/// Name of the log in evidence.
const LOG: &str = "vigil.records";

/// Endings of files that hold messages, as found in a folder.
const MESSAGE_FILES: [&str; 4] = ["json", "jsonl", "ndjson", "avro"];

/// One line of `--outcomes`.
#[derive(Debug, Serialize)]
struct Outcome<'o> {
    source: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspect: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concepts: Option<Vec<&'o str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject: Option<&'static str>,
}

/// What came out of it, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records by fate, in the order of [`Fate::NAMES`]; what ingest would have rejected is among the rejected.
    pub fates: [u64; Fate::NAMES.len()],
    /// Reports without and with the product as suspect.
    pub reports: [u64; 2],
    /// Reports with the product as suspect, by label reaction.
    pub concepts: BTreeMap<String, u64>,
    /// Cases that hold at the end, without and with the product as suspect.
    pub cases: [u64; 2],
    /// Revisions of alerts.
    pub alerts: BTreeMap<(Concern, Priority), u64>,
    /// Rejects.
    pub rejects: BTreeMap<RejectReason, u64>,
}

/// Where the lines go; either may be left out.
#[derive(Default)]
pub struct Outputs<'w> {
    /// One alert a line.
    pub alerts: Option<&'w mut dyn Write>,
    /// One record a line.
    pub outcomes: Option<&'w mut dyn Write>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes of files read so far.
    pub bytes: u64,
    /// Records so far.
    pub records: u64,
}

/// A replay: settings of the way in, and the memory behind it.
#[derive(Debug)]
pub struct Replay<'j> {
    intake: Intake,
    source: Source,
    memory: Memory<'j>,
}

/// All shards and what came out of them.
#[derive(Debug)]
struct Memory<'j> {
    judge: &'j Judge,
    shards: Vec<(Shard, i64)>,
    tally: Tally,
    effects: Effects,
    scratch: Vec<u8>,
    records: u64,
}

impl<'j> Replay<'j> {
    /// Empty memory, spread over as many partitions as the log would have.
    #[must_use]
    pub fn new(
        judge: &'j Judge,
        pseudonymiser: Pseudonymiser,
        limits: Limits,
        partitions: i32,
        cases_max: usize,
    ) -> Self {
        let message_bytes = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        Self {
            // A file is a container of its own kind: a quarter's bulk file is larger than any message.
            intake: Intake { pseudonymiser, limits: Limits { message_bytes, ..limits }, internal_kinds: true },
            source: Source { site: "file".to_owned(), sender: "file".to_owned(), own_receipt: false, format: None },
            memory: Memory {
                judge,
                shards: (0..partitions).map(|partition| (Shard::new(partition, partitions, cases_max), 0)).collect(),
                tally: Tally::default(),
                effects: Effects::default(),
                scratch: Vec::new(),
                records: 0,
            },
        }
    }

    /// Replays one file or folder.
    ///
    /// # Errors
    /// When it cannot be read, an output cannot be written, or memory is full.
    pub fn file(
        &mut self,
        path: &Path,
        outputs: &mut Outputs<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> anyhow::Result<()> {
        let files = read_sources(path, FILE_BYTES_MAX)?;
        // What a bulk file says of its position is a byte; a table's is a line, of which the size is not known.
        let by_bytes = matches!(files, FileSource::Messages { .. });
        let Self { intake: by, source, memory } = self;
        let mut result = Ok(());
        files.messages(&by.limits, &mut |message| {
            let (topic, offset) = (message.file, message.offset);
            let mut settle = |index: i32, made: Result<LogRecord<'_>, Reject>| {
                if result.is_err() {
                    return;
                }
                let at = format!("{topic}:{offset}:{index}");
                result = match made {
                    Ok(record) => memory.record(&at, &record, outputs),
                    Err(reject) => memory.rejected(&at, &reject, outputs),
                };
            };
            match message.payload {
                Ok(payload) => {
                    let message = SourceMessage { topic, partition: 0, offset, timestamp: 0, payload, format: None };
                    intake(by, source, &message, &mut settle);
                }
                Err(reject) => settle(WHOLE_MESSAGE, Err(reject)),
            }
            let bytes = if by_bytes { u64::try_from(offset).unwrap_or(0) } else { 0 };
            progress(Progress { bytes, records: memory.records });
        });
        result.with_context(|| path.display().to_string())
    }

    /// What came out of it.
    #[must_use]
    pub fn finish(self) -> Tally {
        let Memory { shards, mut tally, .. } = self.memory;
        for (shard, _) in &shards {
            for (count, suspect) in tally.cases.iter_mut().zip([false, true]) {
                *count += shard.tally().cases(suspect);
            }
        }
        tally
    }
}

impl Memory<'_> {
    fn record(&mut self, source: &str, record: &LogRecord<'_>, outputs: &mut Outputs<'_>) -> anyhow::Result<()> {
        let partitions = i32::try_from(self.shards.len()).unwrap_or(i32::MAX);
        let partition = partition_of(record.key.as_bytes(), partitions);
        let Some((shard, offset)) = usize::try_from(partition).ok().and_then(|at| self.shards.get_mut(at)) else {
            bail!("no partition for a key");
        };
        let key = Some(record.key.as_bytes());
        let message = LogMessage { topic: LOG, partition, offset: *offset, key, value: record.value };
        *offset += 1;
        let made = step(self.judge, shard, &message, &mut self.scratch, &mut self.effects)?;
        self.records += 1;
        let profile = self.judge.profile();
        let reactions = profile.reactions.iter().enumerate();
        let concepts: Vec<&str> = reactions
            .filter(|(bit, _)| made.concepts >> bit & 1 == 1)
            .map(|(_, reaction)| reaction.id.as_str())
            .collect();
        if let Some(count) = self.tally.fates.get_mut(made.fate.index()) {
            *count += 1;
        }
        if let Some(suspect) = made.suspect {
            let [background, of_product] = &mut self.tally.reports;
            *(if suspect { of_product } else { background }) += 1;
            if suspect {
                for concept in &concepts {
                    *self.tally.concepts.entry((*concept).to_owned()).or_default() += 1;
                }
            }
        }
        let reject = if let Fate::Rejected(reject) = &made.fate { Some(reject.reason) } else { None };
        if let Some(reason) = reject {
            *self.tally.rejects.entry(reason).or_default() += 1;
        }
        if let Some(out) = &mut outputs.outcomes {
            let outcome = Outcome {
                source,
                case: made.case.as_deref(),
                patient: made.patient.map(|patient| patient.to_string()),
                outcome: made.fate.name(),
                suspect: made.suspect,
                concepts: made.suspect.map(|_| concepts),
                reject: reject.map(RejectReason::name),
            };
            line(out, &outcome)?;
        }
        for out in self.effects.alerts.drain(..) {
            *self.tally.alerts.entry((out.alert.concern, out.alert.priority)).or_default() += 1;
            if let Some(to) = &mut outputs.alerts {
                let mut bytes = AlertCodec::Json.encode(&out.alert).map_err(anyhow::Error::msg)?;
                bytes.push(b'\n');
                to.write_all(&bytes).context("the alerts cannot be written")?;
            }
        }
        Ok(())
    }

    fn rejected(&mut self, source: &str, reject: &Reject, outputs: &mut Outputs<'_>) -> anyhow::Result<()> {
        let fate = Fate::Rejected(reject.clone());
        self.records += 1;
        if let Some(count) = self.tally.fates.get_mut(fate.index()) {
            *count += 1;
        }
        *self.tally.rejects.entry(reject.reason).or_default() += 1;
        let Some(out) = &mut outputs.outcomes else { return Ok(()) };
        let outcome = Outcome {
            source,
            case: None,
            patient: None,
            outcome: fate.name(),
            suspect: None,
            concepts: None,
            reject: Some(reject.reason.name()),
        };
        line(out, &outcome)
    }
}

fn line(out: &mut dyn Write, outcome: &Outcome<'_>) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec(outcome)?;
    bytes.push(b'\n');
    out.write_all(&bytes).context("the outcomes cannot be written")
}

/// The sources that the paths of a command line stand for: a folder stands for its message files and, where it holds
/// tables, for one FAERS quarter.
///
/// # Errors
/// When a folder cannot be read or holds nothing of either.
pub fn expand(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for path in paths {
        if !path.is_dir() {
            sources.push(path.clone());
            continue;
        }
        let before = sources.len();
        let (mut tables, mut folders) = (false, false);
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .with_context(|| format!("cannot read {}", path.display()))?;
        inside.sort();
        for entry in inside {
            let ending = entry.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
            let ending = ending.unwrap_or_default();
            tables |= ending == "txt";
            folders |= entry.is_dir();
            if entry.is_file() && MESSAGE_FILES.contains(&ending.as_str()) {
                sources.push(entry);
            }
        }
        // Sub-folders count only where nothing else is there: FDA's archives are `ascii/` and `deleted/`.
        if tables || folders && sources.len() == before {
            sources.push(path.clone());
        }
        if sources.len() == before {
            bail!("{} holds neither tables (.txt) nor {}", path.display(), MESSAGE_FILES.join(", "));
        }
    }
    Ok(sources)
}

/// Bytes that [`expand`]'s sources hold, for the progress bar.
#[must_use]
pub fn size(source: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(source) else {
        return std::fs::metadata(source).map_or(0, |metadata| metadata.len());
    };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}

impl Tally {
    /// All records.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.fates.iter().sum()
    }

    /// The summary that `replay` prints.
    #[must_use]
    pub fn table(&self, took: Duration) -> String {
        let mut text = String::new();
        let records = self.records();
        let seconds = took.as_secs_f64();
        // Only for reading: a rate of a hundred million would lose its last digit.
        #[expect(clippy::cast_precision_loss, reason = "a rate to be read")]
        let rate = records as f64 / seconds.max(1e-6);
        let _ = writeln!(text, "{records} records in {seconds:.2} s ({rate:.0} a second)");
        let mut section = |title: &str, rows: &mut dyn Iterator<Item = (String, u64)>| {
            let rows: Vec<_> = rows.filter(|(_, count)| *count > 0).collect();
            if rows.is_empty() {
                return;
            }
            let _ = writeln!(text, "\n{title}");
            for (name, count) in rows {
                let _ = writeln!(text, "  {name:<44} {count:>10}");
            }
        };
        let fates = Fate::NAMES.iter().zip(self.fates);
        section("records by fate", &mut fates.map(|(name, count)| ((*name).to_owned(), count)));
        let names = ["product not suspect (background)", "product suspect"];
        section("reports", &mut names.iter().zip(self.reports).map(|(name, count)| ((*name).to_owned(), count)));
        section(
            "cases that hold at the end",
            &mut names.iter().zip(self.cases).map(|(name, count)| ((*name).to_owned(), count)),
        );
        section(
            "reactions in reports with the product as suspect",
            &mut self.concepts.iter().map(|(name, count)| (name.clone(), *count)),
        );
        section(
            "revisions of alerts",
            &mut self
                .alerts
                .iter()
                .rev()
                .map(|((concern, priority), count)| (format!("{concern}, {priority}"), *count)),
        );
        section("rejects", &mut self.rejects.iter().map(|(reason, count)| (reason.to_string(), *count)));
        text
    }
}

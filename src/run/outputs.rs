//! What the commands for files print, and how far they have come.

use super::replay::{self, Outputs, Replay, Tally};
use crate::config::Settings;
use crate::normalise::Pseudonymiser;
use crate::pipeline::Judge;
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// Where `replay` writes.
#[derive(Clone, Debug, Default)]
pub struct ReplayPlan {
    /// Files and folders.
    pub files: Vec<PathBuf>,
    /// Alerts, one a line.
    pub alerts: Option<PathBuf>,
    /// Outcomes, one a line.
    pub outcomes: Option<PathBuf>,
}

/// Replays files and prints the summary: on standard output, or on standard error where that holds the lines.
///
/// # Errors
/// When a file cannot be read or written.
pub fn replay(
    judge: &Judge,
    pseudonymiser: Pseudonymiser,
    settings: &Settings,
    plan: &ReplayPlan,
) -> anyhow::Result<Tally> {
    let sources = replay::expand(&plan.files)?;
    let mut alerts = plan.alerts.as_deref().map(create).transpose()?;
    let mut outcomes = plan.outcomes.as_deref().map(create).transpose()?;
    let bar = progress(sources.iter().map(|source| replay::size(source)).sum());
    let began = Instant::now();
    let limits = settings.limits;
    let mut replay = Replay::new(judge, pseudonymiser, limits.decode(), settings.topics.partitions, limits.cases_max);
    let mut outputs = Outputs {
        alerts: alerts.as_mut().map(|out| out as &mut dyn Write),
        outcomes: outcomes.as_mut().map(|out| out as &mut dyn Write),
    };
    let mut before = 0;
    for source in &sources {
        replay.file(source, &mut outputs, &mut |progress| {
            bar.set_position(before + progress.bytes);
            bar.set_message(progress.records.to_string());
        })?;
        before += replay::size(source);
        bar.set_position(before);
    }
    bar.finish_and_clear();
    for out in [&mut alerts, &mut outcomes].into_iter().flatten() {
        out.flush()?;
    }
    let tally = replay.finish();
    let table = tally.table(began.elapsed());
    let on_stdout = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new(STANDARD_OUTPUT));
    if on_stdout(&plan.alerts) || on_stdout(&plan.outcomes) {
        eprint!("{table}")
    } else {
        print_all(&table)?
    }
    Ok(tally)
}

/// Prints on standard output.
///
/// # Errors
/// When nobody reads it any more.
pub fn print_all(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn create(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path == Path::new(STANDARD_OUTPUT) {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}

/// A bar over bytes on standard error; nothing where that is no terminal.
#[must_use]
pub fn progress(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg} records {elapsed} (eta {eta})")
    {
        bar.set_style(style);
    }
    bar
}

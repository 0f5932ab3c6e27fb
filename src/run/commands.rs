//! What the commands do that are neither a role nor a file alone: connect, read or write, print, and end.

use super::bench::latency::{self, LatencyPlan};
use super::kafka::Cluster;
use super::produce::{self, ProducePlan};
use super::redrive::{self, RedrivePlan};
use super::reject_desk::{self, Desk, Filter, Form, Place};
use super::replay_log::{self, LogPlan};
use super::serve::{self, Failure};
use super::tail::{self, TailPlan};
use super::{check, classify, clock, explain, explain_log, outputs, telemetry, topics, verify};
use crate::classify::SingleJudge;
use crate::config::{Need, Settings};
use crate::record::{Millis, PartialDate};
use anyhow::{Context as _, anyhow};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Answers standard input on standard output.
pub fn classify_lines(settings: &Settings, on: Option<PartialDate>) -> Result<(), Failure> {
    let profile = check::profile(settings).map_err(Failure::Configuration)?;
    let on = on.or_else(|| Millis(clock::now_ms()).date());
    let mut judge = SingleJudge::new(profile, on)
        .map_err(|faults| Failure::Configuration(anyhow!("the profile contradicts itself:\n{}", faults.join("\n"))))?;
    let mut output = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    let mut input = std::io::BufReader::with_capacity(64 << 10, std::io::stdin().lock());
    classify::classify(&mut judge, &mut input, &mut output).map(|_| ()).map_err(Failure::Broken)
}

/// Runs what waits, and leaves behind what hangs.
pub fn wait(future: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::Broken(error.into()))?;
    let ended = runtime.block_on(future);
    runtime.shutdown_background();
    ended
}

fn connect(settings: &Settings) -> Result<Cluster, Failure> {
    settings.require(&[Need::Broker]).map_err(|faults| Failure::Configuration(faults.into()))?;
    Cluster::of(&settings.kafka).map_err(Failure::Configuration)
}

/// Cancelled by the first signal.
fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let until = stop.clone();
    tokio::spawn(async move {
        serve::signal().await;
        until.cancel();
    });
    stop
}

pub async fn bench_latency(mut settings: Settings, plan: LatencyPlan) -> Result<(), Failure> {
    settings.quieten_for_a_screen();
    let cluster = connect(&settings)?;
    telemetry::start(&settings).map_err(Failure::Broken)?;
    let measured = latency::measure(&cluster, &settings, &plan).await.map_err(Failure::Broken)?;
    outputs::print_all(&latency::table(&measured)).map_err(|error| Failure::Broken(error.into()))
}

pub async fn produce_files(mut settings: Settings, plan: ProducePlan) -> Result<(), Failure> {
    settings.quieten_for_a_screen();
    let cluster = connect(&settings)?;
    telemetry::start(&settings).map_err(Failure::Broken)?;
    let bar = indicatif::ProgressBar::new_spinner();
    let mut progress = |produced: &produce::Produced| {
        bar.set_message(format!("{} messages, {} bytes", produced.sent, produced.bytes));
        bar.tick();
    };
    let produced = produce::produce(&cluster, &settings, &plan, &mut progress, &stop_on_signal()).await;
    bar.finish_and_clear();
    let produced = produced.map_err(Failure::Broken)?;
    for reject in &produced.rejects {
        eprintln!("not sent: {reject}");
    }
    println!("{} messages, {} bytes in {}", produced.sent, produced.bytes, plan.topic);
    Ok(())
}

pub async fn tail_topic(mut settings: Settings, plan: TailPlan) -> Result<(), Failure> {
    settings.quieten_for_a_screen();
    let cluster = connect(&settings)?;
    telemetry::start(&settings).map_err(Failure::Broken)?;
    let stop = stop_on_signal();
    let printing = tokio::task::spawn_blocking(move || {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        tail::tail(&cluster, &plan, &mut out, &stop).map(|_| ())
    });
    match printing.await {
        Ok(ended) => ended.map_err(Failure::Broken),
        Err(error) => Err(Failure::Broken(error.into())),
    }
}

pub async fn check_cluster(mut settings: Settings) -> Result<(), Failure> {
    let cluster = connect(&settings)?;
    settings.topics.create = false;
    topics::ensure(&cluster, &settings, true).await.map_err(Failure::Configuration)?;
    println!("# cluster: the topics are there and as they must be");
    Ok(())
}

/// A cluster to read, quietly; and the stop.
fn reading(mut settings: Settings) -> Result<(Settings, Cluster, CancellationToken), Failure> {
    settings.quieten_for_a_screen();
    let cluster = connect(&settings)?;
    telemetry::start(&settings).map_err(Failure::Broken)?;
    Ok((settings, cluster, stop_on_signal()))
}

/// Runs what blocks on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> anyhow::Result<T> + Send + 'static) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(ended) => ended.map_err(Failure::Broken),
        Err(error) => Err(Failure::Broken(error.into())),
    }
}

fn print(text: &str) -> Result<(), Failure> {
    outputs::print_all(text).map_err(|error| Failure::Broken(error.into()))
}

/// Judges a cluster; the verdict is the last line, or goes to `json`.
pub async fn verify_cluster(settings: Settings, settled: bool, json: Option<PathBuf>) -> Result<(), Failure> {
    let (settings, cluster, stop) = reading(settings)?;
    let verdict = blocking(move || verify::verify(&cluster, &settings, settled, &stop)).await?;
    let line = serde_json::to_string(&verdict).map_err(|error| Failure::Broken(error.into()))?;
    let table = verdict.table();
    match json {
        None => print(&format!("{table}\n{line}\n"))?,
        Some(path) => {
            write(&path, &format!("{line}\n"))?;
            print(&format!("{table}\nverdict: {}\n", verdict.verdict))?;
        }
    }
    let findings: u64 = verdict.found.values().sum();
    if verdict.is_ok() { Ok(()) } else { Err(Failure::Broken(anyhow!("verdict: failed, {findings} findings"))) }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display())).map_err(Failure::Broken)
}

/// Recomputes the log; differences are a failure.
pub async fn replay_topic(settings: Settings, plan: LogPlan) -> Result<(), Failure> {
    let judge = check::judge(&settings).map_err(Failure::Configuration)?;
    let (settings, cluster, stop) = reading(settings)?;
    let recomputed = blocking(move || replay_log::replay(&cluster, &settings, &judge, &plan, &stop)).await?;
    print(&recomputed.table())?;
    match recomputed.differences.count {
        0 => Ok(()),
        count => Err(Failure::Broken(anyhow!("{count} differences"))),
    }
}

/// Why and why not something is said of a patient, from the log.
pub async fn explain_log(settings: Settings, patient: Option<String>, at: Option<String>) -> Result<(), Failure> {
    let judge = check::judge(&settings).map_err(Failure::Configuration)?;
    let whom = explain::whom_and_when(&patient.unwrap_or_default(), at.as_deref()).map_err(Failure::Broken)?;
    let (settings, cluster, stop) = reading(settings)?;
    print(&blocking(move || explain_log::explain(&cluster, &settings, &judge, whom, &stop)).await?)
}

/// Lists rejects.
pub async fn list_rejects(settings: Settings, filter: Filter, limit: Option<u64>) -> Result<(), Failure> {
    let (settings, cluster, stop) = reading(settings)?;
    blocking(move || {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        reject_desk::list(&Desk::open(&cluster, &settings, &stop)?, &filter, limit, &mut out).map(|_| ())
    })
    .await
}

/// Shows a rejected message on standard output, and what is known of it on standard error.
pub async fn show_reject(settings: Settings, place: Place, form: Form) -> Result<(), Failure> {
    let (settings, cluster, stop) = reading(settings)?;
    let about = blocking(move || {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        reject_desk::show(&Desk::open(&cluster, &settings, &stop)?, &place, form, &mut out)
    });
    eprintln!("{}", about.await?);
    Ok(())
}

/// Puts rejects back.
pub async fn redrive_rejects(settings: Settings, plan: RedrivePlan) -> Result<(), Failure> {
    let (settings, cluster, stop) = reading(settings)?;
    let mut say = |line: &str| println!("{line}");
    let done = redrive::redrive(&cluster, &settings, &plan, &stop, &mut say).await.map_err(Failure::Broken)?;
    print(&done.table())
}

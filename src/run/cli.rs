//! The command line: arguments to settings to a command, and how a command ended to an exit code.

use super::bench::latency::{self, LatencyPlan};
use super::demo::FeedPlan;
use super::kafka::Cluster;
use super::outputs::{self, ReplayPlan};
use super::produce::{self, ProducePlan};
use super::replay::PUBLIC_KEY;
use super::serve::{self, Failure};
use super::tail::{self, TailPlan};
use super::{check, classify, clock, explain, telemetry, topics};
use crate::classify::SingleJudge;
use crate::config::{FlagValue, Layers, Need, Settings};
use crate::dashboard::Mode;
use crate::normalise::Pseudonymiser;
use crate::record::{Millis, PartialDate};
use anyhow::{Context as _, anyhow};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// Exit code of bad usage, of sysexits.h.
const USAGE: u8 = 64;

const ABOUT: &str = "Watches streams of adverse-event reports of patients treated with Besponsa (inotuzumab ozogamicin), \
     judges each against the product's safety profile, and raises alerts on veno-occlusive disease (VOD/SOS), febrile \
     neutropenia and haemorrhage above all.";

const AFTER: &str = "Settings come from defaults, the --config file, VIGIL_… variables and flags, each over the one before; \
     `vigil check` prints what holds.\nExit codes: 0 done, 1 failed, 64 usage, 70 watchdog, 75 stop cut short by a second \
     signal, 78 configuration.\n\nSurveillance and decision support; not a certified medical device.";

#[derive(Debug, Parser)]
#[command(name = "vigil", version, about = ABOUT, after_help = AFTER)]
struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
struct SettingsArgs {
    /// Settings file (TOML); deploy/vigil.toml is a commented one.
    #[arg(long, short, global = true, value_name = "FILE", env = "VIGIL_CONFIG")]
    config: Option<PathBuf>,
    /// One setting, such as --set watch.batch_records_max=64; may be repeated.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Address of the Kafka brokers (kafka.bootstrap).
    #[arg(long, global = true, value_name = "HOST:PORT")]
    kafka: Option<String>,
    /// Safety profile to use in place of the compiled-in one (profile.file).
    #[arg(long, global = true, value_name = "FILE")]
    profile: Option<String>,
    /// Address and port of page, metrics and probes (http.bind).
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Least level logged: error, warn, info, debug, trace (log.level).
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
    /// Form of the log: json or pretty (log.format).
    #[arg(long, global = true, value_name = "FORM")]
    log_format: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ingest, watch and page in one process, on your Kafka.
    Run,
    /// Source topics to the log: decode, normalise, replace identities by pseudonyms.
    Ingest,
    /// The log to alerts: judge every record.
    Watch {
        /// Partitions of the log to watch, such as 0,1,2; without it the group shares them out (watch.partitions).
        #[arg(long, value_name = "LIST")]
        partitions: Option<String>,
    },
    /// Everything in one process on simulated reports; brings its own broker unless --kafka is given.
    Demo {
        /// Simulated messages a second.
        #[arg(long, default_value = "5", value_name = "NUMBER", value_parser = rate)]
        rate: f64,
        /// The same seed gives the same reports.
        #[arg(long, default_value = "1", value_name = "NUMBER")]
        seed: u64,
    },
    /// Files through the pipeline without Kafka: the same files give the same bytes, anywhere and at any time.
    Replay {
        /// Files (openFDA JSON; canonical JSON, lines of it, Avro; a FAERS table) or folders (a FAERS quarter).
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Write the alerts here, one JSON object a line; - is standard output.
        #[arg(long, value_name = "FILE")]
        alerts: Option<PathBuf>,
        /// Write the outcome of every record here, one JSON object a line; - is standard output.
        #[arg(long, value_name = "FILE")]
        outcomes: Option<PathBuf>,
    },
    /// Files into a source topic.
    Produce {
        /// Files, or folders of FAERS tables.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Source topic.
        #[arg(long)]
        topic: String,
        /// Messages a second; as fast as Kafka takes them if not given.
        #[arg(long, value_name = "NUMBER", value_parser = rate)]
        rate: Option<f64>,
    },
    /// Prints a topic as lines of JSON: records, alerts, rejects, or JSON of anybody.
    Tail {
        /// Topic.
        topic: String,
        /// Begin with the oldest message rather than the next one.
        #[arg(long)]
        from_beginning: bool,
        /// Stop after so many messages.
        #[arg(long, value_name = "NUMBER")]
        limit: Option<u64>,
        /// Stop at the end of the topic.
        #[arg(long)]
        to_end: bool,
    },
    /// Single terms, codes and texts from standard input, a line of JSON each: {"id", "term"?, "code"?, "text"?}.
    Classify {
        /// Judge by the labels of this day, YYYY-MM-DD; today if not given.
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: Option<PartialDate>,
    },
    /// Measures vigil on your Kafka, beside bare loops of the same client; makes topics of its own there.
    #[command(subcommand)]
    Bench(Bench),
    /// Checks settings, profile and key, and prints the effective settings with secrets masked.
    Check {
        /// Ask the cluster too: are the topics there, and as they must be? Nothing is created.
        #[arg(long)]
        cluster: bool,
    },
    /// One report's judgement, with its reasons. Shows what the report says.
    Explain {
        /// File or folder with the report.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Case id, as the sender numbers it; the first report of the file if not given.
        #[arg(long, value_name = "ID")]
        case: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Bench {
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

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// From a message in a thousand seconds to more than one process makes.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0.001 to 1000000".to_owned()),
    }
}

fn day(text: &str) -> Result<PartialDate, String> {
    text.parse().map_err(|_| "expected a day as YYYY-MM-DD".to_owned())
}

/// Runs the process's command.
#[must_use]
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    if let Err(error) = usage(&cli.command) {
        let _ = error.print();
        return ExitCode::from(USAGE);
    }
    let environment = environment
        .into_iter()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    let ended = settings(&cli, environment.collect()).and_then(|settings| run(cli.command, settings));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `head` does.
        Err(Failure::Broken(error)) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("vigil: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// What clap cannot see.
fn usage(command: &Command) -> Result<(), clap::Error> {
    if let Command::Replay { alerts: Some(alerts), outcomes: Some(outcomes), .. } = command
        && alerts == outcomes
    {
        return Err(
            Cli::command().error(ErrorKind::ArgumentConflict, "--alerts and --outcomes need two different files")
        );
    }
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Longest settings file, bytes.
const SETTINGS_BYTES_MAX: u64 = 1 << 20;

fn settings(cli: &Cli, environment: Vec<(String, String)>) -> Result<Settings, Failure> {
    let arguments = &cli.settings;
    let file = match &arguments.config {
        None => None,
        Some(path) => {
            let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            if size > SETTINGS_BYTES_MAX {
                return Err(Failure::Configuration(anyhow!("{} is no settings file: {size} bytes", path.display())));
            }
            let read = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
            Some((path.display().to_string(), read.map_err(Failure::Configuration)?))
        }
    };
    let mut flags: Vec<FlagValue> = arguments
        .set
        .iter()
        .map(|(key, value)| FlagValue { flag: "--set".to_owned(), key: key.clone(), value: value.clone() })
        .collect();
    let mut flag = |flag: &str, key: &str, value: Option<&String>| {
        flags.extend(value.map(|value| FlagValue { flag: flag.to_owned(), key: key.to_owned(), value: value.clone() }));
    };
    flag("--kafka", "kafka.bootstrap", arguments.kafka.as_ref());
    flag("--profile", "profile.file", arguments.profile.as_ref());
    flag("--bind", "http.bind", arguments.bind.as_ref());
    flag("--log-level", "log.level", arguments.log_level.as_ref());
    flag("--log-format", "log.format", arguments.log_format.as_ref());
    if let Command::Watch { partitions: Some(partitions) } = &cli.command {
        flag("--partitions", "watch.partitions", Some(&format!("[{partitions}]")));
    }
    let layers = Layers { file: file.as_ref().map(|(name, text)| (name.as_str(), text.as_str())), environment, flags };
    Settings::load(&layers).map_err(|faults| Failure::Configuration(faults.into()))
}

fn run(command: Command, mut settings: Settings) -> Result<(), Failure> {
    match command {
        Command::Run => wait(serve::serve(Mode::Run, settings, None)),
        Command::Ingest => wait(serve::serve(Mode::Ingest, settings, None)),
        Command::Watch { .. } => wait(serve::serve(Mode::Watch, settings, None)),
        Command::Demo { rate, seed } => {
            settings.quieten_for_a_screen();
            wait(serve::serve(Mode::Demo, settings, Some(FeedPlan { rate, seed })))
        }
        Command::Replay { files, alerts, outcomes } => {
            let judge = check::judge(&settings).map_err(Failure::Configuration)?;
            let key = match check::pseudonymiser(&settings).map_err(Failure::Configuration)? {
                Some(key) => key,
                None => Pseudonymiser::new(PUBLIC_KEY).map_err(|weak| Failure::Broken(weak.into()))?,
            };
            let plan = ReplayPlan { files, alerts, outcomes };
            outputs::replay(&judge, key, &settings, &plan).map(|_| ()).map_err(Failure::Broken)
        }
        Command::Produce { files, topic, rate } => wait(produce_files(settings, ProducePlan { files, topic, rate })),
        Command::Tail { topic, from_beginning, limit, to_end } => {
            let plan = TailPlan { topic, from_beginning, limit, follow: !to_end };
            wait(tail_topic(settings, plan))
        }
        Command::Bench(Bench::Latency { rates, seconds }) => {
            wait(bench_latency(settings, LatencyPlan { rates, seconds }))
        }
        Command::Check { cluster } => {
            let report = check::report(&settings).map_err(Failure::Configuration)?;
            outputs::print_all(&report).map_err(|error| Failure::Broken(error.into()))?;
            if cluster { wait(check_cluster(settings)) } else { Ok(()) }
        }
        Command::Classify { on } => classify_lines(&settings, on),
        Command::Explain { file, case } => {
            let judge = check::judge(&settings).map_err(Failure::Configuration)?;
            let text = explain::explain(&judge, &file, case.as_deref(), settings.limits.decode());
            outputs::print_all(&text.map_err(Failure::Broken)?).map_err(|error| Failure::Broken(error.into()))
        }
    }
}

/// Answers standard input on standard output.
fn classify_lines(settings: &Settings, on: Option<PartialDate>) -> Result<(), Failure> {
    let profile = check::profile(settings).map_err(Failure::Configuration)?;
    let on = on.or_else(|| Millis(clock::now_ms()).date());
    let mut judge = SingleJudge::new(profile, on)
        .map_err(|faults| Failure::Configuration(anyhow!("the profile contradicts itself:\n{}", faults.join("\n"))))?;
    let mut output = std::io::BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    let mut input = std::io::BufReader::with_capacity(64 << 10, std::io::stdin().lock());
    classify::classify(&mut judge, &mut input, &mut output).map(|_| ()).map_err(Failure::Broken)
}

/// Runs what waits, and leaves behind what hangs.
fn wait(future: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
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

async fn produce_files(mut settings: Settings, plan: ProducePlan) -> Result<(), Failure> {
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

async fn tail_topic(mut settings: Settings, plan: TailPlan) -> Result<(), Failure> {
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

async fn bench_latency(mut settings: Settings, plan: LatencyPlan) -> Result<(), Failure> {
    settings.quieten_for_a_screen();
    let cluster = connect(&settings)?;
    telemetry::start(&settings).map_err(Failure::Broken)?;
    let measured = latency::measure(&cluster, &settings, &plan).await.map_err(Failure::Broken)?;
    outputs::print_all(&latency::table(&measured)).map_err(|error| Failure::Broken(error.into()))
}

async fn check_cluster(mut settings: Settings) -> Result<(), Failure> {
    let cluster = connect(&settings)?;
    settings.topics.create = false;
    topics::ensure(&cluster, &settings, true).await.map_err(Failure::Configuration)?;
    println!("# cluster: the topics are there and as they must be");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    fn of(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Settings, Failure> {
        let cli = Cli::try_parse_from(std::iter::once(&"vigil").chain(arguments)).unwrap();
        settings(&cli, environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn flags_stand_before_and_after_the_command_and_over_the_environment() {
        let flags = ["--kafka", "localhost:1", "watch", "--partitions", "1,2", "--set", "watch.group=mine"];
        let settings =
            of(&flags, &[("VIGIL_KAFKA_BOOTSTRAP", "localhost:2"), ("VIGIL_WATCH_GROUP", "theirs")]).unwrap();
        assert_eq!(settings.kafka.bootstrap.as_deref(), Some("localhost:1"));
        assert_eq!((settings.watch.partitions, settings.watch.group.as_str()), (vec![1, 2], "mine"));
        let settings = of(&["check", "--kafka", "localhost:3", "--log-level", "warn"], &[]).unwrap();
        assert_eq!((settings.kafka.bootstrap.as_deref(), settings.log_level.as_str()), (Some("localhost:3"), "warn"));
    }

    #[test]
    fn a_bad_setting_is_configuration_and_names_its_flag() {
        let failure = of(&["check", "--log-level", "loud"], &[]).unwrap_err();
        assert_eq!(failure.exit_code(), 78);
        assert!(failure.to_string().contains("flag --log-level: log.level"), "{failure}");
        let failure = of(&["check", "--config", "no/such/file.toml"], &[]).unwrap_err();
        assert_eq!(failure.exit_code(), 78);
    }

    #[test]
    fn commands_without_a_broker_refuse() {
        for arguments in
            [&["run"][..], &["ingest"], &["watch"], &["tail", "vigil.alerts"], &["produce", "x", "--topic", "y"]]
        {
            let cli = Cli::try_parse_from(std::iter::once(&"vigil").chain(arguments)).unwrap();
            let failure = run(cli.command, Settings::default()).unwrap_err();
            assert_eq!(failure.exit_code(), 78, "{arguments:?}: {failure}");
            assert!(failure.to_string().contains("kafka.bootstrap"), "{arguments:?}: {failure}");
        }
    }

    #[test]
    fn bad_usage_is_64() {
        let code = |arguments: &[&str]| {
            let arguments = std::iter::once(&"vigil").chain(arguments).map(OsString::from);
            format!("{:?}", main(arguments, []))
        };
        let usage = format!("{:?}", ExitCode::from(64));
        for arguments in [&[][..], &["fly"], &["replay"], &["demo", "--rate", "0"], &["check", "--set", "x"]] {
            assert_eq!(code(arguments), usage, "{arguments:?}");
        }
        assert_eq!(code(&["replay", "x", "--alerts", "-", "--outcomes", "-"]), usage);
        assert_eq!(code(&["--help"]), format!("{:?}", ExitCode::SUCCESS));
    }
}

//! The command line: arguments to settings to a command, and how a command ended to an exit code.

use super::bench::detect;
use super::bench::latency::LatencyPlan;
use super::cli_args::{BenchCommand, LogArgs, RejectsCommand, VerifyArgs, day, key_value, rate};
use super::commands::{self, wait};
use super::demo::FeedPlan;
use super::outputs::{self, ReplayPlan};
use super::produce::ProducePlan;
use super::replay::PUBLIC_KEY;
use super::serve::{self, Failure, Mode};
use super::tail::TailPlan;
use super::{check, explain};
use crate::config::{FlagValue, Layers, Settings};
use crate::normalise::Pseudonymiser;
use crate::record::PartialDate;
use crate::simulate::agreement;
use anyhow::{Context as _, anyhow};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Address and port of metrics and probes (http.bind).
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Address and port of the page and its API (dashboard.bind).
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    page: Option<String>,
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
    /// The topics to the page: alerts, patients, the live stream, acts. Any number of them, beside any number of watch.
    Dashboard,
    /// Everything in one process on simulated reports; brings its own broker unless --kafka is given.
    Demo {
        /// Simulated messages a second.
        #[arg(long, default_value = "5", value_name = "NUMBER", value_parser = rate)]
        rate: f64,
        /// The same seed gives the same reports.
        #[arg(long, default_value = "1", value_name = "NUMBER")]
        seed: u64,
    },
    /// Files, without Kafka, or the log of a cluster, through the pipeline: the same input gives the same bytes,
    /// anywhere and at any time.
    Replay {
        /// Files (openFDA JSON; canonical JSON, lines of it, Avro; a FAERS table) or folders (a FAERS quarter).
        #[arg(required_unless_present = "from_topic", value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Write the alerts here, one JSON object a line; - is standard output.
        #[arg(long, value_name = "FILE")]
        alerts: Option<PathBuf>,
        /// Write the outcome of every record here, one JSON object a line; - is standard output.
        #[arg(long, value_name = "FILE")]
        outcomes: Option<PathBuf>,
        #[command(flatten)]
        log: LogArgs,
    },
    /// Judges a cluster from its topics alone: what is lost, said twice, out of order or does not add up. Exit code 1 if
    /// anything is found.
    Verify(VerifyArgs),
    /// What could not be used: list it, look at a message, put messages back.
    #[command(subcommand)]
    Rejects(RejectsCommand),
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
    /// Measures vigil: on your Kafka, beside bare loops of the same client, in topics of its own; or its rules on simulated
    /// wards.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Checks settings, profile and key, and prints the effective settings with secrets masked.
    Check {
        /// Ask the cluster too: are the topics there, and as they must be? Nothing is created.
        #[arg(long)]
        cluster: bool,
    },
    /// One report's judgement, with its reasons, or why and why not something is said of a patient. Shows what the report
    /// says.
    Explain {
        /// File or folder with the report, or with the patient's records.
        #[arg(value_name = "FILE", required_unless_present = "from_log")]
        file: Option<PathBuf>,
        /// The patient's records are read from the log of a cluster (topics.records), whose partition is judged anew.
        #[arg(long, requires = "patient", conflicts_with = "file")]
        from_log: bool,
        /// Case id, as the sender numbers it; the first report of the file if not given.
        #[arg(long, value_name = "ID")]
        case: Option<String>,
        /// A patient instead of a report, by pseudonym: every rule with its verdict and what is missing.
        #[arg(long, value_name = "PSEUDONYM", conflicts_with = "case")]
        patient: Option<String>,
        /// At this time instead of the newest moment known, RFC 3339.
        #[arg(long, value_name = "TIME", requires = "patient")]
        at: Option<String>,
    },
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
    flag("--page", "dashboard.bind", arguments.page.as_ref());
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
        Command::Dashboard => wait(serve::serve(Mode::Dashboard, settings, None)),
        Command::Demo { rate, seed } => {
            settings.quieten_for_a_screen();
            wait(serve::serve(Mode::Demo, settings, Some(FeedPlan { rate, seed })))
        }
        Command::Replay { log, .. } if log.from_topic.is_some() => {
            let plan = log.plan().ok_or_else(|| Failure::Broken(anyhow!("no topic is named")))?;
            wait(commands::replay_topic(settings, plan))
        }
        Command::Replay { files, alerts, outcomes, log: _ } => {
            let judge = check::judge(&settings).map_err(Failure::Configuration)?;
            let key = match check::pseudonymiser(&settings).map_err(Failure::Configuration)? {
                Some(key) => key,
                None => Pseudonymiser::new(PUBLIC_KEY).map_err(|weak| Failure::Broken(weak.into()))?,
            };
            let plan = ReplayPlan { files, alerts, outcomes };
            outputs::replay(&judge, key, &settings, &plan).map(|_| ()).map_err(Failure::Broken)
        }
        Command::Produce { files, topic, rate } => {
            wait(commands::produce_files(settings, ProducePlan { files, topic, rate }))
        }
        Command::Tail { topic, from_beginning, limit, to_end } => {
            let plan = TailPlan { topic, from_beginning, limit, follow: !to_end };
            wait(commands::tail_topic(settings, plan))
        }
        Command::Verify(VerifyArgs { settled, json }) => wait(commands::verify_cluster(settings, settled, json)),
        Command::Rejects(command) => match command {
            RejectsCommand::List { filter, limit } => wait(commands::list_rejects(settings, filter.into(), limit)),
            RejectsCommand::Show { place, form } => wait(commands::show_reject(settings, place, form.into())),
            RejectsCommand::Redrive(redrive) => wait(commands::redrive_rejects(settings, redrive.into())),
        },
        Command::Bench(BenchCommand::Latency { rates, seconds }) => {
            wait(commands::bench_latency(settings, LatencyPlan { rates, seconds }))
        }
        Command::Bench(BenchCommand::Detect { patients, seed }) => {
            let judge = check::judge(&settings).map_err(Failure::Configuration)?;
            let found = agreement::run(&judge, patients, seed, &mut |done| {
                if done % 1000 == 0 {
                    eprintln!("{done} of {patients} patients");
                }
            });
            let found = found.map_err(|why| Failure::Broken(anyhow!(why)))?;
            outputs::print_all(&detect::table(&found, seed)).map_err(|error| Failure::Broken(error.into()))
        }
        Command::Check { cluster } => {
            let report = check::report(&settings).map_err(Failure::Configuration)?;
            outputs::print_all(&report).map_err(|error| Failure::Broken(error.into()))?;
            if cluster { wait(commands::check_cluster(settings)) } else { Ok(()) }
        }
        Command::Classify { on } => commands::classify_lines(&settings, on),
        Command::Explain { file: None, patient, at, .. } => wait(commands::explain_log(settings, patient, at)),
        Command::Explain { file: Some(file), case, patient, at, from_log: _ } => {
            let judge = check::judge(&settings).map_err(Failure::Configuration)?;
            let limits = settings.limits.decode();
            let text = match &patient {
                Some(patient) => explain::patient(&judge, &file, patient, at.as_deref(), limits),
                None => explain::explain(&judge, &file, case.as_deref(), limits),
            };
            outputs::print_all(&text.map_err(Failure::Broken)?).map_err(|error| Failure::Broken(error.into()))
        }
    }
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
        for arguments in [
            &["run"][..],
            &["ingest"],
            &["watch"],
            &["tail", "vigil.alerts"],
            &["produce", "x", "--topic", "y"],
            &["verify"],
            &["replay", "--from-topic", "vigil.records"],
            &["rejects", "list"],
            &["rejects", "show", "a/0/1"],
            &["rejects", "redrive", "--reason", "malformed_json"],
        ] {
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
        for arguments in [
            &["verify", "now"][..],
            &["rejects"],
            &["rejects", "redrive"],
            &["rejects", "redrive", "--reason", "bad_luck"],
            &["rejects", "show", "a/b"],
            &["rejects", "list", "--since", "yesterday"],
            &["replay", "x", "--from-topic", "vigil.records"],
            &["replay", "--from-topic", "vigil.records", "--from", "soon"],
            &["replay", "--from-topic", "vigil.records", "--alerts", "-"],
            &["replay", "x", "--compare", "vigil.alerts"],
        ] {
            assert_eq!(code(arguments), usage, "{arguments:?}");
        }
        assert_eq!(code(&["--help"]), format!("{:?}", ExitCode::SUCCESS));
    }
}

//! Text to [`Settings`], checked whole: defaults, then the TOML file, then `VIGIL_…` variables, then flags. Unknown keys
//! are refused, and all faults are reported at once before anything connects. Pure: the text of the file and the
//! environment are passed in.

mod cross;
mod dashboard;
mod fault;
mod keys;
mod layers;
mod print;
#[cfg(test)]
mod tests;
mod value;

pub use dashboard::Dashboard;
pub use fault::{Fault, Faults, Place};
pub use keys::{ENVIRONMENT_PREFIX, KEYS, Key, RESERVED_PROPERTIES};
pub use layers::{FlagValue, Layers};
pub use print::{MASK, settings_table};
pub use value::{FORMATS, Kind, Property, SourceTopic, Value};

use layers::Merged;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The brokers.
    pub kafka: Kafka,
    /// Topics.
    pub topics: Topics,
    /// Ingest.
    pub ingest: Ingest,
    /// Watch.
    pub watch: Watch,
    /// Bounds.
    pub limits: Limits,
    /// Key of the pseudonyms.
    pub pseudonym: PseudonymKey,
    /// Safety profile to use in place of the compiled-in one.
    pub profile_file: Option<PathBuf>,
    /// What the hospital says of its sites.
    pub sites_file: Option<PathBuf>,
    /// Folder of the user's licensed MedDRA.
    pub meddra_dir: Option<PathBuf>,
    /// Encoding of the alerts.
    pub alert_format: AlertFormat,
    /// Address of metrics and probes.
    pub http_bind: SocketAddr,
    /// The dashboard.
    pub dashboard: Dashboard,
    /// Form of the log.
    pub log_format: LogFormat,
    /// Least level logged: `error`, `warn`, `info`, `debug`, `trace`.
    pub log_level: String,
    /// Longest orderly stop.
    pub drain_max: Duration,
    effective: BTreeMap<&'static str, (Value, Place)>,
}

/// The brokers.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// `host:port,…`; see [`Settings::require`].
    pub bootstrap: Option<String>,
    /// Further librdkafka properties.
    pub properties: BTreeMap<String, Property>,
    /// An open link off this machine is allowed.
    pub allow_insecure: bool,
}

/// Topics.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Source topics, at least one.
    pub sources: Vec<SourceTopic>,
    /// The log.
    pub records: String,
    /// Alerts.
    pub alerts: String,
    /// State changelog.
    pub state: String,
    /// Rejects.
    pub rejects: String,
    /// Audit.
    pub audit: String,
    /// Partitions of each topic of ours.
    pub partitions: i32,
    /// Replication factor of topics that we create.
    pub replication: i32,
    /// `min.insync.replicas` of topics that we create.
    pub min_insync: i32,
    /// Retention of rejects.
    pub rejects_retention: Duration,
    /// Create what is missing.
    pub create: bool,
}

/// Ingest.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Consumer group.
    pub group: String,
    /// Start of a source topic that the group has not read yet.
    pub start: Start,
    /// Most records handed to Kafka and not confirmed.
    pub in_flight_max: usize,
}

/// Watch.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Consumer group.
    pub group: String,
    /// Partitions by hand; empty: by the group.
    pub partitions: Vec<i32>,
    /// Most records in a batch that has an alert.
    pub batch_records_max: usize,
    /// Where a partition without state is begun.
    pub start: Start,
    /// Time between two ticks.
    pub tick: Duration,
    /// Build anew where the state is gone and alerts are there.
    pub rebuild: bool,
}

/// Bounds of what is read and kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest source message, bytes.
    pub message_bytes_max: usize,
    /// Most records in one message.
    pub container_records_max: usize,
    /// Most items in one list of a record.
    pub list_items_max: usize,
    /// Most cases and patients in one shard.
    pub cases_max: usize,
}

impl Limits {
    /// The decoders' part.
    #[must_use]
    pub const fn decode(&self) -> crate::decode::Limits {
        crate::decode::Limits {
            message_bytes: self.message_bytes_max,
            container_records: self.container_records_max,
            list_items: self.list_items_max,
        }
    }
}

/// Key of the pseudonyms; at most one of the two.
#[derive(Clone, Debug)]
pub struct PseudonymKey {
    /// File to read it from.
    pub file: Option<PathBuf>,
    /// The key.
    pub key: Option<SecretString>,
}

/// Where reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the oldest message.
    Earliest,
    /// At what comes next.
    Latest,
}

/// Encoding of the alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertFormat {
    /// Avro, single-object encoding.
    Avro,
    /// JSON.
    Json,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// What a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A broker address.
    Broker,
    /// A key for the pseudonyms.
    PseudonymKey,
}

impl Settings {
    /// Reads and checks all layers.
    ///
    /// # Errors
    /// All [`Faults`] of all layers.
    pub fn load(layers: &Layers<'_>) -> Result<Self, Faults> {
        let mut merged = Merged::of(layers);
        let settings = Self::build(&merged.values);
        cross::check(&settings, &mut merged);
        if merged.faults.is_empty() { Ok(settings) } else { Err(Faults(merged.faults)) }
    }

    /// Refuses when something the command needs is not set.
    ///
    /// # Errors
    /// One fault for each thing missing.
    pub fn require(&self, needs: &[Need]) -> Result<(), Faults> {
        let missing = needs.iter().filter_map(|need| {
            let (key, expected) = match need {
                Need::Broker if self.kafka.bootstrap.is_none() => (
                    "kafka.bootstrap",
                    "this command needs a broker address: set it in the file, as VIGIL_KAFKA_BOOTSTRAP or with --kafka \
                     HOST:PORT (only `vigil demo` brings a broker of its own)",
                ),
                Need::PseudonymKey if self.pseudonym.file.is_none() && self.pseudonym.key.is_none() => (
                    "pseudonym.key_file",
                    "this command needs a key for the pseudonyms: set pseudonym.key_file or VIGIL_PSEUDONYM_KEY",
                ),
                Need::Broker | Need::PseudonymKey => return None,
            };
            Some(Fault { key: key.to_owned(), place: Place::Default, expected: expected.to_owned() })
        });
        let missing: Vec<_> = missing.collect();
        if missing.is_empty() { Ok(()) } else { Err(Faults(missing)) }
    }

    /// A screen is not the place for a log: what nobody set becomes pretty, and quiet below warnings.
    pub fn quieten_for_a_screen(&mut self) {
        let set = |key: &str| self.effective.get(key).is_some_and(|(_, place)| *place != Place::Default);
        let (format, level) = (set("log.format"), set("log.level"));
        if !format {
            self.log_format = LogFormat::Pretty;
        }
        if !level {
            "warn".clone_into(&mut self.log_level);
        }
    }

    /// Entries of a list of texts.
    fn lines(&self, key: &str) -> usize {
        match self.effective.get(key) {
            Some((Value::Lines(lines), _)) => lines.len(),
            _ => 0,
        }
    }

    fn build(values: &BTreeMap<&'static str, (Value, Place)>) -> Self {
        let read = Read(values);
        Self {
            kafka: Kafka {
                bootstrap: read.text_opt("kafka.bootstrap"),
                properties: read.properties("kafka.properties"),
                allow_insecure: read.flag("kafka.allow_insecure"),
            },
            topics: Topics {
                sources: read.sources("topics.sources"),
                records: read.text("topics.records"),
                alerts: read.text("topics.alerts"),
                state: read.text("topics.state"),
                rejects: read.text("topics.rejects"),
                audit: read.text("topics.audit"),
                partitions: read.count("topics.partitions"),
                replication: read.count("topics.replication"),
                min_insync: read.count("topics.min_insync"),
                rejects_retention: Duration::from_secs(86_400 * read.number("topics.rejects_retention_days")),
                create: read.flag("topics.create"),
            },
            ingest: Ingest {
                group: read.text("ingest.group"),
                start: read.start("ingest.start"),
                in_flight_max: read.size("ingest.in_flight_max"),
            },
            watch: Watch {
                group: read.text("watch.group"),
                partitions: read.partitions("watch.partitions"),
                batch_records_max: read.size("watch.batch_records_max"),
                start: read.start("watch.start"),
                tick: Duration::from_secs(read.number("watch.tick_seconds")),
                rebuild: read.flag("watch.rebuild"),
            },
            limits: Limits {
                message_bytes_max: read.size("limits.message_bytes_max"),
                container_records_max: read.size("limits.container_records_max"),
                list_items_max: read.size("limits.list_items_max"),
                cases_max: read.size("limits.cases_max"),
            },
            pseudonym: PseudonymKey { file: read.path("pseudonym.key_file"), key: read.secret("pseudonym.key") },
            profile_file: read.path("profile.file"),
            sites_file: read.path("sites.file"),
            meddra_dir: read.path("meddra.dir"),
            alert_format: if read.text("alerts.format") == "json" { AlertFormat::Json } else { AlertFormat::Avro },
            http_bind: read.text("http.bind").parse().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            dashboard: Dashboard::read(&read),
            log_format: if read.text("log.format") == "pretty" { LogFormat::Pretty } else { LogFormat::Json },
            log_level: read.text("log.level"),
            drain_max: Duration::from_secs(read.number("shutdown.drain_seconds_max")),
            effective: values.clone(),
        }
    }
}

impl Default for Settings {
    /// All defaults; a test loads them without a fault.
    fn default() -> Self {
        Self::build(&Merged::of(&Layers::default()).values)
    }
}

/// Typed access to the merged values. A value that is missing here had a fault, which [`Settings::load`] reports
/// instead of the settings.
struct Read<'a>(&'a BTreeMap<&'static str, (Value, Place)>);

macro_rules! readers {
    ($($name:ident: $variant:ident -> $type:ty),* $(,)?) => {
        $(fn $name(&self, key: &str) -> $type {
            debug_assert!(KEYS.iter().any(|known| known.name == key), "{key} is in KEYS");
            match self.0.get(key) {
                Some((Value::$variant(value), _)) => value.clone(),
                _ => Default::default(),
            }
        })*
    };
}

impl Read<'_> {
    readers! {
        text: Text -> String, number: Number -> u64, flag: Flag -> bool, partitions: Partitions -> Vec<i32>,
        lines: Lines -> Vec<String>, sources: Sources -> Vec<SourceTopic>, properties: Properties -> BTreeMap<String, Property>,
    }

    fn start(&self, key: &str) -> Start {
        if self.text(key) == "latest" { Start::Latest } else { Start::Earliest }
    }

    fn text_opt(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        self.text_opt(key).map(PathBuf::from)
    }

    fn size(&self, key: &str) -> usize {
        usize::try_from(self.number(key)).unwrap_or(usize::MAX)
    }

    fn count(&self, key: &str) -> i32 {
        i32::try_from(self.number(key)).unwrap_or(i32::MAX)
    }

    fn secret(&self, key: &str) -> Option<SecretString> {
        match self.0.get(key) {
            Some((Value::Secret(secret), _)) => Some(secret.clone()),
            _ => None,
        }
    }
}

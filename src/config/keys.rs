//! The closed list of settings: everything else (file, environment, flags, printing, the README's table) follows it.

use super::value::Kind;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted name, as in the file and after `--set`.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Default as TOML; `None` where there is none.
    pub default: Option<&'static str>,
    /// Unit of a number, else empty.
    pub unit: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
}

impl Key {
    /// The setting's environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{ENVIRONMENT_PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// Is its value never printed?
    #[must_use]
    pub const fn secret(&self) -> bool {
        matches!(self.kind, Kind::Secret { .. })
    }
}

/// Every variable of ours begins so.
pub const ENVIRONMENT_PREFIX: &str = "VIGIL_";

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    unit: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, kind, default, unit, doc }
}

const fn number(min: u64, max: u64) -> Kind {
    Kind::Number { min, max }
}

/// All settings, in the order in which they are printed.
pub const KEYS: &[Key] = &[
    key(
        "kafka.bootstrap",
        Kind::Brokers,
        None,
        "",
        "Addresses of the brokers, `host:port`, separated by commas. Needed by run, ingest, watch and dashboard",
    ),
    key(
        "kafka.properties",
        Kind::Properties,
        Some("{}"),
        "",
        "Further properties handed to librdkafka as they are, such as `security.protocol`; those that vigil's promises rest on are refused. Values that look like secrets are masked",
    ),
    key(
        "kafka.allow_insecure",
        Kind::Flag,
        Some("false"),
        "",
        "Allow an unencrypted or unverified link to a broker that is not on this machine",
    ),
    key(
        "topics.sources",
        Kind::Sources,
        Some(r#"[{ topic = "adverse-events" }]"#),
        "",
        "Source topics: `topic`, `site` (default: the topic), `sender` (default: the site), `own_receipt` (default false: no regulatory clock runs), `format` (`canonical_avro`, `canonical_json`, `openfda`; default: found from the message)",
    ),
    key("topics.records", Kind::Topic, Some("\"vigil.records\""), "", "Topic of the log"),
    key("topics.alerts", Kind::Topic, Some("\"vigil.alerts\""), "", "Topic of the alerts"),
    key("topics.state", Kind::Topic, Some("\"vigil.state\""), "", "Topic of the state changelog"),
    key(
        "topics.rejects",
        Kind::Topic,
        Some("\"vigil.rejects\""),
        "",
        "Topic of what could not be used. Holds raw messages, and with them identities",
    ),
    key("topics.audit", Kind::Topic, Some("\"vigil.audit\""), "", "Topic of what people did"),
    key(
        "topics.partitions",
        number(1, 1024),
        Some("6"),
        "partitions",
        "Partitions of each topic of ours; never changed later",
    ),
    key(
        "topics.replication",
        number(1, 7),
        Some("1"),
        "copies",
        "Replication factor of topics that vigil creates; 3 on a cluster that matters",
    ),
    key(
        "topics.min_insync",
        number(1, 7),
        Some("1"),
        "copies",
        "`min.insync.replicas` of topics that vigil creates; 2 on a cluster that matters",
    ),
    key(
        "topics.rejects_retention_days",
        number(1, 3650),
        Some("30"),
        "days",
        "How long rejects are kept, where vigil creates the topic",
    ),
    key(
        "topics.create",
        Kind::Flag,
        Some("true"),
        "",
        "Create missing topics of ours at start; otherwise they are only verified",
    ),
    key("ingest.group", Kind::Group, Some("\"vigil-ingest\""), "", "Consumer group of ingest"),
    key(
        "ingest.start",
        Kind::Choice(&["earliest", "latest"]),
        Some("\"earliest\""),
        "",
        "Where ingest starts on a source topic that its group has not read yet",
    ),
    key(
        "ingest.in_flight_max",
        number(1, 1_000_000),
        Some("10000"),
        "records",
        "Most records handed to Kafka and not yet confirmed",
    ),
    key("watch.group", Kind::Group, Some("\"vigil-watch\""), "", "Consumer group of watch"),
    key(
        "watch.partitions",
        Kind::Partitions,
        Some("[]"),
        "",
        "Partitions of the log that this process watches; empty: shared out by the group",
    ),
    key(
        "watch.batch_records_max",
        number(1, 10_000),
        Some("256"),
        "records",
        "Most records in one transaction that has an alert; one without takes more while watch is behind, at most 10000 or 1 MiB",
    ),
    key(
        "watch.start",
        Kind::Choice(&["earliest", "latest"]),
        Some("\"earliest\""),
        "",
        "Where watch starts on a partition of the log that has no state yet",
    ),
    key(
        "watch.tick_seconds",
        number(1, 60),
        Some("5"),
        "seconds",
        "Time between two ticks, the wall time that a shard's owner writes into its own partition of the log",
    ),
    key(
        "watch.rebuild",
        Kind::Flag,
        Some("false"),
        "",
        "Judge the log again from its beginning where vigil.state is gone and alerts are there: each of them is said a second time, with the same identity",
    ),
    key(
        "limits.message_bytes_max",
        number(1024, 64 << 20),
        Some("1048576"),
        "bytes",
        "Largest source message; a larger one is rejected",
    ),
    key(
        "limits.container_records_max",
        number(1, 1_000_000),
        Some("100000"),
        "records",
        "Most records in one message or file",
    ),
    key(
        "limits.list_items_max",
        number(16, 1_000_000),
        Some("10000"),
        "items",
        "Most items in one list of a record, such as its drugs",
    ),
    key(
        "limits.cases_max",
        number(1, 100_000_000),
        Some("2000000"),
        "cases",
        "Most cases and patients in memory of one shard; at the limit the shard stops visibly, since nobody is ever forgotten to make room",
    ),
    key(
        "pseudonym.key_file",
        Kind::File,
        None,
        "",
        "File with the secret key of the pseudonyms, at least 32 bytes; spaces and line ends around it are dropped",
    ),
    key(
        "pseudonym.key",
        Kind::Secret { bytes_min: 32 },
        None,
        "",
        "The key itself, at least 32 bytes; meant for VIGIL_PSEUDONYM_KEY. ingest and run refuse to start without a key",
    ),
    key("profile.file", Kind::File, None, "", "Safety profile to use in place of the one that is compiled in"),
    key(
        "sites.file",
        Kind::File,
        None,
        "",
        "What your sites say of themselves: `[[sites]]` with `site` (as in `topics.sources`), `zone` (IANA, default UTC: days are counted in it) and `upper_limits` (`analyte`, `value`, `unit`, `source`), used for a value without a limit of normal and said so",
    ),
    key(
        "meddra.dir",
        Kind::File,
        None,
        "",
        "Folder with the tables (`llt.asc`, `pt.asc` and the rest) of your own licensed MedDRA; none is shipped",
    ),
    key("alerts.format", Kind::Choice(&["avro", "json"]), Some("\"avro\""), "", "Encoding of the alerts"),
    key("http.bind", Kind::Address, Some("\"127.0.0.1:9464\""), "", "Address and port of the metrics and the probes"),
    key(
        "http.allow_remote",
        Kind::Flag,
        Some("false"),
        "",
        "Allow `http.bind` on an address that other machines reach: metrics and probes hold no patient's data and ask for no login",
    ),
    key(
        "dashboard.bind",
        Kind::Address,
        Some("\"127.0.0.1:9465\""),
        "",
        "Address and port of the page and its API. An address that other machines reach needs an authentication: a signed identity or bearer tokens",
    ),
    key(
        "dashboard.hosts",
        Kind::Lines,
        Some("[]"),
        "",
        "Names under which the page may be asked for, besides the address itself and localhost; any other `Host` is refused",
    ),
    key("dashboard.issuer", Kind::Line, None, "", "Issuer (`iss`) of the signed identities (JWT) that are accepted"),
    key("dashboard.audience", Kind::Line, None, "", "Audience (`aud`) that a signed identity must name"),
    key(
        "dashboard.keys_file",
        Kind::File,
        None,
        "",
        "File with the issuer's key set (JWKS); read again when it changes",
    ),
    key(
        "dashboard.keys_url",
        Kind::Line,
        None,
        "",
        "Address of the issuer's key set, https, or http on this machine; asked again every 5 minutes, and for an unknown key at most every 30 seconds",
    ),
    key(
        "dashboard.proxy_header",
        Kind::Line,
        None,
        "",
        "Header in which an authenticating proxy hands over the signed identity, such as `x-forwarded-access-token`",
    ),
    key(
        "dashboard.proxies",
        Kind::Lines,
        Some("[]"),
        "",
        "IP addresses of the proxies whose header is believed; from any other address it is passed over",
    ),
    key(
        "dashboard.actor_claim",
        Kind::Line,
        Some("\"sub\""),
        "",
        "Claim that becomes the actor in acts and in the audit",
    ),
    key("dashboard.roles_claim", Kind::Line, Some("\"roles\""), "", "Claim that lists the person's roles or groups"),
    key(
        "dashboard.roles",
        Kind::Lines,
        Some("[]"),
        "",
        "What the words of that claim mean, as `WORD=ROLE`; roles are viewer, reviewer, admin, auditor, and patient_desk, case_desk, which narrow a person to one desk. Without an entry a word means the role of that name",
    ),
    key(
        "dashboard.tokens_file",
        Kind::File,
        None,
        "",
        "File of bearer tokens for machines, a line each: name, roles separated by commas, SHA-256 of the token in hexadecimal",
    ),
    key(
        "dashboard.csrf_key",
        Kind::Secret { bytes_min: 32 },
        None,
        "",
        "Secret, at least 32 bytes, from which the word is made that the page sends with acts; meant for VIGIL_DASHBOARD_CSRF_KEY. Give the same one to all dashboards behind one name; without it each process makes its own, and a balancer must keep a person at one process",
    ),
    key(
        "dashboard.desks",
        Kind::Lines,
        Some("[\"patient\", \"case\"]"),
        "",
        "Desks that this process shows: patient, case; a marketing-authorisation holder's shows no ward data",
    ),
    key(
        "dashboard.alerts_max",
        number(100, 1_000_000),
        Some("50000"),
        "alerts",
        "Most alerts in memory; the closed ones that are oldest are let go first, an open one never",
    ),
    key(
        "dashboard.patients_max",
        number(10, 1_000_000),
        Some("20000"),
        "patients",
        "Most watched patients in memory; those not heard of for longest are let go first",
    ),
    key(
        "dashboard.rejects_max",
        number(10, 100_000),
        Some("5000"),
        "rejects",
        "Most rejects in memory; the newest stay",
    ),
    key(
        "dashboard.stale_seconds",
        number(10, 3600),
        Some("30"),
        "seconds",
        "The page is stale when a partition has had no tick for so long, or for three times `watch.tick_seconds` where that is longer",
    ),
    key(
        "dashboard.quiet_seconds",
        number(10, 86_400),
        Some("60"),
        "seconds",
        "The page says that nothing new became known for so long",
    ),
    key(
        "dashboard.streams_max",
        number(1, 1000),
        Some("100"),
        "streams",
        "Most live streams at once, 5 of them a person",
    ),
    key(
        "dashboard.requests_per_minute",
        number(10, 100_000),
        Some("1200"),
        "requests",
        "Most requests of one person or machine in a minute",
    ),
    key("log.format", Kind::Choice(&["json", "pretty"]), Some("\"json\""), "", "Form of the log on standard error"),
    key(
        "log.level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        Some("\"info\""),
        "",
        "Least level that is logged",
    ),
    key(
        "shutdown.drain_seconds_max",
        number(1, 300),
        Some("10"),
        "seconds",
        "Longest orderly stop after SIGTERM or Ctrl-C; a second signal ends at once",
    ),
];

/// librdkafka properties that are vigil's own business, with the reason or the setting to use.
pub const RESERVED_PROPERTIES: &[(&str, &str)] = &[
    ("bootstrap.servers", "set kafka.bootstrap"),
    ("metadata.broker.list", "set kafka.bootstrap"),
    ("group.id", "set ingest.group or watch.group"),
    ("group.instance.id", "static membership can end a consumer for good in this librdkafka"),
    ("enable.auto.commit", "vigil commits what is settled, and nothing else"),
    ("enable.auto.offset.store", "vigil commits what is settled, and nothing else"),
    ("auto.offset.reset", "set ingest.start; data gone by retention must be seen"),
    ("isolation.level", "the log is read committed"),
    ("enable.partition.eof", "restore ends on it"),
    ("partitioner", "keys are placed by murmur2_random, as the Java clients place them"),
    ("acks", "idempotent producers wait for all"),
    ("request.required.acks", "idempotent producers wait for all"),
    ("enable.idempotence", "always on"),
    ("transactional.id", "one for each shard"),
    ("allow.auto.create.topics", "topics are created or verified at start"),
    ("test.mock.num.brokers", "the embedded broker belongs to `vigil demo`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_one_name_one_variable_and_a_sentence() {
        let mut variables: Vec<_> = KEYS.iter().map(Key::variable).collect();
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), KEYS.len());
        for key in KEYS {
            assert!(key.name.split('.').count() == 2, "{}: section.key", key.name);
            assert!(!key.doc.is_empty() && !key.doc.ends_with('.'), "{}", key.name);
            assert_eq!(matches!(key.kind, Kind::Number { .. }), !key.unit.is_empty(), "{}: unit", key.name);
        }
    }
}

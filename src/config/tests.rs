//! Settings that hold and settings that do not.

use super::*;

const KEY_32: &str = "0123456789abcdef0123456789abcdef";

fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Settings, Faults> {
    Settings::load(&Layers {
        file: Some(("vigil.toml", file)),
        environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        flags: flags
            .iter()
            .map(|(key, value)| FlagValue { flag: "--set".into(), key: (*key).into(), value: (*value).into() })
            .collect(),
    })
}

#[test]
fn the_defaults_hold_and_their_printed_form_reads_back_the_same() {
    let settings = Settings::load(&Layers::default()).unwrap();
    assert_eq!(settings.topics.sources[0].topic, "adverse-events");
    assert_eq!((settings.topics.partitions, settings.limits.message_bytes_max), (6, 1 << 20));
    assert_eq!(settings.http_bind.to_string(), "127.0.0.1:9464");
    let printed = settings.to_toml();
    assert_eq!(load(&printed, &[], &[]).unwrap().hash(), settings.hash(), "{printed}");
}

#[test]
fn a_later_layer_wins_and_the_place_is_printed() {
    let file = "[watch]\nbatch_records_max = 1\ngroup = \"from-file\"\n[shutdown]\ndrain_seconds_max = 1\n";
    let settings = load(
        file,
        &[("VIGIL_WATCH_BATCH_RECORDS_MAX", "2"), ("VIGIL_SHUTDOWN_DRAIN_SECONDS_MAX", "2"), ("PATH", "/bin")],
        &[("watch.batch_records_max", "3"), ("watch.batch_records_max", "4")],
    )
    .unwrap();
    assert_eq!(settings.watch.batch_records_max, 4);
    assert_eq!(settings.drain_max, Duration::from_secs(2));
    assert_eq!(settings.watch.group, "from-file");
    let printed = settings.to_toml();
    assert!(printed.contains("batch_records_max = 4 # flag --set"), "{printed}");
    assert!(printed.contains("drain_seconds_max = 2 # variable VIGIL_SHUTDOWN_DRAIN_SECONDS_MAX"), "{printed}");
    assert!(printed.contains("group = \"from-file\" # vigil.toml line 3"), "{printed}");
}

#[test]
fn properties_of_all_layers_add_up_however_they_are_written() {
    let settings = load(
        "[kafka]\nproperties = { \"socket.timeout.ms\" = 9000, sasl.mechanism = \"PLAIN\" }\n",
        &[("VIGIL_KAFKA_PROPERTIES_SASL_USERNAME", "ward")],
        &[("kafka.properties.sasl.password", "tell nobody")],
    )
    .unwrap();
    let found: Vec<_> = settings.kafka.properties.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let expected = [
        ("sasl.mechanism", "PLAIN"),
        ("sasl.password", "tell nobody"),
        ("sasl.username", "ward"),
        ("socket.timeout.ms", "9000"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn no_secret_is_printed_by_any_way() {
    let settings = load(
        &format!("[pseudonym]\nkey = \"{KEY_32}\"\n[kafka.properties]\n\"ssl.key.pem\" = \"{KEY_32}\"\n"),
        &[("VIGIL_KAFKA_PROPERTIES_SASL_PASSWORD", KEY_32)],
        &[],
    )
    .unwrap();
    let printed = format!("{}{settings:?}", settings.to_toml());
    assert!(!printed.contains(KEY_32), "{printed}");
    assert!(settings.to_toml().matches(MASK).count() == 3, "{printed}");
    let short = load("[pseudonym]\nkey = \"hunter2\"\n", &[("VIGIL_PSEUDONYM_KEY", "hunter3")], &[]).unwrap_err();
    assert_eq!(short.0.len(), 2);
    assert!(!format!("{short} {short:?}").contains("hunter"), "{short}");
    let broken = load("[pseudonym]\nkey = \"hunter2\n", &[], &[]).unwrap_err();
    assert!(!format!("{broken} {broken:?}").contains("hunter"), "{broken}");
}

#[test]
fn a_source_is_filled_up_from_its_topic() {
    let settings = load(
        "[[topics.sources]]\ntopic = \"a\"\n[[topics.sources]]\ntopic = \"b\"\nsite = \"North\"\nown_receipt = true\nformat = \"openfda\"\n",
        &[],
        &[],
    )
    .unwrap();
    let expected = [
        SourceTopic { topic: "a".into(), site: "a".into(), sender: "a".into(), own_receipt: false, format: None },
        SourceTopic {
            topic: "b".into(),
            site: "North".into(),
            sender: "North".into(),
            own_receipt: true,
            format: Some(crate::decode::Format::OpenFda),
        },
    ];
    assert_eq!(settings.topics.sources, expected);
    let one = load("", &[("VIGIL_TOPICS_SOURCES", "[{ topic = \"c\" }]")], &[]).unwrap();
    assert_eq!(one.topics.sources[0].topic, "c");
}

#[test]
fn what_a_command_needs_is_asked_for_by_key() {
    let settings = Settings::default();
    let faults = settings.require(&[Need::Broker, Need::PseudonymKey]).unwrap_err();
    let keys: Vec<_> = faults.0.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["kafka.bootstrap", "pseudonym.key_file"]);
    let settings = load("", &[("VIGIL_PSEUDONYM_KEY", KEY_32)], &[("kafka.bootstrap", "localhost:9092")]).unwrap();
    settings.require(&[Need::Broker, Need::PseudonymKey]).unwrap();
}

#[test]
fn all_faults_of_all_layers_come_at_once_each_with_its_place() {
    let file = "[watch]\nbatch_records_max = 0\nbatch_record_max = 3\n\n[alert]\nformat = \"xml\"\n[log]\nlevel = 3\n";
    let environment = [
        ("VIGIL_HTTP_BIND", "everywhere"),
        ("VIGIL_HTTP_PORT", "80"),
        ("VIGIL_TEST_BOOTSTRAP", "x"),
        ("VIGIL_CONFIG", "y"),
    ];
    let faults = load(file, &environment, &[("topics.replication", "9"), ("topic.records", "x")]).unwrap_err();
    let text = faults.to_string();
    for line in [
        "8 faults in the settings",
        "vigil.toml line 2: watch.batch_records_max: expected a whole number from 1 to 10000, found 0",
        "vigil.toml line 3: watch.batch_record_max: no such setting; did you mean watch.batch_records_max?",
        "vigil.toml line 5: alert: no such setting",
        "vigil.toml line 8: log.level: expected error or warn or info or debug or trace, found a number",
        "variable VIGIL_HTTP_BIND: http.bind: expected a numeric address and a port",
        "variable VIGIL_HTTP_PORT: VIGIL_HTTP_PORT: no such setting; did you mean http.bind?",
        "flag --set: topics.replication: expected a whole number from 1 to 7, found 9",
        "flag --set: topic.records: no such setting; did you mean topics.records?",
    ] {
        assert!(text.contains(line), "{line:?} is missing in\n{text}");
    }
}

/// Each line of the file is bad; each fault must name the key, its line and say what is expected.
#[test]
fn bad_settings_of_every_kind_are_refused() {
    let long = "x".repeat(250);
    let table: Vec<(&str, String, &str)> = vec![
        ("kafka.bootstrap", "\"\"".into(), "host:port"),
        ("kafka.bootstrap", "\"localhost\"".into(), "host:port"),
        ("kafka.bootstrap", "\"localhost:0\"".into(), "host:port"),
        ("kafka.bootstrap", "\"localhost:99999\"".into(), "host:port"),
        ("kafka.bootstrap", "\"localhost:9092,\"".into(), "host:port"),
        ("kafka.bootstrap", "\"local host:9092\"".into(), "host:port"),
        ("kafka.bootstrap", "9092".into(), "found a number"),
        ("kafka.bootstrap", "\"broker.example:9092\"".into(), "not encrypted"),
        ("kafka.bootstrap", "\"localhost:9092,10.0.0.1:9092\"".into(), "not encrypted"),
        ("kafka.properties", "\"acks\"".into(), "expected table of texts"),
        ("kafka.properties", "{ retries = 1.5 }".into(), "property retries: expected text"),
        ("kafka.properties", "{ \"a\" = [1] }".into(), "property a: expected text"),
        ("kafka.properties", "{ \"enable.auto.commit\" = true }".into(), "not yours to set"),
        ("kafka.properties", "{ \"group.id\" = \"mine\" }".into(), "set ingest.group"),
        ("kafka.properties", "{ partitioner = \"consistent\" }".into(), "murmur2_random"),
        ("kafka.properties", "{ \"security.protocol\" = \"tls\" }".into(), "expected plaintext, ssl"),
        ("kafka.allow_insecure", "\"yes\"".into(), "true or false"),
        ("kafka.allow_insecure", "1".into(), "true or false"),
        ("topics.sources", "[]".into(), "at least one source"),
        ("topics.sources", "\"adverse-events\"".into(), "list of tables"),
        ("topics.sources", "[\"adverse-events\"]".into(), "expected tables"),
        ("topics.sources", "[{ site = \"North\" }]".into(), "source 1: topic is missing"),
        ("topics.sources", "[{ topic = \"a b\" }]".into(), "source 1: expected a topic name"),
        ("topics.sources", "[{ topic = \"a\" }, { topic = \"a\" }]".into(), "source 2: its topic stands twice"),
        ("topics.sources", "[{ topic = \"a\", site = \"\" }]".into(), "site: expected 1 to 249"),
        ("topics.sources", "[{ topic = \"a\", site = 1 }]".into(), "site: expected text"),
        ("topics.sources", "[{ topic = \"a\", format = \"hl7\" }]".into(), "format: expected canonical_avro or"),
        ("topics.sources", "[{ topic = \"a\", own_receipt = \"no\" }]".into(), "own_receipt: expected true or false"),
        ("topics.sources", "[{ topic = \"a\", sites = \"N\" }]".into(), "unknown key sites"),
        ("topics.sources", "[{ topic = \"vigil.records\" }]".into(), "cannot be topics.records itself"),
        ("topics.records", "\"..\"".into(), "topic name"),
        ("topics.records", "\"a/b\"".into(), "topic name"),
        ("topics.records", format!("{long:?}"), "topic name"),
        ("topics.alerts", "\"vigil.records\"".into(), "another topic than topics.records"),
        ("topics.audit", "\"vigil.alerts\"".into(), "another topic than topics.alerts"),
        ("topics.partitions", "0".into(), "from 1 to 1024, found 0"),
        ("topics.partitions", "-6".into(), "found -6"),
        ("topics.partitions", "6.0".into(), "found a number with a fraction"),
        ("topics.partitions", "\"6\"".into(), "found text"),
        ("topics.partitions", "2025-01-01".into(), "found a date"),
        ("topics.min_insync", "2".into(), "at most topics.replication"),
        ("topics.create", "{}".into(), "found a table"),
        ("ingest.group", "\" \"".into(), "group name"),
        ("ingest.group", "\"a\\nb\"".into(), "group name"),
        ("ingest.start", "\"Earliest\"".into(), "earliest or latest"),
        ("watch.group", "\"vigil-ingest\"".into(), "another group"),
        ("watch.partitions", "[0, 0]".into(), "partition 0 stands twice"),
        ("watch.partitions", "[-1]".into(), "0 or more"),
        ("watch.partitions", "[6]".into(), "partition 6 does not exist"),
        ("watch.batch_records_max", "10001".into(), "from 1 to 10000"),
        ("limits.message_bytes_max", "67108865".into(), "from 1024 to 67108864"),
        ("limits.message_bytes_max", "99999999999999999999".into(), "whole number"),
        ("limits.list_items_max", "1".into(), "from 16"),
        ("pseudonym.key_file", "\"\"".into(), "path"),
        ("pseudonym.key", "\"short\"".into(), "at least 32 bytes"),
        ("pseudonym.key", "0".into(), "found a number"),
        ("alerts.format", "\"xml\"".into(), "avro or json"),
        ("http.bind", "\"localhost:9464\"".into(), "numeric address"),
        ("http.bind", "\"127.0.0.1\"".into(), "numeric address"),
        ("http.bind", "\"0.0.0.0:9464\"".into(), "http.allow_remote"),
        ("log.format", "true".into(), "json or pretty"),
        ("log.level", "\"loud\"".into(), "error or warn"),
        ("shutdown.drain_seconds_max", "0".into(), "from 1 to 300"),
        ("shutdown.drain_second_max", "5".into(), "did you mean shutdown.drain_seconds_max?"),
        ("nonsense.key", "5".into(), "no such setting"),
    ];
    assert!(table.len() >= 40);
    for (key, value, expected) in &table {
        let (section, name) = key.split_once('.').unwrap();
        let faults = load(&format!("# line 1\n[{section}]\n{name} = {value}\n"), &[], &[]).unwrap_err();
        let [fault] = faults.0.as_slice() else { panic!("{key} = {value}: one fault expected, found\n{faults}") };
        assert!(fault.key.starts_with(key) || *key == "nonsense.key", "{key} = {value}: {fault}");
        assert!(fault.expected.contains(expected), "{key} = {value}: {expected:?} is not in {fault}");
        let line = if *key == "nonsense.key" { 2 } else { 3 };
        assert_eq!(fault.place, Place::File { file: "vigil.toml".into(), line }, "{key} = {value}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_a_fault_with_its_line() {
    for (text, line) in
        [("[watch\n", 1), ("\n\nx", 3), ("[log]\nlevel = \"info\"\nlevel = \"warn\"\n", 3), ("watch = 5\n", 1)]
    {
        let faults = load(text, &[], &[]).unwrap_err();
        let on_line = |fault: &Fault| matches!(&fault.place, Place::File { line: found, .. } if *found == line);
        assert!(faults.0.iter().any(on_line), "{text:?}: {faults}");
    }
}

#[test]
fn a_link_off_this_machine_is_encrypted_verified_or_allowed() {
    let remote = "[kafka]\nbootstrap = \"broker.example:9092\"\n";
    assert!(load(remote, &[], &[]).is_err());
    load(&format!("{remote}allow_insecure = true\n"), &[], &[]).unwrap();
    for local in ["localhost:1", "127.0.0.1:9092,127.9.9.9:9092", "[::1]:9092"] {
        load(&format!("[kafka]\nbootstrap = \"{local}\"\n"), &[], &[]).unwrap();
    }
    let ssl = load(&format!("{remote}properties.security.protocol = \"ssl\"\n"), &[], &[]);
    assert_eq!(ssl.is_ok(), cfg!(feature = "ssl"));
    if let Err(faults) = ssl {
        assert!(faults.to_string().contains("--features ssl"), "{faults}");
    }
    let unverified = format!(
        "{remote}properties = {{ \"security.protocol\" = \"ssl\", \"enable.ssl.certificate.verification\" = false }}\n"
    );
    let faults = load(&unverified, &[], &[]).unwrap_err();
    assert!(faults.to_string().contains("verification is off"), "{faults}");
}

#[test]
fn the_readme_table_has_a_row_for_every_setting() {
    let table = settings_table();
    for key in KEYS {
        assert!(table.contains(&format!("| `{}` |", key.name)), "{}", key.name);
    }
    assert_eq!(table.lines().count(), KEYS.len() + 2);
    assert!(table.lines().all(|line| line.matches('|').count() == 6), "{table}");
}

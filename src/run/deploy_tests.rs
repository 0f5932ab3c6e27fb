//! What stands in `deploy/` and in the README's tables is what the program does.

use super::metrics::{METRICS, metrics_table};
use super::topics::specs;
use crate::config::{KEYS, Layers, Settings, settings_table};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_settings_file_holds_and_shows_every_key_with_its_default() {
    let text = read("deploy/vigil.toml");
    let settings = Settings::load(&Layers { file: Some(("deploy/vigil.toml", &text)), ..Layers::default() }).unwrap();
    assert_eq!(settings.kafka.bootstrap.as_deref(), Some("localhost:9092"));
    let mut shown = BTreeSet::new();
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
        } else if let Some((name, value)) = line.trim_start_matches("# ").split_once(" = ") {
            let dotted = format!("{section}.{name}");
            let Some(key) = KEYS.iter().find(|key| key.name == dotted) else { continue };
            let free = [
                "kafka.bootstrap",
                "kafka.properties",
                "topics.sources",
                "pseudonym.key_file",
                "profile.file",
                "sites.file",
                "meddra.dir",
                "dashboard.issuer",
                "dashboard.audience",
                "dashboard.keys_url",
                "dashboard.keys_file",
                "dashboard.proxy_header",
                "dashboard.tokens_file",
            ];
            if !free.contains(&key.name) {
                assert_eq!(Some(value), key.default, "{dotted}");
            }
            shown.insert(key.name);
        }
    }
    // Secrets are for the environment.
    let missing: Vec<_> =
        KEYS.iter().filter(|key| !key.secret()).map(|key| key.name).filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not in deploy/vigil.toml");
}

#[test]
fn the_topic_script_makes_what_the_program_makes() {
    let script = read("deploy/topics.sh");
    let specs = specs(&Settings::default());
    for spec in &specs {
        let configs = spec.create_with.iter().map(|(name, value)| match *name {
            "min.insync.replicas" => format!(" {name}=\"$MIN_INSYNC\""),
            _ => format!(" {name}={value}"),
        });
        let line = format!("topic {} {}{}", spec.name, spec.partitions, configs.collect::<String>());
        assert!(script.lines().any(|found| found == line), "deploy/topics.sh lacks\n{line}");
    }
    let made = script.lines().filter(|line| line.starts_with("topic ")).count();
    assert_eq!(made, specs.len(), "deploy/topics.sh makes other topics too");
}

#[test]
fn the_alert_rules_name_metrics_that_there_are() {
    let rules = read("deploy/alerts.yml");
    let rules: String = rules.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("vigil_"));
    let words: BTreeSet<&str> = words.map(|word| word.trim_end_matches("_bucket")).collect();
    assert!(words.len() > 5);
    for word in words {
        assert!(METRICS.iter().any(|metric| metric.name == word), "deploy/alerts.yml names {word}");
    }
}

/// The text between `<!-- NAME:begin -->` and `<!-- NAME:end -->` of the README is `table`. `VIGIL_TEST_WRITE=1` puts it
/// there.
fn in_readme(name: &str, table: &str) {
    let readme = std::fs::read_to_string(root("README.md")).unwrap_or_default();
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let Some((before, rest)) = readme.split_once(&begin) else {
        println!("skipped: README.md has no place for the table of {name} ({})", begin.trim());
        return;
    };
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md: {end} is missing"));
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests")]
    let write = std::env::var("VIGIL_TEST_WRITE").is_ok();
    if write && found != table {
        std::fs::write(root("README.md"), format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert!(found == table, "README.md: the table of {name} is not the program's; VIGIL_TEST_WRITE=1 writes it anew");
}

#[test]
fn the_readme_has_the_tables_of_settings_and_metrics() {
    in_readme("settings", &settings_table());
    in_readme("metrics", &metrics_table());
}

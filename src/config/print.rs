//! The effective settings as TOML with secrets masked, and the README's table.

use super::Settings;
use super::fault::Place;
use super::keys::{KEYS, Key};
use super::value::{FORMATS, Property, SourceTopic, Value};
use std::fmt::Write as _;

/// Stands for a secret wherever settings are printed.
pub const MASK: &str = "********";

impl Settings {
    /// The effective settings as TOML, each with where it came from; secrets are masked.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for key in KEYS {
            let (of, name) = key.name.split_once('.').unwrap_or_default();
            if of != section {
                let gap = if section.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}[{of}]");
                section = of;
            }
            let _ = match self.effective.get(key.name) {
                None => writeln!(text, "# {name} is not set"),
                Some((value, Place::Default)) => writeln!(text, "{name} = {}", literal(value)),
                Some((value, place)) => writeln!(text, "{name} = {} # {place}", literal(value)),
            };
        }
        text
    }

    /// First 64 bits of the SHA-256 over the printed settings, to tell two processes' settings apart: 16 hexadecimal
    /// digits.
    #[must_use]
    pub fn hash(&self) -> String {
        let values = KEYS.iter().filter_map(|key| Some((key.name, literal(&self.effective.get(key.name)?.0))));
        let text: String = values.map(|(name, value)| format!("{name} = {value}\n")).collect();
        crate::record::hex128(crate::record::digest128(&[text.as_bytes()])).chars().take(16).collect()
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Secret(_) => quoted(MASK),
        Value::Partitions(numbers) => format!("{numbers:?}"),
        Value::Lines(lines) => {
            format!("[{}]", lines.iter().map(|line| quoted(line)).collect::<Vec<_>>().join(", "))
        }
        Value::Sources(sources) => format!("[{}]", sources.iter().map(source).collect::<Vec<_>>().join(", ")),
        Value::Properties(properties) => {
            let item = |(name, value): (&String, &Property)| {
                format!("{} = {}", quoted(name), quoted(if value.secret() { MASK } else { value.expose() }))
            };
            let items: Vec<_> = properties.iter().map(item).collect();
            if items.is_empty() { "{}".into() } else { format!("{{ {} }}", items.join(", ")) }
        }
    }
}

fn source(source: &SourceTopic) -> String {
    let mut text = format!(
        "{{ topic = {}, site = {}, sender = {}, own_receipt = {}",
        quoted(&source.topic),
        quoted(&source.site),
        quoted(&source.sender),
        source.own_receipt
    );
    if let Some((name, _)) = FORMATS.iter().find(|(_, format)| Some(*format) == source.format) {
        let _ = write!(text, ", format = {}", quoted(name));
    }
    text.push_str(" }");
    text
}

/// The README's table of settings, in Markdown.
#[must_use]
pub fn settings_table() -> String {
    let mut text = String::from("| setting | takes | default | unit | meaning |\n|---|---|---|---|---|\n");
    for key in KEYS {
        let Key { name, kind, default, unit, doc } = key;
        let default = default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
        let unit = if unit.is_empty() { "–" } else { unit };
        let secret = if key.secret() { " **Secret.**" } else { "" };
        let _ = writeln!(text, "| `{name}` | {} | {default} | {unit} | {doc}.{secret} |", kind.words());
    }
    text
}

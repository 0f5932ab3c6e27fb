//! One value of one kind: read, bounded, printed.

use crate::decode::Format;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use toml::de::{DeTable, DeValue};

/// What a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `host:port`, separated by commas.
    Brokers,
    /// A Kafka topic name.
    Topic,
    /// A consumer group.
    Group,
    /// Path of a file.
    File,
    /// A socket address.
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A whole number within these bounds, both included.
    Number {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// True or false.
    Flag,
    /// Text that is never printed.
    Secret {
        /// Least length.
        bytes_min: usize,
    },
    /// A list of partition numbers.
    Partitions,
    /// The source topics.
    Sources,
    /// librdkafka properties.
    Properties,
    /// One line of text.
    Line,
    /// A list of such lines.
    Lines,
}

impl Kind {
    /// Type in words, for the README's table and for faults.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Brokers => "host:port, …".into(),
            Self::Topic => "topic name".into(),
            Self::Group => "group name".into(),
            Self::File => "path of a file".into(),
            Self::Address => "address:port".into(),
            Self::Choice(words) => words.join(" or "),
            Self::Number { min, max } => format!("whole number from {min} to {max}"),
            Self::Flag => "true or false".into(),
            Self::Secret { bytes_min } => format!("text of at least {bytes_min} bytes"),
            Self::Partitions => "list of partition numbers".into(),
            Self::Sources => "list of tables".into(),
            Self::Properties => "table of texts".into(),
            Self::Line => "text".into(),
            Self::Lines => "list of texts".into(),
        }
    }

    /// Is the text of a variable or flag the value itself, not TOML?
    const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Brokers
                | Self::Topic
                | Self::Group
                | Self::File
                | Self::Address
                | Self::Choice(_)
                | Self::Line
                | Self::Secret { .. }
        )
    }
}

/// A librdkafka property's value.
#[derive(Clone, Debug)]
pub enum Property {
    /// Printable.
    Plain(String),
    /// Masked: its name speaks of a secret.
    Secret(SecretString),
}

impl Property {
    /// The value of the property `name`.
    #[must_use]
    pub fn new(name: &str, value: String) -> Self {
        let secret = ["password", "secret", "token", "jaas", ".pem", "key.password", "credentials"];
        if secret.iter().any(|word| name.contains(word)) { Self::Secret(value.into()) } else { Self::Plain(value) }
    }

    /// Is the value never printed?
    #[must_use]
    pub const fn secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The text that librdkafka is given.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(text) => text.expose_secret(),
        }
    }
}

/// One source topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTopic {
    /// Topic.
    pub topic: String,
    /// Site its records belong to.
    pub site: String,
    /// Sender, the scope of local case numbers.
    pub sender: String,
    /// Reports of it are the operator's own receipt, so that regulatory clocks run.
    pub own_receipt: bool,
    /// Format; `None`: found from each message.
    pub format: Option<Format>,
}

/// Formats by name.
pub const FORMATS: &[(&str, Format)] = &[
    ("canonical_avro", Format::CanonicalAvro),
    ("canonical_json", Format::CanonicalJson),
    ("openfda", Format::OpenFda),
];

/// A checked value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text of any kind.
    Text(String),
    /// A number.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// A secret.
    Secret(SecretString),
    /// Partition numbers.
    Partitions(Vec<i32>),
    /// Source topics.
    Sources(Vec<SourceTopic>),
    /// Properties.
    Properties(BTreeMap<String, Property>),
    /// Lines of text.
    Lines(Vec<String>),
}

/// Most lines of a list.
const LINES_MAX: usize = 64;

/// Longest line of text, characters.
const LINE_CHARS_MAX: usize = 500;

/// Reads the text of a variable or flag.
pub fn read_text(kind: Kind, text: &str) -> Result<Value, String> {
    if kind.is_text() {
        return read(kind, &DeValue::String(text.into()));
    }
    match DeValue::parse(text) {
        Ok(value) => read(kind, value.get_ref()),
        Err(_) => Err(format!("expected {}", kind.words())),
    }
}

/// Reads a TOML value.
pub fn read(kind: Kind, value: &DeValue<'_>) -> Result<Value, String> {
    let expected = || format!("expected {}, found {}", kind.words(), type_name(value));
    let text = || value.as_str().ok_or_else(expected);
    match kind {
        Kind::Brokers => brokers(text()?),
        Kind::Topic => topic(text()?).map(Value::Text),
        Kind::Group => bounded("group name", text()?, 249).map(Value::Text),
        Kind::File => bounded("path", text()?, 4096).map(Value::Text),
        Kind::Address => match text()?.parse::<SocketAddr>() {
            Ok(address) => Ok(Value::Text(address.to_string())),
            Err(_) => Err("expected a numeric address and a port, such as 127.0.0.1:9464 or [::1]:9464".into()),
        },
        Kind::Choice(words) => {
            let word = text()?;
            if words.contains(&word) { Ok(Value::Text(word.into())) } else { Err(format!("expected {}", kind.words())) }
        }
        Kind::Number { min, max } => {
            match value.as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok()) {
                Some(number) => match u64::try_from(number) {
                    Ok(number) if (min..=max).contains(&number) => Ok(Value::Number(number)),
                    _ => Err(format!("expected a {}, found {number}", kind.words())),
                },
                None => Err(expected()),
            }
        }
        Kind::Flag => value.as_bool().map(Value::Flag).ok_or_else(expected),
        Kind::Secret { bytes_min } => match text()? {
            secret if secret.len() >= bytes_min => Ok(Value::Secret(secret.into())),
            _ => Err(format!("expected at least {bytes_min} bytes")),
        },
        Kind::Partitions => {
            let items = value.as_array().ok_or_else(expected)?;
            let number =
                |item: &DeValue<'_>| item.as_integer().and_then(|n| n.as_str().parse::<i32>().ok()).filter(|n| *n >= 0);
            let mut numbers = Vec::new();
            for item in items.iter() {
                let number = number(item.get_ref()).ok_or("expected partition numbers, 0 or more")?;
                if numbers.contains(&number) {
                    return Err(format!("partition {number} stands twice"));
                }
                numbers.push(number);
            }
            Ok(Value::Partitions(numbers))
        }
        Kind::Line => bounded("text", text()?, LINE_CHARS_MAX).map(Value::Text),
        Kind::Lines => {
            let items = value.as_array().ok_or_else(expected)?;
            if items.len() > LINES_MAX {
                return Err(format!("expected at most {LINES_MAX} texts"));
            }
            let line = |item: &toml::Spanned<DeValue<'_>>| match item.get_ref().as_str() {
                Some(text) => bounded("text", text, LINE_CHARS_MAX),
                None => Err(expected()),
            };
            items.iter().map(line).collect::<Result<Vec<_>, _>>().map(Value::Lines)
        }
        Kind::Sources => {
            let items = value.as_array().ok_or_else(expected)?;
            let mut sources: Vec<SourceTopic> = Vec::new();
            for (number, item) in items.iter().enumerate() {
                let table =
                    item.get_ref().as_table().ok_or("expected tables such as { topic = \"adverse-events\" }")?;
                let read = source(table).map_err(|fault| format!("source {}: {fault}", number + 1))?;
                if sources.iter().any(|other| other.topic == read.topic) {
                    return Err(format!("source {}: its topic stands twice", number + 1));
                }
                sources.push(read);
            }
            if sources.is_empty() { Err("expected at least one source".into()) } else { Ok(Value::Sources(sources)) }
        }
        Kind::Properties => {
            let mut properties = BTreeMap::new();
            flatten("", value.as_table().ok_or_else(expected)?, &mut properties)?;
            Ok(Value::Properties(properties))
        }
    }
}

/// TOML tables nest at dots: `sasl.mechanism = "PLAIN"` unquoted is the property `sasl.mechanism` all the same.
fn flatten(prefix: &str, table: &DeTable<'_>, into: &mut BTreeMap<String, Property>) -> Result<(), String> {
    for (name, value) in table {
        let name = format!("{prefix}{}", name.get_ref());
        let text = match value.get_ref() {
            DeValue::Table(inner) => {
                flatten(&format!("{name}."), inner, into)?;
                continue;
            }
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) => {
                return Err(format!("property {name}: expected text, a whole number, true or false"));
            }
        };
        into.insert(name.clone(), Property::new(&name, text));
    }
    Ok(())
}

fn source(table: &DeTable<'_>) -> Result<SourceTopic, String> {
    let known = ["topic", "site", "sender", "own_receipt", "format"];
    if let Some((unknown, _)) = table.iter().find(|(name, _)| !known.contains(&name.get_ref().as_ref())) {
        return Err(format!("unknown key {}; expected {}", unknown.get_ref(), known.join(", ")));
    }
    let text = |name: &str| match table.get(name) {
        None => Ok(None),
        Some(value) => match value.get_ref().as_str() {
            Some(text) => bounded(name, text, 249).map(Some),
            None => Err(format!("{name}: expected text")),
        },
    };
    let topic = topic(&text("topic")?.ok_or("topic is missing")?)?;
    let site = text("site")?.unwrap_or_else(|| topic.clone());
    let sender = text("sender")?.unwrap_or_else(|| site.clone());
    let own_receipt = match table.get("own_receipt") {
        None => false,
        Some(value) => value.get_ref().as_bool().ok_or("own_receipt: expected true or false")?,
    };
    let format = match text("format")? {
        None => None,
        Some(name) => match FORMATS.iter().find(|(known, _)| *known == name) {
            Some((_, format)) => Some(*format),
            None => {
                let names: Vec<_> = FORMATS.iter().map(|(name, _)| *name).collect();
                return Err(format!("format: expected {}", names.join(" or ")));
            }
        },
    };
    Ok(SourceTopic { topic, site, sender, own_receipt, format })
}

fn bounded(what: &str, text: &str, chars_max: usize) -> Result<String, String> {
    let fits = !text.trim().is_empty() && text.len() <= chars_max && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(format!("{what}: expected 1 to {chars_max} printable characters")) }
}

/// Kafka's own rule for a topic's name.
fn topic(text: &str) -> Result<String, String> {
    let legal = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if legal && !matches!(text, "" | "." | "..") && text.len() <= 249 {
        Ok(text.to_owned())
    } else {
        Err("expected a topic name: 1 to 249 letters, digits, '.', '_' or '-'".into())
    }
}

fn brokers(text: &str) -> Result<Value, String> {
    let one = |broker: &str| {
        broker.trim().rsplit_once(':').is_some_and(|(host, port)| {
            let host = host.rsplit_once("://").map_or(host, |(_, host)| host);
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
            !host.is_empty() && host.bytes().all(legal) && port.parse::<u16>().is_ok_and(|port| port > 0)
        })
    };
    if text.split(',').all(one) {
        Ok(Value::Text(text.split(',').map(str::trim).collect::<Vec<_>>().join(",")))
    } else {
        Err("expected host:port, several separated by commas".into())
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

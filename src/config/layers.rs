//! Defaults, file, environment, flags: each layer over the one before it, and every fault of every layer.

use super::fault::{Fault, Place};
use super::keys::{ENVIRONMENT_PREFIX, KEYS, Key};
use super::value::{Property, Value, read, read_text};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A flag of the command line, as a value for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagValue {
    /// The flag as typed, such as `--kafka` or `--set`.
    pub flag: String,
    /// Dotted key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Layers<'a> {
    /// Name and text of the settings file.
    pub file: Option<(&'a str, &'a str)>,
    /// The process's environment; variables of others are passed over.
    pub environment: Vec<(String, String)>,
    /// Flags, later over earlier.
    pub flags: Vec<FlagValue>,
}

/// The values that hold, with their places, and the faults met on the way.
#[derive(Debug, Default)]
pub struct Merged {
    pub values: BTreeMap<&'static str, (Value, Place)>,
    /// Place of each librdkafka property, for the faults that name one.
    pub property_places: BTreeMap<String, Place>,
    pub faults: Vec<Fault>,
}

/// Prefix of keys that name one librdkafka property.
const PROPERTIES: &str = "kafka.properties.";

impl Merged {
    /// Is the flag of this name set and true?
    pub fn is_true(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some((Value::Flag(true), _)))
    }

    pub fn of(layers: &Layers<'_>) -> Self {
        let mut merged = Self::default();
        for key in KEYS {
            if let Some(default) = key.default {
                let value = DeValue::parse(default).map_err(|error| error.message().to_owned());
                merged.put(key, Place::Default, value.and_then(|value| read(key.kind, value.get_ref())));
            }
        }
        if let Some((name, text)) = layers.file {
            merged.file(name, text);
        }
        for (name, value) in &layers.environment {
            merged.variable(name, value);
        }
        for flag in &layers.flags {
            merged.flag(flag);
        }
        merged
    }

    fn fault(&mut self, key: &str, place: Place, expected: impl Into<String>) {
        self.faults.push(Fault { key: key.to_owned(), place, expected: expected.into() });
    }

    fn put(&mut self, key: &Key, place: Place, read: Result<Value, String>) {
        match read {
            // Properties add up over the layers; everything else replaces.
            Ok(Value::Properties(more)) => {
                for (name, property) in more {
                    self.put_property(name, property, place.clone());
                }
                if let std::collections::btree_map::Entry::Vacant(entry) = self.values.entry(key.name) {
                    entry.insert((Value::Properties(BTreeMap::new()), place));
                }
            }
            Ok(value) => {
                self.values.insert(key.name, (value, place));
            }
            Err(expected) => self.fault(key.name, place, expected),
        }
    }

    fn put_property(&mut self, name: String, property: Property, place: Place) {
        self.property_places.insert(name.clone(), place.clone());
        let slot = self.values.entry("kafka.properties").or_insert((Value::Properties(BTreeMap::new()), place.clone()));
        if let Value::Properties(properties) = &mut slot.0 {
            properties.insert(name, property);
        }
        if place != Place::Default {
            slot.1 = place;
        }
    }

    fn file(&mut self, file: &str, text: &str) {
        let place = |offset: usize| Place::File { file: file.to_owned(), line: line_of(text, offset) };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = place(error.span().map_or(0, |span| span.start));
            self.fault("the file", place, format!("not TOML: {}", error.message().replace('\n', ", ")));
        }
        for (section, value) in table.get_ref() {
            let section_place = place(section.span().start);
            let section = section.get_ref().as_ref();
            if !KEYS.iter().any(|key| key.name.split('.').next() == Some(section)) {
                self.fault(section, section_place, unknown(section));
                continue;
            }
            let DeValue::Table(inner) = value.get_ref() else {
                self.fault(section, section_place, format!("expected a section [{section}]"));
                continue;
            };
            for (name, value) in inner {
                let dotted = format!("{section}.{}", name.get_ref());
                match KEYS.iter().find(|key| key.name == dotted) {
                    Some(key) => self.put(key, place(name.span().start), read(key.kind, value.get_ref())),
                    None => self.fault(&dotted, place(name.span().start), unknown(&dotted)),
                }
            }
        }
    }

    fn variable(&mut self, name: &str, value: &str) {
        let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) else { return };
        if rest == "CONFIG" || rest.starts_with("TEST_") {
            return;
        }
        let place = Place::Variable(name.to_owned());
        if let Some(property) = rest.strip_prefix("KAFKA_PROPERTIES_").filter(|property| !property.is_empty()) {
            let property = property.to_ascii_lowercase().replace('_', ".");
            self.put_property(property.clone(), Property::new(&property, value.to_owned()), place);
        } else if let Some(key) = KEYS.iter().find(|key| key.variable() == name) {
            self.put(key, place, read_text(key.kind, value));
        } else {
            let dotted = rest.to_ascii_lowercase().replacen('_', ".", 1);
            self.fault(name, place, unknown(&dotted));
        }
    }

    fn flag(&mut self, flag: &FlagValue) {
        let place = Place::Flag(flag.flag.clone());
        if let Some(property) = flag.key.strip_prefix(PROPERTIES).filter(|property| !property.is_empty()) {
            self.put_property(property.to_owned(), Property::new(property, flag.value.clone()), place);
        } else if let Some(key) = KEYS.iter().find(|key| key.name == flag.key) {
            self.put(key, place, read_text(key.kind, &flag.value));
        } else {
            self.fault(&flag.key, place, unknown(&flag.key));
        }
    }
}

fn unknown(name: &str) -> String {
    let nearest = KEYS.iter().map(|key| (distance(name, key.name), key.name)).min();
    match nearest {
        Some((distance, key)) if distance <= 4 => format!("no such setting; did you mean {key}?"),
        _ => "no such setting".to_owned(),
    }
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above), diagonal) in b.bytes().zip(row.iter().skip(1)).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((above + 1).min(left + 1).min(diagonal + usize::from(x != y)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// Line of a byte offset, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

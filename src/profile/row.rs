//! Reading a TOML document row by row and field by field, so that one reading finds every fault.

use serde::Deserialize;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

/// Most faults that one reading reports; a file with more is no profile at all.
const FAULTS_MAX: usize = 500;

/// One fault of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// The key, as a path: `reactions[2].terms[0].code`; empty for the whole document.
    pub key: String,
    /// What is wrong, and where it helps what would be right.
    pub what: String,
}

/// The faults of a profile, in the order of their lines, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The faults.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Fault { line, key, what }) in self.0.iter().enumerate() {
            let newline = if at == 0 { "" } else { "\n" };
            let colon = if key.is_empty() { "" } else { ": " };
            write!(f, "{newline}line {line}{colon}{key}: {what}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// A row with the line on which it begins and its path.
#[derive(Debug)]
pub(super) struct Located<T> {
    pub line: usize,
    pub key: String,
    pub row: T,
}

/// The text being read, and the faults found so far.
pub(super) struct Reader<'t> {
    /// Byte offset at which each line begins.
    line_starts: Vec<usize>,
    text: &'t str,
    faults: Vec<Fault>,
    /// Did the syntax have faults? Then what seems to be missing may only have been unreadable.
    recovered: bool,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { line_starts, text, faults: Vec::new(), recovered: false }
    }

    /// The document as a row; faults of syntax are noted and the rest is read.
    pub fn document(&mut self) -> Row<'t> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.recovered = true;
            self.error("", 1, error);
        }
        Row { table: table.into_inner(), key: String::new(), line: 1 }
    }

    pub fn fault(&mut self, line: usize, key: impl Into<String>, what: impl Into<String>) {
        self.faults.push(Fault { line, key: key.into(), what: what.into() });
    }

    /// A fault that something is absent: not said of a text whose syntax is broken.
    pub fn absent(&mut self, line: usize, key: impl Into<String>, what: impl Into<String>) {
        if !self.recovered {
            self.fault(line, key, what);
        }
    }

    /// The faults in the order of their lines, if there are any.
    pub fn into_faults(mut self) -> Option<Faults> {
        if self.faults.is_empty() {
            return None;
        }
        self.faults.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
        let more = self.faults.len().saturating_sub(FAULTS_MAX);
        if more > 0 {
            self.faults.truncate(FAULTS_MAX);
            let line = self.faults.last().map_or(1, |fault| fault.line);
            self.fault(line, "", format!("and {more} more faults"));
        }
        Some(Faults(self.faults))
    }

    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    fn error(&mut self, key: &str, line: usize, error: &Error) {
        let line = error.span().map_or(line, |span| self.line(span.start));
        self.fault(line, key, error.message().replace('\n', ", "));
    }
}

/// One table of the document. Fields are taken out of it; what is left at the end is unknown.
pub(super) struct Row<'i> {
    table: DeTable<'i>,
    key: String,
    line: usize,
}

impl<'i> Row<'i> {
    /// Path of a field of the row.
    pub fn path(&self, field: &str) -> String {
        if self.key.is_empty() { field.to_owned() } else { format!("{}.{field}", self.key) }
    }

    /// The row's value with its place.
    pub fn locate<T>(&self, row: T) -> Located<T> {
        Located { line: self.line, key: self.key.clone(), row }
    }

    /// A field that may be absent, with its line. `None` where it is absent or unreadable.
    pub fn located<T: Deserialize<'i>>(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<(usize, T)> {
        let value = self.table.remove(field)?;
        let line = reader.line(value.span().start);
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some((line, value)),
            Err(error) => {
                reader.error(&self.path(field), line, &error);
                None
            }
        }
    }

    /// A field that may be absent. `None` where it is absent or unreadable.
    pub fn optional<T: Deserialize<'i>>(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<T> {
        self.located(reader, field).map(|(_, value)| value)
    }

    /// A field that must be there. `None` where it is absent or unreadable.
    pub fn required<T: Deserialize<'i>>(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<T> {
        self.demand(reader, field);
        self.optional(reader, field)
    }

    /// A text that must be there and say something.
    pub fn text(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<String> {
        self.demand(reader, field);
        self.optional_text(reader, field)
    }

    /// A text that may be absent, but not empty.
    pub fn optional_text(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<String> {
        let (line, text) = self.located::<String>(reader, field)?;
        if text.trim().is_empty() {
            reader.fault(line, self.path(field), "is empty");
            return None;
        }
        Some(text)
    }

    /// A number that may be absent, but is finite and within the range.
    pub fn number(
        &mut self,
        reader: &mut Reader<'_>,
        field: &str,
        range: &std::ops::RangeInclusive<f64>,
    ) -> Option<f64> {
        let (line, number) = self.located::<f64>(reader, field)?;
        if number.is_finite() && range.contains(&number) {
            return Some(number);
        }
        let what = format!("{number} is not a number from {} to {}", range.start(), range.end());
        reader.fault(line, self.path(field), what);
        None
    }

    /// One word of a closed list.
    pub fn word(&mut self, reader: &mut Reader<'_>, field: &str, words: &[&str]) -> Option<String> {
        self.demand(reader, field);
        self.optional_word(reader, field, words)
    }

    /// One word of a closed list, or nothing.
    pub fn optional_word(&mut self, reader: &mut Reader<'_>, field: &str, words: &[&str]) -> Option<String> {
        let (line, word) = self.located::<String>(reader, field)?;
        if words.contains(&word.as_str()) {
            return Some(word);
        }
        reader.fault(line, self.path(field), format!("\"{word}\" is none of {}", words.join(", ")));
        None
    }

    /// A table that must be there.
    pub fn table(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<Row<'i>> {
        self.demand(reader, field);
        self.optional_table(reader, field)
    }

    /// A table that may be absent.
    pub fn optional_table(&mut self, reader: &mut Reader<'_>, field: &str) -> Option<Row<'i>> {
        let value = self.table.remove(field)?;
        row(reader, self.path(field), value)
    }

    /// The rows of a list that must be there and not be empty: an empty list is a mistake, never "no match".
    pub fn rows(&mut self, reader: &mut Reader<'_>, field: &str) -> Vec<Row<'i>> {
        let path = self.path(field);
        let Some(value) = self.table.remove(field) else {
            reader.absent(self.line, path, "is missing: an empty list is never \"no match\"");
            return Vec::new();
        };
        let line = reader.line(value.span().start);
        let kind = value.get_ref().type_str();
        let DeValue::Array(list) = value.into_inner() else {
            reader.fault(line, path, format!("is a {kind}, not a list of tables"));
            return Vec::new();
        };
        if list.is_empty() {
            reader.fault(line, path.clone(), "is an empty list: an empty list is never \"no match\"");
        }
        list.into_iter().enumerate().filter_map(|(at, value)| row(reader, format!("{path}[{at}]"), value)).collect()
    }

    /// Ends the row: whatever was not taken out is unknown.
    pub fn finish(self, reader: &mut Reader<'_>) {
        let unknown: Vec<_> = self.table.iter().map(|(key, _)| (key.span().start, key.get_ref().to_string())).collect();
        for (offset, field) in unknown {
            reader.fault(reader.line(offset), self.path(&field), "is not a known key");
        }
    }

    /// Is the field there?
    pub fn has(&self, field: &str) -> bool {
        self.table.contains_key(field)
    }

    /// Notes a field that is absent.
    pub fn demand(&self, reader: &mut Reader<'_>, field: &str) {
        if !self.table.contains_key(field) {
            reader.absent(self.line, self.path(field), "is missing");
        }
    }
}

fn row<'i>(reader: &mut Reader<'_>, key: String, value: Spanned<DeValue<'i>>) -> Option<Row<'i>> {
    let line = reader.line(value.span().start);
    let kind = value.get_ref().type_str();
    let DeValue::Table(table) = value.into_inner() else {
        reader.fault(line, key, format!("is a {kind}, not a table"));
        return None;
    };
    Some(Row { table, key, line })
}

//! A `$`-separated table, row by row.

use super::MeddraFault;
use std::borrow::Cow;

/// MedDRA codes have eight digits.
const CODES: std::ops::RangeInclusive<u32> = 10_000_000..=99_999_999;

/// The faults found so far, bounded.
pub(super) struct Faults {
    found: Vec<MeddraFault>,
    more: usize,
    max: usize,
}

impl Faults {
    pub(super) const fn new(max: usize) -> Self {
        Self { found: Vec::new(), more: 0, max }
    }

    pub(super) fn add(&mut self, file: &'static str, line: usize, what: String) {
        if self.found.len() < self.max {
            self.found.push(MeddraFault { file, line, what });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_result<T>(mut self, value: T) -> Result<T, Vec<MeddraFault>> {
        if self.more > 0 {
            self.found.push(MeddraFault { file: "MedDRA", line: 0, what: format!("and {} more faults", self.more) });
        }
        if self.found.is_empty() { Ok(value) } else { Err(self.found) }
    }
}

/// One table; `None` where its file is not there.
pub(super) struct Table<'t> {
    pub(super) name: &'static str,
    pub(super) bytes: Option<&'t [u8]>,
}

impl Table<'_> {
    /// Calls `read` for each row with at least so many fields. A needed table must be there and not be empty.
    pub(super) fn rows(
        &self,
        fields_min: usize,
        needed: bool,
        faults: &mut Faults,
        mut read: impl FnMut(&TableRow<'_>, &mut Faults),
    ) {
        let Some(bytes) = self.bytes else {
            if needed {
                faults.add(self.name, 0, "is missing".to_owned());
            }
            return;
        };
        let mut any = false;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            any = true;
            // Releases before UTF-8 are Latin-1: each byte is the character of its number.
            let text: Cow<'_, str> = match std::str::from_utf8(line) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => Cow::Owned(line.iter().map(|byte| char::from(*byte)).collect()),
            };
            let row = TableRow { file: self.name, line: at + 1, fields: text.split('$').collect() };
            if row.fields.len() < fields_min {
                row.fault(faults, format!("{} fields, at least {fields_min} are needed", row.fields.len()));
            } else {
                read(&row, faults);
            }
        }
        if !any {
            faults.add(self.name, 0, "is empty".to_owned());
        }
    }
}

/// One row.
pub(super) struct TableRow<'r> {
    file: &'static str,
    line: usize,
    fields: Vec<&'r str>,
}

impl TableRow<'_> {
    pub(super) fn field(&self, at: usize) -> &str {
        self.fields.get(at).copied().unwrap_or_default()
    }

    pub(super) fn fault(&self, faults: &mut Faults, what: String) {
        faults.add(self.file, self.line, what);
    }

    pub(super) fn code(&self, at: usize, faults: &mut Faults) -> Option<u32> {
        let code = self.field(at).trim().parse().ok().filter(|code| CODES.contains(code));
        if code.is_none() {
            self.fault(faults, format!("field {} is no code of eight digits", at + 1));
        }
        code
    }

    pub(super) fn text(&self, at: usize, faults: &mut Faults) -> Option<String> {
        let text = self.field(at).trim();
        if text.is_empty() {
            self.fault(faults, format!("field {} is empty", at + 1));
            return None;
        }
        Some(text.to_owned())
    }
}

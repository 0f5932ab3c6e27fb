//! Why an alert is dismissed: a closed list of the profile, so that reasons can be counted.

use super::row::{Located, Reader, Row};
use std::collections::BTreeMap;

/// Longest code, characters.
const CODE_CHARS_MAX: usize = 40;

/// Most reasons: a person chooses one from a list.
const REASONS_MAX: usize = 32;

/// The code of what no other reason says.
pub const OTHER: &str = "other";

/// One reason of a dismissal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DismissReason {
    /// Code, as acts and counts carry it.
    pub code: String,
    /// In words.
    pub words: String,
    /// Must the person say more?
    pub text_needed: bool,
    /// Source.
    pub source: String,
    /// Was it read in its source?
    pub verified: bool,
    /// A default of ours that the service has to sign.
    pub design: bool,
}

// Every field is read before the first `?`, so that one bad field hides no other.
pub(super) fn reason(row: &mut Row<'_>, reader: &mut Reader<'_>) -> Option<DismissReason> {
    let code = row.text(reader, "code");
    let words = row.text(reader, "words");
    let text_needed = row.optional(reader, "text_needed").unwrap_or_default();
    let source = row.text(reader, "source");
    let verified = row.required(reader, "verified");
    let design = row.optional(reader, "design").unwrap_or_default();
    Some(DismissReason { code: code?, words: words?, text_needed, source: source?, verified: verified?, design })
}

/// Codes are words that stand once and need no escape, and there is one for whatever has none.
pub(super) fn check(reasons: &[Located<DismissReason>], whole: bool, reader: &mut Reader<'_>) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        let mut wrong = |field: &str, what: &str| reader.fault(reason.line, format!("{}.{field}", reason.key), what);
        let DismissReason { code, text_needed, verified, design, .. } = &reason.row;
        let plain = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !plain || code.len() > CODE_CHARS_MAX {
            wrong("code", "is at most 40 lower-case letters, digits and _");
        }
        if *design && *verified {
            wrong("verified", "a default of the project is not verified in a source");
        }
        if code == OTHER && !text_needed {
            wrong("text_needed", "is true for \"other\": it says nothing by itself");
        }
        if let Some(first) = seen.insert(code, reason.line) {
            wrong("code", &format!("\"{code}\" is there already, on line {first}"));
        }
    }
    if let Some(over) = reasons.get(REASONS_MAX) {
        reader.fault(over.line, over.key.clone(), "is one too many: at most 32 reasons can be chosen from");
    }
    if whole && let (Some(last), false) = (reasons.last(), seen.contains_key(OTHER)) {
        reader.fault(last.line, last.key.clone(), "is the last, and none of them has the code \"other\"");
    }
}

impl super::Profile {
    /// The reason of a dismissal with this code.
    #[must_use]
    pub fn dismiss_reason(&self, code: &str) -> Option<&DismissReason> {
        self.dismiss_reasons.iter().find(|reason| reason.code == code)
    }
}

#[cfg(test)]
mod tests {
    use crate::profile::{BUILTIN_TOML, Profile};

    #[test]
    fn the_reasons_are_of_the_profile_and_held_against_each_other() {
        let reasons = &Profile::builtin().dismiss_reasons;
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
        let known = ["other_cause_established", "histology_negative", "value_in_error", "already_known", "duplicate"];
        assert_eq!(codes, [&known[..], &["not_applicable", "other"]].concat());
        assert!(reasons.iter().all(|reason| reason.design != reason.verified));
        for (from, to, what) in [
            ("code = \"duplicate\"", "code = \"already_known\"", "is there already"),
            ("code = \"duplicate\"", "code = \"Dupli:cate\"", "lower-case letters"),
            ("code = \"other\"", "code = \"another\"", "none of them has the code"),
            ("text_needed = true", "text_needed = false", "says nothing by itself"),
            ("words = \"Already known\"", "words = \" \"", "is empty"),
            ("[[dismiss_reasons]]", "[[reasons_to_dismiss]]", "is not a known key"),
        ] {
            assert!(BUILTIN_TOML.contains(from), "{from}");
            let faults = Profile::parse(&BUILTIN_TOML.replace(from, to)).unwrap_err().to_string();
            assert!(faults.contains(what), "{to}: {faults}");
        }
        let none = BUILTIN_TOML.replace("[[dismiss_reasons]]", "[[reasons_to_dismiss]]");
        let faults = Profile::parse(&none).unwrap_err().to_string();
        assert!(faults.contains("dismiss_reasons"), "an empty list is no list: {faults}");
    }
}

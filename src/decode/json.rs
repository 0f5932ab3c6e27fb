//! What every JSON decoder shares: which format it is, whether it is sound, and reading it strictly.

use super::Limits;
use super::json_strict::{MORE_ITEMS, Strict};
use crate::record::{Reject, RejectReason, Text};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::error::Category;
use serde_json::value::RawValue;
use smallvec::SmallVec;
use std::collections::HashSet;
use std::fmt;

/// Keys of one object that are compared one by one; above it they are hashed.
const KEYS_COMPARED: usize = 24;

/// Text of the error for a key that stands twice; [`RejectReason::of_serde_message`] knows it.
const DUPLICATE_KEY: &str = "duplicate key";

/// The message as text, without a byte order mark.
pub fn text(message: &[u8]) -> Result<&str, Reject> {
    let text = std::str::from_utf8(message)
        .map_err(|error| RejectReason::InvalidUtf8.at(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What the outermost keys say a JSON text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Our own record, or a list of them.
    Canonical,
    /// One openFDA report.
    OpenFdaReport,
    /// An openFDA API page or bulk file: the reports are its `results`.
    OpenFdaPage,
    /// A bare list of openFDA reports.
    OpenFdaList,
    /// A list of nothing.
    EmptyList,
    /// It begins like JSON and is none of these.
    OtherJson,
    /// It does not begin like JSON.
    NoJson,
}

impl Shape {
    /// What a key of the outermost object says. Keys that any JSON may have (`meta`, `sender`) say nothing.
    fn of_key(key: &str) -> Option<Self> {
        match key {
            "head" | "body" => Some(Self::Canonical),
            "results" => Some(Self::OpenFdaPage),
            "safetyreportid"
            | "safetyreportversion"
            | "patient"
            | "primarysource"
            | "receivedate"
            | "receiptdate"
            | "transmissiondate"
            | "companynumb"
            | "fulfillexpeditecriteria"
            | "occurcountry"
            | "reporttype" => Some(Self::OpenFdaReport),
            _ => None,
        }
    }
}

/// Finds the shape from the first telling key, without reading further.
pub fn shape(text: &str) -> Shape {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => {}
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => return Shape::OtherJson,
        Some(_) | None => return Shape::NoJson,
    }
    // Mostly the first key tells.
    if let Some(shape) = first_key(text).and_then(Shape::of_key) {
        return shape;
    }
    let mut shape = Shape::OtherJson;
    // The probe stops with an error as soon as it knows: the answer is in `shape`.
    let _ = Probe { shape: &mut shape, in_list: false }.deserialize(&mut serde_json::Deserializer::from_str(text));
    shape
}

/// The first key of an object, where it is written without an escape.
fn first_key(text: &str) -> Option<&str> {
    let key = text.trim_start().strip_prefix('{')?.trim_start().strip_prefix('"')?;
    let key = key.get(..key.find('"')?)?;
    if key.contains('\\') { None } else { Some(key) }
}

struct Probe<'s> {
    shape: &'s mut Shape,
    in_list: bool,
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if let Some(found) = Shape::of_key(&key) {
                *self.shape = match (self.in_list, found) {
                    (true, Shape::OpenFdaReport) => Shape::OpenFdaList,
                    (true, Shape::OpenFdaPage) => Shape::OtherJson,
                    (_, found) => found,
                };
                return Err(A::Error::custom("known"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.in_list {
            return Ok(());
        }
        if list.next_element_seed(Probe { shape: &mut *self.shape, in_list: true })?.is_none() {
            *self.shape = Shape::EmptyList;
        }
        Ok(())
    }
}

/// Whether the text is one sound JSON value: syntax, depth, finite numbers, no key twice in any object.
pub fn check(text: &str) -> Result<(), Reject> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Sound::deserialize(&mut deserializer).and_then(|Sound| deserializer.end()).map_err(|error| reject_of(text, &error))
}

/// Any JSON value, looked at and forgotten.
pub struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = Self;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: de::Error>(self, _value: bool) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_i64<E: de::Error>(self, _value: i64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_u64<E: de::Error>(self, _value: u64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_f64<E: de::Error>(self, _value: f64) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_str<E: de::Error>(self, _value: &str) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self, E> {
        Ok(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = Keys::default();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom(DUPLICATE_KEY));
            }
            map.next_value::<Self>()?;
        }
        Ok(self)
    }
}

/// The keys of one object so far.
#[derive(Default)]
struct Keys<'de> {
    few: SmallVec<[Text<'de>; KEYS_COMPARED]>,
    many: HashSet<Text<'de>, foldhash::fast::RandomState>,
}

impl<'de> Keys<'de> {
    /// False when the key was there already.
    fn insert(&mut self, key: Text<'de>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < KEYS_COMPARED {
            self.few.push(key);
            return true;
        }
        self.many.insert(key)
    }
}

/// Reads one value strictly: objects are objects, lists no longer than the limit, nothing behind the end.
///
/// # Errors
/// The fault of the JSON itself where it has one, else of its content.
pub fn read<'de, T: Deserialize<'de>>(text: &'de str, limits: &Limits) -> Result<T, Reject> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    T::deserialize(Strict::new(&mut deserializer, limits.list_items))
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| match check(text) {
            Err(unsound) => unsound,
            // serde_json calls an object with two branches of a union a syntax error.
            Ok(()) if error.classify() == Category::Syntax => {
                RejectReason::WrongType.at(place("a union with other than one branch", &error))
            }
            Ok(()) if error.to_string().starts_with(MORE_ITEMS) => super::too_many_items(limits.list_items),
            Ok(()) => reject_of(text, &error),
        })
}

/// The items of a list as they stand, at most `max`; the seed of a container.
pub struct RawItems {
    /// Most items.
    pub max: usize,
}

impl<'de> DeserializeSeed<'de> for RawItems {
    type Value = Vec<&'de str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RawItems {
    type Value = Vec<&'de str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<&'de RawValue>()? {
            if items.len() == self.max {
                return Err(A::Error::custom(MORE_ITEMS));
            }
            items.push(item.get());
        }
        Ok(items)
    }
}

/// The items of a bare list.
pub fn items<'de>(text: &'de str, limits: &Limits) -> Result<Vec<&'de str>, Reject> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    RawItems { max: limits.container_records }
        .deserialize(&mut deserializer)
        .and_then(|items| deserializer.end().map(|()| items))
        .map_err(|error| container_reject(text, &error, limits))
}

/// The reject for a container that could not be split.
pub fn container_reject(text: &str, error: &serde_json::Error, limits: &Limits) -> Reject {
    if error.to_string().starts_with(MORE_ITEMS) {
        return super::too_many_records(limits.container_records);
    }
    match check(text) {
        Err(unsound) => unsound,
        Ok(()) => reject_of(text, error),
    }
}

/// Names the fault behind an error of serde_json. Its message may quote content and is not kept; the place is.
fn reject_of(text: &str, error: &serde_json::Error) -> Reject {
    let message = error.to_string();
    let reject = match error.classify() {
        Category::Data => RejectReason::of_serde_message(&message),
        Category::Eof => RejectReason::MalformedJson.at("the text ends too early"),
        Category::Syntax | Category::Io => {
            if message.starts_with("recursion limit") {
                RejectReason::TooDeep.at("nested deeper than 128 levels")
            } else if message.starts_with("number out of range") || near_non_finite(text, error) {
                RejectReason::NonFiniteNumber.at("NaN, an infinity, or a number beyond a double")
            } else if message.starts_with("trailing characters") {
                RejectReason::TrailingBytes.at("something behind the end of the value")
            } else {
                RejectReason::MalformedJson.at("not JSON")
            }
        }
    };
    reject.reason.at(place(&reject.detail, error))
}

fn place(what: &str, error: &serde_json::Error) -> String {
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// True where the parser stumbled over one of the words that JavaScript and Python write for numbers JSON has not.
fn near_non_finite(text: &str, error: &serde_json::Error) -> bool {
    /// The parser stops up to three bytes into the word, or behind its sign.
    const BEFORE: usize = 4;
    const LONGEST: usize = "-Infinity".len();
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = line_start + error.column();
    let window = text.as_bytes().get(at.saturating_sub(BEFORE)..).unwrap_or_default();
    let window = window.get(..BEFORE + LONGEST).unwrap_or(window);
    [&b"NaN"[..], b"nan", b"Infinity", b"infinity", b"inf"]
        .iter()
        .any(|word| window.windows(word.len()).take(BEFORE + 1).any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RejectReason as R;

    #[test]
    fn the_first_telling_key_decides() {
        for (text, expected) in [
            (r#"{"body": 1}"#, Shape::Canonical),
            (r#" [{"head": {}}]"#, Shape::Canonical),
            (r#"{"meta": {"x": [1, {}]}, "results": []}"#, Shape::OpenFdaPage),
            (r#"{"@version": 1, "safetyreportid": "1"}"#, Shape::OpenFdaReport),
            (r#"[{"serious": "1", "patient": {}}]"#, Shape::OpenFdaList),
            ("[]", Shape::EmptyList),
            ("{}", Shape::OtherJson),
            ("[[1]]", Shape::OtherJson),
            ("12", Shape::OtherJson),
            ("{", Shape::OtherJson),
            ("MSH|^~", Shape::NoJson),
            ("  ", Shape::NoJson),
        ] {
            assert_eq!(shape(text), expected, "{text}");
        }
    }

    #[test]
    fn each_fault_of_the_json_has_its_name() {
        let deep = "[".repeat(100_000);
        let deep_closed = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let many: String = (0..100).map(|n| format!("\"k{n}\":0,")).collect();
        let many_twice = format!("{{{many}\"k99\":0}}");
        for (text, reason) in [
            (r#"{"a": {"b": [{"c": 1, "c": 2}]}}"#, R::DuplicateKey),
            (r#"{"a": 1, "\u0061": 2}"#, R::DuplicateKey),
            (&many_twice, R::DuplicateKey),
            (&deep, R::TooDeep),
            (&deep_closed, R::TooDeep),
            (r#"{"a": NaN}"#, R::NonFiniteNumber),
            (r#"{"a": -NaN}"#, R::NonFiniteNumber),
            (r#"{"a": nan}"#, R::NonFiniteNumber),
            (r#"{"a": Infinity}"#, R::NonFiniteNumber),
            (r#"{"a": -Infinity}"#, R::NonFiniteNumber),
            ("{\n\"a\":\n -Infinity}", R::NonFiniteNumber),
            (r#"{"a": 1e999}"#, R::NonFiniteNumber),
            (r#"{"a": -1e999}"#, R::NonFiniteNumber),
            (r#"{"a": 1} {}"#, R::TrailingBytes),
            (r#"{"a": 1"#, R::MalformedJson),
            (r#"{"a": 1,}"#, R::MalformedJson),
            (r#"{a: 1}"#, R::MalformedJson),
            (r#"{"a": "\ud800"}"#, R::MalformedJson),
            (r#"{"a": nul}"#, R::MalformedJson),
        ] {
            assert_eq!(check(text).unwrap_err().reason, reason, "{}", text.get(..60).unwrap_or(text));
        }
        assert_eq!(check(r#"{"a": 1, "b": {"a": [1.5e3, null, true, "x"]}}"#), Ok(()));
    }
}

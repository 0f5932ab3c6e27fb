//! Text that is borrowed from the message wherever the format allows it.

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A string of a record, borrowed from the message it was decoded from where no escape or conversion stood in the way.
///
/// serde borrows a bare `Cow<str>` only where the field itself carries an attribute, and never inside `Option` or `Vec`;
/// this type borrows everywhere.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(pub Cow<'a, str>);

impl<'a> Text<'a> {
    /// Text that lives as long as the message.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Text of its own.
    #[must_use]
    pub const fn owned(text: String) -> Text<'static> {
        Text(Cow::Owned(text))
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

/// Debug output of any record shows only that there was text and how long it was: case texts must not reach a log by
/// way of a `{:?}`.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<text of {} bytes>", self.0.len())
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrows_inside_option_and_vec_unless_an_escape_stands_in_the_way() {
        let parsed: Vec<Option<Text<'_>>> = serde_json::from_str(r#"["plain", null, "esc\"aped"]"#).unwrap();
        assert!(matches!(parsed[0].as_ref().unwrap().0, Cow::Borrowed("plain")));
        assert!(matches!(parsed[2].as_ref().unwrap().0, Cow::Owned(_)));
    }

    #[test]
    fn debug_never_shows_the_text() {
        assert_eq!(format!("{:?}", Text::borrowed("Jane Doe")), "<text of 8 bytes>");
    }
}

//! Messages of `vigil.rejects` as they are written: field for field `schemas/reject.avsc`.

use super::{Codec, Reject};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::LazyLock;

/// Text of `schemas/reject.avsc`.
pub const REJECT_SCHEMA_JSON: &str = include_str!("../../schemas/reject.avsc");

/// Who rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No record could be made of a source message.
    Ingest,
    /// A record of the log could not be judged.
    Watch,
}

impl Stage {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ingest, Self::Watch];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Watch => "watch",
        }
    }
}

/// Bytes that Avro writes as bytes. Their `Debug` shows only how many they are: they may hold a person's identity.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw<'a>(pub Cow<'a, [u8]>);

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(&self.0);
        }
        // For `tail`: text where it is text.
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut hex = String::with_capacity(4 + 2 * self.0.len());
                hex.push_str("hex:");
                for byte in self.0.iter() {
                    let _ = write!(hex, "{byte:02x}");
                }
                serializer.serialize_str(&hex)
            }
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;
        impl<'de> serde::de::Visitor<'de> for RawVisitor {
            type Value = Raw<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Raw(Cow::Borrowed(bytes)))
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(Raw(Cow::Owned(bytes.to_vec())))
            }
        }
        deserializer.deserialize_bytes(RawVisitor)
    }
}

/// One message of `vigil.rejects`, field for field `schemas/reject.avsc`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectRecord<'a> {
    /// Name of the reject.
    pub reason: Cow<'a, str>,
    /// Where and what, without content.
    pub detail: Cow<'a, str>,
    /// Who rejected it.
    pub stage: Stage,
    /// Origin: topic.
    pub topic: Cow<'a, str>,
    /// Origin: partition.
    pub partition: i32,
    /// Origin: offset.
    pub offset: i64,
    /// Origin: index in its container; -1 for the whole message.
    pub index: i32,
    /// Timestamp of the source message, milliseconds.
    pub source_time: i64,
    /// Key of the source message.
    #[serde(borrow)]
    pub key: Option<Raw<'a>>,
    /// The message, or its beginning; `None` for a further reject of the same message.
    #[serde(borrow)]
    pub raw: Option<Raw<'a>>,
    /// Is `raw` only the beginning?
    pub raw_truncated: bool,
    /// Bytes of the whole message.
    pub raw_size: i64,
    /// SHA-256 of the whole message, hexadecimal.
    pub raw_sha256: Cow<'a, str>,
}

/// Reads a message of `vigil.rejects`.
///
/// # Errors
/// A [`Reject`] that names what is wrong with it.
pub fn decode_reject<'m>(message: &'m [u8], scratch: &'m mut Vec<u8>) -> Result<RejectRecord<'m>, Reject> {
    reject_codec().decode(message, scratch)
}

/// The codec of `schemas/reject.avsc`.
///
/// # Panics
/// Never: the schema is compiled in and every test reads it.
#[must_use]
pub fn reject_codec() -> &'static Codec<RejectRecord<'static>> {
    static CODEC: LazyLock<Codec<RejectRecord<'static>>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
        Codec::new(REJECT_SCHEMA_JSON, &[]).expect("schemas/reject.avsc is Avro")
    });
    &CODEC
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_raw_message() {
        assert_eq!(format!("{:?}", Raw(b"Jane Doe".as_slice().into())), "<8 bytes>");
    }
}

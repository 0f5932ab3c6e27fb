//! What goes to `vigil.rejects`: the fault, where it came from, and the message itself, so that it can be looked into and
//! put back.

use crate::record::{Codec, RAW_KEPT_BYTES, RAW_WHOLE_MAX_BYTES, Reject};
use rdkafka::message::{Header, OwnedHeaders};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::LazyLock;

/// Text of `schemas/reject.avsc`.
pub const SCHEMA_JSON: &str = include_str!("../../schemas/reject.avsc");

/// Who rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// A message that rejects are made of; its digest is computed once, when first needed.
#[derive(Debug)]
pub struct Rejected<'a> {
    stage: Stage,
    topic: &'a str,
    partition: i32,
    offset: i64,
    source_time: i64,
    key: Option<&'a [u8]>,
    raw: &'a [u8],
    digest: Option<String>,
}

/// A reject ready to be written.
#[derive(Clone, Debug)]
pub struct RejectMessage {
    /// Kafka key: source topic/partition/offset.
    pub key: String,
    /// Kafka value: Avro, single-object encoding.
    pub value: Vec<u8>,
    headers: [(&'static str, String); 6],
}

impl<'a> Rejected<'a> {
    /// A message at its origin.
    #[must_use]
    pub const fn new(
        stage: Stage,
        (topic, partition, offset): (&'a str, i32, i64),
        source_time: i64,
        key: Option<&'a [u8]>,
        raw: &'a [u8],
    ) -> Self {
        Self { stage, topic, partition, offset, source_time, key, raw, digest: None }
    }

    /// The reject of one record of the message, or of the whole (index -1). The first one carries the message.
    ///
    /// # Errors
    /// When it does not fit its schema, which is a fault of ours.
    pub fn message(&mut self, index: i32, reject: &Reject) -> anyhow::Result<RejectMessage> {
        let first = self.digest.is_none();
        let digest = self.digest.get_or_insert_with(|| hex(&Sha256::digest(self.raw)));
        let truncated = self.raw.len() > RAW_WHOLE_MAX_BYTES;
        let kept = if truncated { self.raw.get(..RAW_KEPT_BYTES).unwrap_or_default() } else { self.raw };
        let record = RejectRecord {
            reason: reject.reason.name().into(),
            detail: Cow::Borrowed(&reject.detail),
            stage: self.stage,
            topic: self.topic.into(),
            partition: self.partition,
            offset: self.offset,
            index,
            source_time: self.source_time,
            // A key longer than what is kept of a value is no key worth keeping whole.
            key: self.key.map(|key| Raw(Cow::Borrowed(key.get(..RAW_KEPT_BYTES).unwrap_or(key)))),
            raw: first.then_some(Raw(Cow::Borrowed(kept))),
            raw_truncated: truncated,
            raw_size: i64::try_from(self.raw.len()).unwrap_or(i64::MAX),
            raw_sha256: Cow::Borrowed(digest),
        };
        let mut value = Vec::with_capacity(256 + if first { kept.len() } else { 0 });
        codec().encode(&record, &mut value)?;
        Ok(RejectMessage {
            key: format!("{}/{}/{}", self.topic, self.partition, self.offset),
            value,
            headers: [
                ("reason", reject.reason.name().to_owned()),
                ("stage", self.stage.name().to_owned()),
                ("topic", self.topic.to_owned()),
                ("partition", self.partition.to_string()),
                ("offset", self.offset.to_string()),
                ("index", index.to_string()),
            ],
        })
    }
}

impl RejectMessage {
    /// Reason and origin as Kafka headers.
    #[must_use]
    pub fn headers(&self) -> OwnedHeaders {
        headers(self.headers.iter().map(|(name, value)| (*name, value.as_str())))
    }
}

/// Kafka headers of text.
pub fn headers<'h>(all: impl Iterator<Item = (&'h str, &'h str)>) -> OwnedHeaders {
    all.fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

/// Reads a message of `vigil.rejects`.
///
/// # Errors
/// A [`Reject`] that names what is wrong with it.
pub fn decode<'m>(message: &'m [u8], scratch: &'m mut Vec<u8>) -> Result<RejectRecord<'m>, Reject> {
    codec().decode(message, scratch)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn codec() -> &'static Codec<RejectRecord<'static>> {
    static CODEC: LazyLock<Codec<RejectRecord<'static>>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
        Codec::new(SCHEMA_JSON, &[]).expect("schemas/reject.avsc is Avro")
    });
    &CODEC
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RejectReason;

    #[test]
    fn the_raw_message_reads_back_and_only_once_for_one_message() {
        let raw = [0u8, 159, 146, 150, b'{'];
        let mut rejected = Rejected::new(Stage::Ingest, ("adverse-events", 3, 7), 1_740_000_000_000, Some(b"k"), &raw);
        let first = rejected.message(0, &RejectReason::InvalidUtf8.at("string 2")).unwrap();
        let second = rejected.message(4, &RejectReason::MissingField.at("field sender")).unwrap();
        assert_eq!(first.key, "adverse-events/3/7");
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let (one, two) = (decode(&first.value, &mut a).unwrap(), decode(&second.value, &mut b).unwrap());
        assert_eq!(one.raw.unwrap().0, raw.as_slice());
        assert_eq!((one.partition, one.offset, one.index, two.index), (3, 7, 0, 4));
        assert_eq!(one.key.unwrap().0, b"k".as_slice());
        assert_eq!((two.raw, two.raw_size), (None, 5));
        assert_eq!(one.raw_sha256, two.raw_sha256);
        assert_eq!(codec().decode_value(&first.value).map(|_| ()), Ok(()), "apache-avro reads it too");
    }

    #[test]
    fn of_a_large_message_the_beginning_is_kept_and_the_digest_of_the_whole() {
        let raw = vec![7u8; RAW_WHOLE_MAX_BYTES + 1];
        let mut rejected = Rejected::new(Stage::Watch, ("vigil.records", 0, 1), 0, None, &raw);
        let message = rejected.message(-1, &RejectReason::TooLarge.at("")).unwrap();
        let mut scratch = Vec::new();
        let record = decode(&message.value, &mut scratch).unwrap();
        assert_eq!(record.raw.unwrap().0.len(), RAW_KEPT_BYTES);
        assert!(record.raw_truncated);
        assert_eq!(record.raw_size, 512 * 1024 + 1);
        assert_eq!(record.raw_sha256, hex(&Sha256::digest(&raw)));
    }

    #[test]
    fn debug_never_shows_the_raw_message() {
        assert_eq!(format!("{:?}", Raw(b"Jane Doe".as_slice().into())), "<8 bytes>");
    }
}

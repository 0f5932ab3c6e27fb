//! What goes to `vigil.rejects`: the fault, where it came from, and the message itself, so that it can be looked into and
//! put back.

use crate::record::{RAW_KEPT_BYTES, RAW_WHOLE_MAX_BYTES, Reject, reject_codec};
use rdkafka::message::{Header, OwnedHeaders};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;

pub use crate::record::{Raw, RejectRecord, Stage, decode_reject as decode};

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
        reject_codec().encode(&record, &mut value)?;
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

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
        assert_eq!(reject_codec().decode_value(&first.value).map(|_| ()), Ok(()), "apache-avro reads it too");
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
}

//! The whole journey of one message on one screen: [`intake`] is ingest's half, [`step`] is watch's.

use crate::decode::{Format, Limits};
use crate::record::Reject;

/// A message of a source topic, as it came.
#[derive(Clone, Copy, Debug)]
pub struct SourceMessage<'a> {
    /// Source topic, or a file's name.
    pub topic: &'a str,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Timestamp of the message, milliseconds since 1970, UTC: the record's recorded-at.
    pub timestamp: i64,
    /// The message.
    pub payload: &'a [u8],
    /// The format, where the source's settings or a header name it.
    pub format: Option<Format>,
}

/// A record ready for the log.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// Kafka key: the pseudonym's text.
    pub key: &'a str,
    /// Kafka value: Avro, single-object encoding.
    pub value: &'a [u8],
    /// Kind of the record, for metrics.
    pub kind: &'static str,
    /// Recorded-at, milliseconds: the Kafka timestamp to write it with.
    pub timestamp: i64,
}

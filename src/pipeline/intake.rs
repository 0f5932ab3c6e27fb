//! Ingest's half of the journey: a source message becomes records of the log, or rejects.

use crate::decode::{self, Format, Limits};
use crate::normalise::{Completion, Pseudonymiser, complete};
use crate::record::{Codec, Reject};

/// A message of a source topic, as it came.
#[derive(Clone, Copy, Debug)]
pub struct SourceMessage<'a> {
    /// Source topic, or a file's name.
    pub topic: &'a str,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Timestamp of the message, milliseconds since 1970, UTC: the record's recorded-at. 0 where there is none (files).
    pub timestamp: i64,
    /// The message.
    pub payload: &'a [u8],
    /// The format, where the source's settings or a header name it.
    pub format: Option<Format>,
}

/// What is configured for a source topic.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Site of its records.
    pub site: String,
    /// Sender of reports that name none.
    pub sender: String,
    /// Is it the operator's own receipt, so that regulatory clocks run?
    pub own_receipt: bool,
    /// Its format; `None` lets each message show its own.
    pub format: Option<Format>,
}

/// What ingest needs to turn messages into records.
#[derive(Debug)]
pub struct Intake {
    /// Makes pseudonyms.
    pub pseudonymiser: Pseudonymiser,
    /// Bounds.
    pub limits: Limits,
    /// May messages be of kinds that only the system itself writes, and hold other keys' pseudonyms? True for files read
    /// by `replay` alone.
    pub internal_kinds: bool,
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

/// Takes one source message in: decode, complete, encode. `out` is called once for each record of the message, in
/// order, with its index in the container; index -1 stands for the whole message.
pub fn intake(
    intake: &Intake,
    source: &Source,
    message: &SourceMessage<'_>,
    out: &mut dyn FnMut(i32, Result<LogRecord<'_>, Reject>),
) {
    let mut value = Vec::new();
    let format = message.format.or(source.format);
    decode::decode(format, message.payload, &intake.limits, &mut |index, decoded| {
        let encoded = decoded.and_then(|mut record| {
            let known = Completion {
                topic: message.topic,
                partition: message.partition,
                offset: message.offset,
                index,
                timestamp: message.timestamp,
                site: &source.site,
                sender: &source.sender,
                own_receipt: source.own_receipt,
                internal_kinds: intake.internal_kinds,
            };
            complete(&mut record, &intake.pseudonymiser, &known)?;
            value.clear();
            Codec::record().encode_taken(&record, &mut value)?;
            Ok((record.head.key.to_string(), record.body.kind(), record.head.recorded_at.0))
        });
        match encoded {
            Ok((key, kind, timestamp)) => out(index, Ok(LogRecord { key: &key, value: &value, kind, timestamp })),
            Err(reject) => out(index, Err(reject)),
        }
    });
}

//! The whole journey of one message on one screen: [`intake`] is ingest's half, [`step`] is watch's.

use crate::decode::{Format, Limits};
use crate::record::{Record, Reject};

/// A message of a source topic, as it came.
#[derive(Clone, Copy, Debug)]
pub struct SourceMessage<'a> {
    /// Source topic, or a file's name.
    pub topic: &'a str,
    /// Source partition.
    pub partition: i32,
    /// Source offset.
    pub offset: i64,
    /// Timestamp of the message, milliseconds since 1970, UTC.
    pub timestamp: i64,
    /// The message.
    pub payload: &'a [u8],
    /// The format, where the source's settings or a header name it.
    pub format: Option<Format>,
}

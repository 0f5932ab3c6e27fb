//! Bytes to records or rejects: one file a format, and the only home of wire structs.

use crate::record::{Record, Reject};

/// A format of source messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `schemas/record.avsc` in single-object encoding.
    CanonicalAvro,
    /// The same fields as JSON.
    CanonicalJson,
    /// openFDA drug-event JSON: one report, an API page or a bulk file.
    OpenFda,
}

/// Bounds of what is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest message, bytes.
    pub message_bytes: usize,
    /// Most records in one container.
    pub container_records: usize,
    /// Most items in one list of one record.
    pub list_items: usize,
}

/// What a decoder yields, once for each record of the message in order: the index in the container, and the record or
/// why it is none. Index -1 stands for the whole message.
pub type Sink<'s> = dyn FnMut(i32, Result<Record<'_>, Reject>) + 's;

/// Decodes one source message of `format` (found from its first bytes where `None`), giving each record to `sink`.
pub fn decode(_format: Option<Format>, _message: &[u8], _limits: &Limits, _sink: &mut Sink<'_>) {
}

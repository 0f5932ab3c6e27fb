//! Bytes to records or rejects: one file a format, and the only home of wire structs.
//!
//! [`decode`] takes one source message, [`faers::decode`] the tables of a FAERS quarter, which only mean something
//! together. [`messages`] splits a file into messages. Each record of a container has a fate of its own: one bad report
//! of a page is one reject with its index, its neighbours are records.

mod canonical;
pub mod faers;
mod icsr_codes;
mod json;
mod json_strict;
mod messages;
mod openfda;
mod openfda_wire;

pub use messages::{FileMessage, messages};

use crate::record::{Record, Reject, RejectReason, SINGLE_OBJECT_MARK};
use json::Shape;

/// A format of source messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `schemas/record.avsc` in single-object encoding.
    CanonicalAvro,
    /// The same fields as JSON: one object, or an array of them.
    CanonicalJson,
    /// openFDA drug-event JSON: one report, an API page or a bulk file.
    OpenFda,
    /// One table of a FAERS quarterly file. Tables that belong together are read by [`faers::decode`].
    FaersTable,
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

/// Index of a reject that stands for the whole message.
pub const WHOLE_MESSAGE: i32 = -1;

/// Decodes one source message of `format` (found from its first bytes where `None`), giving each record to `sink`.
///
/// A record's head holds its source format, its source identity and its index in the container; where it was read from
/// and when it became known are the caller's to fill in.
pub fn decode(format: Option<Format>, message: &[u8], limits: &Limits, sink: &mut Sink<'_>) {
    if let Err(reject) = decode_message(format, message, limits, sink) {
        sink(WHOLE_MESSAGE, Err(reject));
    }
}

fn decode_message(format: Option<Format>, message: &[u8], limits: &Limits, sink: &mut Sink<'_>) -> Result<(), Reject> {
    if message.is_empty() {
        return Err(RejectReason::EmptyPayload.at("no byte"));
    }
    if message.len() > limits.message_bytes {
        return Err(RejectReason::TooLarge.at(format!("{} bytes, limit {}", message.len(), limits.message_bytes)));
    }
    let format = match format {
        Some(format) => format,
        None => return detect_and_decode(message, limits, sink),
    };
    match format {
        Format::CanonicalAvro => canonical::avro(message, limits, sink),
        Format::CanonicalJson => canonical::json(json::text(message)?, limits, sink),
        Format::OpenFda => {
            let text = json::text(message)?;
            openfda::decode(text, json::shape(text), limits, sink)
        }
        Format::FaersTable => {
            faers::decode(&[("", message)], limits, sink);
            Ok(())
        }
    }
}

fn detect_and_decode(message: &[u8], limits: &Limits, sink: &mut Sink<'_>) -> Result<(), Reject> {
    // A message cut inside the mark or the fingerprint is Avro cut short, not an unknown format.
    if message.starts_with(&SINGLE_OBJECT_MARK) || SINGLE_OBJECT_MARK.starts_with(message) {
        return canonical::avro(message, limits, sink);
    }
    if faers::is_table(message) {
        faers::decode(&[("", message)], limits, sink);
        return Ok(());
    }
    let text = json::text(message)?;
    match json::shape(text) {
        Shape::Canonical => canonical::json(text, limits, sink),
        shape @ (Shape::OpenFdaReport | Shape::OpenFdaPage | Shape::OpenFdaList) => {
            openfda::decode(text, shape, limits, sink)
        }
        Shape::EmptyList => Err(RejectReason::NoRecords.at("an empty list")),
        Shape::OtherJson => {
            json::check(text)?;
            Err(RejectReason::UnknownFormat.at("JSON, but neither canonical nor openFDA"))
        }
        Shape::NoJson => Err(RejectReason::UnknownFormat.at("neither Avro nor JSON nor a FAERS table")),
    }
}

/// `Err` when a list of a record is longer than the limit.
fn within_list_limit(record: &Record<'_>, limits: &Limits) -> Result<(), Reject> {
    use crate::record::Body;
    let max = limits.list_items;
    let fits = match &record.body {
        Body::Report(report) => {
            [
                report.other_case_ids.len(),
                report.linked_reports.len(),
                report.drugs.len(),
                report.reactions.len(),
                report.history.len(),
                report.tests.len(),
                report.missing_parts.len(),
            ]
            .iter()
            .all(|len| *len <= max)
                && report.drugs.iter().all(|drug| {
                    let lists =
                        [&drug.substances, &drug.atc, &drug.unii, &drug.rxcui, &drug.indications, &drug.causality];
                    lists.iter().all(|list| list.len() <= max) && drug.additional_codes.len() <= max
                })
        }
        Body::Procedure(procedure) => procedure.agents.len() <= max,
        Body::Observation(_)
        | Body::Administration(_)
        | Body::Finding(_)
        | Body::Condition(_)
        | Body::Response(_)
        | Body::Stay(_)
        | Body::Patient(_)
        | Body::Forwarded(_)
        | Body::Merge(_)
        | Body::Acknowledgement(_)
        | Body::ProfileChange(_)
        | Body::Tick(_) => true,
    };
    if fits { Ok(()) } else { Err(too_many_items(max)) }
}

fn too_many_items(max: usize) -> Reject {
    RejectReason::TooMany.at(format!("a list of more than {max} items"))
}

fn too_many_records(max: usize) -> Reject {
    RejectReason::TooMany.at(format!("a container of more than {max} records"))
}

#[cfg(test)]
mod examples_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod public_data_tests;
#[cfg(test)]
mod tests;

//! The words everyone speaks: [`Record`], its kinds, ids, time, and [`Reject`], which is what a message becomes that is
//! no record.
//!
//! Field for field these types are `schemas/record.avsc`; a test holds the two together. Text is borrowed from the
//! message it was decoded from.

mod audit_wire;
mod avro;
mod bedside;
mod id;
mod names;
mod partition;
mod reject;
mod reject_wire;
mod report;
mod resolve;
pub mod state;
mod system;
mod text;
mod time;
mod wire;
mod wire_writer;
mod zone;

pub use audit_wire::{AUDIT_SCHEMA_JSON, AuditRecord, audit_codec};
pub use avro::{Codec, SCHEMA_JSON, SINGLE_OBJECT_MARK, fingerprint};
pub use bedside::*;
pub use id::{NoPseudonym, Pseudonym, digest128, hex128, record_id};
pub use partition::partition_of;
pub use reject::{RAW_KEPT_BYTES, RAW_WHOLE_MAX_BYTES, Reject, RejectReason};
pub use reject_wire::{REJECT_SCHEMA_JSON, Raw, RejectRecord, Stage, decode_reject, reject_codec};
pub use report::*;
pub use system::*;
pub use text::Text;
pub use time::{DateFault, Millis, OUT_OF_RANGE, PartialDate, YEARS};
pub use wire_writer::Unwritable;
pub use zone::Zone;

use serde::{Deserialize, Serialize};

/// One record of the log: a common head and a body of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record<'a> {
    /// What every record has.
    #[serde(default, borrow)]
    pub head: Head<'a>,
    /// What is said.
    #[serde(borrow)]
    pub body: Body<'a>,
}

/// What a record says; the variant is its kind, in the order of the schema's union.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(
    clippy::large_enum_variant,
    reason = "a report is the common kind; boxing it would cost an allocation a record"
)]
pub enum Body<'a> {
    /// An ICSR version or its nullification.
    Report(#[serde(borrow)] Report<'a>),
    /// A laboratory result or vital sign.
    Observation(#[serde(borrow)] Observation<'a>),
    /// One dose.
    Administration(#[serde(borrow)] Administration<'a>),
    /// A procedure.
    Procedure(#[serde(borrow)] Procedure<'a>),
    /// A finding, present or absent.
    Finding(#[serde(borrow)] Finding<'a>),
    /// A diagnosis or state.
    Condition(#[serde(borrow)] Condition<'a>),
    /// Response of the leukaemia.
    Response(Response),
    /// Admission, discharge, death.
    Stay(#[serde(borrow)] Stay<'a>),
    /// Unchanging facts of the person.
    Patient(Patient),
    /// A fact sent from a case to its patient.
    Forwarded(#[serde(borrow)] Forwarded<'a>),
    /// Two pseudonyms are one patient.
    Merge(#[serde(borrow)] Merge<'a>),
    /// What a person did about an alert.
    Acknowledgement(#[serde(borrow)] Acknowledgement<'a>),
    /// Reserved.
    ProfileChange(#[serde(borrow)] ProfileChange<'a>),
    /// Wall time.
    Tick(Tick),
}

impl Body<'_> {
    /// Name of the kind, lower case, as in metrics and headers.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Report(_) => "report",
            Self::Observation(_) => "observation",
            Self::Administration(_) => "administration",
            Self::Procedure(_) => "procedure",
            Self::Finding(_) => "finding",
            Self::Condition(_) => "condition",
            Self::Response(_) => "response",
            Self::Stay(_) => "stay",
            Self::Patient(_) => "patient",
            Self::Forwarded(_) => "forwarded",
            Self::Merge(_) => "merge",
            Self::Acknowledgement(_) => "acknowledgement",
            Self::ProfileChange(_) => "profile_change",
            Self::Tick(_) => "tick",
        }
    }
}

/// Names of all kinds, in the order of the schema's union.
pub const KINDS: [&str; 14] = [
    "report",
    "observation",
    "administration",
    "procedure",
    "finding",
    "condition",
    "response",
    "stay",
    "patient",
    "forwarded",
    "merge",
    "acknowledgement",
    "profile_change",
    "tick",
];

/// What every record has, whatever its kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Head<'a> {
    /// Identity of the record: 32 hexadecimal digits, SHA-256 over (sender, source identity, index), truncated to 128 bits. The same id with the same content is a repeat, with other content a correction
    #[serde(default, borrow)]
    pub record_id: Text<'a>,
    /// Pseudonym of the case (reports) or of the patient (bedside kinds): '`<key id, 8 hex>`:`<128-bit HMAC-SHA-256, 32 hex>`'. The Kafka message key. Empty on source topics
    #[serde(default, borrow)]
    pub key: Text<'a>,
    /// The person in clear, on source topics only
    #[serde(default, borrow)]
    pub identity: Option<Identity<'a>>,
    /// Sending site or organisation as configured for the source; never a person
    #[serde(default, borrow)]
    pub site: Text<'a>,
    /// Format the record was decoded from
    #[serde(default)]
    pub source_format: SourceFormat,
    /// Identity given by the source: message control id, resource id and version, case and version
    #[serde(default, borrow)]
    pub source_id: Text<'a>,
    /// When it happened, UTC. Null where the source gives a date only (see the kind's own dates) or nothing
    #[serde(default)]
    pub event_time: Option<Millis>,
    /// When it became known: timestamp of the source Kafka message; our own clock only where there is none
    #[serde(default)]
    pub recorded_at: Millis,
    /// Source position
    #[serde(default, borrow)]
    pub origin: Origin<'a>,
    /// W3C trace id carried over from the source message's headers
    #[serde(default, borrow)]
    pub trace_id: Option<Text<'a>>,
}

/// A person's identity in clear. Present only on source topics: ingest turns it into the key and leaves null; watch rejects a record that still carries one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity<'a> {
    /// Assigning authority of the identifier (HL7 CX.4, FHIR Identifier.system)
    #[serde(borrow)]
    pub authority: Text<'a>,
    /// Identifier within the authority, as written by the sender
    #[serde(borrow)]
    pub identifier: Text<'a>,
}

/// Site of the records that this program writes itself: no ward, and no calendar of its own.
pub const OWN_SITE: &str = "vigil";

/// Where the record was read from, for tracing it back to its source message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Origin<'a> {
    /// Source topic; a file's name for files
    #[serde(default, borrow)]
    pub topic: Text<'a>,
    /// Source partition; 0 for files
    #[serde(default)]
    pub partition: i32,
    /// Source offset; line or byte position for files, as the reader says
    #[serde(default)]
    pub offset: i64,
    /// Index of the record in its container (API page, bulk file, bundle); 0 for single messages
    #[serde(default)]
    pub index: i32,
}

/// Format of the source message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// `canonical_avro`
    CanonicalAvro,
    /// `canonical_json`
    #[default]
    CanonicalJson,
    /// `openfda`
    Openfda,
    /// `faers_ascii`
    FaersAscii,
    /// `e2b_r2`
    E2bR2,
    /// `e2b_r3`
    E2bR3,
    /// `fhir`
    Fhir,
    /// `hl7v2`
    Hl7v2,
    /// `vigil`
    Vigil,
}

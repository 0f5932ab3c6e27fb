//! What a message becomes that is no record: a named, countable reason and where the fault is, never its content.

use std::borrow::Cow;
use std::fmt;

/// Largest source message that is kept whole in `vigil.rejects`, bytes.
pub const RAW_WHOLE_MAX_BYTES: usize = 512 * 1024;

/// What is kept of a larger one, bytes from its start; its size and SHA-256 are kept beside.
pub const RAW_KEPT_BYTES: usize = 64 * 1024;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// Why a message is no record. A closed list: each is a metric label and a name in `vigil.rejects`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RejectReason { $($(#[$doc])* $variant),* }

        impl RejectReason {
            /// All reasons, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The reason's name, lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

reasons! {
    /// A message without a byte.
    EmptyPayload = "empty_payload",
    /// Larger than the message limit of the settings.
    TooLarge = "too_large",
    /// No format that we read.
    UnknownFormat = "unknown_format",
    /// Avro that ends too early.
    TruncatedAvro = "truncated_avro",
    /// Avro with an impossible length, index or number.
    MalformedAvro = "malformed_avro",
    /// Bytes behind the end of a datum.
    TrailingBytes = "trailing_bytes",
    /// Avro written with a schema that we do not know.
    UnknownFingerprint = "unknown_fingerprint",
    /// Text that is not UTF-8.
    InvalidUtf8 = "invalid_utf8",
    /// JSON that cannot be parsed.
    MalformedJson = "malformed_json",
    /// JSON or XML nested deeper than we read.
    TooDeep = "too_deep",
    /// A key twice in one object.
    DuplicateKey = "duplicate_key",
    /// A field that the schema does not have.
    UnknownField = "unknown_field",
    /// A symbol or a kind that the schema does not have.
    UnknownSymbol = "unknown_symbol",
    /// A field without which the record says nothing.
    MissingField = "missing_field",
    /// A value of another type than the schema's.
    WrongType = "wrong_type",
    /// A value of the right type that the field cannot hold.
    InvalidValue = "invalid_value",
    /// NaN, an infinity, or a number beyond a double.
    NonFiniteNumber = "non_finite_number",
    /// A date that does not exist.
    InvalidDate = "invalid_date",
    /// A date in a year that no record of a living patient has.
    DateOutOfRange = "date_out_of_range",
    /// A table that has a header and no row, or nothing where reports should be.
    NoRecords = "no_records",
    /// A table whose header is not one we know, or a row that does not fit its header.
    MalformedTable = "malformed_table",
    /// More records in one container, or more items in one record, than we take.
    TooMany = "too_many",
    /// Compressed data that expands beyond the limit.
    CompressionBomb = "compression_bomb",
    /// A record that names neither a case nor a patient.
    NoIdentity = "no_identity",
    /// A pseudonym made with another key than ours, outside an announced rotation.
    ForeignKey = "foreign_key_id",
    /// A kind of record that only the system itself writes, sent by a source.
    KindNotAllowed = "kind_not_allowed",
    /// A record of the log whose key is not a pseudonym, or not the record's.
    KeyNotPseudonym = "key_not_pseudonym",
    /// A record of the log in another partition than its key's.
    WrongPartition = "wrong_partition",
    /// A record of the log that still carries a person's identity.
    IdentityInLog = "identity_in_log",
    /// A record of the log whose judging failed, by a fault of this program.
    JudgingFailed = "judging_failed",
}

impl RejectReason {
    /// A reject for this reason. `detail` says where, and holds no content of the message.
    #[must_use]
    pub fn at(self, detail: impl Into<Cow<'static, str>>) -> Reject {
        Reject { reason: self, detail: detail.into() }
    }

    /// The reason behind a serde error's message, which may quote the message's content and is therefore not kept.
    #[must_use]
    pub fn of_serde_message(message: &str) -> Reject {
        /// What stands between the first pair of backquotes: in serde's messages the name of a field, ours or the sender's.
        fn quoted(message: &str) -> &str {
            message.split('`').nth(1).unwrap_or_default()
        }
        let has = |part: &str| message.contains(part);
        let start = |part: &str| message.starts_with(part);
        if start("missing field") {
            return Self::MissingField.at(format!("field {}", quoted(message)));
        }
        let (reason, what) = if start("unknown field") {
            (Self::UnknownField, "a field that the schema does not have")
        } else if start("duplicate field") || has("duplicate key") {
            (Self::DuplicateKey, "a key stands twice in one object")
        } else if start("unknown variant") || has("variant index") {
            (Self::UnknownSymbol, "a symbol or kind that the schema does not have")
        } else if has(super::OUT_OF_RANGE) {
            (Self::DateOutOfRange, "a date outside the years of living patients")
        } else if has("not a date") {
            (Self::InvalidDate, "a date that does not exist or is not written YYYY-MM-DD")
        } else if has("number out of range") {
            (Self::NonFiniteNumber, "a number beyond a double")
        } else if start("invalid type") {
            (Self::WrongType, "a value of another type than the schema's")
        } else {
            (Self::InvalidValue, "a value that the field cannot hold")
        };
        reason.at(what)
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why one message, or one record of a container, is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Reject {
    /// The countable reason.
    pub reason: RejectReason,
    /// Where the fault is: positions, field names, sizes. Never content.
    pub detail: Cow<'static, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_fit_a_metric_label() {
        let mut names: Vec<_> = RejectReason::ALL.iter().map(|r| r.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RejectReason::ALL.len());
        assert!(names.iter().all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())));
    }

    #[test]
    fn the_detail_never_repeats_content() {
        let reject =
            RejectReason::of_serde_message("invalid type: string \"Jane Doe\", expected i32 at line 1 column 9");
        assert_eq!(reject.reason, RejectReason::WrongType);
        assert!(!reject.to_string().contains("Jane"));
        let reject = RejectReason::of_serde_message("unknown field `Jane Doe`, expected one of `head`, `body`");
        assert!(!reject.to_string().contains("Jane"));
        let reject = RejectReason::of_serde_message("missing field `sender` at line 1 column 9");
        assert_eq!(reject.to_string(), "missing_field: field sender");
    }
}

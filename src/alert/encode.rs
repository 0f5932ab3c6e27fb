//! Alerts as Kafka messages: Avro or JSON, with the main fields copied to headers.

use super::message::{Alert, Change};
use crate::record::{Codec, Reject};
use std::sync::LazyLock;

/// Text of `schemas/alert.avsc`.
pub const SCHEMA_JSON: &str = include_str!("../../schemas/alert.avsc");

/// Texts of the schemas of earlier releases, which are read too.
const OLDER_JSON: [&str; 1] = [include_str!("../../schemas/history/alert.v1.avsc")];

/// Intended use, on every alert.
pub const DISCLAIMER: &str = "Surveillance and decision support for review by qualified staff; not a certified medical \
     device, not for clinical use outside an approved evaluation, and no order to treat.";

/// An alert on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertOut {
    /// Kafka key: the pseudonym of the case or patient.
    pub key: String,
    /// Kafka timestamp, milliseconds: when the deciding record became known.
    pub timestamp: i64,
    /// The alert.
    pub alert: Alert<'static>,
}

impl AlertOut {
    /// The fields that a consumer filters by, as headers, in fixed order.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, String); 9] {
        let alert = &self.alert;
        [
            ("alert_id", alert.alert_id.to_string()),
            ("revision", alert.revision.to_string()),
            ("concern", alert.concern.to_string()),
            ("change", alert.change.name().to_owned()),
            ("priority", alert.priority.to_string()),
            ("notify", alert.notify.to_string()),
            ("shard", alert.shard.to_string()),
            ("seq", alert.seq.to_string()),
            ("profile", format!("{}+{}", alert.profile_version.as_str(), alert.profile_hash.as_str())),
        ]
    }
}

impl Change {
    /// All changes, in the order of the schema.
    pub const ALL: [Self; 10] = [
        Self::Raised,
        Self::Upgraded,
        Self::Downgraded,
        Self::Revised,
        Self::Acknowledged,
        Self::Resolved,
        Self::Withdrawn,
        Self::Handled,
        Self::Escalated,
        Self::Expired,
    ];

    /// The change's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Revised => "revised",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
            Self::Handled => "handled",
            Self::Escalated => "escalated",
            Self::Expired => "expired",
        }
    }
}

/// How alerts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertCodec {
    /// Avro, single-object encoding.
    #[default]
    Avro,
    /// JSON.
    Json,
}

impl AlertCodec {
    /// The bytes of one alert: equal for equal alerts, whoever writes them and when.
    ///
    /// # Errors
    /// When the alert does not fit its schema, which is a fault of ours.
    pub fn encode(self, alert: &Alert<'_>) -> Result<Vec<u8>, String> {
        match self {
            Self::Json => serde_json::to_vec(alert).map_err(|error| error.to_string()),
            Self::Avro => {
                let mut bytes = Vec::with_capacity(1024);
                codec().encode(alert, &mut bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
        }
    }

    /// Reads an alert in either encoding.
    ///
    /// # Errors
    /// A [`Reject`] that names what is wrong.
    pub fn decode<'m>(message: &'m [u8], scratch: &'m mut Vec<u8>) -> Result<Alert<'m>, Reject> {
        if message.first() == Some(&b'{') {
            return serde_json::from_slice(message)
                .map_err(|error| crate::record::RejectReason::of_serde_message(&error.to_string()));
        }
        codec().decode(message, scratch)
    }
}

fn codec() -> &'static Codec<Alert<'static>> {
    static CODEC: LazyLock<Codec<Alert<'static>>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
        Codec::new(SCHEMA_JSON, &OLDER_JSON).expect("schemas/alert.avsc is Avro")
    });
    &CODEC
}

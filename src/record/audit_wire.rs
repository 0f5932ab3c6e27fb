//! Messages of `vigil.audit` as they are written: field for field `schemas/audit.avsc`.

use super::{Codec, Millis, Text};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Text of `schemas/audit.avsc`.
pub const AUDIT_SCHEMA_JSON: &str = include_str!("../../schemas/audit.avsc");

/// What a person or machine saw or did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord<'a> {
    /// When.
    pub time: Millis,
    /// Who.
    #[serde(borrow)]
    pub actor: Text<'a>,
    /// Roles that the actor had.
    #[serde(borrow)]
    pub roles: Vec<Text<'a>>,
    /// How the actor was known.
    #[serde(borrow)]
    pub authentication: Text<'a>,
    /// What was done.
    #[serde(borrow)]
    pub act: Text<'a>,
    /// Alert or patient.
    #[serde(borrow)]
    pub target: Option<Text<'a>>,
    /// What came of it.
    #[serde(borrow)]
    pub result: Text<'a>,
    /// Filter, end of a snooze, assignee.
    #[serde(borrow)]
    pub detail: Option<Text<'a>>,
    /// Rows of a list.
    pub count: Option<i64>,
    /// Reason, as typed.
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    /// Revision that the actor saw.
    pub revision: Option<i32>,
    /// Where the alert stood.
    #[serde(borrow)]
    pub before: Option<Text<'a>>,
    /// Where the act would put it.
    #[serde(borrow)]
    pub after: Option<Text<'a>>,
    /// Record id of the act.
    #[serde(borrow)]
    pub act_id: Option<Text<'a>>,
    /// The process that wrote it.
    #[serde(borrow)]
    pub instance: Text<'a>,
    /// Counts from 1 within the instance.
    pub seq: i64,
    /// Chained to the record before.
    #[serde(borrow)]
    pub chain: Text<'a>,
}

/// The codec of `schemas/audit.avsc`.
///
/// # Panics
/// Never: the schema is compiled in and every test reads it.
#[must_use]
pub fn audit_codec() -> &'static Codec<AuditRecord<'static>> {
    static CODEC: LazyLock<Codec<AuditRecord<'static>>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
        Codec::new(AUDIT_SCHEMA_JSON, &[]).expect("schemas/audit.avsc is Avro")
    });
    &CODEC
}

//! What people saw and did, as the audit has it: the newest of it, for those who may read it.

use crate::record::{AuditRecord, Millis};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use utoipa::ToSchema;

/// Records of each partition of the topic that are kept.
const KEPT_MAX: usize = 2000;

/// One record of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditRow {
    /// When.
    pub time: Millis,
    /// Who.
    pub actor: String,
    /// Roles that the actor had.
    pub roles: Vec<String>,
    /// What was done.
    pub act: String,
    /// Alert id, or pseudonym of a patient.
    pub target: Option<String>,
    /// What came of it.
    pub result: String,
    /// Where the alert stood before an act.
    pub before: Option<String>,
    /// Where the act would put it.
    pub after: Option<String>,
    /// The process that wrote it.
    pub instance: String,
    /// Its number within the instance.
    pub seq: i64,
}

/// The newest of the audit, by partition.
#[derive(Debug, Default)]
pub struct Audits {
    rows: BTreeMap<i32, VecDeque<AuditRow>>,
    total: u64,
}

impl Audits {
    /// Takes a record of a partition.
    pub fn take(&mut self, partition: i32, record: &AuditRecord<'_>) {
        let own = |text: &Option<crate::record::Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
        let rows = self.rows.entry(partition).or_default();
        self.total += 1;
        if rows.len() >= KEPT_MAX {
            rows.pop_front();
        }
        rows.push_back(AuditRow {
            time: record.time,
            actor: record.actor.to_string(),
            roles: record.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            act: record.act.to_string(),
            target: own(&record.target),
            result: record.result.to_string(),
            before: own(&record.before),
            after: own(&record.after),
            instance: record.instance.to_string(),
            seq: record.seq,
        });
    }

    /// All that are kept, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &AuditRow> {
        self.rows.values().flatten()
    }

    /// How many are kept, and how many could be.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.rows.values().map(VecDeque::len).sum(), KEPT_MAX * self.rows.len().max(1))
    }

    /// How many were read.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }
}

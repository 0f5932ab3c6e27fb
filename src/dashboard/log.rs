//! What the dashboard writes, and that it is written before anything is answered: the audit, and acts.

use super::auth::Identity;
use crate::record::{AuditRecord, Millis, Text, audit_codec, digest128, hex128};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// A topic that the dashboard writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `vigil.audit`.
    Audit,
    /// `vigil.records`.
    Records,
}

/// One message; its key places it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic.
    pub topic: Topic,
    /// Key.
    pub key: String,
    /// Value.
    pub value: Vec<u8>,
    /// Timestamp, milliseconds.
    pub timestamp: i64,
}

/// Kafka did not acknowledge a message in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Kafka did not acknowledge the message in time")]
pub struct NotWritten;

/// Whether a message was acknowledged by all in-sync replicas.
pub type Written<'l> = Pin<Box<dyn Future<Output = Result<(), NotWritten>> + Send + 'l>>;

/// Writes messages.
pub trait Log: Send + Sync {
    /// Writes one and waits, within a bound, until it is acknowledged.
    fn write(&self, message: Message) -> Written<'_>;
}

/// Something to be audited.
#[derive(Clone, Debug, Default)]
pub struct Deed<'a> {
    /// What was done.
    pub act: &'a str,
    /// Alert or patient.
    pub target: Option<&'a str>,
    /// What came of it.
    pub result: &'a str,
    /// Filter, end of a snooze, assignee.
    pub detail: Option<String>,
    /// Rows of a list.
    pub count: Option<usize>,
    /// Reason, as typed.
    pub reason: Option<&'a str>,
    /// Revision that the actor saw.
    pub revision: Option<i32>,
    /// Where the alert stood.
    pub before: Option<&'a str>,
    /// Where the act would put it.
    pub after: Option<&'a str>,
    /// Record id of the act.
    pub act_id: Option<&'a str>,
}

/// Chains the audit's records of this process, so that one that is missing or changed is noticed.
#[derive(Debug)]
pub struct Chain {
    instance: String,
    last: Mutex<(i64, String)>,
}

impl Chain {
    /// The chain of a process that calls itself so.
    #[must_use]
    pub fn new(instance: String) -> Self {
        Self { instance, last: Mutex::default() }
    }

    /// The next record of the chain. A record that is then not written leaves a gap, which is what it is.
    ///
    /// # Errors
    /// [`NotWritten`] where the record does not fit its schema, a fault of ours.
    pub fn message(&self, who: &Identity, deed: &Deed<'_>, now: Millis) -> Result<Message, NotWritten> {
        let text = |text: Option<&str>| text.map(|text| Text::owned(text.to_owned()));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let mut record = AuditRecord {
            time: now,
            actor: Text::borrowed(&who.actor),
            roles: who.roles.names().into_iter().map(Text::borrowed).collect(),
            authentication: Text::borrowed(who.authentication.name()),
            act: Text::owned(deed.act.to_owned()),
            target: text(deed.target),
            result: Text::owned(deed.result.to_owned()),
            detail: text(deed.detail.as_deref()),
            count: deed.count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)),
            reason: text(deed.reason),
            revision: deed.revision,
            before: text(deed.before),
            after: text(deed.after),
            act_id: text(deed.act_id),
            instance: Text::borrowed(&self.instance),
            seq: last.0 + 1,
            chain: Text::default(),
        };
        let encode = |record: &AuditRecord<'_>| {
            let mut value = Vec::with_capacity(256);
            audit_codec().encode(record, &mut value).map_err(|_| NotWritten)?;
            Ok(value)
        };
        let unchained = encode(&record)?;
        let chain = hex128(digest128(&[last.1.as_bytes(), &unchained]));
        record.chain = Text::owned(chain.clone());
        let value = encode(&record)?;
        *last = (record.seq, chain);
        Ok(Message { topic: Topic::Audit, key: who.actor.clone(), value, timestamp: now.0 })
    }
}

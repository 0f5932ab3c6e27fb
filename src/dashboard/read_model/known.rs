//! One alert as it is remembered: every revision as it was written, and what lists ask of it.

use super::handled::{Handled, is_finding};
use super::row::AlertRow;
use crate::alert::{Alert, Change};
use crate::profile::Priority;
use crate::record::{AckAct, Millis};

/// Most revisions of one alert; of more the oldest are let go, which shows in the number of the first.
pub const REVISIONS_MAX: usize = 200;

/// One revision as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Revision.
    pub revision: i32,
    /// The Kafka value.
    pub bytes: Box<[u8]>,
}

/// One alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its newest revision.
    pub row: AlertRow,
    /// Where it stands.
    pub handled: Handled,
    /// Revisions, oldest first.
    pub revisions: Vec<Kept>,
    /// Priority of the earliest revision known.
    pub first_priority: Priority,
    /// Milliseconds from the last worsening before it to the first acknowledgement.
    pub acknowledged_after: Option<i64>,
    /// Did nobody answer in time, ever?
    pub ever_escalated: bool,
    /// Code of the reason of the dismissal that stands or stood last.
    pub dismissed: Option<String>,
}

impl Known {
    /// An alert of which this revision is the first that is known.
    #[must_use]
    pub fn new(alert: &Alert<'_>, bytes: &[u8]) -> Self {
        let at = alert.recorded_at;
        let mut known = Self {
            row: AlertRow::new(alert, at, at),
            handled: Handled {
                void_before: alert.revision,
                dismissal_void_before: alert.revision,
                ..Handled::default()
            },
            revisions: Vec::with_capacity(1),
            first_priority: alert.priority,
            acknowledged_after: None,
            ever_escalated: false,
            dismissed: None,
        };
        known.fold(alert, bytes);
        known
    }

    /// Takes a revision; false where it, or a later one, is known.
    pub fn take(&mut self, alert: &Alert<'_>, bytes: &[u8]) -> bool {
        if alert.revision <= self.row.revision {
            return false;
        }
        let worse = alert.notify && is_finding(alert.change);
        let worsened_at = if worse { alert.recorded_at } else { self.row.worsened_at };
        self.row = AlertRow::new(alert, self.row.raised_at, worsened_at);
        self.fold(alert, bytes);
        true
    }

    fn fold(&mut self, alert: &Alert<'_>, bytes: &[u8]) {
        self.handled.take(alert);
        self.ever_escalated |= alert.change == Change::Escalated;
        let act = alert.workflow.as_deref().and_then(|workflow| workflow.act.as_ref());
        if let Some(act) = act.filter(|act| act.void.is_none()) {
            match act.act {
                AckAct::Acknowledge if self.acknowledged_after.is_none() => {
                    self.acknowledged_after = Some((act.at.0 - self.row.worsened_at.0).max(0));
                }
                AckAct::Dismiss => self.dismissed = Some(reason_code(act.reason.as_deref()).to_owned()),
                AckAct::Undo if self.handled.stand != super::Stand::Dismissed => self.dismissed = None,
                AckAct::Acknowledge | AckAct::Assign | AckAct::Comment | AckAct::Snooze | AckAct::Undo => {}
            }
        }
        if self.revisions.len() >= REVISIONS_MAX {
            self.revisions.remove(0);
        }
        self.revisions.push(Kept { revision: alert.revision, bytes: bytes.into() });
    }

    /// Is there nothing left to look after at a time?
    #[must_use]
    pub fn is_over(&self, now: Millis) -> bool {
        !self.handled.at(now).is_open()
    }
}

/// The code that the reason of a dismissal begins with, as it was typed; empty where there is none.
#[must_use]
pub fn reason_code(reason: Option<&str>) -> &str {
    reason.unwrap_or_default().split(':').next().unwrap_or_default().trim()
}

//! Where an alert stands with the people who look after it, as its newest revision says.

use crate::alert::{Alert, Change};
use crate::record::Millis;
use serde::Serialize;

/// Where an alert stands, in the order of the worklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stand {
    /// Nobody has answered.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Silent until a time.
    Snoozed,
    /// Put aside with a reason.
    Dismissed,
    /// What was judged has passed.
    Resolved,
    /// What carried it was taken back.
    Withdrawn,
}

impl Stand {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Open, Self::Acknowledged, Self::Snoozed, Self::Dismissed, Self::Resolved, Self::Withdrawn];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Dismissed => "dismissed",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Does somebody still have to look after it?
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged | Self::Snoozed)
    }
}

/// What the revisions so far say of the handling.
#[derive(Clone, Debug, PartialEq)]
pub struct Handled {
    /// As the newest revision says, an ended snooze among them.
    pub stand: Stand,
    /// Who put it there.
    pub by: Option<String>,
    /// When.
    pub at: Option<Millis>,
    /// End of a snooze.
    pub until: Option<Millis>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// How often nobody answered in time.
    pub escalations: i32,
    /// An act that names an earlier revision is void.
    pub void_before: i32,
    /// A dismissal that names an earlier revision is void.
    pub dismissal_void_before: i32,
}

impl Default for Handled {
    fn default() -> Self {
        Self {
            stand: Stand::Open,
            by: None,
            at: None,
            until: None,
            owner: None,
            escalations: 0,
            void_before: 1,
            dismissal_void_before: 1,
        }
    }
}

/// Does a revision of this kind say something of the patient or the case, rather than of the handling?
#[must_use]
pub const fn is_finding(change: Change) -> bool {
    match change {
        Change::Raised
        | Change::Upgraded
        | Change::Downgraded
        | Change::Revised
        | Change::Resolved
        | Change::Withdrawn => true,
        Change::Acknowledged | Change::Handled | Change::Escalated | Change::Expired => false,
    }
}

impl Handled {
    /// The next revision is known.
    pub fn take(&mut self, alert: &Alert<'_>) {
        let closed = match alert.change {
            Change::Resolved => Some(Stand::Resolved),
            Change::Withdrawn => Some(Stand::Withdrawn),
            Change::Acknowledged | Change::Handled | Change::Escalated | Change::Expired => self.closed(),
            Change::Raised | Change::Upgraded | Change::Downgraded | Change::Revised => None,
        };
        let worse = alert.notify && is_finding(alert.change);
        let before = (self.void_before, self.dismissal_void_before);
        *self = Self::default();
        (self.void_before, self.dismissal_void_before) = before;
        if worse {
            (self.void_before, self.dismissal_void_before) = (alert.revision, alert.revision);
        }
        if let Some(workflow) = alert.workflow.as_deref() {
            let own = |text: &Option<crate::record::Text<'_>>| text.as_ref().map(|text| text.as_str().to_owned());
            self.stand = workflow.state.into();
            (self.by, self.at, self.until) = (own(&workflow.by), workflow.at, workflow.until);
            (self.owner, self.escalations) = (own(&workflow.owner), workflow.escalations);
            self.void_before = workflow.void_before;
            self.dismissal_void_before = workflow.dismissal_void_before;
        }
        if let Some(closed) = closed {
            self.stand = closed;
        }
    }

    const fn closed(&self) -> Option<Stand> {
        match self.stand {
            Stand::Resolved | Stand::Withdrawn => Some(self.stand),
            Stand::Open | Stand::Acknowledged | Stand::Snoozed | Stand::Dismissed => None,
        }
    }

    /// Where it stands at a time: a snooze that is over is none.
    #[must_use]
    pub fn at(&self, now: Millis) -> Stand {
        let over = self.stand == Stand::Snoozed && self.until.is_none_or(|until| until <= now);
        if over { Stand::Open } else { self.stand }
    }
}

impl From<crate::alert::WorkflowState> for Stand {
    fn from(state: crate::alert::WorkflowState) -> Self {
        use crate::alert::WorkflowState;
        match state {
            WorkflowState::Open => Self::Open,
            WorkflowState::Acknowledged => Self::Acknowledged,
            WorkflowState::Snoozed => Self::Snoozed,
            WorkflowState::Dismissed => Self::Dismissed,
        }
    }
}

//! Where an alert stands with the people who look after it, as consumers read it.

use super::message::{Alert, Change};
use crate::patient::{Handling, Stand, Standing, VoidWhy};
use crate::record::{AckAct, Acknowledgement, Millis, Text, hex128};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Where the alert stands with the people who look after it. It changes nothing of what the alert says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow<'a> {
    /// Where it stands after this revision
    pub state: WorkflowState,
    /// Actor who put it there
    #[serde(default, borrow)]
    pub by: Option<Text<'a>>,
    /// When
    #[serde(default)]
    pub at: Option<Millis>,
    /// The revision whose act put it there: the reason stands in that one alone
    #[serde(default)]
    pub state_revision: Option<i32>,
    /// End of a snooze
    #[serde(default)]
    pub until: Option<Millis>,
    /// Who looks after it
    #[serde(default, borrow)]
    pub owner: Option<Text<'a>>,
    /// The revision that last raised or worsened it: an act that names an earlier one is void
    pub void_before: i32,
    /// The revision that last said something new: a dismissal that names an earlier one is void
    pub dismissal_void_before: i32,
    /// How often the call that waits was repeated because nobody answered
    #[serde(default)]
    pub escalations: i32,
    /// Null where the revision says something else than an act
    #[serde(default, borrow)]
    pub act: Option<ActSaid<'a>>,
}

/// States.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowState {
    /// `open`
    Open,
    /// `acknowledged`
    Acknowledged,
    /// `snoozed`
    Snoozed,
    /// `dismissed`
    Dismissed,
}

/// The act that this revision says, whether it counts or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActSaid<'a> {
    /// Record id of the act in vigil.records
    #[serde(borrow)]
    pub record_id: Text<'a>,
    /// What was done
    pub act: AckAct,
    /// Who: a pseudonymous or role-based id
    #[serde(borrow)]
    pub actor: Text<'a>,
    /// When
    pub at: Millis,
    /// The revision that the person saw
    pub seen_revision: i32,
    /// Free text that the person typed, at most 500 characters; it stands in no other revision. Treat it as untrusted text
    #[serde(default, borrow)]
    pub reason: Option<Text<'a>>,
    /// End of a snooze
    #[serde(default)]
    pub until: Option<Millis>,
    /// Why the act does nothing; null where it counts
    #[serde(default, borrow)]
    pub void: Option<Text<'a>>,
    /// Record id of the act that an undo took back
    #[serde(default, borrow)]
    pub undoes: Option<Text<'a>>,
    /// Where it stood before; after is in the fields of workflow
    pub before_state: WorkflowState,
    /// Who looked after it before
    #[serde(default, borrow)]
    pub before_owner: Option<Text<'a>>,
    /// End of the snooze before
    #[serde(default)]
    pub before_until: Option<Millis>,
}

impl From<Stand> for WorkflowState {
    fn from(stand: Stand) -> Self {
        match stand {
            Stand::Open => Self::Open,
            Stand::Acknowledged => Self::Acknowledged,
            Stand::Snoozed => Self::Snoozed,
            Stand::Dismissed => Self::Dismissed,
        }
    }
}

impl WorkflowState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Dismissed => "dismissed",
        }
    }
}

/// What became of an act, for the revision that says it.
#[derive(Clone, Copy, Debug)]
pub struct ActOutcome<'a> {
    /// Record id.
    pub id: u128,
    /// The act.
    pub act: &'a Acknowledgement<'a>,
    /// Recorded-at of its record.
    pub at: Millis,
    /// What stood before.
    pub before: Option<&'a Standing>,
    /// Why it does nothing.
    pub void: Option<VoidWhy>,
    /// The act that it took back.
    pub undoes: Option<u128>,
}

fn own(text: &str) -> Text<'static> {
    Text::owned(text.to_owned())
}

impl ActOutcome<'_> {
    fn said(&self) -> ActSaid<'static> {
        let act = self.act;
        ActSaid {
            record_id: hex128(self.id).into(),
            act: act.act,
            actor: own(&act.actor),
            at: self.at,
            seen_revision: act.revision,
            reason: act.reason.as_deref().map(own),
            until: act.until,
            void: self.void.map(|why| Text::borrowed(why.words())),
            undoes: self.undoes.map(|id| hex128(id).into()),
            before_state: self.before.map_or(Stand::Open, |before| before.stand).into(),
            before_owner: self.before.and_then(|before| before.owner.as_deref().map(own)),
            before_until: self.before.and_then(|before| before.until),
        }
    }
}

/// Where an alert stands; `None` where nobody acted and nothing escalated.
#[must_use]
pub fn workflow(handling: &Handling, act: Option<&ActOutcome<'_>>) -> Option<Box<Workflow<'static>>> {
    let standing = handling.standing();
    if standing.is_none() && handling.escalated == 0 && act.is_none() {
        return None;
    }
    let put = standing.filter(|standing| standing.stand != Stand::Open);
    Some(Box::new(Workflow {
        state: handling.stand().into(),
        by: put.and_then(|standing| standing.by.as_deref().map(own)),
        at: put.and_then(|standing| standing.at),
        state_revision: put.map(|standing| standing.revision),
        until: put.and_then(|standing| standing.until),
        owner: standing.and_then(|standing| standing.owner.as_deref().map(own)),
        void_before: handling.worse,
        dismissal_void_before: handling.news,
        escalations: i32::from(handling.escalated),
        act: act.map(ActOutcome::said),
    }))
}

impl Alert<'static> {
    /// Gives the alert its workflow. Where the revision is about that, a sentence says so first; what a person typed is not
    /// in it.
    pub fn set_workflow(&mut self, workflow: Option<Box<Workflow<'static>>>) {
        self.workflow = workflow;
        let sentence = self.workflow.as_deref().and_then(|workflow| sentence(self.change, workflow));
        if let Some(sentence) = sentence {
            self.explanation = format!("{sentence} {}", self.explanation.as_str()).into();
        }
    }
}

fn sentence(change: Change, workflow: &Workflow<'_>) -> Option<String> {
    match change {
        Change::Escalated => Some("Nobody has acknowledged this yet, so it is said again.".to_owned()),
        Change::Expired => Some("A snooze is over, so it is said again.".to_owned()),
        Change::Acknowledged | Change::Handled => {
            let act = workflow.act.as_ref()?;
            let actor = act.actor.as_str();
            let mut text = match act.act {
                AckAct::Acknowledge => format!("Acknowledged by {actor}"),
                AckAct::Assign => match &workflow.owner {
                    Some(owner) if act.void.is_none() => format!("Assigned to {} by {actor}", owner.as_str()),
                    Some(_) | None => format!("Assigned by {actor}"),
                },
                AckAct::Comment => format!("Comment by {actor}"),
                AckAct::Dismiss => format!("Dismissed by {actor}"),
                AckAct::Snooze => format!("Snoozed by {actor}"),
                AckAct::Undo => format!("The last act was taken back by {actor}"),
            };
            if let Some(why) = &act.void {
                let _ = write!(text, ", which is void: {}", why.as_str());
            }
            text.push('.');
            Some(text)
        }
        Change::Raised
        | Change::Upgraded
        | Change::Downgraded
        | Change::Revised
        | Change::Resolved
        | Change::Withdrawn => None,
    }
}

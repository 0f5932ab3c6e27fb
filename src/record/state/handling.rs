//! What people did about alerts, as the changelog holds it.

use super::{Bytes, Id};
use crate::record::Text;
use serde::{Deserialize, Serialize};

/// An open alert of a case, as people handle it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseHandlingState<'a> {
    /// What people did.
    #[serde(borrow)]
    pub handling: HandlingState<'a>,
    /// The revision that last told what the report says, as a message of `alert.avsc`.
    #[serde(borrow)]
    pub content: Bytes<'a>,
}

/// What people did about one alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HandlingState<'a> {
    /// Name of the concern.
    #[serde(borrow)]
    pub concern: Text<'a>,
    /// Number of the episode.
    pub n: i32,
    /// The revision that last raised or worsened it.
    pub worse: i32,
    /// The revision that last said something new.
    pub news: i32,
    /// Since when a call waits for an answer, milliseconds.
    pub told: Option<i64>,
    /// Escalations of the call.
    pub escalated: i32,
    /// The revision of the newest act that is not kept any more.
    pub forgotten: i32,
    /// The acts.
    #[serde(borrow)]
    pub acts: Option<ActsState<'a>>,
}

/// The acts of an alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ActsState<'a> {
    /// Where it stands.
    #[serde(borrow)]
    pub standing: StandingState<'a>,
    /// Oldest first.
    #[serde(borrow)]
    pub kept: Vec<KeptActState<'a>>,
}

/// Where an alert stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StandingState<'a> {
    /// `open`, `acknowledged`, `snoozed` or `dismissed`.
    #[serde(borrow)]
    pub stand: Text<'a>,
    /// Who put it there.
    #[serde(borrow)]
    pub by: Option<Text<'a>>,
    /// When, milliseconds.
    pub at: Option<i64>,
    /// The revision that carries that act.
    pub revision: i32,
    /// End of a snooze, milliseconds.
    pub until: Option<i64>,
    /// Items that were met when it was dismissed.
    #[serde(borrow)]
    pub items: Vec<Text<'a>>,
    /// Who looks after it.
    #[serde(borrow)]
    pub owner: Option<Text<'a>>,
}

/// An act that was taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptActState<'a> {
    /// Record id.
    pub id: Id,
    /// The revision that said it.
    pub revision: i32,
    /// What stood before.
    #[serde(borrow)]
    pub before: Option<StandingState<'a>>,
}

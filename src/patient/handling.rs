//! What people did about an alert, and whether a call for it waits for an answer. It follows the order of the log.

use crate::profile::Concern;
use crate::record::state::{ActsState, HandlingState, Id, KeptActState, StandingState, StateUnread, word};
use crate::record::{AckAct, Millis, Text};

/// Acts of one alert that are kept, for repeats and for taking back. An act that names a revision from before the acts that
/// are kept is refused, so that no repeat of a forgotten one can pass for new.
pub const ACTS_KEPT_MAX: usize = 32;

/// Where an alert stands with the people who look after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stand {
    /// Nobody has answered it.
    #[default]
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// It is silent until a time.
    Snoozed,
    /// Somebody judged that it is not what it says.
    Dismissed,
}

impl Stand {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Open, Self::Acknowledged, Self::Snoozed, Self::Dismissed];

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

/// Where an alert stands, with who put it there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub stand: Stand,
    /// The actor who put it there.
    pub by: Option<Box<str>>,
    /// Recorded-at of that act.
    pub at: Option<Millis>,
    /// The revision that carries that act with its reason, which is not kept here; 0 for none.
    pub revision: i32,
    /// End of a snooze.
    pub until: Option<Millis>,
    /// Names of the items that were met when it was dismissed, where the concern has items.
    pub items: Vec<Box<str>>,
    /// Who looks after it.
    pub owner: Option<Box<str>>,
}

/// An act that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    /// Record id.
    id: u128,
    /// The revision that said it.
    revision: i32,
    /// What stood before, while it can be taken back.
    before: Option<Box<Standing>>,
}

/// The acts of one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Acts {
    standing: Standing,
    kept: Vec<Kept>,
}

/// What people did about one alert, and its call. Most alerts have no act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    /// Concern of the alert.
    pub concern: Concern,
    /// Number of its episode.
    pub n: u32,
    /// The revision that last raised or worsened it: an act that names an earlier one is void.
    pub worse: i32,
    /// The revision that last said something new: a dismissal that names an earlier one is void.
    pub news: i32,
    /// Since when a call waits for an answer; none where none does, or where none would escalate.
    pub told: Option<Millis>,
    /// Escalations of the call.
    pub escalated: u8,
    /// The revision of the newest act that is not kept any more.
    forgotten: i32,
    acts: Option<Box<Acts>>,
}

/// An act as a record brings it.
#[derive(Clone, Copy, Debug)]
pub struct ActHeard<'a> {
    /// Record id.
    pub id: u128,
    /// The revision that the person saw.
    pub seen: i32,
    /// What was done.
    pub act: AckAct,
    /// Who.
    pub actor: &'a str,
    /// Who is to look after it (assign); the actor where nobody is named.
    pub to: Option<&'a str>,
    /// End of a snooze.
    pub until: Option<Millis>,
    /// Recorded-at of the record.
    pub at: Millis,
}

/// Why an act that could be read does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoidWhy {
    /// The alert worsened after the revision that the person saw.
    Worsened,
    /// For a dismissal: something new was met after the revision that the person saw.
    NewItem,
    /// For an undo: somebody acted after the revision that the person saw.
    ActedSince,
    /// For an undo: no act can be taken back.
    NothingToUndo,
}

impl VoidWhy {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Worsened => "the alert worsened after the revision that was seen",
            Self::NewItem => "something new was met after the revision that was seen",
            Self::ActedSince => "somebody acted after the revision that was seen",
            Self::NothingToUndo => "there is no act that can be taken back",
        }
    }
}

/// When a call that nobody answers is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRules {
    /// After so long, milliseconds.
    pub limit_ms: i64,
    /// So often at most; 0 for never.
    pub steps_max: u8,
    /// Not where it was judged so long after it became known, milliseconds.
    pub backlog_ms: i64,
}

/// What a tick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// Nothing that is said.
    Nothing,
    /// A snooze is over.
    Expired,
    /// Nobody answered the call.
    Escalated,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActTaken {
    /// It counts. For an undo: the record id of the act that was taken back.
    Accepted(Option<u128>),
    /// It does nothing, and that is said.
    Void(VoidWhy),
}

impl Handling {
    /// Of an alert that is raised now.
    #[must_use]
    pub const fn raised(concern: Concern, n: u32) -> Self {
        Self::known_from(concern, n, 1)
    }

    /// Of an alert of which only its last revision is known, as of a state of an earlier release: what a person saw before
    /// that may have been less.
    #[must_use]
    pub const fn known_from(concern: Concern, n: u32, revision: i32) -> Self {
        let (worse, news) = (revision, revision);
        Self { concern, n, worse, news, told: None, escalated: 0, forgotten: 0, acts: None }
    }

    /// Where it stands; nothing where nobody ever acted.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        self.acts.as_ref().map(|acts| &acts.standing)
    }

    /// Where it stands.
    #[must_use]
    pub fn stand(&self) -> Stand {
        self.standing().map_or(Stand::Open, |standing| standing.stand)
    }

    /// Was this act taken in before?
    #[must_use]
    pub fn has(&self, id: u128) -> bool {
        self.acts.as_ref().is_some_and(|acts| acts.kept.iter().any(|kept| kept.id == id))
    }

    /// Could an act that names this revision be one that is not kept any more?
    #[must_use]
    pub const fn is_forgotten(&self, seen: i32) -> bool {
        seen < self.forgotten
    }

    /// Takes an act in, which the revision after `last` will say. `items` are met now, where the concern has items.
    pub fn hear(&mut self, heard: &ActHeard<'_>, last: i32, items: Vec<Box<str>>) -> ActTaken {
        let revision = last + 1;
        let taken = self.judge(heard);
        let acts = self.acts.get_or_insert_default();
        let mut before = None;
        match &taken {
            ActTaken::Void(_) => {}
            ActTaken::Accepted(Some(undone)) => {
                let last = acts.kept.iter_mut().find(|kept| kept.id == *undone);
                if let Some(held) = last.and_then(|kept| kept.before.take()) {
                    acts.standing = *held;
                }
            }
            ActTaken::Accepted(None) => {
                before = Some(Box::new(acts.standing.clone()));
                let owner = acts.standing.owner.clone();
                let by = |stand| Standing {
                    stand,
                    by: Some(heard.actor.into()),
                    at: Some(heard.at),
                    revision,
                    until: None,
                    items: Vec::new(),
                    owner,
                };
                match heard.act {
                    AckAct::Acknowledge => acts.standing = by(Stand::Acknowledged),
                    AckAct::Snooze => acts.standing = Standing { until: heard.until, ..by(Stand::Snoozed) },
                    AckAct::Dismiss => acts.standing = Standing { items, ..by(Stand::Dismissed) },
                    AckAct::Assign => acts.standing.owner = Some(heard.to.unwrap_or(heard.actor).into()),
                    AckAct::Comment | AckAct::Undo => {}
                }
            }
        }
        acts.kept.push(Kept { id: heard.id, revision, before });
        if acts.kept.len() > ACTS_KEPT_MAX {
            self.forgotten = acts.kept.remove(0).revision;
        }
        taken
    }

    fn judge(&self, heard: &ActHeard<'_>) -> ActTaken {
        if heard.seen < self.worse {
            return ActTaken::Void(VoidWhy::Worsened);
        }
        if heard.act == AckAct::Dismiss && heard.seen < self.news {
            return ActTaken::Void(VoidWhy::NewItem);
        }
        if heard.act != AckAct::Undo {
            return ActTaken::Accepted(None);
        }
        let last = self.acts.as_ref().and_then(|acts| acts.kept.iter().rfind(|kept| kept.before.is_some()));
        match last {
            None => ActTaken::Void(VoidWhy::NothingToUndo),
            Some(last) if last.revision > heard.seen => ActTaken::Void(VoidWhy::ActedSince),
            Some(last) => ActTaken::Accepted(Some(last.id)),
        }
    }

    /// It is open again, whatever stood; what was done before cannot be taken back any more. Who looks after it stays.
    pub fn reopen(&mut self) {
        self.escalated = 0;
        if let Some(acts) = &mut self.acts {
            let owner = acts.standing.owner.take();
            acts.standing = Standing { owner, ..Standing::default() };
            acts.kept.iter_mut().for_each(|kept| kept.before = None);
        }
    }

    /// The revision worsened it, or ended a dismissal.
    pub fn worsened(&mut self, revision: i32) {
        self.worse = revision;
        self.news = revision;
        self.reopen();
    }

    /// Since when a call waits that is made now: from the record's time, or the clock's where that is later. None where the
    /// record is of a past that nobody has to be called for any more.
    pub fn call(&mut self, rules: &CallRules, recorded_at: Millis, last_tick: Option<Millis>) {
        let history = last_tick.is_some_and(|tick| tick.0.saturating_sub(recorded_at.0) > rules.backlog_ms);
        let since = last_tick.map_or(recorded_at, |tick| tick.max(recorded_at));
        self.told = (rules.steps_max > 0 && !history).then_some(since);
    }

    /// When a tick has to look at it: the end of a snooze, or of waiting for an answer.
    #[must_use]
    pub fn due(&self, rules: &CallRules) -> Option<Millis> {
        match self.stand() {
            Stand::Snoozed => self.standing().and_then(|standing| standing.until),
            Stand::Open => self.told.map(|told| Millis(told.0.saturating_add(rules.limit_ms))),
            Stand::Acknowledged | Stand::Dismissed => None,
        }
    }

    /// A tick at `now` came, the one before it at `before`.
    pub fn tick(&mut self, rules: &CallRules, now: Millis, before: Option<Millis>) -> Ticked {
        match self.stand() {
            Stand::Snoozed => {
                if self.standing().and_then(|standing| standing.until).is_none_or(|until| until > now) {
                    return Ticked::Nothing;
                }
                self.reopen();
                Ticked::Expired
            }
            Stand::Open => {
                let Some(told) = self.told else { return Ticked::Nothing };
                if self.escalated >= rules.steps_max {
                    self.told = None;
                    return Ticked::Nothing;
                }
                if before.is_none_or(|before| before < told) {
                    // No clock ran when it was said: it was read from a backlog, and people hear of it now or never.
                    let history = now.0.saturating_sub(told.0) > rules.backlog_ms;
                    self.told = (!history).then_some(now);
                    return Ticked::Nothing;
                }
                if now.0.saturating_sub(told.0) < rules.limit_ms {
                    return Ticked::Nothing;
                }
                self.escalated += 1;
                self.told = (self.escalated < rules.steps_max).then_some(now);
                Ticked::Escalated
            }
            Stand::Acknowledged | Stand::Dismissed => Ticked::Nothing,
        }
    }

    /// For the changelog.
    #[must_use]
    pub fn to_state(&self) -> HandlingState<'_> {
        HandlingState {
            concern: self.concern.name().into(),
            n: i32::try_from(self.n).unwrap_or(i32::MAX),
            worse: self.worse,
            news: self.news,
            told: self.told.map(|told| told.0),
            escalated: i32::from(self.escalated),
            forgotten: self.forgotten,
            acts: self.acts.as_ref().map(|acts| ActsState {
                standing: acts.standing.to_state(),
                kept: acts.kept.iter().map(Kept::to_state).collect(),
            }),
        }
    }

    /// Of the changelog.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub fn of_state(state: &HandlingState<'_>) -> Result<Self, StateUnread> {
        let acts = |acts: &ActsState<'_>| -> Result<_, StateUnread> {
            let kept = acts.kept.iter().map(Kept::of_state).collect::<Result<_, _>>()?;
            Ok(Box::new(Acts { standing: Standing::of_state(&acts.standing)?, kept }))
        };
        Ok(Self {
            concern: word(Concern::ALL, Concern::name, &state.concern)?,
            n: u32::try_from(state.n).map_err(|_| StateUnread::Malformed)?,
            worse: state.worse,
            news: state.news,
            told: state.told.map(Millis),
            escalated: u8::try_from(state.escalated).map_err(|_| StateUnread::Malformed)?,
            forgotten: state.forgotten,
            acts: state.acts.as_ref().map(acts).transpose()?,
        })
    }
}

impl Standing {
    fn to_state(&self) -> StandingState<'_> {
        StandingState {
            stand: self.stand.name().into(),
            by: self.by.as_deref().map(Text::borrowed),
            at: self.at.map(|at| at.0),
            revision: self.revision,
            until: self.until.map(|until| until.0),
            items: self.items.iter().map(|item| Text::borrowed(item)).collect(),
            owner: self.owner.as_deref().map(Text::borrowed),
        }
    }

    fn of_state(state: &StandingState<'_>) -> Result<Self, StateUnread> {
        Ok(Self {
            stand: word(Stand::ALL, Stand::name, &state.stand)?,
            by: state.by.as_deref().map(Into::into),
            at: state.at.map(Millis),
            revision: state.revision,
            until: state.until.map(Millis),
            items: state.items.iter().map(|item| item.as_str().into()).collect(),
            owner: state.owner.as_deref().map(Into::into),
        })
    }
}

impl Kept {
    fn to_state(&self) -> KeptActState<'_> {
        let before = self.before.as_ref().map(|before| before.to_state());
        KeptActState { id: Id(self.id), revision: self.revision, before }
    }

    fn of_state(state: &KeptActState<'_>) -> Result<Self, StateUnread> {
        let before = state.before.as_ref().map(Standing::of_state).transpose()?.map(Box::new);
        Ok(Self { id: state.id.0, revision: state.revision, before })
    }
}

#[cfg(test)]
mod tests;

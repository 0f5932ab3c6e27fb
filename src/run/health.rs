//! Is each role alive, and is it ready? Shared by the loops, which say so, and the probes, which ask.

use crate::record::Millis;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A role without a sign of life for longer than this is not live.
pub const QUIET_MAX: Duration = Duration::from_secs(30);

/// A role without a sign of life for longer than this hangs, and the process ends itself.
pub const HANG_MAX: Duration = Duration::from_secs(120);

/// A role of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Source topics to the log.
    Ingest,
    /// The log to alerts.
    Watch,
    /// The topics to the page.
    Dashboard,
}

impl Role {
    /// Its name, as in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Watch => "watch",
            Self::Dashboard => "dashboard",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a role is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Connecting, or waiting for its partitions.
    Starting,
    /// Rebuilding memory from the log: so many shards are not done.
    Restoring(usize),
    /// Working.
    Running,
    /// Stopped in front of something that must not be skipped; the text says what.
    Held(String),
    /// Ended in order.
    Stopped,
}

impl Phase {
    /// What keeps the role from being ready; `None` if it is.
    fn obstacle(&self) -> Option<String> {
        match self {
            Self::Running => None,
            Self::Starting => Some("is starting".to_owned()),
            Self::Restoring(shards) => Some(format!("is rebuilding the memory of {shards} shards")),
            Self::Held(why) => Some(format!("is held: {why}")),
            Self::Stopped => Some("has stopped".to_owned()),
        }
    }
}

/// State of all roles of the process.
#[derive(Debug, Default)]
pub struct Health {
    roles: Mutex<BTreeMap<Role, State>>,
    /// Newest recorded-at that each shard of ours has judged, milliseconds.
    judged: Mutex<BTreeMap<i32, i64>>,
    /// Roles of which a call does not come back.
    hung: Mutex<Vec<Role>>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    beat: Instant,
}

impl Health {
    fn roles(&self) -> MutexGuard<'_, BTreeMap<Role, State>> {
        // A panic while holding the lock leaves a state that is still one.
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shards(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shard has judged up to this time.
    pub fn judged(&self, shard: i32, recorded_at_ms: i64) {
        self.shards().insert(shard, recorded_at_ms);
    }

    /// A shard is not ours any more.
    pub fn forget_shard(&self, shard: i32) {
        self.shards().remove(&shard);
    }

    /// No shard is ours any more.
    pub fn forget_shards(&self) {
        self.shards().clear();
    }

    /// Time up to which every shard that has seen anything has judged; `None` before that.
    #[must_use]
    pub fn as_of(&self) -> Option<Millis> {
        self.shards().values().min().copied().map(Millis)
    }

    /// The role's loop has turned.
    pub fn beat(&self, role: Role) {
        if let Some(state) = self.roles().get_mut(&role) {
            state.beat = Instant::now();
        }
    }

    /// The role does something else now. The first call announces the role.
    pub fn enter(&self, role: Role, phase: Phase) {
        self.roles().insert(role, State { phase, beat: Instant::now() });
    }

    /// What the role is doing; `None` if the process does not have it.
    #[must_use]
    pub fn phase(&self, role: Role) -> Option<Phase> {
        self.roles().get(&role).map(|state| state.phase.clone())
    }

    /// For `/livez`: do the loops turn?
    ///
    /// # Errors
    /// A sentence for each role that is silent.
    pub fn live(&self) -> Result<(), Vec<String>> {
        sentences(&self.roles(), |state| state.silent_for(QUIET_MAX).then(|| "shows no sign of life".to_owned()))
    }

    /// For `/readyz`: are the roles connected, restored and at work?
    ///
    /// # Errors
    /// A sentence for each role that is not.
    pub fn ready(&self) -> Result<(), Vec<String>> {
        sentences(&self.roles(), |state| match state.silent_for(QUIET_MAX) {
            true => Some("shows no sign of life".to_owned()),
            false => state.phase.obstacle(),
        })
    }

    /// What keeps the process's roles from being ready, all but one of them.
    #[must_use]
    pub fn not_ready_beside(&self, beside: Role) -> Vec<String> {
        let roles = self.roles();
        let others = roles.iter().filter(|(role, _)| **role != beside);
        others
            .filter_map(|(role, state)| match &state.phase {
                // Why it is held may name what the page does not show.
                Phase::Held(_) => Some(format!("{role} is held")),
                phase @ (Phase::Starting | Phase::Restoring(_) | Phase::Running | Phase::Stopped) => {
                    phase.obstacle().map(|what| format!("{role} {what}"))
                }
            })
            .collect()
    }

    /// A call that the role made does not come back.
    pub fn hung(&self, role: Role) {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner).push(role);
    }

    /// Roles that hang.
    #[must_use]
    pub fn hanging(&self) -> Vec<Role> {
        let mut hanging = self.hung.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hanging.extend(self.roles().iter().filter(|(_, state)| state.silent_for(HANG_MAX)).map(|(role, _)| *role));
        hanging
    }
}

impl State {
    fn silent_for(&self, longest: Duration) -> bool {
        self.phase != Phase::Stopped && self.beat.elapsed() > longest
    }
}

fn sentences(roles: &BTreeMap<Role, State>, fault: impl Fn(&State) -> Option<String>) -> Result<(), Vec<String>> {
    let faults: Vec<String> =
        roles.iter().filter_map(|(role, state)| fault(state).map(|what| format!("{role} {what}"))).collect();
    match (roles.is_empty(), faults.is_empty()) {
        (true, _) => Err(vec!["no role has started".to_owned()]),
        (false, true) => Ok(()),
        (false, false) => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_only_when_every_role_works() {
        let health = Health::default();
        assert!(health.ready().is_err(), "nothing has started");
        health.enter(Role::Ingest, Phase::Running);
        health.enter(Role::Watch, Phase::Restoring(3));
        assert_eq!(health.ready(), Err(vec!["watch is rebuilding the memory of 3 shards".to_owned()]));
        assert_eq!(health.live(), Ok(()));
        health.enter(Role::Watch, Phase::Running);
        assert_eq!(health.ready(), Ok(()));
        health.enter(Role::Ingest, Phase::Held("rejects cannot be written".to_owned()));
        assert_eq!(health.ready(), Err(vec!["ingest is held: rejects cannot be written".to_owned()]));
    }
}

//! Due times of a shard. They follow from what is remembered and are built again at restore; ticks bring them due.

use crate::record::Millis;
use std::collections::BTreeSet;

/// Due times that one tick settles at most; what is left waits for the next, so that no transaction grows without bound.
pub const DUES_PER_TICK: usize = 256;

/// One due time a key: the earliest of those that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Timers {
    dues: BTreeSet<(Millis, u128)>,
}

impl Timers {
    /// Moves the due time of a key.
    pub(super) fn put(&mut self, key: u128, before: Option<Millis>, after: Option<Millis>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.dues.remove(&(before, key));
        }
        if let Some(after) = after {
            self.dues.insert((after, key));
        }
    }

    /// Takes out the first key that is due at `now`: by time, then by key.
    pub(super) fn take_due(&mut self, now: Millis) -> Option<u128> {
        let (due, key) = *self.dues.first()?;
        if due > now {
            return None;
        }
        self.dues.pop_first();
        Some(key)
    }

    /// Keys that wait.
    pub(super) fn len(&self) -> usize {
        self.dues.len()
    }
}

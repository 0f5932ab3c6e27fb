//! What becomes of a record, and the count of it.

use crate::record::Reject;
use crate::record::state::LedgerState;

/// What became of one record of the log: exactly one of these.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It raised, revised or withdrew at least one alert.
    Alerted,
    /// It was judged and raised nothing.
    Quiet,
    /// It said nothing new: the same again, or an older version late.
    Repeated,
    /// It corrected or withdrew what was counted, without an alert.
    Corrected,
    /// Its facts were sent on to another key.
    Forwarded,
    /// It is no record of this shard.
    Rejected(Reject),
    /// An observation older than the patient's kept span.
    Late,
    /// Wall time; counted apart.
    Tick,
}

impl Fate {
    /// Names of all fates, in the order of [`Fate::index`].
    pub const NAMES: [&'static str; 8] =
        ["alerted", "quiet", "repeated", "corrected", "forwarded", "rejected", "late", "tick"];

    /// Number of the fate.
    #[must_use]
    pub const fn index(&self) -> usize {
        match self {
            Self::Alerted => 0,
            Self::Quiet => 1,
            Self::Repeated => 2,
            Self::Corrected => 3,
            Self::Forwarded => 4,
            Self::Rejected(_) => 5,
            Self::Late => 6,
            Self::Tick => 7,
        }
    }

    /// Name of the fate.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Alerted => "alerted",
            Self::Quiet => "quiet",
            Self::Repeated => "repeated",
            Self::Corrected => "corrected",
            Self::Forwarded => "forwarded",
            Self::Rejected(_) => "rejected",
            Self::Late => "late",
            Self::Tick => "tick",
        }
    }
}

/// Counts of fates: the sum over all of them is the number of records read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FateLedger {
    counts: [u64; Fate::NAMES.len()],
    read: u64,
}

impl FateLedger {
    /// Records of this fate; see [`Fate::NAMES`].
    #[must_use]
    pub fn count(&self, fate: usize) -> u64 {
        self.counts.get(fate).copied().unwrap_or(0)
    }

    /// Records read, ticks among them.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Records read without a fate, or fates without a record: 0, or a fault of ours.
    #[must_use]
    pub fn imbalance(&self) -> u64 {
        self.counts.iter().sum::<u64>().abs_diff(self.read)
    }

    /// The counts for the changelog.
    #[must_use]
    pub fn to_state(&self) -> LedgerState {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let [alerted, quiet, repeated, corrected, forwarded, rejected, late, tick] = self.counts.map(whole);
        let read = whole(self.read);
        LedgerState { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick }
    }

    /// The counts of the changelog.
    #[must_use]
    pub fn of_state(state: &LedgerState) -> Self {
        let LedgerState { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick } = *state;
        let whole = |count: i64| u64::try_from(count).unwrap_or(0);
        let counts = [alerted, quiet, repeated, corrected, forwarded, rejected, late, tick].map(whole);
        Self { counts, read: whole(read) }
    }

    /// One more record read, with its fate.
    pub(super) fn settle(&mut self, fate: &Fate) {
        self.read += 1;
        if let Some(count) = self.counts.get_mut(fate.index()) {
            *count += 1;
        }
    }
}

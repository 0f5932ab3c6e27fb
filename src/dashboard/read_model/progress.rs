//! What the shards say of themselves: how far they have judged, their sums, their sites.

use crate::record::Millis;
use crate::record::state::{LedgerState, ProgressState};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most sites that are told apart.
pub const SITES_MAX: usize = 1024;

/// Records by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ledger {
    /// Records read, ticks among them.
    pub read: i64,
    /// Raised, revised or withdrew an alert.
    pub alerted: i64,
    /// Raised nothing.
    pub quiet: i64,
    /// Said nothing new.
    pub repeated: i64,
    /// Corrected or withdrew what was counted.
    pub corrected: i64,
    /// Sent on to another key.
    pub forwarded: i64,
    /// No record of this shard.
    pub rejected: i64,
    /// Older than the kept span.
    pub late: i64,
    /// Ticks.
    pub tick: i64,
}

impl From<LedgerState> for Ledger {
    fn from(of: LedgerState) -> Self {
        let LedgerState { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick } = of;
        Self { read, alerted, quiet, repeated, corrected, forwarded, rejected, late, tick }
    }
}

impl Ledger {
    /// What was read and is in none of the fates; anything but zero is a fault.
    #[must_use]
    pub const fn imbalance(&self) -> i64 {
        let judged = self.alerted + self.quiet + self.repeated + self.corrected + self.forwarded;
        self.read - (judged + self.rejected + self.late + self.tick)
    }

    /// Adds another shard's.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.alerted += other.alerted;
        self.quiet += other.quiet;
        self.repeated += other.repeated;
        self.corrected += other.corrected;
        self.forwarded += other.forwarded;
        self.rejected += other.rejected;
        self.late += other.late;
        self.tick += other.tick;
    }
}

/// A site as one shard knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Newest recorded-at of its bedside records.
    pub at: Millis,
    /// Said to be silent?
    pub silent: bool,
}

/// What one shard has said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shard {
    /// Offset that it reads next.
    pub next_offset: i64,
    /// Number of its last alert.
    pub seq: i64,
    /// Its sums.
    pub ledger: Ledger,
    /// Latest wall time of a tick.
    pub last_tick: Option<Millis>,
    /// Its sites.
    pub sites: BTreeMap<String, Heard>,
    /// Was anything heard of it?
    pub heard: bool,
    /// When it last judged a record that is no tick, as far as that was seen.
    pub judged_at: Option<Millis>,
}

impl Shard {
    /// Takes the shard's progress record, written at a time.
    pub fn take(&mut self, said: &ProgressState<'_>, written: Option<Millis>) {
        let ledger = Ledger::from(said.ledger);
        // What was judged before the first word that is known, was judged at no time that is known.
        if self.heard && ledger.read - ledger.tick != self.ledger.read - self.ledger.tick {
            self.judged_at = written.or(self.judged_at);
        }
        self.heard = true;
        self.ledger = ledger;
        (self.next_offset, self.seq) = (said.next_offset, said.seq);
        self.last_tick = said.last_tick.map(Millis);
        let heard = |heard: i64| Millis(heard);
        let sites = said.sites.iter().take(SITES_MAX);
        self.sites = sites
            .map(|site| (site.name.as_str().to_owned(), Heard { at: heard(site.heard), silent: site.silent }))
            .collect();
    }
}

/// A site over all shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteRow {
    /// The site.
    pub site: String,
    /// Newest recorded-at of its bedside records.
    pub heard_at: Option<Millis>,
    /// Do all shards that know it say that it is silent?
    pub silent: bool,
    /// Watched patients of whom it spoke last.
    pub patients: usize,
    /// Alerts of it that somebody has to look after.
    pub open: usize,
}

/// The sites of all shards, by name: when each was last heard of, and whether all call it silent.
pub fn sites<'s>(shards: impl Iterator<Item = &'s Shard>) -> BTreeMap<String, Heard> {
    let mut sites: BTreeMap<String, Heard> = BTreeMap::new();
    for (name, heard) in shards.flat_map(|shard| &shard.sites) {
        if let Some(site) = sites.get_mut(name) {
            *site = Heard { at: site.at.max(heard.at), silent: site.silent && heard.silent };
        } else if sites.len() < SITES_MAX {
            sites.insert(name.clone(), *heard);
        }
    }
    sites
}

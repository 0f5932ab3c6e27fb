//! The log to alerts. A partition of the log is a shard, with a memory, a thread and a transactional producer of its own.
//! What a batch of records makes of it — alerts, forwarded facts, rejects, changed state, and how far the log was read — is
//! committed in one transaction, so that the changelog always says exactly what was said. To take a shard over is to fence
//! its former owner, restore the changelog to its end, and read the log from there; there is no other way to recover.
//!
//! ```text
//!  group or settings ─► Ownership ─► one Owner a shard: take over ─► restore ─► gather ─► commit ─┐
//!                                                          ▲            ▲          └───◄───────────┘
//!                                                          └─ pause ◄── setback
//! ```

mod batch;
mod owner;
mod ownership;
mod pulse;
mod restore;
mod setback;
mod switches;
mod transaction;

use super::health::{Health, Phase, Role};
use super::kafka::{Cluster, TURN};
use super::metrics::Metrics;
use super::roles::Trouble;
use crate::config::Settings;
use crate::pipeline::Judge;
use anyhow::anyhow;
use owner::Owner;
use ownership::Ownership;
use pulse::{Pulse, Standing};
use rdkafka::consumer::CommitMode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time between two positions shown to the group.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// A shard whose last confirmation is older than so many ticks is stale.
const STALE_TICKS: u32 = 6;

/// The role.
#[derive(Debug)]
pub struct Watch {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// What judges.
    pub judge: Arc<Judge>,
    /// Take all partitions instead of joining the group.
    pub by_hand: bool,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// Where to say how it goes.
    pub health: Arc<Health>,
    /// Asks it to stop.
    pub stop: CancellationToken,
}

/// A shard of ours and its thread.
struct Owned {
    pulse: Arc<Pulse>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// From joining to leaving; ends in order when asked to stop.
    pub fn session(&self) -> Result<(), Trouble> {
        self.health.enter(Role::Watch, Phase::Starting);
        let mut ownership = Ownership::new(&self.cluster, &self.settings, self.by_hand)?;
        let mut owned = BTreeMap::new();
        let mut leaving = Vec::new();
        let result = self.turn(&mut ownership, &mut owned, &mut leaving);
        leaving.extend(owned.into_values());
        for shard in &leaving {
            shard.pulse.release();
        }
        // Bounded by the drain of the process, and each call of a shard by its watchdog.
        while !leaving.iter().all(|shard| shard.thread.is_finished()) {
            self.look_after(leaving.iter());
            std::thread::sleep(TURN / 10);
        }
        ownership.show(positions(leaving.iter()), CommitMode::Sync);
        self.health.forget_shards();
        result
    }

    fn turn(
        &self,
        ownership: &mut Ownership,
        owned: &mut BTreeMap<i32, Owned>,
        leaving: &mut Vec<Owned>,
    ) -> Result<(), Trouble> {
        let mut phase = Phase::Starting;
        let mut shown = Instant::now();
        while !self.stop.is_cancelled() {
            let ours = ownership.turn(TURN)?;
            self.follow(ours.as_ref(), owned, leaving)?;
            self.look_after(owned.values().chain(leaving.iter()));
            let now = if ours.is_some() { self.phase(owned) } else { Phase::Starting };
            if now != phase {
                self.health.enter(Role::Watch, now.clone());
                phase = now;
            }
            if shown.elapsed() >= SHOW_EVERY {
                ownership.show(positions(owned.values()), CommitMode::Async);
                shown = Instant::now();
            }
        }
        Ok(())
    }

    /// Starts and lets go of shards until they are those that are ours.
    fn follow(
        &self,
        ours: Option<&BTreeSet<i32>>,
        owned: &mut BTreeMap<i32, Owned>,
        leaving: &mut Vec<Owned>,
    ) -> Result<(), Trouble> {
        leaving.retain(|shard| !shard.thread.is_finished());
        if let Some(gone) = owned.values().find(|shard| shard.thread.is_finished()) {
            let partition = gone.pulse.partition;
            return Err(Trouble::Lasting(anyhow!(
                "the thread of shard {partition} ended without having been asked to"
            )));
        }
        let Some(ours) = ours else { return Ok(()) };
        let gone: Vec<i32> = owned.keys().filter(|partition| !ours.contains(partition)).copied().collect();
        for shard in gone.iter().filter_map(|partition| owned.remove(partition)) {
            shard.pulse.release();
            leaving.push(shard);
        }
        for partition in ours {
            let still_leaving = leaving.iter().any(|shard| shard.pulse.partition == *partition);
            if !owned.contains_key(partition) && !still_leaving {
                owned.insert(*partition, self.own(*partition)?);
            }
        }
        Ok(())
    }

    fn own(&self, partition: i32) -> Result<Owned, Trouble> {
        let pulse = Arc::new(Pulse::new(partition));
        let owner = Owner {
            settings: Arc::clone(&self.settings),
            cluster: self.cluster.clone(),
            judge: Arc::clone(&self.judge),
            metrics: Arc::clone(&self.metrics),
            health: Arc::clone(&self.health),
            pulse: Arc::clone(&pulse),
        };
        let thread = std::thread::Builder::new().name(format!("shard-{partition}")).spawn(move || owner.own())?;
        Ok(Owned { pulse, thread })
    }

    /// The loop turns; a shard's call that does not come back ends the process.
    fn look_after<'s>(&self, mut shards: impl Iterator<Item = &'s Owned>) {
        self.health.beat(Role::Watch);
        if let Some(hanging) = shards.find(|shard| shard.pulse.hangs()) {
            let partition = hanging.pulse.partition;
            tracing::error!(
                role = "watch",
                partition,
                "a call to Kafka does not come back: the watchdog ends the process"
            );
            self.health.hung(Role::Watch);
        }
    }

    fn phase(&self, owned: &BTreeMap<i32, Owned>) -> Phase {
        let held = owned.iter().find_map(|(partition, shard)| match shard.pulse.standing() {
            Standing::Held(why) => Some(format!("shard {partition}: {why}")),
            Standing::Running if shard.pulse.silent_for() > self.settings.watch.tick * STALE_TICKS => Some(format!(
                "shard {partition} is stale: Kafka has confirmed nothing for more than {} s",
                (self.settings.watch.tick * STALE_TICKS).as_secs()
            )),
            Standing::Running | Standing::Restoring => None,
        });
        if let Some(why) = held {
            return Phase::Held(why);
        }
        match owned.values().filter(|shard| shard.pulse.standing() == Standing::Restoring).count() {
            0 => Phase::Running,
            restoring => Phase::Restoring(restoring),
        }
    }
}

fn positions<'s>(shards: impl Iterator<Item = &'s Owned>) -> impl Iterator<Item = (i32, i64)> {
    shards.filter_map(|shard| Some((shard.pulse.partition, shard.pulse.settled()?)))
}

//! The shards of this process: each folds its partition of the log, and collects what a batch wants done.

use super::super::clock;
use super::super::health::{Health, Phase, Role};
use super::super::metrics::{Metrics, ShardGauges};
use super::super::rejects::{RejectMessage, Rejected, Stage};
use super::super::roles::Trouble;
use super::super::write::{Batch, Delivery};
use super::member::{Change, Membership};
use crate::decode::WHOLE_MESSAGE;
use crate::pipeline::{Effects, Fate, Judge, LogMessage, Shard, step};
use rdkafka::message::{BorrowedMessage, Message as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// All shards of ours.
pub struct Shards {
    owned: BTreeMap<i32, Owned>,
    judge: Arc<Judge>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    partitions: i32,
    cases_max: usize,
    scratch: Vec<u8>,
    batch_began: Option<Instant>,
    phase: Phase,
}

/// One shard of ours.
struct Owned {
    shard: Shard,
    /// Records below this offset were carried out in an earlier life: they are folded in silence.
    live_from: i64,
    restored: bool,
    since: Instant,
    /// Full: it must not go on, and must not skip.
    stopped: bool,
    effects: Effects,
    rejects: Vec<RejectMessage>,
    /// Live records of the batch at hand.
    batch: usize,
    /// Newest recorded-at that it has judged, milliseconds.
    newest: i64,
    gauges: ShardGauges,
}

impl Shards {
    /// None yet.
    pub fn new(
        (partitions, cases_max): (i32, usize),
        judge: Arc<Judge>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Self {
        let (owned, scratch) = (BTreeMap::new(), Vec::new());
        Self {
            owned,
            judge,
            metrics,
            health,
            partitions,
            cases_max,
            scratch,
            batch_began: None,
            phase: Phase::Starting,
        }
    }

    /// Number of shards.
    pub fn len(&self) -> usize {
        self.owned.len()
    }

    /// Takes shards in and lets them go, with whatever batch they had: their next owner judges it again.
    pub fn apply(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Released(partition) => {
                    self.owned.remove(&partition);
                    self.health.forget_shard(partition);
                    tracing::info!(role = "watch", partition, "shard let go");
                }
                Change::Acquired(acquired) => {
                    let live_from = acquired.committed.unwrap_or(0);
                    let owned = Owned {
                        shard: Shard::new(acquired.partition, self.partitions, self.cases_max),
                        live_from,
                        restored: live_from == 0,
                        since: Instant::now(),
                        stopped: false,
                        effects: Effects::default(),
                        rejects: Vec::new(),
                        batch: 0,
                        newest: 0,
                        gauges: self.metrics.shard(acquired.partition),
                    };
                    self.owned.insert(acquired.partition, owned);
                    let (partition, end) = (acquired.partition, acquired.high);
                    tracing::info!(role = "watch", partition, live_from, end, "shard acquired");
                }
            }
        }
    }

    /// Folds one record, and judges it if it is live. True if its shard is full and must not be read on.
    pub fn fold(&mut self, message: &BorrowedMessage<'_>) -> Result<bool, Trouble> {
        let partition = message.partition();
        let Some(owned) = self.owned.get_mut(&partition) else { return Ok(false) };
        if owned.stopped || message.offset() < owned.shard.next_offset() {
            return Ok(owned.stopped);
        }
        let log_message = LogMessage {
            topic: message.topic(),
            partition,
            offset: message.offset(),
            key: message.key(),
            value: message.payload().unwrap_or_default(),
        };
        let live = log_message.offset >= owned.live_from;
        let made = match step(&self.judge, &mut owned.shard, &log_message, &mut self.scratch, &mut owned.effects) {
            Ok(made) => made,
            Err(full) => {
                tracing::error!(role = "watch", partition, error = %full, "shard stopped");
                owned.stopped = true;
                return Ok(true);
            }
        };
        if !live {
            owned.effects.alerts.clear();
            return Ok(false);
        }
        self.batch_began.get_or_insert_with(Instant::now);
        owned.restore_ends(partition, &self.metrics);
        owned.batch += 1;
        owned.newest = owned.newest.max(made.recorded_at);
        self.metrics.judged(&made);
        if let Fate::Rejected(reject) = &made.fate {
            let origin = (log_message.topic, partition, log_message.offset);
            let time = message.timestamp().to_millis().unwrap_or(0);
            let mut rejected = Rejected::new(Stage::Watch, origin, time, log_message.key, log_message.value);
            owned.rejects.push(rejected.message(WHOLE_MESSAGE, reject).map_err(Trouble::Lasting)?);
        }
        Ok(false)
    }

    /// The end of a partition was reached: whatever was to be rebuilt is.
    pub fn reached_end(&mut self, partition: i32) {
        if let Some(owned) = self.owned.get_mut(&partition) {
            owned.restore_ends(partition, &self.metrics);
        }
    }

    /// Carries out what the batch wants done, of all shards at once, and settles their positions.
    pub fn carry_out(&mut self, delivery: &Delivery, membership: &Membership) -> Result<(), Trouble> {
        let Some(began) = self.batch_began.take() else { return Ok(()) };
        let touched = || self.owned.values().filter(|owned| owned.batch > 0);
        let batches: Vec<Batch<'_>> = touched()
            .filter(|owned| !owned.effects.alerts.is_empty() || !owned.rejects.is_empty())
            .map(|owned| Batch { alerts: &owned.effects.alerts, rejects: &owned.rejects })
            .collect();
        if !batches.is_empty() {
            delivery.carry_out(&batches, &mut || self.health.beat(Role::Watch))?;
        }
        let records = touched().map(|owned| owned.batch).sum();
        let now = clock::now_ms();
        for (partition, owned) in self.owned.iter_mut().filter(|(_, owned)| owned.batch > 0) {
            for out in &owned.effects.alerts {
                self.metrics.alerted(&out.alert);
                let waited = u64::try_from(now - out.alert.recorded_at.0).unwrap_or(0);
                self.metrics.end_to_end(Duration::from_millis(waited));
            }
            owned.effects.alerts.clear();
            owned.rejects.clear();
            // Memory is rebuilt from the log: no changelog is kept yet.
            owned.shard.discard_changes();
            owned.batch = 0;
            owned.gauges.publish(&owned.shard);
            self.health.judged(*partition, owned.newest);
            membership.lock().settled.insert(*partition, owned.shard.next_offset());
        }
        self.metrics.batch(records, began.elapsed());
        Ok(())
    }

    /// Says how the role is doing, where that has changed.
    pub fn say(&mut self) {
        let restoring = self.owned.values().filter(|owned| !owned.restored).count();
        let full: Vec<String> =
            self.owned.iter().filter(|(_, owned)| owned.stopped).map(|(partition, _)| partition.to_string()).collect();
        let phase = if !full.is_empty() {
            Phase::Held(format!("shards {} are full (limits.cases_max)", full.join(", ")))
        } else if restoring > 0 {
            Phase::Restoring(restoring)
        } else {
            Phase::Running
        };
        if phase != self.phase {
            self.health.enter(Role::Watch, phase.clone());
            self.phase = phase;
        }
    }
}

impl Owned {
    fn restore_ends(&mut self, partition: i32, metrics: &Metrics) {
        if self.restored {
            return;
        }
        self.restored = true;
        self.shard.discard_changes();
        self.gauges.publish(&self.shard);
        metrics.restored(partition, self.since.elapsed());
        let (cases, records) = (self.shard.cases(), self.shard.ledger().read());
        tracing::info!(role = "watch", partition, cases, records, "memory rebuilt");
    }
}

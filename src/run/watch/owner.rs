//! The thread of one shard: takes it over, restores it, works, and after any setback does so again.

use super::super::clock;
use super::super::health::Health;
use super::super::kafka::{Cluster, TURN};
use super::super::metrics::{Metrics, ShardGauges};
use super::batch::Batch;
use super::pulse::{Pulse, Standing};
use super::restore::{Reader, TakeUp};
use super::setback::Setback;
use super::switches::{Plant, pass, planted};
use super::transaction::{Committed, Transactions};
use crate::config::Settings;
use crate::pipeline::{Judge, Shard, tick_record};
use crate::record::Millis;
use anyhow::anyhow;
use rdkafka::consumer::BaseConsumer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// First pause after a setback; doubled each time up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(250);

/// Longest pause after a setback.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A life that held for this long forgets the setbacks before it.
const SETTLED: Duration = Duration::from_secs(60);

/// A fenced shard is taken over again only when its changelog has stood still for this many ticks, and [`SILENCE_MORE`].
const SILENT_TICKS: u32 = 2;

/// Time for another owner to restore in.
const SILENCE_MORE: Duration = Duration::from_secs(3);

/// What a shard's thread has.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Settings.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// What judges.
    pub judge: Arc<Judge>,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// Where to say up to when was judged.
    pub health: Arc<Health>,
    /// What it says to the role's loop, and what that says to it.
    pub pulse: Arc<Pulse>,
}

impl Owner {
    /// Owns the shard until it is let go.
    pub fn own(&self) {
        let partition = self.pulse.partition;
        let mut pause = PAUSE;
        let mut poison = None;
        let mut written = None;
        while !self.pulse.is_released() {
            let began = Instant::now();
            let setback = match self.life(poison, &mut written) {
                Ok(()) => break,
                Err(_) if self.pulse.is_released() => break,
                Err(setback) => setback,
            };
            self.metrics.shard_failed();
            self.health.forget_shard(partition);
            if began.elapsed() > SETTLED {
                pause = PAUSE;
            }
            match setback {
                Setback::Passing(error) => {
                    tracing::warn!(role = "watch", partition, pause_ms = pause.as_millis(), error = %format_args!("{error:#}"), "shard set back, will be restored");
                    self.hold(format!("{error:#}"), pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Setback::Lasting(error) => {
                    tracing::error!(role = "watch", partition, error = %format_args!("{error:#}"), "shard held until this is mended");
                    self.hold(format!("{error:#}"), PAUSE_MAX);
                }
                Setback::Fenced(error) => {
                    tracing::warn!(role = "watch", partition, error = %format_args!("{error:#}"), "shard was taken over by another process");
                    self.stand_by();
                    written = None;
                }
                Setback::Panicked(offset) => {
                    tracing::error!(
                        role = "watch",
                        partition,
                        offset,
                        "judging this record panicked: it will be rejected"
                    );
                    poison = Some(offset);
                }
            }
        }
        self.health.forget_shard(partition);
        tracing::info!(role = "watch", partition, "shard let go");
    }

    fn hold(&self, why: String, pause: Duration) {
        self.pulse.stand(Standing::Held(why));
        self.pulse.pause(pause);
    }

    /// Waits until the process that fenced us has gone silent. To fence it in turn would be a quarrel without end.
    fn stand_by(&self) {
        let silence = self.settings.watch.tick * SILENT_TICKS + SILENCE_MORE;
        let mut before = None;
        while !self.pulse.is_released() {
            let end = self.take_up().changelog_end().ok();
            if before.is_some() && end.is_some() && before == end {
                return;
            }
            before = end;
            let why = format!(
                "another process works on this shard under the same watch.group ({}): two deployments with one id? This \
                 one stands by, and takes over when the other one has been silent for {} s",
                self.settings.watch.group,
                silence.as_secs()
            );
            self.hold(why, silence);
        }
    }

    fn take_up(&self) -> TakeUp<'_> {
        TakeUp { cluster: &self.cluster, settings: &self.settings, judge: &self.judge, pulse: &self.pulse }
    }

    /// From taking the shard over to letting it go. `written` is how far the changelog was ours when the life before ended:
    /// who was stopped for a while, and finds its last commit late, must not fence the one that took over meanwhile.
    fn life(&self, poison: Option<i64>, written: &mut Option<i64>) -> Result<(), Setback> {
        let began = Instant::now();
        self.pulse.stand(Standing::Restoring);
        if let Some(end) = *written {
            self.take_up().alone_since(end)?;
        }
        let mut transactions = Transactions::take_over(&self.cluster, &self.settings, &self.pulse)?;
        pass("after_init");
        let result = self.live(&mut transactions, began, poison);
        *written = transactions.written().or(*written);
        transactions.end();
        result
    }

    fn live(&self, transactions: &mut Transactions, began: Instant, poison: Option<i64>) -> Result<(), Setback> {
        let (partition, take_up) = (self.pulse.partition, self.take_up());
        let mut shard = take_up.memory()?;
        let reader = take_up.reader(&shard, &self.metrics)?;
        let mut gauges = self.metrics.shard(partition);
        gauges.publish(&shard);
        let mut batch = Batch::new(poison);
        shard.claim();
        let claimed = transactions.commit(&batch.outcome(&self.judge, &mut shard)?);
        if claimed.map_err(|setback| setback.while_doing("claiming the shard"))? == Committed::Doubtfully {
            return Err(doubtful());
        }
        batch.done(&self.metrics, clock::now_ms());
        self.metrics.restored(partition, began.elapsed());
        if shard.ledger().read() > 0 {
            self.pulse.settle(shard.next_offset());
        }
        self.pulse.refresh();
        self.pulse.stand(Standing::Running);
        let (cases, next, restored_ms) = (shard.cases(), shard.next_offset(), began.elapsed().as_millis());
        tracing::info!(role = "watch", partition, cases, next, restored_ms, "shard acquired");
        if shard.profile_changed() {
            tracing::warn!(
                role = "watch",
                partition,
                "what was said so far was judged by another profile or dictionary"
            );
        }
        let mut next_tick = Instant::now() + self.settings.watch.tick;
        loop {
            match self.turn(transactions, &reader, &mut shard, &mut batch, &mut gauges, &mut next_tick) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(Setback::Fenced(_)) if planted(Plant::KeepOwnership) => {
                    *transactions = Transactions::take_over(&self.cluster, &self.settings, &self.pulse)?;
                    batch.done(&self.metrics, clock::now_ms());
                }
                Err(setback) => return Err(setback),
            }
        }
    }

    /// One batch. False when the shard is to be let go.
    fn turn(
        &self,
        transactions: &Transactions,
        reader: &BaseConsumer<Reader>,
        shard: &mut Shard,
        batch: &mut Batch,
        gauges: &mut ShardGauges,
        next_tick: &mut Instant,
    ) -> Result<bool, Setback> {
        if self.pulse.is_released() {
            pass("in_shutdown");
            return Ok(false);
        }
        let now = Instant::now();
        if now >= *next_tick {
            batch.tick = Some(tick_record(self.pulse.partition, Millis(clock::now_ms()))?);
            *next_tick = now + self.settings.watch.tick;
        }
        // A tick does not wait for a record.
        let wait = if batch.tick.is_some() { Duration::ZERO } else { TURN.min(*next_tick - now) };
        batch.gather(reader, &self.judge, shard, wait, self.settings.watch.batch_records_max)?;
        if !batch.is_empty() {
            let committed = transactions.commit(&batch.outcome(&self.judge, shard)?)?;
            let (records, time) = batch.size();
            if records > 0 {
                self.metrics.batch(records, time);
                self.pulse.settle(shard.next_offset());
            }
            self.pulse.refresh();
            batch.done(&self.metrics, clock::now_ms());
            gauges.publish(shard);
            if batch.newest > 0 {
                self.health.judged(self.pulse.partition, batch.newest);
            }
            if committed == Committed::Doubtfully {
                return Err(doubtful());
            }
        }
        if let Some(full) = batch.full {
            self.hold(format!("{full}"), Duration::ZERO);
            tracing::error!(role = "watch", partition = self.pulse.partition, error = %full, "shard stopped");
            while !self.pulse.is_released() {
                self.pulse.pause(TURN);
            }
        }
        Ok(true)
    }
}

fn doubtful() -> Setback {
    Setback::Passing(anyhow!("a commit was slow or disturbed: a new producer is made"))
}

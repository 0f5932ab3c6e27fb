//! Records of one shard, gathered, judged, and what they want done. Caught up, a batch ends with the first alert or after
//! a moment; behind, it grows, since a transaction costs the same for one record as for thousands.

use super::super::assign;
use super::super::metrics::{Judged, Metrics};
use super::super::rejects::{RejectMessage, Rejected, Stage};
use super::restore::Reader;
use super::setback::Setback;
use super::switches::{Plant, panic_at, pass, planted};
use super::transaction::Outcome;
use crate::decode::WHOLE_MESSAGE;
use crate::pipeline::{
    Effects, Fate, Judge, LogMessage, Shard, ShardFull, StateChange, StateFault, Step, TickOut, step,
};
use crate::record::state::{StateBody, StateCodec};
use crate::record::{Reject, RejectReason};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Caught up, and without an alert: how long a batch waits for more.
const CAUGHT_UP_WAIT: Duration = Duration::from_millis(10);

/// Behind: how long a batch may grow.
const BEHIND_WAIT: Duration = Duration::from_millis(50);

/// Behind: most records of a batch.
const BEHIND_RECORDS: usize = 10_000;

/// Most bytes of a batch's records.
const BYTES: usize = 1 << 20;

/// Records between two looks at the clock.
const CLOCK_EVERY: usize = 32;

/// What is kept of a step until its batch is committed.
#[derive(Debug)]
struct Made {
    judged: Judged,
    /// Recorded-at; 0 of a tick.
    newest: i64,
    reject: Option<Reject>,
}

impl Made {
    fn of(step: Step<'_>) -> Self {
        let newest = if step.fate == Fate::Tick { 0 } else { step.recorded_at };
        let judged = Judged::of(&step);
        let reject = if let Fate::Rejected(reject) = step.fate { Some(reject) } else { None };
        Self { judged, newest, reject }
    }
}

/// The batch at hand.
#[derive(Debug)]
pub struct Batch {
    /// What the records want done.
    pub effects: Effects,
    /// Time, to be written with the batch.
    pub tick: Option<TickOut>,
    /// The shard could not take one more.
    pub full: Option<ShardFull>,
    /// Newest recorded-at of what was judged, ticks aside, milliseconds.
    pub newest: i64,
    rejects: Vec<RejectMessage>,
    changes: Vec<StateChange>,
    judged: Vec<Judged>,
    bytes: usize,
    began: Option<Instant>,
    scratch: Vec<u8>,
    /// Offset of a record whose judging panicked: it is rejected.
    poison: Option<i64>,
}

impl Batch {
    /// An empty one.
    #[must_use]
    pub fn new(poison: Option<i64>) -> Self {
        Self {
            effects: Effects::default(),
            tick: None,
            full: None,
            newest: 0,
            rejects: Vec::new(),
            changes: Vec::new(),
            judged: Vec::new(),
            bytes: 0,
            began: None,
            scratch: Vec::new(),
            poison,
        }
    }

    /// Is there nothing to commit?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.judged.is_empty() && self.tick.is_none()
    }

    /// Waits for a record for at most `wait`, and takes what is there; `caught_up_max` is the most records of a batch that
    /// has an alert.
    pub fn gather(
        &mut self,
        consumer: &BaseConsumer<Reader>,
        judge: &Judge,
        shard: &mut Shard,
        wait: Duration,
        caught_up_max: usize,
    ) -> Result<(), Setback> {
        let mut wait = wait;
        loop {
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    consumer.context().note_end(false);
                    if !self.fold(&message, judge, shard)? || self.ends(caught_up_max) {
                        return Ok(());
                    }
                }
                Some(Err(error)) if assign::ends_session(&error) => {
                    return Err(Setback::from(error).while_doing("reading the log"));
                }
                Some(Err(KafkaError::PartitionEOF(_))) => consumer.context().note_end(true),
                // A report of the client's on the way.
                Some(Err(_)) => return Ok(()),
                None => match self.age() {
                    Some(age) if self.effects.alerts.is_empty() && age < CAUGHT_UP_WAIT => {
                        wait = CAUGHT_UP_WAIT - age;
                        continue;
                    }
                    Some(_) | None => return Ok(()),
                },
            }
            // What is there is taken without waiting: a call that waits until a batch is full would cost its wait.
            if self.began.is_some() {
                wait = Duration::ZERO;
            }
        }
    }

    /// Folds and judges one record. False if the shard is full.
    fn fold(&mut self, message: &BorrowedMessage<'_>, judge: &Judge, shard: &mut Shard) -> Result<bool, Setback> {
        let offset = message.offset();
        if offset < shard.next_offset() {
            // Read again after a reconnection.
            return Ok(true);
        }
        pass("after_poll");
        let log_message = LogMessage {
            topic: message.topic(),
            partition: message.partition(),
            offset,
            key: message.key(),
            value: message.payload().unwrap_or_default(),
        };
        let made = if self.poison == Some(offset) {
            Made::of(shard.pass_over(offset, RejectReason::JudgingFailed.at("judging this record panicked")))
        } else {
            let Self { scratch, effects, .. } = self;
            // A shard whose judging panicked is not used again: it is dropped and restored.
            let judging = AssertUnwindSafe(move || {
                panic_at(offset);
                step(judge, shard, &log_message, scratch, effects).map(Made::of)
            });
            match catch_unwind(judging) {
                Ok(Ok(made)) => made,
                Ok(Err(full)) => {
                    self.full = Some(full);
                    return Ok(false);
                }
                Err(_) => return Err(Setback::Panicked(offset)),
            }
        };
        pass("after_fold");
        self.began.get_or_insert_with(Instant::now);
        self.bytes += log_message.value.len();
        self.newest = self.newest.max(made.newest);
        self.judged.push(made.judged);
        if let Some(reject) = &made.reject {
            let origin = (log_message.topic, log_message.partition, offset);
            let time = message.timestamp().to_millis().unwrap_or(0);
            let mut rejected = Rejected::new(Stage::Watch, origin, time, log_message.key, log_message.value);
            self.rejects.push(rejected.message(WHOLE_MESSAGE, reject).map_err(Setback::Lasting)?);
        }
        Ok(true)
    }

    fn age(&self) -> Option<Duration> {
        self.began.map(|began| began.elapsed())
    }

    fn ends(&self, caught_up_max: usize) -> bool {
        let records = self.judged.len();
        let alerted = !self.effects.alerts.is_empty() && records >= caught_up_max;
        let look = records.is_multiple_of(CLOCK_EVERY);
        alerted
            || records >= BEHIND_RECORDS
            || self.bytes >= BYTES
            || look && self.age().is_some_and(|age| age >= BEHIND_WAIT)
    }

    /// What is to be committed: what the batch wants done, and what it changed.
    pub fn outcome(&mut self, judge: &Judge, shard: &mut Shard) -> Result<Outcome<'_>, Setback> {
        shard.take_changes(judge, &mut self.changes)?;
        if planted(Plant::WrongOffset) {
            self.misplace()?;
        }
        Ok(Outcome {
            alerts: &self.effects.alerts,
            rejects: &self.rejects,
            forwards: &self.effects.forwards,
            changes: &self.changes,
            tick: self.tick.as_ref(),
        })
    }

    /// Puts the progress one record ahead: a mistake planted for the tests.
    fn misplace(&mut self) -> Result<(), Setback> {
        let Some(progress) = self.changes.last_mut() else { return Ok(()) };
        let Some(bytes) = progress.value.take() else { return Ok(()) };
        let mut scratch = Vec::new();
        let mut state =
            StateCodec::get().decode(&bytes, &mut scratch).map_err(|error| Setback::Lasting(error.into()))?;
        if let StateBody::Progress(progress) = &mut state.body {
            progress.next_offset += 1;
        }
        let wrong = StateCodec::get().encode(&state).map_err(|_| StateFault::Unwritable)?;
        progress.value = Some(wrong);
        Ok(())
    }

    /// The batch is committed: counts it and empties it.
    pub fn done(&mut self, metrics: &Metrics, now_ms: i64) {
        for judged in self.judged.drain(..) {
            metrics.judged(&judged);
        }
        for out in self.effects.alerts.drain(..) {
            metrics.alerted(&out.alert);
            let waited = u64::try_from(now_ms.saturating_sub(out.alert.recorded_at.0)).unwrap_or(0);
            metrics.end_to_end(Duration::from_millis(waited));
        }
        metrics.forwarded(self.effects.forwards.len());
        metrics.state_written(
            self.changes.len(),
            self.changes.iter().map(|change| change.value.as_ref().map_or(0, Vec::len)).sum(),
        );
        self.effects.forwards.clear();
        self.rejects.clear();
        self.changes.clear();
        self.tick = None;
        self.bytes = 0;
        self.began = None;
    }

    /// Records of the batch, and how long ago it began.
    #[must_use]
    pub fn size(&self) -> (usize, Duration) {
        (self.judged.len(), self.age().unwrap_or_default())
    }
}

//! What the thread of a shard and the loop of the role say to each other.

use super::super::clock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a shard is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Taking over: fencing, restoring.
    Restoring,
    /// Restored and at work.
    Running,
    /// Stopped in front of something; the text says what, and what to do.
    Held(String),
}

/// Shared between the thread of one shard and the role's loop.
#[derive(Debug)]
pub struct Pulse {
    /// The partition.
    pub partition: i32,
    /// Names this ownership in the changelog: drawn anew each time a process is given the shard.
    pub owner: String,
    standing: Mutex<Standing>,
    /// Offset of the log up to which everything is committed; -1 before that is known.
    settled: AtomicI64,
    /// The shard is to be let go.
    released: AtomicBool,
    epoch: Instant,
    /// By when the call at hand must have returned, milliseconds after `epoch`; 0 where there is none.
    call_until: AtomicU64,
    /// Wall time of the last thing that Kafka confirmed, milliseconds.
    fresh: AtomicI64,
}

impl Pulse {
    /// Of a shard that is being taken over.
    #[must_use]
    pub fn new(partition: i32) -> Self {
        Self {
            partition,
            owner: format!("{:016x}", fastrand::u64(..)),
            standing: Mutex::new(Standing::Restoring),
            settled: AtomicI64::new(-1),
            released: AtomicBool::new(false),
            epoch: Instant::now(),
            call_until: AtomicU64::new(0),
            fresh: AtomicI64::new(clock::now_ms()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        // No code of ours panics while it holds the lock.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how the shard is doing.
    pub fn stand(&self, standing: Standing) {
        *self.lock() = standing;
    }

    /// How the shard is doing.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.lock().clone()
    }

    /// Everything below this offset is committed.
    pub fn settle(&self, next_offset: i64) {
        self.settled.store(next_offset, Ordering::Relaxed);
        self.refresh();
    }

    /// Kafka has just confirmed something of ours.
    pub fn refresh(&self) {
        self.fresh.store(clock::now_ms(), Ordering::Relaxed);
    }

    /// How long ago Kafka last confirmed anything.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        let since = clock::now_ms().saturating_sub(self.fresh.load(Ordering::Relaxed));
        Duration::from_millis(u64::try_from(since).unwrap_or(0))
    }

    /// Offset below which everything is committed.
    #[must_use]
    pub fn settled(&self) -> Option<i64> {
        Some(self.settled.load(Ordering::Relaxed)).filter(|offset| *offset >= 0)
    }

    /// Asks the thread to let the shard go.
    pub fn release(&self) {
        self.released.store(true, Ordering::Relaxed);
    }

    /// Is the shard to be let go?
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.released.load(Ordering::Relaxed)
    }

    /// Sleeps, but not past a release.
    pub fn pause(&self, time: Duration) {
        const STEP: Duration = Duration::from_millis(20);
        let until = Instant::now() + time;
        while Instant::now() < until && !self.is_released() {
            std::thread::sleep(STEP);
        }
    }

    /// Makes a call that must return within `longest`; the watchdog ends the process otherwise.
    pub fn guarded<T>(&self, longest: Duration, call: impl FnOnce() -> T) -> T {
        self.call_until.store(millis(self.epoch.elapsed() + longest).max(1), Ordering::Relaxed);
        let result = call();
        self.call_until.store(0, Ordering::Relaxed);
        result
    }

    /// Has a guarded call not returned in time?
    #[must_use]
    pub fn hangs(&self) -> bool {
        let until = self.call_until.load(Ordering::Relaxed);
        until != 0 && millis(self.epoch.elapsed()) > until
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_hangs_only_while_it_has_not_returned() {
        let pulse = Pulse::new(0);
        pulse.guarded(Duration::ZERO, || {
            std::thread::sleep(Duration::from_millis(5));
            assert!(pulse.hangs());
        });
        assert!(!pulse.hangs());
        pulse.guarded(Duration::from_secs(60), || assert!(!pulse.hangs()));
    }

    #[test]
    fn a_released_shard_does_not_sit_out_its_pause() {
        let pulse = Pulse::new(0);
        pulse.release();
        let began = Instant::now();
        pulse.pause(Duration::from_secs(60));
        assert!(began.elapsed() < Duration::from_secs(30));
        assert_eq!(pulse.settled(), None);
        pulse.settle(7);
        assert_eq!(pulse.settled(), Some(7));
    }
}

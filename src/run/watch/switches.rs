//! Switches of the fault tests: points at which the process kills itself, and mistakes planted on purpose, which the suite
//! must catch. They exist only in builds with debug assertions; in a release every one of them is a constant `false`.

/// A mistake that can be planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(debug_assertions), allow(dead_code, reason = "only test builds plant anything"))]
pub enum Plant {
    /// State and progress in a transaction of their own, before the alerts.
    ProgressFirst,
    /// The progress record is one ahead.
    WrongOffset,
    /// No transactional id, so that nobody is fenced and nothing is atomic.
    NoInit,
    /// Restore ends at the first poll that gives nothing.
    RestoreAtTimeout,
    /// A position that is gone becomes the end of the log.
    ResetLatest,
    /// The identity of an alert is drawn by lot.
    RandomId,
    /// Writes that failed count as done.
    IgnoreDelivery,
    /// Progress is confirmed before the alerts are.
    CommitBeforeAck,
    /// A shard that was taken away is kept, with its memory.
    KeepOwnership,
    /// Forwarded facts are written outside the transaction.
    ForwardOutside,
}

#[cfg(debug_assertions)]
mod switched {
    use super::Plant;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[expect(clippy::disallowed_methods, reason = "a switch of the tests is no setting")]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// `VIGIL_TEST_CRASH_AT=POINT[:N]`: at which pass of which point.
    static CRASH_AT: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let text = variable("VIGIL_TEST_CRASH_AT")?;
        let (point, pass) = text.split_once(':').unwrap_or((&text, "1"));
        Some((point.to_owned(), pass.parse().unwrap_or(1)))
    });

    static PASSES: AtomicU32 = AtomicU32::new(0);

    /// `VIGIL_TEST_STOP_IN_COMMIT=N`: the process stops itself, as by `SIGSTOP`, when a commit was answered the N-th time and
    /// before it is seen that it was.
    static STOP_IN_COMMIT: LazyLock<Option<u32>> =
        LazyLock::new(|| variable("VIGIL_TEST_STOP_IN_COMMIT")?.parse().ok());

    static COMMITS: AtomicU32 = AtomicU32::new(0);

    /// `VIGIL_TEST_PLANT=MISTAKE`.
    static PLANTED: LazyLock<Option<Plant>> = LazyLock::new(|| {
        Some(match variable("VIGIL_TEST_PLANT")?.as_str() {
            "progress_first" => Plant::ProgressFirst,
            "wrong_offset" => Plant::WrongOffset,
            "no_init" => Plant::NoInit,
            "restore_at_timeout" => Plant::RestoreAtTimeout,
            "reset_latest" => Plant::ResetLatest,
            "random_id" => Plant::RandomId,
            "ignore_delivery" => Plant::IgnoreDelivery,
            "commit_before_ack" => Plant::CommitBeforeAck,
            "keep_ownership" => Plant::KeepOwnership,
            "forward_outside" => Plant::ForwardOutside,
            _ => return None,
        })
    });

    /// `VIGIL_TEST_PANIC_AT=OFFSET`: judging the record at this offset panics.
    static PANIC_AT: LazyLock<Option<i64>> = LazyLock::new(|| variable("VIGIL_TEST_PANIC_AT")?.parse().ok());

    /// `VIGIL_TEST_HANG=1`: the next commit never comes back.
    static HANGS: LazyLock<bool> = LazyLock::new(|| variable("VIGIL_TEST_HANG").is_some());

    pub fn hang() {
        if *HANGS {
            loop {
                std::thread::park();
            }
        }
    }

    pub fn stop_in_commit() {
        if STOP_IN_COMMIT.is_some_and(|at| COMMITS.fetch_add(1, Ordering::Relaxed) + 1 == at) {
            let own = std::process::id().to_string();
            let _ = std::process::Command::new("kill").args(["-STOP", &own]).status();
        }
    }

    pub fn pass(point: &str) {
        if let Some((at, pass)) = CRASH_AT.as_ref()
            && at == point
            && PASSES.fetch_add(1, Ordering::Relaxed) + 1 == *pass
        {
            // As abrupt as `kill -9`: nothing is flushed and nothing is dropped.
            std::process::abort();
        }
    }

    pub fn planted(bug: Plant) -> bool {
        *PLANTED == Some(bug)
    }

    pub fn panic_at(offset: i64) {
        assert!(*PANIC_AT != Some(offset), "a panic that a test asked for");
    }
}

#[cfg(not(debug_assertions))]
mod switched {
    use super::Plant;

    pub const fn pass(_point: &str) {}

    pub const fn planted(_bug: Plant) -> bool {
        false
    }

    pub const fn panic_at(_offset: i64) {}

    pub const fn hang() {}

    pub const fn stop_in_commit() {}
}

/// Passes a named point; the process ends here if a test asked for it.
pub use switched::pass;

/// Was this mistake planted?
pub use switched::planted;

/// Panics if a test asked for it.
pub use switched::panic_at;

/// Never comes back if a test asked for it.
pub use switched::hang;

/// Stops the process until it is told to go on, if a test asked for it.
pub use switched::stop_in_commit;

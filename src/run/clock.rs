//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

/// Wall time, milliseconds since 1970-01-01T00:00:00Z; 0 on a machine whose clock stands before that.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

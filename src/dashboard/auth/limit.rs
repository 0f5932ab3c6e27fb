//! How often somebody may ask: a bucket each, filled evenly.

use dashmap::DashMap;
use std::time::Instant;

/// Most askers that are told apart; beyond them the buckets that are full again are forgotten.
const ASKERS_MAX: usize = 10_000;

/// Buckets by asker.
#[derive(Debug)]
pub struct Limiter {
    per_minute: f64,
    buckets: DashMap<String, (f64, Instant)>,
}

impl Limiter {
    /// So many requests a minute, which may come at once.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute: f64::from(per_minute), buckets: DashMap::new() }
    }

    /// Takes one request of an asker at a time.
    ///
    /// # Errors
    /// Seconds after which there is room again.
    pub fn take(&self, asker: &str, now: Instant) -> Result<(), u64> {
        let filled = |left: f64, since: Instant| {
            let gained = now.saturating_duration_since(since).as_secs_f64() * self.per_minute / 60.0;
            (left + gained).min(self.per_minute)
        };
        if self.buckets.len() > ASKERS_MAX {
            self.buckets.retain(|_, (left, since)| filled(*left, *since) < self.per_minute);
        }
        let mut bucket = self.buckets.entry(asker.to_owned()).or_insert((self.per_minute, now));
        let left = filled(bucket.0, bucket.1);
        if left < 1.0 {
            return Err(((1.0 - left) * 60.0 / self.per_minute).ceil().max(1.0) as u64);
        }
        *bucket = (left - 1.0, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again_for_each_asker() {
        let limiter = Limiter::new(60);
        let start = Instant::now();
        assert!((0..60).all(|_| limiter.take("a", start).is_ok()));
        assert_eq!(limiter.take("a", start), Err(1));
        assert!(limiter.take("b", start).is_ok());
        assert!(limiter.take("a", start + Duration::from_secs(1)).is_ok());
        assert!(limiter.take("a", start + Duration::from_secs(1)).is_err());
    }
}

//! How far the reading of each topic is: what the metrics say of it.

use crate::dashboard::read_model::Source;
use crate::run::metrics::ReadingSaid;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How far every reading is.
#[derive(Debug)]
pub struct Reach {
    began: Instant,
    ways: Mutex<BTreeMap<Source, Way>>,
}

/// How far one is.
#[derive(Debug, Default)]
struct Way {
    /// What is read next, by partition.
    next: BTreeMap<i32, i64>,
    /// Was nothing read since the end was reached?
    at_end: bool,
    /// When it last stood at the end.
    stood: Option<Instant>,
    restored: Option<Duration>,
    /// Messages that are not read, as they were last asked for.
    lag: Option<i64>,
}

impl Reach {
    /// Nothing has been read.
    pub fn new(now: Instant) -> Self {
        Self { began: now, ways: Mutex::default() }
    }

    fn ways(&self) -> MutexGuard<'_, BTreeMap<Source, Way>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message was read.
    pub fn read(&self, source: Source, partition: i32, next: i64) {
        let mut ways = self.ways();
        let way = ways.entry(source).or_default();
        way.next.insert(partition, next);
        way.at_end = false;
    }

    /// The reading turns, and stands at the end of all partitions or not.
    pub fn turned(&self, source: Source, at_end: bool, now: Instant) {
        let mut ways = self.ways();
        let way = ways.entry(source).or_default();
        way.at_end = at_end;
        if at_end {
            way.stood = Some(now);
            way.restored.get_or_insert(now.saturating_duration_since(self.began));
        }
    }

    /// Must the ends be asked for, so that the lag is known?
    pub fn wants_ends(&self, source: Source) -> bool {
        self.ways().get(&source).is_none_or(|way| !way.at_end)
    }

    /// The ends of a topic by partition; none where they cannot be had.
    pub fn ends(&self, source: Source, ends: Option<&BTreeMap<i32, i64>>) {
        let mut ways = self.ways();
        let way = ways.entry(source).or_default();
        let left = |(partition, end): (&i32, &i64)| (end - way.next.get(partition).copied().unwrap_or(0)).max(0);
        way.lag = ends.map(|ends| ends.iter().map(left).sum());
    }

    /// What is to be said of the reading of a topic.
    pub fn said(&self, source: Source, now: Instant) -> ReadingSaid {
        let ways = self.ways();
        let way = ways.get(&source);
        let since = way.and_then(|way| way.stood).unwrap_or(self.began);
        ReadingSaid {
            behind: now.saturating_duration_since(since),
            lag: way.and_then(|way| if way.at_end { Some(0) } else { way.lag }),
            restored: way.and_then(|way| way.restored),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_does_not_turn_falls_behind() {
        let began = Instant::now();
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        let reach = Reach::new(began);
        let said = |seconds| reach.said(Source::Alerts, at(seconds));
        assert_eq!(said(5), ReadingSaid { behind: Duration::from_secs(5), lag: None, restored: None });
        reach.read(Source::Alerts, 0, 3);
        reach.ends(Source::Alerts, Some(&BTreeMap::from([(0, 10), (1, 2)])));
        assert_eq!(said(5).lag, Some(9));
        reach.turned(Source::Alerts, true, at(7));
        let restored = Some(Duration::from_secs(7));
        assert_eq!(said(7), ReadingSaid { behind: Duration::ZERO, lag: Some(0), restored });
        assert!(!reach.wants_ends(Source::Alerts) && reach.wants_ends(Source::State));
        reach.read(Source::Alerts, 0, 10);
        reach.turned(Source::Alerts, false, at(8));
        reach.ends(Source::Alerts, None);
        assert_eq!(said(30), ReadingSaid { behind: Duration::from_secs(23), lag: None, restored });
    }
}

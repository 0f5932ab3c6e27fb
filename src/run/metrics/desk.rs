//! The dashboard's metrics: what it read, what it keeps, what it was asked for.

use super::list::{
    DESK_ACTS, DESK_AUDIT_WRITES, DESK_BEHIND, DESK_KEPT, DESK_KEPT_MAX, DESK_LAG, DESK_LET_GO, DESK_MESSAGES,
    DESK_REQUEST_SECONDS, DESK_REQUESTS, DESK_RESTORE_SECONDS, DESK_STATE, DESK_STREAM_TURNS, DESK_STREAMS,
};
use super::{Maker, signed};
use crate::alert::act_name;
use crate::dashboard::meter::{ActFate, Meter, StreamTurn};
use crate::dashboard::read_model::{ServiceState, Size, Source, Unread};
use crate::record::AckAct;
use prometheus::{GaugeVec, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec};
use std::time::Duration;

/// Upper bounds of the buckets of requests, seconds; 10 is where an answer is given up.
const REQUEST_BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 10.0];

/// What became of a message of our own topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The read model knows it now.
    Applied,
    /// It, or a later one, was known.
    Known,
    /// Passed over.
    Unread(Unread),
}

impl Taken {
    const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Known => "known",
            Self::Unread(Unread::Unreadable) => "unreadable",
            Self::Unread(Unread::Newer) => "newer",
        }
    }
}

/// How far the reading of a topic is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadingSaid {
    /// Since it last stood at the topic's end.
    pub behind: Duration,
    /// Messages that are not read, where that is known.
    pub lag: Option<i64>,
    /// How long it took to stand there first.
    pub restored: Option<Duration>,
}

/// The dashboard's part of the list.
#[derive(Debug)]
pub struct DeskMetrics {
    messages: IntCounterVec,
    lag: IntGaugeVec,
    behind: GaugeVec,
    restore: GaugeVec,
    state: IntGaugeVec,
    kept: IntGaugeVec,
    kept_max: IntGaugeVec,
    let_go: IntCounterVec,
    streams: IntGauge,
    turns: IntCounterVec,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    /// Failed, written.
    audit: [IntCounter; 2],
    acts: IntCounterVec,
}

impl DeskMetrics {
    pub(super) fn new(made: &Maker<'_>) -> Result<Self, prometheus::Error> {
        let audit = made.counters(DESK_AUDIT_WRITES)?;
        let turns = made.counters(DESK_STREAM_TURNS)?;
        for turn in StreamTurn::ALL {
            turns.get_metric_with_label_values(&[turn.name()])?;
        }
        let messages = made.counters(DESK_MESSAGES)?;
        for source in Source::ALL {
            for unread in [Unread::Unreadable, Unread::Newer] {
                messages.get_metric_with_label_values(&[source.name(), Taken::Unread(unread).name()])?;
            }
        }
        Ok(Self {
            messages,
            lag: made.gauges(DESK_LAG)?,
            behind: made.float_gauges(DESK_BEHIND)?,
            restore: made.float_gauges(DESK_RESTORE_SECONDS)?,
            state: made.gauges(DESK_STATE)?,
            kept: made.gauges(DESK_KEPT)?,
            kept_max: made.gauges(DESK_KEPT_MAX)?,
            let_go: made.counters(DESK_LET_GO)?,
            streams: made.gauge(DESK_STREAMS)?,
            turns,
            requests: made.counters(DESK_REQUESTS)?,
            request_seconds: made.histograms(DESK_REQUEST_SECONDS, &REQUEST_BUCKETS)?,
            audit: [
                audit.get_metric_with_label_values(&["failed"])?,
                audit.get_metric_with_label_values(&["written"])?,
            ],
            acts: made.counters(DESK_ACTS)?,
        })
    }

    /// A message of a topic was read.
    pub fn message(&self, source: Source, taken: Taken) {
        if let Ok(counter) = self.messages.get_metric_with_label_values(&[source.name(), taken.name()]) {
            counter.inc();
        }
    }

    /// How far the reading of a topic is.
    pub fn reading(&self, source: Source, said: &ReadingSaid) {
        let topic = [source.name()];
        if let Ok(gauge) = self.behind.get_metric_with_label_values(&topic) {
            gauge.set(said.behind.as_secs_f64());
        }
        match said.lag {
            Some(lag) => {
                if let Ok(gauge) = self.lag.get_metric_with_label_values(&topic) {
                    gauge.set(lag);
                }
            }
            // What is not known is not shown as known; no such label is no error.
            None => drop(self.lag.remove_label_values(&topic)),
        }
        if let (Some(took), Ok(gauge)) = (said.restored, self.restore.get_metric_with_label_values(&topic)) {
            gauge.set(took.as_secs_f64());
        }
    }

    /// What the page says of the service.
    pub fn state(&self, state: ServiceState) {
        for known in ServiceState::ALL {
            if let Ok(gauge) = self.state.get_metric_with_label_values(&[known.name()]) {
                gauge.set(i64::from(known == state));
            }
        }
    }

    /// How much is kept.
    pub fn size(&self, size: &Size) {
        let of = [size.of];
        let gauges = [(&self.kept, size.kept), (&self.kept_max, size.max)];
        for (gauge, count) in gauges {
            if let Ok(gauge) = gauge.get_metric_with_label_values(&of) {
                gauge.set(signed(count as u64));
            }
        }
        if let Ok(counter) = self.let_go.get_metric_with_label_values(&of) {
            counter.inc_by(size.let_go.saturating_sub(counter.get()));
        }
    }

    /// Streams that are open.
    pub fn streams(&self, open: usize) {
        self.streams.set(signed(open as u64));
    }
}

/// The class of a status, a closed word.
const fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

impl Meter for DeskMetrics {
    fn answered(&self, route: &'static str, status: u16, took: Duration) {
        if let Ok(counter) = self.requests.get_metric_with_label_values(&[route, class(status)]) {
            counter.inc();
        }
        if let Ok(histogram) = self.request_seconds.get_metric_with_label_values(&[route]) {
            histogram.observe(took.as_secs_f64());
        }
    }

    fn stream(&self, turn: StreamTurn) {
        if let Ok(counter) = self.turns.get_metric_with_label_values(&[turn.name()]) {
            counter.inc();
        }
    }

    fn audited(&self, written: bool) {
        let [failed, well] = &self.audit;
        if written { well.inc() } else { failed.inc() }
    }

    fn act(&self, act: AckAct, fate: ActFate) {
        if let Ok(counter) = self.acts.get_metric_with_label_values(&[act_name(act), fate.name()]) {
            counter.inc();
        }
    }
}

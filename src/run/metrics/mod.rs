//! Metrics: a closed list, recorded in one place from outcomes. Labels are closed words; no patient, case, site or free
//! text is ever one. The hot path touches counters that were resolved beforehand.

mod desk;
mod list;
mod shard;
#[cfg(test)]
mod tests;

pub use desk::{DeskMetrics, ReadingSaid, Taken};
pub use list::{METRICS, Metric, Shape, metrics_table};
pub use shard::ShardGauges;

use super::rejects::Stage;
use crate::alert::{Alert, Change};
use crate::classify::DueBucket;
use crate::pipeline::{CaseTally, DueCalendar, Fate, Step};
use crate::profile::{Concern, Priority, Profile, Region};
use crate::record::{KINDS, Millis, PartialDate, RejectReason};
use list::{
    ALERTS, BATCH_RECORDS, BATCH_SECONDS, BUILD_INFO, CASES, CASES_DUE, CASES_REMEMBERED, DATA_AGE, END_TO_END,
    FORWARDS, INGESTED, INPUT_LAG, LEDGER_IMBALANCE, PATIENTS, PROFILE_INFO, READY, RECORDS, REJECTS, REPORTS,
    RESTORE_SECONDS, SETTINGS_INFO, SHARD_FAILURES, SHARDS, SOURCE_MESSAGES, STATE_BYTES, STATE_RECORDS,
};
use prometheus::core::Collector;
use prometheus::{
    Encoder as _, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency buckets, seconds: from under a batch's wait to well past the 2 s of the service level.
const SECONDS_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 2.0, 10.0, 60.0];

/// Upper bounds of the batch-size buckets, records.
const RECORDS_BUCKETS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 10_000.0];

/// The recording end of the list. Cheap to share; every method may be called from any thread.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reactions: Vec<String>,
    source_messages: IntCounter,
    ingested: Vec<IntCounter>,
    /// By kind (the last is `unknown`), then by fate.
    records: Vec<Vec<IntCounter>>,
    reports: [IntCounter; 2],
    /// By stage, then by reason.
    rejects: Vec<Vec<IntCounter>>,
    alerts: IntCounterVec,
    /// Not suspect, suspect; `any` first, then by reaction.
    cases: [Vec<IntGauge>; 2],
    /// EU, US; by how soon they are due.
    cases_due: [Vec<IntGauge>; 2],
    /// Of each partition that is watched; read when the metrics are.
    calendars: Mutex<BTreeMap<i32, DueCalendar>>,
    cases_remembered: IntGauge,
    /// Never exposed, exposed.
    patients: [IntGauge; 2],
    ledger_imbalance: IntGauge,
    end_to_end: Histogram,
    batch_records: Histogram,
    batch_seconds: Histogram,
    input_lag: IntGaugeVec,
    data_age: Gauge,
    shards: IntGauge,
    restore_seconds: GaugeVec,
    shard_failures: IntCounter,
    forwards: IntCounter,
    state_records: IntCounter,
    state_bytes: IntCounter,
    desk: Arc<DeskMetrics>,
    ready: IntGauge,
    started: AtomicI64,
}

/// What is counted of a record once its batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    kind: usize,
    fate: usize,
    suspect: Option<bool>,
    rejected: Option<RejectReason>,
}

impl Judged {
    /// Of what was made of it.
    #[must_use]
    pub fn of(step: &Step<'_>) -> Self {
        let rejected = if let Fate::Rejected(reject) = &step.fate { Some(reject.reason) } else { None };
        Self { kind: kind_index(step.kind), fate: step.fate.index(), suspect: step.suspect, rejected }
    }
}

const UNKNOWN_KIND: usize = KINDS.len();

fn kind_index(kind: &str) -> usize {
    KINDS.iter().position(|known| *known == kind).unwrap_or(UNKNOWN_KIND)
}

fn kind_name(index: usize) -> &'static str {
    KINDS.get(index).copied().unwrap_or("unknown")
}

impl Metrics {
    /// All metrics at zero. `started` is the time of the process's start.
    ///
    /// # Errors
    /// When two metrics share a name, or a name is not Prometheus's: a fault of ours, found by the tests.
    pub fn new(profile: &Profile, settings_hash: &str, started: Millis) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let made = Maker(&registry);
        let records = made.counters(RECORDS)?;
        let ingested = made.counters(INGESTED)?;
        let rejects = made.counters(REJECTS)?;
        let reports = made.counters(REPORTS)?;
        let alerts = made.counters(ALERTS)?;
        let cases = made.gauges(CASES)?;
        let patients = made.gauges(PATIENTS)?;
        let reactions: Vec<String> = profile.reactions.iter().map(|reaction| reaction.id.clone()).collect();
        for concern in Concern::ALL {
            for priority in Priority::ALL {
                let raised = Change::Raised.name();
                alerts.get_metric_with_label_values(&[concern.name(), priority.name(), raised])?;
            }
        }
        let cases_of = |suspect: &str| -> Result<Vec<IntGauge>, prometheus::Error> {
            let concepts = std::iter::once("any").chain(reactions.iter().map(String::as_str));
            concepts.map(|concept| cases.get_metric_with_label_values(&[suspect, concept])).collect()
        };
        let version = profile.version.as_str();
        let hash = profile.hash.get(..16).unwrap_or(&profile.hash);
        made.gauges(BUILD_INFO)?.get_metric_with_label_values(&[env!("CARGO_PKG_VERSION")])?.set(1);
        made.gauges(PROFILE_INFO)?.get_metric_with_label_values(&[version, hash])?.set(1);
        made.gauges(SETTINGS_INFO)?.get_metric_with_label_values(&[settings_hash])?.set(1);
        let of_kind = |kind: usize| -> Result<Vec<IntCounter>, prometheus::Error> {
            Fate::NAMES.iter().map(|fate| records.get_metric_with_label_values(&[kind_name(kind), fate])).collect()
        };
        let cases_due = made.gauges(CASES_DUE)?;
        let due_of = |region: Region| -> Result<Vec<IntGauge>, prometheus::Error> {
            let buckets = DueBucket::ALL.iter();
            buckets.map(|bucket| cases_due.get_metric_with_label_values(&[region.name(), bucket.name()])).collect()
        };
        let of_stage = |stage: &Stage| -> Result<Vec<IntCounter>, prometheus::Error> {
            let reasons = RejectReason::ALL.iter();
            reasons.map(|reason| rejects.get_metric_with_label_values(&[stage.name(), reason.name()])).collect()
        };
        Ok(Self {
            source_messages: made.counter(SOURCE_MESSAGES)?,
            ingested: (0..=UNKNOWN_KIND)
                .map(|kind| ingested.get_metric_with_label_values(&[kind_name(kind)]))
                .collect::<Result<_, _>>()?,
            records: (0..=UNKNOWN_KIND).map(of_kind).collect::<Result<_, _>>()?,
            reports: [reports.get_metric_with_label_values(&["no"])?, reports.get_metric_with_label_values(&["yes"])?],
            rejects: Stage::ALL.iter().map(of_stage).collect::<Result<_, _>>()?,
            alerts,
            cases: [cases_of("no")?, cases_of("yes")?],
            cases_due: [due_of(Region::Eu)?, due_of(Region::Us)?],
            calendars: Mutex::default(),
            cases_remembered: made.gauge(CASES_REMEMBERED)?,
            patients: [
                patients.get_metric_with_label_values(&["no"])?,
                patients.get_metric_with_label_values(&["yes"])?,
            ],
            ledger_imbalance: made.gauge(LEDGER_IMBALANCE)?,
            end_to_end: made.histogram(END_TO_END, &SECONDS_BUCKETS)?,
            batch_records: made.histogram(BATCH_RECORDS, &RECORDS_BUCKETS)?,
            batch_seconds: made.histogram(BATCH_SECONDS, &SECONDS_BUCKETS)?,
            input_lag: made.gauges(INPUT_LAG)?,
            data_age: made.register(Gauge::with_opts(DATA_AGE.opts())?)?,
            shards: made.gauge(SHARDS)?,
            restore_seconds: made.float_gauges(RESTORE_SECONDS)?,
            shard_failures: made.counter(SHARD_FAILURES)?,
            forwards: made.counter(FORWARDS)?,
            state_records: made.counter(STATE_RECORDS)?,
            state_bytes: made.counter(STATE_BYTES)?,
            desk: Arc::new(DeskMetrics::new(&made)?),
            ready: made.gauge(READY)?,
            started: AtomicI64::new(started.0),
            reactions,
            registry,
        })
    }

    /// The dashboard's.
    #[must_use]
    pub fn desk(&self) -> Arc<DeskMetrics> {
        Arc::clone(&self.desk)
    }

    /// One message of a source topic was read.
    pub fn source_message(&self) {
        self.source_messages.inc();
    }

    /// One record was written to the log and confirmed.
    pub fn ingested(&self, kind: &str) {
        if let Some(counter) = self.ingested.get(kind_index(kind)) {
            counter.inc();
        }
    }

    /// Something could not be used.
    pub fn rejected(&self, stage: Stage, reason: RejectReason) {
        let reasons = self.rejects.get(stage as usize);
        if let Some(counter) = reasons.and_then(|reasons| reasons.get(reason as usize)) {
            counter.inc();
        }
    }

    /// One record of the log was judged, and what came of it is committed.
    pub fn judged(&self, judged: &Judged) {
        let fates = self.records.get(judged.kind);
        if let Some(counter) = fates.and_then(|fates| fates.get(judged.fate)) {
            counter.inc();
        }
        if let Some(suspect) = judged.suspect {
            let [background, of_product] = &self.reports;
            if suspect { of_product.inc() } else { background.inc() }
        }
        if let Some(reason) = judged.rejected {
            self.rejected(Stage::Watch, reason);
        }
    }

    /// Facts that were sent on to other keys.
    pub fn forwarded(&self, facts: usize) {
        self.forwards.inc_by(facts as u64);
    }

    /// Records of the changelog that were written, and the bytes of their values.
    pub fn state_written(&self, records: usize, bytes: usize) {
        self.state_records.inc_by(records as u64);
        self.state_bytes.inc_by(bytes as u64);
    }

    /// Records judged since the start.
    #[must_use]
    pub fn records_judged(&self) -> u64 {
        self.records.iter().flatten().map(IntCounter::get).sum()
    }

    /// One revision of an alert was written and confirmed.
    pub fn alerted(&self, alert: &Alert<'_>) {
        let labels = [alert.concern.name(), alert.priority.name(), alert.change.name()];
        if let Ok(counter) = self.alerts.get_metric_with_label_values(&labels) {
            counter.inc();
        }
    }

    /// Time from a report's arrival in Kafka to the confirmation of its alert.
    pub fn end_to_end(&self, time: Duration) {
        self.end_to_end.observe(time.as_secs_f64());
    }

    /// A batch of watch was carried out.
    pub fn batch(&self, records: usize, time: Duration) {
        self.batch_records.observe(u32::try_from(records).map_or(f64::INFINITY, f64::from));
        self.batch_seconds.observe(time.as_secs_f64());
    }

    /// Records of a partition of the log that are not judged yet.
    pub fn lag(&self, partition: i32, records: i64) {
        if let Ok(gauge) = self.input_lag.get_metric_with_label_values(&[&partition.to_string()]) {
            gauge.set(records);
        }
    }

    /// A shard's memory was restored.
    pub fn restored(&self, partition: i32, time: Duration) {
        if let Ok(gauge) = self.restore_seconds.get_metric_with_label_values(&[&partition.to_string()]) {
            gauge.set(time.as_secs_f64());
        }
    }

    /// A shard's memory was dropped after an error.
    pub fn shard_failed(&self) {
        self.shard_failures.inc();
    }

    /// The gauges of one more shard; they are taken back when it is dropped.
    #[must_use]
    pub fn shard(self: &Arc<Self>, partition: i32) -> ShardGauges {
        self.shards.inc();
        ShardGauges::new(Arc::clone(self), partition)
    }

    /// All metrics in Prometheus's text format. `as_of` is the time up to which every shard has judged.
    #[must_use]
    pub fn render(&self, now: Millis, as_of: Option<Millis>, ready: bool) -> String {
        let since = as_of.map_or(self.started.load(Ordering::Relaxed), |time| time.0);
        self.data_age.set(Duration::from_millis(u64::try_from(now.0 - since).unwrap_or(0)).as_secs_f64());
        self.ready.set(i64::from(ready));
        self.set_due(now);
        let mut text = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            Ok(()) => String::from_utf8(text).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// How soon cases are due depends on the day on which it is asked.
    fn set_due(&self, now: Millis) {
        let Some(today) = now.date().and_then(PartialDate::days) else { return };
        let mut sums = [[0u64; 5]; 2];
        let calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        for calendar in calendars.values() {
            for (sum, count) in sums.iter_mut().flatten().zip(calendar.due(today).iter().flatten()) {
                *sum += count;
            }
        }
        for (gauge, sum) in self.cases_due.iter().flatten().zip(sums.iter().flatten()) {
            gauge.set(signed(*sum));
        }
    }

    fn set_cases(&self, from: &CaseTally, to: &CaseTally) {
        for (suspect, gauges) in [false, true].into_iter().zip(&self.cases) {
            let moved = |gauge: &IntGauge, from: u64, to: u64| {
                if from != to {
                    gauge.add(signed(to) - signed(from));
                }
            };
            let Some((any, by_reaction)) = gauges.split_first() else { continue };
            moved(any, from.cases(suspect), to.cases(suspect));
            for (reaction, gauge) in by_reaction.iter().enumerate().take(self.reactions.len()) {
                moved(gauge, from.of_reaction(suspect, reaction), to.of_reaction(suspect, reaction));
            }
        }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Metric {
    fn opts(&self) -> Opts {
        Opts::new(self.name, self.doc)
    }
}

struct Maker<'r>(&'r Registry);

impl Maker<'_> {
    fn register<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C, prometheus::Error> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
    fn counter(&self, metric: Metric) -> Result<IntCounter, prometheus::Error> {
        self.register(IntCounter::with_opts(metric.opts())?)
    }
    fn counters(&self, metric: Metric) -> Result<IntCounterVec, prometheus::Error> {
        self.register(IntCounterVec::new(metric.opts(), metric.labels)?)
    }
    fn gauge(&self, metric: Metric) -> Result<IntGauge, prometheus::Error> {
        self.register(IntGauge::with_opts(metric.opts())?)
    }
    fn gauges(&self, metric: Metric) -> Result<IntGaugeVec, prometheus::Error> {
        self.register(IntGaugeVec::new(metric.opts(), metric.labels)?)
    }
    fn float_gauges(&self, metric: Metric) -> Result<GaugeVec, prometheus::Error> {
        self.register(GaugeVec::new(metric.opts(), metric.labels)?)
    }
    fn histograms(&self, metric: Metric, buckets: &[f64]) -> Result<HistogramVec, prometheus::Error> {
        let opts = HistogramOpts::new(metric.name, metric.doc).buckets(buckets.to_vec());
        self.register(HistogramVec::new(opts, metric.labels)?)
    }
    fn histogram(&self, metric: Metric, buckets: &[f64]) -> Result<Histogram, prometheus::Error> {
        let opts = HistogramOpts::new(metric.name, metric.doc).buckets(buckets.to_vec());
        self.register(Histogram::with_opts(opts)?)
    }
}

//! Counts over time and the burden of alerts, by concern and never by person.

use super::{Known, ReadModel, Stand};
use crate::alert::Subject;
use crate::profile::{Concern, OTHER_REASON, Priority};
use crate::record::Millis;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Alerts that were raised, by time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Counts {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Beginning of the first bucket.
    pub since: Millis,
    /// End of the last one.
    pub until: Millis,
    /// `hour` or `day`.
    pub bucket: &'static str,
    /// Beginnings of the buckets.
    pub times: Vec<Millis>,
    /// Watched patients at the end of each, where that is known; null for a reader without the desk of patients.
    pub watched_patients: Option<Vec<Option<usize>>>,
    /// Why it is not known for the others.
    pub watched_patients_unknown: Option<&'static str>,
    /// One for each concern and first priority that was raised.
    pub series: Vec<CountSeries>,
}

/// Alerts of a concern and a first priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountSeries {
    /// Concern.
    pub concern: Concern,
    /// Priority of the first revision.
    pub priority: Priority,
    /// Raised in each bucket.
    pub raised: Vec<u64>,
}

/// Why watched patients of the past are not counted.
const WATCHED_UNKNOWN: &str = "How many patients are watched is known for now alone: what is kept of a patient does not say since \
     when, and who left is not kept.";

/// Counts what was raised from `since` to before `until`, in buckets of so many milliseconds.
#[must_use]
pub fn counts(
    model: &ReadModel,
    (since, until): (Millis, Millis),
    (bucket, length): (&'static str, i64),
    wanted: impl Fn(Subject) -> bool,
    (as_of, now): (Option<Millis>, Millis),
) -> Counts {
    let first = since.0.div_euclid(length);
    let last = (until.0 - 1).div_euclid(length);
    let times: Vec<Millis> = (first..=last).map(|at| Millis(at.saturating_mul(length))).collect();
    let mut series: BTreeMap<(Concern, Priority), Vec<u64>> = BTreeMap::new();
    model.each_alert(|_, known| {
        let raised = known.row.raised_at;
        if wanted(model.desk_of(&known.row)) && since <= raised && raised < until {
            let at = usize::try_from(raised.0.div_euclid(length) - first).unwrap_or(usize::MAX);
            let counts =
                series.entry((known.row.concern, known.first_priority)).or_insert_with(|| vec![0; times.len()]);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
    });
    // Only how many there are now is known: the changelog is compacted, and says when nobody began or ceased to be watched.
    let is_now = |at: &Millis| at.0 <= now.0 && now.0 < at.0.saturating_add(length);
    let watched = wanted(Subject::Patient)
        .then(|| times.iter().map(|at| is_now(at).then(|| model.patients())).collect::<Vec<_>>());
    let watched_unknown =
        watched.as_ref().filter(|watched| watched.iter().any(Option::is_none)).map(|_| WATCHED_UNKNOWN);
    Counts {
        as_of,
        since,
        until,
        bucket,
        watched_patients: watched,
        watched_patients_unknown: watched_unknown,
        series: series
            .into_iter()
            .map(|((concern, priority), raised)| CountSeries { concern, priority, raised })
            .collect(),
        times,
    }
}

/// How much the alerts ask of people.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Burden {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Raised from then on.
    pub since: Millis,
    /// And before then.
    pub until: Millis,
    /// Length of the window, days.
    pub days: f64,
    /// Alerts raised.
    pub raised: u64,
    /// Revisions that called a person, of these alerts' newest.
    pub notified: u64,
    /// Watched patients now.
    pub watched_patients: Option<usize>,
    /// By concern.
    pub by_concern: Vec<ConcernBurden>,
    /// Why alerts were dismissed.
    pub dismiss_reasons: Vec<ReasonShare>,
}

/// The burden of one concern.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConcernBurden {
    /// Concern.
    pub concern: Concern,
    /// Raised.
    pub raised: u64,
    /// Acknowledged at some time.
    pub acknowledged: u64,
    /// Open, and never acknowledged.
    pub unacknowledged: u64,
    /// From the last worsening to the first acknowledgement.
    pub seconds_to_acknowledge: Quantiles,
    /// Not answered in time at some time.
    pub escalated: u64,
    /// Dismissed now.
    pub dismissed: u64,
}

/// Quantiles of a duration, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Quantiles {
    /// Median.
    pub p50: Option<f64>,
    /// Nine of ten are no longer.
    pub p90: Option<f64>,
    /// Of how many.
    pub n: u64,
}

impl Quantiles {
    /// The quantiles of durations in milliseconds: the least value that so large a share does not exceed.
    fn of(mut ms: Vec<i64>) -> Self {
        ms.sort_unstable();
        let at = |percent: usize| {
            let rank = (ms.len() * percent).div_ceil(100).max(1) - 1;
            ms.get(rank).map(|ms| *ms as f64 / 1000.0)
        };
        Self { p50: at(50), p90: at(90), n: ms.len() as u64 }
    }
}

/// How often a reason was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReasonShare {
    /// Code of the reason.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// The burden of the alerts that were raised from `since` to before `until`.
#[must_use]
pub fn burden(
    model: &ReadModel,
    (since, until): (Millis, Millis),
    wanted: impl Fn(Subject) -> bool,
    (as_of, now): (Option<Millis>, Millis),
) -> Burden {
    let mut of: BTreeMap<Concern, (ConcernBurden, Vec<i64>)> = BTreeMap::new();
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let (mut raised, mut notified) = (0, 0);
    model.each_alert(|_, known: &Known| {
        let row = &known.row;
        if !wanted(model.desk_of(row)) || row.raised_at < since || until <= row.raised_at {
            return;
        }
        raised += 1;
        notified += u64::from(row.notify);
        let empty = || ConcernBurden {
            concern: row.concern,
            raised: 0,
            acknowledged: 0,
            unacknowledged: 0,
            seconds_to_acknowledge: Quantiles { p50: None, p90: None, n: 0 },
            escalated: 0,
            dismissed: 0,
        };
        let (burden, took) = of.entry(row.concern).or_insert_with(|| (empty(), Vec::new()));
        let stand = known.handled.at(now);
        burden.raised += 1;
        burden.escalated += u64::from(known.ever_escalated);
        burden.dismissed += u64::from(stand == Stand::Dismissed);
        burden.acknowledged += u64::from(known.acknowledged_after.is_some());
        burden.unacknowledged += u64::from(known.acknowledged_after.is_none() && stand == Stand::Open);
        took.extend(known.acknowledged_after);
        if stand == Stand::Dismissed
            && let Some(code) = &known.dismissed
        {
            // A code of another profile is counted with what has none.
            let known = model.profile().dismiss_reason(code).map_or(OTHER_REASON, |reason| reason.code.as_str());
            *reasons.entry(known.to_owned()).or_default() += 1;
        }
    });
    let closed = |(mut burden, took): (ConcernBurden, Vec<i64>)| {
        burden.seconds_to_acknowledge = Quantiles::of(took);
        burden
    };
    Burden {
        as_of,
        since,
        until,
        days: (until.0 - since.0) as f64 / 86_400_000.0,
        raised,
        notified,
        watched_patients: wanted(Subject::Patient).then(|| model.patients()),
        by_concern: of.into_values().map(closed).collect(),
        dismiss_reasons: reasons.into_iter().map(|(code, count)| ReasonShare { code, count }).collect(),
    }
}

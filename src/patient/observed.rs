//! The measured values of one patient: by analyte, in the order of what was measured, whatever the order of arrival.
//!
//! Of the values of an analyte the newest are kept, up to a bound. A value is found again by its record id, so that a
//! correction may move it to another time or another analyte.

use super::course::CourseFold;
use crate::normalise::{Measure, NoMeasure, Suspect};
use crate::profile::{Analyte, Decimal, Unit};
use crate::record::state::{Id, SeriesState, StateUnread, ValueState, word};
use crate::record::{Comparator, Millis, ResultStatus};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// One measured value, as the version that holds says it. Limits of normal are above zero, so that zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// When it was measured; when it became known where nothing says so.
    pub time: Millis,
    /// Recorded-at of the version that holds.
    pub as_of: Millis,
    /// XXH3-64 of the body of that version.
    pub content: u64,
    /// Offset in the log of the record that said it.
    pub offset: i64,
    id: [u64; 2],
    value: Decimal,
    reported: Decimal,
    low: Decimal,
    high: Decimal,
    unit: Unit,
    comparator: Comparator,
    high_of_site: bool,
    suspect: Option<Suspect>,
    unread: Option<NoMeasure>,
    /// Status; a withdrawn value stays, so that its earlier version cannot return.
    pub status: ResultStatus,
}

/// A result on its way into the course.
#[derive(Clone, Copy, Debug)]
pub struct ValueArrival {
    /// Record id.
    pub id: u128,
    /// Event time of the head.
    pub event_time: Option<Millis>,
    /// Recorded-at.
    pub recorded_at: Millis,
    /// XXH3-64 of its body.
    pub content: u64,
    /// Offset in the log.
    pub offset: i64,
    /// What was measured.
    pub analyte: Analyte,
    /// The value, or why there is none.
    pub measure: Result<Measure, NoMeasure>,
    /// Status.
    pub status: ResultStatus,
}

impl Observed {
    pub(super) fn new(arrival: &ValueArrival, time: Millis) -> Self {
        let measure = arrival.measure.ok();
        let of = |part: fn(&Measure) -> Decimal| measure.as_ref().map_or(Decimal::ZERO, part);
        Self {
            time,
            as_of: arrival.recorded_at,
            content: arrival.content,
            offset: arrival.offset,
            id: halves(arrival.id),
            value: of(|measure| measure.value),
            reported: of(|measure| measure.reported),
            low: of(|measure| measure.low.unwrap_or_default()),
            high: of(|measure| measure.high.unwrap_or_default()),
            unit: measure.map_or(Unit::One, |measure| measure.unit),
            comparator: measure.map_or(Comparator::Eq, |measure| measure.comparator),
            high_of_site: measure.is_some_and(|measure| measure.high_of_site),
            suspect: measure.and_then(|measure| measure.suspect),
            unread: arrival.measure.err(),
            status: arrival.status,
        }
    }

    /// Record id.
    #[must_use]
    pub const fn id(&self) -> u128 {
        (self.id[0] as u128) << 64 | self.id[1] as u128
    }

    /// The value, with what makes it suspect by itself; none where the result gave none.
    #[must_use]
    pub fn measure(&self) -> Option<Measure> {
        let limit = |limit: Decimal| (limit > Decimal::ZERO).then_some(limit);
        self.unread.is_none().then(|| Measure {
            value: self.value,
            reported: self.reported,
            unit: self.unit,
            comparator: self.comparator,
            low: limit(self.low),
            high: limit(self.high),
            high_of_site: self.high_of_site,
            suspect: self.suspect,
        })
    }

    /// Why the result gave no value.
    #[must_use]
    pub const fn unread(&self) -> Option<NoMeasure> {
        self.unread
    }

    /// Was it not withdrawn, and is there a value?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.status != ResultStatus::Withdrawn && self.unread.is_none()
    }

    const fn place(&self) -> (Millis, [u64; 2]) {
        (self.time, self.id)
    }

    /// Which of two versions holds: the greater.
    const fn version(&self) -> (Millis, u8, u64, Millis) {
        (self.as_of, self.status as u8, self.content, self.time)
    }

    fn to_state(self) -> ValueState<'static> {
        let units = |number: Decimal| i64::try_from(number.units()).unwrap_or_default();
        let limit = |limit: Decimal| (limit > Decimal::ZERO).then(|| units(limit));
        ValueState {
            id: Id(self.id()),
            time: self.time.0,
            as_of: self.as_of.0,
            content: self.content.cast_signed(),
            status: self.status.name().into(),
            offset: self.offset,
            value: units(self.value),
            reported: units(self.reported),
            unit: self.unit.name().into(),
            comparator: self.comparator.name().into(),
            low: limit(self.low),
            high: limit(self.high),
            high_of_site: self.high_of_site,
            suspect: self.suspect.map(|why| why.name().into()),
            unread: self.unread.map(|why| why.name().into()),
        }
    }

    fn of_state(state: &ValueState<'_>) -> Result<Self, StateUnread> {
        let number = |units: i64| Decimal::from_units(i128::from(units)).unwrap_or_default();
        Ok(Self {
            time: Millis(state.time),
            as_of: Millis(state.as_of),
            content: state.content.cast_unsigned(),
            offset: state.offset,
            id: halves(state.id.0),
            value: number(state.value),
            reported: number(state.reported),
            low: number(state.low.unwrap_or_default()),
            high: number(state.high.unwrap_or_default()),
            unit: word(Unit::ALL, Unit::name, &state.unit)?,
            comparator: word(Comparator::ALL, Comparator::name, &state.comparator)?,
            high_of_site: state.high_of_site,
            suspect: state.suspect.as_ref().map(|why| word(Suspect::ALL, Suspect::name, why)).transpose()?,
            unread: state.unread.as_ref().map(|why| word(NoMeasure::ALL, NoMeasure::name, why)).transpose()?,
            status: word(ResultStatus::ALL, ResultStatus::name, &state.status)?,
        })
    }
}

const fn halves(id: u128) -> [u64; 2] {
    [(id >> 64) as u64, id as u64]
}

/// The values of one analyte, by time and id.
#[derive(Clone, Debug, PartialEq)]
struct Series {
    analyte: Analyte,
    values: VecDeque<Observed>,
}

/// All measured values of a patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    series: Vec<Series>,
    /// The analyte of each record id, by the id's second half.
    index: FxHashMap<u64, Analyte>,
}

impl Observations {
    /// Folds a value in: what it did, and whether anything is other than before. `floor`: older ones are not kept.
    pub(super) fn fold(
        &mut self,
        analyte: Analyte,
        mut new: Observed,
        floor: Millis,
        values_max: usize,
    ) -> (CourseFold, bool) {
        if let Some((of, at)) = self.find(new.id) {
            let Some(held) = self.values(of).and_then(|values| values.get(at)).copied() else {
                return (CourseFold::Repeated, false);
            };
            if new.version() <= held.version() {
                return (CourseFold::Repeated, false);
            }
            let same = held.content == new.content && held.time == new.time;
            if same {
                new.offset = held.offset;
            }
            self.remove(of, at);
            self.insert(analyte, new, values_max);
            return (if same { CourseFold::Repeated } else { CourseFold::Corrected }, true);
        }
        if new.time < floor || !self.insert(analyte, new, values_max) {
            return (CourseFold::Late, false);
        }
        (CourseFold::New, true)
    }

    fn find(&self, id: [u64; 2]) -> Option<(Analyte, usize)> {
        let analyte = *self.index.get(&id[1])?;
        let at = self.values(analyte)?.iter().rposition(|held| held.id == id)?;
        Some((analyte, at))
    }

    /// False where the analyte has its number of newer values.
    fn insert(&mut self, analyte: Analyte, new: Observed, values_max: usize) -> bool {
        let at = match self.series.binary_search_by_key(&analyte, |series| series.analyte) {
            Ok(at) => at,
            Err(at) => {
                self.series.insert(at, Series { analyte, values: VecDeque::new() });
                at
            }
        };
        let Some(series) = self.series.get_mut(at) else { return false };
        let values = &mut series.values;
        if values.len() >= values_max {
            if values.front().is_some_and(|oldest| new.place() < oldest.place()) {
                return false;
            }
            if let Some(oldest) = values.pop_front() {
                self.index.remove(&oldest.id[1]);
            }
        }
        // Most come in the order in which they were measured.
        if values.back().is_none_or(|newest| newest.place() < new.place()) {
            values.push_back(new);
        } else {
            let place = values.partition_point(|held| held.place() < new.place());
            values.insert(place, new);
        }
        self.index.insert(new.id[1], analyte);
        true
    }

    fn remove(&mut self, analyte: Analyte, at: usize) {
        let Ok(place) = self.series.binary_search_by_key(&analyte, |series| series.analyte) else { return };
        let Some(series) = self.series.get_mut(place) else { return };
        if let Some(gone) = series.values.remove(at) {
            self.index.remove(&gone.id[1]);
        }
        if series.values.is_empty() {
            self.series.remove(place);
        }
    }

    /// Lets go of what is older than the kept span.
    pub(super) fn drop_before(&mut self, floor: Millis) {
        let Self { series, index } = self;
        let mut emptied = false;
        for series in series.iter_mut() {
            while series.values.front().is_some_and(|oldest| oldest.time < floor) {
                if let Some(gone) = series.values.pop_front() {
                    index.remove(&gone.id[1]);
                }
            }
            emptied |= series.values.is_empty();
        }
        if emptied {
            series.retain(|series| !series.values.is_empty());
        }
    }

    fn values(&self, analyte: Analyte) -> Option<&VecDeque<Observed>> {
        let at = self.series.binary_search_by_key(&analyte, |series| series.analyte).ok()?;
        self.series.get(at).map(|series| &series.values)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The values of an analyte that hold and were measured until `until`, the newest first.
    pub(super) fn holding(&self, analyte: Analyte, until: Millis) -> impl Iterator<Item = &Observed> + '_ {
        let values = self.values(analyte);
        let end = values.map_or(0, |values| values.partition_point(|held| held.time <= until));
        let newest_first = values.into_iter().flat_map(move |values| values.range(..end).rev());
        newest_first.filter(|held| held.holds())
    }

    /// As [`super::Values::newest`].
    pub(super) fn newest(&self, analyte: Analyte, id: u128) -> Option<(&Observed, Option<&Observed>)> {
        let mut newest_first = self.values(analyte)?.iter().rev();
        let newest = newest_first.next().filter(|newest| newest.id() == id)?;
        Some((newest, newest_first.find(|held| held.holds())))
    }

    /// The value of a record id with its analyte, whether it holds or not.
    pub(super) fn get(&self, id: u128) -> Option<(Analyte, &Observed)> {
        let (analyte, at) = self.find(halves(id))?;
        Some((analyte, self.values(analyte)?.get(at)?))
    }

    /// Times of the values measured after `after`, of any analyte, in no order.
    pub fn times_after(&self, after: Millis) -> impl Iterator<Item = Millis> + '_ {
        self.series.iter().flat_map(move |series| {
            series.values.iter().rev().take_while(move |held| held.time > after).map(|held| held.time)
        })
    }

    /// All of them with their analytes, withdrawn ones among them.
    pub fn all(&self) -> impl Iterator<Item = (Analyte, &Observed)> + '_ {
        self.series.iter().flat_map(|series| series.values.iter().map(|value| (series.analyte, value)))
    }

    pub(super) fn to_state(&self) -> Vec<SeriesState<'static>> {
        let series = |series: &Series| SeriesState {
            analyte: series.analyte.name().into(),
            values: series.values.iter().map(|value| value.to_state()).collect(),
        };
        self.series.iter().map(series).collect()
    }

    pub(super) fn of_state(state: &[SeriesState<'_>]) -> Result<Self, StateUnread> {
        let mut observations = Self::default();
        for held in state {
            let analyte = word(Analyte::ALL, Analyte::name, &held.analyte)?;
            let values = held.values.iter().map(Observed::of_state).collect::<Result<VecDeque<_>, _>>()?;
            observations.index.extend(values.iter().map(|value| (value.id[1], analyte)));
            observations.series.push(Series { analyte, values });
        }
        observations.series.sort_by_key(|series| series.analyte);
        Ok(observations)
    }
}

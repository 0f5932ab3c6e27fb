//! The measured values of one patient: by analyte, in the order of what was measured, whatever the order of arrival.
//!
//! Of the values of an analyte the newest are kept, up to a bound. A value is found again by its record id, so that a
//! correction may move it to another time or another analyte. What comes and goes is told to the patient's [`Segments`].

use super::course::CourseFold;
use super::segments::{Segments, WITH_FACTS};
use super::snug;
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
    /// Segment of the changelog.
    segment: u16,
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
            segment: WITH_FACTS,
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

    fn of_state(state: &ValueState<'_>, segment: u16) -> Result<Self, StateUnread> {
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
            segment,
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
        segments: &mut Segments,
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
            new.segment = held.segment;
            self.remove(of, at, segments);
            self.insert(analyte, new, values_max, segments);
            return (if same { CourseFold::Repeated } else { CourseFold::Corrected }, true);
        }
        if new.time < floor || !self.insert(analyte, new, values_max, segments) {
            return (CourseFold::Late, false);
        }
        (CourseFold::New, true)
    }

    fn find(&self, id: [u64; 2]) -> Option<(Analyte, usize)> {
        let analyte = *self.index.get(&id[1])?;
        let at = self.values(analyte)?.iter().rposition(|held| held.id == id)?;
        Some((analyte, at))
    }

    /// False where the analyte has its number of newer values. A value without a segment is given one.
    fn insert(&mut self, analyte: Analyte, mut new: Observed, values_max: usize, segments: &mut Segments) -> bool {
        if let Some(values) = self.values(analyte).filter(|values| values.len() >= values_max) {
            if values.front().is_some_and(|oldest| new.place() < oldest.place()) {
                return false;
            }
            self.remove(analyte, 0, segments);
        }
        if new.segment == WITH_FACTS {
            let Some(segment) = segments.with_room() else { return false };
            new.segment = segment;
        }
        self.put(analyte, new, segments);
        true
    }

    /// Puts a value in its place.
    fn put(&mut self, analyte: Analyte, new: Observed, segments: &mut Segments) {
        let at = match self.series.binary_search_by_key(&analyte, |series| series.analyte) {
            Ok(at) => at,
            Err(at) => {
                snug::insert(&mut self.series, at, Series { analyte, values: VecDeque::new() });
                at
            }
        };
        let Some(series) = self.series.get_mut(at) else { return };
        let values = &mut series.values;
        // Most analytes of most patients have few values: room for one at a time costs less memory than doubling.
        if values.len() < 4 {
            values.reserve_exact(1);
        }
        // Most come in the order in which they were measured.
        if values.back().is_none_or(|newest| newest.place() < new.place()) {
            values.push_back(new);
        } else {
            let place = values.partition_point(|held| held.place() < new.place());
            values.insert(place, new);
        }
        self.index.insert(new.id[1], analyte);
        segments.enter(new.segment, new.time);
    }

    fn remove(&mut self, analyte: Analyte, at: usize, segments: &mut Segments) {
        let Ok(place) = self.series.binary_search_by_key(&analyte, |series| series.analyte) else { return };
        let Some(series) = self.series.get_mut(place) else { return };
        if let Some(gone) = series.values.remove(at) {
            self.index.remove(&gone.id[1]);
            segments.leave(gone.segment);
        }
        if series.values.is_empty() {
            self.series.remove(place);
        }
    }

    /// Lets go of what is older than the kept span.
    pub(super) fn drop_before(&mut self, floor: Millis, segments: &mut Segments) {
        let Self { series, index } = self;
        let mut emptied = false;
        for series in series.iter_mut() {
            while series.values.front().is_some_and(|oldest| oldest.time < floor) {
                if let Some(gone) = series.values.pop_front() {
                    index.remove(&gone.id[1]);
                    segments.leave(gone.segment);
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

    /// The values of a segment for the changelog; none of them was measured before `since`.
    pub(super) fn to_state(&self, segment: u16, since: Millis) -> Vec<SeriesState<'static>> {
        let series = |series: &Series| {
            let late = series.values.iter().rev().take_while(|value| value.time >= since);
            let own = late.filter(|value| value.segment == segment);
            let mut values: Vec<_> = own.map(|value| value.to_state()).collect();
            values.reverse();
            (!values.is_empty()).then(|| SeriesState { analyte: series.analyte.name().into(), values })
        };
        self.series.iter().filter_map(series).collect()
    }

    #[cfg(test)]
    pub(super) fn whole(&self) -> Vec<SeriesState<'static>> {
        let series = |series: &Series| SeriesState {
            analyte: series.analyte.name().into(),
            values: series.values.iter().map(|value| value.to_state()).collect(),
        };
        self.series.iter().map(series).collect()
    }

    /// Takes the values of a segment of the changelog. A value that stands here already is where it was last written.
    pub(super) fn take(
        &mut self,
        state: &[SeriesState<'_>],
        segment: u16,
        segments: &mut Segments,
    ) -> Result<(), StateUnread> {
        for held in state {
            let analyte = word(Analyte::ALL, Analyte::name, &held.analyte)?;
            for value in &held.values {
                let value = Observed::of_state(value, segment)?;
                if let Some((of, at)) = self.find(value.id) {
                    self.remove(of, at, segments);
                }
                self.put(analyte, value, segments);
            }
        }
        Ok(())
    }

    /// Lets go of the values of a segment.
    pub(super) fn drop_segment(&mut self, segment: u16, segments: &mut Segments) {
        let Self { series, index } = self;
        for series in series.iter_mut() {
            series.values.retain(|value| {
                let stays = value.segment != segment;
                if !stays {
                    index.remove(&value.id[1]);
                    segments.leave(segment);
                }
                stays
            });
        }
        series.retain(|series| !series.values.is_empty());
    }

    /// Gives the values of an earlier release their segments.
    pub(super) fn give_segments(&mut self, segments: &mut Segments) {
        for value in self.series.iter_mut().flat_map(|series| &mut series.values) {
            if value.segment == WITH_FACTS
                && let Some(segment) = segments.with_room()
            {
                value.segment = segment;
                segments.enter(segment, value.time);
            }
        }
    }

    /// Is there a value of an earlier release that has no segment yet?
    pub(super) fn has_unplaced(&self) -> bool {
        self.series.iter().flat_map(|series| &series.values).any(|value| value.segment == WITH_FACTS)
    }
}

//! The measured values of a patient by the roads on which they came: the own records, and those of merged patients.
//!
//! A value that comes by several roads is one: as the patient's own records say it, else as the first of the roads does in
//! their order. So a patient who was merged is judged as if all had come under one key, and a merge that is taken back
//! takes its values with it.

use super::course::CourseFold;
use super::entry::Via;
use super::observed::{Observations, Observed};
use super::segments::{Segments, WITH_FACTS};
use crate::profile::Analyte;
use crate::record::state::{SentOnState, SeriesState, StateUnread};
use crate::record::{Millis, Pseudonym};

/// Roads that bring one patient values, at most: more are a fault of the senders.
const ROADS_MAX: usize = 16;

/// All measured values of a patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    own: Observations,
    /// By road; none of them is empty.
    sent_on: Vec<(Via, Observations)>,
}

impl Values {
    /// As [`Observations::fold`], by the road that the value came.
    pub(super) fn fold(
        &mut self,
        analyte: Analyte,
        new: Observed,
        via: Option<Via>,
        (floor, values_max): (Millis, usize),
        segments: &mut Segments,
    ) -> (CourseFold, bool) {
        let Some(via) = via else { return self.own.fold(analyte, new, floor, values_max, segments) };
        match self.sent_on.binary_search_by(|(road, _)| road.cmp(&via)) {
            Ok(at) => match self.sent_on.get_mut(at) {
                Some((_, values)) => values.fold(analyte, new, floor, values_max, segments),
                None => (CourseFold::Repeated, false),
            },
            Err(_) if self.sent_on.len() >= ROADS_MAX => (CourseFold::Full, false),
            Err(at) => {
                let mut values = Observations::default();
                let folded = values.fold(analyte, new, floor, values_max, segments);
                if !values.is_empty() {
                    self.sent_on.insert(at, (via, values));
                }
                folded
            }
        }
    }

    /// Lets go of what is older than the kept span.
    pub(super) fn drop_before(&mut self, floor: Millis, segments: &mut Segments) {
        self.own.drop_before(floor, segments);
        self.sent_on.retain_mut(|(_, values)| {
            values.drop_before(floor, segments);
            !values.is_empty()
        });
    }

    /// How many there are, a value that came by two roads twice.
    #[must_use]
    pub fn len(&self) -> usize {
        self.own.len() + self.sent_on.iter().map(|(_, values)| values.len()).sum::<usize>()
    }

    /// Did any come by the road of another patient?
    #[must_use]
    pub const fn came_by_roads(&self) -> bool {
        !self.sent_on.is_empty()
    }

    /// The value of a record id, where it is the newest of its analyte and all came by one road, with the one that holds
    /// before it.
    #[must_use]
    pub fn newest(&self, analyte: Analyte, id: u128) -> Option<(&Observed, Option<&Observed>)> {
        if self.came_by_roads() { None } else { self.own.newest(analyte, id) }
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.sent_on.is_empty()
    }

    /// The values of an analyte that hold and were measured until `until`, the newest first, each with the one measured
    /// before it.
    pub fn until(&self, analyte: Analyte, until: Millis) -> impl Iterator<Item = (&Observed, Option<&Observed>)> + '_ {
        let merged = if self.sent_on.is_empty() { Vec::new() } else { self.merged(analyte, until) };
        let own = self.sent_on.is_empty().then(|| self.own.holding(analyte, until));
        let mut rest = own.into_iter().flatten().chain(merged).peekable();
        std::iter::from_fn(move || {
            let one = rest.next()?;
            Some((one, rest.peek().copied()))
        })
    }

    fn merged(&self, analyte: Analyte, until: Millis) -> Vec<&Observed> {
        let mut all: Vec<&Observed> = Vec::new();
        for (at, (_, values)) in self.roads().enumerate() {
            let nearer = |id| self.roads().take(at).any(|(_, road)| road.get(id).is_some_and(|(_, held)| held.holds()));
            all.extend(values.holding(analyte, until).filter(|value| !nearer(value.id())));
        }
        all.sort_unstable_by_key(|value| std::cmp::Reverse((value.time, value.id())));
        all
    }

    /// The own records first, then the others in their order.
    fn roads(&self) -> impl Iterator<Item = (Option<&Via>, &Observations)> {
        let sent_on = self.sent_on.iter().map(|(via, values)| (Some(via), values));
        std::iter::once((None, &self.own)).chain(sent_on)
    }

    /// Times of the values measured after `after`, of any analyte, in no order.
    pub fn times_after(&self, after: Millis) -> impl Iterator<Item = Millis> + '_ {
        self.roads().flat_map(move |(_, values)| values.times_after(after))
    }

    /// What this patient says of a value to the one that stays, and the merged patients that it came through: by a road
    /// that does not come from there, the own one first.
    #[must_use]
    pub fn said_to(&self, to: Pseudonym, id: u128) -> Option<(Analyte, Observed, Vec<Pseudonym>)> {
        self.roads().filter(|(via, _)| via.is_none_or(|via| via.from != to && !via.path.contains(&to))).find_map(
            |(via, values)| {
                let (analyte, value) = values.get(id).filter(|(_, value)| value.holds())?;
                Some((analyte, *value, via.map_or_else(Vec::new, |via| via.path.clone())))
            },
        )
    }

    /// All of them, withdrawn ones too, each once: as the nearest road says it.
    pub fn all(&self) -> impl Iterator<Item = (Analyte, &Observed)> + '_ {
        self.roads().enumerate().flat_map(move |(at, (_, values))| {
            let nearer = move |id| self.roads().take(at).any(|(_, road)| road.get(id).is_some());
            values.all().filter(move |(_, value)| !nearer(value.id()))
        })
    }

    /// Record ids of all of them, each once, in order.
    #[must_use]
    pub fn ids(&self) -> Vec<u128> {
        let all = self.roads().flat_map(|(_, values)| values.all().map(|(_, value)| value.id()));
        let mut ids: Vec<u128> = all.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The values of a segment for the changelog, the own ones and those sent on; none of them was measured before `since`.
    pub(super) fn to_state(
        &self,
        segment: u16,
        since: Millis,
    ) -> (Vec<SeriesState<'static>>, Vec<SentOnState<'static>>) {
        let road = |(via, values): &(Via, Observations)| SentOnState {
            via: via.from.to_string().into(),
            path: via.path.iter().map(|via| via.to_string().into()).collect(),
            series: values.to_state(segment, since),
        };
        let mut sent_on: Vec<_> = self.sent_on.iter().map(road).collect();
        sent_on.retain(|road| !road.series.is_empty());
        (self.own.to_state(segment, since), sent_on)
    }

    /// Takes the values of a segment of the changelog in place of what it held.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub(super) fn take(
        &mut self,
        (own, sent_on): (&[SeriesState<'_>], &[SentOnState<'_>]),
        segment: u16,
        segments: &mut Segments,
    ) -> Result<(), StateUnread> {
        self.drop_segment(segment, segments);
        self.own.take(own, segment, segments)?;
        for state in sent_on {
            let via = Via::of_state(&state.via, &state.path)?;
            let at = match self.sent_on.binary_search_by(|(road, _)| road.cmp(&via)) {
                Ok(at) => at,
                Err(at) => {
                    self.sent_on.insert(at, (via, Observations::default()));
                    at
                }
            };
            if let Some((_, values)) = self.sent_on.get_mut(at) {
                values.take(&state.series, segment, segments)?;
            }
        }
        self.sent_on.retain(|(_, values)| !values.is_empty());
        Ok(())
    }

    /// Lets go of the values of a segment, where it has any.
    pub(super) fn drop_segment(&mut self, segment: u16, segments: &mut Segments) {
        if segment != WITH_FACTS && segments.standing(segment).is_none() {
            return;
        }
        self.own.drop_segment(segment, segments);
        self.sent_on.retain_mut(|(_, values)| {
            values.drop_segment(segment, segments);
            !values.is_empty()
        });
    }

    /// All of them for the changelog of an earlier release.
    #[cfg(test)]
    pub(super) fn whole(&self) -> (Vec<SeriesState<'static>>, Vec<SentOnState<'static>>) {
        let road = |(via, values): &(Via, Observations)| SentOnState {
            via: via.from.to_string().into(),
            path: via.path.iter().map(|via| via.to_string().into()).collect(),
            series: values.whole(),
        };
        (self.own.whole(), self.sent_on.iter().map(road).collect())
    }

    /// Gives the values of an earlier release their segments. False where there are none.
    pub(super) fn give_segments(&mut self, segments: &mut Segments) -> bool {
        let unplaced = self.roads().any(|(_, values)| values.has_unplaced());
        if unplaced {
            self.own.give_segments(segments);
            self.sent_on.iter_mut().for_each(|(_, values)| values.give_segments(segments));
        }
        unplaced
    }
}

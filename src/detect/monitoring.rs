//! Tests that the label asks for and that have not come (ruling 21). All low, one per patient and item; a site that has
//! gone silent is told from a patient without tests by whoever asks.

use super::view::View;
use super::vod::anchor;
use crate::profile::{Analyte, Answer, MonitoringRow, Occasion, Profile};
use crate::record::Millis;

/// Which expected tests are overdue, by their numbers in the profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overdue(pub u32);

impl Overdue {
    /// The rows of the tests that are overdue.
    pub fn rows(self, profile: &Profile) -> impl Iterator<Item = &MonitoringRow> + '_ {
        let overdue = move |at: usize| self.0 & (1 << at) != 0;
        profile.monitoring.iter().enumerate().filter(move |(at, _)| overdue(*at)).map(|(_, row)| row)
    }
}

/// What is overdue. `vod_open`: a VOD/SOS episode is open, in which daily weight is expected too.
#[must_use]
pub fn overdue<V: View>(profile: &Profile, view: &V, vod_open: bool) -> Overdue {
    let mut found = Overdue::default();
    for (at, row) in profile.monitoring.iter().enumerate() {
        found.0 |= u32::from(is_overdue(profile, view, row, vod_open)) << at;
    }
    found
}

fn is_overdue<V: View>(profile: &Profile, view: &V, row: &MonitoringRow, vod_open: bool) -> bool {
    let numbers = &profile.numbers;
    let done = |from: i64, to: i64| {
        let one =
            |analyte: &Analyte| view.values_until(*analyte, Millis(to)).next().is_some_and(|value| value.at.0 >= from);
        row.any_of.iter().any(one)
    };
    let before = |dose: Option<Millis>, window: i64| dose.is_some_and(|dose| !done(dose.0 - window, dose.0));
    match row.when {
        Occasion::BeforeDose => before(view.last_dose(), numbers.monitoring_before_hours.value.hours_ms()),
        Occasion::BeforeFirstDose => before(view.first_dose(), numbers.monitoring_first_days.value.days_ms()),
        Occasion::AfterDose => view.last_dose().is_some_and(|dose| {
            view.now().0 > dose.0 + numbers.monitoring_after_days.value.days_ms() && !done(dose.0 + 1, view.now().0)
        }),
        Occasion::DailyInpatient => {
            let window = numbers.monitoring_weight_hours.value.hours_ms();
            daily(profile, view, vod_open) && !done(view.now().0 - window, view.now().0)
        }
    }
}

/// Is a daily weight expected: of an inpatient, from conditioning to day 21, or with an open VOD/SOS episode?
pub(super) fn daily<V: View>(profile: &Profile, view: &V, vod_open: bool) -> bool {
    let until = profile.numbers.weight_daily_until_day.value.whole();
    let today = view.local_day(view.now());
    let after = anchor(profile, view).is_some_and(|hsct| today - view.local_day(hsct.at) <= until);
    let waiting = view
        .transplants()
        .next()
        .is_some_and(|hsct| hsct.at > view.now() && hsct.conditioning.is_some_and(|start| start <= view.now()));
    view.inpatient() == Answer::Met && (after || waiting || vod_open)
}

/// The next time at which something may become overdue if nothing arrives: when a tick has to look again.
#[must_use]
pub fn next_due<V: View>(profile: &Profile, view: &V, vod_open: bool) -> Option<Millis> {
    let numbers = &profile.numbers;
    let after = view.last_dose().map(|dose| dose.0 + numbers.monitoring_after_days.value.days_ms() + 1);
    let window = numbers.monitoring_weight_hours.value.hours_ms();
    let weight = daily(profile, view, vod_open).then(|| view.latest(Analyte::Weight)).flatten();
    let weight = weight.map(|weight| weight.at.0 + window + 1);
    after.into_iter().chain(weight).filter(|due| *due > view.now().0).min().map(Millis)
}

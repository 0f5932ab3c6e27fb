//! Doses and cycles: where each dose stands, and the label's checks of it (fact base 1.2, ruling 15).

use super::priority::priority;
use super::view::{Dose, View};
use crate::profile::{Answer, Decimal, Priority, Profile};
use smallvec::SmallVec;

/// Where a dose stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DosePlace {
    /// Cycle, from 1.
    pub cycle: u32,
    /// Day of the cycle, from 1.
    pub day: i64,
    /// Cycle or day was worked out from the calendar: nothing that rests on it is above low.
    pub inferred: bool,
    /// Site-local calendar day of the cycle's day 1.
    pub cycle_start: i64,
}

/// The doses with their places, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Doses and places.
    pub doses: SmallVec<[(Dose, DosePlace); 18]>,
}

/// Places the doses that are known.
#[must_use]
pub fn place<V: View>(profile: &Profile, view: &V) -> Exposure {
    let last = profile.numbers.dose_cycle_days_last.value.whole();
    let mut doses: SmallVec<[Dose; 18]> = view.doses().collect();
    doses.sort_by_key(|dose| dose.at);
    let mut placed = Exposure::default();
    let mut before: Option<DosePlace> = None;
    for dose in doses {
        let today = view.local_day(dose.at);
        let cycle = match (dose.cycle, before) {
            (Some(cycle), _) => cycle,
            (None, None) => 1,
            (None, Some(before)) if today - before.cycle_start + 1 > last => before.cycle + 1,
            (None, Some(before)) => before.cycle,
        };
        let same = before.filter(|before| before.cycle == cycle).map(|before| before.cycle_start);
        let cycle_start = same.unwrap_or(today - dose.cycle_day.map_or(0, |day| day - 1));
        let place = DosePlace {
            cycle,
            day: dose.cycle_day.unwrap_or(today - cycle_start + 1),
            inferred: dose.cycle.is_none() || dose.cycle_day.is_none(),
            cycle_start,
        };
        placed.doses.push((dose, place));
        before = Some(place);
    }
    placed
}

/// Cycles that were begun.
#[must_use]
pub fn cycles<V: View>(profile: &Profile, view: &V) -> u32 {
    place(profile, view).doses.iter().map(|(_, place)| place.cycle).max().unwrap_or_default()
}

/// A check of a dose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Less than six days after the dose before.
    Interval,
    /// Not day 1, 8 or 15, give or take two.
    WrongDay,
    /// More than 10 % above its cell.
    OverDose,
    /// Below its cell: reductions are on label.
    UnderDose,
    /// Higher than an earlier reduced dose of the same day of a cycle.
    RaisedAfterReduction,
    /// Infusion below 45 minutes.
    InfusionVeryShort,
    /// Infusion below 60 minutes.
    InfusionShort,
    /// More cycles than the label has.
    CyclesAboveLimit,
    /// A fourth cycle or later without remission.
    CyclesWithoutResponse,
}

impl Check {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Interval,
        Self::WrongDay,
        Self::OverDose,
        Self::UnderDose,
        Self::RaisedAfterReduction,
        Self::InfusionVeryShort,
        Self::InfusionShort,
        Self::CyclesAboveLimit,
        Self::CyclesWithoutResponse,
    ];

    /// The rule whose priority it has.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Interval | Self::WrongDay => "wrong_day",
            Self::OverDose => "over_dose",
            Self::UnderDose => "under_dose",
            Self::RaisedAfterReduction => "dose_raised_after_reduction",
            Self::InfusionVeryShort => "infusion_below_45_min",
            Self::InfusionShort => "infusion_below_60_min",
            Self::CyclesAboveLimit => "cycles_above_limit",
            Self::CyclesWithoutResponse => "cycles_without_response",
        }
    }

    /// Its priority; at most low where it rests on an inferred cycle or day.
    #[must_use]
    pub fn priority(self, profile: &Profile, inferred: bool) -> Priority {
        let given = priority(profile, self.rule(), true);
        // The gap between two doses and the length of an infusion need no place in a cycle.
        let rests_on_place = !matches!(self, Self::Interval | Self::InfusionShort | Self::InfusionVeryShort);
        if inferred && rests_on_place { given.min(priority(profile, "inferred_dose_day", true)) } else { given }
    }
}

/// Answers of the checks of one dose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    met: u16,
    unknown: u16,
}

impl Checks {
    /// Answer of one.
    #[must_use]
    pub const fn answer(self, check: Check) -> Answer {
        let bit = 1 << check as u16;
        if self.met & bit != 0 {
            Answer::Met
        } else if self.unknown & bit != 0 {
            Answer::Unknown
        } else {
            Answer::NotMet
        }
    }

    /// The checks that are met.
    pub fn met(self) -> impl Iterator<Item = Check> {
        Check::ALL.into_iter().filter(move |check| self.answer(*check) == Answer::Met)
    }

    fn set(&mut self, check: Check, answer: Answer) {
        let bit = 1 << check as u16;
        match answer {
            Answer::Met => self.met |= bit,
            Answer::Unknown => self.unknown |= bit,
            Answer::NotMet => {}
        }
    }
}

/// Checks the dose of this number. `None` past the last.
#[must_use]
pub fn check_dose<V: View>(profile: &Profile, view: &V, exposure: &Exposure, number: usize) -> Option<Checks> {
    let numbers = &profile.numbers;
    let (dose, place) = exposure.doses.get(number)?;
    let said = |met: bool| if met { Answer::Met } else { Answer::NotMet };
    let mut checks = Checks::default();
    if let Some((before, _)) = number.checked_sub(1).and_then(|before| exposure.doses.get(before)) {
        let gap = view.local_day(dose.at) - view.local_day(before.at);
        checks.set(Check::Interval, said(gap < numbers.dose_gap_days_min.value.whole()));
    }
    let slot = slot(profile, place.day);
    checks.set(Check::WrongDay, said(slot.is_none()));
    let cells = slot.map(|slot| cells(profile, view, (dose, place), slot));
    checks.set(Check::OverDose, over(dose.mg_m2, cells, numbers.over_dose_percent.value));
    checks.set(
        Check::UnderDose,
        match (dose.mg_m2, cells) {
            (Some(given), Some((least, _))) => said(reduced(given, least, numbers.reduction_percent.value)),
            (None, _) | (_, None) => Answer::Unknown,
        },
    );
    checks.set(Check::RaisedAfterReduction, raised(profile, view, exposure, number, slot));
    match dose.lasted_ms {
        Some(lasted) => {
            let very = lasted < numbers.infusion_low_minutes.value.minutes_ms();
            let short = lasted < numbers.infusion_information_minutes.value.minutes_ms();
            checks.set(Check::InfusionVeryShort, said(very));
            checks.set(Check::InfusionShort, said(short && !very));
        }
        None => {
            checks.set(Check::InfusionVeryShort, Answer::Unknown);
            checks.set(Check::InfusionShort, Answer::Unknown);
        }
    }
    let cycle = i64::from(place.cycle);
    checks.set(Check::CyclesAboveLimit, said(cycle > numbers.cycles_max.value.whole()));
    let without = match view.remission(dose.at) {
        Answer::Met => Answer::NotMet,
        Answer::NotMet => Answer::Met,
        Answer::Unknown => Answer::Unknown,
    };
    let late = cycle > numbers.futility_cycles.value.whole();
    checks.set(Check::CyclesWithoutResponse, if late { without } else { Answer::NotMet });
    Some(checks)
}

/// The label's days of a cycle.
const DAYS: [i64; 3] = [1, 8, 15];

/// Which of the label's days a day of a cycle is, give or take the tolerance.
fn slot(profile: &Profile, day: i64) -> Option<usize> {
    let tolerance = profile.numbers.day_tolerance.value.whole();
    DAYS.iter().position(|label| (day - label).abs() <= tolerance)
}

/// Least and greatest dose that the label may have for a dose, by the remission as it stood then: they differ where that
/// is not known.
fn cells<V: View>(profile: &Profile, view: &V, (dose, place): (&Dose, &DosePlace), slot: usize) -> (Decimal, Decimal) {
    let numbers = &profile.numbers;
    let (high, low) = (numbers.dose_day1_high.value, numbers.dose_day1_low.value);
    match (slot, place.cycle, view.remission(dose.at)) {
        (0, 0 | 1, _) | (0, _, Answer::NotMet) => (high, high),
        (0, _, Answer::Met) => (low, low),
        (0, _, Answer::Unknown) => (low, high),
        (1, ..) => (numbers.dose_day8.value, numbers.dose_day8.value),
        (..) => (numbers.dose_day15.value, numbers.dose_day15.value),
    }
}

/// More than so many percent above the cell; unknown between the two cells that it may be.
fn over(given: Option<Decimal>, cells: Option<(Decimal, Decimal)>, percent: Decimal) -> Answer {
    let (Some(given), Some((least, most))) = (given, cells) else { return Answer::Unknown };
    let above = |cell: Decimal| 100 * Decimal::ONE * (given.units() - cell.units()) > percent.units() * cell.units();
    match (above(most), above(least)) {
        (true, _) => Answer::Met,
        (false, true) => Answer::Unknown,
        (false, false) => Answer::NotMet,
    }
}

/// Below the cell by so many percent or more.
fn reduced(given: Decimal, cell: Decimal, percent: Decimal) -> bool {
    100 * Decimal::ONE * (cell.units() - given.units()) >= percent.units() * cell.units()
}

/// Is a dose higher again than an earlier reduced one of the same day of a cycle?
fn raised<V: View>(profile: &Profile, view: &V, exposure: &Exposure, number: usize, slot: Option<usize>) -> Answer {
    let percent = profile.numbers.reduction_percent.value;
    let given = exposure.doses.get(number).and_then(|(dose, _)| dose.mg_m2);
    let (Some(given), Some(slot)) = (given, slot) else { return Answer::Unknown };
    let earlier = exposure.doses.iter().take(number);
    let raised = earlier.filter(|(_, place)| self::slot(profile, place.day) == Some(slot)).any(|(dose, place)| {
        let (cell, _) = cells(profile, view, (dose, place), slot);
        dose.mg_m2.is_some_and(|before| reduced(before, cell, percent) && reduced(before, given, percent))
    });
    if raised { Answer::Met } else { Answer::NotMet }
}

/// A dose in milligrams per square metre of body surface by Mosteller, √(cm · kg / 3600) \[U\], rounded down at the tenth
/// place; `None` where a part is not above zero.
#[must_use]
pub fn mg_per_m2(dose_mg: Decimal, height_cm: Decimal, weight_kg: Decimal) -> Option<Decimal> {
    // Height and weight to four places, so that the squares stay within 128 bits.
    let (cm, kg) = (height_cm.units() / 1_000_000, weight_kg.units() / 1_000_000);
    if cm <= 0 || kg <= 0 || dose_mg <= Decimal::ZERO {
        return None;
    }
    let square = dose_mg.units().checked_mul(dose_mg.units())?.checked_mul(3600)?.checked_mul(100_000_000)?;
    Decimal::from_units((square / (cm * kg)).checked_isqrt()?)
}

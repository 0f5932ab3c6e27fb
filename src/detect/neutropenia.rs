//! Febrile neutropenia: fever once or repeated, neutrophils counted, derived, proven by white cells or expected
//! (rulings 16 to 18).

use super::three::{against, any, both, holds};
use super::view::{Measured, View};
use crate::profile::{
    Analyte, Answer, Basis, Decimal, FEVER_DEFINITIONS_MAX, FeverDefinition, Limit, Op, Priority, Profile, Repeated,
};
use crate::record::{Comparator, Millis};

/// One definition with its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeverVerdict {
    /// Fever and neutrophils.
    pub answer: Answer,
    /// The fever.
    pub fever: Answer,
    /// Neutrophils below the limit.
    pub below: Answer,
    /// Neutrophils expected below it, where the definition asks; else not met.
    pub expected: Answer,
}

/// Everything that was judged of febrile neutropenia at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeverJudgement {
    /// Each definition, in the profile's order.
    pub verdicts: [Option<FeverVerdict>; FEVER_DEFINITIONS_MAX],
    /// The latest reading that is a fever of any definition.
    pub fever: Option<Measured>,
    /// Fever is met, the count is missing or too old, and the product was given lately (ruling 17): high.
    pub count_unknown: bool,
    /// Few neutrophils with low temperature or low pressure (ruling 17): high.
    pub sepsis_without_fever: Answer,
    /// The fever came within 24 hours of an infusion: its reaction is shown beside, never instead.
    pub after_infusion: bool,
}

impl FeverJudgement {
    /// Is any definition met?
    #[must_use]
    pub fn any_met(&self) -> bool {
        self.verdicts.iter().flatten().any(|verdict| verdict.answer == Answer::Met)
    }

    /// The rule that decides the priority and the priority; `None` where nothing is raised.
    #[must_use]
    pub fn priority<'p>(&self, profile: &'p Profile) -> Option<(&'p str, Priority)> {
        let met = profile.fever_definitions.iter().zip(&self.verdicts);
        let met = met.filter(|(_, verdict)| verdict.is_some_and(|verdict| verdict.answer == Answer::Met));
        let met = met.map(|(definition, _)| (definition.rule.as_str(), definition.verified));
        let without_count = |verdict: &Option<FeverVerdict>| {
            verdict.is_some_and(|verdict| verdict.fever == Answer::Met && verdict.below == Answer::Unknown)
        };
        let mut both = profile.fever_definitions.iter().zip(&self.verdicts);
        let fever = both.any(|(definition, verdict)| definition.verified && without_count(verdict));
        let numbers = &profile.numbers;
        let limits = [numbers.sepsis_celsius_below, numbers.sepsis_systolic_below, numbers.sepsis_anc_below];
        let sepsis = limits.iter().all(|number| number.trusted);
        let named = |applies: bool, rule: &'static str, trusted: bool| applies.then_some((rule, trusted));
        let all = met.chain(named(self.count_unknown, "fever_anc_unknown", fever)).chain(named(
            self.sepsis_without_fever == Answer::Met,
            "sepsis_without_fever",
            sepsis,
        ));
        // The first of the highest: a definition that is met is named before the rest.
        let graded = all.map(|(rule, trusted)| (rule, super::priority(profile, rule, trusted)));
        graded.fold(None, |best: Option<(&str, Priority)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            Some(_) | None => Some(next),
        })
    }
}

/// Judges febrile neutropenia.
#[must_use]
pub fn fever_judgement<V: View>(profile: &Profile, view: &V) -> FeverJudgement {
    let mut found = FeverJudgement {
        verdicts: [None; FEVER_DEFINITIONS_MAX],
        fever: None,
        count_unknown: false,
        sepsis_without_fever: sepsis(profile, view),
        after_infusion: false,
    };
    let mut count_unknown = false;
    let since = view.now().0 - profile.numbers.fn_fever_hours.value.hours_ms();
    let lately_read = view.latest(Analyte::Temperature).filter(|reading| reading.at.0 >= since);
    for (slot, definition) in found.verdicts.iter_mut().zip(&profile.fever_definitions) {
        let (fever, reading) = fever(profile, view, definition);
        // A count belongs to the fever, or to the reading that may turn out to be one.
        let around = reading.or(lately_read).map_or(view.now(), |reading| reading.at);
        let below = below(profile, view, &definition.neutrophils, around);
        let expected = match definition.expected_ms {
            Some(ahead) => expected(profile, view, definition.neutrophils.limit, ahead, around),
            None => Answer::NotMet,
        };
        let answer = both(fever, any(below, expected));
        if fever == Answer::Met {
            found.fever = found.fever.max_by_time(reading);
            count_unknown |= below == Answer::Unknown;
        }
        *slot = Some(FeverVerdict { answer, fever, below, expected });
    }
    let lately = profile.numbers.fn_exposure_days.value.whole();
    let exposed = view.last_dose().is_some_and(|at| view.local_day(view.now()) - view.local_day(at) <= lately);
    found.count_unknown = count_unknown && exposed && !found.any_met();
    let after = profile.numbers.infusion_fever_hours.value.hours_ms();
    found.after_infusion = found.fever.is_some_and(|fever| {
        view.doses().find(|dose| dose.at <= fever.at).is_some_and(|dose| fever.at.0 - dose.at.0 <= after)
    });
    found
}

trait Latest {
    fn max_by_time(self, other: Self) -> Self;
}

impl Latest for Option<Measured> {
    fn max_by_time(self, other: Self) -> Self {
        match (self, other) {
            (Some(a), Some(b)) => Some(if b.at > a.at { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

/// The fever of a definition over the readings of the last 24 hours, with the latest reading that shows it.
fn fever<V: View>(profile: &Profile, view: &V, definition: &FeverDefinition) -> (Answer, Option<Measured>) {
    let since = view.now().0 - profile.numbers.fn_fever_hours.value.hours_ms();
    let gap = profile.numbers.fn_sustained_gap_hours.value.hours_ms();
    let span = match definition.how {
        Repeated::Over(_, span) | Repeated::Within(span) => span,
    };
    let mut answer = Answer::Unknown;
    let mut any_reading = false;
    let mut doubtful = false;
    // Readings run from the newest back. `run` is the newest and the oldest reading of an unbroken fever so far.
    let mut run: Option<(Measured, Millis)> = None;
    let mut newer: Option<Millis> = None;
    for reading in view.values(Analyte::Temperature).take_while(|reading| reading.at.0 >= since) {
        if reading.measure.suspect.is_some() {
            doubtful = true;
            continue;
        }
        any_reading = true;
        match holds(&reading.measure, &definition.single, None) {
            Answer::Met => return (Answer::Met, Some(run.map_or(reading, |(newest, _)| newest))),
            Answer::Unknown => doubtful = true,
            Answer::NotMet => {}
        }
        match holds(&reading.measure, &definition.repeated, None) {
            Answer::Met => {
                let (newest, oldest) = match run {
                    Some((newest, oldest)) if oldest.0 - reading.at.0 <= gap => (newest, oldest),
                    Some(_) | None => (reading, reading.at),
                };
                let shown = match definition.how {
                    Repeated::Over(Op::Gt, span) => newest.at.0 - reading.at.0 > span,
                    Repeated::Over(_, span) => newest.at.0 - reading.at.0 >= span,
                    Repeated::Within(span) => oldest.0 > reading.at.0 && oldest.0 - reading.at.0 <= span,
                };
                if shown {
                    return (Answer::Met, Some(newest));
                }
                // Nothing soon after it says that the fever had gone: it may have lasted.
                doubtful |= newer.is_none_or(|newer| newer.0 - reading.at.0 > span) || run.is_some();
                run = Some((newest, reading.at));
            }
            Answer::Unknown => doubtful = true,
            Answer::NotMet => run = None,
        }
        newer = Some(reading.at);
    }
    if any_reading && !doubtful {
        answer = Answer::NotMet;
    }
    (answer, None)
}

/// Is a count of this time one for a fever of that time? Not if it is older by more than 24 hours (ruling 17).
fn counts_for(profile: &Profile, at: Millis, around: Millis) -> bool {
    around.0 - at.0 <= profile.numbers.fn_anc_age_hours.value.hours_ms()
}

/// Neutrophils below a limit: counted, or white cells times their share in one sample, or proven by few white cells.
fn below<V: View>(profile: &Profile, view: &V, limit: &Limit, around: Millis) -> Answer {
    let valid = |value: &Measured| value.measure.suspect.is_none() && counts_for(profile, value.at, around);
    let counted = view.latest(Analyte::Anc).filter(valid);
    let white = view.latest(Analyte::Wbc).filter(valid);
    let one_sample = profile.numbers.fn_differential_minutes.value.minutes_ms();
    // White cells are counted more often than their shares: a newer sample without one hides no count of the day.
    let mut whites = view.values(Analyte::Wbc).take_while(valid);
    let derived = whites.find_map(|white| {
        let mut shares = view.values(Analyte::NeutrophilPercent).take_while(valid);
        let share = shares.find(|share| (white.at.0 - share.at.0).abs() <= one_sample)?;
        Some((white, share))
    });
    let derived = derived.map(|(white, share)| {
        let exact = white.measure.comparator == Comparator::Eq && share.measure.comparator == Comparator::Eq;
        let product = white.measure.value.units() * share.measure.value.units();
        let limit = limit.limit.units() * 100 * Decimal::ONE;
        let answer = if exact { against(Comparator::Eq, product, Op::Lt, limit) } else { Answer::Unknown };
        (white.at.max(share.at), answer)
    });
    let counted = counted.map(|count| (count.at, holds(&count.measure, limit, None)));
    let known = match (counted, derived) {
        (Some(counted), Some(derived)) if derived.0 > counted.0 => Some(derived),
        (counted, derived) => counted.or(derived),
    };
    // There are no more neutrophils than white cells: few of these prove few of those, many prove nothing.
    let proven = white.filter(|white| holds(&white.measure, limit, None) == Answer::Met).map(|white| white.at);
    match (known, proven) {
        (Some((at, _)), Some(white)) if white > at => Answer::Met,
        (Some((_, Answer::Unknown)) | None, Some(_)) => Answer::Met,
        (Some((_, answer)), _) => answer,
        (None, None) => Answer::Unknown,
    }
}

/// Expected below the limit: the line through the last two counts no more than 72 hours apart, so far ahead of the
/// last. One count alone is unknown (ruling 16).
fn expected<V: View>(profile: &Profile, view: &V, limit: Decimal, ahead_ms: i64, around: Millis) -> Answer {
    let exact = |value: &Measured| value.measure.suspect.is_none() && value.measure.comparator == Comparator::Eq;
    let mut counts = view.values(Analyte::Anc).filter(exact);
    let (Some(last), Some(before)) = (counts.next(), counts.next()) else { return Answer::Unknown };
    let apart = last.at.0 - before.at.0;
    let most = profile.numbers.fn_expected_interval_hours.value.hours_ms();
    if apart <= 0 || apart > most || !counts_for(profile, last.at, around) {
        return Answer::Unknown;
    }
    let (from, to, apart) = (before.measure.value.units(), last.measure.value.units(), i128::from(apart));
    let then = to * apart + (to - from) * i128::from(ahead_ms);
    if then < limit.units() * apart { Answer::Met } else { Answer::NotMet }
}

/// Possible sepsis without fever: steroid and antipyretic premedication mask fever (ruling 17).
fn sepsis<V: View>(profile: &Profile, view: &V) -> Answer {
    let numbers = &profile.numbers;
    let limit = |number: Decimal| Limit { basis: Basis::Absolute, op: Op::Lt, limit: number, printed: None };
    let since = view.now().0 - numbers.fn_fever_hours.value.hours_ms();
    let vital = |analyte, number| match view.latest(analyte) {
        Some(value) if value.at.0 >= since && value.measure.suspect.is_none() => {
            holds(&value.measure, &limit(number), None)
        }
        Some(_) | None => Answer::Unknown,
    };
    let cold = vital(Analyte::Temperature, numbers.sepsis_celsius_below.value);
    let pressure = vital(Analyte::Systolic, numbers.sepsis_systolic_below.value);
    both(any(cold, pressure), below(profile, view, &limit(numbers.sepsis_anc_below.value), view.now()))
}

/// Whether an episode of febrile neutropenia is over (ruling 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Over, still going on, or no reading since the last fever.
    pub answer: Answer,
    /// The last reading that was not below 38.0 °C.
    pub last_fever: Option<Millis>,
}

/// Does an open episode close: 48 h below 38.0 °C with neutrophils of 0.5 or more, or 72 h without fever? Somebody must
/// have measured: hours without a reading close nothing.
#[must_use]
pub fn closes<V: View>(profile: &Profile, view: &V) -> Closing {
    let numbers = &profile.numbers;
    let below_38 = Limit { basis: Basis::Absolute, op: Op::Lt, limit: numbers.fn_close_celsius.value, printed: None };
    let readings = || view.values(Analyte::Temperature).filter(|reading| reading.measure.suspect.is_none());
    let well = |reading: &Measured| holds(&reading.measure, &below_38, None) == Answer::Met;
    let last_fever = readings().find(|reading| !well(reading)).map(|reading| reading.at);
    let newest = readings().next();
    let Some(newest) = newest.filter(well) else {
        let answer = if newest.is_some() { Answer::NotMet } else { Answer::Unknown };
        return Closing { answer, last_fever };
    };
    // Where no fever is kept, the time without it is counted from the oldest reading.
    let from = last_fever.or_else(|| readings().map(|reading| reading.at).min()).unwrap_or(newest.at);
    let quiet = newest.at.0.min(view.now().0) - from.0;
    let few = Limit { basis: Basis::Absolute, op: Op::Lt, limit: numbers.sepsis_anc_below.value, printed: None };
    let recovered = below(profile, view, &few, view.now()) == Answer::NotMet;
    let over = quiet >= numbers.fn_close_hours_without.value.hours_ms()
        || (recovered && quiet >= numbers.fn_close_hours_below.value.hours_ms());
    Closing { answer: if over { Answer::Met } else { Answer::NotMet }, last_fever }
}

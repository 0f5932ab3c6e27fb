//! Amount, day, duration and number of cycles, as far as a report tells them (fact base 1.2, ruling 15).

use super::Situation;
use super::given::Given;
use super::index::{SituationIndex, TermKind};
use crate::profile::SpecialSituation as Kind;
use crate::record::{Drug, PartialDate, Report};

/// E2B(R3) G.k.10.r.
const CODE_OVERDOSE: i32 = 2;

/// Doses of one cycle.
const DOSES_PER_CYCLE: usize = 3;

/// A cycle number above this in a dosage text is something else ("cycle 21 days").
const CYCLE_NUMBER_MAX: u32 = 12;

/// A duration of treatment below this, in days, is that of one infusion.
const INFUSION_DAYS_MAX: f64 = 0.25;

pub(super) fn judge(index: &SituationIndex, given: &Given<'_, '_>, out: &mut Vec<Situation>) {
    out.push(overdose(index, given));
    out.push(wrong_day(given));
    out.push(short_infusion(given));
    let cycles = cycles(given);
    out.push(above_limit(given, cycles));
    out.push(without_response(index, given, cycles));
}

/// A number as millionths, so that 0.8 and 10 per cent make exactly 0.88.
fn micro(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "bounded")]
    let scaled = (value * 1e6).round() as i64;
    (value.is_finite() && (0.0..=1e6).contains(&value)).then_some(scaled)
}

/// Is the amount more than the limit by more than so many per cent?
fn above(amount: f64, limit: f64, percent: f64) -> Option<bool> {
    // Both sides times a hundred; percent itself is in millionths.
    let allowed = i128::from(micro(limit)?) * (100_000_000 + i128::from(micro(percent)?));
    Some(i128::from(micro(amount)?) * 100_000_000 > allowed)
}

fn overdose(index: &SituationIndex, given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::Overdose;
    if let Some(reaction) = given.report.reactions.iter().find(|reaction| index.says(reaction, TermKind::Overdose)) {
        let words: String = reaction.term.as_deref().unwrap_or("a MedDRA code").trim().chars().take(80).collect();
        return Situation::met(KIND, format!("reported as “{words}”"));
    }
    if given.has_code(CODE_OVERDOSE) {
        return Situation::met(KIND, format!("reported by E2B G.k.10.r code {CODE_OVERDOSE}"));
    }
    let number = |fact: &str| given.number(fact).unwrap_or(f64::MAX);
    let (dose_max, percent) = (number("label.dose.cycle1.day1"), number("rule.dose.over_percent_above"));
    let totals = [number("label.dose.cycle1.total"), number("label.dose.later_with_remission.total")];
    let cycle_max = number("label.dose.cycle1.total");
    let over = |amount: f64, limit: f64| above(amount, limit, percent) == Some(true);
    let mut known = false;
    let mut ambiguous = false;
    for row in &given.rows {
        for dose in doses(row, given.report) {
            known = true;
            if dose.of_cycle {
                if over(dose.amount, cycle_max) {
                    return Situation::met(
                        KIND,
                        format!("{} mg/m² in a cycle; the label has {cycle_max}", dose.amount),
                    );
                }
            } else if totals.iter().any(|total| micro(*total) == micro(dose.amount)) {
                // The label's total of a cycle stands where one dose should: written for the cycle, or given at once?
                ambiguous = true;
            } else if over(dose.amount, dose_max) {
                let derived = if dose.derived { ", from the amount in mg and the body surface area" } else { "" };
                return Situation::met(
                    KIND,
                    format!("{:.2} mg/m² in one dose{derived}; the label has at most {dose_max}", dose.amount),
                );
            }
        }
    }
    if let Some(total) = first_cycle_total(given)
        && over(total, cycle_max)
    {
        return Situation::met(KIND, format!("{total:.2} mg/m² in the first cycle; the label has {cycle_max}"));
    }
    if ambiguous {
        Situation::asked(
            KIND,
            "whether the dose is of one infusion or of a cycle",
            "Is the dose that was stated that of one infusion, or the total of a cycle? Please state the dose of each day in mg/m².",
        )
    } else if known {
        Situation::not_met(KIND, "the doses given are not above the label's")
    } else {
        Situation::unknown(KIND, "dose in mg/m²")
    }
}

/// Sum of the doses of the first cycle, mg/m², where each is given with its day, or as the cumulative dose.
fn first_cycle_total(given: &Given<'_, '_>) -> Option<f64> {
    let first = given.first_dose()?;
    #[expect(clippy::cast_possible_truncation, reason = "a number of days of the profile")]
    let cycle_days = given.number("label.cycle1.days")? as i64;
    let single = |row: &&&Drug<'_>| {
        let day = row.start.and_then(PartialDate::days);
        day.is_some_and(|day| day < first + cycle_days) && row.end.is_none_or(|end| Some(end) == row.start)
    };
    let days: Vec<_> = given.rows.iter().filter(single).filter_map(|row| row.start).collect();
    let mut distinct = days.clone();
    distinct.sort_unstable();
    distinct.dedup();
    // Two rows of one day may be one dose told twice.
    let summed = (distinct.len() == days.len()).then(|| {
        let amounts =
            given.rows.iter().filter(single).filter_map(|row| per_area(row.dose_value?, row.dose_unit.as_deref()?));
        amounts.sum::<f64>()
    });
    let onset_in_cycle = |row: &&&Drug<'_>| row.first_dose_to_onset_days.is_some_and(|days| days < cycle_days as f64);
    let cumulative = given
        .rows
        .iter()
        .filter(onset_in_cycle)
        .filter_map(|row| per_area(row.cumulative_dose?, row.cumulative_unit.as_deref()?))
        .fold(None, |most: Option<f64>, amount| Some(most.map_or(amount, |most| most.max(amount))));
    match (summed, cumulative) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}

/// One amount, mg/m².
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dose {
    pub(super) amount: f64,
    /// Said to be a cycle's.
    pub(super) of_cycle: bool,
    /// From milligrams and the body surface area.
    pub(super) derived: bool,
}

fn doses(row: &Drug<'_>, report: &Report<'_>) -> Vec<Dose> {
    let text = row.dose_text.as_deref().unwrap_or_default();
    let mut doses = doses_in_text(text);
    if let (Some(value), Some(unit)) = (row.dose_value, row.dose_unit.as_deref()) {
        let of_cycle = speaks_of_cycle(unit) || (doses.is_empty() && speaks_of_cycle(text));
        if let Some(amount) = per_area(value, unit) {
            doses.push(Dose { amount, of_cycle, derived: false });
        } else if let Some(amount) = milligrams(value, unit).and_then(|mg| Some(mg / body_surface_m2(report)?)) {
            doses.push(Dose { amount, of_cycle, derived: true });
        }
    }
    doses
}

fn speaks_of_cycle(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["per cycle", "/cycle", "fractionated", "divided", "total", "split"].iter().any(|word| text.contains(word))
}

/// Body surface area after Mosteller, m²: root of (cm × kg / 3600).
fn body_surface_m2(report: &Report<'_>) -> Option<f64> {
    let (height, weight) = (report.patient.height_cm?, report.patient.weight_kg?);
    ((30.0..=250.0).contains(&height) && (1.0..=400.0).contains(&weight)).then(|| (height * weight / 3600.0).sqrt())
}

fn unit_letters(unit: &str) -> String {
    let plain = unit.to_ascii_lowercase().replace('²', "2").replace("**", "").replace('^', "");
    plain.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '/').collect()
}

/// An amount per square metre in mg/m²; `None` in another unit.
fn per_area(value: f64, unit: &str) -> Option<f64> {
    match unit_letters(unit).as_str() {
        "mg/m2" | "mg/m2/dose" | "mg/m2/cycle" | "mg/sqm" | "mg/sqmeter" | "milligrams/sqmeter" | "mgperm2" => {
            Some(value)
        }
        "ug/m2" | "mcg/m2" => Some(value / 1000.0),
        _ => None,
    }
}

fn milligrams(value: f64, unit: &str) -> Option<f64> {
    match unit_letters(unit).as_str() {
        "mg" | "milligram" | "milligrams" => Some(value),
        "ug" | "mcg" => Some(value / 1000.0),
        _ => None,
    }
}

/// Amounts in mg/m² that a dosage text holds.
pub(super) fn doses_in_text(text: &str) -> Vec<Dose> {
    let lower = text.to_ascii_lowercase().replace("m²", "m2").replace("m**2", "m2").replace("m^2", "m2");
    let of_cycle = speaks_of_cycle(&lower);
    let mut doses = Vec::new();
    for (at, _) in lower.match_indices("mg/m2") {
        let before = lower.get(..at).unwrap_or_default().trim_end();
        let start = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
        if let Some(amount) = before.get(start..).and_then(|number| number.parse().ok()) {
            doses.push(Dose { amount, of_cycle, derived: false });
        }
    }
    doses
}

fn wrong_day(given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::WrongDay;
    let days = given.dose_days();
    #[expect(clippy::cast_possible_truncation, reason = "small numbers of days of the profile")]
    let number = |fact: &str| given.number(fact).unwrap_or_default() as i64;
    let (gap_min, tolerance, cycle) =
        (number("label.dose_gap_days_min"), number("label.day_tolerance_days"), number("label.cycle1.days"));
    let date = |day: i64| PartialDate::from_days(day).map(|date| date.to_string()).unwrap_or_default();
    for (earlier, later) in days.iter().zip(days.iter().skip(1)) {
        let gap = later - earlier;
        if gap < gap_min {
            return Situation::met(
                KIND,
                format!(
                    "{gap} days between the doses of {} and {}; the label has at least {gap_min}",
                    date(*earlier),
                    date(*later)
                ),
            );
        }
    }
    let dosing_days = given.profile.fact("epar.dosing_days").map(|fact| fact.list.as_slice()).unwrap_or_default();
    let planned: Vec<i64> = dosing_days.iter().filter_map(|day| day.parse().ok()).collect();
    if let Some(first) = days.first() {
        for day in days.iter().map(|day| day - first + 1).filter(|day| *day <= cycle) {
            if !planned.iter().any(|planned| (planned - day).abs() <= tolerance) {
                return Situation::met(
                    KIND,
                    format!("a dose on day {day} of the first cycle, counted from the first dose named"),
                );
            }
        }
    }
    if days.len() < 2 {
        Situation::unknown(KIND, "date of each dose")
    } else {
        Situation::not_met(KIND, "the dates given keep the calendar")
    }
}

fn short_infusion(given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::ShortInfusion;
    let number = |fact: &str| given.number(fact).unwrap_or_default();
    let (information, low) =
        (number("rule.infusion.information_minutes_below"), number("rule.infusion.low_minutes_below"));
    let shortest = given.rows.iter().filter_map(|row| infusion_minutes(row)).fold(f64::INFINITY, f64::min);
    if shortest == f64::INFINITY {
        return Situation::unknown(KIND, "duration of the infusion");
    }
    let said = format!("infusion over {shortest} min; the label has {information}");
    if shortest < low {
        Situation::met(KIND, said).by_rule("infusion_below_45_min")
    } else if shortest < information {
        Situation::met(KIND, said).by_rule("infusion_below_60_min")
    } else {
        Situation::not_met(KIND, said)
    }
}

/// Shortest duration of an infusion that a row tells, minutes.
fn infusion_minutes(row: &Drug<'_>) -> Option<f64> {
    let by_field =
        row.duration_days.filter(|days| *days > 0.0 && *days < INFUSION_DAYS_MAX).map(|days| (days * 1440.0).round());
    let by_text = row.dose_text.as_deref().and_then(minutes_in_text);
    match (by_field, by_text) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// "over 30 min", "30-minute infusion", "over 1 hour", "over 1.5 h".
pub(super) fn minutes_in_text(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').filter(|w| !w.is_empty()).collect();
    let mut shortest: Option<f64> = None;
    for (at, word) in words.iter().enumerate() {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let glued = word.get(digits.len()..).unwrap_or_default();
        let Ok(number) = digits.parse::<f64>() else { continue };
        let unit = if glued.is_empty() { words.get(at + 1).copied().unwrap_or_default() } else { glued };
        let after_over = at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|before| *before == "over");
        let minutes = match unit {
            "min" | "mins" | "minute" | "minutes" => number,
            "h" | "hr" | "hrs" | "hour" | "hours" if after_over => number * 60.0,
            _ => continue,
        };
        if minutes > 0.0 && shortest.is_none_or(|shortest| minutes < shortest) {
            shortest = Some(minutes);
        }
    }
    shortest
}

/// Highest cycle that the report tells of: by a dosage text, or by the number of doses with a date.
fn cycles(given: &Given<'_, '_>) -> Option<u32> {
    let by_text = given.rows.iter().filter_map(|row| row.dose_text.as_deref()).filter_map(cycle_in_text).max();
    let by_doses = u32::try_from(given.dose_days().len().div_ceil(DOSES_PER_CYCLE)).ok().filter(|cycles| *cycles > 1);
    by_text.max(by_doses)
}

/// "cycle 7", "7th cycle", "C7D1", "cycles 1-7", "7 cycles".
pub(super) fn cycle_in_text(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let number = |word: &str| -> Option<u32> {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
        digits.parse().ok().filter(|cycle| (1..=CYCLE_NUMBER_MAX).contains(cycle))
    };
    let mut found: Option<u32> = None;
    for (at, word) in words.iter().enumerate() {
        let beside = |offset: usize| words.get(at + offset).and_then(|word| number(word));
        let cycle = if *word == "cycle" || *word == "cycles" {
            let before = at.checked_sub(1).and_then(|before| words.get(before)).and_then(|word| number(word));
            let days_follow =
                |offset: usize| words.get(at + offset).is_some_and(|word| word.starts_with("day") || *word == "d");
            let first = if *word == "cycle"
                && beside(1).is_some()
                && days_follow(2)
                && !days_follow(3)
                && words.get(at + 3).is_none()
            {
                None
            } else {
                beside(1)
            };
            let second = if *word == "cycles" { beside(2) } else { None };
            [before, first, second].into_iter().flatten().max()
        } else {
            word.strip_prefix('c')
                .and_then(|rest| rest.split_once('d'))
                .filter(|(_, day)| day.chars().all(|c| c.is_ascii_digit()))
                .and_then(|(cycle, _)| number(cycle))
        };
        found = found.max(cycle);
    }
    found
}

fn above_limit(given: &Given<'_, '_>, cycles: Option<u32>) -> Situation {
    const KIND: Kind = Kind::CyclesAboveLimit;
    let limit = given.number("label.cycles_max").unwrap_or(f64::MAX);
    match cycles {
        Some(cycles) if f64::from(cycles) > limit => {
            Situation::met(KIND, format!("cycle {cycles}; the label has at most {limit}"))
        }
        Some(cycles) => Situation::not_met(KIND, format!("cycle {cycles} of at most {limit}")),
        None => Situation::unknown(KIND, "number of cycles"),
    }
}

fn without_response(index: &SituationIndex, given: &Given<'_, '_>, cycles: Option<u32>) -> Situation {
    const KIND: Kind = Kind::CyclesWithoutResponse;
    let limit = given.number("label.futility_cycles").unwrap_or(f64::MAX);
    let no_effect = given.report.reactions.iter().any(|reaction| index.says(reaction, TermKind::LackOfEffect));
    match cycles {
        None => Situation::unknown(KIND, "number of cycles"),
        Some(cycles) if f64::from(cycles) <= limit => {
            Situation::not_met(KIND, format!("cycle {cycles} of at most {limit}"))
        }
        Some(cycles) if no_effect => Situation::met(
            KIND,
            format!("cycle {cycles} with lack of effect reported; the label stops after {limit} without a response"),
        ),
        Some(_) => Situation::asked(
            KIND,
            "response after 3 cycles",
            "Was a complete remission (CR or CRi) reached within three cycles?",
        ),
    }
}

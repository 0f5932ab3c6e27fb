//! Values that change nothing of what is judged: a screen before the judgement.
//!
//! What is judged of a value's concerns only grows with what is met, and time alone meets nothing but at moments that are
//! known beforehand. So for a patient in whom nothing was met and nothing is open, the newest value of an analyte that meets
//! no limit of its own leaves everything as it is, and the judgement need not be asked. A patient of whom that is known is
//! calm, with what the limits are relative to. Whatever is doubtful (a suspect value, a bound, a correction, a value that is
//! not the newest, a patient who was merged) is judged in full.

use super::baseline::Baselines;
use super::course_view::CourseView;
use super::exposure::place;
use super::monitoring::{daily, next_due};
use super::three::holds;
use super::view::{Measured, View};
use super::vod::anchor;
use crate::normalise::{Measure, suspect_beside};
use crate::patient::Observed;
use crate::profile::{
    Analyte, Answer, Basis, Concern, Decimal, ItemTest, Limit, MONITORING_MAX, Occasion, Op, Profile,
};
use crate::record::{Comparator, Millis};

/// Concerns that a value may change.
pub const OF_VALUES: [Concern; 7] = [
    Concern::VodSos,
    Concern::FebrileNeutropenia,
    Concern::Haemorrhage,
    Concern::HepaticHold,
    Concern::HaematologicalHold,
    Concern::HysLaw,
    Concern::Reaction,
];

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Nobody stays calm for longer without a judgement in full.
const CALM_MAX: i64 = 30 * DAY;

/// A patient in whom nothing of the values' concerns was met when they were last judged, and nothing is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calm {
    /// Until when time alone meets nothing; before it.
    until: Millis,
    /// Since when a weight is no baseline any more; none where one still may become it.
    weight_after: Option<Millis>,
    /// The baseline of the weight.
    weight: Option<Measure>,
    /// Is a weight expected every day? Then each sets the time of the next.
    daily: bool,
    /// The highest haemoglobin of the last hours in which a fall counts, or more.
    haemoglobin: Option<Decimal>,
    /// Until when the last temperature or pressure that is not plainly normal counts.
    alarm_until: Millis,
    /// Until when it may be the first day of a later cycle, on which counts are asked for.
    counts_until: Millis,
    /// The last dose.
    last_dose: Millis,
    /// Criteria of an open episode of overdue tests: these tests are said to be overdue.
    overdue: Option<u64>,
}

impl Calm {
    /// The patient as judged at the view's time, where nothing of [`OF_VALUES`] is met or open. `overdue` are the criteria
    /// of an open episode of overdue tests. None where some moment from now on may meet something without a record.
    #[must_use]
    pub fn new(profile: &Profile, view: &CourseView<'_>, overdue: Option<u64>) -> Option<Self> {
        const LONG_AGO: Millis = Millis(i64::MIN);
        let mut until = until(profile, view)?;
        if let Some(criteria) = overdue {
            // What is said of these may change with time alone.
            let mut rows = profile.monitoring.iter().enumerate().filter(|(at, _)| criteria >> at & 1 == 1);
            if criteria >> MONITORING_MAX != 0 || rows.any(|(_, row)| row.when == Occasion::DailyInpatient) {
                return None;
            }
            until = next_due(profile, view, false).map_or(until, |due| due.min(until));
        }
        let last_dose = view.last_dose().unwrap_or(LONG_AGO);
        let counts_asked = last_dose != LONG_AGO
            && view.local_day(last_dose) == view.local_day(view.now)
            && place(profile, view).doses.last().is_some_and(|(_, place)| {
                place.day == 1 && i64::from(place.cycle) >= profile.numbers.haem_hold_cycle_min.value.whole()
            });
        let mut calm = Self {
            until,
            weight_after: None,
            weight: None,
            daily: daily(profile, view, false),
            haemoglobin: None,
            alarm_until: LONG_AGO,
            // No day is longer.
            counts_until: if counts_asked { Millis(view.now.0.saturating_add(26 * HOUR)) } else { LONG_AGO },
            last_dose,
            overdue,
        };
        calm.weighed(profile, view);
        calm.renew(profile, view, Analyte::Haemoglobin);
        calm.renew(profile, view, Analyte::Temperature);
        Some(calm)
    }

    /// The same after a value of an analyte was judged in full and met nothing.
    pub fn renew(&mut self, profile: &Profile, view: &CourseView<'_>, analyte: Analyte) {
        if analyte == Analyte::Weight {
            self.weighed(profile, view);
        } else if analyte == Analyte::Haemoglobin {
            let window = profile.numbers.isth_hb_hours.value.hours_ms();
            let values = view.values(Analyte::Haemoglobin);
            let recent = values.take_while(|value| view.now.0 - value.at.0 <= window);
            self.haemoglobin = recent.map(|value| value.measure.value).max();
        } else if matches!(analyte, Analyte::Temperature | Analyte::Systolic) {
            let window = profile.numbers.fn_fever_hours.value.hours_ms();
            let alarm = |analyte| {
                let values = view.values(analyte).take_while(|value| view.now.0 - value.at.0 <= window);
                let mut alarming = values.filter(|value| !is_plain(&value.measure) || vital(profile, analyte, value));
                alarming.next().map(|value| Millis(value.at.0.saturating_add(window)))
            };
            let alarms = [Analyte::Temperature, Analyte::Systolic].into_iter().filter_map(alarm);
            self.alarm_until = alarms.max().unwrap_or(Millis(i64::MIN));
        }
    }

    fn weighed(&mut self, profile: &Profile, view: &CourseView<'_>) {
        let span = Baselines::new(profile, view);
        self.weight_after =
            span.map_or(Some(Millis(i64::MIN)), |span| (span.until() <= view.now).then_some(span.until()));
        self.weight = view.baseline(Analyte::Weight).map(|baseline| baseline.measure);
    }

    /// Criteria of the open episode of overdue tests, if one was open.
    #[must_use]
    pub const fn overdue(&self) -> Option<u64> {
        self.overdue
    }

    /// Is nothing met by time alone until then?
    #[must_use]
    pub fn lasts(&self, now: Millis) -> bool {
        now < self.until
    }

    /// Does the newest value of an analyte leave everything as it is, judged at `now`? `before` is the one measured before
    /// it. Where it does, it is noted.
    pub fn passes(
        &mut self,
        profile: &Profile,
        analyte: Analyte,
        value: &Observed,
        before: Option<&Observed>,
        now: Millis,
    ) -> bool {
        let Some(measure) = value.measure().filter(|measure| value.holds() && is_plain(measure)) else { return false };
        let earlier = before.and_then(|before| Some((before.time, before.measure()?)));
        let beside = |(at, earlier): (Millis, Measure)| {
            suspect_beside(profile, analyte, &measure, &earlier, value.time.0 - at.0).is_some()
        };
        if !self.lasts(now) || value.time > now || earlier.is_some_and(beside) {
            return false;
        }
        let value = Measured { at: value.time, measure };
        if self.meets(profile, analyte, &value, now) || self.settles(profile, analyte, value.at) {
            return false;
        }
        if analyte == Analyte::Haemoglobin {
            self.haemoglobin = self.haemoglobin.max(Some(value.measure.value));
        }
        true
    }

    /// May a value meet anything?
    fn meets(&self, profile: &Profile, analyte: Analyte, value: &Measured, now: Millis) -> bool {
        let numbers = &profile.numbers;
        let xuln = |op, limit: Decimal| met(&value.measure, &Limit { basis: Basis::Xuln, op, limit, printed: None });
        match analyte {
            Analyte::Bilirubin => {
                let above_normal = xuln(Op::Gt, Decimal::from_whole(1).unwrap_or_default());
                let hold = xuln(Op::Gt, numbers.hold_enter_bilirubin_xuln.value);
                let hys = xuln(Op::Gt, numbers.hys_bilirubin_xuln.value);
                above_normal || hold || hys || self.item(profile, analyte, value)
            }
            Analyte::Alt | Analyte::Ast => {
                let hold = xuln(Op::Gt, numbers.hold_enter_enzyme_xuln.value);
                let alone = xuln(Op::Gt, numbers.single_enzyme_xuln.value);
                let hys = xuln(Op::Ge, numbers.hys_enzyme_xuln.value);
                hold || alone || hys || self.item(profile, analyte, value)
            }
            // A normal one is what Hy's law asks for.
            Analyte::Alp | Analyte::Qtc => true,
            Analyte::Weight => {
                let gain = numbers.suspicion_weight_percent_above.value;
                let gain = Limit { basis: Basis::PercentOverBaseline, op: Op::Gt, limit: gain, printed: None };
                let counts = self.weight_after.is_some_and(|after| value.at > after);
                let gained = holds(&value.measure, &gain, self.weight.as_ref()) == Answer::Met;
                self.daily || !counts || gained || self.item(profile, analyte, value)
            }
            Analyte::Temperature | Analyte::Systolic => vital(profile, analyte, value),
            // Counts matter beside a fever or a sign of sepsis, and on the first day of a later cycle.
            Analyte::Anc | Analyte::Wbc | Analyte::NeutrophilPercent => {
                now <= self.alarm_until || now <= self.counts_until
            }
            Analyte::Platelets => now <= self.counts_until || self.item(profile, analyte, value),
            Analyte::Haemoglobin => {
                let fall = self.haemoglobin.map(|high| high.units() - value.measure.value.units());
                fall.is_some_and(|fall| fall >= numbers.isth_hb_fall.value.units())
            }
            Analyte::Creatinine
            | Analyte::BilirubinDirect
            | Analyte::Ggt
            | Analyte::Lymphocytes
            | Analyte::Height
            | Analyte::Girth
            | Analyte::Inr
            | Analyte::ProthrombinTime
            | Analyte::Fibrinogen
            | Analyte::Albumin
            | Analyte::Lactate
            | Analyte::Crp
            | Analyte::Procalcitonin
            | Analyte::Ldh
            | Analyte::Lipase
            | Analyte::Amylase
            | Analyte::Potassium
            | Analyte::Magnesium
            | Analyte::Diastolic
            | Analyte::HeartRate
            | Analyte::RespiratoryRate
            | Analyte::Spo2
            | Analyte::Urine24h => self.item(profile, analyte, value),
        }
    }

    /// May a value be a test that is overdue?
    fn settles(&self, profile: &Profile, analyte: Analyte, at: Millis) -> bool {
        let Some(overdue) = self.overdue else { return false };
        let mut rows = profile.monitoring.iter().enumerate().filter(|(row, _)| overdue >> row & 1 == 1);
        rows.any(|(_, row)| {
            let in_time = match row.when {
                Occasion::BeforeDose | Occasion::BeforeFirstDose => at <= self.last_dose,
                Occasion::AfterDose | Occasion::DailyInpatient => true,
            };
            in_time && row.any_of.contains(&analyte)
        })
    }

    /// May a value meet an item of the diagnostic criteria?
    fn item(&self, profile: &Profile, analyte: Analyte, value: &Measured) -> bool {
        profile.criteria_items.iter().any(|item| match &item.test {
            ItemTest::Value(of, limit) if *of == analyte => match limit.basis {
                Basis::Absolute | Basis::Xuln | Basis::Xlln => met(&value.measure, limit),
                Basis::PercentOverBaseline | Basis::Xbaseline | Basis::Rise if analyte == Analyte::Weight => {
                    holds(&value.measure, limit, self.weight.as_ref()) == Answer::Met
                }
                Basis::PercentOverBaseline | Basis::Xbaseline | Basis::Rise | Basis::Doubling | Basis::Days => true,
            },
            ItemTest::Value(..) | ItemTest::Finding(_) => false,
        })
    }
}

fn met(measure: &Measure, limit: &Limit) -> bool {
    holds(measure, limit, None) == Answer::Met
}

fn is_plain(measure: &Measure) -> bool {
    measure.suspect.is_none() && measure.comparator == Comparator::Eq
}

/// Is a temperature a fever of any definition, or is it or a pressure a sign of sepsis?
fn vital(profile: &Profile, analyte: Analyte, value: &Measured) -> bool {
    let numbers = &profile.numbers;
    let below = |limit| met(&value.measure, &Limit { basis: Basis::Absolute, op: Op::Lt, limit, printed: None });
    if analyte == Analyte::Systolic {
        return below(numbers.sepsis_systolic_below.value);
    }
    let fever = profile.fever_definitions.iter();
    below(numbers.sepsis_celsius_below.value)
        || fever.into_iter().any(|of| met(&value.measure, &of.single) || met(&value.measure, &of.repeated))
}

/// Until when time alone meets nothing. None: it may at once.
fn until(profile: &Profile, view: &CourseView<'_>) -> Option<Millis> {
    // What comes by several roads is put together on each question.
    if view.course.values().came_by_roads() {
        return None;
    }
    let numbers = &profile.numbers;
    let now = view.now;
    // A child becomes an adult, of whom more is judged.
    let adult_from = numbers.adult_age_years_min.value.whole();
    let age = view.age_years();
    if age.is_some_and(|(_, most)| i64::from(most) < adult_from && i64::from(most) + 1 >= adult_from) {
        return None;
    }
    let mut until = now.0.saturating_add(CALM_MAX);
    // A fact of a time to come counts from then on.
    let entries = view.course.entries().iter().map(|entry| entry.time);
    for at in entries.chain(view.course.values().times_after(now)).filter(|at| *at > now) {
        until = until.min(at.0);
    }
    // What was last said of a finding is forgotten, and another word on it counts.
    let lasts = numbers.stale_finding_days.value.days_ms();
    let findings = view.course.entries().iter().filter(|entry| entry.fact.finding().is_some());
    for over in findings.map(|entry| entry.time.0.saturating_add(lasts)).filter(|over| *over >= now.0) {
        until = until.min(over);
    }
    // A definition's days come; a calendar day may be shorter by an hour or two.
    if let Some(hsct) = anchor(profile, view) {
        let day = view.local_day(now) - view.local_day(hsct.at);
        let first = profile.definitions.iter().filter_map(|definition| definition.day_min).filter(|first| *first > day);
        if let Some(first) = first.min() {
            until = until.min(now.0.saturating_add((first - day - 1).saturating_mul(DAY).saturating_sub(2 * HOUR)));
        }
    }
    (until > now.0).then_some(Millis(until))
}

//! One concern of a patient at one time: what is met, how it ranks, how grave it is. What episodes are made of.

use super::bleeding::bleeding;
use super::course_view::CourseView;
use super::exposure::{check_dose, place};
use super::grades::qtc;
use super::holds::{haematological_hold, hepatic_hold};
use super::hy::hys_law;
use super::items::explain;
use super::monitoring::overdue;
use super::neutropenia::{closes, fever_judgement};
use super::severity::{severity, sos_grade, sos_grade_treated};
use super::view::View;
use super::vod::{Trigger, vod, vod_priority};
use crate::profile::{
    Analyte, Answer, Concern, DEFINITIONS_MAX, FEVER_DEFINITIONS_MAX, Priority, Profile, SeverityLevel,
};
use crate::record::{FindingKind, Millis};

/// What of a concern is met at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level<'p> {
    /// The rule that decides the priority.
    pub rule: &'p str,
    /// The priority.
    pub priority: Priority,
    /// Criteria that are met, as bits; see [`criterion_name`].
    pub criteria: u64,
    /// EBMT severity, where a definition is met.
    pub severity: Option<SeverityLevel>,
    /// CTCAE v5 grade of what is recorded of the patient, where one can be given.
    pub grade: Option<u8>,
    /// CTCAE v5 grade that a treatment stands for: shown, and no worsening, for whoever treats has looked.
    pub treated_grade: Option<u8>,
}

/// What is known besides the course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Onset of the open VOD/SOS episode, and when a definition was first met in it.
    pub vod_open: Option<(Millis, Millis)>,
    /// When a definition of VOD/SOS was first met in the open episode.
    pub vod_met: Option<Millis>,
    /// A hepatic or haematological hold was said and is open.
    pub hold_open: bool,
    /// A case reported the concern.
    pub reported: bool,
    /// The site of the patient is silent: what does not come is unknown, not overdue.
    pub site_silent: bool,
}

const VOD_TRIGGERS: [&str; 7] = [
    "bilirubin_doubled",
    "weight_gain_with_pain",
    "new_ascites",
    "portal_flow_reversed",
    "refractory_platelets",
    "defibrotide_treatment",
    "defibrotide_unknown_intent",
];
/// Bit of a concern that is reported and not met.
const REPORTED: usize = 62;
const DOSE_WHILE_HOLD: usize = 16;
const CHECK_UNIT: usize = 32;

/// The name of a criterion of a concern by its bit; `None` where the bit means nothing.
#[must_use]
pub fn criterion_name(profile: &Profile, concern: Concern, bit: usize) -> Option<&str> {
    if bit == REPORTED {
        return Some("reported");
    }
    match concern {
        Concern::VodSos => match bit.checked_sub(DEFINITIONS_MAX) {
            None => profile.definitions.get(bit).map(|definition| definition.id.as_str()),
            Some(trigger) => VOD_TRIGGERS.get(trigger).copied(),
        },
        Concern::FebrileNeutropenia => match bit.checked_sub(FEVER_DEFINITIONS_MAX) {
            None => profile.fever_definitions.get(bit).map(|definition| definition.id.as_str()),
            Some(0) => Some("fever_anc_unknown"),
            Some(1) => Some("sepsis_without_fever"),
            Some(_) => None,
        },
        Concern::Haemorrhage => ["isth_major", "bleeding_overt", "hb_fall", "red_cell_units"].get(bit).copied(),
        Concern::HepaticHold => ["hepatic_hold_met", "single_test_notice"].get(bit).copied(),
        Concern::HaematologicalHold => ["haematological_hold_met", "haematological_hold_unknown"].get(bit).copied(),
        Concern::HysLaw => (bit == 0).then_some("hys_law"),
        Concern::Dosing if bit == DOSE_WHILE_HOLD => Some("dose_given_while_hold"),
        Concern::Dosing => CHECK_NAMES.get(bit).copied(),
        Concern::ContraindicatedUse => ["earlier_vod", "liver_disease", "vod_criteria_met"].get(bit).copied(),
        Concern::Monitoring if bit == CHECK_UNIT => Some("check_unit"),
        Concern::Monitoring => profile.monitoring.get(bit).map(|row| row.id.as_str()),
        Concern::Reaction => (bit == 0).then_some("qtc"),
    }
}

const CHECK_NAMES: [&str; 9] = [
    "interval_too_short",
    "wrong_day",
    "over_dose",
    "under_dose",
    "dose_raised_after_reduction",
    "infusion_below_45_min",
    "infusion_below_60_min",
    "cycles_above_limit",
    "cycles_without_response",
];

/// The bits of a set, from the lowest.
pub fn bits(set: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |bit| set >> bit & 1 == 1)
}

/// The published definitions among a concern's criteria.
#[must_use]
pub const fn definitions(concern: Concern) -> u64 {
    match concern {
        Concern::VodSos => low_bits(DEFINITIONS_MAX),
        Concern::FebrileNeutropenia => low_bits(FEVER_DEFINITIONS_MAX),
        Concern::Haemorrhage
        | Concern::HepaticHold
        | Concern::HaematologicalHold
        | Concern::HysLaw
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => 1,
    }
}

/// When the first of the signs that are met now began; none where nothing is.
#[must_use]
pub fn first_sign<V: View>(profile: &Profile, view: &V) -> Option<Millis> {
    let met = profile.criteria_items.iter().map(|item| explain(profile, view, item));
    let began = met
        .filter(|state| state.answer == Answer::Met)
        .filter_map(|state| state.stated.map(|stated| stated.since).or(state.value.map(|value| value.at)));
    began.min()
}

/// Does a case of the patient report the concern by name?
#[must_use]
pub fn reported_to(profile: &Profile, view: &CourseView<'_>, concern: Concern) -> bool {
    let of_concern = |name: &str| {
        let mut labels = profile.reactions.iter().filter(|reaction| reaction.concern == Some(concern));
        labels.any(|label| label.terms.iter().any(|term| term.text.eq_ignore_ascii_case(name)))
    };
    match concern {
        Concern::VodSos | Concern::FebrileNeutropenia => {
            view.reported().any(|(_, kind, name)| kind == FindingKind::Other && of_concern(name))
        }
        Concern::Haemorrhage => view.reported().any(|(_, kind, _)| kind == FindingKind::OvertBleeding),
        Concern::HepaticHold
        | Concern::HaematologicalHold
        | Concern::HysLaw
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => false,
    }
}

/// Criteria whose first meeting is a worsening. Within an episode of febrile neutropenia a further definition is none
/// (ruling 18), nor a reason to suspect VOD/SOS once a definition is met.
#[must_use]
pub const fn worsening(concern: Concern, ever: u64) -> u64 {
    match concern {
        Concern::VodSos if ever & low_bits(DEFINITIONS_MAX) != 0 => low_bits(DEFINITIONS_MAX),
        Concern::VodSos => low_bits(DEFINITIONS_MAX) | low_bits(7) << DEFINITIONS_MAX,
        Concern::FebrileNeutropenia if ever & low_bits(FEVER_DEFINITIONS_MAX) != 0 => 1 << (FEVER_DEFINITIONS_MAX + 1),
        Concern::FebrileNeutropenia => low_bits(FEVER_DEFINITIONS_MAX + 2),
        Concern::Haemorrhage => 0b11,
        Concern::HepaticHold | Concern::HaematologicalHold => 1,
        Concern::HysLaw | Concern::Reaction => 1,
        Concern::Dosing | Concern::ContraindicatedUse | Concern::Monitoring => low_bits(40),
    }
}

const fn low_bits(count: usize) -> u64 {
    (1_u64 << count) - 1
}

/// Concerns that a value of an analyte may change.
#[must_use]
pub const fn touched_by(analyte: Analyte) -> &'static [Concern] {
    match analyte {
        Analyte::Bilirubin => &[Concern::VodSos, Concern::HepaticHold, Concern::HysLaw],
        Analyte::Alt | Analyte::Ast => &[Concern::VodSos, Concern::HepaticHold, Concern::HysLaw],
        Analyte::Alp => &[Concern::HysLaw],
        Analyte::Weight | Analyte::Creatinine => &[Concern::VodSos],
        Analyte::Temperature | Analyte::Systolic => &[Concern::FebrileNeutropenia],
        Analyte::Anc | Analyte::Wbc | Analyte::NeutrophilPercent => {
            &[Concern::FebrileNeutropenia, Concern::HaematologicalHold]
        }
        Analyte::Platelets => &[Concern::HaematologicalHold],
        Analyte::Haemoglobin => &[Concern::Haemorrhage],
        Analyte::Qtc => &[Concern::Reaction],
        Analyte::BilirubinDirect
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
        | Analyte::Urine24h => &[],
    }
}

/// Judges a concern. `None`: nothing of it is met.
#[must_use]
pub fn level<'p, V: View>(profile: &'p Profile, view: &V, concern: Concern, beside: &Beside) -> Option<Level<'p>> {
    let found = match concern {
        Concern::VodSos => vod_level(profile, view, beside),
        Concern::FebrileNeutropenia => fever_level(profile, view),
        Concern::Haemorrhage => bleeding_level(profile, view),
        Concern::HepaticHold => hepatic_hold(profile, view)
            .priority(profile)
            .map(|(rule, priority)| of(rule, priority, if rule == "hepatic_hold_met" { 1 } else { 2 })),
        Concern::HaematologicalHold => haematological_level(profile, view),
        Concern::HysLaw => hys_law(profile, view).priority(profile).map(|(rule, priority)| of(rule, priority, 1)),
        Concern::Dosing => dosing_level(profile, view, beside),
        Concern::ContraindicatedUse => {
            let said = view.contraindications();
            let ongoing = beside.vod_met.zip(view.last_dose()).is_some_and(|(met, dose)| met < dose);
            let bits = u64::from(said.earlier_vod) | u64::from(said.liver_disease) << 1 | u64::from(ongoing) << 2;
            let priority = super::priority(profile, "contraindicated_use", true);
            (bits != 0).then(|| of("contraindicated_use", priority, bits))
        }
        Concern::Monitoring => monitoring_level(profile, view, beside),
        Concern::Reaction => {
            (qtc(profile, view) == Answer::Met).then(|| of("qtc", super::priority(profile, "qtc", true), 1))
        }
    };
    let reported = beside.reported.then(|| of("reported", Priority::Information, 1 << REPORTED));
    match found {
        Some(level) if beside.reported => Some(Level { criteria: level.criteria | 1 << REPORTED, ..level }),
        found => found.or(reported),
    }
}

const fn of(rule: &str, priority: Priority, criteria: u64) -> Level<'_> {
    Level { rule, priority, criteria, severity: None, grade: None, treated_grade: None }
}

fn vod_level<'p, V: View>(profile: &'p Profile, view: &V, beside: &Beside) -> Option<Level<'p>> {
    let judgement = vod(profile, view);
    let (rule, priority) = vod_priority(profile, &judgement)?;
    let mut level = of(rule, priority, 0);
    for (bit, verdict) in judgement.verdicts.iter().enumerate() {
        level.criteria |= u64::from(verdict.is_some_and(|verdict| verdict.is_met())) << bit;
    }
    for (bit, trigger) in Trigger::ALL.into_iter().enumerate() {
        let met = judgement.triggers.answer(trigger) == Answer::Met;
        level.criteria |= u64::from(met) << (DEFINITIONS_MAX + bit);
    }
    if judgement.any_met() {
        let (first_sign, met_at) = beside.vod_open.unwrap_or_else(|| {
            let now = view.now();
            (first_sign(profile, view).unwrap_or(now), now)
        });
        level.severity = severity(profile, view, first_sign, met_at).level;
        (level.grade, level.treated_grade) = (sos_grade(profile, view), sos_grade_treated(profile, view));
    }
    Some(level)
}

fn fever_level<'p, V: View>(profile: &'p Profile, view: &V) -> Option<Level<'p>> {
    let judgement = fever_judgement(profile, view);
    let (rule, priority) = judgement.priority(profile)?;
    let mut level = of(rule, priority, 0);
    for (bit, verdict) in judgement.verdicts.iter().enumerate() {
        let met = verdict.is_some_and(|verdict| verdict.answer == Answer::Met);
        level.criteria |= u64::from(met) << bit;
    }
    level.criteria |= u64::from(judgement.count_unknown) << FEVER_DEFINITIONS_MAX;
    let sepsis = judgement.sepsis_without_fever == Answer::Met;
    level.criteria |= u64::from(sepsis) << (FEVER_DEFINITIONS_MAX + 1);
    // CTCAE v5 has febrile neutropenia from grade 3 on; what makes it 4 is for a person.
    level.grade = judgement.any_met().then_some(3);
    Some(level)
}

fn bleeding_level<'p, V: View>(profile: &'p Profile, view: &V) -> Option<Level<'p>> {
    let judgement = bleeding(profile, view);
    let (rule, priority) = judgement.priority(profile)?;
    let answers = [judgement.major, judgement.overt, judgement.hb_fall, judgement.units];
    let criteria = answers.iter().enumerate().map(|(bit, answer)| u64::from(*answer == Answer::Met) << bit).sum();
    Some(Level { grade: judgement.grade, ..of(rule, priority, criteria) })
}

fn haematological_level<'p, V: View>(profile: &'p Profile, view: &V) -> Option<Level<'p>> {
    // It is asked on day 1 of a cycle, which is the day of a dose.
    let exposure = place(profile, view);
    let (dose, now) = exposure.doses.last()?;
    if now.day != 1 || view.local_day(dose.at) != view.local_day(view.now()) {
        return None;
    }
    let previous = exposure.doses.iter().find(|(_, place)| place.cycle + 1 == now.cycle).map(|(dose, _)| dose.at);
    let (rule, priority) = haematological_hold(profile, view, now.cycle, previous)?.priority(profile)?;
    let priority = if now.inferred { priority.min(Priority::Low) } else { priority };
    Some(of(rule, priority, if rule == "haematological_hold_met" { 1 } else { 2 }))
}

fn dosing_level<'p, V: View>(profile: &'p Profile, view: &V, beside: &Beside) -> Option<Level<'p>> {
    let exposure = place(profile, view);
    let number = exposure.doses.len().checked_sub(1)?;
    let (dose, place) = exposure.doses.get(number)?;
    // The last dose is judged; the ones before it were.
    if view.now().0 - dose.at.0 > profile.numbers.hold_hours_dosing.value.hours_ms() {
        return None;
    }
    let checks = check_dose(profile, view, &exposure, number)?;
    let mut level: Option<Level<'p>> = None;
    let mut add = |rule: &'p str, priority: Priority, bit: usize| {
        let held = level.get_or_insert(of(rule, priority, 0));
        if priority > held.priority {
            (held.rule, held.priority) = (rule, priority);
        }
        held.criteria |= 1 << bit;
    };
    for check in checks.met() {
        add(check.rule(), check.priority(profile, place.inferred), check as usize);
    }
    if beside.hold_open {
        add("dose_given_while_hold", super::priority(profile, "dose_given_while_hold", true), DOSE_WHILE_HOLD);
    }
    level
}

fn monitoring_level<'p, V: View>(profile: &'p Profile, view: &V, beside: &Beside) -> Option<Level<'p>> {
    let mut criteria = 0;
    if !beside.site_silent && !view.dead() {
        criteria |= u64::from(overdue(profile, view, beside.vod_open.is_some()).0);
    }
    let mut rule = "overdue";
    if Analyte::ALL.iter().any(|analyte| is_suspect(profile, view, *analyte)) {
        criteria |= 1 << CHECK_UNIT;
        rule = if criteria == 1 << CHECK_UNIT { "check_unit" } else { rule };
    }
    (criteria != 0).then(|| of(rule, super::priority(profile, rule, true), criteria))
}

/// Is the latest value of an analyte suspect and still of interest?
fn is_suspect<V: View>(profile: &Profile, view: &V, analyte: Analyte) -> bool {
    let lasts = profile.numbers.stale_laboratory_hours.value.hours_ms();
    view.latest(analyte).is_some_and(|value| value.measure.suspect.is_some() && view.now().0 - value.at.0 <= lasts)
}

/// Whether an open episode is over at once, goes on whatever the level, or waits for its hold time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its own closing rule is met.
    Over,
    /// Its own closing rule is not met on what is recorded: no time closes it.
    Stays,
    /// Nothing says so: after the hold time of the profile.
    HoldTime,
}

/// The closing rules: ruling 18 for febrile neutropenia, ruling 13 for the hepatic hold. `ever`: what was said in the
/// episode.
#[must_use]
pub fn ending<V: View>(profile: &Profile, view: &V, concern: Concern, ever: u64, level: Option<&Level<'_>>) -> Ending {
    match concern {
        Concern::FebrileNeutropenia => {
            let judged = fever_judgement(profile, view);
            let definitions = low_bits(FEVER_DEFINITIONS_MAX) | 1 << (FEVER_DEFINITIONS_MAX + 1);
            // A fever with an unknown count is over when the count is known and enough.
            let answered = judged.verdicts.iter().flatten().all(|verdict| verdict.answer == Answer::NotMet);
            if ever & definitions == 0 && level.is_none() && answered {
                return Ending::Over;
            }
            match closes(profile, view).answer {
                Answer::Met => Ending::Over,
                Answer::NotMet => Ending::Stays,
                Answer::Unknown => Ending::HoldTime,
            }
        }
        Concern::HepaticHold => match hepatic_hold(profile, view).leave {
            Answer::Met => Ending::Over,
            Answer::NotMet => Ending::Stays,
            Answer::Unknown => Ending::HoldTime,
        },
        Concern::Monitoring => Ending::Over,
        Concern::VodSos
        | Concern::Haemorrhage
        | Concern::HaematologicalHold
        | Concern::HysLaw
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Reaction => Ending::HoldTime,
    }
}

/// How long a lower level must hold before it is said, milliseconds.
#[must_use]
pub const fn hold_ms(profile: &Profile, concern: Concern) -> i64 {
    let numbers = &profile.numbers;
    match concern {
        Concern::VodSos => numbers.hold_hours_vod_sos,
        Concern::FebrileNeutropenia => numbers.hold_hours_febrile_neutropenia,
        Concern::Haemorrhage => numbers.hold_hours_haemorrhage,
        Concern::HepaticHold => numbers.hold_hours_hepatic_hold,
        Concern::HaematologicalHold => numbers.hold_hours_haematological_hold,
        Concern::HysLaw => numbers.hold_hours_hys_law,
        Concern::Dosing => numbers.hold_hours_dosing,
        Concern::ContraindicatedUse | Concern::Monitoring => numbers.hold_hours_contraindicated_use,
        Concern::Reaction => numbers.hold_hours_reaction,
    }
    .value
    .hours_ms()
}

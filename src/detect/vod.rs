//! VOD/SOS: every definition side by side, suspicion before any is met, and what lowers the priority (rulings 4 to 10).

use super::baseline::counted;
use super::items::{Items, current, finding, items, value};
use super::priority::priority;
use super::three::{Standing, Verdict, both, routes};
use super::view::{Measured, Transplant, View};
use crate::profile::{
    Analyte, Anchor, Answer, Basis, DEFINITIONS_MAX, Decimal, Definition, ItemTest, Limit, Op, Priority, Profile,
};
use crate::record::{Comparator, ConditionKind, FindingKind, Intent, Millis, Presence};

/// A reason to suspect VOD/SOS before a definition is met (ruling 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// Bilirubin doubled within 48 hours, to above ULN, by 10 µmol/L or more.
    BilirubinDoubled,
    /// Weight gain with pain in the right upper quadrant.
    WeightGainWithPain,
    /// New ascites.
    NewAscites,
    /// Reversed portal flow.
    PortalFlowReversed,
    /// Platelets refractory to transfusion.
    RefractoryPlatelets,
    /// Defibrotide given as treatment.
    DefibrotideTreatment,
    /// Defibrotide given, and why is not known: low.
    DefibrotideUnknown,
}

impl Trigger {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::BilirubinDoubled,
        Self::WeightGainWithPain,
        Self::NewAscites,
        Self::PortalFlowReversed,
        Self::RefractoryPlatelets,
        Self::DefibrotideTreatment,
        Self::DefibrotideUnknown,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Answers of the triggers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triggers {
    met: u16,
    unknown: u16,
}

impl Triggers {
    /// Answer of one.
    #[must_use]
    pub const fn answer(self, trigger: Trigger) -> Answer {
        if self.met & trigger.bit() != 0 {
            Answer::Met
        } else if self.unknown & trigger.bit() != 0 {
            Answer::Unknown
        } else {
            Answer::NotMet
        }
    }

    fn set(&mut self, trigger: Trigger, answer: Answer) {
        match answer {
            Answer::Met => self.met |= trigger.bit(),
            Answer::Unknown => self.unknown |= trigger.bit(),
            Answer::NotMet => {}
        }
    }
}

/// Where the judgement stands in the watch window (ruling 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Within 56 days of the last dose or 100 days of a transplant.
    Inside,
    /// After it: a definition that is met is at most medium.
    After,
    /// No dose and no transplant is known.
    NotExposed,
}

/// Everything that was judged of VOD/SOS at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VodJudgement {
    /// The items.
    pub items: Items,
    /// The verdict of each definition, in the profile's order; `None` past the last.
    pub verdicts: [Option<Verdict>; DEFINITIONS_MAX],
    /// Reasons to suspect.
    pub triggers: Triggers,
    /// The watch window.
    pub watch: Watch,
    /// Day after the transplant that anchored definitions count from.
    pub hsct_day: Option<i64>,
    /// Gilbert is recorded, bilirubin is near the patient's own baseline, and no definition is met without it
    /// (ruling 9): at most medium.
    pub gilbert: bool,
    /// The age is not known well enough to tell adult from child: evaluated, and said (ruling 10).
    pub age_unknown: bool,
    /// Histology was recorded as absent while another definition is met.
    pub histology_disagrees: bool,
}

impl VodJudgement {
    /// The verdict of a definition by its number in the profile.
    #[must_use]
    pub fn verdict(&self, definition: usize) -> Option<Verdict> {
        self.verdicts.get(definition).copied().flatten()
    }

    /// Is any definition met?
    #[must_use]
    pub fn any_met(&self) -> bool {
        self.verdicts.iter().flatten().any(Verdict::is_met)
    }
}

/// Judges VOD/SOS.
#[must_use]
pub fn vod<V: View>(profile: &Profile, view: &V) -> VodJudgement {
    let items = items(profile, view);
    let adult_from = profile.numbers.adult_age_years_min.value.whole();
    let age = view.age_years().map(|(least, most)| (i64::from(least), i64::from(most)));
    let child = age.is_some_and(|(_, most)| most < adult_from);
    let hsct_day = anchor(profile, view).map(|transplant| view.local_day(view.now()) - view.local_day(transplant.at));
    let mut verdicts = [None; DEFINITIONS_MAX];
    let mut met_without_bilirubin = false;
    let mut met = false;
    let other = without_bilirubin(profile, items);
    for (slot, definition) in verdicts.iter_mut().zip(&profile.definitions) {
        let standing = standing(definition, child, hsct_day);
        *slot = Some(standing.map_or_else(|| routes(definition, items), Verdict::NotApplicable));
        met |= slot.is_some_and(|verdict| verdict.is_met());
        met_without_bilirubin |= standing.is_none() && routes(definition, other).is_met();
    }
    let histology = finding(profile, view, FindingKind::HistologyVod);
    VodJudgement {
        items,
        verdicts,
        triggers: triggers(profile, view),
        watch: watch(profile, view),
        hsct_day,
        gilbert: !met_without_bilirubin && near_own_bilirubin(profile, view),
        age_unknown: !child && age.is_none_or(|(least, _)| least < adult_from),
        histology_disagrees: met && histology.is_ok_and(|stated| stated.presence == Presence::Absent),
    }
}

/// Other causes of the same picture that are recorded: shown beside the verdict, they never lower it (ruling 1).
/// Azoles and parenteral nutrition are no conditions of the record.
pub fn confounders<V: View>(view: &V) -> impl Iterator<Item = ConditionKind> + '_ {
    let kinds = [
        ConditionKind::Gvhd,
        ConditionKind::Infection,
        ConditionKind::Hepatitis,
        ConditionKind::LiverDisease,
        ConditionKind::Gilbert,
        ConditionKind::Haemolysis,
    ];
    kinds.into_iter().filter(|kind| view.condition(*kind).is_some_and(|said| said.presence == Presence::Present))
}

/// The transplant that anchored definitions count from: the latest that counts and is done.
pub(super) fn anchor<V: View>(profile: &Profile, view: &V) -> Option<Transplant> {
    counted(profile, view).find(|transplant| transplant.at <= view.now())
}

fn standing(definition: &Definition, child: bool, hsct_day: Option<i64>) -> Option<Standing> {
    if child && definition.adults_only {
        return Some(Standing::Child);
    }
    match (definition.anchor, hsct_day) {
        (Anchor::None, _) => None,
        (Anchor::Hsct, None) => Some(Standing::NoTransplant),
        (Anchor::Hsct, Some(day)) if definition.day_min.is_some_and(|first| day < first) => Some(Standing::TooEarly),
        (Anchor::Hsct, Some(day)) if definition.day_max.is_some_and(|last| day > last) => Some(Standing::TooLate),
        (Anchor::Hsct, Some(_)) => None,
    }
}

fn watch<V: View>(profile: &Profile, view: &V) -> Watch {
    let today = view.local_day(view.now());
    let within = |from: Option<i64>, days: Decimal| from.map(|day| today - day <= days.whole());
    let numbers = &profile.numbers;
    let dose = within(view.last_dose().map(|at| view.local_day(at)), numbers.watch_days_after_last_dose.value);
    let hsct = within(anchor(profile, view).map(|t| view.local_day(t.at)), numbers.watch_days_after_hsct.value);
    match (dose, hsct) {
        (None, None) => Watch::NotExposed,
        (Some(true), _) | (_, Some(true)) => Watch::Inside,
        (Some(false) | None, Some(false) | None) => Watch::After,
    }
}

/// The items as they would be if bilirubin said nothing.
fn without_bilirubin(profile: &Profile, items: Items) -> Items {
    let of_bilirubin = |test: &ItemTest| matches!(test, ItemTest::Value(Analyte::Bilirubin, _));
    let bits = profile.criteria_items.iter().enumerate().filter(|(_, item)| of_bilirubin(&item.test));
    without(items, bits.fold(0_u64, |bits, (at, _)| bits | (1 << at)))
}

/// The items as they would be if these said nothing.
const fn without(items: Items, bits: u64) -> Items {
    Items { met: items.met & !bits, not_met: items.not_met & !bits, unknown: items.unknown | bits }
}

fn near_own_bilirubin<V: View>(profile: &Profile, view: &V) -> bool {
    let gilbert = view.condition(ConditionKind::Gilbert).is_some_and(|said| said.presence == Presence::Present);
    let limit = profile.numbers.gilbert_baseline_multiple.value;
    let limit = Limit { basis: Basis::Xbaseline, op: Op::Lt, limit, printed: None };
    gilbert && value(profile, view, Analyte::Bilirubin, &limit).answer == Answer::Met
}

fn triggers<V: View>(profile: &Profile, view: &V) -> Triggers {
    let mut triggers = Triggers::default();
    let present = |kind| match finding(profile, view, kind).map(|stated| stated.presence) {
        Ok(Presence::Present) => Answer::Met,
        Ok(Presence::Absent) => Answer::NotMet,
        Ok(Presence::Unsure) | Err(_) => Answer::Unknown,
    };
    triggers.set(Trigger::BilirubinDoubled, doubled(profile, view));
    let limit = profile.numbers.suspicion_weight_percent_above.value;
    let gain = Limit { basis: Basis::PercentOverBaseline, op: Op::Gt, limit, printed: None };
    let gained = value(profile, view, Analyte::Weight, &gain).answer;
    triggers.set(Trigger::WeightGainWithPain, both(gained, pain(profile, view)));
    let ascites = match (present(FindingKind::Ascites), view.first_dose()) {
        (Answer::Met, Some(first)) if view.finding(FindingKind::Ascites).is_some_and(|said| said.since < first) => {
            Answer::NotMet
        }
        (answer, _) => answer,
    };
    triggers.set(Trigger::NewAscites, ascites);
    triggers.set(Trigger::PortalFlowReversed, present(FindingKind::PortalFlowReversal));
    triggers.set(Trigger::RefractoryPlatelets, present(FindingKind::RefractoryThrombocytopenia));
    let lasts = profile.numbers.stale_finding_days.value.days_ms();
    match view.defibrotide().filter(|(at, _)| view.now().0 - at.0 <= lasts) {
        Some((_, Intent::Treatment)) => triggers.set(Trigger::DefibrotideTreatment, Answer::Met),
        Some((_, Intent::Unknown)) => triggers.set(Trigger::DefibrotideUnknown, Answer::Met),
        Some((_, Intent::Prophylaxis)) | None => {}
    }
    triggers
}

/// Pain in the right upper quadrant, told by itself or as painful hepatomegaly.
fn pain<V: View>(profile: &Profile, view: &V) -> Answer {
    let said = |kind| finding(profile, view, kind).map(|stated| stated.presence);
    match (said(FindingKind::RuqPain), said(FindingKind::PainfulHepatomegaly)) {
        (Ok(Presence::Present), _) | (_, Ok(Presence::Present)) => Answer::Met,
        (Ok(Presence::Absent), _) => Answer::NotMet,
        (Ok(Presence::Unsure) | Err(_), _) => Answer::Unknown,
    }
}

/// Bilirubin at least doubled within 48 hours, to above ULN, by 10 µmol/L or more.
fn doubled<V: View>(profile: &Profile, view: &V) -> Answer {
    let Ok(latest) = current(profile, view, Analyte::Bilirubin) else { return Answer::Unknown };
    let high =
        Limit { basis: Basis::Xuln, op: Op::Gt, limit: Decimal::from_whole(1).unwrap_or_default(), printed: None };
    let above = super::three::holds(&latest.measure, &high, None);
    let rise = profile.numbers.doubling_rise_umol_min.value.units();
    let multiple = profile.numbers.doubling_multiple.value.units();
    both(above, doubling(profile, view, latest, multiple, rise))
}

/// Has a value risen to `multiple` (in 10⁻¹⁰) of an earlier one within the doubling time, and by `rise`? Unknown where
/// there is no earlier one. A bound is used on the side on which it is certain.
pub(super) fn doubling<V: View>(profile: &Profile, view: &V, latest: Measured, multiple: i128, rise: i128) -> Answer {
    let since = latest.at.0 - profile.numbers.doubling_hours.value.hours_ms();
    let mut answer = Answer::Unknown;
    let earlier = view.values_until(Analyte::Bilirubin, Millis(latest.at.0 - 1));
    for before in earlier.take_while(|value| value.at.0 >= since) {
        let (from, to) = (&before.measure, &latest.measure);
        if from.suspect.is_some() || matches!(from.comparator, Comparator::Gt | Comparator::Ge) {
            continue;
        }
        if matches!(to.comparator, Comparator::Lt | Comparator::Le) {
            continue;
        }
        let (from_units, to_units) = (from.value.units(), to.value.units());
        if to_units * Decimal::ONE >= multiple * from_units && to_units - from_units >= rise {
            return Answer::Met;
        }
        if from.comparator == Comparator::Eq && to.comparator == Comparator::Eq {
            answer = Answer::NotMet;
        }
    }
    answer
}

/// The rule that decides the priority and the priority; `None` where nothing is raised.
#[must_use]
pub fn vod_priority<'p>(profile: &'p Profile, judgement: &VodJudgement) -> Option<(&'p str, Priority)> {
    // What is met by verified items alone is trusted, whatever unverified ones say beside them.
    let doubtful = profile.criteria_items.iter().enumerate().filter(|(_, item)| !item.verified);
    let verified = without(judgement.items, doubtful.fold(0, |bits, (at, _)| bits | 1 << at));
    let of_definition = |definition: &'p Definition| {
        let trusted = definition.verified && routes(definition, verified).is_met();
        (definition.rule.as_str(), priority(profile, &definition.rule, trusted))
    };
    let met = profile.definitions.iter().zip(&judgement.verdicts);
    let met = met.filter(|(_, verdict)| verdict.is_some_and(|verdict| verdict.is_met()));
    let highest = met.map(|(definition, _)| of_definition(definition)).max_by_key(|(_, priority)| *priority);
    let trigger = || {
        let named = |rule: &'p str| Some((rule, priority(profile, rule, true)));
        match Trigger::ALL.into_iter().find(|trigger| judgement.triggers.answer(*trigger) == Answer::Met)? {
            Trigger::DefibrotideUnknown => named("defibrotide_unknown_intent"),
            Trigger::BilirubinDoubled
            | Trigger::WeightGainWithPain
            | Trigger::NewAscites
            | Trigger::PortalFlowReversed
            | Trigger::RefractoryPlatelets
            | Trigger::DefibrotideTreatment => named("vod_suspicion"),
        }
    };
    let (mut rule, mut highest) = highest.or_else(trigger)?;
    let caps = [(judgement.watch == Watch::After, "vod_met_after_window"), (judgement.gilbert, "vod_met_gilbert")];
    for (applies, cap) in caps {
        let most = priority(profile, cap, true);
        if applies && highest > most {
            (rule, highest) = (cap, most);
        }
    }
    Some((rule, highest))
}

/// A definition that is met while another is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Number of the one that is met.
    pub met: usize,
    /// Number of the one that is not.
    pub other: usize,
    /// Its verdict: with the items that are not met or missing, or why it does not apply.
    pub verdict: Verdict,
}

/// Where the definitions disagree: each that is met beside each that is not.
pub fn disagreements(judgement: &VodJudgement) -> impl Iterator<Item = Disagreement> + '_ {
    let numbered = || judgement.verdicts.iter().enumerate().filter_map(|(at, verdict)| Some((at, (*verdict)?)));
    numbered().filter(|(_, verdict)| verdict.is_met()).flat_map(move |(met, _)| {
        numbered().filter(|(_, verdict)| !verdict.is_met()).map(move |(other, verdict)| Disagreement {
            met,
            other,
            verdict,
        })
    })
}

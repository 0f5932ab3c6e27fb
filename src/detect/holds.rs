//! The label's holds: hepatic at any time, haematological on day 1 of a later cycle (rulings 13 and 14).

use super::items::{fresh, value, xuln};
use super::three::{any, both, holds};
use super::view::{Measured, View};
use crate::profile::{Analyte, Answer, Basis, Decimal, Limit, Op, Priority, Profile};
use crate::record::{Comparator, ConditionKind, Millis, Presence, ProcedureKind};

/// The hepatic hold with its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HepaticHold {
    /// Recorded values meet what asks for an interruption.
    pub enter: Answer,
    /// Recorded values meet what lets the next dose be given again.
    pub leave: Answer,
    /// Bilirubin above its limit.
    pub bilirubin: Answer,
    /// ALT or AST above theirs.
    pub enzymes: Answer,
    /// One of them alone: a low notice; relatedness is a clinical judgement.
    pub single: bool,
    /// Gilbert or haemolysis is recorded, which the label excepts.
    pub exempt: bool,
}

impl HepaticHold {
    /// The rule that decides the priority and the priority; `None` where nothing is raised.
    #[must_use]
    pub fn priority(&self, profile: &Profile) -> Option<(&'static str, Priority)> {
        let numbers = &profile.numbers;
        let trusted = numbers.hold_enter_bilirubin_xuln.trusted && numbers.hold_enter_enzyme_xuln.trusted;
        if self.enter == Answer::Met {
            Some(("hepatic_hold_met", super::priority(profile, "hepatic_hold_met", trusted)))
        } else if self.single {
            let trusted = numbers.single_enzyme_xuln.trusted;
            Some(("single_test_notice", super::priority(profile, "single_test_notice", trusted)))
        } else {
            None
        }
    }
}

/// Judges the hepatic hold. Without an ULN it is unknown.
#[must_use]
pub fn hepatic_hold<V: View>(profile: &Profile, view: &V) -> HepaticHold {
    let numbers = &profile.numbers;
    let times = |analyte, op, limit| xuln(profile, view, analyte, op, limit).answer;
    let enzyme = |limit: Decimal| any(times(Analyte::Alt, Op::Gt, limit), times(Analyte::Ast, Op::Gt, limit));
    let bilirubin = times(Analyte::Bilirubin, Op::Gt, numbers.hold_enter_bilirubin_xuln.value);
    let enzymes = enzyme(numbers.hold_enter_enzyme_xuln.value);
    let recorded = |kind| view.condition(kind).is_some_and(|said| said.presence == Presence::Present);
    let exempt = recorded(ConditionKind::Gilbert) || recorded(ConditionKind::Haemolysis);
    let enter = if exempt { Answer::NotMet } else { both(bilirubin, enzymes) };
    let low = |analyte| times(analyte, Op::Le, numbers.hold_leave_enzyme_xuln.value);
    let leave = times(Analyte::Bilirubin, Op::Le, numbers.hold_leave_bilirubin_xuln.value);
    let leave = both(leave, both(low(Analyte::Alt), low(Analyte::Ast)));
    let alone = (bilirubin == Answer::Met && !exempt) || enzyme(numbers.single_enzyme_xuln.value) == Answer::Met;
    HepaticHold { enter, leave, bilirubin, enzymes, single: alone && enter != Answer::Met, exempt }
}

/// The haematological hold with its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HaematologicalHold {
    /// Recorded counts meet what asks for the cycle to wait.
    pub answer: Answer,
    /// Neutrophils below 1.0.
    pub anc: Answer,
    /// Platelets below 50; unknown within 7 days of a platelet transfusion.
    pub platelets: Answer,
    /// Were the counts before the first dose below these limits?
    pub low_before: Answer,
    /// What is left is whether the disease explains the counts: a clinical judgement.
    pub attribution_open: bool,
}

impl HaematologicalHold {
    /// The rule that decides the priority and the priority; `None` where nothing is raised.
    #[must_use]
    pub fn priority(&self, profile: &Profile) -> Option<(&'static str, Priority)> {
        let numbers = &profile.numbers;
        let trusted = numbers.haem_hold_anc_min.trusted && numbers.haem_hold_platelets_min.trusted;
        let rule = match self.answer {
            Answer::Met => "haematological_hold_met",
            Answer::Unknown => "haematological_hold_unknown",
            Answer::NotMet => return None,
        };
        Some((rule, super::priority(profile, rule, trusted)))
    }
}

/// Judges the haematological hold for day 1 of cycle `cycle`; `None` before the second cycle, where it is not asked.
/// `previous_cycle` is day 1 of the cycle before.
#[must_use]
pub fn haematological_hold<V: View>(
    profile: &Profile,
    view: &V,
    cycle: u32,
    previous_cycle: Option<Millis>,
) -> Option<HaematologicalHold> {
    let numbers = &profile.numbers;
    if i64::from(cycle) < numbers.haem_hold_cycle_min.value.whole() {
        return None;
    }
    let below = |limit: Decimal| Limit { basis: Basis::Absolute, op: Op::Lt, limit, printed: None };
    let (few_anc, few_platelets) =
        (below(numbers.haem_hold_anc_min.value), below(numbers.haem_hold_platelets_min.value));
    let anc = value(profile, view, Analyte::Anc, &few_anc).answer;
    let own_platelets = |at: Millis| {
        let free = numbers.transfusion_free_days.value.days_ms();
        let given = view.transfusions(ProcedureKind::PlateletTransfusion);
        !given.skip_while(|given| given.at > at).any(|given| at.0 - given.at.0 < free)
    };
    let platelets = match view.latest(Analyte::Platelets) {
        Some(count) if own_platelets(count.at) => value(profile, view, Analyte::Platelets, &few_platelets).answer,
        Some(_) | None => Answer::Unknown,
    };
    let at =
        |analyte, time: Option<Millis>| view.values_until(analyte, time?).find(|value| value.measure.suspect.is_none());
    let was = |analyte, limit: &Limit| match at(analyte, view.first_dose()) {
        Some(count) if analyte != Analyte::Platelets || own_platelets(count.at) => holds(&count.measure, limit, None),
        Some(_) | None => Answer::Unknown,
    };
    let low_before = any(was(Analyte::Anc, &few_anc), was(Analyte::Platelets, &few_platelets));
    let low_now = any(anc, platelets);
    let back = both(
        back_to(profile, view, Analyte::Anc, at(Analyte::Anc, previous_cycle)),
        if platelets == Answer::Unknown {
            Answer::Unknown
        } else {
            back_to(profile, view, Analyte::Platelets, at(Analyte::Platelets, previous_cycle))
        },
    );
    let (answer, attribution_open) = match (low_before, low_now) {
        // Enough of both lets the cycle begin whatever the counts were before.
        (_, Answer::NotMet) => (Answer::NotMet, false),
        (Answer::NotMet, low) => (low, false),
        (Answer::Met, _) if back == Answer::Met => (Answer::NotMet, false),
        (Answer::Met, low) => (Answer::Unknown, low == Answer::Met && back == Answer::NotMet),
        (Answer::Unknown, _) => (Answer::Unknown, false),
    };
    Some(HaematologicalHold { answer, anc, platelets, low_before, attribution_open })
}

/// Is a count back to at least what it was before the previous cycle?
fn back_to<V: View>(profile: &Profile, view: &V, analyte: Analyte, before: Option<Measured>) -> Answer {
    let lasts = profile.numbers.stale_laboratory_hours.value.hours_ms();
    let latest = view.latest(analyte).map(|latest| fresh(view.now(), latest, lasts));
    let (Some(Ok(latest)), Some(before)) = (latest, before) else { return Answer::Unknown };
    let at_least = Limit { basis: Basis::Absolute, op: Op::Ge, limit: before.measure.value, printed: None };
    match (before.measure.comparator, holds(&latest.measure, &at_least, None)) {
        (Comparator::Eq, answer) => answer,
        // What was below a bound is reached by what is at it; what was above one is not reached by what is below.
        (Comparator::Lt | Comparator::Le, Answer::Met) => Answer::Met,
        (Comparator::Gt | Comparator::Ge, Answer::NotMet) => Answer::NotMet,
        (Comparator::Lt | Comparator::Le | Comparator::Gt | Comparator::Ge, _) => Answer::Unknown,
    }
}

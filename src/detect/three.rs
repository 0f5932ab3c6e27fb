//! Three-valued logic: a value known only within bounds against a limit, exactly; routes of a definition.

use super::items::Items;
use crate::normalise::Measure;
use crate::profile::{Answer, Basis, Decimal, Definition, Limit, Op};
use crate::record::Comparator;

/// Why a definition does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// No transplant that it could count from (ruling 4).
    NoTransplant,
    /// Its days have not come yet.
    TooEarly,
    /// Its days are over.
    TooLate,
    /// It is for adults (ruling 10).
    Child,
}

/// Answer of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Criteria met on recorded values.
    Met(Items),
    /// Not met whatever the missing items would say.
    NotMet(Items),
    /// Something is missing that could decide.
    Unknown(Items),
    /// Does not apply, and why.
    NotApplicable(Standing),
}

impl Verdict {
    /// Is it met?
    #[must_use]
    pub const fn is_met(&self) -> bool {
        matches!(self, Self::Met(_))
    }

    /// The items behind it, where it applies.
    #[must_use]
    pub const fn items(&self) -> Option<Items> {
        match self {
            Self::Met(items) | Self::NotMet(items) | Self::Unknown(items) => Some(*items),
            Self::NotApplicable(_) => None,
        }
    }
}

const fn answer(met: bool) -> Answer {
    if met { Answer::Met } else { Answer::NotMet }
}

/// Both must be met.
#[must_use]
pub fn both(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Answer::Met, Answer::Met) => Answer::Met,
        (Answer::NotMet, _) | (_, Answer::NotMet) => Answer::NotMet,
        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
    }
}

/// Either is enough.
#[must_use]
pub fn any(a: Answer, b: Answer) -> Answer {
    match (a, b) {
        (Answer::Met, _) | (_, Answer::Met) => Answer::Met,
        (Answer::NotMet, Answer::NotMet) => Answer::NotMet,
        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
    }
}

/// A value, known exactly or as a bound, against a limit: `<5` is somewhere below 5, so `<5 > 3` is unknown and
/// `<5 < 10` is met.
#[must_use]
pub fn against(comparator: Comparator, value: i128, op: Op, limit: i128) -> Answer {
    // "Above" and "at or above"; the two others are their opposites.
    let upward = |strict: bool| match comparator {
        Comparator::Eq => answer(if strict { value > limit } else { value >= limit }),
        Comparator::Lt if value <= limit => Answer::NotMet,
        Comparator::Le if value < limit || (strict && value == limit) => Answer::NotMet,
        Comparator::Gt if value >= limit => Answer::Met,
        Comparator::Ge if value > limit || (!strict && value == limit) => Answer::Met,
        Comparator::Lt | Comparator::Le | Comparator::Gt | Comparator::Ge => Answer::Unknown,
    };
    let opposite = |answer| match answer {
        Answer::Met => Answer::NotMet,
        Answer::NotMet => Answer::Met,
        Answer::Unknown => Answer::Unknown,
    };
    match op {
        Op::Gt => upward(true),
        Op::Ge => upward(false),
        Op::Le => opposite(upward(true)),
        Op::Lt => opposite(upward(false)),
    }
}

/// A measure against a limit of the profile, compared in the unit reported where the guideline prints it. Unknown where
/// what the limit is relative to is missing: no ULN, no baseline.
#[must_use]
pub fn holds(measure: &Measure, limit: &Limit, baseline: Option<&Measure>) -> Answer {
    if let (Basis::Absolute, Some((unit, printed))) = (limit.basis, limit.printed)
        && unit == measure.unit
    {
        return against(measure.comparator, measure.reported.units(), limit.op, printed.units());
    }
    let value = measure.value.units();
    let times = |reference: Option<Decimal>| match reference {
        Some(reference) => {
            against(measure.comparator, value * Decimal::ONE, limit.op, limit.limit.units() * reference.units())
        }
        None => Answer::Unknown,
    };
    // A baseline known only as a bound is none.
    let baseline = baseline.filter(|b| b.comparator == Comparator::Eq && b.suspect.is_none()).map(|b| b.value);
    match limit.basis {
        Basis::Absolute | Basis::Days => against(measure.comparator, value, limit.op, limit.limit.units()),
        Basis::Xuln => times(measure.high),
        Basis::Xlln => times(measure.low),
        Basis::Xbaseline | Basis::Doubling => times(baseline),
        Basis::Rise => match baseline {
            Some(baseline) => against(measure.comparator, value - baseline.units(), limit.op, limit.limit.units()),
            None => Answer::Unknown,
        },
        Basis::PercentOverBaseline => match baseline.map(Decimal::units) {
            Some(baseline) if baseline > 0 => {
                let gained = (value - baseline) * 100 * Decimal::ONE;
                against(measure.comparator, gained, limit.op, limit.limit.units() * baseline)
            }
            Some(_) | None => Answer::Unknown,
        },
    }
}

/// The routes of a definition over the items: any route is enough.
pub(super) fn routes(definition: &Definition, items: Items) -> Verdict {
    let own = items.of(definition.items());
    let mut answer = Answer::NotMet;
    for route in &definition.routes {
        let all = if own.not_met & route.all != 0 {
            Answer::NotMet
        } else if own.met & route.all == route.all {
            Answer::Met
        } else {
            Answer::Unknown
        };
        let (met, unknown) = ((own.met & route.of).count_ones(), (own.unknown & route.of).count_ones());
        let of = if met >= route.count {
            Answer::Met
        } else if met + unknown < route.count {
            Answer::NotMet
        } else {
            Answer::Unknown
        };
        answer = any(answer, both(all, of));
    }
    match answer {
        Answer::Met => Verdict::Met(own),
        Answer::NotMet => Verdict::NotMet(own),
        Answer::Unknown => Verdict::Unknown(own),
    }
}

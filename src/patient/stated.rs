//! A fact on its way into a course: what is kept of what a record says, within bounds.

use super::fact::CourseFact;
use crate::record::{
    Administration, Comparator, Condition, Finding, Millis, Patient, Procedure, Quantity, Response, ResultStatus, Stay,
    Text, Zone,
};

/// Longest name, site or severity that is kept, bytes.
pub const NAME_BYTES_MAX: usize = 120;
/// Longest unit or agent that is kept, bytes.
pub(super) const WORD_BYTES_MAX: usize = 60;
/// Agents or components of one procedure that are kept.
const AGENTS_MAX: usize = 16;

/// A fact as a record says it: what is kept of it, its status, and when it happened as far as the kind itself says.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// What happened.
    pub fact: CourseFact,
    /// Status of the entry.
    pub status: ResultStatus,
    /// The kind's own time.
    pub time: Option<Millis>,
}

impl Said {
    /// A dose of the product.
    #[must_use]
    pub fn dose(said: &Administration<'_>) -> Self {
        let dose = Administration {
            product: Text::default(),
            dose: said.dose.as_ref().map(quantity),
            dose_mg_m2: said.dose_mg_m2,
            start: said.start,
            stop: said.stop,
            intent: said.intent,
            cycle: said.cycle,
            cycle_day: said.cycle_day,
            status: ResultStatus::Final,
        };
        Self { fact: CourseFact::Dose(Box::new(dose)), status: said.status, time: said.start }
    }

    /// Defibrotide.
    #[must_use]
    pub const fn defibrotide(said: &Administration<'_>) -> Self {
        Self { fact: CourseFact::Defibrotide(said.intent), status: said.status, time: said.start }
    }

    /// A procedure.
    #[must_use]
    pub fn procedure(said: &Procedure<'_>) -> Self {
        let procedure = Procedure {
            kind: said.kind,
            name: None,
            start: said.start,
            stop: said.stop,
            agents: said.agents.iter().take(AGENTS_MAX).map(|agent| kept(agent, WORD_BYTES_MAX)).collect(),
            units: said.units,
            volume_ml: said.volume_ml,
            status: ResultStatus::Final,
        };
        Self { fact: CourseFact::Procedure(Box::new(procedure)), status: said.status, time: said.start }
    }

    /// A finding.
    #[must_use]
    pub fn finding(said: &Finding<'_>) -> Self {
        let finding = Finding {
            kind: said.kind,
            presence: said.presence,
            site: said.site.as_ref().map(name),
            grade: said.grade,
            name: said.name.as_ref().map(name),
            value: said.value.as_ref().map(quantity),
            status: ResultStatus::Final,
        };
        Self { fact: CourseFact::Finding(Box::new(finding)), status: said.status, time: None }
    }

    /// A diagnosis or state.
    #[must_use]
    pub fn condition(said: &Condition<'_>) -> Self {
        let condition = Condition {
            kind: said.kind,
            presence: said.presence,
            severity: said.severity.as_ref().map(name),
            name: said.name.as_ref().map(name),
            onset: said.onset,
            end: said.end,
            status: ResultStatus::Final,
        };
        Self { fact: CourseFact::Condition(Box::new(condition)), status: said.status, time: None }
    }

    /// A response; `zone` is the calendar of its date.
    #[must_use]
    pub fn response(said: &Response, zone: &Zone) -> Self {
        let time = said.date.and_then(|date| zone.start_of_day(date));
        let fact = CourseFact::Response(Response { status: ResultStatus::Final, ..said.clone() });
        Self { fact, status: said.status, time }
    }

    /// Admission, discharge, death.
    #[must_use]
    pub const fn stay(said: &Stay<'_>) -> Self {
        Self { fact: CourseFact::Stay(said.event), status: said.status, time: None }
    }

    /// Facts of the person.
    #[must_use]
    pub fn person(said: &Patient) -> Self {
        Self { fact: CourseFact::Person(Box::new(said.clone())), status: ResultStatus::Final, time: None }
    }

    /// No fact that is kept.
    #[must_use]
    pub const fn nothing(status: ResultStatus, time: Option<Millis>) -> Self {
        Self { fact: CourseFact::Nothing, status, time }
    }
}

/// The first moment of a day that is known to the day, where nothing says whose calendar it is of.
#[must_use]
pub fn start_of_day(date: crate::record::PartialDate) -> Option<Millis> {
    Zone::UTC.start_of_day(date)
}

fn quantity(said: &Quantity<'_>) -> Quantity<'static> {
    Quantity { comparator: Comparator::Eq, value: said.value, unit: kept(&said.unit, WORD_BYTES_MAX) }
}

pub(super) fn name(text: &Text<'_>) -> Text<'static> {
    kept(text, NAME_BYTES_MAX)
}

/// The text, cut at a character.
pub(super) fn kept(text: &Text<'_>, bytes_max: usize) -> Text<'static> {
    let text = text.as_str();
    let end = (0..=bytes_max.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Text::owned(text.get(..end).unwrap_or_default().to_owned())
}

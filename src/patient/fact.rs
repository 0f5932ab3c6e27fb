//! What happened to a patient, in the shape in which it is remembered: bounded texts, and nothing of who sent it.

use super::stated::{WORD_BYTES_MAX, kept, name};
use crate::record::state::{
    ConditionState, DefibrotideState, DoseState, FactState, FindingState, MergeState, NothingState, PersonState,
    ProcedureState, ResponseState, StateUnread, StayState, date_of, packed_date, word,
};
use crate::record::{
    Administration, Comparator, Condition, ConditionKind, Fact, Finding, FindingKind, Intent, Millis, Patient,
    Presence, Procedure, ProcedureKind, Pseudonym, Quantity, Response, ResponseResult, ResultStatus, Sex, Stay,
    StayEvent, Text,
};

/// What defibrotide is called where it is told on.
pub const DEFIBROTIDE: &str = "defibrotide";

/// What happened. What is common is small; what is large stands behind a pointer.
#[derive(Clone, Debug, PartialEq)]
pub enum CourseFact {
    /// A dose of the product.
    Dose(Box<Administration<'static>>),
    /// A procedure.
    Procedure(Box<Procedure<'static>>),
    /// A finding, at the bedside or reported.
    Finding(Box<Finding<'static>>),
    /// A diagnosis or state.
    Condition(Box<Condition<'static>>),
    /// Response of the leukaemia.
    Response(Response),
    /// Admission, discharge, death.
    Stay(StayEvent),
    /// Facts of the person.
    Person(Box<Patient>),
    /// This patient and another are one.
    Merge(Box<MergeFact>),
    /// Defibrotide was given, and why: treatment is a reason to suspect VOD/SOS.
    Defibrotide(Intent),
    /// No fact that is kept, as of another product; it stands so that an earlier version cannot return.
    Nothing,
}

/// Two pseudonyms are one patient, or are so no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeFact {
    /// Pseudonym that stays.
    pub survivor: Pseudonym,
    /// Pseudonym that is folded into it.
    pub merged: Pseudonym,
    /// Was it taken back?
    pub undone: bool,
}

/// How long a fact is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeping {
    /// For the kept span behind the patient's newest event.
    Span,
    /// As long as the patient, unless the bound of entries is reached.
    Lasting,
    /// As long as the patient: exposure and identity.
    Always,
}

impl CourseFact {
    /// How long it is kept. A dose, a transplant or a diagnosis of years ago still says what a patient's risk is.
    #[must_use]
    pub const fn keeping(&self) -> Keeping {
        match self {
            Self::Dose(_) | Self::Merge(_) => Keeping::Always,
            Self::Procedure(procedure) => match procedure.kind {
                ProcedureKind::Hsct | ProcedureKind::Conditioning => Keeping::Always,
                ProcedureKind::RedCellTransfusion
                | ProcedureKind::PlateletTransfusion
                | ProcedureKind::Paracentesis
                | ProcedureKind::Dialysis
                | ProcedureKind::Ventilation
                | ProcedureKind::Biopsy
                | ProcedureKind::Imaging
                | ProcedureKind::Other => Keeping::Span,
            },
            Self::Condition(_) | Self::Person(_) => Keeping::Lasting,
            Self::Finding(_) | Self::Response(_) | Self::Stay(_) | Self::Defibrotide(_) | Self::Nothing => {
                Keeping::Span
            }
        }
    }

    /// The dose, where it is one.
    #[must_use]
    pub fn dose(&self) -> Option<&Administration<'static>> {
        if let Self::Dose(said) = self { Some(said) } else { None }
    }

    /// The procedure, where it is one.
    #[must_use]
    pub fn procedure(&self) -> Option<&Procedure<'static>> {
        if let Self::Procedure(said) = self { Some(said) } else { None }
    }

    /// The finding, where it is one.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding<'static>> {
        if let Self::Finding(said) = self { Some(said) } else { None }
    }

    /// The condition, where it is one.
    #[must_use]
    pub fn condition(&self) -> Option<&Condition<'static>> {
        if let Self::Condition(said) = self { Some(said) } else { None }
    }

    /// The response, where it is one.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        if let Self::Response(said) = self { Some(said) } else { None }
    }

    /// Admission, discharge or death, where it is one.
    #[must_use]
    pub const fn stay(&self) -> Option<StayEvent> {
        if let Self::Stay(said) = self { Some(*said) } else { None }
    }

    /// Facts of the person, where it is some.
    #[must_use]
    pub fn person(&self) -> Option<&Patient> {
        if let Self::Person(said) = self { Some(said) } else { None }
    }

    /// Why defibrotide was given, where it was.
    #[must_use]
    pub const fn defibrotide(&self) -> Option<Intent> {
        if let Self::Defibrotide(said) = self { Some(*said) } else { None }
    }

    /// Notes when it began, where its kind says so itself.
    pub(super) fn began(&mut self, time: Millis) {
        match self {
            Self::Dose(dose) => dose.start = Some(time),
            Self::Procedure(procedure) => procedure.start = Some(time),
            Self::Finding(_)
            | Self::Condition(_)
            | Self::Response(_)
            | Self::Stay(_)
            | Self::Person(_)
            | Self::Merge(_)
            | Self::Defibrotide(_)
            | Self::Nothing => {}
        }
    }

    /// Is it told to another key? A merge concerns this one alone.
    #[must_use]
    pub const fn travels(&self) -> bool {
        !matches!(self, Self::Merge(_) | Self::Nothing)
    }

    /// The fact as a record for another key says it, with the entry's status; `product` is the product's name. `None` for
    /// what concerns this key alone.
    #[must_use]
    pub fn to_record(&self, status: ResultStatus, product: &'static str) -> Option<Fact<'_>> {
        Some(match self {
            Self::Dose(dose) => {
                Fact::Administration(Administration { product: product.into(), status, ..(**dose).clone() })
            }
            Self::Procedure(procedure) => Fact::Procedure(Procedure { status, ..(**procedure).clone() }),
            Self::Finding(finding) => Fact::Finding(Finding { status, ..(**finding).clone() }),
            Self::Condition(condition) => Fact::Condition(Condition { status, ..(**condition).clone() }),
            Self::Response(response) => Fact::Response(Response { status, ..response.clone() }),
            Self::Stay(event) => Fact::Stay(Stay { event: *event, ward: None, status }),
            Self::Person(person) => Fact::Patient((**person).clone()),
            Self::Defibrotide(intent) => Fact::Administration(Administration {
                product: Text::borrowed(DEFIBROTIDE),
                dose: None,
                dose_mg_m2: None,
                start: None,
                stop: None,
                intent: *intent,
                cycle: None,
                cycle_day: None,
                status,
            }),
            Self::Merge(_) | Self::Nothing => return None,
        })
    }

    /// The fact for the changelog.
    #[must_use]
    pub fn to_state(&self) -> FactState<'_> {
        match self {
            Self::Dose(dose) => FactState::Dose(DoseState {
                dose_value: dose.dose.as_ref().map(|dose| dose.value),
                dose_unit: dose.dose.as_ref().map(|dose| lent(&dose.unit)),
                dose_mg_m2: dose.dose_mg_m2,
                stop: dose.stop.map(|stop| stop.0),
                intent: dose.intent.name().into(),
                cycle: dose.cycle,
                cycle_day: dose.cycle_day,
            }),
            Self::Procedure(procedure) => FactState::Procedure(ProcedureState {
                procedure: procedure.kind.name().into(),
                stop: procedure.stop.map(|stop| stop.0),
                agents: procedure.agents.iter().map(lent).collect(),
                units: procedure.units,
                volume_ml: procedure.volume_ml,
            }),
            Self::Finding(finding) => FactState::Finding(FindingState {
                finding: finding.kind.name().into(),
                presence: finding.presence.name().into(),
                site: finding.site.as_ref().map(lent),
                grade: finding.grade,
                name: finding.name.as_ref().map(lent),
                value: finding.value.as_ref().map(|value| value.value),
                unit: finding.value.as_ref().map(|value| lent(&value.unit)),
            }),
            Self::Condition(condition) => FactState::Condition(ConditionState {
                condition: condition.kind.name().into(),
                presence: condition.presence.name().into(),
                severity: condition.severity.as_ref().map(lent),
                name: condition.name.as_ref().map(lent),
                onset: packed_date(condition.onset),
                end: packed_date(condition.end),
            }),
            Self::Response(response) => FactState::Response(ResponseState {
                response: response.result.name().into(),
                mrd_negative: response.mrd_negative,
                date: packed_date(response.date),
            }),
            Self::Stay(event) => FactState::Stay(StayState { event: event.name().into() }),
            Self::Person(person) => FactState::Person(PersonState {
                birth_year: person.birth_year,
                sex: person.sex.map(|sex| sex.name().into()),
                height_cm: person.height_cm,
            }),
            Self::Merge(merge) => FactState::Merge(MergeState {
                survivor: merge.survivor.to_string().into(),
                merged: merge.merged.to_string().into(),
                undone: merge.undone,
            }),
            Self::Defibrotide(intent) => FactState::Defibrotide(DefibrotideState { why: intent.name().into() }),
            Self::Nothing => FactState::Nothing(NothingState { nothing: true }),
        }
    }

    /// The fact of the changelog, that happened at `time`.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub fn of_state(state: &FactState<'_>, time: Millis) -> Result<Self, StateUnread> {
        let status = ResultStatus::Final;
        let quantity = |value: Option<f64>, unit: &Option<Text<'_>>| {
            let unit = unit.as_ref().map(|unit| kept(unit, WORD_BYTES_MAX)).unwrap_or_default();
            value.map(|value| Quantity { comparator: Comparator::Eq, value, unit })
        };
        Ok(match state {
            FactState::Dose(dose) => Self::Dose(Box::new(Administration {
                product: Text::default(),
                dose: quantity(dose.dose_value, &dose.dose_unit),
                dose_mg_m2: dose.dose_mg_m2,
                start: Some(time),
                stop: dose.stop.map(Millis),
                intent: word(Intent::ALL, Intent::name, &dose.intent)?,
                cycle: dose.cycle,
                cycle_day: dose.cycle_day,
                status,
            })),
            FactState::Procedure(procedure) => Self::Procedure(Box::new(Procedure {
                kind: word(ProcedureKind::ALL, ProcedureKind::name, &procedure.procedure)?,
                name: None,
                start: Some(time),
                stop: procedure.stop.map(Millis),
                agents: procedure.agents.iter().map(|agent| kept(agent, WORD_BYTES_MAX)).collect(),
                units: procedure.units,
                volume_ml: procedure.volume_ml,
                status,
            })),
            FactState::Finding(finding) => Self::Finding(Box::new(Finding {
                kind: word(FindingKind::ALL, FindingKind::name, &finding.finding)?,
                presence: word(Presence::ALL, Presence::name, &finding.presence)?,
                site: finding.site.as_ref().map(name),
                grade: finding.grade,
                name: finding.name.as_ref().map(name),
                value: quantity(finding.value, &finding.unit),
                status,
            })),
            FactState::Condition(condition) => Self::Condition(Box::new(Condition {
                kind: word(ConditionKind::ALL, ConditionKind::name, &condition.condition)?,
                presence: word(Presence::ALL, Presence::name, &condition.presence)?,
                severity: condition.severity.as_ref().map(name),
                name: condition.name.as_ref().map(name),
                onset: date_of(condition.onset)?,
                end: date_of(condition.end)?,
                status,
            })),
            FactState::Response(response) => Self::Response(Response {
                result: word(ResponseResult::ALL, ResponseResult::name, &response.response)?,
                mrd_negative: response.mrd_negative,
                date: date_of(response.date)?,
                status,
            }),
            FactState::Stay(stay) => Self::Stay(word(StayEvent::ALL, StayEvent::name, &stay.event)?),
            FactState::Person(person) => Self::Person(Box::new(Patient {
                birth_year: person.birth_year,
                sex: person.sex.as_ref().map(|sex| word(Sex::ALL, Sex::name, sex)).transpose()?,
                height_cm: person.height_cm,
            })),
            FactState::Merge(merge) => Self::Merge(Box::new(MergeFact {
                survivor: merge.survivor.parse().map_err(|_| StateUnread::Malformed)?,
                merged: merge.merged.parse().map_err(|_| StateUnread::Malformed)?,
                undone: merge.undone,
            })),
            FactState::Defibrotide(given) => Self::Defibrotide(word(Intent::ALL, Intent::name, &given.why)?),
            FactState::Nothing(_) => Self::Nothing,
        })
    }
}

fn lent<'t>(text: &'t Text<'_>) -> Text<'t> {
    Text::borrowed(text.as_str())
}

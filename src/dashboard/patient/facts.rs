//! What happened to a patient, kind by kind.

use super::PersonView;
use crate::detect::{CourseView, place};
use crate::patient::{CourseEntry, CourseFact};
use crate::profile::Profile;
use crate::record::{Millis, Sex};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most cases that are named.
const REPORTS_MAX: usize = 64;

/// A dose of the product.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DoseView {
    /// Start.
    pub time: Millis,
    /// End.
    pub stop: Option<Millis>,
    /// mg/m², as recorded.
    pub dose_mg_m2: Option<f64>,
    /// Amount as recorded.
    pub dose_value: Option<f64>,
    /// Its unit.
    pub dose_unit: Option<String>,
    /// Cycle.
    pub cycle: u32,
    /// Day of the cycle.
    pub day: i64,
    /// Are cycle and day inferred?
    pub inferred: bool,
    /// Why it was given.
    pub intent: &'static str,
    /// Status.
    pub status: &'static str,
}

/// A procedure.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProcedureView {
    /// Start.
    pub time: Millis,
    /// Kind.
    pub procedure: &'static str,
    /// End.
    pub stop: Option<Millis>,
    /// Agents or components.
    pub agents: Vec<String>,
    /// Units.
    pub units: Option<f64>,
    /// Volume, mL.
    pub volume_ml: Option<f64>,
    /// Status.
    pub status: &'static str,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FindingView {
    /// When.
    pub time: Millis,
    /// Kind.
    pub finding: &'static str,
    /// There, not there, or unsure.
    pub presence: &'static str,
    /// Anatomical site.
    pub site: Option<String>,
    /// CTCAE grade.
    pub grade: Option<i32>,
    /// As recorded.
    pub name: Option<String>,
    /// Measured value.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Option<String>,
    /// Case or merged patient that it came from.
    pub via: Option<String>,
    /// Status.
    pub status: &'static str,
}

/// A diagnosis or state.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConditionView {
    /// When it was said.
    pub time: Millis,
    /// Kind.
    pub condition: &'static str,
    /// There, not there, or unsure.
    pub presence: &'static str,
    /// Severity as recorded.
    pub severity: Option<String>,
    /// As recorded.
    pub name: Option<String>,
    /// Start, ISO 8601.
    pub onset: Option<String>,
    /// End, ISO 8601.
    pub end: Option<String>,
    /// Case or merged patient that it came from.
    pub via: Option<String>,
    /// Status.
    pub status: &'static str,
}

/// Admission, discharge or death.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StayView {
    /// When.
    pub time: Millis,
    /// Which.
    pub event: &'static str,
}

/// Response of the leukaemia.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResponseView {
    /// When.
    pub time: Millis,
    /// Result.
    pub response: &'static str,
    /// Minimal residual disease negative?
    pub mrd_negative: Option<bool>,
}

/// Another medicine that matters.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DrugView {
    /// When.
    pub time: Millis,
    /// Which.
    pub drug: &'static str,
    /// Why.
    pub why: &'static str,
}

/// Everything that happened, by time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Facts {
    /// Doses of the product.
    pub doses: Vec<DoseView>,
    /// Procedures.
    pub procedures: Vec<ProcedureView>,
    /// Findings.
    pub findings: Vec<FindingView>,
    /// Diagnoses and states.
    pub conditions: Vec<ConditionView>,
    /// Stays.
    pub stays: Vec<StayView>,
    /// Responses.
    pub responses: Vec<ResponseView>,
    /// Other medicines.
    pub other_drugs: Vec<DrugView>,
}

/// The person's facts, the latest word on each.
pub fn person(view: &CourseView<'_>) -> PersonView {
    let mut person = PersonView::default();
    for said in view.course.facts().rev().filter_map(|entry| entry.fact.person()) {
        person.birth_year = person.birth_year.or(said.birth_year);
        person.sex = person.sex.or(said.sex.map(Sex::name));
        person.height_cm = person.height_cm.or(said.height_cm);
    }
    person
}

/// Pseudonyms of the cases that tell of the patient.
pub fn reports(view: &CourseView<'_>) -> Vec<String> {
    let by_case = view.course.facts().filter(|entry| entry.path().is_empty()).filter_map(CourseEntry::from);
    let cases: BTreeSet<String> = by_case.map(|key| key.to_string()).collect();
    cases.into_iter().take(REPORTS_MAX).collect()
}

fn own(text: &Option<crate::record::Text<'_>>) -> Option<String> {
    text.as_ref().map(|text| text.as_str().to_owned())
}

/// Facts of the course, withdrawn ones among them and said to be so.
pub fn all(profile: &Profile, view: &CourseView<'_>) -> Facts {
    let mut facts = Facts::default();
    let placed = place(profile, &view.at(Millis(i64::MAX)));
    for entry in view.course.entries() {
        let (time, status) = (entry.time, entry.status.name());
        let via = entry.from().map(|from| from.to_string());
        match &entry.fact {
            CourseFact::Dose(dose) => {
                let at = placed.doses.iter().find(|(placed, _)| placed.at == time).map(|(_, place)| place);
                facts.doses.push(DoseView {
                    time,
                    stop: dose.stop,
                    dose_mg_m2: dose.dose_mg_m2,
                    dose_value: dose.dose.as_ref().map(|dose| dose.value),
                    dose_unit: dose.dose.as_ref().map(|dose| dose.unit.as_str().to_owned()),
                    cycle: at.map_or(0, |place| place.cycle),
                    day: at.map_or(0, |place| place.day),
                    inferred: at.is_none_or(|place| place.inferred),
                    intent: dose.intent.name(),
                    status,
                });
            }
            CourseFact::Procedure(done) => facts.procedures.push(ProcedureView {
                time,
                procedure: done.kind.name(),
                stop: done.stop,
                agents: done.agents.iter().map(|agent| agent.as_str().to_owned()).collect(),
                units: done.units,
                volume_ml: done.volume_ml,
                status,
            }),
            CourseFact::Finding(found) => facts.findings.push(FindingView {
                time,
                finding: found.kind.name(),
                presence: found.presence.name(),
                site: own(&found.site),
                grade: found.grade,
                name: own(&found.name),
                value: found.value.as_ref().map(|value| value.value),
                unit: found.value.as_ref().map(|value| value.unit.as_str().to_owned()),
                via,
                status,
            }),
            CourseFact::Condition(said) => facts.conditions.push(ConditionView {
                time,
                condition: said.kind.name(),
                presence: said.presence.name(),
                severity: own(&said.severity),
                name: own(&said.name),
                onset: said.onset.map(|date| date.to_string()),
                end: said.end.map(|date| date.to_string()),
                via,
                status,
            }),
            CourseFact::Response(said) if entry.holds() => facts.responses.push(ResponseView {
                time,
                response: said.result.name(),
                mrd_negative: said.mrd_negative,
            }),
            CourseFact::Stay(event) if entry.holds() => facts.stays.push(StayView { time, event: event.name() }),
            CourseFact::Defibrotide(why) if entry.holds() => {
                facts.other_drugs.push(DrugView { time, drug: "defibrotide", why: why.name() });
            }
            CourseFact::Response(_)
            | CourseFact::Stay(_)
            | CourseFact::Defibrotide(_)
            | CourseFact::Person(_)
            | CourseFact::Merge(_)
            | CourseFact::Nothing => {}
        }
    }
    facts
}

//! Watched patients: the course of each as the changelog has it, read when somebody asks.

use crate::patient::Course;
use crate::record::state::{FactState, PatientState, StateBody, StateCodec};
use crate::record::{Millis, ProcedureKind, ResultStatus};

/// The course of one watched patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Partition of the patient's shard.
    pub partition: i32,
    /// The value of the changelog.
    pub bytes: Box<[u8]>,
    /// The site that spoke of the patient last.
    pub site: Box<str>,
    /// Newest recorded-at.
    pub heard: Millis,
}

impl Kept {
    /// What is kept of a value of the changelog; `None` for a patient who is not watched, or of whom reports alone tell: the
    /// desk of cases has those, and they are no patients of a ward.
    #[must_use]
    pub fn of(state: &PatientState<'_>, partition: i32, bytes: &[u8]) -> Option<Self> {
        (is_watched(state) && is_of_a_ward(state)).then(|| Self {
            partition,
            bytes: bytes.into(),
            site: state.said.as_ref().map_or("", |said| said.site.as_str()).into(),
            heard: Millis(state.heard),
        })
    }

    /// The course, and what was said of the patient: criteria by concern.
    #[must_use]
    pub fn open(&self) -> Option<Opened> {
        let mut scratch = Vec::new();
        let state = StateCodec::get().decode(&self.bytes, &mut scratch).ok()?;
        let StateBody::Patient(state) = state.body else { return None };
        let course = Course::of_state(&state).ok()?;
        let episodes = state.said.iter().flat_map(|said| &said.episodes);
        let said = episodes.flat_map(|episode| &episode.ever).map(|criterion| criterion.as_str().to_owned()).collect();
        Some(Opened { course, said })
    }
}

/// A course that can be asked.
#[derive(Debug)]
pub struct Opened {
    /// The course.
    pub course: Course,
    /// Criteria that the latest episode of each concern has said.
    pub said: Vec<String>,
}

/// Does a ward or a laboratory tell of the patient?
fn is_of_a_ward(state: &PatientState<'_>) -> bool {
    !state.series.is_empty() || !state.sent_on.is_empty() || state.entries.iter().any(|entry| entry.via.is_none())
}

/// Had the patient the product or a transplant, as [`Course::is_watched`] asks?
fn is_watched(state: &PatientState<'_>) -> bool {
    state.entries.iter().filter(|entry| entry.status.as_str() != ResultStatus::Withdrawn.name()).any(|entry| {
        match &entry.fact {
            FactState::Dose(_) => true,
            FactState::Procedure(procedure) => procedure.procedure.as_str() == ProcedureKind::Hsct.name(),
            FactState::Finding(_)
            | FactState::Condition(_)
            | FactState::Response(_)
            | FactState::Stay(_)
            | FactState::Person(_)
            | FactState::Merge(_)
            | FactState::Nothing(_)
            | FactState::Defibrotide(_) => false,
        }
    })
}

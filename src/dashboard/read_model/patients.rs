//! Watched patients: the course of each as the changelog has it, in records of facts and of values, read when somebody asks.

use crate::patient::Course;
use crate::record::state::{FactState, PatientState, PatientValuesState, StateBody, StateCodec};
use crate::record::{Millis, ProcedureKind, ResultStatus};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A record of the changelog: its bytes are read when somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    bytes: Arc<[u8]>,
    /// Counts the patient's changes.
    turn: i64,
    heard: Millis,
    /// Values in all of the patient's segments, as this record says.
    kept: usize,
    /// Values in this one.
    values: usize,
}

/// The course of one watched patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Partition of the patient's shard.
    pub partition: i32,
    /// The site that spoke of the patient last.
    pub site: Box<str>,
    /// Newest recorded-at.
    pub heard: Millis,
    facts: Option<Held>,
    segments: BTreeMap<u16, Held>,
    /// Was everything there that the latest record counts?
    whole: bool,
}

impl Kept {
    /// A patient of whom nothing was taken yet.
    #[must_use]
    pub fn new(partition: i32) -> Self {
        Self {
            partition,
            site: Box::default(),
            heard: Millis::default(),
            facts: None,
            segments: BTreeMap::new(),
            whole: false,
        }
    }

    /// Takes the record of facts.
    pub fn take_facts(&mut self, state: &PatientState<'_>, bytes: &[u8]) {
        self.site = state.said.as_ref().map_or("", |said| said.site.as_str()).into();
        let kept = usize::try_from(state.kept).unwrap_or_default();
        let heard = Millis(state.heard);
        self.facts = Some(Held { bytes: bytes.into(), turn: state.turn, heard, kept, values: 0 });
        self.settle();
    }

    /// Takes a segment of values.
    pub fn take_segment(&mut self, at: u16, state: &PatientValuesState<'_>, bytes: &[u8]) {
        let sent_on = state.sent_on.iter().flat_map(|road| &road.series);
        let values = state.series.iter().chain(sent_on).map(|series| series.values.len()).sum();
        let kept = usize::try_from(state.kept).unwrap_or_default();
        let heard = Millis(state.heard);
        self.segments.insert(at, Held { bytes: bytes.into(), turn: state.turn, heard, kept, values });
        self.settle();
    }

    /// A segment is gone.
    pub fn forget_segment(&mut self, at: u16) {
        self.segments.remove(&at);
        self.settle();
    }

    fn settle(&mut self) {
        let Some(latest) = self.facts.iter().chain(self.segments.values()).max_by_key(|held| held.turn) else { return };
        self.heard = latest.heard;
        // Between two records of one change a course that was whole stays so.
        self.whole |= latest.kept == self.segments.values().map(|held| held.values).sum::<usize>();
    }

    /// Is everything known of the patient? Of one who was let go there may be a part only.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.whole && self.facts.is_some()
    }

    /// The course, and what was said of the patient: criteria by concern.
    #[must_use]
    pub fn open(&self) -> Option<Opened> {
        let (mut course, mut scratch) = (Course::default(), Vec::new());
        let facts = StateCodec::get().decode(&self.facts.as_ref()?.bytes, &mut scratch).ok()?;
        let StateBody::Patient(facts) = facts.body else { return None };
        course.take_facts(&facts).ok()?;
        let episodes = facts.said.iter().flat_map(|said| &said.episodes);
        let said = episodes.flat_map(|episode| &episode.ever).map(|criterion| criterion.as_str().to_owned()).collect();
        for (at, held) in &self.segments {
            let mut scratch = Vec::new();
            let values = StateCodec::get().decode(&held.bytes, &mut scratch).ok()?;
            let StateBody::PatientValues(values) = values.body else { return None };
            course.take_segment(*at, &values).ok()?;
        }
        // Asked between two records of one change, the course is as far as is known, for a moment.
        let _ = course.settle(None);
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

/// Is it a watched patient of whom a ward or a laboratory tells? The desk of cases has those of whom reports alone tell.
#[must_use]
pub fn is_of_a_ward(state: &PatientState<'_>) -> bool {
    let values = state.kept > 0 || !state.series.is_empty() || !state.sent_on.is_empty();
    is_watched(state) && (values || state.entries.iter().any(|entry| entry.via.is_none()))
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

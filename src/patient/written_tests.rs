//! A course through the changelog: whenever it is written and read back, in whatever order its records come, nothing is
//! other than if it had stayed in memory; and a record that is missing is noticed.

use super::*;
use crate::normalise::Measure;
use crate::profile::{Analyte, Decimal, Unit};
use crate::record::state::{PatientState, SaidState, State, StateBody, StateCodec, tests::v2_of};
use crate::record::{Comparator, Millis, Procedure, ProcedureKind, Pseudonym, ResultStatus, StayEvent};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RULES: CourseRules = CourseRules { span: 60, unexposed_span: 30, forget: 1, entries_max: 3, values_max: 12 };

/// A step of one patient.
#[derive(Clone, Debug)]
enum StepOf {
    /// Where it is judged, a tick looks again when `due` from then on.
    Value {
        id: u8,
        analyte: bool,
        time: i64,
        version: u8,
        road: u8,
        due: i64,
    },
    Stay {
        id: u8,
        time: i64,
    },
    Transplant {
        withdrawn: bool,
    },
    /// Something is said, and a tick looks again at another time.
    Speak {
        due: i64,
    },
}

/// What happens behind a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Nothing,
    Write,
    /// Written and read back, the records in an order that the number gives.
    Restore(u8),
}

fn step_of() -> impl Strategy<Value = StepOf> {
    prop_oneof![
        20 => (0u8..80, any::<bool>(), 0i64..90, 0u8..4, prop_oneof![3 => Just(0u8), 1 => 1u8..3], 0i64..9)
            .prop_map(|(id, analyte, time, version, road, due)| StepOf::Value { id, analyte, time, version, road, due }),
        1 => (0u8..6, 0i64..90).prop_map(|(id, time)| StepOf::Stay { id, time }),
        1 => any::<bool>().prop_map(|withdrawn| StepOf::Transplant { withdrawn }),
        1 => (0i64..1000).prop_map(|due| StepOf::Speak { due }),
    ]
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![4 => Just(Then::Nothing), 1 => Just(Then::Write), 1 => any::<u8>().prop_map(Then::Restore)]
}

fn pseudonym(n: u8) -> Pseudonym {
    Pseudonym { key_id: 7, hash: u128::from(n) }
}

/// The records of a patient by key: the facts, and the segments by number.
type Records = BTreeMap<Option<u16>, Vec<u8>>;

#[derive(Clone, Default)]
struct Kept {
    course: Course,
    /// When a tick looks again, once anything was said.
    due: Option<Millis>,
    records: Records,
    step: i64,
}

fn encoded(body: StateBody<'_>) -> Vec<u8> {
    StateCodec::get().encode(&State { body }).unwrap()
}

fn with_due(mut state: PatientState<'_>, due: Option<Millis>) -> PatientState<'_> {
    state.said = due.map(|due| SaidState { due: Some(due.0), ..SaidState::default() });
    state
}

impl Kept {
    fn step(&mut self, step: &StepOf) {
        self.step += 1;
        let content = u64::try_from(self.step).unwrap();
        match *step {
            StepOf::Value { id, analyte, time, version, road, due } => {
                let value = Decimal::from_f64(f64::from(version) + 1.5).unwrap();
                let measure = Measure {
                    value,
                    reported: value,
                    unit: Unit::One,
                    comparator: Comparator::Eq,
                    low: None,
                    high: None,
                    high_of_site: false,
                    suspect: None,
                };
                let arrival = ValueArrival {
                    id: u128::from(id),
                    event_time: Some(Millis(time)),
                    recorded_at: Millis(time + 10 + i64::from(version) * 40),
                    content,
                    offset: self.step,
                    analyte: if analyte { Analyte::Alt } else { Analyte::Ast },
                    measure: Ok(measure),
                    status: [
                        ResultStatus::Final,
                        ResultStatus::Final,
                        ResultStatus::Corrected,
                        ResultStatus::Withdrawn,
                    ][usize::from(version)],
                };
                let via = (road > 0).then(|| Via { from: pseudonym(road), path: vec![pseudonym(9)] });
                let (fold, _) = self.course.fold_value(&RULES, &arrival, via);
                if matches!(fold, CourseFold::New | CourseFold::Corrected) {
                    self.due = self.due.map(|_| Millis(due));
                }
            }
            StepOf::Stay { id, time } => {
                self.fact(u128::from(id), time, ResultStatus::Final, CourseFact::Stay(StayEvent::Admission));
            }
            StepOf::Transplant { withdrawn } => {
                let procedure = Procedure {
                    kind: ProcedureKind::Hsct,
                    name: None,
                    start: None,
                    stop: None,
                    agents: Vec::new(),
                    units: None,
                    volume_ml: None,
                    status: ResultStatus::Final,
                };
                let status = if withdrawn { ResultStatus::Withdrawn } else { ResultStatus::Final };
                self.fact(99, 50, status, CourseFact::Procedure(Box::new(procedure)));
            }
            StepOf::Speak { due } => {
                self.course.touch_facts();
                self.due = Some(Millis(due));
            }
        }
        self.course.seal(self.due);
    }

    fn fact(&mut self, id: u128, time: i64, status: ResultStatus, fact: CourseFact) {
        let said = Said { fact, status, time: Some(Millis(time)) };
        let (content, recorded_at) = (u64::try_from(self.step).unwrap(), Millis(100 + self.step));
        let offset = self.step;
        self.course.fold(&RULES, Arrival { id, event_time: None, recorded_at, content, offset, via: None, said });
    }

    /// Writes what changed; gives how many records that were.
    fn write(&mut self) -> usize {
        let mut written = 0;
        let mut put = |key, body: Option<StateBody<'_>>| {
            written += 1;
            match body {
                Some(body) => drop(self.records.insert(key, encoded(body))),
                None => drop(self.records.remove(&key)),
            }
        };
        if self.course.facts_changed() {
            let facts = self.course.facts_to_state(self.due);
            put(None, facts.map(|(state, due)| StateBody::Patient(with_due(state, due))));
        }
        for at in (0..self.course.segments()).filter(|at| self.course.segment_changed(*at)) {
            put(Some(at), self.course.segment_to_state(at).map(StateBody::PatientValues));
        }
        self.course.note_written();
        written
    }

    /// What the records give, taken in an order.
    fn read(records: &Records, order: u8) -> Result<(Course, Option<Millis>), RecordMissing> {
        let mut records: Vec<_> = records.iter().collect();
        records.sort_by_key(|(key, _)| key.map_or(0, |at| at + 1).wrapping_mul(u16::from(order) * 2 + 1) % 64);
        let (mut course, mut due) = (Course::default(), None);
        for (key, value) in records {
            let mut scratch = Vec::new();
            match (StateCodec::get().decode(value, &mut scratch).unwrap().body, key) {
                (StateBody::Patient(state), None) => {
                    course.take_facts(&state).unwrap();
                    due = state.said.and_then(|said| said.due).map(Millis);
                }
                (StateBody::PatientValues(state), Some(at)) => {
                    // What was written before comes first, and does not hold.
                    let mut before = state.clone();
                    before.series.truncate(1);
                    course.take_segment(*at, &before).unwrap();
                    course.take_segment(*at, &state).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
        let due = course.settle(due)?;
        Ok((course, due))
    }

    fn then(&mut self, then: Then) {
        if then != Then::Nothing {
            self.write();
        }
        if let Then::Restore(order) = then
            && !self.records.is_empty()
        {
            (self.course, self.due) = Self::read(&self.records, order).unwrap();
        }
    }

    /// The release before: everything in one record.
    fn of_the_release_before(&mut self) {
        if self.course.is_unwritten() {
            return;
        }
        let state = with_due(self.course.to_state(), self.due);
        let value = v2_of(&State { body: StateBody::Patient(state) });
        self.records = BTreeMap::from([(None, value)]);
        (self.course, self.due) = Self::read(&self.records, 0).unwrap();
    }

    fn said(&self) -> (String, Option<Millis>) {
        (serde_json::to_string(&self.course.to_state()).unwrap(), self.due)
    }

    fn turn_of(value: &[u8]) -> i64 {
        match StateCodec::get().decode(value, &mut Vec::new()).unwrap().body {
            StateBody::Patient(state) => state.turn,
            StateBody::PatientValues(state) => state.turn,
            other => panic!("{other:?}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
fn config() -> ProptestConfig {
    let cases = std::env::var("VIGIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn writing_and_reading_back_anywhere_changes_no_course_and_no_byte(
        steps in proptest::collection::vec((step_of(), then()), 1..160)
    ) {
        let (mut straight, mut cut) = (Kept::default(), Kept::default());
        let mut most = 0;
        for (step, then) in &steps {
            straight.step(step);
            cut.step(step);
            cut.then(*then);
            most = most.max(cut.course.values().len());
            prop_assert_eq!(straight.said(), cut.said());
        }
        straight.write();
        cut.write();
        prop_assert_eq!(&straight.records, &cut.records);
        let segments = cut.records.keys().flatten().count();
        // A new value comes before the old ones go.
        let bound = (most + 1).div_ceil(usize::from(SEGMENT_VALUES));
        prop_assert!(segments <= bound, "{} segments of {} values", segments, most);
        if cut.records.is_empty() {
            return Ok(());
        }
        for order in 0..4 {
            let (course, due) = Kept::read(&cut.records, order).unwrap();
            prop_assert_eq!(Kept { course, due, ..Kept::default() }.said(), straight.said());
        }
        // Without any record but the one that was written last alone, the others say that something is missing.
        let newest = cut.records.values().map(|value| Kept::turn_of(value)).max();
        for (key, value) in &cut.records {
            let alone = cut.records.values().filter(|value| Some(Kept::turn_of(value)) == newest).count() == 1;
            if alone && Some(Kept::turn_of(value)) == newest {
                continue;
            }
            let mut without = cut.records.clone();
            without.remove(key);
            prop_assert_eq!(Kept::read(&without, 0).err(), Some(RecordMissing), "{:?}", key);
        }
    }

    #[test]
    fn a_patient_of_the_release_before_goes_on_as_if_it_had_been_written_so(
        before in proptest::collection::vec(step_of(), 1..80),
        after in proptest::collection::vec((step_of(), then()), 1..80)
    ) {
        let mut kept = Kept::default();
        before.iter().for_each(|step| kept.step(step));
        let mut never = kept.clone();
        kept.of_the_release_before();
        prop_assert_eq!(never.said(), kept.said());
        let old = kept.records.clone();
        let (mut straight, mut cut) = (kept.clone(), kept);
        for (step, then) in &after {
            never.step(step);
            straight.step(step);
            cut.step(step);
            cut.then(*then);
            prop_assert_eq!(never.said(), cut.said());
        }
        straight.write();
        cut.write();
        prop_assert_eq!(&straight.records, &cut.records);
        // Nothing of it is left in the old form once anything was written.
        if cut.records != old {
            for value in cut.records.values() {
                if let StateBody::Patient(state) = StateCodec::get().decode(value, &mut Vec::new()).unwrap().body {
                    prop_assert!(state.series.is_empty() && state.sent_on.is_empty());
                }
            }
        }
    }
}

#[test]
fn a_quiet_value_writes_its_segment_alone_and_a_fact_the_facts_alone() {
    let mut kept = Kept::default();
    let value = |id: u8| {
        let (analyte, time, due) = (id.is_multiple_of(2), 40 + i64::from(id), i64::from(id));
        StepOf::Value { id, analyte, time, version: 0, road: 0, due }
    };
    kept.step(&StepOf::Transplant { withdrawn: false });
    kept.step(&StepOf::Speak { due: 1 });
    kept.step(&value(0));
    assert_eq!(kept.write(), 2, "the first value makes the facts know of it");
    for id in 1..20 {
        kept.step(&value(id));
        assert_eq!(kept.write(), 1, "value {id}");
    }
    assert_eq!(kept.records.len(), 3);
    kept.step(&StepOf::Stay { id: 1, time: 60 });
    assert_eq!(kept.write(), 1);
    // A correction rewrites the segment of what it corrects.
    let before = kept.records.clone();
    kept.step(&StepOf::Value { id: 3, analyte: true, time: 41, version: 2, road: 0, due: 1 });
    assert_eq!(kept.write(), 1);
    let other: Vec<_> = kept.records.iter().filter(|(key, value)| before.get(*key) != Some(value)).collect();
    assert_eq!(other.iter().map(|(key, _)| **key).collect::<Vec<_>>(), [Some(0)]);
    // Without the product or a transplant the patient is none that anybody watches: every record says so.
    kept.step(&StepOf::Transplant { withdrawn: true });
    assert_eq!(kept.write(), 3);
}

#[test]
fn values_that_all_go_leave_tombstones_and_the_course_its_times() {
    let mut kept = Kept::default();
    kept.step(&StepOf::Value { id: 1, analyte: true, time: 5, version: 0, road: 1, due: 1 });
    assert_eq!(kept.write(), 1);
    assert_eq!(kept.records.keys().collect::<Vec<_>>(), [&Some(0)], "no fact was ever told");
    // A fact of much later: the value is older than what is kept.
    kept.step(&StepOf::Stay { id: 1, time: 80 });
    assert_eq!((kept.course.values().len(), kept.write()), (0, 2));
    assert_eq!(kept.records.keys().collect::<Vec<_>>(), [&None]);
    let (course, _) = Kept::read(&kept.records, 0).unwrap();
    assert_eq!((course.newest(), course.heard()), (kept.course.newest(), kept.course.heard()));
}

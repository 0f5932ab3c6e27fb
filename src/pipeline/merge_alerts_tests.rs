//! Alerts of patients whose records are merged: no answer of one silences what is known of both, and no act is lost.

use super::course_tests::{BASE, key_of, merge};
use super::determinism_tests::{Entry, JUDGE, Run, config, entry};
use super::*;
use crate::alert::{ActRequest, Alert, AlertCodec, Change, WorkflowState, act_record, bed_alert_id};
use crate::profile::Concern;
use crate::record::{AckAct, Millis, Pseudonym, hex128};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

const MINUTE: i64 = 60_000;
const FEVER: Concern = Concern::FebrileNeutropenia;

/// The patient that stays, and the one that is merged into it.
const STAYS: u8 = 0;
const MERGED: u8 = 1;

/// A log that judges as it grows, with what it causes behind each record.
struct Wards {
    run: Run,
    offset: i64,
    now: i64,
}

impl Wards {
    fn new() -> Self {
        let mut wards = Self { run: Run::new(), offset: 0, now: BASE };
        wards.tick();
        wards
    }

    /// Both with fever and few neutrophils, or one of them.
    fn feverish(patients: &[u8]) -> Self {
        let mut wards = Self::new();
        for patient in patients {
            wards.say(
                *patient,
                "Administration",
                &json!({"product": "Besponsa", "start": wards.text(), "dose_mg_m2": 0.8, "cycle": 1}),
            );
            wards.value(*patient, "anc", 0.3, "10*9/L");
            wards.value(*patient, "temperature", 39.0, "Cel");
        }
        wards
    }

    fn text(&self) -> String {
        serde_json::to_value(Millis(self.now)).unwrap().as_str().unwrap().to_owned()
    }

    fn put(&mut self, first: Entry) {
        let mut log = vec![first];
        while !log.is_empty() {
            self.offset += 1;
            self.run.step(&Entry { offset: self.offset, ..log.remove(0) });
            log.extend(self.run.effects.forwards.drain(..).map(|out| Entry {
                offset: 0,
                key: out.key,
                value: out.value,
            }));
            self.run.commit();
        }
        self.now += 1000;
    }

    fn say(&mut self, patient: u8, kind: &str, body: &serde_json::Value) {
        let identity = json!({"authority": "h1", "identifier": format!("MRN-{patient}")});
        let head = json!({"identity": identity, "source_id": format!("R{}", self.offset), "event_time": self.text()});
        self.put(entry(0, self.now, &json!({"head": head, "body": {kind: body}}).to_string()));
    }

    fn value(&mut self, patient: u8, analyte: &str, value: f64, unit: &str) {
        self.say(patient, "Observation", &json!({"analyte": analyte, "quantity": {"value": value, "unit": unit}}));
    }

    fn tick(&mut self) {
        let out = tick_record(0, Millis(self.now)).unwrap();
        self.put(Entry { offset: 0, key: out.key, value: out.value });
    }

    fn merge(&mut self, undone: bool, by_survivor: bool) {
        self.put(merge(self.offset + 1, self.now, (STAYS, MERGED), undone, by_survivor));
    }

    fn act(&mut self, patient: u8, act: AckAct, seen: i32) {
        let key: Pseudonym = key_of(patient).parse().unwrap();
        let (alert_id, unique) = (hex128(bed_alert_id(key, FEVER, 1)), self.offset.to_string());
        let reason = matches!(act, AckAct::Dismiss | AckAct::Comment).then_some("typed words");
        let until = (act == AckAct::Snooze).then_some(Millis(self.now + 60 * MINUTE));
        let now = Millis(self.now);
        let request = ActRequest {
            alert_id: &alert_id,
            revision: seen,
            key,
            concern: FEVER,
            act,
            actor: "NURSE",
            reason,
            until,
            now,
            unique: &unique,
        };
        let out = act_record(JUDGE.profile(), &request).unwrap();
        self.put(Entry { offset: 0, key: out.key, value: out.value });
    }

    /// What was said of the patient's first fever.
    fn said(&self, patient: u8) -> Vec<Alert<'_>> {
        let id = hex128(bed_alert_id(key_of(patient).parse().unwrap(), FEVER, 1));
        let all = self.run.alerts.iter().map(|bytes| AlertCodec::decode(bytes, Box::leak(Box::default())).unwrap());
        all.filter(|alert| alert.alert_id.as_str() == id).collect()
    }
}

fn state(alert: &Alert<'_>) -> WorkflowState {
    alert.workflow.as_deref().map_or(WorkflowState::Open, |flow| flow.state)
}

/// Answered at the patient that stays: it speaks again, whoever was told of the merge, and who looks after it stays.
#[rstest]
fn what_was_answered_before_a_merge_speaks_again(
    #[values(AckAct::Acknowledge, AckAct::Snooze, AckAct::Dismiss)] answer: AckAct,
    #[values(false, true)] by_survivor: bool,
    #[values(false, true)] undone: bool,
) {
    let mut wards = Wards::feverish(&[STAYS, MERGED]);
    if undone {
        wards.merge(false, by_survivor);
    }
    let seen = wards.said(STAYS).last().unwrap().revision;
    wards.act(STAYS, AckAct::Assign, seen);
    wards.act(STAYS, answer, seen);
    let silent = wards.said(STAYS).len();
    assert_ne!(state(&wards.said(STAYS)[silent - 1]), WorkflowState::Open);
    wards.merge(undone, by_survivor);
    let all = wards.said(STAYS);
    // A fact that came along may have spoken first.
    let again = all[silent..].iter().find(|alert| alert.notify).expect("it speaks");
    assert_eq!((again.change, state(again)), (Change::Upgraded, WorkflowState::Open));
    let says = again.explanation.starts_with("Records of two patients were merged");
    assert!(says || !by_survivor, "{}", again.explanation.as_str());
    let flow = again.workflow.as_deref().unwrap();
    assert_eq!((flow.owner.as_deref(), flow.void_before), (Some("NURSE"), again.revision));
    let (count, last) = (all.len(), all.last().unwrap().revision);
    assert_eq!(state(all.last().unwrap()), WorkflowState::Open);
    // Who saw less does not silence it, and a merge that is told again changes nothing.
    wards.act(STAYS, AckAct::Acknowledge, seen);
    let void = wards.said(STAYS).last().unwrap().workflow.as_deref().unwrap().act.as_ref().unwrap().void.is_some();
    assert!(void && state(wards.said(STAYS).last().unwrap()) == WorkflowState::Open);
    wards.act(STAYS, AckAct::Acknowledge, last);
    assert_eq!(state(wards.said(STAYS).last().unwrap()), WorkflowState::Acknowledged);
    assert_eq!(wards.said(STAYS).len(), count + 2);
    assert_eq!(wards.run.shard.ledger().imbalance(), 0);
}

/// Answered at the patient that is merged: the one that stays is raised, open, and calls.
#[rstest]
fn what_was_answered_at_the_merged_patient_is_raised_anew_at_the_one_that_stays(
    #[values(AckAct::Acknowledge, AckAct::Snooze, AckAct::Dismiss)] answer: AckAct,
    #[values(false, true)] by_survivor: bool,
) {
    let mut wards = Wards::feverish(&[MERGED]);
    wards.act(MERGED, answer, 1);
    let before = wards.said(MERGED).len();
    wards.merge(false, by_survivor);
    let all = wards.said(STAYS);
    let first = all.first().expect("the patient that stays has a fever now");
    assert_eq!((first.change, first.notify, state(first)), (Change::Raised, true, WorkflowState::Open));
    assert_eq!(state(all.last().unwrap()), WorkflowState::Open);
    let merged = wards.said(MERGED);
    assert_eq!(state(&merged[before - 1]), state(merged.last().unwrap()), "under its own key it stands as it stood");
}

/// What nobody answered is not said twice for a merge.
#[test]
fn a_merge_says_nothing_of_what_nobody_answered() {
    let mut wards = Wards::feverish(&[STAYS, MERGED]);
    wards.act(STAYS, AckAct::Assign, 1);
    wards.act(STAYS, AckAct::Comment, 1);
    let before = wards.said(STAYS).len();
    wards.merge(false, true);
    assert!(wards.said(STAYS)[before..].iter().all(|alert| !alert.notify), "open before, open after");
}

const ACTS: [AckAct; 6] =
    [AckAct::Acknowledge, AckAct::Assign, AckAct::Comment, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo];

#[derive(Clone, Debug)]
enum Happens {
    Act(u8, usize, i32),
    Fever(u8, bool),
    Merge(bool, bool),
    Tick(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        5 => (0u8..2, 0usize..6, 0i32..3).prop_map(|(patient, act, back)| Happens::Act(patient, act, back)),
        2 => (0u8..2, any::<bool>()).prop_map(|(patient, high)| Happens::Fever(patient, high)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(undone, by)| Happens::Merge(undone, by)),
        1 => (1i64..90).prop_map(Happens::Tick),
    ]
}

proptest! {
    #![proptest_config(config())]

    /// After a merge that is new no open alert of the patient that stays is silent; every act is said once, for ever; and
    /// nothing is called again but for a worsening, a merge, or the end of a snooze.
    #[test]
    fn a_merge_leaves_no_alert_silent_and_loses_no_act(log in proptest::collection::vec(happens(), 1..20)) {
        let mut wards = Wards::feverish(&[STAYS, MERGED]);
        let (mut acts, mut merged) = (0usize, false);
        for one in log {
            match one {
                Happens::Act(patient, act, back) => {
                    let last = wards.said(patient).last().map_or(1, |alert| alert.revision);
                    let fates = wards.run.fates.len();
                    wards.act(patient, ACTS[act], (last - back).max(1));
                    acts += wards.run.fates[fates..].iter().filter(|fate| **fate == Fate::Alerted).count();
                }
                Happens::Fever(patient, high) => wards.value(patient, "temperature", if high { 39.6 } else { 36.9 }, "Cel"),
                Happens::Merge(undone, by) => {
                    let changes = undone == merged;
                    if changes {
                        wards.merge(undone, by);
                        merged = !undone;
                        let all = wards.said(STAYS);
                        let last = all.last().unwrap();
                        let over = all.iter().any(|said| matches!(said.change, Change::Resolved | Change::Withdrawn));
                        prop_assert!(over || state(last) == WorkflowState::Open, "{:?} {:?}", last.change, state(last));
                    }
                }
                Happens::Tick(minutes) => {
                    wards.now += minutes * MINUTE;
                    wards.tick();
                }
            }
        }
        let mut said = 0;
        for patient in [STAYS, MERGED] {
            for (before, alert) in wards.said(patient).into_iter().enumerate() {
                prop_assert_eq!(alert.revision, i32::try_from(before + 1).unwrap(), "no revision is missing or comes twice");
                said += usize::from(alert.workflow.as_deref().is_some_and(|flow| flow.act.is_some()));
            }
        }
        prop_assert_eq!(said, acts, "every act that was taken is said");
        prop_assert_eq!(wards.run.shard.ledger().imbalance(), 0);
        wards.run.restart(true);
        prop_assert_eq!(wards.run.shard.ledger().imbalance(), 0);
    }
}

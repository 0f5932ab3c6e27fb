//! Acts of people on alerts among anything that happens: batches, restarts and repeats anywhere, and who is called again.

use super::acts_tests::{MINUTE, Story, alerts};
use super::determinism_tests::{Entry, Run, but_progress, config, cut, derived};
use super::*;
use crate::alert::{Change, WorkflowState};
use crate::record::AckAct;
use proptest::prelude::*;
use proptest::sample::Index;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happens {
    Value(u8),
    Act(u8, i32),
    Pass(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        2 => (0u8..6).prop_map(Happens::Value),
        4 => (0u8..6, 1i32..9).prop_map(|(act, seen)| Happens::Act(act, seen)),
        3 => prop_oneof![1i64..6, 14i64..17, 58i64..62, 700i64..800].prop_map(Happens::Pass),
    ]
}

const ACTS: [AckAct; 6] =
    [AckAct::Acknowledge, AckAct::Assign, AckAct::Comment, AckAct::Dismiss, AckAct::Snooze, AckAct::Undo];

fn log() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(happens(), 1..16).prop_map(log_of)
}

/// A log in which somebody answers the first alert at once.
fn answered() -> impl Strategy<Value = Vec<Entry>> {
    (0u8..5, proptest::collection::vec(happens(), 0..15)).prop_map(|(act, mut all)| {
        all.insert(0, Happens::Act(act, 1));
        log_of(all)
    })
}

fn log_of(all: Vec<Happens>) -> Vec<Entry> {
    let mut story = Story::feverish();
    for one in all {
        match one {
            Happens::Value(0) => story.value("temperature", 39.4, "Cel"),
            Happens::Value(1) => story.value("temperature", 36.9, "Cel"),
            Happens::Value(2) => story.value("anc", 0.1, "10*9/L"),
            Happens::Value(3) => story.value("anc", 2.4, "10*9/L"),
            Happens::Value(4) => story.value("systolic", 80.0, "mm[Hg]"),
            Happens::Value(_) => story.value("temperature", 35.0, "Cel"),
            Happens::Act(act, seen) => story.act(ACTS[usize::from(act)], seen),
            Happens::Pass(minutes) if minutes < 100 => {
                // A clock that runs, in few steps.
                for step in [minutes / 2, minutes - minutes / 2] {
                    story.now += step * MINUTE;
                    story.tick();
                }
            }
            Happens::Pass(minutes) => {
                story.now += minutes * MINUTE;
                story.tick();
            }
        }
        story.now += 1000;
    }
    story.entries
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn batches_and_restarts_anywhere_change_nothing(log in log(), cuts in proptest::collection::vec(cut(), 64)) {
        let straight = Run::straight(&log);
        let mut run = Run::cut(&log, &cuts);
        prop_assert_eq!(&run.changelog, &straight.changelog);
        prop_assert_eq!(&run.alerts, &straight.alerts);
        prop_assert_eq!(&run.fates, &straight.fates);
        run.restart(true);
        prop_assert_eq!(derived(&run.shard), derived(&straight.shard));
        prop_assert_eq!(run.shard.calls(), straight.shard.calls());
        prop_assert_eq!(run.shard.ledger().imbalance(), 0);
    }

    #[test]
    fn acts_that_come_again_change_nothing(log in answered(), again in proptest::collection::vec((any::<Index>(), any::<Index>()), 1..8)) {
        let straight = Run::straight(&log);
        let taken: Vec<usize> = (0..log.len()).filter(|at| {
            let mut scratch = Vec::new();
            let act = matches!(Codec::record().decode::<Record<'_>>(&log[*at].value, &mut scratch).unwrap().body, Body::Acknowledgement(_));
            act && straight.fates[*at] == Fate::Alerted
        }).collect();
        prop_assert!(!taken.is_empty());
        let mut with_repeats = log.clone();
        for (n, (which, place)) in again.iter().enumerate() {
            let which = taken[which.index(taken.len())];
            let place = which + place.index(log.len() - which);
            let offset = log[place].offset + 1 + i64::try_from(n).unwrap();
            with_repeats.push(Entry { offset, ..log[which].clone() });
        }
        with_repeats.sort_by_key(|entry| entry.offset);
        let run = Run::straight(&with_repeats);
        prop_assert_eq!(but_progress(&run.changelog), but_progress(&straight.changelog));
        prop_assert_eq!(&run.alerts, &straight.alerts);
    }

    #[test]
    fn who_was_answered_calls_again_only_when_worse_or_when_a_snooze_is_over(log in log()) {
        let run = Run::straight(&log);
        let mut stands: std::collections::HashMap<String, (WorkflowState, i32)> = std::collections::HashMap::new();
        for alert in alerts(&run) {
            let (was, revision) = stands.get(alert.alert_id.as_str()).copied().unwrap_or((WorkflowState::Open, 0));
            prop_assert_eq!(alert.revision, revision + 1);
            if alert.notify && was != WorkflowState::Open {
                let over = alert.change == Change::Expired && was == WorkflowState::Snoozed;
                prop_assert!(over || alert.change == Change::Upgraded, "{:?} while {:?}", alert.change, was);
            }
            if alert.change == Change::Escalated {
                prop_assert!(alert.notify && alert.workflow.as_deref().is_some_and(|flow| flow.escalations == 1));
            }
            let act = alert.workflow.as_deref().and_then(|flow| flow.act.as_ref());
            prop_assert!(act.is_none() || !alert.notify, "an act is silent");
            let now = alert.workflow.as_deref().map_or(WorkflowState::Open, |flow| flow.state);
            if act.is_some_and(|act| act.void.is_some()) {
                prop_assert_eq!(now, was, "what is void changes nothing");
            }
            stands.insert(alert.alert_id.to_string(), (now, alert.revision));
        }
    }
}

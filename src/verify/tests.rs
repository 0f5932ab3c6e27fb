//! Every fault, planted by itself into a cluster in which all is well.

use super::world_tests::{
    Kept, PARTITIONS, World, alert, forwarded, kept, key_in, progress, progress_of, record, reject, said, well, whole,
};
use super::*;
use crate::record::Stage;
use crate::record::state::{LedgerState, StateBody, StateCodec};

fn judge(world: &World) -> Verdict {
    let shape = Shape {
        sources: vec!["source".to_owned()],
        records: "log".to_owned(),
        alerts: "alerts".to_owned(),
        state: "state".to_owned(),
        rejects: "rejects".to_owned(),
        partitions: PARTITIONS,
        settled: world.settled,
    };
    let ingested = world.ingested.map(|next| (("source".to_owned(), 0), next));
    let mut verifier = Verifier::new(shape, ingested.into_iter().collect());
    let message = |kept: &Kept, each: &mut dyn FnMut(&Message<'_>)| {
        let (partition, offset) = (kept.partition, kept.offset);
        let (key, value) = (kept.key.as_deref(), kept.value.as_deref());
        each(&Message { partition, offset, key, value, redriven: false });
    };
    let spans = |topic: &str| world.spans.get(topic).cloned().flatten();
    for topic in ["state", "rejects", "source", "alerts", "log"] {
        verifier.spans(topic, spans(topic));
        match topic {
            "state" => world.state.iter().for_each(|kept| message(kept, &mut |m| verifier.state(m))),
            "rejects" => world.rejects.iter().for_each(|kept| message(kept, &mut |m| verifier.reject(m))),
            "source" => {
                world.source.iter().for_each(|(p, offset, makes)| verifier.source("source", *p, *offset, makes));
            }
            "alerts" => world.alerts.iter().for_each(|kept| message(kept, &mut |m| verifier.alert(m))),
            _ => world.records.iter().for_each(|kept| message(kept, &mut |m| verifier.record(m))),
        }
    }
    let uncommitted = world.alerts.iter().chain(&world.aborted);
    uncommitted.for_each(|kept| message(kept, &mut |m| verifier.uncommitted(Ours::Alerts, m)));
    verifier.finish()
}

#[test]
fn where_all_is_well_nothing_is_found_and_everything_is_counted() {
    let verdict = judge(&well());
    assert!(verdict.is_ok(), "{}", verdict.table());
    let Counts { sources, log, alerts, state, rejects, not_judged } = verdict.counts;
    assert_eq!((sources.messages, sources.records, sources.found, sources.repeated, sources.lost), (5, 6, 6, 1, 0));
    assert_eq!((log.committed, log.ticks, log.forwards, log.unreadable), (9, 1, 1, 1));
    assert_eq!((alerts.committed, alerts.uncommitted, alerts.alerts), (5, 6, 4));
    assert_eq!((alerts.repeated, alerts.repeated_uncommitted, alerts.never_committed), (0, 1, 0));
    assert_eq!((state.sound, state.progress, rejects.ingest, rejects.watch, rejects.redriven), (4, 2, 1, 1, 1));
    assert_eq!(not_judged, 0);
    let json = serde_json::to_value(&verdict).unwrap();
    assert_eq!((&json["verdict"], &json["alerts"]["committed"]), (&"ok".into(), &5.into()));
}

/// A fault by its name, how it is planted, and what must be found.
type Planted = (&'static str, fn(&mut World), &'static [Check]);

fn damage(kept: &mut Kept) {
    let value = kept.value.as_mut().unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 1;
}

fn with_ledger(world: &mut World, change: impl Fn(&mut LedgerState, &mut i64, &mut i64)) {
    let mut scratch = Vec::new();
    let value = world.state[2].value.clone().unwrap();
    let StateBody::Progress(held) = StateCodec::get().decode(&value, &mut scratch).unwrap().body else { panic!() };
    let (mut ledger, mut next, mut seq) = (held.ledger, held.next_offset, held.seq);
    change(&mut ledger, &mut next, &mut seq);
    world.state[2] = progress(0, 3, next, seq, ledger);
}

const PLANTED: &[Planted] = &[
    ("a source message that nothing was made of", |w| w.source.push((0, 3, vec![0])), &[Check::SourceLost]),
    (
        "one record of a container that is missing",
        |w| {
            w.records[5] = record(1, 0, (5, 0));
        },
        &[Check::SourceLost],
    ),
    ("a reject of ingest that is missing", |w| drop(w.rejects.remove(0)), &[Check::SourceLost]),
    (
        "a record of no source message",
        |w| w.records[1] = record(0, 1, (3, 0)),
        &[Check::SourceLost, Check::SourceInvented],
    ),
    ("a forwarded record twice", |w| w.records.push(forwarded(5)), &[Check::ForwardRepeated, Check::LedgerRead]),
    ("an alert lost", |w| drop(w.alerts.remove(1)), &[Check::SeqGap, Check::AlertNeverCommitted]),
    ("the first alert lost", |w| drop(w.alerts.remove(3)), &[Check::SeqGap]),
    ("the last alert lost", |w| drop(w.alerts.pop()), &[Check::SeqOfProgress]),
    ("all alerts of a shard lost", |w| w.alerts.truncate(3), &[Check::SeqOfProgress]),
    ("an alert twice", |w| w.alerts.push(alert(1, 2, 4, 1, 2, 1)), &[Check::AlertRepeated]),
    (
        "an alert again in other bytes",
        |w| w.alerts.push(kept(1, 2, "k", said(1, 4, 1, 2, 1, "haemorrhage"))),
        &[Check::AlertOtherBytes],
    ),
    (
        "an aborted alert in other bytes",
        |w| w.aborted[0] = kept(0, 1, "k", said(0, 1, 2, 2, 1, "haemorrhage")),
        &[Check::AlertOtherBytes],
    ),
    (
        "two alerts in the wrong order",
        |w| {
            w.alerts[3] = alert(1, 0, 4, 1, 2, 1);
            w.alerts[4] = alert(1, 1, 3, 1, 1, 0);
        },
        &[Check::SeqGap, Check::SeqOrder],
    ),
    (
        "a revision left out",
        |w| w.alerts[1] = alert(0, 2, 1, 3, 2, 1),
        &[Check::RevisionOrder, Check::AlertNeverCommitted],
    ),
    ("an id that is random at each attempt", |w| w.aborted[0] = alert(0, 1, 9, 1, 2, 1), &[Check::AlertNeverCommitted]),
    (
        "an alert in another shard's partition",
        |w| {
            w.alerts[4].value = alert(0, 1, 4, 1, 2, 1).value;
        },
        &[Check::AlertOfOtherShard],
    ),
    (
        "something that is no alert",
        |w| w.alerts[4].value = Some(vec![0]),
        &[Check::AlertUnreadable, Check::SeqOfProgress],
    ),
    ("evidence beyond the log", |w| w.alerts[4] = alert(1, 1, 4, 1, 2, 6), &[Check::EvidenceNowhere]),
    (
        "evidence of a partition that is not there",
        |w| {
            w.spans.insert("log", whole(&[7]));
        },
        &[Check::EvidenceNowhere, Check::PartitionCount, Check::ProgressAhead],
    ),
    ("a value of state damaged", |w| damage(&mut w.state[1]), &[Check::StateDamaged]),
    ("the progress record damaged", |w| damage(&mut w.state[3]), &[Check::StateDamaged, Check::ProgressMissing]),
    ("no progress record", |w| drop(w.state.pop()), &[Check::ProgressMissing]),
    ("a tombstone over the progress record", |w| w.state[3].value = None, &[Check::ProgressMissing]),
    (
        "the progress of another shard",
        |w| w.state[3] = progress_of((0, 2), 1, 0, 6, 2, LedgerState { read: 4, alerted: 4, ..LedgerState::default() }),
        &[Check::ProgressOfOther],
    ),
    (
        "the progress of another number of partitions",
        |w| w.state[3] = progress_of((1, 3), 1, 0, 6, 2, LedgerState { read: 4, alerted: 4, ..LedgerState::default() }),
        &[Check::ProgressOfOther],
    ),
    (
        "progress that goes back",
        |w| w.state[0] = progress(0, 0, 8, 1, LedgerState { read: 1, quiet: 1, ..LedgerState::default() }),
        &[Check::ProgressBack],
    ),
    ("progress ahead of the log", |w| with_ledger(w, |_, next, _| *next = 8), &[Check::ProgressAhead]),
    (
        "progress one record behind, and its sums with it",
        |w| {
            with_ledger(w, |ledger, next, _| {
                (*next, ledger.read, ledger.rejected) = (5, 4, 0);
            })
        },
        &[Check::ProgressBehind],
    ),
    (
        "a wrong offset",
        |w| with_ledger(w, |_, next, _| *next = 5),
        &[Check::ProgressBehind, Check::LedgerRead, Check::LedgerRejected],
    ),
    ("a ledger that is off by one", |w| with_ledger(w, |ledger, _, _| ledger.quiet += 1), &[Check::LedgerSum]),
    (
        "a record skipped, in balance",
        |w| {
            with_ledger(w, |ledger, _, _| {
                ledger.read -= 1;
                ledger.alerted -= 1;
            })
        },
        &[Check::LedgerRead],
    ),
    (
        "a tick not counted",
        |w| {
            with_ledger(w, |ledger, _, _| {
                ledger.tick -= 1;
                ledger.quiet += 1;
            })
        },
        &[Check::LedgerRead],
    ),
    ("a reject of watch lost", |w| drop(w.rejects.remove(1)), &[Check::LedgerRejected]),
    (
        "a reject of watch twice",
        |w| w.rejects.push(reject(Stage::Watch, 3, "log", (0, 5, -1))),
        &[Check::RejectRepeated],
    ),
    (
        "a reject of watch of nowhere",
        |w| w.rejects.push(reject(Stage::Watch, 3, "log", (0, 2, -1))),
        &[Check::RejectNowhere, Check::LedgerRejected],
    ),
    (
        "something that is no reject",
        |w| w.rejects[0].value = Some(vec![9]),
        &[Check::RejectUnreadable, Check::SourceLost],
    ),
    ("seq behind the alerts", |w| with_ledger(w, |_, _, seq| *seq = 2), &[Check::SeqOfProgress]),
    ("a topic that is not there", |w| drop(w.spans.insert("rejects", None)), &[Check::TopicMissing]),
];

#[test]
fn every_planted_fault_is_found_and_nothing_else() {
    for (name, plant, expected) in PLANTED {
        let mut world = well();
        plant(&mut world);
        let verdict = judge(&world);
        let found: Vec<Check> = verdict.found.keys().copied().collect();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}\n{}", verdict.table());
        assert_eq!(serde_json::to_value(&verdict).unwrap()["verdict"], "failed", "{name}");
        assert!(!verdict.table().contains("Jane") && !verdict.table().contains(&key_in(0, 0)), "{name}");
    }
    let planted: std::collections::BTreeSet<Check> = PLANTED.iter().flat_map(|(_, _, found)| *found).copied().collect();
    let never: Vec<_> = Check::ALL.iter().filter(|check| !planted.contains(check)).collect();
    assert!(never.is_empty(), "no fault was planted for {never:?}");
}

#[test]
fn what_retention_took_is_not_judged_and_never_a_loss() {
    let mut world = well();
    let cut = |world: &mut World, topic: &'static str, partition: i32, low: i64| {
        world.spans.get_mut(topic).unwrap().as_mut().unwrap().get_mut(&partition).unwrap().low = low;
    };
    // The source keeps nothing before its offset 2, the alerts and the log of shard 0 nothing before their offset 2.
    world.source.drain(..2);
    cut(&mut world, "source", 0, 2);
    world.alerts.drain(..1);
    cut(&mut world, "alerts", 0, 2);
    world.records.drain(..2);
    cut(&mut world, "log", 0, 2);
    world.rejects.drain(..1);
    world.source.retain(|(_, offset, _)| *offset != 4);
    cut(&mut world, "rejects", 0, 1);
    let verdict = judge(&world);
    assert!(verdict.is_ok(), "{}", verdict.table());
    assert!(verdict.counts.not_judged > 0 && verdict.counts.alerts.evidence_gone == 1, "{}", verdict.table());
}

#[test]
fn what_is_on_its_way_is_not_missed_until_the_cluster_is_to_be_settled() {
    let mut world = well();
    world.settled = false;
    // Written to the source and not ingested; aborted and not said again yet; read by nobody yet.
    world.source.push((0, 6, vec![0]));
    world.aborted.push(alert(1, 2, 9, 1, 3, 1));
    world.records.push(record(1, 6, (0, 0)));
    let verdict = judge(&world);
    assert!(verdict.is_ok(), "{}", verdict.table());
    assert_eq!((verdict.counts.sources.not_due, verdict.counts.alerts.never_committed), (1, 1));
    world.settled = true;
    world.records.pop();
    let verdict = judge(&world);
    let found: Vec<Check> = verdict.found.keys().copied().collect();
    assert_eq!(found, [Check::SourceLost, Check::AlertNeverCommitted], "{}", verdict.table());
    // What ingest has committed is due at once.
    world.settled = false;
    world.ingested = Some(7);
    assert_eq!(judge(&world).count(Check::SourceLost), 1);
}

#[test]
fn findings_are_counted_whole_and_kept_in_part() {
    let mut world = well();
    world.source.extend((100..1100).map(|offset| (0, offset, vec![0])));
    let verdict = judge(&world);
    assert_eq!((verdict.count(Check::SourceLost), verdict.findings.len()), (1000, 100));
}

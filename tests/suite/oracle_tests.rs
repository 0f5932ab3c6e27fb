//! The verdict itself: a run in the process is good, and everything done to what it left is found.

use crate::cluster::Seen;
use crate::feed::{FED, Recipe};
use crate::oracle::{Topics, Verdict, verdict};
use besponsa_vigil::alert::AlertCodec;
use besponsa_vigil::pipeline::{Effects, Fate, Judge, LogMessage, PROGRESS_KEY, Shard, step};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::partition_of;

const PARTITIONS: i32 = 2;
const FEED: u64 = 1500;

fn seen(partition: i32, offset: i64, key: &[u8], value: &[u8], headers: &[(&str, String)]) -> Seen {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Seen { partition, offset, timestamp: 0, key: Some(key.to_vec()), value: value.to_vec(), headers }
}

fn fed_log() -> Vec<Seen> {
    let recipe = Recipe::new(7, 1_750_000_000_000);
    let mut next = [0; PARTITIONS as usize];
    let record = |n: u64| {
        let fed = recipe.record(n);
        let partition = partition_of(fed.key.as_bytes(), PARTITIONS);
        let offset = &mut next[usize::try_from(partition).unwrap()];
        // Transactions leave holes.
        *offset += 1 + i64::try_from(n % 3).unwrap();
        seen(partition, *offset, fed.key.as_bytes(), &fed.value, &[(FED, n.to_string())])
    };
    let mut log: Vec<_> = (0..FEED).map(record).collect();
    log.sort_by_key(|seen| (seen.partition, seen.offset));
    log
}

/// Topics of a watch that commits every 100 records, in the process.
fn run_of(records: Vec<Seen>) -> Topics {
    let judge = Judge::new(Profile::builtin()).unwrap();
    let mut topics = Topics {
        log: "vigil.records".to_owned(),
        records,
        alerts: Vec::new(),
        alerts_uncommitted: Vec::new(),
        state: Vec::new(),
        rejects: Vec::new(),
    };
    let mut more: Vec<Seen> = Vec::new();
    for partition in 0..PARTITIONS {
        let mut shard = Shard::new(partition, PARTITIONS, 100_000);
        let (mut effects, mut changes, mut scratch) = (Effects::default(), Vec::new(), Vec::new());
        let of_shard: Vec<&Seen> = topics.records.iter().filter(|seen| seen.partition == partition).collect();
        for batch in of_shard.chunks(100) {
            for record in batch {
                let (topic, offset) = (topics.log.as_str(), record.offset);
                let message = LogMessage { topic, partition, offset, key: record.key.as_deref(), value: &record.value };
                let made = step(&judge, &mut shard, &message, &mut scratch, &mut effects).unwrap();
                if matches!(made.fate, Fate::Rejected(_)) {
                    let key = format!("{topic}/{partition}/{offset}");
                    topics.rejects.push(seen(0, offset, key.as_bytes(), b"reject", &[]));
                }
            }
            for out in effects.alerts.drain(..) {
                let value = AlertCodec::Avro.encode(&out.alert).unwrap();
                let offset = i64::try_from(topics.alerts.len()).unwrap();
                topics.alerts.push(seen(partition, offset, out.key.as_bytes(), &value, &out.headers()));
            }
            for forward in effects.forwards.drain(..) {
                let to = partition_of(forward.key.as_bytes(), PARTITIONS);
                more.push(seen(to, 0, forward.key.as_bytes(), &forward.value, &[]));
            }
            shard.take_changes(&judge, &mut changes).unwrap();
            for change in changes.drain(..) {
                let value = change.value.unwrap_or_default();
                topics.state.push(seen(partition, 0, change.key.as_bytes(), &value, &[]));
            }
        }
    }
    topics.alerts_uncommitted = topics.alerts.clone();
    // Forwards are records of the log too: they go behind it, and everything is done again.
    if more.is_empty() || topics.records.iter().any(|seen| seen.header(FED).is_empty()) {
        return topics;
    }
    let mut records = topics.records;
    for (n, mut forward) in more.into_iter().enumerate() {
        forward.offset = 1_000_000 + i64::try_from(n).unwrap();
        records.push(forward);
    }
    records.sort_by_key(|seen| (seen.partition, seen.offset));
    run_of(records)
}

/// The verdict on topics that something was done to.
fn after(change: impl FnOnce(&mut Topics)) -> Verdict {
    let mut topics = run_of(fed_log());
    change(&mut topics);
    verdict(&topics, PARTITIONS, FEED)
}

#[test]
fn a_run_without_faults_is_good() {
    let verdict = after(|_| {});
    assert!(verdict.is_good(), "{verdict:?}");
    assert!(verdict.alerts > 50, "{verdict:?}");
    assert_eq!(verdict.duplicates_uncommitted, 0);
}

#[test]
fn each_loss_and_each_repeat_is_found() {
    type Change = fn(&mut Topics);
    let cases: [(&str, Change, u64, u64); 8] = [
        ("alert lost", |topics| drop(topics.alerts.remove(5)), 1, 0),
        ("last alert lost", |topics| drop(topics.alerts.pop()), 1, 0),
        ("alert twice", |topics| topics.alerts.push(topics.alerts[3].clone()), 0, 1),
        ("reject lost", |topics| drop(topics.rejects.remove(0)), 1, 0),
        ("reject twice", |topics| topics.rejects.push(topics.rejects[0].clone()), 0, 1),
        (
            "forward twice",
            |topics| {
                let mut forward = topics.records[0].clone();
                forward.headers.clear();
                forward.offset = 0;
                topics.records.insert(0, forward);
            },
            0,
            1,
        ),
        ("input gone", |topics| drop(topics.records.remove(0)), 1, 0),
        (
            "input never judged",
            |topics| {
                let mut last = topics.records.last().unwrap().clone();
                last.offset += 1;
                last.headers.insert(FED.to_owned(), "0".to_owned());
                topics.records.push(last);
            },
            1,
            1,
        ),
    ];
    for (what, change, lost, twice) in cases {
        let verdict = after(change);
        assert!(!verdict.is_good(), "{what}");
        assert!(verdict.lost >= lost && verdict.duplicates_committed >= twice, "{what}: {verdict:?}");
    }
}

#[test]
fn other_bytes_another_order_and_another_state_are_found() {
    let bad = [
        after(|topics| topics.alerts[0].value.push(0)),
        after(|topics| topics.alerts.swap(0, 1)),
        after(|topics| drop(topics.state.pop())),
        after(|topics| {
            let at = topics.state.iter().rposition(|seen| seen.key.as_deref() != Some(PROGRESS_KEY.as_bytes()));
            topics.state[at.unwrap()].value.push(0);
        }),
    ];
    for verdict in bad {
        assert!(!verdict.is_good() && !verdict.faults.is_empty(), "{verdict:?}");
    }
}

#[test]
fn what_was_aborted_is_counted_and_is_no_fault() {
    let verdict = after(|topics| topics.alerts_uncommitted.push(topics.alerts[3].clone()));
    assert!(verdict.is_good());
    assert_eq!(verdict.duplicates_uncommitted, 1);
}

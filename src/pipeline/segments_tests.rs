//! Values of patients in segments of the changelog: corrected, moved, dropped, merged, parted and forgotten, in batches and
//! behind restarts anywhere, and taken over from the release before.

use super::course_tests::{BASE, DAY, key_of, merge};
use super::determinism_tests::{Cut, Entry, JUDGE, Left, Run, config, cut, derived, entry};
use super::ward_tests::time_text;
use super::*;
use crate::patient::SEGMENT_VALUES;
use crate::record::state::tests::v2_of;
use crate::record::{Millis, Pseudonym};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;
use std::collections::BTreeMap;

const HOUR: i64 = DAY / 24;

/// One record of a log in which patients have many values.
#[derive(Clone, Debug)]
enum Said {
    /// A value of a patient, by its number; a later version may be of another analyte and time.
    Value {
        patient: u8,
        number: u8,
        version: u8,
        hour: i64,
    },
    Dose {
        patient: u8,
        withdrawn: bool,
    },
    Stay {
        patient: u8,
        hour: i64,
    },
    Merge {
        survivor: u8,
        by: u8,
        undone: bool,
    },
    /// So many days after the beginning.
    Tick {
        day: i64,
    },
}

fn said() -> impl Strategy<Value = Said> {
    let value = (0u8..3, 0u8..40, 0u8..4, 0i64..1500);
    prop_oneof![
        30 => value.prop_map(|(patient, number, version, hour)| Said::Value { patient, number, version, hour }),
        2 => (0u8..3, proptest::bool::weighted(0.3)).prop_map(|(patient, withdrawn)| Said::Dose { patient, withdrawn }),
        2 => (0u8..3, 0i64..1500).prop_map(|(patient, hour)| Said::Stay { patient, hour }),
        2 => (0u8..3, 1u8..3, any::<bool>()).prop_map(|(survivor, by, undone)| Said::Merge { survivor, by, undone }),
        2 => (0i64..400).prop_map(|day| Said::Tick { day }),
    ]
}

impl Said {
    fn entry(&self, n: usize) -> Entry {
        let heard = BASE + i64::try_from(n).unwrap() * HOUR;
        let by = |patient: u8, id: String, hour: i64, body: serde_json::Value| {
            let identity = json!({"authority": "h1", "identifier": format!("MRN-{patient}")});
            let head = json!({"identity": identity, "source_id": id, "event_time": time_text(BASE + hour * HOUR)});
            // Nothing is known before it happened.
            let heard = heard.max(BASE + hour * HOUR);
            entry(0, heard, &json!({"head": head, "body": body}).to_string())
        };
        match *self {
            Self::Value { patient, number, version, hour } => {
                let analyte = ["bilirubin", "alt", "platelets"][usize::from((number + version / 2) % 3)];
                let unit = ["mg/dL", "U/L", "10*9/L"][usize::from((number + version / 2) % 3)];
                let status = ["final", "final", "corrected", "withdrawn"][usize::from(version)];
                let quantity = json!({"value": 1.0 + f64::from(version), "unit": unit});
                let body = json!({"Observation": {"analyte": analyte, "quantity": quantity, "reference_high": 2, "status": status}});
                by(patient, format!("v{number}"), hour, body)
            }
            Self::Dose { patient, withdrawn } => {
                let status = if withdrawn { "withdrawn" } else { "final" };
                let dose = json!({"value": 1.4, "unit": "mg"});
                let start = time_text(BASE);
                let body =
                    json!({"Administration": {"product": "Besponsa", "start": start, "dose": dose, "status": status}});
                by(patient, "dose".to_owned(), 0, body)
            }
            Self::Stay { patient, hour } => {
                by(patient, format!("s{hour}"), hour, json!({"Stay": {"event": "admission"}}))
            }
            Self::Merge { survivor, by, undone } => merge(0, heard, (survivor, (survivor + by) % 3), undone, undone),
            Self::Tick { day } => {
                let out = tick_record(0, Millis(BASE + day * DAY)).unwrap();
                Entry { offset: 0, key: out.key, value: out.value }
            }
        }
    }
}

/// The log with everything that it causes behind it.
fn log_of(said: &[Said]) -> Vec<Entry> {
    let mut log: Vec<Entry> = said.iter().enumerate().map(|(n, said)| said.entry(n)).collect();
    let mut run = Run::new();
    let mut at = 0;
    while at < log.len() {
        log[at].offset = i64::try_from(at).unwrap();
        run.step(&log[at].clone());
        log.extend(run.effects.forwards.drain(..).map(|out| Entry { offset: 0, key: out.key, value: out.value }));
        at += 1;
        assert!(at < 20_000, "a circle of merges goes round for ever");
    }
    log
}

/// The courses of a shard, values and all, and what was said.
fn courses(shard: &Shard) -> Vec<String> {
    let of = |patient: u8| {
        let key: Pseudonym = key_of(patient).parse().unwrap();
        let course = shard.course(key)?;
        Some(format!("{} {:?}", serde_json::to_string(&course.to_state()).unwrap(), shard.said(key)))
    };
    (0..3).filter_map(of).collect()
}

/// The changelog without schemas: one that an earlier release began lacks them until the first change.
fn but_schemas(changelog: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&String, &Vec<u8>> {
    changelog.iter().filter(|(key, _)| !key.starts_with("schema:")).collect()
}

/// A log here is long: an eighth of the cases of the others takes as long.
fn an_eighth() -> ProptestConfig {
    ProptestConfig { cases: config().cases.div_ceil(8), ..config() }
}

proptest! {
    #![proptest_config(an_eighth())]

    #[test]
    fn batches_and_restarts_anywhere_leave_the_same_segments(
        said in proptest::collection::vec(said(), 20..90), cuts in proptest::collection::vec(cut(), 60)
    ) {
        let log = log_of(&said);
        let straight = Run::straight(&log);
        let mut cut = Run::cut(&log, &cuts);
        prop_assert_eq!(&cut.changelog, &straight.changelog);
        prop_assert_eq!(&cut.alerts, &straight.alerts);
        prop_assert_eq!(&cut.forwards, &straight.forwards);
        prop_assert_eq!(&cut.fates, &straight.fates);
        for left in [Left::Upwards, Left::Downwards, Left::Whole] {
            cut.restart_from(left);
            prop_assert_eq!(courses(&cut.shard), courses(&straight.shard));
            prop_assert_eq!(derived(&cut.shard), derived(&straight.shard));
        }
    }

    #[test]
    fn a_shard_of_the_release_before_goes_on_as_if_nothing_had_been(
        said in proptest::collection::vec(said(), 20..90), at in any::<Index>(),
        cuts in proptest::collection::vec(cut(), 60)
    ) {
        let log = log_of(&said);
        let (before, after) = log.split_at(at.index(log.len()));
        let never = Run::straight(&log);
        let taken_over = |cuts: &[Cut]| {
            let mut run = Run::straight(before);
            if !before.is_empty() {
                run.of_release(v2_of);
            }
            run.then(after, cuts);
            run
        };
        let (straight, cut) = (taken_over(&[Cut::None]), taken_over(&cuts));
        prop_assert_eq!(but_schemas(&cut.changelog), but_schemas(&straight.changelog));
        prop_assert_eq!(&cut.alerts, &never.alerts);
        prop_assert_eq!(&cut.forwards, &never.forwards);
        prop_assert_eq!(&cut.fates, &never.fates);
        prop_assert_eq!(courses(&cut.shard), courses(&never.shard));
        prop_assert_eq!(derived(&cut.shard), derived(&never.shard));
    }
}

fn value(number: u8, hour: i64) -> Said {
    Said::Value { patient: 0, number, version: 0, hour }
}

fn run_of(said: &[Said]) -> Run {
    Run::straight(&log_of(said))
}

/// Keys that a batch writes, without the pseudonym; a tombstone has a minus.
fn written(run: &mut Run) -> Vec<String> {
    let mut changes = Vec::new();
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    let mut keys = Vec::new();
    for StateChange { key, value } in changes {
        let name = key.replace(&key_of(0), "");
        if name != PROGRESS_KEY && !name.starts_with("schema:") {
            keys.push(if value.is_none() { format!("-{name}") } else { name });
        }
        run.written.push((key.clone(), value.clone()));
        match value {
            Some(value) => drop(run.changelog.insert(key, value)),
            None => drop(run.changelog.remove(&key)),
        }
    }
    keys
}

/// One more record behind a log.
fn more(run: &mut Run, said: &Said) -> Vec<String> {
    let offset = run.shard.next_offset();
    run.step(&Entry { offset, ..said.entry(usize::try_from(offset).unwrap()) });
    written(run)
}

#[test]
fn a_quiet_value_writes_one_record_of_its_segment_whatever_the_patient_has() {
    let mut run = run_of(&[Said::Dose { patient: 0, withdrawn: false }]);
    for number in 0..40 {
        let at = usize::from(number) / usize::from(SEGMENT_VALUES);
        let before = if number == 0 { vec![String::new()] } else { Vec::new() };
        assert_eq!(more(&mut run, &value(number, i64::from(number))), [before, vec![format!("#{at}")]].concat());
    }
    // A correction of an early one, to another analyte and time, rewrites its own segment.
    let corrected = Said::Value { patient: 0, number: 3, version: 2, hour: 30 };
    assert_eq!(more(&mut run, &corrected), ["#0"]);
    assert_eq!(more(&mut run, &Said::Stay { patient: 0, hour: 41 }), [""]);
}

#[test]
fn a_patient_who_had_values_only_is_restored_without_facts_and_forgotten_with_all_segments() {
    let values: Vec<Said> = (0..20).map(|number| value(number, i64::from(number))).collect();
    let mut run = run_of(&values);
    let keys = |run: &Run| run.changelog.keys().filter(|key| key.contains(':') && !key.contains("schema")).count();
    assert_eq!(keys(&run), 2);
    run.restart(false);
    assert_eq!((run.shard.patients(), run.shard.course_entries()), (1, 20));
    assert_eq!(more(&mut run, &Said::Tick { day: 300 }), ["-", "-#0", "-#1"]);
    // Heard of again in the same batch: what is not written anew is a tombstone still.
    let mut run = run_of(&values);
    run.step(&Entry { offset: 20, ..Said::Tick { day: 300 }.entry(20) });
    assert_eq!(run.shard.patients(), 0);
    assert_eq!(more(&mut run, &value(7, 7000)), ["-", "#0", "-#1"]);
}

#[test]
fn who_was_forgotten_and_comes_again_without_values_never_had_any() {
    let values: Vec<Said> = (0..20).map(|number| value(number, i64::from(number))).collect();
    let run = |left: Option<Left>, together: bool| {
        let mut run = run_of(&values);
        if together {
            run.step(&Entry { offset: 20, ..Said::Tick { day: 300 }.entry(20) });
        } else {
            more(&mut run, &Said::Tick { day: 300 });
        }
        more(&mut run, &Said::Stay { patient: 0, hour: 7000 });
        left.into_iter().for_each(|left| run.restart_from(left));
        more(&mut run, &Said::Stay { patient: 0, hour: 7001 });
        more(&mut run, &value(1, 7002));
        run.changelog
    };
    for together in [false, true] {
        let straight = run(None, together);
        for left in [Left::Upwards, Left::Downwards, Left::Whole] {
            assert_eq!(run(Some(left), together), straight, "{left:?} {together}");
        }
    }
}

#[test]
fn what_age_takes_away_makes_room_and_an_empty_segment_is_a_tombstone() {
    // Of a patient who never had the product values are kept for 28 days.
    let values: Vec<Said> = (0..32).map(|number| value(number, i64::from(number % 40))).collect();
    let mut run = run_of(&values);
    assert_eq!(more(&mut run, &value(33, 15 + 28 * 24)), ["#0", "#2"], "fifteen are too old");
    assert_eq!(
        more(&mut run, &value(34, 16 + 28 * 24)),
        ["#0"],
        "the last of the first ones goes, and the new one comes"
    );
    run.restart(true);
    assert_eq!(run.shard.course_entries(), 18);
}

#[test]
fn a_lost_record_of_a_patient_is_a_fault() {
    let mut said = vec![Said::Dose { patient: 0, withdrawn: false }];
    said.extend((0..40).map(|number| value(number, i64::from(number))));
    let run = run_of(&said);
    let restored = |changelog: &BTreeMap<String, Vec<u8>>| {
        let mut restore = Restore::new(&JUDGE, 0, 1, 1000);
        changelog.iter().for_each(|(key, value)| restore.take(key.as_bytes(), Some(value)).unwrap());
        restore.finish().map(|shard| shard.course_entries())
    };
    assert_eq!(restored(&run.changelog), Ok(41));
    for lost in ["", "#0", "#1"] {
        let mut changelog = run.changelog.clone();
        changelog.remove(&format!("{}{lost}", key_of(0))).unwrap();
        let fault = restored(&changelog).err().unwrap();
        assert_eq!(fault, StateFault::RecordMissing, "{lost}");
        assert!(fault.to_string().contains("empty it as a whole") && !fault.to_string().contains(&key_of(0)[9..]));
    }
}

#[test]
fn keys_of_segments_have_one_form() {
    let key = key_of(0);
    let read = |text: String| state_key(text.as_bytes()).map(|(patient, segment)| (patient.to_string(), segment));
    assert_eq!(read(key.clone()), Some((key.clone(), None)));
    assert_eq!(read(format!("{key}#0")), Some((key.clone(), Some(0))));
    assert_eq!(read(format!("{key}#4711")), Some((key.clone(), Some(4711))));
    for bad in ["#", "#+1", "#01", "#-1", "#70000", "#1#2", "#x", " "] {
        assert_eq!(read(format!("{key}{bad}")), None, "{bad}");
    }
    assert_eq!(state_key(PROGRESS_KEY.as_bytes()), None);
}

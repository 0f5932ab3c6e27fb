//! What a changelog that is not as it should be leads to, and what a shard costs.

use super::determinism_tests::{Entry, JUDGE, Run, entry};
use super::*;
use crate::record::state::{State, StateBody, StateCodec, StateUnread, WriterSchema};
use std::collections::BTreeMap;

fn report(case: usize) -> Entry {
    version(case, 1, case)
}

fn version(case: usize, number: u8, at: usize) -> Entry {
    let json = format!(
        r#"{{"body":{{"Report":{{"sender":"S","sender_case_id":"C{case}","version":{number},"drugs":[{{"role":"suspect","name":"BESPONSA"}}],
        "reactions":[{{"term":"Venoocclusive liver disease"}}],"seriousness":{{"death":true}}}}}}}}"#
    );
    entry(i64::try_from(at).unwrap(), 1_744_000_000_000, &json)
}

fn changelog() -> BTreeMap<String, Vec<u8>> {
    Run::straight(&[report(0), report(1)]).changelog
}

fn restored(changelog: &BTreeMap<String, Vec<u8>>, partition: i32, partitions: i32) -> Result<Shard, StateFault> {
    let mut restore = Restore::new(&JUDGE, partition, partitions, 1000);
    for (key, value) in changelog {
        restore.take(key.as_bytes(), Some(value))?;
    }
    restore.finish()
}

#[test]
fn an_empty_changelog_is_a_new_shard() {
    let shard = restored(&BTreeMap::new(), 0, 1).unwrap();
    assert_eq!((shard.next_offset(), shard.seq(), shard.cases(), shard.profile_changed()), (0, 0, 0, false));
}

#[test]
fn a_shard_is_what_it_was() {
    let shard = restored(&changelog(), 0, 1).unwrap();
    assert_eq!((shard.next_offset(), shard.seq(), shard.cases(), shard.profile_changed()), (2, 2, 2, false));
    assert_eq!((shard.tally().cases(true), shard.ledger().read(), shard.ledger().imbalance()), (2, 2, 0));
}

#[test]
fn nothing_read_changes_nothing_and_a_rejected_record_moves_progress_alone() {
    let mut run = Run::straight(&[report(0)]);
    let mut changes = Vec::new();
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    assert_eq!(changes, []);
    run.step(&Entry { offset: 1, key: "k".to_owned(), value: vec![] });
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    let keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(keys, [PROGRESS_KEY]);
}

#[test]
fn a_tombstone_forgets_a_case() {
    let mut changelog = changelog();
    let key = changelog.keys().find(|key| key.contains(':') && !key.starts_with("schema")).unwrap().clone();
    let value = changelog.remove(&key).unwrap();
    let mut restore = Restore::new(&JUDGE, 0, 1, 1000);
    restore.take(key.as_bytes(), Some(&value)).unwrap();
    restore.take(key.as_bytes(), None).unwrap();
    for (key, value) in &changelog {
        restore.take(key.as_bytes(), Some(value)).unwrap();
    }
    let shard = restore.finish().unwrap();
    assert_eq!((shard.cases(), shard.tally().cases(true), shard.desk().candidates()), (1, 1, 1));
}

#[test]
fn every_fault_of_a_changelog_is_named_and_says_what_to_do() {
    let good = changelog();
    type Changelog = BTreeMap<String, Vec<u8>>;
    let fault = |change: &dyn Fn(&mut Changelog), partition, partitions| {
        let mut changelog = good.clone();
        change(&mut changelog);
        let fault = restored(&changelog, partition, partitions).err().unwrap();
        let said = fault.to_string();
        assert!(good.keys().all(|key| !key.contains(':') || !said.contains(&key[9..])), "no key is named: {said}");
        fault
    };
    let progress = fault(&|changelog| drop(changelog.remove(PROGRESS_KEY)), 0, 1);
    assert_eq!(progress, StateFault::NoProgress);
    assert!(progress.to_string().contains("empty it as a whole"));
    let flipped = fault(&|changelog| *changelog.values_mut().next().unwrap().last_mut().unwrap() ^= 1, 0, 1);
    assert_eq!(flipped, StateFault::Damaged(StateUnread::Checksum));
    let fewer = fault(&|_| {}, 0, 6);
    assert_eq!(fewer, StateFault::OtherPartitions { held: 1, configured: 6 });
    assert!(fewer.to_string().contains("topics.partitions back to 1"), "{fewer}");
    assert_eq!(fault(&|_| {}, 1, 1), StateFault::OtherShard { wanted: 1, held: 0 });
    let foreign = fault(&|changelog| drop(changelog.insert("MRN-1".to_owned(), changelog[PROGRESS_KEY].clone())), 0, 1);
    assert_eq!(foreign, StateFault::UnknownKey);
}

#[test]
fn changes_that_nobody_keeps_are_let_go_and_later_ones_noted_again() {
    let mut run = Run::new();
    run.step(&report(0));
    run.shard.discard_changes();
    let mut changes = Vec::new();
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    assert_eq!((changes.as_slice(), run.shard.changed.len()), ([].as_slice(), 0));
    run.step(&version(0, 2, 1));
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    assert_eq!(changes.len(), 3, "schema, case, progress");
}

#[test]
fn a_case_in_another_partition_than_its_keys_is_a_fault() {
    let mut changelog = changelog();
    // The progress of a shard of six, so that the number is not the fault.
    let key = changelog.keys().find(|key| key.contains(':') && !key.starts_with("schema")).unwrap().clone();
    let place = partition_of(key.as_bytes(), 6);
    let elsewhere = (place + 1) % 6;
    let mut shard = Shard::new(elsewhere, 6, 1);
    shard.moved = true;
    let mut changes = Vec::new();
    shard.take_changes(&JUDGE, &mut changes).unwrap();
    changelog.retain(|held, _| *held == key);
    changelog.extend(changes.into_iter().map(|change| (change.key, change.value.unwrap())));
    let fault = restored(&changelog, elsewhere, 6).err();
    assert_eq!(fault, Some(StateFault::OtherShard { wanted: elsewhere, held: place }));
}

/// The same state as a release with one field more would have written it.
fn newer(changelog: &BTreeMap<String, Vec<u8>>, with_schema: bool) -> BTreeMap<String, Vec<u8>> {
    let (text, codec) = crate::record::state::tests::newer();
    let mut written: BTreeMap<String, Vec<u8>> = changelog
        .iter()
        .filter(|(key, _)| !key.starts_with("schema:"))
        .map(|(key, value)| {
            let mut scratch = Vec::new();
            let state = StateCodec::get().decode(value, &mut scratch).unwrap();
            (key.clone(), crate::record::state::tests::written_by(&codec, &state).0)
        })
        .collect();
    if with_schema {
        let schema = State { body: StateBody::WriterSchema(WriterSchema { schema: text.into() }) };
        written.insert(format!("schema:{}", codec.fingerprint_hex()), codec.encode(&schema).unwrap());
    }
    written
}

#[test]
fn a_newer_releases_changelog_is_read_with_the_schema_in_it_and_refused_without() {
    let good = changelog();
    let shard = restored(&newer(&good, true), 0, 1).unwrap();
    assert_eq!((shard.next_offset(), shard.cases(), shard.tally().cases(true)), (2, 2, 2));
    let fault = restored(&newer(&good, false), 0, 1).err().unwrap();
    assert!(matches!(fault, StateFault::NewerSchema(_)), "{fault}");
    assert!(fault.to_string().contains("newer release"), "{fault}");
}

#[test]
fn of_two_values_under_one_key_the_later_holds_whatever_their_schemas() {
    let good = changelog();
    let newer = newer(&good, true);
    for (first, last) in [(&good, &newer), (&newer, &good)] {
        let mut restore = Restore::new(&JUDGE, 0, 1, 1000);
        for (key, value) in first.iter().chain(last) {
            restore.take(key.as_bytes(), Some(value)).unwrap();
        }
        let shard = restore.finish().unwrap();
        assert_eq!((shard.next_offset(), shard.cases(), shard.desk().candidates()), (2, 2, 2));
        // Where the newer release wrote first and an older one last, its schema stays for what it left.
    }
}

#[test]
fn another_profile_is_no_fault_and_is_said() {
    let changelog = changelog();
    let text = crate::profile::BUILTIN_TOML.replacen("version = \"", "version = \"9", 1);
    let other = Box::leak(Box::new(Profile::parse(&text).unwrap()));
    let judge = Judge::new(other).unwrap();
    let mut restore = Restore::new(&judge, 0, 1, 1000);
    for (key, value) in &changelog {
        restore.take(key.as_bytes(), Some(value)).unwrap();
    }
    let shard = restore.finish().unwrap();
    assert!(shard.profile_changed());
    assert_eq!(shard.cases(), 2);
}

#[test]
fn a_quiet_case_is_small_in_memory_and_in_the_changelog() {
    const CASES: usize = 20_000;
    let json = |case: usize| {
        format!(
            r#"{{"body":{{"Report":{{"sender":"S","sender_case_id":"C{case}","version":1,"most_recent":"2025-03-01",
            "drugs":[{{"role":"suspect","name":"Cytarabine"}}],"reactions":[{{"term":"Nausea"}},{{"term":"Epistaxis"}}]}}}}}}"#
        )
    };
    let log: Vec<Entry> = (0..CASES).map(|case| entry(i64::try_from(case).unwrap(), 1, &json(case))).collect();
    let mut run = Run::new();
    run.shard.cases_max = CASES;
    let folded = allocation_counter::measure(|| log.iter().for_each(|entry| run.step(entry)));
    run.commit();
    let bytes: usize = run.changelog.iter().map(|(key, value)| key.len() + value.len()).sum();
    let started = std::time::Instant::now();
    let restored = allocation_counter::measure(|| run.restart(true));
    let took = started.elapsed();
    assert_eq!(run.shard.cases(), CASES);
    let each = |bytes: u64| bytes / CASES as u64;
    // What the list of changed keys and the fates took is in the first number: it is the more careful one.
    let (live, after) = (each(folded.bytes_current.unsigned_abs()), each(restored.bytes_max));
    println!("a quiet case: {live} bytes of memory, {} in the changelog, {after} at most in a restore", bytes / CASES);
    println!("restore: {:.2} µs a case in this build", took.as_secs_f64() * 1e6 / CASES as f64);
    assert!(live <= 1024 && after <= 1024, "{live} {after}");
    assert!(bytes / CASES <= 256, "{}", bytes / CASES);
}

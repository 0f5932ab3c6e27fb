//! One part of a record's way through the pure half at a time, for counting its instructions, which a busy machine does
//! not disturb: `valgrind --tool=callgrind --toggle-collect='*::counted_*' <this bench> PART`.
//!
//! Parts: `decode` (and drop), `step` (repeats of decoded records), `first` (first versions), `whole` (decode and step),
//! `changes` (what a batch of first versions writes to the changelog). Without a part, each once over a few records.

#![allow(clippy::expect_used, missing_docs, reason = "a bench stops at its first fault")]

use besponsa_vigil::pipeline::{Effects, Judge, LogMessage, ReadRecord, Shard, StateChange, read, step, step_decoded};
use besponsa_vigil::profile::Profile;
use std::hint::black_box;

#[path = "log/mod.rs"]
mod log;

const RECORDS: usize = 2_000;

type Log = [(String, Vec<u8>)];

fn message<'a>(n: usize, (key, value): &'a (String, Vec<u8>)) -> LogMessage<'a> {
    let offset = i64::try_from(n).unwrap_or(0);
    LogMessage { topic: "vigil.records", partition: 0, offset, key: Some(key.as_bytes()), value }
}

#[inline(never)]
fn counted_decode(shard: &Shard, log: &Log) {
    for (n, entry) in log.iter().enumerate() {
        black_box(read(shard, &message(n, entry), &mut Vec::new()).is_ok());
    }
}

#[inline(never)]
fn counted_step(judge: &Judge, shard: &mut Shard, log: &Log, decoded: &[ReadRecord<'_>], effects: &mut Effects) {
    for (n, (entry, read)) in log.iter().zip(decoded).enumerate() {
        black_box(step_decoded(judge, shard, &message(n, entry), read, effects).is_ok());
    }
}

#[inline(never)]
fn counted_whole(judge: &Judge, shard: &mut Shard, log: &Log, effects: &mut Effects) {
    for (n, entry) in log.iter().enumerate() {
        black_box(step(judge, shard, &message(n, entry), &mut Vec::new(), effects).is_ok());
    }
}

#[inline(never)]
fn counted_changes(judge: &Judge, shard: &mut Shard, into: &mut Vec<StateChange>) {
    shard.take_changes(judge, into).expect("state is written");
}

fn main() {
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let (records, wanted) = match &part {
        Some(part) => (RECORDS, part.as_str()),
        None => (50, ""),
    };
    let is = |name: &str| wanted.is_empty() || wanted == name;
    let log = log::of_reports(records);
    let judge = Judge::new(Profile::builtin()).expect("the built-in profile has no contradictions");
    let mut shard = Shard::new(0, 1, usize::MAX);
    let mut effects = Effects::default();
    let mut changes = Vec::new();
    if is("decode") {
        counted_decode(&shard, &log);
    }
    let mut scratches: Vec<Vec<u8>> = vec![Vec::new(); log.len()];
    let decoded: Vec<ReadRecord<'_>> = log
        .iter()
        .enumerate()
        .zip(&mut scratches)
        .map(|((n, entry), scratch)| read(&shard, &message(n, entry), scratch).expect("the bench's own record"))
        .collect();
    if is("first") {
        counted_step(&judge, &mut shard, &log, &decoded, &mut effects);
    } else {
        for (n, (entry, read)) in log.iter().zip(&decoded).enumerate() {
            step_decoded(&judge, &mut shard, &message(n, entry), read, &mut effects).expect("not bounded");
        }
    }
    if is("changes") {
        counted_changes(&judge, &mut shard, &mut changes);
    }
    if is("step") {
        counted_step(&judge, &mut shard, &log, &decoded, &mut effects);
    }
    if is("whole") {
        counted_whole(&judge, &mut shard, &log, &mut effects);
    }
    let bytes: usize = changes.iter().map(|change| change.value.as_ref().map_or(0, Vec::len)).sum();
    println!("{records} records; {} changes of {bytes} bytes", changes.len());
}

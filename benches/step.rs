//! `step` alone, decoding alone, and both together, in one run: time per record, and heap allocations on the quiet path.
//!
//! Prints DESIGN's first two budget rows. Every record is timed by itself; what two readings of the clock cost stands
//! beside. The allocations are counted, not estimated. `--test` runs each part once over few records.

#![allow(clippy::expect_used, missing_docs, reason = "a bench stops at its first fault")]

use besponsa_vigil::pipeline::{Effects, Judge, LogMessage, ReadRecord, Shard, read, step, step_decoded, tick_record};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::{Codec, Millis};
use hdrhistogram::Histogram;
use std::hint::black_box;
use std::time::Instant;

#[path = "log/mod.rs"]
mod log;

/// Reports in the log; each is a case of its own.
const RECORDS: usize = 20_000;

/// Passes over the log; the first warms caches and is not counted.
const PASSES: usize = 10;

const STEP_QUIET: &str = "step alone, quiet report (repeat)";
const STEP_FIRST: &str = "step alone, first version of a case";

fn message<'a>(n: usize, (key, value): &'a (String, Vec<u8>)) -> LogMessage<'a> {
    let offset = i64::try_from(n).unwrap_or(0);
    LogMessage { topic: "vigil.records", partition: 0, offset, key: Some(key.as_bytes()), value }
}

struct Row {
    name: &'static str,
    budget: &'static str,
    nanoseconds: Histogram<u64>,
    allocations: f64,
}

fn measure(
    name: &'static str,
    budget: &'static str,
    log: &[(String, Vec<u8>)],
    passes: usize,
    mut one: impl FnMut(usize, &(String, Vec<u8>)) -> u64,
) -> Row {
    let mut nanoseconds = Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("bounds are allowed");
    let mut allocations = 0u64;
    for pass in 0..passes {
        let counted = allocation_counter::measure(|| {
            for (n, entry) in log.iter().enumerate() {
                let took = one(n, entry);
                if pass > 0 {
                    nanoseconds.saturating_record(took);
                }
            }
        });
        allocations = counted.count_total;
    }
    Row { name, budget, nanoseconds, allocations: allocations as f64 / log.len() as f64 }
}

fn timed<T>(work: impl FnOnce() -> T) -> u64 {
    let start = Instant::now();
    black_box(work());
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn main() {
    let asked = |what: &str| std::env::args().any(|argument| argument == what);
    let quick = asked("--test");
    let judge = Judge::new(Profile::builtin()).expect("the built-in profile has no contradictions");
    if !asked("observations") {
        reports(&judge, quick);
    }
    observations(&judge, quick);
}

fn reports(judge: &Judge, quick: bool) {
    let (records, passes) = if quick { (500, 2) } else { (RECORDS, PASSES) };
    let log = log::of_reports(records);
    let bytes: usize = log.iter().map(|(_, value)| value.len()).sum();
    let mut shard = Shard::new(0, 1, usize::MAX);
    let (mut effects, mut first_effects) = (Effects::default(), Effects::default());
    // Decoded beforehand, so that what `step` alone allocates is counted alone. It is timed behind its own decoding, as in
    // a running shard: 20,000 decoded reports at once would be timed from cold memory.
    let mut scratches: Vec<Vec<u8>> = vec![Vec::new(); log.len()];
    let decoded: Vec<ReadRecord<'_>> = log
        .iter()
        .enumerate()
        .zip(&mut scratches)
        .map(|((n, entry), scratch)| read(&shard, &message(n, entry), scratch).expect("the bench's own record"))
        .collect();
    let mut allocated = |shard: &mut Shard| {
        let counted = allocation_counter::measure(|| {
            for (n, (entry, read)) in log.iter().zip(&decoded).enumerate() {
                step_decoded(judge, shard, &message(n, entry), read, &mut effects).expect("the shard is not bounded");
            }
        });
        counted.count_total as f64 / log.len() as f64
    };
    let (of_first, of_repeat) = (allocated(&mut shard), allocated(&mut shard));
    // Every case is known before the measured passes, so that no pass grows the table: the quiet path of a running shard.
    let mut rows = [
        measure("two clock readings", "", &log, passes, |_, _| timed(|| ())),
        measure("decode alone, apache-avro Value", "", &log, passes, |_, (_, value)| {
            timed(|| Codec::record().decode_value(black_box(value)).is_ok())
        }),
        measure("decode alone, borrowed", "", &log, passes, |n, entry| {
            let shard = Shard::new(0, 1, 1);
            let message = message(n, entry);
            timed(|| read(&shard, black_box(&message), &mut Vec::new()).is_ok())
        }),
        measure(STEP_QUIET, "p50 <= 500 ns, p99 <= 1500 ns, 0 allocations", &log, passes, {
            let (shard, effects) = (&mut shard, &mut effects);
            move |n, entry| {
                let message = message(n, entry);
                let mut scratch = Vec::new();
                let read = read(shard, &message, &mut scratch).expect("the bench's own record");
                timed(|| step_decoded(judge, shard, &message, black_box(&read), effects).map(|step| step.concepts))
            }
        }),
        measure(STEP_FIRST, "", &log, passes, {
            let effects = &mut first_effects;
            let mut shard = Shard::new(0, 1, usize::MAX);
            move |n, entry| {
                if n == 0 {
                    shard = Shard::new(0, 1, usize::MAX);
                }
                let message = message(n, entry);
                let mut scratch = Vec::new();
                let read = read(&shard, &message, &mut scratch).expect("the bench's own record");
                timed(|| step_decoded(judge, &mut shard, &message, black_box(&read), effects).map(|step| step.concepts))
            }
        }),
        measure("decode + step, canonical Avro", "p50 <= 800 ns (borrowed decoder)", &log, passes, {
            let (shard, effects) = (&mut shard, &mut effects);
            move |n, entry| {
                let message = message(n, entry);
                let mut scratch = Vec::new();
                timed(|| step(judge, shard, black_box(&message), &mut scratch, effects).map(|step| step.concepts))
            }
        }),
    ];
    for row in &mut rows {
        match row.name {
            STEP_QUIET => row.allocations = of_repeat,
            STEP_FIRST => row.allocations = of_first,
            _ => {}
        }
    }
    println!("{records} reports of {} bytes on average, {} passes counted", bytes / log.len().max(1), passes - 1);
    println!("{:<38} {:>8} {:>8} {:>8} {:>8} {:>12}", "part", "p50 ns", "p90 ns", "p99 ns", "mean ns", "allocations");
    for row in &rows {
        let at = |quantile| row.nanoseconds.value_at_quantile(quantile);
        println!(
            "{:<38} {:>8} {:>8} {:>8} {:>8.0} {:>12.2}  {}",
            row.name,
            at(0.5),
            at(0.9),
            at(0.99),
            row.nanoseconds.mean(),
            row.allocations,
            row.budget
        );
    }
    println!("allocations are per record over the whole pass; those of \"step alone\" are counted without decoding");
}

/// The observation path: `step` alone over a quiet value of an exposed patient who has so many already, one an hour, with
/// the ticks of a running shard between them, and those that look at the patient again by themselves.
fn observations(judge: &Judge, quick: bool) {
    const TIMED: usize = 64;
    const BUDGET: &str = "p50 <= 500 ns, p99 <= 1500 ns, 0 allocations";
    println!(
        "{:<38} {:>8} {:>8} {:>12} {:>10}",
        "step alone, quiet value", "p50 ns", "p99 ns", "allocations", "judged"
    );
    let mut looks = Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("bounds are allowed");
    for held in [1, 10, 100, 1000] {
        let patients = if quick { 1 } else { (20_000 / (held + TIMED)).max(8) };
        let mut nanoseconds = Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("bounds are allowed");
        let (mut allocations, mut timed_values, mut passed) = (0_u64, 0_u32, 0);
        let mut effects = Effects::default();
        for patient in 0..patients {
            let mut shard = Shard::new(0, 1, usize::MAX);
            let mut offset = 0;
            let mut one = |shard: &mut Shard, entry: &(String, Vec<u8>)| {
                let message = message(offset, entry);
                offset += 1;
                let mut scratch = Vec::new();
                let read = read(shard, &message, &mut scratch).expect("the bench's own record");
                let mut took = 0;
                let counted = allocation_counter::measure(|| {
                    took = timed(|| {
                        step_decoded(judge, shard, &message, black_box(&read), &mut effects).map(|s| s.concepts)
                    });
                });
                (took, counted.count_total)
            };
            for (n, entry) in log::of_patient(patient, held + TIMED).iter().enumerate() {
                // Ticks come every few seconds: what is due is looked at before the next value.
                let at = Millis(log::time_of(n));
                let tick = tick_record(0, at).expect("a tick is written");
                looks.saturating_record(one(&mut shard, &(tick.key, tick.value)).0);
                let before = shard.values_passed();
                let (took, allocated) = one(&mut shard, entry);
                if n > held {
                    nanoseconds.saturating_record(took);
                    allocations += allocated;
                    timed_values += 1;
                    passed += shard.values_passed() - before;
                }
            }
        }
        println!(
            "{:<38} {:>8} {:>8} {:>12.2} {:>8.1} %  {BUDGET}",
            format!("{held} values of the patient"),
            nanoseconds.value_at_quantile(0.5),
            nanoseconds.value_at_quantile(0.99),
            allocations as f64 / f64::from(timed_values.max(1)),
            100.0 - 100.0 * passed as f64 / f64::from(timed_values.max(1)),
        );
    }
    let at = |quantile| looks.value_at_quantile(quantile);
    println!("a tick beside them: p50 {} ns, p99 {} ns (one in six looks at the patient again)", at(0.5), at(0.99));
}

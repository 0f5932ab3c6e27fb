//! What a shard costs as it grows: bytes of memory a quiet case, a patient who never had the product and a monitored one;
//! restore from the changelog's records; time of one step beside a thousand and beside a million keys.
//!
//! Pure: no broker. The bytes are those of the allocator's own count, hash tables and all. `VIGIL_BENCH_PATIENTS` gives
//! another number of keys than a million; `--test` runs over few.

#![allow(clippy::expect_used, clippy::cast_precision_loss, missing_docs, reason = "a bench stops at its first fault")]

use besponsa_vigil::decode::Limits;
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::{
    Effects, Intake, Judge, LogMessage, PROGRESS_KEY, Restore, Shard, Source, SourceMessage, StateChange, intake, step,
};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::Millis;
use hdrhistogram::Histogram;
use std::hint::black_box;
use std::time::Instant;

const KEYS: usize = 1_000_000;
const FEW_KEYS: usize = 1_000;
/// Records that are timed beside so many keys.
const STEPS: usize = 20_000;
const RECORDED_AT: i64 = 1_744_000_000_000;

/// A record of the log.
type Entry = (String, Vec<u8>);

struct Makers {
    intake: Intake,
}

impl Makers {
    fn record(&self, json: &str) -> Entry {
        let message = SourceMessage {
            topic: "ward",
            partition: 0,
            offset: 0,
            timestamp: RECORDED_AT,
            payload: json.as_bytes(),
            format: None,
        };
        let mut made = None;
        intake(&self.intake, &Source::default(), &message, &mut |_, record| {
            let record = record.expect("the bench's own record");
            made = Some((record.key.to_owned(), record.value.to_vec()));
        });
        made.expect("one record")
    }

    fn bedside(&self, n: usize, id: &str, at: &str, body: &str) -> Entry {
        self.record(&format!(
            r#"{{"head":{{"identity":{{"authority":"h","identifier":"{n}"}},"source_id":"{n}-{id}","event_time":"{at}"}},"body":{body}}}"#
        ))
    }

    /// A background report: another product's.
    fn quiet_case(&self, n: usize) -> Vec<Entry> {
        vec![self.record(&format!(
            r#"{{"body":{{"Report":{{"sender":"S","sender_case_id":"C{n}","version":1,"most_recent":"2025-03-01",
            "drugs":[{{"role":"suspect","name":"Cytarabine"}}],"reactions":[{{"term":"Nausea"}},{{"term":"Epistaxis"}}]}}}}}}"#
        ))]
    }

    /// A patient who never had the product: the person, a condition, a transplant.
    fn unexposed(&self, n: usize) -> Vec<Entry> {
        vec![
            self.bedside(
                n,
                "p",
                "2025-03-01T00:00:00Z",
                r#"{"Patient":{"birth_year":1980,"sex":"female","height_cm":168}}"#,
            ),
            self.bedside(
                n,
                "c",
                "2025-03-01T00:00:00Z",
                r#"{"Condition":{"kind":"gilbert","presence":"present","name":"Gilbert's syndrome"}}"#,
            ),
            self.bedside(
                n,
                "h",
                "2025-03-02T00:00:00Z",
                r#"{"Procedure":{"kind":"hsct","start":"2025-03-02T00:00:00Z"}}"#,
            ),
        ]
    }

    /// A patient in the first cycle: three doses, a transplant with conditioning, findings, a response, a stay.
    fn monitored(&self, n: usize) -> Vec<Entry> {
        let mut entries = self.unexposed(n);
        for (day, mg) in [(1, 0.8), (8, 0.5), (15, 0.5)] {
            let at = format!("2025-03-{day:02}T08:00:00Z");
            let body = format!(
                r#"{{"Administration":{{"product":"Besponsa","start":"{at}","stop":"2025-03-{day:02}T09:00:00Z","cycle":1,"cycle_day":{day},
                "dose":{{"value":{mg},"unit":"mg/m2"}},"dose_mg_m2":{mg},"intent":"treatment"}}}}"#
            );
            entries.push(self.bedside(n, &format!("d{day}"), &at, &body));
        }
        for (id, body) in [
            ("k", r#"{"Procedure":{"kind":"conditioning","agents":["busulfan","fludarabine"]}}"#),
            ("f1", r#"{"Finding":{"kind":"hepatomegaly","presence":"present","name":"Hepatomegaly"}}"#),
            ("f2", r#"{"Finding":{"kind":"ascites","presence":"present","name":"Ascites"}}"#),
            ("f3", r#"{"Finding":{"kind":"ruq_pain","presence":"absent"}}"#),
            (
                "f4",
                r#"{"Finding":{"kind":"overt_bleeding","presence":"present","site":"nose","grade":2,"name":"Epistaxis"}}"#,
            ),
            ("r", r#"{"Response":{"result":"cr","mrd_negative":true,"date":"2025-03-20"}}"#),
            ("s", r#"{"Stay":{"event":"admission"}}"#),
        ] {
            entries.push(self.bedside(n, id, "2025-03-16T08:00:00Z", body));
        }
        entries
    }

    /// The same with 20 measured values.
    fn measured(&self, n: usize) -> Vec<Entry> {
        let mut entries = self.monitored(n);
        entries.extend((0..20).map(|k| self.value(n, k)));
        entries
    }

    /// A value within its limits of normal, an hour and a half behind the one before it.
    fn value(&self, n: usize, k: usize) -> Entry {
        let (analyte, unit, value, high) = match k % 5 {
            0 => ("bilirubin", "mg/dL", 0.6, 1.2),
            1 => ("alt", "U/L", 22.0, 40.0),
            2 => ("ast", "U/L", 24.0, 40.0),
            3 => ("platelets", "10*9/L", 210.0, 400.0),
            _ => ("neutrophils", "10*9/L", 3.1, 7.5),
        };
        let at = Millis(RECORDED_AT + i64::try_from(k).expect("few values") * 5_400_000);
        let at = serde_json::to_string(&at).expect("a time is text");
        let value = value + (k % 7) as f64 / 100.0;
        let body = format!(
            r#"{{"Observation":{{"analyte":"{analyte}","quantity":{{"value":{value},"unit":"{unit}"}},"reference_high":{high}}}}}"#
        );
        self.bedside(n, &format!("v{k}"), at.trim_matches('"'), &body)
    }
}

fn fold(judge: &Judge, shard: &mut Shard, (key, value): &Entry, effects: &mut Effects) {
    let offset = shard.next_offset();
    let message = LogMessage { topic: "vigil.records", partition: 0, offset, key: Some(key.as_bytes()), value };
    step(judge, shard, &message, &mut Vec::new(), effects).expect("the shard is not bounded");
}

/// The shard of so many keys. Its records are made and dropped one by one, so that the shard alone is what stays.
fn filled(judge: &Judge, keys: usize, of: &dyn Fn(usize) -> Vec<Entry>) -> Shard {
    let mut shard = Shard::new(0, 1, usize::MAX);
    let mut effects = Effects::default();
    for n in 0..keys {
        for entry in of(n) {
            fold(judge, &mut shard, &entry, &mut effects);
        }
        // The list of changes is of a batch, not of the shard's memory.
        if n % 1000 == 999 {
            shard.discard_changes();
        }
    }
    shard
}

/// Nanoseconds of one step, decoding and all, over records of known and of new keys.
fn steps(
    judge: &Judge,
    shard: &mut Shard,
    keys: usize,
    steps: usize,
    of: &dyn Fn(usize) -> Vec<Entry>,
) -> Histogram<u64> {
    let mut nanoseconds = Histogram::<u64>::new_with_bounds(1, 10_000_000_000, 3).expect("bounds are allowed");
    let mut effects = Effects::default();
    for k in 0..steps {
        // A stride that is prime to any number of keys here: no cache helps.
        let n = k.wrapping_mul(7_368_787) % keys;
        let entries = of(n);
        for entry in entries.iter().take(1) {
            let start = Instant::now();
            fold(judge, shard, black_box(entry), &mut effects);
            nanoseconds.saturating_record(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        }
    }
    shard.discard_changes();
    nanoseconds
}

/// Records of the changelog for so many keys, as the shard writes them.
fn changelog(judge: &Judge, keys: usize, of: &dyn Fn(usize) -> Vec<Entry>) -> Vec<StateChange> {
    let mut shard = Shard::new(0, 1, usize::MAX);
    let mut effects = Effects::default();
    for n in 0..keys {
        for entry in of(n) {
            fold(judge, &mut shard, &entry, &mut effects);
        }
    }
    let mut changes = Vec::new();
    shard.take_changes(judge, &mut changes).expect("the state fits its schema");
    changes
}

/// Values of one patient that come one by one, each in a batch of its own: bytes of the changelog, keys and all, and how long
/// what changed took to be written, both without the progress record.
fn one_by_one(judge: &Judge, makers: &Makers) {
    println!(
        "\none monitored patient whose values come one by one, each in a batch of its own; without the progress records"
    );
    println!("{:>8} {:>14} {:>14} {:>14}", "values", "bytes", "bytes a value", "µs a batch");
    let mut shard = Shard::new(0, 1, usize::MAX);
    let (mut effects, mut changes) = (Effects::default(), Vec::new());
    for entry in makers.monitored(0) {
        fold(judge, &mut shard, &entry, &mut effects);
    }
    shard.take_changes(judge, &mut changes).expect("the state fits its schema");
    let (mut written, mut micros, mut before) = (0, 0.0, 0);
    for k in 0..1_000 {
        changes.clear();
        fold(judge, &mut shard, &makers.value(0, k), &mut effects);
        let start = Instant::now();
        shard.take_changes(judge, &mut changes).expect("the state fits its schema");
        micros += start.elapsed().as_secs_f64() * 1e6;
        let of = |change: &StateChange| change.key.len() + change.value.as_ref().map_or(0, Vec::len);
        written += changes.iter().filter(|change| change.key != PROGRESS_KEY).map(of).sum::<usize>();
        if [1, 10, 100, 500, 1_000].contains(&(k + 1)) {
            let values = k + 1 - before;
            println!("{:>8} {written:>14} {:>14} {:>14.1}", k + 1, written / (k + 1), micros / values as f64);
            (micros, before) = (0.0, k + 1);
        }
    }
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--test");
    #[expect(clippy::disallowed_methods, reason = "a setting of the bench, not of the program")]
    let asked = std::env::var("VIGIL_BENCH_PATIENTS").ok().and_then(|keys| keys.parse().ok());
    let keys = if quick { 2_000 } else { asked.unwrap_or(KEYS) };
    let timed = if quick { 500 } else { STEPS };
    let judge = Judge::new(Profile::builtin()).expect("the built-in profile has no contradictions");
    let makers = Makers {
        intake: Intake {
            pseudonymiser: Pseudonymiser::new(&[1; 32]).expect("32 bytes are a key"),
            limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
            internal_kinds: false,
        },
    };
    type Maker<'a> = Box<dyn Fn(usize) -> Vec<Entry> + 'a>;
    let kinds: [(&str, u64, Maker<'_>); 4] = [
        ("quiet case", 1024, Box::new(|n| makers.quiet_case(n))),
        ("never exposed", 1024, Box::new(|n| makers.unexposed(n))),
        ("monitored, 1 cycle", 6144, Box::new(|n| makers.monitored(n))),
        ("with 20 values", 6144, Box::new(|n| makers.measured(n))),
    ];
    println!(
        "{keys} keys in one shard; bytes are the allocator's, the peak of a restore its highest, a key each; restore is in seconds a million keys"
    );
    println!(
        "{:<20} {:>8} {:>8} {:>10} {:>10} {:>12} {:>9} {:>9} {:>9} {:>9}",
        "a key",
        "bytes",
        "budget",
        "changelog",
        "s/million",
        "restore peak",
        "p50 few",
        "p99 few",
        "p50 many",
        "p99 many"
    );
    for (name, budget, of) in &kinds {
        let few = FEW_KEYS.min(keys);
        let mut small = filled(&judge, few, of);
        let beside_few = steps(&judge, &mut small, few, timed, of);
        let mut shard = None;
        let folded = allocation_counter::measure(|| shard = Some(filled(&judge, keys, of)));
        let mut shard = shard.expect("it was just filled");
        let beside_many = steps(&judge, &mut shard, keys, timed, of);
        drop(shard);
        // A monitored patient's records are many: fewer of them are written and read back.
        let back = if *budget > 1024 { keys.div_ceil(10) } else { keys };
        let changes = changelog(&judge, back, of);
        let written: usize =
            changes.iter().map(|change| change.key.len() + change.value.as_ref().map_or(0, Vec::len)).sum();
        let mut took = 0.0;
        let mut held = 0;
        let restored = allocation_counter::measure(|| {
            let start = Instant::now();
            let mut restore = Restore::new(&judge, 0, 1, usize::MAX);
            for change in &changes {
                restore.take(change.key.as_bytes(), change.value.as_deref()).expect("the bench's own changelog");
            }
            let shard = restore.finish().expect("the bench's own changelog");
            took = start.elapsed().as_secs_f64();
            held = shard.cases() + shard.patients();
        });
        assert_eq!(held, back, "every key came back");
        let each = |bytes: u64, keys: usize| bytes / keys as u64;
        let took = took * 1e6 / back as f64;
        println!(
            "{name:<20} {:>8} {budget:>8} {:>10} {took:>10.2} {:>12} {:>9} {:>9} {:>9} {:>9}",
            each(folded.bytes_current.unsigned_abs(), keys),
            written / back,
            each(restored.bytes_max, back),
            beside_few.value_at_quantile(0.5),
            beside_few.value_at_quantile(0.99),
            beside_many.value_at_quantile(0.5),
            beside_many.value_at_quantile(0.99),
        );
    }
    println!(
        "times of a step are nanoseconds, of a record that came before (decoding and one reading of the clock in it)"
    );
    one_by_one(&judge, &makers);
}

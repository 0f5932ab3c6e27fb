//! The screen before the judgement: what it passes is what the judgement would have passed, whatever came before.

use super::course_tests::DAY;
use super::determinism_tests::{Entry, Run, config, cut, entry_from};
use super::ward_tests::{observation, time_text};
use super::*;
use crate::record::Millis;
use proptest::prelude::*;
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;
const START: i64 = 1_744_000_000_000;
const PATIENTS: u8 = 2;

/// What comes next, so long after the one before.
#[derive(Clone, Debug)]
struct Next {
    minutes: u16,
    patient: u8,
    what: What,
    /// Minutes by which the event lies before (or, negative, behind) its becoming known.
    before: i16,
    from: &'static str,
}

#[derive(Clone, Debug)]
enum What {
    Value {
        kind: u8,
        bad: u8,
    },
    /// Another word on the value that many back: corrected to this, or withdrawn.
    Again {
        back: u8,
        kind: u8,
        bad: u8,
        withdrawn: bool,
    },
    Fact {
        kind: u8,
        bad: u8,
    },
    Tick,
}

fn next() -> impl Strategy<Value = Next> {
    let bad = || prop_oneof![5 => Just(0u8), 3 => 1u8..6];
    let what = prop_oneof![
        30 => (0u8..18, bad()).prop_map(|(kind, bad)| What::Value { kind, bad }),
        3 => (1u8..9, 0u8..18, bad(), any::<bool>())
            .prop_map(|(back, kind, bad, withdrawn)| What::Again { back, kind, bad, withdrawn }),
        5 => (0u8..12, bad()).prop_map(|(kind, bad)| What::Fact { kind, bad }),
        4 => Just(What::Tick),
    ];
    let minutes = prop_oneof![8 => 1u16..300, 3 => 300u16..1500, 1 => 1500u16..15_000];
    let before = prop_oneof![10 => Just(0i16), 2 => 1i16..90, 1 => 90i16..9000, 1 => -4000i16..0];
    let from = prop_oneof![9 => Just("north"), 1 => Just("south")];
    (minutes, 0u8..PATIENTS, what, before, from).prop_map(|(minutes, patient, what, before, from)| Next {
        minutes,
        patient,
        what,
        before,
        from,
    })
}

fn value(kind: u8, bad: u8) -> Value {
    let bad = f64::from(bad);
    let (analyte, value, unit) = match kind {
        0 => ("bilirubin", 12.0 + 9.0 * bad, "umol/L"),
        1 => ("bilirubin", 0.7 + 0.6 * bad, "mg/dL"),
        2 | 3 => ("weight", 70.0 + 0.9 * bad, "kg"),
        4 | 5 => ("temperature", 36.8 + 0.4 * bad, "Cel"),
        6 => ("temperature", 37.0 - 0.4 * bad, "Cel"),
        7 => ("systolic", 125.0 - 9.0 * bad, "mm[Hg]"),
        8 => ("anc", 2.5 - 0.48 * bad, "10*9/L"),
        9 => ("wbc", 3.0 - 0.58 * bad, "10*9/L"),
        10 => ("neutrophil_percent", 60.0 - 11.0 * bad, "%"),
        11 => ("haemoglobin", 118.0 - 8.0 * bad, "g/L"),
        12 => ("alt", 28.0 + 42.0 * bad, "U/L"),
        13 => ("ast", 28.0 + 42.0 * bad, "U/L"),
        14 => ("alp", 90.0 + 45.0 * bad, "U/L"),
        15 => ("platelets", 150.0 - 29.0 * bad, "10*9/L"),
        16 => ("creatinine", 70.0 + 60.0 * bad, "umol/L"),
        _ => ("qtc", 430.0 + 20.0 * bad, "ms"),
    };
    let mut value = observation(analyte, value, unit);
    if bad > 4.0 && kind.is_multiple_of(3) {
        value["quantity"]["comparator"] = json!("gt");
    }
    value
}

fn fact(kind: u8, bad: u8, at: i64) -> Value {
    let day = |days: i64| time_text(at + days * DAY);
    let presence = ["absent", "present", "unsure"][usize::from(bad % 3)];
    match kind {
        0 => json!({"Finding": {"kind": "hepatomegaly", "presence": presence}}),
        1 => json!({"Finding": {"kind": "painful_hepatomegaly", "presence": presence}}),
        2 => json!({"Finding": {"kind": "ruq_pain", "presence": presence}}),
        3 => json!({"Finding": {"kind": "ascites", "presence": presence}}),
        4 => json!({"Finding": {"kind": "overt_bleeding", "presence": presence, "site": "nose"}}),
        5 => json!({"Administration": {"product": "Besponsa", "dose_mg_m2": 0.5, "start": day(0)}}),
        6 => json!({"Administration": {"product": "Besponsa", "dose_mg_m2": 0.8, "start": day(0), "cycle": 1 + bad / 2,
                    "cycle_day": 1}}),
        7 => json!({"Procedure": {"kind": "hsct", "start": day(i64::from(bad) - 2)}}),
        8 => json!({"Procedure": {"kind": "conditioning", "start": day(i64::from(bad) - 4)}}),
        9 => json!({"Stay": {"event": if bad > 3 { "discharge" } else { "admission" }}}),
        10 => json!({"Patient": {"birth_year": 2004 + i32::from(bad)}}),
        _ => json!({"Condition": {"kind": "gilbert", "presence": presence}}),
    }
}

/// The log; every patient has a weight and the first dose before it.
fn log_of(all: &[Next]) -> Vec<Entry> {
    let mut log = Vec::new();
    let mut now = START;
    let head = |patient: u8, id: &str, at: i64| {
        let identity = json!({"authority": "h1", "identifier": format!("MRN-{patient}")});
        json!({"identity": identity, "source_id": id, "event_time": time_text(at)})
    };
    for patient in 0..PATIENTS {
        let weight = json!({"head": head(patient, "weight", now - 30 * MINUTE), "body": {"Observation": value(2, 0)}});
        let dose = json!({"head": head(patient, "dose", now), "body": fact(5, 0, now)});
        for text in [weight, dose] {
            log.push(entry_from("north", 0, now, &text.to_string()));
        }
    }
    for (n, next) in all.iter().enumerate() {
        now += i64::from(next.minutes) * MINUTE;
        let at = now - i64::from(next.before) * MINUTE;
        let (id, body) = match &next.what {
            What::Tick => {
                let out = tick_record(0, Millis(now)).unwrap();
                log.push(Entry { offset: 0, key: out.key, value: out.value });
                continue;
            }
            What::Value { kind, bad } => (format!("V{n}"), json!({"Observation": value(*kind, *bad)})),
            What::Again { back, kind, bad, withdrawn } => {
                let mut value = value(*kind, *bad);
                value["status"] = json!(if *withdrawn { "withdrawn" } else { "corrected" });
                (format!("V{}", n.saturating_sub(usize::from(*back))), json!({"Observation": value}))
            }
            What::Fact { kind, bad } => (format!("F{n}"), fact(*kind, *bad, at)),
        };
        let text = json!({"head": head(next.patient, &id, at), "body": body}).to_string();
        log.push(entry_from(next.from, 0, now, &text));
    }
    (0i64..).zip(&mut log).for_each(|(n, entry)| entry.offset = n);
    log
}

/// Every record judged in full, committed one by one.
fn in_full(log: &[Entry]) -> Run {
    let mut run = Run::new();
    for entry in log {
        run.shard.forget_quiet();
        run.step(entry);
        run.commit();
    }
    run
}

fn screened(log: &[Entry]) -> Run {
    let mut run = Run::new();
    for entry in log {
        run.step(entry);
        run.commit();
    }
    run
}

fn words(alerts: &[Vec<u8>]) -> Vec<String> {
    let words = |bytes: &Vec<u8>| {
        let mut scratch = Vec::new();
        let alert = crate::alert::AlertCodec::decode(bytes, &mut scratch).unwrap();
        let criteria: Vec<&str> = alert.criteria.iter().map(crate::record::Text::as_str).collect();
        let (concern, at) = (alert.concern.name(), alert.recorded_at.0);
        format!("{concern} {:?} {:?} {criteria:?} at {at}", alert.change, alert.priority)
    };
    alerts.iter().map(words).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_screen_passes_the_judgement_would_have_passed(
        all in proptest::collection::vec(next(), 1..120), cuts in proptest::collection::vec(cut(), 60)
    ) {
        let log = log_of(&all);
        let (full, screened) = (in_full(&log), screened(&log));
        prop_assert_eq!(words(&screened.alerts), words(&full.alerts));
        prop_assert_eq!(&screened.alerts, &full.alerts);
        prop_assert_eq!(&screened.fates, &full.fates);
        prop_assert_eq!(&screened.changelog, &full.changelog);
        let cut = Run::cut(&log, &cuts);
        prop_assert_eq!(&cut.alerts, &full.alerts);
        prop_assert_eq!(&cut.changelog, &full.changelog);
    }
}

#[cfg(feature = "io")]
#[test]
fn simulated_wards_say_the_same_with_and_without_the_screen() {
    let (mut passed, mut values) = (0, 0_u64);
    for number in 0..150 {
        let patient = crate::simulate::ward::WardPatient::new(7, number, Millis(START));
        let mut log: Vec<Entry> = Vec::new();
        for message in &patient.messages {
            let at = i64::try_from(log.len()).unwrap();
            let text = std::str::from_utf8(&message.payload).unwrap();
            log.push(entry_from(patient.site, at, message.known.0, text));
        }
        let full = in_full(&log);
        let mut run = Run::new();
        for entry in &log {
            let held = run.shard.values_passed();
            run.step(entry);
            passed += run.shard.values_passed() - held;
            run.commit();
        }
        values += log.len() as u64;
        assert_eq!(words(&run.alerts), words(&full.alerts), "patient {number}");
        assert_eq!((&run.alerts, &run.changelog), (&full.alerts, &full.changelog), "patient {number}");
    }
    assert!(passed * 3 > values, "of {values} records the screen passed {passed}");
}

/// A weight that is corrected to a bilirubin: what was overdue when that was last said stands beside what is, and the next
/// value, which meets nothing, takes it away.
#[test]
fn after_a_correction_of_what_is_overdue_the_next_value_is_judged() {
    let next = |minutes, what| Next { minutes, patient: 0, what, before: 0, from: "north" };
    let value = |kind| What::Value { kind, bad: 0 };
    let dose = || What::Fact { kind: 5, bad: 0 };
    let all = [
        next(10_081, value(4)),
        next(1, dose()),
        next(49, value(8)),
        next(1, dose()),
        next(9_537, value(2)),
        next(544, What::Tick),
        next(1, What::Again { back: 2, kind: 0, bad: 0, withdrawn: false }),
        next(1, value(0)),
    ];
    let log = log_of(&all);
    let (full, screened) = (in_full(&log), screened(&log));
    assert_eq!(words(&screened.alerts), words(&full.alerts));
    assert_eq!((&screened.alerts, &screened.changelog), (&full.alerts, &full.changelog));
    let last = full.alerts.last().map(|bytes| words(std::slice::from_ref(bytes)).concat()).unwrap();
    assert!(last.ends_with(&format!("at {}", START + 20_215 * MINUTE)), "{last}");
}

/// A stable patient: what is as before passes, and the next value passes unless it meets a limit.
#[test]
fn a_stable_patients_values_pass_and_those_that_meet_a_limit_do_not() {
    let of = |kind, bad| Next { minutes: 47, patient: 0, what: What::Value { kind, bad }, before: 0, from: "north" };
    // Behind the day of the dose, on which counts are judged in full.
    let wait = Next { minutes: 1500, ..of(4, 0) };
    let kinds = [0, 2, 4, 7, 8, 11, 12, 15, 16];
    let mut all = vec![wait];
    // Ticks look at what is due, every six hours, mostly before a value finds it out.
    let tick = Next { minutes: 12, what: What::Tick, ..of(0, 0) };
    all.extend((0..14).flat_map(|_| kinds).flat_map(|kind| [tick.clone(), of(kind, 0)]));
    let passes = |more: &[Next]| {
        let log = log_of(&[&all[..], more].concat());
        let mut run = Run::new();
        let (last, before) = log.split_last().unwrap();
        before.iter().for_each(|entry| run.step(entry));
        let passed = run.shard.values_passed();
        assert!(passed * 10 > kinds.len() as u64 * 14 * 9, "{passed} passed");
        run.step(last);
        run.shard.values_passed() > passed
    };
    // Bilirubin that has doubled to above ULN is below every limit of a definition.
    for (kind, bad) in [(0, 2), (0, 3), (2, 3), (4, 4), (6, 5), (7, 5), (11, 4), (12, 3)] {
        assert!(passes(&[of(kind, 0)]), "kind {kind}");
        assert!(!passes(&[of(kind, bad)]), "kind {kind}, {bad}");
    }
    // Few platelets on the first day of a later cycle.
    let second = Next { what: What::Fact { kind: 6, bad: 2 }, ..of(0, 0) };
    assert!(!passes(&[second.clone(), of(15, 5)]));
    // What is told of a time to come counts from then on.
    let told = |before| Next { what: What::Fact { kind: 2, bad: 1 }, before, ..of(0, 0) };
    assert!(passes(&[told(-60), of(0, 0)]));
    assert!(!passes(&[told(-60), Next { minutes: 61, ..of(0, 0) }]));
    // Few neutrophils say nothing by themselves; beside a fever of the day they do.
    assert!(passes(&[of(8, 5)]));
    assert!(!passes(&[of(4, 4), of(8, 5)]));
}

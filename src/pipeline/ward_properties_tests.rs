//! Properties of the bedside over any facts, from records to verdicts and alerts: order, repeats, restarts, worse values,
//! missing ones, and numbers that nobody has verified.

use super::course_tests::DAY;
use super::determinism_tests::{Entry, JUDGE, Run, config, cut, derived, entry, placeless};
use super::ward_tests::{observation, time_text};
use super::*;
use crate::detect::{
    Beside, CourseView, Verdict, bleeding, explain, fever_judgement, hepatic_hold, hys_law, level, vod,
};
use crate::profile::{Analyte, Answer, BUILTIN_TOML, Concern, ItemTest, Priority};
use crate::record::{FindingKind, Millis, Pseudonym, Zone};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use std::sync::LazyLock;

const HOUR: i64 = DAY / 24;

/// Patients of a case.
const PATIENTS: u8 = 2;

/// Kinds of [`Bedside`] that tell of one thing.
const BILIRUBIN: [u8; 3] = [0, 1, 2];
const WEIGHT: [u8; 2] = [3, 4];
const ERASABLE: [(&str, &[u8]); 7] = [
    ("bilirubin", &BILIRUBIN),
    ("weight", &WEIGHT),
    ("neutrophils", &[8, 9]),
    ("haemoglobin", &[10]),
    ("enzymes", &[11]),
    ("the liver's size", &[12]),
    ("ascites", &[14]),
];

/// One record of a patient on treatment, as far as it matters here.
#[derive(Clone, Debug)]
struct Bedside {
    patient: u8,
    kind: u8,
    /// Hours after the first dose: within the span that is kept of one whose dose is not known yet.
    hour: u16,
    /// How bad, 0 to 5.
    bad: u8,
    /// 0 as first sent, 1 corrected, 2 withdrawn.
    version: u8,
}

fn bedside() -> impl Strategy<Value = Bedside> {
    (0u8..PATIENTS, 0u8..16, 0u16..640, 0u8..6, 0u8..8).prop_map(|(patient, kind, hour, bad, version)| Bedside {
        patient,
        kind,
        hour,
        bad,
        version: version.saturating_sub(5),
    })
}

/// Facts close enough to each other to be current together.
fn dense() -> impl Strategy<Value = Bedside> {
    bedside().prop_map(|record| Bedside { hour: record.hour % 60, version: 0, ..record })
}

const START: i64 = 1_744_000_000_000;

impl Bedside {
    fn body(&self) -> Value {
        let bad = f64::from(self.bad);
        let value = |analyte: &str, value: f64, unit: &str| json!({"Observation": observation(analyte, value, unit)});
        let mut body = match self.kind {
            0 | 1 => value("bilirubin", 15.0 + 12.0 * bad, "umol/L"),
            2 => value("bilirubin", 0.8 + 0.9 * bad, "mg/dL"),
            3 | 4 => value("weight", 70.0 + 1.1 * bad, "kg"),
            5 | 6 => value("temperature", 36.8 + 0.6 * bad, "Cel"),
            7 => value("temperature", 98.6 + 1.0 * bad, "[degF]"),
            8 => value("anc", 2.5 - 0.5 * bad, "10*9/L"),
            9 => value("wbc", 3.0 - 0.55 * bad, "10*9/L"),
            10 => value("haemoglobin", 110.0 - 10.0 * bad, "g/L"),
            11 => value("alt", 30.0 + 40.0 * bad, "U/L"),
            12 => json!({"Finding": {"kind": "hepatomegaly", "presence": if self.bad > 2 {"present"} else {"absent"}}}),
            13 => {
                json!({"Finding": {"kind": "overt_bleeding", "presence": if self.bad > 2 {"present"} else {"absent"}}})
            }
            14 => json!({"Finding": {"kind": "ascites", "presence": if self.bad > 2 {"present"} else {"absent"}}}),
            _ => {
                json!({"Administration": {"product": "Besponsa", "dose_mg_m2": 0.5 + 0.1 * bad, "cycle": 1, "cycle_day": 8}})
            }
        };
        let status = ["final", "corrected", "withdrawn"][usize::from(self.version)];
        body.as_object_mut().unwrap().values_mut().next().unwrap()["status"] = json!(status);
        body
    }

    fn entry_at(&self, offset: i64, recorded: i64) -> Entry {
        let when = time_text(START + i64::from(self.hour) * HOUR);
        let identity = json!({"authority": "h1", "identifier": format!("MRN-{}", self.patient)});
        let id = format!("W{}-{}-{}", self.patient, self.kind, self.hour / 40);
        let head = json!({"identity": identity, "source_id": id, "event_time": when});
        entry(offset, recorded, &json!({"head": head, "body": self.body()}).to_string())
    }

    /// Known at one time for all: the order of arrival is that of the log alone.
    fn entry(&self, offset: i64) -> Entry {
        self.entry_at(offset, START + 40 * DAY + i64::from(self.version) * HOUR)
    }
}

fn first_doses(log: &mut Vec<Entry>) {
    for patient in 0..PATIENTS {
        let dose = Bedside { patient, kind: 15, hour: 0, bad: 3, version: 0 };
        let entry = Entry { offset: 0, ..dose.entry_at(0, START + 40 * DAY) };
        log.insert(0, entry);
    }
}

pub(super) fn key_of(patient: u8) -> Pseudonym {
    Bedside { patient, kind: 0, hour: 0, bad: 0, version: 0 }.entry(0).key.parse().unwrap()
}

/// What is judged of every concern of a patient at a time, whatever was said.
fn verdicts(shard: &Shard, patient: u8, now: i64) -> Vec<String> {
    let Some(course) = shard.course(key_of(patient)) else { return Vec::new() };
    let view = CourseView {
        profile: JUDGE.profile(),
        sites: &JUDGE.critical_sites,
        course,
        zone: &Zone::UTC,
        now: Millis(now),
    };
    let judged = |concern: &Concern| format!("{:?}", level(JUDGE.profile(), &view, *concern, &Beside::default()));
    Concern::ALL.iter().map(judged).collect()
}

/// The log of these records behind a weight before the first dose, old enough to be the baseline alone, and the dose, of
/// each patient.
fn log_of<'a>(records: impl IntoIterator<Item = &'a Bedside>) -> Vec<Entry> {
    let mut log: Vec<Entry> = records.into_iter().map(|record| record.entry(0)).collect();
    first_doses(&mut log);
    for patient in 0..PATIENTS {
        let identity = json!({"authority": "h1", "identifier": format!("MRN-{patient}")});
        let head = json!({"identity": identity, "source_id": format!("baseline-{patient}"),
                          "event_time": time_text(START - 50 * HOUR)});
        let body = json!({"Observation": observation("weight", 70.0, "kg")});
        log.insert(0, entry(0, START + 40 * DAY, &json!({"head": head, "body": body}).to_string()));
    }
    (0i64..).zip(&mut log).for_each(|(n, entry)| entry.offset = n);
    log
}

fn run_of<'a>(records: impl IntoIterator<Item = &'a Bedside>) -> Run {
    Run::straight(&log_of(records))
}

/// Every three-valued answer about a patient at a time. What does not apply is not met, whatever is known.
fn answers(shard: &Shard, patient: u8, now: i64) -> Vec<(String, Answer)> {
    let (profile, course) = (JUDGE.profile(), shard.course(key_of(patient)).unwrap());
    let view = CourseView { profile, sites: &JUDGE.critical_sites, course, zone: &Zone::UTC, now: Millis(now) };
    let mut all = Vec::new();
    for (definition, verdict) in profile.definitions.iter().zip(vod(profile, &view).verdicts) {
        let answer = match verdict {
            Some(Verdict::Met(_)) => Answer::Met,
            Some(Verdict::Unknown(_)) => Answer::Unknown,
            Some(Verdict::NotMet(_) | Verdict::NotApplicable(_)) | None => Answer::NotMet,
        };
        all.push((definition.id.clone(), answer));
    }
    for (definition, verdict) in profile.fever_definitions.iter().zip(fever_judgement(profile, &view).verdicts) {
        all.extend(verdict.map(|verdict| (definition.id.clone(), verdict.answer)));
    }
    let (hold, bled) = (hepatic_hold(profile, &view), bleeding(profile, &view));
    let others = [
        ("hepatic_hold", hold.enter),
        ("hepatic_hold_over", hold.leave),
        ("hys_law", hys_law(profile, &view).answer),
        ("isth_major", bled.major),
    ];
    all.extend(others.map(|(name, answer)| (name.to_owned(), answer)));
    all
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_of_arrival_and_any_repeat_gives_one_course_and_the_same_verdicts(
        records in proptest::collection::vec(bedside(), 1..34),
        order in proptest::collection::vec(any::<Index>(), 60),
        again in proptest::collection::vec(any::<Index>(), 0..10),
    ) {
        let mut log: Vec<Entry> = records.iter().enumerate().map(|(n, record)| record.entry(n as i64)).collect();
        first_doses(&mut log);
        let mut shuffled = log.clone();
        for index in &again {
            shuffled.push(log[index.index(log.len())].clone());
        }
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, order[at % order.len()].index(at + 1));
        }
        for log in [&mut log, &mut shuffled] {
            log.iter_mut().enumerate().for_each(|(n, entry)| entry.offset = n as i64);
        }
        let (straight, shuffled) = (Run::straight(&log), Run::straight(&shuffled));
        for patient in 0..PATIENTS {
            prop_assert_eq!(placeless(&straight.shard, key_of(patient)), placeless(&shuffled.shard, key_of(patient)));
            for hour in [100, 400, 700, 960] {
                let now = START + hour * HOUR;
                prop_assert_eq!(verdicts(&straight.shard, patient, now), verdicts(&shuffled.shard, patient, now));
            }
        }
    }

    #[test]
    fn batches_and_restarts_anywhere_say_the_same_and_leave_the_same_bytes(
        records in proptest::collection::vec((bedside(), 0i64..30, any::<bool>()), 1..40),
        cuts in proptest::collection::vec(cut(), 60),
    ) {
        let mut log = Vec::new();
        first_doses(&mut log);
        let mut now = START;
        for (record, later, tick) in &records {
            now += later * HOUR;
            log.push(record.entry_at(0, now.max(START + i64::from(record.hour) * HOUR)));
            if *tick {
                let out = tick_record(0, Millis(now)).unwrap();
                log.push(Entry { offset: 0, key: out.key, value: out.value });
            }
        }
        log.iter_mut().enumerate().for_each(|(n, entry)| entry.offset = n as i64);
        let straight = Run::straight(&log);
        let mut cut = Run::cut(&log, &cuts);
        prop_assert_eq!(&cut.changelog, &straight.changelog);
        prop_assert_eq!(&cut.alerts, &straight.alerts);
        prop_assert_eq!(&cut.fates, &straight.fates);
        cut.restart(true);
        prop_assert_eq!(derived(&cut.shard), derived(&straight.shard));
    }

    #[test]
    fn a_worse_value_never_lowers_a_level(
        records in proptest::collection::vec(bedside(), 1..40), worse in any::<Index>()
    ) {
        // Only what has a worse direction, each in its own place, none corrected.
        let records: Vec<Bedside> = records
            .into_iter()
            .enumerate()
            .filter(|(_, record)| matches!(record.kind, 0 | 5 | 11 | 12 | 13 | 14))
            .map(|(n, record)| Bedside { hour: 40 * u16::try_from(n % 19).unwrap(), version: 0, ..record })
            .collect();
        prop_assume!(!records.is_empty());
        let at = worse.index(records.len());
        let mut changed = records.clone();
        changed[at].bad = (changed[at].bad + 1).min(5);
        let run = |records: &[Bedside]| {
            let mut log: Vec<Entry> = records.iter().map(|record| record.entry(0)).collect();
            first_doses(&mut log);
            log.iter_mut().enumerate().for_each(|(n, entry)| entry.offset = n as i64);
            Run::straight(&log)
        };
        let (before, after) = (run(&records), run(&changed));
        let patient = records[at].patient;
        let now = START + i64::from(records[at].hour) * HOUR;
        let judged = |run: &Run, concern| {
            let course = run.shard.course(key_of(patient)).unwrap();
            let view = CourseView { profile: JUDGE.profile(), sites: &JUDGE.critical_sites, course, zone: &Zone::UTC, now: Millis(now) };
            level(JUDGE.profile(), &view, concern, &Beside::default()).map(|level| level.priority)
        };
        for concern in [Concern::VodSos, Concern::FebrileNeutropenia, Concern::Haemorrhage, Concern::HepaticHold] {
            prop_assert!(judged(&after, concern) >= judged(&before, concern), "{concern}");
        }
    }

    /// Knowledge only grows: what is answered without any word on something is answered the same whatever that word is.
    /// Were a missing value read as "no", a definition would be not met without it and met with it.
    #[test]
    fn unknown_never_reads_as_not_met(records in proptest::collection::vec(dense(), 8..30), hour in 30i64..80, which in any::<Index>()) {
        let now = START + hour * HOUR;
        let all = run_of(&records);
        let (what, kinds) = ERASABLE[which.index(ERASABLE.len())];
        let less = run_of(records.iter().filter(|record| !kinds.contains(&record.kind)));
        for patient in 0..PATIENTS {
            let (known, erased) = (answers(&all.shard, patient, now), answers(&less.shard, patient, now));
            for ((rule, with), (_, without)) in known.iter().zip(&erased) {
                prop_assert!(
                    *without == Answer::Unknown || with == without,
                    "{rule} is {without} without a word on {what}, and {with} with it"
                );
            }
        }
    }

    /// An item whose analyte has no value of the last hours that count is unknown: it was not measured.
    #[test]
    fn an_item_without_a_current_value_is_unknown(
        records in proptest::collection::vec(bedside(), 1..30), hour in 0i64..900
    ) {
        let now = START + hour * HOUR;
        let run = run_of(&records);
        for patient in 0..PATIENTS {
            let course = run.shard.course(key_of(patient)).unwrap();
            let view = CourseView { profile: JUDGE.profile(), sites: &JUDGE.critical_sites, course, zone: &Zone::UTC, now: Millis(now) };
            for item in &JUDGE.profile().criteria_items {
                let (kinds, hours): (&[u8], i64) = match &item.test {
                    ItemTest::Value(Analyte::Bilirubin, _) => (&BILIRUBIN, 72),
                    ItemTest::Value(Analyte::Weight, _) => (&WEIGHT, 48),
                    ItemTest::Finding(of) if of.as_slice() == [FindingKind::Ascites] => (&[14], 168),
                    ItemTest::Value(..) | ItemTest::Finding(_) => continue,
                };
                let lately = records.iter().any(|record| {
                    let at = START + i64::from(record.hour) * HOUR;
                    record.patient == patient && kinds.contains(&record.kind) && (now - hours * HOUR..=now).contains(&at)
                });
                // The weight before the first dose counts for its hours too.
                let lately = lately || kinds == WEIGHT && now <= START + (hours - 5) * HOUR;
                let state = explain(JUDGE.profile(), &view, item);
                prop_assert!(lately || state.answer == Answer::Unknown, "{}: {:?}", item.id, state);
                prop_assert!(state.answer != Answer::Unknown || state.missing.is_some(), "{}: {:?}", item.id, state);
            }
        }
    }

    /// Where no number was read in its source, nothing of a bedside is high.
    #[test]
    fn unverified_numbers_never_raise_a_high_priority(records in proptest::collection::vec(dense(), 8..30)) {
        let (mut shard, mut effects) = (Shard::new(0, 1, 10), Effects::default());
        for entry in log_of(&records) {
            let (key, value) = (Some(entry.key.as_bytes()), &entry.value);
            let message = LogMessage { topic: "vigil.records", partition: 0, offset: entry.offset, key, value };
            step(&ALL_UNVERIFIED, &mut shard, &message, &mut Vec::new(), &mut effects).unwrap();
        }
        for out in &effects.alerts {
            prop_assert!(out.alert.priority < Priority::High, "{:?} {:?}", out.alert.concern, out.alert.criteria);
        }
    }

    /// An unverified number that fires whenever it can makes nothing high that is not high where it never fires; and takes
    /// nothing away that is.
    #[test]
    fn an_unverified_number_that_fires_raises_nothing_high_alone(
        records in proptest::collection::vec(dense(), 8..30), hour in 30i64..80
    ) {
        let run = run_of(&records);
        for patient in 0..PATIENTS {
            let course = run.shard.course(key_of(patient)).unwrap();
            let high = |profile| {
                let view = CourseView { profile, sites: &JUDGE.critical_sites, course, zone: &Zone::UTC, now: Millis(START + hour * HOUR) };
                let level = level(profile, &view, Concern::VodSos, &Beside::default());
                level.is_some_and(|level| level.priority == Priority::High)
            };
            prop_assert_eq!(high(&FIRES), high(&NEVER_FIRES));
        }
    }
}

/// A judge by whose profile no number of the bedside was read in its source.
static ALL_UNVERIFIED: LazyLock<Judge> = LazyLock::new(|| {
    let profile = Profile::parse(&bedside_unverified(BUILTIN_TOML)).unwrap();
    Judge::new(Box::leak(Box::new(profile))).unwrap()
});

/// The gain of weight of the definitions is unverified and fires from the first gram.
static FIRES: LazyLock<Profile> = LazyLock::new(|| Profile::parse(&weight_gain("0", "false")).unwrap());

/// It never fires.
static NEVER_FIRES: LazyLock<Profile> = LazyLock::new(|| Profile::parse(&weight_gain("1000", "true")).unwrap());

fn weight_gain(limit: &str, verified: &str) -> String {
    let (before, item) = BUILTIN_TOML.split_once("id = \"weight_gain_above_5_percent\"\n").unwrap();
    let item = item.replacen("percent_over_baseline = 5\n", &format!("percent_over_baseline = {limit}\n"), 1);
    let item = item.replacen("verified = true\n", &format!("verified = {verified}\n"), 1);
    format!("{before}id = \"weight_gain_above_5_percent\"\n{item}")
}

/// The profile's text with `verified = false`, and no default of ours, in the sections of the bedside.
fn bedside_unverified(text: &str) -> String {
    let bedside = ["facts", "criteria_items", "definitions", "fever_definitions"];
    let mut section = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("[[").and_then(|line| line.strip_suffix("]]")) {
            section = name;
        }
        let here = bedside.contains(&section);
        match line {
            "verified = true" if here => lines.push("verified = false"),
            "design = true" if here => {}
            other => lines.push(other),
        }
    }
    lines.join("\n")
}

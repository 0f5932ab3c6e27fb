//! Patients' courses in a shard: whatever the order, the repeats, the batches and the restarts.

use super::determinism_tests::{
    Entry, JUDGE, Run, STRIDE, Told, but_progress, config, cut, derived, entry, placeless, told,
};
use super::*;
use crate::patient::{Course, CourseFact};
use crate::record::{Millis, Pseudonym, ResultStatus};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

pub(super) const BASE: i64 = 1_744_000_000_000;
pub(super) const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

/// One bedside record, as far as it matters here.
#[derive(Clone, Debug)]
pub(super) struct Bedside {
    pub patient: u8,
    /// Which fact of the patient; later versions come under the same identity.
    pub fact: u8,
    pub kind: u8,
    pub version: u8,
    pub day: u8,
}

pub(super) fn bedside() -> impl Strategy<Value = Bedside> {
    // Ten is another product's dose, which only a test of its own sends.
    let kind = prop_oneof![5 => 0u8..10, 3 => Just(11)];
    (0u8..4, 0u8..7, kind, 0u8..3, 0u8..20).prop_map(|(patient, fact, kind, version, day)| Bedside {
        patient,
        fact,
        kind,
        version,
        day,
    })
}

fn text_of(millis: i64) -> String {
    serde_json::to_value(Millis(millis)).unwrap().as_str().unwrap().to_owned()
}

impl Bedside {
    /// When it became known: the same for the same record, whenever it comes.
    fn recorded_at(&self) -> i64 {
        BASE + 25 * DAY + (i64::from(self.version) * 10 + i64::from(self.day % 2)) * HOUR
    }

    pub fn json(&self) -> String {
        let at = text_of(BASE + i64::from(self.day) * DAY + i64::from(self.fact) * HOUR);
        let status = ["final", "corrected", "withdrawn"][usize::from(self.version)];
        // A first word of another product is no version of a dose; only the correction is.
        let other = self.kind == 1 && self.version > 0 || self.kind == 10;
        let product = if other { "Cytarabine" } else { "Besponsa" };
        let body = match self.kind {
            0 | 1 | 10 => {
                let dose = json!({"value": 1.4, "unit": "mg"});
                json!({"Administration": {"product": product, "start": at, "dose": dose, "status": status, "cycle": 1}})
            }
            2 => json!({"Procedure": {"kind": "hsct", "start": at, "agents": ["busulfan"], "status": status}}),
            3 => json!({"Procedure": {"kind": "paracentesis", "volume_ml": 450.5, "status": status}}),
            4 => json!({"Finding": {"kind": "ascites", "presence": "present", "name": "Ascites", "status": status,
                        "value": {"value": 11.0, "unit": "mm[Hg]"}}}),
            5 => json!({"Finding": {"kind": "overt_bleeding", "presence": "absent", "site": "nose", "status": status}}),
            6 => json!({"Condition": {"kind": "gilbert", "presence": "present", "onset": "2010-05", "status": status}}),
            7 => json!({"Response": {"result": "cr", "mrd_negative": true, "date": "2025-04-20", "status": status}}),
            8 => json!({"Stay": {"event": "admission", "status": status}}),
            11 => self.value(status),
            _ => {
                json!({"Patient": {"birth_year": 1980 + i32::from(self.version), "sex": "female", "height_cm": 168.5}})
            }
        };
        let identity = json!({"authority": "h1", "identifier": format!("MRN-{}", self.patient)});
        // One kind an identity, but for the two products.
        let id = format!("P{}-{}-{}", self.patient, self.fact, self.kind.max(1));
        let head = json!({"identity": identity, "source_id": id, "event_time": at});
        json!({"head": head, "body": body}).to_string()
    }

    fn value(&self, status: &str) -> serde_json::Value {
        let (analyte, unit, value) = [("bilirubin", "mg/dL", 1.1), ("weight", "kg", 70.0)][usize::from(self.fact % 2)];
        let quantity = json!({"value": value + f64::from(self.day), "unit": unit, "comparator": "lt"});
        json!({"Observation": {"analyte": analyte, "quantity": quantity, "reference_high": 1.2, "status": status}})
    }

    pub fn entry(&self, offset: i64) -> Entry {
        entry(offset, self.recorded_at(), &self.json())
    }
}

/// The key of a patient, as every record here gives it.
pub(super) fn key_of(patient: u8) -> String {
    Bedside { patient, fact: 0, kind: 8, version: 0, day: 0 }.entry(0).key
}

pub(super) fn merge(offset: i64, at: i64, (survivor, merged): (u8, u8), undone: bool, by_survivor: bool) -> Entry {
    let key = key_of(if by_survivor { survivor } else { merged });
    let merge = json!({"survivor": key_of(survivor), "merged": key_of(merged), "undone": undone});
    let head = json!({"key": key, "source_id": format!("A40-{survivor}-{merged}-{undone}-{at}")});
    entry(offset, at, &json!({"head": head, "body": {"Merge": merge}}).to_string())
}

/// Anything that may stand in a log.
#[derive(Clone, Debug)]
pub(super) enum Any {
    Report(Told),
    Bedside(Bedside),
    Merge(u8, u8, bool, bool),
    Tick(u8),
}

pub(super) fn any_record() -> impl Strategy<Value = Any> {
    prop_oneof![
        6 => told().prop_map(Any::Report),
        8 => bedside().prop_map(Any::Bedside),
        2 => (0u8..4, 1u8..4, any::<bool>(), any::<bool>())
            .prop_map(|(one, by, undone, at)| Any::Merge(one, (one + by) % 4, undone, at)),
        1 => (0u8..12).prop_map(Any::Tick),
    ]
}

impl Any {
    pub fn entry(&self, offset: i64) -> Entry {
        let at = BASE + offset / STRIDE * 7_000_000;
        match self {
            Self::Report(told) => entry(offset, at, &told.json()),
            Self::Bedside(bedside) => bedside.entry(offset),
            Self::Merge(survivor, merged, undone, by) => merge(offset, at, (*survivor, *merged), *undone, *by),
            Self::Tick(months) => {
                let out = tick_record(0, Millis(BASE + i64::from(*months) * 30 * DAY)).unwrap();
                Entry { offset, key: out.key, value: out.value }
            }
        }
    }
}

/// A log of one partition with everything that it caused itself behind it, as the broker would hold it.
fn closed(records: &[Any]) -> Vec<Entry> {
    let offset = |n: usize| i64::try_from(n).unwrap() * STRIDE;
    let mut log: Vec<Entry> = records.iter().enumerate().map(|(n, record)| record.entry(offset(n))).collect();
    let mut run = Run::new();
    let mut at = 0;
    while let Some(entry) = log.get(at).cloned() {
        run.step(&entry);
        for out in run.effects.forwards.drain(..) {
            log.push(Entry { offset: offset(log.len()), key: out.key, value: out.value });
        }
        at += 1;
        assert!(at < 5_000, "a circle of merges goes round for ever");
    }
    log
}

fn everything() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(any_record(), 1..24).prop_map(|records| closed(&records))
}

fn pseudonym(patient: u8) -> Pseudonym {
    key_of(patient).parse().unwrap()
}

/// Runs a log with what it causes behind it.
fn with_echo(records: &[Entry]) -> Run {
    let mut run = Run::new();
    let mut log = records.to_vec();
    let mut at = 0;
    while let Some(entry) = log.get(at).cloned() {
        run.step(&Entry { offset: i64::try_from(at).unwrap(), ..entry });
        log.extend(run.effects.forwards.drain(..).map(|out| Entry { offset: 0, key: out.key, value: out.value }));
        at += 1;
        assert!(at < 5_000, "a circle of merges goes round for ever");
    }
    run
}

/// The values of a patient as the rules see them.
fn seen_values(run: &Run, patient: u8) -> Vec<(Millis, u128, Option<crate::normalise::Measure>)> {
    let Some(course) = run.shard.course(key_of(patient).parse().unwrap()) else { return Vec::new() };
    let all = crate::profile::Analyte::ALL.iter().flat_map(|of| course.values().until(*of, Millis(i64::MAX)));
    all.map(|(value, _)| (value.time, value.id(), value.measure())).collect()
}

/// A value that becomes known under a key: the same record whichever key that is.
fn value_under(patient: u8, of: &Bedside) -> Entry {
    let mut json: serde_json::Value = serde_json::from_str(&of.json()).unwrap();
    json["head"]["identity"]["identifier"] = json!(format!("MRN-{patient}"));
    entry(0, of.recorded_at(), &json.to_string())
}

pub(super) fn course(shard: &Shard, patient: u8) -> &Course {
    shard.course(key_of(patient).parse().unwrap()).unwrap()
}

pub(super) fn live(course: &Course) -> Vec<&'static str> {
    let name = |fact: &CourseFact| match fact {
        CourseFact::Dose(_) => "dose",
        CourseFact::Procedure(procedure) => procedure.kind.name(),
        CourseFact::Finding(finding) => finding.kind.name(),
        CourseFact::Condition(condition) => condition.kind.name(),
        CourseFact::Response(_) => "response",
        CourseFact::Stay(event) => event.name(),
        CourseFact::Person(_) => "person",
        CourseFact::Merge(_) => "merge",
        CourseFact::Defibrotide(_) => "defibrotide",
        CourseFact::Nothing => "nothing",
    };
    let mut names: Vec<_> = course.facts().map(|entry| name(&entry.fact)).collect();
    names.sort_unstable();
    names
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_merged_patients_values_are_as_if_all_had_come_under_one_key(
        values in proptest::collection::vec(bedside().prop_map(|one| Bedside { kind: 11, patient: one.patient % 2, ..one }), 0..30),
        at in any::<Index>(), by_survivor in any::<bool>()
    ) {
        // The patient is in the identity of a value, so that each is one key's own.
        let split: Vec<Entry> = values.iter().map(|value| value_under(value.patient, value)).collect();
        let one: Vec<Entry> = values.iter().map(|value| value_under(0, value)).collect();
        let own: Vec<Entry> = values.iter().filter(|value| value.patient == 0).map(|value| value_under(0, value)).collect();
        let mut merged = split;
        merged.insert(at.index(merged.len() + 1), merge(0, BASE + 26 * DAY, (0, 1), false, by_survivor));
        let (together, apart) = (with_echo(&one), with_echo(&merged));
        prop_assert_eq!(seen_values(&together, 0), seen_values(&apart, 0));
        // Taken back, it takes its values with it.
        merged.push(merge(0, BASE + 27 * DAY, (0, 1), true, by_survivor));
        prop_assert_eq!(seen_values(&with_echo(&own), 0), seen_values(&with_echo(&merged), 0));
    }

    #[test]
    fn any_order_of_arrival_within_the_kept_span_gives_one_course(
        records in proptest::collection::vec(bedside(), 1..40), order in proptest::collection::vec(any::<Index>(), 40)
    ) {
        let log: Vec<Entry> = records.iter().enumerate().map(|(n, record)| record.entry(n as i64)).collect();
        let mut shuffled = log.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, order[at].index(at + 1));
        }
        for (n, entry) in shuffled.iter_mut().enumerate() {
            entry.offset = n as i64;
        }
        let (straight, shuffled) = (Run::straight(&log), Run::straight(&shuffled));
        for patient in 0..4 {
            prop_assert_eq!(placeless(&straight.shard, pseudonym(patient)), placeless(&shuffled.shard, pseudonym(patient)));
        }
        // When a tick looks again follows from what was said, which follows the order of the log.
        let counts = |shard: &Shard| (shard.patients(), shard.exposed_patients(), shard.course_entries());
        prop_assert_eq!(counts(&straight.shard), counts(&shuffled.shard));
        prop_assert!(!straight.fates.contains(&Fate::Late) && !shuffled.fates.contains(&Fate::Late));
    }

    #[test]
    fn batches_and_restarts_anywhere_change_no_course(
        log in everything(), cuts in proptest::collection::vec(cut(), 60)
    ) {
        let straight = Run::straight(&log);
        let mut cut = Run::cut(&log, &cuts);
        prop_assert_eq!(&cut.changelog, &straight.changelog);
        prop_assert_eq!(&cut.alerts, &straight.alerts);
        prop_assert_eq!(&cut.forwards, &straight.forwards);
        prop_assert_eq!(&cut.fates, &straight.fates);
        cut.restart(true);
        prop_assert_eq!(derived(&cut.shard), derived(&straight.shard));
        prop_assert_eq!(cut.shard.ledger().imbalance(), 0);
        prop_assert_eq!(cut.shard.ledger().read(), log.len() as u64);
        prop_assert_eq!(cut.shard.seq(), straight.alerts.len() as i64, "seq has no gap");
    }

    #[test]
    fn a_record_of_any_kind_that_comes_again_changes_nothing(
        records in proptest::collection::vec(any_record(), 1..24),
        again in proptest::collection::vec((any::<Index>(), any::<Index>()), 1..12)
    ) {
        // Without ticks: a patient who was forgotten in between begins anew with what comes again.
        let records: Vec<Any> = records.into_iter().filter(|record| !matches!(record, Any::Tick(_))).collect();
        prop_assume!(!records.is_empty());
        let log = closed(&records);
        let straight = Run::straight(&log);
        let mut with_repeats = log.clone();
        for (n, (which, place)) in again.iter().enumerate() {
            let which = which.index(log.len());
            let place = which + place.index(log.len() - which);
            let offset = log[place].offset + 1 + n as i64;
            with_repeats.push(Entry { offset, ..log[which].clone() });
        }
        with_repeats.sort_by_key(|entry| entry.offset);
        let run = Run::straight(&with_repeats);
        prop_assert_eq!(but_progress(&run.changelog), but_progress(&straight.changelog));
        prop_assert_eq!(&run.alerts, &straight.alerts);
        prop_assert_eq!(&run.forwards, &straight.forwards);
        prop_assert_eq!(derived(&run.shard), derived(&straight.shard));
    }
}

pub(super) fn at(patient: u8, fact: u8, kind: u8, version: u8, day: u8) -> Bedside {
    Bedside { patient, fact, kind, version, day }
}

/// Runs a log and what it causes, and gives the shard behind it.
pub(super) fn ran(records: &[Any]) -> Run {
    Run::straight(&closed(records))
}

#[test]
fn a_withdrawn_fact_stays_as_a_tombstone_and_a_repeat_writes_nothing() {
    let mut run = Run::straight(&[at(0, 1, 4, 0, 1).entry(0), at(0, 1, 4, 2, 1).entry(1)]);
    assert_eq!(run.fates, [Fate::Quiet, Fate::Corrected]);
    assert_eq!(course(&run.shard, 0).entries()[0].status, ResultStatus::Withdrawn);
    run.step(&at(0, 1, 4, 0, 1).entry(2));
    run.step(&at(0, 1, 4, 2, 1).entry(3));
    let mut changes = Vec::new();
    run.shard.take_changes(&JUDGE, &mut changes).unwrap();
    assert_eq!(changes.iter().map(|change| change.key.as_str()).collect::<Vec<_>>(), [PROGRESS_KEY]);
    assert_eq!(run.fates[2..], [Fate::Repeated, Fate::Repeated]);
}

#[test]
fn another_products_dose_leaves_no_mark_and_a_dose_corrected_to_it_does() {
    let mut run = Run::straight(&[at(0, 1, 10, 0, 1).entry(0)]);
    assert_eq!((run.shard.patients(), run.fates[0].clone()), (0, Fate::Quiet));
    run.step(&at(0, 1, 0, 0, 1).entry(1));
    assert_eq!((run.shard.patients(), run.shard.exposed_patients()), (1, 1));
    run.step(&at(0, 1, 1, 1, 1).entry(2));
    assert_eq!((run.shard.exposed_patients(), live(course(&run.shard, 0))), (0, vec!["nothing"]));
    run.step(&at(0, 1, 0, 0, 1).entry(3));
    assert_eq!(run.shard.exposed_patients(), 0, "the wrong version does not return");
}

/// A finding of so many days before or behind [`BASE`], as known on that day.
fn finding(n: i64, day: i64) -> Entry {
    let when = text_of(BASE + day * DAY);
    let head = json!({"identity": {"authority": "h1", "identifier": "MRN-0"}, "source_id": format!("late-{n}"), "event_time": when});
    let body = json!({"Finding": {"kind": "ascites", "presence": "present"}});
    entry(n, BASE + 5000 * DAY, &json!({"head": head, "body": body}).to_string())
}

#[test]
fn what_is_older_than_the_kept_span_is_late_and_exposure_never_is() {
    let span = JUDGE.course_rules.span / DAY;
    let short = JUDGE.course_rules.unexposed_span / DAY;
    let mut run = Run::straight(&[finding(0, 0), finding(1, -short), finding(2, -short - 1)]);
    assert_eq!(run.fates, [Fate::Quiet, Fate::Quiet, Fate::Late]);
    run.step(&at(0, 1, 0, 0, 0).entry(3));
    // New ascites of a patient who had the product is a reason to look.
    for (n, day, fate) in [(4, -span + 1, Fate::Alerted), (5, -span - 1, Fate::Late)] {
        run.step(&finding(n, day));
        assert_eq!(run.fates.last(), Some(&fate), "{day}");
    }
    // Years later: the finding goes, the dose stays, and another dose of that time is taken in.
    run.step(&finding(6, 4 * span));
    assert_eq!(live(course(&run.shard, 0)), ["ascites", "dose"]);
    run.step(&at(0, 2, 0, 0, 3).entry(7));
    assert_eq!(live(course(&run.shard, 0)), ["ascites", "dose", "dose"]);
    assert_eq!(run.shard.ledger().count(Fate::Late.index()), 2);
}

#[test]
fn at_the_bound_of_entries_the_oldest_events_go_and_exposure_stays_in_any_order() {
    let most = i64::try_from(JUDGE.course_rules.entries_max).unwrap();
    let hour = |n: i64| {
        let head = json!({"identity": {"authority": "h1", "identifier": "MRN-0"}, "source_id": format!("h{n}"),
                          "event_time": text_of(BASE + n * 1000)});
        entry(n, BASE + DAY, &json!({"head": head, "body": {"Stay": {"event": "admission"}}}).to_string())
    };
    let mut log: Vec<Entry> = (0..most + 50).map(hour).collect();
    log.push(at(0, 1, 0, 0, 0).entry(0));
    log.push(at(0, 1, 6, 0, 0).entry(0));
    let straight = Run::straight(&log);
    log.reverse();
    let reversed = Run::straight(&log);
    assert_eq!(placeless(&straight.shard, pseudonym(0)), placeless(&reversed.shard, pseudonym(0)));
    let course = course(&straight.shard, 0);
    assert_eq!(course.entries().len() as i64, most);
    assert!(live(course).contains(&"dose") && live(course).contains(&"gilbert"));
    assert_eq!(reversed.shard.ledger().count(Fate::Late.index()), 52, "what finds no room is counted");
}

#[test]
fn a_patient_who_never_had_the_product_is_forgotten_by_ticks_and_one_who_had_is_not() {
    let forget = JUDGE.course_rules.forget;
    let tick = |offset, at| {
        let out = tick_record(0, Millis(at)).unwrap();
        Entry { offset, key: out.key, value: out.value }
    };
    let heard = BASE + 25 * DAY;
    let mut run = Run::straight(&[at(0, 1, 6, 0, 0).entry(0), at(1, 1, 0, 0, 0).entry(1), tick(2, heard + forget)]);
    assert_eq!((run.shard.patients(), run.shard.timers()), (2, 2));
    run.step(&tick(3, heard + forget + DAY));
    run.commit();
    assert_eq!((run.shard.patients(), run.shard.exposed_patients()), (1, 1));
    assert!(!run.changelog.contains_key(&key_of(0)), "a tombstone");
    // Forgotten and heard of again in one batch: one value under the key.
    run.step(&at(0, 1, 6, 0, 0).entry(4));
    run.step(&tick(5, heard + forget + 2 * DAY));
    run.step(&at(0, 1, 6, 0, 0).entry(6));
    run.commit();
    assert!(run.changelog.contains_key(&key_of(0)));
}

#[test]
fn one_tick_settles_no_more_than_its_share_wherever_the_shard_was_built_again() {
    let patients = DUES_PER_TICK + 40;
    let log: Vec<Entry> = (0..patients)
        .map(|n| {
            let head =
                json!({"identity": {"authority": "h1", "identifier": format!("N{n}")}, "source_id": format!("n{n}")});
            let body = json!({"Condition": {"kind": "gilbert", "presence": "present"}});
            entry(n as i64, BASE, &json!({"head": head, "body": body}).to_string())
        })
        .collect();
    let tick = tick_record(0, Millis(BASE + 1000 * DAY)).unwrap();
    let tick = |offset: usize| Entry { offset: offset as i64, key: tick.key.clone(), value: tick.value.clone() };
    let (mut one, mut two) = (Run::straight(&log), Run::straight(&log));
    two.restart(false);
    for run in [&mut one, &mut two] {
        run.step(&tick(patients));
        run.commit();
        assert_eq!(run.shard.patients(), 40);
    }
    assert_eq!(one.changelog, two.changelog);
    two.restart(true);
    for run in [&mut one, &mut two] {
        run.step(&tick(patients + 1));
        run.commit();
        assert_eq!((run.shard.patients(), run.shard.timers()), (0, 0));
    }
    assert_eq!(one.changelog, two.changelog);
}

#[test]
fn a_full_shard_folds_nothing() {
    let mut run = Run::new();
    run.shard.cases_max = 1;
    run.step(&at(0, 1, 6, 0, 0).entry(0));
    let next = at(1, 1, 6, 0, 0).entry(1);
    let message =
        LogMessage { topic: "t", partition: 0, offset: 1, key: Some(next.key.as_bytes()), value: &next.value };
    let mut scratch = Vec::new();
    let full = step(&JUDGE, &mut run.shard, &message, &mut scratch, &mut Effects::default());
    assert!(matches!(full, Err(ShardFull { cases_max: 1 })));
    assert_eq!((run.shard.patients(), run.shard.next_offset(), run.shard.ledger().read()), (1, 1, 1));
    // What is known has its place.
    run.step(&at(0, 2, 4, 0, 0).entry(1));
}

#[test]
fn a_case_and_a_patient_never_share_a_key() {
    let told = entry(
        0,
        BASE,
        &Told {
            case: 0,
            version: 1,
            nullification: false,
            product: true,
            reactions: 1,
            serious: 2,
            country: true,
            patient: None,
        }
        .json(),
    );
    let mut run = Run::straight(std::slice::from_ref(&told));
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(&told.value, &mut scratch).unwrap();
    let head = crate::record::Head { record_id: "00".repeat(16).into(), ..record.head.clone() };
    let stay = crate::record::Stay { event: crate::record::StayEvent::Death, ward: None, status: ResultStatus::Final };
    let mut value = Vec::new();
    Codec::record().encode(&Record { head, body: Body::Stay(stay) }, &mut value).unwrap();
    run.step(&Entry { offset: 1, key: told.key.clone(), value: value.clone() });
    assert!(matches!(&run.fates[1], Fate::Rejected(reject) if reject.reason == RejectReason::KeyNotPseudonym));
    let mut run = Run::straight(&[Entry { offset: 0, key: told.key.clone(), value }, Entry { offset: 1, ..told }]);
    assert!(matches!(&run.fates[1], Fate::Rejected(reject) if reject.reason == RejectReason::KeyNotPseudonym));
    run.commit();
}

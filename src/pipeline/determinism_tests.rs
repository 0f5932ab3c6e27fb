//! The same log gives the same state and the same alerts, byte for byte, however it was cut into batches, however often
//! the shard was built again from its changelog, and however often a record came.

use super::*;
use crate::alert::AlertCodec;
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::record::Pseudonym;
use crate::record::state::{PatientState, State, StateBody, StateCodec};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Between two records of a log, so that a repeat can stand there and move none of the others.
pub(super) const STRIDE: i64 = 1000;

pub(super) static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(Profile::builtin()).unwrap());

static INTAKE: LazyLock<Intake> = LazyLock::new(|| Intake {
    pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
    limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
    internal_kinds: false,
});

/// Cases of each property: `VIGIL_TEST_CASES`, else a few hundred.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
pub(super) fn config() -> ProptestConfig {
    let cases = std::env::var("VIGIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(200);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A record of the log.
#[derive(Clone, PartialEq)]
pub(super) struct Entry {
    pub offset: i64,
    pub key: String,
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut scratch = Vec::new();
        let Ok(record) = Codec::record().decode::<Record<'_>>(&self.value, &mut scratch) else {
            return write!(f, "{} unreadable", self.offset);
        };
        let (key, at) = (&self.key[9..13], record.head.recorded_at.0 / 1000);
        let Body::Report(report) = &record.body else {
            let json = serde_json::to_string(&record.body).unwrap();
            return write!(f, "{} {key} at {at} {json}", self.offset);
        };
        let version = (report.version, report.most_recent, report.status);
        let terms: Vec<&str> = report.reactions.iter().filter_map(|reaction| reaction.term.as_deref()).collect();
        let drug = report.drugs.first().map(|drug| (drug.name.as_str(), drug.end));
        write!(f, "{} {key} at {at} {version:?} {terms:?} {drug:?}", self.offset)
    }
}

/// What a source message becomes in the log.
pub(super) fn entry(offset: i64, recorded_at: i64, json: &str) -> Entry {
    entry_from("ward", offset, recorded_at, json)
}

/// The same from this site.
pub(super) fn entry_from(site: &str, offset: i64, recorded_at: i64, json: &str) -> Entry {
    let message = SourceMessage {
        topic: "adverse-events",
        partition: 0,
        offset,
        timestamp: recorded_at,
        payload: json.as_bytes(),
        format: None,
    };
    let source = Source { own_receipt: true, site: site.to_owned(), ..Source::default() };
    let mut entries = Vec::new();
    intake(&INTAKE, &source, &message, &mut |_, record| {
        let record = record.unwrap_or_else(|reject| panic!("{reject}: {json}"));
        entries.push(Entry { offset, key: record.key.to_owned(), value: record.value.to_vec() });
    });
    entries.pop().unwrap()
}

/// One report, as far as it matters here.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub case: u8,
    /// How the case's versions are told apart: numbers, dates, or nothing.
    pub version: u8,
    pub nullification: bool,
    pub product: bool,
    pub reactions: u8,
    pub serious: u8,
    pub country: bool,
    pub patient: Option<u8>,
}

pub(super) fn told() -> impl Strategy<Value = Told> {
    let numbers = (0u8..5, 0u8..4, 0u8..16, 0u8..3);
    (
        numbers,
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.8),
        any::<bool>(),
        proptest::option::of(0u8..3),
    )
        .prop_map(|((case, version, reactions, serious), nullification, product, country, patient)| Told {
            case,
            version,
            nullification,
            product,
            reactions,
            serious,
            country,
            patient,
        })
}

impl Told {
    pub(super) fn json(&self) -> String {
        use serde_json::json;
        let terms = ["Venoocclusive liver disease", "Epistaxis", "Nausea", "Ascites"];
        let reactions: Vec<_> = terms
            .iter()
            .enumerate()
            .filter(|(at, _)| self.reactions >> at & 1 == 1)
            .map(|(at, term)| json!({"term": term, "onset": format!("2025-03-{:02}", 10 + at)}))
            .collect();
        let drug = if self.product { "Besponsa" } else { "Cytarabine" };
        let mut report = json!({
            "sender": "clinic", "sender_case_id": format!("C{}", self.case), "reactions": reactions,
            "reporter_qualification": "physician", "country": if self.country { "DE" } else { "FR" },
            "status": if self.nullification { "nullification" } else { "current" },
            "drugs": [{"role": "suspect", "name": drug, "start": "2025-02-01", "end": format!("2025-02-{:02}", 8 + self.version),
                       "dose_value": 0.8, "dose_unit": "mg/m2"}],
            "seriousness": match self.serious { 0 => json!({}), 1 => json!({"serious": false}), _ => json!({"death": true}) },
            "patient": {"sex": "female", "age_years": 45.0},
        });
        if let Some(patient) = self.patient {
            report["patient"]["identity"] = json!({"authority": "h1", "identifier": format!("MRN-{patient}")});
        }
        // Cases of one kind each: by number, by date, by nothing.
        match self.case % 3 {
            0 => report["version"] = json!(self.version),
            1 => report["most_recent"] = json!(format!("2025-04-{:02}", 1 + self.version)),
            _ => {}
        }
        json!({"body": {"Report": report}}).to_string()
    }
}

/// A log of one partition; every record became known at another time.
pub(super) fn log() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(told(), 1..24).prop_map(|told| {
        let at = |n: usize| i64::try_from(n).unwrap();
        let became_known = |n: usize| 1_744_000_000_000 + at(n) * 7_000_000;
        told.iter().enumerate().map(|(n, told)| entry(at(n) * STRIDE, became_known(n), &told.json())).collect()
    })
}

/// A shard and everything that it committed.
pub(super) struct Run {
    pub shard: Shard,
    pub effects: Effects,
    /// What the compacted changelog holds.
    pub changelog: BTreeMap<String, Vec<u8>>,
    /// What was ever written to it, tombstones too: what is restored from before a compaction.
    pub written: Vec<(String, Option<Vec<u8>>)>,
    /// Every alert, as bytes.
    pub alerts: Vec<Vec<u8>>,
    /// Every record sent to another key.
    pub forwards: Vec<ForwardOut>,
    pub fates: Vec<Fate>,
}

impl Run {
    pub fn new() -> Self {
        Self {
            shard: Shard::new(0, 1, 1000),
            effects: Effects::default(),
            changelog: BTreeMap::new(),
            written: Vec::new(),
            alerts: Vec::new(),
            forwards: Vec::new(),
            fates: Vec::new(),
        }
    }

    pub fn step(&mut self, entry: &Entry) {
        let message = LogMessage {
            topic: "vigil.records",
            partition: 0,
            offset: entry.offset,
            key: Some(entry.key.as_bytes()),
            value: &entry.value,
        };
        let mut scratch = Vec::new();
        let step = step(&JUDGE, &mut self.shard, &message, &mut scratch, &mut self.effects).unwrap();
        self.fates.push(step.fate);
    }

    /// Ends the batch: what it wants done is carried out.
    pub fn commit(&mut self) {
        self.alerts.extend(self.effects.alerts.drain(..).map(|out| AlertCodec::Avro.encode(&out.alert).unwrap()));
        self.forwards.append(&mut self.effects.forwards);
        let mut changes = Vec::new();
        self.shard.take_changes(&JUDGE, &mut changes).unwrap();
        let mut keys: Vec<&str> = changes.iter().map(|change| change.key.as_str()).collect();
        if let Some(last) = keys.last() {
            assert_eq!(*last, PROGRESS_KEY, "progress is written last");
        }
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "each key once: {keys:?}");
        for change in changes {
            self.written.push((change.key.clone(), change.value.clone()));
            match change.value {
                Some(value) => self.changelog.insert(change.key, value),
                None => self.changelog.remove(&change.key),
            };
        }
    }

    /// The process dies: only what was committed is left, and the shard is built from it, compacted, `upwards` or not.
    pub fn restart(&mut self, upwards: bool) {
        self.restart_from(if upwards { Left::Upwards } else { Left::Downwards });
    }

    /// The same, from what compaction has left.
    pub fn restart_from(&mut self, left: Left) {
        self.effects = Effects::default();
        let mut restore = Restore::new(&JUDGE, 0, 1, 1000);
        let compacted = self.changelog.iter().map(|(key, value)| (key, Some(value.as_slice())));
        let records: Vec<_> = match left {
            Left::Upwards => compacted.collect(),
            Left::Downwards => compacted.rev().collect(),
            Left::Whole => self.written.iter().map(|(key, value)| (key, value.as_deref())).collect(),
        };
        for (key, value) in records {
            restore.take(key.as_bytes(), value).unwrap();
        }
        self.shard = restore.finish().unwrap();
    }

    /// What is committed becomes what an earlier release would have left: a patient is one record, with the values in it.
    pub fn of_release(&mut self, written: fn(&State<'_>) -> Vec<u8>) {
        self.restart(true);
        let mut left = BTreeMap::new();
        for (key, value) in &self.changelog {
            let mut scratch = Vec::new();
            let mut state = StateCodec::get().decode(value, &mut scratch).unwrap();
            let patient = state_key(key.as_bytes()).map(|(patient, _)| patient);
            if let (StateBody::Patient(_) | StateBody::PatientValues(_), Some(patient)) = (&state.body, patient) {
                let whole = self.shard.course(patient).unwrap().to_state();
                let mut said = if let StateBody::Patient(facts) = state.body { facts.said } else { None };
                // Values without facts: the facts come first in the order of keys.
                if said.is_none() && left.contains_key(&patient.to_string()) {
                    continue;
                }
                said.iter_mut().for_each(|of| of.due = self.shard.said(patient).unwrap().due.map(|due| due.0));
                state.body = StateBody::Patient(PatientState { said, ..whole });
                left.insert(patient.to_string(), written(&state));
            } else if !key.starts_with("schema:") {
                left.insert(key.clone(), written(&state));
            }
        }
        self.written = left.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        self.changelog = left;
        self.restart(true);
    }

    /// The log, cut into batches and restarts.
    pub fn cut(log: &[Entry], cuts: &[Cut]) -> Self {
        let mut run = Self::new();
        run.then(log, cuts);
        run
    }

    /// More of the log, cut as before.
    pub fn then(&mut self, log: &[Entry], cuts: &[Cut]) {
        for (entry, at) in log.iter().zip(cuts.iter().cycle()) {
            self.step(entry);
            match at {
                Cut::None => {}
                Cut::Commit => self.commit(),
                Cut::Restart(left) => {
                    self.commit();
                    self.restart_from(*left);
                }
            }
        }
        self.commit();
    }

    /// Runs through a log in one batch.
    pub fn straight(log: &[Entry]) -> Self {
        let mut run = Self::new();
        for entry in log {
            run.step(entry);
        }
        run.commit();
        run
    }
}

/// What compaction has left of the changelog, and in which order it is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Left {
    /// The last record of each key, by key.
    Upwards,
    /// The same, the other way round.
    Downwards,
    /// Everything, as it was written.
    Whole,
}

fn left() -> impl Strategy<Value = Left> {
    prop_oneof![Just(Left::Upwards), Just(Left::Downwards), Just(Left::Whole)]
}

/// What may happen behind a record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut {
    None,
    Commit,
    Restart(Left),
}

pub(super) fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![3 => Just(Cut::None), 1 => Just(Cut::Commit), 1 => left().prop_map(Cut::Restart)]
}

/// What a shard answers that is not written as it stands.
pub(super) fn derived(shard: &Shard) -> String {
    let tally = shard.tally();
    let counts: Vec<_> = [true, false]
        .iter()
        .map(|suspect| (tally.cases(*suspect), (0..64).map(|r| tally.of_reaction(*suspect, r)).collect::<Vec<_>>()))
        .collect();
    let due: Vec<_> = (20_150..20_250).map(|day| shard.desk().calendar().due(day)).collect();
    let courses = (shard.patients(), shard.exposed_patients(), shard.course_entries(), shard.timers());
    format!("{counts:?} {due:?} {} {} {courses:?}", shard.cases(), shard.desk().candidates())
}

/// A course without the places in the log of what said it.
pub(super) fn placeless(shard: &Shard, key: Pseudonym) -> Option<String> {
    let mut state = shard.course(key)?.to_state();
    state.entries.iter_mut().for_each(|entry| entry.offset = 0);
    let sent_on = state.sent_on.iter_mut().flat_map(|road| road.series.iter_mut());
    state.series.iter_mut().chain(sent_on).flat_map(|of| of.values.iter_mut()).for_each(|value| value.offset = 0);
    Some(serde_json::to_string(&state).unwrap())
}

/// The changelog without the counts of records read, which a repeat does change.
pub(super) fn but_progress(changelog: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&String, &Vec<u8>> {
    changelog.iter().filter(|(key, _)| *key != PROGRESS_KEY).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn batches_and_restarts_anywhere_change_nothing(log in log(), cuts in proptest::collection::vec(cut(), 24)) {
        let straight = Run::straight(&log);
        let mut cut = Run::cut(&log, &cuts);
        prop_assert_eq!(&cut.changelog, &straight.changelog);
        prop_assert_eq!(&cut.alerts, &straight.alerts);
        prop_assert_eq!(&cut.forwards, &straight.forwards);
        prop_assert_eq!(&cut.fates, &straight.fates);
        cut.restart(true);
        prop_assert_eq!(derived(&cut.shard), derived(&straight.shard));
        prop_assert_eq!(cut.shard.ledger().imbalance(), 0);
    }

    #[test]
    fn a_record_that_comes_again_changes_nothing(
        log in log(), again in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12)
    ) {
        let straight = Run::straight(&log);
        let mut with_repeats = log.clone();
        for (n, (which, place)) in again.iter().enumerate() {
            let which = which.index(log.len());
            // Anywhere behind the record itself.
            let place = which + place.index(log.len() - which);
            let offset = log[place].offset + 1 + i64::try_from(n).unwrap();
            with_repeats.push(Entry { offset, ..log[which].clone() });
        }
        with_repeats.sort_by_key(|entry| entry.offset);
        let run = Run::straight(&with_repeats);
        prop_assert_eq!(but_progress(&run.changelog), but_progress(&straight.changelog));
        prop_assert_eq!(&run.alerts, &straight.alerts);
        prop_assert_eq!(&run.forwards, &straight.forwards);
        prop_assert_eq!(derived(&run.shard), derived(&straight.shard));
        let repeated = |run: &Run| run.fates.iter().filter(|fate| **fate == Fate::Repeated).count();
        prop_assert_eq!(repeated(&run), repeated(&straight) + again.len());
    }
}

//! A small world of wards and reports judged by the pipeline, and the read model that its topics give.

use super::*;
use crate::alert::{ActRequest, act_record};
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::pipeline::{
    Effects, Intake, Judge, LogMessage, Shard as PipelineShard, Source as From, SourceMessage, intake, step,
    tick_record,
};
use crate::record::{AckAct, partition_of};
use crate::run::rejects::{Rejected, Stage};
use crate::simulate::{Feed, ward};
use proptest::prelude::*;
use std::sync::LazyLock;

/// The moment at which the world stands.
pub const NOW: Millis = Millis(1_750_000_000_000);

pub const PARTITIONS: i32 = 3;

/// A message of one of the three topics.
#[derive(Clone, Debug)]
pub struct Told {
    pub source: Source,
    pub partition: i32,
    pub key: String,
    pub value: Option<Vec<u8>>,
}

/// Shards that judge, and all that they have written.
pub struct World {
    judge: &'static Judge,
    shards: Vec<PipelineShard>,
    offsets: Vec<i64>,
    pub told: Vec<Told>,
}

static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(Profile::builtin()).unwrap());

impl World {
    /// Simulated wards and so many simulated reports.
    pub fn new(seed: u64, reports: usize) -> Self {
        let mut messages: Vec<(&'static str, i64, Vec<u8>)> = Vec::new();
        for (site, message) in ward::until(seed, NOW) {
            messages.push((site, message.known.0, message.payload));
        }
        let mut feed = Feed::new(Profile::builtin(), seed, NOW);
        for _ in 0..reports {
            let message = feed.next_message();
            messages.push((message.site, NOW.0, message.payload));
        }
        Self::of(&messages)
    }

    /// What sites have sent: site, timestamp, message.
    pub fn of(messages: &[(&'static str, i64, Vec<u8>)]) -> Self {
        let by = Intake {
            pseudonymiser: Pseudonymiser::new(&[7; 32]).unwrap(),
            limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
            internal_kinds: false,
        };
        let mut world = Self {
            judge: &JUDGE,
            shards: (0..PARTITIONS).map(|partition| PipelineShard::new(partition, PARTITIONS, 100_000)).collect(),
            offsets: vec![0; PARTITIONS as usize],
            told: Vec::new(),
        };
        for (offset, (site, at, payload)) in messages.iter().enumerate() {
            let source = From { site: (*site).to_owned(), own_receipt: true, ..From::default() };
            let message = SourceMessage {
                topic: "adverse-events",
                partition: 0,
                offset: i64::try_from(offset).unwrap(),
                timestamp: *at,
                payload,
                format: None,
            };
            let mut made = Vec::new();
            intake(&by, &source, &message, &mut |_, record| {
                let record = record.unwrap();
                made.push((record.key.to_owned(), record.value.to_vec()));
            });
            for (key, value) in made {
                world.log(&key, &value);
            }
        }
        world.tick(NOW);
        let reject = Rejected::new(Stage::Ingest, ("adverse-events", 0, 99), NOW.0, None, b"{canary-raw")
            .message(-1, &crate::record::RejectReason::MalformedJson.at("byte 1"))
            .unwrap();
        world.told.push(Told { source: Source::Rejects, partition: 1, key: reject.key, value: Some(reject.value) });
        world
    }

    /// A record of the log is judged, and what it forwards after it.
    pub fn log(&mut self, key: &str, value: &[u8]) {
        self.judge_one(partition_of(key.as_bytes(), PARTITIONS), key, value);
    }

    /// Every shard learns the time.
    pub fn tick(&mut self, now: Millis) {
        for partition in 0..PARTITIONS {
            let tick = tick_record(partition, now).unwrap();
            self.judge_one(partition, &tick.key, &tick.value);
        }
    }

    fn judge_one(&mut self, partition: i32, key: &str, value: &[u8]) {
        let at = partition as usize;
        let offset = self.offsets[at];
        self.offsets[at] += 1;
        let message = LogMessage { topic: "vigil.records", partition, offset, key: Some(key.as_bytes()), value };
        let (mut effects, mut scratch, mut changes) = (Effects::default(), Vec::new(), Vec::new());
        step(self.judge, &mut self.shards[at], &message, &mut scratch, &mut effects).unwrap();
        self.shards[at].take_changes(self.judge, &mut changes).unwrap();
        for out in effects.alerts {
            let value = AlertCodec::Avro.encode(&out.alert).unwrap();
            self.told.push(Told { source: Source::Alerts, partition, key: out.key, value: Some(value) });
        }
        for change in changes {
            self.told.push(Told { source: Source::State, partition, key: change.key, value: change.value });
        }
        for forward in effects.forwards {
            self.log(&forward.key, &forward.value);
        }
    }

    /// The model that everything told so far gives.
    pub fn model(&self) -> ReadModel {
        let model = model();
        self.told.iter().for_each(|told| take(&model, told));
        Source::ALL.into_iter().for_each(|source| model.reading(source, Reading::Live));
        model
    }
}

pub fn model() -> ReadModel {
    ReadModel::new(Profile::builtin(), Bounds { alerts: 10_000, patients: 1000, rejects: 100 })
}

pub fn take(model: &ReadModel, told: &Told) {
    let value = told.value.as_deref();
    match told.source {
        Source::Alerts => drop(model.take_alert(value.unwrap(), NOW).unwrap()),
        Source::State => model.take_state(told.partition, told.key.as_bytes(), value, Some(NOW)).unwrap(),
        Source::Rejects => drop(model.take_reject(told.partition, value.unwrap()).unwrap()),
        Source::Audit => model.take_audit(told.partition, value.unwrap()).unwrap(),
    }
}

/// A row of some alert.
pub fn row() -> AlertRow {
    let model = WORLD.model();
    let mut rows = Vec::new();
    model.each_alert(|_, known| rows.push(known.row.clone()));
    rows.sort_by(|a, b| a.alert_id.cmp(&b.alert_id));
    rows.remove(0)
}

pub static WORLD: LazyLock<World> = LazyLock::new(|| World::new(1, 40));

/// Everything that a model says, in an order of its own.
fn said(model: &ReadModel) -> String {
    let mut alerts: Vec<String> = Vec::new();
    model.each_alert(|id, known| alerts.push(format!("{id:032x} {known:?}")));
    let mut patients: Vec<String> = Vec::new();
    model.each_patient(|key, kept| patients.push(format!("{key} {kept:?}")));
    alerts.sort();
    patients.sort();
    let mut by_key: Vec<String> = Vec::new();
    model.each_alert(|_, known| by_key.push(format!("{:?}", model.alerts_of(&known.row.key, NOW))));
    by_key.sort();
    format!("{alerts:?}{patients:?}{by_key:?}{:?}{:?}{:?}", model.sites(NOW), *model.shards(), *model.rejects())
}

#[test]
fn the_world_has_something_of_everything() {
    let model = WORLD.model();
    assert!(model.patients() >= 10, "{} patients", model.patients());
    let (mut patients, mut cases, mut closed) = (0, 0, 0);
    model.each_alert(|_, known| match known.row.subject {
        Subject::Patient => {
            patients += 1;
            closed += usize::from(known.is_over(NOW));
        }
        Subject::Case => cases += 1,
    });
    println!("{patients} alerts of patients, {closed} of them over; {cases} of cases");
    assert!(patients >= 10 && cases >= 10);
    assert_eq!(model.as_of(PARTITIONS), Some(NOW));
    assert_eq!(model.rejects().total(), 1);
    assert!(!model.sites(NOW).is_empty());
}

#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
fn config() -> ProptestConfig {
    // One case reads a whole world: a few of these say what hundreds of small ones do.
    let wanted = std::env::var("VIGIL_TEST_CASES").ok().and_then(|cases| cases.parse::<u32>().ok()).unwrap_or(200);
    let cases = (wanted / 25).max(8);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// Each partition of a topic keeps its order and comes again from somewhere; the partitions come as they like.
    #[test]
    fn what_is_known_does_not_depend_on_how_partitions_interleave(picks in prop::collection::vec(any::<u16>(), 64), again in 0usize..60) {
        let expected = said(&WORLD.model());
        let mut queues: BTreeMap<(Source, i32), std::collections::VecDeque<&Told>> = BTreeMap::new();
        for told in &WORLD.told {
            queues.entry((told.source, told.partition)).or_default().push_back(told);
        }
        let model = model();
        let mut seen: Vec<&Told> = Vec::new();
        let mut pick = picks.iter().cycle();
        while !queues.is_empty() {
            let at = usize::from(*pick.next().unwrap()) % queues.len();
            let key = *queues.keys().nth(at).unwrap();
            let queue = queues.get_mut(&key).unwrap();
            let length = 1 + usize::from(*pick.next().unwrap()) % 40;
            for _ in 0..length.min(queue.len()) {
                let told = queue.pop_front().unwrap();
                take(&model, told);
                seen.push(told);
            }
            if queue.is_empty() {
                queues.remove(&key);
            }
        }
        // After trouble a partition is read again from a place before; alerts that are known change nothing.
        let tail = seen.len().saturating_sub(again);
        for told in seen[tail..].iter().filter(|told| told.source == Source::Alerts) {
            take(&model, told);
        }
        Source::ALL.into_iter().for_each(|source| model.reading(source, Reading::Live));
        prop_assert!(said(&model) == expected);
    }
}

#[test]
fn closed_alerts_that_are_oldest_are_let_go_and_open_ones_never() {
    let mut open = 0;
    let all = WORLD.model();
    all.each_alert(|_, known| open += usize::from(!known.is_over(NOW)));
    let bounds = Bounds { alerts: 4, patients: 5, rejects: 1 };
    let model = ReadModel::new(Profile::builtin(), bounds);
    WORLD.told.iter().for_each(|told| take(&model, told));
    let (mut kept_open, mut kept) = (0, 0);
    model.each_alert(|_, known| {
        kept += 1;
        kept_open += usize::from(!known.is_over(NOW));
    });
    assert_eq!(kept_open, open, "every open alert is there");
    assert!(kept <= open.max(4) + 1, "{kept} kept, {open} open");
    assert!(model.patients() <= 5);
    let picture = picture();
    let view = model.service(&picture, &Ends::new(), &[], Desks::BOTH, NOW);
    let mut total = 0;
    all.each_alert(|_, _| total += 1);
    assert_eq!(view.alerts.let_go, total - kept as u64);
    assert_eq!(view.open.total, open);
}

pub fn picture() -> Picture {
    Picture {
        mode: "demo",
        simulated: true,
        started_at: NOW,
        dictionary: None,
        partitions: PARTITIONS,
        stale_after: std::time::Duration::from_secs(30),
        quiet_after: std::time::Duration::from_secs(60),
    }
}

/// Never green on stale: what each fault makes of the state.
#[test]
fn the_service_is_current_only_when_all_is_well() {
    let model = WORLD.model();
    let view = |model: &ReadModel, seconds: i64, not_ready: &[String]| {
        model.service(&picture(), &Ends::new(), not_ready, Desks::BOTH, Millis(NOW.0 + seconds * 1000))
    };
    assert_eq!(view(&model, 1, &[]).state, ServiceState::Current);
    assert_eq!(view(&model, 29, &[]).state, ServiceState::Current);
    let stale = view(&model, 31, &[]);
    assert_eq!(stale.state, ServiceState::Stale);
    assert!(stale.reasons[0].contains("no tick for 31 s"), "{:?}", stale.reasons);
    assert_eq!(view(&model, 1, &["watch is starting".to_owned()]).state, ServiceState::Stale);
    for how in [Reading::CatchingUp, Reading::Held] {
        model.reading(Source::Alerts, how);
        assert_eq!(view(&model, 1, &[]).state, ServiceState::Stale, "{how:?}");
    }
    model.reading(Source::Alerts, Reading::Live);
    model.reading(Source::Rejects, Reading::Held);
    assert_eq!(view(&model, 1, &[]).state, ServiceState::Current, "rejects may be another principal's");
    // Ticks alone are quiet.
    let mut world = World::new(1, 3);
    world.tick(Millis(NOW.0 + 90_000));
    assert_eq!(view(&world.model(), 91, &[]).state, ServiceState::Quiet);
    let empty = super::tests::model();
    Source::ALL.into_iter().for_each(|source| empty.reading(source, Reading::Live));
    assert_eq!(view(&empty, 0, &[]).state, ServiceState::NoData);
    assert_eq!(view(&empty, 0, &[]).as_of, None);
    // A partition that was never heard of makes no time that all have reached.
    let one_short = Picture { partitions: PARTITIONS + 1, ..picture() };
    let view = model.service(&one_short, &Ends::new(), &[], Desks::BOTH, NOW);
    assert_eq!((view.as_of, view.state), (None, ServiceState::Stale));
}

/// An open high alert of a patient.
pub fn open_alert(model: &ReadModel) -> AlertRow {
    let mut rows = Vec::new();
    model.each_alert(|_, known| {
        if known.row.subject == Subject::Patient && known.handled.at(NOW) == Stand::Open {
            rows.push(known.row.clone());
        }
    });
    rows.sort_by(|a, b| (rank(a.priority), &a.alert_id).cmp(&(rank(b.priority), &b.alert_id)));
    rows.remove(0)
}

/// An act is judged by watch and seen in what it says.
pub fn act(world: &mut World, row: &AlertRow, act: AckAct, reason: Option<&str>, until: Option<Millis>, at: Millis) {
    let request = ActRequest {
        alert_id: &row.alert_id,
        revision: row.revision,
        key: row.key.parse().unwrap(),
        concern: row.concern,
        act,
        actor: "nurse-1",
        reason,
        until,
        now: at,
        unique: &format!("{at}"),
    };
    let out = act_record(Profile::builtin(), &request).unwrap();
    world.log(&out.key, &out.value);
}

#[test]
fn acts_move_where_an_alert_stands_and_a_snooze_ends_by_itself() {
    let mut world = World::new(1, 0);
    let of = |world: &World, now: Millis, id: &str| world.model().row(alert_number(id).unwrap(), now).unwrap();
    let row = open_alert(&world.model());
    assert!(row.escalates_at.is_none() && row.owner.is_none(), "a stored row says nothing of the time");
    let id = row.alert_id.clone();
    let later = |seconds: i64| Millis(NOW.0 + seconds * 1000);
    act(&mut world, &row, AckAct::Acknowledge, None, None, later(1));
    let seen = of(&world, later(2), &id);
    assert_eq!((seen.state, seen.acknowledged_by.as_deref()), (Stand::Acknowledged, Some("nurse-1")));
    assert_eq!(seen.worsened_at, row.worsened_at, "an act makes nothing worse");
    act(&mut world, &seen, AckAct::Undo, None, None, later(3));
    assert_eq!(of(&world, later(4), &id).state, Stand::Open);
    let open = of(&world, later(4), &id);
    act(&mut world, &open, AckAct::Snooze, Some("wait for the next value"), Some(later(600)), later(5));
    let snoozed = of(&world, later(6), &id);
    assert_eq!((snoozed.state, snoozed.snoozed_until), (Stand::Snoozed, Some(later(600))));
    assert_eq!(of(&world, later(601), &id).state, Stand::Open, "before watch says so");
    act(&mut world, &snoozed, AckAct::Dismiss, Some("value_in_error: haemolysed"), None, later(7));
    let dismissed = of(&world, later(8), &id);
    assert_eq!((dismissed.state, dismissed.state.is_open()), (Stand::Dismissed, false));
    let model = world.model();
    let found = burden(&model, (Millis(0), later(10)), |_| true, (None, later(8)));
    assert_eq!(found.dismiss_reasons.len(), 1);
    assert_eq!(found.dismiss_reasons[0].code, "value_in_error");
    let of_concern = found.by_concern.iter().find(|burden| burden.concern == row.concern).unwrap();
    assert_eq!((of_concern.acknowledged, of_concern.dismissed), (1, 1));
    assert_eq!(of_concern.seconds_to_acknowledge.n, 1);
}

#[test]
fn counts_of_all_buckets_are_all_alerts() {
    let model = WORLD.model();
    let day = 86_400_000;
    let span = (Millis(NOW.0 - 200 * day), Millis(NOW.0 + 1));
    let counts = counts(&model, span, ("day", day), |_| true, (None, NOW));
    let mut expected = 0;
    model.each_alert(|_, known| expected += u64::from((span.0..span.1).contains(&known.row.raised_at)));
    let counted: u64 = counts.series.iter().flat_map(|series| &series.raised).sum();
    assert_eq!(counted, expected);
    let watched = counts.watched_patients.unwrap();
    assert_eq!(watched.last().copied().flatten(), Some(model.patients()));
    assert!(watched.iter().rev().skip(1).all(Option::is_none), "how many there were before is not known");
}

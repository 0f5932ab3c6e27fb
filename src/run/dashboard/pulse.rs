//! What the dashboard does every second: draws the service, tells of patients and sites that changed, says how it goes.

use super::reach::Reach;
use crate::alert::Subject;
use crate::config::Topics;
use crate::dashboard::api::{Desk, Views, patient_row};
use crate::dashboard::read_model::{Desks, Ends, Reading, SiteRow, Source};
use crate::dashboard::stream::Kind;
use crate::record::Millis;
use crate::run::clock::now_ms;
use crate::run::health::{Health, Phase, Role};
use crate::run::kafka::{Cluster, Quiet, TURN};
use crate::run::metrics::DeskMetrics;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two pulses.
const EVERY: Duration = Duration::from_secs(1);

/// Patients that the stream tells of in a second.
const PATIENTS_A_SECOND: usize = 200;

/// Longest wait for the end of a partition.
const END_MAX: Duration = Duration::from_secs(1);

/// Ends of the log, as they were last asked for.
pub type SharedEnds = Arc<Mutex<Ends>>;

/// What ends are asked for.
pub struct EndsAsked {
    /// Names of the topics.
    pub topics: Topics,
    /// Those of the log: how far watch is behind.
    pub ends: SharedEnds,
    /// Those of the topics that are read here.
    pub reach: Arc<Reach>,
}

/// Asks for the ends of the log and of what is read until the stop.
pub fn follow_ends(cluster: &Cluster, asked: &EndsAsked, stop: &CancellationToken) {
    let mut config = cluster.consumer("dashboard", "vigil-dashboard");
    let made = config.set("statistics.interval.ms", "0").create_with_context(Quiet);
    let consumer: BaseConsumer<Quiet> = match made {
        Ok(consumer) => consumer,
        Err(error) => {
            tracing::warn!(%error, "the ends of the log are not known");
            return;
        }
    };
    while !stop.is_cancelled() {
        // What is not known now is not shown as known.
        *locked(&asked.ends) = all_ends(&consumer, &asked.topics.records, asked.topics.partitions).unwrap_or_default();
        for source in Source::ALL {
            if stop.is_cancelled() || !asked.reach.wants_ends(source) {
                continue;
            }
            let ends = all_ends(&consumer, super::topic_of(&asked.topics, source), asked.topics.partitions);
            asked.reach.ends(source, ends.as_ref());
        }
        let until = Instant::now() + EVERY;
        while Instant::now() < until && !stop.is_cancelled() {
            // Nothing is assigned; the client wants to be asked all the same.
            let _ = consumer.poll(TURN);
        }
    }
}

/// The ends of all partitions of a topic; none where one of them cannot be had.
fn all_ends(consumer: &BaseConsumer<Quiet>, topic: &str, partitions: i32) -> Option<Ends> {
    let end = |partition| Some((partition, consumer.fetch_watermarks(topic, partition, END_MAX).ok()?.1));
    (0..partitions).map(end).collect()
}

fn locked<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A patient as the stream has it.
#[derive(Serialize)]
struct Told<R> {
    key: String,
    row: R,
}

/// The pulse.
pub struct Pulse {
    pub desk: Arc<Desk>,
    pub health: Arc<Health>,
    pub ends: SharedEnds,
    pub views: watch::Sender<Views>,
    pub reach: Arc<Reach>,
    pub metrics: Arc<DeskMetrics>,
}

/// The service as it is now, for all desks.
pub fn draw(desk: &Desk, health: &Health, ends: &SharedEnds) -> Views {
    let not_ready = health.not_ready_beside(Role::Dashboard);
    let ends = locked(ends).clone();
    let now = Millis(now_ms());
    Views::draw(|desks| desk.model.service(&desk.picture, &ends, &not_ready, desks, now))
}

impl Pulse {
    /// Goes on until the stop.
    pub fn run(self, stop: &CancellationToken) {
        let mut sites: BTreeMap<String, SiteRow> = BTreeMap::new();
        while !stop.is_cancelled() {
            let began = Instant::now();
            self.say_how_it_goes();
            let views = draw(&self.desk, &self.health, &self.ends);
            self.count(&views);
            self.views.send_replace(views);
            if self.desk.model.is_whole() {
                self.tell_patients();
                self.tell_sites(&mut sites);
            }
            while began.elapsed() < EVERY && !stop.is_cancelled() {
                std::thread::sleep(TURN);
            }
        }
        self.health.enter(Role::Dashboard, Phase::Stopped);
    }

    fn say_how_it_goes(&self) {
        let model = &self.desk.model;
        let of = |how| [Source::Alerts, Source::State].into_iter().find(|source| model.how(*source) == how);
        let phase = match (of(Reading::CatchingUp), of(Reading::Held)) {
            (Some(_), _) => Phase::Starting,
            (None, Some(source)) => Phase::Held(format!("the topic of {} cannot be read", source.name())),
            (None, None) => Phase::Running,
        };
        self.health.enter(Role::Dashboard, phase);
    }

    fn count(&self, views: &Views) {
        let (desk, now) = (&self.desk, Instant::now());
        for source in Source::ALL {
            self.metrics.reading(source, &self.reach.said(source, now));
        }
        if let Some(view) = views.of(Desks::BOTH) {
            self.metrics.state(view.state);
        }
        self.metrics.streams(desk.hub.readers());
        desk.model
            .sizes()
            .iter()
            .chain(&[desk.hub.size(), desk.pending.size()])
            .for_each(|size| self.metrics.size(size));
    }

    fn tell_patients(&self) {
        let desk = &self.desk;
        let now = Millis(now_ms());
        for key in desk.model.take_moved(PATIENTS_A_SECOND) {
            let row = desk.model.patient(key).and_then(|kept| patient_row(desk, key, &kept, now));
            if let Some(row) = row {
                desk.hub.publish(Kind::Patient, Some(Subject::Patient), &Told { key: key.to_string(), row });
            }
        }
    }

    fn tell_sites(&self, told: &mut BTreeMap<String, SiteRow>) {
        for site in self.desk.model.sites(Millis(now_ms())) {
            if told.get(&site.site) != Some(&site) {
                self.desk.hub.publish(Kind::Site, None, &site);
                told.insert(site.site.clone(), site);
            }
        }
    }
}

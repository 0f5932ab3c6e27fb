//! The dashboard's Kafka side: follows the topics into the read model, writes audit and acts, and serves the page.

mod follow;
mod keys;
mod listen;
mod pulse;
mod reach;
mod reader;
mod writer;

use super::clock::now_ms;
use super::demo::Screen;
use super::health::{Health, Phase, Role};
use super::kafka::Cluster;
use super::metrics::Metrics;
use crate::config::{Settings, Topics};
use crate::dashboard::api::{Desk, Pending, Views, router};
use crate::dashboard::auth::Gate;
use crate::dashboard::log::Chain;
use crate::dashboard::patient::Ward;
use crate::dashboard::read_model::{Bounds, Picture, ReadModel, Source};
use crate::dashboard::stream::Hub;
use crate::profile::Profile;
use crate::record::Millis;
use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use listen::{Door, listen};
use pulse::{Pulse, SharedEnds};
use reach::Reach;
use reader::ModelReader;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the dashboard is made from.
pub struct Plan {
    /// Settings, checked.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// The profile.
    pub profile: &'static Profile,
    /// Version of the user's MedDRA.
    pub dictionary: Option<String>,
    /// `live`, `replay` or `demo`.
    pub mode: &'static str,
    /// Are the data simulated?
    pub simulated: bool,
    /// Where to say how it goes, and to ask how the process's other roles do.
    pub health: Arc<Health>,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// The demo's screen.
    pub screen: Option<Screen>,
    /// Ends it.
    pub stop: CancellationToken,
}

/// A dashboard that runs.
pub struct Running {
    threads: Vec<JoinHandle<()>>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Waits until everything has ended; the stop must have been given.
    pub async fn join(self) {
        // Streams end with the stop; a client that keeps its connection is not waited for.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.server).await;
        for thread in self.threads {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Takes the address of the page, so that a port in use is known at once.
///
/// # Errors
/// When it cannot be had.
pub fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    let address = settings.dashboard.bind;
    listen(address).with_context(|| format!("dashboard.bind: {address} cannot be had"))
}

/// Who may, by the settings and the files that they name.
///
/// # Errors
/// When a file cannot be read or is not what it must be.
pub fn gate(settings: &Settings) -> anyhow::Result<Gate> {
    let mut secret = [0; 32];
    for part in secret.chunks_mut(8) {
        // The standard library seeds each of its hashers' keys from the system's own source.
        use std::hash::{BuildHasher as _, Hasher as _};
        let word = std::hash::RandomState::new().build_hasher().finish().to_le_bytes();
        part.iter_mut().zip(word).for_each(|(slot, byte)| *slot = byte);
    }
    let gate = Gate::new(&settings.dashboard, secret);
    keys::load(&settings.dashboard, &gate)?;
    Ok(gate)
}

/// The topic that is read as a source.
fn topic_of(topics: &Topics, source: Source) -> &str {
    match source {
        Source::Alerts => &topics.alerts,
        Source::State => &topics.state,
        Source::Rejects => &topics.rejects,
        Source::Audit => &topics.audit,
    }
}

/// Starts the dashboard on a listener.
///
/// # Errors
/// When there is no Kafka client or no thread.
pub fn start(plan: Plan, gate: Gate, listener: TcpListener) -> anyhow::Result<Running> {
    let Plan { settings, cluster, profile, dictionary, mode, simulated, health, metrics, screen, stop } = plan;
    let of = &settings.dashboard;
    health.enter(Role::Dashboard, Phase::Starting);
    let started_at = Millis(now_ms());
    let boot = format!("{:016x}", fastrand::u64(..));
    let bounds = Bounds { alerts: of.alerts_max, patients: of.patients_max, rejects: of.rejects_max };
    let (views, seen) = watch::channel(Views::draw_nothing());
    let desk = Arc::new(Desk {
        model: Arc::new(ReadModel::new(profile, bounds)),
        ward: Ward::new(profile),
        picture: Picture {
            mode,
            simulated,
            started_at,
            dictionary,
            partitions: settings.topics.partitions,
            stale_after: of.stale_after,
            quiet_after: of.quiet_after,
        },
        views: seen,
        hub: Arc::new(Hub::new(boot.clone(), of.streams_max)),
        gate: Arc::new(gate),
        log: Arc::new(writer::Writer::new(&cluster, &settings.topics.audit, &settings.topics.records)?),
        chain: Chain::new(boot.clone()),
        meter: metrics.desk(),
        pending: Pending::default(),
        clock: || Millis(now_ms()),
        stop: stop.clone(),
        boot,
    });
    let mut threads = Vec::new();
    let mut spawn = |name: &str, work: Box<dyn FnOnce() + Send>| -> anyhow::Result<()> {
        threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(work)?);
        Ok(())
    };
    let topics = &settings.topics;
    let reach = Arc::new(Reach::new(Instant::now()));
    for source in Source::ALL {
        let (cluster, topic, stop) = (cluster.clone(), topic_of(topics, source).to_owned(), stop.clone());
        let screen = screen.clone().filter(|_| source == Source::Alerts);
        let (reach, metrics) = (Arc::clone(&reach), metrics.desk());
        let mut reader = ModelReader { source, desk: Arc::clone(&desk), reach, metrics, screen, told: (0, 0) };
        spawn(source.name(), Box::new(move || follow::follow(&cluster, &topic, &stop, &mut reader)))?;
    }
    let ends = SharedEnds::default();
    let asked = pulse::EndsAsked { topics: topics.clone(), ends: Arc::clone(&ends), reach: Arc::clone(&reach) };
    let until = stop.clone();
    let of_cluster = cluster;
    spawn("ends", Box::new(move || pulse::follow_ends(&of_cluster, &asked, &until)))?;
    views.send_replace(pulse::draw(&desk, &health, &ends));
    let pulse = Pulse { desk: Arc::clone(&desk), health, ends, views, reach, metrics: metrics.desk() };
    let until = stop.clone();
    spawn("pulse", Box::new(move || pulse.run(&until)))?;
    if of.authenticates() {
        let (of, gate, until) = (of.clone(), Arc::clone(&desk.gate), stop.clone());
        spawn("keys", Box::new(move || keys::keep(&of, &gate, &until)))?;
    }
    let app = router(desk).into_make_service_with_connect_info::<SocketAddr>();
    // The tap does nothing; what is tapped hands on the client's address.
    let server =
        axum::serve(Door(listener).tap_io(|_| ()), app).with_graceful_shutdown(async move { stop.cancelled().await });
    Ok(Running { threads, server: tokio::spawn(server.into_future()) })
}

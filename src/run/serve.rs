//! The commands that go on until they are told to stop: run, ingest, watch, dashboard, and the demo around them.

use super::clock::now_ms;
use super::embedded::Embedded;
use super::health::Health;
use super::kafka::Cluster;
use super::metrics::Metrics;
use super::roles::{Plan, RunError, run_roles};
use super::{check, dashboard, demo, http, telemetry};
use crate::config::{Need, Settings};
use crate::record::Millis;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Why a command ends without having been asked to; each has its exit code.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Settings, profile, key, topics or address are not as they must be: 78.
    #[error("{0:#}")]
    Configuration(anyhow::Error),
    /// A loop hangs, or did not end in time: 70.
    #[error("{0:#}")]
    Watchdog(anyhow::Error),
    /// Anything else: 1.
    #[error("{0:#}")]
    Broken(anyhow::Error),
}

impl Failure {
    /// The process's exit code, of sysexits.h.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) => 78,
            Self::Watchdog(_) => 70,
            Self::Broken(_) => 1,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Configuration(error) => Self::Configuration(error),
            RunError::Hangs(_) => Self::Watchdog(error.into()),
            RunError::Broken { .. } => Self::Broken(error.into()),
        }
    }
}

/// What the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `vigil demo`: everything shown is simulated.
    Demo,
    /// `vigil run`.
    Run,
    /// `vigil watch`.
    Watch,
    /// `vigil ingest`.
    Ingest,
    /// `vigil dashboard`.
    Dashboard,
}

impl Mode {
    /// The command's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Run => "run",
            Self::Watch => "watch",
            Self::Ingest => "ingest",
            Self::Dashboard => "dashboard",
        }
    }

    const fn ingests(self) -> bool {
        matches!(self, Self::Run | Self::Ingest | Self::Demo)
    }

    const fn watches(self) -> bool {
        matches!(self, Self::Run | Self::Watch | Self::Demo)
    }

    /// Has it the page?
    const fn shows(self) -> bool {
        matches!(self, Self::Run | Self::Dashboard | Self::Demo)
    }
}

/// Exit code of a stop that a second signal cut short: some work may be done again by the next process.
pub const CUT_SHORT: i32 = 75;

/// Runs the mode until a signal.
///
/// # Errors
/// [`Failure`].
pub async fn serve(mode: Mode, settings: Settings, feed: Option<demo::FeedPlan>) -> Result<(), Failure> {
    let configuration = Failure::Configuration;
    let demo = mode == Mode::Demo;
    let mut needs = Vec::new();
    if !demo {
        needs.push(Need::Broker);
        if mode.ingests() {
            needs.push(Need::PseudonymKey);
        }
    }
    settings.require(&needs).map_err(|faults| configuration(faults.into()))?;
    let judge = Arc::new(check::judge(&settings).map_err(configuration)?);
    let mut pseudonymiser = check::pseudonymiser(&settings).map_err(configuration)?;
    if demo && pseudonymiser.is_none() {
        pseudonymiser = Some(demo::passing_key().map_err(Failure::Broken)?);
    }
    telemetry::start(&settings).map_err(Failure::Broken)?;
    let settings = Arc::new(settings);
    let profile = judge.profile();
    let metrics = Metrics::new(profile, &settings.hash(), Millis(now_ms())).map_err(|e| Failure::Broken(e.into()))?;
    let metrics = Arc::new(metrics);
    let health = Arc::new(Health::default());
    let listener = http::bind(settings.http_bind).await.map_err(configuration)?;
    let address = listener.local_addr().map_err(|error| Failure::Broken(error.into()))?;
    let desk = match mode.shows() {
        true => Some((
            dashboard::gate(&settings).map_err(configuration)?,
            dashboard::bind(&settings).map_err(configuration)?,
        )),
        false => None,
    };
    let embedded = match &settings.kafka.bootstrap {
        None => Some(Embedded::start(&settings).map_err(Failure::Broken)?),
        Some(_) => None,
    };
    let cluster = match &embedded {
        Some(embedded) => embedded.cluster().clone(),
        None => Cluster::of(&settings.kafka).map_err(configuration)?,
    };
    let stop = CancellationToken::new();
    watch_signals(&stop);
    tracing::info!(mode = mode.name(), %address, settings = settings.hash(), profile = profile.version, "started");

    let served = http::Served { metrics: Arc::clone(&metrics), health: Arc::clone(&health) };
    let until = stop.clone();
    let server = tokio::spawn(http::serve(listener, served, async move { until.cancelled().await }));
    let page = desk.as_ref().and_then(|(_, listener)| listener.local_addr().ok()).unwrap_or(address);
    let screen = feed.map(|feed| demo::Screen::start(feed, &cluster, (page, address), Arc::clone(&metrics)));
    let feeding = match &screen {
        Some(screen) => Some(screen.feed(&cluster, &settings, profile, &stop).await.map_err(Failure::Broken)?),
        None => None,
    };
    let shown = match desk {
        None => None,
        Some((gate, listener)) => {
            let plan = dashboard::Plan {
                settings: Arc::clone(&settings),
                cluster: cluster.clone(),
                profile,
                dictionary: judge.dictionary().map(str::to_owned),
                mode: if demo { "demo" } else { "live" },
                simulated: demo,
                health: Arc::clone(&health),
                metrics: Arc::clone(&metrics),
                screen: screen.clone(),
                stop: stop.clone(),
            };
            Some(dashboard::start(plan, gate, listener).map_err(Failure::Broken)?)
        }
    };
    let plan = Plan {
        by_hand: cluster.is_embedded(),
        cluster,
        ingest: pseudonymiser.filter(|_| mode.ingests()),
        watch: mode.watches().then(|| Arc::clone(&judge)),
        metrics,
        health,
        settings,
    };
    let ended = run_roles(plan, stop.clone()).await;
    stop.cancel();
    if !matches!(ended, Err(RunError::Hangs(_))) {
        // They look at the stop several times a second.
        if let Some(thread) = feeding {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        if let Some(shown) = shown {
            shown.join().await;
        }
        let _ = server.await;
    }
    if let Some(screen) = screen {
        screen.finish();
    }
    drop(embedded);
    Ok(ended?)
}

/// The first SIGTERM or Ctrl-C asks for an orderly stop, the second ends the process at once.
fn watch_signals(stop: &CancellationToken) {
    let stop = stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping; a second signal ends at once");
        stop.cancel();
        signal().await;
        std::process::exit(CUT_SHORT);
    });
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                result = tokio::signal::ctrl_c() => if result.is_ok() { return },
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // No signal can be had; then none ends the process in order either.
        std::future::pending::<()>().await;
    }
}

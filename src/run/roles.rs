//! The roles of the process: started together, ended together, and started anew after trouble that passes.

use super::health::{Health, Phase, Role};
use super::kafka::{Cluster, TURN};
use super::metrics::Metrics;
use super::{ingest, topics, watch};
use crate::config::Settings;
use crate::normalise::Pseudonymiser;
use crate::pipeline::{Intake, Judge};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// First wait after trouble; doubled each time up to [`BACK_OFF_MAX`].
const BACK_OFF: Duration = Duration::from_secs(1);

/// Longest wait after trouble.
const BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// A session that held for this long forgets the trouble before it.
const SETTLED: Duration = Duration::from_secs(60);

/// What the process runs.
#[derive(Debug)]
pub struct Plan {
    /// Settings, checked.
    pub settings: Arc<Settings>,
    /// The cluster.
    pub cluster: Cluster,
    /// Run ingest, with this key for the pseudonyms.
    pub ingest: Option<Pseudonymiser>,
    /// Run watch, with this judge.
    pub watch: Option<Arc<Judge>>,
    /// Take all partitions at once instead of joining a group: for the embedded broker, where joining takes 3 s.
    pub by_hand: bool,
    /// Where to count.
    pub metrics: Arc<Metrics>,
    /// Where to say how it goes.
    pub health: Arc<Health>,
}

/// Why the process ends without having been asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Topics or cluster are not as the settings say.
    #[error("{0:#}")]
    Configuration(anyhow::Error),
    /// A role cannot go on.
    #[error("{role}: {error:#}")]
    Broken {
        /// The role.
        role: Role,
        /// Why.
        error: anyhow::Error,
    },
    /// A role hangs, or did not end in time.
    #[error("{0} hangs")]
    Hangs(Role),
}

impl RunError {
    /// Exit code of the process.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) => 78,
            Self::Broken { .. } => 1,
            Self::Hangs(_) => 70,
        }
    }
}

/// Trouble of a session.
#[derive(Debug)]
pub(super) enum Trouble {
    /// May pass: the session is dropped and another one starts from what was committed.
    Passing(anyhow::Error),
    /// Does not pass by itself: a person must look.
    Lasting(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Passing(error.into())
    }
}

/// Runs the roles until `shutdown` is cancelled, then drains them within the settings' bound.
///
/// # Errors
/// [`RunError`]. After [`RunError::Hangs`] a thread is still there: end the process.
pub async fn run_roles(plan: Plan, shutdown: CancellationToken) -> Result<(), RunError> {
    let Plan { settings, cluster, ingest, watch, by_hand, metrics, health } = plan;
    let announced = [(Role::Ingest, ingest.is_some()), (Role::Watch, watch.is_some())];
    for (role, _) in announced.iter().filter(|(_, runs)| *runs) {
        health.enter(*role, Phase::Starting);
    }
    topics::ensure(&cluster, &settings, ingest.is_some()).await.map_err(RunError::Configuration)?;
    let stop = shutdown.child_token();
    let (ended, mut results) = mpsc::channel(announced.len());
    let mut running = 0usize;
    let mut start = |role: Role, mut session: Box<dyn FnMut() -> Result<(), Trouble> + Send>| {
        let (health, stop, ended) = (Arc::clone(&health), stop.clone(), ended.clone());
        running += 1;
        std::thread::Builder::new().name(role.name().to_owned()).spawn(move || {
            // A panic drops `ended` unsent; the channel then closes short.
            let result = sessions(role, &health, &stop, &mut *session);
            health.enter(role, Phase::Stopped);
            let _ = ended.blocking_send((role, result));
        })
    };
    let mut threads: Vec<(Role, JoinHandle<()>)> = Vec::new();
    let broken = |role| move |error: std::io::Error| RunError::Broken { role, error: error.into() };
    if let Some(pseudonymiser) = ingest {
        let intake = Intake { pseudonymiser, limits: settings.limits.decode(), internal_kinds: false };
        let role = ingest::Ingest {
            settings: Arc::clone(&settings),
            cluster: cluster.clone(),
            intake,
            by_hand,
            metrics: Arc::clone(&metrics),
            health: Arc::clone(&health),
            stop: stop.clone(),
        };
        let thread = start(Role::Ingest, Box::new(move || role.session())).map_err(broken(Role::Ingest))?;
        threads.push((Role::Ingest, thread));
    }
    if let Some(judge) = watch {
        let role = watch::Watch {
            settings: Arc::clone(&settings),
            cluster,
            judge,
            by_hand,
            metrics,
            health: Arc::clone(&health),
            stop: stop.clone(),
        };
        let thread = start(Role::Watch, Box::new(move || role.session())).map_err(broken(Role::Watch))?;
        threads.push((Role::Watch, thread));
    }
    drop(ended);
    let mut outcome = Ok(());
    let mut deadline: Option<Instant> = None;
    // The dashboard alone has no thread here; it is looked after all the same.
    while running > 0 || threads.is_empty() && !stop.is_cancelled() {
        tokio::select! {
            result = results.recv(), if running > 0 => match result {
                Some((role, result)) => {
                    running -= 1;
                    if let Err(error) = result {
                        stop.cancel();
                        outcome = outcome.and(Err(RunError::Broken { role, error }));
                    }
                }
                // A thread is gone without a word.
                None => return outcome.and(Err(panicked(&threads))),
            },
            () = stop.cancelled(), if deadline.is_none() => deadline = Some(Instant::now() + settings.drain_max),
            () = tokio::time::sleep(TURN) => {
                let late = deadline.is_some_and(|at| Instant::now() > at);
                let hanging = if late { unfinished(&threads) } else { health.hanging().first().copied() };
                if let Some(role) = hanging {
                    return outcome.and(Err(RunError::Hangs(role)));
                }
            }
        }
    }
    outcome
}

fn unfinished(threads: &[(Role, JoinHandle<()>)]) -> Option<Role> {
    threads.iter().find(|(_, thread)| !thread.is_finished()).map(|(role, _)| *role)
}

fn panicked(threads: &[(Role, JoinHandle<()>)]) -> RunError {
    let role = threads.iter().find(|(_, thread)| thread.is_finished()).map_or(Role::Watch, |(role, _)| *role);
    RunError::Broken { role, error: anyhow::anyhow!("the role's thread panicked") }
}

/// One session after the other, with a growing pause after trouble, until the role is asked to stop.
fn sessions(
    role: Role,
    health: &Health,
    stop: &CancellationToken,
    session: &mut (dyn FnMut() -> Result<(), Trouble> + Send),
) -> anyhow::Result<()> {
    let mut pause = BACK_OFF;
    while !stop.is_cancelled() {
        let began = Instant::now();
        match session() {
            Ok(()) => return Ok(()),
            Err(Trouble::Lasting(error)) => return Err(error),
            Err(Trouble::Passing(error)) => {
                if began.elapsed() > SETTLED {
                    pause = BACK_OFF;
                }
                tracing::warn!(
                    role = role.name(),
                    pause_seconds = pause.as_secs(),
                    error = format!("{error:#}"),
                    "held, will try again"
                );
                health.enter(role, Phase::Held(format!("{error:#}")));
                let until = Instant::now() + pause;
                while Instant::now() < until && !stop.is_cancelled() {
                    std::thread::sleep(TURN);
                    health.beat(role);
                }
                pause = (pause * 2).min(BACK_OFF_MAX);
            }
        }
    }
    Ok(())
}

//! The read model: the newest alerts, counts by concern, and how fresh the data are.

use crate::alert::{Alert, Change, DISCLAIMER};
use crate::profile::{Concern, Priority, Profile};
use crate::record::Millis;
use dashmap::DashMap;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most alerts kept for the page; older ones leave it. The topic keeps them all.
pub const ALERTS_MAX: usize = 200;

/// The page no longer says that its data are current when every shard has judged nothing for this long.
pub const QUIET_AFTER_SECONDS: u64 = 60;

/// How fresh the data are, as the process knows it when the page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// Now.
    pub now: Millis,
    /// Newest time up to which every shard has judged.
    pub as_of: Option<Millis>,
    /// Owned, restored, connected: what `/readyz` says.
    pub ready: bool,
    /// Records judged since the start.
    pub records: u64,
}

/// What kind of process the page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `vigil demo`: everything shown is simulated.
    Demo,
    /// `vigil run`.
    Run,
    /// `vigil watch`.
    Watch,
    /// `vigil ingest`: it raises no alerts itself.
    Ingest,
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
        }
    }
}

/// An alert as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Identity.
    pub alert_id: String,
    /// Revision shown.
    pub revision: i32,
    /// Concern.
    pub concern: Concern,
    /// What the revision did.
    pub change: &'static str,
    /// Priority.
    pub priority: Priority,
    /// Serious, not serious, or not stated.
    pub serious: Option<bool>,
    /// Listedness in the EU.
    pub listed_eu: &'static str,
    /// Listedness in the US.
    pub listed_us: &'static str,
    /// The sentences.
    pub explanation: String,
    /// Sending site.
    pub site: String,
    /// Pseudonym of the case or patient.
    pub key: String,
    /// When the deciding record became known, RFC 3339.
    pub recorded_at: String,
    #[serde(skip)]
    order: u64,
}

/// Alerts of one concern that hold now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Concerns {
    /// Concern.
    pub concern: Concern,
    /// Alerts raised and not withdrawn or resolved since the process began to follow them.
    pub open: i64,
}

/// May the page be relied on?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something became known and was judged a moment ago.
    Current,
    /// Ready, but nothing new for a while: nobody reports, or the feed is cut off.
    Quiet,
    /// Not ready: alerts may be missing.
    Stale,
    /// Nothing has been judged yet.
    NoData,
}

/// What the page shows.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// Command.
    pub mode: &'static str,
    /// Are the data simulated?
    pub simulated: bool,
    /// Product.
    pub product: String,
    /// Intended use, one sentence.
    pub intended_use: &'static str,
    /// Version of program and safety profile.
    pub version: String,
    /// May the page be relied on?
    pub state: State,
    /// Everything that became known up to then has been judged, RFC 3339.
    pub as_of: Option<String>,
    /// Age of that, seconds.
    pub age_seconds: Option<u64>,
    /// After how many seconds without news the page no longer says that its data are current.
    pub quiet_after_seconds: u64,
    /// Records judged since the start.
    pub records: u64,
    /// Open alerts by concern.
    pub concerns: Vec<Concerns>,
    /// Newest alerts first.
    pub alerts: Vec<Summary>,
}

/// What the page knows. Told by the reader of the alerts' topic.
#[derive(Debug)]
pub struct ReadModel {
    mode: Mode,
    product: String,
    version: String,
    alerts: DashMap<String, Summary>,
    order: AtomicU64,
    open: DashMap<Concern, i64>,
}

impl ReadModel {
    /// An empty model.
    #[must_use]
    pub fn new(mode: Mode, profile: &Profile) -> Self {
        Self {
            mode,
            product: profile.product.brand.clone(),
            version: format!("vigil {}, profile {}", env!("CARGO_PKG_VERSION"), profile.version),
            alerts: DashMap::new(),
            order: AtomicU64::new(0),
            open: DashMap::new(),
        }
    }

    /// A revision of an alert was written. The same again, or an older one, changes nothing.
    pub fn alerted(&self, alert: &Alert<'_>) {
        let id = alert.alert_id.as_str();
        if self.alerts.get(id).is_some_and(|known| known.revision >= alert.revision) {
            return;
        }
        let counted = match alert.change {
            Change::Raised => 1,
            Change::Resolved | Change::Withdrawn => -1,
            Change::Upgraded
            | Change::Downgraded
            | Change::Revised
            | Change::Acknowledged
            | Change::Handled
            | Change::Escalated
            | Change::Expired => 0,
        };
        *self.open.entry(alert.concern).or_insert(0) += counted;
        let order = self.order.fetch_add(1, Ordering::Relaxed);
        self.alerts.insert(id.to_owned(), Summary::of(alert, order));
        if self.alerts.len() > ALERTS_MAX {
            let oldest = self.alerts.iter().min_by_key(|entry| entry.order).map(|entry| entry.key().clone());
            if let Some(oldest) = oldest {
                self.alerts.remove(&oldest);
            }
        }
    }

    /// What the page shows.
    #[must_use]
    pub fn snapshot(&self, fresh: Freshness) -> Snapshot {
        let Freshness { now, as_of, ready, records } = fresh;
        let age_seconds = as_of.map(|as_of| u64::try_from((now.0 - as_of.0) / 1000).unwrap_or(0));
        let state = match age_seconds {
            _ if !ready => State::Stale,
            None => State::NoData,
            Some(age) if age > QUIET_AFTER_SECONDS => State::Quiet,
            Some(_) => State::Current,
        };
        let mut alerts: Vec<Summary> = self.alerts.iter().map(|entry| entry.value().clone()).collect();
        alerts.sort_unstable_by_key(|alert| std::cmp::Reverse(alert.order));
        let open = |concern: &Concern| self.open.get(concern).map_or(0, |count| *count);
        let mut concerns: Vec<Concerns> =
            Concern::ALL.iter().map(|concern| Concerns { concern: *concern, open: open(concern) }).collect();
        // The three main concerns are always shown, the others once there is something to show.
        let main = [Concern::VodSos, Concern::FebrileNeutropenia, Concern::Haemorrhage];
        concerns.retain(|count| main.contains(&count.concern) || count.open != 0);
        Snapshot {
            mode: self.mode.name(),
            simulated: self.mode == Mode::Demo,
            product: self.product.clone(),
            intended_use: DISCLAIMER,
            version: self.version.clone(),
            state,
            as_of: as_of.map(|time| time.to_string()),
            age_seconds,
            quiet_after_seconds: QUIET_AFTER_SECONDS,
            records,
            concerns,
            alerts,
        }
    }
}

impl Summary {
    fn of(alert: &Alert<'_>, order: u64) -> Self {
        Self {
            alert_id: alert.alert_id.to_string(),
            revision: alert.revision,
            concern: alert.concern,
            change: alert.change.name(),
            priority: alert.priority,
            serious: alert.serious,
            listed_eu: alert.listed_eu.name(),
            listed_us: alert.listed_us.name(),
            explanation: alert.explanation.to_string(),
            site: alert.site.to_string(),
            key: alert.key.to_string(),
            recorded_at: alert.recorded_at.to_string(),
            order,
        }
    }
}

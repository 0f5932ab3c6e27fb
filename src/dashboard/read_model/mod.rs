//! The read model: every alert with its revisions, the courses of watched patients, what the shards say of themselves,
//! what was rejected. Built from the topics alone, whoever wrote them, and bounded.
//!
//! A partition's messages come in their order and may come again; the partitions come as they like. What is known in the
//! end is the same.

mod asked;
mod audits;
mod burden;
mod handled;
mod known;
mod patients;
mod place;
mod progress;
mod rejects;
mod row;
mod service;
#[cfg(test)]
pub(super) mod tests;

pub use audits::{AuditRow, Audits};
pub use burden::{Burden, Counts, burden, counts};
pub use handled::{Handled, Stand, is_finding};
pub use known::{Known, REVISIONS_MAX, reason_code};
pub use patients::{Kept as PatientKept, Opened};
pub use place::{Place, Sort, page, rank};
pub use progress::{Heard, Ledger, SITES_MAX, Shard, SiteRow};
pub use rejects::{ReasonCount, RejectRow, Rejects};
pub use row::{AlertRow, ClockRow};
pub use service::{Desks, Ends, OpenCounts, Picture, ServiceState, ServiceView};

use crate::alert::{Alert, AlertCodec, Subject};
use crate::pipeline::{PROGRESS_KEY, state_key};
use crate::profile::Profile;
use crate::record::state::{StateBody, StateCodec, StateUnread};
use crate::record::{Millis, Pseudonym, Reject, RejectReason, audit_codec, decode_reject};
use dashmap::{DashMap, DashSet};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// Bounds of the model.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Alerts.
    pub alerts: usize,
    /// Watched patients.
    pub patients: usize,
    /// Rejects.
    pub rejects: usize,
}

/// A topic that the model is built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// `vigil.alerts`.
    Alerts,
    /// `vigil.state`.
    State,
    /// `vigil.rejects`.
    Rejects,
    /// `vigil.audit`.
    Audit,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Alerts, Self::State, Self::Rejects, Self::Audit];

    /// Its name in sentences.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::State => "state",
            Self::Rejects => "rejects",
            Self::Audit => "audit",
        }
    }
}

/// How the reading of a topic goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// What was there at the start has not all been read.
    #[default]
    CatchingUp,
    /// Everything that was there has been read, and what comes is.
    Live,
    /// Nothing can be read now.
    Held,
}

/// Why a message was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It was written by somebody else, or is broken.
    Unreadable,
    /// A newer release wrote it: what is shown is not everything.
    Newer,
}

/// What watch keeps of an alert, and so which acts it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// None: a site's silence is over when the site speaks.
    Nothing,
    /// Acts while it is open: a later episode of the concern is known.
    WhileOpen,
    /// Acts while it is open, and comments when it is over.
    Always,
}

/// How much of something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Of what.
    pub of: &'static str,
    /// Kept.
    pub kept: usize,
    /// At most.
    pub max: usize,
    /// Let go so far because there were more.
    pub let_go: u64,
}

/// Something of which the live stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A new revision of an alert.
    Alert(Box<AlertRow>),
    /// A reject.
    Reject(Box<RejectRow>),
}

/// Takes a lock; a panic while it was held leaves data that are still whole.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the dashboard knows.
#[derive(Debug)]
pub struct ReadModel {
    profile: &'static Profile,
    bounds: Bounds,
    alerts: DashMap<u128, Known>,
    /// Alerts of each key.
    of_key: DashMap<String, Vec<u128>>,
    patients: DashMap<Pseudonym, PatientKept>,
    shards: RwLock<BTreeMap<i32, Shard>>,
    rejects: Mutex<Rejects>,
    audits: Mutex<Audits>,
    readings: Mutex<BTreeMap<Source, Reading>>,
    /// Patients whose course changed since it was last asked.
    moved: DashSet<Pseudonym>,
    /// Newest recorded-at of a case or patient in the changelog.
    newest_record: AtomicI64,
    alerts_let_go: AtomicU64,
    patients_let_go: AtomicU64,
    /// Was a value met that a newer release wrote?
    newer_release: AtomicBool,
}

impl ReadModel {
    /// An empty model.
    #[must_use]
    pub fn new(profile: &'static Profile, bounds: Bounds) -> Self {
        Self {
            profile,
            bounds,
            alerts: DashMap::new(),
            of_key: DashMap::new(),
            patients: DashMap::new(),
            shards: RwLock::default(),
            rejects: Mutex::default(),
            audits: Mutex::default(),
            readings: Mutex::default(),
            moved: DashSet::new(),
            newest_record: AtomicI64::new(i64::MIN),
            alerts_let_go: AtomicU64::new(0),
            patients_let_go: AtomicU64::new(0),
            newer_release: AtomicBool::new(false),
        }
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// Takes a message of `vigil.alerts`; nothing is new where this revision or a later one is known.
    ///
    /// # Errors
    /// [`Unread`]: it was passed over. The model remembers where a newer release wrote it.
    pub fn take_alert(&self, value: &[u8], now: Millis) -> Result<Option<News>, Unread> {
        let mut scratch = Vec::new();
        let alert = AlertCodec::decode(value, &mut scratch).map_err(|reject| {
            let why = unread(&reject);
            if why == Unread::Newer {
                self.newer_release.store(true, Ordering::Relaxed);
            }
            why
        })?;
        let id = alert_number(&alert.alert_id).ok_or(Unread::Unreadable)?;
        let new = match self.alerts.entry(id) {
            dashmap::Entry::Occupied(mut known) => known.get_mut().take(&alert, value),
            dashmap::Entry::Vacant(room) => {
                room.insert(Known::new(&alert, value));
                self.of_key.entry(alert.key.to_string()).or_default().push(id);
                true
            }
        };
        if !new {
            return Ok(None);
        }
        self.moved_by(&alert);
        self.let_alerts_go(now);
        Ok(self.row(id, now).map(|row| News::Alert(Box::new(row))))
    }

    fn moved_by(&self, alert: &Alert<'_>) {
        if let (Subject::Patient, Ok(key)) = (alert.subject, alert.key.parse()) {
            self.moved.insert(key);
        }
    }

    /// Takes a message of a partition of `vigil.state`, written at a time.
    ///
    /// # Errors
    /// As [`ReadModel::take_alert`].
    pub fn take_state(
        &self,
        partition: i32,
        key: &[u8],
        value: Option<&[u8]>,
        written: Option<Millis>,
    ) -> Result<(), Unread> {
        let Some(value) = value else {
            match state_key(key) {
                Some((key, None)) => drop(self.patients.remove(&key)),
                Some((key, Some(segment))) => self.let_segment_go(key, segment),
                None => {}
            }
            return Ok(());
        };
        let mut scratch = Vec::new();
        let state = match StateCodec::get().decode(value, &mut scratch) {
            Ok(state) => state,
            Err(StateUnread::UnknownSchema(_) | StateUnread::UnknownWord) => {
                self.newer_release.store(true, Ordering::Relaxed);
                return Err(Unread::Newer);
            }
            Err(StateUnread::Checksum | StateUnread::Malformed) => return Err(Unread::Unreadable),
        };
        match &state.body {
            StateBody::Progress(progress) if key == PROGRESS_KEY.as_bytes() => {
                let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
                shards.entry(partition).or_default().take(progress, written);
            }
            StateBody::Patient(patient) => {
                self.newest_record.fetch_max(patient.heard, Ordering::Relaxed);
                let Some((key, None)) = state_key(key) else { return Err(Unread::Unreadable) };
                if patients::is_of_a_ward(patient) {
                    self.keep(partition, key, |kept| kept.take_facts(patient, value));
                } else {
                    self.patients.remove(&key);
                }
            }
            StateBody::PatientValues(values) => {
                self.newest_record.fetch_max(values.heard, Ordering::Relaxed);
                let Some((key, Some(segment))) = state_key(key) else { return Err(Unread::Unreadable) };
                // The facts of a watched patient come before or after.
                if values.watched {
                    self.keep(partition, key, |kept| kept.take_segment(segment, values, value));
                } else {
                    self.let_segment_go(key, segment);
                }
            }
            StateBody::Case(case) => {
                self.newest_record.fetch_max(case.as_of, Ordering::Relaxed);
            }
            StateBody::Progress(_) | StateBody::WriterSchema(_) => {}
        }
        Ok(())
    }

    fn keep(&self, partition: i32, key: Pseudonym, take: impl FnOnce(&mut PatientKept)) {
        take(&mut self.patients.entry(key).or_insert_with(|| PatientKept::new(partition)));
        self.moved.insert(key);
        self.let_patients_go();
    }

    fn let_segment_go(&self, key: Pseudonym, segment: u16) {
        if let Some(mut kept) = self.patients.get_mut(&key) {
            kept.forget_segment(segment);
        }
    }

    /// Takes a message of a partition of `vigil.rejects`.
    ///
    /// # Errors
    /// As [`ReadModel::take_alert`].
    pub fn take_reject(&self, partition: i32, value: &[u8]) -> Result<News, Unread> {
        let mut scratch = Vec::new();
        let record = decode_reject(value, &mut scratch).map_err(|reject| unread(&reject))?;
        let row = locked(&self.rejects).take(partition, &record, self.bounds.rejects);
        Ok(News::Reject(Box::new(row)))
    }

    /// Takes a message of a partition of `vigil.audit`.
    ///
    /// # Errors
    /// As [`ReadModel::take_alert`].
    pub fn take_audit(&self, partition: i32, value: &[u8]) -> Result<(), Unread> {
        let mut scratch = Vec::new();
        let record = audit_codec().decode(value, &mut scratch).map_err(|reject| unread(&reject))?;
        locked(&self.audits).take(partition, &record);
        Ok(())
    }

    /// What is kept, against its bounds.
    #[must_use]
    pub fn sizes(&self) -> [Size; 5] {
        let rejects = self.rejects();
        let kept_rejects = rejects.rows().count();
        let let_go = |total: u64, kept: usize| total.saturating_sub(kept as u64);
        let rejects = Size {
            of: "rejects",
            kept: kept_rejects,
            max: self.bounds.rejects,
            let_go: let_go(rejects.total(), kept_rejects),
        };
        let audits = self.audits();
        let (kept, max) = audits.size();
        let audits = Size { of: "audits", kept, max, let_go: let_go(audits.total(), kept) };
        let size = |of, kept, max, let_go: &AtomicU64| Size { of, kept, max, let_go: let_go.load(Ordering::Relaxed) };
        [
            size("alerts", self.alerts.len(), self.bounds.alerts, &self.alerts_let_go),
            size("patients", self.patients.len(), self.bounds.patients, &self.patients_let_go),
            rejects,
            audits,
            Size { of: "sites", kept: progress::sites(self.shards().values()).len(), max: SITES_MAX, let_go: 0 },
        ]
    }

    /// The newest of the audit.
    pub fn audits(&self) -> MutexGuard<'_, Audits> {
        locked(&self.audits)
    }

    /// How the reading of a topic goes now.
    pub fn reading(&self, source: Source, how: Reading) {
        locked(&self.readings).insert(source, how);
    }

    /// How the reading of a topic goes.
    #[must_use]
    pub fn how(&self, source: Source) -> Reading {
        locked(&self.readings).get(&source).copied().unwrap_or_default()
    }

    /// Has everything been read that lists are made of? Rejects may be another principal's to read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        [Source::Alerts, Source::State].into_iter().all(|source| self.how(source) != Reading::CatchingUp)
    }

    /// Lets go of closed alerts, the oldest first, a sixteenth of the bound at a time.
    fn let_alerts_go(&self, now: Millis) {
        if self.alerts.len() <= self.bounds.alerts {
            return;
        }
        let over = self.alerts.iter().filter(|known| known.is_over(now));
        let mut over: Vec<(Millis, u128)> = over.map(|known| (known.row.recorded_at, *known.key())).collect();
        over.sort_unstable();
        for (_, id) in over.into_iter().take((self.bounds.alerts / 16).max(1)) {
            if let Some((_, gone)) = self.alerts.remove(&id) {
                self.alerts_let_go.fetch_add(1, Ordering::Relaxed);
                if let Some(mut ids) = self.of_key.get_mut(&gone.row.key) {
                    ids.retain(|other| *other != id);
                }
                self.of_key.remove_if(&gone.row.key, |_, ids| ids.is_empty());
            }
        }
    }

    fn let_patients_go(&self) {
        if self.patients.len() <= self.bounds.patients {
            return;
        }
        let mut all: Vec<(Millis, Pseudonym)> = self.patients.iter().map(|kept| (kept.heard, *kept.key())).collect();
        all.sort_unstable_by_key(|(heard, key)| (*heard, key.key_id, key.hash));
        for (_, key) in all.into_iter().take((self.bounds.patients / 16).max(1)) {
            if self.patients.remove(&key).is_some() {
                self.patients_let_go.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A schema, a field or a word that this release does not know was written by a later one.
const fn unread(reject: &Reject) -> Unread {
    let newer = matches!(
        reject.reason,
        RejectReason::UnknownFingerprint | RejectReason::UnknownField | RejectReason::UnknownSymbol
    );
    if newer { Unread::Newer } else { Unread::Unreadable }
}

/// The number of an alert's id: 32 lower-case hexadecimal digits.
#[must_use]
pub fn alert_number(id: &str) -> Option<u128> {
    let hex = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex.then(|| u128::from_str_radix(id, 16).ok()).flatten()
}

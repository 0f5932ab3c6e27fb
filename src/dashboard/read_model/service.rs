//! May the page be relied on, and how far has everything been judged?

use super::progress::{Ledger, Shard, sites};
use super::{ReadModel, Reading, Source};
use crate::alert::Subject;
use crate::profile::Priority;
use crate::record::Millis;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use utoipa::ToSchema;

/// May the page be relied on?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Everything is judged up to a moment ago.
    Current,
    /// So it is, and nothing new became known for a while: nobody reports, or the feed is cut off.
    Quiet,
    /// Alerts may be missing.
    Stale,
    /// Nothing has been judged yet.
    NoData,
}

impl ServiceState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Current, Self::Quiet, Self::Stale, Self::NoData];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Quiet => "quiet",
            Self::Stale => "stale",
            Self::NoData => "no_data",
        }
    }
}

/// The desks that a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Desks {
    /// Patients.
    pub patient: bool,
    /// Cases.
    pub case: bool,
}

impl Desks {
    /// Both.
    pub const BOTH: Self = Self { patient: true, case: true };

    /// Is a subject on one of them?
    #[must_use]
    pub const fn shows(self, subject: Subject) -> bool {
        match subject {
            Subject::Patient => self.patient,
            Subject::Case => self.case,
        }
    }

    /// Their names.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        let named = [(self.patient, "patient"), (self.case, "case")];
        named.into_iter().filter(|(shown, _)| *shown).map(|(_, name)| name).collect()
    }
}

/// Alerts that somebody has to look after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenCounts {
    /// All of them.
    pub total: usize,
    /// High.
    pub high: usize,
    /// Medium.
    pub medium: usize,
    /// Low.
    pub low: usize,
    /// Information.
    pub information: usize,
    /// High, and nobody looks after it.
    pub unowned_high: usize,
}

impl OpenCounts {
    fn count(&mut self, priority: Priority, owned: bool) {
        self.total += 1;
        match priority {
            Priority::High => self.high += 1,
            Priority::Medium => self.medium += 1,
            Priority::Low => self.low += 1,
            Priority::Information => self.information += 1,
        }
        self.unowned_high += usize::from(priority == Priority::High && !owned);
    }

    const fn and(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            high: self.high + other.high,
            medium: self.medium + other.medium,
            low: self.low + other.low,
            information: self.information + other.information,
            unowned_high: self.unowned_high + other.unowned_high,
        }
    }
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartitionView {
    /// Its number.
    pub partition: i32,
    /// Offset that its shard reads next.
    pub next_offset: i64,
    /// End of the log, where known.
    pub end_offset: Option<i64>,
    /// What lies between.
    pub lag: Option<i64>,
    /// Number of the shard's last alert.
    pub seq: i64,
    /// Latest wall time of a tick.
    pub last_tick: Option<Millis>,
    /// Its sums.
    pub ledger: Ledger,
    /// What was read and is in none of the fates.
    pub imbalance: i64,
}

/// Version and hash of the profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProfileView {
    /// Version.
    pub version: String,
    /// First 16 hexadecimal digits of its SHA-256.
    pub hash: String,
}

/// Sites at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SitesView {
    /// Known.
    pub total: usize,
    /// Said to be silent.
    pub silent: usize,
}

/// Rejects at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectsView {
    /// All that were read.
    pub total: u64,
    /// Of source messages of the last hour, as far as they are kept.
    pub last_hour: usize,
}

/// Patients at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct PatientsView {
    /// Watched, and in memory.
    pub watched: usize,
    /// Let go because there were too many.
    pub let_go: u64,
}

/// Alerts in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptView {
    /// In memory.
    pub kept: usize,
    /// Closed ones let go because there were too many.
    pub let_go: u64,
}

/// The service at one time, for one reader's desks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceView {
    /// The server's clock.
    pub now: Millis,
    /// `live`, `replay` or `demo`.
    pub mode: &'static str,
    /// Are the data simulated?
    pub simulated: bool,
    /// Version of the program.
    pub version: &'static str,
    /// When the process started.
    pub started_at: Millis,
    /// The profile that judges here.
    pub profile: ProfileView,
    /// Version of the user's MedDRA.
    pub dictionary: Option<String>,
    /// May the page be relied on?
    pub state: ServiceState,
    /// Why not.
    pub reasons: Vec<String>,
    /// Time up to which every partition has judged.
    pub as_of: Option<Millis>,
    /// Newest recorded-at of a case or patient.
    pub newest_record_at: Option<Millis>,
    /// Stale without a tick for so long.
    pub stale_after_seconds: u64,
    /// Quiet without a record for so long.
    pub quiet_after_seconds: u64,
    /// All partitions.
    pub partitions: Vec<PartitionView>,
    /// Their sums.
    pub ledger: Ledger,
    /// Of the sums.
    pub imbalance: i64,
    /// Of all partitions, as far as known.
    pub lag: Option<i64>,
    /// Alerts that somebody has to look after, on the reader's desks.
    pub open: OpenCounts,
    /// Alerts in memory.
    pub alerts: KeptView,
    /// Sites.
    pub sites: SitesView,
    /// Rejects.
    pub rejects: RejectsView,
    /// Patients.
    pub patients: PatientsView,
}

/// What the picture is drawn from beside the model.
#[derive(Clone, Debug)]
pub struct Picture {
    /// `live`, `replay` or `demo`.
    pub mode: &'static str,
    /// Are the data simulated?
    pub simulated: bool,
    /// When the process started.
    pub started_at: Millis,
    /// Version of the user's MedDRA.
    pub dictionary: Option<String>,
    /// Partitions of the log.
    pub partitions: i32,
    /// Stale after.
    pub stale_after: Duration,
    /// Quiet after.
    pub quiet_after: Duration,
}

/// Ends of the log by partition, as far as known.
pub type Ends = BTreeMap<i32, i64>;

/// Most reasons that are listed.
const REASONS_MAX: usize = 8;

const fn ms(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

impl ReadModel {
    /// The service at a time. `not_ready`: sentences of the process's own roles that are not.
    #[must_use]
    pub fn service(
        &self,
        picture: &Picture,
        ends: &Ends,
        not_ready: &[String],
        desks: Desks,
        now: Millis,
    ) -> ServiceView {
        let (mut patient, mut case) = (OpenCounts::default(), OpenCounts::default());
        self.each_alert(|_, known| {
            if known.handled.at(now).is_open() {
                let counts = if self.desk_of(&known.row) == Subject::Patient { &mut patient } else { &mut case };
                counts.count(known.row.priority, known.handled.owner.is_some());
            }
        });
        let open = match (desks.patient, desks.case) {
            (true, true) => patient.and(case),
            (true, false) => patient,
            (false, true) => case,
            (false, false) => OpenCounts::default(),
        };
        let shards = self.shards();
        let empty = Shard::default();
        let shard = |partition: i32| shards.get(&partition).unwrap_or(&empty);
        let partitions: Vec<PartitionView> = (0..picture.partitions)
            .map(|partition| {
                let shard = shard(partition);
                let end_offset = ends.get(&partition).copied();
                PartitionView {
                    partition,
                    next_offset: shard.next_offset,
                    end_offset,
                    lag: end_offset.map(|end| (end - shard.next_offset).max(0)),
                    seq: shard.seq,
                    last_tick: shard.last_tick,
                    ledger: shard.ledger,
                    imbalance: shard.ledger.imbalance(),
                }
            })
            .collect();
        let mut ledger = Ledger::default();
        partitions.iter().for_each(|partition| ledger.add(&partition.ledger));
        let lag = partitions.iter().map(|partition| partition.lag).sum::<Option<i64>>();
        let as_of = partitions.iter().map(|partition| partition.last_tick).min().flatten();
        let of_sites = sites(shards.values());
        let newest = Millis(self.newest_record.load(Ordering::Relaxed));
        let newest_record_at = (newest.0 != i64::MIN).then_some(newest);
        // A sender whose clock is ahead does not keep the page green.
        let known = newest_record_at.filter(|at| *at <= now);
        let judged_at = shards.values().filter_map(|shard| shard.judged_at).max().max(known);
        let (state, reasons) = self.state(picture, &partitions, (as_of, judged_at), not_ready, now);
        let rejects = self.rejects();
        let hour_ago = now.0 - 3_600_000;
        ServiceView {
            now,
            mode: picture.mode,
            simulated: picture.simulated,
            version: env!("CARGO_PKG_VERSION"),
            started_at: picture.started_at,
            profile: ProfileView {
                version: self.profile.version.clone(),
                hash: self.profile.hash.chars().take(16).collect(),
            },
            dictionary: picture.dictionary.clone(),
            state,
            reasons,
            as_of,
            newest_record_at,
            stale_after_seconds: picture.stale_after.as_secs(),
            quiet_after_seconds: picture.quiet_after.as_secs(),
            imbalance: ledger.imbalance(),
            ledger,
            lag,
            partitions,
            open,
            alerts: KeptView { kept: self.alerts.len(), let_go: self.alerts_let_go.load(Ordering::Relaxed) },
            sites: SitesView { total: of_sites.len(), silent: of_sites.values().filter(|site| site.silent).count() },
            rejects: RejectsView {
                total: rejects.total(),
                last_hour: rejects.rows().filter(|row| row.source_time.0 > hour_ago).count(),
            },
            patients: PatientsView { watched: self.patients(), let_go: self.patients_let_go.load(Ordering::Relaxed) },
        }
    }

    fn state(
        &self,
        picture: &Picture,
        partitions: &[PartitionView],
        (as_of, judged_at): (Option<Millis>, Option<Millis>),
        not_ready: &[String],
        now: Millis,
    ) -> (ServiceState, Vec<String>) {
        let mut stale: Vec<String> = not_ready.to_vec();
        for source in Source::ALL {
            match (source, self.how(source)) {
                (Source::Rejects | Source::Audit, _) | (_, Reading::Live) => {}
                (_, Reading::CatchingUp) => stale.push(format!("the topic of {} is still being read", source.name())),
                (_, Reading::Held) => stale.push(format!("the topic of {} cannot be read now", source.name())),
            }
        }
        if self.newer_release.load(Ordering::Relaxed) {
            stale.push("some state was written by a newer release and is not shown".to_owned());
        }
        for partition in partitions {
            let number = partition.partition;
            match partition.last_tick {
                None => stale.push(format!("partition {number}: nothing was judged yet")),
                Some(tick) if now.0 - tick.0 > ms(picture.stale_after) => {
                    stale.push(format!("partition {number}: no tick for {} s", (now.0 - tick.0) / 1000));
                }
                Some(_) => {}
            }
            if partition.imbalance != 0 {
                stale.push(format!("partition {number}: its ledger is out by {}", partition.imbalance));
            }
        }
        let nothing = as_of.is_none() && partitions.iter().all(|partition| partition.last_tick.is_none());
        if stale.len() > REASONS_MAX {
            let more = stale.len() - REASONS_MAX;
            stale.truncate(REASONS_MAX);
            stale.push(format!("and {more} more"));
        }
        match judged_at {
            _ if nothing => (ServiceState::NoData, stale),
            _ if !stale.is_empty() => (ServiceState::Stale, stale),
            Some(judged) if now.0 - judged.0 <= ms(picture.quiet_after) => (ServiceState::Current, stale),
            Some(judged) => {
                (ServiceState::Quiet, vec![format!("nothing new became known for {} s", (now.0 - judged.0) / 1000)])
            }
            None => (ServiceState::Quiet, vec!["nothing but ticks was judged yet".to_owned()]),
        }
    }
}

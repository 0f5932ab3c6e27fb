//! What the read model is asked.

use super::progress;
use super::{AlertRow, Known, PatientKept, Place, ReadModel, Rejects, Room, Shard, SiteRow, Sort, locked};
use crate::alert::{Subject, bed_calls};
use crate::record::{Millis, OWN_SITE, Pseudonym};
use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError, RwLockReadGuard};

impl ReadModel {
    /// The alert of a number.
    #[must_use]
    pub fn alert(&self, id: u128) -> Option<Known> {
        self.alerts.get(&id).map(|known| known.clone())
    }

    /// Its row at a time.
    #[must_use]
    pub fn row(&self, id: u128, now: Millis) -> Option<AlertRow> {
        self.alerts.get(&id).map(|known| self.row_of(&known, now))
    }

    /// The desk that an alert belongs to. Of whom reports alone tell is no patient of a ward: what is said of them stands on
    /// the desk of cases.
    #[must_use]
    pub fn desk_of(&self, row: &AlertRow) -> Subject {
        let of_reports = row.site == OWN_SITE
            && !row
                .key
                .parse::<Pseudonym>()
                .is_ok_and(|key| self.patients.get(&key).is_some_and(|kept| kept.is_shown()));
        if row.subject == Subject::Case || of_reports { Subject::Case } else { Subject::Patient }
    }

    /// Which acts watch takes of an alert.
    #[must_use]
    pub fn room(&self, known: &Known) -> Room {
        // The key of a site's silence is no pseudonym of anybody: its key id is 0.
        if known.row.key.parse::<Pseudonym>().is_ok_and(|key| key.key_id == 0) {
            return Room::Nothing;
        }
        let ids = self.of_key.get(&known.row.key).map(|ids| ids.clone()).unwrap_or_default();
        let later = |id: &u128| {
            let other = self.alerts.get(id);
            other.is_some_and(|other| {
                other.row.concern == known.row.concern && other.row.raised_at > known.row.raised_at
            })
        };
        if ids.iter().any(later) { Room::WhileOpen } else { Room::Always }
    }

    /// The row of a known alert at a time.
    #[must_use]
    pub fn row_of(&self, known: &Known, now: Millis) -> AlertRow {
        let limit =
            (known.row.subject == Subject::Patient).then(|| bed_calls(self.profile, known.row.concern).limit_ms);
        AlertRow {
            own_patient: self.desk_of(&known.row) == Subject::Patient,
            ..known.row.at(&known.handled, now, limit)
        }
    }

    /// Asks every alert.
    pub fn each_alert(&self, mut each: impl FnMut(u128, &Known)) {
        for known in &self.alerts {
            each(*known.key(), &known);
        }
    }

    /// Alerts of a key, the worst first.
    #[must_use]
    pub fn alerts_of(&self, key: &str, now: Millis) -> Vec<AlertRow> {
        let ids = self.of_key.get(key).map(|ids| ids.clone()).unwrap_or_default();
        let mut rows: Vec<(Place, AlertRow)> = ids
            .into_iter()
            .filter_map(|id| self.row(id, now).map(|row| (Place::of(Sort::Worst, id, &row, row.state), row)))
            .collect();
        rows.sort_unstable_by_key(|(place, _)| *place);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// A watched patient.
    #[must_use]
    pub fn patient(&self, key: Pseudonym) -> Option<PatientKept> {
        self.patients.get(&key).filter(|kept| kept.is_shown()).map(|kept| kept.clone())
    }

    /// Asks every watched patient.
    pub fn each_patient(&self, mut each: impl FnMut(Pseudonym, &PatientKept)) {
        for kept in self.patients.iter().filter(|kept| kept.is_shown()) {
            each(*kept.key(), &kept);
        }
    }

    /// Watched patients that can be shown.
    #[must_use]
    pub fn patients(&self) -> usize {
        self.patients.iter().filter(|kept| kept.is_shown()).count()
    }

    /// At most so many patients of whom something is new since they were last taken.
    #[must_use]
    pub fn take_moved(&self, most: usize) -> Vec<Pseudonym> {
        let keys: Vec<Pseudonym> = self.moved.iter().take(most).map(|key| *key).collect();
        for key in &keys {
            self.moved.remove(key);
        }
        keys
    }

    /// What the shards have said last.
    pub fn shards(&self) -> RwLockReadGuard<'_, BTreeMap<i32, Shard>> {
        self.shards.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rejects.
    pub fn rejects(&self) -> MutexGuard<'_, Rejects> {
        locked(&self.rejects)
    }

    /// Time up to which every one of so many partitions has judged.
    #[must_use]
    pub fn as_of(&self, partitions: i32) -> Option<Millis> {
        let shards = self.shards();
        (0..partitions).map(|partition| shards.get(&partition)?.last_tick).min()?
    }

    /// The time at which a patient's shard stands.
    #[must_use]
    pub fn tick_of(&self, partition: i32) -> Option<Millis> {
        self.shards().get(&partition)?.last_tick
    }

    /// The sites, by name.
    #[must_use]
    pub fn sites(&self, now: Millis) -> Vec<SiteRow> {
        let known = progress::sites(self.shards().values());
        let mut sites: BTreeMap<String, SiteRow> = known
            .into_iter()
            .map(|(site, heard)| {
                let heard_at = (heard.at.0 != i64::MIN).then_some(heard.at);
                (site.clone(), SiteRow { site, heard_at, silent: heard.silent, patients: 0, open: 0 })
            })
            .collect();
        self.each_patient(|_, kept| {
            if let Some(site) = sites.get_mut(&*kept.site) {
                site.patients += 1;
            }
        });
        self.each_alert(|_, known| {
            if !known.is_over(now)
                && let Some(site) = sites.get_mut(&known.row.site)
            {
                site.open += 1;
            }
        });
        sites.into_values().collect()
    }
}

//! One case: which of its versions holds, and what it has raised so far.

use crate::profile::{Concern, Priority};
use crate::record::{PartialDate, Report, ReportStatus};
use std::cmp::Ordering;

/// Where a version stands among the versions of its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionKey {
    /// Version number, where the source counts.
    pub number: Option<i32>,
    /// Date of most recent information (E2B C.1.5).
    pub most_recent: Option<PartialDate>,
    /// Date of the transmission (E2B C.1.2).
    pub created: Option<PartialDate>,
}

impl VersionKey {
    /// The key of a report.
    #[must_use]
    pub const fn of(report: &Report<'_>) -> Self {
        Self { number: report.version, most_recent: report.most_recent, created: report.created }
    }

    /// Is `self` before, the same as, or after `other`? By number where both have one, else by date of most recent
    /// information, then of creation. `None` where nothing tells: then the order of the log decides.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        fn both<T: Ord>(one: Option<T>, two: Option<T>) -> Option<Ordering> {
            Some(one?.cmp(&two?))
        }
        let by_number = both(self.number, other.number);
        let by_date = both(self.most_recent, other.most_recent);
        let by_creation = both(self.created, other.created);
        [by_number, by_date, by_creation]
            .into_iter()
            .flatten()
            .find(|o| o.is_ne())
            .or(by_number)
            .or(by_date)
            .or(by_creation)
    }
}

/// What a report did to its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// The first version seen.
    First,
    /// A later version: it holds now.
    FollowUp,
    /// The same version with other content: it holds now.
    Correction,
    /// The case is withdrawn by its sender.
    Nullified,
    /// The same version with the same content again.
    Repeated,
    /// An older version that arrived late, or any version of a case that stays nullified: changes nothing.
    Superseded,
}

impl Folded {
    /// Does the report hold now, so that it must be judged?
    #[must_use]
    pub const fn holds(self) -> bool {
        matches!(self, Self::First | Self::FollowUp | Self::Correction)
    }
}

/// One episode of a concern that a case raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// What it is about.
    pub concern: Concern,
    /// Counts the case's episodes of the concern, from 1.
    pub n: u32,
    /// Last revision said, from 1.
    pub revision: i32,
    /// Priority last said.
    pub priority: Priority,
    /// Gravity last said: a worse seriousness at equal priority is a worsening too.
    pub gravity: u8,
    /// Has it been withdrawn?
    pub withdrawn: bool,
}

/// What is remembered of one case: 64 bytes for a quiet one.
#[derive(Clone, Debug)]
pub struct Case {
    version: VersionKey,
    content: u64,
    nullified: bool,
    /// Bit set of the label reactions that the case is counted for.
    pub concepts: u64,
    /// Is the product suspect in the version that holds?
    pub suspect: bool,
    /// Episodes, oldest first; most cases have none.
    pub episodes: Vec<Episode>,
}

impl Case {
    /// Folds the first record of a case.
    #[must_use]
    pub fn first(report: &Report<'_>, content: u64) -> (Self, Folded) {
        let nullified = report.status == ReportStatus::Nullification;
        let case = Self {
            version: VersionKey::of(report),
            content,
            nullified,
            concepts: 0,
            suspect: false,
            episodes: Vec::new(),
        };
        (case, if nullified { Folded::Nullified } else { Folded::First })
    }

    /// Folds a further record of the case. `content` is a hash of what the report says.
    ///
    /// A nullification ends the case: versions up to it, in whatever order they arrive, change nothing. A version that is
    /// plainly later than the nullification is judged again: its sender should have used a new id (GVP VI), but a report
    /// must not be lost over that.
    pub fn fold(&mut self, report: &Report<'_>, content: u64) -> Folded {
        let version = VersionKey::of(report);
        let order = version.compare(self.version);
        if report.status == ReportStatus::Nullification {
            if self.nullified {
                return Folded::Repeated;
            }
            // Of a list without version numbers only a date can say that it came before this version.
            if order == Some(Ordering::Less) {
                return Folded::Superseded;
            }
            self.nullified = true;
            self.content = content;
            if version != (VersionKey { number: None, most_recent: None, created: None }) {
                self.version = version;
            }
            return Folded::Nullified;
        }
        if self.nullified {
            if order != Some(Ordering::Greater) {
                return Folded::Superseded;
            }
            self.nullified = false;
            self.version = version;
            self.content = content;
            return Folded::FollowUp;
        }
        match order {
            Some(Ordering::Less) => Folded::Superseded,
            Some(Ordering::Equal) | None if content == self.content => Folded::Repeated,
            order => {
                self.version = version;
                self.content = content;
                if order == Some(Ordering::Equal) { Folded::Correction } else { Folded::FollowUp }
            }
        }
    }

    /// What the case is counted for, without its episodes.
    #[must_use]
    pub const fn clone_counted(&self) -> Self {
        Self {
            version: self.version,
            content: self.content,
            nullified: self.nullified,
            concepts: self.concepts,
            suspect: self.suspect,
            episodes: Vec::new(),
        }
    }

    /// Has the sender withdrawn the case?
    #[must_use]
    pub const fn is_nullified(&self) -> bool {
        self.nullified
    }

    /// The case's open episode of a concern.
    pub fn open_episode(&mut self, concern: Concern) -> Option<&mut Episode> {
        self.episodes.iter_mut().find(|episode| episode.concern == concern && !episode.withdrawn)
    }

    /// How many episodes of the concern there have been.
    #[must_use]
    pub fn episodes_of(&self, concern: Concern) -> u32 {
        u32::try_from(self.episodes.iter().filter(|episode| episode.concern == concern).count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i32) -> Report<'static> {
        Report { version: Some(number), ..Report::default() }
    }
    fn dated(date: &str) -> Report<'static> {
        Report { most_recent: Some(date.parse().unwrap()), ..Report::default() }
    }
    fn nullification(report: Report<'static>) -> Report<'static> {
        Report { status: ReportStatus::Nullification, ..report }
    }

    #[test]
    fn a_thousand_repeats_change_nothing() {
        let (mut case, first) = Case::first(&version(1), 11);
        assert_eq!(first, Folded::First);
        for _ in 0..1000 {
            assert_eq!(case.fold(&version(1), 11), Folded::Repeated);
        }
    }

    #[test]
    fn follow_up_correction_and_late_older_version() {
        let (mut case, _) = Case::first(&version(1), 11);
        assert_eq!(case.fold(&version(3), 33), Folded::FollowUp);
        assert_eq!(case.fold(&version(2), 22), Folded::Superseded);
        assert_eq!(case.fold(&version(3), 34), Folded::Correction);
        assert_eq!(case.fold(&version(3), 34), Folded::Repeated);
        assert_eq!(case.fold(&version(1), 11), Folded::Superseded);
    }

    #[test]
    fn dates_order_versions_without_numbers_and_the_log_orders_the_rest() {
        let (mut case, _) = Case::first(&dated("2025-03-02"), 1);
        assert_eq!(case.fold(&dated("2025-03-01"), 2), Folded::Superseded);
        assert_eq!(case.fold(&dated("2025-03-03"), 3), Folded::FollowUp);
        let (mut case, _) = Case::first(&Report::default(), 1);
        assert_eq!(case.fold(&Report::default(), 1), Folded::Repeated);
        assert_eq!(case.fold(&Report::default(), 2), Folded::FollowUp);
    }

    #[test]
    fn a_nullified_case_stays_so_in_any_order_of_arrival() {
        let (mut case, _) = Case::first(&version(1), 1);
        assert_eq!(case.fold(&nullification(version(2)), 9), Folded::Nullified);
        assert_eq!(case.fold(&nullification(version(2)), 9), Folded::Repeated);
        assert_eq!(case.fold(&version(1), 1), Folded::Superseded);
        assert_eq!(case.fold(&version(2), 1), Folded::Superseded);
        let (mut case, first) = Case::first(&nullification(version(2)), 9);
        assert_eq!(first, Folded::Nullified);
        assert_eq!(case.fold(&version(1), 1), Folded::Superseded);
        assert_eq!(case.fold(&version(3), 1), Folded::FollowUp, "plainly later: judged, not lost");
    }

    #[test]
    fn a_delete_list_covers_versions_up_to_its_quarter() {
        let (mut case, _) = Case::first(&dated("2021-11-30"), 1);
        assert_eq!(case.fold(&nullification(dated("2021-12-31")), 9), Folded::Nullified);
        let (mut case, _) = Case::first(&dated("2022-02-01"), 1);
        assert_eq!(case.fold(&nullification(dated("2021-12-31")), 9), Folded::Superseded);
    }

    #[test]
    fn a_quiet_case_is_small() {
        assert!(size_of::<Case>() <= 80, "{}", size_of::<Case>());
    }
}

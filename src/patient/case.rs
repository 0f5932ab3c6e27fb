//! One case: which of its versions holds, and what it has raised so far.

use crate::profile::{Concern, Priority};
use crate::record::state::{CaseState, EpisodeState, StateUnread, date_of, packed_date, word};
use crate::record::{Millis, PartialDate, Report, ReportStatus};
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
    /// information, then of creation. `None` where nothing tells: then it is decided by when each became known, and last
    /// by the order of the log.
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
    /// An older version that arrived late or again, or any version of a case that stays nullified: changes nothing.
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

impl Episode {
    fn to_state(self) -> EpisodeState<'static> {
        EpisodeState {
            concern: self.concern.name().into(),
            n: i32::try_from(self.n).unwrap_or(i32::MAX),
            revision: self.revision,
            priority: self.priority.name().into(),
            gravity: i32::from(self.gravity),
            withdrawn: self.withdrawn,
        }
    }

    fn of_state(state: &EpisodeState<'_>) -> Result<Self, StateUnread> {
        Ok(Self {
            concern: word(Concern::ALL, Concern::name, &state.concern)?,
            n: u32::try_from(state.n).map_err(|_| StateUnread::Malformed)?,
            revision: state.revision,
            priority: word(Priority::ALL, Priority::name, &state.priority)?,
            gravity: u8::try_from(state.gravity).map_err(|_| StateUnread::Malformed)?,
            withdrawn: state.withdrawn,
        })
    }
}

/// What is remembered of one case: 72 bytes for a quiet one.
#[derive(Clone, Debug)]
pub struct Case {
    version: VersionKey,
    content: u64,
    /// When the report that holds became known.
    as_of: Millis,
    nullified: bool,
    /// Bit set of the label reactions that the case is counted for.
    pub concepts: u64,
    /// Is the product suspect in the version that holds?
    pub suspect: bool,
    /// Episodes, oldest first; most cases have none.
    pub episodes: Vec<Episode>,
}

impl Case {
    /// Folds the first record of a case, which became known at `as_of`.
    #[must_use]
    pub fn first(report: &Report<'_>, content: u64, as_of: Millis) -> (Self, Folded) {
        let nullified = report.status == ReportStatus::Nullification;
        let case = Self {
            version: VersionKey::of(report),
            content,
            as_of,
            nullified,
            concepts: 0,
            suspect: false,
            episodes: Vec::new(),
        };
        (case, if nullified { Folded::Nullified } else { Folded::First })
    }

    /// Folds a further record of the case. `content` is a hash of what the report says, `as_of` when that became known.
    ///
    /// A nullification ends the case: versions up to it, in whatever order they arrive, change nothing. A version that is
    /// plainly later than the nullification is judged again: its sender should have used a new id (GVP VI), but a report
    /// must not be lost over that.
    pub fn fold(&mut self, report: &Report<'_>, content: u64, as_of: Millis) -> Folded {
        let version = VersionKey::of(report);
        let order = version.compare(self.version);
        if report.status == ReportStatus::Nullification {
            if self.nullified && order != Some(Ordering::Greater) {
                return Folded::Repeated;
            }
            // Of a list without version numbers only a date can say that it came before this version.
            if order == Some(Ordering::Less) {
                return Folded::Superseded;
            }
            self.nullified = true;
            self.content = content;
            self.as_of = as_of;
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
            self.as_of = as_of;
            return Folded::FollowUp;
        }
        match order {
            Some(Ordering::Less) => Folded::Superseded,
            Some(Ordering::Equal) | None if content == self.content => Folded::Repeated,
            // What it says was replaced since: the earlier of two is not brought back by being sent again.
            Some(Ordering::Equal) | None if as_of < self.as_of => Folded::Superseded,
            order => {
                self.version = version;
                self.content = content;
                self.as_of = as_of;
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
            as_of: self.as_of,
            nullified: self.nullified,
            concepts: self.concepts,
            suspect: self.suspect,
            episodes: Vec::new(),
        }
    }

    /// The case for the changelog: what it knows of itself; `reactions` and the rest are added by who knows them.
    #[must_use]
    pub fn to_state(&self) -> CaseState<'static> {
        CaseState {
            version: self.version.number,
            most_recent: packed_date(self.version.most_recent),
            created: packed_date(self.version.created),
            report_content: self.content.cast_signed(),
            as_of: self.as_of.0,
            nullified: self.nullified,
            suspect: self.suspect,
            episodes: self.episodes.iter().copied().map(Episode::to_state).collect(),
            ..CaseState::default()
        }
    }

    /// The case of the changelog; `concepts` are the reactions that it names.
    ///
    /// # Errors
    /// [`StateUnread`]: a number or word that no release of this schema writes.
    pub fn of_state(state: &CaseState<'_>, concepts: u64) -> Result<Self, StateUnread> {
        Ok(Self {
            version: VersionKey {
                number: state.version,
                most_recent: date_of(state.most_recent)?,
                created: date_of(state.created)?,
            },
            content: state.report_content.cast_unsigned(),
            as_of: Millis(state.as_of),
            nullified: state.nullified,
            concepts,
            suspect: state.suspect,
            episodes: state.episodes.iter().map(Episode::of_state).collect::<Result<_, _>>()?,
        })
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
        let (mut case, first) = Case::first(&version(1), 11, Millis(0));
        assert_eq!(first, Folded::First);
        for _ in 0..1000 {
            assert_eq!(case.fold(&version(1), 11, Millis(0)), Folded::Repeated);
        }
    }

    #[test]
    fn follow_up_correction_and_late_older_version() {
        let (mut case, _) = Case::first(&version(1), 11, Millis(0));
        assert_eq!(case.fold(&version(3), 33, Millis(0)), Folded::FollowUp);
        assert_eq!(case.fold(&version(2), 22, Millis(0)), Folded::Superseded);
        assert_eq!(case.fold(&version(3), 34, Millis(0)), Folded::Correction);
        assert_eq!(case.fold(&version(3), 34, Millis(0)), Folded::Repeated);
        assert_eq!(case.fold(&version(1), 11, Millis(0)), Folded::Superseded);
    }

    #[test]
    fn what_was_replaced_is_not_brought_back_by_being_sent_again() {
        for report in [version(1), Report::default()] {
            let (mut case, _) = Case::first(&report, 1, Millis(10));
            assert_ne!(case.fold(&report, 2, Millis(20)), Folded::Superseded);
            assert_eq!(case.fold(&report, 1, Millis(10)), Folded::Superseded);
            assert_eq!(case.fold(&report, 2, Millis(20)), Folded::Repeated);
        }
    }

    #[test]
    fn dates_order_versions_without_numbers_and_the_log_orders_the_rest() {
        let (mut case, _) = Case::first(&dated("2025-03-02"), 1, Millis(0));
        assert_eq!(case.fold(&dated("2025-03-01"), 2, Millis(0)), Folded::Superseded);
        assert_eq!(case.fold(&dated("2025-03-03"), 3, Millis(0)), Folded::FollowUp);
        let (mut case, _) = Case::first(&Report::default(), 1, Millis(0));
        assert_eq!(case.fold(&Report::default(), 1, Millis(0)), Folded::Repeated);
        assert_eq!(case.fold(&Report::default(), 2, Millis(0)), Folded::FollowUp);
    }

    #[test]
    fn a_nullified_case_stays_so_in_any_order_of_arrival() {
        let (mut case, _) = Case::first(&version(1), 1, Millis(0));
        assert_eq!(case.fold(&nullification(version(2)), 9, Millis(0)), Folded::Nullified);
        assert_eq!(case.fold(&nullification(version(2)), 9, Millis(0)), Folded::Repeated);
        assert_eq!(case.fold(&version(1), 1, Millis(0)), Folded::Superseded);
        assert_eq!(case.fold(&version(2), 1, Millis(0)), Folded::Superseded);
        assert_eq!(case.fold(&nullification(version(4)), 9, Millis(0)), Folded::Nullified, "of more versions");
        assert_eq!(case.fold(&version(3), 1, Millis(0)), Folded::Superseded);
        let (mut case, first) = Case::first(&nullification(version(2)), 9, Millis(0));
        assert_eq!(first, Folded::Nullified);
        assert_eq!(case.fold(&version(1), 1, Millis(0)), Folded::Superseded);
        assert_eq!(case.fold(&version(3), 1, Millis(0)), Folded::FollowUp, "plainly later: judged, not lost");
    }

    #[test]
    fn a_delete_list_covers_versions_up_to_its_quarter() {
        let (mut case, _) = Case::first(&dated("2021-11-30"), 1, Millis(0));
        assert_eq!(case.fold(&nullification(dated("2021-12-31")), 9, Millis(0)), Folded::Nullified);
        let (mut case, _) = Case::first(&dated("2022-02-01"), 1, Millis(0));
        assert_eq!(case.fold(&nullification(dated("2021-12-31")), 9, Millis(0)), Folded::Superseded);
    }

    #[test]
    fn a_quiet_case_is_small() {
        assert!(size_of::<Case>() <= 72, "{}", size_of::<Case>());
    }
}

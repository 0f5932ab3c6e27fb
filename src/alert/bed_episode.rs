//! The life of a patient's episode: raised, upgraded, downgraded, revised, resolved, withdrawn.
//!
//! What is worse is said at once. What is less is said only after it has held for the profile's hold time, so that a value
//! at a threshold does not flap; the closing rules of rulings 13 and 18 go before that. A correction that takes away what
//! carried an episode withdraws it at once.

use super::message::Change;
use crate::detect::{Ending, Level, definitions, worsening};
use crate::patient::{BedEpisode, Closed};
use crate::profile::{Concern, Priority, SeverityLevel};
use crate::record::Millis;

/// What was judged of a concern, for its episode.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'p> {
    /// The time of the judgement.
    pub now: Millis,
    /// When what is met began, event time: the onset of an episode that is raised now.
    pub onset: Millis,
    /// What is met now.
    pub level: Option<Level<'p>>,
    /// After a correction: what is met at the time at which the episode's level was reached, judged again.
    pub then: Option<Option<Level<'p>>>,
    /// The concern's closing rule.
    pub ending: Ending,
    /// How long a lower level must hold, milliseconds.
    pub hold_ms: i64,
    /// For an episode that a person dismissed: is an item met that was not when it was dismissed?
    pub dismissed: Option<bool>,
}

/// A revision that is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// What it does.
    pub change: Change,
    /// Should a person look again?
    pub notify: bool,
}

/// Moves the episode of a concern: the episode as it is from now on, and the revision, where one is to be said. `held` is
/// the concern's latest episode, open or over.
#[must_use]
pub fn advance(
    concern: Concern,
    held: Option<&BedEpisode>,
    judged: &Judged<'_>,
) -> (Option<BedEpisode>, Option<Revision>) {
    let Some(held) = held.filter(|held| held.closed == Closed::Open) else {
        let Some(level) = &judged.level else { return (None, None) };
        let n = held.map_or(1, |over| over.n + 1);
        let raised = BedEpisode {
            concern,
            n,
            revision: 1,
            priority: level.priority,
            ever: level.criteria,
            now: level.criteria,
            severity: level.severity,
            grade: level.grade,
            onset: judged.onset,
            met_at: (level.criteria & definitions(concern) != 0).then_some(judged.now),
            at: judged.now,
            falling: None,
            closed: Closed::Open,
        };
        let notify = level.priority > Priority::Information;
        return (Some(raised), Some(Revision { change: Change::Raised, notify }));
    };
    let mut episode = *held;
    if let Some(then) = &judged.then
        && let Some(change) = corrected(&mut episode, judged, then.as_ref())
    {
        episode.revision += 1;
        return (Some(episode), Some(Revision { change, notify: false }));
    }
    let revision = match &judged.level {
        Some(level) => risen(&mut episode, judged, level).or_else(|| fallen(&mut episode, judged)),
        None => fallen(&mut episode, judged),
    };
    if revision.is_some() {
        episode.revision += 1;
    }
    ((episode != *held).then_some(episode), revision)
}

/// What a correction takes away at once: the episode where nothing carries it any more, or its height.
fn corrected(episode: &mut BedEpisode, judged: &Judged<'_>, then: Option<&Level<'_>>) -> Option<Change> {
    let carried = [then, judged.level.as_ref()].into_iter().flatten();
    let Some(highest) = carried.clone().map(|level| level.priority).max() else {
        episode.closed = Closed::Withdrawn;
        return Some(Change::Withdrawn);
    };
    let criteria = carried.clone().fold(0, |all, level| all | level.criteria);
    let lost = episode.now & !criteria;
    episode.ever &= !lost;
    if highest < episode.priority {
        episode.priority = highest;
        episode.now = criteria;
        episode.severity = carried.clone().filter_map(|level| level.severity).max();
        episode.grade = carried.filter_map(|level| level.grade).max();
        episode.falling = None;
        return Some(Change::Downgraded);
    }
    if lost != 0 && judged.level.is_none_or(|level| level.priority <= episode.priority) {
        episode.now = criteria;
        return Some(Change::Revised);
    }
    None
}

/// What is worse, or new.
fn risen(episode: &mut BedEpisode, judged: &Judged<'_>, level: &Level<'_>) -> Option<Revision> {
    let new = level.criteria & !episode.ever;
    let mild = Some(SeverityLevel::Mild);
    let worse = level.priority > episode.priority
        || new & worsening(episode.concern, episode.ever) != 0
        || level.severity > episode.severity.max(mild)
        || level.grade > episode.grade.max(Some(2))
        // What was dismissed speaks again on whatever is new.
        || judged.dismissed.is_some_and(|new_item| {
            new_item || new != 0 || level.severity > episode.severity || level.grade > episode.grade
        });
    let changed = new != 0 || (episode.concern == Concern::Monitoring && level.criteria != episode.now);
    if level.priority >= episode.priority {
        episode.falling = None;
    }
    if !worse && !changed {
        return None;
    }
    episode.ever |= level.criteria;
    episode.now = level.criteria;
    if episode.met_at.is_none() && level.criteria & definitions(episode.concern) != 0 {
        episode.met_at = Some(judged.now);
    }
    episode.severity = episode.severity.max(level.severity);
    episode.grade = episode.grade.max(level.grade);
    if !worse {
        return Some(Revision { change: Change::Revised, notify: false });
    }
    episode.priority = episode.priority.max(level.priority);
    episode.at = judged.now;
    episode.falling = None;
    Some(Revision { change: Change::Upgraded, notify: episode.priority > Priority::Information })
}

/// What is less, once it has held long enough or the closing rule says so.
fn fallen(episode: &mut BedEpisode, judged: &Judged<'_>) -> Option<Revision> {
    let lower = judged.level.as_ref().is_none_or(|level| level.priority < episode.priority);
    if !lower {
        episode.falling = None;
        return None;
    }
    match judged.ending {
        Ending::Stays => {
            episode.falling = None;
            return None;
        }
        Ending::HoldTime => {
            let since = *episode.falling.get_or_insert(judged.now);
            if judged.now.0 - since.0 < judged.hold_ms {
                return None;
            }
        }
        Ending::Over => {}
    }
    episode.falling = None;
    let change = match &judged.level {
        Some(level) => {
            episode.priority = level.priority;
            episode.now = level.criteria;
            episode.at = judged.now;
            Change::Downgraded
        }
        None => {
            episode.closed = Closed::Resolved;
            Change::Resolved
        }
    };
    Some(Revision { change, notify: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HOUR: i64 = 3_600_000;

    fn level(priority: Priority, criteria: u64) -> Level<'static> {
        Level { rule: "rule", priority, criteria, severity: None, grade: None }
    }

    struct Course {
        concern: Concern,
        episode: Option<BedEpisode>,
    }

    impl Course {
        fn of(concern: Concern) -> Self {
            Self { concern, episode: None }
        }

        fn judge(&mut self, hours: i64, level: Option<Level<'static>>, ending: Ending) -> Option<(Change, bool)> {
            self.step(hours, level, None, ending)
        }

        fn step(
            &mut self,
            hours: i64,
            level: Option<Level<'static>>,
            then: Option<Option<Level<'static>>>,
            ending: Ending,
        ) -> Option<(Change, bool)> {
            let now = Millis(hours * HOUR);
            let judged = Judged { now, onset: now, level, then, ending, hold_ms: 48 * HOUR, dismissed: None };
            let (episode, revision) = advance(self.concern, self.episode.as_ref(), &judged);
            self.episode = episode.or(self.episode);
            revision.map(|revision| (revision.change, revision.notify))
        }
    }

    #[test]
    fn said_once_and_again_only_on_worsening() {
        let mut course = Course::of(Concern::VodSos);
        assert_eq!(course.judge(0, None, Ending::HoldTime), None);
        assert_eq!(
            course.judge(1, Some(level(Priority::Medium, 1 << 16)), Ending::HoldTime),
            Some((Change::Raised, true))
        );
        assert_eq!(course.judge(2, Some(level(Priority::Medium, 1 << 16)), Ending::HoldTime), None);
        assert_eq!(course.judge(3, Some(level(Priority::High, 1)), Ending::HoldTime), Some((Change::Upgraded, true)));
        assert_eq!(
            course.judge(4, Some(level(Priority::High, 0b11)), Ending::HoldTime),
            Some((Change::Upgraded, true))
        );
        // A further reason to suspect says nothing new once a definition is met.
        let more = level(Priority::High, 0b11 | 1 << 17);
        assert_eq!(course.judge(5, Some(more), Ending::HoldTime), Some((Change::Revised, false)));
        assert_eq!(course.judge(6, Some(level(Priority::High, 0b01)), Ending::HoldTime), None);
        assert_eq!(course.judge(7, Some(level(Priority::High, 0b11)), Ending::HoldTime), None);
        assert_eq!(course.episode.unwrap().revision, 4);
    }

    #[test]
    fn a_value_wobbling_at_a_threshold_does_not_flap() {
        let mut course = Course::of(Concern::HysLaw);
        let mut said = Vec::new();
        for hour in 0..200 {
            let met = (hour % 2 == 0).then(|| level(Priority::High, 1));
            said.extend(course.judge(hour, met, Ending::HoldTime));
        }
        assert_eq!(said, [(Change::Raised, true)]);
        assert_eq!(course.judge(200, None, Ending::HoldTime), None);
        assert_eq!(course.judge(246, None, Ending::HoldTime), None);
        assert_eq!(course.judge(247, None, Ending::HoldTime), Some((Change::Resolved, false)));
        assert_eq!(course.judge(248, Some(level(Priority::High, 1)), Ending::HoldTime), Some((Change::Raised, true)));
        assert_eq!(course.episode.unwrap().n, 2);
    }

    #[test]
    fn a_lower_level_is_said_after_its_hold_time() {
        let mut course = Course::of(Concern::Haemorrhage);
        course.judge(0, Some(level(Priority::High, 0b11)), Ending::HoldTime);
        assert_eq!(course.judge(1, Some(level(Priority::Medium, 0b10)), Ending::HoldTime), None);
        assert_eq!(
            course.judge(49, Some(level(Priority::Medium, 0b10)), Ending::HoldTime),
            Some((Change::Downgraded, false))
        );
        assert_eq!(
            course.judge(50, Some(level(Priority::High, 0b11)), Ending::HoldTime),
            Some((Change::Upgraded, true))
        );
    }

    #[rstest]
    #[case(Ending::Over, Some((Change::Resolved, false)))]
    #[case(Ending::Stays, None)]
    #[case(Ending::HoldTime, None)]
    fn the_closing_rule_goes_before_the_hold_time(#[case] ending: Ending, #[case] said: Option<(Change, bool)>) {
        let mut course = Course::of(Concern::FebrileNeutropenia);
        course.judge(0, Some(level(Priority::High, 1)), Ending::Stays);
        assert_eq!(course.judge(1, None, ending), said);
        if ending == Ending::Stays {
            assert_eq!(course.judge(1000, None, ending), None, "no time closes it");
        }
    }

    #[test]
    fn further_definitions_of_one_fever_do_not_notify() {
        let mut course = Course::of(Concern::FebrileNeutropenia);
        assert_eq!(course.judge(0, Some(level(Priority::High, 1 << 8)), Ending::Stays), Some((Change::Raised, true)));
        let met = Some(level(Priority::High, 0b001));
        assert_eq!(course.judge(1, met, Ending::Stays), Some((Change::Upgraded, true)), "the count is known now");
        let all = Some(level(Priority::High, 0b111));
        assert_eq!(course.judge(2, all, Ending::Stays), Some((Change::Revised, false)));
        assert_eq!(course.judge(3, None, Ending::Stays), None);
        assert_eq!(course.judge(4, all, Ending::Stays), None, "a spike inside an episode");
    }

    #[test]
    fn a_correction_withdraws_what_it_carried_and_lowers_what_it_raised() {
        let high = level(Priority::High, 1);
        let mut course = Course::of(Concern::VodSos);
        course.judge(0, Some(high), Ending::HoldTime);
        assert_eq!(course.step(1, None, Some(None), Ending::HoldTime), Some((Change::Withdrawn, false)));
        assert_eq!(course.judge(2, Some(high), Ending::HoldTime), Some((Change::Raised, true)));
        let medium = level(Priority::Medium, 1 << 18);
        assert_eq!(
            course.step(3, Some(medium), Some(Some(medium)), Ending::HoldTime),
            Some((Change::Downgraded, false))
        );
        // A correction of something else leaves what was met then.
        assert_eq!(course.step(4, None, Some(Some(medium)), Ending::HoldTime), None);
        assert_eq!(course.episode.unwrap().closed, Closed::Open);
    }

    #[test]
    fn what_is_for_lists_only_notifies_nobody() {
        let mut course = Course::of(Concern::Haemorrhage);
        let fall = Some(level(Priority::Information, 0b100));
        assert_eq!(course.judge(0, fall, Ending::HoldTime), Some((Change::Raised, false)));
        let major = Some(level(Priority::High, 0b111));
        assert_eq!(course.judge(1, major, Ending::HoldTime), Some((Change::Upgraded, true)));
    }

    #[test]
    fn a_higher_severity_is_said_again() {
        let mut course = Course::of(Concern::VodSos);
        let with = |severity, grade| Some(Level { severity, grade, ..level(Priority::High, 1) });
        course.judge(0, with(Some(SeverityLevel::Mild), Some(2)), Ending::HoldTime);
        assert_eq!(
            course.judge(1, with(Some(SeverityLevel::Severe), Some(2)), Ending::HoldTime),
            Some((Change::Upgraded, true))
        );
        assert_eq!(course.judge(2, with(Some(SeverityLevel::Moderate), Some(2)), Ending::HoldTime), None);
        assert_eq!(
            course.judge(3, with(Some(SeverityLevel::Severe), Some(4)), Ending::HoldTime),
            Some((Change::Upgraded, true))
        );
    }
}

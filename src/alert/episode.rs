//! Episodes of a case: what a report raises, revises or withdraws.

use super::compose::{compose, reaction_name};
use super::encode::AlertOut;
use super::message::Change;
use super::{LogPosition, words};
use crate::classify::{
    Assessment, Basis, Due, ReactionFound, Review, Situation, Stated, listedness, report_day, serious, serious_reaction,
};
use crate::patient::{Case, Episode, SuspectedDuplicate};
use crate::profile::{Assertion, Concern, Listedness, Priority, Profile, Region};
use crate::record::{Head, Millis, PartialDate, Pseudonym, ReactionOutcome, Report, Seriousness, digest128};

/// Concerns that a report can raise, in the order in which they are said.
const REPORT_CONCERNS: [Concern; 6] = [
    Concern::VodSos,
    Concern::FebrileNeutropenia,
    Concern::Haemorrhage,
    Concern::ContraindicatedUse,
    Concern::Dosing,
    Concern::Reaction,
];

/// What the case is judged from.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a, 'm> {
    /// The safety profile.
    pub profile: &'a Profile,
    /// Pseudonym of the case.
    pub key: Pseudonym,
    /// Head of the record.
    pub head: &'a Head<'m>,
    /// The report.
    pub report: &'a Report<'m>,
    /// What it says.
    pub assessment: &'a Assessment,
    /// Does the report hold? False for a nullification, which withdraws everything.
    pub holds: bool,
    /// Where it stands in the log.
    pub at: LogPosition<'a>,
    /// The full half of judging: there where the report holds and the product is suspect.
    pub review: Option<&'a Review<'a, 'm>>,
    /// Clocks that run for this version.
    pub due: &'a [Due],
    /// Cases that look like this one.
    pub duplicates: &'a [SuspectedDuplicate],
    /// Version of the user's MedDRA.
    pub dictionary: Option<&'a str>,
}

/// What a report says about one concern.
pub(super) struct Judged<'a> {
    pub(super) reactions: Vec<&'a ReactionFound>,
    /// Special situations that raise the concern.
    pub(super) situations: Vec<&'a Situation>,
    pub(super) priority: Priority,
    pub(super) gravity: u8,
    pub(super) listed: [Listedness; 2],
    pub(super) listed_why: String,
    pub(super) dme: bool,
    /// Recognised only by codes that are marked unverified.
    pub(super) unverified: bool,
}

/// Raises, revises or withdraws the episodes of a case after a report was folded into it; each alert takes the shard's
/// next `seq`.
pub fn judge_case(decision: &Decision<'_, '_>, case: &mut Case, seq: &mut i64, out: &mut Vec<AlertOut>) {
    let suspect = decision.holds && decision.assessment.suspect.is_some();
    if !suspect && case.episodes.is_empty() {
        return;
    }
    for concern in REPORT_CONCERNS {
        let judged = if suspect { judge_concern(decision, concern) } else { None };
        let (change, episode, notify) = match (judged.as_ref(), case.open_episode(concern)) {
            (None, None) => continue,
            (None, Some(open)) => {
                open.revision += 1;
                open.withdrawn = true;
                (Change::Withdrawn, *open, false)
            }
            (Some(judged), None) => {
                let episode = Episode {
                    concern,
                    n: case.episodes_of(concern) + 1,
                    revision: 1,
                    priority: judged.priority,
                    gravity: judged.gravity,
                    withdrawn: false,
                };
                case.episodes.push(episode);
                (Change::Raised, episode, judged.priority > Priority::Information)
            }
            (Some(judged), Some(open)) => {
                let (before, now) = ((open.priority, open.gravity), (judged.priority, judged.gravity));
                open.revision += 1;
                (open.priority, open.gravity) = now;
                let change = match now.cmp(&before) {
                    std::cmp::Ordering::Greater => Change::Upgraded,
                    std::cmp::Ordering::Equal => Change::Revised,
                    std::cmp::Ordering::Less => Change::Downgraded,
                };
                (change, *open, change == Change::Upgraded && judged.priority > Priority::Information)
            }
        };
        *seq += 1;
        out.push(compose(decision, &episode, judged.as_ref(), change, notify, *seq));
    }
}

/// The id of the alert of a case's episode.
#[must_use]
pub fn case_alert_id(key: Pseudonym, concern: Concern, n: u32) -> u128 {
    digest128(&[key.to_string().as_bytes(), concern.name().as_bytes(), &n.to_be_bytes()])
}

/// The concern of a reaction: its own, or `reaction` for every other one.
fn concern_of(profile: &Profile, found: &ReactionFound) -> Concern {
    found
        .term
        .filter(|term| term.concept_bit() != 0)
        .and_then(|term| profile.reactions.get(usize::from(term.reaction)))
        .and_then(|reaction| reaction.concern)
        .unwrap_or(Concern::Reaction)
}

fn judge_concern<'a>(decision: &Decision<'a, '_>, concern: Concern) -> Option<Judged<'a>> {
    let Decision { profile, report, assessment, .. } = *decision;
    let situations = situations_of(decision, concern);
    if matches!(concern, Concern::ContraindicatedUse | Concern::Dosing) {
        return judge_situations(decision, situations);
    }
    let no_event = |found: &&ReactionFound| decision.review.is_some_and(|review| review.is_no_event(found.at));
    let of_concern = |found: &&ReactionFound| concern_of(profile, found) == concern && !no_event(found);
    let reactions: Vec<&ReactionFound> = assessment.reactions.iter().filter(of_concern).collect();
    // A suspect product without any reaction: what happened is unknown, and that is said rather than passed over.
    let nothing_reported = concern == Concern::Reaction && assessment.reactions.iter().all(|found| no_event(&found));
    if reactions.is_empty() && !nothing_reported {
        return None;
    }
    let on = report_date(report, decision.head);
    let mut judged = Judged {
        reactions,
        situations,
        priority: Priority::Information,
        gravity: gravity(report, assessment, profile, concern),
        listed: [Listedness::NotApplicable; 2],
        listed_why: String::new(),
        dme: false,
        unverified: !nothing_reported,
    };
    if nothing_reported {
        // A situation without an event of the body is recorded, and what it raises it raises by itself.
        judged.priority = if assessment.reactions.is_empty() { Priority::Low } else { Priority::Information };
        judged.listed_why = "no reaction was supplied".to_owned();
        return Some(judged);
    }
    for found in &judged.reactions {
        let Some(reaction) = report.reactions.get(usize::from(found.at)) else { continue };
        let mut unlisted_somewhere = false;
        for (slot, region) in judged.listed.iter_mut().zip(Region::ALL) {
            let listed = listedness(profile, report, found, *region, on);
            unlisted_somewhere |= listed.answer == Listedness::Unlisted;
            if worse_listed(listed.answer) > worse_listed(*slot) {
                *slot = listed.answer;
            }
            words::add_listed_reason(&mut judged.listed_why, *region, reaction_name(reaction), listed);
        }
        let stated = serious_reaction(report, reaction);
        let known = found.term.filter(|term| term.concept_bit() != 0);
        let id = known.and_then(|term| profile.reactions.get(usize::from(term.reaction))).map(|r| r.id.as_str());
        let verified = known.is_some_and(|term| term.verified);
        let mut priority = profile.report_priority(id, unlisted_somewhere, stated == Stated::Yes, stated == Stated::No);
        if known.is_some() && !verified {
            priority = priority.min(Priority::Medium);
        }
        if is_possible(found) {
            priority = one_lower(priority);
        }
        judged.unverified &= known.is_some() && !verified;
        judged.priority = judged.priority.max(priority);
        judged.dme |= found.term.is_some_and(|term| term.dme);
    }
    Some(judged)
}

/// Is it only held possible (ruling 25)?
pub(super) fn is_possible(found: &ReactionFound) -> bool {
    found.basis == Basis::Narrative(Assertion::Uncertain)
}

const fn one_lower(priority: Priority) -> Priority {
    match priority {
        Priority::High => Priority::Medium,
        Priority::Medium => Priority::Low,
        Priority::Low | Priority::Information => Priority::Information,
    }
}

/// Day by which listedness is judged: of most recent information, else of first receipt, else when it became known.
fn report_date(report: &Report<'_>, head: &Head<'_>) -> Option<PartialDate> {
    let became_known = (head.recorded_at != Millis::default()).then(|| head.recorded_at.date()).flatten();
    report_day(report, became_known)
}

/// Special situations that are met and raise this concern, by the profile's rules.
fn situations_of<'a>(decision: &Decision<'a, '_>, concern: Concern) -> Vec<&'a Situation> {
    let raises = |situation: &&Situation| {
        let rule = situation.rule.and_then(|rule| decision.profile.rule_priority(rule));
        rule.is_some_and(|rule| rule.concern == concern)
    };
    decision.review.map(|review| review.met().filter(raises).collect()).unwrap_or_default()
}

/// A concern that special situations raise: the highest priority of their rules.
fn judge_situations<'a>(decision: &Decision<'a, '_>, situations: Vec<&'a Situation>) -> Option<Judged<'a>> {
    let priority = |situation: &&Situation| {
        situation.rule.and_then(|rule| decision.profile.rule_priority(rule)).map(|rule| rule.priority)
    };
    let priority = situations.iter().filter_map(priority).max()?;
    Some(Judged {
        reactions: Vec::new(),
        situations,
        priority,
        gravity: 0,
        listed: [Listedness::NotApplicable; 2],
        listed_why: String::new(),
        dme: false,
        unverified: false,
    })
}

/// How grave what is reported of a concern is: 3 fatal, 2 life-threatening, 1 otherwise serious, 0 not or not stated.
fn gravity(report: &Report<'_>, assessment: &Assessment, profile: &Profile, concern: Concern) -> u8 {
    let of = |seriousness: &Seriousness| {
        if seriousness.death == Some(true) {
            3
        } else if seriousness.life_threatening == Some(true) {
            2
        } else {
            u8::from(serious(seriousness) == Stated::Yes)
        }
    };
    let own = assessment
        .reactions
        .iter()
        .filter(|found| concern_of(profile, found) == concern)
        .filter_map(|found| report.reactions.get(usize::from(found.at)))
        .map(|reaction| match reaction.outcome {
            Some(ReactionOutcome::Fatal) => 3,
            _ => reaction.seriousness.as_ref().map_or(0, of),
        });
    own.chain([of(&report.seriousness)]).max().unwrap_or(0)
}

const fn worse_listed(listedness: Listedness) -> u8 {
    match listedness {
        Listedness::NotApplicable => 0,
        Listedness::Listed => 1,
        Listedness::Review => 2,
        Listedness::Unlisted => 3,
    }
}

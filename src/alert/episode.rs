//! Episodes of a case: what a report raises, revises or withdraws.

use super::encode::{AlertOut, DISCLAIMER};
use super::message::{Alert, Change, Evidence, Subject};
use super::review::{not_met, report_review, sentences};
use super::{LogPosition, words};
use crate::classify::{
    Assessment, Basis, Due, ReactionFound, Review, Situation, Stated, listedness, report_day, serious, serious_reaction,
};
use crate::patient::{Case, Episode, SuspectedDuplicate};
use crate::profile::{Assertion, Concern, Listedness, Priority, Profile, Region};
use crate::record::{
    Head, Millis, PartialDate, Pseudonym, Reaction, ReactionOutcome, Report, Seriousness, Text, digest128, hex128,
};

/// Most pieces of evidence in one alert; what is left out is counted.
const EVIDENCE_MAX: usize = 32;

/// Longest piece of reported text in an alert, characters.
const PHRASE_CHARS_MAX: usize = 120;

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
struct Judged<'a> {
    reactions: Vec<&'a ReactionFound>,
    /// Special situations that raise the concern.
    situations: Vec<&'a Situation>,
    priority: Priority,
    gravity: u8,
    listed: [Listedness; 2],
    listed_why: String,
    dme: bool,
    /// Recognised only by codes that are marked unverified.
    unverified: bool,
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
fn is_possible(found: &ReactionFound) -> bool {
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

fn compose(
    decision: &Decision<'_, '_>,
    episode: &Episode,
    judged: Option<&Judged<'_>>,
    change: Change,
    notify: bool,
    seq: i64,
) -> AlertOut {
    let Decision { profile, head, report, at, .. } = *decision;
    let key = decision.key.to_string();
    let id = digest128(&[key.as_bytes(), episode.concern.name().as_bytes(), &episode.n.to_be_bytes()]);
    let of_concern: Vec<&Reaction<'_>> = judged
        .map(|judged| judged.reactions.iter().filter_map(|f| report.reactions.get(usize::from(f.at))).collect())
        .unwrap_or_default();
    let stated = overall(report, &of_concern);
    let (evidence, evidence_omitted) = judged.map_or((Vec::new(), 0), |judged| evidence(decision, judged));
    let review = if judged.is_some() { report_review(decision, &of_concern) } else { None };
    let mut explanation = match judged {
        Some(judged) if !judged.situations.is_empty() => {
            words::situations(profile, episode.concern, &judged.situations)
        }
        Some(judged) => words::report(
            profile,
            report,
            episode.concern,
            &of_concern,
            stated,
            (judged.listed, judged.dme, judged.unverified),
            change,
        ),
        None => words::withdrawn(report, episode.concern, decision.holds),
    };
    if let Some(review) = &review {
        explanation.push_str(&sentences(profile, review));
    }
    let mut criteria: Vec<Text<'static>> = judged
        .iter()
        .flat_map(|judged| judged.situations.iter())
        .map(|situation| Text::owned(situation.name()))
        .collect();
    criteria.extend(judged.is_some().then(|| criterion(stated).into()));
    let alert = Alert {
        alert_id: hex128(id).into(),
        revision: episode.revision,
        concern: episode.concern,
        change,
        priority: episode.priority,
        notify,
        criteria,
        not_met: if judged.is_some() { not_met(decision.review) } else { Vec::new() },
        unknown: if judged.is_some() { unknown(report, &of_concern) } else { Vec::new() },
        grade: of_concern.iter().any(|r| r.outcome == Some(ReactionOutcome::Fatal)).then_some(5),
        severity: None,
        serious: match stated {
            Stated::Yes => Some(true),
            Stated::No => Some(false),
            Stated::Unknown => None,
        },
        seriousness: words::seriousness_names(report, &of_concern).into_iter().map(Text::from).collect(),
        listed_eu: judged.map_or(Listedness::NotApplicable, |judged| judged.listed[0]),
        listed_us: judged.map_or(Listedness::NotApplicable, |judged| judged.listed[1]),
        listedness_reason: judged.map(|judged| judged.listed_why.clone()).unwrap_or_default().into(),
        dme: judged.is_some_and(|judged| judged.dme),
        explanation: explanation.into(),
        evidence,
        evidence_omitted,
        key: key.clone().into(),
        subject: Subject::Case,
        case_id: report.worldwide_case_id.as_ref().or(report.sender_case_id.as_ref()).map(|id| own(id)),
        case_version: words::version(report).map(Text::from),
        site: own(&head.site),
        country: report.country.as_ref().or(report.reporter_country.as_ref()).map(|country| own(country)),
        reactions: of_concern.iter().map(|reaction| phrase(&reaction_name(reaction))).collect(),
        products: suspect_products(decision),
        event_time: of_concern.iter().filter_map(|r| r.onset).min().map(|onset| onset.to_string().into()),
        recorded_at: head.recorded_at,
        shard: at.partition,
        seq,
        profile_version: profile.version.clone().into(),
        profile_hash: profile.hash.get(..16).unwrap_or(&profile.hash).to_owned().into(),
        dictionary: decision.dictionary.map(|version| Text::owned(version.to_owned())),
        report: review,
        disclaimer: Text::borrowed(DISCLAIMER),
    };
    AlertOut { key, timestamp: head.recorded_at.0, alert }
}

/// Seriousness of the concern: of its gravest reaction; of the case where it has none.
fn overall(report: &Report<'_>, reactions: &[&Reaction<'_>]) -> Stated {
    let each = || reactions.iter().map(|reaction| serious_reaction(report, reaction));
    if reactions.is_empty() {
        serious(&report.seriousness)
    } else if each().any(|stated| stated == Stated::Yes) {
        Stated::Yes
    } else if each().all(|stated| stated == Stated::No) {
        Stated::No
    } else {
        Stated::Unknown
    }
}

const fn criterion(stated: Stated) -> &'static str {
    match stated {
        Stated::Yes => "reported_serious",
        Stated::No => "reported_not_serious",
        Stated::Unknown => "reported_seriousness_unknown",
    }
}

fn evidence(decision: &Decision<'_, '_>, judged: &Judged<'_>) -> (Vec<Evidence<'static>>, i32) {
    let Decision { report, head, at, assessment, .. } = *decision;
    let piece =
        |item: &str, value: Option<Text<'static>>, time: Option<PartialDate>, basis: &str, verified: bool| Evidence {
            item: Text::owned(item.to_owned()),
            value,
            unit: None,
            time: time.map(|time| time.to_string().into()),
            basis: Text::owned(basis.to_owned()),
            verified,
            topic: Text::owned(at.topic.to_owned()),
            partition: at.partition,
            offset: at.offset,
            index: head.origin.index,
            record_id: own(&head.record_id),
        };
    let mut pieces: Vec<Evidence<'static>> = Vec::new();
    for situation in &judged.situations {
        pieces.push(piece(&situation.name(), Some(phrase(&situation.reason)), None, "situation", true));
    }
    for found in &judged.reactions {
        let Some(reaction) = report.reactions.get(usize::from(found.at)) else { continue };
        let verified = found.term.is_none_or(|term| term.verified);
        let basis = match found.term.and_then(|term| term.through.name()) {
            _ if is_possible(found) => format!("{}, held possible", found.basis.name()),
            Some(through) => format!("{}, {through}", found.basis.name()),
            None => found.basis.name().to_owned(),
        };
        pieces.push(piece("reaction", Some(phrase(&reaction_name(reaction))), reaction.onset, &basis, verified));
    }
    if let Some(row) = assessment.suspect
        && let Some(drug) = report.drugs.get(usize::from(row.at))
    {
        let first = pieces.len().min(1);
        pieces.insert(first, piece("suspect product", Some(phrase(&drug.name)), drug.start, "role", true));
    }
    let omitted = pieces.len().saturating_sub(EVIDENCE_MAX);
    pieces.truncate(EVIDENCE_MAX);
    (pieces, i32::try_from(omitted).unwrap_or(i32::MAX))
}

/// What the report leaves open and a person would ask for.
fn unknown(report: &Report<'_>, reactions: &[&Reaction<'_>]) -> Vec<Text<'static>> {
    let mut missing: Vec<Text<'static>> = Vec::new();
    if overall(report, reactions) == Stated::Unknown {
        missing.push(Text::borrowed("seriousness"));
    }
    if report.reactions.is_empty() {
        missing.push(Text::borrowed("reaction"));
    }
    if !reactions.is_empty() && reactions.iter().all(|reaction| reaction.onset.is_none()) {
        missing.push(Text::borrowed("onset"));
    }
    if reactions.iter().any(|r| matches!(r.outcome, None | Some(ReactionOutcome::Unknown))) {
        missing.push(Text::borrowed("outcome"));
    }
    missing
        .extend(report.missing_parts.iter().map(|part| Text::owned(format!("part not supplied: {}", part.as_str()))));
    missing
}

/// Names of the product in the report's suspect rows, each once.
fn suspect_products(decision: &Decision<'_, '_>) -> Vec<Text<'static>> {
    decision
        .assessment
        .suspect
        .and_then(|row| decision.report.drugs.get(usize::from(row.at)))
        .map(|drug| phrase(&drug.name))
        .into_iter()
        .collect()
}

/// The reaction as reported: its words, or its code.
fn reaction_name<'r>(reaction: &'r Reaction<'_>) -> std::borrow::Cow<'r, str> {
    match (reaction.term.as_deref().filter(|term| !term.trim().is_empty()), reaction.code) {
        (Some(term), _) => term.into(),
        (None, Some(code)) => format!("MedDRA {code}").into(),
        (None, None) => "reaction without term or code".into(),
    }
}

fn own(text: &str) -> Text<'static> {
    Text::owned(text.to_owned())
}

/// Reported text, cut to what an alert may carry.
pub(super) fn phrase(text: &str) -> Text<'static> {
    let mut cut: String = text.trim().chars().take(PHRASE_CHARS_MAX).collect();
    if text.trim().chars().nth(PHRASE_CHARS_MAX).is_some() {
        cut.push('…');
    }
    Text::owned(cut)
}

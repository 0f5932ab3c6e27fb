//! What an alert says: a judged concern with its evidence, its words, and what is missing.

use super::encode::{AlertOut, DISCLAIMER};
use super::episode::{Decision, Judged, case_alert_id, is_possible};
use super::message::{Alert, Change, Evidence, Subject};
use super::review::{not_met, report_review, sentences};
use super::words;
use crate::classify::{Stated, serious, serious_reaction};
use crate::patient::Episode;
use crate::profile::Listedness;
use crate::record::{PartialDate, Reaction, ReactionOutcome, Report, Text, hex128};

/// Most pieces of evidence in one alert; what is left out is counted.
const EVIDENCE_MAX: usize = 32;

/// Longest piece of reported text in an alert, characters.
const PHRASE_CHARS_MAX: usize = 120;

/// The revision of an episode as an alert: its evidence, its words, and what is missing.
pub(super) fn compose(
    decision: &Decision<'_, '_>,
    episode: &Episode,
    judged: Option<&Judged<'_>>,
    change: Change,
    notify: bool,
    seq: i64,
) -> AlertOut {
    let Decision { profile, head, report, at, .. } = *decision;
    let key = decision.key.to_string();
    let id = case_alert_id(decision.key, episode.concern, episode.n);
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
        workflow: None,
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
pub(super) fn reaction_name<'r>(reaction: &'r Reaction<'_>) -> std::borrow::Cow<'r, str> {
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

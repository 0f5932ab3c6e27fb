//! The sentences a person reads. UK spelling; built from evidence; they call for review and order nothing.

use super::message::Change;
use crate::classify::{Listed, Situation, Stated};
use crate::profile::{Concern, Listedness, Profile, Region};
use crate::record::{Reaction, ReactionOutcome, Report, Seriousness};
use std::fmt::Write as _;

/// Longest account of listedness, characters.
const REASON_CHARS_MAX: usize = 600;

/// Most reaction terms named in a sentence.
const NAMED_MAX: usize = 4;

/// Adds one region's answer for one reaction to the account of listedness.
pub(super) fn add_listed_reason(
    account: &mut String,
    region: Region,
    reaction: std::borrow::Cow<'_, str>,
    listed: Listed<'_>,
) {
    if account.len() >= REASON_CHARS_MAX {
        return;
    }
    if !account.is_empty() {
        account.push_str("; ");
    }
    let name: String = reaction.chars().take(60).collect();
    let _ = write!(account, "{region} {name}: {} ({})", listed.answer, listed.why.words());
}

/// What a concern is called in a sentence.
pub(super) const fn concern_words(concern: Concern) -> &'static str {
    match concern {
        Concern::VodSos => "hepatic veno-occlusive disease / sinusoidal obstruction syndrome (VOD/SOS)",
        Concern::FebrileNeutropenia => "febrile neutropenia",
        Concern::Haemorrhage => "haemorrhage",
        Concern::HepaticHold => "hepatic dose interruption",
        Concern::HaematologicalHold => "haematological dose interruption",
        Concern::HysLaw => "Hy's law",
        Concern::Dosing => "dosing",
        Concern::ContraindicatedUse => "contraindicated use",
        Concern::Monitoring => "monitoring",
        Concern::Reaction => "an adverse reaction",
    }
}

/// The sentences of an alert that a report raises or revises.
pub(super) fn report(
    profile: &Profile,
    report: &Report<'_>,
    concern: Concern,
    reactions: &[&Reaction<'_>],
    stated: Stated,
    (listed, dme, unverified): ([Listedness; 2], bool, bool),
    change: Change,
) -> String {
    let mut text = String::with_capacity(400);
    let brand = &profile.product.brand;
    if reactions.is_empty() {
        let _ = write!(text, "Report naming {brand} as suspect without any reaction: what happened is not known.");
    } else {
        let _ = write!(text, "Report of {} with {brand} as suspect", concern_words(concern));
        let names: Vec<&str> =
            reactions.iter().filter_map(|r| r.term.as_deref()).map(str::trim).filter(|t| !t.is_empty()).collect();
        if !names.is_empty() {
            text.push_str(", reported as ");
            for (at, name) in names.iter().take(NAMED_MAX).enumerate() {
                let cut: String = name.chars().take(80).collect();
                let _ = write!(text, "{}“{cut}”", if at == 0 { "" } else { ", " });
            }
            if let Some(more) = names.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
                let _ = write!(text, " and {more} more");
            }
        }
        text.push('.');
    }
    match stated {
        Stated::Yes => {
            let names = seriousness_names(report, reactions);
            let criteria = names.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", ");
            let _ = if criteria.is_empty() {
                write!(text, " Serious; no criterion named.")
            } else {
                write!(text, " Serious: {criteria}.")
            };
        }
        Stated::No => text.push_str(" Reported as not serious."),
        Stated::Unknown => text.push_str(" Seriousness not stated."),
    }
    if let Some(outcome) = worst_outcome(reactions) {
        let _ = write!(text, " Outcome: {outcome}.");
    }
    if !reactions.is_empty() {
        let _ = write!(text, " Listedness: EU {}, US {}.", listed[0], listed[1]);
    }
    if dme {
        text.push_str(" On the EMA list of designated medical events.");
    }
    if unverified {
        text.push_str(" Recognised only by a code that is marked unverified in the profile.");
    }
    if let Some(version) = version(report) {
        let _ = write!(text, " Case version {version}.");
    }
    match change {
        Change::Upgraded => text.push_str(" Graver than the version before."),
        Change::Downgraded => text.push_str(" Less grave than the version before."),
        Change::Raised
        | Change::Revised
        | Change::Acknowledged
        | Change::Handled
        | Change::Escalated
        | Change::Expired
        | Change::Resolved
        | Change::Withdrawn => {}
    }
    text.push_str(" For review; causality is not judged here.");
    text
}

/// The sentences of an alert that special situations raise.
pub(super) fn situations(profile: &Profile, concern: Concern, situations: &[&Situation]) -> String {
    let mut text = format!(
        "Report with {} as suspect that raises a question of {}:",
        profile.product.brand,
        concern_words(concern)
    );
    for (at, situation) in situations.iter().take(NAMED_MAX).enumerate() {
        let separator = if at == 0 { " " } else { "; " };
        let _ = write!(text, "{separator}{} ({})", situation.name().replace('_', " "), situation.reason);
    }
    if let Some(more) = situations.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text.push_str(". As reported; for review.");
    text
}

/// The sentences of an alert that is withdrawn.
pub(super) fn withdrawn(report: &Report<'_>, concern: Concern, holds: bool) -> String {
    let concern = concern_words(concern);
    let version = version(report).map(|version| format!(" (version {version})")).unwrap_or_default();
    if holds {
        format!("Withdrawn: the follow-up{version} no longer reports {concern} with the product as suspect.")
    } else {
        format!("Withdrawn: the case was nullified by its sender{version}; it no longer counts for {concern}.")
    }
}

/// Version of the report, as its source counts: number, and date of most recent information.
pub(super) fn version(report: &Report<'_>) -> Option<String> {
    match (report.version, report.most_recent) {
        (Some(number), Some(date)) => Some(format!("{number} of {date}")),
        (Some(number), None) => Some(number.to_string()),
        (None, Some(date)) => Some(format!("of {date}")),
        (None, None) => None,
    }
}

/// Names of the seriousness criteria stated for the concern's reactions, or for the case where none is.
pub(super) fn seriousness_names(report: &Report<'_>, reactions: &[&Reaction<'_>]) -> Vec<&'static str> {
    let own = reactions.iter().filter_map(|reaction| reaction.seriousness.as_ref());
    let names = |all: &mut dyn Iterator<Item = &Seriousness>| {
        let mut found = [false; 6];
        for stated in all {
            let flags = [
                stated.death,
                stated.life_threatening,
                stated.hospitalisation,
                stated.disability,
                stated.congenital_anomaly,
                stated.other_important,
            ];
            for (seen, flag) in found.iter_mut().zip(flags) {
                *seen |= flag == Some(true);
            }
        }
        const NAMES: [&str; 6] =
            ["death", "life_threatening", "hospitalisation", "disability", "congenital_anomaly", "other_important"];
        NAMES.iter().zip(found).filter(|(_, found)| *found).map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let mut own = own.peekable();
    let of_reactions = if own.peek().is_some() { names(&mut own) } else { Vec::new() };
    if of_reactions.is_empty() { names(&mut std::iter::once(&report.seriousness)) } else { of_reactions }
}

fn worst_outcome(reactions: &[&Reaction<'_>]) -> Option<&'static str> {
    let rank = |outcome: ReactionOutcome| match outcome {
        ReactionOutcome::Fatal => (6, "fatal"),
        ReactionOutcome::NotRecovered => (5, "not recovered"),
        ReactionOutcome::Sequelae => (4, "recovered with sequelae"),
        ReactionOutcome::Recovering => (3, "recovering"),
        ReactionOutcome::Unknown => (2, "unknown"),
        ReactionOutcome::Recovered => (1, "recovered"),
    };
    reactions.iter().filter_map(|reaction| reaction.outcome).map(rank).max().map(|(_, words)| words)
}

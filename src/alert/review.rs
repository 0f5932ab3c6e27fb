//! The review of a report as its alerts carry it, and the sentences on it.

use super::compose::phrase;
use super::episode::Decision;
use super::message::{Clock, DuplicateLink, ReportReview, SituationFound};
use crate::classify::{Applies, Review, Situation, challenge_name, time_to_onset, window_days};
use crate::patient::SuspectedDuplicate;
use crate::profile::{Answer, Profile, Region};
use crate::record::{Pseudonym, Reaction, Text};
use std::fmt::Write as _;

/// Most texts of a kind taken over from the report.
const TEXTS_MAX: usize = 8;

/// Names of the situations that are not met.
pub(super) fn not_met(review: Option<&Review<'_, '_>>) -> Vec<Text<'static>> {
    let situations = review.map(|review| review.situations.as_slice()).unwrap_or_default();
    situations.iter().filter(|s| s.answer == Answer::NotMet).map(|situation| Text::owned(situation.name())).collect()
}

/// The review, for the reactions of one alert.
pub(super) fn report_review(
    decision: &Decision<'_, '_>,
    reactions: &[&Reaction<'_>],
) -> Option<Box<ReportReview<'static>>> {
    let review = decision.review?;
    let report = decision.report;
    let onset = time_to_onset(&review.given, reactions);
    let texts = |texts: &mut dyn Iterator<Item = &str>| texts.take(TEXTS_MAX).map(phrase).collect::<Vec<_>>();
    let situation = |situation: &Situation| SituationFound {
        situation: Text::owned(situation.name()),
        answer: Text::borrowed(situation.answer.name()),
        reason: Text::owned(situation.reason.to_string()),
    };
    let of = |answer: Answer| review.situations.iter().filter(move |s| s.answer == answer).map(situation);
    let basis = onset.from_last_dose.or(onset.from_first_dose).map(|(_, basis)| Text::borrowed(basis.name()));
    Some(Box::new(ReportReview {
        valid: review.missing.is_empty(),
        missing_elements: review.missing.iter().map(|element| Text::borrowed(element.name())).collect(),
        follow_up_questions: review.questions.iter().map(|question| Text::borrowed(question)).collect(),
        clocks: decision
            .due
            .iter()
            .map(|due| Clock {
                rule: Text::borrowed(due.rule.name()),
                day_zero: due.day_zero.to_string().into(),
                due: due.due.to_string().into(),
                follow_up: due.follow_up,
            })
            .collect(),
        clock_notes: Region::ALL
            .iter()
            .zip(review.applies)
            .filter_map(|(region, answer)| clock_note(*region, answer))
            .collect(),
        special_situations: of(Answer::Met).chain(of(Answer::Unknown)).collect(),
        causality: texts(&mut review.given.rows.iter().flat_map(|row| row.causality.iter()).map(|text| text.as_str())),
        onset_days_from_first_dose: onset.from_first_dose.map(|(days, _)| days),
        onset_days_from_last_dose: onset.from_last_dose.map(|(days, _)| days),
        onset_basis: basis,
        onset_in_window: onset.in_window,
        dechallenge: review.dechallenge.map(|result| Text::borrowed(challenge_name(result))),
        rechallenge: review.rechallenge.map(|result| Text::borrowed(challenge_name(result))),
        suspected_duplicates: decision.duplicates.iter().map(|link| duplicate(decision.key, link)).collect(),
        other_case_ids: texts(&mut report.other_case_ids.iter().map(|id| id.as_str())),
        linked_reports: texts(&mut report.linked_reports.iter().map(|id| id.as_str())),
        meddra_version: report.reactions.iter().find_map(|reaction| reaction.code_version.as_deref()).map(phrase),
    }))
}

fn clock_note(region: Region, answer: Applies) -> Option<Text<'static>> {
    match answer {
        Applies::By(_) => None,
        Applies::No(why) => Some(Text::owned(format!("{region}: {why}"))),
        Applies::Unknown(missing) => Some(Text::owned(format!("{region}: not known until this is: {missing}"))),
    }
}

fn duplicate(own: Pseudonym, link: &SuspectedDuplicate) -> DuplicateLink<'static> {
    #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
    let score_percent = link.score_percent.round() as i32;
    DuplicateLink {
        key: Pseudonym { hash: link.key, ..own }.to_string().into(),
        case_id: Text::owned(link.case_id.to_string()),
        nullified: link.nullified,
        score_percent,
        parts: link
            .parts
            .iter()
            .map(|part| Text::owned(format!("{} {} of {}", part.field, part.points, part.of)))
            .collect(),
    }
}

/// Sentences on the review, to follow those on the reactions.
pub(super) fn sentences(profile: &Profile, review: &ReportReview<'_>) -> String {
    let mut text = String::new();
    let met: Vec<&str> =
        review.special_situations.iter().filter(|s| s.answer.as_str() == "met").map(|s| s.situation.as_str()).collect();
    if !met.is_empty() {
        let _ = write!(text, " Special situations: {}.", met.join(", ").replace('_', " "));
    }
    match (review.onset_days_from_last_dose, review.onset_in_window, window_days(profile)) {
        (Some(days), Some(true), _) => {
            let _ = write!(text, " Onset {days} days after the last dose.");
        }
        (Some(days), Some(false), Some(window)) => {
            let _ = write!(text, " Onset {days} days after the last dose, outside the label's {window} days.");
        }
        _ => {}
    }
    if !review.valid {
        let missing: Vec<&str> = review.missing_elements.iter().map(|element| element.as_str()).collect();
        let _ = write!(text, " Not a valid report yet; missing: {}.", missing.join(", "));
    }
    for clock in &review.clocks {
        let what = match clock.rule.as_str() {
            "eu_serious" => "EU, serious",
            "eu_non_serious" => "EU, not serious",
            _ => "US 15-day alert",
        };
        let follow_up = if clock.follow_up { ", follow-up" } else { "" };
        let _ = write!(text, " Due {} ({what}{follow_up}; day 0 {}).", clock.due.as_str(), clock.day_zero.as_str());
    }
    if let Some(link) = review.suspected_duplicates.first() {
        let nullified = if link.nullified { ", which was nullified" } else { "" };
        let _ = write!(
            text,
            " Suspected duplicate of case {}{nullified} ({} % of what can be compared agrees).",
            link.case_id.as_str(),
            link.score_percent
        );
    }
    text
}

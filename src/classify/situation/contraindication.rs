//! Use against a contraindication of the label (SmPC 4.3): earlier severe or ongoing VOD/SOS, serious liver disease.

use super::Situation;
use super::given::Given;
use super::index::{SituationIndex, TermKind};
use crate::profile::{Concern, SpecialSituation as Kind};
use crate::record::{HistoryItem, PartialDate};

const KIND: Kind = Kind::ContraindicatedUse;

pub(super) fn judge(index: &SituationIndex, given: &Given<'_, '_>, out: &mut Vec<Situation>) {
    let mut best = if given.report.history.is_empty() {
        Situation::unknown(KIND, "medical history")
    } else {
        Situation::not_met(KIND, "none among the medical history given")
    };
    let reported = given.report.reactions.iter().any(|reaction| index.says(reaction, TermKind::Contraindicated));
    let candidates = [
        reported.then(|| Situation::met(KIND, "reported as use against a contraindication")),
        given_after_onset(given),
    ];
    let of_history = given.report.history.iter().filter_map(|item| of_item(index, given, item));
    for found in candidates.into_iter().flatten().chain(of_history) {
        if rank(&found) > rank(&best) {
            best = found;
        }
    }
    out.push(best);
}

/// Met over a question over nothing known over nothing found.
fn rank(situation: &Situation) -> u8 {
    use crate::profile::Answer;
    match (situation.answer, situation.question) {
        (Answer::Met, _) => 3,
        (Answer::Unknown, Some(_)) => 2,
        (Answer::Unknown, None) => 1,
        (Answer::NotMet, _) => 0,
    }
}

fn of_item(index: &SituationIndex, given: &Given<'_, '_>, item: &HistoryItem<'_>) -> Option<Situation> {
    let text = item.term.as_deref().unwrap_or_default();
    if is_vod(index, given, item, text) {
        return Some(if item.continuing == Some(true) {
            Situation::met(KIND, "VOD/SOS ongoing in the medical history")
        } else if index.not_severe.found_in(text) && !index.severe.found_in(text) {
            Situation::not_met(KIND, "earlier VOD/SOS, stated not to have been severe")
        } else if index.severe.found_in(text) {
            Situation::met(KIND, "earlier severe VOD/SOS in the medical history")
        } else {
            Situation::asked(
                KIND,
                "severity of the earlier VOD/SOS",
                "How severe was the earlier VOD/SOS, was it confirmed, and had it resolved before treatment?",
            )
        });
    }
    if index.liver_not.found_in(text) {
        return None;
    }
    let (serious, perhaps) = (index.liver_disease.found_in(text), index.liver_perhaps.found_in(text));
    if !serious && !perhaps {
        return None;
    }
    let named: String = text.trim().chars().take(60).collect();
    Some(match item.continuing {
        Some(false) => Situation::not_met(KIND, format!("“{named}” in the medical history, no longer present")),
        Some(true) if serious => Situation::met(KIND, format!("serious ongoing liver disease: “{named}”")),
        Some(true) | None => Situation::asked(
            KIND,
            "whether the liver disease was serious and ongoing",
            "Was the liver disease in the medical history active when the product was given, and how serious was it?",
        ),
    })
}

/// Is the item VOD/SOS, by code or by its words without those of severity and history?
fn is_vod(index: &SituationIndex, given: &Given<'_, '_>, item: &HistoryItem<'_>, text: &str) -> bool {
    let is = |term: Option<crate::normalise::TermRef>| {
        term.filter(|term| term.concept_bit() != 0)
            .and_then(|term| given.profile.reactions.get(usize::from(term.reaction)))
            .is_some_and(|reaction| reaction.concern == Some(Concern::VodSos))
    };
    if is(item.code.and_then(|code| given.terms.by_code(code))) || is(given.terms.by_words(text)) {
        return true;
    }
    let rest = index.history_words.without(&index.not_severe.without(&index.severe.without(text)));
    // Within a medical history of a leukaemia the bare abbreviations mean the liver.
    matches!(rest.as_str(), "vod" | "sos" | "vod sos" | "hepatic vod")
        || is(given.terms.by_words(&rest))
        || is_glued(given, &rest, is)
}

/// "veno occlusive" as two words, which a term writes as one.
fn is_glued(given: &Given<'_, '_>, words: &str, is: impl Fn(Option<crate::normalise::TermRef>) -> bool) -> bool {
    is(given.terms.by_words(&words.replace("veno occlusive", "venoocclusive")))
}

/// A dose after the onset of a reported VOD/SOS that had not ended.
fn given_after_onset(given: &Given<'_, '_>) -> Option<Situation> {
    let last = given.last_dose()?;
    given.assessment.reactions.iter().find_map(|found| {
        let term = found.term.filter(|term| term.concept_bit() != 0)?;
        let label = given.profile.reactions.get(usize::from(term.reaction))?;
        let reaction = given.report.reactions.get(usize::from(found.at))?;
        let onset = reaction.onset.and_then(PartialDate::days)?;
        let ended_before = reaction.end.and_then(PartialDate::days).is_some_and(|end| end < last);
        (label.concern == Some(Concern::VodSos) && last > onset && !ended_before).then(|| {
            let day = PartialDate::from_days(last).map(|day| day.to_string()).unwrap_or_default();
            Situation::met(KIND, format!("a dose on {day}, after the onset of the reported VOD/SOS"))
        })
    })
}

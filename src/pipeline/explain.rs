//! Why, and why not: every rule over one patient at one time, with its verdict, what it looked at and what is missing.

use super::{Judge, Shard};
use crate::alert::missing_words;
use crate::detect::{
    Beside, Check, CourseView, Standing, Verdict, bits, check_dose, criterion_name, explain, fever_judgement,
    haematological_hold, hepatic_hold, level, place, vod,
};
use crate::patient::Closed;
use crate::profile::{Answer, Concern};
use crate::record::{Millis, Pseudonym};
use std::fmt::Write as _;

/// Every rule over a patient as known now, at `at` or at the newest moment known. `None`: the shard does not know the
/// patient. Facts that were learned after `at` count where they happened before it.
#[must_use]
pub fn explain_patient(judge: &Judge, shard: &Shard, key: Pseudonym, at: Option<Millis>) -> Option<String> {
    let course = shard.course(key)?;
    let profile = judge.profile;
    let now = at.unwrap_or_else(|| course.heard().max(course.newest()));
    let zone = profile.zone(shard.site_of(key));
    let view = CourseView { profile, sites: &judge.critical_sites, course, zone, now };
    let mut text = String::new();
    let _ = writeln!(text, "Patient {key} at {}", time(now));
    let _ = writeln!(
        text,
        "  {} facts, {} values; {}; profile {}",
        course.entries().len(),
        course.values().len(),
        if course.is_watched() { "watched" } else { "never had the product, so not judged" },
        profile.version
    );
    definitions(judge, &view, &mut text);
    fever(judge, &view, &mut text);
    label(judge, &view, &mut text);
    let _ = writeln!(text, "\nWhat would be raised");
    for concern in Concern::ALL {
        let judged = level(profile, &view, *concern, &Beside::default());
        let _ = match judged {
            Some(level) => {
                let names: Vec<&str> =
                    bits(level.criteria).filter_map(|bit| criterion_name(profile, *concern, bit)).collect();
                writeln!(text, "  {concern}: {} by {} ({})", level.priority, level.rule, names.join(", "))
            }
            None => writeln!(text, "  {concern}: nothing"),
        };
    }
    let _ = writeln!(text, "\nWhat was said");
    let said = shard.said(key).map_or(&[][..], |said| &said.episodes);
    if said.is_empty() {
        text.push_str("  nothing\n");
    }
    for episode in said {
        let open = if episode.closed == Closed::Open { "open" } else { episode.closed.name() };
        let _ = writeln!(
            text,
            "  {} #{} revision {}: {}, {open}, since {}",
            episode.concern,
            episode.n,
            episode.revision,
            episode.priority,
            time(episode.onset)
        );
    }
    Some(text)
}

fn time(at: Millis) -> String {
    serde_json::to_value(at).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn definitions(judge: &Judge, view: &CourseView<'_>, text: &mut String) {
    let profile = judge.profile;
    let judged = vod(profile, view);
    let _ = writeln!(text, "\nVOD/SOS by every definition");
    for (definition, verdict) in profile.definitions.iter().zip(judged.verdicts) {
        let said = match verdict {
            Some(Verdict::Met(_)) => "met",
            Some(Verdict::NotMet(_)) => "not met",
            Some(Verdict::Unknown(_)) => "unknown",
            Some(Verdict::NotApplicable(Standing::NoTransplant)) => "not applicable: no transplant to count from",
            Some(Verdict::NotApplicable(Standing::TooEarly)) => "not applicable: its days have not come",
            Some(Verdict::NotApplicable(Standing::TooLate)) => "not applicable: its days are over",
            Some(Verdict::NotApplicable(Standing::Child)) => "not applicable: it is for adults",
            None => continue,
        };
        let _ = writeln!(text, "  {}: {said}", definition.id);
    }
    let _ = writeln!(text, "Items");
    for item in &profile.criteria_items {
        let state = explain(profile, view, item);
        let _ = write!(text, "  {}: {}", item.id, state.answer);
        if let Some(value) = state.value {
            let measure = value.measure;
            let _ = write!(text, ", {} {} at {}", measure.reported, measure.unit, time(value.at));
        }
        if let Some(baseline) = state.baseline {
            let measure = baseline.measure;
            let _ = write!(text, ", baseline {} {} at {}", measure.reported, measure.unit, time(baseline.at));
        }
        if let Some(stated) = state.stated {
            let _ = write!(text, ", {} at {}", stated.presence.name(), time(stated.at));
        }
        if let Some(why) = state.missing {
            let _ = write!(text, ": {}", missing_words(why));
        }
        text.push('\n');
    }
}

fn fever(judge: &Judge, view: &CourseView<'_>, text: &mut String) {
    let judged = fever_judgement(judge.profile, view);
    let _ = writeln!(text, "\nFebrile neutropenia");
    for (definition, verdict) in judge.profile.fever_definitions.iter().zip(judged.verdicts) {
        let Some(verdict) = verdict else { continue };
        let _ = writeln!(
            text,
            "  {}: {} (fever {}, neutrophils below {}, expected below {})",
            definition.id, verdict.answer, verdict.fever, verdict.below, verdict.expected
        );
    }
    let unknown = if judged.count_unknown { Answer::Met } else { Answer::NotMet };
    let _ = writeln!(text, "  fever_anc_unknown: {unknown}");
    let _ = writeln!(text, "  sepsis_without_fever: {}", judged.sepsis_without_fever);
}

fn label(judge: &Judge, view: &CourseView<'_>, text: &mut String) {
    let profile = judge.profile;
    let hold = hepatic_hold(profile, view);
    let _ = writeln!(text, "\nThe label");
    let _ = writeln!(
        text,
        "  hepatic hold: enter {}, leave {} (bilirubin {}, enzymes {})",
        hold.enter, hold.leave, hold.bilirubin, hold.enzymes
    );
    let exposure = place(profile, view);
    for (number, (dose, place)) in exposure.doses.iter().enumerate() {
        let inferred = if place.inferred { ", inferred" } else { "" };
        let _ = write!(text, "  dose of {}: cycle {} day {}{inferred}", time(dose.at), place.cycle, place.day);
        if let Some(checks) = check_dose(profile, view, &exposure, number) {
            for check in Check::ALL {
                if checks.answer(check) != Answer::NotMet {
                    let _ = write!(text, "; {} {}", check.rule(), checks.answer(check));
                }
            }
        }
        text.push('\n');
    }
    let next = exposure.doses.last().map_or(1, |(_, place)| place.cycle + 1);
    let previous = exposure.doses.iter().rev().find(|(_, place)| place.day == 1).map(|(dose, _)| dose.at);
    if let Some(hold) = haematological_hold(profile, view, next, previous) {
        let _ = writeln!(
            text,
            "  haematological hold, were cycle {next} to begin: {} (neutrophils {}, platelets {})",
            hold.answer, hold.anc, hold.platelets
        );
    }
}

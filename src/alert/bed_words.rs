//! The sentences of an alert about a patient. UK spelling; built from evidence; they call for review and order nothing.

use super::bed_compose::{BedAlert, is_end, last_dose_days, only_reports, standing, time_text};
use super::message::{Alert, Change};
use super::words::concern_words;
use crate::detect::{CourseView, Verdict, bleeding, confounders, fever_judgement, hepatic_hold, severity, vod};
use crate::profile::{Answer, Concern};
use std::fmt::Write as _;

/// What is said of every concern that is met.
const MET: &str = "criteria met on recorded values; other causes not excluded";

/// All sentences of a revision.
pub(super) fn explanation(said: &BedAlert<'_>, view: &CourseView<'_>, alert: &Alert<'_>) -> String {
    let mut text = String::with_capacity(600);
    let concern = said.episode.concern;
    let name = concern_words(concern);
    let _ = match said.revision.change {
        Change::Withdrawn => write!(
            text,
            "Withdrawn: {name}. What carried this alert was corrected or taken back; on what is recorded now it is not met."
        ),
        Change::Resolved => write!(
            text,
            "Closed: {name}. What was said is not met any more, or rests on values too old to count. That is no statement \
             that the patient is well."
        ),
        Change::Downgraded => write!(text, "Lowered to {}: {name}. ", said.episode.priority),
        Change::Raised
        | Change::Upgraded
        | Change::Revised
        | Change::Acknowledged
        | Change::Handled
        | Change::Escalated
        | Change::Expired => write!(text, "{}: ", capital(name)),
    };
    if is_end(said.revision.change) {
        return text;
    }
    if said.late {
        let _ = write!(text, "Learned late: this is judged at {}. ", time_text(view.now));
    }
    match concern {
        Concern::VodSos => vod_words(said, view, alert, &mut text),
        Concern::FebrileNeutropenia => fever_words(said, view, &mut text),
        Concern::Haemorrhage => bleeding_words(said, view, &mut text),
        Concern::HepaticHold => {
            let hold = hepatic_hold(said.profile, view);
            text.push_str(if hold.enter == Answer::Met {
                "SmPC 4.2 asks for interruption when total bilirubin is above 1.5 × ULN with AST or ALT above 2.5 × ULN; \
                 recorded values meet this. "
            } else {
                "One liver test alone is above its limit in the label; whether it is related to treatment is a clinical \
                 judgement. "
            });
        }
        Concern::HaematologicalHold => text.push_str(
            "SmPC 4.2 asks that a cycle begins only with recovered neutrophils and platelets; recorded counts do not show \
             this, or cannot. ",
        ),
        Concern::HysLaw => {
            let _ = write!(
                text,
                "ALT or AST at or above 3 × ULN with bilirubin above 2 × ULN and ALP below 2 × ULN: {MET}. Viral \
                 hepatitis, obstruction and other medicines are for a person to exclude. "
            );
        }
        Concern::Dosing => {
            let _ = write!(text, "The last dose differs from the label's calendar or amounts: {}. ", list(alert));
        }
        Concern::ContraindicatedUse => {
            let _ = write!(text, "SmPC 4.3 names conditions that are recorded before the last dose: {}. ", list(alert));
        }
        Concern::Monitoring => {
            let _ = write!(text, "Expected and not seen, or to be checked: {}. ", list(alert));
            if alert.criteria.iter().any(|criterion| criterion.as_str() == "check_unit") {
                text.push_str("A value looks wrong: please check its unit; it is shown and decides nothing until then. ");
            }
        }
        Concern::Reaction => {
            let _ = write!(text, "QTc of 501 ms or more, or 60 ms or more above the baseline: {MET}. ");
        }
    }
    if let Some(days) = last_dose_days(view) {
        let _ = write!(text, "Last dose {days} d before. ");
    }
    join_words(said, view, &mut text);
    text.push_str("Please review.");
    text
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn list(alert: &Alert<'_>) -> String {
    alert.criteria.iter().map(|criterion| criterion.replace('_', " ")).collect::<Vec<_>>().join(", ")
}

/// Where reports and recorded values stand to each other.
fn join_words(said: &BedAlert<'_>, view: &CourseView<'_>, text: &mut String) {
    if !matches!(said.episode.concern, Concern::VodSos | Concern::FebrileNeutropenia | Concern::Haemorrhage) {
        return;
    }
    let criteria = said.level.map_or(0, |level| level.criteria);
    let only_reported = criteria.count_ones() == 1 && said.reported;
    text.push_str(if only_reported && only_reports(view.course) {
        "Reported; criteria not evaluable: nothing is recorded at a bedside. "
    } else if only_reported {
        "Reported; criteria not met, or not evaluable, on recorded values. "
    } else if said.reported {
        "Reported, and criteria met. "
    } else {
        "Criteria met, no report known: consider whether to report. "
    });
}

fn vod_words(said: &BedAlert<'_>, view: &CourseView<'_>, alert: &Alert<'_>, text: &mut String) {
    let profile = said.profile;
    let judged = vod(profile, view);
    let named = || profile.definitions.iter().zip(judged.verdicts);
    let met: Vec<&str> =
        named().filter(|(_, verdict)| verdict.is_some_and(|v| v.is_met())).map(|(of, _)| of.name.as_str()).collect();
    if met.is_empty() {
        let _ = write!(
            text,
            "no published definition is met on recorded values; reasons to look: {}. ",
            if alert.criteria.is_empty() { "none now".to_owned() } else { list(alert) }
        );
    } else {
        let _ = write!(text, "{}: {MET}. ", met.join(", "));
        for (definition, verdict) in named() {
            let _ = match verdict {
                Some(Verdict::NotMet(_)) => write!(text, "{}: not met. ", definition.name),
                Some(Verdict::Unknown(_)) => write!(text, "{}: cannot be said, items are missing. ", definition.name),
                Some(Verdict::NotApplicable(why)) => {
                    write!(text, "{}: not applicable ({}). ", definition.name, standing(why))
                }
                Some(Verdict::Met(_)) | None => Ok(()),
            };
        }
        let unverified = met_unverified(said, view);
        if unverified {
            text.push_str("Some numbers behind it are unverified. ");
        }
        let onset = said.episode.onset;
        let found = severity(profile, view, onset, said.episode.met_at.unwrap_or(view.now));
        if let Some(level) = said.episode.severity {
            let doubt = if found.unverified { " (some of its numbers are unverified)" } else { "" };
            let _ = write!(text, "EBMT severity on recorded values: {}{doubt}. ", level.name().replace('_', " "));
        }
    }
    if let Some(day) = judged.hsct_day {
        let _ = write!(text, "Day {day} after transplant. ");
    }
    if judged.gilbert {
        text.push_str("Gilbert's syndrome is recorded and bilirubin is near the patient's own: at most medium. ");
    }
    if judged.age_unknown {
        text.push_str("Age not known: adult criteria were evaluated. ");
    }
    if judged.histology_disagrees {
        text.push_str("Histology disagrees. ");
    }
    let causes: Vec<String> = confounders(view).map(|kind| kind.name().replace('_', " ")).collect();
    if !causes.is_empty() {
        let _ = write!(text, "Also recorded: {}. ", causes.join(", "));
    }
}

fn met_unverified(said: &BedAlert<'_>, view: &CourseView<'_>) -> bool {
    let judged = vod(said.profile, view);
    let both = said.profile.definitions.iter().zip(judged.verdicts);
    both.filter(|(_, verdict)| verdict.is_some_and(|verdict| verdict.is_met())).all(|(of, _)| !of.verified)
}

fn fever_words(said: &BedAlert<'_>, view: &CourseView<'_>, text: &mut String) {
    let judged = fever_judgement(said.profile, view);
    let both = said.profile.fever_definitions.iter().zip(judged.verdicts);
    let met: Vec<&str> = both
        .filter(|(_, verdict)| verdict.is_some_and(|verdict| verdict.answer == Answer::Met))
        .map(|(of, _)| of.name.as_str())
        .collect();
    if !met.is_empty() {
        let _ = write!(text, "{}: {MET}. ", met.join(", "));
    }
    if judged.count_unknown {
        text.push_str("Fever, and the neutrophil count is not known: missing or older than 24 hours. ");
    }
    if judged.sepsis_without_fever == Answer::Met {
        text.push_str("Few neutrophils with low temperature or low pressure: possible sepsis without fever. ");
    }
    if judged.after_infusion {
        text.push_str("The fever came within 24 hours of an infusion: an infusion reaction is possible beside it. ");
    }
}

fn bleeding_words(said: &BedAlert<'_>, view: &CourseView<'_>, text: &mut String) {
    let judged = bleeding(said.profile, view);
    if judged.major == Answer::Met {
        let _ = write!(text, "ISTH major: {MET}. ");
    } else if judged.overt == Answer::Met {
        text.push_str("Overt bleeding is recorded; ISTH major is not met, or cannot be said. ");
    } else {
        text.push_str(
            "A fall of haemoglobin or transfusions without recorded overt bleeding: ISTH major cannot be said. ",
        );
    }
    if judged.dilution {
        text.push_str("The weight has risen too: dilution is possible. ");
    }
    if judged.low_platelets == Answer::Met {
        text.push_str("Platelets are below 10 × 10⁹/L. ");
    }
}

//! Pregnancy of a treated woman or of a treated man's partner, with the label's windows after the last dose (SmPC 4.6).

use super::Situation;
use super::given::Given;
use super::index::{SituationIndex, TermKind};
use crate::profile::SpecialSituation as Kind;
use crate::record::{PartialDate, Reaction, Sex};

/// E2B(R3) G.k.10.r: drug taken by the father.
const CODE_FATHER: i32 = 3;

pub(super) fn judge(index: &SituationIndex, given: &Given<'_, '_>, out: &mut Vec<Situation>) {
    let first_saying = |kind: TermKind| given.report.reactions.iter().find(|reaction| index.says(reaction, kind));
    let pregnancy = first_saying(TermKind::Pregnancy);
    let of_partner = given.report.patient.sex == Some(Sex::Male) || given.has_code(CODE_FATHER);
    out.push(match (first_saying(TermKind::PregnancyExposure), pregnancy) {
        (Some(_), _) if !of_partner => Situation::met(Kind::Pregnancy, "exposure during pregnancy reported"),
        (_, Some(reaction)) if !of_partner => {
            within(given, Kind::Pregnancy, reaction, "label.contraception.women_months")
        }
        _ => Situation::not_met(Kind::Pregnancy, "not reported"),
    });
    out.push(match (first_saying(TermKind::Paternal), pregnancy) {
        (Some(_), _) => Situation::met(Kind::PaternalExposure, "exposure by the father reported"),
        (None, Some(reaction)) if of_partner => {
            within(given, Kind::PaternalExposure, reaction, "label.contraception.men_months")
        }
        (None, None) if given.has_code(CODE_FATHER) => {
            Situation::met(Kind::PaternalExposure, format!("reported by E2B G.k.10.r code {CODE_FATHER}"))
        }
        (None, _) => Situation::not_met(Kind::PaternalExposure, "not reported"),
    });
}

/// Did the reported pregnancy begin within the label's window after the last dose?
fn within(given: &Given<'_, '_>, kind: Kind, reaction: &Reaction<'_>, window: &str) -> Situation {
    let months = given.number(window).unwrap_or_default();
    let last = given.last_dose().and_then(PartialDate::from_days);
    #[expect(clippy::cast_possible_truncation, reason = "a number of months of the profile")]
    let until = last.and_then(|last| last.months_later(months as i64)).and_then(PartialDate::days);
    match (reaction.onset.and_then(PartialDate::span), until) {
        (Some((_, latest)), Some(until)) if latest <= until => {
            Situation::met(kind, format!("pregnancy within {months} months after the last dose"))
        }
        (Some((earliest, _)), Some(until)) if earliest > until => {
            Situation::not_met(kind, format!("pregnancy later than {months} months after the last dose"))
        }
        _ => Situation::asked(
            kind,
            "date of conception or of the last dose",
            "When was the last dose, when was the last menstrual period, and what is the outcome of the pregnancy?",
        ),
    }
}

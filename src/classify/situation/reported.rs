//! Situations that the reporter names by a term or a code.

use super::Situation;
use super::given::Given;
use super::index::{SituationIndex, TermKind};
use crate::profile::SpecialSituation as Kind;

/// E2B(R3) G.k.10.r.
const CODE_MEDICATION_ERROR: i32 = 7;
const CODE_OFF_LABEL: i32 = 11;

pub(super) fn judge(index: &SituationIndex, given: &Given<'_, '_>, out: &mut Vec<Situation>) {
    let term = |kind: TermKind| {
        let reaction = given.report.reactions.iter().find(|reaction| index.says(reaction, kind))?;
        let words = reaction.term.as_deref().map_or("a MedDRA code", str::trim);
        Some(format!("reported as “{}”", words.chars().take(80).collect::<String>()))
    };
    let by = |situation: Kind, code: Option<i32>, kind: TermKind| match (term(kind), code) {
        (Some(reason), _) => Situation::met(situation, reason),
        (None, Some(code)) if given.has_code(code) => {
            Situation::met(situation, format!("reported by E2B G.k.10.r code {code}"))
        }
        (None, _) => Situation::not_met(situation, "not reported"),
    };
    out.push(by(Kind::OffLabelReported, Some(CODE_OFF_LABEL), TermKind::OffLabel));
    let error = by(Kind::MedicationError, Some(CODE_MEDICATION_ERROR), TermKind::MedicationError);
    let other_route =
        given.rows.iter().filter_map(|row| row.route.as_deref()).find(|route| index.other_routes.found_in(route));
    out.push(match other_route {
        Some(route) if error.answer != crate::profile::Answer::Met => Situation::met(
            Kind::MedicationError,
            format!("route “{}”; the label has an infusion into a vein", route.chars().take(40).collect::<String>()),
        ),
        _ => error,
    });
    out.push(by(Kind::Lactation, None, TermKind::Lactation));
    out.push(by(Kind::LackOfEffect, None, TermKind::LackOfEffect));
    out.push(by(Kind::OccupationalExposure, None, TermKind::Occupational));
}

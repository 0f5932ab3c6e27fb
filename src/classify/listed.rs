//! Is a reported reaction listed in a region's reference safety information (ruling 23)?

use super::assess::{ReactionFound, Stated, serious};
use crate::profile::{LabelReaction, Listedness, Profile, Region, Relation};
use crate::record::{PartialDate, Reaction, ReactionOutcome, Report, Seriousness};

/// An answer with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'p> {
    /// The answer.
    pub answer: Listedness,
    /// The label reaction it was compared with.
    pub reaction: Option<&'p LabelReactionId>,
    /// Why.
    pub why: Why,
}

/// Identity of a label reaction.
pub type LabelReactionId = str;

/// Why a reaction is listed, or why not, or why a person has to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The label names the term.
    Named,
    /// The label's term is a group, and the reported one is more specific.
    MoreSpecific,
    /// The reported outcome is fatal, and the label names no fatal outcome of it.
    FatalNotNamed,
    /// The case is fatal, and the report does not say which reaction was; the label names no fatal outcome of this one.
    PerhapsFatalNotNamed,
    /// The label did not name it on the day of the report.
    NotOnThatDay,
    /// The day of the report is not known, or too imprecisely to tell.
    DayUnknown,
    /// The label does not name it.
    NotNamed,
    /// The reaction has a code that the profile does not know, and no words.
    CodeUnknown,
    /// The reaction was recognised by a code that is marked unverified.
    CodeUnverified,
}

impl Why {
    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Named => "named in the label",
            Self::MoreSpecific => "more specific than the label's grouped term",
            Self::FatalNotNamed => "fatal, and the label names no fatal outcome",
            Self::PerhapsFatalNotNamed => {
                "the case was fatal, which reaction was is not stated, and the label names no fatal outcome of this one"
            }
            Self::NotOnThatDay => "not in the label on the day of the report",
            Self::DayUnknown => "the day of the report is not known precisely enough",
            Self::NotNamed => "not named in the label",
            Self::CodeUnknown => "only a code was given, and the profile does not know it",
            Self::CodeUnverified => "recognised only by a code that is marked unverified",
        }
    }
}

/// Judges one reaction of a report against one region's label on the day `on` (of most recent information; `None` where
/// the report has no date).
#[must_use]
pub fn listedness<'p>(
    profile: &'p Profile,
    report: &Report<'_>,
    found: &ReactionFound,
    region: Region,
    on: Option<PartialDate>,
) -> Listed<'p> {
    let reported = report.reactions.get(usize::from(found.at));
    let Some(term) = found.term else {
        let no_words = reported.is_none_or(|reaction| reaction.term.as_deref().is_none_or(|t| t.trim().is_empty()));
        return if no_words {
            Listed { answer: Listedness::Review, reaction: None, why: Why::CodeUnknown }
        } else {
            Listed { answer: Listedness::Unlisted, reaction: None, why: Why::NotNamed }
        };
    };
    let label: Option<&LabelReaction> = profile.reactions.get(usize::from(term.reaction));
    let id = label.map(|label| label.id.as_str());
    let answer = |answer, why| Listed { answer, reaction: id, why };
    let means_it = matches!(term.relation, Relation::Same | Relation::Within);
    let listing = label.and_then(|label| label.listings.iter().find(|listing| listing.region == region));
    let (Some(listing), true) = (listing, means_it) else {
        return Listed { answer: Listedness::Unlisted, reaction: None, why: Why::NotNamed };
    };
    match on {
        None => return answer(Listedness::Review, Why::DayUnknown),
        // Compared at the coarser of the two precisions: 2017 is not known to be before 2017-06-29.
        Some(on) if surely_before(on, listing.from) || listing.to.is_some_and(|to| surely_before(to, on)) => {
            return answer(Listedness::Unlisted, Why::NotOnThatDay);
        }
        Some(on) if on < listing.from && on.packed() / 10_000 == listing.from.packed() / 10_000 => {
            return answer(Listedness::Review, Why::DayUnknown);
        }
        Some(_) => {}
    }
    if !term.verified {
        return answer(Listedness::Review, Why::CodeUnverified);
    }
    if !listing.fatal_listed {
        match reported.map(|reaction| fatal(report, reaction)) {
            Some(Stated::Yes) => return answer(Listedness::Review, Why::FatalNotNamed),
            Some(Stated::Unknown) => return answer(Listedness::Review, Why::PerhapsFatalNotNamed),
            Some(Stated::No) | None => {}
        }
    }
    if term.relation == Relation::Within {
        return answer(Listedness::Review, Why::MoreSpecific);
    }
    answer(Listedness::Listed, Why::Named)
}

/// Was this reaction fatal? Unknown where the case is and its sender does not say which reaction was.
fn fatal(report: &Report<'_>, reaction: &Reaction<'_>) -> Stated {
    let own = |seriousness: &Seriousness| seriousness.death;
    match (reaction.outcome, reaction.seriousness.as_ref().and_then(own)) {
        (Some(ReactionOutcome::Fatal), _) | (_, Some(true)) => Stated::Yes,
        (
            Some(
                ReactionOutcome::Recovered
                | ReactionOutcome::Recovering
                | ReactionOutcome::NotRecovered
                | ReactionOutcome::Sequelae,
            ),
            _,
        )
        | (_, Some(false)) => Stated::No,
        (Some(ReactionOutcome::Unknown) | None, None) => {
            let case_fatal = report.seriousness.death == Some(true) && serious(&report.seriousness) == Stated::Yes;
            if !case_fatal {
                Stated::No
            } else if report.reactions.len() == 1 {
                Stated::Yes
            } else {
                Stated::Unknown
            }
        }
    }
}

/// Does every day that `one` may mean lie before every day that `other` may mean?
fn surely_before(one: PartialDate, other: PartialDate) -> bool {
    let precision = |date: PartialDate| match (date.month(), date.day()) {
        (Some(_), Some(_)) => 1,
        (Some(_), None) => 100,
        (None, _) => 10_000,
    };
    let coarser = precision(one).max(precision(other));
    one.packed() / coarser < other.packed() / coarser
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use crate::record::Text;
    use rstest::rstest;

    fn judged(term: &'static str, outcome: Option<ReactionOutcome>, on: &str, region: Region) -> (Listedness, Why) {
        let profile = Profile::builtin();
        let reaction = Reaction { term: Some(Text::borrowed(term)), outcome, ..Reaction::default() };
        let report = Report { reactions: vec![reaction], ..Report::default() };
        let found = Classifier::new(profile).unwrap().assess(&report).reactions[0];
        let listed = listedness(profile, &report, &found, region, on.parse().ok());
        (listed.answer, listed.why)
    }

    use Listedness::{Listed as L, Review as R, Unlisted as U};
    const FATAL: Option<ReactionOutcome> = Some(ReactionOutcome::Fatal);

    #[rstest]
    #[case("Venoocclusive liver disease", None, "2024-01-01", L, Why::Named)]
    #[case("Venoocclusive liver disease", FATAL, "2024-01-01", L, Why::Named)]
    #[case("Febrile neutropenia", None, "2024-01-01", L, Why::Named)]
    #[case("Febrile neutropenia", FATAL, "2024-01-01", R, Why::FatalNotNamed)]
    #[case("Haemorrhage", None, "2024-01-01", L, Why::Named)]
    #[case("Pulmonary haemorrhage", None, "2024-01-01", R, Why::MoreSpecific)]
    #[case("Rash", None, "2024-01-01", U, Why::NotNamed)]
    #[case("Hepatic failure", None, "2024-01-01", U, Why::NotNamed)]
    #[case("Haemorrhoids", None, "2024-01-01", U, Why::NotNamed)]
    #[case("Nausea", None, "2016-12-31", U, Why::NotOnThatDay)]
    #[case("Nausea", None, "2017-06-28", U, Why::NotOnThatDay)]
    #[case("Nausea", None, "2017-06-29", L, Why::Named)]
    #[case("Nausea", None, "2017-06", R, Why::DayUnknown)]
    #[case("Nausea", None, "2017", R, Why::DayUnknown)]
    #[case("Nausea", None, "2018", L, Why::Named)]
    #[case("Nausea", None, "", R, Why::DayUnknown)]
    fn in_the_eu(
        #[case] term: &'static str,
        #[case] outcome: Option<ReactionOutcome>,
        #[case] on: &str,
        #[case] answer: Listedness,
        #[case] why: Why,
    ) {
        assert_eq!(judged(term, outcome, on, Region::Eu), (answer, why));
    }

    #[test]
    fn a_region_has_its_own_dates() {
        assert_eq!(judged("Nausea", None, "2017-07-15", Region::Eu).0, L);
        assert_eq!(judged("Nausea", None, "2017-07-15", Region::Us).0, U);
    }

    #[test]
    fn a_fatal_case_with_several_reactions_needs_a_person() {
        let profile = Profile::builtin();
        let reaction = |term| Reaction { term: Some(Text::borrowed(term)), ..Reaction::default() };
        let report = Report {
            reactions: vec![reaction("Haemorrhage"), reaction("Venoocclusive liver disease")],
            seriousness: Seriousness { death: Some(true), ..Seriousness::default() },
            ..Report::default()
        };
        let assessment = Classifier::new(profile).unwrap().assess(&report);
        let on = "2024-01-01".parse().ok();
        let answer = |at: usize| listedness(profile, &report, &assessment.reactions[at], Region::Eu, on);
        assert_eq!((answer(0).answer, answer(0).why), (R, Why::PerhapsFatalNotNamed));
        assert_eq!(answer(1).answer, L);
    }
}

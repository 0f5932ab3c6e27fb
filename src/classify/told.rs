//! What a narrative adds to a report: the three concerns where no reaction of the report is one, and an earlier VOD/SOS.

use super::assess::{Assessment, Basis, Classifier, ReactionFound};
use crate::normalise::{Mention, Reading};
use crate::profile::{Assertion, Concern, Profile};
use crate::record::{HistoryItem, Reaction, Report, Text};
use std::borrow::Cow;

/// The concerns that a narrative may raise.
const TOLD: [Concern; 3] = [Concern::VodSos, Concern::FebrileNeutropenia, Concern::Haemorrhage];

impl Classifier {
    /// The report with what its narrative tells of the patient, where the product is suspect.
    ///
    /// For each concern of which no reaction is reported, the first phrase that affirms it, else the first that holds
    /// it possible, becomes a reaction of its own, without onset or outcome: the matched phrase is its term, and all of
    /// the narrative that goes further. Denied, familial and hypothetical phrases add nothing. An earlier VOD/SOS
    /// becomes an item of the medical history, which the question of contraindicated use reads, and never a reaction.
    #[must_use]
    pub fn told<'r, 'm>(
        &self,
        profile: &Profile,
        report: &'r Report<'m>,
        assessment: &mut Assessment,
    ) -> Cow<'r, Report<'m>> {
        let mut told = Cow::Borrowed(report);
        let Some(text) = report.narrative.as_ref().filter(|_| assessment.suspect.is_some()) else { return told };
        let mut mentions = Vec::new();
        self.narratives().read(text, &mut Reading::default(), &mut mentions);
        for concern in TOLD {
            let is_it = |mention: &&Mention| {
                profile.reactions.get(usize::from(mention.term.reaction)).is_some_and(|r| r.concern == Some(concern))
            };
            let first = |assertion| mentions.iter().filter(is_it).find(|mention| mention.assertion == assertion);
            if concern == Concern::VodSos
                && let Some(earlier) = first(Assertion::History)
            {
                let label = profile.reactions.get(usize::from(earlier.term.reaction));
                let term = label.and_then(|label| label.terms.get(usize::from(earlier.term.term)));
                let term = term.map(|term| Text::owned(term.text.clone()));
                told.to_mut().history.push(HistoryItem { term, ..HistoryItem::default() });
            }
            let Some(mention) = first(Assertion::Affirmed).or_else(|| first(Assertion::Uncertain)) else { continue };
            if assessment.concepts & mention.term.concept_bit() != 0 {
                continue;
            }
            let Ok(at) = u16::try_from(told.reactions.len()) else { continue };
            let phrase = Text::owned(mention.phrase_of(text).to_owned());
            told.to_mut().reactions.push(Reaction { term: Some(phrase), ..Reaction::default() });
            assessment.concepts |= mention.term.concept_bit();
            assessment.reactions.push(ReactionFound {
                at,
                term: Some(mention.term),
                basis: Basis::Narrative(mention.assertion),
            });
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Drug, DrugRole};
    use rstest::rstest;

    fn told(role: DrugRole, reactions: &[&'static str], narrative: &'static str) -> (Report<'static>, Assessment) {
        let profile = Profile::builtin();
        let classifier = Classifier::new(profile).unwrap();
        let reaction = |term: &&'static str| Reaction { term: Some(Text::borrowed(term)), ..Reaction::default() };
        let report = Report {
            drugs: vec![Drug { name: Text::borrowed("Besponsa"), role, ..Drug::default() }],
            reactions: reactions.iter().map(reaction).collect(),
            narrative: Some(Text::borrowed(narrative)),
            ..Report::default()
        };
        let mut assessment = classifier.assess(&report);
        let told = classifier.told(profile, &report, &mut assessment).into_owned();
        (told, assessment)
    }

    /// Terms of the report's reactions after its narrative was read, those told marked by how they are meant.
    fn terms(reactions: &[&'static str], narrative: &'static str) -> Vec<String> {
        let (report, assessment) = told(DrugRole::Suspect, reactions, narrative);
        assert_eq!(report.reactions.len(), assessment.reactions.len());
        let term = |found: &ReactionFound| {
            let term = report.reactions[usize::from(found.at)].term.as_deref().unwrap().to_owned();
            match found.basis {
                Basis::Narrative(assertion) => format!("{term} ({assertion})"),
                Basis::Code | Basis::Term => term,
            }
        };
        assessment.reactions.iter().map(term).collect()
    }

    #[rstest]
    #[case("On day 3 Mr Smith had a severe nosebleed.", &["Nausea", "nosebleed (affirmed)"])]
    #[case("Possible VOD of the liver.", &["Nausea", "VOD (uncertain)"])]
    #[case("Possible VOD. Later VOD was proven.", &["Nausea", "VOD (affirmed)"])]
    #[case("No bleeding. Her mother had VOD. Monitor for febrile neutropenia.", &["Nausea"])]
    #[case("History of GI bleed and VOD.", &["Nausea"])]
    #[case("He vomited twice and was tired.", &["Nausea"])]
    fn what_is_told(#[case] narrative: &'static str, #[case] expected: &[&str]) {
        assert_eq!(terms(&["Nausea"], narrative), expected);
    }

    #[test]
    fn a_reaction_of_the_report_goes_before_its_narrative() {
        assert_eq!(terms(&["Epistaxis"], "He had a nosebleed and VOD."), ["Epistaxis", "VOD (affirmed)"]);
    }

    #[test]
    fn an_earlier_vod_is_history_and_no_reaction() {
        let (report, assessment) = told(DrugRole::Suspect, &[], "PMH: VOD after busulfan.");
        assert_eq!(report.history.len(), 1);
        assert!(report.history[0].continuing.is_none());
        assert_eq!((report.reactions.len(), assessment.concepts), (0, 0));
    }

    #[test]
    fn a_narrative_without_the_product_as_suspect_is_not_read() {
        let (report, assessment) = told(DrugRole::Concomitant, &[], "Fatal haemorrhage.");
        assert_eq!((report.reactions.len(), assessment.concepts), (0, 0));
    }
}

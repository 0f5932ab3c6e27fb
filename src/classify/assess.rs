//! The quiet half of judging a report, run for every one of them: no allocation, no words.

use super::concerns::ConcernIndex;
use super::situation::SituationIndex;
use crate::normalise::{Narratives, ProductIndex, ProductMatch, TermIndex, TermRef};
use crate::profile::meddra::Dictionary;
use crate::profile::{Assertion, Profile};
use crate::record::{DrugRole, Reaction, ReactionOutcome, Report, Seriousness};
use smallvec::SmallVec;
use std::sync::Arc;

/// Indexes of a profile that judging a report needs. Immutable, shared by all shards.
#[derive(Debug)]
pub struct Classifier {
    products: ProductIndex,
    terms: TermIndex,
    situations: SituationIndex,
    narratives: Arc<Narratives>,
    concerns: ConcernIndex,
}

/// How a reaction was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// By its MedDRA code.
    Code,
    /// By its words.
    Term,
    /// By a phrase of the narrative that affirms it or holds it possible.
    Narrative(Assertion),
}

impl Basis {
    /// The basis as in outcomes and evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Term => "term",
            Self::Narrative(_) => "narrative",
        }
    }
}

/// One reaction of the report, and the term of the profile that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReactionFound {
    /// Index into the report's reactions.
    pub at: u16,
    /// The profile's term; `None` where the profile knows no such term or code.
    pub term: Option<TermRef>,
    /// How it was recognised.
    pub basis: Basis,
}

/// The drug row that makes the product suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspectRow {
    /// Index into the report's drugs: the first such row.
    pub at: u16,
    /// Why the row is the product.
    pub by: ProductMatch,
}

/// Three-valued answer of the reporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated {
    /// Stated to be so.
    Yes,
    /// Stated not to be so.
    No,
    /// Nothing stated.
    Unknown,
}

/// What a report says, in the profile's words.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The row in which the product is suspect or interacting, if there is one.
    pub suspect: Option<SuspectRow>,
    /// A row in which the product is named in another role.
    pub named_otherwise: Option<SuspectRow>,
    /// Every reaction, in the report's order.
    pub reactions: SmallVec<[ReactionFound; 12]>,
    /// Bit set of the label reactions reported.
    pub concepts: u64,
}

impl Classifier {
    /// Builds the indexes.
    ///
    /// # Errors
    /// One sentence per contradiction in the profile's terms and names.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let parts = (
            ProductIndex::new(profile),
            TermIndex::new(profile),
            SituationIndex::new(profile),
            Narratives::of(profile),
            ConcernIndex::new(profile),
        );
        match parts {
            (Ok(products), Ok(terms), Ok(situations), Ok(narratives), Ok(concerns)) => {
                Ok(Self { products, terms, situations, narratives, concerns })
            }
            (products, terms, situations, narratives, concerns) => {
                let faults = [products.err(), terms.err(), situations.err(), narratives.err(), concerns.err()];
                Err(faults.into_iter().flatten().flatten().collect())
            }
        }
    }

    /// Adds a user's dictionary to the terms, and its codes to those of the special situations.
    ///
    /// # Errors
    /// One sentence per contradiction between the profile and the dictionary.
    pub fn add_dictionary(&mut self, profile: &Profile, dictionary: &Dictionary) -> Result<(), Vec<String>> {
        self.terms.add_dictionary(profile, dictionary)?;
        for term in dictionary.all_preferred() {
            self.situations.add_code(term.code, &term.name);
        }
        for term in dictionary.lowest() {
            let preferred = dictionary.preferred(term.preferred).map_or(term.name.as_str(), |term| term.name.as_str());
            self.situations.add_code(term.code, preferred);
            self.situations.add_code(term.code, &term.name);
        }
        Ok(())
    }

    /// Index of terms and codes.
    #[must_use]
    pub const fn terms(&self) -> &TermIndex {
        &self.terms
    }

    /// Index of the product's names and codes.
    #[must_use]
    pub const fn products(&self) -> &ProductIndex {
        &self.products
    }

    /// Words and limits of the special situations.
    #[must_use]
    pub const fn situations(&self) -> &SituationIndex {
        &self.situations
    }

    /// What reactions and history mean for the patient.
    #[must_use]
    pub const fn concerns(&self) -> &ConcernIndex {
        &self.concerns
    }

    /// Phrases of narratives.
    #[must_use]
    pub fn narratives(&self) -> &Narratives {
        &self.narratives
    }

    /// Judges what the report says, without a word of explanation yet.
    #[must_use]
    pub fn assess(&self, report: &Report<'_>) -> Assessment {
        let mut assessment =
            Assessment { suspect: None, named_otherwise: None, reactions: SmallVec::new(), concepts: 0 };
        for (at, drug) in report.drugs.iter().enumerate() {
            // Several rows may name the product; the first in a suspect role decides, and it stays one case.
            let Some(by) = self.products.matches(drug) else { continue };
            let row = SuspectRow { at: u16::try_from(at).unwrap_or(u16::MAX), by };
            match drug.role {
                DrugRole::Suspect | DrugRole::Interacting => {
                    assessment.suspect = Some(row);
                    break;
                }
                DrugRole::Concomitant | DrugRole::NotAdministered | DrugRole::Unknown => {
                    assessment.named_otherwise = assessment.named_otherwise.or(Some(row));
                }
            }
        }
        for (at, reaction) in report.reactions.iter().enumerate() {
            let (term, basis) = self.recognise(reaction);
            assessment.concepts |= term.map_or(0, TermRef::concept_bit);
            let at = u16::try_from(at).unwrap_or(u16::MAX);
            assessment.reactions.push(ReactionFound { at, term, basis });
        }
        assessment
    }

    /// By code first, since that is what the sender's coder decided; by words where the code says nothing to us, or
    /// where only the words are of a verified source.
    fn recognise(&self, reaction: &Reaction<'_>) -> (Option<TermRef>, Basis) {
        let by_code = reaction.code.and_then(|code| self.terms.by_code(code));
        if let Some(term) = by_code
            && term.verified
        {
            return (by_code, Basis::Code);
        }
        let by_words = reaction.term.as_deref().and_then(|words| self.terms.by_words(words));
        if by_words.is_some() {
            (by_words, Basis::Term)
        } else {
            (by_code, if by_code.is_some() { Basis::Code } else { Basis::Term })
        }
    }
}

/// Is anything of this stated to be serious, stated not to be, or not stated?
#[must_use]
pub fn serious(stated: &Seriousness) -> Stated {
    let criteria = [
        stated.death,
        stated.life_threatening,
        stated.hospitalisation,
        stated.disability,
        stated.congenital_anomaly,
        stated.other_important,
    ];
    if stated.serious == Some(true) || criteria.contains(&Some(true)) {
        Stated::Yes
    } else if stated.serious == Some(false) || criteria.iter().all(|criterion| *criterion == Some(false)) {
        Stated::No
    } else {
        Stated::Unknown
    }
}

/// Seriousness of one reaction: its own, where its sender states any for it, else the case's.
#[must_use]
pub fn serious_reaction(report: &Report<'_>, reaction: &Reaction<'_>) -> Stated {
    if reaction.outcome == Some(ReactionOutcome::Fatal) {
        return Stated::Yes;
    }
    match reaction.seriousness.as_ref().map(serious) {
        None | Some(Stated::Unknown) => serious(&report.seriousness),
        Some(stated) => stated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Drug, Text};

    fn classifier() -> Classifier {
        Classifier::new(Profile::builtin()).unwrap()
    }
    fn drug(name: &'static str, role: DrugRole) -> Drug<'static> {
        Drug { name: Text::borrowed(name), role, ..Drug::default() }
    }

    #[test]
    fn suspect_is_the_role_and_not_the_name_alone() {
        let classifier = classifier();
        let suspect = |drugs: Vec<Drug<'static>>| {
            classifier.assess(&Report { drugs, ..Report::default() }).suspect.map(|row| row.at)
        };
        assert_eq!(suspect(vec![drug("BESPONSA", DrugRole::Suspect)]), Some(0));
        assert_eq!(
            suspect(vec![drug("Cytarabine", DrugRole::Suspect), drug("Besponsa", DrugRole::Interacting)]),
            Some(1)
        );
        assert_eq!(suspect(vec![drug("BESPONSA", DrugRole::Concomitant)]), None);
        assert_eq!(suspect(vec![drug("BESPONSA", DrugRole::NotAdministered)]), None);
        assert_eq!(
            suspect(vec![drug("MYLOTARG", DrugRole::Suspect), drug("gemtuzumab ozogamicin", DrugRole::Suspect)]),
            None
        );
        assert_eq!(
            suspect(vec![drug("Besponsa", DrugRole::Concomitant), drug("inotuzumab ozogamicin", DrugRole::Suspect)]),
            Some(1)
        );
    }

    #[test]
    fn an_unverified_code_gives_way_to_words() {
        let classifier = classifier();
        let found = |term: Option<&'static str>, code| {
            let reaction = Reaction { term: term.map(Text::borrowed), code, ..Reaction::default() };
            classifier.assess(&Report { reactions: vec![reaction], ..Report::default() }).reactions[0]
        };
        let both = found(Some("Venoocclusive liver disease"), Some(10_047_216));
        assert_eq!((both.basis, both.term.map(|t| t.verified)), (Basis::Term, Some(true)));
        let code_only = found(None, Some(10_047_216));
        assert_eq!((code_only.basis, code_only.term.map(|t| t.verified)), (Basis::Code, Some(false)));
        assert_eq!(found(None, None).term, None);
    }

    #[test]
    fn nothing_stated_is_not_no() {
        assert_eq!(serious(&Seriousness::default()), Stated::Unknown);
        assert_eq!(serious(&Seriousness { serious: Some(false), ..Seriousness::default() }), Stated::No);
        assert_eq!(serious(&Seriousness { death: Some(false), ..Seriousness::default() }), Stated::Unknown);
        // The reporter's seriousness is never downgraded.
        let contradiction = Seriousness { serious: Some(false), death: Some(true), ..Seriousness::default() };
        assert_eq!(serious(&contradiction), Stated::Yes);
    }

    #[test]
    fn a_fatal_reaction_is_serious_whatever_the_flags_say() {
        let report =
            Report { seriousness: Seriousness { serious: Some(false), ..Seriousness::default() }, ..Report::default() };
        let fatal = Reaction { outcome: Some(ReactionOutcome::Fatal), ..Reaction::default() };
        assert_eq!(serious_reaction(&report, &fatal), Stated::Yes);
        assert_eq!(serious_reaction(&report, &Reaction::default()), Stated::No);
    }
}

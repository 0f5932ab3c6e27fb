//! The profile's words and limits for the special situations, read once and whole.

use crate::normalise::{Folded, TermIndex, WordList, fold};
use crate::profile::Profile;
use crate::record::Reaction;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// What a reported term says of a special situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TermKind {
    /// Medication error.
    MedicationError,
    /// Overdose.
    Overdose,
    /// Off-label use.
    OffLabel,
    /// Use against a contraindication.
    Contraindicated,
    /// The mother was exposed.
    PregnancyExposure,
    /// There was a pregnancy.
    Pregnancy,
    /// The father was exposed.
    Paternal,
    /// Exposure by breast milk.
    Lactation,
    /// Lack of effect.
    LackOfEffect,
    /// Exposure at work.
    Occupational,
}

impl TermKind {
    /// All kinds with the fact that lists their terms. A term of two lists is of both.
    const LISTS: [(Self, &'static str); 10] = [
        (Self::MedicationError, "situation.medication_error.terms"),
        (Self::Overdose, "situation.overdose.terms"),
        (Self::OffLabel, "situation.off_label.terms"),
        (Self::Contraindicated, "situation.contraindicated.terms"),
        (Self::PregnancyExposure, "situation.pregnancy.exposure_terms"),
        (Self::Pregnancy, "situation.pregnancy.terms"),
        (Self::Paternal, "situation.paternal.terms"),
        (Self::Lactation, "situation.lactation.terms"),
        (Self::LackOfEffect, "situation.lack_of_effect.terms"),
        (Self::Occupational, "situation.occupational.terms"),
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Facts with a number that the rules need.
const NUMBERS: [&str; 16] = [
    "label.eu.age_min_years",
    "label.us.age_min_years",
    "label.us.age_min_years_before_revision",
    "label.dose.cycle1.day1",
    "label.dose.cycle1.total",
    "label.dose.later_with_remission.total",
    "label.dose_gap_days_min",
    "label.day_tolerance_days",
    "label.cycle1.days",
    "label.cycles_max",
    "label.futility_cycles",
    "label.contraception.women_months",
    "label.contraception.men_months",
    "rule.dose.over_percent_above",
    "rule.infusion.information_minutes_below",
    "rule.infusion.low_minutes_below",
];

/// Words and terms of the special situations. Immutable, shared by all shards.
#[derive(Debug)]
pub struct SituationIndex {
    terms: HashMap<Folded, u16, FixedState>,
    codes: rustc_hash::FxHashMap<u32, u16>,
    pub(super) fitting: WordList,
    pub(super) other_lineage: WordList,
    pub(super) not_precise: WordList,
    pub(super) frontline: WordList,
    pub(super) relapsed: WordList,
    pub(super) philadelphia_positive: WordList,
    pub(super) philadelphia_negative: WordList,
    pub(super) tki: WordList,
    pub(super) tki_none: WordList,
    pub(super) agents: WordList,
    pub(super) other_routes: WordList,
    pub(super) severe: WordList,
    pub(super) not_severe: WordList,
    pub(super) history_words: WordList,
    pub(super) liver_disease: WordList,
    pub(super) liver_perhaps: WordList,
    pub(super) liver_not: WordList,
}

impl SituationIndex {
    /// Reads the profile's lists.
    ///
    /// # Errors
    /// One sentence per list or number that is missing.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        for id in NUMBERS {
            if profile.fact(id).and_then(|fact| fact.value).is_none() {
                faults.push(format!("facts: {id} is missing or has no value"));
            }
        }
        let mut terms: HashMap<Folded, u16, FixedState> = HashMap::default();
        for (kind, id) in TermKind::LISTS {
            let list = profile.fact(id).map(|fact| fact.list.as_slice()).unwrap_or_default();
            if list.is_empty() {
                faults.push(format!("facts: {id} is missing or has no list"));
            }
            for term in list {
                *terms.entry(fold(term)).or_default() |= kind.bit();
            }
        }
        let mut list = |id: &str| {
            WordList::of_fact(profile, id).unwrap_or_else(|fault| {
                faults.push(fault);
                WordList::default()
            })
        };
        let index = Self {
            terms,
            codes: rustc_hash::FxHashMap::default(),
            fitting: list("situation.indication.fitting"),
            other_lineage: list("situation.indication.other_lineage"),
            not_precise: list("situation.indication.not_precise"),
            frontline: list("situation.indication.frontline"),
            relapsed: list("situation.indication.relapsed"),
            philadelphia_positive: list("situation.philadelphia.positive"),
            philadelphia_negative: list("situation.philadelphia.negative"),
            tki: list("situation.tki.names"),
            tki_none: list("situation.tki.none"),
            agents: list("situation.combination.agents"),
            other_routes: list("situation.route.other"),
            severe: list("situation.severe.words"),
            not_severe: list("situation.not_severe.words"),
            history_words: list("situation.history.words"),
            liver_disease: list("situation.liver_disease.terms"),
            liver_perhaps: list("situation.liver_disease.perhaps"),
            liver_not: list("situation.liver_disease.not"),
        };
        if faults.is_empty() { Ok(index) } else { Err(faults) }
    }

    /// Adds codes of a user's dictionary: a code whose term is on a list says what the term says.
    pub fn add_code(&mut self, code: u32, term: &str) {
        if let Some(bits) = self.terms.get(&fold(term)).copied() {
            *self.codes.entry(code).or_default() |= bits;
        }
    }

    fn bits(&self, reaction: &Reaction<'_>) -> u16 {
        let by_code = reaction.code.and_then(|code| self.codes.get(&u32::try_from(code).ok()?));
        let by_words = reaction.term.as_deref().and_then(|term| self.terms.get(&fold(term)));
        by_code.copied().unwrap_or_default() | by_words.copied().unwrap_or_default()
    }

    /// Does the reaction say this?
    #[must_use]
    pub fn says(&self, reaction: &Reaction<'_>, kind: TermKind) -> bool {
        self.bits(reaction) & kind.bit() != 0
    }

    /// Is the reported "reaction" a situation and no event of the patient's body? Off-label use is no reaction: it has no
    /// listedness and does not make a report valid (fact base 5.5). Pregnancies and lack of effect do count as events.
    #[must_use]
    pub fn is_no_event(&self, reaction: &Reaction<'_>, terms: &TermIndex) -> bool {
        let no_event = TermKind::MedicationError.bit()
            | TermKind::Overdose.bit()
            | TermKind::OffLabel.bit()
            | TermKind::Contraindicated.bit()
            | TermKind::PregnancyExposure.bit()
            | TermKind::Paternal.bit()
            | TermKind::Lactation.bit()
            | TermKind::Occupational.bit();
        self.bits(reaction) & no_event != 0
            && reaction.term.as_deref().and_then(|term| terms.by_words(term)).is_none_or(|term| term.concept_bit() == 0)
    }
}

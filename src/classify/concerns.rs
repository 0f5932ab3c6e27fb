//! What of a report concerns its patient, as facts of a course. Which reactions are signs of what, and which items of the
//! history are conditions, the profile says.

use super::assess::{Assessment, Basis, Classifier, ReactionFound};
use crate::normalise::{Folded, TermIndex, TermRef, fold};
use crate::patient::{NAME_BYTES_MAX, start_of_day};
use crate::profile::{Assertion, Profile};
use crate::record::{
    Administration, Comparator, Condition, ConditionKind, Drug, DrugRole, Fact, Finding, FindingKind, HistoryItem,
    Intent, Millis, Presence, Quantity, Report, ResultStatus, Text,
};
use foldhash::fast::FixedState;
use std::collections::HashSet;

/// Facts that one report sends on at most, the first ones; it is judged whole all the same.
pub const FACTS_MAX: usize = 64;

const FINDING: &str = "patient.finding.";
const CONDITION: &str = "patient.condition.";

/// Terms and label reactions that mean a finding or a condition. Immutable, shared by all shards.
#[derive(Debug)]
pub struct ConcernIndex {
    findings: Vec<(FindingKind, Meaning)>,
    conditions: Vec<(ConditionKind, Meaning)>,
}

#[derive(Debug, Default)]
struct Meaning {
    terms: HashSet<Folded, FixedState>,
    /// Bit set of label reactions.
    reactions: u64,
}

impl Meaning {
    fn has(&self, words: &[Folded], term: Option<TermRef>) -> bool {
        words.iter().any(|words| self.terms.contains(words))
            || term.is_some_and(|term| term.concept_bit() & self.reactions != 0)
    }
}

impl ConcernIndex {
    /// Reads the profile's lists.
    ///
    /// # Errors
    /// One sentence per list that names no kind or no reaction, and where there is none at all.
    pub fn new(profile: &Profile) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let findings = read(profile, FINDING, FindingKind::ALL, FindingKind::name, &mut faults);
        let conditions = read(profile, CONDITION, ConditionKind::ALL, ConditionKind::name, &mut faults);
        if findings.is_empty() {
            faults.push(format!("facts: no list {FINDING}<kind>.terms: no reported sign would reach its patient"));
        }
        if faults.is_empty() { Ok(Self { findings, conditions }) } else { Err(faults) }
    }
}

fn read<K: Copy>(
    profile: &Profile,
    prefix: &str,
    kinds: &[K],
    name: impl Fn(K) -> &'static str,
    faults: &mut Vec<String>,
) -> Vec<(K, Meaning)> {
    let mut found: Vec<(K, &str, Meaning)> = Vec::new();
    for fact in &profile.facts {
        let Some((kind, list)) = fact.id.strip_prefix(prefix).and_then(|rest| rest.split_once('.')) else { continue };
        let Some(of) = kinds.iter().copied().find(|of| name(*of) == kind) else {
            faults.push(format!("facts: {} names no kind that there is", fact.id));
            continue;
        };
        let at = found.iter().position(|(_, held, _)| *held == kind).unwrap_or_else(|| {
            found.push((of, kind, Meaning::default()));
            found.len() - 1
        });
        let Some((_, _, meaning)) = found.get_mut(at) else { continue };
        match list {
            "terms" => meaning.terms.extend(fact.list.iter().map(|term| fold(term))),
            "reactions" => {
                for id in &fact.list {
                    match profile.reaction(id) {
                        Some(at) if at < 64 => meaning.reactions |= 1 << at,
                        Some(_) | None => faults.push(format!("facts: {}: there is no reaction {id}", fact.id)),
                    }
                }
            }
            _ => faults.push(format!("facts: {} ends neither in terms nor in reactions", fact.id)),
        }
        if fact.list.is_empty() {
            faults.push(format!("facts: {} has no list", fact.id));
        }
    }
    found.into_iter().map(|(kind, _, meaning)| (kind, meaning)).collect()
}

/// A fact of a report, and when it happened as far as that is known to the day.
pub type Concerning = (Fact<'static>, Option<Millis>);

impl Classifier {
    /// What a report in which the product is suspect tells about its patient: doses, signs, conditions, in this order.
    /// `report` is the one with what its narrative tells.
    #[must_use]
    pub fn concerning(&self, profile: &Profile, report: &Report<'_>, assessment: &Assessment) -> Vec<Concerning> {
        let mut facts = Vec::new();
        for drug in &report.drugs {
            let suspect = matches!(drug.role, DrugRole::Suspect | DrugRole::Interacting);
            if suspect && self.products().matches(drug).is_some() {
                facts.push(dose(drug));
            }
        }
        for found in &assessment.reactions {
            self.findings(profile, report, found, &mut facts);
        }
        for item in &report.history {
            self.conditions(profile, item, &mut facts);
        }
        facts.truncate(FACTS_MAX);
        facts
    }

    fn findings(&self, profile: &Profile, report: &Report<'_>, found: &ReactionFound, into: &mut Vec<Concerning>) {
        let Some(reaction) = report.reactions.get(usize::from(found.at)) else { return };
        let term = found.term.and_then(|term| text_of(profile, term));
        let words: Vec<Folded> = [term, reaction.term.as_deref()].into_iter().flatten().map(fold).collect();
        for (kind, meaning) in &self.concerns().findings {
            if !meaning.has(&words, found.term) {
                continue;
            }
            let presence = match found.basis {
                Basis::Narrative(Assertion::Uncertain) => Presence::Unsure,
                Basis::Code | Basis::Term | Basis::Narrative(_) => Presence::Present,
            };
            let finding = Finding {
                kind: *kind,
                presence,
                site: None,
                grade: None,
                name: term.or(reaction.term.as_deref()).map(cut),
                value: None,
                status: ResultStatus::Final,
            };
            into.push((Fact::Finding(finding), reaction.onset.and_then(start_of_day)));
        }
    }

    fn conditions(&self, profile: &Profile, item: &HistoryItem<'_>, into: &mut Vec<Concerning>) {
        let terms: &TermIndex = self.terms();
        let found = item.code.and_then(|code| terms.by_code(code)).filter(|term| term.verified);
        let found = found.or_else(|| item.term.as_deref().and_then(|words| terms.by_words(words)));
        let term = found.and_then(|term| text_of(profile, term));
        let words: Vec<Folded> = [term, item.term.as_deref()].into_iter().flatten().map(fold).collect();
        for (kind, meaning) in &self.concerns().conditions {
            if meaning.has(&words, found) {
                let condition = Condition {
                    kind: *kind,
                    presence: Presence::Present,
                    severity: None,
                    name: term.or(item.term.as_deref()).map(cut),
                    onset: None,
                    end: None,
                    status: ResultStatus::Final,
                };
                into.push((Fact::Condition(condition), None));
            }
        }
    }
}

/// A row of the product as a dose: a report gives its first and last day, seldom each dose.
fn dose(drug: &Drug<'_>) -> Concerning {
    let unit = drug.dose_unit.as_ref().map(|unit| unit.as_str());
    let per_area = unit.is_some_and(|unit| matches!(unit.trim(), "mg/m2" | "mg/m²" | "mg/sqm" | "mg/m^2"));
    let start = drug.start.and_then(start_of_day);
    let quantity = |value| Quantity { comparator: Comparator::Eq, value, unit: unit.map_or_else(Text::default, cut) };
    let administration = Administration {
        product: cut(&drug.name),
        dose: drug.dose_value.map(quantity),
        dose_mg_m2: drug.dose_value.filter(|_| per_area),
        start,
        stop: drug.end.and_then(start_of_day),
        intent: Intent::Unknown,
        cycle: None,
        cycle_day: None,
        status: ResultStatus::Final,
    };
    (Fact::Administration(administration), start)
}

fn text_of(profile: &Profile, term: TermRef) -> Option<&str> {
    let label = profile.reactions.get(usize::from(term.reaction))?;
    label.terms.get(usize::from(term.term)).map(|term| term.text.as_str())
}

/// The text, cut at a character.
fn cut(text: &str) -> Text<'static> {
    let end = (0..=NAME_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Text::owned(text.get(..end).unwrap_or_default().to_owned())
}

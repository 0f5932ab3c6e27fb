//! The full half of judging a report: run only where the product is suspect and the version holds.

use super::assess::{Assessment, Classifier, Stated, serious, serious_reaction};
use super::clock::{Applies, ClockFacts, applies, from_eea, related};
use super::listed::listedness;
use super::situation::{Given, Situation, situations};
use super::validity::{Element, follow_up_questions, missing_elements};
use crate::profile::{Answer, Listedness, Profile, Region};
use crate::record::{ChallengeResult, PartialDate, Reaction, Report};
use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3;

/// Everything that a safety officer asks of a report beside its reactions.
#[derive(Debug)]
pub struct Review<'a, 'm> {
    /// What the rules saw.
    pub given: Given<'a, 'm>,
    /// Every special situation, judged.
    pub situations: Vec<Situation>,
    /// Indexes of "reactions" that are situations and no events.
    pub no_events: SmallVec<[u16; 4]>,
    /// Elements missing for a valid report.
    pub missing: Vec<Element>,
    /// Questions to the reporter.
    pub questions: Vec<&'static str>,
    /// What the clocks depend on.
    pub clock_facts: ClockFacts,
    /// Does a clock run in the EU, in the US?
    pub applies: [Applies; 2],
    /// Result of stopping, as reported.
    pub dechallenge: Option<ChallengeResult>,
    /// Result of giving again, as reported.
    pub rechallenge: Option<ChallengeResult>,
}

impl<'a, 'm> Review<'a, 'm> {
    /// Reviews a report.
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        classifier: &'a Classifier,
        report: &'a Report<'m>,
        assessment: &'a Assessment,
        on: Option<PartialDate>,
    ) -> Self {
        let index = classifier.situations();
        let terms = classifier.terms();
        let given = Given::new(profile, classifier.products(), terms, report, assessment, on);
        let situations = situations(index, &given);
        let no_events: SmallVec<[u16; 4]> = (0u16..)
            .zip(&report.reactions)
            .filter(|(_, reaction)| index.is_no_event(reaction, terms))
            .map(|(at, _)| at)
            .collect();
        let missing = missing_elements(index, terms, report, assessment);
        let questions = follow_up_questions(report, &missing, &situations, !given.dose_days().is_empty());
        let clock_facts = ClockFacts {
            valid: missing.is_empty(),
            serious: case_serious(report),
            unexpected_us: unexpected(profile, report, assessment, &no_events, on),
            related: related(given.rows.iter().flat_map(|row| row.causality.iter()).map(|text| text.as_str())),
            eea: from_eea(profile, report),
        };
        let applies = [applies(Region::Eu, report, &clock_facts), applies(Region::Us, report, &clock_facts)];
        let dechallenge = super::timing::challenge(given.rows.iter().map(|row| row.dechallenge));
        let recurred = report.reactions.iter().any(|reaction| reaction.recurred == Some(true));
        let rechallenge = super::timing::challenge(given.rows.iter().map(|row| row.rechallenge))
            .or(recurred.then_some(ChallengeResult::Positive));
        Self { given, situations, no_events, missing, questions, clock_facts, applies, dechallenge, rechallenge }
    }

    /// Is this reaction a situation and no event?
    #[must_use]
    pub fn is_no_event(&self, reaction: u16) -> bool {
        self.no_events.contains(&reaction)
    }

    /// Situations that are met.
    pub fn met(&self) -> impl Iterator<Item = &Situation> {
        self.situations.iter().filter(|situation| situation.answer == Answer::Met)
    }
}

/// Day by which a report is judged: of most recent information, else of first receipt, else when it became known.
#[must_use]
pub fn report_day(report: &Report<'_>, became_known: Option<PartialDate>) -> Option<PartialDate> {
    report.most_recent.or(report.first_received).or(became_known)
}

/// Serious by any criterion of the case or of any reaction; never downgraded.
fn case_serious(report: &Report<'_>) -> Stated {
    let of_case = serious(&report.seriousness);
    let each = || report.reactions.iter().map(|reaction| serious_reaction(report, reaction));
    if of_case == Stated::Yes || each().any(|stated| stated == Stated::Yes) {
        Stated::Yes
    } else if of_case == Stated::No || (!report.reactions.is_empty() && each().all(|stated| stated == Stated::No)) {
        Stated::No
    } else {
        Stated::Unknown
    }
}

/// Is a serious reaction unlisted in the US?
fn unexpected(
    profile: &Profile,
    report: &Report<'_>,
    assessment: &Assessment,
    no_events: &[u16],
    on: Option<PartialDate>,
) -> Stated {
    let mut answer = Stated::No;
    for found in assessment.reactions.iter().filter(|found| !no_events.contains(&found.at)) {
        let Some(reaction) = report.reactions.get(usize::from(found.at)) else { continue };
        let open = match serious_reaction(report, reaction) {
            Stated::No => continue,
            Stated::Yes => false,
            Stated::Unknown => true,
        };
        match listedness(profile, report, found, Region::Us, on).answer {
            Listedness::Unlisted if !open => return Stated::Yes,
            Listedness::Unlisted | Listedness::Review => answer = Stated::Unknown,
            Listedness::Listed | Listedness::NotApplicable => {}
        }
    }
    answer
}

/// Hash of everything in a report that is medical information: a change of it is a significant follow-up. Identifiers,
/// dates of transmission, links and the reporter's particulars are not.
#[must_use]
pub fn significant_content(report: &Report<'_>) -> u64 {
    let mut hash = Xxh3::new();
    let mut text = |part: &str| {
        hash.update(part.as_bytes());
        hash.update(&[0x1f]);
    };
    let seriousness = |stated: &crate::record::Seriousness| {
        let flags = [
            stated.serious,
            stated.death,
            stated.life_threatening,
            stated.hospitalisation,
            stated.disability,
            stated.congenital_anomaly,
            stated.other_important,
        ];
        flags.map(|flag| match flag {
            None => '-',
            Some(true) => 'y',
            Some(false) => 'n',
        })
    };
    let letters = |flags: [char; 7]| flags.iter().collect::<String>();
    text(&letters(seriousness(&report.seriousness)));
    for Reaction { term, code, outcome, onset, end, seriousness: own, recurred, code_version: _ } in &report.reactions {
        text(term.as_deref().unwrap_or_default());
        text(&format!("{code:?}{outcome:?}{onset:?}{end:?}{recurred:?}"));
        text(&own.as_ref().map(|own| letters(seriousness(own))).unwrap_or_default());
    }
    for drug in &report.drugs {
        text(&drug.name);
        text(&format!("{:?}{:?}{:?}{:?}{:?}", drug.role, drug.start, drug.end, drug.action, drug.dechallenge));
        text(&format!(
            "{:?}{:?}{:?}{:?}",
            drug.rechallenge, drug.dose_value, drug.cumulative_dose, drug.additional_codes
        ));
        for part in drug.dose_text.iter().chain(&drug.indications).chain(&drug.causality) {
            text(part);
        }
    }
    let patient = &report.patient;
    text(&format!("{:?}{:?}{:?}{:?}", patient.age_years, patient.age_group, patient.sex, patient.death_date));
    for item in &report.history {
        text(item.term.as_deref().unwrap_or_default());
        text(&format!("{:?}{:?}", item.code, item.continuing));
    }
    for test in &report.tests {
        text(test.name.as_deref().unwrap_or_default());
        text(&format!("{:?}{:?}", test.date, test.value));
        text(test.value_text.as_deref().unwrap_or_default());
    }
    text(report.narrative.as_deref().unwrap_or_default());
    hash.digest()
}

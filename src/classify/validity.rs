//! Is the report valid (GVP VI: reporter, patient, product, reaction), and what should be asked for?

use super::assess::{Assessment, Stated, serious};
use super::situation::{Situation, SituationIndex};
use crate::normalise::TermIndex;
use crate::record::{PartialDate, Reaction, ReactionOutcome, Report};

/// Most questions on one alert.
pub const QUESTIONS_MAX: usize = 12;

/// One of the four elements of a valid report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// An identifiable reporter.
    Reporter,
    /// An identifiable patient.
    Patient,
    /// A suspected product.
    Product,
    /// A suspected adverse reaction.
    Reaction,
}

impl Element {
    /// Name, as in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::Patient => "patient",
            Self::Product => "product",
            Self::Reaction => "reaction",
        }
    }

    /// What to ask for.
    #[must_use]
    pub const fn question(self) -> &'static str {
        match self {
            Self::Reporter => "Who reports: please state the reporter's qualification and country.",
            Self::Patient => {
                "Please state at least one detail of the patient: age, age group, sex, initials, or a local number."
            }
            Self::Product => "Which product is suspected, and which batch was given?",
            Self::Reaction => "Which adverse reaction occurred? If none did, please say so.",
        }
    }
}

/// Elements that are missing, in fixed order; a report without any missing is valid.
#[must_use]
pub fn missing_elements(
    index: &SituationIndex,
    terms: &TermIndex,
    report: &Report<'_>,
    assessment: &Assessment,
) -> Vec<Element> {
    let mut missing = Vec::new();
    if report.reporter_qualification.is_none() && !given(report.reporter_country.as_deref()) {
        missing.push(Element::Reporter);
    }
    let patient = &report.patient;
    let described = patient.described.unwrap_or(false)
        || given(patient.pseudonym.as_deref())
        || patient.age_years.is_some()
        || patient.age_group.is_some()
        || patient.sex.is_some();
    if !described {
        missing.push(Element::Patient);
    }
    if assessment.suspect.is_none() {
        missing.push(Element::Product);
    }
    let is_event = |reaction: &Reaction<'_>| {
        (given(reaction.term.as_deref()) || reaction.code.is_some()) && !index.is_no_event(reaction, terms)
    };
    if !report.reactions.iter().any(is_event) {
        missing.push(Element::Reaction);
    }
    missing
}

fn given(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// Questions to the reporter, the missing elements first, then what the reactions and the special situations leave open.
#[must_use]
pub fn follow_up_questions(
    report: &Report<'_>,
    missing: &[Element],
    situations: &[Situation],
    dose_known: bool,
) -> Vec<&'static str> {
    let mut questions: Vec<&'static str> = missing.iter().map(|element| element.question()).collect();
    let reactions = &report.reactions;
    if serious(&report.seriousness) == Stated::Unknown
        && reactions.iter().all(|reaction| reaction.seriousness.is_none())
    {
        questions.push(
            "Was the reaction serious: did it result in death, threaten life, require or prolong a hospital stay, disable, \
             affect a birth, or was it otherwise medically important?",
        );
    }
    if reactions.iter().any(|reaction| reaction.onset.and_then(PartialDate::days).is_none()) {
        questions.push("On which day did each reaction begin?");
    }
    if reactions.iter().any(|reaction| matches!(reaction.outcome, None | Some(ReactionOutcome::Unknown))) {
        questions.push("What was the outcome of each reaction, and when?");
    }
    if !dose_known {
        questions.push(
            "On which days was the product given, in which dose, and when was the last dose before the reaction?",
        );
    }
    questions.extend(situations.iter().filter_map(|situation| situation.question));
    questions.truncate(QUESTIONS_MAX);
    questions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use crate::profile::Profile;
    use rstest::rstest;

    fn missing(json: &str) -> Vec<&'static str> {
        let report: Report<'_> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
        let classifier = Classifier::new(Profile::builtin()).unwrap();
        let assessment = classifier.assess(&report);
        missing_elements(classifier.situations(), classifier.terms(), &report, &assessment)
            .into_iter()
            .map(Element::name)
            .collect()
    }

    const REPORTER: &str = r#""reporter_qualification":"physician""#;
    const PATIENT: &str = r#""patient":{"sex":"female"}"#;
    const PRODUCT: &str = r#""drugs":[{"role":"suspect","name":"Besponsa"}]"#;
    const REACTION: &str = r#""reactions":[{"term":"Nausea"}]"#;

    #[rstest]
    #[case(&[REPORTER, PATIENT, PRODUCT, REACTION], &[])]
    #[case(&[PATIENT, PRODUCT, REACTION], &["reporter"])]
    #[case(&[REPORTER, PRODUCT, REACTION], &["patient"])]
    #[case(&[REPORTER, PATIENT, REACTION], &["product"])]
    #[case(&[REPORTER, PATIENT, PRODUCT], &["reaction"])]
    #[case(&[], &["reporter", "patient", "product", "reaction"])]
    #[case(&[r#""reporter_country":"DE""#, r#""patient":{"described":true}"#, PRODUCT, REACTION], &[])]
    #[case(&[REPORTER, r#""patient":{"described":false,"weight_kg":70.0}"#, PRODUCT, REACTION], &["patient"])]
    #[case(&[REPORTER, r#""patient":{"age_group":"adult"}"#, PRODUCT, REACTION], &[])]
    #[case(&[REPORTER, PATIENT, PRODUCT, r#""reactions":[{"term":" "}]"#], &["reaction"])]
    #[case(&[REPORTER, PATIENT, PRODUCT, r#""reactions":[{"term":"Overdose"}]"#], &["reaction"])]
    #[case(&[REPORTER, PATIENT, PRODUCT, r#""reactions":[{"term":"Overdose"},{"code":10028813}]"#], &[])]
    #[case(&[REPORTER, PATIENT, r#""drugs":[{"role":"concomitant","name":"Besponsa"}]"#, REACTION], &["product"])]
    fn four_elements(#[case] fields: &[&str], #[case] expected: &[&str]) {
        let comma = if fields.is_empty() { "" } else { "," };
        assert_eq!(missing(&format!(r#"{{"sender":"S"{comma}{}}}"#, fields.join(","))), expected);
    }

    #[test]
    fn each_missing_element_has_its_question_and_they_come_first() {
        let elements = [Element::Reporter, Element::Patient, Element::Product, Element::Reaction];
        let questions = follow_up_questions(&Report::default(), &elements, &[], false);
        for (element, question) in elements.iter().zip(&questions) {
            assert_eq!(element.question(), *question);
        }
        assert!(questions.iter().all(|question| question.ends_with(['.', '?'])), "{questions:?}");
        assert!(questions.iter().any(|question| question.starts_with("Was the reaction serious")));
    }
}

//! From first and last dose to onset, and what happened on stopping and on giving again, as reported.

use super::situation::Given;
use crate::profile::Profile;
use crate::record::{ChallengeResult, PartialDate, Reaction};

/// Fact with the days after the last dose within which VOD/SOS was seen.
const WINDOW_FACT: &str = "label.vod.watch_days_after_last_dose";

/// Where an interval comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalBasis {
    /// Stated as an interval (E2B G.k.9.i.3).
    Reported,
    /// From two dates.
    Dates,
}

impl IntervalBasis {
    /// Name, as in alerts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported interval",
            Self::Dates => "dates",
        }
    }
}

/// Time to onset, in days; negative where the reaction began before the dose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeToOnset {
    /// From the first dose.
    pub from_first_dose: Option<(f64, IntervalBasis)>,
    /// From the last dose before the onset.
    pub from_last_dose: Option<(f64, IntervalBasis)>,
    /// Within the label's window after the last dose? `None` where the interval is not known.
    pub in_window: Option<bool>,
}

/// Time from the product's doses to the earliest onset of these reactions.
#[must_use]
pub fn time_to_onset(given: &Given<'_, '_>, reactions: &[&Reaction<'_>]) -> TimeToOnset {
    let onset = reactions.iter().filter_map(|reaction| reaction.onset.and_then(PartialDate::days)).min();
    let least = |of: fn(&crate::record::Drug<'_>) -> Option<f64>| {
        given
            .rows
            .iter()
            .filter_map(|row| of(row))
            .fold(None, |least: Option<f64>, days| Some(least.map_or(days, |least| least.min(days))))
    };
    let most_first = given
        .rows
        .iter()
        .filter_map(|row| row.first_dose_to_onset_days)
        .fold(None, |most: Option<f64>, days| Some(most.map_or(days, |most| most.max(days))));
    let days = given.dose_days();
    #[expect(clippy::cast_precision_loss, reason = "days of a calendar")]
    let between = |from: Option<&i64>| Some(((onset? - from?) as f64, IntervalBasis::Dates));
    let from_first_dose = most_first.map(|days| (days, IntervalBasis::Reported)).or_else(|| between(days.first()));
    let last_before = onset.and_then(|onset| days.iter().rev().find(|day| **day <= onset));
    let from_last_dose = least(|row| row.last_dose_to_onset_days)
        .map(|days| (days, IntervalBasis::Reported))
        .or_else(|| between(last_before));
    let window = window_days(given.profile);
    let in_window = from_last_dose.zip(window).map(|((days, _), window)| (0.0..=window).contains(&days));
    TimeToOnset { from_first_dose, from_last_dose, in_window }
}

/// The label's window after the last dose, days.
#[must_use]
pub fn window_days(profile: &Profile) -> Option<f64> {
    profile.fact(WINDOW_FACT).and_then(|fact| fact.value)
}

/// The most telling answer over the product's rows: positive, then negative, then unknown, then not applicable.
#[must_use]
pub fn challenge(answers: impl Iterator<Item = Option<ChallengeResult>>) -> Option<ChallengeResult> {
    // In the order of the variants.
    answers.flatten().min()
}

/// Name of a challenge's result, as in alerts.
#[must_use]
pub const fn challenge_name(result: ChallengeResult) -> &'static str {
    match result {
        ChallengeResult::Positive => "positive",
        ChallengeResult::Negative => "negative",
        ChallengeResult::Unknown => "unknown",
        ChallengeResult::NotApplicable => "not_applicable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use crate::record::Report;
    use rstest::rstest;

    fn onset(drug: &str, onset: &str) -> TimeToOnset {
        let json = format!(
            r#"{{"sender":"S","drugs":[{{"role":"suspect","name":"Besponsa",{drug}}}],"reactions":[{{"onset":"{onset}"}}]}}"#
        );
        let report: Report<'_> = serde_json::from_str(&json).unwrap();
        let classifier = Classifier::new(Profile::builtin()).unwrap();
        let assessment = classifier.assess(&report);
        let given =
            Given::new(Profile::builtin(), classifier.products(), classifier.terms(), &report, &assessment, None);
        time_to_onset(&given, &report.reactions.iter().collect::<Vec<_>>())
    }

    const TWO_DOSES: &str = r#""start":"2025-04-26","end":"2025-05-03""#;

    #[rstest]
    #[case(TWO_DOSES, "2025-06-28", Some(63.0), Some(56.0), Some(true))]
    #[case(TWO_DOSES, "2025-06-29", Some(64.0), Some(57.0), Some(false))]
    #[case(TWO_DOSES, "2025-05-03", Some(7.0), Some(0.0), Some(true))]
    // Between the doses: the last dose before the onset counts.
    #[case(TWO_DOSES, "2025-05-01", Some(5.0), Some(5.0), Some(true))]
    // Before the first dose: there is no last dose before it.
    #[case(TWO_DOSES, "2025-04-20", Some(-6.0), None, None)]
    #[case(TWO_DOSES, "2025-06", None, None, None)]
    #[case(r#""start":"2025-05""#, "2025-06-28", None, None, None)]
    // What the reporter states goes before what dates give.
    #[case(r#""end":"2025-05-03","last_dose_to_onset_days":57.0"#, "2025-06-28", Some(56.0), Some(57.0), Some(false))]
    fn from_the_doses(
        #[case] drug: &str,
        #[case] day: &str,
        #[case] first: Option<f64>,
        #[case] last: Option<f64>,
        #[case] in_window: Option<bool>,
    ) {
        let found = onset(drug, day);
        let days = |interval: Option<(f64, IntervalBasis)>| interval.map(|(days, _)| days);
        assert_eq!(
            (days(found.from_first_dose), days(found.from_last_dose), found.in_window),
            (first, last, in_window)
        );
    }

    #[test]
    fn the_most_telling_challenge_counts() {
        use ChallengeResult::{Negative, NotApplicable, Positive, Unknown};
        let of = |answers: &[Option<ChallengeResult>]| challenge(answers.iter().copied());
        assert_eq!(of(&[None, Some(Unknown), Some(Positive)]), Some(Positive));
        assert_eq!(of(&[Some(NotApplicable), Some(Negative)]), Some(Negative));
        assert_eq!(of(&[None]), None);
    }
}

//! What a report gives to the rules of the special situations, gathered once.

use crate::classify::assess::Assessment;
use crate::normalise::{ProductIndex, TermIndex};
use crate::profile::Profile;
use crate::record::{Drug, DrugRole, PartialDate, Report};
use smallvec::SmallVec;

/// A report as the rules of the special situations see it.
#[derive(Debug)]
pub struct Given<'a, 'm> {
    /// The profile.
    pub profile: &'a Profile,
    /// The profile's terms.
    pub terms: &'a TermIndex,
    /// The report.
    pub report: &'a Report<'m>,
    /// What the quick half found.
    pub assessment: &'a Assessment,
    /// The rows in which the product is suspect or interacting.
    pub rows: Vec<&'a Drug<'m>>,
    /// Every other row.
    pub others: Vec<&'a Drug<'m>>,
    /// Day by which the labels are judged.
    pub on: Option<PartialDate>,
}

impl<'a, 'm> Given<'a, 'm> {
    /// Gathers what the report gives.
    #[must_use]
    pub fn new(
        profile: &'a Profile,
        products: &ProductIndex,
        terms: &'a TermIndex,
        report: &'a Report<'m>,
        assessment: &'a Assessment,
        on: Option<PartialDate>,
    ) -> Self {
        let (mut rows, mut others) = (Vec::new(), Vec::new());
        for drug in &report.drugs {
            let suspect = matches!(drug.role, DrugRole::Suspect | DrugRole::Interacting);
            if products.matches(drug).is_none() {
                others.push(drug);
            } else if suspect {
                rows.push(drug);
            }
        }
        Self { profile, terms, report, assessment, rows, others, on }
    }

    /// Days on which a dose was certainly given, as days since 1970, sorted: first and last administration of each row.
    #[must_use]
    pub fn dose_days(&self) -> SmallVec<[i64; 8]> {
        let mut days: SmallVec<[i64; 8]> =
            self.rows.iter().flat_map(|row| [row.start, row.end]).flatten().filter_map(PartialDate::days).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// First day of treatment, as far as it is known to the day.
    #[must_use]
    pub fn first_dose(&self) -> Option<i64> {
        self.dose_days().first().copied()
    }

    /// Last known day of treatment.
    #[must_use]
    pub fn last_dose(&self) -> Option<i64> {
        self.dose_days().last().copied()
    }

    /// Has one of the product's rows this E2B G.k.10.r code?
    #[must_use]
    pub fn has_code(&self, code: i32) -> bool {
        self.rows.iter().any(|row| row.additional_codes.contains(&code))
    }

    /// Texts that describe the disease: indications of the product, and the medical history.
    pub fn disease_texts(&self) -> impl Iterator<Item = &str> {
        let indications = self.rows.iter().flat_map(|row| row.indications.iter()).map(|text| text.as_str());
        let history = self.report.history.iter().filter_map(|item| item.term.as_deref());
        indications.chain(history)
    }

    /// A number of the profile; the index has made sure that it is there.
    #[must_use]
    pub fn number(&self, fact: &str) -> Option<f64> {
        self.profile.fact(fact).and_then(|fact| fact.value)
    }
}

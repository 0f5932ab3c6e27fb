//! One watched patient for people: the row of a list, the timeline, and why a criterion is met, not met or unknown.
//! Judged by the same rules as the shards', over the course as the changelog has it.

mod criteria;
mod facts;
mod items;
mod row;
mod series;
#[cfg(test)]
mod tests;
mod words;

pub use criteria::{Criterion, VerdictChange, VerdictCourse};
pub use facts::Facts;
pub use items::{ItemView, item_name};
pub use row::{ConcernRow, PatientRow, SettleRow, ValueRow};
pub use series::{Baseline, Point, SeriesView, ThresholdView, unit as canonical_unit};
pub use words::{analyte_words, capital};

use super::read_model::{AlertRow, Opened};
use crate::alert::Subject;
use crate::detect::{CourseView, CriticalSites, View as _, confounders, vod};
use crate::profile::{Analyte, Profile};
use crate::record::Millis;
use serde::Serialize;
use utoipa::ToSchema;

/// What judging a patient needs beside the course.
#[derive(Debug)]
pub struct Ward {
    /// The profile.
    pub profile: &'static Profile,
    sites: CriticalSites,
}

/// A patient whose timeline is shown.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Pseudonym.
    pub key: &'a str,
    /// The site that spoke of the patient last.
    pub site: &'a str,
    /// The course.
    pub opened: &'a Opened,
    /// The patient's alerts, the worst first.
    pub alerts: Vec<AlertRow>,
    /// Criteria are judged at this time.
    pub at: Millis,
}

/// Facts of the person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PersonView {
    /// Year of birth.
    pub birth_year: Option<i32>,
    /// Sex.
    pub sex: Option<&'static str>,
    /// Height, cm.
    pub height_cm: Option<f64>,
}

/// Baselines by ruling 11.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BaselinesView {
    /// Weight.
    pub weight: Option<Baseline>,
    /// Creatinine.
    pub creatinine: Option<Baseline>,
    /// Bilirubin.
    pub bilirubin: Option<Baseline>,
}

/// Everything that is known of one patient.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PatientView {
    /// Everything up to then has been judged.
    pub as_of: Option<Millis>,
    /// Pseudonym.
    pub key: String,
    /// The site that spoke of the patient last.
    pub site: String,
    /// The time of the judgement.
    pub at: Millis,
    /// The patient's row.
    pub row: PatientRow,
    /// The person.
    pub person: PersonView,
    /// Measured values by analyte.
    pub series: Vec<SeriesView>,
    /// What happened.
    #[serde(flatten)]
    pub facts: Facts,
    /// Baselines.
    pub baselines: BaselinesView,
    /// The latest transplant.
    pub hsct_at: Option<Millis>,
    /// End of the watch window.
    pub watch_until: Option<Millis>,
    /// Every criterion, with what is behind it.
    pub criteria: Vec<Criterion>,
    /// Verdicts over time, where they changed.
    pub course: Vec<VerdictCourse>,
    /// Where definitions disagree.
    pub disagreements: Vec<String>,
    /// Other causes of the same picture that are recorded.
    pub confounders: Vec<&'static str>,
    /// The patient's alerts.
    pub alerts: Vec<AlertRow>,
    /// Pseudonyms of cases that report of the patient.
    pub reports: Vec<String>,
}

impl Ward {
    /// A ward judged by this profile.
    #[must_use]
    pub fn new(profile: &'static Profile) -> Self {
        Self { profile, sites: CriticalSites::new(profile) }
    }

    fn view<'a>(&'a self, asked: &Asked<'a>) -> CourseView<'a> {
        let zone = self.profile.zone(asked.site);
        CourseView { profile: self.profile, sites: &self.sites, course: &asked.opened.course, zone, now: asked.at }
    }

    /// The patient's row in a list.
    #[must_use]
    pub fn row(&self, asked: &Asked<'_>) -> PatientRow {
        row::row(self.profile, &self.view(asked), asked)
    }

    /// Everything that is known of the patient.
    #[must_use]
    pub fn whole(&self, asked: &Asked<'_>, as_of: Option<Millis>) -> PatientView {
        let view = self.view(asked);
        let profile = self.profile;
        let baseline = |analyte| view.baseline(analyte).map(|measured| series::baseline(profile, analyte, &measured));
        let judged = vod(profile, &view);
        PatientView {
            as_of,
            key: asked.key.to_owned(),
            site: asked.site.to_owned(),
            at: asked.at,
            row: row::row(profile, &view, asked),
            person: facts::person(&view),
            series: series::all(profile, &view),
            facts: facts::all(profile, &view),
            baselines: BaselinesView {
                weight: baseline(Analyte::Weight),
                creatinine: baseline(Analyte::Creatinine),
                bilirubin: baseline(Analyte::Bilirubin),
            },
            hsct_at: view.transplants().next().map(|transplant| transplant.at),
            watch_until: row::watch_until(profile, &view),
            criteria: criteria::all(profile, &view, &asked.opened.said),
            course: criteria::over_time(profile, &view),
            disagreements: criteria::disagreements_of(profile, &judged),
            confounders: confounders(&view).map(crate::record::ConditionKind::name).collect(),
            alerts: asked.alerts.iter().filter(|row| row.subject == Subject::Patient).cloned().collect(),
            reports: facts::reports(&view),
        }
    }
}

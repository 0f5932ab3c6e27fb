//! A patient judged: the published criteria over what is known of one patient at one time.
//!
//! Every rule asks a [`View`] of the patient and answers in three values: met, not met, or unknown with what is missing.
//! Rules return small fixed-size values; words and evidence are made where something is raised.

mod baseline;
mod bleeding;
mod concern;
mod course_view;
mod exposure;
mod grades;
mod holds;
mod hy;
mod items;
mod monitoring;
mod neutropenia;
mod priority;
mod screen;
mod severity;
mod three;
mod view;
mod vod;

#[cfg(test)]
pub(crate) mod tests;

pub use baseline::Baselines;
pub use bleeding::{Bleeding, CriticalSites, bleeding};
pub use concern::{
    Beside, Ending, Level, bits, criterion_name, definitions, ending, first_sign, hold_ms, level, reported_to,
    touched_by, worsening,
};
pub use course_view::CourseView;
pub use exposure::{Check, Checks, DosePlace, Exposure, check_dose, cycles, mg_per_m2, place};
pub use grades::{Graded, grade, qtc};
pub use holds::{HaematologicalHold, HepaticHold, haematological_hold, hepatic_hold};
pub use hy::{HysLaw, Injury, hys_law};
pub use items::{ItemState, Items, Missing, explain, items};
pub use monitoring::{Overdue, next_due, overdue};
pub use neutropenia::{Closing, FeverJudgement, FeverVerdict, closes, fever_judgement};
pub use priority::priority;
pub use screen::{Calm, OF_VALUES};
pub use severity::{RiskFactors, Severity, risk_factors, severity, sos_grade, sos_grade_treated};
pub use three::{Standing, Verdict, against, any, both, holds};
pub use view::{Bleed, Contraindications, Dose, Measured, Stated, Transfusion, Transplant, View};
pub use vod::{Disagreement, Trigger, Triggers, VodJudgement, Watch, confounders, disagreements, vod, vod_priority};

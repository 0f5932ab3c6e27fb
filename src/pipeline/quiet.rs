//! A patient of whom nothing need be judged, and the value that leaves everything as it is.

use super::Judge;
use super::shard::Remembered;
use super::sites::Sites;
use super::ward::is_late;
use crate::detect::Calm;
use crate::patient::Course;
use crate::profile::Analyte;
use crate::record::{Head, Millis, Pseudonym};

/// A patient in whom nothing is met or open: what the next value is held against before anything is judged. It follows from
/// what is remembered, and is found again where it is not there.
#[derive(Debug)]
pub(super) struct Quiet {
    pub(super) calm: Calm,
    /// The site that spoke last.
    pub(super) site: u16,
    /// When a tick looks again.
    pub(super) due: Option<Millis>,
}

/// Does the value `id`, folded just now, leave everything as it is? Then nothing of the patient need be judged.
pub(super) fn stays_quiet(
    judge: &Judge,
    patient: &mut Remembered<Course, Option<Box<Quiet>>>,
    sites: &mut Sites,
    analyte: Analyte,
    head: &Head<'_>,
    id: u128,
    (key, changed): (u128, &mut Vec<Pseudonym>),
) -> bool {
    let Some(quiet) = &mut patient.beside else { return false };
    let (profile, course) = (judge.profile, &patient.of);
    let Some((value, before)) = course.values().newest(analyte, id) else { return false };
    let now = course.heard().max(course.newest());
    let awaited = quiet.due.is_some_and(|due| due <= now);
    let passes = !awaited
        && !is_late(profile, now, value.time)
        && head.recorded_at >= course.heard()
        && sites.name(quiet.site) == head.site.as_str()
        && !sites.is_said_silent(quiet.site)
        && quiet.calm.passes(profile, analyte, value, before, now);
    if passes {
        sites.hear(quiet.site, head.recorded_at);
        if patient.of.seal(quiet.due) {
            patient.change(key, changed);
        }
    }
    passes
}

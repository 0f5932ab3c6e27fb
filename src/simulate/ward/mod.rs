//! Wards of synthetic patients on the product, deterministic by seed: each course knows what happened to its patient and
//! what the rules should find.
//!
//! What should be found is written down with each script, by construction and with distance from every limit; it is not
//! computed by the rules that are judged. Nothing here says how often anything happens on a real ward.

mod chart;
mod scripts;

pub use chart::{Chart, WardMessage};
pub use scripts::Script;

use crate::record::Millis;
use std::collections::BTreeSet;

/// Sites with wards; the reports of [`super::Feed`] come from the same ones.
pub const WARD_SITES: [&str; 3] = ["sim-north", "sim-south", "sim-east"];

/// What really happened to a simulated patient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// VOD/SOS.
    pub vod: bool,
    /// Febrile neutropenia, or sepsis with few neutrophils.
    pub neutropenic_infection: bool,
    /// Major bleeding.
    pub major_bleeding: bool,
    /// Liver injury by the medicine, other than VOD/SOS.
    pub liver_injury: bool,
}

/// A simulated patient: the messages in the order in which they became known, and what is true and expected.
#[derive(Clone, Debug)]
pub struct WardPatient {
    /// Site that sends the messages.
    pub site: &'static str,
    /// Number of the patient; the identifier is made of it as in the simulated reports.
    pub number: u32,
    /// What happens.
    pub script: Script,
    /// What really happened.
    pub truth: Truth,
    /// Rules, by the names that alerts use in `criteria`, that must be met at some time; all others never.
    pub expected: BTreeSet<&'static str>,
    /// When what the script is about begins.
    pub key_time: Millis,
    /// Days from the first to the last message.
    pub days: u32,
    /// The messages.
    pub messages: Vec<WardMessage>,
}

/// The identifier of a simulated patient at its site.
#[must_use]
pub fn identifier(number: u32) -> String {
    format!("SIMULATED-{number}")
}

impl WardPatient {
    /// The patient of this number, whose first dose is on the day of `first_dose`. One seed is one patient.
    #[must_use]
    pub fn new(seed: u64, number: u32, first_dose: Millis) -> Self {
        let mut random = fastrand::Rng::with_seed(seed ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let script = Script::pick(&mut random);
        let site = random.choice(WARD_SITES).unwrap_or("sim-north");
        let mut chart = Chart::new(random, site, number, first_dose);
        let (truth, expected, key_time) = script.write(&mut chart);
        let (messages, days) = chart.finish();
        Self { site, number, script, truth, expected, key_time, days, messages }
    }

    /// The same patient, moved so that what the script is about has begun by `now`: for a demonstration.
    #[must_use]
    pub fn around(seed: u64, number: u32, now: Millis) -> Self {
        let probe = Self::new(seed, number, Millis(0));
        let first_day = (now.0 - probe.key_time.0).div_euclid(chart::DAY) * chart::DAY;
        Self::new(seed, number, Millis(first_day))
    }
}

/// Patients of a demonstration.
pub const DEMO_PATIENTS: u32 = 14;

/// What the wards of a demonstration have sent until `now`, in the order in which it happened, with its site.
#[must_use]
pub fn until(seed: u64, now: Millis) -> Vec<(&'static str, WardMessage)> {
    let patients = (0..DEMO_PATIENTS).map(|number| WardPatient::around(seed, number, now));
    let mut all: Vec<(&'static str, WardMessage)> = patients
        .flat_map(|patient| patient.messages.into_iter().map(move |message| (patient.site, message)))
        .filter(|(_, message)| message.known <= now)
        .collect();
    all.sort_by_key(|(_, message)| message.known);
    all
}

#[cfg(test)]
mod tests;

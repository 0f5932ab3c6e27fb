//! Simulated wards through the whole pipeline, in memory: do the rules find what each course was written to show, and what
//! of what they find had really happened in the simulation?
//!
//! This is agreement with the simulator, not clinical sensitivity: the simulated courses are clearer than real ones, and
//! how often each happens is chosen, not observed.

use super::ward::{Script, Truth, WardPatient};
use crate::alert::{Alert, Change};
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::pipeline::{Effects, Intake, Judge, LogMessage, Shard, Source, SourceMessage, intake, step, tick_record};
use crate::profile::{Concern, Priority};
use crate::record::{Millis, Pseudonym};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Rules that are compared, with the concern each belongs to. They are named as in the alerts' `criteria`.
pub const RULES: [(&str, Concern); 21] = [
    ("bilirubin_doubled", Concern::VodSos),
    ("weight_gain_with_pain", Concern::VodSos),
    ("modified_seattle", Concern::VodSos),
    ("baltimore", Concern::VodSos),
    ("ebmt2016_classical", Concern::VodSos),
    ("ebmt2016_late", Concern::VodSos),
    ("ebmt2023_probable", Concern::VodSos),
    ("ebmt2023_clinical", Concern::VodSos),
    ("ebmt2023_proven", Concern::VodSos),
    ("ctcae_v5", Concern::FebrileNeutropenia),
    ("idsa_2010", Concern::FebrileNeutropenia),
    ("esmo_2016", Concern::FebrileNeutropenia),
    ("fever_anc_unknown", Concern::FebrileNeutropenia),
    ("sepsis_without_fever", Concern::FebrileNeutropenia),
    ("isth_major", Concern::Haemorrhage),
    ("bleeding_overt", Concern::Haemorrhage),
    ("hb_fall", Concern::Haemorrhage),
    ("hepatic_hold_met", Concern::HepaticHold),
    ("single_test_notice", Concern::HepaticHold),
    ("hys_law", Concern::HysLaw),
    ("check_unit", Concern::Monitoring),
];

/// Patients that are in memory together.
const COHORT: u32 = 250;

/// Days over which the first doses of a cohort are spread.
const SPREAD_DAYS: u32 = 28;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// First dose of the first patient; any day would do.
const FIRST_DAY: Millis = Millis(1_735_689_600_000);

/// Patients of a rule: those in whom it was expected, found, both, and found where it had really happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Expected by the script.
    pub expected: u64,
    /// Found by the pipeline.
    pub found: u64,
    /// Both.
    pub both: u64,
    /// Found, and what the concern is about had happened.
    pub real: u64,
}

impl Found {
    /// Patients in whom expectation and finding differ.
    #[must_use]
    pub const fn differ(&self) -> u64 {
        self.expected + self.found - 2 * self.both
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    /// Patients.
    pub patients: u64,
    /// Days of all patients.
    pub patient_days: u64,
    /// Records judged.
    pub records: u64,
    /// By rule, in the order of [`RULES`].
    pub rules: Vec<Found>,
    /// Patients with a notifying alert of medium or high of the concern, and those of them in whom it had happened.
    pub concerns: BTreeMap<Concern, (u64, u64)>,
    /// Hours from the first notification of VOD/SOS to the first definition met, of patients in whom it had happened.
    pub lead_hours: Vec<i64>,
    /// Alerts that notify, by concern and priority.
    pub notifying: BTreeMap<(Concern, Priority), u64>,
    /// Revisions in all.
    pub revisions: u64,
    /// Patients by script, and those in whom any compared rule differs.
    pub scripts: BTreeMap<Script, (u64, u64)>,
    /// Examples of differences: script, patient, rule, and whether it was expected.
    pub differences: Vec<(Script, u32, &'static str, bool)>,
}

/// Signs that a course of VOD/SOS may pass on its way to a definition: found where they are not written they are no
/// difference, missing where they are written they are one.
const ON_THE_WAY: [&str; 1] = ["weight_gain_with_pain"];

/// Differences that are kept as examples.
const DIFFERENCES_MAX: usize = 20;

/// What was heard of one patient.
#[derive(Debug, Default)]
struct Heard {
    /// When each rule was first among the criteria met, by its number in [`RULES`].
    first: [Option<Millis>; RULES.len()],
    /// Concerns with a notifying alert of medium or high.
    paged: Vec<Concern>,
    /// First notification of VOD/SOS.
    vod_said: Option<Millis>,
}

/// Runs so many patients. `progress` is told how many are done.
///
/// # Errors
/// A sentence, where the pipeline cannot go on: a fault of ours.
pub fn run(judge: &Judge, patients: u32, seed: u64, progress: &mut dyn FnMut(u32)) -> Result<Agreement, String> {
    let mut found = Agreement { rules: vec![Found::default(); RULES.len()], ..Agreement::default() };
    let mut done = 0;
    while done < patients {
        let cohort = COHORT.min(patients - done);
        let wards: Vec<WardPatient> = (done..done + cohort)
            .map(|number| {
                let day = i64::from(number % SPREAD_DAYS);
                WardPatient::new(seed, number, Millis(FIRST_DAY.0 + day * DAY))
            })
            .collect();
        let heard = hear(judge, &wards, &mut found)?;
        for (patient, heard) in wards.iter().zip(&heard) {
            found.count(patient, heard);
        }
        done += cohort;
        progress(done);
    }
    found.lead_hours.sort_unstable();
    Ok(found)
}

/// Everything that the wards send, in the order in which it became known, with a tick an hour.
fn hear(judge: &Judge, wards: &[WardPatient], found: &mut Agreement) -> Result<Vec<Heard>, String> {
    let by = Intake {
        pseudonymiser: Pseudonymiser::new(&[7; 32]).map_err(|weak| weak.to_string())?,
        limits: Limits { message_bytes: 1 << 16, container_records: 1, list_items: 16 },
        internal_kinds: false,
    };
    let mut heard: Vec<Heard> = wards.iter().map(|_| Heard::default()).collect();
    let of_key: FxHashMap<Pseudonym, usize> = wards
        .iter()
        .enumerate()
        .map(|(at, patient)| (by.pseudonymiser.pseudonym(patient.site, &super::ward::identifier(patient.number)), at))
        .collect();
    let mut messages: Vec<(Millis, usize, &[u8])> = wards
        .iter()
        .enumerate()
        .flat_map(|(at, patient)| patient.messages.iter().map(move |m| (m.known, at, m.payload.as_slice())))
        .collect();
    messages.sort_by_key(|(known, at, _)| (*known, *at));
    let mut ward =
        Ward { judge, shard: Shard::new(0, 1, wards.len() + 1), effects: Effects::default(), offset: 0, of_key };
    let mut ticked = messages.first().map_or(0, |(known, ..)| known.0);
    for (known, at, payload) in messages {
        while ticked + HOUR <= known.0 {
            ticked += HOUR;
            ward.tick(Millis(ticked), &mut heard, found)?;
        }
        let site = wards.get(at).map_or("", |patient| patient.site);
        let source = Source { site: site.to_owned(), ..Source::default() };
        let message = SourceMessage {
            topic: "wards",
            partition: 0,
            offset: ward.offset,
            timestamp: known.0,
            payload,
            format: None,
        };
        let mut made = Vec::new();
        intake(&by, &source, &message, &mut |_, record| {
            made.push(
                record.map(|record| (record.key.to_owned(), record.value.to_vec())).map_err(|why| why.to_string()),
            );
        });
        for record in made {
            let (key, value) = record?;
            ward.judge(&key, &value, &mut heard, found)?;
            found.records += 1;
        }
    }
    Ok(heard)
}

struct Ward<'j> {
    judge: &'j Judge,
    shard: Shard,
    effects: Effects,
    offset: i64,
    of_key: FxHashMap<Pseudonym, usize>,
}

impl Ward<'_> {
    fn tick(&mut self, at: Millis, heard: &mut [Heard], found: &mut Agreement) -> Result<(), String> {
        let tick = tick_record(0, at).map_err(|fault| fault.to_string())?;
        self.judge(&tick.key, &tick.value, heard, found)
    }

    fn judge(&mut self, key: &str, value: &[u8], heard: &mut [Heard], found: &mut Agreement) -> Result<(), String> {
        let (offset, mut scratch) = (self.offset, Vec::new());
        let message = LogMessage { topic: "vigil.records", partition: 0, offset, key: Some(key.as_bytes()), value };
        self.offset += 1;
        step(self.judge, &mut self.shard, &message, &mut scratch, &mut self.effects)
            .map_err(|full| full.to_string())?;
        for out in self.effects.alerts.drain(..) {
            let key = out.alert.key.parse().ok();
            let Some(of) = key.and_then(|key| self.of_key.get(&key)).and_then(|at| heard.get_mut(*at)) else {
                continue;
            };
            of.hear(&out.alert, found);
        }
        Ok(())
    }
}

impl Heard {
    fn hear(&mut self, alert: &Alert<'_>, found: &mut Agreement) {
        found.revisions += 1;
        let ends = matches!(alert.change, Change::Resolved | Change::Withdrawn);
        if !ends {
            for ((rule, concern), first) in RULES.iter().zip(&mut self.first) {
                if *concern == alert.concern && alert.criteria.iter().any(|met| met.as_str() == *rule) {
                    first.get_or_insert(alert.recorded_at);
                }
            }
        }
        // Nobody answers in a simulation: what is said again because of that is no further alert.
        if alert.notify && alert.change != Change::Escalated {
            *found.notifying.entry((alert.concern, alert.priority)).or_default() += 1;
            if alert.priority >= Priority::Medium && !self.paged.contains(&alert.concern) {
                self.paged.push(alert.concern);
            }
            if alert.concern == Concern::VodSos {
                self.vod_said.get_or_insert(alert.recorded_at);
            }
        }
    }
}

impl Agreement {
    fn count(&mut self, patient: &WardPatient, heard: &Heard) {
        self.patients += 1;
        self.patient_days += u64::from(patient.days);
        let mut differs = false;
        for (at, ((rule, concern), first)) in RULES.iter().zip(&heard.first).enumerate() {
            let (expected, met) = (patient.expected.contains(rule), first.is_some());
            if let Some(of) = self.rules.get_mut(at) {
                of.expected += u64::from(expected);
                of.found += u64::from(met);
                of.both += u64::from(expected && met);
                of.real += u64::from(met && happened(*concern, patient.truth));
            }
            // How fast a course gains weight decides whether it passes these on its way to a definition.
            if expected != met && !(met && ON_THE_WAY.contains(rule)) {
                differs = true;
                if self.differences.len() < DIFFERENCES_MAX {
                    self.differences.push((patient.script, patient.number, rule, expected));
                }
            }
        }
        let script = self.scripts.entry(patient.script).or_default();
        *script = (script.0 + 1, script.1 + u64::from(differs));
        for concern in &heard.paged {
            let (paged, real) = self.concerns.entry(*concern).or_default();
            *paged += 1;
            *real += u64::from(happened(*concern, patient.truth));
        }
        if patient.truth.vod
            && let Some(said) = heard.vod_said
        {
            let definitions = RULES.iter().zip(&heard.first).skip(2).filter(|((_, of), _)| *of == Concern::VodSos);
            if let Some(met) = definitions.filter_map(|(_, first)| *first).min() {
                self.lead_hours.push((met.0 - said.0) / HOUR);
            }
        }
    }

    /// The middle one of the lead times, hours.
    #[must_use]
    pub fn median_lead_hours(&self) -> Option<i64> {
        self.lead_hours.get(self.lead_hours.len() / 2).copied()
    }
}

/// Had it happened to the simulated patient? For a concern that is no disease, that its finding was written is enough.
const fn happened(concern: Concern, truth: Truth) -> bool {
    match concern {
        Concern::VodSos => truth.vod,
        Concern::FebrileNeutropenia => truth.neutropenic_infection,
        Concern::Haemorrhage => truth.major_bleeding,
        Concern::HysLaw | Concern::HepaticHold => truth.liver_injury,
        Concern::HaematologicalHold
        | Concern::Dosing
        | Concern::ContraindicatedUse
        | Concern::Monitoring
        | Concern::Reaction => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    /// What each script was written to show is what the rules find, no more and no less.
    #[test]
    fn the_rules_find_what_was_written() {
        let judge = Judge::new(Profile::builtin()).unwrap();
        let found = run(&judge, 150, 1, &mut |_| {}).unwrap();
        assert_eq!(found.patients, 150);
        assert_eq!(found.differences, []);
        assert!(found.lead_hours.iter().all(|hours| *hours >= 0));
    }
}

//! `vigil bench detect`: simulated wards through the pipeline in memory, as a table.

use crate::profile::{Concern, Priority};
use crate::simulate::agreement::{Agreement, RULES};
use std::fmt::Write as _;

/// What must be known of these figures before they are read.
pub const CAVEAT: &str = "SIMULATED DATA. Agreement is with what the simulator was written to show: it is no clinical \
     sensitivity.\nPPV, lead time and burden rest on scripts whose shares are chosen, far above any ward's.";

/// The table.
#[must_use]
pub fn table(found: &Agreement, seed: u64) -> String {
    let mut text = format!("{CAVEAT}\n\n");
    let days = found.patient_days;
    let _ =
        writeln!(text, "{} patients, {days} patient-days, {} records, seed {seed}\n", found.patients, found.records);
    let _ = writeln!(
        text,
        "{:<20} {:<23} {:>8} {:>7} {:>9} {:>6}",
        "concern", "rule", "expected", "found", "agreement", "PPV"
    );
    for ((rule, concern), of) in RULES.iter().zip(&found.rules) {
        let agreement = share(found.patients - of.differ(), found.patients);
        let ppv = if concern == &Concern::Monitoring { "-".to_owned() } else { share(of.real, of.found) };
        let _ = writeln!(
            text,
            "{:<20} {rule:<23} {:>8} {:>7} {agreement:>9} {ppv:>6}",
            concern.name(),
            of.expected,
            of.found
        );
    }
    let _ = writeln!(text, "\npatients with a notifying alert of medium or high, and how many of them had it");
    for (concern, (paged, real)) in &found.concerns {
        let has_truth = matches!(
            concern,
            Concern::VodSos
                | Concern::FebrileNeutropenia
                | Concern::Haemorrhage
                | Concern::HysLaw
                | Concern::HepaticHold
        );
        let ppv = if has_truth { share(*real, *paged) } else { "-".to_owned() };
        let _ = writeln!(text, "  {:<20} {paged:>7} {ppv:>6}", concern.name());
    }
    match found.median_lead_hours() {
        Some(hours) => {
            let (first, last) = (found.lead_hours.first().copied(), found.lead_hours.last().copied());
            let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
            let count = found.lead_hours.len();
            let _ = writeln!(
                text,
                "\nVOD/SOS: first notification before the first definition met, {count} patients: median {hours} h, {first} to {last} h"
            );
        }
        None => text.push_str("\nVOD/SOS: no lead time, nothing was found\n"),
    }
    let _ = writeln!(text, "\nburden: alerts that notify, per 100 patient-days");
    for ((concern, priority), count) in found.notifying.iter().rev() {
        let _ =
            writeln!(text, "  {:<20} {:<12} {:>8} {:>8}", concern.name(), priority.name(), count, rate(*count, days));
    }
    let urgent = found.notifying.iter().filter(|((_, priority), _)| *priority >= Priority::Medium);
    let urgent: u64 = urgent.map(|(_, count)| count).sum();
    let all: u64 = found.notifying.values().sum();
    let _ = writeln!(text, "  medium and high {} per 100 patient-days, all {}", rate(urgent, days), rate(all, days));
    let _ = writeln!(text, "\n{:<24} {:>9} {:>14}", "script", "patients", "with difference");
    for (script, (patients, differ)) in &found.scripts {
        let _ = writeln!(text, "{:<24} {patients:>9} {differ:>14}", script.name());
    }
    for (script, number, rule, expected) in &found.differences {
        let how = if *expected { "expected and not found" } else { "found and not expected" };
        let _ = writeln!(text, "difference: patient {number}, {}: {rule} {how}", script.name());
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a share to be read")]
fn share(part: u64, of: u64) -> String {
    if of == 0 { "-".to_owned() } else { format!("{:.4}", part as f64 / of as f64) }
}

#[expect(clippy::cast_precision_loss, reason = "a rate to be read")]
fn rate(count: u64, days: u64) -> String {
    if days == 0 { "-".to_owned() } else { format!("{:.2}", count as f64 * 100.0 / days as f64) }
}

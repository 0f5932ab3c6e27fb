//! The numbers that the bedside rules work with: facts of the profile by their ids, each demanded in its unit.

use super::row::{Located, Reader};
use super::{Decimal, Fact};

/// A number of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number {
    /// The number, in the unit that its field names.
    pub value: Decimal,
    /// Was it read in its source, or is it a default of ours (and so no claim about a source)? An unverified number
    /// raises no high priority on its own.
    pub trusted: bool,
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident = $id:literal in $unit:literal),* $(,)?) => {
        /// The numbers of the bedside rules. Each field is the fact of the profile with the same meaning.
        #[derive(Clone, Debug, Default)]
        pub struct Numbers { $($(#[$doc])* pub $name: Number),* }

        /// Finds each number among the facts.
        pub(super) fn resolve(facts: &[Located<Fact>], whole: bool, reader: &mut Reader<'_>) -> Numbers {
            Numbers { $($name: find(facts, $id, $unit, whole, reader)),* }
        }
    };
}

numbers! {
    /// Anchored criteria apply to a transplant up to so many days before the first dose.
    hsct_days_before_first_dose_max = "rule.vod.hsct_days_before_first_dose_max" in "d",
    /// Watch window after the last dose, days.
    watch_days_after_last_dose = "rule.vod.watch_days_after_last_dose" in "d",
    /// Watch window after a transplant, days.
    watch_days_after_hsct = "rule.vod.watch_days_after_hsct" in "d",
    /// A laboratory value counts so many hours.
    stale_laboratory_hours = "rule.stale.laboratory_hours" in "h",
    /// A weight counts so many hours.
    stale_weight_hours = "rule.stale.weight_hours" in "h",
    /// A finding counts so many days.
    stale_finding_days = "rule.stale.finding_days" in "d",
    /// Suspicion: bilirubin doubled within so many hours.
    doubling_hours = "rule.suspicion.doubling_hours" in "h",
    /// Suspicion: and risen by so much, µmol/L.
    doubling_rise_umol_min = "rule.suspicion.bilirubin_rise_umol_min" in "umol/L",
    /// Suspicion: weight gain above, percent.
    suspicion_weight_percent_above = "rule.suspicion.weight_percent_above" in "%",
    /// Gilbert: below this multiple of the patient's own bilirubin.
    gilbert_baseline_multiple = "rule.gilbert.baseline_multiple" in "x baseline",
    /// Adult from this age, years.
    adult_age_years_min = "rule.adult_age_years_min" in "a",
    /// Baselines without a transplant: within so many days before the first dose.
    baseline_days_before_first_dose_max = "rule.baseline.days_before_first_dose_max" in "d",
    /// Suspect bilirubin above, mg/dL.
    suspect_bilirubin_mg_dl_above = "rule.suspect.bilirubin_mg_dl_above" in "mg/dL",
    /// Suspect bilirubin from this multiple of the one before.
    suspect_bilirubin_multiple_min = "rule.suspect.bilirubin_multiple_min" in "x previous",
    /// within so many hours.
    suspect_bilirubin_hours = "rule.suspect.bilirubin_hours" in "h",
    /// Suspect weight: changed by so much, percent.
    suspect_weight_percent = "rule.suspect.weight_percent" in "%",
    /// within so many hours.
    suspect_weight_hours = "rule.suspect.weight_hours" in "h",
    /// Hepatic hold: enter with bilirubin above.
    hold_enter_bilirubin_xuln = "rule.hepatic_hold.enter_bilirubin_xuln_above" in "x ULN",
    /// Hepatic hold: enter with ALT or AST above.
    hold_enter_enzyme_xuln = "rule.hepatic_hold.enter_alt_ast_xuln_above" in "x ULN",
    /// Hepatic hold: leave with bilirubin at most.
    hold_leave_bilirubin_xuln = "rule.hepatic_hold.leave_bilirubin_xuln_max" in "x ULN",
    /// Hepatic hold: leave with ALT and AST at most.
    hold_leave_enzyme_xuln = "rule.hepatic_hold.leave_alt_ast_xuln_max" in "x ULN",
    /// One enzyme alone: notice above.
    single_enzyme_xuln = "rule.single_test.alt_ast_xuln_above" in "x ULN",
    /// Haematological hold: asked from this cycle on.
    haem_hold_cycle_min = "rule.haem_hold.cycle_min" in "cycle",
    /// Haematological hold: neutrophils.
    haem_hold_anc_min = "label.haem_hold.anc_min" in "10*9/L",
    /// Haematological hold: platelets.
    haem_hold_platelets_min = "label.haem_hold.platelets_min" in "10*9/L",
    /// Platelets count only so many days after a platelet transfusion.
    transfusion_free_days = "rule.haem_hold.transfusion_free_days" in "d",
    /// Over-dose above, percent over the cell.
    over_dose_percent = "rule.dose.over_percent_above" in "%",
    /// Reduction from, percent under the cell.
    reduction_percent = "rule.dose.reduction_percent_min" in "%",
    /// Last day of a cycle on which a dose belongs to it.
    dose_cycle_days_last = "rule.dose.cycle_days_last" in "d",
    /// Cycle 1 and later cycles without remission, day 1, mg/m².
    dose_day1_high = "label.dose.cycle1.day1" in "mg/m2",
    /// Later cycles in remission, day 1, mg/m².
    dose_day1_low = "label.dose.later_with_remission.day1" in "mg/m2",
    /// Every day 8, mg/m².
    dose_day8 = "label.dose.cycle1.day8" in "mg/m2",
    /// Every day 15, mg/m².
    dose_day15 = "label.dose.cycle1.day15" in "mg/m2",
    /// Tolerance of a dosing day, days.
    day_tolerance = "label.day_tolerance_days" in "d",
    /// Least days between doses.
    dose_gap_days_min = "label.dose_gap_days_min" in "d",
    /// Most cycles.
    cycles_max = "label.cycles_max" in "cycles",
    /// Most cycles without a response.
    futility_cycles = "label.futility_cycles" in "cycles",
    /// Infusion: information below, minutes.
    infusion_information_minutes = "rule.infusion.information_minutes_below" in "min",
    /// Infusion: low below, minutes.
    infusion_low_minutes = "rule.infusion.low_minutes_below" in "min",
    /// A neutrophil count older than so many hours at the fever is none.
    fn_anc_age_hours = "rule.fn.anc_age_hours_max" in "h",
    /// Fever with an unknown count is high within so many days of a dose.
    fn_exposure_days = "rule.fn.exposure_days_max" in "d",
    /// A fever counts so many hours.
    fn_fever_hours = "rule.fn.fever_hours_max" in "h",
    /// Longest gap between readings of one fever, hours.
    fn_sustained_gap_hours = "rule.fn.sustained_gap_hours_max" in "h",
    /// Expected count: the last two no further apart, hours.
    fn_expected_interval_hours = "rule.fn.expected.interval_hours_max" in "h",
    /// White cells and neutrophil share of one sample within, minutes.
    fn_differential_minutes = "rule.fn.differential_minutes_max" in "min",
    /// Possible sepsis: temperature below, °C.
    sepsis_celsius_below = "rule.fn.sepsis_celsius_below" in "Cel",
    /// Possible sepsis: systolic pressure below, mmHg.
    sepsis_systolic_below = "rule.fn.sepsis_systolic_below" in "mm[Hg]",
    /// Possible sepsis: neutrophils below, 10⁹/L.
    sepsis_anc_below = "rule.fn.sepsis_anc_below" in "10*9/L",
    /// Infusion reaction shown beside a fever so many hours after an infusion.
    infusion_fever_hours = "rule.fn.infusion_fever_hours" in "h",
    /// An episode closes after so many hours below the limit, with neutrophils recovered.
    fn_close_hours_below = "rule.fn.close.hours_below_38" in "h",
    /// That limit, °C.
    fn_close_celsius = "rule.fn.close.celsius_below" in "Cel",
    /// or after so many hours without fever.
    fn_close_hours_without = "rule.fn.close.hours_without_fever" in "h",
    /// ISTH major: haemoglobin fall, g/L.
    isth_hb_fall = "rule.isth.hb_fall_g_per_l_min" in "g/L",
    /// within so many hours.
    isth_hb_hours = "rule.isth.hb_fall_hours" in "h",
    /// ISTH major: red-cell units.
    isth_units = "rule.isth.red_cell_units_min" in "units",
    /// within so many hours.
    isth_units_hours = "rule.isth.red_cell_hours" in "h",
    /// Dilution said above, percent of weight gained.
    dilution_weight_percent = "rule.isth.dilution_weight_percent_above" in "%",
    /// Platelets below are shown, never an alert alone, 10⁹/L.
    platelets_risk_below = "rule.platelets_never_alone_below" in "10*9/L",
    /// Hy's law: ALT or AST from.
    hys_enzyme_xuln = "rule.hys.alt_ast_xuln_min" in "x ULN",
    /// Hy's law: bilirubin above.
    hys_bilirubin_xuln = "rule.hys.bilirubin_xuln_above" in "x ULN",
    /// Hy's law: ALP below.
    hys_alp_xuln = "rule.hys.alp_xuln_below" in "x ULN",
    /// R ratio: hepatocellular from.
    hys_r_hepatocellular = "rule.hys.r_hepatocellular_min" in "ratio",
    /// R ratio: cholestatic to.
    hys_r_cholestatic = "rule.hys.r_cholestatic_max" in "ratio",
    /// Suspicion: bilirubin at this multiple of an earlier one.
    doubling_multiple = "rule.suspicion.doubling_multiple" in "x previous",
    /// Grade 2 of sinusoidal obstruction syndrome from, mg/dL.
    sos_grade2_mg_dl = "rule.sos_grade.grade2_mg_dl_min" in "mg/dL",
    /// Grade 3 of sinusoidal obstruction syndrome above, mg/dL.
    sos_grade3_mg_dl = "rule.sos_grade.grade3_mg_dl_above" in "mg/dL",
    /// QTc from, ms.
    qtc_ms = "rule.qtc.ms_min" in "ms",
    /// QTc rise from, ms.
    qtc_rise_ms = "rule.qtc.rise_ms_min" in "ms",
    /// Daily weight until this day after a transplant.
    weight_daily_until_day = "rule.weight_daily_until_day" in "d",
    /// A daily weight is overdue after so many hours.
    monitoring_weight_hours = "rule.monitoring.weight_hours" in "h",
    /// A test before a dose: within so many hours before it.
    monitoring_before_hours = "rule.monitoring.before_dose_hours" in "h",
    /// Tests after a dose: due within so many days.
    monitoring_after_days = "rule.monitoring.after_dose_days" in "d",
    /// Tests before the first dose: within so many days before it.
    monitoring_first_days = "rule.monitoring.before_first_days" in "d",
    /// Risk factors that lift a severity.
    severity_risk_factors = "rule.severity.lifting_risk_factors_min" in "factors",
    /// A risk factor: age from, years.
    severity_risk_age = "rule.severity.risk_age_years_min" in "a",
    /// Criteria that make a severity.
    severity_criteria = "rule.severity.criteria_min" in "criteria",
    /// An episode of vod_sos falls or ends only after so many hours.
    hold_hours_vod_sos = "rule.episode.hold_hours.vod_sos" in "h",
    /// An episode of febrile_neutropenia falls or ends only after so many hours.
    hold_hours_febrile_neutropenia = "rule.episode.hold_hours.febrile_neutropenia" in "h",
    /// An episode of haemorrhage falls or ends only after so many hours.
    hold_hours_haemorrhage = "rule.episode.hold_hours.haemorrhage" in "h",
    /// An episode of hepatic_hold falls or ends only after so many hours.
    hold_hours_hepatic_hold = "rule.episode.hold_hours.hepatic_hold" in "h",
    /// An episode of haematological_hold falls or ends only after so many hours.
    hold_hours_haematological_hold = "rule.episode.hold_hours.haematological_hold" in "h",
    /// An episode of hys_law falls or ends only after so many hours.
    hold_hours_hys_law = "rule.episode.hold_hours.hys_law" in "h",
    /// An episode of dosing falls or ends only after so many hours.
    hold_hours_dosing = "rule.episode.hold_hours.dosing" in "h",
    /// An episode of contraindicated_use falls or ends only after so many hours.
    hold_hours_contraindicated_use = "rule.episode.hold_hours.contraindicated_use" in "h",
    /// An episode of reaction falls or ends only after so many hours.
    hold_hours_reaction = "rule.episode.hold_hours.reaction" in "h",
    /// An open episode is looked at again so often, hours.
    look_again_hours = "rule.episode.look_again_hours" in "h",
    /// A snooze of febrile_neutropenia lasts at most so long, hours.
    snooze_hours_febrile_neutropenia = "rule.snooze.hours_max.febrile_neutropenia" in "h",
    /// A snooze of haemorrhage lasts at most so long, hours.
    snooze_hours_haemorrhage = "rule.snooze.hours_max.haemorrhage" in "h",
    /// A snooze of vod_sos lasts at most so long, hours.
    snooze_hours_vod_sos = "rule.snooze.hours_max.vod_sos" in "h",
    /// A snooze of any other concern lasts at most so long, hours.
    snooze_hours_other = "rule.snooze.hours_max.other" in "h",
    /// A call for a patient's febrile_neutropenia escalates after so long, minutes.
    escalation_minutes_febrile_neutropenia = "rule.escalation.minutes.febrile_neutropenia" in "min",
    /// A call for a patient's haemorrhage escalates after so long, minutes.
    escalation_minutes_haemorrhage = "rule.escalation.minutes.haemorrhage" in "min",
    /// A call for a patient's vod_sos escalates after so long, minutes.
    escalation_minutes_vod_sos = "rule.escalation.minutes.vod_sos" in "min",
    /// A call for a patient's any other concern escalates after so long, minutes.
    escalation_minutes_other = "rule.escalation.minutes.other" in "min",
    /// A call of a report of own receipt escalates after so long, minutes.
    escalation_minutes_report = "rule.escalation.minutes.report" in "min",
    /// A call escalates at most so often.
    escalation_steps_max = "rule.escalation.steps_max" in "steps",
    /// What was judged so long after it became known does not escalate, hours.
    escalation_backlog_hours = "rule.escalation.backlog_hours_max" in "h",
    /// Learned late: so many hours after it happened.
    learned_late_hours = "rule.learned_late_hours" in "h",
    /// A site is silent after so many hours.
    site_silent_hours = "rule.site_silent_hours" in "h",
}

fn find(facts: &[Located<Fact>], id: &str, unit: &str, whole: bool, reader: &mut Reader<'_>) -> Number {
    let Some(fact) = facts.iter().find(|fact| fact.row.id == id) else {
        if whole {
            reader.absent(1, "facts", format!("no fact \"{id}\", which the bedside rules need"));
        }
        return Number::default();
    };
    let (place, key) = (fact.line, &fact.key);
    match (fact.row.value.and_then(Decimal::from_f64), fact.row.unit.as_deref()) {
        (Some(_), Some(other)) if other != unit => {
            reader.fault(place, format!("{key}.unit"), format!("is \"{other}\", and the rules want \"{unit}\""));
        }
        (Some(value), _) if value < Decimal::ZERO => {
            reader.fault(place, format!("{key}.value"), "is below zero");
        }
        (Some(value), _) => return Number { value, trusted: fact.row.verified || fact.row.design },
        (None, _) => {
            reader.fault(place, format!("{key}.value"), "is missing or too large, and the bedside rules need it");
        }
    }
    Number::default()
}

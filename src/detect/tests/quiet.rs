//! Judging a patient of whom nothing is raised allocates nothing.

use super::bed::{Bed, profile};
use crate::detect::{
    Bleed, Dose, Measured, Stated, Transfusion, Transplant, View, bleeding, fever_judgement, grade, hepatic_hold,
    hys_law, overdue, vod, vod_priority,
};
use crate::profile::{Analyte, Answer};
use crate::record::{ConditionKind, FindingKind, Intent, Millis, ProcedureKind};

/// A patient whose values lie ready, the newest first.
struct Flat {
    now: Millis,
    values: Vec<(Analyte, Measured)>,
    doses: Vec<Dose>,
    transplants: Vec<Transplant>,
}

impl View for Flat {
    fn now(&self) -> Millis {
        self.now
    }
    fn local_day(&self, at: Millis) -> i64 {
        at.0.div_euclid(super::bed::DAY)
    }
    fn age_years(&self) -> Option<(u16, u16)> {
        Some((40, 40))
    }
    fn values(&self, analyte: Analyte) -> impl Iterator<Item = Measured> + '_ {
        self.values.iter().filter(move |(of, _)| *of == analyte).map(|(_, value)| *value)
    }
    fn baseline(&self, analyte: Analyte) -> Option<Measured> {
        self.values(analyte).last()
    }
    fn finding(&self, _: FindingKind) -> Option<Stated> {
        None
    }
    fn condition(&self, _: ConditionKind) -> Option<Stated> {
        None
    }
    fn transplants(&self) -> impl Iterator<Item = Transplant> + '_ {
        self.transplants.iter().copied()
    }
    fn doses(&self) -> impl Iterator<Item = Dose> + '_ {
        self.doses.iter().copied()
    }
    fn transfusions(&self, _: ProcedureKind) -> impl Iterator<Item = Transfusion> + '_ {
        std::iter::empty()
    }
    fn procedure(&self, _: ProcedureKind) -> Option<Millis> {
        None
    }
    fn bleeds(&self) -> impl Iterator<Item = Bleed> + '_ {
        std::iter::empty()
    }
    fn defibrotide(&self) -> Option<(Millis, Intent)> {
        None
    }
    fn remission(&self, _: Millis) -> Answer {
        Answer::Unknown
    }
    fn inpatient(&self) -> Answer {
        Answer::Met
    }
}

#[test]
fn a_quiet_patient_costs_no_allocation() {
    let mut bed = Bed::transplanted();
    for day in 2..11 {
        for (analyte, value, unit) in [
            (Analyte::Bilirubin, 12.0, "umol/L"),
            (Analyte::Alt, 30.0, "U/L"),
            (Analyte::Alp, 90.0, "U/L"),
            (Analyte::Weight, 70.4, "kg"),
            (Analyte::Temperature, 36.8, "Cel"),
            (Analyte::Anc, 0.3, "10*9/L"),
            (Analyte::Haemoglobin, 88.0, "g/L"),
        ] {
            bed.value(analyte, &format!("03-{day:02} 08:00"), value, unit);
        }
    }
    let mut values = bed.values.clone();
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.at));
    let now = super::bed::at("03-10 09:00");
    let flat = Flat { now, values, doses: bed.doses.clone(), transplants: bed.transplants.clone() };
    let raised = std::cell::Cell::new(true);
    let counted = allocation_counter::measure(|| {
        let vod = vod(profile(), &flat);
        let quiet = vod_priority(profile(), &vod).is_none()
            && fever_judgement(profile(), &flat).priority(profile()).is_none()
            && bleeding(profile(), &flat).priority(profile()).is_none()
            && hepatic_hold(profile(), &flat).priority(profile()).is_none()
            && hys_law(profile(), &flat).answer != Answer::Met
            && grade(profile(), &flat, Analyte::Bilirubin).is_some_and(|grade| grade.at_most == 0);
        let _ = overdue(profile(), &flat, false);
        raised.set(!quiet);
    });
    assert!(!raised.get());
    assert_eq!(counted.count_total, 0);
}

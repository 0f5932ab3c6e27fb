//! What the rules say of a patient as told so far, asked of the detectors themselves, by name.

use super::ward::WardFact;
use crate::detect::tests::bed::{Bed, decimal, profile};
use crate::detect::{
    Bleed, Check, CriticalSites, Dose, Measured, Transfusion, Transplant, Trigger, Verdict, View as _, bleeding,
    check_dose, closes, fever_judgement, haematological_hold, hepatic_hold, hys_law, overdue, place, vod,
};
use crate::normalise::{Measures, Reported, suspect_beside};
use crate::profile::{Answer, Decimal, Profile, SiteRow};
use crate::record::{
    Body, ConditionKind, Intent, Millis, Presence, ProcedureKind, Record, ResponseResult, ResultStatus, StayEvent,
};
use serde_json::json;
use std::sync::LazyLock;

static MEASURES: LazyLock<Measures<'static>> = LazyLock::new(|| Measures::new(profile()));

/// The patient as the facts tell, of which the later version of each holds.
pub(super) fn bed(facts: &[WardFact], now: Millis, profile: &Profile) -> Bed {
    let mut holding: Vec<&WardFact> = Vec::new();
    for fact in facts {
        holding.retain(|other| other.name != fact.name);
        holding.push(fact);
    }
    holding.sort_by_key(|fact| fact.time);
    let mut bed = Bed { now, zone: profile.zone("ward").clone(), ..Bed::default() };
    let mut conditioning: Option<(Millis, usize)> = None;
    for fact in holding {
        let text = json!({"body": fact.body}).to_string();
        let record: Record<'_> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        add(&mut bed, fact.time, &record.body, &mut conditioning, profile.site("ward"));
    }
    if let Some((start, alkylators)) = conditioning {
        for transplant in &mut bed.transplants {
            transplant.conditioning = Some(start);
            transplant.two_alkylators = Some(alkylators >= 2);
        }
    }
    bed
}

fn add(bed: &mut Bed, at: Millis, body: &Body<'_>, conditioning: &mut Option<(Millis, usize)>, site: Option<&SiteRow>) {
    let holds = |status: ResultStatus| status != ResultStatus::Withdrawn;
    match body {
        Body::Observation(seen) if holds(seen.status) => {
            let analyte = MEASURES.analyte(seen.loinc.as_deref(), seen.analyte.as_deref());
            let (Some(analyte), Some(quantity)) = (analyte, &seen.quantity) else { return };
            let reported = Reported {
                comparator: quantity.comparator,
                value: Some(quantity.value),
                unit: &quantity.unit,
                low: seen.reference_low,
                high: seen.reference_high,
                specimen: seen.specimen.as_deref(),
                body_site: seen.body_site.as_deref(),
            };
            let site_high = site.and_then(|site| site.upper_limit(analyte));
            let Ok(mut measure) = MEASURES.read(analyte, &reported, site_high) else { return };
            let before = bed.values.iter().filter(|(of, value)| *of == analyte && value.at < at);
            if let Some((_, before)) = before.max_by_key(|(_, value)| value.at) {
                let apart = at.0 - before.at.0;
                let beside = suspect_beside(profile(), analyte, &measure, &before.measure, apart);
                measure.suspect = measure.suspect.or(beside);
            }
            bed.values.push((analyte, Measured { at, measure }));
        }
        Body::Administration(given) if holds(given.status) => {
            if given.product.as_str() == "Defibrotide" {
                bed.defibrotide = Some((at, given.intent));
                return;
            }
            bed.doses.push(Dose {
                at,
                mg_m2: given.dose_mg_m2.map(decimal),
                lasted_ms: given.stop.map(|stop| stop.0 - at.0),
                cycle: given.cycle.and_then(|cycle| cycle.try_into().ok()),
                cycle_day: given.cycle_day.map(i64::from),
            });
        }
        Body::Procedure(done) if holds(done.status) => match done.kind {
            ProcedureKind::Hsct => {
                bed.transplants.push(Transplant { at, conditioning: None, two_alkylators: None });
            }
            ProcedureKind::Conditioning => {
                let alkylator = |agent: &str| profile().alkylators.iter().any(|known| known == agent);
                *conditioning = Some((at, done.agents.iter().filter(|agent| alkylator(agent)).count()));
            }
            ProcedureKind::RedCellTransfusion | ProcedureKind::PlateletTransfusion => {
                let units = done.units.and_then(Decimal::from_f64);
                bed.transfusions.push((done.kind, Transfusion { at, units }));
            }
            kind => bed.procedures.push((kind, at)),
        },
        Body::Finding(found) if holds(found.status) => {
            if found.kind == crate::record::FindingKind::OvertBleeding {
                let critical = CriticalSites::new(profile()).critical(found.site.as_deref());
                let grade = found.grade.and_then(|grade| grade.try_into().ok());
                bed.bleeds.push(Bleed { at, presence: found.presence, critical, grade });
            } else {
                bed.findings.push((found.kind, at, found.presence));
            }
        }
        Body::Condition(said) if holds(said.status) => bed.conditions.push((said.kind, said.presence)),
        Body::Response(response) if holds(response.status) => {
            let remission = matches!(response.result, ResponseResult::Cr | ResponseResult::Cri);
            bed.responses.push((at, if remission { Answer::Met } else { Answer::NotMet }));
        }
        Body::Stay(stay) => {
            bed.inpatient = Some(if stay.event == StayEvent::Admission { Answer::Met } else { Answer::NotMet });
        }
        Body::Patient(person) => {
            let year = bed.now.date().and_then(|date| date.days()).map_or(2025, |days| 1970 + days * 4 / 1461);
            bed.age = person.birth_year.and_then(|born| {
                let most = u16::try_from(year - i64::from(born)).ok()?;
                Some((most.saturating_sub(1), most))
            });
        }
        _ => {}
    }
}

const fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Met => "met",
        Answer::NotMet => "not met",
        Answer::Unknown => "unknown",
    }
}

fn said(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}

/// Every rule by name with its answer: met, not met, unknown, not applicable.
pub(super) fn answers(bed: &Bed) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    let mut put = |name: &str, answer: &'static str| all.push((name.to_owned(), answer));
    let judged = vod(profile(), bed);
    for (definition, verdict) in profile().definitions.iter().zip(judged.verdicts.iter().flatten()) {
        put(
            &definition.id,
            match verdict {
                Verdict::Met(_) => "met",
                Verdict::NotMet(_) => "not met",
                Verdict::Unknown(_) => "unknown",
                Verdict::NotApplicable(_) => "not applicable",
            },
        );
    }
    for (name, trigger) in [
        ("bilirubin_doubled", Trigger::BilirubinDoubled),
        ("weight_gain_with_pain", Trigger::WeightGainWithPain),
        ("new_ascites", Trigger::NewAscites),
        ("portal_flow_reversed", Trigger::PortalFlowReversed),
        ("refractory_platelets", Trigger::RefractoryPlatelets),
        ("defibrotide_treatment", Trigger::DefibrotideTreatment),
        ("defibrotide_unknown", Trigger::DefibrotideUnknown),
    ] {
        put(name, word(judged.triggers.answer(trigger)));
    }
    put("gilbert_near_baseline", said(judged.gilbert));
    put("age_unknown", said(judged.age_unknown));
    put("histology_disagrees", said(judged.histology_disagrees));
    let fever = fever_judgement(profile(), bed);
    for (definition, verdict) in profile().fever_definitions.iter().zip(fever.verdicts.iter().flatten()) {
        put(&definition.id, word(verdict.answer));
    }
    put("fever_anc_unknown", said(fever.count_unknown));
    put("sepsis_without_fever", word(fever.sepsis_without_fever));
    put("fever_after_infusion", said(fever.after_infusion));
    put("fn_over", word(closes(profile(), bed).answer));
    let bled = bleeding(profile(), bed);
    put("isth_major", word(bled.major));
    put("overt_bleeding", word(bled.overt));
    put("hb_fall", word(bled.hb_fall));
    put("red_cell_units", word(bled.units));
    put("dilution", said(bled.dilution));
    put("low_platelets", word(bled.low_platelets));
    let hold = hepatic_hold(profile(), bed);
    put("hepatic_hold", word(hold.enter));
    put("hepatic_hold_over", word(hold.leave));
    put("single_test_notice", said(hold.single));
    put("hys_law", word(hys_law(profile(), bed).answer));
    let exposure = place(profile(), bed);
    if let Some((last, (_, placed))) = exposure.doses.iter().enumerate().next_back() {
        let checks = check_dose(profile(), bed, &exposure, last);
        for (name, check) in [
            ("interval", Check::Interval),
            ("wrong_day", Check::WrongDay),
            ("over_dose", Check::OverDose),
            ("under_dose", Check::UnderDose),
            ("raised_after_reduction", Check::RaisedAfterReduction),
            ("infusion_below_45_min", Check::InfusionVeryShort),
            ("infusion_below_60_min", Check::InfusionShort),
            ("cycles_above_limit", Check::CyclesAboveLimit),
            ("cycles_without_response", Check::CyclesWithoutResponse),
        ] {
            put(name, checks.map_or("not applicable", |checks| word(checks.answer(check))));
        }
        let before = exposure.doses.iter().rev().find(|(_, other)| other.cycle < placed.cycle);
        let hold = haematological_hold(profile(), bed, placed.cycle, before.map(|(dose, _)| dose.at));
        put("haematological_hold", hold.map_or("not applicable", |hold| word(hold.answer)));
    }
    let late = overdue(profile(), bed, judged.any_met());
    for row in &profile().monitoring {
        put(&format!("overdue_{}", row.id), said(late.rows(profile()).any(|one| one.id == row.id)));
    }
    let recorded = |kind| bed.condition(kind).is_some_and(|stated| stated.presence == Presence::Present);
    put("gilbert", said(recorded(ConditionKind::Gilbert)));
    put("defibrotide_prophylaxis", said(bed.defibrotide().is_some_and(|(_, intent)| intent == Intent::Prophylaxis)));
    all
}

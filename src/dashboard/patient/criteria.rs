//! Every criterion over a patient with what is behind it: met, not met, unknown and what would settle it; and where
//! verdicts changed over time.

use super::items::{ItemView, item_name, item_view, measured, part, settle};
use super::row::SettleRow;
use super::series::{number, op_sign};
use crate::detect::{
    CourseView, Standing, Verdict, View as _, VodJudgement, bleeding, disagreements, explain, fever_judgement,
    hepatic_hold, hys_law, vod,
};
use crate::profile::{Analyte, Answer, Concern, Definition, Profile};
use crate::record::Millis;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most open questions of a row.
const SETTLE_MAX: usize = 6;

/// How far back verdicts are followed, milliseconds.
const COURSE_MS: i64 = 60 * 86_400_000;

/// Most points in time that are judged again for one timeline.
const MOMENTS_MAX: usize = 400;

/// Most changes of a verdict that are shown.
const CHANGES_MAX: usize = 50;

/// One criterion.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Criterion {
    /// Identity.
    pub id: String,
    /// Name.
    pub name: String,
    /// Concern.
    pub concern: Concern,
    /// `met`, `not_met`, `unknown`, `not_applicable`.
    pub verdict: &'static str,
    /// Why it does not apply.
    pub reason: Option<&'static str>,
    /// What it asks, in words.
    pub route: String,
    /// Was it read in its source?
    pub verified: bool,
    /// Source.
    pub source: String,
    /// First time met in the kept course.
    pub met_at: Option<Millis>,
    /// Has an alert said it?
    pub said: bool,
    /// Its items.
    pub items: Vec<ItemView>,
}

/// A verdict from a time on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictChange {
    /// From then on.
    pub time: Millis,
    /// The verdict.
    pub verdict: &'static str,
}

/// Verdicts of one definition over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VerdictCourse {
    /// The definition.
    pub id: String,
    /// Where its verdict changed.
    pub changes: Vec<VerdictChange>,
}

const fn verdict_name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Met(_) => "met",
        Verdict::NotMet(_) => "not_met",
        Verdict::Unknown(_) => "unknown",
        Verdict::NotApplicable(_) => "not_applicable",
    }
}

const fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::NoTransplant => "no_transplant",
        Standing::TooEarly => "too_early",
        Standing::TooLate => "too_late",
        Standing::Child => "child",
    }
}

/// Bits of a set, in order.
fn each(set: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |at| set & (1 << at) != 0)
}

/// A definition's routes in words.
fn route(profile: &Profile, definition: &Definition) -> String {
    let name = |at: usize| profile.criteria_items.get(at).map(|item| item_name(profile, item)).unwrap_or_default();
    let list = |set: u64| each(set).map(name).collect::<Vec<_>>().join(", ");
    let routes = definition.routes.iter().map(|route| {
        let mut parts = Vec::new();
        if route.all != 0 {
            parts.push(list(route.all));
        }
        if route.count > 0 {
            parts.push(format!("{} of: {}", route.count, list(route.of)));
        }
        parts.join(" and ")
    });
    routes.collect::<Vec<_>>().join("; or ")
}

/// Times at which something happened in the last days before the view's time, oldest first; the view's own is the last.
fn moments(view: &CourseView<'_>) -> Vec<Millis> {
    let since = Millis(view.now.0.saturating_sub(COURSE_MS));
    let facts = view.course.facts().map(|entry| entry.time);
    let values = view.course.values().all().filter(|(_, value)| value.holds()).map(|(_, value)| value.time);
    let times: BTreeSet<Millis> = facts.chain(values).filter(|at| since <= *at && *at < view.now).collect();
    let skipped = times.len().saturating_sub(MOMENTS_MAX);
    times.into_iter().skip(skipped).chain([view.now]).collect()
}

/// Verdicts of every definition of VOD/SOS and fever at a time, by identity.
fn verdicts<'p>(profile: &'p Profile, view: &CourseView<'_>) -> Vec<(&'p str, &'static str)> {
    let judged = vod(profile, view);
    let fever = fever_judgement(profile, view);
    let of_vod = profile.definitions.iter().zip(judged.verdicts);
    let of_vod = of_vod.filter_map(|(of, verdict)| Some((of.id.as_str(), verdict_name(&verdict?))));
    let of_fever = profile.fever_definitions.iter().zip(fever.verdicts);
    let of_fever = of_fever.filter_map(|(of, verdict)| Some((of.id.as_str(), verdict?.answer.name())));
    of_vod.chain(of_fever).collect()
}

/// Where the verdicts of the definitions changed in the last days.
pub fn over_time(profile: &Profile, view: &CourseView<'_>) -> Vec<VerdictCourse> {
    let mut courses: Vec<VerdictCourse> = Vec::new();
    for time in moments(view) {
        for (at, (id, verdict)) in verdicts(profile, &view.at(time)).into_iter().enumerate() {
            if courses.len() <= at {
                courses.push(VerdictCourse { id: id.to_owned(), changes: Vec::new() });
            }
            let Some(course) = courses.get_mut(at) else { continue };
            if course.changes.last().is_none_or(|last| last.verdict != verdict) {
                course.changes.push(VerdictChange { time, verdict });
            }
        }
    }
    for course in &mut courses {
        let more = course.changes.len().saturating_sub(CHANGES_MAX);
        course.changes.drain(..more);
    }
    courses
}

/// What is unknown and would settle a definition, in the profile's order.
pub fn settling(profile: &Profile, view: &CourseView<'_>) -> Vec<SettleRow> {
    let judged = vod(profile, view);
    let unknown = judged.verdicts.iter().flatten().fold(0, |all, verdict| match verdict {
        Verdict::Unknown(items) => all | items.unknown,
        Verdict::Met(_) | Verdict::NotMet(_) | Verdict::NotApplicable(_) => all,
    });
    let mut rows: Vec<SettleRow> = Vec::new();
    for at in each(unknown) {
        let Some(item) = profile.criteria_items.get(at) else { continue };
        let Some(missing) = explain(profile, view, item).missing else { continue };
        let text = settle(item, missing);
        if !rows.iter().any(|row| row.text == text) {
            rows.push(SettleRow { text, item: item.id.clone() });
        }
    }
    rows.truncate(SETTLE_MAX);
    rows
}

/// Where definitions disagree, a sentence each.
pub fn disagreements_of(profile: &Profile, judged: &VodJudgement) -> Vec<String> {
    let named = |at: usize| profile.definitions.get(at).map_or("", |definition| definition.name.as_str());
    let list = |set: u64| {
        let items = each(set).filter_map(|at| profile.criteria_items.get(at));
        items.map(|item| item_name(profile, item)).collect::<Vec<_>>().join(", ")
    };
    let sentence = |found: crate::detect::Disagreement| {
        let (met, other) = (named(found.met), named(found.other));
        match found.verdict {
            Verdict::NotMet(items) => format!("{met} is met, {other} is not: not there are {}", list(items.not_met)),
            Verdict::Unknown(items) => {
                format!("{met} is met, {other} cannot be said: missing are {}", list(items.unknown))
            }
            Verdict::NotApplicable(why) => {
                format!("{met} is met, {other} does not apply: {}", standing_name(why).replace('_', " "))
            }
            Verdict::Met(_) => String::new(),
        }
    };
    disagreements(judged).map(sentence).filter(|text| !text.is_empty()).collect()
}

/// Every criterion at the view's time; `said`: what alerts have said.
pub fn all(profile: &Profile, view: &CourseView<'_>, said: &[String]) -> Vec<Criterion> {
    let courses = over_time(profile, view);
    let met_at = |id: &str| {
        let course = courses.iter().find(|course| course.id == id)?;
        course.changes.iter().find(|change| change.verdict == "met").map(|change| change.time)
    };
    let said = |id: &str| said.iter().any(|said| said == id);
    let mut found = Vec::new();
    let judged = vod(profile, view);
    for (definition, verdict) in profile.definitions.iter().zip(judged.verdicts) {
        let Some(verdict) = verdict else { continue };
        let looked_at = each(definition.items()).filter_map(|at| profile.criteria_items.get(at));
        let reason = if let Verdict::NotApplicable(why) = verdict { Some(standing_name(why)) } else { None };
        found.push(Criterion {
            id: definition.id.clone(),
            name: definition.name.clone(),
            concern: Concern::VodSos,
            verdict: verdict_name(&verdict),
            reason,
            route: route(profile, definition),
            verified: definition.verified,
            source: definition.source.clone(),
            met_at: met_at(&definition.id),
            said: said(&definition.id),
            items: looked_at.map(|item| item_view(profile, item, &explain(profile, view, item))).collect(),
        });
    }
    let fever = fever_judgement(profile, view);
    for (definition, verdict) in profile.fever_definitions.iter().zip(fever.verdicts) {
        let Some(verdict) = verdict else { continue };
        let mut fever_item = measured(profile, view, "fever", verdict.fever, Analyte::Temperature);
        // The reading that is a fever, not a later one that is none.
        if let Some(reading) = fever.fever.filter(|_| verdict.fever == Answer::Met) {
            fever_item.value = Some(number(reading.measure.value));
            fever_item.comparator = Some(reading.measure.comparator.name());
            fever_item.time = Some(reading.at);
        }
        let mut items = vec![fever_item, measured(profile, view, "anc_below", verdict.below, Analyte::Anc)];
        if definition.expected_ms.is_some() {
            items.push(measured(profile, view, "anc_expected_below", verdict.expected, Analyte::Anc));
        }
        let (single, count) = (&definition.single, &definition.neutrophils);
        found.push(Criterion {
            id: definition.id.clone(),
            name: definition.name.clone(),
            concern: Concern::FebrileNeutropenia,
            verdict: verdict.answer.name(),
            reason: None,
            route: format!(
                "Temperature {} {} °C once or {} {} °C repeated, and neutrophils {} {} × 10⁹/L{}",
                op_sign(single.op),
                single.limit,
                op_sign(definition.repeated.op),
                definition.repeated.limit,
                op_sign(count.op),
                count.limit,
                if definition.expected_ms.is_some() { ", or expected so" } else { "" }
            ),
            verified: definition.verified,
            source: definition.source.clone(),
            met_at: met_at(&definition.id),
            said: said(&definition.id),
            items,
        });
    }
    found.extend(others(profile, view, &said));
    found
}

/// ISTH major, the label's hepatic hold, Hy's law.
fn others(profile: &Profile, view: &CourseView<'_>, said: &impl Fn(&str) -> bool) -> [Criterion; 3] {
    let numbers = &profile.numbers;
    let (bled, hold, hys) = (bleeding(profile, view), hepatic_hold(profile, view), hys_law(profile, view));
    let criterion = |id: &str, name: &str, concern, answer: Answer, says: &str| Criterion {
        id: id.to_owned(),
        name: name.to_owned(),
        concern,
        verdict: answer.name(),
        reason: None,
        route: String::new(),
        verified: true,
        source: String::new(),
        met_at: None,
        said: said(says),
        items: Vec::new(),
    };
    let latest = view.bleeds().max_by_key(|bleed| bleed.at);
    let bleed = |id: &str, answer| ItemView {
        presence: latest.map(|bleed| bleed.presence.name()),
        time: latest.map(|bleed| bleed.at),
        missing: (answer == Answer::Unknown).then_some("not_recorded"),
        ..part(id, answer)
    };
    let isth = Criterion {
        route: format!(
            "Overt bleeding, and one of: a critical site; haemoglobin fallen by {} g/L within {} h; {} units of red cells \
             within {} h",
            numbers.isth_hb_fall.value,
            numbers.isth_hb_hours.value,
            numbers.isth_units.value,
            numbers.isth_units_hours.value
        ),
        verified: numbers.isth_hb_fall.trusted && numbers.isth_units.trusted,
        source: "ISTH; ruling 19".to_owned(),
        items: vec![
            bleed("bleeding_overt", bled.overt),
            measured(profile, view, "hb_fall", bled.hb_fall, Analyte::Haemoglobin),
            part("red_cell_units", bled.units),
            // Of whom no bleeding was said or denied, nobody knows a site.
            bleed("critical_site", if bled.overt == Answer::Unknown { Answer::Unknown } else { bled.critical }),
        ],
        ..criterion("isth_major", "ISTH major bleeding", Concern::Haemorrhage, bled.major, "isth_major")
    };
    let hepatic = Criterion {
        route: format!(
            "Bilirubin above {} × ULN, and ALT or AST above {} × ULN",
            numbers.hold_enter_bilirubin_xuln.value, numbers.hold_enter_enzyme_xuln.value
        ),
        verified: numbers.hold_enter_bilirubin_xuln.trusted && numbers.hold_enter_enzyme_xuln.trusted,
        source: "SmPC 4.2".to_owned(),
        items: vec![
            measured(profile, view, "bilirubin", hold.bilirubin, Analyte::Bilirubin),
            measured(profile, view, "enzymes", hold.enzymes, Analyte::Alt),
        ],
        ..criterion(
            "hepatic_hold",
            "SmPC 4.2: recorded values ask for an interruption",
            Concern::HepaticHold,
            hold.enter,
            "hepatic_hold_met",
        )
    };
    let hys_law = Criterion {
        route: format!(
            "ALT or AST at or above {} × ULN, bilirubin above {} × ULN, ALP below {} × ULN",
            numbers.hys_enzyme_xuln.value, numbers.hys_bilirubin_xuln.value, numbers.hys_alp_xuln.value
        ),
        verified: [numbers.hys_enzyme_xuln, numbers.hys_bilirubin_xuln, numbers.hys_alp_xuln].iter().all(|n| n.trusted),
        source: "Hy's law".to_owned(),
        items: vec![
            measured(profile, view, "enzymes", hys.enzymes, Analyte::Alt),
            measured(profile, view, "bilirubin", hys.bilirubin, Analyte::Bilirubin),
            measured(profile, view, "alp", hys.alp, Analyte::Alp),
        ],
        ..criterion("hys_law", "Hy's law", Concern::HysLaw, hys.answer, "hys_law")
    };
    [isth, hepatic, hys_law]
}

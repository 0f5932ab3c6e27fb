//! Use outside the labelled indication, by region (fact base 1.0 and 1.1).

use super::Situation;
use super::given::Given;
use super::index::SituationIndex;
use crate::profile::{Region, SpecialSituation as Kind};
use crate::record::{AgeGroup, Drug, PartialDate};

pub(super) fn judge(index: &SituationIndex, given: &Given<'_, '_>, out: &mut Vec<Situation>) {
    out.extend(Region::ALL.iter().map(|region| age(given, *region).in_region(*region)));
    out.push(indication(index, given));
    out.push(frontline(index, given));
    out.push(philadelphia(index, given).in_region(Region::Eu));
    out.push(cd22(given));
    out.push(combination(index, given));
}

/// Youngest age of the indication, years, on the day of treatment; `None` where that day decides and is not known.
fn age_min(given: &Given<'_, '_>, region: Region) -> (Option<f64>, f64) {
    match region {
        Region::Eu => {
            let years = given.number("label.eu.age_min_years").unwrap_or_default();
            (Some(years), years)
        }
        Region::Us => {
            let now = given.number("label.us.age_min_years").unwrap_or_default();
            let before = given.number("label.us.age_min_years_before_revision").unwrap_or_default();
            let revised =
                given.profile.fact("label.us.revised").and_then(|fact| fact.list.first()?.parse::<PartialDate>().ok());
            let revised = revised.and_then(PartialDate::span);
            let starts = given.rows.iter().filter_map(|row| row.start).min();
            let treated = starts.or(given.on).and_then(PartialDate::span);
            let on_the_day = match (treated, revised) {
                (Some((first, _)), Some((_, revised_last))) if first > revised_last => Some(now),
                (Some((_, last)), Some((revised_first, _))) if last < revised_first => Some(before),
                _ => None,
            };
            (on_the_day, now)
        }
    }
}

fn age(given: &Given<'_, '_>, region: Region) -> Situation {
    const KIND: Kind = Kind::OffLabelAge;
    let (limit, lowest) = age_min(given, region);
    let before = given.number("label.us.age_min_years_before_revision").unwrap_or(f64::MAX);
    let judge = |youngest: f64, oldest: f64, said: String| match limit {
        Some(limit) if oldest < limit => {
            Situation::met(KIND, format!("{said}; the {region} label begins at {limit} years"))
        }
        Some(limit) if youngest >= limit => Situation::not_met(KIND, said),
        Some(_) => Situation::asked(KIND, "age in years", "Please state the patient's age at the time of treatment."),
        // The limit has changed, and when the patient was treated is not known: only what holds for both can be said.
        None if oldest < lowest => Situation::met(KIND, format!("{said}; the {region} label begins at {lowest} years")),
        None if youngest >= before.max(lowest) => Situation::not_met(KIND, said),
        None => Situation::unknown(KIND, "date of treatment: the indication was extended to children in March 2024"),
    };
    let patient = &given.report.patient;
    if let Some(years) = patient.age_years {
        return judge(years, years, format!("age {years} years"));
    }
    // Years that the E2B(R3) age groups stand for, last year whole.
    let (youngest, oldest) = match patient.age_group {
        Some(AgeGroup::Neonate) => (0.0, 0.08),
        Some(AgeGroup::Infant) => (0.08, 1.99),
        Some(AgeGroup::Child) => (2.0, 11.99),
        Some(AgeGroup::Adolescent) => (12.0, 17.99),
        Some(AgeGroup::Adult) => (18.0, 64.99),
        Some(AgeGroup::Elderly) => (65.0, 150.0),
        Some(AgeGroup::Foetus) | None => return Situation::unknown(KIND, "age"),
    };
    judge(youngest, oldest, "age by age group".to_owned())
}

fn indication(index: &SituationIndex, given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::OffLabelIndication;
    let mut other: Option<&str> = None;
    let mut vague = false;
    for text in given.rows.iter().flat_map(|row| row.indications.iter()).filter(|text| !text.trim().is_empty()) {
        if index.other_lineage.found_in(text) {
            other = other.or(Some(text));
        } else if index.fitting.found_in(text) || index.philadelphia_positive.found_in(text) {
            return Situation::not_met(KIND, "indication is an acute lymphoblastic leukaemia");
        } else if index.not_precise.found_in(text) {
            vague = true;
        } else {
            other = other.or(Some(text));
        }
    }
    match other {
        Some(text) => {
            Situation::met(KIND, format!("indication “{}”", text.trim().chars().take(80).collect::<String>()))
        }
        None if vague => Situation::asked(
            KIND,
            "indication: not precise enough",
            "For which disease was the product given (lineage, and relapsed or refractory or newly diagnosed)?",
        ),
        None => Situation::unknown(KIND, "indication"),
    }
}

fn frontline(index: &SituationIndex, given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::OffLabelFrontline;
    let doses = given.rows.iter().filter_map(|row| row.dose_text.as_deref());
    let texts: Vec<&str> = given.disease_texts().chain(doses).collect();
    if texts.iter().any(|text| index.relapsed.found_in(text)) {
        Situation::not_met(KIND, "relapsed or refractory")
    } else if texts.iter().any(|text| index.frontline.found_in(text)) {
        Situation::met(KIND, "treated for the first time; the labels are for relapsed or refractory disease")
    } else {
        Situation::unknown(KIND, "relapsed or refractory disease, or not")
    }
}

fn philadelphia(index: &SituationIndex, given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::OffLabelPhiladelphia;
    let texts: Vec<&str> = given.disease_texts().collect();
    if texts.iter().any(|text| index.philadelphia_negative.found_in(text)) {
        return Situation::not_met(KIND, "Philadelphia-chromosome-negative");
    }
    if !texts.iter().any(|text| index.philadelphia_positive.found_in(text)) {
        return Situation::unknown(KIND, "Philadelphia chromosome");
    }
    if texts.iter().any(|text| index.tki_none.found_in(text)) {
        return Situation::met(
            KIND,
            "Philadelphia-chromosome-positive and no earlier tyrosine kinase inhibitor stated",
        );
    }
    let first = given.first_dose();
    let earlier = |drug: &&Drug<'_>| {
        let day = drug.start.or(drug.end).and_then(PartialDate::span).map(|(_, last)| last);
        matches!((day, first), (Some(day), Some(first)) if day < first)
    };
    let is_tki = |drug: &&Drug<'_>| {
        index.tki.found_in(&drug.name) || drug.substances.iter().any(|substance| index.tki.found_in(substance))
    };
    let in_history =
        given.report.history.iter().filter_map(|item| item.term.as_deref()).any(|term| index.tki.found_in(term));
    if in_history || given.others.iter().filter(|drug| is_tki(drug)).any(earlier) {
        return Situation::not_met(KIND, "a tyrosine kinase inhibitor was given before");
    }
    Situation::asked(
        KIND,
        "earlier tyrosine kinase inhibitor",
        "Which tyrosine kinase inhibitors had the patient received before, and did they fail?",
    )
}

fn cd22(given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::OffLabelCd22;
    let named = |text: &str| text.to_ascii_lowercase().replace([' ', '-'], "").contains("cd22");
    let negative_words = |text: &str| text.to_ascii_lowercase().contains("negativ");
    let positive_words = |text: &str| text.to_ascii_lowercase().contains("positiv");
    for test in given.report.tests.iter().filter(|test| test.name.as_deref().is_some_and(named)) {
        match (test.value, test.value_text.as_deref()) {
            // Any positivity above 0 % is on label.
            (Some(percent), _) if percent > 0.0 => return Situation::not_met(KIND, "CD22-positive"),
            (Some(_), _) => return Situation::met(KIND, "CD22 0 %"),
            (None, Some(text)) if negative_words(text) => return Situation::met(KIND, "CD22-negative by test"),
            (None, Some(text)) if positive_words(text) => return Situation::not_met(KIND, "CD22-positive"),
            (None, _) => {}
        }
    }
    let mut texts = given.disease_texts().filter(|text| named(text)).peekable();
    match texts.peek() {
        Some(text) if negative_words(text) => Situation::met(KIND, "CD22-negative as described"),
        Some(text) if positive_words(text) => Situation::not_met(KIND, "CD22-positive"),
        Some(_) | None => Situation::unknown(KIND, "CD22 result"),
    }
}

fn combination(index: &SituationIndex, given: &Given<'_, '_>) -> Situation {
    const KIND: Kind = Kind::OffLabelCombination;
    if given.report.missing_parts.iter().any(|part| part.eq_ignore_ascii_case("DRUG")) {
        return Situation::unknown(KIND, "other medicines");
    }
    let intrathecal =
        |drug: &Drug<'_>| drug.route.as_deref().is_some_and(|route| route.to_ascii_lowercase().contains("intrathecal"));
    let is_agent = |drug: &Drug<'_>| {
        index.agents.found_in(&drug.name) || drug.substances.iter().any(|substance| index.agents.found_in(substance))
    };
    let (first, last) = (given.first_dose(), given.last_dose());
    let mut undated = false;
    for drug in given.others.iter().filter(|drug| is_agent(drug) && !intrathecal(drug)) {
        let from = drug.start.and_then(PartialDate::days);
        let to = drug.end.and_then(PartialDate::days).or(from);
        match (from.or(to), to, first, last) {
            (Some(from), Some(to), Some(first), Some(last)) if from <= last && to >= first => {
                let name: String = drug.name.trim().chars().take(60).collect();
                return Situation::met(KIND, format!("given together with {name}; the labels are for use on its own"));
            }
            (Some(_), Some(_), Some(_), Some(_)) => {}
            _ => undated = true,
        }
    }
    if undated {
        return Situation::asked(
            KIND,
            "dates of the other medicines against the leukaemia",
            "Was the product given on its own, or at the same time as the other medicines against the leukaemia?",
        );
    }
    Situation::not_met(KIND, "no other medicine against the leukaemia at the same time among those named")
}

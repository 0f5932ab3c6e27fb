//! The views of every simulated patient: whole, consistent, and the same verdicts as the rules'.

use super::*;
use crate::dashboard::read_model::tests::{NOW, World};
use crate::profile::Answer;
use crate::simulate::ward::WardPatient;

#[test]
fn every_patient_of_the_wards_has_a_whole_view() {
    // Whole courses, so that what the scripts are about has happened.
    let first_dose = Millis(NOW.0 - 80 * 86_400_000);
    let wards: Vec<WardPatient> = (0..16).map(|number| WardPatient::new(1, number, first_dose)).collect();
    assert!(wards.iter().any(|patient| patient.expected.contains("ebmt2023_probable")));
    let messages = wards.into_iter().flat_map(|patient| {
        patient.messages.into_iter().map(move |message| (patient.site, message.known.0, message.payload))
    });
    let model = World::of(&messages.collect::<Vec<_>>()).model();
    let ward = Ward::new(Profile::builtin());
    let mut patients = Vec::new();
    model.each_patient(|key, kept| patients.push((key, kept.clone())));
    assert!(patients.len() >= 10);
    let (mut met, mut unknown, mut changed, mut disagree) = (0, 0, 0, 0);
    for (key, kept) in patients {
        let opened = kept.open().unwrap();
        let key = key.to_string();
        let alerts = model.alerts_of(&key, NOW);
        let at = opened.course.heard().max(opened.course.newest());
        let asked = Asked { key: &key, site: &kept.site, opened: &opened, alerts, at };
        let view = ward.whole(&asked, Some(NOW));
        // A patient of whom reports alone tell has doses and findings, and no values.
        assert!(!view.facts.doses.is_empty(), "{key}");
        assert!(!view.series.is_empty() || !view.reports.is_empty(), "{key}");
        assert_eq!(view.row, ward.row(&asked));
        let points: usize =
            view.series.iter().filter(|of| of.analyte != "weight_change_percent").map(|of| of.points.len()).sum();
        assert_eq!(points, opened.course.values().all().count(), "every value kept is shown");
        for series in &view.series {
            assert!(series.points.is_sorted_by_key(|point| point.time), "{}", series.analyte);
            assert!(!series.unit.is_empty());
        }
        let profile = Profile::builtin();
        assert_eq!(view.criteria.len(), profile.definitions.len() + profile.fever_definitions.len() + 3);
        for criterion in &view.criteria {
            assert!(!criterion.route.is_empty() && !criterion.source.is_empty(), "{}", criterion.id);
            let all: Vec<&str> = criterion.items.iter().map(|item| item.verdict).collect();
            assert!(!all.is_empty());
            for item in &criterion.items {
                assert!(["met", "not_met", "unknown"].contains(&item.verdict));
                assert!(item.missing.is_none() || item.verdict == "unknown", "{item:?}");
            }
            let course = view.course.iter().find(|course| course.id == criterion.id);
            if let Some(course) = course {
                assert_eq!(course.changes.last().unwrap().verdict, criterion.verdict, "{}", criterion.id);
                assert_eq!(criterion.met_at.is_some(), course.changes.iter().any(|change| change.verdict == "met"));
            }
            met += usize::from(criterion.met_at.is_some());
            unknown += usize::from(criterion.verdict == Answer::Unknown.name());
        }
        changed += view.course.iter().filter(|course| course.changes.len() > 1).count();
        // Where a definition was met, the others beside it are said to differ, or are met too.
        let when = view.criteria.iter().filter(|of| of.concern == crate::profile::Concern::VodSos);
        for at in when.filter_map(|of| of.met_at) {
            let alerts = Vec::new();
            let then = ward.whole(&Asked { at, alerts, key: &key, site: &kept.site, opened: &opened }, None);
            let of_vod = || then.criteria.iter().filter(|of| of.concern == crate::profile::Concern::VodSos);
            let met = of_vod().filter(|of| of.verdict == "met").count();
            assert!(met > 0, "{key}");
            assert_eq!(then.disagreements.len(), met * (of_vod().count() - met));
            disagree += then.disagreements.len();
        }
        // What a view says is JSON with every number finite.
        let json = serde_json::to_string(&view).unwrap();
        assert!(json.contains("\"doses\"") && !json.contains("NaN"), "{key}");
        // Before anything was known nothing is met.
        let before = ward.whole(&Asked { at: Millis(0), ..asked }, None);
        assert!(before.criteria.iter().all(|criterion| criterion.verdict != "met"));
        assert!(before.row.values.is_empty());
    }
    println!("{met} criteria met, {unknown} unknown, {changed} verdicts changed, {disagree} disagreements");
    assert!(met > 0 && unknown > 0 && changed > 0 && disagree > 0);
}

//! What a report or a merged patient tells another key, and how it is taken back.

use super::course_tests::{Any, BASE, DAY, at, course, key_of, live, merge, ran};
use super::determinism_tests::{Entry, Told, entry};
use super::*;
use crate::record::Millis;
use serde_json::json;

fn report(case: u8, version: u8, reactions: u8, patient: Option<u8>, nullification: bool) -> Any {
    Any::Report(Told { case, version, nullification, product: true, reactions, serious: 2, country: true, patient })
}

#[test]
fn a_report_tells_its_patient_and_takes_back_what_it_no_longer_says() {
    // Reactions by bit: VOD/SOS, epistaxis, nausea, ascites.
    let first = report(0, 1, 0b1111, Some(0), false);
    let run = ran(std::slice::from_ref(&first));
    assert_eq!(live(course(&run.shard, 0)), ["ascites", "dose", "other", "overt_bleeding"]);
    assert_eq!(run.shard.exposed_patients(), 1);
    let entry = &course(&run.shard, 0).entries()[0];
    assert!(entry.via.is_some());
    let run = ran(&[first.clone(), report(0, 2, 0b0001, Some(0), false)]);
    // The dose is another: its last day is.
    assert_eq!(live(course(&run.shard, 0)), ["dose", "other"]);
    let run = ran(&[first.clone(), report(0, 2, 0b0001, Some(1), false)]);
    assert_eq!((live(course(&run.shard, 0)).len(), live(course(&run.shard, 1))), (0, vec!["dose", "other"]));
    let run = ran(&[first.clone(), report(0, 3, 0, Some(0), true), first]);
    assert!(live(course(&run.shard, 0)).is_empty(), "nullified");
    assert_eq!(run.shard.exposed_patients(), 0);
    let records: Vec<_> = run.forwards.iter().map(|out| out.timestamp).collect();
    assert!(records.windows(2).all(|pair| pair[0] < pair[1]), "recorded-at is later each time");
}

#[test]
fn a_forwarded_record_is_whole_and_a_report_that_only_told_is_forwarded() {
    let run = ran(&[report(0, 1, 0b0001, Some(0), false)]);
    let mut scratch = Vec::new();
    let record: Record<'_> = Codec::record().decode(&run.forwards[1].value, &mut scratch).unwrap();
    let said = (record.head.site.as_str(), record.head.source_format, record.head.origin.topic.as_str());
    assert_eq!(said, ("vigil", crate::record::SourceFormat::Vigil, "adverse-events"));
    assert_eq!(record.head.event_time.unwrap().date().unwrap().to_string(), "2025-03-10");
    let Body::Forwarded(forwarded) = &record.body else { panic!() };
    assert_eq!(forwarded.from_key.len(), 41);
    // A second version that adds nothing to the alert but takes back a finding.
    let run = ran(&[report(1, 1, 0b0100, Some(0), false), report(1, 2, 0b0100, Some(0), false)]);
    assert!(run.fates.iter().any(|fate| matches!(fate, Fate::Forwarded | Fate::Alerted)));
}

#[test]
fn a_merge_sends_all_on_and_later_facts_too_and_its_undoing_takes_them_back() {
    for by_survivor in [false, true] {
        let one = [at(1, 1, 0, 0, 1), at(1, 2, 2, 0, 2), at(1, 3, 9, 0, 3), at(1, 4, 8, 0, 4), at(1, 5, 7, 0, 5)];
        let mut log: Vec<Any> = one.into_iter().map(Any::Bedside).collect();
        log.push(Any::Merge(0, 1, false, by_survivor));
        let run = ran(&log);
        let all = ["admission", "dose", "hsct", "merge", "person", "response"];
        assert_eq!(live(course(&run.shard, 0)), all, "whichever of the two was told");
        log.push(Any::Bedside(at(1, 6, 4, 0, 6)));
        log.push(Any::Bedside(at(1, 1, 0, 2, 1)));
        let run = ran(&log);
        let now = live(course(&run.shard, 0));
        assert!(now.contains(&"ascites") && !now.contains(&"dose"), "{now:?}");
        log.push(Any::Merge(0, 1, true, by_survivor));
        let run = ran(&log);
        let left = run.shard.course(key_of(0).parse().unwrap()).map(live).unwrap_or_default();
        assert!(left.iter().all(|name| *name == "merge"), "{left:?}");
        assert!(live(course(&run.shard, 1)).contains(&"hsct"));
        // Merged again: all comes back.
        log.push(Any::Merge(0, 1, false, by_survivor));
        let run = ran(&log);
        assert!(live(course(&run.shard, 0)).contains(&"hsct"));
    }
}

#[test]
fn a_circle_of_merges_ends_and_taking_back_still_works() {
    let mut log =
        vec![Any::Bedside(at(3, 1, 4, 0, 1)), Any::Bedside(at(0, 1, 0, 0, 1)), Any::Bedside(at(1, 1, 2, 0, 1))];
    for (survivor, merged) in [(0, 3), (1, 0), (2, 1), (0, 2)] {
        log.push(Any::Merge(survivor, merged, false, false));
    }
    let run = ran(&log);
    for patient in [0, 1, 2] {
        let live = live(course(&run.shard, patient));
        for name in ["ascites", "dose", "hsct"] {
            assert_eq!(live.iter().filter(|held| **held == name).count(), 1, "{patient}: {live:?}");
        }
    }
    log.push(Any::Bedside(at(3, 1, 4, 2, 1)));
    let run = ran(&log);
    for patient in 0..4 {
        assert!(!live(course(&run.shard, patient)).contains(&"ascites"), "{patient}");
    }
}

#[test]
fn a_sent_on_value_keeps_its_comparator_its_unit_and_whose_limit_of_normal_it_has() {
    let sites = "[[sites]]\nsite = \"ward\"\nupper_limits = [{ analyte = \"bilirubin\", value = 21, unit = \"umol/L\", source = \"it\" }]";
    let profile = Profile::parse(crate::profile::BUILTIN_TOML).unwrap().with_sites(sites).unwrap();
    let judge = Judge::new(Box::leak(Box::new(profile))).unwrap();
    let value = json!({"Observation": {"analyte": "bilirubin", "quantity": {"comparator": "gt", "value": 20.0, "unit": "mg/dL"}}});
    let head = json!({"identity": {"authority": "h1", "identifier": "MRN-1"}, "source_id": "b", "site": "ward"});
    let mut log = vec![
        entry(0, BASE, &json!({"head": head, "body": value}).to_string()),
        merge(1, BASE + DAY, (0, 1), false, true),
    ];
    let (mut shard, mut effects, mut at) = (Shard::new(0, 1, 1000), Effects::default(), 0);
    while let Some(Entry { key, value, .. }) = log.get(at).cloned() {
        let message = LogMessage {
            topic: "vigil.records",
            partition: 0,
            offset: at as i64,
            key: Some(key.as_bytes()),
            value: &value,
        };
        let mut scratch = Vec::new();
        step(&judge, &mut shard, &message, &mut scratch, &mut effects).unwrap();
        log.extend(effects.forwards.drain(..).map(|out| Entry { offset: 0, key: out.key, value: out.value }));
        at += 1;
    }
    let measure = |patient| {
        let mut values = course(&shard, patient).values().until(crate::profile::Analyte::Bilirubin, Millis(i64::MAX));
        values.next().unwrap().0.measure().unwrap()
    };
    assert_eq!(measure(0), measure(1));
    let found = measure(0);
    assert_eq!(
        (found.comparator, found.unit.name(), found.high_of_site),
        (crate::record::Comparator::Gt, "mg/dL", true)
    );
    assert_eq!(found.high.unwrap().to_string(), "21");
}

//! Patients at the bedside, from records to alerts.

use super::course_tests::DAY;
use super::determinism_tests::{Entry, JUDGE, Run, STRIDE, entry};
use super::ward_properties_tests::key_of;
use super::*;
use crate::alert::{Alert, Change};
use crate::profile::{Concern, Priority};
use crate::record::Millis;
use serde_json::{Value, json};

const HOUR: i64 = DAY / 24;

/// `03-22 08:00` of the year 2025, UTC.
fn at(text: &str) -> i64 {
    let time: jiff::Timestamp = format!("2025-{}:00Z", text.replace(' ', "T")).parse().unwrap();
    time.as_millisecond()
}

pub(super) fn time_text(millis: i64) -> String {
    serde_json::to_value(Millis(millis)).unwrap().as_str().unwrap().to_owned()
}

/// A ward with one patient; every record arrives when it happens.
struct Ward {
    run: Run,
    records: i64,
    seen: usize,
}

impl Ward {
    fn new() -> Self {
        Self { run: Run::new(), records: 0, seen: 0 }
    }

    /// An adult of 40, first dose on 1 Feb, conditioning on 22 Feb, transplant on 1 Mar, 70.0 kg before it.
    fn transplanted() -> Self {
        let mut ward = Self::new();
        ward.person();
        ward.value("01-31 08:00", "weight", 70.0, "kg");
        for (day, tests) in [("01-31 09:00", 0), ("02-01 07:00", 1)] {
            ward.usual(day, tests);
        }
        ward.dose("02-01 10:00", 0.8, 1, 1);
        ward.usual("02-03 08:00", 2);
        ward.value("02-21 08:00", "weight", 70.0, "kg");
        ward.value("02-21 08:00", "creatinine", 80.0, "umol/L");
        ward.say("02-22 08:00", "Procedure", json!({"kind": "conditioning", "agents": ["busulfan"]}));
        ward.say("03-01 08:00", "Procedure", json!({"kind": "hsct"}));
        ward.forget();
        ward
    }

    fn person(&mut self) {
        self.say("01-01 08:00", "Patient", json!({"birth_year": 1985, "sex": "female", "height_cm": 168.0}));
    }

    /// The tests that the label asks for, without a finding.
    fn usual(&mut self, time: &str, _round: usize) {
        for (analyte, value, unit) in [
            ("bilirubin", 10.0, "umol/L"),
            ("alt", 20.0, "U/L"),
            ("ast", 20.0, "U/L"),
            ("alp", 80.0, "U/L"),
            ("anc", 3.0, "10*9/L"),
            ("wbc", 5.0, "10*9/L"),
            ("platelets", 150.0, "10*9/L"),
            ("haemoglobin", 120.0, "g/L"),
            ("qtc", 420.0, "ms"),
            ("potassium", 4.0, "mmol/L"),
            ("magnesium", 0.9, "mmol/L"),
            ("lipase", 30.0, "U/L"),
            ("amylase", 30.0, "U/L"),
            ("weight", 70.0, "kg"),
        ] {
            self.value(time, analyte, value, unit);
        }
    }

    fn say_as(&mut self, id: &str, time: &str, recorded: i64, kind: &str, body: Value) -> Vec<Alert<'static>> {
        let identity = json!({"authority": "h1", "identifier": "MRN-1"});
        let head = json!({"identity": identity, "source_id": id, "event_time": time_text(at(time))});
        let entry = entry(self.records * STRIDE, recorded, &json!({"head": head, "body": {kind: body}}).to_string());
        self.feed(&entry)
    }

    fn feed(&mut self, entry: &Entry) -> Vec<Alert<'static>> {
        self.records += 1;
        self.run.step(entry);
        let new = self.run.effects.alerts.iter().skip(self.seen).map(|out| out.alert.clone()).collect();
        self.seen = self.run.effects.alerts.len();
        new
    }

    fn say(&mut self, time: &str, kind: &str, body: Value) -> Vec<Alert<'static>> {
        let id = format!("R{}", self.records);
        self.say_as(&id, time, at(time), kind, body)
    }

    fn value(&mut self, time: &str, analyte: &str, value: f64, unit: &str) -> Vec<Alert<'static>> {
        self.say(time, "Observation", observation(analyte, value, unit))
    }

    fn dose(&mut self, time: &str, mg_m2: f64, cycle: i32, day: i32) -> Vec<Alert<'static>> {
        let stop = time_text(at(time) + HOUR);
        let start = time_text(at(time));
        self.say(
            time,
            "Administration",
            json!({"product": "Besponsa", "start": start, "stop": stop, "dose_mg_m2": mg_m2, "cycle": cycle, "cycle_day": day}),
        )
    }

    fn finding(&mut self, time: &str, kind: &str) -> Vec<Alert<'static>> {
        self.say(time, "Finding", json!({"kind": kind, "presence": "present"}))
    }

    fn tick(&mut self, time: &str) -> Vec<Alert<'static>> {
        let out = tick_record(0, Millis(at(time))).unwrap();
        let entry = Entry { offset: self.records * STRIDE, key: out.key, value: out.value };
        self.feed(&entry)
    }

    /// What was said so far is not looked at.
    fn forget(&mut self) {
        self.seen = self.run.effects.alerts.len();
    }
}

pub(super) fn observation(analyte: &str, value: f64, unit: &str) -> Value {
    let high = match analyte {
        "bilirubin" if unit == "umol/L" => json!(21.0),
        "bilirubin" => json!(1.2),
        "alt" | "ast" => json!(40.0),
        "alp" => json!(120.0),
        _ => Value::Null,
    };
    json!({"analyte": analyte, "quantity": {"value": value, "unit": unit}, "reference_high": high})
}

/// Concern, change, priority, notify.
fn said(alerts: &[Alert<'_>], concern: Concern) -> Vec<(Change, Priority, bool)> {
    let of = alerts.iter().filter(|alert| alert.concern == concern);
    of.map(|alert| (alert.change, alert.priority, alert.notify)).collect()
}

const RAISED_HIGH: (Change, Priority, bool) = (Change::Raised, Priority::High, true);
const UPGRADED_HIGH: (Change, Priority, bool) = (Change::Upgraded, Priority::High, true);

fn criteria(alert: &Alert<'_>) -> Vec<String> {
    alert.criteria.iter().map(|id| id.as_str().to_owned()).collect()
}

#[test]
fn story_1_probable_then_classical_on_day_21() {
    let mut ward = Ward::transplanted();
    assert_eq!(said(&ward.value("03-22 08:00", "weight", 73.6, "kg"), Concern::VodSos), []);
    let alerts = ward.finding("03-22 09:00", "painful_hepatomegaly");
    assert_eq!(said(&alerts, Concern::VodSos), [RAISED_HIGH]);
    assert_eq!(alerts[0].criteria[0].as_str(), "ebmt2023_probable");
    let alerts = ward.value("03-22 10:00", "bilirubin", 34.0, "umol/L");
    assert_eq!(said(&alerts, Concern::VodSos), [UPGRADED_HIGH], "{alerts:#?}");
    let met = criteria(&alerts[0]);
    for id in ["ebmt2016_classical", "baltimore", "ebmt2023_clinical"] {
        assert!(met.iter().any(|met| met == id), "{id} in {met:?}");
    }
    let words = alerts[0].explanation.as_str();
    assert!(words.contains("criteria met on recorded values; other causes not excluded"), "{words}");
    assert!(words.contains("no report known: consider whether to report"), "{words}");
    assert!(words.contains("modified Seattle: not applicable (its days are over)"), "{words}");
    let weight = alerts[0].evidence.iter().find(|piece| piece.item.as_str() == "weight").unwrap();
    assert_eq!((weight.value.as_deref(), weight.unit.as_deref()), (Some("73.6"), Some("kg")));
    assert!(weight.basis.contains("2 h old; baseline 70 kg"), "{}", weight.basis.as_str());
    assert_eq!(said(&ward.value("03-22 12:00", "bilirubin", 35.0, "umol/L"), Concern::VodSos), []);
}

#[test]
fn story_17_fever_with_an_unknown_count() {
    let course = || {
        let mut ward = Ward::transplanted();
        ward.dose("05-01 10:00", 0.5, 2, 8);
        ward.value("05-07 06:00", "anc", 1.2, "10*9/L");
        ward.forget();
        let alerts = ward.value("05-10 02:10", "temperature", 38.6, "Cel");
        assert_eq!(said(&alerts, Concern::FebrileNeutropenia), [RAISED_HIGH]);
        assert_eq!(criteria(&alerts[0]), ["fever_anc_unknown"]);
        ward
    };
    let mut ward = course();
    let alerts = ward.value("05-10 03:00", "wbc", 0.4, "10*9/L");
    assert_eq!(said(&alerts, Concern::FebrileNeutropenia), [UPGRADED_HIGH]);
    // A spike inside the episode says nothing new.
    assert_eq!(said(&ward.value("05-10 06:00", "temperature", 39.4, "Cel"), Concern::FebrileNeutropenia), []);
    let mut ward = course();
    let alerts = ward.value("05-10 03:00", "anc", 1.8, "10*9/L");
    assert_eq!(said(&alerts, Concern::FebrileNeutropenia), [(Change::Resolved, Priority::High, false)], "{alerts:#?}");
}

#[test]
fn febrile_neutropenia_closes_by_ruling_18() {
    let mut ward = Ward::transplanted();
    ward.value("05-10 02:00", "anc", 0.3, "10*9/L");
    assert_eq!(
        said(&ward.value("05-10 02:10", "temperature", 38.6, "Cel"), Concern::FebrileNeutropenia),
        [RAISED_HIGH]
    );
    for time in ["05-10 12:00", "05-11 02:00", "05-11 20:00"] {
        assert_eq!(said(&ward.value(time, "temperature", 37.2, "Cel"), Concern::FebrileNeutropenia), []);
    }
    ward.value("05-12 01:00", "anc", 0.6, "10*9/L");
    let alerts = ward.value("05-12 02:10", "temperature", 37.0, "Cel");
    assert_eq!(said(&alerts, Concern::FebrileNeutropenia), [(Change::Resolved, Priority::High, false)]);
    let alerts = ward.value("05-20 02:10", "temperature", 39.0, "Cel");
    assert_eq!(alerts.len(), 0, "no dose within 42 days and a count of the day before is none: unknown");
}

#[test]
fn story_19_bleeding_makes_a_fall_major() {
    let mut ward = Ward::transplanted();
    ward.value("03-10 08:00", "haemoglobin", 95.0, "g/L");
    let alerts = ward.value("03-11 04:00", "haemoglobin", 75.0, "g/L");
    assert_eq!(said(&alerts, Concern::Haemorrhage), [(Change::Raised, Priority::Information, false)]);
    let alerts =
        ward.say("03-11 18:00", "Finding", json!({"kind": "overt_bleeding", "presence": "present", "site": "melaena"}));
    assert_eq!(said(&alerts, Concern::Haemorrhage), [UPGRADED_HIGH]);
}

#[test]
fn story_23_a_correction_withdraws_and_a_corrected_unit_raises() {
    let mut ward = Ward::transplanted();
    ward.value("03-11 20:00", "bilirubin", 1.1, "mg/dL");
    ward.value("03-12 08:00", "weight", 73.6, "kg");
    let slip = observation("bilirubin", 34.0, "mg/dL");
    let alerts = ward.say_as("L9", "03-12 08:00", at("03-12 08:00"), "Observation", slip);
    assert_eq!(said(&alerts, Concern::VodSos), []);
    assert_eq!(said(&alerts, Concern::Monitoring), [(Change::Raised, Priority::Low, true)], "{alerts:#?}");
    let mut right = observation("bilirubin", 34.3, "umol/L");
    right["status"] = json!("corrected");
    let alerts = ward.say_as("L9", "03-12 08:00", at("03-12 15:00"), "Observation", right);
    assert_eq!(said(&alerts, Concern::VodSos), [RAISED_HIGH], "{alerts:#?}");

    let mut ward = Ward::transplanted();
    ward.value("03-12 08:00", "weight", 73.6, "kg");
    let first = observation("bilirubin", 2.4, "mg/dL");
    let alerts = ward.say_as("L9", "03-12 09:00", at("03-12 09:00"), "Observation", first);
    assert_eq!(said(&alerts, Concern::VodSos), [RAISED_HIGH]);
    let mut right = observation("bilirubin", 1.4, "mg/dL");
    right["status"] = json!("corrected");
    let alerts = ward.say_as("L9", "03-12 09:00", at("03-12 10:00"), "Observation", right);
    assert_eq!(said(&alerts, Concern::VodSos), [(Change::Withdrawn, Priority::High, false)]);
    assert!(alerts[0].explanation.contains("corrected or taken back"));
}

#[test]
fn a_value_that_turns_out_to_be_of_another_analyte_takes_back_what_it_carried() {
    let mut ward = Ward::transplanted();
    ward.value("03-12 08:00", "weight", 73.6, "kg");
    let first = observation("bilirubin", 40.0, "umol/L");
    let alerts = ward.say_as("L9", "03-12 09:00", at("03-12 09:00"), "Observation", first);
    assert_eq!(said(&alerts, Concern::VodSos), [RAISED_HIGH]);
    let mut right = observation("creatinine", 40.0, "umol/L");
    right["status"] = json!("corrected");
    let alerts = ward.say_as("L9", "03-12 09:00", at("03-12 10:00"), "Observation", right);
    assert_eq!(said(&alerts, Concern::VodSos), [(Change::Withdrawn, Priority::High, false)]);
    // From potassium, of which nothing is judged, to a haemoglobin that has fallen: at once, too.
    ward.value("03-13 08:00", "haemoglobin", 110.0, "g/L");
    ward.say_as("L10", "03-14 08:00", at("03-14 08:00"), "Observation", observation("potassium", 4.0, "mmol/L"));
    let mut right = observation("haemoglobin", 85.0, "g/L");
    right["status"] = json!("corrected");
    let alerts = ward.say_as("L10", "03-14 08:00", at("03-14 09:00"), "Observation", right);
    assert_eq!(said(&alerts, Concern::Haemorrhage), [(Change::Raised, Priority::Information, false)]);
}

#[test]
fn story_9_a_dose_while_the_hold_is_met() {
    let mut ward = Ward::transplanted();
    ward.value("03-12 08:00", "bilirubin", 32.0, "umol/L");
    let alerts = ward.value("03-12 08:00", "alt", 101.0, "U/L");
    assert_eq!(said(&alerts, Concern::HepaticHold).last(), Some(&(Change::Upgraded, Priority::Medium, true)));
    assert!(alerts.iter().any(|alert| alert.explanation.contains("SmPC 4.2 asks for interruption")));
    let alerts = ward.dose("03-12 10:00", 0.5, 1, 8);
    let dosing = alerts.iter().find(|alert| alert.concern == Concern::Dosing).unwrap();
    assert!(criteria(dosing).contains(&"dose_given_while_hold".to_owned()), "{dosing:#?}");
}

#[test]
fn ticks_alone_close_an_episode_and_find_what_is_overdue() {
    let mut ward = Ward::transplanted();
    ward.say("03-01 09:00", "Stay", json!({"event": "admission"}));
    ward.value("03-02 08:00", "weight", 70.0, "kg");
    ward.forget();
    // Another patient of the site keeps its feed alive.
    let overdue = |ward: &mut Ward, from: &str, hours: i64| {
        let mut alerts = Vec::new();
        for hour in 0..hours {
            let now = at(from) + hour * HOUR;
            let head = json!({"identity": {"authority": "h1", "identifier": "MRN-2"}, "source_id": format!("o{now}"),
                              "event_time": time_text(now)});
            let body = json!({"Administration": {"product": "Besponsa", "start": time_text(now), "dose_mg_m2": 0.8}});
            if hour == 0 {
                let json = json!({"head": head, "body": body}).to_string();
                ward.feed(&entry(ward.records * STRIDE, now, &json));
            } else {
                let body = json!({"Observation": observation("weight", 60.0, "kg")});
                let json = json!({"head": head, "body": body}).to_string();
                ward.feed(&entry(ward.records * STRIDE, now, &json));
            }
            let out = tick_record(0, Millis(now)).unwrap();
            alerts.extend(ward.feed(&Entry { offset: ward.records * STRIDE, key: out.key, value: out.value }));
        }
        alerts
    };
    let alerts = overdue(&mut ward, "03-02 09:00", 40);
    let found: Vec<_> = alerts.iter().filter(|alert| alert.concern == Concern::Monitoring).collect();
    assert!(found.iter().any(|alert| criteria(alert).iter().any(|id| id.contains("weight"))), "{found:#?}");
}

#[test]
fn a_silent_site_is_said_once_and_its_patients_are_not() {
    let mut ward = Ward::transplanted();
    ward.say("03-01 09:00", "Stay", json!({"event": "admission"}));
    ward.value("03-02 08:00", "weight", 70.0, "kg");
    ward.forget();
    let mut alerts = Vec::new();
    for day in 3..9 {
        alerts.extend(ward.tick(&format!("03-{day:02} 12:00")));
    }
    let silent: Vec<_> = alerts.iter().filter(|alert| criteria(alert) == ["site_silent"]).collect();
    assert_eq!(silent.len(), 1, "{alerts:#?}");
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    let again = ward.value("03-09 08:00", "weight", 70.0, "kg");
    assert!(again.iter().any(|alert| alert.change == Change::Resolved && criteria(alert) == ["site_silent"]));
}

#[test]
fn who_never_had_the_product_is_folded_and_not_judged() {
    let mut ward = Ward::new();
    ward.person();
    ward.value("05-10 02:00", "anc", 0.1, "10*9/L");
    assert_eq!(ward.value("05-10 02:10", "temperature", 39.6, "Cel").len(), 0);
    // The dose is learned later: what was measured before it is there.
    let alerts = ward.dose("05-10 08:00", 0.8, 1, 1);
    assert_eq!(said(&alerts, Concern::FebrileNeutropenia), [RAISED_HIGH]);
}

#[test]
fn a_defibrotide_as_treatment_is_a_reason_to_look() {
    let mut ward = Ward::transplanted();
    let given = |intent: &str| json!({"product": "Defitelio", "intent": intent});
    assert_eq!(said(&ward.say("03-10 08:00", "Administration", given("prophylaxis")), Concern::VodSos), []);
    let alerts = ward.say("03-12 08:00", "Administration", given("treatment"));
    assert_eq!(said(&alerts, Concern::VodSos), [(Change::Raised, Priority::Medium, true)]);
}

#[test]
fn why_and_why_not_is_said_of_every_rule() {
    let mut ward = Ward::transplanted();
    ward.value("03-22 08:00", "weight", 73.6, "kg");
    ward.finding("03-22 09:00", "painful_hepatomegaly");
    let key = entry(
        0,
        0,
        &json!({"head": {"identity": {"authority": "h1", "identifier": "MRN-1"}, "source_id": "x"},
                                  "body": {"Stay": {"event": "admission"}}})
        .to_string(),
    )
    .key;
    let key = key.parse().unwrap();
    let text = explain_patient(&JUDGE, &ward.run.shard, key, None).unwrap();
    for words in [
        "ebmt2023_probable: met",
        "modified_seattle: not applicable: its days are over",
        "73.6 kg at 2025-03-22T08:00:00Z, baseline 70 kg",
        "not recorded; a measurement or examination would settle it",
        "vod_sos: high by ebmt2023_probable",
        "vod_sos #1 revision 1: high, open",
        "dose of 2025-02-01T10:00:00Z: cycle 1 day 1",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let before = explain_patient(&JUDGE, &ward.run.shard, key, Some(Millis(at("03-22 08:30")))).unwrap();
    assert!(before.contains("ebmt2023_probable: unknown"), "{before}");
    assert!(explain_patient(&JUDGE, &ward.run.shard, key_of(2), None).is_none());
}

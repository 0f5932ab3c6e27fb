//! The journey of reports through [`step`]: what is raised, revised, withdrawn, and what changes nothing.

use super::*;
use crate::alert::{Alert, AlertCodec, Change};
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::profile::{Concern, Listedness, Priority};

/// A log of one partition, in memory.
struct Desk {
    judge: Judge,
    intake: Intake,
    shard: Shard,
    effects: Effects,
    offset: i64,
}

impl Desk {
    fn new() -> Self {
        Self {
            judge: Judge::new(Profile::builtin()).unwrap(),
            intake: Intake {
                pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
                limits: Limits { message_bytes: 1 << 20, container_records: 1000, list_items: 1000 },
                internal_kinds: false,
            },
            shard: Shard::new(0, 1, 1000),
            effects: Effects::default(),
            offset: 0,
        }
    }

    /// Sends one report through both halves; gives its fate and the alerts it made.
    fn send(&mut self, json: &str) -> (Fate, Vec<Alert<'static>>) {
        let message = SourceMessage {
            topic: "adverse-events",
            partition: 0,
            offset: self.offset,
            timestamp: 1_740_816_000_000 + self.offset,
            payload: json.as_bytes(),
            format: None,
        };
        let mut log = Vec::new();
        intake(&self.intake, &Source::default(), &message, &mut |index, record| {
            let record = record.unwrap_or_else(|reject| panic!("{index}: {reject}\n{json}"));
            log.push((record.key.to_owned(), record.value.to_vec()));
        });
        let [(key, value)] = log.as_slice() else { panic!("one record expected") };
        let fate = self.step(key.as_bytes(), value);
        (fate, self.effects.alerts.drain(..).map(|out| out.alert).collect())
    }

    fn step(&mut self, key: &[u8], value: &[u8]) -> Fate {
        let message = LogMessage { topic: "vigil.records", partition: 0, offset: self.offset, key: Some(key), value };
        self.offset += 1;
        step(&self.judge, &mut self.shard, &message, &mut Vec::new(), &mut self.effects).unwrap().fate
    }
}

/// A report of case C1 with Besponsa suspect.
fn report(version: i32, reactions: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"body":{{"Report":{{"sender":"FDA","sender_case_id":"C1","version":{version},"most_recent":"2025-03-0{version}",
        "drugs":[{{"role":"suspect","name":"BESPONSA"}}],"reactions":[{reactions}]{comma}{more}}}}}}}"#
    )
}

const VOD: &str = r#"{"term":"Venoocclusive liver disease"}"#;
const NAUSEA: &str = r#"{"term":"Nausea"}"#;
const HOSPITALISED: &str = r#""seriousness":{"serious":true,"hospitalisation":true}"#;
const FATAL: &str = r#""seriousness":{"serious":true,"death":true}"#;
const NOT_SERIOUS: &str = r#""seriousness":{"serious":false}"#;

fn said(alerts: &[Alert<'_>]) -> Vec<(Concern, Change, i32, Priority, bool)> {
    alerts.iter().map(|a| (a.concern, a.change, a.revision, a.priority, a.notify)).collect()
}

#[test]
fn a_serious_vod_is_raised_high_and_says_why() {
    let (fate, alerts) = Desk::new().send(&report(1, VOD, HOSPITALISED));
    assert_eq!(fate, Fate::Alerted);
    let [alert] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!((alert.concern, alert.priority, alert.notify), (Concern::VodSos, Priority::High, true));
    assert_eq!((alert.listed_eu, alert.listed_us), (Listedness::Listed, Listedness::Listed));
    assert_eq!(alert.serious, Some(true));
    assert_eq!(alert.case_id.as_deref(), Some("C1"));
    assert_eq!(alert.products.iter().map(|p| p.to_string()).collect::<Vec<_>>(), ["BESPONSA"]);
    let text = alert.explanation.as_str();
    for part in
        ["veno-occlusive", "Besponsa as suspect", "Serious: hospitalisation", "EU listed, US listed", "For review"]
    {
        assert!(text.contains(part), "{part} is missing from: {text}");
    }
    assert_eq!(alert.evidence.iter().map(|e| e.basis.to_string()).collect::<Vec<_>>(), ["term", "role"]);
    assert_eq!(alert.evidence[0].offset, 0);
}

#[test]
fn the_same_case_a_thousand_times_is_one_case_and_one_alert() {
    let mut desk = Desk::new();
    assert_eq!(desk.send(&report(1, VOD, HOSPITALISED)).1.len(), 1);
    for _ in 0..1000 {
        assert_eq!(desk.send(&report(1, VOD, HOSPITALISED)), (Fate::Repeated, vec![]));
    }
    let vod = Profile::builtin().reaction("vod_sos").unwrap();
    assert_eq!((desk.shard.tally().cases(true), desk.shard.tally().of_reaction(true, vod)), (1, 1));
    assert_eq!((desk.shard.ledger().imbalance(), desk.shard.ledger().read()), (0, 1001));
}

#[test]
fn several_suspect_rows_are_one_case() {
    let mut desk = Desk::new();
    let rows = r#""drugs":[{"role":"suspect","name":"BESPONSA"},{"role":"suspect","name":"inotuzumab ozogamicin"},
        {"role":"suspect","name":"Besponsa"}]"#;
    let json = report(1, VOD, "").replace(r#""drugs":[{"role":"suspect","name":"BESPONSA"}]"#, rows);
    let (_, alerts) = desk.send(&json);
    assert_eq!(alerts.len(), 1);
    assert_eq!(desk.shard.tally().cases(true), 1);
}

#[test]
fn a_follow_up_revises_upgrades_downgrades_and_withdraws() {
    use Change::{Downgraded, Raised, Revised, Upgraded, Withdrawn};
    let mut desk = Desk::new();
    let mut expect = |json: String, expected: &[(Concern, Change, i32, Priority, bool)]| {
        let (fate, alerts) = desk.send(&json);
        assert_eq!(fate, Fate::Alerted);
        assert_eq!(said(&alerts), expected);
    };
    let vod = Concern::VodSos;
    expect(report(1, VOD, NOT_SERIOUS), &[(vod, Raised, 1, Priority::Medium, true)]);
    expect(report(2, VOD, HOSPITALISED), &[(vod, Upgraded, 2, Priority::High, true)]);
    expect(report(3, VOD, HOSPITALISED), &[(vod, Revised, 3, Priority::High, false)]);
    expect(report(4, VOD, FATAL), &[(vod, Upgraded, 4, Priority::High, true)]);
    expect(report(5, VOD, NOT_SERIOUS), &[(vod, Downgraded, 5, Priority::Medium, false)]);
    expect(
        report(6, NAUSEA, NOT_SERIOUS),
        &[(vod, Withdrawn, 6, Priority::Medium, false), (Concern::Reaction, Raised, 1, Priority::Information, false)],
    );
    // The concern again: a new episode with an identity of its own.
    let (_, again) = desk.send(&report(7, VOD, HOSPITALISED));
    assert_eq!(said(&again)[0], (vod, Raised, 1, Priority::High, true));
}

#[test]
fn a_nullification_withdraws_and_takes_the_case_out_of_the_counts() {
    let mut desk = Desk::new();
    let first = desk.send(&report(1, VOD, HOSPITALISED)).1;
    let nullification =
        r#"{"body":{"Report":{"sender":"FDA","sender_case_id":"C1","version":2,"status":"nullification"}}}"#;
    let (fate, alerts) = desk.send(nullification);
    assert_eq!(fate, Fate::Alerted);
    assert_eq!(said(&alerts), [(Concern::VodSos, Change::Withdrawn, 2, Priority::High, false)]);
    assert_eq!(alerts[0].alert_id, first[0].alert_id);
    assert!(alerts[0].explanation.contains("nullified by its sender"), "{}", alerts[0].explanation.as_str());
    assert_eq!(desk.shard.tally().cases(true), 0);
    assert_eq!(desk.send(nullification), (Fate::Repeated, vec![]));
    assert_eq!(desk.send(&report(1, VOD, HOSPITALISED)), (Fate::Repeated, vec![]), "it stays nullified");
    assert_eq!(desk.shard.tally().cases(true), 0);
}

#[test]
fn an_older_version_that_comes_late_changes_nothing() {
    let mut desk = Desk::new();
    let _ = desk.send(&report(3, NAUSEA, ""));
    assert_eq!(desk.send(&report(2, VOD, FATAL)), (Fate::Repeated, vec![]));
}

#[test]
fn the_background_is_judged_and_counted_but_never_alerts() {
    let mut desk = Desk::new();
    for (case, drug) in [("C1", "MYLOTARG"), ("C2", "GEMTUZUMAB OZOGAMICIN"), ("C3", "CYTARABINE")] {
        let json = report(1, VOD, FATAL).replace("BESPONSA", drug).replace("\"C1\"", &format!("\"{case}\""));
        assert_eq!(desk.send(&json), (Fate::Quiet, vec![]), "{drug}");
    }
    let concomitant = report(1, VOD, FATAL).replace("\"suspect\"", "\"concomitant\"").replace("\"C1\"", "\"C4\"");
    assert_eq!(desk.send(&concomitant), (Fate::Quiet, vec![]));
    let vod = Profile::builtin().reaction("vod_sos").unwrap();
    assert_eq!((desk.shard.tally().of_reaction(false, vod), desk.shard.tally().of_reaction(true, vod)), (4, 0));
}

#[test]
fn an_unverified_code_alone_never_raises_high() {
    let mut desk = Desk::new();
    let (_, alerts) = desk.send(&report(1, r#"{"code":10047216}"#, FATAL));
    assert_eq!((alerts[0].concern, alerts[0].priority), (Concern::VodSos, Priority::Medium));
    assert!(alerts[0].explanation.contains("unverified"), "{}", alerts[0].explanation.as_str());
    assert!(!alerts[0].evidence[0].verified);
}

#[test]
fn a_suspect_product_without_reactions_is_unknown_and_not_nothing() {
    let (_, alerts) = Desk::new().send(&report(1, "", r#""missing_parts":["REAC"]"#));
    assert_eq!((alerts[0].concern, alerts[0].priority), (Concern::Reaction, Priority::Low));
    let unknown: Vec<String> = alerts[0].unknown.iter().map(|u| u.to_string()).collect();
    assert!(
        unknown.contains(&"reaction".to_owned()) && unknown.contains(&"part not supplied: REAC".to_owned()),
        "{unknown:?}"
    );
}

#[test]
fn several_concerns_of_one_report_each_raise_their_own() {
    let reactions = format!(r#"{VOD},{{"term":"Febrile neutropenia"}},{{"term":"Epistaxis"}},{NAUSEA}"#);
    let (_, alerts) = Desk::new().send(&report(1, &reactions, HOSPITALISED));
    let concerns: Vec<Concern> = alerts.iter().map(|a| a.concern).collect();
    assert_eq!(concerns, [Concern::VodSos, Concern::FebrileNeutropenia, Concern::Haemorrhage, Concern::Reaction]);
    assert_eq!(alerts.iter().map(|a| a.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(alerts[2].listed_eu, Listedness::Review, "epistaxis is more specific than the label's haemorrhage");
}

#[test]
fn the_same_log_gives_the_same_bytes() {
    let run = |codec: AlertCodec| {
        let mut desk = Desk::new();
        let mut bytes = Vec::new();
        for json in [report(1, VOD, NOT_SERIOUS), report(2, VOD, FATAL), report(3, NAUSEA, "")] {
            bytes.extend(desk.send(&json).1.iter().map(|alert| codec.encode(alert).unwrap()));
        }
        bytes
    };
    for codec in [AlertCodec::Avro, AlertCodec::Json] {
        let one = run(codec);
        assert_eq!(one, run(codec));
        for bytes in &one {
            let mut scratch = Vec::new();
            let alert = AlertCodec::decode(bytes, &mut scratch).unwrap();
            assert_eq!(&codec.encode(&alert).unwrap(), bytes);
        }
    }
}

#[test]
fn what_does_not_belong_to_the_shard_is_rejected_by_name() {
    let mut desk = Desk::new();
    let fate = |desk: &mut Desk, key: &[u8], value: &[u8]| match desk.step(key, value) {
        Fate::Rejected(reject) => reject.reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(fate(&mut desk, b"MRN-1", b"\xc3\x01"), RejectReason::TruncatedAvro);
    let mut record: Record<'_> =
        serde_json::from_str(r#"{"body":{"Report":{"sender":"S","sender_case_id":"1"}}}"#).unwrap();
    let encode = |record: &Record<'_>| {
        let mut bytes = Vec::new();
        Codec::record().encode(record, &mut bytes).unwrap();
        bytes
    };
    assert_eq!(fate(&mut desk, b"MRN-1", &encode(&record)), RejectReason::KeyNotPseudonym);
    let key = desk.intake.pseudonymiser.pseudonym("a", "b").to_string();
    assert_eq!(fate(&mut desk, key.as_bytes(), &encode(&record)), RejectReason::KeyNotPseudonym);
    record.head.key = key.clone().into();
    record.head.identity = Some(crate::record::Identity { authority: "h".into(), identifier: "1".into() });
    assert_eq!(fate(&mut desk, key.as_bytes(), &encode(&record)), RejectReason::IdentityInLog);
    record.head.identity = None;
    desk.shard = Shard::new(0, 7, 10);
    let elsewhere = (0..100)
        .map(|n| desk.intake.pseudonymiser.pseudonym("a", &n.to_string()).to_string())
        .find(|key| partition_of(key.as_bytes(), 7) != 0)
        .unwrap();
    record.head.key = elsewhere.clone().into();
    assert_eq!(fate(&mut desk, elsewhere.as_bytes(), &encode(&record)), RejectReason::WrongPartition);
}

#[test]
fn a_full_shard_stops_and_folds_nothing() {
    let mut desk = Desk::new();
    desk.shard = Shard::new(0, 1, 1);
    let _ = desk.send(&report(1, VOD, ""));
    let mut bytes = Vec::new();
    let mut record: Record<'_> =
        serde_json::from_str(r#"{"body":{"Report":{"sender":"S","sender_case_id":"2"}}}"#).unwrap();
    let key = desk.intake.pseudonymiser.pseudonym("a", "b").to_string();
    record.head.key = key.clone().into();
    Codec::record().encode(&record, &mut bytes).unwrap();
    let message =
        LogMessage { topic: "vigil.records", partition: 0, offset: 1, key: Some(key.as_bytes()), value: &bytes };
    let mut scratch = Vec::new();
    let stopped = step(&desk.judge, &mut desk.shard, &message, &mut scratch, &mut desk.effects).err();
    assert_eq!(stopped, Some(ShardFull { cases_max: 1 }));
    assert_eq!((desk.shard.next_offset(), desk.shard.ledger().read()), (1, 1));
}

#[test]
fn a_dictionary_of_the_user_decides_and_is_stamped() {
    use crate::profile::meddra::{Dictionary, tests::files};
    let dictionary = Dictionary::parse(&files()).unwrap();
    let mut desk = Desk::new();
    let (_, without) = desk.send(&report(1, r#"{"term":"Made-up bleed","code":90000002}"#, HOSPITALISED));
    assert_eq!(said(&without)[0].0, Concern::Reaction);
    assert_eq!(without[0].dictionary, None);
    desk = Desk::new();
    desk.judge = Judge::with_dictionary(Profile::builtin(), &dictionary).unwrap();
    let (_, with) = desk.send(&report(1, r#"{"term":"Made-up bleed","code":90000002}"#, HOSPITALISED));
    assert_eq!(said(&with), [(Concern::Haemorrhage, Change::Raised, 1, Priority::High, true)]);
    assert_eq!(with[0].listed_eu, Listedness::Review, "more specific than the label's term");
    assert_eq!(with[0].dictionary.as_deref(), Some(dictionary.version()));
    assert_eq!(with[0].evidence[0].basis.to_string(), "code, SMQ narrow");
    let (_, broad) = desk.send(&report(2, r#"{"code":90000012}"#, HOSPITALISED));
    assert_eq!(said(&broad)[0].1, Change::Withdrawn, "a broad term is only related");
}

#[test]
fn a_narrative_raises_what_no_reaction_says_and_only_the_phrase_leaves_it() {
    let narrative = r#""narrative":"Mr Smith of Bath had a severe nosebleed on day 3. No VOD.","seriousness":{"serious":true,"hospitalisation":true}"#;
    let (fate, alerts) = Desk::new().send(&report(1, NAUSEA, narrative));
    assert_eq!(fate, Fate::Alerted);
    let raised = |concern| alerts.iter().find(|alert| alert.concern == concern);
    assert!(raised(Concern::VodSos).is_none());
    let alert = raised(Concern::Haemorrhage).unwrap();
    assert_eq!(alert.priority, Priority::High);
    assert_eq!(alert.reactions, ["nosebleed".into()]);
    let evidence = alert.evidence.iter().find(|piece| piece.item.as_str() == "reaction").unwrap();
    assert_eq!((evidence.value.as_deref(), evidence.basis.as_str()), (Some("nosebleed"), "narrative"));
    for alert in &alerts {
        let said = serde_json::to_string(alert).unwrap();
        assert!(!said.contains("Smith") && !said.contains("Bath"), "{said}");
    }
}

#[test]
fn what_a_narrative_holds_possible_is_one_priority_lower() {
    let priority = |narrative: &str| {
        let more = format!(r#""narrative":"{narrative}","seriousness":{{"serious":true,"death":true}}"#);
        let (_, alerts) = Desk::new().send(&report(1, NAUSEA, &more));
        alerts.iter().find(|alert| alert.concern == Concern::VodSos).map(|alert| alert.priority)
    };
    assert_eq!(priority("VOD was diagnosed."), Some(Priority::High));
    assert_eq!(priority("Possible VOD."), Some(Priority::Medium));
    for quiet in [
        "VOD was ruled out.",
        "History of VOD.",
        "Her brother had VOD.",
        "At risk of VOD.",
        "Ursodiol as VOD prophylaxis.",
    ] {
        assert_eq!(priority(quiet), None, "{quiet}");
    }
}

#[test]
fn an_earlier_vod_of_the_narrative_is_a_question_of_contraindication() {
    let judged = |narrative: &str| {
        let more = format!(r#""narrative":"{narrative}""#);
        let (_, alerts) = Desk::new().send(&report(1, NAUSEA, &more));
        alerts.iter().any(|alert| serde_json::to_string(alert).unwrap().contains("How severe was the earlier VOD"))
    };
    assert!(judged("Past medical history: VOD in 2019."));
    assert!(!judged("No history of VOD."));
}

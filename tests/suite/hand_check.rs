//! Concepts of public reports against what a person decided by reading their terms.

use besponsa_vigil::classify::Classifier;
use besponsa_vigil::decode::{Limits, decode};
use besponsa_vigil::normalise::Pseudonymiser;
use besponsa_vigil::pipeline::{Effects, Intake, Judge, LogMessage, Shard, Source, SourceMessage, intake, step};
use besponsa_vigil::profile::Profile;
use besponsa_vigil::record::Body;
use besponsa_vigil::run::files::read_sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const LIMITS: Limits = Limits { message_bytes: 64 << 20, container_records: 100_000, list_items: 10_000 };

/// The public sample data, where they are; says what is skipped where they are not.
pub fn public_data(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VIGIL_TEST_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: the public sample {part} is not there; set VIGIL_TEST_DATA to its folder to run this test");
    None
}

/// FAERS primary id, and which of the three concerns its reaction terms mean: v VOD/SOS, f febrile neutropenia,
/// h haemorrhage. Decided by hand from the terms; the traps are those of DOMAIN 2 and rulings 20 and 24.
const BY_HAND: [(&str, &str); 36] = [
    ("170839988", "v"),  // Venoocclusive liver disease
    ("1100310642", "h"), // Epistaxis, injection site haemorrhage
    ("129142743", "h"),  // Haemorrhagic cholecystitis, haemorrhagic ascites
    ("1364424210", "h"), // Contusion
    ("231024153", "h"),  // Cerebral haemorrhage
    ("231504083", "h"),  // Haemorrhage
    ("249434782", "h"),  // Haemorrhage intracranial
    ("258684051", "h"),  // Gingival bleeding
    ("258921641", "h"),  // Conjunctival haemorrhage
    ("259110641", "h"),  // Gastrointestinal haemorrhage
    ("259138941", "h"),  // Melaena
    ("259703061", "h"),  // Putamen haemorrhage
    ("260335081", "h"),  // Diarrhoea haemorrhagic
    ("260839231", "h"),  // Haematuria, pulmonary alveolar haemorrhage; its neutropenia is not febrile
    ("260919171", "h"),  // Haemorrhagic stroke
    ("261119411", "h"),  // Haemorrhage beside platelet count decreased
    ("261812851", "h"),  // Incision site haemorrhage
    ("262015851", "h"),  // Traumatic subarachnoid haemorrhage
    ("229337823", "f"),  // Febrile neutropenia
    ("2508562414", "f"),
    ("256034245", "f"),
    ("258950253", "f"),
    ("261674281", "f"),
    ("261245881", "f"), // Febrile neutropenia beside haemoglobin and platelet count decreased
    ("250125385", ""),  // Haemorrhoids
    ("258047973", ""),  // Arterial occlusive disease
    ("260867001", ""),  // Arterial occlusive disease
    ("2269830611", ""), // Glycosylated haemoglobin increased
    ("240407617", ""),  // Arteriovenous fistula
    ("252852743", ""),  // Pneumonia haemophilus
    ("253670557", ""),  // Transient ischaemic attack
    ("259435612", ""),  // Acquired haemophilia
    ("260549641", ""),  // Haemolytic anaemia
    ("261497911", ""),  // Platelet count decreased: a risk of bleeding, not bleeding
    ("261429661", ""),  // Coagulopathy
    ("262099631", ""),  // Haematological malignancy
];

#[test]
fn concepts_of_public_reports_are_those_that_a_person_read() {
    let Some(path) = public_data("faers/nico8270_2025q4_ascii") else { return };
    let profile = Profile::builtin();
    let classifier = Classifier::new(profile).unwrap();
    let letter = [("vod_sos", 'v'), ("febrile_neutropenia", 'f'), ("haemorrhage", 'h')]
        .map(|(id, letter)| (profile.reaction(id).unwrap(), letter));
    let mut judged: BTreeMap<String, String> = BTreeMap::new();
    read_sources(&path, 1 << 30).unwrap().messages(&LIMITS, &mut |message| {
        decode(None, message.payload.unwrap(), &LIMITS, &mut |_, record| {
            let record = record.unwrap();
            let Body::Report(report) = &record.body else { panic!("a report is expected") };
            let concepts = classifier.assess(report).concepts;
            let letters = letter.iter().filter(|(bit, _)| concepts & 1 << bit != 0).map(|(_, letter)| *letter);
            judged.insert(record.head.source_id.to_string(), letters.collect());
        });
    });
    assert_eq!(judged.len(), 1000);
    let wrong: Vec<_> = BY_HAND
        .iter()
        .filter(|(id, by_hand)| judged.get(*id).map(String::as_str) != Some(by_hand))
        .map(|(id, by_hand)| format!("{id}: by hand \"{by_hand}\", judged {:?}", judged.get(*id)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let distinct: BTreeSet<_> = BY_HAND.iter().map(|(id, _)| id).collect();
    assert_eq!(distinct.len(), BY_HAND.len());
}

/// Rows of case, drug and reaction, as one canonical JSON report a case.
fn canonical(rows: &str) -> BTreeMap<String, (BTreeSet<String>, serde_json::Value)> {
    let mut cases: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for row in rows.lines().skip(1) {
        let [case, drug, reaction] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let (drugs, reactions) = cases.entry(case.to_owned()).or_default();
        drugs.insert(drug.to_owned());
        reactions.insert(reaction.to_owned());
    }
    let report = |case: &str, drugs: &BTreeSet<String>, reactions: &BTreeSet<String>| {
        serde_json::json!({"body": {"Report": {
            "sender": "FDA", "sender_case_id": case, "most_recent": "2022-09-30",
            "drugs": drugs.iter().map(|name| serde_json::json!({"role": "suspect", "name": name})).collect::<Vec<_>>(),
            "reactions": reactions.iter().map(|term| serde_json::json!({"term": term})).collect::<Vec<_>>()
        }}})
    };
    cases
        .into_iter()
        .map(|(case, (drugs, reactions))| {
            let json = report(&case, &drugs, &reactions);
            (case, (drugs, json))
        })
        .collect()
}

#[test]
fn inotuzumab_is_found_under_both_names_and_gemtuzumab_is_not() {
    let Some(path) = public_data("faers/pvlrt_faers22q3_ps_ino_gem.csv") else { return };
    let cases = canonical(&std::fs::read_to_string(path).unwrap());
    let judge = Judge::new(Profile::builtin()).unwrap();
    let pseudonymiser = Pseudonymiser::new(&[3; 32]).unwrap();
    let desk = Intake { pseudonymiser, limits: LIMITS, internal_kinds: false };
    let mut shard = Shard::new(0, 1, 10_000);
    let mut effects = Effects::default();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for (case, (drugs, json)) in &cases {
        let payload = json.to_string();
        let message = SourceMessage {
            topic: "file",
            partition: 0,
            offset: shard.next_offset(),
            timestamp: 1_664_496_000_000,
            payload: payload.as_bytes(),
            format: None,
        };
        let of_product = drugs.iter().any(|name| name == "Besponsa" || name == "Inotuzumab ozogamicin");
        intake(&desk, &Source::default(), &message, &mut |_, record| {
            let record = record.unwrap();
            let offset = shard.next_offset();
            let key = Some(record.key.as_bytes());
            let log = LogMessage { topic: "vigil.records", partition: 0, offset, key, value: record.value };
            let mut scratch = Vec::new();
            let step = step(&judge, &mut shard, &log, &mut scratch, &mut effects).unwrap();
            assert_eq!(step.suspect, Some(of_product), "case {case}");
        });
        assert_eq!(effects.alerts.is_empty(), !of_product, "case {case}");
        effects.alerts.clear();
        for drug in drugs {
            *found.entry(drug.clone()).or_default() += 1;
        }
    }
    for name in ["Besponsa", "Inotuzumab ozogamicin", "Gemtuzumab ozogamicin", "Mylotarg"] {
        assert!(found.get(name).is_some_and(|cases| *cases >= 5), "{name}: {found:?}");
    }
    let of_product = found["Besponsa"] + found["Inotuzumab ozogamicin"];
    assert_eq!(shard.tally().cases(true), of_product as u64);
    assert_eq!(shard.tally().cases(false), (found["Gemtuzumab ozogamicin"] + found["Mylotarg"]) as u64);
}

use super::*;
use crate::decode::Limits;
use crate::normalise::Pseudonymiser;
use crate::pipeline::{Intake, Source, SourceMessage, intake};
use std::collections::BTreeMap;

const FIRST: Millis = Millis(1_740_787_200_000);

#[test]
fn one_seed_is_one_patient() {
    let payloads = |seed| -> Vec<Vec<u8>> {
        (0..20).flat_map(|number| WardPatient::new(seed, number, FIRST).messages).map(|m| m.payload).collect()
    };
    assert_eq!(payloads(7), payloads(7));
    assert_ne!(payloads(7), payloads(8));
}

#[test]
fn every_script_happens_and_every_message_is_a_record() {
    let by = Intake {
        pseudonymiser: Pseudonymiser::new(&[1; 32]).unwrap(),
        limits: Limits { message_bytes: 1 << 20, container_records: 10, list_items: 100 },
        internal_kinds: false,
    };
    let mut seen: BTreeMap<Script, u32> = BTreeMap::new();
    for number in 0..400 {
        let patient = WardPatient::new(3, number, FIRST);
        assert!(patient.messages.is_sorted_by_key(|message| message.known));
        let nth = seen.entry(patient.script).or_default();
        *nth += 1;
        // One patient of a script is read whole; more would only take longer.
        for message in patient.messages.iter().filter(|_| *nth == 1) {
            assert!(message.time <= message.known);
            let source = SourceMessage {
                topic: "wards",
                partition: 0,
                offset: 0,
                timestamp: message.known.0,
                payload: &message.payload,
                format: None,
            };
            let mut records = 0;
            intake(&by, &Source::default(), &source, &mut |_, made| {
                let made = made.unwrap_or_else(|reject| panic!("{reject}"));
                assert_eq!(made.timestamp, message.known.0);
                records += 1;
            });
            assert_eq!(records, 1);
        }
        if seen.len() == Script::ALL.len() {
            break;
        }
    }
    assert_eq!(seen.len(), Script::ALL.len(), "{seen:?}");
}

#[test]
fn a_patient_of_a_demonstration_is_in_the_middle_of_it() {
    let now = Millis(FIRST.0 + 13 * 3_600_000);
    for number in 0..40 {
        let patient = WardPatient::around(3, number, now);
        assert!(patient.key_time <= now && now.0 - patient.key_time.0 < chart::DAY, "{:?}", patient.script);
    }
}

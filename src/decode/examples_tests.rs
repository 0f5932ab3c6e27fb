//! The examples in `schemas/examples`, walked. `cargo test --no-default-features --lib write_examples -- --ignored`
//! writes the binary ones anew.

use super::tests::{Given, WIDE};
use super::{Format, Limits, decode};
use crate::record::{Body, Codec, KINDS, Record, RejectReason as R};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn examples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let files = super::tests::files(&schemas().join(folder));
    assert!(!files.is_empty(), "no example in {folder}");
    files
}

/// The record of `valid/<kind>.json`.
fn valid(kind: &str) -> Vec<u8> {
    std::fs::read(schemas().join(format!("examples/valid/{kind}.json"))).unwrap()
}

fn read(json: &[u8]) -> Record<'_> {
    serde_json::from_slice(json).unwrap()
}

fn encoded(record: &Record<'_>) -> Vec<u8> {
    let mut message = Vec::new();
    Codec::record().encode(record, &mut message).unwrap();
    message
}

#[test]
fn every_valid_example_is_records_and_every_kind_has_one() {
    let mut kinds = BTreeSet::new();
    for (name, bytes) in examples("examples/valid") {
        let given = Given::of(None, &bytes, &WIDE);
        assert!(given.rejects().is_empty(), "{name}: {:?}", given.rejects());
        let records = given.records();
        assert!(!records.is_empty(), "{name}");
        for record in &records {
            assert!(
                !record.head.source_id.is_empty() || record.head.source_format != crate::record::SourceFormat::Openfda
            );
            // What was read is the same after a journey through the log.
            let message = encoded(record);
            let back = Given::of(Some(Format::CanonicalAvro), &message, &WIDE);
            assert_eq!(&back.records()[0], record, "{name}");
        }
        let stem = name.split('.').next().unwrap();
        if KINDS.contains(&stem) {
            assert_eq!(records[0].body.kind(), stem, "{name}");
            kinds.insert(stem.to_owned());
        }
    }
    assert_eq!(kinds, KINDS.iter().map(|kind| (*kind).to_owned()).collect());
}

#[test]
fn every_invalid_example_earns_the_reject_it_is_named_for() {
    let mut seen = BTreeSet::new();
    for (name, bytes) in examples("examples/invalid") {
        let reason = name.split('.').next().unwrap();
        let given = Given::of(None, &bytes, &WIDE);
        let rejects = given.rejects();
        assert_eq!(rejects.len(), 1, "{name}: {:?}", given.all);
        assert_eq!(rejects[0].reason.name(), reason, "{name}: {}", rejects[0]);
        seen.insert(reason.to_owned());
    }
    // What a decoder of these formats can say has an example, but for what takes a large message, below.
    let elsewhere = [
        R::TooLarge,
        R::TooMany,
        R::CompressionBomb,
        R::NoIdentity,
        R::ForeignKey,
        R::KindNotAllowed,
        R::KeyNotPseudonym,
        R::WrongPartition,
        R::IdentityInLog,
        R::JudgingFailed,
    ];
    let without: Vec<_> =
        R::ALL.iter().filter(|reason| !elsewhere.contains(reason) && !seen.contains(reason.name())).collect();
    assert!(without.is_empty(), "no example earns {without:?}");
}

#[test]
fn large_messages_earn_their_rejects() {
    let large = vec![b' '; 50 << 20];
    assert_eq!(Given::of(None, &large, &Limits { message_bytes: 1 << 20, ..WIDE }).reason(), R::TooLarge);
    let limits = Limits { message_bytes: 1 << 20, container_records: 3, list_items: 4 };
    let list = |items: usize, item: &str| vec![item; items].join(",");
    let drugs = |items| format!("{{\"body\":{{\"Report\":{{\"sender\":\"S\",\"drugs\":[{}]}}}}}}", list(items, "{}"));
    assert!(Given::of(None, drugs(4).as_bytes(), &limits).rejects().is_empty());
    assert_eq!(Given::of(None, drugs(5).as_bytes(), &limits).reason(), R::TooMany);
    let many = drugs(5);
    assert_eq!(Given::of(None, &encoded(&read(many.as_bytes())), &limits).reason(), R::TooMany);
    let page = |items| format!("{{\"results\":[{}]}}", list(items, "{\"safetyreportid\":\"1\"}"));
    assert_eq!(Given::of(None, page(3).as_bytes(), &limits).records().len(), 3);
    assert_eq!(Given::of(None, page(4).as_bytes(), &limits).reason(), R::TooMany);
    let reactions = format!("{{\"safetyreportid\":1,\"patient\":{{\"reaction\":[{}]}}}}", list(5, "{}"));
    assert_eq!(Given::of(None, reactions.as_bytes(), &limits).reason(), R::TooMany);
    let records = format!("[{}]", list(4, "{\"body\":{\"Response\":{\"result\":\"cr\"}}}"));
    assert_eq!(Given::of(None, records.as_bytes(), &limits).reason(), R::TooMany);
    for deep in ["[".repeat(100_000), "{\"head\":".repeat(100_000), format!("{{\"results\":{}", "[".repeat(100_000))] {
        assert_eq!(Given::of(None, deep.as_bytes(), &WIDE).reason(), R::TooDeep);
    }
}

#[test]
fn one_bad_report_of_a_container_leaves_its_neighbours_alone() {
    let page = br#"{"results": [{"safetyreportid": "1"}, {"safetyreportid": "2", "receivedate": "99990101"},
        {"serious": "1"}, {"safetyreportid": "4", "note": [1e999]}, 5, {"safetyreportid": "6"}]}"#;
    let given = Given::of(None, page, &WIDE);
    let fates: Vec<_> = given.all.iter().map(|(index, fate)| (*index, fate.as_ref().err().map(|r| r.reason))).collect();
    assert_eq!(
        fates,
        [
            (0, None),
            (1, Some(R::DateOutOfRange)),
            (2, Some(R::MissingField)),
            (3, Some(R::NonFiniteNumber)),
            (4, Some(R::WrongType)),
            (5, None)
        ]
    );
    let indexes: Vec<_> = given.records().iter().map(|record| record.head.origin.index).collect();
    assert_eq!(indexes, [0, 5]);
    let list =
        br#"[{"body": {"Response": {"result": "cr"}}}, {"body": {}}, {"body": {"Response": {"result": "none"}}}]"#;
    let given = Given::of(None, list, &WIDE);
    assert_eq!(given.records().len(), 2);
    assert_eq!((given.all[1].0, given.reason()), (1, R::WrongType));
}

#[test]
fn text_of_a_message_is_borrowed() {
    use std::borrow::Cow;
    let report = valid("report");
    let avro = encoded(&read(&report));
    for message in [&report, &avro] {
        let mut borrowed = None;
        decode(None, message, &WIDE, &mut |_, fate| {
            if let Body::Report(report) = fate.unwrap().body {
                borrowed = Some(
                    matches!(report.narrative.unwrap().0, Cow::Borrowed(_))
                        && report.drugs.iter().all(|drug| matches!(drug.name.0, Cow::Borrowed(_))),
                );
            }
        });
        assert_eq!(borrowed, Some(true));
    }
}

/// Writes the Avro examples.
#[test]
#[ignore = "writes into the source tree; run it after a change of the schemas' examples"]
fn write_examples() {
    let invalid = schemas().join("examples/invalid");
    let write = |name: &str, bytes: &[u8]| std::fs::write(invalid.join(name), bytes).unwrap();
    let tick = encoded(&read(&valid("tick")));
    let stay = encoded(&read(&valid("stay")));
    let observation = encoded(&read(&valid("observation")));
    let with = |message: &[u8], find: &[u8], put: &[u8]| {
        let at = message.windows(find.len()).rposition(|part| part == find).expect("the bytes to replace");
        [&message[..at], put, &message[at + find.len()..]].concat()
    };
    write("truncated_avro.avro", &stay[..stay.len() - 4]);
    write("truncated_avro.header.avro", &tick[..5]);
    write("trailing_bytes.avro", &[&tick[..], b"\0\0"].concat());
    write("unknown_fingerprint.avro", &[&tick[..2], b"\x01\x02\x03\x04\x05\x06\x07\x08", &tick[10..]].concat());
    // A length below zero where the record id's stands.
    write("malformed_avro.avro", &[&tick[..10], b"\x01", &tick[11..]].concat());
    write("invalid_utf8.avro", &with(&stay, b"H4", b"H\xff"));
    write("non_finite_number.avro", &with(&observation, &2.4f64.to_le_bytes(), &f64::NAN.to_le_bytes()));
    write("unknown_symbol.avro", &{
        // The stay's event, its first field, is admission: symbol 0. The ward H4 follows as branch 1, length 2.
        with(&stay, b"\x00\x02\x04H4", b"\x0e\x02\x04H4")
    });
    write("date_out_of_range.avro", &{
        let mut year_9999 = Vec::new();
        let mut zigzag = 253_402_214_400_000u64 * 2;
        while zigzag > 0x7f {
            year_9999.push((zigzag & 0x7f) as u8 | 0x80);
            zigzag >>= 7;
        }
        year_9999.push(zigzag as u8);
        // Behind the tick's wall time stands its partition, 3, one byte.
        [&tick[..tick.len() - 1 - 6], &year_9999[..], b"\x06"].concat()
    });
}

//! Fuzz targets of every decoder. They start from the valid examples and change them a little, so that they get past
//! the first brace; a few also take bytes as they come. Whatever comes in: no panic, one fate or more, the same fates
//! again, and every record survives the log.

use super::tests::WIDE;
use super::{Format, Limits, decode, faers};
use crate::record::{Codec, Record, Reject};
use bolero::check;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

/// Rounds of one target in `cargo test`. A fuzzing engine takes as many as it likes.
const ROUNDS: usize = 600;

/// Small limits, so that they are met.
const NARROW: Limits = Limits { message_bytes: 1 << 20, container_records: 4, list_items: 6 };

/// One change: what to do, where, and with what.
type Change = (u8, u16, u8);

/// The valid examples.
static VALID: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples/valid");
    super::tests::files(&folder).into_iter().map(|(_, bytes)| bytes).collect()
});

/// A quarter of two reports, with the traps of the format in it.
const TABLES: [(&str, &str); 6] = [
    (
        "DEMO15Q1.txt",
        "primaryid$caseid$caseversion$i_f_code$event_dt$init_fda_dt$fda_dt$rept_cod$mfr_num$age$age_cod$sex$wt$wt_cod$ rept_dt$\r\n1012$101$2$F$2014$20141227$20150102.0$EXP$X$61.0$YR$F$143$LBS$20150102$\r\n2011$201$1$I$$20150102$20150102$PER$$$$$$$20150102$\r\n",
    ),
    (
        "drug15q1.txt",
        "primaryid$caseid$drug_seq$role_cod$drugname$prod_ai$dose_amt$dose_unit\n1012$101$1$PS$BESPONSA$A\\B$0.8$MG\n1012$101$2$C$X$$$\n",
    ),
    ("REAC15Q1.txt", "isr$pt$v3$\n1012$Pyrexia$$\n2011$\"Rash$$\n3011$Fall$$\n"),
    (
        "THER15Q1.txt",
        "primaryid$dsg_drug_seq$start_dt$end_dt$dur$dur_cod\n1012$1$20141201$201412$1$DAY\n1012$1$2014$$$\n",
    ),
    ("OUTC15Q1.txt", "primaryid$outc_code\n1012$HO\n"),
    ("DELETE15Q1.txt", " \n101\n77\n"),
];

fn fates(format: Option<Format>, message: &[u8], limits: &Limits) -> Vec<(i32, Result<Vec<u8>, Reject>)> {
    let mut fates = Vec::new();
    decode(format, message, limits, &mut |index, fate| fates.push((index, logged(fate))));
    fates
}

/// The record as it goes into the log, after it was seen to come back from there.
fn logged(fate: Result<Record<'_>, Reject>) -> Result<Vec<u8>, Reject> {
    fate.and_then(|record| {
        let mut message = Vec::new();
        Codec::record().encode_taken(&record, &mut message)?;
        let mut scratch = Vec::new();
        assert_eq!(Codec::record().decode::<Record<'_>>(&message, &mut scratch).unwrap(), record);
        Ok(message)
    })
}

/// Names of the fates that a target has met: one that only ever meets the first brace has tested nothing. What is
/// wanted is met hundreds of times in a run, so that chance cannot miss it.
#[derive(Default)]
struct Met(std::sync::Mutex<std::collections::BTreeSet<&'static str>>);

impl Met {
    fn add(&self, fates: &[(i32, Result<Vec<u8>, Reject>)]) {
        let mut met = self.0.lock().unwrap();
        met.extend(fates.iter().map(|(_, fate)| fate.as_ref().err().map_or("record", |reject| reject.reason.name())));
    }

    #[track_caller]
    fn all(&self, wanted: &[&str]) {
        let met = self.0.lock().unwrap();
        assert!(wanted.iter().all(|name| met.contains(name)), "met only {met:?}");
    }
}

fn hold(format: Option<Format>, message: &[u8]) -> Vec<(i32, Result<Vec<u8>, Reject>)> {
    let mut wide = Vec::new();
    for limits in [&WIDE, &NARROW] {
        let first = fates(format, message, limits);
        assert!(!first.is_empty(), "every message has a fate");
        assert_eq!(first, fates(format, message, limits), "the same again");
        let indexes: Vec<i32> = first.iter().map(|(index, _)| *index).collect();
        assert!(indexes.windows(2).all(|pair| pair[0] < pair[1]), "in order: {indexes:?}");
        if limits.list_items == WIDE.list_items {
            wide = first;
        }
    }
    wide
}

/// Changes bytes: one replaced, a stretch cut out, doubled, or the end cut off.
fn change_bytes(bytes: &mut Vec<u8>, (kind, at, with): Change) {
    if bytes.is_empty() {
        return;
    }
    let at = usize::from(at) % bytes.len();
    let to = (at + usize::from(with % 16)).min(bytes.len());
    match kind % 5 {
        0 => bytes[at] = with,
        1 => drop(bytes.drain(at..to)),
        2 => {
            let stretch = bytes[at..to].to_vec();
            bytes.splice(at..at, stretch);
        }
        3 => bytes.truncate(at),
        _ => bytes[at] ^= 1 << (with % 8),
    }
}

/// What stands in for a value.
fn other_value(with: u8) -> Value {
    match with % 16 {
        0 => Value::Null,
        1 => Value::from(""),
        2 => Value::from("2025-02-30"),
        3 => Value::from("99991231"),
        4 => Value::from("20250230"),
        5 => Value::from("\u{0}\u{10ffff}\"\\"),
        6 => Value::from(-1),
        7 => Value::from(i64::MIN),
        8 => Value::from(u64::MAX),
        9 => Value::from(f64::MAX),
        10 => Value::from(0.5),
        11 => Value::Bool(true),
        12 => Value::Array(vec![]),
        13 => Value::Object(serde_json::Map::new()),
        14 => Value::Array(vec![Value::from("a"); 7]),
        _ => Value::Array(vec![Value::Array(vec![Value::Null])]),
    }
}

/// The node number `at`, counted in depth, after which the change stops.
fn change_value(value: &mut Value, at: &mut usize, kind: u8, with: u8) -> bool {
    if *at == 0 {
        match (value, kind % 4) {
            (Value::Object(map), 1) => {
                if let Some(key) = map.keys().nth(usize::from(with) % map.len().max(1)).cloned() {
                    map.remove(&key);
                }
            }
            (Value::Object(map), 2) => drop(map.insert(format!("extra{with}"), other_value(with))),
            (Value::Array(list), 1 | 2) => {
                let again = list.clone();
                list.extend(again);
            }
            (value, 3) => *value = Value::Array(vec![value.take()]),
            (value, _) => *value = other_value(with),
        }
        return true;
    }
    *at -= 1;
    match value {
        Value::Object(map) => map.values_mut().any(|value| change_value(value, at, kind, with)),
        Value::Array(list) => list.iter_mut().any(|value| change_value(value, at, kind, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn json_with_other_values() {
    static MET: LazyLock<Met> = LazyLock::new(Met::default);
    check!().with_iterations(ROUNDS).with_type::<(u8, Vec<Change>)>().for_each(|(which, changes)| {
        let mut value: Value = serde_json::from_slice(&VALID[usize::from(*which) % VALID.len()]).unwrap();
        for (kind, at, with) in changes.iter().take(4) {
            change_value(&mut value, &mut (usize::from(*at) % 90), *kind, *with);
        }
        let text = serde_json::to_vec(&value).unwrap();
        MET.add(&hold(None, &text));
        hold(Some(Format::OpenFda), &text);
        hold(Some(Format::CanonicalJson), &text);
    });
    MET.all(&["record", "wrong_type", "missing_field"]);
}

#[test]
fn json_with_other_bytes() {
    static MET: LazyLock<Met> = LazyLock::new(Met::default);
    check!().with_iterations(ROUNDS).with_type::<(u8, Vec<Change>)>().for_each(|(which, changes)| {
        let mut bytes = VALID[usize::from(*which) % VALID.len()].clone();
        changes.iter().take(6).for_each(|change| change_bytes(&mut bytes, *change));
        MET.add(&hold(None, &bytes));
    });
    MET.all(&["record", "malformed_json"]);
}

#[test]
fn avro_with_other_bytes() {
    static MET: LazyLock<Met> = LazyLock::new(Met::default);
    static MESSAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let mut messages = Vec::new();
        for json in VALID.iter() {
            messages.extend(fates(None, json, &WIDE).into_iter().map(|(_, message)| message.unwrap()));
        }
        messages
    });
    check!().with_iterations(ROUNDS).with_type::<(u8, Vec<Change>)>().for_each(|(which, changes)| {
        let message = &MESSAGES[usize::from(*which) % MESSAGES.len()];
        // The header stays, so that the datum is read.
        let mut datum = message[10..].to_vec();
        changes.iter().take(6).for_each(|change| change_bytes(&mut datum, *change));
        MET.add(&hold(Some(Format::CanonicalAvro), &[&message[..10], &datum].concat()));
    });
    MET.all(&["record", "truncated_avro", "malformed_avro"]);
}

#[test]
fn faers_with_other_bytes() {
    static MET: LazyLock<Met> = LazyLock::new(Met::default);
    check!().with_iterations(ROUNDS).with_type::<Vec<(u8, Change)>>().for_each(|changes| {
        let mut tables = TABLES.map(|(name, text)| (name, text.as_bytes().to_vec()));
        for (which, change) in changes.iter().take(8) {
            let at = usize::from(*which) % tables.len();
            match which % 7 {
                // Separators and line ends where they do not belong are the likely faults.
                6 => change_bytes(&mut tables[at].1, (0, change.1, b"$\n\r.0"[usize::from(change.2) % 5])),
                _ => change_bytes(&mut tables[at].1, *change),
            }
        }
        let sources: Vec<(&str, &[u8])> = tables.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let all = |limits: &Limits| {
            let mut fates = Vec::new();
            faers::decode(&sources, limits, &mut |index, fate| fates.push((index, logged(fate))));
            fates
        };
        let first = all(&WIDE);
        assert!(!first.is_empty());
        assert!(first.iter().zip(0..).all(|((index, _), expected)| *index == expected));
        assert_eq!(first, all(&WIDE));
        MET.add(&first);
        all(&NARROW);
        for (_, bytes) in &tables {
            hold(Some(Format::FaersTable), bytes);
        }
    });
    MET.all(&["record", "malformed_table"]);
}

#[test]
fn bytes_as_they_come() {
    check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| drop(hold(None, bytes)));
}

proptest! {
    #[test]
    fn any_bytes_have_a_fate_in_any_format(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0usize..5) {
        let formats = [
            None,
            Some(Format::CanonicalAvro),
            Some(Format::CanonicalJson),
            Some(Format::OpenFda),
            Some(Format::FaersTable),
        ];
        hold(formats[which], &bytes);
    }

    #[test]
    fn files_are_split_without_loss(lines in proptest::collection::vec("\\{\"a\":[0-9]\\}|\\{|x|", 0..8)) {
        let file = lines.join("\n");
        let messages: Vec<_> = super::messages(file.as_bytes()).collect();
        let rejoined: Vec<u8> = messages.iter().flat_map(|m| m.payload).copied().filter(|b| !b.is_ascii_whitespace()).collect();
        let wanted: Vec<u8> = file.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        prop_assert_eq!(rejoined, wanted);
        prop_assert!(messages.iter().all(|m| file.as_bytes()[m.offset..].starts_with(m.payload)));
    }
}

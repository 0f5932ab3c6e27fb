//! A cluster in memory in which all is well.

use super::*;
use crate::alert::{Alert, AlertCodec, Change, Evidence, Subject};
use crate::profile::{Concern, Listedness, Priority};
use crate::record::state::{CaseState, LedgerState, ProgressState, STATE_SCHEMA_VERSION, State, StateBody, StateCodec};
use crate::record::{
    Forwarded, Head, Millis, Origin, Patient, Pseudonym, Raw, RejectRecord, Stage, Text, Tick, partition_of,
    reject_codec,
};

pub const PARTITIONS: i32 = 2;

#[derive(Clone)]
pub struct Kept {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

/// Everything that stands in the topics.
#[derive(Clone)]
pub struct World {
    pub settled: bool,
    /// Partition, offset, and what the message makes.
    pub source: Vec<(i32, i64, Vec<i32>)>,
    pub ingested: Option<i64>,
    pub records: Vec<Kept>,
    pub alerts: Vec<Kept>,
    /// Aborted, seen by read-uncommitted beside the others.
    pub aborted: Vec<Kept>,
    pub state: Vec<Kept>,
    pub rejects: Vec<Kept>,
    pub spans: BTreeMap<&'static str, Option<Spans>>,
}

pub fn key_in(partition: i32, nth: usize) -> String {
    let keys = (1u128..).map(|hash| Pseudonym { key_id: 7, hash }.to_string());
    keys.filter(|key| partition_of(key.as_bytes(), PARTITIONS) == partition).nth(nth).unwrap()
}

pub fn kept(partition: i32, offset: i64, key: &str, value: Vec<u8>) -> Kept {
    Kept { partition, offset, key: Some(key.as_bytes().to_vec()), value: Some(value) }
}

pub fn record(partition: i32, offset: i64, origin: (i64, i32)) -> Kept {
    let key = key_in(partition, 0);
    let head = Head {
        record_id: Text::owned(format!("{:032x}", origin.0 * 10 + i64::from(origin.1))),
        key: key.clone().into(),
        origin: Origin { topic: "source".into(), partition: 0, offset: origin.0, index: origin.1 },
        ..Head::default()
    };
    let body = Body::Patient(Patient { birth_year: Some(1970), sex: None, height_cm: None });
    let mut value = Vec::new();
    Codec::record().encode(&Record { head, body }, &mut value).unwrap();
    kept(partition, offset, &key, value)
}

pub fn own(partition: i32, offset: i64, body: Body<'static>) -> Kept {
    let key = key_in(partition, 1);
    let head = Head {
        record_id: "0f".repeat(16).into(),
        key: key.clone().into(),
        source_format: SourceFormat::Vigil,
        ..Head::default()
    };
    let mut value = Vec::new();
    Codec::record().encode(&Record { head, body }, &mut value).unwrap();
    kept(partition, offset, &key, value)
}

pub fn forwarded(offset: i64) -> Kept {
    let fact = serde_json::from_str(r#"{"Finding": {"kind": "hepatomegaly", "presence": "present"}}"#).unwrap();
    let from = Forwarded {
        from_key: key_in(0, 0).into(),
        from_record_id: "0".into(),
        withdrawn: false,
        path: Vec::new(),
        fact,
    };
    own(1, offset, Body::Forwarded(from))
}

pub fn alert(shard: i32, offset: i64, id: u8, revision: i32, seq: i64, evidence: i64) -> Kept {
    kept(shard, offset, &key_in(shard, 0), said(shard, id, revision, seq, evidence, "VOD reported"))
}

pub fn said(shard: i32, id: u8, revision: i32, seq: i64, evidence: i64, words: &'static str) -> Vec<u8> {
    let at = Evidence {
        item: "reaction".into(),
        value: None,
        unit: None,
        time: None,
        basis: "term".into(),
        verified: true,
        topic: "log".into(),
        partition: shard,
        offset: evidence,
        index: 0,
        record_id: "0".into(),
    };
    let alert = Alert {
        alert_id: Text::owned(format!("{id:032x}")),
        revision,
        concern: Concern::VodSos,
        change: Change::Raised,
        priority: Priority::High,
        notify: true,
        criteria: vec![],
        not_met: vec![],
        unknown: vec![],
        grade: None,
        severity: None,
        serious: None,
        seriousness: vec![],
        listed_eu: Listedness::Listed,
        listed_us: Listedness::Listed,
        listedness_reason: "named".into(),
        dme: false,
        explanation: words.into(),
        evidence: vec![at],
        evidence_omitted: 0,
        key: key_in(shard, 0).into(),
        subject: Subject::Case,
        case_id: None,
        case_version: None,
        site: "site".into(),
        country: None,
        reactions: vec![],
        products: vec![],
        event_time: None,
        recorded_at: Millis(0),
        shard,
        seq,
        profile_version: "1".into(),
        profile_hash: "0".into(),
        dictionary: None,
        report: None,
        workflow: None,
        disclaimer: "d".into(),
    };
    AlertCodec::Avro.encode(&alert).unwrap()
}

pub fn progress(partition: i32, offset: i64, next_offset: i64, seq: i64, ledger: LedgerState) -> Kept {
    progress_of((partition, PARTITIONS), partition, offset, next_offset, seq, ledger)
}

pub fn progress_of(of: (i32, i32), at: i32, offset: i64, next_offset: i64, seq: i64, ledger: LedgerState) -> Kept {
    let progress = ProgressState {
        next_offset,
        seq,
        ledger,
        partition: of.0,
        partitions: of.1,
        schema_version: STATE_SCHEMA_VERSION,
        ..ProgressState::default()
    };
    let value = StateCodec::get().encode(&State { body: StateBody::Progress(progress) }).unwrap();
    kept(at, offset, "progress", value)
}

pub fn reject(stage: Stage, at: i64, topic: &'static str, origin: (i32, i64, i32)) -> Kept {
    let reject = RejectRecord {
        reason: "malformed_json".into(),
        detail: "byte 1".into(),
        stage,
        topic: topic.into(),
        partition: origin.0,
        offset: origin.1,
        index: origin.2,
        source_time: 0,
        key: None,
        raw: Some(Raw(b"{".as_slice().into())),
        raw_truncated: false,
        raw_size: 1,
        raw_sha256: "".into(),
    };
    let mut value = Vec::new();
    reject_codec().encode(&reject, &mut value).unwrap();
    kept(0, at, &format!("{topic}/{}/{}", origin.0, origin.1), value)
}

pub fn whole(ends: &[i64]) -> Option<Spans> {
    Some((0..).zip(ends).map(|(partition, end)| (partition, Span { low: 0, end: *end })).collect())
}

/// Source: five messages, the third a container of two, the fourth rejected, offset 3 a control record. The log: shard 0
/// with three records, a tick, and a stray that watch rejected; shard 1 with one record and a forwarded fact.
pub fn well() -> World {
    let ledger = |read, alerted, quiet, rejected, tick| LedgerState {
        read,
        alerted,
        quiet,
        rejected,
        tick,
        ..LedgerState::default()
    };
    let case = StateCodec::get().encode(&State { body: StateBody::Case(CaseState::default()) }).unwrap();
    World {
        settled: true,
        source: vec![(0, 0, vec![0]), (0, 1, vec![0]), (0, 2, vec![0, 1]), (0, 4, vec![-1]), (0, 5, vec![0])],
        ingested: Some(6),
        records: vec![
            record(0, 0, (0, 0)),
            record(0, 1, (1, 0)),
            record(0, 3, (2, 0)),
            own(0, 4, Body::Tick(Tick { wall_time: Millis(1), partition: 0 })),
            kept(0, 5, "Jane Doe", vec![1, 2, 3]),
            record(1, 0, (2, 1)),
            record(1, 1, (5, 0)),
            // Ingest wrote it again after a restart.
            record(1, 2, (5, 0)),
            forwarded(4),
        ],
        alerts: vec![
            alert(0, 0, 1, 1, 1, 0),
            alert(0, 2, 1, 2, 2, 1),
            alert(0, 3, 2, 1, 3, 3),
            alert(1, 0, 3, 1, 1, 0),
            alert(1, 1, 4, 1, 2, 1),
        ],
        aborted: vec![alert(0, 1, 1, 2, 2, 1)],
        state: vec![
            progress(0, 0, 1, 1, ledger(1, 1, 0, 0, 0)),
            kept(0, 2, &key_in(0, 0), case),
            progress(0, 3, 7, 3, ledger(5, 3, 0, 1, 1)),
            progress(1, 0, 6, 2, ledger(4, 2, 2, 0, 0)),
        ],
        rejects: vec![
            reject(Stage::Ingest, 0, "source", (0, 4, -1)),
            reject(Stage::Watch, 1, "log", (0, 5, -1)),
            Kept { partition: 0, offset: 2, key: Some(b"source/0/4".to_vec()), value: None },
        ],
        spans: BTreeMap::from([
            ("source", whole(&[6])),
            ("log", whole(&[7, 6])),
            ("alerts", whole(&[5, 3])),
            ("state", whole(&[5, 2])),
            ("rejects", whole(&[3, 0])),
        ]),
    }
}

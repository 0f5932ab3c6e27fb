//! The state schema and its types hold together, and a reader meets what other releases wrote.

use super::*;
use apache_avro::Schema;

/// What people did about an alert, with every field set somewhere.
fn handling() -> HandlingState<'static> {
    let standing = StandingState {
        stand: "dismissed".into(),
        by: Some("physician-2".into()),
        at: Some(1_740_816_080_000),
        revision: 4,
        until: Some(1_740_826_080_000),
        items: vec!["ascites".into()],
        owner: Some("ward-nurse".into()),
    };
    HandlingState {
        concern: "vod_sos".into(),
        n: 2,
        worse: 2,
        news: 3,
        told: Some(1_740_816_070_000),
        escalated: 1,
        forgotten: 1,
        acts: Some(ActsState {
            standing: standing.clone(),
            kept: vec![
                KeptActState { id: Id(9 << 70), revision: 4, before: Some(standing) },
                KeptActState { id: Id(10), revision: 5, before: None },
            ],
        }),
    }
}

/// One value of each branch, with every field set somewhere.
pub fn examples() -> [(&'static str, State<'static>); 5] {
    let case = CaseState {
        version: Some(3),
        most_recent: Some(20_250_314),
        created: Some(20_250_300),
        report_content: -7_046_029_254_386_353_131,
        as_of: 1_741_957_199_999,
        nullified: false,
        suspect: true,
        reactions: vec!["vod_sos".into(), "haemorrhage".into()],
        episodes: vec![EpisodeState {
            concern: "vod_sos".into(),
            n: 1,
            revision: 2,
            priority: "high".into(),
            gravity: 2,
            withdrawn: false,
        }],
        clocks: Some(ClocksState {
            significant: 42,
            valid: true,
            initial: Some(20_250_310),
            latest: Some(20_250_314),
            followed_up: true,
            due: vec![DueState {
                rule: "eu_serious".into(),
                day_zero: 20_250_314,
                last_day: 20_250_329,
                follow_up: true,
            }],
        }),
        likeness: Some(LikenessState {
            remembered: 90_144,
            case_id: "DE-EMA-2025-77".into(),
            nullified: false,
            country: Some("DE".into()),
            sex: Some("female".into()),
            age_years: Some(45.5),
            onset: Some(20_158),
            start: Some(20_120),
            reactions: vec![1, -5],
            patient: Some(77),
            own_ids: vec![11],
            named_ids: vec![12, 13],
        }),
        told: Some(ToldState {
            patient: "3fa94c01:8c1d52f06e7b4a19b0d3c5e2f7a86914".into(),
            as_of: 1_741_957_200_000,
            facts: vec![ToldFact { id: Id(7), record: Bytes(vec![0, 1, 2].into()) }],
        }),
        handled: vec![CaseHandlingState { handling: handling(), content: Bytes(vec![3, 4].into()) }],
    };
    let entry = |id: u128, fact: FactState<'static>| EntryState {
        id: Id(id << 64),
        time: 1_740_816_000_000,
        as_of: 1_740_816_060_000,
        content: 5,
        status: "final".into(),
        via: (id & 1 == 0).then(|| "3fa94c01:5e2f91d3c07b48a6b9f4d2e81c60a375".into()),
        path: (id & 1 == 0).then(|| "3fa94c01:0b77e4d9a2c64f18935e1d60f8ab27c4".into()).into_iter().collect(),
        offset: 12,
        fact,
    };
    let text = |text: &'static str| Some(Text::borrowed(text));
    let series = || {
        vec![SeriesState {
            analyte: "bilirubin".into(),
            values: vec![ValueState {
                id: Id(1 << 100),
                time: 1_740_816_000_000,
                as_of: 1_740_816_060_000,
                content: -5,
                status: "final".into(),
                offset: 13,
                value: 342_080_000_000,
                reported: 20_000_000_000,
                unit: "mg/dL".into(),
                comparator: "gt".into(),
                low: Some(30_000_000_000),
                high: Some(210_000_000_000),
                high_of_site: true,
                suspect: text("unit"),
                unread: text("no_unit"),
            }],
        }]
    };
    let patient = PatientState {
        newest: 1_740_816_000_000,
        heard: 1_740_816_060_000,
        sent: Some(1_740_816_070_000),
        turn: 41,
        kept: 18,
        series: series(),
        said: Some(SaidState {
            episodes: vec![BedEpisodeState {
                concern: "vod_sos".into(),
                n: 2,
                revision: 3,
                priority: "high".into(),
                ever: vec!["ebmt2023_probable".into(), "new_ascites".into()],
                now: vec!["ebmt2023_probable".into()],
                severity: text("severe"),
                grade: Some(3),
                onset: 1_740_816_000_000,
                met_at: Some(1_740_816_050_000),
                at: 1_740_816_060_000,
                falling: Some(1_740_816_070_000),
                closed: "open".into(),
            }],
            due: Some(1_740_837_660_000),
            site: "ward".into(),
            handled: vec![handling()],
        }),
        entries: vec![
            entry(
                1,
                FactState::Dose(DoseState {
                    dose_value: Some(1.4),
                    dose_unit: text("mg"),
                    dose_mg_m2: Some(0.8),
                    stop: Some(1_740_819_600_000),
                    intent: "treatment".into(),
                    cycle: Some(1),
                    cycle_day: Some(8),
                }),
            ),
            entry(
                2,
                FactState::Procedure(ProcedureState {
                    procedure: "conditioning".into(),
                    stop: Some(1_740_902_400_000),
                    agents: vec!["busulfan".into()],
                    units: Some(2.0),
                    volume_ml: Some(450.5),
                }),
            ),
            entry(
                3,
                FactState::Finding(FindingState {
                    finding: "overt_bleeding".into(),
                    presence: "present".into(),
                    site: text("nose"),
                    grade: Some(2),
                    name: text("Epistaxis"),
                    value: Some(11.0),
                    unit: text("mm[Hg]"),
                }),
            ),
            entry(
                4,
                FactState::Condition(ConditionState {
                    condition: "earlier_vod".into(),
                    presence: "present".into(),
                    severity: text("severe"),
                    name: text("VOD"),
                    onset: Some(20_240_000),
                    end: Some(20_240_500),
                }),
            ),
            entry(
                5,
                FactState::Response(ResponseState {
                    response: "cr".into(),
                    mrd_negative: Some(true),
                    date: Some(20_250_301),
                }),
            ),
            entry(6, FactState::Stay(StayState { event: "admission".into() })),
            entry(
                7,
                FactState::Person(PersonState { birth_year: Some(1980), sex: text("female"), height_cm: Some(168.0) }),
            ),
            entry(
                8,
                FactState::Merge(MergeState {
                    survivor: "3fa94c01:8c1d52f06e7b4a19b0d3c5e2f7a86914".into(),
                    merged: "3fa94c01:0b77e4d9a2c64f18935e1d60f8ab27c4".into(),
                    undone: false,
                }),
            ),
            entry(10, FactState::Defibrotide(DefibrotideState { why: "treatment".into() })),
            entry(9, FactState::Nothing(NothingState { nothing: true })),
        ],
        sent_on: vec![SentOnState {
            via: "3fa94c01:5e2f91d3c07b48a6b9f4d2e81c60a375".into(),
            path: vec!["3fa94c01:0b77e4d9a2c64f18935e1d60f8ab27c4".into()],
            series: series(),
        }],
    };
    let progress = ProgressState {
        next_offset: 90_145,
        seq: 12,
        ledger: LedgerState {
            read: 36,
            alerted: 1,
            quiet: 2,
            repeated: 3,
            corrected: 4,
            forwarded: 5,
            rejected: 6,
            late: 7,
            tick: 8,
        },
        last_tick: Some(1_740_816_000_250),
        sites: vec![SiteState { name: "ward".into(), heard: 1_740_816_000_000, silences: 1, silent: true }],
        partition: 3,
        partitions: 6,
        profile_version: "1.0.0".into(),
        profile_hash: "00".repeat(32).into(),
        dictionary: text("MedDRA 28.0"),
        schema_version: 3,
    };
    let values = PatientValuesState {
        turn: 42,
        newest: 1_740_816_000_000,
        heard: 1_740_816_060_000,
        due: Some(1_740_837_660_000),
        kept: 18,
        facts: true,
        watched: true,
        series: series(),
        sent_on: patient.sent_on.clone(),
    };
    [
        ("case", State { body: StateBody::Case(case) }),
        ("patient", State { body: StateBody::Patient(patient) }),
        ("progress", State { body: StateBody::Progress(progress) }),
        ("writer_schema", State { body: StateBody::WriterSchema(WriterSchema { schema: "\"null\"".into() }) }),
        ("patient_values", State { body: StateBody::PatientValues(values) }),
    ]
}

/// What the release with the first schema would have written for a state.
pub fn v1_of(state: &State<'_>) -> Vec<u8> {
    of_release(include_str!("../../../schemas/history/state.v1.avsc"), state)
}

/// What the release with the second schema would have written, which kept a patient's values with the facts.
pub fn v2_of(state: &State<'_>) -> Vec<u8> {
    of_release(include_str!("../../../schemas/history/state.v2.avsc"), state)
}

fn of_release(schema: &str, state: &State<'_>) -> Vec<u8> {
    written_by(&StateCodec::of(schema, &[]).unwrap(), state).0
}

#[test]
fn what_is_written_reads_back_and_apache_avro_reads_the_same() {
    let codec = StateCodec::get();
    for (name, state) in examples() {
        let bytes = codec.encode(&state).unwrap();
        assert_eq!(codec.decode(&bytes, &mut Vec::new()).unwrap(), state, "{name}");
        // Read by apache-avro with the schema as the writer's, as another release would.
        let schema = Schema::parse_str(STATE_SCHEMA_JSON).unwrap();
        assert_eq!(codec.decode_with(&schema, &bytes, &mut Vec::new()).unwrap(), state, "{name}");
    }
}

#[test]
fn a_flipped_bit_anywhere_and_a_cut_anywhere_are_noticed() {
    let codec = StateCodec::get();
    let (_, state) = &examples()[0];
    let bytes = codec.encode(state).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(codec.decode(&flipped, &mut Vec::new()), Err(StateUnread::Checksum), "byte {at}");
        assert_eq!(codec.decode(&bytes[..at], &mut Vec::new()), Err(StateUnread::Checksum), "cut at {at}");
    }
}

/// The schema as a release after or before this one might have it.
fn changed(change: impl Fn(&str) -> String) -> StateCodec {
    let text = change(STATE_SCHEMA_JSON);
    assert_ne!(text, STATE_SCHEMA_JSON, "the change was made");
    StateCodec::of(&text, &[]).unwrap()
}

/// What a release with another schema would have written for `state`; its schema's value beside.
pub fn written_by(other: &StateCodec, state: &State<'_>) -> (Vec<u8>, Vec<u8>) {
    let with_checksum = |mut bytes: Vec<u8>| {
        let sum = xxhash_rust::xxh3::xxh3_64(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    };
    let own = StateCodec::get();
    let bytes = own.encode(state).unwrap();
    let schema = other.schema();
    let datum = &bytes[10..bytes.len() - 8];
    let value = crate::record::avro::read_value(own.schema(), datum).unwrap();
    let names = crate::record::resolve::Names::new(own.schema(), schema).unwrap();
    let value = names.by_name(value, own.schema(), schema).unwrap();
    let mut written = bytes[..2].to_vec();
    written.extend_from_slice(&crate::record::avro::fingerprint(schema));
    other.write_value(&value, &mut written);
    let text = State { body: StateBody::WriterSchema(WriterSchema { schema: other.text().into() }) };
    (with_checksum(written), other.encode(&text).unwrap())
}

/// A release after this one: a field more in a record, and one more in a nested one. Its schema's text, and its codec.
pub fn newer() -> (String, StateCodec) {
    let codec = changed(|text| {
        text.replacen(
            r#"{"name": "suspect", "type": "boolean", "default": false,"#,
            r#"{"name": "colour", "type": ["null", "string"], "default": null, "doc": "x"}, {"name": "suspect", "type": "boolean", "default": false,"#,
            1,
        )
        .replacen(
            r#"{"name": "gravity", "type": "int","#,
            r#"{"name": "weight", "type": "int", "default": 9, "doc": "x"}, {"name": "gravity", "type": "int","#,
            1,
        )
    });
    (codec.text().to_owned(), codec)
}

#[test]
fn a_newer_schema_is_read_with_the_text_that_it_left_in_the_changelog() {
    let (_, newer) = newer();
    let own = StateCodec::get();
    for (name, state) in examples() {
        let (value, schema) = written_by(&newer, &state);
        let print = match own.decode(&value, &mut Vec::new()) {
            Err(StateUnread::UnknownSchema(print)) => print,
            other => panic!("{name}: {other:?}"),
        };
        let found = StateCodec::writer_schema(&schema).unwrap();
        assert_eq!(crate::record::avro::fingerprint(&found), print);
        assert_eq!(own.decode_with(&found, &value, &mut Vec::new()).unwrap(), state, "{name}");
        assert!(StateCodec::writer_schema(&value).is_none(), "{name} is no schema");
    }
}

#[test]
fn an_older_schema_is_read_with_defaults() {
    let older = changed(|text| {
        text.replacen(
            "{\"name\": \"followed_up\", \"type\": \"boolean\", \"default\": false,\n           \"doc\": \"Did a follow-up set it?\"},\n",
            "",
            1,
        )
    });
    let (_, state) = examples().into_iter().next().unwrap();
    let (value, _) = written_by(&older, &state);
    let mut expected = state;
    if let StateBody::Case(case) = &mut expected.body {
        case.clocks.as_mut().unwrap().followed_up = false;
    }
    let older_text = older.text().to_owned();
    let own = StateCodec::of(STATE_SCHEMA_JSON, &[&older_text]).unwrap();
    assert_eq!(own.decode(&value, &mut Vec::new()).unwrap(), expected);
}

#[test]
fn a_kind_of_fact_that_this_release_does_not_know_is_a_fault_and_not_another_fact() {
    let newer = changed(|text| {
        text.replacen(
            r#"{"type": "record", "name": "Nothing","#,
            r#"{"type": "record", "name": "Visit", "doc": "x", "fields": [{"name": "nothing", "type": "boolean", "doc": "x"}]}, {"type": "record", "name": "Nothing","#,
            1,
        )
    });
    let (_, state) = examples().into_iter().nth(1).unwrap();
    let (mut value, schema) = written_by(&newer, &state);
    // The last entry's branch, from Nothing to Visit: 9 to 8.
    let found = StateCodec::writer_schema(&schema).unwrap();
    let own = StateCodec::get();
    assert_eq!(own.decode_with(&found, &value, &mut Vec::new()).unwrap(), state);
    let end = value.len() - 8;
    let at = value[..end].iter().rposition(|byte| *byte == 18).unwrap();
    value[at] = 16;
    let sum = xxhash_rust::xxh3::xxh3_64(&value[..end]);
    value[end..].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(own.decode_with(&found, &value, &mut Vec::new()), Err(StateUnread::UnknownWord));
}

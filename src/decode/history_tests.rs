//! The released schemas in `schemas/history`: kept whole, and their golden bytes readable for ever.

use crate::record::state::StateCodec;
use crate::record::{Codec, KINDS, Record, SINGLE_OBJECT_MARK, fingerprint};
use apache_avro::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use std::path::{Path, PathBuf};

/// The schemas, and the version of each that is current.
const CURRENT: [(&str, u32); 5] = [("record", 3), ("alert", 2), ("reject", 1), ("state", 3), ("audit", 1)];

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(schemas().join(path)).unwrap_or_else(|error| panic!("schemas/{path}: {error}"))
}

/// The files of the history whose name begins and ends so.
fn history(start: &str, end: &str) -> Vec<(String, Vec<u8>)> {
    let files = super::tests::files(&schemas().join("history"));
    files.into_iter().filter(|(name, _)| name.starts_with(start) && name.ends_with(end)).collect()
}

#[test]
fn the_current_schemas_are_the_newest_released_ones() {
    for (schema, version) in CURRENT {
        assert_eq!(
            text(&format!("{schema}.avsc")),
            text(&format!("history/{schema}.v{version}.avsc")),
            "{schema}.avsc changed: that is a new version, see schemas/history/README.md"
        );
        assert_eq!(history(&format!("{schema}.v"), ".avsc").len(), version as usize, "every version is kept");
    }
}

#[test]
fn golden_records_of_every_release_say_what_they_said() {
    let golden = history("record.v", ".avro");
    assert!(golden.len() >= KINDS.len());
    for (name, message) in golden {
        let kind = name.split('.').nth(2).unwrap();
        let mut scratch = Vec::new();
        let record: Record<'_> =
            Codec::record().decode(&message, &mut scratch).unwrap_or_else(|r| panic!("{name}: {r}"));
        let json = text(&format!("examples/valid/{kind}.json"));
        assert_eq!(record, serde_json::from_str::<Record<'_>>(&json).unwrap(), "{name}");
        assert_eq!(record.body.kind(), kind, "{name}");
    }
}

#[test]
fn golden_alerts_and_rejects_of_every_release_say_what_they_said() {
    for (schema, version) in CURRENT.into_iter().filter(|(schema, _)| !["record", "state"].contains(schema)) {
        for version in 1..=version {
            let codec = Codec::<()>::new(&text(&format!("history/{schema}.v{version}.avsc")), &[]).unwrap();
            let golden = history(&format!("{schema}.v{version}."), ".avro");
            assert_eq!(golden.len(), 1, "{schema} v{version}");
            let value = codec.decode_value(&golden[0].1).unwrap();
            let said: serde_json::Value =
                serde_json::from_str(&text(&format!("history/{schema}.v{version}.json"))).unwrap();
            assert_eq!(serde_json::Value::try_from(value).unwrap(), said, "{schema} v{version}");
        }
    }
}

/// What a state says, as JSON with every number and text in it.
fn said(codec: &Codec<()>, value: &[u8]) -> serde_json::Value {
    let (bytes, sum) = value.split_last_chunk::<8>().unwrap();
    assert_eq!(u64::from_le_bytes(*sum), xxhash_rust::xxh3::xxh3_64(bytes), "the checksum is of the bytes before it");
    serde_json::Value::try_from(codec.decode_value(bytes).unwrap()).unwrap()
}

#[test]
fn golden_states_of_every_release_say_what_they_said() {
    let (_, current) = CURRENT.into_iter().find(|(schema, _)| *schema == "state").unwrap();
    let today = Codec::<()>::new(&text("state.avsc"), &[]).unwrap();
    for version in 1..=current {
        let codec = Codec::<()>::new(&text(&format!("history/state.v{version}.avsc")), &[]).unwrap();
        let golden = history(&format!("state.v{version}."), ".avro");
        assert!(golden.len() >= 4, "state v{version}: a value of each kind");
        for (name, value) in golden {
            let json: serde_json::Value =
                serde_json::from_str(&text(&format!("history/{}.json", name.trim_end_matches(".avro")))).unwrap();
            assert_eq!(said(&codec, &value), json, "{name}");
            // Today's reader, by whatever road: what it read, written again, says the same where the schema is the same.
            let mut scratch = Vec::new();
            let state =
                StateCodec::get().decode(&value, &mut scratch).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            let again = StateCodec::get().encode(&state).unwrap();
            if version == current {
                assert_eq!(again, value, "{name}: today's bytes are the golden ones");
                assert_eq!(said(&today, &again), json, "{name}");
            }
        }
    }
}

/// A value of the schema from its JSON: branches of unions named by nothing, bytes as a list of numbers.
#[expect(clippy::wildcard_enum_match_arm, reason = "all that is left is a scalar, and a panic says if not")]
fn of_json(json: &serde_json::Value, schema: &Schema, names: &apache_avro::schema::ResolvedSchema<'_>) -> Value {
    match schema {
        Schema::Union(union) if json.is_null() => Value::Union(
            u32::try_from(union.variants().iter().position(|branch| *branch == Schema::Null).unwrap()).unwrap(),
            Box::new(Value::Null),
        ),
        Schema::Union(union) => {
            let at = union.variants().iter().position(|branch| *branch != Schema::Null).unwrap();
            Value::Union(u32::try_from(at).unwrap(), Box::new(of_json(json, &union.variants()[at], names)))
        }
        Schema::Bytes => {
            let bytes = json.as_array().unwrap().iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap());
            Value::Bytes(bytes.collect())
        }
        Schema::Record(record) => Value::Record(
            record
                .fields
                .iter()
                .map(|field| (field.name.clone(), of_json(&json[field.name.as_str()], &field.schema, names)))
                .collect(),
        ),
        Schema::Array(array) => {
            Value::Array(json.as_array().unwrap().iter().map(|item| of_json(item, &array.items, names)).collect())
        }
        Schema::Ref { name } => of_json(json, names.get_names()[name], names),
        other => {
            let scalar = match json {
                serde_json::Value::Bool(flag) => Value::Boolean(*flag),
                serde_json::Value::Number(number) => match number.as_i64() {
                    Some(whole) => Value::Long(whole),
                    None => Value::Double(number.as_f64().unwrap()),
                },
                serde_json::Value::String(text) => Value::String(text.clone()),
                list_or_object => panic!("{list_or_object} for {other:?}"),
            };
            scalar.resolve(other).unwrap()
        }
    }
}

/// Writes the golden bytes that are missing. One that is there is never overwritten.
#[test]
#[ignore = "writes into the source tree; run it for a new version of a schema"]
fn write_examples_of_a_release() {
    let write = |name: String, bytes: &dyn Fn() -> Vec<u8>| {
        let path = schemas().join("history").join(name);
        if !path.exists() {
            std::fs::write(path, bytes()).unwrap();
        }
    };
    for (schema, version) in CURRENT {
        if schema == "record" {
            for kind in KINDS {
                write(format!("record.v{version}.{kind}.avro"), &|| {
                    let json = text(&format!("examples/valid/{kind}.json"));
                    let mut message = Vec::new();
                    let record: Record<'_> = serde_json::from_str(&json).unwrap();
                    Codec::record().encode(&record, &mut message).unwrap();
                    message
                });
            }
            continue;
        }
        if schema == "state" {
            let codec = Codec::<()>::new(&text("state.avsc"), &[]).unwrap();
            for (kind, state) in crate::record::state::tests::examples() {
                let value = StateCodec::get().encode(&state).unwrap();
                write(format!("state.v{version}.{kind}.avro"), &|| value.clone());
                write(format!("state.v{version}.{kind}.json"), &|| {
                    let mut json = serde_json::to_vec_pretty(&said(&codec, &value)).unwrap();
                    json.push(b'\n');
                    json
                });
            }
            continue;
        }
        write(format!("{schema}.v{version}.avro"), &|| {
            let parsed = Schema::parse_str(&text(&format!("{schema}.avsc"))).unwrap();
            let names = apache_avro::schema::ResolvedSchema::new(&parsed).unwrap();
            let json = serde_json::from_str(&text(&format!("history/{schema}.v{version}.json"))).unwrap();
            let mut message = [&SINGLE_OBJECT_MARK[..], &fingerprint(&parsed)].concat();
            let writer = GenericDatumWriter::builder(&parsed).build().unwrap();
            writer.write_value_ref(&mut message, &of_json(&json, &parsed, &names)).unwrap();
            message
        });
    }
}

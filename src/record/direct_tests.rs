use super::super::wire::from_datum;
use super::*;
use apache_avro::Schema;
use apache_avro::schema::ResolvedSchema;
use apache_avro::types::Value;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Cases of each property: `VIGIL_TEST_CASES`, else a few hundred.
#[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
fn cases() -> u32 {
    std::env::var("VIGIL_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

/// Named types of the schema: a record's fields, an enum's symbols.
fn named() -> BTreeMap<String, Vec<String>> {
    let resolved = ResolvedSchema::new(Codec::record().schema()).unwrap();
    let mut named = BTreeMap::new();
    for schema in resolved.get_names().values() {
        let (name, words) = match schema {
            Schema::Record(of) => (of.name.name(), of.fields.iter().map(|field| field.name.clone()).collect()),
            Schema::Enum(of) => (of.name.name(), of.symbols.clone()),
            _ => panic!("a named type of another kind"),
        };
        named.insert(name.to_owned(), words);
    }
    named
}

#[test]
fn the_lists_are_the_schemas_own_and_in_its_order() {
    let mut listed: BTreeMap<String, Vec<String>> = RECORDS
        .iter()
        .map(|(name, fields)| ((*name).to_owned(), fields.iter().map(|f| (*f).to_owned()).collect()))
        .collect();
    for (name, symbols) in enums() {
        let symbols = symbols.iter().map(|symbol| symbol.as_str().unwrap().to_owned()).collect();
        assert!(listed.insert(name.to_owned(), symbols).is_none(), "{name} is listed twice");
    }
    listed.insert("Record".to_owned(), vec!["head".to_owned(), "body".to_owned()]);
    assert_eq!(listed, named());
}

#[test]
fn the_branches_of_unions_are_the_schemas_own_and_in_its_order() {
    let names = ResolvedSchema::new(Codec::record().schema()).unwrap().get_names().clone();
    let union_of = |record: &str, field: &str| -> Vec<String> {
        let record = names.iter().find(|(name, _)| name.name() == record).unwrap().1;
        let Schema::Record(record) = record else { panic!("no record") };
        let field = record.fields.iter().find(|of| of.name == field).unwrap();
        let Schema::Union(union) = &field.schema else { panic!("no union") };
        union.variants().iter().map(|branch| branch.name().unwrap().name().to_owned()).collect()
    };
    for ((name, branches), (record, field)) in UNIONS.iter().zip([("Record", "body"), ("Forwarded", "fact")]) {
        assert_eq!(*branches, union_of(record, field), "{name}");
    }
}

/// Choices of a random value, taken from bytes; 0 where they are used up, so that every value ends.
struct Choices<'b> {
    bytes: std::slice::Iter<'b, u8>,
}

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }
    fn of(&mut self, choices: usize) -> usize {
        usize::from(self.byte()) % choices
    }
}

const TEXTS: [&str; 9] =
    ["", "2025-03-01", "2024-02", "1999", "Übelkeit", "2025-02-30", "9999-12-31", "female", "x\0y"];
const LONGS: [i64; 8] = [0, 1, -1, 63, 64, 1_740_816_000_000, i64::MAX, i64::MIN];
const DOUBLES: [f64; 5] = [0.0, 41.5, -1e300, f64::NAN, f64::INFINITY];

/// Any value of the schema, mostly one that is a record.
fn value(schema: &Schema, names: &apache_avro::schema::NamesRef<'_>, choices: &mut Choices<'_>) -> Value {
    let sound = |choices: &mut Choices<'_>, all: usize, sound: usize| {
        if choices.byte() < 250 { choices.of(sound) } else { choices.of(all) }
    };
    match schema {
        Schema::Ref { name } => value(names[name], names, choices),
        Schema::Record(of) => {
            let fields = of.fields.iter().map(|f| (f.name.clone(), value(&f.schema, names, choices)));
            Value::Record(fields.collect())
        }
        Schema::Union(of) => {
            let branch = choices.of(of.variants().len());
            Value::Union(branch as u32, Box::new(value(&of.variants()[branch], names, choices)))
        }
        Schema::Array(of) => {
            let items = choices.of(3);
            Value::Array((0..items).map(|_| value(&of.items, names, choices)).collect())
        }
        Schema::Enum(of) => {
            let symbol = choices.of(of.symbols.len());
            Value::Enum(symbol as u32, of.symbols[symbol].clone())
        }
        Schema::Null => Value::Null,
        Schema::Boolean => Value::Boolean(choices.byte() & 1 == 1),
        Schema::Int => Value::Int(LONGS[choices.of(5)] as i32),
        Schema::Long => Value::Long(LONGS[choices.of(8)]),
        Schema::TimestampMillis => Value::TimestampMillis(LONGS[sound(choices, 8, 6)]),
        Schema::Double => Value::Double(DOUBLES[sound(choices, 5, 3)]),
        // A text of a date must be one; of any other, may.
        Schema::String => Value::String(TEXTS[1 + sound(choices, 8, 3)].to_owned()),
        _ => panic!("a kind of type that the schema has not"),
    }
}

fn datum(choices: &[u8]) -> Vec<u8> {
    let codec = Codec::record();
    let names = ResolvedSchema::new(codec.schema()).unwrap().get_names().clone();
    let mut bytes = Vec::new();
    codec.write_value(&value(codec.schema(), &names, &mut Choices { bytes: choices.iter() }), &mut bytes).unwrap();
    bytes
}

fn same_by_serde(datum: &[u8]) -> Result<(), TestCaseError> {
    let direct = record(datum);
    let (by_direct, by_serde) = (direct.clone().map(|(record, _)| record), from_datum::<Record<'_>>(datum));
    prop_assert_eq!(&by_direct, &by_serde);
    if let Ok((record, body)) = direct {
        prop_assert!(datum.ends_with(body));
        prop_assert_eq!(from_datum::<Body<'_>>(body), Ok(record.body));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn what_apache_avro_writes_is_read_as_it_was_written(choices in proptest::collection::vec(any::<u8>(), 0..600)) {
        let datum = datum(&choices);
        same_by_serde(&datum)?;
        // Written again from the types, it is the same bytes: each value came into its own field.
        if let Ok((record, _)) = record(&datum) {
            let mut again = Vec::new();
            Codec::record().encode(&record, &mut again).unwrap();
            prop_assert!(again.ends_with(&datum) && again.len() == datum.len() + 10);
        }
    }

    #[test]
    fn mutated_and_cut_bytes_are_judged_as_by_serde(
        choices in proptest::collection::vec(any::<u8>(), 0..400),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut datum = datum(&choices);
        for (at, byte) in changes {
            let at = at.index(datum.len());
            datum[at] = byte;
        }
        datum.truncate(cut.map_or(datum.len(), |cut| cut.index(datum.len())));
        same_by_serde(&datum)?;
    }

    #[test]
    fn any_bytes_are_judged_as_by_serde(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        same_by_serde(&bytes)?;
    }
}

#[test]
fn a_length_that_is_a_lie_costs_no_memory() {
    // A head of nothing but its one necessary time, then a report whose list of drugs is said to have as many items as
    // bytes follow: what is set aside stays small, and the lie is found.
    let report = Report { sender: "S".into(), drugs: vec![Drug::default()], ..Report::default() };
    let whole = Record { head: Head::default(), body: Body::Report(report) };
    let mut datum = Vec::new();
    Codec::record().encode(&whole, &mut datum).unwrap();
    datum.drain(..10);
    for at in 0..datum.len() {
        // 2^20 items, and as many bytes behind them.
        let mut lie = datum[..at].to_vec();
        lie.extend([0x80, 0x80, 0x80, 0x01]);
        lie.resize(at + (1 << 21), 0xff);
        let counted = allocation_counter::measure(|| assert!(record(&lie).is_err()));
        assert!(counted.bytes_max < 256 * 1024, "{} bytes at {at}", counted.bytes_max);
    }
}

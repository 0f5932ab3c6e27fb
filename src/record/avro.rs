//! Avro single-object encoding of our own schemas: `C3 01`, the schema's CRC-64-AVRO fingerprint, the datum.
//! No registry is needed to read it.

use super::resolve::Names;
use super::wire::{self, WireError};
use super::wire_writer::{self, Unwritable};
use super::{Reject, RejectReason};
use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, types::Value};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::sync::LazyLock;

/// First two bytes of a message in Avro single-object encoding.
pub const SINGLE_OBJECT_MARK: [u8; 2] = [0xc3, 0x01];

/// Length of the mark and the fingerprint together, bytes.
pub(super) const HEADER_BYTES: usize = 10;

/// Text of `schemas/record.avsc`.
pub const SCHEMA_JSON: &str = include_str!("../../schemas/record.avsc");

/// Text of the schemas of earlier releases, which are read too.
const OLDER_JSON: [&str; 2] =
    [include_str!("../../schemas/history/record.v1.avsc"), include_str!("../../schemas/history/record.v2.avsc")];

/// Largest single allocation that apache-avro may make for one value of an older schema, bytes (its default is 512 MiB).
const MAX_ALLOCATION_BYTES: usize = 4 * 1024 * 1024;

/// The CRC-64-AVRO fingerprint of a schema in parsing canonical form.
#[must_use]
pub fn fingerprint(schema: &Schema) -> [u8; 8] {
    let print = schema.fingerprint::<Rabin>();
    let mut bytes = [0u8; 8];
    for (to, from) in bytes.iter_mut().zip(&print.bytes) {
        *to = *from;
    }
    bytes
}

/// A message as far as its header tells.
pub(super) enum Open<'m, 'c> {
    /// Written with the current schema: the datum.
    Current(&'m [u8]),
    /// Written with an older schema that we know.
    Older(&'m [u8], &'c Schema),
    /// Written with a schema that we do not know: its fingerprint.
    Unknown([u8; 8]),
    /// Shorter than a header.
    Short,
    /// Not in single-object encoding.
    NoMark,
}

/// Writes and reads one of our schemas; `T` mirrors the current one field for field.
pub struct Codec<T: ?Sized> {
    schema: &'static Schema,
    writer: GenericDatumWriter<'static>,
    header: [u8; HEADER_BYTES],
    older: Vec<([u8; 8], Schema)>,
    of: PhantomData<fn(&T)>,
}

impl<T: ?Sized> Codec<T> {
    /// A codec for `schema` that also reads messages written with the `older` schemas.
    ///
    /// # Errors
    /// When a schema text is not Avro.
    pub fn new(schema: &str, older: &[&str]) -> Result<Self, apache_avro::Error> {
        apache_avro::util::max_allocation_bytes(MAX_ALLOCATION_BYTES);
        let schema: &'static Schema = Box::leak(Box::new(Schema::parse_str(schema)?));
        let print = fingerprint(schema);
        let mut header = [0u8; HEADER_BYTES];
        for (to, from) in header.iter_mut().zip(SINGLE_OBJECT_MARK.iter().chain(&print)) {
            *to = *from;
        }
        let older = older
            .iter()
            .map(|text| Schema::parse_str(text).map(|schema| (fingerprint(&schema), schema)))
            .collect::<Result<Vec<_>, _>>()?;
        // Built once: it resolves the names of the whole schema.
        let writer = GenericDatumWriter::builder(schema).build()?;
        Ok(Self { schema, writer, header, older, of: PhantomData })
    }

    /// The current schema.
    #[must_use]
    pub const fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The current schema's fingerprint, hexadecimal.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        self.header.iter().skip(2).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Appends `value` in single-object encoding to `into`.
    ///
    /// # Errors
    /// When the value does not fit the schema, which is a fault of ours.
    pub fn encode(&self, value: &(impl Serialize + ?Sized), into: &mut Vec<u8>) -> Result<(), Unwritable> {
        self.write(value, into).map(drop)
    }

    fn write(&self, value: &(impl Serialize + ?Sized), into: &mut Vec<u8>) -> Result<bool, Unwritable> {
        into.extend_from_slice(&self.header);
        #[cfg(test)]
        let begin = into.len();
        let finite = wire_writer::to_datum(value, into)?;
        #[cfg(test)]
        self.is_apache_avros(value, into.get(begin..).unwrap_or_default());
        Ok(finite)
    }

    /// Whatever a test writes is what apache-avro writes of it by the schema.
    #[cfg(test)]
    fn is_apache_avros(&self, value: &(impl Serialize + ?Sized), datum: &[u8]) {
        let mut by_schema = Vec::new();
        self.writer.write_ser(&mut by_schema, &value).unwrap();
        assert!(by_schema == datum, "the types do not mirror the schema");
    }

    /// The datum behind the header, and the schema that it was written with as far as that is known.
    pub(super) fn open<'m>(&self, message: &'m [u8]) -> Open<'m, '_> {
        let Some((header, datum)) = message.split_first_chunk::<HEADER_BYTES>() else { return Open::Short };
        if *header == self.header {
            return Open::Current(datum);
        }
        if !header.starts_with(&SINGLE_OBJECT_MARK) {
            return Open::NoMark;
        }
        let mut print = [0u8; 8];
        print.copy_from_slice(header.get(2..).unwrap_or(&[0; 8]));
        match self.older.iter().find(|(known, _)| *known == print) {
            Some((_, schema)) => Open::Older(datum, schema),
            None => Open::Unknown(print),
        }
    }

    /// [`Codec::open`], for a message that others wrote.
    fn opened<'m>(&self, message: &'m [u8]) -> Result<(&'m [u8], Option<&Schema>), Reject> {
        match self.open(message) {
            Open::Current(datum) => Ok((datum, None)),
            Open::Older(datum, schema) => Ok((datum, Some(schema))),
            Open::Short => Err(RejectReason::TruncatedAvro.at("the message is shorter than the single-object header")),
            Open::NoMark => Err(RejectReason::UnknownFormat.at("no Avro single-object mark")),
            Open::Unknown(print) => {
                let hex: String = print.iter().map(|byte| format!("{byte:02x}")).collect();
                Err(RejectReason::UnknownFingerprint.at(format!("schema fingerprint {hex}")))
            }
        }
    }

    /// Appends the datum of a generic value of the current schema, without its header.
    ///
    /// # Errors
    /// When the value does not fit the schema.
    pub(super) fn write_value(&self, value: &Value, into: &mut Vec<u8>) -> Result<(), apache_avro::Error> {
        self.writer.write_value_ref(into, value).map(|_| ())
    }

    /// Reads one message. Text is borrowed when it was written with the current schema; a message of an older schema is
    /// resolved to the current one first and then borrows from `scratch`.
    ///
    /// # Errors
    /// A [`Reject`] that names what is wrong.
    pub fn decode<'m, U: Deserialize<'m>>(&self, message: &'m [u8], scratch: &'m mut Vec<u8>) -> Result<U, Reject> {
        let (datum, older) = self.opened(message)?;
        let Some(written_with) = older else {
            return wire::from_datum(datum).map_err(wire_reject);
        };
        self.resolve(written_with, datum, scratch)?;
        wire::from_datum(scratch).map_err(wire_reject)
    }

    /// Rewrites a datum of an older schema as one of the current schema.
    fn resolve(&self, written_with: &Schema, datum: &[u8], into: &mut Vec<u8>) -> Result<(), Reject> {
        let value = read_value(written_with, datum)?;
        into.clear();
        let names = Names::new(written_with, self.schema).ok_or_else(unresolved)?;
        let value = names.by_name(value, written_with, self.schema).ok_or_else(unresolved)?;
        self.write_value(&value, into).map_err(|_| unresolved())
    }

    /// Reads one message by apache-avro alone, as a generic value: slow, the measure of the fast path in tests and benches.
    ///
    /// # Errors
    /// A [`Reject`] that names what is wrong.
    pub fn decode_value(&self, message: &[u8]) -> Result<Value, Reject> {
        let (datum, older) = self.opened(message)?;
        read_value(older.unwrap_or(self.schema), datum)
    }
}

fn unresolved() -> Reject {
    RejectReason::WrongType.at("older schema does not resolve")
}

pub(super) fn read_value(schema: &Schema, mut datum: &[u8]) -> Result<Value, Reject> {
    let reader = GenericDatumReader::builder(schema)
        .build()
        .map_err(|_| RejectReason::UnknownFingerprint.at("the schema cannot be read"))?;
    let value =
        reader.read_value(&mut datum).map_err(|_| RejectReason::TruncatedAvro.at("the datum cannot be read"))?;
    if datum.is_empty() { Ok(value) } else { Err(wire_reject(WireError::Trailing)) }
}

fn wire_reject(error: WireError) -> Reject {
    match error {
        WireError::Truncated => RejectReason::TruncatedAvro.at("the datum ends too early"),
        WireError::Trailing => RejectReason::TrailingBytes.at("bytes are left over behind the datum"),
        WireError::Utf8 => RejectReason::InvalidUtf8.at("a string is not UTF-8"),
        WireError::NotFinite => RejectReason::NonFiniteNumber.at("NaN or infinity"),
        WireError::Malformed => RejectReason::MalformedAvro.at("a length, index or number is outside its type"),
        WireError::Value(message) => RejectReason::of_serde_message(&message),
    }
}

impl Codec<super::Record<'static>> {
    /// [`Codec::encode`] of a record that was made of a message: a number that left the range of a double on the way, as a
    /// conversion of units may, is refused here and not by the reader of the log.
    ///
    /// # Errors
    /// [`RejectReason::NonFiniteNumber`]; [`RejectReason::InvalidValue`] where the record does not fit the schema.
    pub fn encode_taken(&self, record: &super::Record<'_>, into: &mut Vec<u8>) -> Result<(), Reject> {
        match self.write(record, into) {
            Ok(true) => Ok(()),
            Ok(false) => Err(wire_reject(WireError::NotFinite)),
            Err(_) => Err(RejectReason::InvalidValue.at("the record does not fit the schema")),
        }
    }

    /// Reads one record, with the bytes of its body beside it: what a record says, whoever sent it again and when.
    ///
    /// # Errors
    /// A [`Reject`] that names what is wrong.
    pub fn decode_record<'m>(
        &self,
        message: &'m [u8],
        scratch: &'m mut Vec<u8>,
    ) -> Result<(super::Record<'m>, &'m [u8]), Reject> {
        let (datum, older) = self.opened(message)?;
        let datum = match older {
            None => datum,
            Some(written_with) => {
                self.resolve(written_with, datum, scratch)?;
                scratch.as_slice()
            }
        };
        let (head, body) = wire::from_datum_start(datum).map_err(wire_reject)?;
        Ok((super::Record { head, body: wire::from_datum(body).map_err(wire_reject)? }, body))
    }

    /// The codec of `schemas/record.avsc`.
    ///
    /// # Panics
    /// Never: the schema is compiled in and a test parses it.
    #[must_use]
    pub fn record() -> &'static Self {
        static CODEC: LazyLock<Codec<super::Record<'static>>> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
            Codec::new(SCHEMA_JSON, &OLDER_JSON).expect("schemas/record.avsc is Avro")
        });
        &CODEC
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Body, Drug, Head, Quantity, Reaction, Record, Report, Seriousness, Text, Tick};
    use crate::record::{Comparator, Millis, Observation, ResultStatus};
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = Text<'static>> {
        "\\PC{0,12}".prop_map(Text::owned)
    }
    fn flag() -> impl Strategy<Value = Option<bool>> {
        proptest::option::of(any::<bool>())
    }
    fn report() -> impl Strategy<Value = Body<'static>> {
        let drug = (text(), proptest::collection::vec(text(), 0..3), proptest::option::of(-1e6f64..1e6))
            .prop_map(|(name, substances, dose_value)| Drug { name, substances, dose_value, ..Drug::default() });
        let reaction = (proptest::option::of(text()), proptest::option::of(any::<i32>()))
            .prop_map(|(term, code)| Reaction { term, code, ..Reaction::default() });
        (
            text(),
            proptest::collection::vec(drug, 0..4),
            proptest::collection::vec(reaction, 0..4),
            proptest::option::of(text()),
            flag(),
            proptest::option::of(any::<i32>()),
        )
            .prop_map(|(sender, drugs, reactions, narrative, death, version)| {
                Body::Report(Report {
                    sender,
                    drugs,
                    reactions,
                    narrative,
                    version,
                    seriousness: Seriousness { death, ..Seriousness::default() },
                    ..Report::default()
                })
            })
    }
    fn observation() -> impl Strategy<Value = Body<'static>> {
        (proptest::option::of(text()), -1e9f64..1e9, text()).prop_map(|(loinc, value, unit)| {
            Body::Observation(Observation {
                loinc,
                analyte: None,
                quantity: Some(Quantity { comparator: Comparator::Lt, value, unit }),
                value_text: None,
                reference_low: None,
                reference_high: Some(value),
                specimen: None,
                body_site: None,
                status: ResultStatus::Corrected,
                observation_id: None,
            })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_apache_avro_reads_the_same(
            body in prop_oneof![report(), observation()], key in text(), ms in 0i64..4_000_000_000_000
        ) {
            let head = Head { key, recorded_at: Millis(ms), ..Head::default() };
            let record = Record { head, body };
            let mut message = Vec::new();
            let codec = Codec::record();
            codec.encode(&record, &mut message).unwrap();
            let mut scratch = Vec::new();
            let back: Record<'_> = codec.decode(&message, &mut scratch).unwrap();
            prop_assert_eq!(&back, &record);
            // The same bytes by apache-avro, written again, are the same bytes: the schema and the types agree.
            let value = codec.decode_value(&message).unwrap();
            let mut again = message[..HEADER_BYTES].to_vec();
            GenericDatumWriter::builder(codec.schema()).build().unwrap().write_value_ref(&mut again, &value).unwrap();
            prop_assert_eq!(again, message);
        }

        #[test]
        fn any_bytes_are_a_record_or_a_reject(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let codec = Codec::record();
            let mut message = codec.header.to_vec();
            message.extend(tail);
            let _ = codec.decode::<Record<'_>>(&message, &mut Vec::new());
        }
    }

    #[test]
    fn a_number_that_no_reader_takes_is_not_written_for_one() {
        let of = |value| Record {
            head: Head::default(),
            body: Body::Observation(Observation {
                loinc: None,
                analyte: None,
                quantity: Some(Quantity { comparator: Comparator::Eq, value, unit: Text::default() }),
                value_text: None,
                reference_low: None,
                reference_high: None,
                specimen: None,
                body_site: None,
                status: ResultStatus::Final,
                observation_id: None,
            }),
        };
        assert_eq!(Codec::record().encode_taken(&of(f64::MAX), &mut Vec::new()), Ok(()));
        for value in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            let reject = Codec::record().encode_taken(&of(value), &mut Vec::new()).unwrap_err();
            assert_eq!(reject.reason, RejectReason::NonFiniteNumber);
        }
    }

    #[test]
    fn every_prefix_of_a_message_is_rejected_as_truncated() {
        let record = Record {
            head: Head::default(),
            body: Body::Tick(Tick { wall_time: Millis(1_740_816_000_000), partition: 3 }),
        };
        let mut message = Vec::new();
        Codec::record().encode(&record, &mut message).unwrap();
        for end in 0..message.len() {
            let reject = Codec::record().decode::<Record<'_>>(&message[..end], &mut Vec::new()).unwrap_err();
            assert_eq!(reject.reason, RejectReason::TruncatedAvro, "prefix of {end} bytes");
        }
        message.push(0);
        let reject = Codec::record().decode::<Record<'_>>(&message, &mut Vec::new()).unwrap_err();
        assert_eq!(reject.reason, RejectReason::TrailingBytes);
    }
}

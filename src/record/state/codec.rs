//! Values of the changelog as bytes: Avro single-object encoding and a checksum.

use super::{State, StateBody};
use crate::record::Unwritable;
use crate::record::avro::{self, Codec, Open};
use crate::record::resolve::Names;
use crate::record::wire;
use apache_avro::Schema;
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64;

/// Text of `schemas/state.avsc`.
pub const STATE_SCHEMA_JSON: &str = include_str!("../../../schemas/state.avsc");

/// Version of the schema that is written.
pub const STATE_SCHEMA_VERSION: i32 = 3;

/// Texts of the schemas of earlier releases, which are read too.
const OLDER_JSON: [&str; 2] =
    [include_str!("../../../schemas/history/state.v2.avsc"), include_str!("../../../schemas/history/state.v1.avsc")];

/// Bytes of the checksum at the end of each value.
const CHECKSUM_BYTES: usize = 8;

/// Branch of [`StateBody::WriterSchema`] in every version of the schema.
const WRITER_SCHEMA_BRANCH: u8 = 3;

/// Why a value of the changelog was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateUnread {
    /// The checksum is not that of the bytes.
    #[error("its checksum does not fit")]
    Checksum,
    /// The checksum fits, and the bytes are no state.
    #[error("it is no state of this schema")]
    Malformed,
    /// Written with a schema that is not compiled in: its fingerprint.
    #[error("it was written with an unknown schema")]
    UnknownSchema([u8; 8]),
    /// A word of a closed list that this release does not know.
    #[error("it holds a word that this release does not know")]
    UnknownWord,
}

/// Writes and reads values of the changelog.
pub struct StateCodec {
    codec: Codec<State<'static>>,
    text: String,
}

impl StateCodec {
    /// The codec of `schemas/state.avsc`.
    ///
    /// # Panics
    /// Never: the schema is compiled in and a test parses it.
    #[must_use]
    pub fn get() -> &'static Self {
        static CODEC: LazyLock<StateCodec> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in, read by every test")]
            StateCodec::of(STATE_SCHEMA_JSON, &OLDER_JSON).expect("schemas/state.avsc is Avro")
        });
        &CODEC
    }

    /// A codec that also reads what was written with the `older` schemas.
    pub(super) fn of(schema: &str, older: &[&str]) -> Result<Self, apache_avro::Error> {
        Ok(Self { codec: Codec::new(schema, older)?, text: schema.to_owned() })
    }

    /// Fingerprint of the schema that is written, hexadecimal.
    #[must_use]
    pub fn fingerprint_hex(&self) -> String {
        self.codec.fingerprint_hex()
    }

    /// One value as bytes.
    ///
    /// # Errors
    /// When the value does not fit the schema, which is a fault of ours.
    pub fn encode(&self, state: &State<'_>) -> Result<Vec<u8>, Unwritable> {
        let mut bytes = Vec::with_capacity(128);
        self.codec.encode(state, &mut bytes)?;
        let checksum = xxh3_64(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads one value. Text is borrowed from it where it was written with the current schema, else from `scratch`.
    ///
    /// # Errors
    /// [`StateUnread`].
    pub fn decode<'m>(&self, value: &'m [u8], scratch: &'m mut Vec<u8>) -> Result<State<'m>, StateUnread> {
        match self.codec.open(checked(value)?) {
            Open::Current(datum) => read(datum),
            Open::Older(datum, schema) => self.decode_as(schema, datum, scratch),
            Open::Unknown(print) => Err(StateUnread::UnknownSchema(print)),
            Open::Short | Open::NoMark => Err(StateUnread::Malformed),
        }
    }

    /// Reads one value that was written with a schema found in the changelog itself, by Avro's rules of resolution.
    ///
    /// # Errors
    /// [`StateUnread`].
    pub fn decode_with<'m>(
        &self,
        written_with: &Schema,
        value: &'m [u8],
        scratch: &'m mut Vec<u8>,
    ) -> Result<State<'m>, StateUnread> {
        let datum = checked(value)?.get(avro::HEADER_BYTES..).ok_or(StateUnread::Malformed)?;
        self.decode_as(written_with, datum, scratch)
    }

    fn decode_as<'m>(
        &self,
        written_with: &Schema,
        datum: &[u8],
        scratch: &'m mut Vec<u8>,
    ) -> Result<State<'m>, StateUnread> {
        let value = avro::read_value(written_with, datum).map_err(|_| StateUnread::Malformed)?;
        let value = Names::new(written_with, self.codec.schema())
            .and_then(|names| names.by_name(value, written_with, self.codec.schema()))
            .ok_or(StateUnread::UnknownWord)?;
        scratch.clear();
        self.codec.write_value(&value, scratch).map_err(|_| StateUnread::Malformed)?;
        read(scratch)
    }

    /// The schema in a value whose own schema is not known: it holds the schema that it was itself written with, as the
    /// only field of a branch that never moves. `None` where the value is none of that kind.
    #[must_use]
    pub fn writer_schema(value: &[u8]) -> Option<Schema> {
        let (header, datum) = checked(value).ok()?.split_at_checked(avro::HEADER_BYTES)?;
        let (branch, text) = datum.split_first()?;
        // A branch is written as a zigzag number.
        if *branch != WRITER_SCHEMA_BRANCH << 1 {
            return None;
        }
        let schema = Schema::parse_str(wire::from_datum(text).ok()?).ok()?;
        header.ends_with(&avro::fingerprint(&schema)).then_some(schema)
    }

    /// The value that holds the schema that is written.
    ///
    /// # Errors
    /// When it does not fit the schema, which is a fault of ours.
    pub fn own_schema(&self) -> Result<Vec<u8>, Unwritable> {
        let schema = super::WriterSchema { schema: self.text.as_str().into() };
        self.encode(&State { body: StateBody::WriterSchema(schema) })
    }
}

#[cfg(test)]
impl StateCodec {
    pub(super) fn text(&self) -> &str {
        &self.text
    }
    pub(super) const fn schema(&self) -> &'static Schema {
        self.codec.schema()
    }
    pub(super) fn write_value(&self, value: &apache_avro::types::Value, into: &mut Vec<u8>) {
        self.codec.write_value(value, into).unwrap();
    }
}

/// The bytes before the checksum, which fits them.
fn checked(value: &[u8]) -> Result<&[u8], StateUnread> {
    let (bytes, sum) = value.split_last_chunk::<CHECKSUM_BYTES>().ok_or(StateUnread::Checksum)?;
    if xxh3_64(bytes) == u64::from_le_bytes(*sum) { Ok(bytes) } else { Err(StateUnread::Checksum) }
}

fn read(datum: &[u8]) -> Result<State<'_>, StateUnread> {
    wire::from_datum(datum).map_err(|_| StateUnread::Malformed)
}

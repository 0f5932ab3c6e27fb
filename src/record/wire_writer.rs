//! A serde serializer that writes one Avro datum: the counterpart of [`super::wire`].
//!
//! apache-avro looks up each field of each value in the schema. This writer is driven by the Rust types alone, which
//! mirror the schema field for field; in tests [`super::Codec`] compares every datum with apache-avro's.

use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};
use std::fmt::Display;

/// A value does not fit its schema, which is a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value does not fit its schema: {0}")]
pub struct Unwritable(String);

impl ser::Error for Unwritable {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Appends `value` as a datum. False where a number in it is NaN or infinite, which no reader takes.
pub(super) fn to_datum(value: &(impl Serialize + ?Sized), into: &mut Vec<u8>) -> Result<bool, Unwritable> {
    let mut writer = Writer { into, finite: true };
    value.serialize(&mut writer)?;
    Ok(writer.finite)
}

struct Writer<'v> {
    into: &'v mut Vec<u8>,
    finite: bool,
}

impl Writer<'_> {
    /// A zigzag variable-length number.
    #[inline]
    fn long(&mut self, number: i64) {
        let mut left = (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned();
        while left > 0x7f {
            self.into.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        self.into.push(left.to_le_bytes()[0]);
    }

    fn length(&mut self, length: usize) -> Result<(), Unwritable> {
        self.long(i64::try_from(length).map_err(|_| no_type("a length beyond 64 bits"))?);
        Ok(())
    }
}

#[cold]
fn no_type(what: &str) -> Unwritable {
    Unwritable(what.to_owned())
}

macro_rules! no_types {
    ($($method:ident($($argument:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Unwritable> {
            Err(no_type(stringify!($method)))
        })*
    };
}

type No = Impossible<(), Unwritable>;

impl Serializer for &mut Writer<'_> {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Self;
    type SerializeStruct = Self;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStructVariant = No;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.into.push(u8::from(value));
        Ok(())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Unwritable> {
        self.long(value.into());
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unwritable> {
        self.long(value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        self.finite &= value.is_finite();
        self.into.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unwritable> {
        self.length(value.len())?;
        self.into.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.long(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        self.long(1);
        value.serialize(self)
    }

    /// A symbol of an enum.
    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Unwritable> {
        self.long(index.into());
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    /// A branch of a union.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        self.long(index.into());
        value.serialize(self)
    }

    /// An array, in one block.
    fn serialize_seq(self, items: Option<usize>) -> Result<Self, Unwritable> {
        let items = items.ok_or_else(|| no_type("a list of unknown length"))?;
        if items > 0 {
            self.length(items)?;
        }
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unwritable> {
        Ok(self)
    }

    no_types! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_char(char) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}

impl SerializeSeq for &mut Writer<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Unwritable> {
        self.long(0);
        Ok(())
    }
}

impl SerializeStruct for &mut Writer<'_> {
    type Ok = ();
    type Error = Unwritable;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Unwritable> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Unwritable> {
        Ok(())
    }
}

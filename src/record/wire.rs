//! A serde deserializer over one Avro datum that borrows its text from the message.
//!
//! apache-avro reads from an `io::Read`, so each of its strings is an allocation, and a type that borrows cannot be read
//! by it at all. This reader is driven by the Rust types instead of the schema, which is right only where the datum was
//! written with exactly the schema that the types mirror: [`super::Codec`] compares fingerprints first, and a test
//! compares every value with what apache-avro makes of the same bytes.

use serde::de::value::U32Deserializer;
use serde::de::{self, DeserializeSeed, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor};
use std::fmt;

/// Why a datum could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The bytes end too early.
    Truncated,
    /// Bytes are left over behind the datum.
    Trailing,
    /// A string is not UTF-8.
    Utf8,
    /// A number is NaN or infinite.
    NotFinite,
    /// A length, index or number is outside its type.
    Malformed,
    /// A value is of the right Avro type, but not one that the field may hold.
    Value(String),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the datum ends too early"),
            Self::Trailing => f.write_str("bytes are left over behind the datum"),
            Self::Utf8 => f.write_str("a string is not UTF-8"),
            Self::NotFinite => f.write_str("a number is not finite"),
            Self::Malformed => f.write_str("a length, index or number is outside its type"),
            Self::Value(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for WireError {}

impl de::Error for WireError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}

/// Reads the whole of `bytes` as one datum of `T`.
pub(super) fn from_datum<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, WireError> {
    let mut reader = Reader { rest: bytes };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(WireError::Trailing) }
}

/// Reads one datum of `T` from the start of `bytes`, and gives what follows it.
pub(super) fn from_datum_start<'de, T: de::Deserialize<'de>>(bytes: &'de [u8]) -> Result<(T, &'de [u8]), WireError> {
    let mut reader = Reader { rest: bytes };
    let value = T::deserialize(&mut reader)?;
    Ok((value, reader.rest))
}

struct Reader<'de> {
    rest: &'de [u8],
}

impl<'de> Reader<'de> {
    #[inline]
    fn byte(&mut self) -> Result<u8, WireError> {
        let (first, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    /// A zigzag variable-length number. Lengths, branches and most numbers of a record are one byte.
    #[inline]
    fn long(&mut self) -> Result<i64, WireError> {
        match self.rest.split_first() {
            Some((first, rest)) if first & 0x80 == 0 => {
                self.rest = rest;
                Ok(i64::from(first >> 1) ^ -i64::from(first & 1))
            }
            _ => self.long_of_many_bytes(),
        }
    }

    fn long_of_many_bytes(&mut self) -> Result<i64, WireError> {
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(WireError::Malformed);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
            shift += 7;
            if shift > 63 {
                return Err(WireError::Malformed);
            }
        }
    }

    #[inline]
    fn length(&mut self) -> Result<usize, WireError> {
        let length = usize::try_from(self.long()?).map_err(|_| WireError::Malformed)?;
        if length > self.rest.len() { Err(WireError::Truncated) } else { Ok(length) }
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'de [u8], WireError> {
        let length = self.length()?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn string(&mut self) -> Result<&'de str, WireError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| WireError::Utf8)
    }

    #[inline]
    fn index(&mut self) -> Result<u32, WireError> {
        u32::try_from(self.long()?).map_err(|_| WireError::Malformed)
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = WireError;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, WireError> {
        Err(WireError::Malformed)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        match self.byte()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(WireError::Malformed),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_i32(i32::try_from(self.long()?).map_err(|_| WireError::Malformed)?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_i64(self.long()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        let number = f64::from_le_bytes(*bytes);
        if number.is_finite() { visitor.visit_f64(number) } else { Err(WireError::NotFinite) }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        // The branch of a union with null: 0 is written 00, 1 is written 02.
        let (branch, rest) = self.rest.split_first().ok_or(WireError::Truncated)?;
        self.rest = rest;
        match branch {
            0 => visitor.visit_none(),
            2 => visitor.visit_some(self),
            _ => Err(WireError::Malformed),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, WireError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_seq(Blocks { reader: self, left: 0, ended: false })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        visitor.visit_seq(Fields { reader: self, left: fields.len() })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        visitor.visit_enum(Branch { reader: self })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 u8 u16 u32 u64 f32 char byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// The fields of a record, in the schema's order.
struct Fields<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = WireError;
    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, WireError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// The items of an array, which Avro writes in blocks.
struct Blocks<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: u64,
    ended: bool,
}

impl<'de> SeqAccess<'de> for Blocks<'_, 'de> {
    type Error = WireError;
    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, WireError> {
        if self.ended {
            return Ok(None);
        }
        if self.left == 0 {
            let count = self.reader.long()?;
            if count < 0 {
                self.reader.long()?; // the block's size in bytes, of use to skippers only
            }
            self.left = count.unsigned_abs();
            // Every item of our schemas takes a byte or more, so a count beyond the bytes left is a lie.
            if self.left > self.reader.rest.len() as u64 {
                return Err(WireError::Truncated);
            }
            if self.left == 0 {
                self.ended = true;
                return Ok(None);
            }
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// A symbol of an enum, or a branch of a union: both are written as their index.
struct Branch<'r, 'de> {
    reader: &'r mut Reader<'de>,
}

impl<'de> EnumAccess<'de> for Branch<'_, 'de> {
    type Error = WireError;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), WireError> {
        let index: U32Deserializer<WireError> = self.reader.index()?.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Branch<'_, 'de> {
    type Error = WireError;
    fn unit_variant(self) -> Result<(), WireError> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, WireError> {
        seed.deserialize(self.reader)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, _visitor: V) -> Result<V::Value, WireError> {
        Err(WireError::Malformed)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, WireError> {
        Err(WireError::Malformed)
    }
}

//! The keys of maps, which serde gives as values.

use super::super::SignError;
use super::super::text::{Decimal, Path};
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt::Display;
use serde::ser::{Impossible, Serialize, Serializer};

/// Pushes a map's key onto the path: texts, and what serde_json too writes as a text.
pub(super) struct MapKey<'p> {
    pub(super) path: &'p mut Path,
}

impl MapKey<'_> {
    fn push(self, key: &[u8]) -> Result<(), SignError> {
        self.path.push(key);
        Ok(())
    }
}

impl Serializer for MapKey<'_> {
    type Ok = ();
    type Error = SignError;
    type SerializeSeq = Impossible<(), SignError>;
    type SerializeTuple = Impossible<(), SignError>;
    type SerializeTupleStruct = Impossible<(), SignError>;
    type SerializeTupleVariant = Impossible<(), SignError>;
    type SerializeMap = Impossible<(), SignError>;
    type SerializeStruct = Impossible<(), SignError>;
    type SerializeStructVariant = Impossible<(), SignError>;

    fn serialize_str(self, key: &str) -> Result<(), SignError> {
        self.push(key.as_bytes())
    }

    fn serialize_char(self, key: char) -> Result<(), SignError> {
        self.push(key.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), SignError> {
        self.push(variant.as_bytes())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<(), SignError> {
        key.serialize(self)
    }

    fn serialize_bool(self, key: bool) -> Result<(), SignError> {
        self.push(if key { b"true" } else { b"false" })
    }

    fn serialize_i8(self, key: i8) -> Result<(), SignError> {
        self.serialize_i64(key.into())
    }

    fn serialize_i16(self, key: i16) -> Result<(), SignError> {
        self.serialize_i64(key.into())
    }

    fn serialize_i32(self, key: i32) -> Result<(), SignError> {
        self.serialize_i64(key.into())
    }

    fn serialize_i64(self, key: i64) -> Result<(), SignError> {
        self.push(Decimal::signed(key).as_bytes())
    }

    fn serialize_u8(self, key: u8) -> Result<(), SignError> {
        self.serialize_u64(key.into())
    }

    fn serialize_u16(self, key: u16) -> Result<(), SignError> {
        self.serialize_u64(key.into())
    }

    fn serialize_u32(self, key: u32) -> Result<(), SignError> {
        self.serialize_u64(key.into())
    }

    fn serialize_u64(self, key: u64) -> Result<(), SignError> {
        self.push(Decimal::unsigned(key).as_bytes())
    }

    fn collect_str<T: Display + ?Sized>(self, key: &T) -> Result<(), SignError> {
        self.push(key.to_string().as_bytes())
    }

    fn serialize_f32(self, _: f32) -> Result<(), SignError> {
        Err(SignError::NotPortable)
    }

    fn serialize_f64(self, _: f64) -> Result<(), SignError> {
        Err(SignError::NotPortable)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_none(self) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_unit(self) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), SignError> {
        Err(KEY_KIND)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, SignError> {
        Err(KEY_KIND)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, SignError> {
        Err(KEY_KIND)
    }
}

/// Fingerprints of the keys of one map.
///
/// Two keys with one fingerprint would be refused as one key given twice. At 64 bits that does not
/// happen by chance, and refusing is the safe side.
#[derive(Default)]
pub(super) struct Seen {
    first: [u64; 8],
    len: usize,
    more: Vec<u64>,
}

impl Seen {
    /// Whether the key is new.
    pub(super) fn insert(&mut self, key: &[u8]) -> bool {
        let fingerprint = fingerprint(key);
        if self.first[..self.len].contains(&fingerprint) || self.more.contains(&fingerprint) {
            return false;
        }
        match self.first.get_mut(self.len) {
            Some(room) => {
                *room = fingerprint;
                self.len += 1;
            }
            None => self.more.push(fingerprint),
        }
        true
    }
}

/// FNV-1a.
fn fingerprint(key: &[u8]) -> u64 {
    key.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

const KEY_KIND: SignError = SignError::Unsupported("a map key that is neither text nor integer");

//! Signing a typed value while serde walks it.

mod key;

use self::key::{MapKey, Seen};
use super::text::{Decimal, Fields, Path};
use super::{MAX_DEPTH, SIGNATURE, SignError};
use alloc::string::ToString;
use core::fmt::Display;
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Hands the fields of `value` over as its `Serialize` names them.
pub(super) fn walk<T, F>(value: &T, fields: &mut F) -> Result<(), SignError>
where
    T: Serialize + ?Sized,
    F: Fields,
{
    let mut walker = Walker { fields, path: Path::new(), depth: 0 };
    value.serialize(At { walker: &mut walker, key: Key::Root })
}

struct Walker<'f, F> {
    fields: &'f mut F,
    path: Path,
    depth: usize,
}

/// The place at which a value is about to be serialized.
struct At<'w, 'f, F> {
    walker: &'w mut Walker<'f, F>,
    key: Key<'w>,
}

/// The last part of the path to a value.
#[derive(Clone, Copy)]
enum Key<'k> {
    Index(u64),
    Name(&'k str),
    /// Pushed onto the path, from this length on; the keys of maps cannot be borrowed from serde.
    Pushed(usize),
    Root,
}

impl<'w, 'f, F: Fields> At<'w, 'f, F> {
    #[inline(always)]
    fn scalar(self, text: &[u8]) -> Result<(), SignError> {
        let path = &self.walker.path;
        let fields = &mut *self.walker.fields;
        match self.key {
            Key::Name(key) if key == SIGNATURE => {}
            Key::Name(key) => fields.field(path.piece(), key.as_bytes().into(), text.into()),
            Key::Index(index) => {
                fields.field(path.piece(), Decimal::unsigned(index).piece(), text.into());
            }
            Key::Pushed(outside) => {
                let (prefix, key) = path.as_bytes().split_at(outside);
                if key != SIGNATURE.as_bytes() {
                    fields.field(prefix.into(), key.into(), text.into());
                }
            }
            Key::Root => return Err(SignError::NotContainer),
        }
        Ok(())
    }

    #[inline]
    fn open(self) -> Result<Opened<'w, 'f, F>, SignError> {
        let Self { walker, key } = self;
        if walker.depth == MAX_DEPTH {
            return Err(SignError::TooDeep);
        }
        walker.depth += 1;
        let path = &mut walker.path;
        let outside = match key {
            Key::Pushed(outside) => outside,
            _ => path.len(),
        };
        match key {
            Key::Index(index) => path.push(Decimal::unsigned(index).as_bytes()),
            Key::Name(name) => path.push(name.as_bytes()),
            Key::Pushed(_) | Key::Root => {}
        }
        if !matches!(key, Key::Root) {
            path.push(b".");
        }
        Ok(Opened { walker, outside, index: 0 })
    }

    /// Opens the object with one member, or the object of one container, that holds a variant.
    fn open_variant(self, variant: &'static str) -> Result<Variant<'w, 'f, F>, SignError> {
        let around = self.open()?;
        let outside = around.outside;
        let inner = At { walker: around.walker, key: Key::Name(variant) }.open()?;
        Ok(Variant { inner, outside })
    }
}

/// A list or an object whose elements are being serialized.
struct Opened<'w, 'f, F> {
    walker: &'w mut Walker<'f, F>,
    /// The length of the path outside it.
    outside: usize,
    index: u64,
}

impl<F: Fields> Opened<'_, '_, F> {
    #[inline]
    fn member<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), SignError> {
        value.serialize(At { walker: &mut *self.walker, key: Key::Name(key) })
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        let index = self.index;
        self.index += 1;
        value.serialize(At { walker: &mut *self.walker, key: Key::Index(index) })
    }

    #[inline]
    fn close(self) {
        self.walker.path.truncate(self.outside);
        self.walker.depth -= 1;
    }
}

impl<'w, 'f, F: Fields> Serializer for At<'w, 'f, F> {
    type Ok = ();
    type Error = SignError;
    type SerializeSeq = Opened<'w, 'f, F>;
    type SerializeTuple = Opened<'w, 'f, F>;
    type SerializeTupleStruct = Opened<'w, 'f, F>;
    type SerializeTupleVariant = Variant<'w, 'f, F>;
    type SerializeMap = Map<'w, 'f, F>;
    type SerializeStruct = Opened<'w, 'f, F>;
    type SerializeStructVariant = Variant<'w, 'f, F>;

    fn serialize_bool(self, value: bool) -> Result<(), SignError> {
        self.scalar(if value { b"1" } else { b"" })
    }

    fn serialize_i8(self, value: i8) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), SignError> {
        self.scalar(Decimal::signed(value).as_bytes())
    }

    fn serialize_i128(self, value: i128) -> Result<(), SignError> {
        self.serialize_i64(value.try_into().map_err(|_| SignError::NotPortable)?)
    }

    fn serialize_u8(self, value: u8) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), SignError> {
        self.serialize_i64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), SignError> {
        self.serialize_i64(value.try_into().map_err(|_| SignError::NotPortable)?)
    }

    fn serialize_u128(self, value: u128) -> Result<(), SignError> {
        self.serialize_i64(value.try_into().map_err(|_| SignError::NotPortable)?)
    }

    fn serialize_f32(self, _: f32) -> Result<(), SignError> {
        Err(SignError::NotPortable)
    }

    fn serialize_f64(self, _: f64) -> Result<(), SignError> {
        Err(SignError::NotPortable)
    }

    fn serialize_char(self, value: char) -> Result<(), SignError> {
        self.scalar(value.encode_utf8(&mut [0; 4]).as_bytes())
    }

    #[inline(always)]
    fn serialize_str(self, value: &str) -> Result<(), SignError> {
        self.scalar(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), SignError> {
        // A list of numbers, as in the JSON that serde_json makes of it.
        let mut list = self.open()?;
        for byte in value {
            list.item(byte)?;
        }
        list.close();
        Ok(())
    }

    fn serialize_none(self) -> Result<(), SignError> {
        self.scalar(b"")
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SignError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), SignError> {
        self.scalar(b"")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), SignError> {
        self.scalar(b"")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), SignError> {
        self.scalar(variant.as_bytes())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), SignError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), SignError> {
        let mut object = self.open()?;
        object.member(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Opened<'w, 'f, F>, SignError> {
        self.open()
    }

    fn serialize_tuple(self, _: usize) -> Result<Opened<'w, 'f, F>, SignError> {
        self.open()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Opened<'w, 'f, F>, SignError> {
        self.open()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'w, 'f, F>, SignError> {
        self.open_variant(variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'w, 'f, F>, SignError> {
        Ok(Map { object: self.open()?, pushed: None, seen: Seen::default() })
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Opened<'w, 'f, F>, SignError> {
        if name.starts_with(SERDE_JSON_PRIVATE) {
            return Err(SignError::Unsupported("the number or raw JSON text of serde_json"));
        }
        self.open()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<'w, 'f, F>, SignError> {
        self.open_variant(variant)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), SignError> {
        self.scalar(value.to_string().as_bytes())
    }
}

impl<F: Fields> SerializeSeq for Opened<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        self.item(value)
    }

    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

impl<F: Fields> SerializeTuple for Opened<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        self.item(value)
    }

    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

impl<F: Fields> SerializeTupleStruct for Opened<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        self.item(value)
    }

    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

impl<F: Fields> SerializeStruct for Opened<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), SignError> {
        self.member(key, value)
    }

    #[inline]
    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

/// The content of an enum's variant, inside an object that holds it under the variant's name.
struct Variant<'w, 'f, F> {
    inner: Opened<'w, 'f, F>,
    /// The length of the path outside the object.
    outside: usize,
}

impl<F: Fields> Variant<'_, '_, F> {
    fn close(self) {
        self.inner.walker.path.truncate(self.outside);
        self.inner.walker.depth -= 2;
    }
}

impl<F: Fields> SerializeTupleVariant for Variant<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        self.inner.item(value)
    }

    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

impl<F: Fields> SerializeStructVariant for Variant<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), SignError> {
        self.inner.member(key, value)
    }

    fn end(self) -> Result<(), SignError> {
        self.close();
        Ok(())
    }
}

struct Map<'w, 'f, F> {
    object: Opened<'w, 'f, F>,
    /// The length of the path before the key whose value comes next.
    pushed: Option<usize>,
    seen: Seen,
}

impl<F: Fields> SerializeMap for Map<'_, '_, F> {
    type Ok = ();
    type Error = SignError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SignError> {
        let path = &mut self.object.walker.path;
        let outside = path.len();
        key.serialize(MapKey { path })?;
        if !self.seen.insert(&path.as_bytes()[outside..]) {
            return Err(SignError::DuplicateKey);
        }
        self.pushed = Some(outside);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SignError> {
        let outside =
            self.pushed.take().ok_or(SignError::Unsupported("a map that gives a value without a key"))?;
        value.serialize(At { walker: &mut *self.object.walker, key: Key::Pushed(outside) })?;
        self.object.walker.path.truncate(outside);
        Ok(())
    }

    fn end(self) -> Result<(), SignError> {
        self.object.close();
        Ok(())
    }
}

impl ser::Error for SignError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Refused(message.to_string())
    }
}

/// Names of structs by which serde_json speaks to itself; signing them as structs would be wrong
/// without anyone noticing.
const SERDE_JSON_PRIVATE: &str = "$serde_json::private::";

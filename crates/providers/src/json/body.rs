//! The shapes of bodies.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeStruct, Serializer};

/// An object that is sent.
pub(crate) trait Body {
    /// Writes the members into an object that was begun.
    fn write<O: SerializeStruct>(&self, object: &mut O) -> Result<(), O::Error>;
}

/// What can be a member of a body. One that holds nothing is left out.
pub(crate) trait Given {
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error>;
}

macro_rules! given {
    ($($kind:ty),*) => { $(
        impl Given for $kind {
            fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
                object.serialize_field(name, self)
            }
        }
    )* };
}
given!(&str, bool, u32, u64);

impl<T: Given> Given for Option<T> {
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
        self.as_ref().map_or(Ok(()), |given| given.write(name, object))
    }
}

/// An object inside the object, left out where it is empty.
pub(crate) struct Nested<T>(pub(crate) T);

impl<T: Serialize + Default + PartialEq> Given for Nested<T> {
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
        if self.0 == T::default() { Ok(()) } else { object.serialize_field(name, &self.0) }
    }
}

/// Members that stand in the object around them.
pub(crate) struct Among<T>(pub(crate) T);

impl<T: Body> Given for Among<T> {
    fn write<O: SerializeStruct>(&self, _: &'static str, object: &mut O) -> Result<(), O::Error> {
        self.0.write(object)
    }
}

/// An object with the merchant's own names, in the merchant's order, left out where it is empty.
pub(crate) struct Pairs<'a>(pub(crate) &'a [(String, String)]);

impl Given for Pairs<'_> {
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
        if self.0.is_empty() { Ok(()) } else { object.serialize_field(name, self) }
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Writes the shape of a body, its members called as the vendor calls them and sent in this order.
macro_rules! body {
    (
        $(#[$about:meta])*
        $vis:vis struct $name:ident<$life:lifetime> {
            $($(#[$told:meta])* $member:ident: $kind:ty,)*
        }
    ) => {
        $(#[$about])*
        $vis struct $name<$life> {
            $($(#[$told])* pub(crate) $member: $kind,)*
        }

        impl $crate::json::Body for $name<'_> {
            fn write<O: serde::ser::SerializeStruct>(&self, object: &mut O) -> Result<(), O::Error> {
                $($crate::json::Given::write(&self.$member, stringify!($member), object)?;)*
                Ok(())
            }
        }

        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // Bodies have at least one member; how many is of no use to JSON.
                let mut object = serializer.serialize_struct(stringify!($name), 1)?;
                $crate::json::Body::write(self, &mut object)?;
                serde::ser::SerializeStruct::end(object)
            }
        }
    };
}
pub(crate) use body;

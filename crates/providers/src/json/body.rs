//! The shapes of bodies.

use serde::ser::SerializeStruct;

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

//! The shapes of answers.
//!
//! They are made by [`answer!`] and not by serde's derive: here every member may be missing or of another type, so that
//! all of them are read by one function over a list of names, where a derive would compile two readers for each shape.
//! With bodies made alike (`body.rs`), a program that takes the blocking transport builds without a procedural macro.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::de::{Read, SliceRead, StrRead};
use serde_json::value::RawValue;

/// An object of which some members are known. Whatever else is in it is passed over.
pub(crate) trait Answer<'a>: Default {
    /// The vendor's names of the known members.
    const NAMES: &'static [&'static str];

    /// Takes the known member of this index.
    fn take(&mut self, index: usize, value: &'a RawValue) -> Result<(), serde_json::Error>;
}

/// What can be a member.
pub(crate) trait Member<'a>: Sized {
    fn read(value: &'a RawValue) -> Result<Self, serde_json::Error>;
}

impl<'a> Member<'a> for Option<&'a RawValue> {
    fn read(value: &'a RawValue) -> Result<Self, serde_json::Error> {
        Ok(Some(value))
    }
}

/// A list of objects, which may be `null`.
impl<'a, T: Answer<'a>> Member<'a> for Option<Vec<T>> {
    fn read(value: &'a RawValue) -> Result<Self, serde_json::Error> {
        let items: Option<Vec<&'a RawValue>> = serde_json::from_str(value.get())?;
        items.map(|items| items.into_iter().map(|item| read(item.get())).collect()).transpose()
    }
}

/// Reads a whole text as one object.
pub(crate) fn read<'a, T: Answer<'a>>(json: &'a str) -> Result<T, serde_json::Error> {
    let mut answer = T::default();
    members(StrRead::new(json), T::NAMES, &mut |index, value| answer.take(index, value))?;
    Ok(answer)
}

/// The same for bytes. They have to be UTF-8 where they are of any use.
pub(crate) fn read_bytes<'a, T: Answer<'a>>(json: &'a [u8]) -> Result<T, serde_json::Error> {
    let mut answer = T::default();
    members(SliceRead::new(json), T::NAMES, &mut |index, value| answer.take(index, value))?;
    Ok(answer)
}

type Take<'t, 'a> = &'t mut dyn FnMut(usize, &'a RawValue) -> Result<(), serde_json::Error>;

/// Hands over the members of an object that stand in the list of names, by their places there. None may come twice.
fn members<'a>(
    json: impl Read<'a>,
    names: &'static [&'static str],
    take: Take<'_, 'a>,
) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::new(json);
    reader.deserialize_map(Members { names, seen: 0, take })?;
    reader.end()
}

struct Members<'t, 'a> {
    names: &'static [&'static str],
    /// A bit for each name.
    seen: u32,
    take: Take<'t, 'a>,
}

impl<'de> Visitor<'de> for Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let Some(index) = self.names.iter().position(|known| *known == name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if self.seen >> index & 1 == 1 {
                return Err(A::Error::duplicate_field(self.names[index]));
            }
            self.seen |= 1 << index;
            (self.take)(index, map.next_value()?).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// A name, borrowed unless there are escapes in it.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Writes the shape of an answer. A member is called as the vendor calls it, or `own as "vendor's"`; without a type it
/// is a [`Scalar`](super::Scalar).
macro_rules! answer {
    (
        $(#[$about:meta])*
        $vis:vis struct $name:ident $(<$life:lifetime>)? {
            $($(#[$told:meta])* $member:ident $(as $vendor:literal)? $(: $kind:ty)?,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Default)]
        $vis struct $name $(<$life>)? {
            $($(#[$told])* pub(crate) $member: $crate::json::answer!(@kind $($kind)?),)*
        }

        $crate::json::answer!(@impl [$($life)?] $name { $($member [$($vendor)?],)* });
    };
    (@kind) => { $crate::json::Scalar };
    (@kind $kind:ty) => { $kind };
    (@name $member:ident) => { stringify!($member) };
    (@name $member:ident $vendor:literal) => { $vendor };
    (@impl [] $name:ident $members:tt) => { $crate::json::answer!(@impl ['a] $name, $name $members); };
    (@impl [$life:lifetime] $name:ident $members:tt) => {
        $crate::json::answer!(@impl [$life] $name, $name<$life> $members);
    };
    (@impl [$life:lifetime] $name:ident, $whole:ty { $($member:ident [$($vendor:literal)?],)* }) => {
        impl<$life> $crate::json::Answer<$life> for $whole {
            const NAMES: &'static [&'static str] = {
                let names: &[&str] = &[$($crate::json::answer!(@name $member $($vendor)?)),*];
                assert!(names.len() <= 32, "members are noted in a word");
                names
            };

            fn take(
                &mut self,
                index: usize,
                value: &$life serde_json::value::RawValue,
            ) -> Result<(), serde_json::Error> {
                let mut place = 0..;
                $(if place.next() == Some(index) {
                    self.$member = $crate::json::Member::read(value)?;
                    return Ok(());
                })*
                Ok(())
            }
        }
    };
}
pub(crate) use answer;

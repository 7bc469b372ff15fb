//! Values as they go to the server and come from it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value for a parameter. It prints nothing of itself: the client writes parameters into its debug log.
pub(super) enum Value<'a> {
    Null,
    Int8(i64),
    Int4(i32),
    Int2(i16),
    Bool(bool),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// An array.
    Many(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// A text as the server takes it: it knows no NUL, and a gateway may send one.
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(without_nul(text))
    }

    pub(super) fn maybe_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    pub(super) fn maybe_int8(number: Option<i64>) -> Self {
        number.map_or(Self::Null, Self::Int8)
    }

    pub(super) fn bytes(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }

    pub(super) fn size(number: usize) -> Self {
        Self::Int8(i64::try_from(number).unwrap_or(i64::MAX))
    }

    pub(super) fn ids(ids: impl IntoIterator<Item = i64>) -> Self {
        Self::Many(ids.into_iter().map(Self::Int8).collect())
    }
}

/// A text with something visible in place of each NUL.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int8(number) => number.to_sql(ty, out),
            Self::Int4(number) => number.to_sql(ty, out),
            Self::Int2(number) => number.to_sql(ty, out),
            Self::Bool(truth) => truth.to_sql(ty, out),
            Self::Text(text) => text.as_ref().to_sql(ty, out),
            // A `uuid` is its 16 bytes, as a `bytea` is.
            Self::Bytes(bytes) => bytes.as_ref().to_sql(ty, out),
            Self::Many(values) => values.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Every statement is ours, and each is run by a test.
        true
    }

    to_sql_checked!();
}

/// The bytes of a `uuid` or a `bytea`.
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID || *ty == Type::BYTEA
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, without_nul};

    #[test]
    fn parameters_print_nothing_of_themselves() {
        let values =
            [Value::text("+2250700000000"), Value::Int8(2500), Value::Many(vec![Value::text("Awa")])];
        assert_eq!(format!("{values:?}"), "[_, _, _]");
    }

    #[test]
    fn a_nul_is_shown_and_everything_else_kept() {
        assert_eq!(without_nul("a\0b"), "a\u{fffd}b");
        assert_eq!(without_nul("RÉUSSI 成功"), "RÉUSSI 成功");
    }
}

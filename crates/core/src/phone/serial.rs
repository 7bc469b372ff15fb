//! A phone number as E.164 text, for applications that store one.

use core::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{PhoneError, PhoneNumber};

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.e164())
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A format that finds a bare number here quotes it in its complaint, and would so carry
        // somebody's phone number into an error. Its own words are therefore replaced.
        let read = deserializer.deserialize_str(Text).map_err(|_| D::Error::custom(NOT_TEXT))?;
        read.map_err(D::Error::custom)
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Result<PhoneNumber, PhoneError>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a phone number as text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(PhoneNumber::parse(text))
    }
}

const NOT_TEXT: &str = "the phone number is not text: write it in quotes, with + and the country code";

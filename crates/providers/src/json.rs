//! JSON as gateways write it: read with tolerance where their documents show that it is needed.

mod answer;
mod body;

use std::fmt;

use nzimbu_core::{Currency, ErrorKind, HttpResponse, Money, ProviderError};
use serde::Serialize;
use serde_json::value::RawValue;

#[cfg(any(feature = "bitlipa", feature = "cinetpay"))]
pub(crate) use answer::read;
pub(crate) use answer::{Answer, Member, answer};
pub(crate) use body::{Body, Given, body};

use answer::read_bytes;

/// Writes a body.
pub(crate) fn encode<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).expect("wire shapes have text keys and no failing parts")
}

/// Reads a body, which has to be an object. The error says where it broke, never what stood there.
pub(crate) fn decode<'a, T: Answer<'a>>(reply: &'a HttpResponse) -> Result<T, ProviderError> {
    if reply.body.trim_ascii_start().first() != Some(&b'{') {
        let told = format!("the answer with status {} is not a JSON object", reply.status);
        return Err(ProviderError::new(ErrorKind::Malformed, told));
    }
    read_bytes(&reply.body).map_err(|error| {
        let told = match error.classify() {
            serde_json::error::Category::Data => "is JSON of another shape than documented",
            _ => "is not JSON",
        };
        let (status, line, column) = (reply.status, error.line(), error.column());
        ProviderError::new(
            ErrorKind::Malformed,
            format!("the answer with status {status} {told} (line {line}, column {column})"),
        )
    })
}

/// A text, number or truth value as text; `null`, an object, a list and a missing member are nothing.
///
/// Gateways write the same code as `0` and `"0"` and the same amount as `500` and `"500"`. Numbers keep their
/// spelling, so no float stands between.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Scalar(Option<Box<str>>);

impl Scalar {
    /// The text, unless it is blank.
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// The text, blank or not there alike.
    pub(crate) fn as_str(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// An amount in this currency, if it can be read as one.
    pub(crate) fn money(&self, currency: Currency) -> Option<Money> {
        Money::parse_told(self.text()?.trim(), currency).ok()
    }

    /// The amount that a gateway states in this currency: nothing when it is absent or in a form that nobody
    /// documents.
    ///
    /// # Errors
    /// When it is a number that is no amount of this currency, such as half a franc or a debt: whatever it is, it is
    /// not what was asked for.
    #[cfg(any(feature = "adullam", feature = "cinetpay"))]
    pub(crate) fn amount(&self, currency: Currency) -> Result<Option<Money>, ProviderError> {
        let Some(text) = self.text().map(str::trim) else { return Ok(None) };
        let money = Money::parse_told(text, currency).ok();
        let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
        if money.is_none() && numeric {
            let told = "the answer states a number that is no amount of its currency";
            return Err(ProviderError::new(ErrorKind::Mismatch, told));
        }
        Ok(money)
    }

    /// An owned copy of the text.
    pub(crate) fn boxed(&self) -> Option<Box<str>> {
        self.text().map(Box::from)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self(Some(text.into()))
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What gateways say may hold names and numbers of people.
        f.write_str(if self.0.is_some() { "Scalar(..)" } else { "Scalar" })
    }
}

impl Member<'_> for Scalar {
    fn read(value: &RawValue) -> Result<Self, serde_json::Error> {
        let raw = value.get();
        Ok(Self(match raw.as_bytes().first() {
            Some(b'"') => Some(serde_json::from_str::<Box<str>>(raw)?),
            Some(b'{' | b'[' | b'n') | None => None,
            Some(_) => Some(raw.into()),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    answer! {
        struct Coded {
            code,
            other as "Other",
            list: Option<Vec<Inner>>,
        }
    }

    answer! {
        struct Inner {
            n,
        }
    }

    #[test]
    fn scalars_of_every_type_are_read_as_text() {
        let rows = [
            (r#"{"code":0}"#, Some("0")),
            (r#"{"code":"00"}"#, Some("00")),
            (r#"{"code":-1}"#, Some("-1")),
            (r#"{"code":500.00}"#, Some("500.00")),
            (r#"{"code":true}"#, Some("true")),
            (r#"{"code":"\u00e9\n"}"#, Some("é\n")),
            (r#"{"code":" "}"#, None),
            (r#"{"code":null}"#, None),
            (r#"{"code":[]}"#, None),
            (r#"{"code":{"a":1}}"#, None),
            ("{}", None),
        ];
        for (body, text) in rows {
            let reply = HttpResponse::new(200, body);
            assert_eq!(decode::<Coded>(&reply).unwrap().code.text(), text, "{body}");
        }
    }

    #[test]
    fn members_are_found_by_the_vendor_s_names() {
        let body = r#"{"x":[{"code":1}],"Other":"o","list":[{"n":2},{}],"c\u006fde":7}"#;
        let coded: Coded = decode(&HttpResponse::new(200, body)).unwrap();
        assert_eq!((coded.code.as_str(), coded.other.as_str()), ("7", "o"));
        let list: Vec<_> = coded.list.iter().flatten().map(|inner| inner.n.text()).collect();
        assert_eq!(list, [Some("2"), None]);
        for (body, list) in [("{}", None), (r#"{"list":null}"#, None), (r#"{"list":[]}"#, Some(0))] {
            let coded: Coded = decode(&HttpResponse::new(200, body)).unwrap();
            assert_eq!(coded.list.map(|list| list.len()), list, "{body}");
        }
    }

    #[test]
    fn what_has_another_shape_is_refused_as_a_whole() {
        for body in [
            r#"{"code":1,"code":1}"#,
            r#"{"list":[{"n":1,"n":1}]}"#,
            r#"{"list":{}}"#,
            r#"{"list":[1]}"#,
            r#"{"code":"\ud800"}"#,
            r#"{"code":1}{}"#,
            r#"{"code":1"#,
            "[]",
            "",
        ] {
            let error = decode::<Coded>(&HttpResponse::new(200, body)).map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{body}");
        }
        let latin = |name: &str| [b"{\"", name.as_bytes(), b"\":\"\xe9\"}"].concat();
        let error = decode::<Coded>(&HttpResponse::new(200, latin("code"))).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(decode::<Coded>(&HttpResponse::new(200, latin("unknown"))).is_ok());
    }

    body! {
        struct Sent<'a> {
            first: &'a str,
            number: Option<u64>,
            flag: Option<bool>,
        }
    }

    #[test]
    fn what_is_not_given_is_left_out() {
        let mut sent = Sent { first: "\"", number: None, flag: None };
        assert_eq!(encode(&sent), br#"{"first":"\""}"#);
        (sent.number, sent.flag) = (Some(5), Some(false));
        assert_eq!(encode(&sent), br#"{"first":"\"","number":5,"flag":false}"#);
    }

    #[test]
    fn a_failure_never_repeats_the_body() {
        for body in ["<html>+2250700000000</html>", r#"["+2250700000000"]"#] {
            let error = decode::<Coded>(&HttpResponse::new(502, body)).map(|_| ()).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("0700000000"));
            assert_eq!(error.kind(), ErrorKind::Malformed);
        }
    }
}

//! CinetPay's spelling: the envelope that both APIs share, and the shapes of each.

pub(super) mod checkout;
pub(super) mod transfer;

use nzimbu_core::{ErrorKind, ProviderError};
use serde_json::value::RawValue;

use crate::json::{self, Answer, answer};

answer! {
    /// `{code, message, description, data, api_response_id}`. Codes come as text and as numbers; errors have no
    /// `data`, or an empty list, or `null`.
    pub(super) struct Envelope<'a> {
        code,
        message,
        description,
        data: Option<&'a RawValue>,
        api_response_id,
    }
}

impl<'a> Envelope<'a> {
    /// The objects in `data`, however deep the lists around them: `{…}`, `[{…}]` and `[[{…}]]` were all seen.
    pub(super) fn items<T: Answer<'a>>(&self) -> Result<Vec<T>, ProviderError> {
        let mut items = Vec::new();
        if let Some(data) = self.data {
            gather(data.get(), &mut items, DEEPEST)?;
        }
        Ok(items)
    }

    /// The first object in `data`.
    pub(super) fn item<T: Answer<'a>>(&self) -> Result<Option<T>, ProviderError> {
        Ok(self.items()?.into_iter().next())
    }
}

fn gather<'a, T: Answer<'a>>(raw: &'a str, items: &mut Vec<T>, depth: u8) -> Result<(), ProviderError> {
    let malformed =
        || ProviderError::new(ErrorKind::Malformed, "the member data is of another shape than documented");
    match raw.as_bytes().first() {
        Some(b'{') => items.push(json::read(raw).map_err(|_| malformed())?),
        Some(b'[') if depth > 0 => {
            let list: Vec<&'a RawValue> = serde_json::from_str(raw).map_err(|_| malformed())?;
            for inner in list {
                gather(inner.get(), items, depth - 1)?;
            }
        }
        Some(b'n') => {}
        // PHP code writes an empty text where it has nothing.
        Some(b'"') if raw == "\"\"" => {}
        _ => return Err(malformed()),
    }
    Ok(())
}

/// Twice as deep as was ever seen.
const DEEPEST: u8 = 4;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    answer! {
        struct Item {
            n,
        }
    }

    #[test]
    fn data_is_flattened_however_it_is_nested() {
        let read = |data: &str| {
            let body = format!(r#"{{"code":0,"data":{data}}}"#);
            let envelope: Envelope<'_> = json::read(&body).unwrap();
            let items = envelope.items::<Item>().map_err(|error| error.kind())?;
            Ok(items.iter().map(|item| item.n.as_str().to_owned()).collect::<Vec<_>>())
        };
        for (data, items) in [
            (r#"{"n":1}"#, &["1"][..]),
            (r#"[{"n":1},{"n":"2"}]"#, &["1", "2"]),
            (r#"[[{"n":1},{"n":2}]]"#, &["1", "2"]),
            (r#"[[{"n":1}],{"n":2},[],null]"#, &["1", "2"]),
            ("[]", &[]),
            ("null", &[]),
            (r#""""#, &[]),
        ] {
            assert_eq!(read(data).unwrap(), items, "{data}");
        }
        for data in ["7", r#""x""#, "[1]", "[[[[[{}]]]]]", r#"{"n":1,"n":2}"#] {
            assert_eq!(read(data), Err(ErrorKind::Malformed), "{data}");
        }
    }
}

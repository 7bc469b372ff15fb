//! Bitlipa's spelling ("payment_c2b", "payment_b2c", "status"). Bodies hold texts and integers only, because every
//! other scalar is signed differently by servers of different settings.

use nzimbu_core::signature::recursive::RecursiveKey;
use serde::Serialize;
use serde::ser::SerializeStruct;
use serde_json::value::RawValue;

use crate::json::{self, Answer, Given, Member, answer, body};

body! {
    /// The body of `payment_c2b` and `payment_b2c`, in the order of the page's table.
    pub(super) struct PaymentBody<'a> {
        merchant_id: &'a str,
        customer_id: &'a str,
        order_id: &'a str,
        /// Two decimals for every currency.
        amount: &'a str,
        currency: &'static str,
        country: Option<&'a str>,
        callback_url: Option<&'a str>,
        provider_id: u32,
        extra: ExtraBody<'a>,
    }
}

body! {
    #[derive(Default, Eq, PartialEq)]
    pub(super) struct ExtraBody<'a> {
        customer_name: Option<&'a str>,
        customer_email: Option<&'a str>,
        customer_phone: Option<&'a str>,
        customer_address: Option<&'a str>,
        customer_doc_type: Option<&'static str>,
        customer_doc_number: Option<&'a str>,
        bank_code: Option<&'a str>,
    }
}

impl Given for ExtraBody<'_> {
    /// Left out when empty: an empty object leaves no trace in the signed text.
    fn write<O: SerializeStruct>(&self, name: &'static str, object: &mut O) -> Result<(), O::Error> {
        if *self == Self::default() { Ok(()) } else { object.serialize_field(name, self) }
    }
}

body! {
    pub(super) struct StatusBody<'a> {
        merchant_id: &'a str,
        order_id: &'a str,
    }
}

body! {
    pub(super) struct BanksBody<'a> {
        merchant_id: &'a str,
        provider_id: u32,
    }
}

/// A body with the signature as its last member.
pub(super) fn signed<T: Serialize>(key: &RecursiveKey, body: &T) -> Vec<u8> {
    let digest = key.sign(body).expect("bodies hold texts and integers in at most two objects");
    let mut bytes = json::encode(body);
    let brace = bytes.pop();
    debug_assert_eq!(brace, Some(b'}'), "bodies are objects with at least one member");
    bytes.reserve_exact(SIGNATURE.len() + digest.as_str().len() + 2);
    bytes.extend_from_slice(SIGNATURE.as_bytes());
    bytes.extend_from_slice(digest.as_str().as_bytes());
    bytes.extend_from_slice(b"\"}");
    bytes
}

const SIGNATURE: &str = r#","signature":""#;

answer! {
    /// The answer to `payment_c2b`, `payment_b2c` and `status`. Samples leave out all but `order_id`, `status` and
    /// `result`, and type codes and versions as numbers and as texts.
    pub(super) struct TransactionAnswer {
        order_id,
        transaction_id,
        transaction_ref,
        status,
        result: Object<ResultAnswer>,
        provider_result: Object<ResultAnswer>,
        extra: Object<ExtraAnswer>,
        confirm_type,
        /// In no document; compared where it comes.
        amount,
        currency,
        service_id,
        service_version,
        service_date_time,
    }
}

answer! {
    pub(super) struct ResultAnswer {
        code,
        message,
    }
}

answer! {
    pub(super) struct ExtraAnswer {
        customer_message,
        customer_redirect,
        transfer_amount,
        account_number,
        bank_name,
    }
}

answer! {
    pub(super) struct BanksAnswer {
        banks: Option<Vec<BankAnswer>>,
        result: Object<ResultAnswer>,
    }
}

answer! {
    pub(super) struct BankAnswer {
        code,
        name,
    }
}

/// An object; whatever else stands there is an empty one. PHP writes an empty object as `[]`.
#[derive(Default)]
pub(super) struct Object<T>(pub(super) T);

impl<'a, T: Answer<'a>> Member<'a> for Object<T> {
    fn read(value: &'a RawValue) -> Result<Self, serde_json::Error> {
        if value.get().starts_with('{') { json::read(value.get()).map(Self) } else { Ok(Self::default()) }
    }
}

#[cfg(test)]
mod tests {
    use super::BanksAnswer;
    use crate::json;

    #[test]
    fn what_is_no_object_is_an_empty_one() {
        let rows = [
            (r#"{"result":{"code":0,"x":1}}"#, Some("0")),
            (r#"{"result":[]}"#, None),
            (r#"{"result":"x"}"#, None),
            (r#"{"result":null}"#, None),
            ("{}", None),
        ];
        for (body, code) in rows {
            let answer: BanksAnswer = json::read(body).expect(body);
            assert_eq!(answer.result.0.code.text(), code, "{body}");
        }
        assert!(json::read::<BanksAnswer>(r#"{"result":{"code":0,"code":0}}"#).is_err());
    }
}

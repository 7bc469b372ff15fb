//! Bitlipa's spelling ("payment_c2b", "payment_b2c", "status"). Bodies hold texts and integers only, because every
//! other scalar is signed differently by servers of different settings.

use nzimbu_core::signature::recursive::RecursiveKey;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::json::{self, Scalar};

/// The body of `payment_c2b` and `payment_b2c`, in the order of the page's table.
#[derive(Serialize)]
pub(super) struct PaymentBody<'a> {
    pub(super) merchant_id: &'a str,
    pub(super) customer_id: &'a str,
    pub(super) order_id: &'a str,
    /// Two decimals for every currency.
    pub(super) amount: &'a str,
    pub(super) currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) callback_url: Option<&'a str>,
    pub(super) provider_id: u32,
    /// Left out when empty: an empty object leaves no trace in the signed text.
    #[serde(skip_serializing_if = "ExtraBody::is_empty")]
    pub(super) extra: ExtraBody<'a>,
}

#[derive(Default, Eq, PartialEq, Serialize)]
pub(super) struct ExtraBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_doc_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_doc_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bank_code: Option<&'a str>,
}

impl ExtraBody<'_> {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize)]
pub(super) struct StatusBody<'a> {
    pub(super) merchant_id: &'a str,
    pub(super) order_id: &'a str,
}

#[derive(Serialize)]
pub(super) struct BanksBody<'a> {
    pub(super) merchant_id: &'a str,
    pub(super) provider_id: u32,
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

/// The answer to `payment_c2b`, `payment_b2c` and `status`. Samples leave out all but `order_id`, `status` and
/// `result`, and type codes and versions as numbers and as texts.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TransactionAnswer {
    pub(super) order_id: Scalar,
    pub(super) transaction_id: Scalar,
    pub(super) transaction_ref: Scalar,
    pub(super) status: Scalar,
    pub(super) result: Object<ResultAnswer>,
    pub(super) provider_result: Object<ResultAnswer>,
    pub(super) extra: Object<ExtraAnswer>,
    pub(super) confirm_type: Scalar,
    /// In no document; compared where it comes.
    pub(super) amount: Scalar,
    pub(super) currency: Scalar,
    pub(super) service_id: Scalar,
    pub(super) service_version: Scalar,
    pub(super) service_date_time: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResultAnswer {
    pub(super) code: Scalar,
    pub(super) message: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ExtraAnswer {
    pub(super) customer_message: Scalar,
    pub(super) customer_redirect: Scalar,
    pub(super) transfer_amount: Scalar,
    pub(super) account_number: Scalar,
    pub(super) bank_name: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct BanksAnswer {
    pub(super) banks: Option<Vec<BankAnswer>>,
    pub(super) result: Object<ResultAnswer>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct BankAnswer {
    pub(super) code: Scalar,
    pub(super) name: Scalar,
}

/// An object; whatever else stands there is an empty one. PHP writes an empty object as `[]`.
#[derive(Default)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Default + Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        if !raw.starts_with('{') {
            return Ok(Self::default());
        }
        serde_json::from_str(raw).map(Self).map_err(serde::de::Error::custom)
    }
}

//! The transfers' spelling ("How to generate a token" and the sections behind it).

use serde::{Deserialize, Serialize};

use crate::json::Scalar;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct Token {
    pub(in crate::cinetpay) token: Scalar,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct Balance {
    pub(in crate::cinetpay) amount: Scalar,
    #[serde(rename = "inUsing")]
    pub(in crate::cinetpay) in_using: Scalar,
    pub(in crate::cinetpay) available: Scalar,
}

/// One item of the form field `data` of the contact call. The prefix has no `+`.
#[derive(Serialize)]
pub(in crate::cinetpay) struct ContactItem<'a> {
    pub(in crate::cinetpay) prefix: &'a str,
    pub(in crate::cinetpay) phone: &'a str,
    pub(in crate::cinetpay) name: &'a str,
    pub(in crate::cinetpay) surname: &'a str,
    pub(in crate::cinetpay) email: &'a str,
}

/// One item of the form field `data` of the send call.
#[derive(Serialize)]
pub(in crate::cinetpay) struct SendItem<'a> {
    pub(in crate::cinetpay) prefix: &'a str,
    pub(in crate::cinetpay) phone: &'a str,
    pub(in crate::cinetpay) amount: u64,
    pub(in crate::cinetpay) client_transaction_id: &'a str,
    pub(in crate::cinetpay) notify_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cinetpay) payment_method: Option<&'static str>,
}

/// What came of one contact: an echo of the request, and a code of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct ContactAnswer {
    pub(in crate::cinetpay) prefix: Scalar,
    pub(in crate::cinetpay) phone: Scalar,
    pub(in crate::cinetpay) code: Scalar,
    pub(in crate::cinetpay) lot: Scalar,
}

/// What came of one transfer. The answer to sending echoes the request; the answer to a check has the receiver
/// instead. No member is promised.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::cinetpay) struct TransferAnswer {
    pub(in crate::cinetpay) prefix: Scalar,
    pub(in crate::cinetpay) phone: Scalar,
    pub(in crate::cinetpay) amount: Scalar,
    pub(in crate::cinetpay) client_transaction_id: Scalar,
    pub(in crate::cinetpay) payment_method: Scalar,
    pub(in crate::cinetpay) code: Scalar,
    pub(in crate::cinetpay) status: Scalar,
    pub(in crate::cinetpay) treatment_status: Scalar,
    pub(in crate::cinetpay) transaction_id: Scalar,
    pub(in crate::cinetpay) lot: Scalar,
    pub(in crate::cinetpay) receiver: Scalar,
    pub(in crate::cinetpay) receiver_e164: Scalar,
    pub(in crate::cinetpay) operator: Scalar,
    pub(in crate::cinetpay) sending_status: Scalar,
    pub(in crate::cinetpay) transfer_valid: Scalar,
    pub(in crate::cinetpay) comment: Scalar,
    pub(in crate::cinetpay) validated_at: Scalar,
}

/// The JSON text of the form field `data`.
pub(in crate::cinetpay) fn list<T: Serialize>(items: &[T]) -> String {
    serde_json::to_string(items).expect("wire shapes have text keys and no failing parts")
}

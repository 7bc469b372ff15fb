//! Adullam's spelling ("Create a Checkout Session", the schema half of the page). The generic half (usd, card,
//! success_url) is another API and is never sent.

use serde::{Deserialize, Serialize};

use crate::json::Scalar;

#[derive(Serialize)]
pub(super) struct CheckoutBody<'a> {
    pub(super) amount: u64,
    pub(super) currency: &'static str,
    pub(super) user_phone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_in: Option<u64>,
}

/// No member is marked as required; what decides is checked in `codes.rs`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct CheckoutAnswer {
    pub(super) id: Scalar,
    pub(super) status: Scalar,
    pub(super) amount: Scalar,
    pub(super) currency: Scalar,
    pub(super) user_phone: Scalar,
    pub(super) payment_id: Scalar,
    pub(super) created_at: Scalar,
    pub(super) expires_at: Scalar,
    pub(super) completed_at: Scalar,
    pub(super) failure_reason: Scalar,
    /// The spelling that payments of the same gateway use.
    pub(super) failed_reason: Scalar,
    pub(super) transaction_fee: Scalar,
}

/// The schema of errors is documented nowhere; this member was seen in use.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorAnswer {
    pub(super) error: Scalar,
}

#[derive(Serialize)]
pub(super) struct LoginBody<'a> {
    pub(super) phone: &'a str,
    pub(super) password: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LoginAnswer {
    pub(super) access_token: Scalar,
    pub(super) expires_in: Scalar,
}

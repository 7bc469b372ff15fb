//! Adullam's spelling ("Create a Checkout Session", the schema half of the page). The generic half (usd, card,
//! success_url) is another API and is never sent.

use crate::json::{answer, body};

body! {
    pub(super) struct CheckoutBody<'a> {
        amount: u64,
        currency: &'static str,
        user_phone: &'a str,
        description: Option<&'a str>,
        expires_in: Option<u64>,
    }
}

answer! {
    /// No member is marked as required; what decides is checked in `codes.rs`.
    pub(super) struct CheckoutAnswer {
        id,
        status,
        amount,
        currency,
        user_phone,
        payment_id,
        created_at,
        expires_at,
        completed_at,
        failure_reason,
        /// The spelling that payments of the same gateway use.
        failed_reason,
        transaction_fee,
    }
}

answer! {
    /// The schema of errors is documented nowhere; this member was seen in use.
    pub(super) struct ErrorAnswer {
        error,
    }
}

body! {
    pub(super) struct LoginBody<'a> {
        phone: &'a str,
        password: &'a str,
    }
}

answer! {
    pub(super) struct LoginAnswer {
        access_token,
        expires_in,
    }
}

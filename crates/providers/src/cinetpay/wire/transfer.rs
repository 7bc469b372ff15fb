//! The transfers' spelling ("How to generate a token" and the sections behind it).

use serde::Serialize;

use crate::json::{answer, body};

answer! {
    pub(in crate::cinetpay) struct Token {
        token,
    }
}

answer! {
    pub(in crate::cinetpay) struct Balance {
        amount,
        in_using as "inUsing",
        available,
    }
}

body! {
    /// One item of the form field `data` of the contact call. The prefix has no `+`.
    pub(in crate::cinetpay) struct ContactItem<'a> {
        prefix: &'a str,
        phone: &'a str,
        name: &'a str,
        surname: &'a str,
        email: &'a str,
    }
}

body! {
    /// One item of the form field `data` of the send call.
    pub(in crate::cinetpay) struct SendItem<'a> {
        prefix: &'a str,
        phone: &'a str,
        amount: u64,
        client_transaction_id: &'a str,
        notify_url: &'a str,
        payment_method: Option<&'static str>,
    }
}

answer! {
    /// What came of one contact: an echo of the request, and a code of its own.
    pub(in crate::cinetpay) struct ContactAnswer {
        prefix,
        phone,
        code,
        lot,
    }
}

answer! {
    /// What came of one transfer. The answer to sending echoes the request; the answer to a check has the receiver
    /// instead. No member is promised.
    pub(in crate::cinetpay) struct TransferAnswer {
        prefix,
        phone,
        amount,
        client_transaction_id,
        payment_method,
        code,
        status,
        treatment_status,
        transaction_id,
        lot,
        receiver,
        receiver_e164,
        operator,
        sending_status,
        transfer_valid,
        comment,
        validated_at,
    }
}

/// The JSON text of the form field `data`.
pub(in crate::cinetpay) fn list<T: Serialize>(items: &[T]) -> String {
    serde_json::to_string(items).expect("wire shapes have text keys and no failing parts")
}

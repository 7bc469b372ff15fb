//! What really happened: the money that moved and the callbacks that were attempted.

use serde::Serialize;

/// Money that moved in an emulated gateway. Every order has at most one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// `cinetpay-checkout`, `cinetpay-transfer`, `bitlipa` or `adullam`.
    pub gateway: &'static str,
    /// `payment` when the customer paid, `payout` when the payee was paid.
    pub operation: &'static str,
    /// The merchant's own id: CinetPay's `transaction_id` (checkout) or `client_transaction_id` (transfer;
    /// the gateway's id when the merchant gave none), Bitlipa's `order_id`, Adullam's idempotency key.
    pub order_id: String,
    /// Major units as the gateway writes them: `2500` for CinetPay and Adullam, always two decimals
    /// (`100.00`) for Bitlipa.
    pub amount: String,
    /// ISO 4217 code in capitals.
    pub currency: String,
}

/// One attempt to reach the merchant's callback address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The address that was called.
    pub url: String,
    /// The gateway that called, as in [`Movement::gateway`].
    pub gateway: &'static str,
    /// The merchant's own id of the order, as in [`Movement::order_id`].
    pub order_id: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The HTTP status of the answer to the message, or why the message was not answered or not sent.
    pub outcome: Result<u16, String>,
}

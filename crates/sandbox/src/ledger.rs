//! What really happened: the money that moved and the callbacks that were attempted.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::store::{self, Constant};

/// Money that moved in an emulated gateway. Every order has at most one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// `cinetpay-checkout`, `cinetpay-transfer`, `bitlipa` or `adullam`.
    pub gateway: &'static str,
    /// The [name of the merchant](crate::Merchant::name): `main` for the first.
    pub merchant: &'static str,
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
    /// The merchant, as in [`Movement::merchant`].
    pub merchant: &'static str,
    /// The merchant's own id of the order, as in [`Movement::order_id`].
    pub order_id: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The HTTP status of the answer to the message, or why the message was not answered or not sent.
    pub outcome: Result<u16, String>,
}

/// A movement and when it took place.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Moved {
    pub(crate) at: Moment,
    #[serde(with = "KeptMovement")]
    pub(crate) movement: Movement,
}

/// An attempt, when it was made and of which callback.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Attempted {
    pub(crate) at: Moment,
    pub(crate) callback: u64,
    #[serde(with = "KeptDelivery")]
    pub(crate) delivery: Delivery,
}

/// How a movement is kept. The public type is only ever written, because its constants cannot be read back
/// from anywhere but our own file.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Movement")]
struct KeptMovement {
    #[serde(deserialize_with = "store::constant")]
    gateway: Constant,
    #[serde(deserialize_with = "store::constant")]
    merchant: Constant,
    #[serde(deserialize_with = "store::constant")]
    operation: Constant,
    order_id: String,
    amount: String,
    currency: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Delivery")]
struct KeptDelivery {
    url: String,
    #[serde(deserialize_with = "store::constant")]
    gateway: Constant,
    #[serde(deserialize_with = "store::constant")]
    merchant: Constant,
    order_id: String,
    attempt: u32,
    outcome: Result<u16, String>,
}

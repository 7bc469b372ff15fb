//! What the program that kills itself and the test that starts it anew have to agree on.

use std::path::Path;

use nzimbu_core::{Operation, OrderId, PaymentRequest, PayoutRequest, Secret};
use nzimbu_journal::{Journal, JournalError, PostgresSettings};

use crate::houses;

/// A way to use a gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flow {
    /// A payment on CinetPay's page.
    Checkout,
    /// A payment by a prompt of Bitlipa's.
    C2b,
    /// A payout through Bitlipa.
    B2c,
    /// A session of Adullam's, which is asked for by sending it again.
    Session,
    /// A payout through CinetPay: login, contact, transfer.
    Transfer,
    /// Several payouts through CinetPay, from a plan.
    Batch,
}

impl Flow {
    /// Every flow.
    pub const ALL: [Self; 6] =
        [Self::Checkout, Self::C2b, Self::B2c, Self::Session, Self::Transfer, Self::Batch];

    /// The name in small letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::C2b => "c2b",
            Self::B2c => "b2c",
            Self::Session => "session",
            Self::Transfer => "transfer",
            Self::Batch => "batch",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.as_str() == name)
    }

    /// The gateway's name.
    #[must_use]
    pub fn gateway(self) -> &'static str {
        match self {
            Self::Checkout | Self::Transfer | Self::Batch => "cinetpay",
            Self::C2b | Self::B2c => "bitlipa",
            Self::Session => "adullam",
        }
    }

    /// The direction.
    #[must_use]
    pub fn operation(self) -> Operation {
        match self {
            Self::Checkout | Self::C2b | Self::Session => Operation::Payment,
            Self::B2c | Self::Transfer | Self::Batch => Operation::Payout,
        }
    }

    /// The orders of a run, always the same for one namespace.
    #[must_use]
    pub fn orders(self, namespace: &str) -> Vec<OrderId> {
        let count = if self == Self::Batch { 4 } else { 1 };
        let order = |number| OrderId::derive(namespace, self.operation(), &format!("{self:?} {number}"));
        (0..count).map(order).collect()
    }

    /// The payment of an order.
    #[must_use]
    pub fn payment(self, order: &OrderId) -> PaymentRequest {
        let mut request = houses::payment(order);
        if self != Self::Session {
            request.notify_url = Some(NOBODY.to_owned());
        }
        request.return_url = Some("https://shop.example/thanks".to_owned());
        request
    }

    /// The payout of an order.
    #[must_use]
    pub fn payout(self, order: &OrderId) -> PayoutRequest {
        let mut request = houses::payout(order);
        request.notify_url = Some(NOBODY.to_owned());
        request
    }
}

/// Loopback, where nobody listens: every callback is lost.
const NOBODY: &str = "http://127.0.0.1:9/notify";

/// Opens a journal by its address: a file, or `postgres://…#schema`.
///
/// # Errors
/// When it cannot be opened.
pub fn open(address: &str) -> Result<Journal, JournalError> {
    match address.strip_prefix("postgres://").and_then(|rest| rest.split_once('#')) {
        Some((server, schema)) => {
            let mut settings = PostgresSettings::new(Secret::new(format!("postgres://{server}")));
            schema.clone_into(&mut settings.schema);
            settings.connections = 2;
            Journal::postgres(settings)
        }
        None => Journal::sqlite(Path::new(address)),
    }
}

//! What all gateways share.

use alloc::sync::Arc;
use core::fmt;

use crate::callback::{Callback, CallbackError, RawCallback};
use crate::directory::Directory;
use crate::exchange::Exchange;
use crate::money::Currency;
use crate::order::{Operation, OrderRef};
use crate::receipt::{Balance, Receipt};
use crate::request::{PaymentRequest, PayoutRequest};
use crate::time::UnixTime;

/// The name of a provider: `cinetpay`, `bitlipa`, `adullam`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ProviderId(&'static str);

impl ProviderId {
    /// Names a provider, in small letters.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A gateway, behind one object-safe trait.
///
/// Every method is a plain function: it checks, builds an [`Exchange`] and sends nothing. A request with faults
/// gives an exchange that is already over and lists all of them ([`Exchange::problems`]).
/// What a gateway's documents do not describe ends as [`ErrorKind::Unsupported`] without being sent.
///
/// There are no default methods: a wrapper that forgets one does not compile.
///
/// [`ErrorKind::Unsupported`]: crate::ErrorKind::Unsupported
pub trait PaymentProvider: fmt::Debug + Send + Sync {
    /// The provider's name.
    fn id(&self) -> ProviderId;

    /// What the gateway offers in one direction.
    fn capabilities(&self, operation: Operation) -> Capabilities;

    /// The operators that the gateway serves.
    fn directory(&self) -> &Directory;

    /// Collects money.
    ///
    /// # Errors
    /// The exchange ends in an error with an outcome: faults of the request before anything is sent, refusals of
    /// the gateway, lost or unreadable answers.
    fn pay(&self, request: &PaymentRequest) -> Exchange<Receipt>;

    /// Sends money.
    ///
    /// # Errors
    /// As [`pay`](Self::pay). After [`Outcome::Unknown`](crate::Outcome::Unknown) ask for the status; never send the
    /// payout under another id.
    fn pay_out(&self, request: &PayoutRequest) -> Exchange<Receipt>;

    /// Asks where an order stands. `None`: the gateway does not know it, which proves nothing yet, since the
    /// request may still be under way.
    ///
    /// # Errors
    /// The exchange ends in an error when the question was not answered. That says nothing about the order.
    fn status(&self, order: &OrderRef) -> Exchange<Option<Receipt>>;

    /// Asks what the account for payouts holds.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    fn balance(&self, currency: Currency) -> Exchange<Balance>;

    /// Checks a request that claims to be a callback of the gateway's.
    ///
    /// # Errors
    /// When it is not one, or not for this merchant. Answer 4xx and change nothing.
    fn verify(&self, callback: &RawCallback<'_>, now: UnixTime) -> Result<Callback, CallbackError>;
}

/// A provider that is shared between threads and exchanges.
pub type SharedProvider = Arc<dyn PaymentProvider>;

/// What a gateway offers in one direction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether the direction is offered at all.
    pub offered: bool,
    /// What its callbacks are worth.
    pub callbacks: Callbacks,
    /// The currencies.
    pub currencies: &'static [Currency],
    /// What it does with an order id that it has seen.
    pub repeats: Repeats,
    /// Whether its answers and callbacks state the amount.
    pub states_amount: bool,
    /// Whether it can be asked under our own order id, before it told us its own.
    pub status_by_order: bool,
}

impl Capabilities {
    /// Nothing is offered.
    pub const NONE: Self = Self {
        offered: false,
        callbacks: Callbacks::None,
        currencies: &[],
        repeats: Repeats::Executed,
        states_amount: false,
        status_by_order: false,
    };

    /// Offered in these currencies, and nothing else is promised.
    #[must_use]
    pub const fn offered(currencies: &'static [Currency]) -> Self {
        Self { offered: true, currencies, ..Self::NONE }
    }
}

/// What a gateway's callbacks are worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Callbacks {
    /// No document describes any.
    None,
    /// They are signed.
    Signed,
    /// They are not signed: a reason to ask for the status, and no more.
    Unsigned,
}

/// What a gateway does with an order id that it has seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Repeats {
    /// It may execute the order again, or its documents do not say.
    Executed,
    /// It refuses the copy.
    Refused,
    /// It answers as it did the first time and does nothing.
    Replayed,
}

//! A gateway that is never called: tests make up what it answered.

use std::sync::LazyLock;

use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::{
    Authentic, Balance, Callback, CallbackError, Callbacks, Capabilities, Channel, Currency, Directory,
    Exchange, GatewayRef, Money, Operation, OrderId, OrderRef, PaymentProvider, PaymentRequest,
    PayoutRequest, PhoneNumber, ProviderError, ProviderId, RawCallback, Receipt, Repeats, Secret, Status,
    UnixTime,
};
use nzimbu_journal::{Desk, Intent, Timing};

/// A gateway of this name.
#[derive(Debug)]
pub(crate) struct Shop(pub(crate) &'static str);

pub(crate) const SHOP: Shop = Shop("shop");

static KEY: LazyLock<FieldsKey> = LazyLock::new(|| FieldsKey::new(&Secret::new("canary-secret-of-the-shop")));
static DIRECTORY: LazyLock<Directory> = LazyLock::new(Directory::default);

impl PaymentProvider for Shop {
    fn id(&self) -> ProviderId {
        ProviderId::new(self.0)
    }

    fn capabilities(&self, _: Operation) -> Capabilities {
        let mut capabilities = Capabilities::offered(&[Currency::Xof, Currency::Usd]);
        capabilities.callbacks = Callbacks::Signed;
        capabilities.repeats = Repeats::Refused;
        capabilities.states_amount = true;
        capabilities.status_by_order = true;
        capabilities
    }

    fn directory(&self) -> &Directory {
        &DIRECTORY
    }

    fn pay(&self, _: &PaymentRequest) -> Exchange<Receipt> {
        Exchange::done(Err(ProviderError::unsupported("the shop is never called")))
    }

    fn pay_out(&self, _: &PayoutRequest) -> Exchange<Receipt> {
        Exchange::done(Err(ProviderError::unsupported("the shop is never called")))
    }

    fn status(&self, _: &OrderRef) -> Exchange<Option<Receipt>> {
        Exchange::done(Err(ProviderError::unsupported("the shop is never called")))
    }

    fn balance(&self, _: Currency) -> Exchange<Balance> {
        Exchange::done(Err(ProviderError::unsupported("the shop is never called")))
    }

    /// `ORDER word`, signed in the header `x-sign`; unsigned it is a hint.
    fn verify(&self, callback: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        let body = std::str::from_utf8(callback.body).map_err(|_| CallbackError::BadSignature)?;
        let (order, word) = body.split_once(' ').ok_or(CallbackError::BadSignature)?;
        let order = OrderId::parse(order).map_err(|_| CallbackError::BadSignature)?;
        let Some(claimed) = callback.header("x-sign") else {
            return Ok(Callback::Hint(OrderRef::new(Operation::Payout, &order)));
        };
        let keys = std::slice::from_ref(&*KEY);
        let proof = fields::verify(keys, [body], claimed).map_err(|_| CallbackError::BadSignature)?;
        let receipt = Receipt::new(&order, Status::Succeeded, word);
        Ok(Callback::Authentic(Authentic::new(proof, Operation::Payout, receipt)))
    }
}

/// The signature of a callback.
pub(crate) fn signed(body: &str) -> String {
    KEY.sign([body]).as_str().to_owned()
}

pub(crate) fn order(name: &str) -> OrderId {
    OrderId::parse(name).unwrap()
}

pub(crate) fn francs(amount: u64) -> Money {
    Money::from_minor(amount, Currency::Xof).unwrap()
}

/// A payout to somebody whose name and number must not be found where they do not belong.
pub(crate) fn payout(name: &str, amount: u64) -> Intent {
    payout_of(&SHOP, name, amount, Timing::default())
}

pub(crate) fn payout_of(shop: &Shop, name: &str, amount: u64, timing: Timing) -> Intent {
    let mut request = PayoutRequest::new(order(name), francs(amount), Channel::MobileMoney);
    request.recipient.name = Some("Canarina Personowa".to_owned());
    request.recipient.phone = Some(PhoneNumber::parse("+2250701234567").unwrap());
    request.reason = Some("canary of a reason".to_owned());
    Intent::payout(shop, request, timing)
}

pub(crate) fn payment(name: &str, amount: u64) -> Intent {
    Intent::payment(&SHOP, PaymentRequest::new(order(name), francs(amount)), Timing::default())
}

/// What the gateway says of an order.
pub(crate) fn receipt(name: &str, status: Status, amount: Option<u64>) -> Receipt {
    let mut receipt = Receipt::new(order(name), status, status.as_str());
    receipt.amount = amount.map(francs);
    receipt.reference = GatewayRef::new(&format!("their-{name}"));
    receipt
}

pub(crate) fn payouts() -> Desk {
    Desk::new(&SHOP, Operation::Payout, Timing::default())
}

pub(crate) fn payments() -> Desk {
    Desk::new(&SHOP, Operation::Payment, Timing::default())
}

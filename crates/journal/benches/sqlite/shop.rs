//! A gateway that is never called.

use std::sync::LazyLock;

use nzimbu_core::{
    Balance, Callback, CallbackError, Capabilities, Channel, Currency, Directory, Exchange, GatewayRef,
    Money, Operation, OrderId, OrderRef, PaymentProvider, PaymentRequest, PayoutRequest, PhoneNumber,
    ProviderError, ProviderId, RawCallback, Receipt, Repeats, Status, UnixTime,
};
use nzimbu_journal::{Intent, Timing};

#[derive(Debug)]
struct Shop;

static DIRECTORY: LazyLock<Directory> = LazyLock::new(Directory::default);

fn never<T: 'static>() -> Exchange<T> {
    Exchange::done(Err(ProviderError::unsupported("the shop is never called")))
}

impl PaymentProvider for Shop {
    fn id(&self) -> ProviderId {
        ProviderId::new("cinetpay")
    }

    fn capabilities(&self, _: Operation) -> Capabilities {
        let mut capabilities = Capabilities::offered(&[Currency::Xof]);
        capabilities.repeats = Repeats::Refused;
        capabilities.states_amount = true;
        capabilities.status_by_order = true;
        capabilities
    }

    fn directory(&self) -> &Directory {
        &DIRECTORY
    }

    fn pay(&self, _: &PaymentRequest) -> Exchange<Receipt> {
        never()
    }

    fn pay_out(&self, _: &PayoutRequest) -> Exchange<Receipt> {
        never()
    }

    fn status(&self, _: &OrderRef) -> Exchange<Option<Receipt>> {
        never()
    }

    fn balance(&self, _: Currency) -> Exchange<Balance> {
        never()
    }

    fn verify(&self, _: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        Err(CallbackError::BadSignature)
    }
}

pub(crate) fn order_name(number: u64) -> String {
    format!("PAYOUT-2024-05-{number:011}")
}

/// An id as CinetPay gives them.
pub(crate) fn reference(number: u64) -> String {
    format!("EA{number:017}")
}

fn francs() -> Money {
    Money::from_minor(25_000, Currency::Xof).unwrap()
}

pub(crate) fn payout(number: u64) -> Intent {
    let order = OrderId::parse(&order_name(number)).unwrap();
    let mut request = PayoutRequest::new(order, francs(), Channel::MobileMoney);
    request.recipient.name = Some("Awa".to_owned());
    request.recipient.surname = Some("Traore".to_owned());
    request.recipient.phone = Some(PhoneNumber::parse("+2250701234567").unwrap());
    request.reason = Some("salary of May".to_owned());
    Intent::payout(&Shop, request, Timing::default())
}

pub(crate) fn receipt(number: u64) -> Receipt {
    let order = OrderId::parse(&order_name(number)).unwrap();
    let mut receipt = Receipt::new(&order, Status::Succeeded, "VAL");
    receipt.amount = Some(francs());
    receipt.reference = GatewayRef::new(&reference(number));
    receipt
}

//! A gateway that protects nobody from copies: `POST /pay/ORDER` pays, `GET /ask/ORDER` is answered with `paid` or something
//! else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::LazyLock;

use nzimbu_core::{
    Balance, Callback, CallbackError, Capabilities, Currency, Directory, Exchange, HttpRequest, Money,
    Operation, OrderRef, PaymentProvider, PaymentRequest, PayoutRequest, ProviderError, ProviderId,
    RawCallback, Receipt, Repeats, Status, UnixTime,
};

/// A gateway that executes a payout as often as it is told to.
#[derive(Debug)]
pub(crate) struct Till;

static DIRECTORY: LazyLock<Directory> = LazyLock::new(Directory::default);

impl PaymentProvider for Till {
    fn id(&self) -> ProviderId {
        ProviderId::new("till")
    }

    fn capabilities(&self, operation: Operation) -> Capabilities {
        let mut capabilities = Capabilities::offered(&[Currency::Xof]);
        capabilities.offered = operation == Operation::Payout;
        capabilities.repeats = Repeats::Refused;
        capabilities.status_by_order = true;
        capabilities.states_amount = true;
        capabilities
    }

    fn directory(&self) -> &Directory {
        &DIRECTORY
    }

    fn pay(&self, _: &PaymentRequest) -> Exchange<Receipt> {
        Exchange::done(Err(ProviderError::unsupported("no payments here")))
    }

    fn pay_out(&self, request: &PayoutRequest) -> Exchange<Receipt> {
        let order = request.order.clone();
        let post = HttpRequest::post(format!("http://127.0.0.1/pay/{order}"));
        Exchange::send(post, move |_| Ok(Receipt::new(&order, Status::Pending, "taken")))
    }

    fn status(&self, order: &OrderRef) -> Exchange<Option<Receipt>> {
        let order = order.order.clone();
        let get = HttpRequest::get(format!("http://127.0.0.1/ask/{}", order.as_str()));
        Exchange::send(get, move |reply| {
            Ok((reply.body == b"paid\n").then(|| {
                let mut receipt = Receipt::new(order, Status::Succeeded, "paid");
                receipt.amount = Some(francs());
                receipt
            }))
        })
    }

    fn balance(&self, _: Currency) -> Exchange<Balance> {
        Exchange::done(Err(ProviderError::unsupported("no balance here")))
    }

    fn verify(&self, _: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        Err(CallbackError::BadSignature)
    }
}

pub(crate) fn francs() -> Money {
    Money::from_minor(2_500, Currency::Xof).unwrap()
}

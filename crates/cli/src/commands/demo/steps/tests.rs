//! What becomes of a job when a gateway misbehaves.
#![allow(clippy::unwrap_used, reason = "a failing test may panic")]

use nzimbu::{
    Balance, CallbackError, Capabilities, Currency, Directory, Method, PaymentRequest, PayoutRequest,
    ProviderId, RawCallback, UnixTime,
};
use nzimbu::{Exchange as Talk, Step as Move};

use super::*;

/// A gateway that offers payments only, and answers as it is told.
#[derive(Debug)]
struct Double {
    directory: Directory,
    offered: Capabilities,
    pay: fn(&PaymentRequest) -> Result<Receipt, ProviderError>,
    status: fn(&OrderRef) -> Result<Option<Receipt>, ProviderError>,
    callback: fn(&str) -> Result<Callback, CallbackError>,
}

impl Double {
    /// One that does all that it offers.
    fn good() -> Self {
        let mut offered = Capabilities::offered(&[Currency::Xof]);
        offered.callbacks = Callbacks::Unsigned;
        offered.states_amount = true;
        Self {
            directory: Directory::default(),
            offered,
            pay: |request| Ok(Receipt::new(request.order.clone(), Status::Pending, "new")),
            status: |order| Ok(Some(receipt(order, Status::Succeeded, Some(2_500)))),
            callback: |order| Ok(Callback::Hint(hint(order))),
        }
    }
}

fn receipt(order: &OrderRef, status: Status, amount: Option<u64>) -> Receipt {
    let mut receipt = Receipt::new(order.order.clone(), status, "word");
    receipt.amount = amount.map(|amount| Money::from_minor(amount, Currency::Xof).unwrap());
    receipt
}

fn hint(order: &str) -> OrderRef {
    OrderRef::new(Operation::Payment, OrderId::parse(order).unwrap())
}

impl nzimbu::PaymentProvider for Double {
    fn id(&self) -> ProviderId {
        ProviderId::new("double")
    }
    fn capabilities(&self, operation: Operation) -> Capabilities {
        if operation == Operation::Payment { self.offered } else { Capabilities::NONE }
    }
    fn directory(&self) -> &Directory {
        &self.directory
    }
    fn pay(&self, request: &PaymentRequest) -> Talk<Receipt> {
        Talk::done((self.pay)(request))
    }
    fn pay_out(&self, _: &PayoutRequest) -> Talk<Receipt> {
        panic!("payouts are not offered")
    }
    fn status(&self, order: &OrderRef) -> Talk<Option<Receipt>> {
        Talk::done((self.status)(order))
    }
    fn balance(&self, _: Currency) -> Talk<Balance> {
        Talk::done(Err(ProviderError::unsupported("no balance")))
    }
    fn verify(&self, callback: &RawCallback<'_>, _: UnixTime) -> Result<Callback, CallbackError> {
        assert_eq!(callback.method, Method::Post);
        (self.callback)(std::str::from_utf8(callback.body).unwrap())
    }
}

/// The words for all steps, with a callback that holds the order id, and without waiting.
fn words(double: Double) -> [&'static str; 7] {
    let provider: SharedProvider = Arc::new(double);
    let mut listener = Listener::bind().unwrap();
    let mut job = Job::new(&provider, "driver", "test", &mut listener);
    let body = job.payment.order.to_string();
    let callback = RawCallback::post(&[], body.as_bytes());
    job.mail[0].put(provider.verify(&callback, UnixTime::default()));
    for step in Step::ALL {
        let mut run = job.exchange(step).start();
        let result = loop {
            run = match run.step(UnixTime::default()) {
                Move::Done(result) => break result,
                Move::Wait(waiting) => waiting.resume(),
                Move::Send(_) => panic!("nothing is sent"),
            };
        };
        job.settle(step, result);
    }
    let words: Vec<_> = job.into_rows().iter().map(|row| row.status).collect();
    words.try_into().unwrap()
}

fn expect(double: Double, payment: &str, callback: &str, status: &str) {
    let expected = [payment, callback, status, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, UNSUPPORTED];
    assert_eq!(words(double), expected);
}

#[test]
fn a_gateway_that_does_what_it_offers_succeeds() {
    expect(Double::good(), SUCCEEDED, SUCCEEDED, SUCCEEDED);
}

#[test]
fn a_session_that_nothing_can_follow_is_created() {
    let mut double = Double::good();
    double.offered.callbacks = Callbacks::None;
    double.status = |_| Err(ProviderError::unsupported("no status"));
    expect(double, CREATED, UNSUPPORTED, UNSUPPORTED);
}

#[test]
fn a_payment_that_fails_skips_what_follows() {
    let refused = |_: &PaymentRequest| Err(ProviderError::rejected(ErrorKind::Authentication, "no"));
    expect(Double { pay: refused, ..Double::good() }, "authentication", "skipped", "skipped");
}

#[test]
fn receipts_of_something_else_are_no_success() {
    let other =
        |_: &PaymentRequest| Ok(Receipt::new(OrderId::parse("OTHER").unwrap(), Status::Pending, "new"));
    expect(Double { pay: other, ..Double::good() }, "mismatch", "skipped", "skipped");
    type Told = fn(&OrderRef) -> Result<Option<Receipt>, ProviderError>;
    let rows: [(Told, &str); 6] = [
        (|order| Ok(Some(receipt(order, Status::Succeeded, Some(2_501)))), "mismatch"),
        (|order| Ok(Some(receipt(order, Status::Succeeded, None))), "amount-unconfirmed"),
        (|order| Ok(Some(receipt(order, Status::Failed, Some(2_500)))), "failed"),
        (|order| Ok(Some(receipt(order, Status::Pending, Some(2_500)))), "pending"),
        (|_| Ok(None), "not-found"),
        (|_| Err(ProviderError::new(ErrorKind::Malformed, "what")), "malformed"),
    ];
    for (status, word) in rows {
        expect(Double { status, ..Double::good() }, word, SUCCEEDED, word);
    }
}

#[test]
fn a_gateway_that_states_no_amounts_is_not_asked_for_them() {
    let mut double = Double::good();
    double.offered.states_amount = false;
    double.status = |order| Ok(Some(receipt(order, Status::Succeeded, None)));
    expect(double, SUCCEEDED, SUCCEEDED, SUCCEEDED);
}

#[test]
fn only_a_callback_of_the_promised_worth_for_this_order_counts() {
    type Told = fn(&str) -> Result<Callback, CallbackError>;
    let rows: [(Told, &str); 3] = [
        (|_| Ok(Callback::Hint(hint("OTHER"))), "mismatch"),
        (|_| Err(CallbackError::BadSignature), "rejected"),
        // A ping is no callback, and nothing else comes.
        (|_| Ok(Callback::Ping), "missing"),
    ];
    for (callback, word) in rows {
        expect(Double { callback, ..Double::good() }, SUCCEEDED, word, SUCCEEDED);
    }
    let mut double = Double::good();
    double.offered.callbacks = Callbacks::Signed;
    expect(double, SUCCEEDED, "unproven", SUCCEEDED);
}

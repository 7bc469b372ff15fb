//! CinetPay: a payment page, its state, a notification, the browser's return, and a payout.
//!
//! Runs against a sandbox of its own: `cargo run --package nzimbu --features async --example cinetpay_async`.

mod common;

use std::sync::Arc;

use common::Result;
use nzimbu::cinetpay::{CheckoutRequest, Contact, ReturnVisit, Transfer, TransferKey, TransferRequest};
use nzimbu::{
    AsyncHttp, Operation, OrderName, OrderRef, PaymentProvider, RawCallback, UnixTime, until_final,
};

#[tokio::main]
async fn main() -> Result<()> {
    let sandbox = common::sandbox()?;
    let cinetpay = common::cinetpay(&sandbox)?;
    let http = AsyncHttp::new()?;

    // A payment page. Send the customer's browser there.
    let order = common::order(Operation::Payment, "invoice 7");
    let mut request = CheckoutRequest::new(order.clone(), common::xof("2500")?, "Two books");
    request.payer = common::customer()?;
    request.invoice = vec![("Livraison".into(), "gratuite".into())];
    let checkout = http.run(cinetpay.initialise(&request)).await?;
    println!("send the browser to {}", checkout.page.as_str());

    // Its state, under our id, under their token, and until it is final.
    let state = http.run(cinetpay.check(&OrderName::from(&order))).await?;
    println!("at first: {} ({})", state.status.as_str(), state.code);
    let state = http.run(cinetpay.check_token(&checkout.token)).await?;
    println!("under the token: {}", state.status.as_str());
    let asked = OrderRef::new(Operation::Payment, &order);
    let receipt = http.run(until_final(Arc::new(cinetpay.clone()), asked, common::soon())).await?;
    let receipt = receipt.ok_or("the gateway does not know the payment")?;
    println!("in the end: {:?}", receipt.expect(&order, common::xof("2500")?)?.into_receipt().status);

    // A request to the notify URL: an empty GET is a ping, and a body without a good x-token is refused.
    let forged = RawCallback::post(&[("x-token", "00")], b"cpm_site_id=1&cpm_trans_id=INV-7");
    println!("a forged notification: {:?}", cinetpay.verify(&forged, UnixTime::default()).map(|_| ()));

    // The browser comes back. The form names the payment and proves nothing.
    let visit = ReturnVisit::parse(b"token=abc&transaction_id=INV-7")?;
    println!("the browser is back for {:?}", visit.order);

    // The Seamless script instead of a redirect: JSON that is safe inside a page's script element.
    let seamless = cinetpay.seamless_config(&request)?;
    println!("CinetPay.setConfig(…{} bytes…)", seamless.config.len());

    // A payout: the contact and the transfer in one run. What may have moved is never sent twice.
    let order = common::order(Operation::Payout, "refund 7");
    let transfer = TransferRequest::new(order.clone(), common::xof("1000")?, common::customer()?);
    let state = http.run(cinetpay.transfer(&transfer)).await?;
    println!("payout: {} ({})", state.status.as_str(), state.raw_status);
    let states = http.run(cinetpay.check_transfer(&TransferKey::Order((&order).into()))).await?;
    println!("the gateway knows {} transfer(s) of this id", states.len());

    // The same in single steps: balance, contacts, a batch with a result for each item.
    let balance = http.run(cinetpay.transfer_balance()).await?;
    println!("{} of {} francs can be paid out", balance.available, balance.total);
    let phone = nzimbu::PhoneNumber::parse("+2250500000000")?;
    let contact = Contact::new(phone.clone(), "Traoré", "Salif", "salif@example.com");
    let results = http.run(cinetpay.add_contacts(&[contact])).await?;
    println!("contacts: {results:?}");
    let item = Transfer::new(common::order(Operation::Payout, "salary 1"), common::xof("500")?, phone);
    let batch = http.run(cinetpay.send(&[item])).await?;
    for item in batch.results {
        println!("{}: {}", item.order, item.result?.status.as_str());
    }
    Ok(())
}

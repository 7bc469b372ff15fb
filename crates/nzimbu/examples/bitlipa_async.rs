//! Bitlipa: a collection, its state, bank details, a hosted page, banks, a payout, a callback.
//!
//! Runs against a sandbox of its own: `cargo run --package nzimbu --features async --example bitlipa_async`.

mod common;

use std::sync::Arc;

use common::Result;
use nzimbu::bitlipa::{B2cOutcome, B2cRequest, C2bRequest, HostedPageRequest};
use nzimbu::{
    AsyncHttp, Operation, OrderName, OrderRef, PaymentProvider, RawCallback, UnixTime, until_final,
    until_next_action,
};

#[tokio::main]
async fn main() -> Result<()> {
    let sandbox = common::sandbox()?;
    let bitlipa = common::bitlipa(&sandbox)?;
    let http = AsyncHttp::new()?;

    // A collection over Orange in Côte d'Ivoire (provider 193). The page for the one-time password comes with a
    // later status.
    let order = common::order(Operation::Payment, "invoice 7");
    let mut request = C2bRequest::new(order.clone(), common::xof("2500")?, 193);
    request.payer = common::customer()?;
    let transaction = http.run(bitlipa.payment_c2b(&request)).await?;
    println!("at first: {} ({})", transaction.status.as_str(), transaction.raw_status);
    let asked = OrderRef::new(Operation::Payment, &order);
    let provider = Arc::new(bitlipa.clone());
    let receipt = http.run(until_next_action(provider.clone(), asked.clone(), common::soon())).await?;
    println!("the customer's next step: {:?}", receipt.map(|receipt| receipt.next_action));
    let receipt = http.run(until_final(provider, asked, common::soon())).await?;
    let receipt = receipt.ok_or("the gateway does not know the payment")?;
    // Bitlipa states no amount, and the receipt says so.
    println!("in the end: {:?}", receipt.expect(&order, common::xof("2500")?)?);

    // Nigeria: bank details at once, or a link to the hosted page.
    let mut request =
        C2bRequest::new(common::order(Operation::Payment, "invoice 8"), common::ngn("5000.00")?, 5008);
    request.payer.phone = Some(nzimbu::PhoneNumber::parse("+2348031234567")?);
    request.payer.email = Some("ada@example.com".into());
    let transaction = http.run(bitlipa.payment_c2b(&request)).await?;
    println!("pay into an account of {:?}", transaction.extra.bank_name);
    let mut link = HostedPageRequest::new(common::order(Operation::Payment, "invoice 9"), 5010);
    link.payer.phone.clone_from(&request.payer.phone);
    link.amount = Some(common::ngn("5000.00")?);
    println!("or send the browser to {} bytes of link", bitlipa.hosted_page_link(&link)?.as_str().len());

    // Banks and their codes, for payouts to accounts. No document names the path, so it is a setting.
    let banks = http.run(bitlipa.banks(5008)).await?;
    println!("{} bank(s)", banks.len());

    // A payout. A confirmation that the documents do not explain is an outcome of its own.
    let order = common::order(Operation::Payout, "refund 7");
    let mut request = B2cRequest::new(order.clone(), common::xof("1000")?, 193);
    request.recipient = common::customer()?;
    match http.run(bitlipa.payment_b2c(&request)).await? {
        B2cOutcome::ConfirmationRequired { confirm_type, .. } => {
            println!("ask Bitlipa about confirmation {confirm_type}")
        }
        accepted => println!("payout: {}", accepted.into_transaction().status.as_str()),
    }
    let transaction = http.run(bitlipa.status(&OrderName::from(&order))).await?;
    println!("its state: {}", transaction.status.as_str());

    // A callback without a good signature is refused.
    let forged = RawCallback::post(&[], br#"{"order_id":"INV-7","status":2,"signature":"00"}"#);
    println!("a forged callback: {:?}", bitlipa.verify(&forged, UnixTime::default()).map(|_| ()));
    Ok(())
}

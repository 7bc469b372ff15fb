//! Adullam: a checkout session, and the same one again after a crash.
//!
//! Runs against a sandbox of its own: `cargo run --package nzimbu --features blocking --example adullam_blocking`.
#![allow(clippy::unwrap_used, reason = "the example shows an error that is certain")]

mod common;

use std::time::Duration;

use common::Result;
use nzimbu::adullam::CheckoutRequest;
use nzimbu::{BlockingHttp, Operation, OrderRef, PaymentProvider};

fn main() -> Result<()> {
    let sandbox = common::sandbox()?;
    let adullam = common::adullam(&sandbox)?;
    let http = BlockingHttp::new()?;

    let order = common::order(Operation::Payment, "invoice 7");
    let mut request = CheckoutRequest::new(order.clone(), common::xof("5000")?);
    request.payer = common::customer()?;
    request.description = Some("Two books".into());
    request.expires_in = Some(Duration::from_secs(900));
    let checkout = http.run(adullam.create_checkout(&request))?;
    println!("session {}: {}", checkout.id, checkout.status.as_str());

    // The same request has the same idempotency key, so that a program that crashed may send it again.
    let again = http.run(adullam.create_checkout(&request))?;
    println!("the same session: {}, replayed: {}", again.id == checkout.id, again.replayed);

    // No document tells how a session is read: this is refused here, and nothing is sent.
    let asked = OrderRef::new(Operation::Payment, &order);
    println!("status: {}", http.run(adullam.status(&asked)).unwrap_err());
    Ok(())
}

// Whether the amount was confirmed has to be looked at.
#![deny(unused_must_use)]
use nzimbu_core::{Mismatch, Money, OrderId, Receipt};

fn deliver(receipt: Receipt, order: &OrderId, asked: Money) -> Result<(), Mismatch> {
    receipt.expect(order, asked)?;
    Ok(())
}

fn main() {}

// The proof of one callback does not carry over to another receipt.
use nzimbu_core::{Authentic, Receipt};

fn forge(genuine: Authentic, receipt: Receipt) -> Authentic {
    Authentic { receipt, ..genuine }
}

fn main() {}

// A secret is compared in constant time or not at all.
use nzimbu_core::Secret;

fn main() {
    let _ = Secret::new("hush") == Secret::new("hush");
}

// A secret has no Display.
use nzimbu_core::Secret;

fn main() {
    println!("{}", Secret::new("hush"));
}

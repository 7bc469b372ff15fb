// Only the signature module makes a proof.
use nzimbu_core::signature::Proof;

fn main() {
    let _ = Proof { key_index: 0 };
}

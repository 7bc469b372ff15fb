// A digest is compared by the functions that verify, in constant time, or not at all.
use nzimbu_core::signature::HexDigest;

fn same<const HEX: usize>(one: &HexDigest<HEX>, other: &HexDigest<HEX>) -> bool {
    one == other
}

fn main() {
    let _ = same::<64>;
}

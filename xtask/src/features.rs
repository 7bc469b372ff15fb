//! Every combination of the facade's features compiles without a warning.

use std::time::Instant;

use crate::run::{Chore, cargo, output, root};

const FEATURES: [&str; 6] = ["adullam", "async", "bitlipa", "blocking", "cinetpay", "serde"];

pub(crate) fn check() -> Chore {
    let start = Instant::now();
    let mut failures = Vec::new();
    for chosen in 0_u32..1 << FEATURES.len() {
        let names = FEATURES.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
        let features = names.map(|(_, name)| *name).collect::<Vec<_>>().join(",");
        let words =
            ["check", "--quiet", "--package", "nzimbu", "--no-default-features", "--features", &features];
        // A folder of its own: other flags in the shared one would compile everything anew at every turn.
        let mut check = cargo(&words);
        check.env("RUSTFLAGS", "-Dwarnings").env("CARGO_TARGET_DIR", root().join("target/features"));
        if let Err(told) = output(&mut check) {
            // One failure in full is enough to begin with; the others often share its cause.
            failures.push(if failures.is_empty() {
                format!("[{features}] {told}")
            } else {
                format!("[{features}]")
            });
        }
    }
    println!("{} combinations of features in {} s", 1 << FEATURES.len(), start.elapsed().as_secs());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

//! The facade's features compile without a warning, in every combination that can differ.
//!
//! Gateways, transports and `serde` meet in the facade's own lines, so that all their combinations are compiled. What
//! stands on the journal adds whole crates behind one line each: each of those alone, all features, and none show what
//! can go wrong, where every further combination would double the time.

use std::time::Instant;

use crate::run::{Chore, cargo, output, root};

/// Compiled in every combination.
const CROSSED: [&str; 6] = ["adullam", "async", "bitlipa", "blocking", "cinetpay", "serde"];
/// Compiled alone, and all together with the others.
const ALONE: [&str; 5] = ["axum", "journal-encryption", "journal-postgres", "journal-sqlite", "tracing"];

pub(crate) fn check() -> Chore {
    let start = Instant::now();
    let mut failures = Vec::new();
    let chosen = choices();
    for names in &chosen {
        let features = names.join(",");
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
    println!("{} combinations of features in {} s", chosen.len(), start.elapsed().as_secs());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn choices() -> Vec<Vec<&'static str>> {
    let crossed = (0_u32..1 << CROSSED.len()).map(|chosen| {
        let names = CROSSED.into_iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
        names.map(|(_, name)| name).collect()
    });
    let alone = ALONE.into_iter().map(|name| vec![name]);
    let all = CROSSED.into_iter().chain(ALONE).collect();
    crossed.chain(alone).chain([all]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    #[test]
    fn every_feature_of_the_facade_is_compiled_none_alone_and_all() {
        let manifest = fs::read_to_string(root().join("crates/nzimbu/Cargo.toml")).expect("it is there");
        let features = manifest.split("[features]").nth(1).expect("it has features");
        let features = features.split("\n[").next().expect("a section");
        let named: BTreeSet<_> = features
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(" = "))
            .map(|(name, _)| name)
            .filter(|name| *name != "default")
            .collect();
        let choices = choices();
        assert_eq!(choices.last().map(|all| all.iter().copied().collect()), Some(named.clone()));
        assert!(choices.contains(&Vec::new()));
        for name in named {
            assert!(choices.contains(&vec![name]), "{name} is not compiled alone");
        }
        assert_eq!(choices.len(), (1 << CROSSED.len()) + ALONE.len() + 1);
    }
}

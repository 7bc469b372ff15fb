//! Everything that `.ci/run` runs after the tests, with the time that each step took. All steps run, also after
//! one has failed.

use std::time::Instant;

use crate::run::{Chore, cargo, output, run};
use crate::{bench, directory, features, fixtures, new_gateway, no_std, packages, simulate, tidy};

/// A name and what is done under it.
type Step = (&'static str, fn() -> Chore);

const STEPS: &[Step] = &[
    ("fmt", || run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("tidy", tidy::check),
    ("clippy", || {
        let words = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
        run(&mut cargo(&words))
    }),
    ("test", || run(&mut cargo(&["test", "--workspace", "--quiet", "--no-fail-fast"]))),
    ("doc", || {
        run(cargo(&["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-Dwarnings"))
    }),
    ("directory", || directory::run(directory::Mode::Check)),
    ("no-std", no_std::check),
    ("fixtures", fixtures::check),
    ("features", features::check),
    ("packages", packages::check),
    ("new-gateway", new_gateway::prove),
    ("demo", demo),
    ("instructions", bench::check),
    ("simulate", simulate::usual),
];

pub(crate) fn all() -> Chore {
    let mut rows = Vec::new();
    for (name, step) in STEPS {
        println!("\n== {name}");
        let start = Instant::now();
        let told = step();
        if let Err(told) = &told {
            eprintln!("{told}");
        }
        rows.push((name, start.elapsed().as_secs(), told.is_ok()));
    }
    println!();
    for (name, seconds, good) in &rows {
        println!("{:<14} {seconds:>5} s  {}", name, if *good { "ok" } else { "FAILED" });
    }
    let failed: Vec<_> = rows.iter().filter(|(.., good)| !good).map(|(name, ..)| **name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// The demonstration ends well within three seconds and shows every gateway under both drivers.
fn demo() -> Chore {
    run(&mut cargo(&["build", "--quiet", "--package", "nzimbu-cli"]))?;
    let start = Instant::now();
    let told = output(&mut cargo(&["run", "--quiet", "--", "demo", "--json"]))?;
    let seconds = start.elapsed().as_secs();
    let rows = told.lines().map(serde_json::from_str).collect::<Result<Vec<serde_json::Value>, _>>();
    let rows = rows.map_err(|error| format!("demo --json printed something else: {error}\n{told}"))?;
    for gateway in ["adullam", "bitlipa", "cinetpay"] {
        for driver in ["async", "blocking"] {
            let shown = rows.iter().any(|row| {
                row["driver"] == driver
                    && row["gateway"].as_str().is_some_and(|name| name.starts_with(gateway))
            });
            if !shown {
                return Err(format!("the demonstration does not show {gateway} under the {driver} driver"));
            }
        }
    }
    println!("{} rows in {seconds} s", rows.len());
    if seconds < 4 { Ok(()) } else { Err(format!("the demonstration took {seconds} s, more than 3")) }
}

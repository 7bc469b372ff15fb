//! The proofs that need the machine for a while: the simulation, and the large search of the journal's machine.

use crate::run::{Chore, cargo, run};

/// What continuous integration runs; the large size is `cargo xtask simulate 1000000`.
const PAYOUTS: &str = "100000";

pub(crate) fn usual() -> Chore {
    with(&[PAYOUTS])
}

/// The words are those of the program: so many payouts, perhaps the first seed; or `--seed` and one seed to tell of.
pub(crate) fn with(words: &[&str]) -> Chore {
    // The profile of the benches, whose dependencies are built already.
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--profile",
        "bench",
        "--package",
        "nzimbu-tests",
        "--bin",
        "simulate",
        "--",
    ]);
    run(command.args(words))
}

/// Searches the large worlds; the usual ones are searched with the tests.
pub(crate) fn model() -> Chore {
    let words = [
        "test",
        "--release",
        "--package",
        "nzimbu-journal",
        "--lib",
        "machine::tests::model",
        "--",
        "--nocapture",
    ];
    run(cargo(&words).env("NZIMBU_MODEL", "large"))
}

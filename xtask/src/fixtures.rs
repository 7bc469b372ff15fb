//! Records what we say. The recorder is the test itself, which opens `.http` files for reading only.

use crate::run::{Chore, cargo, run};

pub(crate) fn record() -> Chore {
    play("always")
}

pub(crate) fn check() -> Chore {
    play("no")
}

fn play(update: &str) -> Chore {
    let mut test = cargo(&["test", "--quiet", "--package", "nzimbu-tests", "--test", "transcripts"]);
    run(test.env("INSTA_UPDATE", update).env("INSTA_FORCE_PASS", "0"))
}

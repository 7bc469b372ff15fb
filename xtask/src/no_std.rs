//! The proof that the core links without std is a test; this runs it alone.

use crate::run::{Chore, cargo, run};

pub(crate) fn check() -> Chore {
    run(&mut cargo(&["test", "--quiet", "--package", "nzimbu-tests", "--test", "no_std"]))
}

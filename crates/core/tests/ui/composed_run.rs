// A run can be stepped, but no longer composed: a second request cannot be hung on one that is under way.
use nzimbu_core::{Exchange, Run};

fn more(run: Run<u16>) -> Exchange<u16> {
    run.and_then(|status| Exchange::done(Ok(status)))
}

fn main() {}

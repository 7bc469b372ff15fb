//! What a command and a call are named in spans; `on.rs` makes the spans, `off.rs` makes none.

#[cfg_attr(feature = "tracing", path = "trace/on.rs")]
#[cfg_attr(not(feature = "tracing"), path = "trace/off.rs")]
mod spans;

#[cfg(feature = "workers")]
pub(crate) use self::spans::worker_failed;
pub(crate) use self::spans::{Call, Work, moved};

/// A command of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    Begin,
    Claim,
    Decide,
    Notices,
    Read,
    Receive,
    Settle,
    Write,
}

/// A call of a gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Pay,
    PayOut,
    Status,
}

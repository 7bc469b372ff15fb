//! Spans for the commands of the journal and for the calls of gateways, and an event for every change of an order.
//!
//! An order is named by the digest under which the journal keeps it; nothing that a customer or a gateway wrote is
//! shown, but for the gateway's code.

use nzimbu_core::ProviderError;
use tracing::field::Empty;
use tracing::instrument::{Instrument, Instrumented};
use tracing::{Span, debug_span, info, info_span};

use super::{Command, Verb};
use crate::detail::hex;
use crate::entry::Entry;
use crate::error::JournalError;
use crate::row::{Key, Row};

/// The span of a command, from the call until it is durable.
pub(crate) struct Work(Span);

impl Work {
    pub(crate) fn of(command: Command) -> Self {
        macro_rules! span {
            ($make:ident, $name:literal) => {
                $make!($name, error.type = Empty, otel.status_code = Empty)
            };
        }
        Self(match command {
            Command::Begin => span!(info_span, "nzimbu.journal.begin"),
            // An idle worker claims, reads and takes notices all the time.
            Command::Claim => span!(debug_span, "nzimbu.journal.claim"),
            Command::Decide => span!(info_span, "nzimbu.journal.decide"),
            Command::Notices => span!(debug_span, "nzimbu.journal.notices"),
            Command::Read => span!(debug_span, "nzimbu.journal.read"),
            Command::Receive => span!(info_span, "nzimbu.journal.receive"),
            Command::Settle => span!(info_span, "nzimbu.journal.settle"),
            Command::Write => span!(debug_span, "nzimbu.journal.write"),
        })
    }

    /// Works inside the span.
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.in_scope(work)
    }

    /// Says that the journal refused, or that the command is not durable.
    pub(crate) fn failed(&self, error: &JournalError) {
        self.0.record("error.type", error.kind().as_str());
        self.0.record("otel.status_code", "ERROR");
    }

    /// Ends it.
    pub(crate) fn end(self) {}
}

/// The span of a call of a gateway: all its requests, and the pauses between them.
pub(crate) struct Call(Span);

impl Call {
    pub(crate) fn of(verb: Verb, entry: &Entry) -> Self {
        macro_rules! span {
            ($name:literal) => {
                info_span!(
                    $name,
                    otel.kind = "client",
                    otel.status_code = Empty,
                    error.type = Empty,
                    nzimbu.gateway = &*entry.gateway,
                    nzimbu.operation = entry.operation.as_str(),
                    nzimbu.order = Empty,
                    nzimbu.attempt = entry.attempts,
                    nzimbu.outcome = Empty,
                    nzimbu.code = Empty,
                )
            };
        }
        let span = match verb {
            Verb::Pay => span!("nzimbu.pay"),
            Verb::PayOut => span!("nzimbu.pay_out"),
            Verb::Status => span!("nzimbu.status"),
        };
        if !span.is_disabled() {
            let key = Key::of(&entry.gateway, entry.operation, entry.order.as_str());
            span.record("nzimbu.order", name(&key).as_str());
        }
        Self(span)
    }

    /// Calls inside the span.
    pub(crate) fn within<T>(&self, call: impl FnOnce() -> T) -> T {
        self.0.in_scope(call)
    }

    /// Calls inside the span.
    pub(crate) fn around<F: Future>(&self, call: F) -> Instrumented<F> {
        call.instrument(self.0.clone())
    }

    /// Says how it ended, without the words of the error.
    pub(crate) fn end<T>(self, result: &Result<T, ProviderError>) {
        let Err(error) = result else { return };
        self.0.record("error.type", error.kind().as_str());
        self.0.record("otel.status_code", "ERROR");
        self.0.record("nzimbu.outcome", error.outcome().as_str());
        // A code is a word or a number; anything longer is not one, and might repeat what was sent.
        if let Some(code) = error.gateway_code().filter(|code| code.len() <= 64) {
            self.0.record("nzimbu.code", code);
        }
    }
}

/// Tells of a change of an order inside the span of its command. It is durable if that span ends without an error.
pub(crate) fn moved(before: Option<&Row>, after: &Row, event: &'static str) {
    if before.is_some_and(|before| before.state == after.state && before.flags == after.flags) {
        return;
    }
    info!(
        nzimbu.gateway = &*after.gateway,
        nzimbu.operation = after.operation.as_str(),
        nzimbu.order = name(&after.key),
        nzimbu.event = event,
        nzimbu.from = before.map_or("nothing", |before| before.state.as_str()),
        nzimbu.to = after.state.as_str(),
        nzimbu.flags = ?after.flags,
        "an order moved"
    );
}

/// Tells that a worker failed and begins again.
#[cfg(feature = "workers")]
pub(crate) fn worker_failed(why: &str) {
    tracing::warn!(error = why, "a worker failed and begins again");
}

/// The beginning of the key, which is long enough to be told apart.
fn name(key: &Key) -> String {
    hex(&key.0[..8])
}

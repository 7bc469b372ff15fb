//! What stands in for spans where the feature `tracing` is off: nothing.

use nzimbu_core::ProviderError;

use super::{Command, Verb};
use crate::entry::Entry;
use crate::error::JournalError;
use crate::row::Row;

/// No span.
pub(crate) struct Work;

impl Work {
    pub(crate) fn of(_: Command) -> Self {
        Self
    }

    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) fn failed(&self, _: &JournalError) {}

    pub(crate) fn end(self) {}
}

/// No span.
pub(crate) struct Call;

impl Call {
    pub(crate) fn of(_: Verb, _: &Entry) -> Self {
        Self
    }

    pub(crate) fn within<T>(&self, call: impl FnOnce() -> T) -> T {
        call()
    }

    pub(crate) fn around<F: Future>(&self, call: F) -> F {
        call
    }

    pub(crate) fn end<T>(self, _: &Result<T, ProviderError>) {}
}

pub(crate) fn moved(_: Option<&Row>, _: &Row, _: &'static str) {}

#[cfg(feature = "workers")]
pub(crate) fn worker_failed(_: &str) {}

//! What stands in for spans where the feature `tracing` is off: nothing.

use crate::http::{HttpRequest, HttpResponse};
use crate::transport::TransportError;

/// No span.
pub(crate) struct Call;

impl Call {
    pub(crate) fn of(_: &HttpRequest) -> Self {
        Self
    }

    pub(crate) fn within<T>(&self, carry: impl FnOnce() -> T) -> T {
        carry()
    }

    pub(crate) fn around<F: Future>(&self, carry: F) -> F {
        carry
    }

    pub(crate) fn end(self, _: &Result<HttpResponse, TransportError>) {}
}

//! One span for every request that a driver hands to a transport, with the names of OpenTelemetry's conventions for
//! HTTP clients. Paths and queries hold ids and tokens, so `url.full` is left out; so are headers and bodies.

use alloc::string::ToString;

use tracing::field::Empty;
use tracing::instrument::{Instrument, Instrumented};
use tracing::{Span, info_span};

use crate::http::{Effect, HttpRequest, HttpResponse, UrlParts};
use crate::transport::{Delivery, TransportError};

/// The span of one request.
pub(crate) struct Call(Span);

impl Call {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let method = request.method().as_str();
        let span = info_span!(
            "nzimbu.http",
            otel.kind = "client",
            otel.name = method,
            otel.status_code = Empty,
            http.request.method = method,
            http.response.status_code = Empty,
            server.address = Empty,
            server.port = Empty,
            error.type = Empty,
            nzimbu.effect = match request.effect() {
                Effect::MovesMoney => "moves_money",
                Effect::NoMoney => "no_money",
            },
        );
        if !span.is_disabled()
            && let Some(parts) = UrlParts::of(&request.url)
        {
            span.record("server.address", parts.host);
            if let Some(port) = port(&request.url, parts.scheme) {
                span.record("server.port", port);
            }
        }
        Self(span)
    }

    /// Carries the request, inside the span.
    pub(crate) fn within<T>(&self, carry: impl FnOnce() -> T) -> T {
        self.0.in_scope(carry)
    }

    /// Carries the request, inside the span.
    pub(crate) fn around<F: Future>(&self, carry: F) -> Instrumented<F> {
        carry.instrument(self.0.clone())
    }

    /// Says how it ended. The words of an error are our own; a status of 400 or more is an error to the conventions.
    pub(crate) fn end(self, reply: &Result<HttpResponse, TransportError>) {
        match reply {
            Ok(reply) => {
                self.0.record("http.response.status_code", reply.status);
                if reply.status >= 400 {
                    self.0.record("error.type", reply.status.to_string().as_str());
                    self.0.record("otel.status_code", "ERROR");
                }
            }
            Err(error) => {
                let told = match error.delivery() {
                    Delivery::NotSent => "not_sent",
                    Delivery::Unknown => "unknown",
                };
                self.0.record("error.type", told);
                self.0.record("otel.status_code", "ERROR");
            }
        }
    }
}

fn port(url: &str, scheme: &str) -> Option<u16> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    match authority.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ if scheme == "https" => Some(443),
        _ => Some(80),
    }
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn a_port_is_that_of_the_url_or_of_its_scheme() {
        for (url, scheme, expected) in [
            ("https://host/v1:2", "https", Some(443)),
            ("https://host:8443?x=1:2", "https", Some(8443)),
            ("http://[::1]/", "http", Some(80)),
            ("http://[::1]:81/", "http", Some(81)),
        ] {
            assert_eq!(port(url, scheme), expected, "{url}");
        }
    }
}

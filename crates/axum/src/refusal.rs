//! Why a request is not taken in, and the answer to it.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nzimbu_core::CallbackError;
use nzimbu_journal::{JournalError, Seen};

/// Why a request was not taken in. As an answer it is a status alone: whoever tries forgeries learns nothing from it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// The path names no gateway that is served, or its secret part is wrong: 404.
    NotFound,
    /// Neither `POST` nor a ping of a gateway that pings: 405.
    Method {
        /// What would be answered.
        allow: &'static str,
    },
    /// The body did not arrive in time: 408.
    TooSlow,
    /// The body is too long: 413.
    TooLong,
    /// The body broke off: 400.
    BrokenOff,
    /// It is no callback of the gateway's: 401, 415 or 400.
    NotACallback(CallbackError),
    /// Too many at once: 503.
    Busy,
    /// The journal did not write it down, or not in time (none): 503.
    Journal(Option<JournalError>),
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::NotACallback(error) => status(&Seen::Refused(error.clone())),
            Self::Busy | Self::Journal(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name of the reason, as in logs.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Method { .. } => "method",
            Self::TooSlow => "too-slow",
            Self::TooLong => "too-long",
            Self::BrokenOff => "broken-off",
            Self::NotACallback(error) => error.as_str(),
            Self::Busy => "busy",
            Self::Journal(Some(error)) => error.kind().as_str(),
            Self::Journal(None) => "journal-too-slow",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no gateway is served at this path"),
            Self::Method { allow } => write!(f, "the method is not allowed here: {allow} is"),
            Self::TooSlow => f.write_str("the body did not arrive in time"),
            Self::TooLong => f.write_str("the body is too long for a callback"),
            Self::BrokenOff => f.write_str("the body broke off"),
            Self::NotACallback(error) => write!(f, "it is no callback of the gateway's: {error}"),
            Self::Busy => f.write_str("too many callbacks at once"),
            Self::Journal(Some(error)) => write!(f, "the callback could not be written down: {error}"),
            Self::Journal(None) => f.write_str("the callback was not written down in time"),
        }
    }
}

impl std::error::Error for Refusal {}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let told = match self {
            Self::Method { allow } => Some((header::ALLOW, allow)),
            Self::Busy | Self::Journal(_) => Some((header::RETRY_AFTER, "5")),
            _ => None,
        };
        if let Some((name, value)) = told {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The answer to what was taken in.
pub(crate) fn status(seen: &Seen) -> StatusCode {
    // The journal's numbers are statuses; were one not, it must not look like an acknowledgement.
    StatusCode::from_u16(seen.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

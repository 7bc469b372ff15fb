//! The one error of a call to a gateway.
//!
//! It answers one question before all others: may money have moved?
//!
//! | Outcome | Meaning | What to do |
//! |---|---|---|
//! | [`Outcome::NotSent`] | no request that could move money left this process | see [`Advice`] |
//! | [`Outcome::Rejected`] | the gateway itself answered that it will not do it | see [`Advice`] |
//! | [`Outcome::Unknown`] | it may have been executed | never repeat under another id: find out |

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::exchange::Stage;
use crate::problem::{Problem, Problems};
use crate::transport::TransportError;

/// What a failed call may have done to money.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// No request that could move money left this process.
    NotSent,
    /// The gateway answered that it will not do it; nothing moved.
    Rejected,
    /// Money may have moved: never repeat it under another id, ask for its status under the same one.
    Unknown,
}

impl Outcome {
    /// The name in small letters, as in logs and transcripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

/// The summary of kind and outcome that callers match on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Advice {
    /// Not safe to repeat: ask for the status of the order.
    AskStatus,
    /// Safe but pointless to repeat until something changes: the request, the settings, the balance.
    Change,
    /// Safe to repeat as it is, under the same order id, perhaps after [`ProviderError::retry_after`].
    Repeat,
}

impl Advice {
    /// The name in small letters, as in logs and transcripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AskStatus => "ask-status",
            Self::Change => "change",
            Self::Repeat => "repeat",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The gateway does not accept the credentials. Check the key, the site or the password.
    Authentication,
    /// The gateway or its edge blocks this caller: no `User-Agent`, an address that is not on its list.
    Blocked,
    /// The gateway knows this order id already. Ask for the status of the order and adopt it.
    DuplicateOrder,
    /// The account that should pay does not hold enough.
    InsufficientFunds,
    /// The request is wrong; [`ProviderError::problems`] lists the faults that were found before sending.
    InvalidRequest,
    /// The login was refused although its time had not come. Repeating logs in again.
    LoginExpired,
    /// The answer is not what the gateway's documents describe.
    Malformed,
    /// The answer speaks of another order, amount or currency than was asked for.
    Mismatch,
    /// Too many calls. Repeat later.
    RateLimited,
    /// There was no answer: see the source, a [`TransportError`].
    Transport,
    /// The gateway or the operator is out of service.
    Unavailable,
    /// The gateway offers no such operation in its documents.
    Unsupported,
    /// The gateway sent a link to a host that it is not known to use.
    UntrustedUrl,
}

impl ErrorKind {
    /// The name in small letters, as in logs and transcripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Blocked => "blocked",
            Self::DuplicateOrder => "duplicate-order",
            Self::InsufficientFunds => "insufficient-funds",
            Self::InvalidRequest => "invalid-request",
            Self::LoginExpired => "login-expired",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::RateLimited => "rate-limited",
            Self::Transport => "transport",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::UntrustedUrl => "untrusted-url",
        }
    }
}

/// A failed call to a gateway. One word wide; the message holds no secret, phone number or URL query. The gateway's
/// own words stand apart, in [`gateway_text`](ProviderError::gateway_text).
pub struct ProviderError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    message: String,
    gateway_code: Option<Box<str>>,
    gateway_text: Option<Box<str>>,
    problems: Problems,
    retry_after: Option<Duration>,
    transport: Option<TransportError>,
}

impl ProviderError {
    /// A failure that proves nothing; its outcome is [`Outcome::Unknown`] unless the run finds a better one.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with_outcome(kind, Outcome::Unknown, message.into())
    }

    /// A refusal: the gateway's own answer, in its own format, says that nothing was or will be done.
    #[must_use]
    pub fn rejected(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::with_outcome(kind, Outcome::Rejected, message.into())
    }

    /// A request that was found wrong before anything was sent.
    #[must_use]
    pub fn invalid(problems: Problems) -> Self {
        use alloc::string::ToString;
        let mut error = Self::with_outcome(ErrorKind::InvalidRequest, Outcome::NotSent, problems.to_string());
        error.0.problems = problems;
        error
    }

    /// An operation that the gateway's documents do not describe; nothing is sent.
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::with_outcome(ErrorKind::Unsupported, Outcome::NotSent, message.into())
    }

    fn with_outcome(kind: ErrorKind, outcome: Outcome, message: String) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            message,
            gateway_code: None,
            gateway_text: None,
            problems: Problems::default(),
            retry_after: None,
            transport: None,
        }))
    }

    /// Adds the gateway's own code, verbatim.
    #[must_use]
    pub fn with_gateway_code(mut self, code: impl Into<String>) -> Self {
        self.0.gateway_code = Some(code.into().into_boxed_str());
        self
    }

    /// Adds what the gateway said about the failure in its own words; neither `Debug` nor `Display` shows it.
    #[must_use]
    pub fn with_gateway_text(mut self, text: impl Into<String>) -> Self {
        self.0.gateway_text = Some(text.into().into_boxed_str());
        self
    }

    /// Adds how long to wait before repeating.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Why the call failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What this call may have done to money. It speaks of this call only: a status query that was
    /// not sent says nothing about the order that it asked for.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match (self.0.outcome, self.0.kind) {
            (Outcome::Unknown, _) => Advice::AskStatus,
            (
                _,
                ErrorKind::LoginExpired
                | ErrorKind::RateLimited
                | ErrorKind::Transport
                | ErrorKind::Unavailable,
            ) => Advice::Repeat,
            _ => Advice::Change,
        }
    }

    /// The faults found before sending; empty for every kind but [`ErrorKind::InvalidRequest`].
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        self.0.problems.as_slice()
    }

    /// The gateway's code for the failure, verbatim: `"608"`, `"10201"`.
    #[must_use]
    pub fn gateway_code(&self) -> Option<&str> {
        self.0.gateway_code.as_deref()
    }

    /// What the gateway said about the failure, for people who look into it. It may repeat personal data that was
    /// sent, so that neither `Debug` nor `Display` shows it: decide nothing by it, and do not log it.
    ///
    /// ```
    /// use nzimbu_core::{ErrorKind, ProviderError};
    /// let error = ProviderError::rejected(ErrorKind::InvalidRequest, "a field is wrong")
    ///     .with_gateway_text("Numero 0707070707 invalide");
    /// assert_eq!(error.gateway_text(), Some("Numero 0707070707 invalide"));
    /// assert!(!format!("{error} {error:?}").contains("0707070707"));
    /// ```
    #[must_use]
    pub fn gateway_text(&self) -> Option<&str> {
        self.0.gateway_text.as_deref()
    }

    /// How long the gateway asks to wait before the call is repeated.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Settles the outcome by where the run stood when it failed.
    ///
    /// | Stage | the decoder claimed a refusal | anything else |
    /// |---|---|---|
    /// | before the money-moving request | `Rejected` | `NotSent` |
    /// | reading its reply | `Rejected` | `Unknown` |
    /// | after that | `Unknown` | `Unknown` |
    pub(crate) fn settle(mut self, stage: Stage) -> Self {
        self.0.outcome = match (stage, self.0.outcome) {
            // Neither a copy of a known order nor an answer about another one says that this one was refused.
            (Stage::At, _) if matches!(self.0.kind, ErrorKind::DuplicateOrder | ErrorKind::Mismatch) => {
                Outcome::Unknown
            }
            (Stage::Before | Stage::At, Outcome::Rejected) => Outcome::Rejected,
            (Stage::Before, _) => Outcome::NotSent,
            (Stage::At | Stage::After, _) => Outcome::Unknown,
        };
        self
    }
}

impl From<TransportError> for ProviderError {
    fn from(error: TransportError) -> Self {
        let mut outer = Self::new(ErrorKind::Transport, "the gateway gave no answer");
        outer.0.transport = Some(error);
        outer
    }
}

impl From<Problems> for ProviderError {
    fn from(problems: Problems) -> Self {
        Self::invalid(problems)
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("gateway_code", &self.0.gateway_code)
            .field("message", &self.0.message)
            .field("transport", &self.0.transport)
            .finish()
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(code) = &self.0.gateway_code {
            write!(f, " (gateway code {code})")?;
        }
        Ok(())
    }
}

impl core::error::Error for ProviderError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        self.0.transport.as_ref().map(|error| error as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settling_table_holds_for_every_pair() {
        let claimed = || ProviderError::rejected(ErrorKind::InsufficientFunds, "refused");
        let other = || ProviderError::new(ErrorKind::Malformed, "what is this");
        let rows = [
            (Stage::Before, Outcome::Rejected, Outcome::NotSent),
            (Stage::At, Outcome::Rejected, Outcome::Unknown),
            (Stage::After, Outcome::Unknown, Outcome::Unknown),
        ];
        for (stage, for_claim, for_other) in rows {
            assert_eq!(claimed().settle(stage).outcome(), for_claim, "{stage:?}");
            assert_eq!(other().settle(stage).outcome(), for_other, "{stage:?}");
        }
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<ProviderError>(), size_of::<usize>());
    }

    #[test]
    fn an_unknown_outcome_is_never_to_be_repeated() {
        for kind in
            [ErrorKind::RateLimited, ErrorKind::LoginExpired, ErrorKind::Transport, ErrorKind::Unavailable]
        {
            assert_eq!(ProviderError::new(kind, "").advice(), Advice::AskStatus);
            assert_eq!(ProviderError::rejected(kind, "").advice(), Advice::Repeat);
        }
        assert_eq!(ProviderError::rejected(ErrorKind::Blocked, "").advice(), Advice::Change);
    }
}

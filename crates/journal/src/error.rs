//! Why the journal did not do what it was asked.

use std::fmt;

use nzimbu_core::{ProviderError, Receipt};

use crate::machine::Refusal;
use crate::store::StoreError;

/// A command that the journal refused or could not make durable. Nothing of it was done, unless the kind says that
/// this is not known.
#[derive(Clone, Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    message: String,
}

/// Why a command failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The order id is taken by another request: same id, other content. Nothing was sent. Use the id of the order
    /// that you mean, or derive one from a reference of its own.
    KeyReuse,
    /// There is no such order, batch or version of something.
    NotFound,
    /// The order is in a state that forbids it: an attempt is under way, money moved, the batch was not released.
    Refused,
    /// The disk is full, or the journal may only be written by others. Nothing was sent.
    NotWritable,
    /// The journal is damaged or its history was altered. What is damaged is not acted upon; once
    /// [`Journal::verify`](crate::Journal::verify) has found it, nothing at all is sent until the last backup was restored
    /// or a named person has accepted it with [`Journal::accept_damage`](crate::Journal::accept_damage).
    Damaged,
    /// The journal may be older than the truth: a backup was restored, or a standby took over. Nothing is sent before
    /// [`Journal::doubt`](crate::Journal::doubt) was called.
    Doubted,
    /// A request is needed, to be sent, that is encrypted with a key that was not given. Nothing was sent and nothing
    /// changed; everything else goes on. Give the key as well.
    Locked,
    /// The journal was made by a newer version, or is not durable as it is set up.
    Unfit,
    /// The journal cannot be reached or is held by others for too long. It is not known whether the command was
    /// written: repeat it, all commands find what they did before.
    Unavailable,
}

impl JournalErrorKind {
    /// The name in small letters, as in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doubted => "doubted",
            Self::KeyReuse => "key_reuse",
            Self::Locked => "locked",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::NotWritable => "not_writable",
            Self::Damaged => "damaged",
            Self::Unfit => "unfit",
            Self::Unavailable => "unavailable",
        }
    }
}

impl JournalError {
    pub(crate) fn new(kind: JournalErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn closed() -> Self {
        StoreError::Closed.into()
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(JournalErrorKind::NotFound, format!("the journal has no such {what}"))
    }

    /// Adds which answer of a gateway is not written down.
    pub(crate) fn of_an_answer(self, answer: &Result<Receipt, ProviderError>) -> Self {
        let told = match answer {
            Ok(receipt) => receipt.status.as_str().to_owned(),
            Err(error) => format!("{}, outcome {}", error.kind().as_str(), error.outcome().as_str()),
        };
        let message = format!(
            "an answer of the gateway ({told}) could not be written down, so that the order counts as unknown and is \
             asked for: {}",
            self.message
        );
        Self { message, ..self }
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JournalError {}

impl From<Refusal> for JournalError {
    fn from(refusal: Refusal) -> Self {
        let (kind, message) = match refusal {
            Refusal::KeyReuse => (
                JournalErrorKind::KeyReuse,
                "the order id is taken by another request, and nothing was sent: use an id of its own for every \
                 order, and the same request for the same id",
            ),
            Refusal::InFlight => (
                JournalErrorKind::Refused,
                "an attempt is under way: decide when it has ended or its lease is over",
            ),
            Refusal::AlreadyPaid => {
                (JournalErrorKind::Refused, "money moved for this order, so that it is not sent again")
            }
            Refusal::NotReleased => (
                JournalErrorKind::Refused,
                "the order was not released: release its batch, or cancel the order",
            ),
            Refusal::Doubted => (
                JournalErrorKind::Doubted,
                "the journal may be older than the truth, and nothing is sent before that was followed up: call \
                 `Journal::doubt`, which has every order asked for that may be concerned",
            ),
            Refusal::Damaged => (
                JournalErrorKind::Damaged,
                "verifying the journal found damage, and nothing is sent before that was looked at: `Journal::verify` \
                 names it; restore the last backup, or let a named person accept it with `Journal::accept_damage`",
            ),
            Refusal::Locked => (
                JournalErrorKind::Locked,
                "an order that is due to be sent is encrypted with a key that was not given, and waits: hand the key that \
                 `Entry::locked_by` names to `Keys::new` behind the first one; if it is lost, decide about the order",
            ),
            Refusal::Purged => (
                JournalErrorKind::Refused,
                "the request was forgotten when its time was over: make a new order that replaces this one",
            ),
        };
        Self::new(kind, message)
    }
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Full(_) | StoreError::ReadOnly(_) => JournalErrorKind::NotWritable,
            StoreError::Corrupt(_) => JournalErrorKind::Damaged,
            StoreError::Busy(_) | StoreError::Lost(_) | StoreError::Closed | StoreError::Other(_) => {
                JournalErrorKind::Unavailable
            }
        };
        Self::new(kind, error.to_string())
    }
}

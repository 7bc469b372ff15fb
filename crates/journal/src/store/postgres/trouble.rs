//! What went wrong, and whether doing it again may help.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity};

use crate::store::StoreError;

/// Why a transaction did not come to its end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    /// The connection is gone, or the server gave no answer in time.
    Lost(String),
    /// The server rolled it back so that others could go on; repeated, it may pass.
    Repeat(String),
    /// A lock was not given in time.
    Locked(String),
    /// A key that was free when it was looked for is taken now.
    Taken,
    /// It would end like this again.
    Store(StoreError),
}

impl Trouble {
    /// As it is told when nothing more is tried.
    pub(super) fn into_error(self) -> StoreError {
        match self {
            Self::Lost(told) => StoreError::Lost(told),
            Self::Repeat(told) | Self::Locked(told) => StoreError::Busy(told),
            Self::Taken => StoreError::Busy("the order was being written by another process".to_owned()),
            Self::Store(error) => error,
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error.as_db_error() {
            Some(told) => classify(told.code().code(), is_fatal(told), told.message()),
            // Words of the client, which repeat nothing that was sent.
            None if error.source().is_some_and(|cause| cause.is::<tokio_postgres::types::WrongType>()) => {
                Self::Store(StoreError::Other(error.to_string()))
            }
            None => Self::Lost(words(&error)),
        }
    }
}

/// An error with its causes.
pub(super) fn words(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return format!("{} ({})", told.message(), told.code().code());
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn is_fatal(told: &DbError) -> bool {
    matches!(told.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// Sorts an answer of the server by its SQLSTATE.
fn classify(code: &str, fatal: bool, message: &str) -> Trouble {
    // Messages about data and constraints may repeat values.
    let told = match &code[..code.len().min(2)] {
        "22" | "23" => format!("the server answered {code}"),
        _ => format!("{message} ({code})"),
    };
    let store = |kind: fn(String) -> StoreError, told| Trouble::Store(kind(told));
    match code {
        "40001" | "40P01" => Trouble::Repeat(told),
        "55P03" => Trouble::Locked(told),
        "23505" => Trouble::Taken,
        // Terminated, restarting, or too many connections: this one is over.
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "53300" => Trouble::Lost(told),
        "53100" => store(StoreError::Full, format!("{told}: make room on the database's disk")),
        "25006" => store(StoreError::ReadOnly, format!("{told}: connect to the primary")),
        "42501" => store(StoreError::ReadOnly, format!("{told}: grant the role what the journal needs")),
        "XX001" | "XX002" | "58P01" => store(StoreError::Corrupt, told),
        "53200" | "57014" => store(StoreError::Busy, told),
        _ if code.starts_with("08") || fatal => Trouble::Lost(told),
        _ if code.starts_with("54") || code == "53400" => store(StoreError::Full, told),
        _ => store(StoreError::Other, told),
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, classify};
    use crate::store::StoreError;

    #[test]
    fn every_sqlstate_that_matters_has_its_meaning() {
        let sorted = |code| classify(code, false, "told");
        assert!(matches!(sorted("40001"), Trouble::Repeat(_)));
        assert!(matches!(sorted("40P01"), Trouble::Repeat(_)));
        assert!(matches!(sorted("55P03"), Trouble::Locked(_)));
        assert!(matches!(sorted("23505"), Trouble::Taken));
        assert!(matches!(sorted("53100"), Trouble::Store(StoreError::Full(_))));
        assert!(matches!(sorted("25006"), Trouble::Store(StoreError::ReadOnly(_))));
        assert!(matches!(sorted("42501"), Trouble::Store(StoreError::ReadOnly(_))));
        assert!(matches!(sorted("XX001"), Trouble::Store(StoreError::Corrupt(_))));
        assert!(matches!(sorted("XX002"), Trouble::Store(StoreError::Corrupt(_))));
        assert!(matches!(sorted("57014"), Trouble::Store(StoreError::Busy(_))));
        assert!(matches!(sorted("57P01"), Trouble::Lost(_)));
        assert!(matches!(sorted("08006"), Trouble::Lost(_)));
        assert!(matches!(sorted("42P01"), Trouble::Store(StoreError::Other(_))));
        assert!(
            matches!(classify("XX000", true, "told"), Trouble::Lost(_)),
            "a fatal error ends the connection"
        );
    }

    #[test]
    fn messages_that_may_repeat_values_are_left_out() {
        let told = classify("22021", false, "invalid byte sequence: +2250700000000").into_error().to_string();
        assert!(!told.contains("225") && told.contains("22021"), "{told}");
    }
}

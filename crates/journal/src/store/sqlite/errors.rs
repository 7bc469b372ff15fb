//! What SQLite's codes mean for the journal.

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::store::StoreError;

/// Says why a statement failed. Messages of SQLite name tables and columns, never values.
pub(super) fn told(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    let rusqlite::Error::SqliteFailure(code, _) = error else {
        return match error {
            // A value of a type that no version of the journal wrote.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => StoreError::Corrupt(text),
            // The statements are fixed, so the tables must be others.
            rusqlite::Error::SqlInputError { msg, .. } => StoreError::Corrupt(msg.clone()),
            _ => StoreError::Other(text),
        };
    };
    match code.code {
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::SystemIoFailure => io(code.extended_code, text),
        ErrorCode::ReadOnly if code.extended_code == ffi::SQLITE_READONLY_DBMOVED => StoreError::Lost(text),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            StoreError::ReadOnly(text)
        }
        // An id that is taken although it was the next one, and a column that is gone: not ours any more.
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation => {
            StoreError::Corrupt(text)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy(text),
        _ => StoreError::Other(text),
    }
}

fn io(code: i32, text: String) -> StoreError {
    match code {
        ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA => StoreError::Corrupt(text),
        // What a failed sync left on the disk, only the next start can tell.
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => StoreError::Lost(text),
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_FSTAT => {
            StoreError::Lost(text)
        }
        _ => StoreError::Full(text),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        told(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32) -> StoreError {
        told(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn every_code_says_what_can_be_done() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, StoreError::Full(String::new())),
            (ffi::SQLITE_IOERR_WRITE, StoreError::Full(String::new())),
            (ffi::SQLITE_IOERR_FSYNC, StoreError::Lost(String::new())),
            (ffi::SQLITE_IOERR_READ, StoreError::Lost(String::new())),
            (ffi::SQLITE_IOERR_CORRUPTFS, StoreError::Corrupt(String::new())),
            (ffi::SQLITE_READONLY, StoreError::ReadOnly(String::new())),
            (ffi::SQLITE_READONLY_DBMOVED, StoreError::Lost(String::new())),
            (ffi::SQLITE_CANTOPEN, StoreError::ReadOnly(String::new())),
            (ffi::SQLITE_PERM, StoreError::ReadOnly(String::new())),
            (ffi::SQLITE_CORRUPT, StoreError::Corrupt(String::new())),
            (ffi::SQLITE_CORRUPT_INDEX, StoreError::Corrupt(String::new())),
            (ffi::SQLITE_NOTADB, StoreError::Corrupt(String::new())),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, StoreError::Corrupt(String::new())),
            (ffi::SQLITE_BUSY, StoreError::Busy(String::new())),
            (ffi::SQLITE_BUSY_SNAPSHOT, StoreError::Busy(String::new())),
            (ffi::SQLITE_LOCKED, StoreError::Busy(String::new())),
            (ffi::SQLITE_NOMEM, StoreError::Other(String::new())),
        ] {
            let kind = std::mem::discriminant(&expected);
            assert_eq!(std::mem::discriminant(&of(code)), kind, "code {code}: {:?}", of(code));
        }
    }
}

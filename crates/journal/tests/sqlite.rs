//! The journal in a SQLite file does what every store does.

#[macro_use]
mod store_suite;
mod sqlite_file;

use std::sync::Arc;

use nzimbu_journal::{Clock, Journal, SqliteSettings};

use self::sqlite_file::Folder;
use self::store_suite::Place;

impl Place for Folder {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        Journal::sqlite_with(self.journal(), SqliteSettings::default(), clock).expect("the journal opens")
    }
}

store_suite!(Folder::new());

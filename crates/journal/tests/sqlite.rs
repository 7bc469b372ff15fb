//! The journal in a SQLite file does what every store does.

#[macro_use]
mod store_suite;
mod sqlite_file;

use std::sync::Arc;

use nzimbu_journal::testing::Harm;
use nzimbu_journal::{Clock, Journal, SqliteSettings};

use self::sqlite_file::Folder;
use self::store_suite::Place;

impl Place for Folder {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        Journal::sqlite_with(self.journal(), SqliteSettings::default(), clock).expect("the journal opens")
    }

    fn harm(&self, harm: Harm) {
        let connection = rusqlite::Connection::open(self.journal()).expect("it opens");
        assert_eq!(connection.execute(&store_suite::harm(harm), []), Ok(1), "{harm:?}");
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        // The file, and whatever lies beside it.
        let files = std::fs::read_dir(self.path()).expect("the folder is there");
        files.into_iter().any(|file| {
            let kept = std::fs::read(file.expect("it is there").path()).expect("it can be read");
            kept.windows(bytes.len()).any(|window| window == bytes)
        })
    }
}

store_suite!(Folder::new());

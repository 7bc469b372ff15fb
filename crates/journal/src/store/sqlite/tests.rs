//! How older tables become newer ones, and what is left when that is interrupted.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;

use super::schema::{Found, MIGRATIONS, check, look, migrate};
use crate::error::JournalErrorKind;

/// What a later version may add; several statements, enough rows for pages to be written before the end.
const STATEMENTS: [&str; 5] = [
    "ALTER TABLE meta ADD COLUMN changed_at INTEGER",
    "CREATE TABLE filler (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    "INSERT INTO filler (bytes) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
     SELECT randomblob(2000) FROM n",
    "UPDATE meta SET changed_at = 7",
    "CREATE INDEX filler_bytes ON filler (id) WHERE id > 7",
];

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("nzimbu-schema-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("it opens");
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 5;")
        .expect("it is set");
    connection
}

/// A journal of the first version with something in it.
fn old(path: &Path) -> Connection {
    let mut connection = connect(path);
    migrate(&mut connection, MIGRATIONS).expect("it is made");
    connection.execute("INSERT INTO meta (name, value) VALUES ('epoch', '3')", []).expect("it is written");
    connection
}

fn version(connection: &Connection) -> usize {
    match look(connection).expect("it is a journal") {
        Found::Empty => 0,
        Found::Version(version) => version,
    }
}

fn next(script: &str) -> Vec<&str> {
    MIGRATIONS.iter().copied().chain([script]).collect()
}

fn epoch(connection: &Connection) -> String {
    connection
        .query_row("SELECT value FROM meta WHERE name = 'epoch'", [], |row| row.get(0))
        .expect("it is kept")
}

#[test]
fn an_old_journal_becomes_a_new_one_and_keeps_what_it_has() {
    let folder = Folder::new();
    let mut connection = old(&folder.file("a"));
    let script = STATEMENTS.join(";");
    let error = check(&connection, &next(&script)).expect_err("it is old");
    assert_eq!(error.kind(), JournalErrorKind::Unfit);
    migrate(&mut connection, &next(&script)).expect("it is brought up to date");
    assert_eq!((version(&connection), epoch(&connection)), (MIGRATIONS.len() + 1, "3".to_owned()));
    check(&connection, &next(&script)).expect("it is up to date");
    migrate(&mut connection, &next(&script)).expect("nothing is left to do");

    // An older program does not touch it.
    let error = migrate(&mut connection, MIGRATIONS).expect_err("it is newer");
    assert_eq!(error.kind(), JournalErrorKind::Unfit);
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_eq!(version(&connection), MIGRATIONS.len() + 1);
}

#[test]
fn other_steps_and_other_tables_are_refused() {
    let folder = Folder::new();
    let mut connection = old(&folder.file("a"));
    let altered = format!("{} ", MIGRATIONS[0]);
    let steps: Vec<_> = std::iter::once(&*altered).chain(MIGRATIONS[1..].iter().copied()).collect();
    let error = migrate(&mut connection, &steps).expect_err("the step is another");
    assert_eq!(error.kind(), JournalErrorKind::Unfit);
    connection.execute_batch("DROP INDEX orders_key").expect("it is dropped");
    let error = migrate(&mut connection, MIGRATIONS).expect_err("an index is gone");
    assert_eq!(error.kind(), JournalErrorKind::Damaged);
}

#[test]
fn a_migration_that_fails_at_any_statement_leaves_the_old_tables() {
    let folder = Folder::new();
    for place in 0..=STATEMENTS.len() {
        let mut connection = old(&folder.file(&format!("{place}")));
        let mut statements = STATEMENTS.to_vec();
        statements.insert(place, "INSERT INTO no_such_table VALUES (1)");
        let script = statements.join(";");
        migrate(&mut connection, &next(&script)).expect_err("a statement fails");
        assert!(connection.is_autocommit(), "no transaction is left open");
        assert_eq!((version(&connection), epoch(&connection)), (MIGRATIONS.len(), "3".to_owned()));
        check(&connection, MIGRATIONS).expect("it is as it was");
        migrate(&mut connection, &next(&STATEMENTS.join(";"))).expect("and can be brought up to date");
    }
}

#[test]
fn a_migration_that_is_killed_at_any_statement_leaves_the_old_tables() {
    let folder = Folder::new();
    for place in 0..=STATEMENTS.len() {
        let path = folder.file(&format!("{place}"));
        let connection = old(&path);
        connection.execute_batch("BEGIN IMMEDIATE").expect("it begins");
        for statement in &STATEMENTS[..place] {
            connection.execute_batch(statement).expect("it is run");
        }
        if place == STATEMENTS.len() {
            let version = format!("PRAGMA user_version = {}", MIGRATIONS.len() + 1);
            connection.execute_batch(&version).expect("it is run");
        }
        // What a killed process leaves are its files as they are now; the index of the log is made anew.
        let killed = folder.file(&format!("{place}-killed"));
        fs::copy(&path, &killed).expect("it is copied");
        fs::copy(folder.file(&format!("{place}-wal")), folder.file(&format!("{place}-killed-wal")))
            .expect("it is copied");
        drop(connection);
        let mut connection = connect(&killed);
        assert_eq!((version(&connection), epoch(&connection)), (MIGRATIONS.len(), "3".to_owned()));
        check(&connection, MIGRATIONS).expect("it is as it was");
        migrate(&mut connection, &next(&STATEMENTS.join(";"))).expect("and can be brought up to date");
        assert_eq!(version(&connection), MIGRATIONS.len() + 1);
    }
}

#[test]
fn two_processes_may_make_the_tables_at_once() {
    let folder = Folder::new();
    let path = folder.file("a");
    drop(connect(&path));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = Connection::open(&path).expect("it opens");
                connection.busy_timeout(std::time::Duration::from_secs(60)).expect("it is set");
                migrate(&mut connection, MIGRATIONS).expect("one makes them, the others find them");
            });
        }
    });
}

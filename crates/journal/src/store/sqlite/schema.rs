//! The tables, and how older ones become these.

use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};

use crate::error::{JournalError, JournalErrorKind};
use crate::store::StoreError;

/// Marks a SQLite file as a journal: "nzim".
pub(super) const APPLICATION: i32 = 0x6e7a_696d;

/// Every version of the tables, each as the step from the one before. Steps are never altered, only added.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001.sql"),
    include_str!("../../../migrations/sqlite/0002.sql"),
];

/// Whose file it is.
pub(super) enum Found {
    /// Nobody's: nothing is in it.
    Empty,
    /// A journal of this version of the tables, counted from 1.
    Version(usize),
}

/// Looks whose file it is without changing it.
pub(super) fn look(connection: &Connection) -> Result<Found, JournalError> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(StoreError::from)?;
    let application = number("PRAGMA application_id").map_err(StoreError::from)?;
    let version = number("PRAGMA user_version").map_err(StoreError::from)?;
    match (tables, application) {
        (0, 0) => Ok(Found::Empty),
        (_, mark) if mark == i64::from(APPLICATION) => {
            let version = usize::try_from(version).ok().filter(|version| *version > 0);
            let told = || StoreError::Corrupt("the version of its tables makes no sense".to_owned());
            Ok(Found::Version(version.ok_or_else(told)?))
        }
        _ => Err(unfit("the file is a SQLite file of another program: name another file for the journal")),
    }
}

/// Refuses tables that are not exactly those of this version.
pub(super) fn check(connection: &Connection, migrations: &[&str]) -> Result<(), JournalError> {
    match look(connection)? {
        Found::Version(version) if version == migrations.len() => applied(connection, migrations, version),
        Found::Version(version) if version > migrations.len() => Err(newer(version, migrations.len())),
        _ => Err(unfit(
            "the journal has tables of an older version: open it once for writing, which brings them up to date",
        )),
    }
}

/// Brings the tables up to date, all steps in one transaction: interrupted, it leaves the file as it was.
pub(super) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), JournalError> {
    if let Found::Version(version) = look(connection)?
        && version >= migrations.len()
    {
        return check(connection, migrations);
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
    // Looked at again under the lock: another process may have been first.
    let version = match look(&transaction)? {
        Found::Empty => 0,
        Found::Version(version) if version > migrations.len() => {
            return Err(newer(version, migrations.len()));
        }
        Found::Version(version) => version,
    };
    applied(&transaction, migrations, version)?;
    for (step, sql) in migrations.iter().enumerate().skip(version) {
        apply(&transaction, step, sql).map_err(StoreError::from)?;
    }
    transaction.commit().map_err(StoreError::from)?;
    Ok(())
}

fn apply(connection: &Connection, step: usize, sql: &str) -> rusqlite::Result<()> {
    let version = i64::try_from(step + 1).unwrap_or(i64::MAX);
    if step == 0 {
        connection.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION}; \
             CREATE TABLE migrations (version INTEGER PRIMARY KEY, checksum BLOB NOT NULL) STRICT;"
        ))?;
    }
    connection.execute_batch(sql)?;
    connection.execute(
        "INSERT INTO migrations (version, checksum) VALUES (?1, ?2)",
        params![version, &checksum(sql)[..]],
    )?;
    connection.execute_batch(&format!("PRAGMA user_version = {version}"))
}

/// Whether the first steps were applied as they stand here.
fn applied(connection: &Connection, migrations: &[&str], version: usize) -> Result<(), JournalError> {
    if version == 0 {
        return Ok(());
    }
    let read = || -> rusqlite::Result<Vec<(i64, Vec<u8>)>> {
        let mut statement =
            connection.prepare("SELECT version, checksum FROM migrations ORDER BY version")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let found = read().map_err(StoreError::from)?;
    let steps = migrations.get(..version).unwrap_or(migrations);
    if tables(connection).map_err(StoreError::from)? != made_by(steps).map_err(StoreError::from)? {
        return Err(StoreError::Corrupt("its tables are not as they were made".to_owned()).into());
    }
    let expected = migrations.iter().take(version).map(|sql| checksum(sql));
    let fits = found.len() == version
        && found
            .iter()
            .zip(1..)
            .zip(expected)
            .all(|(((found, sum), version), expected)| *found == version && *sum == expected);
    if fits {
        return Ok(());
    }
    Err(unfit(
        "the journal's tables were made by other steps than this version knows: use the version that made them",
    ))
}

/// The definitions of all tables and indexes.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut statement = connection.prepare("SELECT name, tbl_name, sql FROM sqlite_schema ORDER BY name")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

/// The definitions that these steps make.
fn made_by(steps: &[&str]) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let connection = Connection::open_in_memory()?;
    for (step, sql) in steps.iter().enumerate() {
        apply(&connection, step, sql)?;
    }
    tables(&connection)
}

fn checksum(sql: &str) -> [u8; 32] {
    Sha256::digest(sql.as_bytes()).into()
}

fn newer(found: usize, known: usize) -> JournalError {
    unfit(&format!(
        "the journal was made by a newer version (its tables are number {found}, this version knows {known}), and \
         nothing was changed: use the newer version"
    ))
}

fn unfit(told: &str) -> JournalError {
    JournalError::new(JournalErrorKind::Unfit, told)
}

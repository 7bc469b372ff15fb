//! Opening the file: what durability rests on is set, read back, and refused otherwise.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{SqliteSettings, guard, schema};
use crate::error::{JournalError, JournalErrorKind};
use crate::store::StoreError;

/// The first SQLite whose write-ahead log cannot be reset under another writer.
const SOUND: i32 = 3_051_003;

/// Opens the connection that writes; makes the file where there is none.
pub(super) fn writer(path: &Path, settings: &SqliteSettings) -> Result<(PathBuf, Connection), JournalError> {
    sound(rusqlite::version_number())?;
    let path = place(path)?;
    make(&path)?;
    let path = canonical(&path)?;
    let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if connection.is_readonly("main").map_err(StoreError::from)? {
        return Err(read_only_file(&path));
    }
    // The file is not touched before it is known to be a journal, or empty.
    connection.busy_timeout(settings.busy).map_err(StoreError::from)?;
    schema::look(&connection)?;
    durable(&connection, settings).map_err(|error| read_only_or(&path, error))?;
    schema::migrate(&mut connection, schema::MIGRATIONS).map_err(|error| explain(&path, error))?;
    // The writer waits in its own way.
    connection.busy_timeout(Duration::ZERO).map_err(StoreError::from)?;
    Ok((path, connection))
}

/// Opens a connection that reads beside the writer.
pub(super) fn reader(path: &Path, settings: &SqliteSettings) -> Result<Connection, JournalError> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    common(&connection, settings.busy)?;
    Ok(connection)
}

/// Opens a connection to a journal that others may be writing.
pub(super) fn read_only(
    path: &Path,
    settings: &SqliteSettings,
) -> Result<(PathBuf, Connection), JournalError> {
    sound(rusqlite::version_number())?;
    if !path.is_file() {
        let told = format!("there is no journal at {}", path.display());
        return Err(JournalError::new(JournalErrorKind::NotFound, told));
    }
    let path = canonical(path)?;
    local(&path)?;
    let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    common(&connection, settings.busy)?;
    schema::check(&connection, schema::MIGRATIONS)?;
    Ok((path, connection))
}

/// Refuses every SQLite with the fault that damages a file when two connections write or checkpoint at once.
fn sound(version: i32) -> Result<(), JournalError> {
    if version >= SOUND {
        return Ok(());
    }
    let (major, minor, patch) = (version / 1_000_000, version / 1_000 % 1_000, version % 1_000);
    Err(unfit(format!(
        "SQLite {major}.{minor}.{patch} can damage a journal that two connections write: build with SQLite 3.51.3 or \
         newer (rusqlite's feature `bundled` brings one)"
    )))
}

/// The file's path, if its directory can hold a journal.
fn place(path: &Path) -> Result<PathBuf, JournalError> {
    let not_writable = |told: String| JournalError::new(JournalErrorKind::NotWritable, told);
    let Some(name) = path.file_name() else {
        return Err(not_writable(format!("{} names no file: name one for the journal", path.display())));
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(not_writable(format!(
            "the journal's directory {} does not exist: create it, or name another",
            directory.display()
        )));
    }
    if path.is_dir() {
        return Err(not_writable(format!("{} is a directory: name a file in it", path.display())));
    }
    let path = canonical(directory)?.join(name);
    local(&path)?;
    Ok(path)
}

fn local(path: &Path) -> Result<(), JournalError> {
    let Some(kind) = path.parent().and_then(guard::network) else { return Ok(()) };
    Err(JournalError::new(
        JournalErrorKind::NotWritable,
        format!(
            "{} lies on a network file system ({kind}), where two machines would write over each other: put it on \
             a local disk",
            path.display()
        ),
    ))
}

fn canonical(path: &Path) -> Result<PathBuf, JournalError> {
    fs::canonicalize(path).map_err(|error| not_opened(path, &error))
}

/// Makes the file, for its owner alone; SQLite gives the same rights to the files beside it.
fn make(path: &Path) -> Result<(), JournalError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(not_opened(path, &error)),
    }
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, JournalError> {
    // Each connection has one thread. Links were followed before, so that none can be slipped in.
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        // Plans rest on the statements alone. Otherwise SQLite looks at the values that are bound, and parses a statement
        // anew whenever one changes: the time of a claim always does, which is nearly half the work of a batch.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| read_only_or(path, error.into()))
}

/// What every connection has.
fn common(connection: &Connection, busy: Duration) -> Result<(), JournalError> {
    let set = || {
        connection.busy_timeout(busy)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; \
             PRAGMA cache_size = -2048;",
        )
    };
    Ok(set().map_err(StoreError::from)?)
}

/// Sets what durability rests on, and reads it back.
fn durable(connection: &Connection, settings: &SqliteSettings) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(64);
    let mode = wal(connection, settings.busy)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; \
         PRAGMA fullfsync = ON; \
         PRAGMA checkpoint_fullfsync = ON; \
         PRAGMA locking_mode = NORMAL; \
         PRAGMA mmap_size = 0; \
         PRAGMA wal_autocheckpoint = 0; \
         PRAGMA journal_size_limit = 67108864; \
         PRAGMA secure_delete = ON; \
         PRAGMA cell_size_check = ON; \
         PRAGMA trusted_schema = OFF; \
         PRAGMA cache_size = -4096;",
    )?;
    if let Some(most) = settings.most_pages {
        connection.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))?;
    }
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let locking: String = connection.query_row("PRAGMA locking_mode", [], |row| row.get(0))?;
    let found = [
        ("journal_mode", mode == "wal"),
        ("synchronous", number("synchronous")? == 2),
        ("secure_delete", number("secure_delete")? == 1),
        ("locking_mode", locking == "normal"),
        // A SQLite that was built without it has no such pragma.
        ("mmap_size", number("mmap_size").unwrap_or_default() == 0),
    ];
    match found.iter().find(|(_, kept)| !kept) {
        None => Ok(()),
        Some((name, _)) => Err(StoreError::Other(format!(
            "SQLite did not take the setting {name}, without which a payment could be lost: put the journal on a \
             local disk, and use SQLite as rusqlite bundles it"
        ))),
    }
}

/// Switches to the write-ahead log, and says what the mode is then. SQLite does not wait for others here.
fn wal(connection: &Connection, busy: Duration) -> Result<String, StoreError> {
    let since = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && since.elapsed() < busy =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            told => return Ok(told?),
        }
    }
}

fn explain(path: &Path, error: JournalError) -> JournalError {
    if error.kind() == JournalErrorKind::NotWritable {
        return JournalError::new(error.kind(), format!("{}: {error}", path.display()));
    }
    error
}

fn read_only_or(path: &Path, error: StoreError) -> JournalError {
    match error {
        StoreError::ReadOnly(_) => read_only_file(path),
        StoreError::Other(told) => unfit(told),
        error => error.into(),
    }
}

fn read_only_file(path: &Path) -> JournalError {
    JournalError::new(
        JournalErrorKind::NotWritable,
        format!(
            "the journal {} cannot be written by this user: give it the rights to file and directory, or open it \
             with Journal::sqlite_read_only",
            path.display()
        ),
    )
}

fn not_opened(path: &Path, error: &io::Error) -> JournalError {
    JournalError::new(
        JournalErrorKind::NotWritable,
        format!("the journal {} cannot be opened: {error}", path.display()),
    )
}

fn unfit(told: String) -> JournalError {
    JournalError::new(JournalErrorKind::Unfit, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_can_damage_its_log_is_refused() {
        for (version, name) in
            [(3_006_023, "3.6.23"), (3_007_000, "3.7.0"), (3_046_000, "3.46.0"), (3_051_002, "3.51.2")]
        {
            let error = sound(version).expect_err("refused");
            assert_eq!(error.kind(), JournalErrorKind::Unfit);
            assert!(error.to_string().starts_with(&format!("SQLite {name} ")), "{error}");
        }
        for version in [3_051_003, 3_053_002, 4_000_000] {
            sound(version).expect("taken");
        }
        sound(rusqlite::version_number()).expect("what is bundled is taken");
    }
}

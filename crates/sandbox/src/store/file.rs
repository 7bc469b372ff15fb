//! The state in a SQLite file.
//!
//! Everything that one call writes goes into the open transaction at once, where every later read sees it. A
//! thread commits whenever something was written; answers wait for the commit that covers them, so that
//! several calls share one. A committed transaction has been handed to the operating system: it outlives this
//! process, however that ends, though not a loss of power.

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::broken;
use crate::moment::Moment;

pub(crate) struct File {
    inner: Mutex<Inner>,
    written: Condvar,
    /// How many writes are committed; an error once the file cannot be written any more.
    committed: watch::Sender<Result<u64, String>>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

struct Inner {
    /// Nothing after `close`.
    connection: Option<Connection>,
    writes: u64,
    committed: u64,
    closing: bool,
}

impl File {
    pub(super) fn open(path: &Path, gate: Arc<Mutex<()>>) -> io::Result<Arc<File>> {
        let connection = connect(path).map_err(|error| {
            let remedy = match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::DatabaseBusy) => "another sandbox has it open; stop that one first",
                Some(rusqlite::ErrorCode::NotADatabase) => "it is no SQLite file; name another one",
                _ => "choose a file in a directory that can be written",
            };
            io::Error::other(format!("the store {} cannot be opened: {error}: {remedy}", path.display()))
        })?;
        if !is_readable(&connection).map_err(io::Error::other)? {
            return Err(io::Error::other(format!(
                "the store {} was made by another version of the sandbox; remove it or name another one",
                path.display()
            )));
        }
        let (committed, _) = watch::channel(Ok(0));
        let file = Arc::new(File {
            inner: Mutex::new(Inner {
                connection: Some(connection),
                writes: 0,
                committed: 0,
                closing: false,
            }),
            written: Condvar::new(),
            committed,
            committer: Mutex::new(None),
        });
        let committer = thread::Builder::new().name("nzimbu-store".to_owned()).spawn({
            let file = Arc::clone(&file);
            move || file.commit_for_ever(&gate)
        })?;
        *file.committer.lock().unwrap_or_else(PoisonError::into_inner) = Some(committer);
        Ok(file)
    }

    pub(super) fn next_serial(&self) -> io::Result<u64> {
        let inner = self.lock();
        let connection = inner.connection.as_ref().ok_or_else(|| io::Error::other("closed"))?;
        let highest = || -> rusqlite::Result<i64> {
            let mut tables = connection.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' \
                 AND (name LIKE 'orders\\_%' ESCAPE '\\' OR name LIKE 'log\\_%' ESCAPE '\\')",
            )?;
            let names = tables.query_map([], |row| row.get::<_, String>(0))?;
            let mut highest: i64 =
                connection.query_row("SELECT coalesce(max(seq), 0) FROM schedule", [], |row| row.get(0))?;
            for name in names {
                let top = connection.query_row(
                    &format!("SELECT coalesce(max(serial), 0) FROM {}", name?),
                    [],
                    |row| row.get(0),
                )?;
                highest = highest.max(top);
            }
            Ok(highest)
        };
        let highest = highest().map_err(io::Error::other)?;
        Ok(u64::try_from(highest).unwrap_or_default() + 1)
    }

    pub(super) async fn settled(&self) -> Result<(), String> {
        let writes = {
            let inner = self.lock();
            if inner.committed == inner.writes {
                return Ok(());
            }
            inner.writes
        };
        let mut committed = self.committed.subscribe();
        match committed.wait_for(|state| state.as_ref().map_or(true, |count| *count >= writes)).await {
            Ok(state) => state.clone().map(|_| ()),
            Err(_) => Err("the sandbox is stopping".to_owned()),
        }
    }

    pub(super) fn clear(&self) {
        self.write(|connection| {
            let tables: Vec<String> = connection
                .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for table in tables {
                connection.execute(&format!("DELETE FROM {table}"), [])?;
            }
            Ok(())
        });
    }

    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.written.notify_all();
        let committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(committer) = committer {
            // A panic over there has been printed already.
            let _ = committer.join();
        }
    }

    // Orders

    pub(super) fn open_orders(&self, drawer: &str) -> usize {
        self.write(|connection| {
            connection.execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS orders_{drawer} \
                 (serial INTEGER PRIMARY KEY, body TEXT NOT NULL, shelf INTEGER); \
                 CREATE INDEX IF NOT EXISTS orders_{drawer}_shelf ON orders_{drawer} (shelf, serial) \
                 WHERE shelf IS NOT NULL"
            ))
        });
        self.count(&format!("orders_{drawer}"))
    }

    pub(super) fn insert_order<T: Serialize>(
        &self,
        drawer: &str,
        serial: u64,
        order: &T,
        group: Option<u8>,
        keys: impl Iterator<Item = i64>,
    ) {
        let body = text(order);
        self.write(|connection| {
            connection
                .prepare_cached(&format!(
                    "INSERT INTO orders_{drawer} (serial, body, shelf) VALUES (?, ?, ?)"
                ))?
                .execute(params![number(serial), body, group])?;
            let mut insert =
                connection.prepare_cached("INSERT OR IGNORE INTO keys (short, serial) VALUES (?, ?)")?;
            for key in keys {
                insert.execute(params![key, number(serial)])?;
            }
            add(connection, &format!("orders_{drawer}"), 1)
        });
    }

    pub(super) fn update_order<T: Serialize>(&self, drawer: &str, serial: u64, order: &T) {
        let body = text(order);
        self.write(|connection| {
            connection
                .prepare_cached(&format!("UPDATE orders_{drawer} SET body = ? WHERE serial = ?"))?
                .execute(params![body, number(serial)])
        });
    }

    /// Lists an order under another group. Apart from the order itself, because an index is only touched when
    /// its column is named.
    pub(super) fn move_order(&self, drawer: &str, serial: u64, group: Option<u8>) {
        self.write(|connection| {
            connection
                .prepare_cached(&format!("UPDATE orders_{drawer} SET shelf = ? WHERE serial = ?"))?
                .execute(params![group, number(serial)])
        });
    }

    pub(super) fn remove_order(&self, drawer: &str, serial: u64, keys: impl Iterator<Item = i64>) {
        self.write(|connection| {
            connection
                .prepare_cached(&format!("DELETE FROM orders_{drawer} WHERE serial = ?"))?
                .execute(params![number(serial)])?;
            for key in keys {
                connection
                    .prepare_cached("DELETE FROM keys WHERE short = ? AND serial = ?")?
                    .execute(params![key, number(serial)])?;
            }
            add(connection, &format!("orders_{drawer}"), -1)
        });
    }

    pub(super) fn order<T: DeserializeOwned>(&self, drawer: &str, serial: u64) -> Option<T> {
        let sql = format!("SELECT body FROM orders_{drawer} WHERE serial = ?");
        self.one::<String>(&sql, &[&number(serial)]).map(|body| value(&body))
    }

    pub(super) fn oldest<T: DeserializeOwned>(&self, drawer: &str) -> Option<(u64, T)> {
        let sql = format!("SELECT serial, body FROM orders_{drawer} ORDER BY serial LIMIT 1");
        self.rows(&sql, &[]).into_iter().next()
    }

    pub(super) fn newest<T: DeserializeOwned>(
        &self,
        drawer: &str,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, T)> {
        let sql =
            format!("SELECT serial, body FROM orders_{drawer} WHERE serial < ? ORDER BY serial DESC LIMIT ?");
        self.rows(&sql, &[&number(before), &count(limit)])
    }

    pub(super) fn newest_of<T: DeserializeOwned>(
        &self,
        drawer: &str,
        group: u8,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, T)> {
        let sql = format!(
            "SELECT serial, body FROM orders_{drawer} WHERE shelf = ? AND serial < ? \
             ORDER BY serial DESC LIMIT ?"
        );
        self.rows(&sql, &[&group, &number(before), &count(limit)])
    }

    pub(super) fn find(&self, short: i64) -> Vec<u64> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT serial FROM keys WHERE short = ? ORDER BY serial")?
                .query_map(params![short], |row| row.get(0).map(serial))?
                .collect()
        })
    }

    // Entries

    pub(super) fn entry<V: DeserializeOwned>(&self, drawer: &str, name: &str) -> Option<V> {
        let sql = "SELECT value FROM entries WHERE drawer = ? AND name = ?";
        self.one::<String>(sql, &[&drawer, &name]).map(|body| value(&body))
    }

    pub(super) fn set_entry<V: Serialize>(&self, drawer: &str, name: &str, value: &V) -> bool {
        let value = text(value);
        self.write(|connection| {
            let changed = connection
                .prepare_cached("UPDATE entries SET value = ? WHERE drawer = ? AND name = ?")?
                .execute(params![value, drawer, name])?;
            if changed > 0 {
                return Ok(false);
            }
            connection
                .prepare_cached("INSERT INTO entries (drawer, name, value) VALUES (?, ?, ?)")?
                .execute(params![drawer, name, value])?;
            add(connection, drawer, 1)?;
            Ok(true)
        })
    }

    pub(super) fn remove_entry(&self, drawer: &str, name: &str) -> bool {
        self.write(|connection| {
            let removed = connection
                .prepare_cached("DELETE FROM entries WHERE drawer = ? AND name = ?")?
                .execute(params![drawer, name])?;
            if removed > 0 {
                add(connection, drawer, -1)?;
            }
            Ok(removed > 0)
        })
    }

    pub(super) fn entries<V: DeserializeOwned>(&self, drawer: &str) -> Vec<(String, V)> {
        let rows: Vec<(String, String)> = self.read(|connection| {
            connection
                .prepare_cached("SELECT name, value FROM entries WHERE drawer = ? ORDER BY name")?
                .query_map(params![drawer], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        });
        rows.into_iter().map(|(name, body)| (name, value(&body))).collect()
    }

    pub(super) fn count(&self, drawer: &str) -> usize {
        let sql = "SELECT number FROM counts WHERE drawer = ?";
        self.one::<i64>(sql, &[&drawer]).and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
    }

    // Logs

    pub(super) fn open_log(&self, drawer: &str) {
        self.write(|connection| {
            connection.execute_batch(&format!(
                "CREATE TABLE IF NOT EXISTS log_{drawer} \
                 (serial INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL); \
                 CREATE INDEX IF NOT EXISTS log_{drawer}_name ON log_{drawer} (name, serial)"
            ))
        });
    }

    pub(super) fn insert_line<T: Serialize>(&self, drawer: &str, serial: u64, key: &str, line: &T) {
        let body = text(line);
        self.write(|connection| {
            connection
                .prepare_cached(&format!("INSERT INTO log_{drawer} (serial, name, body) VALUES (?, ?, ?)"))?
                .execute(params![number(serial), key, body])
        });
    }

    pub(super) fn lines<T: DeserializeOwned>(
        &self,
        drawer: &str,
        key: Option<&str>,
        before: u64,
        limit: usize,
    ) -> Vec<(u64, T)> {
        let (filter, order) = ("SELECT serial, body FROM", "ORDER BY serial DESC LIMIT ?");
        match key {
            None => {
                let sql = format!("{filter} log_{drawer} WHERE serial < ? {order}");
                self.rows(&sql, &[&number(before), &count(limit)])
            }
            Some(key) => {
                let sql = format!("{filter} log_{drawer} WHERE name = ? AND serial < ? {order}");
                self.rows(&sql, &[&key, &number(before), &count(limit)])
            }
        }
    }

    /// How many lines each key has, for keys that begin with `prefix` and come after `after`, by key.
    pub(super) fn tally(
        &self,
        drawer: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Vec<(String, usize)> {
        // No text that begins with the prefix stands behind this one.
        let end = format!("{prefix}{}", char::MAX);
        self.read(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT name, count(*) FROM log_{drawer} \
                     WHERE name >= ? AND name > ? AND name < ? \
                     GROUP BY name ORDER BY name LIMIT ?"
                ))?
                .query_map(params![prefix, after, end, count(limit)], |row| {
                    Ok((row.get(0)?, usize::try_from(row.get::<_, i64>(1)?).unwrap_or_default()))
                })?
                .collect()
        })
    }

    // Events

    pub(crate) fn add_event<T: Serialize>(&self, drawer: &str, due: Moment, seq: u64, event: &T) {
        let event = text(event);
        self.write(|connection| {
            connection
                .prepare_cached("INSERT INTO schedule (drawer, due, seq, event) VALUES (?, ?, ?, ?)")?
                .execute(params![drawer, number(due.unix_micros()), number(seq), event])
        });
    }

    pub(crate) fn next_event<T: DeserializeOwned>(&self, drawer: &str) -> Option<(Moment, u64, T)> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT due, seq, event FROM schedule WHERE drawer = ? ORDER BY due, seq LIMIT 1",
                )?
                .query_row(params![drawer], |row| {
                    Ok((row.get(0).map(serial)?, row.get(1).map(serial)?, row.get::<_, String>(2)?))
                })
                .optional()
        })
        .map(|(due, seq, event)| (Moment::from_unix_micros(due), seq, value(&event)))
    }

    pub(crate) fn remove_event(&self, drawer: &str, due: Moment, seq: u64) {
        self.write(|connection| {
            connection
                .prepare_cached("DELETE FROM schedule WHERE drawer = ? AND due = ? AND seq = ?")?
                .execute(params![drawer, number(due.unix_micros()), number(seq)])
        });
    }

    // The connection

    fn one<V: FromSql>(&self, sql: &str, values: &[&dyn ToSql]) -> Option<V> {
        self.read(|connection| connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional())
    }

    fn rows<T: DeserializeOwned>(&self, sql: &str, values: &[&dyn ToSql]) -> Vec<(u64, T)> {
        let rows: Vec<(u64, String)> = self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map(values, |row| Ok((row.get(0).map(serial)?, row.get(1)?)))?
                .collect()
        });
        rows.into_iter().map(|(serial, body)| (serial, value(&body))).collect()
    }

    fn read<R>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> R {
        let inner = self.lock();
        let Some(connection) = &inner.connection else { broken(&"it is closed") };
        ask(connection).unwrap_or_else(|error| broken(&error))
    }

    fn write<R>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<R>) -> R {
        let mut inner = self.lock();
        let Some(connection) = &inner.connection else { broken(&"it is closed") };
        let done = begin(connection).and_then(|()| act(connection));
        match done {
            Ok(result) => {
                inner.writes += 1;
                drop(inner);
                self.written.notify_one();
                result
            }
            Err(error) => {
                // What stood there before is of no more interest.
                let _ = self.committed.send_replace(Err(error.to_string()));
                drop(inner);
                broken(&error)
            }
        }
    }

    fn commit_for_ever(&self, gate: &Mutex<()>) {
        loop {
            let mut inner = self.lock();
            while inner.writes == inner.committed && !inner.closing {
                inner = self.written.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
            drop(inner);
            // Whoever holds the gate is in the middle of what belongs together.
            let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            let mut inner = self.lock();
            let Some(connection) = &inner.connection else { return };
            let state = match commit(connection) {
                Ok(()) => {
                    inner.committed = inner.writes;
                    Ok(inner.committed)
                }
                Err(error) => Err(error.to_string()),
            };
            let failed = state.is_err();
            if inner.closing || failed {
                inner.connection = None;
            }
            drop(inner);
            drop(gate);
            // A failure stays known: what was promised after it would not be kept.
            self.committed.send_if_modified(|known| {
                let change = known.is_ok();
                if change {
                    *known = state;
                }
                change
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_millis(200))?;
    connection.set_prepared_statement_cache_capacity(64);
    // Exclusive, because the answers to one sandbox's questions must not change under it.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; \
         PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = OFF; \
         PRAGMA wal_autocheckpoint = 4000; \
         PRAGMA cache_size = -16384; \
         BEGIN IMMEDIATE; \
         CREATE TABLE IF NOT EXISTS keys \
             (short INTEGER NOT NULL, serial INTEGER NOT NULL, PRIMARY KEY (short, serial)) WITHOUT ROWID; \
         CREATE TABLE IF NOT EXISTS entries \
             (drawer TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (drawer, name)) \
             WITHOUT ROWID; \
         CREATE TABLE IF NOT EXISTS counts (drawer TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID; \
         CREATE TABLE IF NOT EXISTS schedule \
             (drawer TEXT NOT NULL, due INTEGER NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, \
             PRIMARY KEY (drawer, due, seq)) WITHOUT ROWID; \
         COMMIT;",
    )?;
    Ok(connection)
}

/// Whether the file is new or of this form, and marks a new one.
fn is_readable(connection: &Connection) -> rusqlite::Result<bool> {
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let is_new = form == 0
        && !connection.query_row(
            "SELECT exists(SELECT 1 FROM sqlite_schema WHERE name LIKE 'orders\\_%' ESCAPE '\\')",
            [],
            |row| row.get::<_, bool>(0),
        )?;
    if is_new {
        connection.execute_batch(&format!("PRAGMA user_version = {FORM}"))?;
    }
    Ok(is_new || form == FORM)
}

/// Raised whenever what stands in the tables is read differently.
const FORM: i64 = 1;

fn begin(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() {
        connection.prepare_cached("BEGIN")?.execute([])?;
    }
    Ok(())
}

fn commit(connection: &Connection) -> rusqlite::Result<()> {
    if !connection.is_autocommit() {
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(())
}

fn add(connection: &Connection, drawer: &str, change: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO counts (drawer, number) VALUES (?1, ?2) \
             ON CONFLICT (drawer) DO UPDATE SET number = number + ?2",
        )?
        .execute(params![drawer, change])?;
    Ok(())
}

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| broken(&error))
}

fn value<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| broken(&error))
}

/// SQLite's integers are signed.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn serial(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

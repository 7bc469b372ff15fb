//! The journal in a SQLite file: one writer thread with group commit, a few readers, and no server.

mod errors;
mod schema;
mod guard;
mod open;
mod queue;
mod rows;
mod tx;
mod writer;
mod reader;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use self::guard::Guard;
use self::queue::Queue;
use super::{Lane, Store, StoreError, Work};
use crate::clock::{Clock, SteadyClock};
use crate::error::{JournalError, JournalErrorKind};
use crate::journal::Journal;

/// What can be set about a journal in a SQLite file. What durability rests on cannot: it is set, read back, and a file
/// that does not have it is refused.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SqliteSettings {
    /// How long a command waits for another process that is writing (5 s).
    pub busy: Duration,
    /// How many threads read (2).
    pub readers: usize,
    /// How many commands share one sync at most (512).
    pub group: usize,
    /// After how many pages of 4 KiB in its write-ahead log the file itself is brought up to date (4,000).
    pub checkpoint: u32,
    /// How many pages of 4 KiB the file may have (no limit but the disk's). Beyond it nothing new is begun.
    pub most_pages: Option<u32>,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self { busy: Duration::from_secs(5), readers: 2, group: 512, checkpoint: 4_000, most_pages: None }
    }
}

impl Journal {
    /// Opens a journal in a file, or makes a new one that only its owner may read. Several processes may have it
    /// open at once, on one machine.
    ///
    /// # Errors
    /// [`NotWritable`](JournalErrorKind::NotWritable) when file or directory is missing, read-only or on a network
    /// file system, [`Unfit`](JournalErrorKind::Unfit) when a newer version or another program made it or SQLite is
    /// too old to be trusted with it, [`Damaged`](JournalErrorKind::Damaged), and
    /// [`Unavailable`](JournalErrorKind::Unavailable) when another process holds it for too long.
    pub fn sqlite(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        Self::sqlite_with(path, SqliteSettings::default(), Arc::new(SteadyClock::new()))
    }

    /// As [`sqlite`](Self::sqlite), with settings and a clock.
    ///
    /// # Errors
    /// As [`sqlite`](Self::sqlite).
    pub fn sqlite_with(
        path: impl AsRef<Path>,
        settings: SqliteSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let store = SqliteStore::open(path.as_ref(), &settings, &clock)?;
        Ok(Self::over(Arc::new(store), clock))
    }

    /// Opens a journal to look at it, also while other processes write. Every command that would write is refused as
    /// [`NotWritable`](JournalErrorKind::NotWritable), and the file is not changed.
    ///
    /// # Errors
    /// [`NotFound`](JournalErrorKind::NotFound) when there is no such file; otherwise as [`sqlite`](Self::sqlite).
    pub fn sqlite_read_only(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let clock: Arc<dyn Clock> = Arc::new(SteadyClock::new());
        let store = SqliteStore::open_read_only(path.as_ref(), &SqliteSettings::default(), &clock)?;
        Ok(Self::over(Arc::new(store), clock))
    }
}

/// The threads that work on one file for one process.
pub(crate) struct SqliteStore {
    path: PathBuf,
    reads: Arc<Queue>,
    readers: Mutex<Vec<JoinHandle<()>>>,
    /// None for a journal that is only looked at.
    writes: Option<Arc<Queue>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    fn open(path: &Path, settings: &SqliteSettings, clock: &Arc<dyn Clock>) -> Result<Self, JournalError> {
        let (path, connection) = open::writer(path, settings)?;
        let guard = Guard::over(&path).map_err(JournalError::from)?;
        let readers = (0..settings.readers.max(1)).map(|_| open::reader(&path, settings));
        let mut store = Self::reading(path.clone(), readers.collect::<Result<_, _>>()?, clock)?;
        let writes = Arc::new(Queue::new());
        store.writes = Some(Arc::clone(&writes));
        let writer = writer::Writer::new(guard, settings, Arc::clone(clock));
        store.writer = Mutex::new(Some(spawn("nzimbu-writer", move || writer.serve(&connection, &writes))?));
        Ok(store)
    }

    fn open_read_only(
        path: &Path,
        settings: &SqliteSettings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let (path, connection) = open::read_only(path, settings)?;
        Self::reading(path, vec![connection], clock)
    }

    fn reading(
        path: PathBuf,
        connections: Vec<Connection>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, JournalError> {
        let reads = Arc::new(Queue::new());
        let store = Self {
            path,
            reads: Arc::clone(&reads),
            readers: Mutex::default(),
            writes: None,
            writer: Mutex::default(),
        };
        for connection in connections {
            let (reads, clock) = (Arc::clone(&reads), Arc::clone(clock));
            let reader = spawn("nzimbu-reader", move || reader::serve(&connection, &reads, &*clock))?;
            locked(&store.readers).push(reader);
        }
        Ok(store)
    }
}

impl Store for SqliteStore {
    fn submit(&self, lane: Lane, work: Box<dyn Work>) {
        match (lane, &self.writes) {
            (Lane::Read, _) => self.reads.push(work),
            (Lane::Write, Some(writes)) => writes.push(work),
            (Lane::Write, None) => {
                let told = "it was opened to be looked at: open it with Journal::sqlite to write";
                work.finish(Err(StoreError::ReadOnly(told.to_owned())));
            }
        }
    }
}

impl Drop for SqliteStore {
    /// What was handed over is done before the threads end; the last connection brings the file up to date.
    fn drop(&mut self) {
        self.reads.close();
        for reader in locked(&self.readers).drain(..) {
            join(reader);
        }
        if let Some(writes) = &self.writes {
            writes.close();
        }
        if let Some(writer) = locked(&self.writer).take() {
            join(writer);
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite {}", self.path.display())
    }
}

fn join(thread: JoinHandle<()>) {
    // The last clone of a journal may go on one of its own threads, with a command that nobody waited for.
    if thread.thread().id() != thread::current().id() {
        // A panic over there has been printed already, and whoever waited was told that the journal is closed.
        let _ = thread.join();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, JournalError> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|error| {
        JournalError::new(
            JournalErrorKind::Unavailable,
            format!("the journal got no thread of its own: {error}: raise the limit of threads"),
        )
    })
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that is kept here is changed in more than one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

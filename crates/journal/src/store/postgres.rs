//! The shared journal: PostgreSQL, for any number of workers on any number of machines.
//!
//! Each connection has a thread of its own; works wait in one queue. A claim is `FOR UPDATE SKIP LOCKED`, leases go by
//! the database's clock, and after a lost connection or a failover it is looked up, never guessed, what was committed.

mod checks;
mod columns;
mod list;
mod migrate;
mod pending;
mod queue;
mod session;
mod settings;
mod statement;
mod trouble;
mod tx;
mod value;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use self::queue::{Job, Queue};
use self::session::{OpenError, Session, Time};
use self::settings::Address;
pub use self::settings::{PostgresSettings, PostgresTls};
use self::worker::Worker;
use super::{Lane, Store, StoreError, Work};
use crate::error::{JournalError, JournalErrorKind};
use crate::journal::Journal;

impl Journal {
    /// Opens the journal in a PostgreSQL database, 15 or newer; makes or upgrades its tables.
    ///
    /// It blocks until the server was looked over, a few round trips. Any number of processes may work on one journal.
    ///
    /// # Errors
    /// [`Unfit`](JournalErrorKind::Unfit) when the settings are wrong, the server is too old, a standby, or not set up
    /// to be durable, or the tables are of a newer version; otherwise when it cannot be reached.
    pub fn postgres(settings: PostgresSettings) -> Result<Self, JournalError> {
        let clock = Arc::clone(&settings.clock);
        Ok(Self::over(Arc::new(PostgresStore::open(settings, Time::OfTheDatabase)?), clock))
    }

    /// The same, with the time of the clock in the settings instead of the database's.
    ///
    /// # Errors
    /// As [`postgres`](Self::postgres).
    #[cfg(any(test, feature = "testing"))]
    pub fn postgres_by_its_own_clock(settings: PostgresSettings) -> Result<Self, JournalError> {
        let clock = Arc::clone(&settings.clock);
        Ok(Self::over(Arc::new(PostgresStore::open(settings, Time::HandedIn)?), clock))
    }
}

struct PostgresStore {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads share.
struct Shared {
    settings: PostgresSettings,
    address: Address,
    time: Time,
    queue: Queue,
    /// Why the server could not be reached the last time.
    unreachable: Mutex<String>,
}

impl Shared {
    fn connect(&self) -> Result<Session, OpenError> {
        Session::open(&self.address, &self.settings.schema, Arc::clone(&self.settings.clock), self.time)
    }

    fn note_unreachable(&self, error: &OpenError) {
        *self.unreachable.lock().unwrap_or_else(PoisonError::into_inner) = error.to_string();
    }

    fn unreachable(&self) -> String {
        self.unreachable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl PostgresStore {
    fn open(settings: PostgresSettings, time: Time) -> Result<Self, JournalError> {
        let address = settings.resolve()?;
        let connections = settings.connections;
        let unreachable = Mutex::new("the server was not asked yet".to_owned());
        let shared = Arc::new(Shared { settings, address, time, queue: Queue::default(), unreachable });
        let mut store = Self { shared, threads: Vec::with_capacity(connections) };
        // The first connection is made on its own thread too: the caller may be inside a runtime.
        let (tell, told) = mpsc::channel();
        store.spawn(0, move |shared| match shared.connect() {
            Ok(session) => {
                // Whoever opens it waits for this word.
                let _ = tell.send(Ok(()));
                Worker::new(shared, Some(session)).run();
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        })?;
        told.recv().map_err(|_| JournalError::closed())??;
        for number in 1..connections {
            store.spawn(number, |shared| Worker::new(shared, None).run())?;
        }
        Ok(store)
    }

    fn spawn(
        &mut self,
        number: usize,
        work: impl FnOnce(Arc<Shared>) + Send + 'static,
    ) -> Result<(), JournalError> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().name(format!("nzimbu-postgres-{number}"));
        let thread = thread.spawn(move || work(shared)).map_err(|error| {
            JournalError::new(JournalErrorKind::Unavailable, format!("no thread could be made: {error}"))
        })?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Store for PostgresStore {
    fn submit(&self, lane: Lane, work: Box<dyn Work>) {
        let since = self.shared.settings.clock.now();
        if let Err(job) = self.shared.queue.push(Job { lane, work, since }) {
            job.finish(Err(StoreError::Closed));
        }
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.shared.queue.close();
        for thread in self.threads.drain(..) {
            // The last journal may be let go of by an answer, on one of these very threads.
            if thread.thread().id() != thread::current().id() {
                // A thread that panicked has nothing to tell.
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL, schema {}", self.shared.settings.schema)
    }
}

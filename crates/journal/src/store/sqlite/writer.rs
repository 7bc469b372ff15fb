//! The thread that writes: groups of works, each group one transaction and one sync.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_core::UnixTime;
use rusqlite::{Connection, ErrorCode};

use super::SqliteSettings;
use super::guard::Guard;
use super::queue::{Queue, Wait};
use super::tx::{SqliteTx, Statements};
use crate::clock::Clock;
use crate::store::{StoreError, Work};

pub(super) struct Writer {
    guard: Guard,
    clock: Arc<dyn Clock>,
    settings: SqliteSettings,
    /// What the file lost under us; nothing is written any more.
    stopped: Option<StoreError>,
    /// Something was forgotten, and the log may still hold it.
    forgot: bool,
    /// How many commands were written since the length of the log was last looked at.
    since_look: usize,
}

/// How long a group may wait for commands that are expected.
struct Patience {
    /// How many commands are under way; one alone never waits.
    expected: usize,
    /// What the last commit took.
    took: Duration,
    /// For how many groups nobody is waited for, and for how many the next time.
    pause: u32,
    next_pause: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { expected: 1, took: Duration::ZERO, pause: 0, next_pause: 1 }
    }
}

impl Patience {
    /// A command that comes within half a commit is done earlier than with the next one.
    fn time(&self) -> Duration {
        const MOST: Duration = Duration::from_millis(2);
        if self.pause > 0 { Duration::ZERO } else { (self.took / 2).min(MOST) }
    }

    /// Callers that do not come back at once are not waited for again and again.
    fn learn(&mut self, wait: Wait, took: Duration, expected: usize) {
        match wait {
            Wait::None => self.pause = self.pause.saturating_sub(1),
            Wait::Paid => self.next_pause = 1,
            Wait::InVain => {
                self.pause = self.next_pause;
                self.next_pause = (self.next_pause * 2).min(32);
            }
        }
        (self.took, self.expected) = (took, expected);
    }
}

/// After how many commands the length of the log is looked at.
const LOOK: usize = 32;

/// Where a transaction failed.
enum Failed {
    /// Before any work was run: no work is to blame.
    Before(StoreError),
    /// In a work or at the end: one of the works may be to blame.
    Within(StoreError),
}

impl Writer {
    pub(super) fn new(guard: Guard, settings: &SqliteSettings, clock: Arc<dyn Clock>) -> Self {
        Self { guard, clock, settings: settings.clone(), stopped: None, forgot: false, since_look: 0 }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn serve(mut self, connection: &Connection, queue: &Queue) {
        // Whatever happens in here, nobody waits for ever.
        let _abandoned = Abandoned(queue);
        let mut group = Vec::with_capacity(self.settings.group);
        let mut statements = match Statements::prepare(connection) {
            Ok(statements) => statements,
            Err(error) => return refuse(queue, &error),
        };
        let mut patience = Patience::default();
        while let Some(wait) = queue.take(self.settings.group, patience.expected, patience.time(), &mut group)
        {
            let since = Instant::now();
            let outcome = self.commit(&mut statements, &mut group);
            // Before anybody is told and comes back.
            patience.learn(wait, since.elapsed(), group.len() + queue.len());
            self.since_look += group.len();
            self.finish(&mut statements, &mut group, outcome);
            self.tidy(connection);
        }
        if self.forgot {
            // The last chance, so that readers are waited for.
            let _ = connection.busy_timeout(self.settings.busy);
            self.tidy(connection);
        }
    }

    fn finish(
        &mut self,
        statements: &mut Statements<'_>,
        group: &mut Vec<Box<dyn Work>>,
        outcome: Result<(), Failed>,
    ) {
        match outcome {
            Ok(()) => finish_all(group, &Ok(())),
            Err(Failed::Before(error)) => finish_all(group, &Err(error)),
            Err(Failed::Within(error)) if group.len() == 1 => finish_all(group, &Err(error)),
            Err(Failed::Within(_)) => self.write_one_by_one(statements, group),
        }
    }

    /// One work failed, or all were too much for one commit: none is to suffer for another.
    fn write_one_by_one(&mut self, statements: &mut Statements<'_>, group: &mut Vec<Box<dyn Work>>) {
        let mut works = std::mem::take(group).into_iter();
        while let Some(mut work) = works.next() {
            match self.commit(statements, std::slice::from_mut(&mut work)) {
                Ok(()) => finish(work, Ok(())),
                Err(Failed::Within(error)) => finish(work, Err(error)),
                Err(Failed::Before(error)) => {
                    finish(work, Err(error.clone()));
                    works.by_ref().for_each(|work| finish(work, Err(error.clone())));
                }
            }
        }
    }

    /// Runs works in one transaction. When it returns without an error, they are durable; otherwise none is written.
    fn commit(&mut self, statements: &mut Statements<'_>, works: &mut [Box<dyn Work>]) -> Result<(), Failed> {
        if let Some(error) = &self.stopped {
            return Err(Failed::Before(error.clone()));
        }
        self.begin(statements).map_err(Failed::Before)?;
        let mut tx = SqliteTx::new(statements);
        // Read once the lock is held: the wait for it may have been long.
        let now = self.clock.now();
        let ran = works.iter_mut().try_for_each(|work| run(&mut **work, &mut tx, now));
        let forgot = tx.forgot;
        let ended = ran.and_then(|()| Ok(statements.commit.execute([]).map(|_| ())?));
        if let Err(error) = ended {
            self.roll_back(statements.connection());
            return Err(Failed::Within(error));
        }
        self.forgot |= forgot;
        // A commit into a file that nobody will find again is none.
        if let Err(error) = self.guard.check() {
            self.stopped = Some(error.clone());
            return Err(Failed::Before(error));
        }
        Ok(())
    }

    /// Takes the lock, and waits for others as long as the settings say.
    ///
    /// SQLite's own wait doubles its pauses up to 100 ms, and would seldom find the moment between two commits of a
    /// busy process; this one begins anew.
    fn begin(&self, statements: &mut Statements<'_>) -> Result<(), StoreError> {
        let mut since = None;
        loop {
            let error = match statements.begin.execute([]) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            let busy = error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
            let since = *since.get_or_insert_with(Instant::now);
            if !busy || since.elapsed() >= self.settings.busy {
                return Err(error.into());
            }
            thread::sleep(Duration::from_micros(500));
        }
    }

    fn roll_back(&mut self, connection: &Connection) {
        if connection.is_autocommit() {
            // SQLite has done it: a full disk or a failed write ends a transaction.
            return;
        }
        if let Err(error) = connection.execute_batch("ROLLBACK") {
            // With a transaction that neither ends nor goes away, nothing that follows could be believed.
            self.stopped = Some(StoreError::Lost(format!("a transaction could not be taken back: {error}")));
        }
    }

    /// Brings the file up to date with its log once that is long enough, between two groups, so that no command
    /// waits for more than its own sync. Fails quietly: the log keeps everything until the next time.
    fn tidy(&mut self, connection: &Connection) {
        if self.forgot {
            // What was forgotten has to go from the log as well; with a reader in the way, after the next group.
            self.forgot = checkpoint(connection, "TRUNCATE").is_none();
            return;
        }
        if self.since_look < LOOK {
            return;
        }
        self.since_look = 0;
        if checkpoint(connection, "NOOP").is_some_and(|pages| pages >= i64::from(self.settings.checkpoint)) {
            checkpoint(connection, "PASSIVE");
        }
    }
}

/// Returns how many pages the log holds, unless others were in the way.
fn checkpoint(connection: &Connection, mode: &str) -> Option<i64> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})")).ok()?;
    let told = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    told.ok().filter(|(busy, _)| *busy == 0).map(|(_, pages)| pages)
}

/// Runs a work. One that panics has failed, and takes no other with it.
pub(super) fn run(work: &mut dyn Work, tx: &mut SqliteTx<'_, '_>, now: UnixTime) -> Result<(), StoreError> {
    let ran = catch_unwind(AssertUnwindSafe(|| work.run(tx, now)));
    ran.unwrap_or_else(|_| Err(StoreError::Other("the command panicked".to_owned())))
}

/// Finishes a work. What its caller does with the answer is none of the store's business, a panic included.
pub(super) fn finish(work: Box<dyn Work>, outcome: Result<(), StoreError>) {
    // The panic has been printed by its hook.
    let _ = catch_unwind(AssertUnwindSafe(|| work.finish(outcome)));
}

/// Finishes a group, the last first: a caller that waits for one after the other begins with the first, and is woken
/// once, when all are there.
fn finish_all(group: &mut Vec<Box<dyn Work>>, outcome: &Result<(), StoreError>) {
    for work in group.drain(..).rev() {
        finish(work, outcome.clone());
    }
}

/// Tells everybody why nothing can be written, until the queue is closed.
fn refuse(queue: &Queue, error: &StoreError) {
    let mut works = Vec::new();
    while queue.take(usize::MAX, 1, Duration::ZERO, &mut works).is_some() {
        finish_all(&mut works, &Err(error.clone()));
    }
}

struct Abandoned<'a>(&'a Queue);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        self.0.close();
        refuse(self.0, &StoreError::Closed);
    }
}

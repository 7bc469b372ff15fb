//! The threads that read. Each work sees one moment of the journal, whatever is written meanwhile.

use std::time::Duration;

use rusqlite::Connection;

use super::queue::Queue;
use super::tx::{SqliteTx, Statements};
use super::writer::{finish, run};
use crate::clock::Clock;
use crate::store::{StoreError, Work};

pub(super) fn serve(connection: &Connection, queue: &Queue, clock: &dyn Clock) {
    let mut statements = Statements::prepare(connection);
    let mut works = Vec::new();
    while queue.take(1, 1, Duration::ZERO, &mut works).is_some() {
        for mut work in works.drain(..) {
            let outcome = match &mut statements {
                Ok(statements) => read(connection, statements, &mut *work, clock),
                Err(error) => Err(error.clone()),
            };
            finish(work, outcome);
        }
    }
}

fn read(
    connection: &Connection,
    statements: &mut Statements<'_>,
    work: &mut dyn Work,
    clock: &dyn Clock,
) -> Result<(), StoreError> {
    connection.prepare_cached("BEGIN")?.execute([])?;
    let outcome = run(work, &mut SqliteTx::new(statements), clock.now());
    // Nothing was written that an end could lose.
    let ended = connection.prepare_cached("ROLLBACK")?.execute([]);
    outcome?;
    ended?;
    Ok(())
}

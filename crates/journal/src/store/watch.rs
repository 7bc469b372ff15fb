//! A store that tells a watcher before, between and after the steps of each write: for tests that kill the process
//! at every one of them.

use std::fmt;
use std::sync::Arc;

use nzimbu_core::UnixTime;

use super::{Lane, Store, StoreError, Tx, Work};

/// A step of a write.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Point {
    /// The transaction has begun, and nothing was written in it.
    Begun,
    /// Everything was written, and nothing is durable.
    Written,
    /// It is durable, and nobody was told.
    Durable,
}

/// Is told of every step.
pub trait Watch: Send + Sync {
    /// A write has come to this point.
    fn at(&self, point: Point);
}

pub(crate) struct Watched {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) watch: Arc<dyn Watch>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "watched {:?}", self.store)
    }
}

impl Store for Watched {
    fn submit(&self, lane: Lane, work: Box<dyn Work>) {
        match lane {
            Lane::Read => self.store.submit(lane, work),
            Lane::Write => {
                let work = WatchedWork { work, watch: Arc::clone(&self.watch) };
                self.store.submit(lane, Box::new(work));
            }
        }
    }
}

struct WatchedWork {
    work: Box<dyn Work>,
    watch: Arc<dyn Watch>,
}

impl Work for WatchedWork {
    fn run(&mut self, tx: &mut dyn Tx, now: UnixTime) -> Result<(), StoreError> {
        self.watch.at(Point::Begun);
        let outcome = self.work.run(tx, now);
        self.watch.at(Point::Written);
        outcome
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.watch.at(Point::Durable);
        self.work.finish(outcome);
    }
}

//! Works on their way to a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::store::{StoreError, Work};

/// A line of works. Whoever takes them takes as many as stand there, which makes the group of one commit: while one
/// commit is being synced, the next group gathers.
pub(super) struct Queue {
    line: Mutex<Line>,
    came: Condvar,
}

#[derive(Default)]
struct Line {
    works: VecDeque<Box<dyn Work>>,
    idle: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { line: Mutex::default(), came: Condvar::new() }
    }

    pub(super) fn push(&self, work: Box<dyn Work>) {
        let mut line = self.lock();
        if line.closed {
            drop(line);
            return work.finish(Err(StoreError::Closed));
        }
        line.works.push_back(work);
        let idle = line.idle > 0;
        drop(line);
        // Waking nobody is a system call too.
        if idle {
            self.came.notify_one();
        }
    }

    /// Waits for works, and takes up to `most` into `group`; false when the line is closed and empty.
    pub(super) fn take(&self, most: usize, group: &mut Vec<Box<dyn Work>>) -> bool {
        let mut line = self.lock();
        while line.works.is_empty() {
            if line.closed {
                return false;
            }
            line.idle += 1;
            line = self.came.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle -= 1;
        }
        let most = line.works.len().min(most.max(1));
        group.extend(line.works.drain(..most));
        true
    }

    /// Nothing more is taken in; what stands in the line is still done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        // A line is whole after every step.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

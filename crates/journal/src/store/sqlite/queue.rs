//! Works on their way to a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// How many threads sleep until works come.
    idle: usize,
    /// How many works they want before they are woken.
    wanted: usize,
    closed: bool,
}

/// How a wait for works that were expected ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wait {
    /// Nobody was waited for.
    None,
    /// Most of them came.
    Paid,
    /// Most of them did not.
    InVain,
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
        // Waking somebody is a system call, also when nobody sleeps.
        let wake = line.idle > 0 && line.works.len() >= line.wanted;
        drop(line);
        if wake {
            self.came.notify_one();
        }
    }

    /// Waits for works, and takes up to `most` into `group`; none when the line is closed and empty.
    ///
    /// Once there is one, `patience` is how long to wait for those that are expected. The callers that were just told
    /// are on their way back; without a moment for them they would form two groups for ever, each waiting for the
    /// other's sync.
    pub(super) fn take(
        &self,
        most: usize,
        expected: usize,
        patience: Duration,
        group: &mut Vec<Box<dyn Work>>,
    ) -> Option<Wait> {
        let mut line = self.lock();
        while line.works.is_empty() {
            if line.closed {
                return None;
            }
            line.wanted = 1;
            line.idle += 1;
            line = self.came.wait(line).unwrap_or_else(PoisonError::into_inner);
            line.idle -= 1;
        }
        let (there, wanted) = (line.works.len(), expected.min(most));
        let mut wait = Wait::None;
        if there < wanted && !patience.is_zero() && !line.closed {
            line.wanted = wanted;
            line.idle += 1;
            let short = |line: &mut Line| line.works.len() < wanted && !line.closed;
            line =
                self.came.wait_timeout_while(line, patience, short).unwrap_or_else(PoisonError::into_inner).0;
            line.idle -= 1;
            let came = line.works.len() - there;
            wait = if came > (wanted - there) / 2 { Wait::Paid } else { Wait::InVain };
        }
        let most = line.works.len().min(most.max(1));
        group.extend(line.works.drain(..most));
        Some(wait)
    }

    /// How many works stand in the line.
    pub(super) fn len(&self) -> usize {
        self.lock().works.len()
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

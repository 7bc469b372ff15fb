//! The works that wait, shared by the threads of all connections.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nzimbu_core::UnixTime;

use crate::store::{Lane, StoreError, Work};

/// A work that waits.
pub(super) struct Job {
    pub(super) lane: Lane,
    pub(super) work: Box<dyn Work>,
    /// When it was handed in, by the machine's clock.
    pub(super) since: UnixTime,
}

impl Job {
    pub(super) fn finish(self, outcome: Result<(), StoreError>) {
        self.work.finish(outcome);
    }
}

/// How many works share one transaction at most.
const MOST_TOGETHER: usize = 64;

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    /// For threads that pause: what is handed in must wake one that can take it.
    over: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Threads that wait for something to do.
    idle: usize,
    closed: bool,
}

impl Queue {
    /// Hands a work over; gives it back once the journal was closed.
    pub(super) fn push(&self, job: Job) -> Result<(), Job> {
        let mut state = self.lock();
        if state.closed {
            return Err(job);
        }
        state.jobs.push_back(job);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Puts works back that could not be done, before all others.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        let mut state = self.lock();
        for job in jobs.into_iter().rev() {
            state.jobs.push_front(job);
        }
        drop(state);
        self.wake.notify_all();
    }

    /// Waits for works and takes one, or several writes when more are waiting than there are threads to take them.
    /// Nothing comes once the journal is closed and everything is done.
    pub(super) fn take(&self) -> Vec<Job> {
        let mut state = self.lock();
        state.idle += 1;
        while state.jobs.is_empty() && !state.closed {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let share = state.jobs.len().div_ceil(state.idle).min(MOST_TOGETHER);
        state.idle -= 1;
        let mut taken: Vec<Job> = state.jobs.pop_front().into_iter().collect();
        if taken.first().is_some_and(|job| job.lane == Lane::Write) {
            while taken.len() < share && state.jobs.front().is_some_and(|job| job.lane == Lane::Write) {
                taken.extend(state.jobs.pop_front());
            }
        }
        taken
    }

    /// Takes what has waited since before this time, or everything once the journal is closed.
    pub(super) fn take_overdue(&self, before: UnixTime) -> Vec<Job> {
        let mut state = self.lock();
        let closed = state.closed;
        let (overdue, waiting): (VecDeque<Job>, _) =
            state.jobs.drain(..).partition(|job| closed || job.since < before);
        state.jobs = waiting;
        Vec::from(overdue)
    }

    /// Waits this long, or until the journal is closed.
    pub(super) fn pause(&self, pause: Duration) {
        let state = self.lock();
        // Woken without a reason, a thread merely tries again early.
        if !state.closed {
            drop(self.over.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner));
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
        self.over.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Works are run outside the lock, so that a panic in one leaves the queue whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

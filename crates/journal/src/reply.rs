//! The journal's answer: wait for it, or await it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::JournalError;

/// What the journal will say. A blocking program calls [`wait`](Self::wait), an async one awaits it; the journal
/// works on threads of its own, so neither needs a runtime and none is blocked.
///
/// Dropping it does not take the command back.
#[must_use = "the journal may have refused"]
#[derive(Debug)]
pub struct Reply<T>(Arc<Slot<T>>);

#[derive(Debug)]
struct Slot<T> {
    state: Mutex<Progress<T>>,
    told: Condvar,
}

#[derive(Debug)]
enum Progress<T> {
    Waiting(Option<Waker>),
    Told(Result<T, JournalError>),
    Taken,
}

/// The other end of a reply. Dropped without a word, it says that the journal was closed.
#[derive(Debug)]
pub(crate) struct Teller<T>(Option<Arc<Slot<T>>>);

/// A reply and the end that answers it.
pub(crate) fn channel<T>() -> (Teller<T>, Reply<T>) {
    let slot = Arc::new(Slot { state: Mutex::new(Progress::Waiting(None)), told: Condvar::new() });
    (Teller(Some(Arc::clone(&slot))), Reply(slot))
}

impl<T> Reply<T> {
    /// An answer that is there already.
    pub(crate) fn ready(result: Result<T, JournalError>) -> Self {
        let (teller, reply) = channel();
        teller.tell(result);
        reply
    }

    /// Blocks until the answer is there. In async code `.await` the reply instead.
    ///
    /// # Errors
    /// As the method that gave the reply says.
    pub fn wait(self) -> Result<T, JournalError> {
        let mut state = self.0.lock();
        loop {
            match std::mem::replace(&mut *state, Progress::Taken) {
                Progress::Told(result) => return result,
                waiting => *state = waiting,
            }
            state = self.0.told.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, JournalError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match std::mem::replace(&mut *state, Progress::Taken) {
            Progress::Told(result) => Poll::Ready(result),
            Progress::Waiting(_) => {
                *state = Progress::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            Progress::Taken => panic!("a reply was polled after it had been given"),
        }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Progress<T>> {
        // A panic elsewhere leaves a whole value behind: it is replaced in one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, result: Result<T, JournalError>) {
        let before = std::mem::replace(&mut *self.lock(), Progress::Told(result));
        self.told.notify_all();
        if let Progress::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> Teller<T> {
    pub(crate) fn tell(mut self, result: Result<T, JournalError>) {
        if let Some(slot) = self.0.take() {
            slot.tell(result);
        }
    }
}

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.tell(Err(JournalError::closed()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reply, channel};
    use std::thread;

    #[test]
    fn an_answer_reaches_who_waits() {
        let (teller, reply) = channel();
        let waiting = thread::spawn(|| reply.wait());
        teller.tell(Ok(7));
        assert_eq!(waiting.join().expect("no panic").expect("told"), 7);
        assert_eq!(Reply::ready(Ok(1)).wait().expect("told"), 1);
    }

    #[test]
    fn a_teller_that_is_dropped_says_so() {
        let (teller, reply) = channel::<()>();
        drop(teller);
        assert!(reply.wait().is_err());
    }
}

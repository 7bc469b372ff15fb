//! The journal's answer: wait for it, or await it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};

use crate::error::JournalError;

/// What the journal will say. A blocking program calls [`wait`](Self::wait), an async one awaits it; the journal
/// works on threads of its own, so neither needs a runtime and none is blocked.
///
/// Dropping it does not take the command back.
#[must_use = "the journal may have refused"]
#[derive(Debug)]
pub struct Reply<T>(Arc<Slot<T>>);

#[derive(Debug)]
struct Slot<T>(Mutex<Progress<T>>);

#[derive(Debug)]
enum Progress<T> {
    Waiting(Waiter),
    Told(Result<T, JournalError>),
    Taken,
}

/// Who is to be woken. With hundreds of commands in one commit, most are told before anybody looks, and a system call
/// for each would be most of the work.
#[derive(Debug)]
enum Waiter {
    Nobody,
    Task(Waker),
    Thread(Thread),
}

/// The other end of a reply. Dropped without a word, it says that the journal was closed.
#[derive(Debug)]
pub(crate) struct Teller<T>(Option<Arc<Slot<T>>>);

/// A reply and the end that answers it.
pub(crate) fn channel<T>() -> (Teller<T>, Reply<T>) {
    let slot = Arc::new(Slot(Mutex::new(Progress::Waiting(Waiter::Nobody))));
    (Teller(Some(Arc::clone(&slot))), Reply(slot))
}

impl<T> Reply<T> {
    /// An answer that is there already.
    pub(crate) fn ready(result: Result<T, JournalError>) -> Self {
        Self(Arc::new(Slot(Mutex::new(Progress::Told(result)))))
    }

    /// Blocks until the answer is there. In async code `.await` the reply instead.
    ///
    /// # Errors
    /// As the method that gave the reply says.
    pub fn wait(self) -> Result<T, JournalError> {
        loop {
            match self.0.take(|| Waiter::Thread(thread::current())) {
                Some(result) => return result,
                // It may wake for no reason, or for another's.
                None => thread::park(),
            }
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T, JournalError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.take(|| Waiter::Task(context.waker().clone())) {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        }
    }
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, Progress<T>> {
        // A panic elsewhere leaves a whole value behind: it is replaced in one step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, if it is there; otherwise notes who waits for it.
    fn take(&self, waiter: impl FnOnce() -> Waiter) -> Option<Result<T, JournalError>> {
        let mut progress = self.lock();
        match std::mem::replace(&mut *progress, Progress::Taken) {
            Progress::Told(result) => Some(result),
            Progress::Waiting(_) => {
                *progress = Progress::Waiting(waiter());
                None
            }
            Progress::Taken => panic!("a reply was polled after it had been given"),
        }
    }

    fn tell(&self, result: Result<T, JournalError>) {
        let before = std::mem::replace(&mut *self.lock(), Progress::Told(result));
        match before {
            Progress::Waiting(Waiter::Task(waker)) => waker.wake(),
            Progress::Waiting(Waiter::Thread(thread)) => thread.unpark(),
            Progress::Waiting(Waiter::Nobody) | Progress::Told(_) | Progress::Taken => {}
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

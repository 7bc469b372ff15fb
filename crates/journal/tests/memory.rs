//! The memory that stands in for a store in simulations does what every store does.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[macro_use]
mod store_suite;

use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use nzimbu_core::Status;
use nzimbu_journal::testing::{Commit, Disk, Harm, Memory, SoundDisk};
use nzimbu_journal::{Clock, Journal, JournalError, JournalErrorKind, State};

use self::store_suite::Place;
use self::store_suite::cases::{attempt, found};
use self::store_suite::shop::{payout, receipt};

impl Place for Memory {
    fn open(&self, clock: Arc<dyn Clock>) -> Journal {
        Journal::in_memory(self, clock, Box::new(SoundDisk))
    }

    fn harm(&self, harm: Harm) {
        Memory::harm(self, harm);
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        Memory::holds(self, bytes)
    }
}

store_suite!(Memory::new());

/// A disk that is full for so many writes, from when it is told.
#[derive(Clone, Default)]
struct Filling(Arc<AtomicU32>);

impl Disk for Filling {
    fn commit(&mut self) -> Commit {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() { Commit::Full } else { Commit::Synced }
    }
}

#[test]
fn an_attempt_comes_back_with_the_answer_that_could_not_be_written() {
    let (memory, disk, hand) = (Memory::new(), Filling::default(), store_suite::Hand::new());
    let journal = Journal::in_memory(&memory, hand.clock(), Box::new(disk.clone()));
    let answer = Ok(receipt("A-1", Status::Succeeded, Some(100)));
    let sent = attempt(&journal, payout("A-1", 100));
    disk.0.store(2, Ordering::SeqCst);
    // A blocking program and an async one.
    let unsettled = sent.settle(&answer).wait().expect_err("the disk is full");
    assert_eq!(unsettled.error().kind(), JournalErrorKind::NotWritable);
    let (sent, _) = unsettled.into_parts();
    let mut settling = std::pin::pin!(sent.settle(&answer));
    let Poll::Ready(Err(unsettled)) = settling.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("the memory answers at once, and the disk is full")
    };
    assert_eq!(found(&journal, "A-1").state, State::Sending, "it was not taken for dropped");
    let (sent, _) = unsettled.into_parts();
    assert_eq!(sent.settle(&answer).wait().unwrap().state, State::Succeeded);

    // Whoever gives up on it leaves it to be asked for, at once.
    let sent = attempt(&journal, payout("A-2", 100));
    disk.0.store(1, Ordering::SeqCst);
    let error = JournalError::from(sent.settle(&answer).wait().expect_err("the disk is full"));
    assert_eq!(error.kind(), JournalErrorKind::NotWritable);
    assert_eq!(found(&journal, "A-2").state, State::Unknown);
}

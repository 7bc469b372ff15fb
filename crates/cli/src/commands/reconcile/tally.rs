//! What was done so far, and what is left.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nzimbu_journal::{Count, Journal, JournalError, Round, State};

use crate::trouble;

/// What all workers did together.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: AtomicU64,
    asked: AtomicU64,
    ended: AtomicU64,
    handed_over: AtomicU64,
    last: Mutex<Option<Instant>>,
}

/// The numbers at one moment: sent, asked, ended, handed over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub(super) struct Done {
    pub(super) sent: u64,
    pub(super) asked: u64,
    pub(super) ended: u64,
    pub(super) handed_over: u64,
}

impl Tally {
    pub(super) fn add(&self, round: Round) {
        self.sent.fetch_add(round.sent, Ordering::Relaxed);
        self.asked.fetch_add(round.asked, Ordering::Relaxed);
        self.ended.fetch_add(round.ended, Ordering::Relaxed);
        self.handed_over.fetch_add(round.handed_over, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn done(&self) -> Done {
        Done {
            sent: self.sent.load(Ordering::Relaxed),
            asked: self.asked.load(Ordering::Relaxed),
            ended: self.ended.load(Ordering::Relaxed),
            handed_over: self.handed_over.load(Ordering::Relaxed),
        }
    }

    /// Whether nothing was done for so long.
    pub(super) fn was_idle_for(&self, span: Duration) -> bool {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|last| last.elapsed() >= span)
    }
}

/// Where the orders of the journal stand.
#[derive(Clone, Debug)]
pub(super) struct Standing(Vec<Count>);

impl Standing {
    pub(super) fn of(journal: &Journal) -> Result<Self, JournalError> {
        journal.counts(None).wait().map(Self)
    }

    /// Orders that have not ended and that a machine can go on with.
    pub(super) fn open(&self) -> u64 {
        self.count(|count| is_open(count.state) && !count.flags.needs_people())
    }

    /// The same by state.
    pub(super) fn open_by_state(&self) -> Vec<(State, u64)> {
        let states = State::ALL.into_iter().filter(|state| is_open(*state));
        let counted = states
            .map(|state| (state, self.count(|count| count.state == state && !count.flags.needs_people())));
        counted.filter(|(_, orders)| *orders > 0).collect()
    }

    /// Orders that wait for a person.
    pub(super) fn waiting(&self) -> u64 {
        self.count(|count| count.flags.needs_people())
    }

    /// Orders of batches that were not released.
    pub(super) fn planned(&self) -> u64 {
        self.count(|count| count.state == State::Planned && !count.flags.needs_people())
    }

    pub(super) fn is_settled(&self) -> bool {
        self.open() == 0
    }

    pub(super) fn exit(&self) -> u8 {
        match (self.waiting(), self.open()) {
            (0, 0) => 0,
            (0, _) => trouble::UNKNOWN,
            _ => trouble::REFUSED,
        }
    }

    fn count(&self, fits: impl Fn(&Count) -> bool) -> u64 {
        self.0.iter().filter(|count| fits(count)).map(|count| count.orders).sum()
    }
}

const fn is_open(state: State) -> bool {
    !state.is_final() && !matches!(state, State::Planned)
}

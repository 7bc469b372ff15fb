//! Orders that are begun and settled through the journal.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use nzimbu_core::{ProviderError, Receipt};
use nzimbu_journal::{Begun, Journal, Reply, Settling};

use crate::shop::{payout, receipt};
use crate::{Turn, machine};

pub(crate) struct Load {
    journal: Journal,
    next: u64,
    each: u64,
}

enum Step {
    Begun(Reply<Begun>, Box<Result<Receipt, ProviderError>>),
    Settled(Box<Settling>),
}

impl Load {
    pub(crate) fn new(path: &Path) -> Self {
        Self { journal: Journal::sqlite(path).unwrap(), next: 0, each: 20_000 }
    }

    /// What one command in a commit of its own wrote in the last turn of that kind.
    pub(crate) fn bytes_per_commit(&self) -> u64 {
        self.each
    }

    /// Begins and settles so many orders, some of them at once. The requests are the application's, made before.
    pub(crate) fn run(&mut self, orders: u64, in_flight: usize) -> Turn {
        let orders_of = |number| (payout(self.next + number), Box::new(Ok(receipt(self.next + number))));
        let mut waiting: Vec<_> = (1..=orders).map(orders_of).collect();
        self.next += orders;
        let (start, cpu, written) = (Instant::now(), machine::cpu(), machine::written());
        let mut steps: VecDeque<Step> = VecDeque::with_capacity(in_flight);
        loop {
            while steps.len() < in_flight
                && let Some((intent, answer)) = waiting.pop()
            {
                steps.push_back(Step::Begun(self.journal.begin(intent), answer));
            }
            match steps.pop_front() {
                None => break,
                Some(Step::Settled(reply)) => {
                    reply.wait().unwrap();
                }
                Some(Step::Begun(reply, answer)) => {
                    let Begun::Attempt(attempt) = reply.wait().unwrap() else { panic!("known") };
                    steps.push_back(Step::Settled(Box::new(attempt.settle(&answer))));
                }
            }
        }
        let (took, cpu, bytes) = (start.elapsed(), machine::cpu() - cpu, machine::written() - written);
        let commands = 2 * orders;
        if in_flight == 1 {
            self.each = bytes / commands;
        }
        Turn { commands, took, cpu, bytes }
    }
}

/// A journal of so many orders that were begun together and settled together, as a batch of salaries is.
pub(crate) fn fill(path: &Path, orders: u64) -> Duration {
    let start = Instant::now();
    let mut load = Load::new(path);
    let mut left = orders;
    while left > 0 {
        let part = left.min(20_000);
        load.run(part, 400);
        left -= part;
    }
    // Closing brings the file up to date.
    drop(load);
    start.elapsed()
}

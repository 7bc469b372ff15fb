//! Orders that are begun and settled through the journal.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use nzimbu_core::{Receipt, Status};
use nzimbu_journal::{Begun, Entry, Journal, Reply, Timing};

use crate::shop::{SHOP, francs, order_name, payout};
use crate::{Turn, machine};

pub(crate) struct Load {
    journal: Journal,
    next: u64,
    each: u64,
}

enum Step {
    Begun(Reply<Begun>),
    Settled(Reply<Entry>),
}

impl Load {
    pub(crate) fn new(path: &Path) -> Self {
        Self { journal: Journal::sqlite(path).unwrap(), next: 0, each: 20_000 }
    }

    /// What one command in a commit of its own wrote in the last turn of that kind.
    pub(crate) fn bytes_per_commit(&self) -> u64 {
        self.each
    }

    /// Keeps so many orders in flight: each is begun, and settled by the gateway's last word.
    pub(crate) fn run(&mut self, turn: Duration, in_flight: usize) -> Turn {
        let (start, cpu, written) = (Instant::now(), machine::cpu(), machine::written());
        let mut steps: VecDeque<Step> = VecDeque::new();
        let mut commands = 0;
        while start.elapsed() < turn || !steps.is_empty() {
            while steps.len() < in_flight && start.elapsed() < turn {
                self.next += 1;
                steps.push_back(Step::Begun(self.journal.begin(payout(&SHOP, self.next, Timing::default()))));
            }
            match steps.pop_front() {
                None => {}
                Some(Step::Settled(reply)) => {
                    reply.wait().unwrap();
                    commands += 1;
                }
                Some(Step::Begun(reply)) => {
                    let Begun::Attempt(attempt) = reply.wait().unwrap() else { panic!("known") };
                    commands += 1;
                    let order = attempt.entry().order;
                    let mut receipt = Receipt::new(&order, Status::Succeeded, "VAL");
                    receipt.amount = Some(francs());
                    steps.push_back(Step::Settled(attempt.settle(&Ok(receipt))));
                }
            }
        }
        let bytes = machine::written() - written;
        if in_flight == 1 {
            self.each = bytes / commands;
        }
        let _ = order_name(self.next);
        Turn { commands, took: start.elapsed(), cpu: machine::cpu() - cpu, bytes }
    }
}

//! What may never be, compared with the ledger: it alone knows what is true.

use nzimbu_journal::testing::SoundDisk;
use nzimbu_journal::{Entry, Filter, Flags, Journal, Paid, State};

use super::Policy;
use super::orders::{Claim, Order};
use super::world::World;

/// Whether everything has had the time that the bound grants.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// Faults went on to the end.
    Stormy,
    /// Faults stopped one bound ago.
    Settled,
}

impl World {
    /// Money moved at a gateway.
    pub(super) fn moved(&mut self, ledger: &str, name: &str, amount: &str) {
        let Some(order) = self.booked(ledger, name) else {
            return self.wrong(None, format!("money moved for {name}, which nobody asked for"));
        };
        self.orders[order].moved += 1;
        let times = self.orders[order].moved;
        self.tell(order, || format!("money moves, {amount}, time {times}"));
        if self.policy != Policy::Journal {
            return;
        }
        let whole = amount.split('.').next().unwrap_or_default();
        if whole != self.orders[order].amount.minor().to_string() {
            self.wrong(Some(order), format!("{amount} moved where {} was asked", self.orders[order].amount));
        }
        if times > 1 {
            self.wrong(Some(order), "its money moved twice");
        }
        if let Some(entry) = self.entry(order) {
            let ended = matches!(entry.state, State::Rejected | State::Failed);
            if ended && !self.orders[order].by_hand {
                self.wrong(Some(order), format!("money moves after the order has ended: {entry:?}"));
            }
        }
    }

    /// The journal says something about an order.
    pub(super) fn look(&mut self, order: usize, entry: &Entry) {
        self.tell(order, || format!("the journal: {:?} {:?}", entry.state, entry.flags));
        let Order { moved, by_hand, amount, .. } = self.orders[order];
        if by_hand {
            return;
        }
        if entry.amount != amount {
            self.wrong(Some(order), "the journal has another amount");
        }
        match entry.state {
            State::Rejected | State::Failed | State::Cancelled | State::Expired if moved > 0 => {
                self.wrong(Some(order), format!("ended without money, which has moved: {entry:?}"));
            }
            State::Succeeded if moved == 0 => {
                self.wrong(Some(order), format!("ended as paid, and no money moved: {entry:?}"));
            }
            _ => {}
        }
        if entry.paid() != Paid::No && (moved == 0 || entry.flags.has(Flags::MISMATCH)) {
            self.wrong(Some(order), format!("counts as paid: {entry:?}"));
        }
    }

    /// Where an order stands, read by somebody who does not take part.
    fn entry(&self, order: usize) -> Option<Entry> {
        let asked = &self.orders[order];
        let found = self.reader().find(asked.kind.gateway(), asked.kind.operation(), &asked.id);
        found.wait().expect("memory can be read")
    }

    pub(super) fn reader(&self) -> Journal {
        Journal::in_memory(
            &self.memory,
            std::sync::Arc::new(nzimbu_journal::SteadyClock::new()),
            Box::new(SoundDisk),
        )
    }

    /// Looks at every order at the end.
    pub(super) fn audit(&mut self, end: End) {
        if self.policy != Policy::Journal || self.violation.is_some() {
            return;
        }
        let entries =
            self.reader().list(&Filter::default(), 0, usize::MAX).wait().expect("memory can be read");
        let entries: std::collections::BTreeMap<_, _> =
            entries.into_iter().map(|(_, entry)| (entry.order.clone(), entry)).collect();
        for order in 0..self.orders.len() {
            let Some(entry) = entries.get(&self.orders[order].id) else {
                if self.orders[order].begun || end == End::Settled {
                    self.wrong(Some(order), "the intent is lost");
                }
                continue;
            };
            self.look(order, entry);
            let waits = entry.needs_people();
            if entry.state.is_final() {
                self.counts.ended += 1;
            } else if waits {
                self.counts.waiting += 1;
            } else if end == End::Settled {
                self.wrong(Some(order), format!("stuck: {entry:?}, due {:?}", entry.due_at));
            }
            let told = self.noticed.contains(&(entry.order.clone(), entry.state));
            if end == End::Settled && entry.state.is_final() && !told {
                self.wrong(Some(order), format!("the application was never told: {entry:?}"));
            }
        }
        match self.reader().verify() {
            Ok(audit) if audit.flaw.is_none() => {}
            told => self.wrong(None, format!("the history is not whole: {told:?}")),
        }
    }

    /// What a policy without a journal did to its users: orders paid more than once, and claims that are not true.
    pub(super) fn damage(&self) -> (u64, u64) {
        let twice = self.orders.iter().filter(|order| order.moved > 1).count();
        let lies = self.orders.iter().filter(|order| match order.claim {
            Some(Claim::Failed) => order.moved > 0,
            Some(Claim::Paid) => order.moved == 0,
            None => false,
        });
        (twice as u64, lies.count() as u64)
    }
}

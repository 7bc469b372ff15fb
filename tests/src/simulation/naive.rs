//! The policies that others use, without a journal: over the same network, with the same gateways and seeds. No process
//! of theirs is ever killed or stopped, so that the comparison is kinder to them than to the journal.

use std::time::Duration;

use nzimbu_core::{
    ErrorKind, Exchange, HttpResponse, OrderId, OrderRef, Outcome, ProviderError, Receipt, Run, Status, Step,
    TransportError,
};

use super::Policy;
use super::dice::whole;
use super::orders::Claim;
use super::worker::{Held, Job, Task};
use super::world::{Caller, Event, World};

/// One order in the hands of such a policy.
pub(super) struct Naive {
    /// The id of the try; every try has a fresh one, where a journal has one for all.
    id: OrderId,
    tries: u32,
    polls: u32,
    held: Option<Call>,
}

enum Call {
    Pay(Held<Receipt>),
    Ask(Held<Option<Receipt>>),
}

const SECOND: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn naive_begin(&mut self, order: usize) {
        let process = self.dice.index(self.processes.len());
        self.naive_try(process, order, 0);
    }

    fn naive_try(&mut self, process: usize, order: usize, tries: u32) {
        let id =
            OrderId::derive("naive", self.orders[order].kind.operation(), &format!("{order} try {tries}"));
        self.book(order, &id);
        self.counts.sent += 1;
        let asked = &self.orders[order];
        let exchange = self.processes[process].house.of(asked.kind).pay_out(&asked.payout(&id));
        let task = self.task(process);
        let naive = Naive { id, tries, polls: 0, held: None };
        self.naive_pay(process, task, 0, order, naive, exchange.start());
    }

    /// Asks for the status after a while.
    pub(super) fn naive(&mut self, process: usize, task: u32) {
        let Some(Task { order, job: Job::Naive(naive), call }) = self.processes[process].tasks.remove(&task)
        else {
            return;
        };
        self.counts.asked += 1;
        let kind = self.orders[order].kind;
        let provider = self.processes[process].house.of(kind);
        let exchange: Exchange<_> = provider.status(&OrderRef::new(kind.operation(), &naive.id));
        self.naive_ask(process, task, call, order, naive, exchange.start());
    }

    pub(super) fn naive_answered(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        mut naive: Naive,
        reply: Result<HttpResponse, TransportError>,
    ) {
        match naive.held.take() {
            Some(Call::Pay(Held::Sending(sending))) => {
                self.naive_pay(process, task, call, order, naive, sending.resume(reply));
            }
            Some(Call::Ask(Held::Sending(sending))) => {
                self.naive_ask(process, task, call, order, naive, sending.resume(reply));
            }
            _ => {}
        }
    }

    pub(super) fn naive_woken(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        mut naive: Naive,
    ) {
        match naive.held.take() {
            Some(Call::Pay(Held::Waiting(waiting))) => {
                self.naive_pay(process, task, call, order, naive, waiting.resume());
            }
            Some(Call::Ask(Held::Waiting(waiting))) => {
                self.naive_ask(process, task, call, order, naive, waiting.resume());
            }
            _ => {}
        }
    }

    fn naive_pay(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        mut naive: Naive,
        run: Run<Receipt>,
    ) {
        let caller = Caller { process, life: self.processes[process].life, task, call: call + 1 };
        let held = match run.step(self.wall()) {
            Step::Done(result) => return self.naive_paid(process, task, caller.call, order, naive, result),
            Step::Send(sending) => {
                self.send(caller, order, sending.request());
                Held::Sending(sending)
            }
            Step::Wait(waiting) => {
                self.at(whole(waiting.delay()), Event::Wake(caller));
                Held::Waiting(waiting)
            }
        };
        naive.held = Some(Call::Pay(held));
        self.processes[process].tasks.insert(task, Task { order, call: caller.call, job: Job::Naive(naive) });
    }

    fn naive_ask(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        mut naive: Naive,
        run: Run<Option<Receipt>>,
    ) {
        let caller = Caller { process, life: self.processes[process].life, task, call: call + 1 };
        let held = match run.step(self.wall()) {
            Step::Done(Ok(Some(receipt))) => {
                return self.naive_told(process, task, caller.call, order, naive, &receipt);
            }
            Step::Done(_) => return self.naive_later(process, task, caller.call, order, naive),
            Step::Send(sending) => {
                self.send(caller, order, sending.request());
                Held::Sending(sending)
            }
            Step::Wait(waiting) => {
                self.at(whole(waiting.delay()), Event::Wake(caller));
                Held::Waiting(waiting)
            }
        };
        naive.held = Some(Call::Ask(held));
        self.processes[process].tasks.insert(task, Task { order, call: caller.call, job: Job::Naive(naive) });
    }

    /// The try is over: here the policies differ.
    fn naive_paid(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        naive: Naive,
        result: Result<Receipt, ProviderError>,
    ) {
        let error = match result {
            Ok(receipt) => return self.naive_told(process, task, call, order, naive, &receipt),
            Err(error) => error,
        };
        let hopeless = error.kind() == ErrorKind::InvalidRequest;
        match self.policy {
            Policy::RetryThrice if naive.tries < 3 && !hopeless => {
                let tries = naive.tries + 1;
                self.tell(order, || format!("{error:?}: once more"));
                self.naive_try(process, order, tries);
            }
            // It asks where it cannot know, as long as its patience lasts.
            Policy::PendingFails if error.outcome() == Outcome::Unknown => {
                self.naive_later(process, task, call, order, naive);
            }
            _ => self.claim(order, Claim::Failed),
        }
    }

    fn naive_told(
        &mut self,
        process: usize,
        task: u32,
        call: u32,
        order: usize,
        naive: Naive,
        receipt: &Receipt,
    ) {
        match receipt.status {
            Status::Succeeded => self.claim(order, Claim::Paid),
            status if status.is_final() => self.claim(order, Claim::Failed),
            _ => self.naive_later(process, task, call, order, naive),
        }
    }

    /// Asks again in a while, or has had enough of it.
    fn naive_later(&mut self, process: usize, task: u32, call: u32, order: usize, mut naive: Naive) {
        naive.polls += 1;
        // "Pending means failed" waits a minute, the others a day.
        let (pause, most) = match self.policy {
            Policy::PendingFails => (SECOND * 10, 6),
            _ => (SECOND * 600, 144),
        };
        if naive.polls > most {
            return if self.policy == Policy::PendingFails {
                self.claim(order, Claim::Failed)
            };
        }
        self.processes[process].tasks.insert(task, Task { order, call, job: Job::Naive(naive) });
        self.at(whole(pause), Event::Naive { process, task });
    }

    fn claim(&mut self, order: usize, claim: Claim) {
        self.tell(order, || format!("taken for {claim:?}"));
        self.orders[order].claim = Some(claim);
    }
}

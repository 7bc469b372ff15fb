//! The driver for programs without a runtime. `awaiting.rs` says the same with `.await`.

use nzimbu_core::{Transport, TransportExt};

use super::{Batch, Cashier, Desk, Handled, NAP, Round, Rounds, Stop, TRIES, TRY_PAUSE, claims, verb};
use crate::attempt::Attempt;
use crate::error::JournalError;
use crate::intent::Intent;
use crate::journal::{Begun, Task};
use crate::trace::{Call, Verb};

impl Cashier {
    /// Writes an intent down, sends it, and writes down how that ended. Called again with the same intent, after a
    /// crash for instance, it sends nothing and says where the order stands.
    ///
    /// # Errors
    /// When the journal refuses or cannot be written: nothing was sent, unless the message says that an answer could
    /// not be written down. A failure of the gateway is no error here: see [`Handled::answer`].
    pub fn send<X: Transport + ?Sized>(&self, http: &X, intent: Intent) -> Result<Handled, JournalError> {
        self.refuse_if_stuck()?;
        match self.0.journal.begin(intent).wait()? {
            Begun::Known(entry) => Ok(Handled { entry, answer: None }),
            Begun::Attempt(attempt) => self.carry_out(http, attempt),
        }
    }

    /// One round over all desks: takes hold of what is due, asks or sends, and writes the answers down. The call for
    /// a `cron` line.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn round<X: Transport + ?Sized>(&self, http: &X) -> Result<Round, JournalError> {
        let mut round = Rounds::default();
        for desk in self.desks() {
            round.add(self.serve(http, desk))?;
        }
        round.end()
    }

    /// Rounds until nothing is left that was due at the beginning, but at gateways that are left alone for a while
    /// ([`closed`](Self::closed)). What is asked and has not ended is due again later, for the next call.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn reconcile<X: Transport + ?Sized>(&self, http: &X) -> Result<Round, JournalError> {
        let mut all = Round::default();
        let began = self.0.journal.time().wait()?;
        while self.0.journal.is_due(&self.open_desks(), began).wait()? {
            let round = self.round(http)?;
            if round.was_idle() {
                // The pace does not allow it at this moment.
                http.sleep(TRY_PAUSE / 25);
            }
            all.add(round);
        }
        Ok(all)
    }

    /// A worker: rounds until it is stopped. Run as many as you like, in as many processes; each order is held by one
    /// of them at a time.
    ///
    /// # Errors
    /// When the journal cannot be read or written. What a worker had hold of is asked for when its lease is over.
    pub fn work<X: Transport + ?Sized>(&self, http: &X, stop: &Stop) -> Result<Round, JournalError> {
        self.work_at(http, self.desks(), stop)
    }

    /// A worker for the orders of one batch, until it is stopped. It does not stop by itself at the end of the batch:
    /// an order may be due again.
    ///
    /// # Errors
    /// As [`work`](Self::work).
    pub fn work_batch<X: Transport + ?Sized>(
        &self,
        http: &X,
        batch: &Batch,
        stop: &Stop,
    ) -> Result<Round, JournalError> {
        let desks: Vec<_> = self.desks().iter().cloned().map(|desk| desk.of_batch(batch)).collect();
        self.work_at(http, &desks, stop)
    }

    fn work_at<X: Transport + ?Sized>(
        &self,
        http: &X,
        desks: &[Desk],
        stop: &Stop,
    ) -> Result<Round, JournalError> {
        let mut all = Round::default();
        while !stop.is_stopped() {
            let mut round = Rounds::default();
            for desk in desks.iter().take_while(|_| !stop.is_stopped()) {
                round.add(self.serve(http, desk))?;
            }
            let round = round.end()?;
            if round.was_idle() {
                let pause = self.0.journal.pause(desks, NAP).wait()?;
                // Something may be due that the pace does not allow yet.
                http.sleep(pause.clamp(TRY_PAUSE / 25, NAP));
            }
            all.add(round);
        }
        Ok(all)
    }

    fn serve<X: Transport + ?Sized>(&self, http: &X, desk: &Desk) -> Result<Round, JournalError> {
        let mut round = Round::default();
        let Some(claims) = claims(self.allowed(desk)) else { return Ok(round) };
        self.refuse_if_stuck()?;
        // One at a time: what is claimed and not begun would be lost with the process.
        let tasks = self.0.journal.claim(desk, claims, 1).wait()?;
        if tasks.is_empty() {
            self.not_called(desk);
        }
        for task in tasks {
            match task {
                Task::Ask(question) => {
                    let before = question.entry();
                    let provider = self.served(desk.gateway())?;
                    let call = Call::of(Verb::Status, &before);
                    let result = call.within(|| http.run(question.exchange(&**provider)));
                    call.end(&result);
                    self.note(provider.id(), false, &result);
                    let after = question.settle(&result).wait()?;
                    round.asked += 1;
                    round.count(&before, &after);
                }
                Task::Send(attempt) => {
                    let before = attempt.entry();
                    let handled = self.carry_out(http, attempt)?;
                    round.sent += 1;
                    round.count(&before, &handled.entry);
                }
            }
        }
        Ok(round)
    }

    /// Sends an attempt and writes down how it ended.
    fn carry_out<X: Transport + ?Sized>(&self, http: &X, attempt: Attempt) -> Result<Handled, JournalError> {
        let entry = attempt.entry();
        let provider = self.served(&entry.gateway)?;
        let call = Call::of(verb(entry.operation), &entry);
        let answer = call.within(|| http.run(attempt.exchange(&**provider)));
        call.end(&answer);
        self.note(provider.id(), true, &answer);
        // The money may have moved: the answer is kept in hand and written until it stands, and nothing else is
        // begun meanwhile.
        let mut stuck = None;
        let mut attempt = attempt;
        for _ in 0..TRIES {
            match attempt.settle(&answer).wait() {
                Ok(entry) => return Ok(Handled { entry, answer: Some(answer) }),
                Err(unsettled) => {
                    stuck.get_or_insert_with(|| self.stuck());
                    attempt = unsettled.into_parts().0;
                    http.sleep(TRY_PAUSE);
                }
            }
        }
        // Let go of in the end, the attempt leaves its order unknown, so that it is asked for.
        match attempt.settle(&answer).wait() {
            Ok(entry) => Ok(Handled { entry, answer: Some(answer) }),
            Err(unsettled) => Err(JournalError::from(unsettled).of_an_answer(&answer)),
        }
    }
}

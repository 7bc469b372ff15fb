//! The driver for async programs. `blocking.rs` says the same without `.await`.

use nzimbu_core::{AsyncTransport, AsyncTransportExt};

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
    pub async fn send_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        intent: Intent,
    ) -> Result<Handled, JournalError> {
        self.refuse_if_stuck()?;
        match self.0.journal.begin(intent).await? {
            Begun::Known(entry) => Ok(Handled { entry, answer: None }),
            Begun::Attempt(attempt) => self.carry_out_async(http, attempt).await,
        }
    }

    /// One round over all desks: takes hold of what is due, asks or sends, and writes the answers down. The call for
    /// a `cron` line.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn round_async<X: AsyncTransport + ?Sized>(&self, http: &X) -> Result<Round, JournalError> {
        let mut round = Rounds::default();
        for desk in self.desks() {
            round.add(self.serve_async(http, desk).await)?;
        }
        round.end()
    }

    /// Rounds until nothing is left that was due at the beginning, but at gateways that are left alone for a while
    /// ([`closed`](Self::closed)). What is asked and has not ended is due again later, for the next call.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub async fn reconcile_async<X: AsyncTransport + ?Sized>(&self, http: &X) -> Result<Round, JournalError> {
        let mut all = Round::default();
        let began = self.0.journal.time().await?;
        while self.0.journal.is_due(&self.open_desks(), began).await? {
            let round = self.round_async(http).await?;
            if round.was_idle() {
                // The pace does not allow it at this moment.
                http.sleep(TRY_PAUSE / 25).await;
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
    pub async fn work_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        stop: &Stop,
    ) -> Result<Round, JournalError> {
        self.work_at_async(http, self.desks(), stop).await
    }

    /// A worker for the orders of one batch, until it is stopped. It does not stop by itself at the end of the batch:
    /// an order may be due again.
    ///
    /// # Errors
    /// As [`work_async`](Self::work_async).
    pub async fn work_batch_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        batch: &Batch,
        stop: &Stop,
    ) -> Result<Round, JournalError> {
        let desks: Vec<_> = self.desks().iter().cloned().map(|desk| desk.of_batch(batch)).collect();
        self.work_at_async(http, &desks, stop).await
    }

    async fn work_at_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        desks: &[Desk],
        stop: &Stop,
    ) -> Result<Round, JournalError> {
        let mut all = Round::default();
        while !stop.is_stopped() {
            let mut round = Rounds::default();
            for desk in desks.iter().take_while(|_| !stop.is_stopped()) {
                round.add(self.serve_async(http, desk).await)?;
            }
            let round = round.end()?;
            if round.was_idle() {
                let pause = self.0.journal.pause(desks, NAP).await?;
                // Something may be due that the pace does not allow yet.
                http.sleep(pause.clamp(TRY_PAUSE / 25, NAP)).await;
            }
            all.add(round);
        }
        Ok(all)
    }

    async fn serve_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        desk: &Desk,
    ) -> Result<Round, JournalError> {
        let mut round = Round::default();
        let Some(claims) = claims(self.allowed(desk)) else { return Ok(round) };
        self.refuse_if_stuck()?;
        // One at a time: what is claimed and not begun would be lost with the process.
        let tasks = self.0.journal.claim(desk, claims, 1).await?;
        if tasks.is_empty() {
            self.not_called(desk);
        }
        for task in tasks {
            match task {
                Task::Ask(question) => {
                    let before = question.entry();
                    let provider = self.served(desk.gateway())?;
                    let call = Call::of(Verb::Status, &before);
                    let result = call.around(http.run(question.exchange(&**provider))).await;
                    call.end(&result);
                    self.note(provider.id(), false, &result);
                    let after = question.settle(&result).await?;
                    round.asked += 1;
                    round.count(&before, &after);
                }
                Task::Send(attempt) => {
                    let before = attempt.entry();
                    let handled = self.carry_out_async(http, attempt).await?;
                    round.sent += 1;
                    round.count(&before, &handled.entry);
                }
            }
        }
        Ok(round)
    }

    /// Sends an attempt and writes down how it ended.
    async fn carry_out_async<X: AsyncTransport + ?Sized>(
        &self,
        http: &X,
        attempt: Attempt,
    ) -> Result<Handled, JournalError> {
        let entry = attempt.entry();
        let provider = self.served(&entry.gateway)?;
        let call = Call::of(verb(entry.operation), &entry);
        let answer = call.around(http.run(attempt.exchange(&**provider))).await;
        call.end(&answer);
        self.note(provider.id(), true, &answer);
        // The money may have moved: the answer is kept in hand and written until it stands, and nothing else is
        // begun meanwhile.
        let mut stuck = None;
        let mut attempt = attempt;
        for _ in 0..TRIES {
            match attempt.settle(&answer).await {
                Ok(entry) => return Ok(Handled { entry, answer: Some(answer) }),
                Err(unsettled) => {
                    stuck.get_or_insert_with(|| self.stuck());
                    attempt = unsettled.into_parts().0;
                    http.sleep(TRY_PAUSE).await;
                }
            }
        }
        // Let go of in the end, the attempt leaves its order unknown, so that it is asked for.
        match attempt.settle(&answer).await {
            Ok(entry) => Ok(Handled { entry, answer: Some(answer) }),
            Err(unsettled) => Err(JournalError::from(unsettled).of_an_answer(&answer)),
        }
    }
}

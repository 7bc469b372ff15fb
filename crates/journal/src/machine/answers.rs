//! What the gateway's answers do to an order.

use nzimbu_core::{Operation, OrderId, Receipt, Repeats, Status, UnixTime};

use super::Turn;
use crate::event::Failure;
use crate::row::Prior;
use crate::state::{Flags, State};

impl Turn<'_> {
    /// The gateway answered a question.
    pub(super) fn told(
        &mut self,
        fence: u32,
        asked_at: UnixTime,
        said: Option<&Receipt>,
        twin: Option<&OrderId>,
    ) {
        match said {
            // Asked before it was last sent: that it was not known then says nothing now.
            None if fence != self.row.fence => self.nothing(),
            None => self.missed(asked_at),
            Some(receipt) if self.row.state.is_final() => self.heard_after_the_end(receipt, twin),
            Some(receipt) if self.row.state == State::Sending && self.is_undefined(receipt) => self.nothing(),
            Some(receipt) if self.row.state == State::Sending => self.heard_meanwhile(receipt, twin),
            Some(receipt) => self.hear(receipt, twin, asked_at),
        }
    }

    /// A question was not answered.
    pub(super) fn not_told(&mut self, fence: u32, failure: &Failure) {
        const MOST_QUESTIONS_AFTER_THE_END: u32 = 8;
        let asked_for = !matches!(self.row.state, State::Planned | State::Ready | State::Sending);
        if fence != self.row.fence || !asked_for {
            return self.nothing();
        }
        // Unanswered questions are many; what is known of the order has not changed.
        self.remember = false;
        if self.row.state.is_final() && self.row.polls >= MOST_QUESTIONS_AFTER_THE_END {
            self.row.due_at = None;
            return;
        }
        self.ask_later();
        self.not_before(failure.retry_after);
        if self.row.flags.has(Flags::NEEDS_REVIEW) && !self.row.state.is_final() {
            self.remember = true;
        }
    }

    /// The gateway does not know the order.
    fn missed(&mut self, asked_at: UnixTime) {
        match self.row.state {
            State::Unknown => self.missed_while_unknown(asked_at),
            State::Accepted => {
                // It knew the order before. It is asked again, and people are told.
                self.remember = !self.row.flags.has(Flags::CONFLICT);
                self.row.flags = self.row.flags.with(Flags::CONFLICT);
                self.ask_later();
            }
            // Nothing was sent that it could know, or it has ended and been forgotten there.
            _ if self.row.state.is_final() => {
                self.row.due_at = None;
                self.nothing();
            }
            _ => self.nothing(),
        }
    }

    fn missed_while_unknown(&mut self, asked_at: UnixTime) {
        let grace = self.rules.timing.grace;
        let long_since = |missed: UnixTime| asked_at.since(missed) >= grace;
        self.remember = self.row.missed_at.is_none();
        if self.row.missed_at.is_some_and(long_since) && !self.is_late() {
            self.remember = true;
            if self.row.flags.needs_people() || self.rules.repeats == Repeats::Executed {
                return self.hand_over();
            }
            // Whatever was under way has arrived or is lost, and a copy that still comes meets its own key.
            self.row.state = State::Ready;
            self.row.due_at = Some(self.now);
            return;
        }
        let missed_at = *self.row.missed_at.get_or_insert(self.now);
        self.ask_later();
        if let Some(due) = self.row.due_at {
            // Not later than when the grace period is over.
            self.row.due_at = Some(due.min(missed_at.plus(grace).max(self.now)));
        }
    }

    /// The gateway speaks of an order that has not ended.
    pub(super) fn hear(&mut self, receipt: &Receipt, twin: Option<&OrderId>, asked_at: UnixTime) {
        if self.is_undefined(receipt) {
            return self.heard_nothing(receipt, twin, asked_at);
        }
        let was_sent = self.row.attempts > 0 || self.row.prior != Prior::None;
        let shared_before = self.row.twin.is_some();
        self.keep(receipt, twin);
        self.row.prior = Prior::Accepted;
        let ended = State::ended(receipt.status);
        let differs =
            receipt.order != self.row.order || receipt.amount.is_some_and(|told| told != self.row.amount);
        if differs {
            self.row.state = State::Accepted;
            self.row.flags = self.row.flags.with(Flags::MISMATCH);
            self.row.due_at = None;
            return;
        }
        if self.row.twin.is_some() {
            // One transaction of the gateway's pays one order. Which of the two it is, only people can find out, whatever
            // the gateway says of this one from now on.
            self.remember = !shared_before;
            self.row.state = State::Accepted;
            self.row.due_at = None;
            return;
        }
        if !was_sent && receipt.amount.is_none() {
            // It knows an order that this journal never sent, and does not say for how much.
            self.row.state = State::Accepted;
            self.row.flags = self.row.flags.with(Flags::CONFLICT.with(Flags::NEEDS_REVIEW));
            self.row.due_at = None;
            return;
        }
        match ended {
            // Once it spoke of another amount, only people believe it.
            _ if self.row.flags.has(Flags::MISMATCH) => {
                self.row.state = State::Accepted;
                self.row.due_at = None;
            }
            Some(State::Succeeded) if receipt.amount.is_none() => {
                self.row.flags = self.row.flags.with(Flags::AMOUNT_UNCONFIRMED);
                if self.rules.states_amount {
                    // It always states the amount, and this time it does not.
                    self.row.state = State::Accepted;
                    self.hand_over();
                } else {
                    self.end(State::Succeeded);
                }
            }
            Some(state) => {
                self.row.flags = self.row.flags.without(Flags::AMOUNT_UNCONFIRMED);
                self.end(state);
            }
            None => {
                self.remember = self.row.state != State::Accepted || self.row.flags.has(Flags::CONFLICT);
                self.row.state = State::Accepted;
                // It knows the order after all.
                self.row.flags = self.row.flags.without(Flags::CONFLICT);
                self.ask_later();
            }
        }
    }

    /// Whether an answer says neither that the order is known nor that it is not. Bitlipa's status -1 is one ("undefined,
    /// e.g. an error situation", seen for orders that do not exist); where copies are replayed, no such word is taken
    /// for proof that the order exists.
    fn is_undefined(&self, receipt: &Receipt) -> bool {
        let wordless = receipt.status == Status::Unrecognized && receipt.amount.is_none();
        wordless
            && self.rules.repeats == Repeats::Replayed
            && self.row.prior != Prior::Accepted
            && matches!(self.row.state, State::Sending | State::Unknown)
    }

    fn heard_nothing(&mut self, receipt: &Receipt, twin: Option<&OrderId>, asked_at: UnixTime) {
        if self.row.state == State::Sending {
            // This very call may have made it.
            self.keep(receipt, twin);
            self.row.prior = self.row.prior.and_unknown(self.now, true);
            return self.back_to_prior();
        }
        // Twice so over the grace period permits what two misses permit: the same request under the same key, which
        // this gateway promises to answer as it did the first time.
        self.missed(asked_at);
    }

    /// The gateway speaks of the order while a copy is under way: the attempt's end decides.
    fn heard_meanwhile(&mut self, receipt: &Receipt, twin: Option<&OrderId>) {
        self.keep(receipt, twin);
        self.row.prior = Prior::Accepted;
    }

    /// The gateway speaks of an order that has ended. Final states are sticky, with two exceptions.
    fn heard_after_the_end(&mut self, receipt: &Receipt, twin: Option<&OrderId>) {
        self.row.due_at = None;
        if twin.is_some() {
            // The end stands; whether it is the end of this order, people find out.
            self.remember = self.row.twin.as_ref() != twin;
            return self.share(twin);
        }
        let Some(told) = State::ended(receipt.status) else {
            // Statuses may come late and go backwards; the end stands.
            if self.row.state == State::Rejected {
                self.contradicted();
            } else {
                self.nothing();
            }
            return;
        };
        let other_amount = receipt.amount.is_some_and(|amount| amount != self.row.amount);
        if receipt.order != self.row.order || other_amount {
            self.row.flags = self.row.flags.with(Flags::MISMATCH);
            return;
        }
        let corrected = match (self.row.state, told) {
            (before, told) if before == told => {
                // Stated now what was missing before.
                if told == State::Succeeded && receipt.amount.is_some() {
                    self.remember = self.row.flags.has(Flags::AMOUNT_UNCONFIRMED);
                    self.row.flags = self.row.flags.without(Flags::AMOUNT_UNCONFIRMED);
                } else {
                    self.nothing();
                }
                return;
            }
            // What was refused has not succeeded either way.
            (State::Rejected, State::Failed | State::Cancelled | State::Expired) => return self.nothing(),
            (State::Expired, _) => true,
            // CinetPay's payer may try again on the same page.
            (State::Failed, State::Succeeded) => true,
            _ => false,
        };
        if !corrected {
            return self.contradicted();
        }
        let unconfirmed = told == State::Succeeded && receipt.amount.is_none();
        if unconfirmed && self.rules.states_amount {
            self.row.flags = self.row.flags.with(Flags::AMOUNT_UNCONFIRMED.with(Flags::NEEDS_REVIEW));
            return;
        }
        if self.row.twin.is_some() {
            return self.contradicted();
        }
        self.keep(receipt, None);
        let failed_payout = self.row.operation == Operation::Payout && self.row.state == State::Failed;
        self.end(told);
        if unconfirmed {
            self.row.flags = self.row.flags.with(Flags::AMOUNT_UNCONFIRMED);
        }
        if failed_payout {
            // Somebody may have paid again meanwhile.
            self.row.flags = self.row.flags.with(Flags::NEEDS_REVIEW);
        }
    }

    /// The end stands, people are told, and the gateway is asked once more.
    fn contradicted(&mut self) {
        let known = self.row.flags.has(Flags::CONFLICT);
        self.row.flags = self.row.flags.with(Flags::CONFLICT);
        self.remember = !known;
        self.row.due_at = if known { None } else { Some(self.now.plus(self.rules.timing.most_poll)) };
    }

    fn keep(&mut self, receipt: &Receipt, twin: Option<&OrderId>) {
        if receipt.order != self.row.order {
            return;
        }
        match twin {
            // Asking by another order's id would be asking for the other order.
            Some(_) => self.share(twin),
            None if receipt.reference.is_some() => self.row.gateway_ref.clone_from(&receipt.reference),
            None => {}
        }
        if receipt.raw_status.len() <= 64 {
            self.row.word = Some(receipt.raw_status.clone());
        }
        if receipt.next_action != nzimbu_core::NextAction::None {
            self.row.action = serde_json::to_string(&receipt.next_action).ok().map(String::into_boxed_str);
        }
    }

    /// The gateway gave this order an id that another order has.
    fn share(&mut self, twin: Option<&OrderId>) {
        self.row.twin = twin.cloned();
        self.row.flags = self.row.flags.with(Flags::CONFLICT);
    }
}

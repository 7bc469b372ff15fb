//! What a named person's decision does to an order.

use super::{Refusal, Turn};
use crate::event::Verdict;
use crate::row::Prior;
use crate::state::{Flags, State};

impl Turn<'_> {
    pub(super) fn decided(&mut self, verdict: Verdict) -> Result<(), Refusal> {
        // Whoever decides over an attempt that is under way decides without knowing its answer.
        if self.row.state == State::Sending {
            return Err(Refusal::InFlight);
        }
        // Sending it is the release's to decide, by whoever may release it.
        if self.row.state == State::Planned && verdict != Verdict::Cancelled {
            return Err(Refusal::NotReleased);
        }
        match verdict {
            Verdict::Succeeded => self.settled_by_hand(State::Succeeded),
            Verdict::Failed => self.settled_by_hand(State::Failed),
            Verdict::Cancelled => self.settled_by_hand(State::Cancelled),
            Verdict::Resend if self.row.state == State::Succeeded => return Err(Refusal::AlreadyPaid),
            Verdict::Resend if self.row.request.is_none() => return Err(Refusal::Purged),
            Verdict::Resend => {
                self.row.prior = Prior::None;
                self.row.state = State::Ready;
                self.begin_anew();
            }
            Verdict::Ask => {
                self.row.flags = self.row.flags.without(Flags::NEEDS_REVIEW);
                self.begin_anew_keeping_flags();
            }
        }
        // Whoever decides has seen whose the shared id is; should the gateway give it again, it is told anew.
        self.row.twin = None;
        Ok(())
    }

    fn settled_by_hand(&mut self, state: State) {
        self.end(state);
        self.row.flags = Flags::NONE;
    }

    fn begin_anew(&mut self) {
        self.row.flags = Flags::NONE;
        self.begin_anew_keeping_flags();
    }

    fn begin_anew_keeping_flags(&mut self) {
        self.row.polls = 0;
        self.row.missed_at = None;
        self.row.deadline_at = self.now.plus(self.rules.timing.deadline);
        self.row.due_at = Some(self.now);
    }
}

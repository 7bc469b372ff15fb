//! What may make a difference to a decision, apart from state and event.

use std::time::Duration;

use nzimbu_core::{Operation, OrderId, Repeats};

use super::super::{NOW, askable, earlier, row};
use crate::row::{Prior, Row};
use crate::rules::Rules;
use crate::state::{Flags, State};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Guard {
    Fence,
    Due,
    Prior,
    Rules,
    Amounts,
    Deadline,
    Flags,
    Missed,
    Request,
    Sent,
    Direction,
    Asked,
    Polls,
}

impl Guard {
    pub(super) const ALL: [Self; 13] = [
        Self::Fence,
        Self::Due,
        Self::Prior,
        Self::Rules,
        Self::Amounts,
        Self::Deadline,
        Self::Flags,
        Self::Missed,
        Self::Request,
        Self::Sent,
        Self::Direction,
        Self::Asked,
        Self::Polls,
    ];

    /// The values that rows in this state can have; the first is the usual one.
    pub(super) fn values(self, state: State) -> &'static [usize] {
        match (self, state) {
            (Self::Prior, State::Accepted) => &[1],
            (Self::Prior, State::Unknown) => &[2, 3, 4],
            (Self::Prior, State::Ready | State::Sending) => &[0, 1, 2, 3, 4],
            (Self::Prior, State::Planned) => &[0, 4],
            (Self::Prior, _) => &[0, 1],
            // What waits for people is not sent, and what was not sent has nothing but its deadline to wait for.
            (Self::Flags, State::Sending | State::Planned) => &[0],
            (Self::Flags, State::Ready) => &[0, 1],
            (Self::Flags, _) => &[0, 1, 2, 3, 4, 5],
            (Self::Rules, _) => &[0, 1, 2, 3, 4, 5],
            (Self::Missed, State::Unknown) => &[0, 1, 2],
            (Self::Missed, _) => &[0],
            (Self::Request, state) if state.is_final() => &[0, 1],
            (Self::Request, _) => &[0],
            (Self::Sent, State::Planned) => &[0],
            (Self::Sent, State::Ready | State::Rejected | State::Cancelled) => &[0, 1],
            (Self::Sent, _) => &[0],
            (
                Self::Fence
                | Self::Due
                | Self::Amounts
                | Self::Deadline
                | Self::Direction
                | Self::Asked
                | Self::Polls,
                _,
            ) => &[0, 1],
        }
    }

    /// Some of its values in words.
    pub(super) fn words(self, values: &[usize]) -> String {
        let together = match (self, values) {
            (Self::Rules, [0, 1, 5]) => "can be asked",
            (Self::Rules, [0, 5]) => "can be asked, copies are refused or replayed",
            (Self::Rules, [0, 2, 3, 5]) => "copies are refused or replayed",
            (Self::Rules, [0, 1, 4]) => "copies are refused or executed",
            (Self::Rules, [2, 3, 5]) => "copies are replayed",
            (Self::Rules, [1, 4]) => "copies are executed",
            (Self::Rules, [2, 3, 4]) => "cannot be asked",
            (Self::Rules, [3, 4]) => "cannot be asked, copies are replayed no longer or executed",
            (Self::Prior, [0, 2, 3, 4]) => "earlier: not accepted",
            (Self::Prior, [1, 2, 3, 4]) => "earlier: anything",
            (Self::Prior, [2, 3, 4]) => "earlier: unknown or lost",
            (Self::Prior, [2, 3]) => "earlier: unknown",
            (Self::Flags, [0, 1, 2, 4, 5]) => "no mismatch",
            (Self::Flags, [0, 1, 2, 4]) => "no mismatch, no shared id",
            (Self::Flags, [0, 2, 3, 4, 5]) => "not for review",
            (Self::Flags, [1, 2, 3, 5]) => "needs people",
            (Self::Flags, [2, 5]) => "conflict of any kind",
            (Self::Flags, [0, 1, 3, 4]) => "no conflict",
            _ => "",
        };
        if together.is_empty() {
            values.iter().map(|value| self.word(*value)).collect::<Vec<_>>().join(" or ")
        } else {
            together.to_owned()
        }
    }

    fn word(self, value: usize) -> &'static str {
        let words: &[&str] = match self {
            Self::Fence => &["the latest", "an older one"],
            Self::Due => &["due", "not due yet"],
            Self::Prior => &[
                "earlier: nothing",
                "earlier: accepted",
                "earlier: unknown, young",
                "earlier: unknown, old",
                "earlier: lost",
            ],
            Self::Rules => &[
                "can be asked, copies are refused",
                "can be asked, copies are executed",
                "cannot be asked, copies are replayed",
                "cannot be asked, copies are replayed no longer",
                "cannot be asked, copies are executed",
                "can be asked, copies are replayed",
            ],
            Self::Amounts => &["states amounts", "never states amounts"],
            Self::Deadline => &["in time", "too late"],
            Self::Flags => &[
                "no flag",
                "needs_review",
                "conflict",
                "mismatch",
                "amount_unconfirmed",
                "conflict over a shared id",
            ],
            Self::Missed => &["never missed", "missed young", "missed old"],
            Self::Request => &["request kept", "request purged"],
            Self::Sent => &["sent before", "never sent"],
            Self::Direction => &["payout", "payment"],
            Self::Asked => &["not asked lately", "asked just now"],
            Self::Polls => &["asked a few times", "asked eight times in vain"],
        };
        words[value]
    }
}

/// A value of every guard.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting([usize; Guard::ALL.len()]);

impl Setting {
    pub(super) fn with(&self, guard: Guard, value: usize) -> Self {
        let mut other = self.clone();
        other.0[guard as usize] = value;
        other
    }

    pub(super) fn get(&self, guard: Guard) -> usize {
        self.0[guard as usize]
    }

    /// The row and the rules of this setting.
    pub(super) fn build(&self, state: State) -> (Row, Rules) {
        let (mut row, mut rules) = (row(state), askable());
        let grace = rules.timing.grace;
        row.fence = 5;
        row.due_at = match (self.get(Guard::Due), state.is_final()) {
            // Times that the machine itself never sets, so that it shows whether it set one.
            (0, _) => Some(earlier(NOW, Duration::from_millis(1))),
            (_, false) => Some(NOW.plus(Duration::from_millis(30_001))),
            (_, true) => None,
        };
        (rules.can_ask, rules.repeats) = match self.get(Guard::Rules) {
            0 => (true, Repeats::Refused),
            1 => (true, Repeats::Executed),
            5 => (true, Repeats::Replayed),
            2 | 3 => (false, Repeats::Replayed),
            _ => (false, Repeats::Executed),
        };
        let key_age = if self.get(Guard::Rules) == 3 { rules.timing.key_life } else { grace * 2 };
        row.first_sent_at = Some(earlier(NOW, key_age));
        row.created_at = earlier(NOW, key_age);
        row.attempts = 1;
        if self.get(Guard::Sent) == 1 || state == State::Planned {
            (row.attempts, row.first_sent_at) = (0, None);
        }
        let unknown = |age: Duration, ended| Prior::Unknown { at: earlier(NOW, age), ended };
        let usual = match state {
            State::Accepted => 1,
            State::Unknown => 2,
            _ => 0,
        };
        row.prior = match self.get(Guard::Prior).max(usual) {
            0 => Prior::None,
            1 => Prior::Accepted,
            2 => unknown(Duration::from_secs(5), true),
            3 => unknown(grace, true),
            _ => unknown(grace, false),
        };
        rules.states_amount = self.get(Guard::Amounts) == 0;
        if self.get(Guard::Deadline) == 1 {
            row.deadline_at = NOW;
        }
        row.flags = [
            Flags::NONE,
            Flags::NEEDS_REVIEW,
            Flags::CONFLICT,
            Flags::MISMATCH,
            Flags::AMOUNT_UNCONFIRMED,
            Flags::CONFLICT,
        ][self.get(Guard::Flags)];
        row.twin = (self.get(Guard::Flags) == 5).then(other);
        row.missed_at = match self.get(Guard::Missed) {
            0 => None,
            1 => Some(earlier(NOW, Duration::from_secs(1))),
            _ => Some(earlier(NOW, grace)),
        };
        if self.get(Guard::Request) == 1 {
            row.request = None;
        }
        if self.get(Guard::Direction) == 1 {
            row.operation = Operation::Payment;
        }
        if self.get(Guard::Asked) == 1 {
            row.asked_at = Some(NOW);
        }
        if self.get(Guard::Polls) == 1 {
            row.polls = 8;
        }
        (row, rules)
    }

    /// The number that an attempt or a question of this setting bears.
    pub(super) fn fence(&self) -> u32 {
        if self.get(Guard::Fence) == 0 { 5 } else { 4 }
    }
}

/// Another order, which has the gateway's id first.
pub(super) fn other() -> OrderId {
    OrderId::parse("A-0").expect("an id")
}

//! The world of the search: a row, a gateway, workers, and what is under way between them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::*;

/// A tick of the clock; a lease and a pause between two questions take one, the grace period two.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// How large the world is, and what the gateway is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) rules: Rules,
    pub(super) ticks: u8,
    pub(super) copies: usize,
    pub(super) workers: usize,
    pub(super) crashes: u8,
    pub(super) restores: u8,
    pub(super) attempts: u32,
    pub(super) callbacks: bool,
    /// Whether the gateway may state an id that another order has.
    pub(super) twins: bool,
}

impl Bounds {
    /// A small world for a gateway that can be asked, or not, and that does this with copies.
    pub(super) fn of(can_ask: bool, repeats: Repeats) -> Self {
        let timing = Timing {
            lease: TICK,
            grace: TICK * 2,
            key_life: TICK * 100,
            deadline: TICK * 100,
            first_poll: TICK,
            most_poll: TICK,
            first_retry: TICK,
            wake_pause: Duration::ZERO,
        };
        let rules = Rules { repeats, can_ask, states_amount: true, timing };
        Self {
            rules,
            ticks: 5,
            copies: 3,
            workers: 2,
            crashes: 1,
            restores: 0,
            attempts: 3,
            callbacks: false,
            twins: false,
        }
    }
}

/// What the gateway has done with our key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Gateway {
    NotSeen,
    Pending,
    Succeeded,
    Failed,
}

/// What a worker is doing. It may sleep at every place.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) enum Worker {
    Idle,
    /// It holds an attempt and has not looked at the clock yet.
    Holds {
        fence: u32,
        until: i64,
    },
    /// It has looked at the clock, and sends.
    Sends {
        fence: u32,
    },
    /// It waits for the answer to its copy.
    Waits {
        fence: u32,
    },
    /// The run is over.
    Knows {
        fence: u32,
        ended: Ended,
    },
    /// It holds a question.
    Asks {
        fence: u32,
        asked_at: i64,
    },
    /// It has the answer.
    Heard {
        fence: u32,
        asked_at: i64,
        said: Option<Gateway>,
    },
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Ended {
    Receipt(Gateway),
    Unknown,
    Repeat,
    Change,
}

/// A copy of the request on its way.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Copy {
    pub(super) sent_at: i64,
    /// Who waits for its answer.
    pub(super) from: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) row: Row,
    pub(super) now: i64,
    pub(super) gateway: Gateway,
    pub(super) executed: u8,
    pub(super) workers: Vec<Worker>,
    pub(super) copies: Vec<Copy>,
    pub(super) crashes: u8,
    pub(super) backup: Option<Box<Row>>,
    pub(super) restores: u8,
}

pub(super) fn time(ticks: i64) -> UnixTime {
    UnixTime::from_secs(1_000 + ticks)
}

impl World {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let mut row = row(State::Ready);
        // Bytes by which every pause is exactly as long as the rules say.
        row.key = Key(std::array::from_fn(|place| if place % 2 == 0 { 0 } else { 128 }));
        row.fence = 0;
        row.due_at = Some(time(0));
        row.created_at = time(0);
        row.updated_at = time(0);
        row.deadline_at = time(0).plus(bounds.rules.timing.deadline);
        Self {
            row,
            now: 0,
            gateway: Gateway::NotSeen,
            executed: 0,
            workers: vec![Worker::Idle; bounds.workers],
            copies: Vec::new(),
            crashes: 0,
            backup: None,
            restores: 0,
        }
    }

    /// Names the world by all that can make a difference later. Numbers of attempts that are over are all alike, and
    /// so are the two workers.
    pub(super) fn key(&self) -> u128 {
        let late = |fence: u32| if fence == self.row.fence { 1_u8 } else { 0 };
        let place = |row: &Row| {
            let prior = match row.prior {
                Prior::None => (0, 0),
                Prior::Accepted => (1, 0),
                Prior::Unknown { at, ended } => (2 + u8::from(ended), at.millis),
            };
            let polls = if row.state.is_final() { row.polls } else { row.polls.min(2) };
            let times = [row.due_at, row.missed_at, row.asked_at, row.first_sent_at];
            (row.state, row.flags, prior, row.attempts, polls, times, row.twin.is_some())
        };
        let mut workers: Vec<_> = self
            .workers
            .iter()
            .enumerate()
            .map(|(number, worker)| {
                let mine = self.copies.iter().filter(|copy| copy.from == Some(number));
                let mine: Vec<_> = mine.map(|copy| copy.sent_at).collect();
                match worker {
                    Worker::Idle => (0, 0, 0, None, None, mine),
                    Worker::Holds { fence, until } => (1, late(*fence), *until, None, None, mine),
                    Worker::Sends { fence } => (2, late(*fence), 0, None, None, mine),
                    Worker::Waits { fence } => (3, late(*fence), 0, None, None, mine),
                    Worker::Knows { fence, ended } => (4, late(*fence), 0, Some(*ended), None, mine),
                    Worker::Asks { fence, asked_at } => (5, late(*fence), *asked_at, None, None, mine),
                    Worker::Heard { fence, asked_at, said } => {
                        (6, late(*fence), *asked_at, None, Some(*said), mine)
                    }
                }
            })
            .collect();
        workers.sort_unstable();
        let mut copies: Vec<_> = self.copies.iter().map(|copy| (copy.sent_at, copy.from.is_some())).collect();
        copies.sort_unstable();
        let whole = (
            place(&self.row),
            self.backup.as_deref().map(place),
            (self.now, self.gateway, self.executed, self.crashes, self.restores),
            workers,
            copies,
        );
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            whole.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        half(1) << 64 | half(2)
    }

    /// What is wrong with this world, if it may not be.
    pub(super) fn wrong(&self, bounds: &Bounds) -> Option<String> {
        let executes_copies = bounds.rules.repeats == Repeats::Executed;
        let on_its_way = !self.copies.is_empty()
            || self.workers.iter().any(|worker| match worker {
                Worker::Holds { until, .. } => self.now < *until,
                Worker::Sends { .. } => true,
                _ => false,
            });
        let may_come = on_its_way && (self.gateway == Gateway::NotSeen || executes_copies);
        let told = |wrong: &str| Some(format!("{wrong}: {:?} {:?}", self.row.state, self.row.flags));
        if self.executed > 1 {
            return told("executed twice");
        }
        match self.row.state {
            State::Rejected | State::Failed if may_come => {
                return told("ended although a copy may still be executed");
            }
            State::Rejected | State::Failed
                if matches!(self.gateway, Gateway::Pending | Gateway::Succeeded) =>
            {
                return told("ended without money although the gateway has executed it");
            }
            State::Succeeded if self.gateway != Gateway::Succeeded => return told("succeeded without money"),
            State::Succeeded if self.row.twin.is_some() && !self.row.flags.has(Flags::CONFLICT) => {
                return told("paid by another order's money");
            }
            _ => {}
        }
        let waits = self.row.flags.needs_people() || self.row.state.is_final();
        if !waits && self.row.due_at.is_none() {
            return told("forgotten");
        }
        None
    }
}

//! How fast a gateway may be called, and when it is left alone: pure, with time handed in.

use std::time::Duration;

use nzimbu_core::{ErrorKind, Operation, UnixTime};

/// How fast and how stubbornly gateways are called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Calls a second to one gateway, over all workers of this process (20). No gateway documents a limit.
    pub calls_per_second: u32,
    /// Calls a minute in place of those a second, for a gateway that allows few (none).
    pub calls_per_minute: Option<u32>,
    /// The first pause after a gateway said that it is called too often, or was not to be reached five times in a
    /// row (5 s); doubled each time.
    pub first_pause: Duration,
    /// The first pause after credentials, address or balance were refused (1 minute); doubled each time. Somebody has
    /// to change something first.
    pub refused_pause: Duration,
    /// The longest pause (15 minutes).
    pub most_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_second: 20,
            calls_per_minute: None,
            first_pause: Duration::from_secs(5),
            refused_pause: Duration::from_secs(60),
            most_pause: Duration::from_secs(15 * 60),
        }
    }
}

impl Limits {
    /// What a millisecond adds to the budget, in shares of which a call costs [`CALL`].
    fn rate(&self) -> u64 {
        let a_minute = self.calls_per_minute.map(u64::from);
        a_minute.unwrap_or(u64::from(self.calls_per_second) * 60).max(1)
    }

    /// A second's worth of calls may be made at once, and always one.
    fn most(&self) -> u64 {
        (self.rate() * 1_000).max(CALL)
    }
}

/// A call a minute is one share a millisecond.
const CALL: u64 = 60_000;

/// Why a gateway is left alone for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Closed {
    /// It was called too often.
    Busy,
    /// It does not answer.
    Down,
    /// It refuses the credentials, or this machine's address.
    Refused,
    /// The account for payouts does not hold enough; questions go on.
    Empty,
}

/// The pace of one gateway: a budget of calls, and a breaker.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    limits: Limits,
    /// What may be called now, in shares of which a call costs [`CALL`].
    budget: u64,
    filled_at: Option<UnixTime>,
    failures: u32,
    all: Breaker,
    sends: Breaker,
}

#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    until: Option<(UnixTime, Closed)>,
    trips: u32,
}

/// What may be done now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Allowed {
    Anything,
    Questions,
    Nothing(Duration),
}

impl Pace {
    pub(crate) fn new(limits: Limits) -> Self {
        let budget = limits.most();
        let (all, sends) = (Breaker::default(), Breaker::default());
        Self { limits, budget, filled_at: None, failures: 0, all, sends }
    }

    /// Takes a call out of the budget, if anything may be called.
    pub(crate) fn take(&mut self, operation: Operation, now: UnixTime) -> Allowed {
        if let Some(wait) = self.all.wait(now) {
            return Allowed::Nothing(wait);
        }
        let rate = self.limits.rate();
        let passed = self
            .filled_at
            .map_or(0, |filled| u64::try_from(now.since(filled).as_millis()).unwrap_or(u64::MAX).min(CALL));
        self.filled_at = Some(now);
        self.budget = (self.budget + passed * rate).min(self.limits.most());
        if self.budget < CALL {
            return Allowed::Nothing(Duration::from_millis((CALL - self.budget).div_ceil(rate)));
        }
        self.budget -= CALL;
        let empty = operation == Operation::Payout && self.sends.wait(now).is_some();
        if empty { Allowed::Questions } else { Allowed::Anything }
    }

    /// Gives a call back that was not made.
    pub(crate) fn give_back(&mut self) {
        self.budget = self.budget.saturating_add(CALL);
    }

    /// Takes note of how a call ended.
    pub(crate) fn note(&mut self, failure: Option<(ErrorKind, Option<Duration>)>, now: UnixTime) {
        let Limits { first_pause, refused_pause, most_pause, .. } = self.limits;
        let Some((kind, retry_after)) = failure else {
            self.failures = 0;
            self.all = Breaker::default();
            return;
        };
        match kind {
            ErrorKind::RateLimited => {
                let pause = first_pause.max(retry_after.unwrap_or_default());
                self.all.trip(Closed::Busy, pause, most_pause, now);
            }
            ErrorKind::Authentication | ErrorKind::Blocked => {
                self.all.trip(Closed::Refused, refused_pause, most_pause, now);
            }
            ErrorKind::InsufficientFunds => self.sends.trip(Closed::Empty, refused_pause, most_pause, now),
            ErrorKind::Transport | ErrorKind::Unavailable => {
                self.failures += 1;
                if self.failures >= 5 {
                    self.failures = 0;
                    self.all.trip(Closed::Down, first_pause, most_pause, now);
                }
            }
            // The gateway is there and talks; what it says is about one order.
            _ => self.failures = 0,
        }
    }

    /// Takes note that money was sent, so that there was some.
    pub(crate) fn note_sent(&mut self) {
        self.sends = Breaker::default();
    }

    /// Why and until when the gateway is left alone.
    pub(crate) fn closed(&self, now: UnixTime) -> Option<(Closed, UnixTime)> {
        let open = |(until, _): &(UnixTime, Closed)| *until > now;
        let closed = self.all.until.filter(open).or(self.sends.until.filter(open));
        closed.map(|(until, why)| (why, until))
    }
}

impl Breaker {
    fn wait(&self, now: UnixTime) -> Option<Duration> {
        self.until.filter(|(until, _)| *until > now).map(|(until, _)| until.since(now))
    }

    /// Several calls that were under way together trip it once.
    fn trip(&mut self, why: Closed, first: Duration, most: Duration, now: UnixTime) {
        if self.wait(now).is_some() {
            return;
        }
        let doubled = first.saturating_mul(1_u32.checked_shl(self.trips.min(16)).unwrap_or(u32::MAX));
        self.trips = self.trips.saturating_add(1);
        self.until = Some((now.plus(doubled.min(most)), why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> UnixTime {
        UnixTime { millis }
    }

    #[test]
    fn no_more_calls_are_made_than_the_budget_allows() {
        let mut pace = Pace::new(Limits { calls_per_second: 10, ..Limits::default() });
        let mut made = 0;
        for millis in 0..5_000 {
            if pace.take(Operation::Payout, at(millis)) == Allowed::Anything {
                made += 1;
            }
        }
        // A second's worth at once, and ten a second from there on.
        assert!((58..=60).contains(&made), "{made} calls in 5 s");
    }

    #[test]
    fn a_gateway_that_allows_few_calls_a_minute_gets_no_more() {
        let mut pace = Pace::new(Limits { calls_per_minute: Some(6), ..Limits::default() });
        let taken =
            (0..60_000).filter(|millis| pace.take(Operation::Payout, at(*millis)) == Allowed::Anything);
        // One at once, and one every ten seconds from there on.
        assert_eq!(taken.collect::<Vec<_>>(), [0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    }

    #[test]
    fn a_refused_gateway_is_left_alone_longer_and_longer_until_it_answers() {
        let mut pace = Pace::new(Limits::default());
        let refused = Some((ErrorKind::Blocked, None));
        pace.note(refused, at(0));
        pace.note(refused, at(1));
        assert_eq!(pace.closed(at(1)), Some((Closed::Refused, at(60_000))));
        assert_eq!(pace.take(Operation::Payment, at(59_000)), Allowed::Nothing(Duration::from_secs(1)));
        assert_eq!(pace.take(Operation::Payment, at(60_000)), Allowed::Anything);
        pace.note(refused, at(60_000));
        assert_eq!(pace.closed(at(60_000)), Some((Closed::Refused, at(180_000))));
        pace.note(None, at(180_000));
        pace.note(refused, at(180_000));
        assert_eq!(pace.closed(at(180_000)), Some((Closed::Refused, at(240_000))));
    }

    #[test]
    fn an_empty_account_stops_payouts_and_not_questions() {
        let mut pace = Pace::new(Limits::default());
        pace.note(Some((ErrorKind::InsufficientFunds, None)), at(0));
        assert_eq!(pace.take(Operation::Payout, at(1)), Allowed::Questions);
        assert_eq!(pace.take(Operation::Payment, at(1)), Allowed::Anything);
        pace.note_sent();
        assert_eq!(pace.take(Operation::Payout, at(2)), Allowed::Anything);
    }

    #[test]
    fn a_gateway_that_does_not_answer_five_times_is_left_alone() {
        let mut pace = Pace::new(Limits::default());
        for _ in 0..4 {
            pace.note(Some((ErrorKind::Transport, None)), at(0));
        }
        assert_eq!(pace.closed(at(0)), None);
        pace.note(Some((ErrorKind::Unavailable, None)), at(0));
        assert_eq!(pace.closed(at(0)), Some((Closed::Down, at(5_000))));
    }
}

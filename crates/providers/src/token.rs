//! A login that is kept until it ages, with one login under way at a time.
//!
//! Runs that find a login under way wait for it and share its end, good or bad. A login that takes longer than any
//! transport would let it is given up on, since its run may never be stepped again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nzimbu_core::secret::Secret;
use nzimbu_core::{ErrorKind, Exchange, Outcome, ProviderError, UnixTime};

/// How long a run that finds a login under way waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// When a login under way is given up on; longer than the total timeout of a call.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Keeps one token.
pub(crate) struct TokenCache(Mutex<State>);

struct State {
    phase: Phase,
    /// Counts the logins, so that an old one cannot speak for a new one.
    flights: u64,
}

enum Phase {
    /// The last login, if there was one, failed so.
    Empty(Option<Failure>),
    Flying {
        flight: u64,
        since: UnixTime,
    },
    Held {
        token: Arc<Secret>,
        until: UnixTime,
    },
}

#[derive(Clone, Copy)]
struct Failure {
    flight: u64,
    kind: ErrorKind,
    outcome: Outcome,
}

/// A token and how long it may be used.
pub(crate) struct Login {
    pub(crate) token: Secret,
    pub(crate) life: Duration,
}

impl TokenCache {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { phase: Phase::Empty(None), flights: 0 })))
    }

    /// The kept token, or a fresh one. While one run logs in, the others wait for it.
    pub(crate) fn token(
        self: &Arc<Self>,
        login: impl FnOnce() -> Exchange<Login> + Send + 'static,
    ) -> Exchange<Arc<Secret>> {
        self.token_after(None, login)
    }

    fn token_after(
        self: &Arc<Self>,
        awaited: Option<u64>,
        login: impl FnOnce() -> Exchange<Login> + Send + 'static,
    ) -> Exchange<Arc<Secret>> {
        let cache = Arc::clone(self);
        Exchange::now(move |now| match cache.look(awaited, now) {
            Look::Token(token) => Exchange::done(Ok(token)),
            Look::Wait(flight) => Exchange::wait(LOOK_AGAIN, move || cache.token_after(Some(flight), login)),
            Look::Failed(error) => Exchange::done(Err(error)),
            Look::LogIn(flight) => login().then(move |result| Exchange::done(flight.land(result, now))),
        })
    }

    /// Forgets a token that the gateway refused, unless another run has renewed it meanwhile.
    pub(crate) fn forget(&self, refused: &Arc<Secret>) {
        let mut state = self.state();
        if matches!(&state.phase, Phase::Held { token, .. } if Arc::ptr_eq(token, refused)) {
            state.phase = Phase::Empty(None);
        }
    }

    fn look(self: &Arc<Self>, awaited: Option<u64>, now: UnixTime) -> Look {
        let mut state = self.state();
        match &state.phase {
            Phase::Held { token, until } if now < *until => return Look::Token(Arc::clone(token)),
            Phase::Flying { flight, since } if now.since(*since) < GIVE_UP => return Look::Wait(*flight),
            Phase::Empty(Some(failure)) if awaited == Some(failure.flight) => {
                return Look::Failed(failure.error());
            }
            _ => {}
        }
        state.flights += 1;
        let flight = state.flights;
        state.phase = Phase::Flying { flight, since: now };
        Look::LogIn(Flight { cache: Arc::clone(self), flight })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCache(..)")
    }
}

impl Failure {
    fn error(self) -> ProviderError {
        let told = "the login that this call waited for failed";
        match self.outcome {
            Outcome::Rejected => ProviderError::rejected(self.kind, told),
            Outcome::NotSent | Outcome::Unknown => ProviderError::new(self.kind, told),
        }
    }
}

enum Look {
    Failed(ProviderError),
    LogIn(Flight),
    Token(Arc<Secret>),
    Wait(u64),
}

/// The right to log in. Dropped without landing, as when a run is given up, it lets the next run log in.
struct Flight {
    cache: Arc<TokenCache>,
    flight: u64,
}

impl Flight {
    fn land(
        self,
        result: Result<Login, ProviderError>,
        asked_at: UnixTime,
    ) -> Result<Arc<Secret>, ProviderError> {
        match result {
            Ok(login) => {
                let token = Arc::new(login.token);
                // The life counts from before the login was sent, which errs on the safe side.
                let until = asked_at.plus(login.life);
                self.end(Phase::Held { token: Arc::clone(&token), until });
                Ok(token)
            }
            Err(error) => {
                let failure = Failure { flight: self.flight, kind: error.kind(), outcome: error.outcome() };
                self.end(Phase::Empty(Some(failure)));
                Err(error)
            }
        }
    }

    /// Ends the login, unless another one has taken over.
    fn end(&self, phase: Phase) {
        let mut state = self.cache.state();
        if matches!(state.phase, Phase::Flying { flight, .. } if flight == self.flight) {
            state.phase = phase;
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Phase::Empty(None));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;
    use nzimbu_core::testing::Script;
    use nzimbu_core::{HttpRequest, HttpResponse, Step, TransportExt};

    fn login() -> Exchange<Login> {
        let request = HttpRequest::post("https://host/login").moves_no_money();
        Exchange::send(request, |reply| {
            let token = Secret::new(String::from_utf8(reply.body).unwrap());
            Ok(Login { token, life: Duration::from_secs(240) })
        })
    }

    #[test]
    fn a_token_is_kept_until_it_ages_or_is_refused() {
        let cache = TokenCache::new();
        let script = Script::bodies(["t-1", "t-2", "t-3"]);
        let take = || script.run(cache.token(login)).unwrap();
        assert_eq!((take().expose(), take().expose()), ("t-1", "t-1"));
        script.set_now(UnixTime::from_secs(240));
        let second = take();
        assert_eq!(second.expose(), "t-2");
        cache.forget(&second);
        assert_eq!(take().expose(), "t-3");
        cache.forget(&second);
        assert_eq!(take().expose(), "t-3", "an old token's refusal does not cost a new login");
        assert_eq!(script.requests().len(), 3);
    }

    #[test]
    fn one_login_flies_at_a_time_and_an_abandoned_one_makes_room() {
        let cache = TokenCache::new();
        let first = cache.token(login).start().step(UnixTime::from_secs(0));
        assert!(matches!(first, Step::Send(_)));
        let second = cache.token(login).start().step(UnixTime::from_secs(0));
        let Step::Wait(second) = second else { panic!("the second run must wait") };
        drop(first);
        let Step::Send(second) = second.resume().step(UnixTime::from_secs(0)) else {
            panic!("now it logs in itself")
        };
        let done = second.resume(Ok(HttpResponse::new(200, "t-1"))).step(UnixTime::from_secs(0));
        assert!(matches!(done, Step::Done(Ok(token)) if token.expose() == "t-1"));
    }

    #[test]
    fn those_who_waited_share_the_failure_and_later_runs_try_again() {
        let cache = TokenCache::new();
        let start = UnixTime::from_secs(0);
        let Step::Send(first) = cache.token(login).start().step(start) else { panic!("the first logs in") };
        let Step::Wait(second) = cache.token(login).start().step(start) else { panic!("the second waits") };
        let lost = Err(nzimbu_core::TransportError::unknown("cut"));
        assert!(matches!(first.resume(lost).step(start), Step::Done(Err(_))));
        let Step::Done(Err(error)) = second.resume().step(start) else { panic!("it shares the failure") };
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::NotSent));
        assert!(matches!(cache.token(login).start().step(start), Step::Send(_)));
    }

    #[test]
    fn a_login_that_is_never_stepped_again_is_given_up_on() {
        let cache = TokenCache::new();
        let Step::Send(stuck) = cache.token(login).start().step(UnixTime::from_secs(0)) else {
            panic!("it logs in")
        };
        let Step::Wait(second) = cache.token(login).start().step(UnixTime::from_secs(1)) else {
            panic!("it waits")
        };
        let Step::Send(second) = second.resume().step(UnixTime::from_secs(61)) else {
            panic!("it takes over")
        };
        // The stuck one comes back after all and must not speak for the other.
        drop(stuck);
        assert!(matches!(cache.token(login).start().step(UnixTime::from_secs(62)), Step::Wait(_)));
        let done = second.resume(Ok(HttpResponse::new(200, "t-2"))).step(UnixTime::from_secs(62));
        assert!(matches!(done, Step::Done(Ok(token)) if token.expose() == "t-2"));
    }
}

//! A login that is kept until it ages, with one login under way at a time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nzimbu_core::secret::Secret;
use nzimbu_core::{Exchange, ProviderError, UnixTime};

/// How long a run that finds a login under way waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Keeps one token.
pub(crate) struct TokenCache(Mutex<State>);

enum State {
    Empty,
    Flying,
    Held { token: Arc<Secret>, until: UnixTime },
}

/// A token and how long it may be used.
pub(crate) struct Login {
    pub(crate) token: Secret,
    pub(crate) life: Duration,
}

impl TokenCache {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Empty)))
    }

    /// The kept token, or a fresh one. While one run logs in, the others wait for it.
    pub(crate) fn token(
        self: &Arc<Self>,
        login: impl FnOnce() -> Exchange<Login> + Send + 'static,
    ) -> Exchange<Arc<Secret>> {
        let cache = Arc::clone(self);
        Exchange::now(move |now| match cache.look(now) {
            Look::Token(token) => Exchange::done(Ok(token)),
            Look::Wait => Exchange::wait(LOOK_AGAIN, move || cache.token(login)),
            Look::LogIn(flight) => login().then(move |result| Exchange::done(flight.land(result, now))),
        })
    }

    /// Forgets a token that the gateway refused, unless another run has renewed it meanwhile.
    pub(crate) fn forget(&self, refused: &Arc<Secret>) {
        let mut state = self.state();
        if matches!(&*state, State::Held { token, .. } if Arc::ptr_eq(token, refused)) {
            *state = State::Empty;
        }
    }

    fn look(self: &Arc<Self>, now: UnixTime) -> Look {
        let mut state = self.state();
        match &*state {
            State::Held { token, until } if now < *until => Look::Token(Arc::clone(token)),
            State::Flying => Look::Wait,
            State::Empty | State::Held { .. } => {
                *state = State::Flying;
                Look::LogIn(Flight(Arc::clone(self)))
            }
        }
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

enum Look {
    Token(Arc<Secret>),
    Wait,
    LogIn(Flight),
}

/// The right to log in. Dropped without landing, as when a run is given up, it lets the next run log in.
struct Flight(Arc<TokenCache>);

impl Flight {
    fn land(
        self,
        result: Result<Login, ProviderError>,
        asked_at: UnixTime,
    ) -> Result<Arc<Secret>, ProviderError> {
        let login = result?;
        let token = Arc::new(login.token);
        // The life counts from before the login was sent, which errs on the safe side.
        *self.0.state() = State::Held { token: Arc::clone(&token), until: asked_at.plus(login.life) };
        Ok(token)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if matches!(*state, State::Flying) {
            *state = State::Empty;
        }
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
}

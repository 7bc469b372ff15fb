//! A transport that reads its answers from a list, for tests of providers.

extern crate std;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::http::{HttpRequest, HttpResponse};
use crate::time::UnixTime;
use crate::transport::{AsyncTransport, Transport, TransportError};

/// Answers requests from a list, notes them, and keeps a clock that moves only by sleeping.
#[derive(Debug, Default)]
pub struct Script(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Result<HttpResponse, TransportError>>,
    requests: Vec<HttpRequest>,
    slept: Vec<Duration>,
    now: UnixTime,
}

impl Script {
    /// A script with these answers, at the beginning of 1970.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = Result<HttpResponse, TransportError>>) -> Self {
        Self(Mutex::new(State { answers: answers.into_iter().collect(), ..State::default() }))
    }

    /// Answers everything with status 200 and these bodies.
    #[must_use]
    pub fn bodies<'a>(bodies: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(bodies.into_iter().map(|body| Ok(HttpResponse::new(200, body))))
    }

    /// Adds one more answer at the end.
    pub fn push(&self, answer: Result<HttpResponse, TransportError>) {
        self.state().answers.push_back(answer);
    }

    /// Sets the clock.
    pub fn set_now(&self, now: UnixTime) {
        self.state().now = now;
    }

    /// The requests so far.
    #[must_use]
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.state().requests.clone()
    }

    /// The pauses so far.
    #[must_use]
    pub fn slept(&self) -> Vec<Duration> {
        self.state().slept.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Script {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut state = self.state();
        state.requests.push(request.clone());
        state
            .answers
            .pop_front()
            .unwrap_or_else(|| Err(TransportError::unknown("the script has no more answers")))
    }

    fn sleep(&self, delay: Duration) {
        let mut state = self.state();
        state.slept.push(delay);
        state.now = state.now.plus(delay);
    }

    fn now(&self) -> UnixTime {
        self.state().now
    }
}

#[async_trait]
impl AsyncTransport for Script {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        Transport::send(self, request)
    }

    async fn sleep(&self, delay: Duration) {
        Transport::sleep(self, delay);
    }

    fn now(&self) -> UnixTime {
        Transport::now(self)
    }
}

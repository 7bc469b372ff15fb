//! A conversation with a gateway as a value: what to send, how to read the answer, what comes next.
//!
//! A provider builds an [`Exchange`]; a driver runs it ([`TransportExt::run`], [`AsyncTransportExt::run`]).
//! The same exchange serves both, and nothing happens until one of them runs it.
//!
//! Where a run stood when it failed decides what its error says about money: see [`Outcome`]. At most one
//! money-moving request is sent in one run; a second one is refused as a bug in the provider.
//!
//! [`TransportExt::run`]: crate::TransportExt::run
//! [`AsyncTransportExt::run`]: crate::AsyncTransportExt::run
//! [`Outcome`]: crate::Outcome

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use crate::error::{ErrorKind, ProviderError};
use crate::http::{Effect, HttpRequest, HttpResponse};
use crate::problem::Problem;
use crate::time::UnixTime;
use crate::transport::{Delivery, TransportError};

/// A conversation with a gateway that has not happened yet. It can be composed, but not stepped.
///
/// ```
/// use nzimbu_core::testing::Script;
/// use nzimbu_core::{Exchange, HttpRequest, HttpResponse, TransportExt};
///
/// let ping = Exchange::send(HttpRequest::get("https://host/ping"), |reply| Ok(reply.status));
/// let script = Script::new([Ok(HttpResponse::new(204, ""))]);
/// assert_eq!(script.run(ping)?, 204);
/// # Ok::<(), nzimbu_core::ProviderError>(())
/// ```
#[must_use = "an exchange does nothing until a transport runs it"]
pub struct Exchange<T>(Plan<T>);

type Then<I, T> = Box<dyn FnOnce(I) -> Plan<T> + Send>;

enum Plan<T> {
    Done(Result<T, ProviderError>),
    Now(Then<UnixTime, T>),
    Send(Box<HttpRequest>, Then<Result<HttpResponse, TransportError>, T>),
    Wait(Duration, Then<(), T>),
}

impl<T: 'static> Exchange<T> {
    /// Over before anything is sent.
    pub fn done(result: Result<T, ProviderError>) -> Self {
        Self(Plan::Done(result))
    }

    /// Asks the driver for the time.
    pub fn now(then: impl FnOnce(UnixTime) -> Self + Send + 'static) -> Self {
        Self(Plan::Now(Box::new(move |now| then(now).0)))
    }

    /// Sends a request and reads its answer. A transport's failure ends the exchange.
    pub fn send(
        request: HttpRequest,
        read: impl FnOnce(HttpResponse) -> Result<T, ProviderError> + Send + 'static,
    ) -> Self {
        Self::send_then(request, move |reply| Self::done(read(reply)))
    }

    /// Sends a request and goes on by its answer. A transport's failure ends the exchange.
    pub fn send_then(request: HttpRequest, then: impl FnOnce(HttpResponse) -> Self + Send + 'static) -> Self {
        Self(Plan::Send(
            Box::new(request),
            Box::new(move |reply| match reply {
                Ok(reply) => then(reply).0,
                Err(error) => Plan::Done(Err(error.into())),
            }),
        ))
    }

    /// Waits, then goes on.
    pub fn wait(delay: Duration, then: impl FnOnce() -> Self + Send + 'static) -> Self {
        Self(Plan::Wait(delay, Box::new(move |()| then().0)))
    }

    /// Goes on with what this exchange brings; a failure stays one.
    pub fn and_then<U: 'static>(self, next: impl FnOnce(T) -> Exchange<U> + Send + 'static) -> Exchange<U> {
        self.then(move |result| match result {
            Ok(value) => next(value),
            Err(error) => Exchange::done(Err(error)),
        })
    }

    /// Goes on with how this exchange ended. The outcome of an error is not settled yet: decide by its kind.
    pub fn then<U: 'static>(
        self,
        next: impl FnOnce(Result<T, ProviderError>) -> Exchange<U> + Send + 'static,
    ) -> Exchange<U> {
        Exchange(self.0.then(next))
    }

    /// Converts what this exchange brings.
    pub fn map<U: 'static>(self, convert: impl FnOnce(T) -> U + Send + 'static) -> Exchange<U> {
        self.then(move |result| Exchange::done(result.map(convert)))
    }

    /// The faults of the request, known before anything is sent.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.0 {
            Plan::Done(Err(error)) => error.problems(),
            _ => &[],
        }
    }
}

impl<T> Exchange<T> {
    /// Begins the run. For drivers.
    pub fn start(self) -> Run<T> {
        Run { plan: self.0, stage: Stage::Before }
    }
}

impl<T: 'static> Plan<T> {
    fn then<U: 'static>(
        self,
        next: impl FnOnce(Result<T, ProviderError>) -> Exchange<U> + Send + 'static,
    ) -> Plan<U> {
        match self {
            Self::Done(result) => next(result).0,
            Self::Now(then) => Plan::Now(Box::new(move |now| then(now).then(next))),
            Self::Send(request, then) => Plan::Send(request, Box::new(move |reply| then(reply).then(next))),
            Self::Wait(delay, then) => Plan::Wait(delay, Box::new(move |()| then(()).then(next))),
        }
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Plan::Done(Ok(_)) => f.write_str("Exchange(done)"),
            Plan::Done(Err(error)) => write!(f, "Exchange({error:?})"),
            Plan::Now(_) => f.write_str("Exchange(asks for the time)"),
            Plan::Send(request, _) => write!(f, "Exchange({request:?})"),
            Plan::Wait(delay, _) => write!(f, "Exchange(waits {delay:?})"),
        }
    }
}

/// Where a run stands towards its one money-moving request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    /// No such request may have left.
    Before,
    /// It may have left, and its own reply is being read.
    At,
    /// A later step is under way.
    After,
}

/// An exchange under way. It can be stepped, but no longer composed.
#[must_use = "a run that is not stepped to its end leaves the outcome unknown"]
pub struct Run<T> {
    plan: Plan<T>,
    stage: Stage,
}

impl<T> Run<T> {
    /// Computes up to the next thing that only a driver can do.
    pub fn step(self, now: UnixTime) -> Step<T> {
        let Self { mut plan, stage } = self;
        loop {
            plan = match plan {
                Plan::Done(result) => return Step::Done(result.map_err(|error| error.settle(stage))),
                Plan::Now(then) => then(now),
                Plan::Send(request, _)
                    if request.effect() == Effect::MovesMoney && stage != Stage::Before =>
                {
                    let error = ProviderError::new(
                        ErrorKind::Unsupported,
                        "the provider tried to send a second money-moving request in one run, which is a bug",
                    );
                    return Step::Done(Err(error.settle(Stage::After)));
                }
                Plan::Send(request, then) => return Step::Send(Sending { request, then, stage }),
                Plan::Wait(delay, then) => return Step::Wait(Waiting { delay, then, stage }),
            };
        }
    }
}

/// What a driver has to do next.
#[must_use = "a step that is not carried out leaves the outcome unknown"]
pub enum Step<T> {
    /// Nothing: this is the end.
    Done(Result<T, ProviderError>),
    /// Send a request and hand back what came.
    Send(Sending<T>),
    /// Wait.
    Wait(Waiting<T>),
}

/// A request that a driver has to send.
#[must_use = "a request that is not answered leaves the outcome unknown"]
pub struct Sending<T> {
    request: Box<HttpRequest>,
    then: Then<Result<HttpResponse, TransportError>, T>,
    stage: Stage,
}

impl<T> Sending<T> {
    /// The request.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Goes on with what the transport brought. A money-moving request that the transport proves unsent
    /// leaves the run where it was.
    pub fn resume(self, reply: Result<HttpResponse, TransportError>) -> Run<T> {
        let stage = match (self.stage, self.request.effect(), &reply) {
            (Stage::Before, Effect::MovesMoney, Ok(_)) => Stage::At,
            // There is no reply that a refusal could be read from.
            (Stage::Before, Effect::MovesMoney, Err(error)) if error.delivery() == Delivery::Unknown => {
                Stage::After
            }
            (Stage::Before, ..) => Stage::Before,
            (Stage::At | Stage::After, ..) => Stage::After,
        };
        Run { plan: (self.then)(reply), stage }
    }
}

/// A pause that a driver has to make.
#[must_use = "a pause that is not resumed leaves the outcome unknown"]
pub struct Waiting<T> {
    delay: Duration,
    then: Then<(), T>,
    stage: Stage,
}

impl<T> Waiting<T> {
    /// How long.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// Goes on after the pause.
    pub fn resume(self) -> Run<T> {
        let stage = if self.stage == Stage::At { Stage::After } else { self.stage };
        Run { plan: (self.then)(()), stage }
    }
}

//! The two traits that carry bytes, and the two drivers that run an exchange over them.
//!
//! A transport does not follow redirects, repeat requests or inflate bodies, and takes every HTTP status
//! for an answer. It knows no gateway.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::time::Duration;

use crate::error::ProviderError;
use crate::exchange::{Exchange, Step};
use crate::http::{HttpRequest, HttpResponse};
use crate::time::UnixTime;
use crate::trace::Call;

/// What a transport knows of a request that got no answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Delivery {
    /// Proven: not one byte of the request was handed to a connection.
    NotSent,
    /// The request, or a part of it, may have arrived.
    Unknown,
}

/// A round trip that gave no answer. Its text holds no URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransportError {
    delivery: Delivery,
    message: Cow<'static, str>,
}

impl TransportError {
    /// A failure before the first byte was handed to a connection. Claim it only when that is proven.
    #[must_use]
    pub fn not_sent(message: impl Into<Cow<'static, str>>) -> Self {
        Self { delivery: Delivery::NotSent, message: message.into() }
    }

    /// Every other failure.
    #[must_use]
    pub fn unknown(message: impl Into<Cow<'static, str>>) -> Self {
        Self { delivery: Delivery::Unknown, message: message.into() }
    }

    /// Whether the request may have arrived.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = match self.delivery {
            Delivery::NotSent => "the request was not sent",
            Delivery::Unknown => "the request may have arrived",
        };
        write!(f, "{}; {told}", self.message)
    }
}

impl core::error::Error for TransportError {}

/// Carries requests and waits, in a program without a runtime.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request once and reads the whole answer.
    ///
    /// # Errors
    /// When there is no whole answer. [`Delivery::NotSent`] only if no byte was handed to a connection.
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError>;

    /// Waits.
    fn sleep(&self, delay: Duration);

    /// Tells the time.
    fn now(&self) -> UnixTime;
}

/// Carries requests and waits, in an async program.
///
/// Its methods are spelled as the attribute of the crate async-trait spells them, so that the attribute belongs on
/// implementations, and a program that only blocks does not build it:
///
/// ```
/// # use nzimbu_core::{AsyncTransport, HttpRequest, HttpResponse, TransportError, UnixTime};
/// # use std::time::Duration;
/// #[derive(Debug)]
/// struct Offline;
///
/// #[async_trait::async_trait]
/// impl AsyncTransport for Offline {
///     async fn send(&self, _: &HttpRequest) -> Result<HttpResponse, TransportError> {
///         Err(TransportError::not_sent("there is no network"))
///     }
///     async fn sleep(&self, _: Duration) {}
///     fn now(&self) -> UnixTime {
///         UnixTime { millis: 0 }
///     }
/// }
/// ```
pub trait AsyncTransport: fmt::Debug + Send + Sync {
    /// Sends one request once and reads the whole answer.
    ///
    /// # Errors
    /// When there is no whole answer. [`Delivery::NotSent`] only if no byte was handed to a connection.
    fn send<'life0, 'life1, 'async_trait>(
        &'life0 self,
        request: &'life1 HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, TransportError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;

    /// Waits.
    fn sleep<'life0, 'async_trait>(
        &'life0 self,
        delay: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait;

    /// Tells the time.
    fn now(&self) -> UnixTime;
}

/// Runs exchanges over a [`Transport`].
pub trait TransportExt: Transport {
    /// Runs an exchange to its end.
    ///
    /// # Errors
    /// As the exchange ends; the outcome of the error is settled.
    fn run<T>(&self, exchange: Exchange<T>) -> Result<T, ProviderError> {
        let mut run = exchange.start();
        loop {
            run = match run.step(self.now()) {
                Step::Done(result) => return result,
                Step::Send(sending) => {
                    let call = Call::of(sending.request());
                    let reply = call.within(|| self.send(sending.request()));
                    call.end(&reply);
                    sending.resume(reply)
                }
                Step::Wait(waiting) => {
                    self.sleep(waiting.delay());
                    waiting.resume()
                }
            };
        }
    }
}

impl<X: Transport + ?Sized> TransportExt for X {}

/// Runs exchanges over an [`AsyncTransport`].
pub trait AsyncTransportExt: AsyncTransport {
    /// Runs an exchange to its end.
    ///
    /// Dropping the future after a money-moving request left means the same as [`Outcome::Unknown`]:
    /// deadlines belong in the transport, not in a `timeout` around this future.
    ///
    /// # Errors
    /// As the exchange ends; the outcome of the error is settled.
    ///
    /// [`Outcome::Unknown`]: crate::Outcome::Unknown
    fn run<T: Send>(&self, exchange: Exchange<T>) -> impl Future<Output = Result<T, ProviderError>> + Send {
        async move {
            let mut run = exchange.start();
            loop {
                run = match run.step(self.now()) {
                    Step::Done(result) => return result,
                    Step::Send(sending) => {
                        let call = Call::of(sending.request());
                        let reply = call.around(self.send(sending.request())).await;
                        call.end(&reply);
                        sending.resume(reply)
                    }
                    Step::Wait(waiting) => {
                        self.sleep(waiting.delay()).await;
                        waiting.resume()
                    }
                };
            }
        }
    }
}

impl<X: AsyncTransport + ?Sized> AsyncTransportExt for X {}

//! Asking until an order has ended: loops as exchanges, so that both drivers share them.

use alloc::boxed::Box;
use core::time::Duration;

use crate::error::{ErrorKind, ProviderError};
use crate::exchange::Exchange;
use crate::order::OrderRef;
use crate::provider::SharedProvider;
use crate::receipt::{NextAction, Receipt};

/// Asks for the status after each of these delays, once if there is none, until it is final. When the delays run
/// out, the last answer stands: a receipt that is not final, or `None` if the gateway said that it does not know the
/// order.
///
/// A final status is what the gateway says now. CinetPay's payer may try again on the same page after a refusal, so
/// ask once more before a refused payment is replaced by a new one.
///
/// # Errors
/// A query that fails in a way that may pass (no connection, rate limit, out of service) is followed by the next; if
/// none was ever answered, the last failure is the end. Other failures end the loop at once.
pub fn until_final(
    provider: SharedProvider,
    order: OrderRef,
    delays: impl Iterator<Item = Duration> + Send + 'static,
) -> Exchange<Option<Receipt>> {
    poll(provider, order, at_least_once(delays), |receipt| receipt.status.is_final(), never_asked())
}

/// Asks for the status after each of these delays until there is something for the customer to do, or until it
/// is final. Bitlipa's page for one-time passwords comes with a later status.
///
/// # Errors
/// As [`until_final`].
pub fn until_next_action(
    provider: SharedProvider,
    order: OrderRef,
    delays: impl Iterator<Item = Duration> + Send + 'static,
) -> Exchange<Option<Receipt>> {
    let enough = |receipt: &Receipt| receipt.status.is_final() || receipt.next_action != NextAction::None;
    poll(provider, order, at_least_once(delays), enough, never_asked())
}

/// Without delays the question is asked at once.
fn at_least_once(delays: impl Iterator<Item = Duration> + Send + 'static) -> Delays {
    let mut delays = delays.peekable();
    let at_once = delays.peek().is_none().then_some(Duration::ZERO);
    Box::new(at_once.into_iter().chain(delays))
}

/// What stands before the first answer; the first question replaces it.
fn never_asked() -> Answer {
    Err(ProviderError::new(ErrorKind::Unavailable, "the gateway was not asked"))
}

type Delays = Box<dyn Iterator<Item = Duration> + Send>;
type Answer = Result<Option<Receipt>, ProviderError>;

fn poll(
    provider: SharedProvider,
    order: OrderRef,
    mut delays: Delays,
    enough: fn(&Receipt) -> bool,
    last: Answer,
) -> Exchange<Option<Receipt>> {
    let Some(delay) = delays.next() else {
        return Exchange::done(last);
    };
    Exchange::wait(delay, move || {
        provider.status(&order).then(move |result| match result {
            Ok(Some(receipt)) if enough(&receipt) => Exchange::done(Ok(Some(receipt))),
            // An order that was known once is not forgotten because a later answer does not find it.
            Ok(told) => poll(provider, order, delays, enough, Ok(told.or(last.ok().flatten()))),
            Err(error) if may_pass(&error) => poll(provider, order, delays, enough, last.or(Err(error))),
            Err(error) => Exchange::done(Err(error)),
        })
    })
}

fn may_pass(error: &ProviderError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::LoginExpired | ErrorKind::RateLimited | ErrorKind::Transport | ErrorKind::Unavailable
    )
}

/// Delays for polling that double from `first` up to `most`, `count` of them.
///
/// ```
/// use core::time::Duration;
/// let delays: Vec<_> = nzimbu_core::delays(Duration::from_secs(2), Duration::from_secs(10), 4).collect();
/// assert_eq!(delays, [2, 4, 8, 10].map(Duration::from_secs));
/// ```
pub fn delays(
    first: Duration,
    most: Duration,
    count: usize,
) -> impl Iterator<Item = Duration> + Send + 'static {
    core::iter::successors(Some(first.min(most)), move |last| Some(last.saturating_mul(2).min(most)))
        .take(count)
}

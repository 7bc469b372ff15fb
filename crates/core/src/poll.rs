//! Asking until an order has ended: loops as exchanges, so that both drivers share them.

use alloc::boxed::Box;
use core::time::Duration;

use crate::error::{ErrorKind, ProviderError};
use crate::exchange::Exchange;
use crate::order::OrderRef;
use crate::provider::SharedProvider;
use crate::receipt::{NextAction, Receipt};

/// Asks for the status after each of these delays until it is final. When the delays run out, the last answer
/// stands: a receipt that is not final, or `None` if the gateway never knew the order.
///
/// A query that fails in a way that may pass (no connection, rate limit, out of service) counts as an answer
/// that is not final; other failures end the loop.
pub fn until_final(
    provider: SharedProvider,
    order: OrderRef,
    delays: impl Iterator<Item = Duration> + Send + 'static,
) -> Exchange<Option<Receipt>> {
    poll(provider, order, Box::new(delays), |receipt| receipt.status.is_final(), None)
}

/// Asks for the status after each of these delays until there is something for the customer to do, or until it
/// is final. Bitlipa's page for one-time passwords comes with a later status.
pub fn until_next_action(
    provider: SharedProvider,
    order: OrderRef,
    delays: impl Iterator<Item = Duration> + Send + 'static,
) -> Exchange<Option<Receipt>> {
    let enough = |receipt: &Receipt| receipt.status.is_final() || receipt.next_action != NextAction::None;
    poll(provider, order, Box::new(delays), enough, None)
}

fn poll(
    provider: SharedProvider,
    order: OrderRef,
    mut delays: Box<dyn Iterator<Item = Duration> + Send>,
    enough: fn(&Receipt) -> bool,
    last: Option<Receipt>,
) -> Exchange<Option<Receipt>> {
    let Some(delay) = delays.next() else {
        return Exchange::done(Ok(last));
    };
    Exchange::wait(delay, move || {
        provider.status(&order).then(move |result| match result {
            Ok(Some(receipt)) if enough(&receipt) => Exchange::done(Ok(Some(receipt))),
            Ok(told) => poll(provider, order, delays, enough, told.or(last)),
            Err(error) if may_pass(&error) => poll(provider, order, delays, enough, last),
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

//! What a caller has hold of: an attempt to send, or a question to ask.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use nzimbu_core::{ErrorKind, Exchange, OrderRef, PaymentProvider, ProviderError, Receipt, UnixTime};

use crate::entry::Entry;
use crate::error::JournalError;
use crate::event::{Event, Failure};
use crate::intent::Request;
use crate::journal::Journal;
use crate::reply::Reply;
use crate::row::Row;
use crate::rules::Rules;

/// A claimed order whose intent is durable: run its [`exchange`](Self::exchange), then [`settle`](Self::settle).
///
/// Dropped unsettled, by a panic, a dropped future or an early return, it becomes `Unknown` and is asked for.
#[must_use = "an attempt that is dropped leaves its order unknown"]
pub struct Attempt {
    journal: Journal,
    row: Box<Row>,
    rules: Rules,
    request: Option<Request>,
    until: UnixTime,
    open: bool,
}

impl Attempt {
    /// Takes hold of a row that was claimed by a command submitted at `since`.
    pub(crate) fn new(journal: Journal, row: Row, rules: Rules, since: UnixTime) -> Self {
        Self::with(row.request(), journal, row, rules, since)
    }

    /// As [`new`](Self::new), where the row's request is at hand.
    pub(crate) fn with(
        request: Option<Request>,
        journal: Journal,
        row: Row,
        rules: Rules,
        since: UnixTime,
    ) -> Self {
        let until = since.plus(rules.timing.lease);
        Self { journal, row: Box::new(row), rules, request, until, open: true }
    }

    /// The order as it stands while it is being sent.
    #[must_use]
    pub fn entry(&self) -> Entry {
        Entry::from(&*self.row)
    }

    /// The one call that may move money. If the lease is over before it begins, nothing is sent.
    ///
    /// # Errors
    /// The exchange ends as the provider's; when the provider is another gateway's, or the lease is over, nothing
    /// was sent.
    pub fn exchange(&self, provider: &dyn PaymentProvider) -> Exchange<Receipt> {
        if provider.id().as_str() != &*self.row.gateway {
            let told =
                format!("the order was written down for {}, not for {}", self.row.gateway, provider.id());
            return Exchange::done(Err(ProviderError::unsupported(told)));
        }
        let Some(request) = &self.request else {
            let told = "the request in the journal is not the one that was written down, or a newer version wrote it";
            return Exchange::done(Err(ProviderError::unsupported(told)));
        };
        let exchange = request.exchange(provider);
        if !exchange.problems().is_empty() {
            return exchange;
        }
        let (journal, until) = (self.journal.clone(), self.until);
        // By the journal's clock, which nobody sets; another worker may have taken the order for lost meanwhile.
        Exchange::now(move |_| {
            if journal.now() < until {
                exchange
            } else {
                let told = "the attempt came too late, and nothing was sent: it waited longer than its lease";
                Exchange::done(Err(ProviderError::new(ErrorKind::Unavailable, told)))
            }
        })
    }

    /// Writes down how the run ended. Without the answer to this the order counts as `Unknown`.
    ///
    /// # Errors
    /// When it cannot be made durable: the error has the attempt in it, so that it can be settled again. The answer is
    /// in nobody else's hands: keep trying for a while, and begin nothing else meanwhile, as the
    /// [`Cashier`](crate::Cashier) does.
    pub fn settle(self, result: &Result<Receipt, ProviderError>) -> Settling {
        let ended = match result {
            Ok(receipt) => Ok(receipt.clone()),
            Err(error) => Err(Failure::from(error)),
        };
        let event = Event::Ended { fence: self.row.fence, ended, twin: None };
        let reply = self.journal.happen(self.row.key, event, self.rules);
        Settling { reply: Some(reply), attempt: Some(self) }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.open {
            // Nobody waits for the answer; if it cannot be written, the lease ends it.
            drop(self.journal.happen(self.row.key, Event::Dropped { fence: self.row.fence }, self.rules));
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({} {} {})", self.row.gateway, self.row.operation.as_str(), self.row.order)
    }
}

/// What the journal will say of an attempt's end. A blocking program calls [`wait`](Self::wait), an async one awaits it.
///
/// Dropping it does not take the end back.
#[must_use = "the journal may have refused"]
#[derive(Debug)]
pub struct Settling {
    /// Both until it was told.
    reply: Option<Reply<Entry>>,
    attempt: Option<Attempt>,
}

impl Settling {
    /// Blocks until it stands. In async code `.await` it instead.
    ///
    /// # Errors
    /// As [`Attempt::settle`] says.
    pub fn wait(mut self) -> Result<Entry, Unsettled> {
        let reply = self.reply.take().expect("it is told once");
        let told = reply.wait();
        self.told(told)
    }

    fn told(&mut self, told: Result<Entry, JournalError>) -> Result<Entry, Unsettled> {
        let mut attempt = self.attempt.take().expect("it is told once");
        match told {
            Ok(entry) => {
                attempt.open = false;
                Ok(entry)
            }
            Err(error) => Err(Unsettled(Box::new((attempt, error)))),
        }
    }
}

impl Future for Settling {
    type Output = Result<Entry, Unsettled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let reply = self.reply.as_mut().expect("it was not polled after its end");
        let Poll::Ready(told) = Pin::new(reply).poll(context) else { return Poll::Pending };
        self.reply = None;
        Poll::Ready(self.told(told))
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        if let Some(attempt) = &mut self.attempt {
            // Its end is on its way; should that not be written, the lease ends it.
            attempt.open = false;
        }
    }
}

/// An attempt whose end could not be written down, and why. Settle it again with the same answer; dropped, it leaves its
/// order `Unknown`, and the gateway is asked.
#[must_use = "the answer of the gateway is not written down"]
#[derive(Debug)]
pub struct Unsettled(Box<(Attempt, JournalError)>);

impl Unsettled {
    /// Why it could not be written.
    #[must_use]
    pub fn error(&self) -> &JournalError {
        &self.0.1
    }

    /// The attempt, to be settled again, and why it was not.
    pub fn into_parts(self) -> (Attempt, JournalError) {
        *self.0
    }
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "how an attempt ended could not be written down: {}", self.0.1)
    }
}

impl std::error::Error for Unsettled {}

impl From<Unsettled> for JournalError {
    /// Lets go of the attempt, so that its order is asked for.
    fn from(unsettled: Unsettled) -> Self {
        unsettled.into_parts().1
    }
}

/// A claimed order to ask the gateway about: run its [`exchange`](Self::exchange), then [`settle`](Self::settle).
/// Dropped unsettled, it is asked again when its lease is over.
#[must_use = "a question that is dropped is asked again when its lease is over"]
pub struct Question {
    journal: Journal,
    row: Box<Row>,
    rules: Rules,
}

impl Question {
    pub(crate) fn new(journal: Journal, row: Row, rules: Rules) -> Self {
        Self { journal, row: Box::new(row), rules }
    }

    /// The order as it stood when it was claimed.
    #[must_use]
    pub fn entry(&self) -> Entry {
        Entry::from(&*self.row)
    }

    /// The order by both its names.
    #[must_use]
    pub fn order_ref(&self) -> OrderRef {
        self.row.order_ref()
    }

    /// Asks for the status; moves no money.
    ///
    /// # Errors
    /// As the provider's status exchange.
    pub fn exchange(&self, provider: &dyn PaymentProvider) -> Exchange<Option<Receipt>> {
        provider.status(&self.order_ref())
    }

    /// Writes down what the gateway said.
    ///
    /// # Errors
    /// When it cannot be made durable: see [`JournalError`](crate::JournalError).
    pub fn settle(self, result: &Result<Option<Receipt>, ProviderError>) -> Reply<Entry> {
        let fence = self.row.fence;
        let event = match result {
            Ok(said) => {
                // The gateway was asked no earlier than the row was claimed.
                let asked_at = self.row.asked_at.unwrap_or(self.row.created_at);
                Event::Told { fence, asked_at, said: said.clone(), twin: None }
            }
            Err(error) => Event::NotTold { fence, failure: error.into() },
        };
        self.journal.happen(self.row.key, event, self.rules)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({} {} {})", self.row.gateway, self.row.operation.as_str(), self.row.order)
    }
}

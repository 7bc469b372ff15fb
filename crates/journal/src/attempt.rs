//! What a caller has hold of: an attempt to send, or a question to ask.

use std::fmt;

use nzimbu_core::{ErrorKind, Exchange, OrderRef, PaymentProvider, ProviderError, Receipt, UnixTime};

use crate::entry::Entry;
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
    /// When it cannot be made durable: see [`JournalError`](crate::JournalError).
    pub fn settle(self, result: &Result<Receipt, ProviderError>) -> Reply<Entry> {
        let reply = self.note(result);
        self.close();
        reply
    }

    /// Writes down how the run ended, and keeps hold of the attempt until that stands.
    pub(crate) fn note(&self, result: &Result<Receipt, ProviderError>) -> Reply<Entry> {
        let ended = match result {
            Ok(receipt) => Ok(receipt.clone()),
            Err(error) => Err(Failure::from(error)),
        };
        let event = Event::Ended { fence: self.row.fence, ended, twin: None };
        self.journal.happen(self.row.key, event, self.rules)
    }

    /// Lets go of an attempt that was settled.
    pub(crate) fn close(mut self) {
        self.open = false;
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

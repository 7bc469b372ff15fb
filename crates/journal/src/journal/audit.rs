//! Whether the history is whole, and forgetting what need not be kept.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nzimbu_core::{PaymentProvider, UnixTime};

use super::check::{Begun, Extent};
use super::{Journal, JournalError, check};
use crate::apply;
use crate::error::JournalErrorKind;
use crate::reply::Reply;
use crate::rules::{Rules, Timing};

/// What a check of a part of the journal found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Audit {
    /// Events looked at.
    pub events: u64,
    /// Orders looked at.
    pub orders: u64,
    /// Events that do not fit and that a named person has accepted as they are; see
    /// [`Journal::accept_damage`](super::Journal::accept_damage).
    pub accepted: u64,
    /// The first thing that is wrong.
    pub flaw: Option<Flaw>,
}

/// Something that was altered, added or removed from outside.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Flaw {
    /// An event does not fit the one before it.
    Event {
        /// Its id.
        id: i64,
        /// The place of its order, as [`Journal::list`] gives it.
        order: i64,
    },
    /// An event that others refer to is gone.
    Missing {
        /// Its id.
        id: i64,
        /// The place of its order.
        order: i64,
    },
    /// An order does not fit its history.
    Order {
        /// Its place.
        order: i64,
    },
    /// An order is gone, and its history is there.
    Gone {
        /// Its place.
        order: i64,
    },
    /// A line of an export is not as it was written.
    Line {
        /// Its number, from 1.
        number: u64,
    },
    /// An export has no end, or another than its lines tell.
    Cut,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event { id, order } => write!(f, "event {id} of order number {order} was altered"),
            Self::Missing { id, order } => write!(f, "event {id} of order number {order} is gone"),
            Self::Order { order } => write!(f, "order number {order} does not fit its history"),
            Self::Gone { order } => write!(f, "order number {order} is gone, and its history is there"),
            Self::Line { number } => write!(f, "line {number} of the export was altered"),
            Self::Cut => f.write_str("the export was cut off, or lines of it are gone"),
        }
    }
}

pub(super) const PART: usize = 2_000;

impl Journal {
    /// Checks every event against the one before it, and every order against its last event. Memory stays flat; other
    /// commands go on meanwhile.
    ///
    /// What it finds is noted, and from then on nothing is sent with this journal before a person has looked: see
    /// [`accept_damage`](Self::accept_damage). A journal that was opened to be looked at cannot note it; hand it to
    /// [`note_damage`](Self::note_damage) then.
    ///
    /// Hashes without a key show accidents and careless edits. Whoever rewrites the whole file, hashes included, is
    /// not caught by it: keep an export elsewhere.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn verify(&self) -> Result<Audit, JournalError> {
        self.verify_with(|_| {})
    }

    /// As [`verify`](Self::verify), and tells after every part how far it is.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn verify_with(&self, mut progress: impl FnMut(&Audit)) -> Result<Audit, JournalError> {
        // Another thread looks at the store's own structure meanwhile.
        let structure = self.read(|tx, _| Ok(Ok(tx.check()?)));
        let audit = self.verify_behind(0, &mut progress);
        self.noted(audit.and_then(|audit| {
            // A flaw says where it is, which is more than the structure can tell.
            if audit.flaw.is_none() {
                structure.wait()?;
            }
            Ok(audit)
        }))
    }

    /// Notes what was found, so that nothing is sent. Where that cannot be written, it is told all the same.
    fn noted(&self, audit: Result<Audit, JournalError>) -> Result<Audit, JournalError> {
        let told = match &audit {
            Ok(Audit { flaw: Some(flaw), .. }) => flaw.to_string(),
            Err(error) if error.kind() == JournalErrorKind::Damaged => error.to_string(),
            _ => return audit,
        };
        // The flaw counts for more than that nobody could write it down; this process knows of it in any case.
        if self.note(told).wait().is_err() {
            self.unnoted.store(true, Ordering::Release);
        }
        audit
    }

    /// Events and orders are looked at side by side, by two threads where the store has them.
    pub(super) fn verify_behind(
        &self,
        id: i64,
        progress: &mut dyn FnMut(&Audit),
    ) -> Result<Audit, JournalError> {
        let extent = Extent { flaws: 1, until: self.last_event()? };
        let events_behind = |after| self.read(move |tx, _| Ok(Ok(check::events(tx, after, extent)?)));
        let orders_behind = |after| self.read(move |tx, _| Ok(Ok(check::orders(tx, after, extent)?)));
        let (mut by_events, mut by_orders) = (Begun::default(), Begun::default());
        let mut audit = Audit { events: 0, orders: 0, accepted: 0, flaw: None };
        let mut flaw_of_orders = None;
        let (mut events, mut orders) = (Some(events_behind(id)), Some(orders_behind(id)));
        while audit.flaw.is_none() && (events.is_some() || orders.is_some()) {
            if let Some(part) = events.take() {
                let part = part.wait()?;
                audit.events += part.seen;
                audit.accepted += part.accepted;
                by_events.add(part.begun);
                events = part.last.map(events_behind);
                audit.flaw = part.flaws.into_iter().next().map(|found| found.flaw);
            }
            if let Some(part) = orders.take() {
                let part = part.wait()?;
                audit.orders += part.seen;
                by_orders.add(part.begun);
                // An event that was altered may still be found, and says more.
                orders = part.last.filter(|_| part.flaws.is_empty()).map(orders_behind);
                flaw_of_orders = part.flaws.into_iter().next().map(|found| found.flaw);
            }
            progress(&audit);
        }
        audit.flaw = audit.flaw.or(flaw_of_orders);
        // They are the same, unless an order is gone or was being written at the time.
        let mut next = (audit.flaw.is_none() && by_events != by_orders).then_some(id);
        while let Some(after) = next {
            let part = self.read(move |tx, _| Ok(Ok(check::gone(tx, after)?))).wait()?;
            audit.flaw = part.flaws.into_iter().next().map(|found| found.flaw);
            next = part.last.filter(|_| audit.flaw.is_none());
        }
        Ok(audit)
    }

    /// The id of the last event.
    fn last_event(&self) -> Result<i64, JournalError> {
        // Ids only grow, so the last one is found by halving.
        let (mut before, mut behind) = (0, i64::MAX);
        while before + 1 < behind {
            let middle = before + (behind - before) / 2;
            match self.read(move |tx, _| Ok(Ok(tx.events(middle - 1, 1)?))).wait()?.last() {
                Some(found) => before = found.id,
                None => behind = middle,
            }
        }
        Ok(before)
    }

    /// As [`verify`](Self::verify) for the last `most` events and the orders that were written down among them: for a
    /// look at every start.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn verify_tail(&self, most: u32) -> Result<Audit, JournalError> {
        let last = self.last_event()?;
        self.noted(self.verify_behind((last - i64::from(most)).max(0), &mut |_| {}))
    }

    /// Forgets the requests, and with them names, numbers and addresses, of orders that ended longer ago than `age`
    /// (30 days are usual). History keeps its masked forms. Returns how many orders had something to forget.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn purge(&self, age: Duration) -> Result<u64, JournalError> {
        let now = self.now();
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let before = UnixTime { millis: now.millis.saturating_sub(age) };
        let (mut after, mut forgotten) = (0, 0);
        loop {
            let last = self.write(move |tx, _| Ok(Ok(tx.purge(after, before, PART)?))).wait()?;
            match last {
                Some((last, orders)) => {
                    forgotten += orders;
                    after = last;
                }
                None => return Ok(forgotten),
            }
        }
    }

    /// Says that this journal may be older than the truth, because a backup was restored or a standby took over:
    /// whatever has not ended, and whatever ended within `reach`, is asked for before anything is sent.
    ///
    /// # Errors
    /// When the journal cannot be written. Repeat it; nothing is sent in between if no worker runs.
    pub fn doubt(
        &self,
        providers: &[&dyn PaymentProvider],
        timing: Timing,
        reach: Duration,
    ) -> Result<(), JournalError> {
        let reach = i64::try_from(reach.as_millis()).unwrap_or(i64::MAX);
        let since = UnixTime { millis: self.now().millis.saturating_sub(reach) };
        let mut known = Vec::new();
        for provider in providers {
            for operation in [nzimbu_core::Operation::Payment, nzimbu_core::Operation::Payout] {
                let rules = Rules::new(&provider.capabilities(operation), timing);
                known.push((provider.id().as_str(), operation, rules));
            }
        }
        let doubt = self.doubted().wait()?;
        let (mut after, mut unknown) = (0, None);
        loop {
            let known = known.clone();
            let last = self.write(move |tx, now| {
                let unknown = RefCell::new(None);
                let rules = |gateway: &str, operation| {
                    let mut fitting = known.iter();
                    let fits = |(name, way, _): &&(&str, _, _)| *name == gateway && *way == operation;
                    let rules = fitting.find(fits).map(|(.., rules)| *rules);
                    if rules.is_none() {
                        *unknown.borrow_mut() = Some(gateway.to_owned());
                    }
                    rules
                };
                let last = apply::doubt(tx, since, rules, after, PART, now)?;
                Ok(Ok((last, unknown.into_inner())))
            });
            let (last, missing) = last.wait()?;
            unknown = unknown.or(missing);
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        if let Some(gateway) = unknown {
            let told = format!(
                "orders of {gateway} may be concerned and were left alone: hand its provider to `Journal::doubt` as well"
            );
            return Err(JournalError::new(JournalErrorKind::Doubted, told));
        }
        // What came up meanwhile is followed up by itself.
        self.write(move |tx, _| {
            if doubt.is_some() && apply::doubted(tx)? == doubt {
                tx.set_meta(apply::DOUBT, "")?;
            }
            Ok(Ok(()))
        })
        .wait()
    }

    /// Why this journal may be older than the truth; none if it is not doubted. As long as it is, nothing can be begun
    /// or claimed: the errors are [`Doubted`](JournalErrorKind::Doubted). [`doubt`](Self::doubt) ends it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn doubted(&self) -> Reply<Option<String>> {
        self.read(|tx, _| Ok(Ok(apply::doubted(tx)?)))
    }

    /// Whether this journal may be older than the truth: see [`doubted`](Self::doubted).
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn is_doubted(&self) -> Reply<bool> {
        self.read(|tx, _| Ok(Ok(apply::doubted(tx)?.is_some())))
    }

    /// Says that this journal was restored from a backup, before anything else is done with it: nothing is sent until
    /// [`doubt`](Self::doubt) was called. A journal in PostgreSQL notices another cluster or timeline by itself; a
    /// file, or a dump that went back into the same cluster, cannot be noticed.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn restored(&self, person: &str) -> Reply<()> {
        let person = person.to_owned();
        self.write(move |tx, now| {
            let told = format!("{person} restored a backup at {}", now.millis);
            Ok(Ok(tx.set_meta(apply::DOUBT, &told)?))
        })
    }
}

//! A journal of which something was altered from outside: it sends nothing until a named person has accepted that.

use std::sync::atomic::Ordering;

use super::check::{Extent, Found};
use super::{Flaw, Journal, JournalError, check};
use crate::apply::{self, DAMAGE, Person};
use crate::error::JournalErrorKind;
use crate::reply::Reply;

/// What a named person has accepted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Acceptance {
    /// Events that do not fit the ones before them.
    pub events: u64,
    /// Orders whose histories go on from an event that says so.
    pub orders: u64,
}

impl Journal {
    /// What [`verify`](Self::verify) found and nobody has accepted; none if nothing was found. As long as there is
    /// something, nothing is sent: the errors are [`Damaged`](JournalErrorKind::Damaged). Orders that are open are still
    /// asked for, where the gateway can be asked.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn damage(&self) -> Reply<Option<String>> {
        self.read(|tx, _| Ok(Ok(apply::damaged(tx)?)))
    }

    /// Notes a flaw that was found by looking, for instance in a copy: nothing is sent until it was accepted.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn note_damage(&self, flaw: &Flaw) -> Reply<()> {
        self.note(flaw.to_string())
    }

    pub(super) fn note(&self, told: String) -> Reply<()> {
        self.write(move |tx, _| {
            // What was found first is what was looked at first.
            if apply::damaged(tx)?.is_none() {
                tx.set_meta(DAMAGE, &told)?;
            }
            Ok(Ok(()))
        })
    }

    /// Goes on with a journal of which something was altered from outside, as a named person decided, and remembers who
    /// and why. The better way is to restore the last backup, and to say so with [`restored`](Self::restored).
    ///
    /// Every event that does not fit is remembered as it is now, so that no other change of it is accepted with it. The
    /// history of its order goes on from a new event, which names the person, the reason, and what was accepted.
    /// [`verify`](Self::verify) passes over all of it from then on, and counts it. An order that was itself altered is
    /// marked as [`CONFLICT`](crate::Flags::CONFLICT) and [`NEEDS_REVIEW`](crate::Flags::NEEDS_REVIEW), since nobody knows
    /// which of its columns can be believed: it is neither sent nor paid until a person has decided about it. A request
    /// that was altered is forgotten.
    ///
    /// # Errors
    /// [`Damaged`](JournalErrorKind::Damaged) when something is wrong that nobody can accept, because orders might be
    /// paid twice: the structure of the file, a row that cannot be read, an order that is gone or under another one's name.
    /// Otherwise
    /// when the journal cannot be read or written; what was accepted by then stays so, and repeating it goes on.
    pub fn accept_damage(&self, person: &str, reason: &str) -> Result<Acceptance, JournalError> {
        if person.trim().is_empty() || reason.trim().is_empty() {
            let told = "accepting damage needs the name of the person who does, and the reason";
            return Err(JournalError::new(JournalErrorKind::Refused, told));
        }
        let person = Person { name: person.to_owned(), reason: reason.to_owned() };
        self.read(|tx, _| Ok(Ok(tx.check()?))).wait().map_err(beyond)?;
        let mut acceptance = Acceptance::default();
        let mut next = Some(0);
        while let Some(after) = next {
            let part = self.read(move |tx, _| Ok(Ok(check::events(tx, after, ALL)?)));
            let part = part.wait().map_err(beyond)?;
            acceptance.events += part.flaws.len() as u64;
            acceptance.orders += self.accept_all(part.flaws, &person)?;
            next = part.last;
        }
        let mut next = Some(0);
        while let Some(after) = next {
            let part = self.read(move |tx, _| Ok(Ok(check::orders(tx, after, ALL)?)));
            let part = part.wait().map_err(beyond)?;
            acceptance.orders += self.accept_all(part.flaws, &person)?;
            next = part.last;
        }
        // Only what is seen to be whole again sends.
        if let Some(flaw) = self.verify_behind(0, &mut |_| {}).map_err(beyond)?.flaw {
            return Err(beyond(JournalError::new(JournalErrorKind::Damaged, flaw.to_string())));
        }
        self.write(move |tx, now| {
            if let Some(found) = apply::damaged(tx)? {
                // Also where nothing of it was left to be found.
                let Person { name, reason } = &person;
                let told = format!("{found}; accepted by {name} at {}: {reason}", now.millis);
                tx.set_meta(ACCEPTED, &told)?;
                tx.set_meta(DAMAGE, "")?;
            }
            Ok(Ok(()))
        })
        .wait()?;
        self.unnoted.store(false, Ordering::Release);
        Ok(acceptance)
    }

    /// Accepts these flaws, order by order; returns how many orders go on from a new event.
    fn accept_all(&self, flaws: Vec<Found>, person: &Person) -> Result<u64, JournalError> {
        let mut orders = std::collections::BTreeMap::<i64, Vec<i64>>::new();
        for found in flaws {
            orders.entry(found.order).or_default().extend(found.event);
        }
        let mut anchored = 0;
        for (order, events) in orders {
            let person = person.clone();
            let accept = self
                .write(move |tx, now| Ok(Ok(apply::accept(tx, order, &events, &person, now)?)))
                .wait()
                .map_err(beyond)?;
            anchored += u64::from(accept);
        }
        Ok(anchored)
    }
}

/// Adds what is left to be done about damage that cannot be accepted.
fn beyond(error: JournalError) -> JournalError {
    if error.kind() != JournalErrorKind::Damaged {
        return error;
    }
    let told = format!(
        "{error}; this cannot be accepted, because an order might be paid twice: restore the last backup, and say so \
         with `Journal::restored`"
    );
    JournalError::new(JournalErrorKind::Damaged, told)
}

/// Every flaw is accepted.
const ALL: Extent = Extent { flaws: usize::MAX, until: i64::MAX };

/// The name under which it is remembered what was accepted last.
const ACCEPTED: &str = "damage accepted";

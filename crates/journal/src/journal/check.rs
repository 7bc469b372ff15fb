//! Parts of a journal, looked at for whatever was altered, added or removed from outside.

use std::collections::{HashMap, HashSet};

use super::audit::{Flaw, PART};
use crate::apply::accepted;
use crate::chain::{self, Record, is_anchor, mark, seal};
use crate::store::{StoreError, Tx};

/// What a look at a part found.
#[derive(Debug)]
pub(super) struct Part {
    /// Where to go on; none at the end.
    pub(super) last: Option<i64>,
    pub(super) seen: u64,
    /// Flaws that a person has accepted.
    pub(super) accepted: u64,
    pub(super) flaws: Vec<Found>,
    /// The orders that begin in these events, or that these are.
    pub(super) begun: Begun,
}

/// A flaw, where it was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) flaw: Flaw,
    /// The place of the order, as the event or the row has it.
    pub(super) order: i64,
    /// The event that does not fit; none if the order does not.
    pub(super) event: Option<i64>,
}

/// How far a look goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// The number of flaws at which it ends.
    pub(super) flaws: usize,
    /// The last event of those whose orders are counted.
    pub(super) until: i64,
}

/// Orders, as many as there may be, in two numbers: enough to see that two lists of them are not the same.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Begun {
    orders: u64,
    places: i64,
}

impl Begun {
    /// Counts an order, unless it was written down while the journal was being looked at.
    fn count(&mut self, place: i64, extent: Extent) {
        if place <= extent.until {
            self.add(Self { orders: 1, places: place });
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.places = self.places.wrapping_add(other.places);
    }
}

impl Part {
    fn ending_at(last: Option<i64>) -> Self {
        Self { last, seen: 0, accepted: 0, flaws: Vec::new(), begun: Begun::default() }
    }
}

/// Looks at the events behind this id.
pub(super) fn events(tx: &mut dyn Tx, after: i64, extent: Extent) -> Result<Part, StoreError> {
    let records = tx.events(after, PART)?;
    let mut part = Part::ending_at(records.last().map(|record| record.id));
    // Most events follow one of the same part.
    let near: HashMap<i64, [u8; 32]> = records.iter().map(|record| (record.id, record.hash)).collect();
    for record in &records {
        part.seen += 1;
        if record.before == 0 {
            part.begun.count(record.row, extent);
        }
        let before = match near.get(&record.before) {
            Some(hash) if record.before < record.id => Some(*hash),
            _ => chain::before(tx, record)?,
        };
        let flaw = match before {
            Some(before) if record.hash_after(&before) == record.hash => continue,
            Some(_) => Flaw::Event { id: record.id, order: record.row },
            None => Flaw::Missing { id: record.before, order: record.row },
        };
        let known = tx.meta(&accepted(record.id))?;
        if is_anchor(record) || known.is_some_and(|known| known == mark(record, before.as_ref())) {
            part.accepted += 1;
            continue;
        }
        part.flaws.push(Found { flaw, order: record.row, event: Some(record.id) });
        if part.flaws.len() >= extent.flaws {
            break;
        }
    }
    Ok(part)
}

/// Looks at the orders behind this id.
pub(super) fn orders(tx: &mut dyn Tx, after: i64, extent: Extent) -> Result<Part, StoreError> {
    let rows = tx.sealed(after, PART)?;
    let mut part = Part::ending_at(rows.last().map(|(row, _)| row.id));
    for (row, sealed) in &rows {
        part.seen += 1;
        part.begun.count(row.id, extent);
        let told: Option<Record> = tx.event(row.last_event)?;
        let flaw = match told {
            None => Flaw::Missing { id: row.last_event, order: row.id },
            Some(told) if told.row != row.id || told.hash != row.head || seal(row) != *sealed => {
                Flaw::Order { order: row.id }
            }
            Some(_) => continue,
        };
        part.flaws.push(Found { flaw, order: row.id, event: None });
        if part.flaws.len() >= extent.flaws {
            break;
        }
    }
    Ok(part)
}

/// Looks at the events behind this id for the first of an order that is gone. An order and its first event are written
/// together, and both are read at one moment, so that whatever is written meanwhile makes no difference.
pub(super) fn gone(tx: &mut dyn Tx, after: i64) -> Result<Part, StoreError> {
    let records = tx.events(after, PART)?;
    let mut part = Part::ending_at(records.last().map(|record| record.id));
    // An order has the id of its first event, so that there are no more orders than events in this part.
    let known: HashSet<i64> = tx.sealed(after, PART)?.iter().map(|(row, _)| row.id).collect();
    let mut begun = records.iter().filter(|record| record.before == 0);
    if let Some(first) = begun.find(|record| !known.contains(&record.row)) {
        let flaw = Flaw::Gone { order: first.row };
        part.flaws.push(Found { flaw, order: first.row, event: Some(first.id) });
    }
    Ok(part)
}

//! Parts of a journal, looked at for whatever was altered, added or removed from outside.

use std::collections::HashMap;

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

/// Looks at the events behind this id, up to this many flaws.
pub(super) fn events(tx: &mut dyn Tx, after: i64, most: usize) -> Result<Part, StoreError> {
    let records = tx.events(after, PART)?;
    let mut part =
        Part { last: records.last().map(|record| record.id), seen: 0, accepted: 0, flaws: Vec::new() };
    // Most events follow one of the same part.
    let near: HashMap<i64, [u8; 32]> = records.iter().map(|record| (record.id, record.hash)).collect();
    for record in &records {
        part.seen += 1;
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
        if part.flaws.len() >= most {
            break;
        }
    }
    Ok(part)
}

/// Looks at the orders behind this id, up to this many flaws.
pub(super) fn orders(tx: &mut dyn Tx, after: i64, most: usize) -> Result<Part, StoreError> {
    let rows = tx.sealed(after, PART)?;
    let mut part = Part { last: rows.last().map(|(row, _)| row.id), seen: 0, accepted: 0, flaws: Vec::new() };
    for (row, sealed) in &rows {
        part.seen += 1;
        let told: Option<Record> = tx.event(row.last_event)?;
        let flaw = match told {
            None => Flaw::Missing { id: row.last_event, order: row.id },
            Some(told) if told.row != row.id || told.hash != row.head || seal(row) != *sealed => {
                Flaw::Order { order: row.id }
            }
            Some(_) => continue,
        };
        part.flaws.push(Found { flaw, order: row.id, event: None });
        if part.flaws.len() >= most {
            break;
        }
    }
    Ok(part)
}

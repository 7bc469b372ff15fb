//! What the journal tells without changing anything.

use nzimbu_core::{Country, Operation, OrderId, UnixTime};

use super::Journal;
use crate::chain::Record;
use crate::entry::Entry;
use crate::reply::Reply;
use crate::row::Key;
use crate::state::{Flags, State};
use crate::store::{Count, List};

/// Which orders to list.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Filter {
    /// Of this gateway.
    pub gateway: Option<String>,
    /// In this direction.
    pub operation: Option<Operation>,
    /// In one of these states; empty for all.
    pub states: Vec<State>,
    /// Of the batch of this number.
    pub batch: Option<i64>,
    /// Only those that a person has to look at.
    pub needs_people: bool,
    /// Changed at this time or later.
    pub since: Option<UnixTime>,
}

/// Who is paid or pays, as far as it may be shown: no name and no full number.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Masked {
    /// The phone number with its middle hidden.
    pub phone: Option<String>,
    /// The operator's name, where the order names one.
    pub operator: Option<String>,
    /// The country of the operator, of the person or of the number.
    pub country: Option<Country>,
}

/// An event of an order's history.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// Names it in the whole journal.
    pub id: i64,
    /// When.
    pub at: UnixTime,
    /// The state after it.
    pub state: State,
    /// The flags after it.
    pub flags: Flags,
    /// What happened, as a JSON object; it holds no secret, no name and no full phone number.
    pub body: Box<str>,
    /// Its hash, which covers the one before it.
    pub hash: [u8; 32],
}

/// A callback that was proven genuine and belongs to no order of this journal, or could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stray {
    /// When it came.
    pub at: UnixTime,
    /// From which gateway.
    pub gateway: Box<str>,
    /// Why it was kept.
    pub reason: Box<str>,
}

impl From<Filter> for List {
    fn from(filter: Filter) -> Self {
        let Filter { gateway, operation, states, batch, needs_people, since } = filter;
        Self { gateway, operation, states, batch, needs_people, since }
    }
}

impl From<Record> for HistoryEvent {
    fn from(record: Record) -> Self {
        let Record { id, at, state, flags, body, hash, .. } = record;
        Self { id, at, state, flags, body, hash }
    }
}

impl Journal {
    /// Where an order stands.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn find(&self, gateway: &str, operation: Operation, order: &OrderId) -> Reply<Option<Entry>> {
        let key = Key::of(gateway, operation, order.as_str());
        self.read(move |tx, _| Ok(Ok(tx.find(&key)?.map(|row| Entry::from(&row)))))
    }

    /// Up to `most` orders behind a place (0 at first), in the order in which they were written down, each with its
    /// place.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self, filter: &Filter, after: i64, most: usize) -> Reply<Vec<(i64, Entry)>> {
        let list = List::from(filter.clone());
        self.read(move |tx, _| {
            let rows = tx.list(&list, after, most)?;
            Ok(Ok(rows.iter().map(|row| (row.id, Entry::from(row))).collect()))
        })
    }

    /// As [`list`](Self::list), each with what may be shown of its person; nothing of that once the order was purged.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list_masked(
        &self,
        filter: &Filter,
        after: i64,
        most: usize,
    ) -> Reply<Vec<(i64, Entry, Option<Masked>)>> {
        let list = List::from(filter.clone());
        self.read(move |tx, _| {
            let rows = tx.list(&list, after, most)?;
            let listed = |row: &crate::row::Row| {
                (row.id, Entry::from(row), row.request().map(|request| request.recipient()))
            };
            Ok(Ok(rows.iter().map(listed).collect()))
        })
    }

    /// How many orders stand where, and for how much; of one batch, or of all.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn counts(&self, batch: Option<i64>) -> Reply<Vec<Count>> {
        self.read(move |tx, _| Ok(Ok(tx.counts(batch)?)))
    }

    /// The history of an order, the oldest event first; none if there is no such order.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn history(
        &self,
        gateway: &str,
        operation: Operation,
        order: &OrderId,
    ) -> Reply<Option<Vec<HistoryEvent>>> {
        let key = Key::of(gateway, operation, order.as_str());
        self.read(move |tx, _| {
            let Some(row) = tx.find(&key)? else { return Ok(Ok(None)) };
            let (mut events, mut next) = (Vec::new(), row.last_event);
            // Not longer than the row says, so that an altered chain cannot lead in circles.
            while next != 0 && events.len() < row.events as usize {
                let Some(record) = tx.event(next)? else { break };
                next = record.before;
                events.push(HistoryEvent::from(record));
            }
            events.reverse();
            Ok(Ok(Some(events)))
        })
    }

    /// The callbacks that belong to no order of this journal, the newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn strays(&self, most: usize) -> Reply<Vec<Stray>> {
        self.read(move |tx, _| {
            let stray = |kept: crate::store::Received| Stray {
                at: kept.at,
                gateway: kept.gateway,
                reason: kept.stray.unwrap_or_default(),
            };
            Ok(Ok(tx.strays(most)?.into_iter().map(stray).collect()))
        })
    }
}

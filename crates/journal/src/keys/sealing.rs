//! Statements that encrypt what is personal on its way into a store, and decrypt it on its way out. Everything else is
//! handed on.

use std::collections::HashMap;

use nzimbu_core::{GatewayRef, OrderId, UnixTime};

use super::{Keys, key_of};
use crate::chain::Record;
use crate::row::{Key, Row};
use crate::store::{BatchRow, Count, Due, List, Received, Stop, StoreError, Tx};

pub(super) struct Sealing<'a> {
    tx: &'a mut dyn Tx,
    keys: &'a Keys,
    /// What the rows that were read in this transaction hold, so that it is written back as it stood.
    read: HashMap<Key, Kept>,
}

/// The personal columns of a row as the store has them.
#[derive(Clone)]
struct Kept {
    request: Option<Box<str>>,
    /// Decrypted, and as the store has it.
    action: Option<(Box<str>, Box<str>)>,
}

type Did<T> = Result<T, StoreError>;

const REQUEST: &str = "request";
const ACTION: &str = "action";

impl<'a> Sealing<'a> {
    pub(super) fn new(tx: &'a mut dyn Tx, keys: &'a Keys) -> Self {
        Self { tx, keys, read: HashMap::new() }
    }

    /// Decrypts a text; one whose key was not given stays as it is.
    fn open(&self, row: &Key, column: &str, text: &str) -> Did<Box<str>> {
        match self.keys.open(row, column, text) {
            Some(opened) => opened,
            None => Ok(text.into()),
        }
    }

    /// Decrypts a row that something may be done with.
    fn opened(&mut self, mut row: Row) -> Did<Row> {
        let request = row.request.take();
        let action = row.action.take();
        row.request = request.as_deref().map(|text| self.open(&row.key, REQUEST, text)).transpose()?;
        row.action = action.as_deref().map(|text| self.open(&row.key, ACTION, text)).transpose()?;
        self.read.insert(row.key, Kept { request, action: row.action.clone().zip(action) });
        Ok(row)
    }

    /// Decrypts a row that is only shown, as far as that goes.
    fn shown(&self, mut row: Row) -> Row {
        for (column, text) in [(REQUEST, &mut row.request), (ACTION, &mut row.action)] {
            if let Some(opened) = text.as_deref().and_then(|text| self.open(&row.key, column, text).ok()) {
                *text = Some(opened);
            }
        }
        row
    }

    fn seal(&self, row: &Key, column: &str, text: &str) -> Did<Box<str>> {
        match key_of(text) {
            // Its key was not given: it goes back as it came.
            Some(_) => Ok(text.into()),
            None => self.keys.seal(row, column, text),
        }
    }

    /// The row as it goes into the store.
    fn stored(&self, row: &Row) -> Did<Row> {
        let mut sealed = row.clone();
        let kept = self.read.get(&row.key);
        sealed.request = match (&row.request, kept) {
            // A request never changes, and one that was written in the open stays so.
            (Some(_), Some(kept)) => kept.request.clone(),
            (Some(text), None) => Some(self.seal(&row.key, REQUEST, text)?),
            (None, _) => None,
        };
        sealed.action = match (&row.action, kept.and_then(|kept| kept.action.as_ref())) {
            (Some(text), Some((plain, stored))) if text == plain => Some(stored.clone()),
            (Some(text), _) => Some(self.seal(&row.key, ACTION, text)?),
            (None, _) => None,
        };
        Ok(sealed)
    }
}

impl Tx for Sealing<'_> {
    fn find(&mut self, key: &Key) -> Did<Option<Row>> {
        let found = self.tx.find(key)?;
        found.map(|row| self.opened(row)).transpose()
    }

    fn insert(&mut self, rows: &[(Row, Record)]) -> Did<Vec<bool>> {
        let sealed = rows.iter().map(|(row, record)| Ok((self.stored(row)?, record.clone())));
        let sealed = sealed.collect::<Did<Vec<_>>>()?;
        let added = self.tx.insert(&sealed)?;
        for (((row, _), (sealed, _)), _) in rows.iter().zip(sealed).zip(&added).filter(|(_, new)| **new) {
            let kept = Kept { request: sealed.request, action: row.action.clone().zip(sealed.action) };
            self.read.insert(row.key, kept);
        }
        Ok(added)
    }

    fn update(&mut self, row: &Row) -> Did<()> {
        let sealed = self.stored(row)?;
        self.tx.update(&sealed)?;
        let kept = Kept { request: sealed.request, action: row.action.clone().zip(sealed.action) };
        self.read.insert(row.key, kept);
        Ok(())
    }

    fn due(&mut self, query: &Due<'_>, now: UnixTime) -> Did<Vec<Row>> {
        let due = self.tx.due(query, now)?;
        due.into_iter().map(|row| self.opened(row)).collect()
    }

    fn altered(&mut self, id: i64) -> Did<Option<(Row, bool)>> {
        let Some((row, whole)) = self.tx.altered(id)? else { return Ok(None) };
        // It is taken as it stands, and goes back so.
        let action = row.action.clone().map(|action| (action.clone(), action));
        self.read.insert(row.key, Kept { request: row.request.clone(), action });
        Ok(Some((row, whole)))
    }

    fn take(&mut self, most: usize, now: UnixTime, until: UnixTime) -> Did<Vec<(Record, Row)>> {
        let taken = self.tx.take(most, now, until)?;
        Ok(taken.into_iter().map(|(record, row)| (record, self.shown(row))).collect())
    }

    fn list(&mut self, query: &List, after: i64, most: usize) -> Did<Vec<Row>> {
        let rows = self.tx.list(query, after, most)?;
        Ok(rows.into_iter().map(|row| self.shown(row)).collect())
    }

    fn next_id(&mut self) -> Did<i64> {
        self.tx.next_id()
    }

    fn twin(&mut self, row: &Row, reference: &GatewayRef) -> Did<Option<OrderId>> {
        self.tx.twin(row, reference)
    }

    fn rename(&mut self, before: &Key, row: &Row) -> Did<()> {
        self.tx.rename(before, row)
    }

    fn append(&mut self, record: &Record) -> Did<()> {
        self.tx.append(record)
    }

    fn publish(&mut self, event: i64) -> Did<()> {
        self.tx.publish(event)
    }

    fn next_due(&mut self, query: &Due<'_>) -> Did<Option<UnixTime>> {
        self.tx.next_due(query)
    }

    fn receive(&mut self, callback: &Received) -> Did<bool> {
        self.tx.receive(callback)
    }

    fn strays(&mut self, most: usize) -> Did<Vec<Received>> {
        self.tx.strays(most)
    }

    fn acknowledge(&mut self, events: &[i64]) -> Did<()> {
        self.tx.acknowledge(events)
    }

    fn batch(&mut self, batch: &BatchRow) -> Did<BatchRow> {
        self.tx.batch(batch)
    }

    fn find_batch(&mut self, id: i64) -> Did<Option<BatchRow>> {
        self.tx.find_batch(id)
    }

    fn find_batch_by_digest(&mut self, digest: &[u8; 32]) -> Did<Option<BatchRow>> {
        self.tx.find_batch_by_digest(digest)
    }

    fn update_batch(&mut self, batch: &BatchRow) -> Did<()> {
        self.tx.update_batch(batch)
    }

    fn batches(&mut self, after: i64, most: usize) -> Did<Vec<BatchRow>> {
        self.tx.batches(after, most)
    }

    fn counts(&mut self, batch: Option<i64>) -> Did<Vec<Count>> {
        self.tx.counts(batch)
    }

    fn event(&mut self, id: i64) -> Did<Option<Record>> {
        self.tx.event(id)
    }

    fn events(&mut self, after: i64, most: usize) -> Did<Vec<Record>> {
        self.tx.events(after, most)
    }

    fn sealed(&mut self, after: i64, most: usize) -> Did<Vec<(Row, [u8; 16])>> {
        self.tx.sealed(after, most)
    }

    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Did<Option<(i64, u64)>> {
        self.tx.purge(after, before, most)
    }

    fn forget(&mut self, id: i64) -> Did<()> {
        self.tx.forget(id)
    }

    fn check(&mut self) -> Did<()> {
        self.tx.check()
    }

    fn stop(&mut self) -> Did<Option<Stop>> {
        self.tx.stop()
    }

    fn meta(&mut self, name: &str) -> Did<Option<String>> {
        self.tx.meta(name)
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Did<()> {
        self.tx.set_meta(name, value)
    }
}

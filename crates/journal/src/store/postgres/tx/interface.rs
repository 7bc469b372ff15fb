//! What the works call.

use nzimbu_core::{GatewayRef, OrderId, UnixTime};

use super::super::columns::{Reader, event_and_order, operation_code, storable};
use super::super::list;
use super::super::session::Call;
use super::super::statement::Sql;
use super::super::value::Value;
use super::{Mode, PgTx};
use crate::chain::{Record, seal, unbroken};
use crate::row::{Key, Row};
use crate::store::{BatchRow, Count, Due, List, Received, Stop, StoreError, Tx};

impl Tx for PgTx<'_> {
    fn next_id(&mut self) -> Result<i64, StoreError> {
        loop {
            match self.ids.pop_front() {
                Some(id) if id > self.highest => return Ok(id),
                // Drawn before a row was locked that somebody has written to meanwhile.
                Some(_) => {}
                None => {
                    let many = self.draw;
                    self.draw = (self.draw * 2).min(1_024);
                    self.draw(many)?;
                }
            }
        }
    }

    fn find(&mut self, key: &Key) -> Result<Option<Row>, StoreError> {
        if let Some(row) = self.locked.get(key) {
            return Ok(Some(row.clone()));
        }
        let which = vec![Value::bytes(&key.0)];
        if !self.is_writing() {
            let told = self.told(Sql::Find, which)?;
            return told.first().map(|told| unbroken(Reader::new(told, "an order").order()?)).transpose();
        }
        // Whatever waits to be written concerns other rows, and goes on waiting.
        let pending = std::mem::take(&mut self.pending);
        let told = self.told(Sql::Lock, which);
        self.pending = pending;
        let told = told?;
        let Some(told) = told.first() else { return Ok(None) };
        let mut reader = Reader::new(told, "an order");
        self.drawn(&mut reader)?;
        if !reader.get::<bool>()? {
            return Ok(None);
        }
        let row = unbroken(reader.order()?)?;
        self.lock(&row);
        Ok(Some(row))
    }

    fn twin(&mut self, row: &Row, reference: &GatewayRef) -> Result<Option<OrderId>, StoreError> {
        let same = |other: &&Row| {
            other.id != row.id
                && other.gateway_ref.as_ref() == Some(reference)
                && other.gateway == row.gateway
                && other.operation == row.operation
        };
        // What this transaction has changed may not have been sent yet.
        let here = self.locked.values().filter(same).min_by_key(|other| other.id);
        if let Some(twin) = here {
            return Ok(Some(twin.order.clone()));
        }
        let way = Value::Int2(operation_code(row.operation));
        let hold = vec![Value::Int8(lock_of(row, reference))];
        let which =
            vec![Value::text(reference.as_str()), Value::text(&row.gateway), way, Value::Int8(row.id)];
        let pending = std::mem::take(&mut self.pending);
        let told = self.ask(vec![Call::Ask(Sql::HoldReference, hold), Call::Ask(Sql::Twin, which)]);
        self.pending = pending;
        let told = told?.pop().unwrap_or_default().rows;
        told.first().map(|told| Reader::new(told, "an order").order_id()).transpose()
    }

    fn insert(&mut self, rows: &[(Row, Record)]) -> Result<Vec<bool>, StoreError> {
        match (self.mode, rows) {
            // A single order was looked for just now. Should another take its key, the server says so at the commit.
            (Mode::Alone | Mode::Group, [(row, record)]) => {
                let row = storable(row).into_owned();
                self.lock(&row);
                self.last_event = Some((record.id, record.hash));
                self.pending.added.push(row);
                self.pending.events.push(record.clone());
                Ok(vec![true])
            }
            // Of many, most are new: if one is not, the transaction is repeated with care.
            (Mode::Alone | Mode::Group, _) => self.insert_new(rows),
            (Mode::Careful | Mode::Read, _) => self.insert_free(rows),
        }
    }

    fn update(&mut self, row: &Row) -> Result<(), StoreError> {
        let row = storable(row).into_owned();
        self.lock(&row);
        let added = self.pending.added.iter_mut().find(|added| added.id == row.id);
        match added {
            Some(added) => *added = row,
            None => {
                self.pending.changed.insert(row.id, row);
            }
        }
        Ok(())
    }

    fn rename(&mut self, before: &Key, row: &Row) -> Result<(), StoreError> {
        // Whoever looks for the old key in this transaction asks the server, which has to know by then.
        self.locked.remove(before);
        self.write(Call::Do(Sql::Rename, vec![Value::Int8(row.id), Value::bytes(&row.key.0)]))?;
        Ok(())
    }

    fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        self.last_event = Some((record.id, record.hash));
        self.pending.events.push(record.clone());
        Ok(())
    }

    fn publish(&mut self, event: i64) -> Result<(), StoreError> {
        self.pending.published.push(event);
        Ok(())
    }

    fn due(&mut self, query: &Due<'_>, now: UnixTime) -> Result<Vec<Row>, StoreError> {
        let mut calls = Vec::with_capacity(3);
        for sends in self.asks_in(query.kind) {
            let mut values = vec![
                Value::text(query.gateway),
                Value::Int2(operation_code(query.operation)),
                Value::Bool(*sends),
                Value::Int8(now.millis),
                Value::size(query.most),
            ];
            let sql = match query.batch {
                None => Sql::Due,
                Some(batch) => {
                    values.push(Value::Int8(batch));
                    Sql::DueOfBatch
                }
            };
            calls.push(Call::Ask(sql, values));
        }
        calls.push(Call::Ask(Sql::Stop, Vec::new()));
        let mut answers = self.ask(calls)?;
        let stop = answers.pop().unwrap_or_default().rows;
        self.stop = Some(stop.first().and_then(|told| Stop::named(told.get(0))));
        let mut rows = Vec::new();
        for told in answers.iter().flat_map(|answer| &answer.rows) {
            rows.push(unbroken(Reader::new(told, "an order").order()?)?);
        }
        rows.sort_by_key(|row| (row.due_at, row.id));
        rows.truncate(query.most);
        for row in &rows {
            self.lock(row);
        }
        // One event for each, at most.
        self.draw = i64::try_from(rows.len()).unwrap_or(1).clamp(1, 1_024);
        Ok(rows)
    }

    fn next_due(&mut self, query: &Due<'_>) -> Result<Option<UnixTime>, StoreError> {
        let mut calls = Vec::with_capacity(2);
        for sends in self.asks_in(query.kind) {
            let mut values = vec![
                Value::text(query.gateway),
                Value::Int2(operation_code(query.operation)),
                Value::Bool(*sends),
            ];
            let sql = match query.batch {
                None => Sql::NextDue,
                Some(batch) => {
                    values.push(Value::Int8(batch));
                    Sql::NextDueOfBatch
                }
            };
            calls.push(Call::Ask(sql, values));
        }
        let mut next: Option<i64> = None;
        for told in self.ask(calls)?.iter().flat_map(|answer| &answer.rows) {
            if let Some(due) = Reader::new(told, "a due time").get::<Option<i64>>()? {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        Ok(next.map(|millis| UnixTime { millis }))
    }

    fn receive(&mut self, callback: &Received) -> Result<bool, StoreError> {
        let key = callback.key.as_ref();
        let values = vec![
            Value::bytes(&callback.digest),
            Value::Int8(callback.at.millis),
            Value::text(&callback.gateway),
            key.map_or(Value::Null, |key| Value::bytes(&key.0)),
            Value::maybe_text(callback.stray.as_deref()),
        ];
        Ok(self.write(Call::Do(Sql::Receive, values))?.count == 1)
    }

    fn strays(&mut self, most: usize) -> Result<Vec<Received>, StoreError> {
        self.told(Sql::Strays, vec![Value::size(most)])?
            .iter()
            .map(|told| Reader::new(told, "a callback").received())
            .collect()
    }

    fn take(
        &mut self,
        most: usize,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<Vec<(Record, Row)>, StoreError> {
        let values = vec![Value::Int8(now.millis), Value::size(most), Value::Int8(until.millis)];
        self.write(Call::Ask(Sql::Take, values))?.rows.iter().map(event_and_order).collect()
    }

    fn acknowledge(&mut self, events: &[i64]) -> Result<(), StoreError> {
        self.write(Call::Do(Sql::Acknowledge, vec![Value::ids(events.iter().copied())]))?;
        Ok(())
    }

    fn batch(&mut self, batch: &BatchRow) -> Result<BatchRow, StoreError> {
        if let Some(known) = self.find_batch_by_digest(&batch.digest)? {
            return Ok(known);
        }
        let values = vec![
            Value::bytes(&batch.digest),
            Value::text(&batch.label),
            Value::Int8(batch.created_at.millis),
            Value::maybe_int8(batch.released_at.map(|time| time.millis)),
            Value::maybe_text(batch.released_by.as_deref()),
        ];
        self.write(Call::Do(Sql::AddBatch, values))?;
        // Ours, or that of whoever was faster.
        let told = || StoreError::Busy("the batch was being written by another process".to_owned());
        self.find_batch_by_digest(&batch.digest)?.ok_or_else(told)
    }

    fn find_batch(&mut self, id: i64) -> Result<Option<BatchRow>, StoreError> {
        let sql = if self.is_writing() { Sql::FindBatchLocked } else { Sql::FindBatch };
        self.one_batch(sql, vec![Value::Int8(id)])
    }

    fn find_batch_by_digest(&mut self, digest: &[u8; 32]) -> Result<Option<BatchRow>, StoreError> {
        self.one_batch(Sql::FindBatchByDigest, vec![Value::bytes(digest)])
    }

    fn update_batch(&mut self, batch: &BatchRow) -> Result<(), StoreError> {
        let values = vec![
            Value::Int8(batch.id),
            Value::maybe_int8(batch.released_at.map(|time| time.millis)),
            Value::maybe_text(batch.released_by.as_deref()),
        ];
        self.write(Call::Do(Sql::ReleaseBatch, values))?;
        Ok(())
    }

    fn batches(&mut self, after: i64, most: usize) -> Result<Vec<BatchRow>, StoreError> {
        self.told(Sql::Batches, vec![Value::Int8(after), Value::size(most)])?
            .iter()
            .map(|told| Reader::new(told, "a batch").batch())
            .collect()
    }

    fn list(&mut self, query: &List, after: i64, most: usize) -> Result<Vec<Row>, StoreError> {
        // What waits has to be seen by it.
        self.ask(Vec::new())?;
        let (text, values) = list::statement(query, after, most);
        let told = self.session.query(&text, &values).map_err(|trouble| {
            let error = trouble.clone().into_error();
            self.trouble.get_or_insert(trouble);
            error
        })?;
        told.iter().map(|told| Ok(Reader::new(told, "an order").order()?.0)).collect()
    }

    fn counts(&mut self, batch: Option<i64>) -> Result<Vec<Count>, StoreError> {
        let told = match batch {
            None => self.told(Sql::Counts, Vec::new())?,
            Some(batch) => self.told(Sql::CountsOfBatch, vec![Value::Int8(batch)])?,
        };
        told.iter().map(list::count).collect()
    }

    fn event(&mut self, id: i64) -> Result<Option<Record>, StoreError> {
        if let Some(record) = self.ahead.get(&id) {
            return Ok(Some(record.clone()));
        }
        let told = self.told(Sql::Event, vec![Value::Int8(id)])?;
        told.first().map(|told| Reader::new(told, "an event").event()).transpose()
    }

    fn events(&mut self, after: i64, most: usize) -> Result<Vec<Record>, StoreError> {
        let told = self.told(Sql::Events, vec![Value::Int8(after), Value::size(most)])?;
        let records =
            told.iter().map(|told| Reader::new(told, "an event").event()).collect::<Result<Vec<_>, _>>()?;
        // Whoever reads a page looks at what lies before it: one question instead of one for each event.
        let first = records.first().map_or(0, |record| record.id);
        self.read_ahead(records.iter().map(|record| record.before).filter(|id| *id != 0 && *id < first))?;
        Ok(records)
    }

    fn sealed(&mut self, after: i64, most: usize) -> Result<Vec<(Row, [u8; 16])>, StoreError> {
        let told = self.told(Sql::Sealed, vec![Value::Int8(after), Value::size(most)])?;
        let rows =
            told.iter().map(|told| Reader::new(told, "an order").order()).collect::<Result<Vec<_>, _>>()?;
        self.read_ahead(rows.iter().map(|(row, _)| row.last_event))?;
        Ok(rows)
    }

    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Result<Option<(i64, u64)>, StoreError> {
        let told = self.told(Sql::LastOfPage, vec![Value::Int8(after), Value::size(most)])?;
        let last = match told.first() {
            Some(told) => Reader::new(told, "a page").get::<Option<i64>>()?,
            None => None,
        };
        let Some(last) = last else { return Ok(None) };
        let values = vec![Value::Int8(after), Value::Int8(last), Value::Int8(before.millis)];
        let forgotten = self.write(Call::Do(Sql::Purge, values))?.count;
        self.locked.clear();
        Ok(Some((last, forgotten)))
    }

    fn altered(&mut self, id: i64) -> Result<Option<(Row, bool)>, StoreError> {
        let told = self.told(Sql::Altered, vec![Value::Int8(id)])?;
        let Some(told) = told.first() else { return Ok(None) };
        let (row, sealed) = Reader::new(told, "an order").order()?;
        let whole = seal(&row) == sealed;
        if whole {
            // Its next event has an id above all that others wrote meanwhile.
            self.lock(&row);
        }
        Ok(Some((row, whole)))
    }

    fn forget(&mut self, _: i64) -> Result<(), StoreError> {
        // The row holds its papers itself.
        Ok(())
    }

    fn stop(&mut self) -> Result<Option<Stop>, StoreError> {
        match self.stop {
            Some(stop) => Ok(stop),
            None => {
                let told = self.told(Sql::Stop, Vec::new())?;
                Ok(told.first().and_then(|told| Stop::named(told.get(0))))
            }
        }
    }

    fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let told = self.told(Sql::Meta, vec![Value::text(name)])?;
        told.first().map(|told| Reader::new(told, "what is remembered").get()).transpose()
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(Call::Do(Sql::SetMeta, vec![Value::text(name), Value::text(value)]))?;
        self.stop = None;
        Ok(())
    }
}

/// The number of the lock on a gateway's id.
fn lock_of(row: &Row, reference: &GatewayRef) -> i64 {
    let key = Key::of(&row.gateway, row.operation, reference.as_str()).0;
    i64::from_be_bytes(*key.first_chunk().expect("keys have 16 bytes"))
}

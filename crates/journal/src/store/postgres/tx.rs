//! One transaction: reads are asked at once, writes wait and go out together with the commit.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use nzimbu_core::UnixTime;

use super::columns::{CHANGING, EVENT, ORDER, Reader, arrays, changing, event, event_and_order, order};
use super::columns::{operation_code, storable};
use super::list;
use super::session::{Answer, Call, Session};
use super::statement::Sql;
use super::trouble::Trouble;
use super::value::Value;
use crate::apply::DOUBT;
use crate::chain::Record;
use crate::row::{Key, Row};
use crate::store::{BatchRow, Count, Due, Kind, List, Received, StoreError, Tx};

/// How a transaction is run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    /// Reads alone, all from one moment.
    Read,
    /// One of several works in one transaction: it waits for nobody, so that no two groups can block each other.
    Group,
    /// A work by itself, hoping that a key which is free stays free.
    Alone,
    /// A work by itself that asks for every key once more while it takes it.
    Careful,
}

impl Mode {
    fn begin(self) -> &'static str {
        match self {
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Group => "BEGIN; SET LOCAL lock_timeout TO '50ms'",
            Self::Alone | Self::Careful => "BEGIN",
        }
    }
}

/// How a commit ended.
#[derive(Debug)]
pub(super) enum End {
    /// It is durable.
    Committed,
    /// It was rolled back.
    Failed(Trouble),
    /// The connection was lost on the way. If there is an event, its being there tells.
    Unknown(String, Option<(i64, [u8; 32])>),
}

pub(super) struct PgTx<'a> {
    session: &'a Session,
    mode: Mode,
    begun: bool,
    /// Whether anything was written before the commit.
    wrote: bool,
    /// Ids that were drawn; all are above what others can have given to the rows that are locked.
    ids: VecDeque<i64>,
    draw: i64,
    /// The highest id in the histories of the rows that were seen.
    highest: i64,
    /// Whether the journal is doubted, once that was asked for.
    doubt: Option<Option<String>>,
    /// Rows that are locked, as they stand in this transaction.
    locked: HashMap<Key, Row>,
    /// Events that were read ahead.
    ahead: HashMap<i64, Record>,
    pending: Pending,
    last_event: Option<(i64, [u8; 32])>,
    /// What the server said first; the works only see that something failed.
    trouble: Option<Trouble>,
}

/// What waits to be written.
#[derive(Default)]
struct Pending {
    added: Vec<Row>,
    /// By id, so that rows that are written together are written in one order everywhere.
    changed: BTreeMap<i64, Row>,
    events: Vec<Record>,
    published: Vec<i64>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.events.is_empty()
            && self.published.is_empty()
    }

    fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::with_capacity(4);
        match &self.added[..] {
            [] => {}
            [row] => calls.push(Call::Do(Sql::AddOrder, order(row))),
            rows => {
                let values = arrays(rows.iter().map(order).collect(), ORDER.len());
                calls.push(Call::Do(Sql::AddOrders, values));
            }
        }
        let change = |row| {
            let mut values = changing(row);
            values.insert(0, Value::Int8(row.id));
            values
        };
        let mut changed = self.changed.values();
        match (changed.next(), self.changed.len()) {
            (None, _) => {}
            (Some(row), 1) => calls.push(Call::Do(Sql::ChangeOrder, change(row))),
            (Some(row), _) => {
                let rows = std::iter::once(row).chain(changed).map(change).collect();
                calls.push(Call::Do(Sql::ChangeOrders, arrays(rows, 1 + ORDER.len() - CHANGING)));
            }
        }
        match &self.events[..] {
            [] => {}
            [record] => calls.push(Call::Do(Sql::AddEvent, event(record))),
            records => {
                let values = arrays(records.iter().map(event).collect(), EVENT.len());
                calls.push(Call::Do(Sql::AddEvents, values));
            }
        }
        if !self.published.is_empty() {
            calls.push(Call::Do(Sql::Publish, vec![Value::ids(self.published.iter().copied())]));
        }
        calls
    }
}

impl<'a> PgTx<'a> {
    pub(super) fn new(session: &'a Session, mode: Mode) -> Self {
        Self {
            session,
            mode,
            begun: false,
            wrote: false,
            ids: VecDeque::new(),
            draw: 1,
            highest: 0,
            doubt: None,
            locked: HashMap::new(),
            ahead: HashMap::new(),
            pending: Pending::default(),
            last_event: None,
            trouble: None,
        }
    }

    /// What went wrong first on the way to the server.
    pub(super) fn trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Writes what waits, and commits, in one go.
    pub(super) fn commit(mut self) -> End {
        if !self.begun && self.pending.is_empty() {
            return End::Committed;
        }
        if !self.wrote && self.pending.is_empty() {
            // Nothing to keep: a rollback needs no sync, though rows were locked.
            return match self.session.call_one(Call::Plain("ROLLBACK")) {
                Ok(_) => End::Committed,
                Err(trouble) => End::Failed(trouble),
            };
        }
        if let Err(trouble) = self.begin() {
            return End::Failed(trouble);
        }
        let pending = std::mem::take(&mut self.pending);
        let mut calls = pending.calls();
        calls.push(Call::Plain("COMMIT"));
        match self.session.call(&calls) {
            Ok(answers) => match check(&pending, &answers) {
                Ok(()) => End::Committed,
                Err(error) => End::Failed(error.into()),
            },
            Err(Trouble::Lost(told)) => End::Unknown(told, self.last_event),
            // The server rolls back what has failed, whatever was asked of it afterwards.
            Err(trouble) => End::Failed(trouble),
        }
    }

    pub(super) fn roll_back(self) -> Result<(), Trouble> {
        if !self.begun {
            return Ok(());
        }
        self.session.call_one(Call::Plain("ROLLBACK")).map(|_| ())
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        if !self.begun {
            // From here on it has to be ended, however this ends.
            self.begun = true;
            self.session.call_one(Call::Plain(self.mode.begin()))?;
        }
        Ok(())
    }

    /// Sends calls that only read, together with what has to go before them.
    fn ask(&mut self, asked: Vec<Call<'_>>) -> Result<Vec<Answer>, StoreError> {
        self.send(asked, false)
    }

    /// Sends calls that write, behind what waits.
    fn write(&mut self, call: Call<'_>) -> Result<Answer, StoreError> {
        self.wrote = true;
        Ok(self.send(vec![call], true)?.pop().unwrap_or_default())
    }

    fn send(&mut self, asked: Vec<Call<'_>>, writes: bool) -> Result<Vec<Answer>, StoreError> {
        let pending = std::mem::take(&mut self.pending);
        let tried = self.try_to_send(&pending, asked, writes);
        tried.map_err(|trouble| {
            let error = trouble.clone().into_error();
            self.trouble.get_or_insert(trouble);
            error
        })
    }

    fn try_to_send(
        &mut self,
        pending: &Pending,
        asked: Vec<Call<'_>>,
        writes: bool,
    ) -> Result<Vec<Answer>, Trouble> {
        // A write never leaves before it is known that the transaction has begun: it would stand alone.
        if writes || !pending.is_empty() {
            self.begin()?;
        }
        let mut calls = Vec::with_capacity(asked.len() + 5);
        let begins = !self.begun;
        if begins {
            self.begun = true;
            calls.push(Call::Plain(self.mode.begin()));
        }
        self.wrote |= !pending.is_empty();
        calls.extend(pending.calls());
        let before = calls.len();
        calls.extend(asked);
        let mut answers = self.session.call(&calls)?;
        let asked = answers.split_off(before);
        check(pending, &answers[usize::from(begins)..])?;
        Ok(asked)
    }

    fn is_writing(&self) -> bool {
        self.mode != Mode::Read
    }

    fn drawn(&mut self, answer: &Answer) -> Result<(), StoreError> {
        for told in &answer.rows {
            let mut reader = Reader::new(told, "the ids");
            self.ids.push_back(reader.get()?);
            let doubt: Option<String> = reader.get()?;
            self.doubt = Some(doubt);
        }
        Ok(())
    }

    fn draw(&mut self, many: i64) -> Result<(), StoreError> {
        let answers = self.ask(vec![Call::Ask(Sql::Draw, vec![Value::Int8(many)])])?;
        answers.first().map_or(Ok(()), |answer| self.drawn(answer))
    }

    /// Notes a row that is locked.
    fn lock(&mut self, row: &Row) {
        self.highest = self.highest.max(row.last_event).max(row.id);
        self.locked.insert(row.key, row.clone());
    }

    fn asks_in(&self, kind: Kind) -> &'static [bool] {
        // Whether the state is the one that may be sent.
        match kind {
            Kind::Any => &[false, true],
            Kind::Ask => &[false],
            Kind::Send => &[true],
        }
    }
}

/// Every row that was changed must have been there.
fn check(pending: &Pending, answers: &[Answer]) -> Result<(), StoreError> {
    let place = usize::from(!pending.added.is_empty());
    let changed = match pending.changed.is_empty() {
        true => return Ok(()),
        false => answers.get(place).map_or(0, |answer| answer.count),
    };
    if changed == pending.changed.len() as u64 {
        return Ok(());
    }
    let told = format!("{} orders were to be changed, and {changed} are there", pending.changed.len());
    Err(StoreError::Corrupt(told))
}

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
        let answers = match self.is_writing() {
            false => self.ask(vec![Call::Ask(Sql::Find, which)])?,
            // The id is drawn behind the lock, so that it is above all that others wrote to the row. Whatever waits
            // to be written concerns other rows, and goes on waiting.
            true => {
                let pending = std::mem::take(&mut self.pending);
                let mut calls = vec![Call::Ask(Sql::FindLocked, which)];
                if self.ids.is_empty() {
                    calls.push(Call::Ask(Sql::DrawOne, Vec::new()));
                }
                let answers = self.ask(calls);
                self.pending = pending;
                answers?
            }
        };
        if let Some(drawn) = answers.get(1) {
            self.drawn(drawn)?;
        }
        let Some(told) = answers.first().and_then(|answer| answer.rows.first()) else { return Ok(None) };
        let (row, _) = Reader::new(told, "an order").order()?;
        if self.is_writing() {
            self.lock(&row);
        }
        Ok(Some(row))
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
        calls.push(Call::Ask(Sql::Meta, vec![Value::text("doubt")]));
        let mut answers = self.ask(calls)?;
        let doubt = answers.pop().and_then(|answer| answer.rows.first().map(|told| told.get(0)));
        self.doubt = Some(doubt);
        let mut rows = Vec::new();
        for told in answers.iter().flat_map(|answer| &answer.rows) {
            rows.push(Reader::new(told, "an order").order()?.0);
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

    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Result<Option<i64>, StoreError> {
        let told = self.told(Sql::LastOfPage, vec![Value::Int8(after), Value::size(most)])?;
        let last = match told.first() {
            Some(told) => Reader::new(told, "a page").get::<Option<i64>>()?,
            None => None,
        };
        if let Some(last) = last {
            let values = vec![Value::Int8(after), Value::Int8(last), Value::Int8(before.millis)];
            self.write(Call::Do(Sql::Purge, values))?;
            self.locked.clear();
        }
        Ok(last)
    }

    fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        if let (DOUBT, Some(doubt)) = (name, &self.doubt) {
            return Ok(doubt.clone());
        }
        let told = self.told(Sql::Meta, vec![Value::text(name)])?;
        told.first().map(|told| Reader::new(told, "what is remembered").get()).transpose()
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(Call::Do(Sql::SetMeta, vec![Value::text(name), Value::text(value)]))?;
        self.doubt = None;
        Ok(())
    }
}

impl PgTx<'_> {
    fn insert_new(&mut self, rows: &[(Row, Record)]) -> Result<Vec<bool>, StoreError> {
        let kept: Vec<_> = rows.iter().map(|(row, _)| storable(row)).collect();
        let orders = arrays(kept.iter().map(|row| order(row)).collect(), ORDER.len());
        let events = arrays(rows.iter().map(|(_, record)| event(record)).collect(), EVENT.len());
        self.wrote = true;
        self.send(vec![Call::Do(Sql::AddOrders, orders), Call::Do(Sql::AddEvents, events)], true)?;
        self.last_event = rows.last().map(|(_, record)| (record.id, record.hash)).or(self.last_event);
        Ok(vec![true; rows.len()])
    }

    fn insert_free(&mut self, rows: &[(Row, Record)]) -> Result<Vec<bool>, StoreError> {
        let kept: Vec<_> = rows.iter().map(|(row, _)| storable(row)).collect();
        let mut values = arrays(kept.iter().map(|row| order(row)).collect(), ORDER.len());
        values.extend(arrays(rows.iter().map(|(_, record)| event(record)).collect(), EVENT.len()));
        let answer = self.write(Call::Ask(Sql::AddFree, values))?;
        let mut added = HashSet::with_capacity(answer.rows.len());
        for told in &answer.rows {
            added.insert(Reader::new(told, "an added order").get::<i64>()?);
        }
        let new: Vec<_> = kept.iter().map(|row| added.contains(&row.id)).collect();
        // Whoever looks for it after a lost connection has to find it.
        if let Some(((_, record), _)) = rows.iter().zip(&new).rfind(|(_, new)| **new) {
            self.last_event = Some((record.id, record.hash));
        }
        Ok(new)
    }

    fn told(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        Ok(self.ask(vec![Call::Ask(sql, values)])?.pop().unwrap_or_default().rows)
    }

    fn one_batch(&mut self, sql: Sql, values: Vec<Value<'_>>) -> Result<Option<BatchRow>, StoreError> {
        let told = self.told(sql, values)?;
        told.first().map(|told| Reader::new(told, "a batch").batch()).transpose()
    }

    fn read_ahead(&mut self, ids: impl Iterator<Item = i64>) -> Result<(), StoreError> {
        self.ahead.clear();
        let ids: Vec<_> = ids.collect();
        if ids.is_empty() {
            return Ok(());
        }
        for told in self.told(Sql::EventsOf, vec![Value::ids(ids)])? {
            let record = Reader::new(&told, "an event").event()?;
            self.ahead.insert(record.id, record);
        }
        Ok(())
    }
}

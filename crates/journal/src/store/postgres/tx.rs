//! One transaction: reads are asked at once, writes wait and go out together with the commit.

mod interface;

use std::collections::{HashMap, HashSet, VecDeque};

use super::columns::{EVENT, ORDER, Reader, arrays, event, order, storable};
use super::pending::Pending;
use super::session::{Answer, Call, Session};
use super::statement::Sql;
use super::trouble::Trouble;
use super::value::Value;
use crate::chain::Record;
use crate::row::{Key, Row};
use crate::store::{BatchRow, Kind, Stop, StoreError};

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
    /// Why nothing may be sent, once that was asked for.
    stop: Option<Option<Stop>>,
    /// Rows that are locked, as they stand in this transaction.
    locked: HashMap<Key, Row>,
    /// Events that were read ahead.
    ahead: HashMap<i64, Record>,
    pending: Pending,
    last_event: Option<(i64, [u8; 32])>,
    /// What the server said first; the works only see that something failed.
    trouble: Option<Trouble>,
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
            stop: None,
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
            Ok(answers) => match pending.check(&answers) {
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
        pending.check(&answers[usize::from(begins)..])?;
        Ok(asked)
    }

    fn is_writing(&self) -> bool {
        self.mode != Mode::Read
    }

    /// Takes a drawn id, and why nothing may be sent.
    fn drawn(&mut self, reader: &mut Reader<'_>) -> Result<(), StoreError> {
        self.ids.push_back(reader.get()?);
        let stop: Option<&str> = reader.get()?;
        self.stop = Some(stop.and_then(Stop::named));
        Ok(())
    }

    fn draw(&mut self, many: i64) -> Result<(), StoreError> {
        for told in self.told(Sql::Draw, vec![Value::Int8(many)])? {
            self.drawn(&mut Reader::new(&told, "the ids"))?;
        }
        Ok(())
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

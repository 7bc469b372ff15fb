//! A journal in memory, for tests and simulations: it works on the caller's thread, and forgets on command what was
//! not synced.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nzimbu_core::{GatewayRef, OrderId, UnixTime};

use super::{BatchRow, Count, Due, Kind, Lane, List, Received, Stop, Store, StoreError, Tx, Work};
use crate::chain::{Record, seal, unbroken};
use crate::clock::Clock;
use crate::row::{Key, Row};
use crate::state::State;

/// How a write ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Commit {
    /// It is synced.
    Synced,
    /// The disk is full: it is rolled back, and the caller is told.
    Full,
    /// The process dies before the sync: it is rolled back, and nobody is told.
    DiesBefore,
    /// The process dies after the sync: it is durable, and nobody is told.
    DiesAfter,
}

/// What a disk of this kind does with each write.
pub trait Disk: Send {
    /// How the next write ends.
    fn commit(&mut self) -> Commit;
}

/// A disk that never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoundDisk;

impl Disk for SoundDisk {
    fn commit(&mut self) -> Commit {
        Commit::Synced
    }
}

/// What outlives the processes that work on it. Cheap to clone; clones are one memory.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Data>>);

impl Memory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy as it stands, to be restored later as a backup would be.
    #[must_use]
    pub fn backup(&self) -> Self {
        Self(Arc::new(Mutex::new(self.data().clone())))
    }

    /// Becomes what the backup was.
    pub fn restore(&self, backup: &Self) {
        let data = backup.data().clone();
        *self.data() = data;
    }

    /// Alters something behind the journal's back.
    pub fn harm(&self, harm: Harm) {
        let mut data = self.data();
        data.harmed = true;
        match harm {
            Harm::Body(event) => {
                if let Some(record) = data.events.get_mut(&event) {
                    record.body = "{}".into();
                }
            }
            Harm::Event(event) => {
                data.events.remove(&event);
            }
            Harm::Row(order) => {
                data.put(order, None);
            }
            Harm::Order(order) => {
                if let Some(row) = data.rows.get_mut(&order) {
                    row.attempts += 1;
                }
            }
        }
    }

    /// Whether these bytes are in a text that is kept.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let data = self.data();
        let rows = data.rows.values().flat_map(|row| [&row.request, &row.action, &row.reference, &row.word]);
        let bodies = data.events.values().map(|record| &record.body);
        let mut texts = rows.flatten().chain(bodies);
        texts.any(|text| text.as_bytes().windows(bytes.len()).any(|window| window == bytes))
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        // A work that panicked has been rolled back or not begun: `Undo` sees to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What can be altered from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Harm {
    /// The event of this id tells something else.
    Body(i64),
    /// The event of this id is gone.
    Event(i64),
    /// The order at this place was sent once more often, by what it says.
    Order(i64),
    /// The order at this place is gone.
    Row(i64),
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory(..)")
    }
}

/// One process's connection to a memory.
pub(crate) struct MemoryStore {
    memory: Memory,
    clock: Arc<dyn Clock>,
    disk: Mutex<Box<dyn Disk>>,
}

impl MemoryStore {
    pub(crate) fn new(memory: Memory, clock: Arc<dyn Clock>, disk: Box<dyn Disk>) -> Self {
        Self { memory, clock, disk: Mutex::new(disk) }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory")
    }
}

impl Store for MemoryStore {
    fn submit(&self, lane: Lane, mut work: Box<dyn Work>) {
        let now = self.clock.now();
        let mut data = self.memory.data();
        let mut tx = MemoryTx { data: &mut data, undo: Vec::new() };
        let mut outcome = work.run(&mut tx, now);
        let end = match (lane, &outcome) {
            (Lane::Write, Ok(())) if !tx.undo.is_empty() => {
                self.disk.lock().unwrap_or_else(PoisonError::into_inner).commit()
            }
            _ => Commit::Synced,
        };
        if outcome.is_err() || matches!(end, Commit::Full | Commit::DiesBefore) {
            tx.roll_back();
        }
        if end == Commit::Full {
            outcome = Err(StoreError::Full("no space left".to_owned()));
        }
        drop(data);
        match end {
            // Dropping a work unfinished tells its caller that the journal is closed.
            Commit::DiesBefore | Commit::DiesAfter => drop(work),
            Commit::Synced | Commit::Full => work.finish(outcome),
        }
    }
}

#[derive(Clone, Default)]
struct Data {
    last_id: i64,
    rows: BTreeMap<i64, Row>,
    seals: HashMap<i64, [u8; 16]>,
    keys: HashMap<Key, i64>,
    due: BTreeSet<(i64, i64)>,
    references: BTreeSet<(Box<str>, i64)>,
    events: BTreeMap<i64, Record>,
    outbox: BTreeMap<i64, UnixTime>,
    inbox: HashMap<[u8; 16], Received>,
    batches: BTreeMap<i64, BatchRow>,
    meta: BTreeMap<String, String>,
    /// Something was altered from outside, so that seals have to be looked at.
    harmed: bool,
}

impl Data {
    fn whole(&self, row: &Row) -> Result<Row, StoreError> {
        let sealed = if self.harmed { self.seals.get(&row.id).copied() } else { None };
        match sealed {
            Some(sealed) => unbroken((row.clone(), sealed)),
            None => Ok(row.clone()),
        }
    }

    fn put(&mut self, id: i64, row: Option<Row>) -> Option<Row> {
        let before = match &row {
            Some(row) => self.rows.insert(id, row.clone()),
            None => self.rows.remove(&id),
        };
        if let Some(before) = &before {
            self.keys.remove(&before.key);
            if let Some(due) = before.due_at {
                self.due.remove(&(due.millis, id));
            }
            if let Some(reference) = &before.gateway_ref {
                self.references.remove(&(reference.as_str().into(), id));
            }
        }
        match &row {
            Some(row) => {
                self.keys.insert(row.key, id);
                self.seals.insert(id, seal(row));
                if let Some(due) = row.due_at {
                    self.due.insert((due.millis, id));
                }
                if let Some(reference) = &row.gateway_ref {
                    self.references.insert((reference.as_str().into(), id));
                }
            }
            None => {
                self.seals.remove(&id);
            }
        }
        before
    }
}

enum Undo {
    Id(i64),
    Row(i64, Box<Option<Row>>),
    Event(i64),
    Outbox(i64, Option<UnixTime>),
    Inbox([u8; 16]),
    Batch(i64, Option<BatchRow>),
    Meta(String, Option<String>),
}

struct MemoryTx<'a> {
    data: &'a mut Data,
    undo: Vec<Undo>,
}

impl MemoryTx<'_> {
    fn roll_back(&mut self) {
        for undo in self.undo.drain(..).rev() {
            match undo {
                Undo::Id(id) => self.data.last_id = id,
                Undo::Row(id, before) => {
                    self.data.put(id, *before);
                }
                Undo::Event(id) => {
                    self.data.events.remove(&id);
                }
                Undo::Outbox(id, Some(until)) => {
                    self.data.outbox.insert(id, until);
                }
                Undo::Outbox(id, None) => {
                    self.data.outbox.remove(&id);
                }
                Undo::Inbox(digest) => {
                    self.data.inbox.remove(&digest);
                }
                Undo::Batch(id, Some(before)) => {
                    self.data.batches.insert(id, before);
                }
                Undo::Batch(id, None) => {
                    self.data.batches.remove(&id);
                }
                Undo::Meta(name, Some(before)) => {
                    self.data.meta.insert(name, before);
                }
                Undo::Meta(name, None) => {
                    self.data.meta.remove(&name);
                }
            }
        }
    }

    fn put(&mut self, row: Row) {
        let id = row.id;
        let before = self.data.put(id, Some(row));
        self.undo.push(Undo::Row(id, Box::new(before)));
    }

    fn fitting<'a>(&'a self, query: &'a Due<'_>) -> impl Iterator<Item = &'a Row> + 'a {
        self.data.due.iter().filter_map(|(_, id)| self.data.rows.get(id)).filter(|row| {
            let kind = match query.kind {
                Kind::Any => true,
                Kind::Ask => row.state != State::Ready,
                Kind::Send => row.state == State::Ready,
            };
            let batch = query.batch.is_none() || row.batch == query.batch;
            kind && batch && *row.gateway == *query.gateway && row.operation == query.operation
        })
    }
}

impl Tx for MemoryTx<'_> {
    fn next_id(&mut self) -> Result<i64, StoreError> {
        self.undo.push(Undo::Id(self.data.last_id));
        self.data.last_id += 1;
        Ok(self.data.last_id)
    }

    fn find(&mut self, key: &Key) -> Result<Option<Row>, StoreError> {
        let row = self.data.keys.get(key).and_then(|id| self.data.rows.get(id));
        row.map(|row| self.data.whole(row)).transpose()
    }

    fn twin(&mut self, row: &Row, reference: &GatewayRef) -> Result<Option<OrderId>, StoreError> {
        let same = (reference.as_str().into(), 0)..=(reference.as_str().into(), i64::MAX);
        let mut others = self.data.references.range(same).filter_map(|(_, id)| self.data.rows.get(id));
        let twin = others.find(|other| {
            other.id != row.id && other.gateway == row.gateway && other.operation == row.operation
        });
        Ok(twin.map(|twin| twin.order.clone()))
    }

    fn insert(&mut self, rows: &[(Row, Record)]) -> Result<Vec<bool>, StoreError> {
        let mut added = Vec::with_capacity(rows.len());
        for (row, record) in rows {
            let new = !self.data.keys.contains_key(&row.key);
            if new {
                self.put(row.clone());
                self.append(record)?;
            }
            added.push(new);
        }
        Ok(added)
    }

    fn update(&mut self, row: &Row) -> Result<(), StoreError> {
        self.put(row.clone());
        Ok(())
    }

    fn rename(&mut self, _: &Key, row: &Row) -> Result<(), StoreError> {
        self.put(row.clone());
        Ok(())
    }

    fn append(&mut self, record: &Record) -> Result<(), StoreError> {
        self.data.events.insert(record.id, record.clone());
        self.undo.push(Undo::Event(record.id));
        Ok(())
    }

    fn publish(&mut self, event: i64) -> Result<(), StoreError> {
        let before = self.data.outbox.insert(event, UnixTime::default());
        self.undo.push(Undo::Outbox(event, before));
        Ok(())
    }

    fn due(&mut self, query: &Due<'_>, now: UnixTime) -> Result<Vec<Row>, StoreError> {
        let due = self.fitting(query).take_while(|row| row.due_at.is_some_and(|due| due <= now));
        due.take(query.most).map(|row| self.data.whole(row)).collect()
    }

    fn next_due(&mut self, query: &Due<'_>) -> Result<Option<UnixTime>, StoreError> {
        Ok(self.fitting(query).next().and_then(|row| row.due_at))
    }

    fn receive(&mut self, callback: &Received) -> Result<bool, StoreError> {
        if self.data.inbox.contains_key(&callback.digest) {
            return Ok(false);
        }
        self.data.inbox.insert(callback.digest, callback.clone());
        self.undo.push(Undo::Inbox(callback.digest));
        Ok(true)
    }

    fn strays(&mut self, most: usize) -> Result<Vec<Received>, StoreError> {
        let mut strays: Vec<_> =
            self.data.inbox.values().filter(|callback| callback.stray.is_some()).cloned().collect();
        strays.sort_by_key(|callback| std::cmp::Reverse((callback.at, callback.digest)));
        strays.truncate(most);
        Ok(strays)
    }

    fn take(
        &mut self,
        most: usize,
        now: UnixTime,
        until: UnixTime,
    ) -> Result<Vec<(Record, Row)>, StoreError> {
        let free = self.data.outbox.iter().filter(|(_, held)| **held <= now).map(|(id, _)| *id);
        let ids: Vec<_> = free.take(most).collect();
        let mut taken = Vec::with_capacity(ids.len());
        for id in ids {
            let before = self.data.outbox.insert(id, until);
            self.undo.push(Undo::Outbox(id, before));
            let record = self.data.events.get(&id).cloned();
            let row = record.as_ref().and_then(|record| self.data.rows.get(&record.row)).cloned();
            match (record, row) {
                (Some(record), Some(row)) => taken.push((record, row)),
                _ => return Err(StoreError::Corrupt(format!("event {id} is in the outbox alone"))),
            }
        }
        Ok(taken)
    }

    fn acknowledge(&mut self, events: &[i64]) -> Result<(), StoreError> {
        for id in events {
            if let Some(before) = self.data.outbox.remove(id) {
                self.undo.push(Undo::Outbox(*id, Some(before)));
            }
        }
        Ok(())
    }

    fn batch(&mut self, batch: &BatchRow) -> Result<BatchRow, StoreError> {
        if let Some(known) = self.find_batch_by_digest(&batch.digest)? {
            return Ok(known);
        }
        let mut batch = batch.clone();
        batch.id = self.data.batches.last_key_value().map_or(1, |(id, _)| id + 1);
        self.update_batch(&batch)?;
        Ok(batch)
    }

    fn find_batch(&mut self, id: i64) -> Result<Option<BatchRow>, StoreError> {
        Ok(self.data.batches.get(&id).cloned())
    }

    fn find_batch_by_digest(&mut self, digest: &[u8; 32]) -> Result<Option<BatchRow>, StoreError> {
        Ok(self.data.batches.values().find(|known| known.digest == *digest).cloned())
    }

    fn update_batch(&mut self, batch: &BatchRow) -> Result<(), StoreError> {
        let before = self.data.batches.insert(batch.id, batch.clone());
        self.undo.push(Undo::Batch(batch.id, before));
        Ok(())
    }

    fn batches(&mut self, after: i64, most: usize) -> Result<Vec<BatchRow>, StoreError> {
        Ok(self.data.batches.range(after + 1..).map(|(_, batch)| batch.clone()).take(most).collect())
    }

    fn list(&mut self, query: &List, after: i64, most: usize) -> Result<Vec<Row>, StoreError> {
        let fits = |row: &&Row| {
            query.gateway.as_deref().is_none_or(|gateway| gateway == &*row.gateway)
                && query.operation.is_none_or(|operation| operation == row.operation)
                && (query.states.is_empty() || query.states.contains(&row.state))
                && (query.batch.is_none() || query.batch == row.batch)
                && (!query.needs_people || row.flags.needs_people())
                && query.since.is_none_or(|since| row.updated_at >= since)
        };
        Ok(self.data.rows.range(after + 1..).map(|(_, row)| row).filter(fits).take(most).cloned().collect())
    }

    fn counts(&mut self, batch: Option<i64>) -> Result<Vec<Count>, StoreError> {
        let mut counts: Vec<Count> = Vec::new();
        for row in self.data.rows.values().filter(|row| batch.is_none() || row.batch == batch) {
            let currency = row.amount.currency().code();
            let known = counts.iter_mut().find(|count| {
                count.gateway == row.gateway
                    && count.operation == row.operation
                    && &*count.currency == currency
                    && count.state == row.state
                    && count.flags == row.flags
            });
            match known {
                Some(count) => {
                    count.orders += 1;
                    count.minor += u128::from(row.amount.minor());
                }
                None => counts.push(Count {
                    gateway: row.gateway.clone(),
                    operation: row.operation,
                    currency: currency.into(),
                    state: row.state,
                    flags: row.flags,
                    orders: 1,
                    minor: u128::from(row.amount.minor()),
                }),
            }
        }
        Ok(counts)
    }

    fn event(&mut self, id: i64) -> Result<Option<Record>, StoreError> {
        Ok(self.data.events.get(&id).cloned())
    }

    fn events(&mut self, after: i64, most: usize) -> Result<Vec<Record>, StoreError> {
        Ok(self.data.events.range(after + 1..).map(|(_, record)| record.clone()).take(most).collect())
    }

    fn sealed(&mut self, after: i64, most: usize) -> Result<Vec<(Row, [u8; 16])>, StoreError> {
        let rows = self.data.rows.range(after + 1..).take(most);
        Ok(rows
            .map(|(id, row)| (row.clone(), self.data.seals.get(id).copied().unwrap_or_default()))
            .collect())
    }

    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Result<Option<(i64, u64)>, StoreError> {
        let mut forgotten = 0;
        let seen: Vec<_> = self.data.rows.range(after + 1..).take(most).map(|(id, _)| *id).collect();
        for id in &seen {
            let old = self.data.rows.get(id).filter(|row| row.state.is_final() && row.updated_at < before);
            if let Some(mut row) = old.filter(|row| row.request.is_some()).cloned() {
                row.request = None;
                row.action = None;
                self.put(row);
                forgotten += 1;
            }
        }
        Ok(seen.last().map(|last| (*last, forgotten)))
    }

    fn altered(&mut self, id: i64) -> Result<Option<(Row, bool)>, StoreError> {
        let row = self.data.rows.get(&id);
        Ok(row.map(|row| (row.clone(), self.data.seals.get(&id) == Some(&seal(row)))))
    }

    fn forget(&mut self, _: i64) -> Result<(), StoreError> {
        // The row holds its papers itself.
        Ok(())
    }

    fn stop(&mut self) -> Result<Option<Stop>, StoreError> {
        let set = self.data.meta.iter().filter(|(_, text)| !text.is_empty());
        Ok(set.filter_map(|(name, _)| Stop::named(name)).next())
    }

    fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.data.meta.get(name).cloned())
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let before = self.data.meta.insert(name.to_owned(), value.to_owned());
        self.undo.push(Undo::Meta(name.to_owned(), before));
        Ok(())
    }
}

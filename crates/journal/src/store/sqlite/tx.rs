//! The statements of one transaction.

use nzimbu_core::{GatewayRef, OrderId, UnixTime};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Statement, params};

use super::rows::{Columns, operation_code, order_columns, orders, paper_sum, prior_code};
use crate::chain::{Record, seal, unbroken};
use crate::row::{Key, Row};
use crate::state::State;
use crate::store::{BatchRow, Count, Due, Kind, List, Received, Stop, StoreError, Tx};

/// The statements that nearly every command runs, kept ready: looking them up by their text costs a tenth of a command.
pub(super) struct Statements<'c> {
    connection: &'c Connection,
    find: Statement<'c>,
    twin: Statement<'c>,
    last_id: Statement<'c>,
    meta: Statement<'c>,
    stop: Statement<'c>,
    insert: Statement<'c>,
    paper: Statement<'c>,
    event: Statement<'c>,
    /// Verifying asks for one with every order.
    event_of: Statement<'c>,
    update: Statement<'c>,
    publish: Statement<'c>,
    pub(super) begin: Statement<'c>,
    pub(super) commit: Statement<'c>,
}

impl<'c> Statements<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> Did<Self> {
        Ok(Self {
            connection,
            find: connection.prepare(orders!("WHERE key = ?1"))?,
            twin: connection.prepare(TWIN)?,
            last_id: connection.prepare("SELECT max(id) FROM events")?,
            meta: connection.prepare("SELECT value FROM meta WHERE name = ?1")?,
            stop: connection.prepare(STOP)?,
            insert: connection.prepare(INSERT)?,
            paper: connection.prepare(PAPER)?,
            event: connection.prepare(APPEND)?,
            event_of: connection.prepare(&format!("{EVENT}WHERE id = ?1"))?,
            update: connection.prepare(UPDATE)?,
            publish: connection.prepare("INSERT INTO outbox (event, held_until) VALUES (?1, ?2)")?,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
        })
    }

    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }
}

/// A transaction that is open on a connection. Whoever opened it ends it.
pub(super) struct SqliteTx<'t, 'c> {
    connection: &'c Connection,
    statements: &'t mut Statements<'c>,
    /// The last id, once it was looked up.
    last_id: Option<i64>,
    /// Something was forgotten, and is to be gone from the log as well.
    pub(super) forgot: bool,
}

type Did<T> = Result<T, StoreError>;

impl<'t, 'c> SqliteTx<'t, 'c> {
    pub(super) fn new(statements: &'t mut Statements<'c>) -> Self {
        Self { connection: statements.connection, statements, last_id: None, forgot: false }
    }

    fn prepared(&self, sql: &str) -> Did<CachedStatement<'c>> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    fn execute(&self, sql: &str, params: impl Params) -> Did<usize> {
        Ok(self.prepared(sql)?.execute(params)?)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> Did<T>,
    ) -> Did<Option<T>> {
        let mut statement = self.prepared(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl Fn(&rusqlite::Row<'_>) -> Did<T>,
    ) -> Did<Vec<T>> {
        let mut statement = self.prepared(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    fn row(&self, id: i64) -> Did<Option<Row>> {
        self.one(orders!("WHERE orders.id = ?1"), [id], order)
    }
}

fn append_to(statement: &mut Statement<'_>, record: &Record) -> Did<()> {
    let Record { id, row, before, at, state, flags, body, hash } = record;
    let (state, flags) = (state.code(), flags.bits());
    statement.execute(params![id, row, before, at.millis, state, flags, &**body, &hash[..]])?;
    Ok(())
}

fn order(row: &rusqlite::Row<'_>) -> Did<Row> {
    unbroken(Columns::of(row, "order").order_with_papers()?)
}

fn record(row: &rusqlite::Row<'_>) -> Did<Record> {
    Columns::of(row, "event").record()
}

fn batch(row: &rusqlite::Row<'_>) -> Did<BatchRow> {
    Columns::of(row, "batch").batch()
}

/// A limit for a statement; no list is longer than what is asked for.
fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

const INSERT: &str = "INSERT INTO orders (id, key, gateway, operation, name, reference, replaces, batch, currency, minor, digest, \
     state, flags, prior, prior_at, attempts, fence, polls, missed_at, asked_at, gateway_ref, word, due_at, \
     deadline_at, first_sent_at, created_at, updated_at, last_event, events, head, seal) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
     ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31) ON CONFLICT (key) DO NOTHING";

const UPDATE: &str = "UPDATE orders SET state = ?2, flags = ?3, prior = ?4, prior_at = ?5, attempts = ?6, \
     fence = ?7, polls = ?8, missed_at = ?9, asked_at = ?10, gateway_ref = ?11, word = ?12, due_at = ?13, \
     deadline_at = ?14, first_sent_at = ?15, updated_at = ?16, last_event = ?17, events = ?18, head = ?19, \
     seal = ?20, twin = ?21 WHERE id = ?1";

const TWIN: &str = "SELECT name FROM orders INDEXED BY orders_gateway_ref \
     WHERE gateway_ref = ?1 AND gateway = ?2 AND operation = ?3 AND id <> ?4 ORDER BY id LIMIT 1";

const STOP: &str =
    "SELECT name FROM meta WHERE name IN ('damage', 'doubt') AND value <> '' ORDER BY name LIMIT 1";

const PAPER: &str = "INSERT INTO papers (id, request, action, sum) VALUES (?1, ?2, ?3, ?4)";

const APPEND: &str = "INSERT INTO events (id, row, before, at, state, flags, body, hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

const EVENT: &str = "SELECT id, row, before, at, state, flags, body, hash FROM events ";

const BATCH: &str = "SELECT id, digest, label, created_at, released_at, released_by FROM batches ";

fn millis(time: Option<UnixTime>) -> Option<i64> {
    time.map(|time| time.millis)
}

impl Tx for SqliteTx<'_, '_> {
    fn next_id(&mut self) -> Did<i64> {
        let last = match self.last_id {
            Some(last) => last,
            // Nobody else can write while this transaction is open.
            None => {
                let last: Option<i64> = self.statements.last_id.query_row([], |row| row.get(0))?;
                last.unwrap_or_default()
            }
        };
        let next =
            last.checked_add(1).ok_or_else(|| StoreError::Corrupt("event ids are used up".to_owned()))?;
        self.last_id = Some(next);
        Ok(next)
    }

    fn find(&mut self, key: &Key) -> Did<Option<Row>> {
        let mut rows = self.statements.find.query([&key.0[..]])?;
        rows.next()?.map(order).transpose()
    }

    fn twin(&mut self, row: &Row, reference: &GatewayRef) -> Did<Option<OrderId>> {
        // Nobody else can write while this transaction is open.
        let (reference, gateway, way) = (reference.as_str(), &*row.gateway, operation_code(row.operation));
        let mut rows = self.statements.twin.query(params![reference, gateway, way, row.id])?;
        rows.next()?.map(|row| Columns::of(row, "order").order_id()).transpose()
    }

    fn insert(&mut self, rows: &[(Row, Record)]) -> Did<Vec<bool>> {
        let Statements { insert, paper, event, .. } = &mut *self.statements;
        let mut added = Vec::with_capacity(rows.len());
        for (row, record) in rows {
            let (prior, prior_at) = prior_code(row.prior);
            let new = insert.execute(params![
                row.id,
                &row.key.0[..],
                &*row.gateway,
                operation_code(row.operation),
                row.order.as_str(),
                row.reference.as_deref(),
                row.replaces.as_ref().map(|order| order.as_str()),
                row.batch,
                row.amount.currency().code(),
                // Money is at most what 63 bits hold.
                i64::try_from(row.amount.minor()).unwrap_or(i64::MAX),
                &row.digest[..],
                row.state.code(),
                row.flags.bits(),
                prior,
                prior_at,
                row.attempts,
                row.fence,
                row.polls,
                millis(row.missed_at),
                millis(row.asked_at),
                row.gateway_ref.as_ref().map(|reference| reference.as_str()),
                row.word.as_deref(),
                millis(row.due_at),
                row.deadline_at.millis,
                millis(row.first_sent_at),
                row.created_at.millis,
                row.updated_at.millis,
                row.last_event,
                row.events,
                &row.head[..],
                &seal(row)[..],
            ])? == 1;
            if new {
                if let Some(request) = &row.request {
                    let sum = paper_sum(row.id, request, row.action.as_deref());
                    paper.execute(params![row.id, &**request, row.action.as_deref(), &sum[..]])?;
                }
                append_to(event, record)?;
            }
            added.push(new);
        }
        Ok(added)
    }

    fn update(&mut self, row: &Row) -> Did<()> {
        let (prior, prior_at) = prior_code(row.prior);
        let updated = self.statements.update.execute(params![
            row.id,
            row.state.code(),
            row.flags.bits(),
            prior,
            prior_at,
            row.attempts,
            row.fence,
            row.polls,
            millis(row.missed_at),
            millis(row.asked_at),
            row.gateway_ref.as_ref().map(|reference| reference.as_str()),
            row.word.as_deref(),
            millis(row.due_at),
            row.deadline_at.millis,
            millis(row.first_sent_at),
            row.updated_at.millis,
            row.last_event,
            row.events,
            &row.head[..],
            &seal(row)[..],
            row.twin.as_ref().map(|order| order.as_str()),
        ])?;
        if updated != 1 {
            return Err(StoreError::Corrupt(format!("order number {} is gone", row.id)));
        }
        // Nothing is added to an order whose papers were forgotten.
        if let (Some(request), Some(action)) = (&row.request, &row.action) {
            let sql = "UPDATE papers SET action = ?2, sum = ?3 WHERE id = ?1 AND action IS NOT ?2";
            let sum = paper_sum(row.id, request, Some(action));
            self.execute(sql, params![row.id, &**action, &sum[..]])?;
        }
        Ok(())
    }

    fn rename(&mut self, _: &Key, row: &Row) -> Did<()> {
        self.execute("UPDATE orders SET key = ?2 WHERE id = ?1", params![row.id, &row.key.0[..]])?;
        Ok(())
    }

    fn append(&mut self, record: &Record) -> Did<()> {
        append_to(&mut self.statements.event, record)
    }

    fn publish(&mut self, event: i64) -> Did<()> {
        // Held until no time: it is free at once, whatever the clock says.
        self.statements.publish.execute([event, i64::MIN])?;
        Ok(())
    }

    fn due(&mut self, query: &Due<'_>, now: UnixTime) -> Did<Vec<Row>> {
        let sql = format!(
            "SELECT {}, request, action, sum FROM orders INDEXED BY orders_due \
             LEFT JOIN papers ON papers.id = orders.id \
             WHERE gateway = ?1 AND operation = ?2 AND due_at <= ?3{} ORDER BY due_at LIMIT ?4",
            order_columns!(),
            fitting(query),
        );
        let params = params![query.gateway, operation_code(query.operation), now.millis, limit(query.most)];
        self.all(&sql, params, order)
    }

    fn next_due(&mut self, query: &Due<'_>) -> Did<Option<UnixTime>> {
        let sql = format!(
            "SELECT due_at FROM orders INDEXED BY orders_due \
             WHERE gateway = ?1 AND operation = ?2 AND due_at IS NOT NULL{} ORDER BY due_at LIMIT 1",
            fitting(query),
        );
        let params = params![query.gateway, operation_code(query.operation)];
        self.one(&sql, params, |row| Ok(UnixTime { millis: row.get(0)? }))
    }

    fn receive(&mut self, callback: &Received) -> Did<bool> {
        let sql = "INSERT INTO inbox (digest, at, gateway, key, stray) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (digest) DO NOTHING";
        let Received { digest, at, gateway, key, stray } = callback;
        let key = key.as_ref().map(|key| &key.0[..]);
        let new = self.execute(sql, params![&digest[..], at.millis, &**gateway, key, stray.as_deref()])?;
        Ok(new == 1)
    }

    fn strays(&mut self, most: usize) -> Did<Vec<Received>> {
        let sql = "SELECT digest, at, gateway, key, stray FROM inbox WHERE stray IS NOT NULL \
                   ORDER BY at DESC, digest DESC LIMIT ?1";
        self.all(sql, [limit(most)], |row| Columns::of(row, "callback").received())
    }

    fn take(&mut self, most: usize, now: UnixTime, until: UnixTime) -> Did<Vec<(Record, Row)>> {
        let sql = "SELECT event FROM outbox WHERE held_until <= ?1 ORDER BY event LIMIT ?2";
        let ids = self.all(sql, [now.millis, limit(most)], |row| Ok(row.get::<_, i64>(0)?))?;
        let mut taken = Vec::with_capacity(ids.len());
        for id in ids {
            self.execute("UPDATE outbox SET held_until = ?2 WHERE event = ?1", [id, until.millis])?;
            let record = self.event(id)?;
            let row = match &record {
                Some(record) => self.row(record.row)?,
                None => None,
            };
            match (record, row) {
                (Some(record), Some(row)) => taken.push((record, row)),
                _ => return Err(StoreError::Corrupt(format!("event {id} is in the outbox alone"))),
            }
        }
        Ok(taken)
    }

    fn acknowledge(&mut self, events: &[i64]) -> Did<()> {
        let mut statement = self.prepared("DELETE FROM outbox WHERE event = ?1")?;
        for event in events {
            statement.execute([event])?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &BatchRow) -> Did<BatchRow> {
        if let Some(known) = self.find_batch_by_digest(&batch.digest)? {
            return Ok(known);
        }
        let sql = "INSERT INTO batches (digest, label, created_at, released_at, released_by) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let BatchRow { digest, label, created_at, released_at, released_by, .. } = batch;
        let params =
            params![&digest[..], &**label, created_at.millis, millis(*released_at), released_by.as_deref()];
        self.execute(sql, params)?;
        Ok(BatchRow { id: self.connection.last_insert_rowid(), ..batch.clone() })
    }

    fn find_batch(&mut self, id: i64) -> Did<Option<BatchRow>> {
        self.one(&format!("{BATCH}WHERE id = ?1"), [id], batch)
    }

    fn find_batch_by_digest(&mut self, digest: &[u8; 32]) -> Did<Option<BatchRow>> {
        self.one(&format!("{BATCH}WHERE digest = ?1"), [&digest[..]], batch)
    }

    fn update_batch(&mut self, batch: &BatchRow) -> Did<()> {
        let sql = "UPDATE batches SET released_at = ?2, released_by = ?3 WHERE id = ?1";
        let params = params![batch.id, millis(batch.released_at), batch.released_by.as_deref()];
        match self.execute(sql, params)? {
            1 => Ok(()),
            _ => Err(StoreError::Corrupt(format!("batch number {} is gone", batch.id))),
        }
    }

    fn batches(&mut self, after: i64, most: usize) -> Did<Vec<BatchRow>> {
        self.all(&format!("{BATCH}WHERE id > ?1 ORDER BY id LIMIT ?2"), [after, limit(most)], batch)
    }

    fn list(&mut self, query: &List, after: i64, most: usize) -> Did<Vec<Row>> {
        let (mut index, mut rules) = ("", String::new());
        if query.needs_people {
            (index, rules) = (" INDEXED BY orders_people", " AND flags > 1".to_owned());
        }
        if let Some(batch) = query.batch {
            index = " INDEXED BY orders_batch";
            rules += &format!(" AND batch = {batch}");
        }
        if let Some(operation) = query.operation {
            rules += &format!(" AND operation = {}", operation_code(operation));
        }
        if let Some(since) = query.since {
            rules += &format!(" AND updated_at >= {}", since.millis);
        }
        if !query.states.is_empty() {
            rules += &format!(" AND state IN ({})", codes(query.states.iter().copied()));
        }
        let sql = format!(
            "SELECT {}, request, action, sum FROM orders{index} LEFT JOIN papers ON papers.id = orders.id \
             WHERE orders.id > ?1 AND (?3 IS NULL OR gateway = ?3){rules} ORDER BY orders.id LIMIT ?2",
            order_columns!(),
        );
        // Each filter is a statement of its own; they are few, but need not be kept.
        let mut statement = self.connection.prepare(&sql)?;
        let mut found = statement.query(params![after, limit(most), query.gateway.as_deref()])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            // Seals are left to `find` and `verify`: a damaged order can still be shown.
            rows.push(Columns::of(row, "order").order_with_papers()?.0);
        }
        Ok(rows)
    }

    fn counts(&mut self, batch: Option<i64>) -> Did<Vec<Count>> {
        // In halves, so that no sum is too large for SQLite's integers.
        let sql = |place| {
            format!(
                "SELECT gateway, operation, currency, state, flags, count(*), sum(minor >> 32), \
                 sum(minor & 4294967295) FROM orders {place} \
                 GROUP BY gateway, operation, currency, state, flags"
            )
        };
        let line = |row: &rusqlite::Row<'_>| Columns::of(row, "order").count_line();
        match batch {
            None => self.all(&sql("NOT INDEXED"), [], line),
            Some(batch) => self.all(&sql("INDEXED BY orders_batch WHERE batch = ?1"), [batch], line),
        }
    }

    fn event(&mut self, id: i64) -> Did<Option<Record>> {
        let mut rows = self.statements.event_of.query([id])?;
        rows.next()?.map(record).transpose()
    }

    fn events(&mut self, after: i64, most: usize) -> Did<Vec<Record>> {
        self.all(&format!("{EVENT}WHERE id > ?1 ORDER BY id LIMIT ?2"), [after, limit(most)], record)
    }

    fn sealed(&mut self, after: i64, most: usize) -> Did<Vec<(Row, [u8; 16])>> {
        let sql = orders!("WHERE orders.id > ?1 ORDER BY orders.id LIMIT ?2");
        self.all(sql, [after, limit(most)], |row| Columns::of(row, "order").order_beside_papers())
    }

    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Did<Option<(i64, u64)>> {
        let sql = "SELECT max(id) FROM (SELECT id FROM orders WHERE id > ?1 ORDER BY id LIMIT ?2)";
        let last = self.one(sql, [after, limit(most)], |row| Ok(row.get::<_, Option<i64>>(0)?))?.flatten();
        let Some(last) = last else { return Ok(None) };
        let ended = codes(State::ALL.into_iter().filter(|state| state.is_final()));
        let sql = format!(
            "DELETE FROM papers WHERE id > ?1 AND id <= ?2 AND EXISTS \
             (SELECT 1 FROM orders WHERE orders.id = papers.id AND state IN ({ended}) AND updated_at < ?3)"
        );
        let forgotten = self.execute(&sql, [after, last, before.millis])? as u64;
        self.forgot |= forgotten > 0;
        Ok(Some((last, forgotten)))
    }

    fn altered(&mut self, id: i64) -> Did<Option<(Row, bool)>> {
        let sql = orders!("WHERE orders.id = ?1");
        self.one(sql, [id], |row| Columns::of(row, "order").order_as_it_stands())
    }

    fn forget(&mut self, id: i64) -> Did<()> {
        self.forgot |= self.execute("DELETE FROM papers WHERE id = ?1", [id])? > 0;
        Ok(())
    }

    fn check(&mut self) -> Did<()> {
        let told: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if told == "ok" { Ok(()) } else { Err(StoreError::Corrupt(told)) }
    }

    fn stop(&mut self) -> Did<Option<Stop>> {
        let mut rows = self.statements.stop.query([])?;
        match rows.next()? {
            Some(row) => Ok(Stop::named(row.get_ref(0)?.as_str().unwrap_or_default())),
            None => Ok(None),
        }
    }

    fn meta(&mut self, name: &str) -> Did<Option<String>> {
        Ok(self.statements.meta.query_row([name], |row| row.get(0)).optional()?)
    }

    fn set_meta(&mut self, name: &str, value: &str) -> Did<()> {
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.execute(sql, [name, value])?;
        Ok(())
    }
}

/// The codes of states, for a list in SQL.
fn codes(states: impl Iterator<Item = State>) -> String {
    states.map(|state| state.code().to_string()).collect::<Vec<_>>().join(", ")
}

/// What else has to hold of a row that is due.
fn fitting(query: &Due<'_>) -> String {
    let ready = State::Ready.code();
    let kind = match query.kind {
        Kind::Any => String::new(),
        Kind::Ask => format!(" AND state <> {ready}"),
        Kind::Send => format!(" AND state = {ready}"),
    };
    let batch = query.batch.map(|batch| format!(" AND batch = {batch}")).unwrap_or_default();
    kind + &batch
}

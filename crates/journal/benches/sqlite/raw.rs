//! Raw rusqlite with the statements that the journal runs, in groups of the same size, and nothing around them.

use std::path::Path;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

use crate::shop::{order_name, reference};
use crate::{Turn, machine};

pub(crate) struct Raw {
    connection: Connection,
    next: i64,
    event: i64,
    unlooked: u32,
}

const FIND: &str = "SELECT orders.id, key, gateway, operation, name, reference, replaces, batch, currency, minor, \
     digest, state, flags, prior, prior_at, attempts, fence, polls, missed_at, asked_at, gateway_ref, word, due_at, \
     deadline_at, first_sent_at, created_at, updated_at, last_event, events, head, seal, twin, request, action, sum \
     FROM orders LEFT JOIN papers ON papers.id = orders.id WHERE key = ?1";
const INSERT: &str = "INSERT INTO orders (id, key, gateway, operation, name, reference, replaces, batch, currency, \
     minor, digest, state, flags, prior, prior_at, attempts, fence, polls, missed_at, asked_at, gateway_ref, word, \
     due_at, deadline_at, first_sent_at, created_at, updated_at, last_event, events, head, seal) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
     ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31) ON CONFLICT (key) DO NOTHING";
const UPDATE: &str = "UPDATE orders SET state = ?2, flags = ?3, prior = ?4, prior_at = ?5, attempts = ?6, \
     fence = ?7, polls = ?8, missed_at = ?9, asked_at = ?10, gateway_ref = ?11, word = ?12, due_at = ?13, \
     deadline_at = ?14, first_sent_at = ?15, updated_at = ?16, last_event = ?17, events = ?18, head = ?19, \
     seal = ?20, twin = ?21 WHERE id = ?1";
const STOP: &str =
    "SELECT name FROM meta WHERE name IN ('damage', 'doubt') AND value <> '' ORDER BY name LIMIT 1";
const TWIN: &str = "SELECT name FROM orders INDEXED BY orders_gateway_ref \
     WHERE gateway_ref = ?1 AND gateway = ?2 AND operation = ?3 AND id <> ?4 ORDER BY id LIMIT 1";
const EVENT: &str = "INSERT INTO events (id, row, before, at, state, flags, body, hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const REQUEST: &str = r#"{"payout":{"order":"PAYOUT-2024-05-00000000001","amount":{"amount":"25000","currency":"XOF"},"channel":"mobile_money","recipient":{"id":null,"name":"Awa","surname":"Traore","email":null,"phone":"+2250701234567","address":null,"city":null,"country":null,"state":null,"zip":null},"bank_code":null,"document":null,"reason":"salary of May","notify_url":null,"metadata":{}}}"#;
const PLANNED: &str = r#"{"event":"planned","amount":"25000 XOF","request":{"operation":"payout","phone":"+22507•••••67"},"digest":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#;
const ENDED: &str = r#"{"event":"ended","status":"succeeded","word":"VAL","reference":"EA00000000000000001","amount":"25000 XOF"}"#;

impl Raw {
    pub(crate) fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        // As the journal has it: otherwise statements are parsed anew for values.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; \
                 PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA cache_size = -4096;",
            )
            .unwrap();
        connection.execute_batch(include_str!("../../migrations/sqlite/0001.sql")).unwrap();
        connection.execute_batch(include_str!("../../migrations/sqlite/0002.sql")).unwrap();
        Self { connection, next: 0, event: 0, unlooked: 0 }
    }

    fn execute(&self, sql: &str, params: impl rusqlite::Params) {
        self.connection.prepare_cached(sql).unwrap().execute(params).unwrap();
    }

    /// A group of orders is begun, then the same are settled.
    pub(crate) fn run(&mut self, orders: u32, group: u32) -> Turn {
        let (start, cpu, written) = (Instant::now(), machine::cpu(), machine::written());
        for _ in 0..orders / group {
            let mut rows = Vec::new();
            self.execute("BEGIN IMMEDIATE", []);
            for place in 0..group {
                let key = self.next_key();
                self.find(&key);
                if place == 0 {
                    self.look_for_id();
                }
                rows.push((self.begin(&key), key));
            }
            self.commit(group);
            self.execute("BEGIN IMMEDIATE", []);
            for (place, (id, key)) in rows.iter().enumerate() {
                self.find(key);
                if place == 0 {
                    self.look_for_id();
                }
                self.settle(*id);
            }
            self.commit(group);
        }
        let commands = 2 * u64::from(orders);
        let bytes = machine::written() - written;
        Turn { commands, took: start.elapsed(), cpu: machine::cpu() - cpu, bytes }
    }

    /// As random as a digest, without the cost of one.
    fn next_key(&mut self) -> [u8; 16] {
        self.next += 1;
        let mixed =
            u128::from(self.next.unsigned_abs()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        mixed.to_be_bytes()
    }

    fn find(&self, key: &[u8; 16]) {
        let mut statement = self.connection.prepare_cached(FIND).unwrap();
        let mut rows = statement.query([&key[..]]).unwrap();
        if let Some(row) = rows.next().unwrap() {
            for column in 0..35 {
                std::hint::black_box(row.get_ref(column).unwrap());
            }
        }
    }

    fn look_for_id(&self) {
        let mut statement = self.connection.prepare_cached("SELECT max(id) FROM events").unwrap();
        let _: Option<i64> = statement.query_row([], |row| row.get(0)).unwrap();
    }

    fn begin(&mut self, key: &[u8; 16]) -> i64 {
        let mut stop = self.connection.prepare_cached(STOP).unwrap();
        assert!(!stop.exists([]).unwrap());
        drop(stop);
        self.event += 1;
        let (id, now, none) = (self.event, 1_700_000_000_000 + self.event, None::<i64>);
        let name = order_name(id.unsigned_abs());
        let (digest, head, seal) = ([3_u8; 32], [4_u8; 32], [5_u8; 16]);
        self.execute(
            INSERT,
            params![
                id,
                &key[..],
                "cinetpay",
                1,
                name,
                none,
                none,
                none,
                "XOF",
                25_000,
                &digest[..],
                2,
                0,
                0,
                none,
                1,
                1,
                0,
                none,
                none,
                none,
                none,
                now + 90_000,
                now + 259_200_000,
                now,
                now,
                now,
                id,
                1,
                &head[..],
                &seal[..],
            ],
        );
        self.execute(
            "INSERT INTO papers (id, request, action, sum) VALUES (?1, ?2, ?3, ?4)",
            params![id, REQUEST, none, &seal[..8]],
        );
        self.execute(EVENT, params![id, id, 0, now, 2, 0, PLANNED, &head[..]]);
        id
    }

    fn settle(&mut self, id: i64) {
        self.event += 1;
        let (event, now, none) = (self.event, 1_700_000_000_000 + self.event, None::<i64>);
        let (head, seal) = ([6_u8; 32], [7_u8; 16]);
        self.execute(EVENT, params![event, id, id, now, 5, 0, ENDED, &head[..]]);
        self.execute("INSERT INTO outbox (event, held_until) VALUES (?1, ?2)", [event, i64::MIN]);
        let reference = reference(id.unsigned_abs());
        let mut twin = self.connection.prepare_cached(TWIN).unwrap();
        assert!(!twin.exists(params![reference, "cinetpay", 1, id]).unwrap());
        drop(twin);
        self.execute(
            UPDATE,
            params![
                id,
                5,
                0,
                1,
                none,
                1,
                1,
                0,
                none,
                none,
                reference,
                "VAL",
                none,
                now + 259_200_000,
                now,
                now,
                event,
                2,
                &head[..],
                &seal[..],
                none,
            ],
        );
    }

    fn commit(&mut self, group: u32) {
        self.execute("COMMIT", []);
        let pages = |mode: &str| -> i64 {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            self.connection.prepare_cached(&sql).unwrap().query_row([], |row| row.get(1)).unwrap()
        };
        // The log is kept as long as the journal keeps its own.
        self.unlooked += group;
        if self.unlooked >= 32 {
            self.unlooked = 0;
            if pages("NOOP") >= 4_000 {
                pages("PASSIVE");
            }
        }
    }
}

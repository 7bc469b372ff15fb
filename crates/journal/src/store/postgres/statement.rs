//! Every statement, in one place.

use super::columns::{CHANGING, EVENT, ORDER};

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident => $text:expr,)*) => {
        /// A statement that each connection prepares when it is opened.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Sql { $($(#[$doc])* $name,)* }

        impl Sql {
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(super) fn text(self) -> String {
                match self { $(Self::$name => String::from($text),)* }
            }
        }
    };
}

statements! {
    /// The database's clock in milliseconds.
    Clock => "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    /// Ids, and why nothing may be sent.
    Draw => format!("SELECT nextval('ids'), ({STOP}) FROM generate_series(1, $1::bigint)"),
    /// Why nothing may be sent.
    Stop => STOP,
    Find => format!("SELECT {} FROM orders WHERE key = $1", names(&ORDER)),
    /// Locks an order, and draws the id of its next event in the same breath: behind the lock, so that it is above all
    /// that others wrote. A row is told in any case.
    Lock => format!(
        "SELECT nextval('ids'), ({STOP}), o.id IS NOT NULL, {} FROM (SELECT) AS one \
         LEFT JOIN LATERAL (SELECT {} FROM orders WHERE key = $1 FOR UPDATE) AS o ON true",
        names_of("o", &ORDER),
        names(&ORDER),
    ),
    /// Until the end of the transaction nobody else gives this id of the gateway's to an order. A statement of its own: the
    /// one behind it sees what was written by whoever had the lock before.
    HoldReference => "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1::int8)) AS held",
    Twin => "SELECT order_id FROM orders WHERE gateway_ref = $1 AND gateway = $2 AND operation = $3 AND id <> $4 \
             ORDER BY id LIMIT 1",
    AddOrder => format!("INSERT INTO orders ({}) VALUES ({})", names(&ORDER), numbers(ORDER.len())),
    AddOrders => format!("INSERT INTO orders ({}) SELECT * FROM unnest({})", names(&ORDER), arrays(&ORDER, 1)),
    /// Adds orders whose keys are free, each with its first event; tells their ids.
    AddFree => format!(
        "WITH added AS (INSERT INTO orders ({}) SELECT * FROM unnest({}) ON CONFLICT (key) DO NOTHING RETURNING id), \
         noted AS (INSERT INTO events ({}) SELECT told.* FROM unnest({}) AS told ({}) \
         JOIN added ON added.id = told.order_row) SELECT id FROM added",
        names(&ORDER),
        arrays(&ORDER, 1),
        names(&EVENT),
        arrays(&EVENT, 1 + ORDER.len()),
        names(&EVENT),
    ),
    ChangeOrder => {
        let sets: Vec<_> = changing().enumerate().map(|(n, (name, _))| format!("{name} = ${}", n + 2)).collect();
        format!("UPDATE orders SET {} WHERE id = $1", sets.join(", "))
    },
    ChangeOrders => {
        let sets: Vec<_> = changing().map(|(name, _)| format!("{name} = told.{name}")).collect();
        let told: Vec<_> = std::iter::once(&ORDER[0]).chain(changing()).copied().collect();
        format!(
            "UPDATE orders SET {} FROM unnest({}) AS told ({}) WHERE orders.id = told.id",
            sets.join(", "),
            arrays(&told, 1),
            names(&told),
        )
    },
    Rename => "UPDATE orders SET key = $2 WHERE id = $1",
    AddEvent => format!("INSERT INTO events ({}) VALUES ({})", names(&EVENT), numbers(EVENT.len())),
    AddEvents => format!("INSERT INTO events ({}) SELECT * FROM unnest({})", names(&EVENT), arrays(&EVENT, 1)),
    Publish => "INSERT INTO outbox (event, held_until) SELECT unnest($1::int8[]), 0",
    Due => due(""),
    DueOfBatch => due(" AND batch = $6"),
    NextDue => next_due(""),
    NextDueOfBatch => next_due(" AND batch = $4"),
    Receive => "INSERT INTO inbox (digest, at, gateway, key, stray) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    Strays => "SELECT digest, at, gateway, key, stray FROM inbox WHERE stray IS NOT NULL \
               ORDER BY at DESC, digest DESC LIMIT $1",
    Take => format!(
        "WITH free AS (SELECT event FROM outbox WHERE held_until <= $1 ORDER BY event LIMIT $2 FOR UPDATE SKIP LOCKED), \
         held AS (UPDATE outbox SET held_until = $3 FROM free WHERE outbox.event = free.event) \
         SELECT free.event, e.id IS NOT NULL AND o.id IS NOT NULL, {}, {} FROM free \
         LEFT JOIN events e ON e.id = free.event LEFT JOIN orders o ON o.id = e.order_row ORDER BY free.event",
        names_of("e", &EVENT),
        names_of("o", &ORDER),
    ),
    Acknowledge => "DELETE FROM outbox WHERE event = ANY($1)",
    AddBatch => "INSERT INTO batches (digest, label, created_at, released_at, released_by) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (digest) DO NOTHING",
    FindBatch => batch("WHERE id = $1"),
    FindBatchLocked => batch("WHERE id = $1 FOR UPDATE"),
    FindBatchByDigest => batch("WHERE digest = $1"),
    Batches => batch("WHERE id > $1 ORDER BY id LIMIT $2"),
    ReleaseBatch => "UPDATE batches SET released_at = $2, released_by = $3 WHERE id = $1",
    Counts => counts(""),
    CountsOfBatch => counts("WHERE batch = $1 "),
    Event => format!("SELECT {} FROM events WHERE id = $1", names(&EVENT)),
    Events => format!("SELECT {} FROM events WHERE id > $1 ORDER BY id LIMIT $2", names(&EVENT)),
    EventsOf => format!("SELECT {} FROM events WHERE id = ANY($1)", names(&EVENT)),
    Sealed => {
        let bare = names(&ORDER).replace("request, action", "NULL::text, NULL::text");
        format!("SELECT {bare} FROM orders WHERE id > $1 ORDER BY id LIMIT $2")
    },
    Altered => format!("SELECT {} FROM orders WHERE id = $1 FOR UPDATE", names(&ORDER)),
    LastOfPage => "SELECT max(id) FROM (SELECT id FROM orders WHERE id > $1 ORDER BY id LIMIT $2) AS page",
    Purge => "UPDATE orders SET request = NULL, action = NULL WHERE id > $1 AND id <= $2 AND state >= 5 \
              AND updated_at < $3 AND request IS NOT NULL",
    Meta => "SELECT value FROM meta WHERE name = $1",
    SetMeta => "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
    /// Whether an event was written by us: ids are given once, unless a server lost some of them.
    WasWritten => "SELECT 1 FROM events WHERE id = $1 AND hash = $2",
}

/// What keeps everything from being sent; damage comes before doubt.
const STOP: &str =
    "SELECT name FROM meta WHERE name IN ('damage', 'doubt') AND value <> '' ORDER BY name LIMIT 1";

pub(super) fn names(columns: &[(&str, &str)]) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

fn names_of(table: &str, columns: &[(&str, &str)]) -> String {
    columns.iter().map(|(name, _)| format!("{table}.{name}")).collect::<Vec<_>>().join(", ")
}

fn numbers(many: usize) -> String {
    (1..=many).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

fn arrays(columns: &[(&str, &str)], first: usize) -> String {
    let array = |(place, (_, kind)): (usize, &(&str, &str))| format!("${}::{kind}[]", first + place);
    columns.iter().enumerate().map(array).collect::<Vec<_>>().join(", ")
}

fn changing() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    ORDER[CHANGING..].iter()
}

fn due(also: &str) -> String {
    format!(
        "SELECT {} FROM orders WHERE gateway = $1 AND operation = $2 AND (state = 1) = $3 AND due_at <= $4{also} \
         ORDER BY due_at LIMIT $5 FOR UPDATE SKIP LOCKED",
        names(&ORDER)
    )
}

fn next_due(also: &str) -> String {
    format!("SELECT min(due_at) FROM orders WHERE gateway = $1 AND operation = $2 AND (state = 1) = $3{also}")
}

fn batch(which: &str) -> String {
    format!("SELECT id, digest, label, created_at, released_at, released_by FROM batches {which}")
}

fn counts(which: &str) -> String {
    format!(
        "SELECT gateway, operation, currency, state, flags, count(*), sum(minor)::text FROM orders {which}\
         GROUP BY gateway, operation, currency, state, flags ORDER BY gateway, operation, currency, state, flags"
    )
}

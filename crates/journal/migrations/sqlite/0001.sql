-- One row for each order. Ids are those of events, so that rows lie in the order of writing.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    gateway TEXT NOT NULL,
    operation INTEGER NOT NULL,
    name TEXT NOT NULL,
    reference TEXT,
    replaces TEXT,
    batch INTEGER,
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL,
    digest BLOB NOT NULL,
    state INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    prior INTEGER NOT NULL,
    prior_at INTEGER,
    attempts INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    polls INTEGER NOT NULL,
    missed_at INTEGER,
    asked_at INTEGER,
    gateway_ref TEXT,
    word TEXT,
    due_at INTEGER,
    deadline_at INTEGER NOT NULL,
    first_sent_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    events INTEGER NOT NULL,
    head BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX orders_key ON orders (key);

-- State and batch are in it so that rows which do not fit are passed over without being read.
CREATE INDEX orders_due ON orders (gateway, operation, due_at, state, batch) WHERE due_at IS NOT NULL;

CREATE INDEX orders_batch ON orders (batch) WHERE batch IS NOT NULL;

-- The flags above 1 are those that ask for a person.
CREATE INDEX orders_people ON orders (id) WHERE flags > 1;

-- What is personal stands apart: rows stay small, and forgetting is a delete.
CREATE TABLE papers (
    id INTEGER PRIMARY KEY,
    request TEXT NOT NULL,
    action TEXT,
    sum BLOB NOT NULL
) STRICT;

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    row INTEGER NOT NULL,
    before INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE outbox (
    event INTEGER PRIMARY KEY,
    held_until INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox (
    digest BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    gateway TEXT NOT NULL,
    key BLOB,
    stray TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_strays ON inbox (at) WHERE stray IS NOT NULL;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    released_at INTEGER,
    released_by TEXT
) STRICT;

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

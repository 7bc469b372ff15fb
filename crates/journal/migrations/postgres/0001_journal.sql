-- The journal. Unqualified names: the session's search path is the journal's schema.
-- Times are milliseconds since 1970 by the database's clock; amounts are minor units.

-- Names rows and events. Drawn after the row is locked, so that ids grow along every history.
CREATE SEQUENCE ids AS bigint;

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    -- 128 bits over gateway, direction and order id: the one unique name, in the smallest index.
    key uuid NOT NULL,
    gateway text NOT NULL,
    -- 0 payment, 1 payout.
    operation smallint NOT NULL,
    order_id text NOT NULL,
    reference text,
    replaces text,
    batch bigint,
    minor bigint NOT NULL CHECK (minor >= 0),
    currency text NOT NULL,
    digest bytea NOT NULL,
    -- Personal data; null once it was purged.
    request text,
    action text,
    state smallint NOT NULL,
    flags smallint NOT NULL,
    -- 0 none, 1 accepted, 2 unknown and given up, 3 unknown and perhaps asleep; since when.
    prior smallint NOT NULL,
    prior_at bigint NOT NULL,
    -- These wrap: read them as unsigned.
    attempts integer NOT NULL,
    fence integer NOT NULL,
    polls integer NOT NULL,
    missed_at bigint,
    asked_at bigint,
    gateway_ref text,
    word text,
    due_at bigint,
    deadline_at bigint NOT NULL,
    first_sent_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    last_event bigint NOT NULL,
    events integer NOT NULL,
    head bytea NOT NULL,
    -- Ties the columns that money depends on to the history.
    seal uuid NOT NULL
);
CREATE UNIQUE INDEX orders_key ON orders (key);
-- State 1 is what may be sent; everything else that is due is asked for.
CREATE INDEX orders_due ON orders (gateway, operation, (state = 1), due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_batch ON orders (batch, id) WHERE batch IS NOT NULL;
-- Flags 2, 4 and 8 are what people look at first.
CREATE INDEX orders_people ON orders (id) WHERE (flags & 14) <> 0;

-- Only ever added to.
CREATE TABLE events (
    id bigint PRIMARY KEY,
    order_row bigint NOT NULL,
    before bigint NOT NULL,
    at bigint NOT NULL,
    state smallint NOT NULL,
    flags smallint NOT NULL,
    body text NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE outbox (
    event bigint PRIMARY KEY,
    held_until bigint NOT NULL
);

CREATE TABLE inbox (
    digest uuid PRIMARY KEY,
    at bigint NOT NULL,
    gateway text NOT NULL,
    key uuid,
    stray text
);
CREATE INDEX inbox_strays ON inbox (at DESC, digest DESC) WHERE stray IS NOT NULL;

CREATE TABLE batches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    label text NOT NULL,
    created_at bigint NOT NULL,
    released_at bigint,
    released_by text
);

CREATE TABLE meta (
    name text PRIMARY KEY,
    value text NOT NULL
);

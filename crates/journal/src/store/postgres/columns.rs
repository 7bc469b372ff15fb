//! Rows and events, column by column.

use std::borrow::Cow;

use nzimbu_core::{Currency, GatewayRef, Money, Operation, OrderId, UnixTime};
use tokio_postgres::Row as Told;
use tokio_postgres::types::FromSql;

use super::value::{Raw, Value, without_nul};
use crate::chain::{Record, seal};
use crate::row::{Key, Prior, Row};
use crate::state::{Flags, State};
use crate::store::{BatchRow, Received, StoreError};

/// The columns of an order with their types. Those that never change come first.
pub(super) const ORDER: [(&str, &str); 34] = [
    ("id", "int8"),
    ("key", "uuid"),
    ("gateway", "text"),
    ("operation", "int2"),
    ("order_id", "text"),
    ("reference", "text"),
    ("replaces", "text"),
    ("batch", "int8"),
    ("minor", "int8"),
    ("currency", "text"),
    ("digest", "bytea"),
    ("created_at", "int8"),
    ("deadline_at", "int8"),
    ("request", "text"),
    ("action", "text"),
    ("state", "int2"),
    ("flags", "int2"),
    ("prior", "int2"),
    ("prior_at", "int8"),
    ("attempts", "int4"),
    ("fence", "int4"),
    ("polls", "int4"),
    ("missed_at", "int8"),
    ("asked_at", "int8"),
    ("gateway_ref", "text"),
    ("word", "text"),
    ("due_at", "int8"),
    ("first_sent_at", "int8"),
    ("updated_at", "int8"),
    ("last_event", "int8"),
    ("events", "int4"),
    ("head", "bytea"),
    ("seal", "uuid"),
    ("twin", "text"),
];

/// The columns of an event with their types.
pub(super) const EVENT: [(&str, &str); 8] = [
    ("id", "int8"),
    ("order_row", "int8"),
    ("before", "int8"),
    ("at", "int8"),
    ("state", "int2"),
    ("flags", "int2"),
    ("body", "text"),
    ("hash", "bytea"),
];

/// Where the columns of an order that can change begin.
pub(super) const CHANGING: usize = 12;

/// All columns of an order, in the order of [`ORDER`].
pub(super) fn order(row: &Row) -> Vec<Value<'_>> {
    let mut values = vec![
        Value::Int8(row.id),
        Value::bytes(&row.key.0),
        Value::text(&row.gateway),
        Value::Int2(operation_code(row.operation)),
        Value::text(row.order.as_str()),
        Value::maybe_text(row.reference.as_deref()),
        Value::maybe_text(row.replaces.as_ref().map(|order| order.as_str())),
        Value::maybe_int8(row.batch),
        Value::Int8(row.amount.minor().cast_signed()),
        Value::text(row.amount.currency().code()),
        Value::bytes(&row.digest),
        Value::Int8(row.created_at.millis),
    ];
    values.extend(changing(row));
    values
}

/// The columns of an order that can change, in the order of [`ORDER`].
pub(super) fn changing(row: &Row) -> Vec<Value<'_>> {
    let (prior, prior_at) = match row.prior {
        Prior::None => (0, 0),
        Prior::Accepted => (1, 0),
        Prior::Unknown { at, ended: true } => (2, at.millis),
        Prior::Unknown { at, ended: false } => (3, at.millis),
    };
    vec![
        Value::Int8(row.deadline_at.millis),
        Value::maybe_text(row.request.as_deref()),
        Value::maybe_text(row.action.as_deref()),
        Value::Int2(row.state.code()),
        Value::Int2(i16::from(row.flags.bits())),
        Value::Int2(prior),
        Value::Int8(prior_at),
        Value::Int4(row.attempts.cast_signed()),
        Value::Int4(row.fence.cast_signed()),
        Value::Int4(row.polls.cast_signed()),
        time(row.missed_at),
        time(row.asked_at),
        Value::maybe_text(row.gateway_ref.as_ref().map(|reference| reference.as_str())),
        Value::maybe_text(row.word.as_deref()),
        time(row.due_at),
        time(row.first_sent_at),
        Value::Int8(row.updated_at.millis),
        Value::Int8(row.last_event),
        Value::Int4(row.events.cast_signed()),
        Value::bytes(&row.head),
        Value::Bytes(seal(row).to_vec().into()),
        Value::maybe_text(row.twin.as_ref().map(|order| order.as_str())),
    ]
}

/// All columns of an event, in the order of [`EVENT`].
pub(super) fn event(record: &Record) -> Vec<Value<'_>> {
    vec![
        Value::Int8(record.id),
        Value::Int8(record.row),
        Value::Int8(record.before),
        Value::Int8(record.at.millis),
        Value::Int2(record.state.code()),
        Value::Int2(i16::from(record.flags.bits())),
        Value::text(&record.body),
        Value::bytes(&record.hash),
    ]
}

/// The row as the server keeps it: it takes no NUL, and the seal is over what is kept.
pub(super) fn storable(row: &Row) -> Cow<'_, Row> {
    let has_nul = |text: &Option<Box<str>>| text.as_ref().is_some_and(|text| text.contains('\0'));
    if !has_nul(&row.reference) && !has_nul(&row.word) {
        return Cow::Borrowed(row);
    }
    let mut row = row.clone();
    for text in [&mut row.reference, &mut row.word].into_iter().flatten() {
        *text = without_nul(text).into();
    }
    Cow::Owned(row)
}

/// Makes one array of each column.
pub(super) fn arrays(rows: Vec<Vec<Value<'_>>>, columns: usize) -> Vec<Value<'_>> {
    let mut arrays: Vec<Vec<Value<'_>>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (array, value) in arrays.iter_mut().zip(row) {
            array.push(value);
        }
    }
    arrays.into_iter().map(Value::Many).collect()
}

pub(super) fn operation_code(operation: Operation) -> i16 {
    match operation {
        Operation::Payment => 0,
        Operation::Payout => 1,
    }
}

pub(super) fn operation(code: i16) -> Option<Operation> {
    match code {
        0 => Some(Operation::Payment),
        1 => Some(Operation::Payout),
        _ => None,
    }
}

fn time(time: Option<UnixTime>) -> Value<'static> {
    Value::maybe_int8(time.map(|time| time.millis))
}

/// Reads the columns of a told row one after the other.
pub(super) struct Reader<'a> {
    told: &'a Told,
    next: usize,
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(told: &'a Told, what: &'static str) -> Self {
        Self { told, next: 0, what }
    }

    pub(super) fn get<T: FromSql<'a>>(&mut self) -> Result<T, StoreError> {
        let place = self.next;
        self.next += 1;
        // The client's own words name types and places, and no values.
        self.told.try_get(place).map_err(|error| {
            StoreError::Corrupt(format!("column {} of {} is not readable: {error}", place + 1, self.what))
        })
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let what = self.what;
        let Raw(bytes) = self.get()?;
        let told = || StoreError::Corrupt(format!("{what} has {} bytes where {N} belong", bytes.len()));
        bytes.try_into().map_err(|_| told())
    }

    fn time(&mut self) -> Result<UnixTime, StoreError> {
        Ok(UnixTime { millis: self.get()? })
    }

    fn maybe_time(&mut self) -> Result<Option<UnixTime>, StoreError> {
        Ok(self.get::<Option<i64>>()?.map(|millis| UnixTime { millis }))
    }

    fn unsigned(&mut self) -> Result<u32, StoreError> {
        Ok(self.get::<i32>()?.cast_unsigned())
    }

    fn text(&mut self) -> Result<Box<str>, StoreError> {
        Ok(self.get::<&str>()?.into())
    }

    fn maybe_text(&mut self) -> Result<Option<Box<str>>, StoreError> {
        Ok(self.get::<Option<&str>>()?.map(Into::into))
    }

    pub(super) fn state(&mut self) -> Result<State, StoreError> {
        let code = self.get()?;
        State::from_code(code).ok_or_else(|| self.strange("state", code))
    }

    pub(super) fn flags(&mut self) -> Result<Flags, StoreError> {
        let bits: i16 = self.get()?;
        let flags = u8::try_from(bits).ok().and_then(Flags::from_bits);
        flags.ok_or_else(|| self.strange("flags", bits))
    }

    pub(super) fn operation(&mut self) -> Result<Operation, StoreError> {
        let code = self.get()?;
        operation(code).ok_or_else(|| self.strange("direction", code))
    }

    fn strange(&self, column: &str, code: i16) -> StoreError {
        StoreError::Corrupt(format!("{} has the {column} {code}, which does not exist", self.what))
    }

    pub(super) fn order_id(&mut self) -> Result<OrderId, StoreError> {
        let text: &str = self.get()?;
        OrderId::parse(text).map_err(|_| self.wrong("order id"))
    }

    fn maybe_order_id(&mut self, what: &str) -> Result<Option<OrderId>, StoreError> {
        let text = self.get::<Option<&str>>()?;
        text.map(|text| OrderId::parse(text).map_err(|_| self.wrong(what))).transpose()
    }

    fn wrong(&self, column: &str) -> StoreError {
        StoreError::Corrupt(format!("{} has a {column} that is none", self.what))
    }

    pub(super) fn order(&mut self) -> Result<(Row, [u8; 16]), StoreError> {
        let id = self.get()?;
        let key = Key(self.fixed()?);
        let gateway = self.text()?;
        let operation = self.operation()?;
        let order = self.order_id()?;
        let reference = self.maybe_text()?;
        let replaces = self.maybe_order_id("replaced order id")?;
        let batch = self.get()?;
        let minor: i64 = self.get()?;
        let currency = Currency::parse(self.get()?).map_err(|_| self.wrong("currency"))?;
        let minor = u64::try_from(minor).map_err(|_| self.wrong("amount"))?;
        let amount = Money::from_minor(minor, currency).map_err(|_| self.wrong("amount"))?;
        let digest = self.fixed()?;
        let (created_at, deadline_at) = (self.time()?, self.time()?);
        let (request, action) = (self.maybe_text()?, self.maybe_text()?);
        let (state, flags) = (self.state()?, self.flags()?);
        let prior: i16 = self.get()?;
        let at = self.time()?;
        let prior = match prior {
            0 => Prior::None,
            1 => Prior::Accepted,
            2 => Prior::Unknown { at, ended: true },
            3 => Prior::Unknown { at, ended: false },
            code => return Err(self.strange("prior", code)),
        };
        let (attempts, fence, polls) = (self.unsigned()?, self.unsigned()?, self.unsigned()?);
        let (missed_at, asked_at) = (self.maybe_time()?, self.maybe_time()?);
        let gateway_ref = match self.get::<Option<&str>>()? {
            Some(text) => Some(GatewayRef::new(text).ok_or_else(|| self.wrong("gateway's id"))?),
            None => None,
        };
        let word = self.maybe_text()?;
        let (due_at, first_sent_at) = (self.maybe_time()?, self.maybe_time()?);
        let updated_at = self.time()?;
        let last_event = self.get()?;
        let events = self.unsigned()?;
        let head = self.fixed()?;
        let sealed = self.fixed()?;
        let twin = self.maybe_order_id("order id of a twin")?;
        let row = Row {
            id,
            key,
            gateway,
            operation,
            order,
            reference,
            replaces,
            batch,
            amount,
            digest,
            request,
            action,
            state,
            flags,
            prior,
            attempts,
            fence,
            polls,
            missed_at,
            asked_at,
            gateway_ref,
            twin,
            word,
            due_at,
            deadline_at,
            first_sent_at,
            created_at,
            updated_at,
            last_event,
            events,
            head,
        };
        Ok((row, sealed))
    }

    pub(super) fn event(&mut self) -> Result<Record, StoreError> {
        Ok(Record {
            id: self.get()?,
            row: self.get()?,
            before: self.get()?,
            at: self.time()?,
            state: self.state()?,
            flags: self.flags()?,
            body: self.text()?,
            hash: self.fixed()?,
        })
    }

    pub(super) fn batch(&mut self) -> Result<BatchRow, StoreError> {
        Ok(BatchRow {
            id: self.get()?,
            digest: self.fixed()?,
            label: self.text()?,
            created_at: self.time()?,
            released_at: self.maybe_time()?,
            released_by: self.maybe_text()?,
        })
    }

    pub(super) fn received(&mut self) -> Result<Received, StoreError> {
        Ok(Received {
            digest: self.fixed()?,
            at: self.time()?,
            gateway: self.text()?,
            key: match self.get::<Option<Raw<'_>>>()? {
                Some(Raw(bytes)) => Some(Key(bytes.try_into().map_err(|_| self.wrong("key"))?)),
                None => None,
            },
            stray: self.maybe_text()?,
        })
    }
}

/// An event of the outbox with the order behind it.
pub(super) fn event_and_order(told: &Told) -> Result<(Record, Row), StoreError> {
    let mut reader = Reader::new(told, "an event and its order");
    let (id, whole): (i64, bool) = (reader.get()?, reader.get()?);
    if !whole {
        return Err(StoreError::Corrupt(format!("event {id} is in the outbox alone")));
    }
    Ok((reader.event()?, reader.order()?.0))
}

//! Rows as the tables hold them. What is read is checked: a value that no journal wrote is damage, and is named.

use std::fmt::Display;

use nzimbu_core::{Currency, GatewayRef, Money, Operation, OrderId, UnixTime};
use rusqlite::types::ValueRef;
use sha2::{Digest as _, Sha256};

use crate::chain::{Record, seal};
use crate::row::{Key, Prior, Row};
use crate::state::{Flags, State};
use crate::store::{BatchRow, Received, StoreError};

/// The columns of [`order`], without the papers.
macro_rules! order_columns {
    () => {
        "orders.id, key, gateway, operation, name, reference, replaces, batch, currency, minor, digest, state, \
         flags, prior, prior_at, attempts, fence, polls, missed_at, asked_at, gateway_ref, word, due_at, \
         deadline_at, first_sent_at, created_at, updated_at, last_event, events, head, seal, twin"
    };
}
/// Orders with their papers.
macro_rules! orders {
    ($rest:literal) => {
        orders!("orders", $rest)
    };
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            order_columns!(),
            ", request, action, sum FROM ",
            $from,
            " LEFT JOIN papers ON papers.id = orders.id ",
            $rest
        )
    };
}
pub(super) use {order_columns, orders};

pub(super) const fn operation_code(operation: Operation) -> i64 {
    match operation {
        Operation::Payment => 0,
        Operation::Payout => 1,
    }
}

pub(super) fn operation_of(code: i64) -> Option<Operation> {
    match code {
        0 => Some(Operation::Payment),
        1 => Some(Operation::Payout),
        _ => None,
    }
}

pub(super) const fn prior_code(prior: Prior) -> (i64, Option<i64>) {
    match prior {
        Prior::None => (0, None),
        Prior::Accepted => (1, None),
        Prior::Unknown { at, ended: false } => (2, Some(at.millis)),
        Prior::Unknown { at, ended: true } => (3, Some(at.millis)),
    }
}

fn prior_of(code: i64, at: Option<UnixTime>) -> Option<Prior> {
    match (code, at) {
        (0, None) => Some(Prior::None),
        (1, None) => Some(Prior::Accepted),
        (2, Some(at)) => Some(Prior::Unknown { at, ended: false }),
        (3, Some(at)) => Some(Prior::Unknown { at, ended: true }),
        _ => None,
    }
}

/// The columns of one row, read from left to right.
pub(super) struct Columns<'a> {
    row: &'a rusqlite::Row<'a>,
    next: usize,
    /// What the row is called when it is damaged.
    table: &'static str,
    id: i64,
}

type Read<T> = Result<T, StoreError>;
/// The request and the action.
type Papers<'a> = (Option<&'a str>, Option<&'a str>);

impl<'a> Columns<'a> {
    pub(super) fn of(row: &'a rusqlite::Row<'a>, table: &'static str) -> Self {
        Self { row, next: 0, table, id: 0 }
    }

    fn value(&mut self) -> Read<ValueRef<'a>> {
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// Says what is wrong with the column that was read last.
    fn damage(&self, rule: impl Display) -> StoreError {
        let name = self.row.as_ref().column_name(self.next.saturating_sub(1)).unwrap_or("a column");
        StoreError::Corrupt(format!("{} number {}: {name} {rule}", self.table, self.id))
    }

    fn id(&mut self) -> Read<i64> {
        self.id = self.number()?;
        Ok(self.id)
    }

    pub(super) fn number(&mut self) -> Read<i64> {
        match self.value()? {
            ValueRef::Integer(number) => Ok(number),
            _ => Err(self.damage("is no number")),
        }
    }

    fn number_or_none(&mut self) -> Read<Option<i64>> {
        match self.value()? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => Err(self.damage("is no number")),
        }
    }

    fn count(&mut self) -> Read<u32> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| self.damage("is out of range"))
    }

    fn time(&mut self) -> Read<UnixTime> {
        Ok(UnixTime { millis: self.number()? })
    }

    fn time_or_none(&mut self) -> Read<Option<UnixTime>> {
        Ok(self.number_or_none()?.map(|millis| UnixTime { millis }))
    }

    pub(super) fn text(&mut self) -> Read<&'a str> {
        self.text_or_none()?.ok_or_else(|| self.damage("is missing"))
    }

    fn text_or_none(&mut self) -> Read<Option<&'a str>> {
        match self.value()? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).map(Some).map_err(|_| self.damage("is no text"))
            }
            _ => Err(self.damage("is no text")),
        }
    }

    fn boxed_or_none(&mut self) -> Read<Option<Box<str>>> {
        Ok(self.text_or_none()?.map(Into::into))
    }

    fn bytes<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.bytes_or_none()?.ok_or_else(|| self.damage("is missing"))
    }

    fn bytes_or_none<const N: usize>(&mut self) -> Read<Option<[u8; N]>> {
        match self.value()? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => {
                bytes.try_into().map(Some).map_err(|_| self.damage(format_args!("has not {N} bytes")))
            }
            _ => Err(self.damage("is no blob")),
        }
    }

    fn parsed<T>(&mut self, parsed: Option<T>) -> Read<T> {
        parsed.ok_or_else(|| self.damage("has a value that no journal wrote"))
    }

    fn state(&mut self) -> Read<State> {
        let code = self.number()?;
        self.parsed(i16::try_from(code).ok().and_then(State::from_code))
    }

    fn flags(&mut self) -> Read<Flags> {
        let code = self.number()?;
        self.parsed(u8::try_from(code).ok().and_then(Flags::from_bits))
    }

    pub(super) fn order_id(&mut self) -> Read<OrderId> {
        let text = self.text()?;
        self.parsed(OrderId::parse(text).ok())
    }

    fn order_or_none(&mut self) -> Read<Option<OrderId>> {
        match self.text_or_none()? {
            Some(text) => self.parsed(OrderId::parse(text).ok().map(Some)),
            None => Ok(None),
        }
    }

    /// An order without its papers, and its seal.
    pub(super) fn order(&mut self) -> Read<(Row, [u8; 16])> {
        let mut row = Row {
            id: self.id()?,
            key: Key(self.bytes()?),
            gateway: self.text()?.into(),
            operation: {
                let code = self.number()?;
                self.parsed(operation_of(code))?
            },
            order: self.order_id()?,
            reference: self.boxed_or_none()?,
            replaces: self.order_or_none()?,
            batch: self.number_or_none()?,
            amount: self.money()?,
            digest: self.bytes()?,
            state: self.state()?,
            flags: self.flags()?,
            prior: {
                let (code, at) = (self.number()?, self.time_or_none()?);
                self.parsed(prior_of(code, at))?
            },
            attempts: self.count()?,
            fence: self.count()?,
            polls: self.count()?,
            missed_at: self.time_or_none()?,
            asked_at: self.time_or_none()?,
            gateway_ref: match self.text_or_none()? {
                Some(text) => self.parsed(GatewayRef::new(text).map(Some))?,
                None => None,
            },
            word: self.boxed_or_none()?,
            due_at: self.time_or_none()?,
            deadline_at: self.time()?,
            first_sent_at: self.time_or_none()?,
            created_at: self.time()?,
            updated_at: self.time()?,
            last_event: self.number()?,
            events: self.count()?,
            head: self.bytes()?,
            request: None,
            action: None,
            twin: None,
        };
        let sealed = self.bytes()?;
        row.twin = self.order_or_none()?;
        Ok((row, sealed))
    }

    /// An order with its papers.
    pub(super) fn order_with_papers(&mut self) -> Read<(Row, [u8; 16])> {
        let (mut row, sealed) = self.order()?;
        let papers = self.papers()?;
        let Some((request, action)) = papers else {
            return Err(self.damage("does not fit the request that it was made of"));
        };
        row.request = request.map(Into::into);
        row.action = action.map(Into::into);
        Ok((row, sealed))
    }

    /// An order whose papers were looked at, and left behind. One whose papers are others has no seal that fits.
    pub(super) fn order_beside_papers(&mut self) -> Read<(Row, [u8; 16])> {
        let (row, sealed) = self.order()?;
        match self.papers()? {
            Some(_) => Ok((row, sealed)),
            None => Ok((row, sealed.map(|byte| !byte))),
        }
    }

    /// An order as it stands, without papers that are others, and whether it is whole.
    pub(super) fn order_as_it_stands(&mut self) -> Read<(Row, bool)> {
        let (mut row, sealed) = self.order()?;
        let papers = self.papers()?;
        let whole = seal(&row) == sealed && papers.is_some();
        if let Some((request, action)) = papers {
            row.request = request.map(Into::into);
            row.action = action.map(Into::into);
        }
        Ok((row, whole))
    }

    /// The request and the action, if they are those that were written: both are where money goes, so that not a bit of
    /// them may turn unseen.
    fn papers(&mut self) -> Read<Option<Papers<'a>>> {
        let (request, action) = (self.text_or_none()?, self.text_or_none()?);
        let sum = self.bytes_or_none()?;
        let fits = match request {
            Some(request) => sum == Some(paper_sum(self.id, request, action)),
            None => sum.is_none() && action.is_none(),
        };
        Ok(fits.then_some((request, action)))
    }

    fn money(&mut self) -> Read<Money> {
        let code = self.text()?;
        let currency = self.parsed(Currency::parse(code).ok())?;
        let minor = self.number()?;
        let minor = self.parsed(u64::try_from(minor).ok())?;
        self.parsed(Money::from_minor(minor, currency).ok())
    }

    pub(super) fn record(&mut self) -> Read<Record> {
        Ok(Record {
            id: self.id()?,
            row: self.number()?,
            before: self.number()?,
            at: self.time()?,
            state: self.state()?,
            flags: self.flags()?,
            body: self.text()?.into(),
            hash: self.bytes()?,
        })
    }

    pub(super) fn received(&mut self) -> Read<Received> {
        Ok(Received {
            digest: self.bytes()?,
            at: self.time()?,
            gateway: self.text()?.into(),
            key: self.bytes_or_none()?.map(Key),
            stray: self.boxed_or_none()?,
        })
    }

    pub(super) fn batch(&mut self) -> Read<BatchRow> {
        Ok(BatchRow {
            id: self.id()?,
            digest: self.bytes()?,
            label: self.text()?.into(),
            created_at: self.time()?,
            released_at: self.time_or_none()?,
            released_by: self.boxed_or_none()?,
        })
    }

    pub(super) fn count_line(&mut self) -> Read<crate::store::Count> {
        let gateway = self.text()?.into();
        let operation = self.number()?;
        let operation = self.parsed(operation_of(operation))?;
        let currency = self.text()?.into();
        let (state, flags) = (self.state()?, self.flags()?);
        let (orders, high, low) = (self.number()?, self.number()?, self.number()?);
        let part = |part| u128::try_from(part).unwrap_or_default();
        Ok(crate::store::Count {
            gateway,
            operation,
            currency,
            state,
            flags,
            orders: u64::try_from(orders).unwrap_or_default(),
            minor: (part(high) << 32) + part(low),
        })
    }
}

/// 64 bits of SHA-256 over papers and where they belong.
pub(super) fn paper_sum(id: i64, request: &str, action: Option<&str>) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(id.to_be_bytes());
    hash.update((request.len() as u64).to_be_bytes());
    hash.update(request.as_bytes());
    hash.update([u8::from(action.is_some())]);
    hash.update(action.unwrap_or_default().as_bytes());
    *hash.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

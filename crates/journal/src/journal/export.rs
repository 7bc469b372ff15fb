//! The journal as lines of JSON, for auditors and for a copy elsewhere: no secret, no name, no number, no reference of
//! the caller's, and all that is needed to check the history again.
//!
//! The first line says what it is, the last one how much came between them and the SHA-256 of all lines before it; every
//! other line is one order with its history. The body of an event is a text, because its hash covers it byte for byte.

use std::fmt;
use std::io::{self, BufRead, Read as _, Write};

use nzimbu_core::{Money, Operation, UnixTime};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::audit::{Audit, Flaw};
use super::{Journal, JournalError};
use crate::chain::{Record, is_anchor, mark};
use crate::detail::{hex, unhex};
use crate::row::Row;
use crate::state::{Flags, State};
use crate::store::{List, StoreError, Tx};

/// Why an export was not written to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExportError {
    /// The journal cannot be read.
    Journal(JournalError),
    /// The output cannot be written.
    Output(io::Error),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal(error) => error.fmt(f),
            Self::Output(error) => write!(f, "the export cannot be written: {error}"),
        }
    }
}

impl std::error::Error for ExportError {}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Line {
    Export { format: u32, at: i64 },
    Order(Box<Order>),
    End { orders: u64, events: u64, sha256: String },
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Order {
    /// Its place in the journal.
    number: i64,
    gateway: String,
    operation: Operation,
    order: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    replaces: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    batch: Option<i64>,
    amount: Money,
    state: String,
    flags: Vec<String>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    gateway_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    word: Option<String>,
    created_at: i64,
    updated_at: i64,
    /// SHA-256 of the request.
    digest: String,
    events: Vec<Event>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Event {
    id: i64,
    before: i64,
    at: i64,
    state: String,
    flags: Vec<String>,
    body: String,
    hash: String,
}

impl Journal {
    /// Writes every order with its history as a line of JSON; names, numbers and references of the caller are left
    /// out. Memory stays flat; other commands go on meanwhile. Check it later with [`verify_export`].
    ///
    /// # Errors
    /// When the journal cannot be read or the output cannot be written.
    pub fn export(&self, out: &mut dyn Write) -> Result<Audit, ExportError> {
        let mut audit = Audit { events: 0, orders: 0, accepted: 0, flaw: None };
        let mut hash = Sha256::new();
        put(out, &mut hash, &Line::Export { format: FORMAT, at: self.now().millis })?;
        let mut after = 0;
        loop {
            let part = self.read(move |tx, _| Ok(Ok(orders(tx, after)?))).wait();
            let part = part.map_err(ExportError::Journal)?;
            let Some(last) = part.last() else { break };
            after = last.number;
            for order in part {
                audit.orders += 1;
                audit.events += order.events.len() as u64;
                put(out, &mut hash, &Line::Order(Box::new(order)))?;
            }
        }
        let sha256 = hex(&hash.clone().finalize());
        put(out, &mut hash, &Line::End { orders: audit.orders, events: audit.events, sha256 })?;
        out.flush().map_err(ExportError::Output)?;
        Ok(audit)
    }
}

/// Checks an export: every event against the one before it, every order against its history, and all lines against the
/// digest in the last one. Hashes without a key show accidents and careless edits; note the last line elsewhere.
///
/// # Errors
/// When the input cannot be read.
pub fn verify_export(mut input: impl BufRead) -> io::Result<Audit> {
    let mut audit = Audit { events: 0, orders: 0, accepted: 0, flaw: None };
    let (mut number, mut place, mut ended) = (0, 0, false);
    let (mut text, mut hash) = (Vec::new(), Sha256::new());
    while audit.flaw.is_none() {
        text.clear();
        if input.by_ref().take(MOST_LINE).read_until(b'\n', &mut text)? == 0 {
            break;
        }
        number += 1;
        audit.flaw = match serde_json::from_slice(&text) {
            Ok(Line::Export { format: FORMAT, .. }) if number == 1 => None,
            Ok(Line::Order(order)) if number > 1 && !ended => {
                audit.orders += 1;
                audit.events += order.events.len() as u64;
                // Places only ever grow.
                let grown = order.number > place;
                place = order.number;
                match grown {
                    true => flaw_of(&order, &mut audit.accepted),
                    false => Some(Flaw::Line { number }),
                }
            }
            Ok(Line::End { orders, events, sha256 }) if number > 1 && !ended => {
                ended = true;
                match (orders, events) == (audit.orders, audit.events) {
                    true if sha256 == hex(&hash.clone().finalize()) => None,
                    // What no history repeats was altered, and it is not known where.
                    true => Some(Flaw::Line { number }),
                    false => Some(Flaw::Cut),
                }
            }
            _ => Some(Flaw::Line { number }),
        };
        hash.update(&text);
    }
    if audit.flaw.is_none() && !ended {
        audit.flaw = Some(Flaw::Cut);
    }
    Ok(audit)
}

const FORMAT: u32 = 1;
const PART: usize = 200;
/// A history has some tens of events of some hundred bytes.
const MOST_LINE: u64 = 64 << 20;

fn put(out: &mut dyn Write, hash: &mut Sha256, line: &Line) -> Result<(), ExportError> {
    let mut text = serde_json::to_vec(line).expect("lines have text keys and no floats");
    text.push(b'\n');
    hash.update(&text);
    out.write_all(&text).map_err(ExportError::Output)
}

fn orders(tx: &mut dyn Tx, after: i64) -> Result<Vec<Order>, StoreError> {
    let mut orders = Vec::new();
    for row in tx.list(&List::default(), after, PART)? {
        let mut events = Vec::new();
        let mut next = row.last_event;
        // Not longer than the row says, so that an altered chain cannot lead in circles.
        while next != 0 && events.len() < row.events as usize {
            let Some(record) = tx.event(next)? else { break };
            next = record.before;
            events.push(Event::from(record));
        }
        events.reverse();
        orders.push(Order::new(&row, events));
    }
    Ok(orders)
}

impl Order {
    fn new(row: &Row, events: Vec<Event>) -> Self {
        Self {
            number: row.id,
            gateway: row.gateway.to_string(),
            operation: row.operation,
            order: row.order.as_str().to_owned(),
            replaces: row.replaces.as_ref().map(|order| order.as_str().to_owned()),
            batch: row.batch,
            amount: row.amount,
            state: row.state.as_str().to_owned(),
            flags: row.flags.names().map(str::to_owned).collect(),
            attempts: row.attempts,
            gateway_reference: row.gateway_ref.as_ref().map(|reference| reference.as_str().to_owned()),
            word: row.word.as_deref().map(str::to_owned),
            created_at: row.created_at.millis,
            updated_at: row.updated_at.millis,
            digest: hex(&row.digest),
            events,
        }
    }
}

impl From<Record> for Event {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            before: record.before,
            at: record.at.millis,
            state: record.state.as_str().to_owned(),
            flags: record.flags.names().map(str::to_owned).collect(),
            body: record.body.into(),
            hash: hex(&record.hash),
        }
    }
}

/// What the first event of a history ties the order to, and what a person who accepted damage ties it to anew.
#[derive(Deserialize)]
struct Tied {
    amount: String,
    digest: String,
    /// Events that do not fit and were accepted, each with what it was like.
    #[serde(default)]
    broken: Vec<(i64, String)>,
}

impl Event {
    /// The event as it was written; none if a word of it is unknown.
    fn record(&self, order: i64) -> Option<Record> {
        Some(Record {
            id: self.id,
            row: order,
            before: self.before,
            at: UnixTime { millis: self.at },
            state: State::parse(&self.state)?,
            flags: Flags::parse(self.flags.iter().map(String::as_str))?,
            body: self.body.as_str().into(),
            hash: unhex(&self.hash)?,
        })
    }
}

/// The first thing that is wrong with an order; counts what is wrong and was accepted.
fn flaw_of(order: &Order, accepted: &mut u64) -> Option<Flaw> {
    let tied: Vec<Tied> =
        order.events.iter().filter_map(|event| serde_json::from_str(&event.body).ok()).collect();
    let is_accepted = |record: &Record, before: Option<&[u8; 32]>| {
        let mut broken = tied.iter().flat_map(|tied| &tied.broken).filter(|(id, _)| *id == record.id);
        is_anchor(record) || broken.any(|(_, known)| *known == mark(record, before))
    };
    let (mut last, mut head) = (0, [0; 32]);
    for event in &order.events {
        let altered = Some(Flaw::Event { id: event.id, order: order.number });
        let Some(record) = event.record(order.number) else { return altered };
        let before = (record.before == last).then_some(head);
        (last, head) = (record.id, record.hash);
        if before.is_some_and(|before| record.hash_after(&before) == record.hash) {
            continue;
        }
        if !is_accepted(&record, before.as_ref()) {
            return match before {
                Some(_) => altered,
                None => Some(Flaw::Missing { id: record.before, order: order.number }),
            };
        }
        *accepted += 1;
    }
    let fits = order.events.last().zip(tied.last()).is_some_and(|(last, tied)| {
        last.state == order.state
            && last.flags == order.flags
            && tied.amount == order.amount.to_string()
            && tied.digest == order.digest
    });
    (!fits).then_some(Flaw::Order { order: order.number })
}

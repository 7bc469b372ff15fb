//! What a store offers: transactions, run on threads of its own, over a few plain statements.
//!
//! No decision is made in a store. A [`Work`] finds rows, lets the machine decide and writes what it decided; the
//! store runs it inside a transaction and says how the commit went. Several works may share one transaction and one
//! sync (group commit).

#[cfg(any(test, feature = "testing"))]
pub(crate) mod memory;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod watch;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;

use std::fmt;

use nzimbu_core::{GatewayRef, Operation, OrderId, UnixTime};

use crate::apply;
use crate::chain::Record;
use crate::row::{Key, Row};
use crate::state::State;

/// Something to do in one transaction.
pub(crate) trait Work: Send {
    /// Reads and writes. It runs again, from the beginning, when the transaction was rolled back and is repeated.
    fn run(&mut self, tx: &mut dyn Tx, now: UnixTime) -> Result<(), StoreError>;

    /// Hands out what `run` brought once it is durable, or why it is not.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// Which threads do the work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// Reads alone; never waits for writers.
    Read,
    /// Writes; durable before it is finished.
    Write,
}

/// A place where works are done.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// Hands a work over. It is finished later, on another thread, always.
    fn submit(&self, lane: Lane, work: Box<dyn Work>);
}

/// The statements of one transaction.
///
/// Rows that were found with [`find`](Tx::find) or [`due`](Tx::due) on the write lane are locked against other
/// transactions until the end.
pub(crate) trait Tx {
    /// The next id for a row or an event. Every id is given once; ids of transactions that were rolled back may be
    /// given again or left out.
    fn next_id(&mut self) -> Result<i64, StoreError>;

    /// The row of this key.
    fn find(&mut self, key: &Key) -> Result<Option<Row>, StoreError>;

    /// The order of another row, of the same gateway and direction, that has this id of the gateway's: the first one
    /// that was written down. Until the end of the transaction no other one can give that id to a row.
    fn twin(&mut self, row: &Row, reference: &GatewayRef) -> Result<Option<OrderId>, StoreError>;

    /// Adds rows, each with the first event of its history; says for each whether its key was free. Where it was
    /// not, nothing is written for it.
    fn insert(&mut self, rows: &[(Row, Record)]) -> Result<Vec<bool>, StoreError>;

    /// Writes what can change in a row: all but key, gateway, direction, order, reference, replaces, batch, amount,
    /// digest and time of creation.
    fn update(&mut self, row: &Row) -> Result<(), StoreError>;

    /// Writes the key of a row, which was this one before and is free afterwards.
    fn rename(&mut self, before: &Key, row: &Row) -> Result<(), StoreError>;

    /// Adds an event to the history.
    fn append(&mut self, record: &Record) -> Result<(), StoreError>;

    /// Puts an event into the outbox.
    fn publish(&mut self, event: i64) -> Result<(), StoreError>;

    /// Rows of this gateway and direction that are due at `now`, the longest due first, locked; rows that another
    /// transaction has locked are passed over.
    fn due(&mut self, query: &Due<'_>, now: UnixTime) -> Result<Vec<Row>, StoreError>;

    /// When the next row of this gateway and direction is due.
    fn next_due(&mut self, query: &Due<'_>) -> Result<Option<UnixTime>, StoreError>;

    /// Notes a callback by the digest of what it said; false if it is noted already.
    fn receive(&mut self, callback: &Received) -> Result<bool, StoreError>;

    /// The callbacks that belong to no order or could not be read, the newest first.
    fn strays(&mut self, most: usize) -> Result<Vec<Received>, StoreError>;

    /// Takes up to `most` events out of the outbox that nobody holds at `now`, the oldest first, and holds them
    /// until `until`.
    fn take(&mut self, most: usize, now: UnixTime, until: UnixTime)
    -> Result<Vec<(Record, Row)>, StoreError>;

    /// Removes events from the outbox.
    fn acknowledge(&mut self, events: &[i64]) -> Result<(), StoreError>;

    /// Adds a batch, or finds the one of the same digest.
    fn batch(&mut self, batch: &BatchRow) -> Result<BatchRow, StoreError>;

    /// The batch of this id.
    fn find_batch(&mut self, id: i64) -> Result<Option<BatchRow>, StoreError>;

    /// The batch of a file with this digest.
    fn find_batch_by_digest(&mut self, digest: &[u8; 32]) -> Result<Option<BatchRow>, StoreError>;

    /// Writes what can change in a batch: the time of its release, and by whom.
    fn update_batch(&mut self, batch: &BatchRow) -> Result<(), StoreError>;

    /// All batches behind this id, in order.
    fn batches(&mut self, after: i64, most: usize) -> Result<Vec<BatchRow>, StoreError>;

    /// Rows behind this id that fit, in the order of insertion.
    fn list(&mut self, query: &List, after: i64, most: usize) -> Result<Vec<Row>, StoreError>;

    /// How many rows, and how much money in minor units, stand in each state, by gateway, direction and currency.
    fn counts(&mut self, batch: Option<i64>) -> Result<Vec<Count>, StoreError>;

    /// An event of the history by its id.
    fn event(&mut self, id: i64) -> Result<Option<Record>, StoreError>;

    /// Events behind this id, in the order of writing.
    fn events(&mut self, after: i64, most: usize) -> Result<Vec<Record>, StoreError>;

    /// The seals of the rows behind this id with those rows, without requests and actions.
    fn sealed(&mut self, after: i64, most: usize) -> Result<Vec<(Row, [u8; 16])>, StoreError>;

    /// Forgets requests and actions of rows that have ended, behind this id and not changed since `before`;
    /// returns the last id that was looked at and how many rows had something to forget, or none at the end.
    fn purge(&mut self, after: i64, before: UnixTime, most: usize) -> Result<Option<(i64, u64)>, StoreError>;

    /// The row of this id as it stands, locked, and whether it fits its history and its request fits it; one that does not
    /// is left out.
    fn altered(&mut self, id: i64) -> Result<Option<(Row, bool)>, StoreError>;

    /// Forgets the request and the action of a row that was written without them.
    fn forget(&mut self, id: i64) -> Result<(), StoreError>;

    /// Whether what the store keeps besides rows, such as its indexes, fits them. For stores that cannot be damaged
    /// apart from their rows there is nothing to do.
    fn check(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Why nothing may be sent, if there is a reason.
    fn stop(&mut self) -> Result<Option<Stop>, StoreError>;

    /// A remembered text by its name: the epoch, for instance.
    fn meta(&mut self, name: &str) -> Result<Option<String>, StoreError>;

    /// Remembers a text under a name.
    fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError>;
}

/// A text that is remembered under a name of these, and is not empty, keeps everything from being sent. The first counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stop {
    Damage,
    Doubt,
}

impl Stop {
    /// Reads the name under which it is remembered.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            apply::DAMAGE => Some(Self::Damage),
            apply::DOUBT => Some(Self::Doubt),
            _ => None,
        }
    }
}

/// Which rows are due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due<'a> {
    pub(crate) gateway: &'a str,
    pub(crate) operation: Operation,
    pub(crate) kind: Kind,
    pub(crate) batch: Option<i64>,
    pub(crate) most: usize,
}

/// What a worker wants to do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    /// Whatever is due.
    Any,
    /// Questions: rows in every state but `Ready`.
    Ask,
    /// Sending: rows in state `Ready`.
    Send,
}

/// Which rows to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) gateway: Option<String>,
    pub(crate) operation: Option<Operation>,
    pub(crate) states: Vec<State>,
    pub(crate) batch: Option<i64>,
    /// Only rows whose flags ask for a person.
    pub(crate) needs_people: bool,
    pub(crate) since: Option<UnixTime>,
}

/// A line of a summary.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Count {
    /// The gateway.
    pub gateway: Box<str>,
    /// The direction.
    pub operation: Operation,
    /// The ISO 4217 currency code.
    pub currency: Box<str>,
    /// The state.
    pub state: State,
    /// The flags, all of them together.
    pub flags: crate::state::Flags,
    /// How many orders.
    pub orders: u64,
    /// Their sum in minor units of the currency.
    pub minor: u128,
}

/// A callback as the inbox keeps it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Received {
    pub(crate) digest: [u8; 16],
    pub(crate) at: UnixTime,
    pub(crate) gateway: Box<str>,
    /// The row it speaks of, where that is known.
    pub(crate) key: Option<Key>,
    /// Kept for people: it belongs to no order here, or could not be read although its signature fitted.
    pub(crate) stray: Option<Box<str>>,
}

/// A batch as stores keep it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BatchRow {
    /// 0 before it is added.
    pub(crate) id: i64,
    /// SHA-256 of the file, or of whatever else the rows came from.
    pub(crate) digest: [u8; 32],
    pub(crate) label: Box<str>,
    pub(crate) created_at: UnixTime,
    pub(crate) released_at: Option<UnixTime>,
    /// Who released it.
    pub(crate) released_by: Option<Box<str>>,
}

/// Why a transaction could not be done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum StoreError {
    /// The disk is full, or a limit of the store is reached.
    Full(String),
    /// The store may only be read.
    ReadOnly(String),
    /// The store's own pages or rows do not make sense.
    Corrupt(String),
    /// Another process holds it for too long, or the transaction has to be repeated and was, in vain.
    Busy(String),
    /// The store cannot be reached.
    Lost(String),
    /// The journal was closed.
    Closed,
    /// Anything else.
    Other(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(told) => write!(f, "the journal is full: {told}"),
            Self::ReadOnly(told) => write!(f, "the journal may only be read: {told}"),
            Self::Corrupt(told) => write!(f, "the journal is damaged: {told}"),
            Self::Busy(told) => write!(f, "the journal is held by others for too long: {told}"),
            Self::Lost(told) => write!(f, "the journal cannot be reached: {told}"),
            Self::Closed => f.write_str("the journal was closed"),
            Self::Other(told) => write!(f, "the journal failed: {told}"),
        }
    }
}

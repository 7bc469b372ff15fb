//! The history of an order: events that are only ever added, each with the hash of the one before.

use nzimbu_core::UnixTime;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::detail::{hex, unhex};
use crate::row::{Prior, Row};
use crate::state::{Flags, State};
use crate::store::{StoreError, Tx};

/// One event of a history, as stores keep it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// Given in the order of writing; unique in the whole journal.
    pub(crate) id: i64,
    /// The row it belongs to.
    pub(crate) row: i64,
    /// The event before it in the same history; 0 for the first.
    pub(crate) before: i64,
    pub(crate) at: UnixTime,
    /// The state and the flags after it.
    pub(crate) state: State,
    pub(crate) flags: Flags,
    /// What happened, as JSON; it holds no secret, no name and no full phone number.
    pub(crate) body: Box<str>,
    pub(crate) hash: [u8; 32],
}

impl Record {
    /// The next event of a row that has just been changed; the row notes it.
    pub(crate) fn next(row: &mut Row, id: i64, body: Box<str>) -> Self {
        let mut record = Self {
            id,
            row: row.id,
            before: row.last_event,
            at: row.updated_at,
            state: row.state,
            flags: row.flags,
            body,
            hash: [0; 32],
        };
        record.hash = record.hash_after(&row.head);
        row.head = record.hash;
        row.last_event = id;
        row.events = row.events.saturating_add(1);
        record
    }

    /// The hash that the event must have behind an event of this hash.
    pub(crate) fn hash_after(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before);
        for number in [self.id, self.row, self.before, self.at.millis, i64::from(self.state.code())] {
            hash.update(number.to_be_bytes());
        }
        hash.update([self.flags.bits()]);
        hash.update(self.body.as_bytes());
        hash.finalize().into()
    }
}

/// The hash of what stands before an event in its history; none where that is gone, or another order's.
pub(crate) fn before(tx: &mut dyn Tx, record: &Record) -> Result<Option<[u8; 32]>, StoreError> {
    match record.before {
        0 => Ok(Some([0; 32])),
        id if id >= record.id => Ok(None),
        id => Ok(tx.event(id)?.filter(|before| before.row == record.row).map(|before| before.hash)),
    }
}

/// What an event that does not fit is like, as hexadecimal digits: over all of it, and over what stands before it. Whoever
/// accepts it accepts this, and no other change.
pub(crate) fn mark(record: &Record, before: Option<&[u8; 32]>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"nzimbu accepted 1");
    hash.update([u8::from(before.is_some())]);
    hash.update(before.unwrap_or(&[0; 32]));
    hash.update(record.hash_after(&[0; 32]));
    hash.update(record.hash);
    hex(&hash.finalize())
}

/// Whether a damaged history goes on from this event: it says itself which hash it goes on from, and fits that.
pub(crate) fn is_anchor(record: &Record) -> bool {
    #[derive(Deserialize)]
    struct Anchor<'a> {
        event: &'a str,
        from: &'a str,
    }
    let anchor: Option<Anchor<'_>> = serde_json::from_str(&record.body).ok();
    let from = anchor.filter(|anchor| anchor.event == "accepted").and_then(|anchor| unhex(anchor.from));
    from.is_some_and(|from| record.hash_after(&from) == record.hash)
}

/// What ties a row to its history, and its columns to each other: 128 bits of SHA-256 over all of them but the request
/// and the action, which are forgotten earlier than the rest.
pub(crate) fn seal(row: &Row) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(row.head);
    hash.update(row.key.0);
    hash.update(row.digest);
    hash.update(row.amount.minor().to_be_bytes());
    let (prior, prior_at) = match row.prior {
        Prior::None => (0, None),
        Prior::Accepted => (1, None),
        Prior::Unknown { at, ended } => (2 + i64::from(ended), Some(at.millis)),
    };
    let numbers = [
        row.id,
        row.last_event,
        i64::from(row.events),
        i64::from(row.state.code()),
        i64::from(row.flags.bits()),
        prior,
        i64::from(row.attempts),
        i64::from(row.fence),
        i64::from(row.polls),
        row.deadline_at.millis,
        row.created_at.millis,
        row.updated_at.millis,
    ];
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    let millis = |time: Option<UnixTime>| time.map(|time| time.millis);
    let perhaps = [
        prior_at,
        row.batch,
        millis(row.missed_at),
        millis(row.asked_at),
        millis(row.due_at),
        millis(row.first_sent_at),
    ];
    for number in perhaps {
        hash.update([u8::from(number.is_some())]);
        hash.update(number.unwrap_or_default().to_be_bytes());
    }
    let texts = [
        row.amount.currency().code(),
        &row.gateway,
        row.operation.as_str(),
        row.order.as_str(),
        row.reference.as_deref().unwrap_or_default(),
        row.replaces.as_ref().map_or("", |order| order.as_str()),
        row.gateway_ref.as_ref().map_or("", |reference| reference.as_str()),
        row.word.as_deref().unwrap_or_default(),
    ];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    // Orders have none but for a gateway's fault, and those of older versions were sealed without.
    if let Some(twin) = &row.twin {
        hash.update(b"twin");
        hash.update(twin.as_str().as_bytes());
    }
    *hash.finalize().first_chunk().expect("SHA-256 has 32 bytes")
}

/// Whoever acts on a row has to be able to rely on it: its money, its state and its place in the history.
#[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code, reason = "for stores"))]
pub(crate) fn unbroken((row, sealed): (Row, [u8; 16])) -> Result<Row, StoreError> {
    if seal(&row) == sealed {
        return Ok(row);
    }
    let told = format!("order number {} does not fit its history: it was altered from outside", row.id);
    Err(StoreError::Corrupt(told))
}

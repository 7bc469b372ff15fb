//! An order as stores keep it.

use nzimbu_core::{GatewayRef, Money, Operation, OrderId, OrderRef, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::intent::{Intent, Request};
use crate::keys::key_of;
use crate::state::{Flags, State};

/// The name of a row: the first 128 bits of SHA-256 over gateway, direction and order id. Shorter than the three, so
/// that the one unique index stays small.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key(pub(crate) [u8; 16]);

impl Key {
    /// The name of the row of an order.
    #[must_use]
    pub fn of(gateway: &str, operation: Operation, order: &str) -> Self {
        let mut hash = Sha256::new();
        for part in ["nzimbu key 1", gateway, operation.as_str(), order] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(*hash.finalize().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

impl Key {
    /// The name of a row that gave its own one up.
    pub(crate) fn left_behind(&self, row: i64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"nzimbu key left behind 1");
        hash.update(self.0);
        hash.update(row.to_be_bytes());
        Self(*hash.finalize().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

/// What is known of the attempts before the one under way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Prior {
    /// There was none, or all provably did nothing.
    None,
    /// The gateway knows the order.
    Accepted,
    /// One may have been executed, or may still arrive.
    Unknown {
        /// When the last of them was given up.
        at: UnixTime,
        /// Whether the process that sent it said so. Otherwise it may be asleep and send it at any later time.
        ended: bool,
    },
}

impl Prior {
    /// Adds an attempt whose outcome is unknown.
    pub(crate) fn and_unknown(self, at: UnixTime, ended: bool) -> Self {
        match self {
            Self::None => Self::Unknown { at, ended },
            Self::Accepted => Self::Accepted,
            Self::Unknown { at: before, ended: also } => {
                Self::Unknown { at: at.max(before), ended: ended && also }
            }
        }
    }
}

/// One order, with all that decides what may be done next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Given by the store, in the order of insertion; 0 before that.
    pub(crate) id: i64,
    pub(crate) key: Key,
    pub(crate) gateway: Box<str>,
    pub(crate) operation: Operation,
    pub(crate) order: OrderId,
    pub(crate) reference: Option<Box<str>>,
    pub(crate) replaces: Option<OrderId>,
    pub(crate) batch: Option<i64>,
    pub(crate) amount: Money,
    pub(crate) digest: [u8; 32],
    /// The request as JSON; gone once it has been purged.
    pub(crate) request: Option<Box<str>>,
    /// What the customer has to do, as JSON; gone with the request.
    pub(crate) action: Option<Box<str>>,
    pub(crate) state: State,
    pub(crate) flags: Flags,
    pub(crate) prior: Prior,
    /// How often it was sent, or was about to be.
    pub(crate) attempts: u32,
    /// How often it was claimed; an answer that comes with an older number is late.
    pub(crate) fence: u32,
    /// How often it was asked for since it was last sent.
    pub(crate) polls: u32,
    /// When the gateway first said that it does not know the order, since it was last sent.
    pub(crate) missed_at: Option<UnixTime>,
    pub(crate) asked_at: Option<UnixTime>,
    pub(crate) gateway_ref: Option<GatewayRef>,
    /// The order that has the id which the gateway gave this one; it is not kept here, and only people go on.
    pub(crate) twin: Option<OrderId>,
    /// The gateway's last word: its status, or its code for a failure.
    pub(crate) word: Option<Box<str>>,
    /// When it is next looked at; while it is claimed, when the claim ends.
    pub(crate) due_at: Option<UnixTime>,
    pub(crate) deadline_at: UnixTime,
    pub(crate) first_sent_at: Option<UnixTime>,
    pub(crate) created_at: UnixTime,
    pub(crate) updated_at: UnixTime,
    /// The last event of its history, 0 for none.
    pub(crate) last_event: i64,
    /// How many events its history has.
    pub(crate) events: u32,
    /// The hash of the last event.
    pub(crate) head: [u8; 32],
}

impl Row {
    /// Whether it is filed under the name of its order.
    pub(crate) fn has_own_key(&self) -> bool {
        self.key == self.own_key()
    }

    /// Whether it was given up with its batch before it was released, and gave its name up.
    pub(crate) fn is_discarded(&self) -> bool {
        self.state == State::Cancelled && self.key == self.own_key().left_behind(self.id)
    }

    fn own_key(&self) -> Key {
        Key::of(&self.gateway, self.operation, self.order.as_str())
    }

    /// The row of an intent, before anything was decided about it.
    pub(crate) fn planned(intent: &Intent, now: UnixTime) -> Self {
        let request = &intent.request;
        Self {
            id: 0,
            key: Key::of(intent.gateway.as_str(), request.operation(), request.order().as_str()),
            gateway: intent.gateway.as_str().into(),
            operation: request.operation(),
            order: request.order().clone(),
            reference: intent.reference.as_deref().map(Into::into),
            replaces: intent.replaces.clone(),
            batch: None,
            amount: request.amount(),
            digest: request.digest(),
            request: Some(serialized(request)),
            action: None,
            state: State::Planned,
            flags: Flags::NONE,
            prior: Prior::None,
            attempts: 0,
            fence: 0,
            polls: 0,
            missed_at: None,
            asked_at: None,
            gateway_ref: None,
            twin: None,
            word: None,
            due_at: None,
            deadline_at: now.plus(intent.rules.timing.deadline),
            first_sent_at: None,
            created_at: now,
            updated_at: now,
            last_event: 0,
            events: 0,
            head: [0; 32],
        }
    }

    /// The order to ask the gateway about.
    pub(crate) fn order_ref(&self) -> OrderRef {
        let mut order = OrderRef::new(self.operation, &self.order);
        order.reference.clone_from(&self.gateway_ref);
        order
    }

    /// The request as it was written down, unless it was purged, altered, or its key was not given.
    pub(crate) fn request(&self) -> Option<Request> {
        let request: Option<Request> =
            self.request.as_deref().and_then(|text| serde_json::from_str(text).ok());
        request.filter(|request| request.digest() == self.digest)
    }

    /// The name of the key that the request is encrypted with, where that was not given.
    pub(crate) fn locked_by(&self) -> Option<&str> {
        self.request.as_deref().and_then(key_of)
    }
}

fn serialized(request: &Request) -> Box<str> {
    // Most requests fit, so that the text is not moved while it grows.
    let mut bytes = Vec::with_capacity(1_024);
    serde_json::to_writer(&mut bytes, request).expect("requests have text keys and no floats");
    String::from_utf8(bytes).expect("JSON is UTF-8").into_boxed_str()
}

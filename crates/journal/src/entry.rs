//! What the journal tells of an order.

use std::fmt;

use nzimbu_core::{GatewayRef, Money, NextAction, Operation, OrderId, UnixTime};

use crate::row::Row;
use crate::state::{Flags, State};

/// Where an order stands. It holds no secret and, but for [`next_action`](Self::next_action), nothing personal.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// The gateway's name: `cinetpay`.
    pub gateway: Box<str>,
    /// The direction.
    pub operation: Operation,
    /// Our id.
    pub order: OrderId,
    /// The caller's own name for it.
    pub reference: Option<Box<str>>,
    /// The order that this one stands in for.
    pub replaces: Option<OrderId>,
    /// The batch that it belongs to.
    pub batch: Option<i64>,
    /// What was asked.
    pub amount: Money,
    /// Where it stands.
    pub state: State,
    /// What people should know.
    pub flags: Flags,
    /// How often it was sent, or was about to be.
    pub attempts: u32,
    /// Their id.
    pub gateway_ref: Option<GatewayRef>,
    /// The order that has the id which the gateway gave this one as well: a [`CONFLICT`](Flags::CONFLICT) for people.
    pub shared_with: Option<OrderId>,
    /// The gateway's last word: its status, its code for a failure, or the kind of the failure.
    pub word: Option<Box<str>>,
    /// What the customer has to do next, until the order was purged.
    pub next_action: Option<NextAction>,
    /// The name of the key that its request is encrypted with, if that was not given: it cannot be sent before it is.
    pub locked_by: Option<Box<str>>,
    /// When it is next asked for or sent; never, if there is nothing more to do by machine.
    pub due_at: Option<UnixTime>,
    /// When it was written down.
    pub created_at: UnixTime,
    /// When it last changed.
    pub updated_at: UnixTime,
    discarded: bool,
}

/// Whether an order is paid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "an unconfirmed amount is no payment unless you say so"]
pub enum Paid {
    /// Money moved, and the gateway confirms order, amount and currency.
    Yes,
    /// The gateway ended our own order as paid and never states amounts (Bitlipa). The amount is the one that our
    /// signed request fixed; whether that is enough is for the application to say.
    AmountUnconfirmed,
    /// Not, or not yet, or not what was asked.
    No,
}

impl Entry {
    /// Whether the order is paid. A mismatch, a conflict or an open question is never paid.
    pub fn paid(&self) -> Paid {
        match self.state {
            State::Succeeded if self.flags.has(Flags::MISMATCH) || self.flags.has(Flags::CONFLICT) => {
                Paid::No
            }
            State::Succeeded if self.flags.has(Flags::AMOUNT_UNCONFIRMED) => Paid::AmountUnconfirmed,
            State::Succeeded => Paid::Yes,
            _ => Paid::No,
        }
    }

    /// Whether a person has to look at it.
    #[must_use]
    pub fn needs_people(&self) -> bool {
        self.flags.needs_people()
    }

    /// Whether it was given up with its batch before it was released: nothing of it was sent, and another order may
    /// have the same id since.
    #[must_use]
    pub fn is_discarded(&self) -> bool {
        self.discarded
    }
}

impl From<&Row> for Entry {
    fn from(row: &Row) -> Self {
        Self {
            gateway: row.gateway.clone(),
            operation: row.operation,
            order: row.order.clone(),
            reference: row.reference.clone(),
            replaces: row.replaces.clone(),
            batch: row.batch,
            amount: row.amount,
            state: row.state,
            flags: row.flags,
            attempts: row.attempts,
            gateway_ref: row.gateway_ref.clone(),
            shared_with: row.twin.clone(),
            word: row.word.clone(),
            next_action: row.action.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            locked_by: row.locked_by().map(Into::into),
            due_at: row.due_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            discarded: row.is_discarded(),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The caller's reference may be a person's name.
        f.debug_struct("Entry")
            .field("gateway", &self.gateway)
            .field("operation", &self.operation)
            .field("order", &self.order)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .field("flags", &self.flags)
            .field("attempts", &self.attempts)
            .field("word", &self.word)
            .finish_non_exhaustive()
    }
}

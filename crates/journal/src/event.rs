//! What can happen to an order.

use std::time::Duration;

use nzimbu_core::{
    Advice, ErrorKind, GatewayRef, OrderId, Outcome, ProviderError, Receipt, Status, UnixTime,
};

use crate::row::Row;

/// Something that happened to an order. The machine says for every pair of state and event what follows.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The application asks for it to be sent now.
    Begin { digest: [u8; 32] },
    /// Its batch was released.
    Release,
    /// Its batch was given up before it was released.
    Discarded,
    /// It is due, and a worker has hold of it.
    Claim,
    /// The run of an attempt is over. `twin` is the other order that has the receipt's gateway id already, if one has.
    Ended { fence: u32, ended: Result<Receipt, Failure>, twin: Option<OrderId> },
    /// The attempt was dropped before its run was over.
    Dropped { fence: u32 },
    /// The gateway answered a question about it; `None`: it does not know the order. `twin` as above.
    Told { fence: u32, asked_at: UnixTime, said: Option<Receipt>, twin: Option<OrderId> },
    /// A question about it was not answered.
    NotTold { fence: u32, failure: Failure },
    /// A callback spoke of it.
    Woken { worth: Worth, says: Option<Status> },
    /// The journal may be older than the truth: a backup was restored, or a standby took over.
    Doubted,
    /// A named person decided.
    Decided { verdict: Verdict },
}

impl Event {
    /// The name in small letters, as in the history.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "begin",
            Self::Release => "release",
            Self::Discarded => "discarded",
            Self::Claim => "claim",
            Self::Ended { .. } => "ended",
            Self::Dropped { .. } => "dropped",
            Self::Told { .. } => "told",
            Self::NotTold { .. } => "not_told",
            Self::Woken { .. } => "woken",
            Self::Doubted => "doubted",
            Self::Decided { .. } => "decided",
        }
    }

    /// The gateway's id that it brings this row, if the row does not have it yet: whose it is has to be looked up.
    pub(crate) fn brings(&self, row: &Row) -> Option<&GatewayRef> {
        let (Self::Ended { ended: Ok(receipt), .. } | Self::Told { said: Some(receipt), .. }) = self else {
            return None;
        };
        // What is said of another order is a mismatch, and its id is not kept.
        let ours = receipt.order == row.order;
        receipt.reference.as_ref().filter(|told| ours && row.gateway_ref.as_ref() != Some(told))
    }

    /// The same event, with the order that has its gateway id already.
    pub(crate) fn with_twin(mut self, other: OrderId) -> Self {
        if let Self::Ended { twin, .. } | Self::Told { twin, .. } = &mut self {
            *twin = Some(other);
        }
        self
    }
}

/// What a callback is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Worth {
    /// Its signature was proven.
    Authentic,
    /// Anybody may have sent it.
    Hint,
}

/// What is kept of an error: no free text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) advice: Advice,
    pub(crate) code: Option<Box<str>>,
    pub(crate) retry_after: Option<Duration>,
}

impl From<&ProviderError> for Failure {
    fn from(error: &ProviderError) -> Self {
        Self {
            kind: error.kind(),
            outcome: error.outcome(),
            advice: error.advice(),
            // A code is a word or a number; anything longer is not one, and might repeat what was sent.
            code: error.gateway_code().filter(|code| code.len() <= 64).map(Into::into),
            retry_after: error.retry_after(),
        }
    }
}

/// What a named person can decide about an order.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// It was executed: the person has seen the money.
    Succeeded,
    /// It was not and will not be executed.
    Failed,
    /// It is given up; nothing was executed.
    Cancelled,
    /// Nothing of it was executed or can still arrive: send it again under the same key.
    Resend,
    /// Ask the gateway again, from the beginning of the schedule.
    Ask,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] = [Self::Succeeded, Self::Failed, Self::Cancelled, Self::Resend, Self::Ask];

    /// The name in small letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Resend => "resend",
            Self::Ask => "ask",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == name)
    }
}

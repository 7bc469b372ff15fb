//! What the journal knows of an order, and therefore what may be done next.

use std::fmt;

use nzimbu_core::Status;

/// Where an order stands in the journal.
///
/// | State | Meaning |
/// |---|---|
/// | `Planned` | written down, not to be sent before its batch is released |
/// | `Ready` | may be sent when it is due |
/// | `Sending` | an attempt is under way, or its process died |
/// | `Accepted` | the gateway knows the order and has not ended it |
/// | `Unknown` | it may have been executed: it is asked for, and never sent under another id |
/// | `Succeeded`, `Failed`, `Expired`, `Cancelled` | ended, by the gateway's word |
/// | `Rejected` | ended: nothing was executed, and repeating it as it is would not help |
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Written down, not to be sent before its batch is released.
    Planned,
    /// May be sent when it is due.
    Ready,
    /// An attempt is under way, or its process died.
    Sending,
    /// The gateway knows the order and has not ended it.
    Accepted,
    /// It may have been executed.
    Unknown,
    /// Money moved.
    Succeeded,
    /// Tried and failed.
    Failed,
    /// Not completed in time.
    Expired,
    /// Given up before money moved.
    Cancelled,
    /// Refused, or found wrong before it was sent; nothing was executed.
    Rejected,
}

impl State {
    /// Every state, in the order of an order's life.
    pub const ALL: [Self; 10] = [
        Self::Planned,
        Self::Ready,
        Self::Sending,
        Self::Accepted,
        Self::Unknown,
        Self::Succeeded,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
        Self::Rejected,
    ];

    /// The name in small letters, as in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Ready => "ready",
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether the order has ended.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Expired | Self::Cancelled | Self::Rejected)
    }

    /// The number under which stores keep it. Numbers are never given anew.
    pub(crate) const fn code(self) -> i16 {
        match self {
            Self::Planned => 0,
            Self::Ready => 1,
            Self::Sending => 2,
            Self::Accepted => 3,
            Self::Unknown => 4,
            Self::Succeeded => 5,
            Self::Failed => 6,
            Self::Expired => 7,
            Self::Cancelled => 8,
            Self::Rejected => 9,
        }
    }

    /// Reads what [`code`](Self::code) gives.
    #[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code, reason = "for stores"))]
    pub(crate) fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state that a gateway's final word leads to; none for a word that is not final.
    pub(crate) const fn ended(status: Status) -> Option<Self> {
        match status {
            Status::Succeeded => Some(Self::Succeeded),
            Status::Failed => Some(Self::Failed),
            Status::Expired => Some(Self::Expired),
            Status::Cancelled => Some(Self::Cancelled),
            // A status that core adds later is not final here until somebody has thought about it.
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stands beside the state and is shown to people first.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Flags(u8);

impl Flags {
    /// None.
    pub const NONE: Self = Self(0);
    /// The gateway ended the order as paid without stating an amount.
    pub const AMOUNT_UNCONFIRMED: Self = Self(1);
    /// The gateway speaks of another amount or currency: not paid.
    pub const MISMATCH: Self = Self(2);
    /// What the gateway says contradicts what it said before.
    pub const CONFLICT: Self = Self(4);
    /// No machine can go on: a person decides.
    pub const NEEDS_REVIEW: Self = Self(8);

    const NAMES: [(Self, &'static str); 4] = [
        (Self::AMOUNT_UNCONFIRMED, "amount_unconfirmed"),
        (Self::MISMATCH, "mismatch"),
        (Self::CONFLICT, "conflict"),
        (Self::NEEDS_REVIEW, "needs_review"),
    ];

    /// Whether all of these are set.
    #[must_use]
    pub const fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// These without those.
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }

    /// Whether a person has to look: one of mismatch, conflict, needs-review is set.
    #[must_use]
    pub const fn needs_people(self) -> bool {
        self.0 & (Self::MISMATCH.0 | Self::CONFLICT.0 | Self::NEEDS_REVIEW.0) != 0
    }

    /// The names of those that are set, in small letters.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.has(*flag)).map(|(_, name)| name)
    }

    /// Reads what [`names`](Self::names) gives; none if one is unknown.
    pub(crate) fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        names.into_iter().try_fold(Self::NONE, |all, name| {
            let (flag, _) = Self::NAMES.into_iter().find(|(_, known)| *known == name)?;
            Some(all.with(flag))
        })
    }

    /// The number under which stores keep them.
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// Reads what [`bits`](Self::bits) gives.
    #[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code, reason = "for stores"))]
    pub(crate) const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 16 { Some(Self(bits)) } else { None }
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

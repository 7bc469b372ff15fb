//! A gateway's export against the journal: what is missing on which side, what differs, why, and what to do.
//!
//! No gateway documents the form of its exports, so that columns and status words are found by the names that people
//! would expect, and can be told where they are not ([`mapping::Mapping::tell`]).

pub(crate) mod mapping;
pub(crate) mod export;
pub(crate) mod compare;
mod advice;

use nzimbu::{Money, OrderId};

use super::report::State;
use super::trouble::Trouble;

/// One line of an export, as far as it could be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ExportRow {
    /// The line in the file, from one.
    pub(crate) line: u32,
    /// Our id, as the gateway repeats it.
    pub(crate) order: Option<String>,
    /// The gateway's own id.
    pub(crate) gateway_reference: Option<String>,
    /// How much, or why it cannot be read.
    pub(crate) amount: Result<Money, Trouble>,
    /// What became of it.
    pub(crate) status: ExportStatus,
}

/// What an export says of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ExportStatus {
    /// It was not paid.
    Failed,
    /// The export has no status for it; exports of movements list only what was paid.
    None,
    /// It is under way.
    Pending,
    /// It was paid.
    Succeeded,
    /// A word that the mapping does not know. It is not kept: where the column is a wrong one, it may be a name.
    Unrecognized,
}

/// One order of the journal.
#[derive(Clone, Debug)]
pub(crate) struct JournalRow {
    /// The caller's own name of the order.
    pub(crate) reference: String,
    /// Our id.
    pub(crate) order: OrderId,
    /// The gateway's own id, once it was told.
    pub(crate) gateway_reference: Option<String>,
    /// How much was asked for.
    pub(crate) amount: Money,
    /// Where it stands.
    pub(crate) state: State,
}

/// One difference between the export and the journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Difference {
    /// What differs.
    pub(crate) kind: Kind,
    /// The line of the export, where there is one.
    pub(crate) line: Option<u32>,
    /// The caller's own name of the order, where the journal knows it.
    pub(crate) reference: Option<String>,
    /// Our id.
    pub(crate) order: Option<String>,
    /// The gateway's own id.
    pub(crate) gateway_reference: Option<String>,
    /// What the journal says.
    pub(crate) ours: Option<(Money, State)>,
    /// What the export says.
    pub(crate) theirs: Option<(Option<Money>, ExportStatus)>,
}

/// What differs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    /// The amounts are not the same.
    Amount,
    /// The export's amount cannot be read.
    AmountUnreadable,
    /// The currencies are not the same.
    Currency,
    /// The export has the order on an earlier line as well.
    Duplicate,
    /// The export says twice that the order was paid, under two ids of the gateway's or with two amounts.
    DuplicatePaid,
    /// The journal has an order that should be in the export.
    MissingInExport,
    /// The export has an order that the journal does not have.
    MissingInJournal,
    /// The gateway's id is the same, our id is not.
    Order,
    /// Another id of the gateway's than it told us.
    Reference,
    /// The states contradict each other.
    Status,
    /// A status word that nobody knows.
    StatusUnrecognized,
}

impl Kind {
    /// The name in files for programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::AmountUnreadable => "amount_unreadable",
            Self::Currency => "currency",
            Self::Duplicate => "duplicate",
            Self::DuplicatePaid => "duplicate_paid",
            Self::MissingInExport => "missing_in_export",
            Self::MissingInJournal => "missing_in_journal",
            Self::Order => "order",
            Self::Reference => "gateway_reference",
            Self::Status => "status",
            Self::StatusUnrecognized => "status_unrecognized",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests;

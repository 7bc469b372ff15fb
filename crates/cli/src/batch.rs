//! Payouts from a spreadsheet: read, checked, reported and compared, without sending anything.
//!
//! Everything here is pure but for reading the file. A file is read twice: once for its digest and for what repeats,
//! once for the rows. Of a row that was read only two digests and a line are kept.

pub(crate) mod source;
mod split;
mod column;
mod cell;
mod place;
pub(crate) mod trouble;
pub(crate) mod row;
mod seen;
pub(crate) mod totals;
mod check;
pub(crate) mod report;
pub(crate) mod statement;

use nzimbu::{Country, Currency, SharedProvider};

pub(crate) use cell::amount::DecimalMark;
pub(crate) use check::{Batch, Checked, RowsError};
pub(crate) use row::{Finding, Row};
pub(crate) use source::Encoding;

/// How a file is to be read, and by whose rules.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What keeps apart merchants and environments that share an account; part of every derived order id.
    pub(crate) namespace: String,
    /// The gateway of rows that name none.
    pub(crate) gateway: Option<SharedProvider>,
    /// The gateways that a row may name.
    pub(crate) gateways: Vec<SharedProvider>,
    /// The country of phone numbers without a country code, where a row names none.
    pub(crate) country: Option<Country>,
    /// The currency of rows that name none.
    pub(crate) currency: Option<Currency>,
    /// The sign before decimals, where the file needs it to be told.
    pub(crate) decimal_mark: Option<DecimalMark>,
    /// How the text is encoded.
    pub(crate) encoding: Encoding,
    /// What to do with a recipient who gets the same amount twice.
    pub(crate) duplicate_recipients: DuplicateRecipients,
    /// The most rows.
    pub(crate) most_rows: u32,
}

/// What to do with a recipient who gets the same amount twice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DuplicateRecipients {
    Accept,
    Refuse,
}

/// The most rows of a batch, unless the settings say otherwise.
pub(crate) const MOST_ROWS: u32 = 1_000_000;

/// The text of a cell for comparisons and messages about the form; what is not UTF-8 is replaced.
fn record_text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell).into_owned()
}

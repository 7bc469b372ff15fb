//! What can be typed after `nzimbu statement`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nzimbu::{Currency, UnixTime};

use super::common::{Settings, currency};
use super::{Direction, Gateway};
use crate::batch::{DecimalMark, Encoding};
use crate::moment;

/// Compare a gateway's export with the journal
#[derive(Args, Debug)]
pub(crate) struct Statement {
    #[command(subcommand)]
    pub(crate) command: StatementCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StatementCommand {
    Match(Match),
}

/// Find what is missing on which side or differs, with a probable cause and a next step
///
/// The export is CSV from the gateway's back-office. No gateway documents its form, so that columns and status words are
/// found by the names that people would expect; where they are not, --map names them: amount, currency,
/// gateway_reference, order and status take a header, succeeded, failed and pending a word of the status column.
///
/// --since and --until limit the journal to orders that were written down in that time. Orders from before and after are
/// compared when the export has them, and are not missing in it otherwise.
///
/// The exit status is 0 when both sides agree, 1 when something differs, 2 for bad usage or an export that cannot be read,
/// 4 when the journal cannot be read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu statement match export.csv --gateway cinetpay --since 2026-11-01\n  nzimbu statement match export.csv --gateway bitlipa --map 'amount=Montant net' --map succeeded=Terminé --json"
)]
pub(crate) struct Match {
    /// Whose export
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// Only orders of the journal in this direction
    #[arg(long, value_enum)]
    pub(crate) operation: Option<Direction>,

    /// A header or a status word of the export, as in 'amount=Montant net'; repeat it for more
    #[arg(long, value_name = "NAME=TEXT")]
    pub(crate) map: Vec<String>,

    /// The currency of lines that name none, as in XOF
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<Currency>,

    /// The sign before decimals, where amounts such as 1.000 would be read in two ways
    #[arg(long, value_enum)]
    pub(crate) decimal_mark: Option<DecimalMark>,

    /// How the text is encoded; UTF-16 is seen by itself
    #[arg(long, value_enum, default_value_t)]
    pub(crate) encoding: Encoding,

    /// Orders written down on this day in UTC or later, as 2026-11-24, or within a span, as 7d
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    pub(crate) since: Option<UnixTime>,

    /// Orders written down before this day in UTC began, or before a span back from now
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    pub(crate) until: Option<UnixTime>,

    /// Print one JSON object a line; its `kind` is difference or summary
    #[arg(long)]
    pub(crate) json: bool,

    /// The export
    #[arg(value_name = "EXPORT")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

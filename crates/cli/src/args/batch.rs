//! What can be typed after `nzimbu batch`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nzimbu::{Country, Currency, Money};

use super::Gateway;
use super::common::{Settings, country, currency};
use crate::batch::{DecimalMark, Encoding};

/// Payouts from a spreadsheet
#[derive(Args, Debug)]
pub(crate) struct Batch {
    #[command(subcommand)]
    pub(crate) command: BatchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    Check(BatchCheck),
    Run(BatchRun),
    Approve(BatchApprove),
    Discard(BatchDiscard),
    List(BatchList),
    Status(BatchStatus),
    Report(BatchReport),
}

/// Check a whole file of payouts and print every problem with its line and column
///
/// Nothing is sent and no credential is needed. The file is CSV with `;` `,` tab or `|` between cells and a header in
/// the first row, in English or French:
///
///   reference;amount;currency;phone;operator;name;surname;email;reason
///   référence;montant;devise;téléphone;opérateur;nom;prénom;courriel;motif
///
/// A reference names a payout for ever: the same reference is the same payout, and is never sent twice. Also
/// understood: country (pays), bank_code, account (compte), address, document_kind and document_number, gateway
/// (passerelle), order_id. What the gateway needs besides is said row by row.
///
/// Amounts may be written 1000, 1 000,50 or 1.000,50. What can be read in two ways, such as 1.000, is a problem,
/// unless --decimal-mark says which. Phone numbers may have lost their + but no digit.
///
/// The exit status is 0 when every row may be sent, 1 when there is a problem, 2 for a file that cannot be read.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  nzimbu batch check --gateway cinetpay salaries.csv\n  nzimbu batch check --gateway cinetpay --lang fr --country CI --currency XOF --balance 5000000XOF salaires.csv\n  nzimbu batch check --gateway bitlipa --json payouts.csv | jq -c 'select(.kind == \"problem\")'"
)]
pub(crate) struct BatchCheck {
    #[command(flatten)]
    pub(crate) reading: Reading,

    /// What an account holds, as in 5000000XOF, to compare with what is needed; once per currency
    #[arg(long, value_name = "AMOUNT", value_parser = balance)]
    pub(crate) balance: Vec<Money>,

    /// Print one JSON object a line; its `kind` is problem, total, need or summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which file, and how it is read.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// Whose rules; needed unless every row names its gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Option<Gateway>,

    /// The country of phone numbers without a country code, as in CI
    #[arg(long, value_name = "CODE", value_parser = country)]
    pub(crate) country: Option<Country>,

    /// The currency of rows that name none, as in XOF
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<Currency>,

    /// The sign before decimals, where amounts such as 1.000 would be read in two ways
    #[arg(long, value_enum)]
    pub(crate) decimal_mark: Option<DecimalMark>,

    /// How the text is encoded; UTF-16 is seen by itself
    #[arg(long, value_enum, default_value_t)]
    pub(crate) encoding: Encoding,

    /// Accept that a recipient gets the same amount twice
    #[arg(long)]
    pub(crate) accept_duplicate_recipients: bool,

    /// The file; it is read more than once, so that standard input will not do
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Pay out a whole file, each row once
///
/// The file is checked as by `batch check`; with one problem in it nothing is sent, unless --partial leaves out the rows
/// that have one. All rows are written into the journal before the first is sent, so that the same command again goes on
/// where it was, after Ctrl-C, a crash or a power cut, and no row is ever sent twice. A reference that was used before
/// for another amount, recipient or gateway is a problem, and nothing new is sent; if that was only planned and never
/// released, `batch discard` makes way for the corrected file.
///
/// It asks the gateway about every row until each has ended, unless --no-wait. Ctrl-C and SIGTERM let it finish what is in
/// hand; a second one ends it at once, which is as safe. A gateway that refuses the credentials or this machine's address,
/// or whose account is empty, stops the batch before further rows are sent.
///
/// In a live profile the number of rows and the total have to be typed back, as in `5000 12500000 XOF`. Above
/// `approval_above` of the section `batch` everything is written down and nothing sent, until another person than the one
/// of --person has run `batch approve`; then run the same command again.
///
/// The exit status is 0 when every row was paid, 1 when a row failed or was refused or the file has a problem, 2 for bad
/// usage or settings, 3 when a row is still open, unknown, for a person to look at or to be approved, 4 when the journal
/// cannot be trusted or written. Of several the last one counts, but 4 before all.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu batch run salaries.csv --gateway cinetpay\n  nzimbu batch run salaries.csv --gateway cinetpay --profile live --live --person 'A. Kouame'\n  nzimbu batch run salaries.csv --gateway cinetpay --json | jq -r 'select(.event == \"summary\")'"
)]
pub(crate) struct BatchRun {
    #[command(flatten)]
    pub(crate) reading: Reading,

    /// Pay the rows without a problem, and leave the others out
    #[arg(long)]
    pub(crate) partial: bool,

    /// Needed in a live profile, where real money moves
    #[arg(long)]
    pub(crate) live: bool,

    /// How many calls may be under way at once [default: `concurrency` of the section `batch`, or 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) concurrency: Option<u32>,

    /// Who plans the batch; needed where a second person has to approve it
    #[arg(long, value_name = "NAME")]
    pub(crate) person: Option<String>,

    /// End once every row was sent, and leave the questions to `nzimbu reconcile`
    #[arg(long)]
    pub(crate) no_wait: bool,

    /// Print one JSON object a line: problems, totals, events as they come, and a summary at the end
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Release a batch that somebody else planned
///
/// Nothing is sent by it: run `batch run` with the same file again. In a live profile the number of rows and the total
/// have to be typed back.
///
/// The exit status is 0 when it is released, 1 when it may not be, 2 for bad usage or settings, 4 when the journal cannot
/// be trusted or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu batch approve salaries.csv --person 'B. Traore'\n  nzimbu batch approve 7 --live --person 'B. Traore'"
)]
pub(crate) struct BatchApprove {
    /// The file, or the number of the batch
    #[arg(value_name = "FILE|ID")]
    pub(crate) which: String,

    /// Who approves it: another person than the one who planned it
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,

    /// Needed in a live profile, where real money moves
    #[arg(long)]
    pub(crate) live: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Give a batch up that was never released, so that its rows can be paid with another file
///
/// For a file that was planned and then corrected: its rows end as cancelled, and their references are free again.
/// Nothing of it was sent. Who did it and why stays in the history, and the very same file is not taken again. A batch that
/// was released is not given up by it: rows of it may have been sent.
///
/// The exit status is 0 when it is given up, 1 when it may not be or a row is left, 2 for bad usage or settings, 4 when
/// the journal cannot be trusted or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu batch discard 7 --person 'A. Kouame' --reason 'a wrong amount in row 12'"
)]
pub(crate) struct BatchDiscard {
    /// The file, or the number of the batch
    #[arg(value_name = "FILE|ID")]
    pub(crate) which: String,

    /// Who gives it up; it stays in the history
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,

    /// Why; it stays in the history, so leave out names and numbers of recipients
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// List the batches of the journal, the oldest first
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu batch list\n  nzimbu batch list --json | jq -r 'select(.open > 0) | .batch'"
)]
pub(crate) struct BatchList {
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Show where the rows of a batch stand
///
/// The exit status is that of `batch run` for the same batch.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu batch status salaries.csv\n  nzimbu batch status 7 --json")]
pub(crate) struct BatchStatus {
    /// The file, or the number of the batch
    #[arg(value_name = "FILE|ID")]
    pub(crate) which: String,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Write what became of a batch, for people who read and forward it
///
/// CSV has a line for every row, HTML sums and charts and the rows that somebody has to look at; both in the language of
/// --lang. They hold references, order ids and masked phone numbers, and no names.
///
/// The exit status is 0 when it was written, 1 when there is no such batch, 2 for bad usage or settings, 4 when the
/// journal cannot be read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu batch report salaries.csv --csv report.csv --html report.html\n  nzimbu batch report 7 --html rapport.html --lang fr"
)]
pub(crate) struct BatchReport {
    /// The file, or the number of the batch
    #[arg(value_name = "FILE|ID")]
    pub(crate) which: String,

    /// Write a line for every row into this file
    #[arg(long, value_name = "OUT", required_unless_present = "html")]
    pub(crate) csv: Option<PathBuf>,

    /// Write sums and charts into this file
    #[arg(long, value_name = "OUT")]
    pub(crate) html: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

fn balance(text: &str) -> Result<Money, String> {
    let Some((amount, code)) = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) else {
        return Err("write an amount and a currency, as in 5000000XOF".into());
    };
    let currency = Currency::parse(code).map_err(|error| error.to_string())?;
    Money::parse_major(amount.trim_end(), currency).map_err(|error| error.to_string())
}

//! What can be typed after `nzimbu batch`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use nzimbu::{Country, Currency, Money};

use super::Gateway;
use super::common::{country, currency};
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

    /// What an account holds, as in 5000000XOF, to compare with what is needed; once per currency
    #[arg(long, value_name = "AMOUNT", value_parser = balance)]
    pub(crate) balance: Vec<Money>,

    /// Accept that a recipient gets the same amount twice
    #[arg(long)]
    pub(crate) accept_duplicate_recipients: bool,

    /// Print one JSON object a line; its `kind` is problem, total, need or summary
    #[arg(long)]
    pub(crate) json: bool,

    /// The file; it is read more than once, so that standard input will not do
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

fn balance(text: &str) -> Result<Money, String> {
    let Some((amount, code)) = text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) else {
        return Err("write an amount and a currency, as in 5000000XOF".into());
    };
    let currency = Currency::parse(code).map_err(|error| error.to_string())?;
    Money::parse_major(amount.trim_end(), currency).map_err(|error| error.to_string())
}

//! Commands that speak with a gateway, one at a time.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use nzimbu::{Country, Currency, Operator};

use super::common::{self, Amount, Name, Settings, Way};
use super::{Direction, Gateway};

/// Collect money from a customer
///
/// The request comes from flags, from a JSON file in the form that `nzimbu check --help` shows, or from both as long
/// as nothing is given twice. Phone numbers, names and other personal data are never arguments, which other users of
/// the machine can read: put them in the file, or have them asked for with --ask.
///
/// Where the profile has a journal, the order is written down before it is sent, and settled later by `nzimbu
/// reconcile`. The same command again is a resume: it sends nothing and tells where the order stands. The same id with
/// another request is refused.
///
/// The exit status is 0 when the gateway has taken the order (its status says how far it is), 1 when it was refused or
/// not sent, 2 for bad usage or settings, 3 when the outcome is not known: then run `nzimbu reconcile`, or ask with
/// `nzimbu status` where there is no journal, and never send it again under another id; 4 when the journal cannot be
/// trusted or written: nothing was sent then.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu pay --gateway cinetpay --reference \"invoice 7\" --amount 2500 --currency XOF --description \"Two books\"\n  nzimbu pay --gateway bitlipa --order INV-7 --amount 2500 --currency XOF --operator CI:Orange --ask phone,name\n  nzimbu pay --gateway adullam request.json --json"
)]
pub(crate) struct Pay {
    #[command(flatten)]
    pub(crate) request: Request,

    /// What for; the customer may see it
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
}

/// Send money to a recipient
///
/// As `nzimbu pay`, in the other direction. A payout whose outcome is not known may have been executed: run `nzimbu
/// reconcile`, or ask with `nzimbu status` where there is no journal, and never send it again under another id.
///
/// With a live profile a journal is needed, or --no-journal.
///
/// The exit status is 0 when the gateway has taken the order (its status says how far it is), 1 when it was refused or
/// not sent, 2 for bad usage or settings, 3 when the outcome is not known, 4 when the journal cannot be trusted or
/// written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu payout --gateway cinetpay --reference \"salary 2026-11, employee 7\" --amount 1000 --currency XOF \\\n      --operator CI:Orange --ask phone,name,surname,email\n  nzimbu payout --gateway bitlipa payout.json --live"
)]
pub(crate) struct Payout {
    #[command(flatten)]
    pub(crate) request: Request,

    /// What for
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,

    /// The recipient's bank, by the gateway's code for it: see `nzimbu banks`
    #[arg(long, value_name = "CODE")]
    pub(crate) bank_code: Option<String>,
}

/// What a payment and a payout share.
#[derive(Args, Debug)]
pub(crate) struct Request {
    /// Through which gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    #[command(flatten)]
    pub(crate) name: Name,

    #[command(flatten)]
    pub(crate) amount: Amount,

    /// The operator, as country and name: CI:Orange
    #[arg(long, value_name = "COUNTRY:NAME", value_parser = common::operator, conflicts_with = "channel")]
    pub(crate) operator: Option<Operator>,

    /// How the money travels, where no operator is named
    #[arg(long, value_enum)]
    pub(crate) channel: Option<Way>,

    /// Ask for these at the terminal, or read them from standard input, one a line and in this order
    #[arg(long, value_enum, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) ask: Vec<Personal>,

    /// Real money may move: needed with a live profile, together with the amount typed back
    #[arg(long)]
    pub(crate) live: bool,

    /// Send it although the profile has no journal: nothing would remember an order whose answer is lost; needed for
    /// payouts with such a live profile
    #[arg(long)]
    pub(crate) no_journal: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,

    /// The request as JSON; standard input when it is -
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// What a person has and an argument must not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Personal {
    Phone,
    Name,
    Surname,
    Email,
    Address,
    City,
}

/// Ask a gateway where an order stands
///
/// The exit status is 0 when the money moved, 1 when the order ended without, 2 for bad usage or settings, and 3 when
/// neither is known yet: the order is under way, the gateway does not know it (which proves nothing yet), speaks of
/// another amount, uses a word that its documents do not explain, refuses the question, cannot be asked, or did not
/// answer.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu status --gateway cinetpay --operation payout --reference \"salary 2026-11, employee 7\"\n  nzimbu status --gateway bitlipa --operation pay --order INV-7 --amount 2500 --currency XOF --wait 60"
)]
pub(crate) struct Status {
    /// Which gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// Which direction the money goes
    #[arg(long, value_enum)]
    pub(crate) operation: Direction,

    #[command(flatten)]
    pub(crate) name: Name,

    /// The gateway's own id of the order, where it is known
    #[arg(long, value_name = "ID")]
    pub(crate) gateway_reference: Option<String>,

    #[command(flatten)]
    pub(crate) amount: Amount,

    /// Ask again for so many seconds until the order has ended
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Ask a gateway what the account for payouts holds
///
/// The exit status is 0 when there is an answer, 1 when it was refused or no document describes the question, 2 for bad
/// usage or settings.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu balance --gateway cinetpay")]
pub(crate) struct Balance {
    /// Which gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// The currency of the account [default: that of the settings]
    #[arg(long, value_name = "CODE", value_parser = common::currency)]
    pub(crate) currency: Option<Currency>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// List the banks that a gateway pays out to, with the codes that payouts need
///
/// The exit status is 0 when there is an answer, 1 when it was refused or no document describes the question, 2 for bad
/// usage or settings.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu banks --gateway bitlipa --provider 5008")]
pub(crate) struct Banks {
    /// Which gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// The gateway's number for the operator, as `nzimbu operators` lists it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) provider: u32,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Make a signed link to a gateway's hosted page; nothing is sent
///
/// The customer sees the link. It carries a phone number only if you have it asked for with --ask-phone in place of
/// --customer-id.
///
/// The exit status is 0 when there is a link, 1 when the gateway's rules forbid it or it has no such page, 2 for bad usage
/// or settings.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu link --gateway bitlipa --provider 5010 --order INV-7 --customer-id CUST-7 --amount 2500 --currency NGN"
)]
pub(crate) struct Link {
    /// Which gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// The gateway's number for the operator
    #[arg(long, value_name = "NUMBER")]
    pub(crate) provider: u32,

    #[command(flatten)]
    pub(crate) name: Name,

    #[command(flatten)]
    pub(crate) amount: Amount,

    /// The gateway's name for the customer: 1 to 64 of A-Z, 0-9, + and -
    #[arg(long, value_name = "ID", required_unless_present = "ask_phone", conflicts_with = "ask_phone")]
    pub(crate) customer_id: Option<String>,

    /// Ask for the customer's phone number, which the link then holds
    #[arg(long)]
    pub(crate) ask_phone: bool,

    /// The country in two or three capital letters [default: NG]
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,

    /// The parameter `type` [default: bank_transfer]
    #[arg(long, value_name = "WORD")]
    pub(crate) kind: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// List the operators that the gateways serve, offline
///
/// Country, operator, code, shape of the phone number, limits and what each needs, in each direction. Entries of the
/// settings stand in place of built-in ones; without settings the built-in ones are listed.
///
/// The exit status is 0, or 2 for bad usage or settings.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu operators --country CI --operation payout\n  nzimbu operators --gateway bitlipa --json"
)]
pub(crate) struct Operators {
    /// One gateway alone
    #[arg(long, value_enum)]
    pub(crate) gateway: Option<Gateway>,

    /// One country alone, in two capital letters
    #[arg(long, value_name = "CODE", value_parser = common::country)]
    pub(crate) country: Option<Country>,

    /// One direction alone
    #[arg(long, value_enum)]
    pub(crate) operation: Option<Direction>,

    /// One currency alone
    #[arg(long, value_name = "CODE", value_parser = common::currency)]
    pub(crate) currency: Option<Currency>,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("write whole seconds, from 1 to 86400".to_owned()),
    }
}

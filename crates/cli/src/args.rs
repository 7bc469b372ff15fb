//! What can be typed, and what `--help` says about it.
#![allow(rustdoc::bare_urls, reason = "these comments are the text of --help, where a link is plain text")]

pub(crate) mod batch;
pub(crate) mod common;
pub(crate) mod daily;
pub(crate) mod operations;
pub(crate) mod statement;
pub(crate) mod upkeep;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use nzimbu::Currency;

use crate::lang::Lang;
use crate::moment;

use self::batch::Batch;
use self::common::currency;
use self::daily::{Journal, Listen, Reconcile, Resolve};
use self::operations::{Balance, Banks, Link, Operators, Pay, Payout, Status};
use self::statement::Statement;
use self::upkeep::{Completions, Doctor, Man};

/// Collect and send money in Africa through CinetPay, Bitlipa and Adullam.
///
/// The exit status is 0 when what was asked for is true or done, 1 when it is not or was refused, 2 when it could not
/// be tried (bad usage or settings, an unset variable, an input that cannot be read), 3 when the outcome is not known
/// and money may have moved, and 4 when the journal cannot be trusted or written. Secrets are taken from the environment, from
/// files or from a prompt, never from arguments.
#[derive(Debug, Parser)]
#[command(name = "nzimbu", version)]
pub(crate) struct Cli {
    /// The language of what people read; JSON and this help are in English
    /// [default: $NZIMBU_LANG, then the system's]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub(crate) lang: Option<Lang>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    Sandbox(Sandbox),
    Sign(Sign),
    Verify(Verify),
    Check(Check),
    Batch(Batch),
    Pay(Pay),
    Payout(Payout),
    Status(Status),
    Balance(Balance),
    Banks(Banks),
    Link(Link),
    Operators(Operators),
    Reconcile(Reconcile),
    Journal(Journal),
    Resolve(Resolve),
    Listen(Listen),
    Statement(Statement),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

/// Watch every gateway work on this machine: no account, no network, no money
///
/// Starts the sandbox on free loopback ports, then collects a payment and sends a payout
/// through every gateway, over the async and over the blocking driver, with real HTTP and
/// real callbacks.
///
/// The operations are, in this order:
///   payment          collects money; its status is where the order ended
///   callback         the gateway's callback came over HTTP and passed its check
///   status           the gateway confirms where the order ended, and the amount if it states one
///   payout           sends money; its status is where the order ended
///   payout_callback  as callback, for the payout; an unsigned one counts as a hint to ask
///   payout_status    as status, for the payout
///   balance          what the account for payouts holds
///
/// A status is `succeeded`, `created` for a session that no documented call can follow, or
/// `unsupported` where the gateway's documents offer nothing of the kind. Any other word is a
/// failure.
///
/// The exit status is 0 when no operation failed, otherwise 1. Progress goes to standard error.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  nzimbu demo\n  nzimbu demo --crash\n  nzimbu demo --json | jq -r 'select(.operation == \"status\")'"
)]
pub(crate) struct Demo {
    /// Print one JSON object a line: gateway, driver, operation, status, amount, currency, reference
    ///
    /// `amount` is decimal text in `currency`: what was asked for in payment and payout, what the gateway stated
    /// in all others. `reference` is the gateway's own id of the order. Each is null where there is none.
    #[arg(long)]
    pub(crate) json: bool,

    /// Watch a payout survive a crash instead: its process kills itself before the answer is read
    ///
    /// A process sends a payout and dies. It is started again, finds the open order in its journal, asks the gateway,
    /// and ends with one transfer in the gateway's ledger. With --json one object a line: process, event, order, and
    /// state or transfers where there are some.
    #[arg(long)]
    pub(crate) crash: bool,

    #[arg(long, hide = true)]
    pub(crate) crash_child: bool,
}

/// Emulate every gateway on this machine, for clients in any language
///
/// Serves CinetPay, Bitlipa and Adullam on loopback ports until Ctrl-C or SIGTERM, with ready-made credentials,
/// the customer's pages, signed callbacks, failures on demand and an admin API. No money is real.
///
/// Orders wait for the customer's page, the admin API or a magic amount, unless --auto or the settings say otherwise.
///
/// The exit status is 0 after a stop, 1 when it cannot start, 2 for bad usage.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu sandbox\n  nzimbu sandbox --write-config nzimbu.toml --auto 1s\n  nzimbu sandbox --port 4000 --store sandbox.db\n  nzimbu sandbox --json | head -n 1 | jq -r .cinetpay.checkout_url"
)]
pub(crate) struct Sandbox {
    /// The first of six neighbouring ports; free ones otherwise
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<u16>,

    /// The address to listen on; others than loopback let the whole network in [default: 127.0.0.1]
    #[arg(long, value_name = "ADDR")]
    pub(crate) host: Option<std::net::IpAddr>,

    /// Print one line of JSON when it is ready: base URLs and credentials, and `admin_url`
    #[arg(long)]
    pub(crate) json: bool,

    /// A TOML file with settings; what is typed here wins over it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Approve every order by itself after this time, such as 1s, as its customer or operator would
    #[arg(long, value_name = "SPAN", value_parser = moment::span)]
    pub(crate) auto: Option<Duration>,

    /// Keep the state in this file, so that a restart goes on where it was
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,

    /// Stop when standard input ends too, so that it does not outlive the program that started it with a pipe
    #[arg(long)]
    pub(crate) stop_with_stdin: bool,

    /// The source of all ids, credentials and chances: equal seeds give equal ones [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Write settings of a profile for this sandbox into this file, and its credentials into a folder beside it, so
    /// that `nzimbu pay` and the others work at once: nzimbu.toml is where they look
    #[arg(long, value_name = "FILE")]
    pub(crate) write_config: Option<PathBuf>,
}

/// Sign a document as the gateway does and print the digest in lower-case hexadecimal
///
/// Bitlipa signs the keys and values of a JSON document (HMAC-SHA512), CinetPay the 16 fields of a notification
/// in a form body (HMAC-SHA256). A signature that the document holds already is left out.
///
/// One line break at the very end of a form body is taken for the editor's and dropped; in JSON it means nothing.
///
/// The exit status is 0 when the document was signed, 1 when it cannot be, 2 for bad usage.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  BITLIPA_SECRET=... nzimbu sign --gateway bitlipa --secret-env BITLIPA_SECRET request.json\n  nzimbu sign --gateway cinetpay --secret-env CINETPAY_SECRET --explain < notification.txt"
)]
pub(crate) struct Sign {
    /// Whose signature
    #[arg(long, value_enum)]
    pub(crate) gateway: Signer,

    /// The environment variable that holds the secret; the secret itself is never an argument
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: OsString,

    /// Sign the parameters of a link to Bitlipa's hosted page: one flat object of strings and integers
    #[arg(long)]
    pub(crate) hosted_page: bool,

    /// Also print the signed text on standard error; it holds every value of the document
    #[arg(long)]
    pub(crate) explain: bool,

    /// The document; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Verify the raw body of a callback and print a verdict as one JSON object
///
/// `verdict` is `authentic` (signed with one of the secrets), `hint` (a callback that the gateway does not sign:
/// a reason to ask for the status, and no more) or `rejected`. `order_id` is null where none can be believed.
/// `status` and `raw_status` are there where the callback states them reliably, which CinetPay's never do.
/// `reason` and `message` say why a callback was rejected.
///
/// Whatever the verdict, ask the gateway for the status before goods or money move: a genuine callback can be
/// sent again by anybody who saw it.
///
/// The body has to be the one that came, byte for byte; one line break at the very end is dropped.
///
/// The exit status is 0 for authentic and hint, 1 for rejected, 2 for bad usage.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu verify --gateway bitlipa --secret-env BITLIPA_SECRET callback.json\n  nzimbu verify --gateway cinetpay --secret-env NEW_SECRET --secret-env OLD_SECRET \\\n      --site-id 123456 --header \"x-token: $TOKEN\" body.txt"
)]
pub(crate) struct Verify {
    /// Whose callback
    #[arg(long, value_enum)]
    pub(crate) gateway: Signer,

    /// The environment variable that holds the secret; repeat it while secrets are rotated, newest first
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) secret_env: Vec<OsString>,

    /// Our own site id; needed for notifications of CinetPay's checkout
    #[arg(long, value_name = "ID")]
    pub(crate) site_id: Option<String>,

    /// A header of the callback, as "name: value"; repeat it for more; capitals in the name do not matter
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,

    /// The body; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Check a request against the rules of a gateway and print every violation as JSON
///
/// Nothing is sent and no credential is needed. The output is a list of objects with `field`,
/// `rule` and `message`, empty when the request is fine.
///
/// A request looks like this; the gateway decides what is needed besides order and amount:
///
///   {"order": "INV-7",
///    "amount": {"value": "2500", "currency": "XOF"},
///    "channel": {"operator": {"country": "CI", "name": "Orange"}},
///    "payer": {"phone": "+2250700000000", "name": "Kouassi", "surname": "Awa",
///              "email": "awa@example.com"},
///    "description": "Two books", "language": "fr",
///    "notify_url": "https://shop.example/notify",
///    "return_url": "https://shop.example/thanks",
///    "metadata": {"cart": "991"}}
///
/// A channel is also one of "any", "bank", "card", "mobile_money", "wallet". A payer may also
/// have `id`, `address`, `city`, `country`, `state` and `zip`. A payout has `recipient` in place
/// of `payer`, and `reason`, `bank_code` and `document` {"kind": "passport", "number": "..."} in
/// place of `description`, `language` and `return_url`.
///
/// Also understood: `order_id` for order; an amount as text or integer beside a `currency`; an
/// amount in minor units {"minor": 1250, "currency": "GHS"}; `customer` for payer or recipient;
/// `phone` at the top.
///
/// Addresses that the settings of an application would give are taken as given.
///
/// The exit status is 0 when there is no violation, 1 when there is, 2 for bad usage.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  nzimbu check --gateway cinetpay --operation pay request.json\n  echo '{\"order\": \"P-1\", \"amount\": \"502\", \"currency\": \"XOF\"}' | nzimbu check --gateway cinetpay --operation payout"
)]
pub(crate) struct Check {
    /// Whose rules
    #[arg(long, value_enum)]
    pub(crate) gateway: Gateway,

    /// Which direction the money goes
    #[arg(long, value_enum)]
    pub(crate) operation: Direction,

    /// The currency of the merchant's account, where the gateway ties requests to it (CinetPay's checkout)
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) account_currency: Option<Currency>,

    /// The request; standard input when absent or -
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Every gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Gateway {
    Adullam,
    Bitlipa,
    Cinetpay,
}

/// The gateways that sign callbacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Signer {
    Bitlipa,
    Cinetpay,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Direction {
    /// From a customer to the merchant
    Pay,
    /// From the merchant to a recipient
    Payout,
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("write the header as \"name: value\"")?;
    let name = name.trim();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("the name of a header has no blanks: write it as \"name: value\"");
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

//! Commands around the journal: settle what is open, look, decide, receive.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use nzimbu::UnixTime;

use super::common::Settings;
use super::{Direction, Gateway};
use crate::moment;

/// Settle what is open in the journal
///
/// Asks the gateways about every order that is due, sends again what provably was not executed and may be repeated, and
/// writes the answers down. An order that no machine can settle is handed to a person: see `nzimbu resolve`.
///
/// By default it goes on until nothing is due any more, as a line for cron does. With --until-settled it goes on until
/// everything has ended or waits for a person, with --worker until it is stopped. Ctrl-C and SIGTERM let it finish what
/// it has in hand; a second one ends it at once. Any number of them may run at the same time, in any number of processes.
///
/// The exit status is 0 when every order has ended (and of a worker that was stopped), 1 when an order waits for a
/// person, 2 for bad usage or settings, 3 when none does and something is still under way or unknown, 4 when the journal
/// cannot be trusted or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu reconcile\n  nzimbu reconcile --until-settled --json | jq -r 'select(.event == \"summary\")'\n  nzimbu reconcile --worker --at-once 8"
)]
pub(crate) struct Reconcile {
    /// Until nothing is due any more; this is the default
    #[arg(long, conflicts_with_all = ["worker", "until_settled"])]
    pub(crate) once: bool,

    /// Until it is stopped
    #[arg(long, conflicts_with = "until_settled")]
    pub(crate) worker: bool,

    /// Until every order has ended or waits for a person
    #[arg(long)]
    pub(crate) until_settled: bool,

    /// How many calls may be under way at once [default: `concurrency` of the section `batch`, or 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) at_once: Option<u32>,

    /// Print one JSON object a line: progress, closed gateways, and a summary at the end
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Look at the journal, check it, and keep it
///
/// The exit status is 0 when what was asked for is there or done, 1 when it is not, 2 for bad usage or settings, 4 when
/// the journal cannot be trusted or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal list --needs-people\n  nzimbu journal show INV-7\n  nzimbu journal verify"
)]
pub(crate) struct Journal {
    #[command(subcommand)]
    pub(crate) command: JournalCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    List(List),
    Show(Show),
    Counts(Counts),
    Strays(Strays),
    Verify(VerifyJournal),
    Accept(Accept),
    Export(Export),
    Purge(Purge),
    Restored(Restored),
    Doubt(Doubt),
}

/// List orders, in the order in which they were written down
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal list --gateway cinetpay --state unknown --since 24h\n  nzimbu journal list --needs-people --json | jq -r .order"
)]
pub(crate) struct List {
    /// Of this gateway
    #[arg(long, value_enum)]
    pub(crate) gateway: Option<Gateway>,

    /// In this direction
    #[arg(long, value_enum)]
    pub(crate) operation: Option<Direction>,

    /// In this state; several with commas
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',')]
    pub(crate) state: Vec<StateName>,

    /// Only those that a person has to look at
    #[arg(long)]
    pub(crate) needs_people: bool,

    /// Changed since a day in UTC, as 2026-11-24, or within a span, as 24h or 7d
    #[arg(long, value_name = "WHEN", value_parser = moment::since)]
    pub(crate) since: Option<UnixTime>,

    /// Of the batch of this number
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<i64>,

    /// No more than so many
    #[arg(long, value_name = "N")]
    pub(crate) most: Option<u64>,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// The states of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum StateName {
    Planned,
    Ready,
    Sending,
    Accepted,
    Unknown,
    Succeeded,
    Failed,
    Expired,
    Cancelled,
    Rejected,
}

/// Which order.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// Your id of the order
    #[arg(value_name = "ORDER", required_unless_present = "reference")]
    pub(crate) order: Option<String>,

    /// Your own reference, from which the id was derived
    #[arg(long, value_name = "TEXT", conflicts_with = "order")]
    pub(crate) reference: Option<String>,

    /// At which gateway, if several know an order of this id
    #[arg(long, value_enum)]
    pub(crate) gateway: Option<Gateway>,

    /// In which direction, if there is one of this id in both
    #[arg(long, value_enum)]
    pub(crate) operation: Option<Direction>,
}

/// Show an order, its history, and what to do next
///
/// The exit status is 0 when there is such an order, 1 when there is none, 2 for bad usage or settings, 4 when the
/// journal cannot be read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal show INV-7\n  nzimbu journal show --reference \"invoice 7\" --json | jq '.history[].event'"
)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) which: Which,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Count the orders, and the money, by gateway, direction and state
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be read.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu journal counts\n  nzimbu journal counts --batch 3 --json")]
pub(crate) struct Counts {
    /// Of the batch of this number
    #[arg(long, value_name = "N")]
    pub(crate) batch: Option<i64>,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// List callbacks that were proven genuine and belong to no order of this journal
///
/// The exit status is 0 when there is none, 1 when there are some, 2 for bad usage or settings, 4 when the journal
/// cannot be read.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu journal strays")]
pub(crate) struct Strays {
    /// No more than so many, the newest first
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) most: usize,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Check the history of every order, event by event
///
/// Every event has a hash that covers the one before it, and every order one that covers its last event. They show
/// accidents and careless edits. Whoever rewrites a whole file, hashes included, is not caught by them: keep an export
/// elsewhere, and note the SHA-256 that `nzimbu journal export` tells.
///
/// What is found is noted in the journal, if this user may write it: from then on nothing is sent with it before the last
/// backup was restored, or a person has accepted the damage with `nzimbu journal accept`.
///
/// The exit status is 0 when all is as it was written or was accepted, 2 for bad usage or settings, 4 when something was
/// altered or cannot be read; the first such thing is named.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal verify\n  nzimbu journal verify --export journal-2026-11.jsonl"
)]
pub(crate) struct VerifyJournal {
    /// Check this export instead of the journal; standard input when it is -
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Accept what `nzimbu journal verify` found, so that the journal sends again
///
/// The better way is to restore the last backup. What is accepted is remembered as it is now, with your name and your
/// reason, in the history of every order that it concerns; `verify` passes over it from then on, and no further change is
/// accepted with it. An order that was itself altered is neither sent nor paid before somebody has decided about it with
/// `nzimbu resolve`. What might have an order paid twice cannot be accepted: a broken file, a row that cannot be read.
///
/// With a live profile the name of the profile has to be typed back.
///
/// The exit status is 0 when nothing is left that was not accepted, 1 when it was not confirmed, 2 for bad usage or
/// settings, 4 when something cannot be accepted, or the journal cannot be read or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal verify || nzimbu journal accept --person \"A. Kouame\" --reason \"the disk of 4 May, ticket 4711\""
)]
pub(crate) struct Accept {
    /// Who accepts it; it stays in the history
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,

    /// Why; it stays in the history, so leave out names and numbers of customers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Write every order with its history as one line of JSON
///
/// It holds no secret, no name, no full phone number and none of your own references; the persons who decided about an
/// order, and their reasons, are in it. `nzimbu journal verify --export` checks it later, without the journal.
///
/// The exit status is 0, 2 for bad usage, settings or an output that cannot be written, 4 when the journal cannot be
/// read.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal export --output journal-2026-11.jsonl\n  nzimbu journal export | zstd > journal.jsonl.zst"
)]
pub(crate) struct Export {
    /// A file that is not there yet, for your user alone [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Print how much was written as one JSON object, on standard error if the export goes to standard output
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Forget names, numbers and addresses of orders that ended long ago
///
/// The history keeps its masked forms. An order that was forgotten in this way cannot be sent again.
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be written.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu journal purge --older-than 30d")]
pub(crate) struct Purge {
    /// How long ago they ended at least, as 30d
    #[arg(long, value_name = "SPAN", value_parser = moment::span, default_value = "30d")]
    pub(crate) older_than: Duration,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Say that the journal was restored from a backup, before anything else is done with it
///
/// Such a journal may be older than the truth, and a file cannot notice that by itself. Nothing is sent until `nzimbu
/// journal doubt` has followed it up. A journal in PostgreSQL notices another cluster or timeline by itself.
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu journal restored --person \"A. Kouame\" && nzimbu journal doubt --reach 48h && nzimbu reconcile"
)]
pub(crate) struct Restored {
    /// Who restored it
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Follow up that the journal may be older than the truth
///
/// After a backup was restored or a standby took over: whatever has not ended, and whatever ended within --reach, is
/// asked for before anything is sent. Until this is done, a journal that knows of it sends nothing.
///
/// The exit status is 0, 2 for bad usage or settings, 4 when the journal cannot be written, or has orders of a gateway
/// that the profile has no settings for: repeat it then.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu journal doubt --reach 48h && nzimbu reconcile --until-settled")]
pub(crate) struct Doubt {
    /// How much may have been lost: the age of the backup, and some more
    #[arg(long, value_name = "SPAN", value_parser = moment::span, default_value = "48h")]
    pub(crate) reach: Duration,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Decide about an order that no machine can settle
///
/// Shows the order, its history and what the decision does, and writes down who took it and why. With a live profile
/// the order's amount has to be typed back.
///
///   succeeded  you have seen the money: the order ends as succeeded
///   failed     it was not and will not be executed
///   cancelled  it is given up; nothing of it was executed
///   resend     nothing of it was executed or can still arrive: it is sent again under the same id
///   ask        the gateway is asked again, from the beginning of the schedule
///
/// The exit status is 0 when it is decided, 1 when the order's state forbids it or there is no such order, 2 for bad
/// usage or settings, 4 when the journal cannot be trusted or written.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  nzimbu resolve OUT-7 --verdict failed --person \"A. Kouame\" --reason \"not in the back-office, ticket 4711\"\n  nzimbu resolve OUT-7 --verdict ask --person \"A. Kouame\" --reason \"the gateway repaired it\""
)]
pub(crate) struct Resolve {
    #[command(flatten)]
    pub(crate) which: Which,

    /// What is decided
    #[arg(long, value_enum)]
    pub(crate) verdict: VerdictName,

    /// Who decides; it stays in the history
    #[arg(long, value_name = "NAME")]
    pub(crate) person: String,

    /// Why; it stays in the history, so leave out names and numbers of customers
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What a person can decide.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum VerdictName {
    Succeeded,
    Failed,
    Cancelled,
    Resend,
    Ask,
}

/// Receive callbacks, settle their orders, and tell your application what changed
///
/// Listens for the callbacks of all gateways of the profile, at /cinetpay and /bitlipa, behind a secret part of the path
/// if `segment` is set. Each is checked and durable in the journal before the gateway is answered; then the
/// gateway is asked, since a callback alone proves nothing.
///
/// Every change of an order is posted to `forward_to` as JSON: id, gateway, operation, order, reference, state, flags,
/// amount, paid, at. It is signed by the standard-webhooks scheme (headers webhook-id, webhook-timestamp and
/// webhook-signature) with every secret of `forward_secret`, so that secrets can be rotated. It comes again, later and
/// later, until your application answers 2xx within 10 s, also over restarts: leave out a webhook-id that you have acted
/// on already, and compare `at`, since an older change may come after a newer one. What is answered otherwise holds up
/// nothing but itself.
///
/// Listens until Ctrl-C or SIGTERM, which let it finish what it has in hand. It speaks HTTP; have a web server with TLS
/// in front of it.
///
/// The exit status is 0 after a stop, 1 when it cannot listen, 2 for bad usage or settings, 4 when the journal cannot be
/// trusted or written.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu listen\n  nzimbu listen --address 127.0.0.1:4999 --forward-to http://127.0.0.1:8000/webhooks --json\n\nSettings:\n  [profile.live.listen]\n  address = \"127.0.0.1:4999\"\n  segment = { env = \"LISTEN_SEGMENT\" }\n  forward_to = \"https://shop.example/webhooks\"\n  forward_secret = [{ env = \"WEBHOOK_NEW\" }, { env = \"WEBHOOK_OLD\" }]"
)]
pub(crate) struct Listen {
    /// Where to listen [default: `address` of the section `listen`]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) address: Option<SocketAddr>,

    /// Where changes are posted [default: `forward_to` of the section `listen`]; `forward_secret` signs them
    #[arg(long, value_name = "URL")]
    pub(crate) forward_to: Option<String>,

    /// Only take callbacks in and pass changes on: another process settles what is open
    #[arg(long)]
    pub(crate) no_worker: bool,

    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

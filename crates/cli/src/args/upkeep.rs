//! Commands about the program itself and its settings.

use std::path::PathBuf;

use clap::Args;

use super::common::Settings;

/// Look for what would go wrong, and say what to do about it
///
/// Looks at the settings, the secrets that they refer to, the journal, the clock, TLS, the credentials (by a call that
/// moves nothing) and the addresses for callbacks. With --offline nothing is sent.
///
/// The exit status is 0 when nothing is wrong (there may be warnings), 1 when something is, 2 for bad usage.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  nzimbu doctor\n  nzimbu doctor --profile live --json | jq -r 'select(.verdict == \"problem\").remedy'"
)]
pub(crate) struct Doctor {
    /// Send nothing
    #[arg(long)]
    pub(crate) offline: bool,

    /// Print one JSON object a line: check, gateway, verdict (ok, warning, problem, skipped), finding, remedy
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// Print the completions of a shell
///
/// The exit status is 0, or 2 for bad usage.
#[derive(Args, Debug)]
#[command(after_help = "Example, for the shell's start-up file:\n  source <(nzimbu completions bash)")]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Print the page of manual, or write one for each command into a folder
///
/// The exit status is 0, or 2 when the folder cannot be written to.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  nzimbu man | man -l -\n  nzimbu man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// A folder that is there, for one file a command
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

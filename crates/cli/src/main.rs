//! `nzimbu`: pay and pay out through the gateways, see them work, sign and verify documents, check requests.
//!
//! | Exit status | Meaning |
//! |---|---|
//! | 0 | what was asked for is true or done |
//! | 1 | it is not, or was refused: a step failed, a callback was rejected, a request breaks a rule |
//! | 2 | it could not be tried: bad usage or settings, an unset variable, an unreadable or oversized input |
//! | 3 | the outcome is not known, and money may have moved |
//! | 4 | the journal cannot be trusted or written |
//!
//! Secrets come from the environment, from files or from a prompt, and are never printed.

mod args;
mod lang;
mod input;
mod output;
mod words;
mod moment;
mod signals;
mod trouble;
mod profile;
mod session;
mod screen;
mod batch;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::commands::{
    balance, banks, batch as batches, check, completions, demo, doctor, journal, link, listen, man,
    operators, order, reconcile, resolve, sandbox, sign, statement, status, verify,
};
use crate::lang::Lang;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help ends with 0, bad usage with 2.
        Err(error) => error.exit(),
    };
    let result = Lang::choose(cli.lang).and_then(|lang| {
        lang.speak();
        match cli.command {
            Command::Balance(args) => balance::run(&args),
            Command::Banks(args) => banks::run(&args),
            Command::Batch(args) => batches::run(&args),
            Command::Check(args) => check::run(&args),
            Command::Completions(args) => completions::run(&args),
            Command::Demo(args) => demo::run(&args),
            Command::Doctor(args) => doctor::run(&args),
            Command::Journal(args) => journal::run(&args),
            Command::Link(args) => link::run(&args),
            Command::Listen(args) => listen::run(&args),
            Command::Man(args) => man::run(&args),
            Command::Operators(args) => operators::run(&args),
            Command::Pay(args) => order::pay(&args),
            Command::Payout(args) => order::payout(&args),
            Command::Reconcile(args) => reconcile::run(&args),
            Command::Resolve(args) => resolve::run(&args),
            Command::Sandbox(args) => sandbox::run(args),
            Command::Sign(args) => sign::run(&args),
            Command::Statement(args) => statement::run(&args),
            Command::Status(args) => status::run(&args),
            Command::Verify(args) => verify::run(&args),
        }
    });
    result.unwrap_or_else(|failure| {
        screen::note(&output::error_line(&failure), 0);
        failure.exit_code()
    })
}

//! `nzimbu`: see the gateways work, sign and verify documents, check requests.
//!
//! | Exit status | Meaning |
//! |---|---|
//! | 0 | what was asked for is true or done |
//! | 1 | it is not: a step failed, a callback was rejected, a request breaks a rule, a document cannot be signed |
//! | 2 | it could not be tried: bad usage, an unset variable, an unreadable or oversized input |
//!
//! Secrets come from environment variables alone and are never printed.

mod args;
mod input;
mod output;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};
use crate::commands::{check, demo, sandbox, sign, verify};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help ends with 0, bad usage with 2.
        Err(error) => error.exit(),
    };
    let result = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Sandbox(args) => sandbox::run(args),
        Command::Sign(args) => sign::run(&args),
        Command::Verify(args) => verify::run(&args),
    };
    result.unwrap_or_else(|failure| {
        output::note(&format!("error: {failure}"));
        failure.exit_code()
    })
}

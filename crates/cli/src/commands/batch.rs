//! `nzimbu batch`: payouts from a spreadsheet.

mod approve;
mod check;
mod discard;
mod find;
mod list;
mod plan;
mod print;
mod progress;
mod reading;
mod release;
mod report;
mod run;
mod send;
mod status;
mod tally;

use std::process::ExitCode;

use crate::args::batch::{Batch, BatchCommand};
use crate::output::{Failure, Style};

pub(crate) fn run(args: &Batch) -> Result<ExitCode, Failure> {
    let (style, done) = match &args.command {
        BatchCommand::Check(args) => return check::run(args),
        BatchCommand::Run(args) => (Style::of(args.json), run::run(args)),
        BatchCommand::Approve(args) => (Style::of(args.json), approve::run(args)),
        BatchCommand::Discard(args) => (Style::of(args.json), discard::run(args)),
        BatchCommand::List(args) => (Style::of(args.json), list::run(args)),
        BatchCommand::Status(args) => (Style::of(args.json), status::run(args)),
        BatchCommand::Report(args) => (Style::of(args.json), report::run(args)),
    };
    done.or_else(|trouble| trouble.end(style))
}

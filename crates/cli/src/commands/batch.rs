//! `nzimbu batch`: payouts from a spreadsheet.

mod check;
mod print;

use std::process::ExitCode;

use crate::args::batch::{Batch, BatchCommand};
use crate::output::Failure;

pub(crate) fn run(args: &Batch) -> Result<ExitCode, Failure> {
    match &args.command {
        BatchCommand::Check(args) => check::run(args),
    }
}

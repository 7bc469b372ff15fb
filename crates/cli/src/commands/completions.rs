//! `nzimbu completions`: what a shell completes.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::args::{Cli, upkeep};
use crate::output::{self, Failure};

pub(crate) fn run(args: &upkeep::Completions) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "nzimbu", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

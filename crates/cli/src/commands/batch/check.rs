//! `nzimbu batch check`: a whole file, offline.

use std::process::ExitCode;

use super::{print, reading};
use crate::args::Gateway;
use crate::args::batch::BatchCheck;
use crate::batch::{Batch, RowsError};
use crate::commands::check::rules::offline;
use crate::lang::Lang;
use crate::output::{self, Failure, Style};

pub(super) fn run(args: &BatchCheck) -> Result<ExitCode, Failure> {
    let offline = |gateway| offline(gateway, None);
    let gateway = args.reading.gateway.map(offline).transpose()?;
    let gateways = Gateway::ALL.into_iter().map(offline).collect::<Result<_, _>>()?;
    // No id leaves this command, and ids of one length obey the same rules.
    let settings = reading::settings(&args.reading, String::new(), gateway, gateways);
    let style = Style::of(args.json);
    let batch = Batch::new(args.reading.file.as_path(), &settings);
    let mut problems = print::Problems::new(style);
    let checked = batch.check(|finding| problems.add(finding)).map_err(|error| match error {
        RowsError::Stopped(failure) => failure,
        RowsError::Unreadable(error) => Failure::usage(error.message(Lang::spoken())),
    })?;
    problems.finish()?;
    let shortages = print::summary(&checked, &args.balance, style)?;
    Ok(output::exit(checked.is_fine() && shortages == 0))
}

//! `nzimbu batch check`: a whole file, offline.

use std::process::ExitCode;

use super::print;
use crate::args::Gateway;
use crate::args::batch::BatchCheck;
use crate::batch::{Batch, DuplicateRecipients, MOST_ROWS, RowsError, Settings};
use crate::commands::check::rules::offline;
use crate::lang::Lang;
use crate::output::{self, Failure, Style};

pub(crate) fn run(args: &BatchCheck) -> Result<ExitCode, Failure> {
    let settings = settings(args)?;
    let style = Style::of(args.json);
    let batch = Batch::new(args.file.as_path(), &settings);
    let mut problems = print::Problems::new(style);
    let checked = batch.check(|finding| problems.add(finding)).map_err(|error| match error {
        RowsError::Stopped(failure) => failure,
        RowsError::Unreadable(error) => Failure::usage(error.message(Lang::spoken())),
    })?;
    problems.finish()?;
    let shortages = print::summary(&checked, &args.balance, style)?;
    Ok(output::exit(checked.is_fine() && shortages == 0))
}

fn settings(args: &BatchCheck) -> Result<Settings, Failure> {
    let offline = |gateway| offline(gateway, None);
    Ok(Settings {
        // No id leaves this command, and ids of one length obey the same rules.
        namespace: String::new(),
        gateway: args.gateway.map(offline).transpose()?,
        gateways: Gateway::ALL.into_iter().map(offline).collect::<Result<_, _>>()?,
        country: args.country,
        currency: args.currency,
        decimal_mark: args.decimal_mark,
        encoding: args.encoding,
        duplicate_recipients: if args.accept_duplicate_recipients {
            DuplicateRecipients::Accept
        } else {
            DuplicateRecipients::Refuse
        },
        most_rows: MOST_ROWS,
    })
}

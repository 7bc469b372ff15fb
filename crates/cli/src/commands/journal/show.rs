//! `nzimbu journal show`: one order, its history, and what to do next.

use std::process::ExitCode;

use serde::Serialize;

use super::history::Record as StepRecord;
use super::{Step, find, history};
use crate::args::daily::Show;
use crate::commands::standing;
use crate::lang::say;
use crate::output;
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    order: standing::Record<'a>,
    history: Vec<StepRecord<'a>>,
    next: &'a str,
}

pub(super) fn run(args: &Show) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let entry = find(&session, &journal, &args.which)?;
    let steps = history(&journal, &entry)?;
    let next = standing::next(&entry);
    if args.json {
        let history = steps.iter().map(Step::record).collect();
        output::json(&Record { order: standing::record(&entry), history, next: next.english() })?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(screen::facts(&standing::facts(&entry)))?;
    output::line(format!("\n{}", Step::table(&steps)))?;
    let name = say!("next:", "ensuite :");
    output::line(screen::wrapped(&format!("\n{name} {next}"), 0))?;
    Ok(ExitCode::SUCCESS)
}

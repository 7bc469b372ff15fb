//! `nzimbu batch list`.

use std::process::ExitCode;

use nzimbu_journal::{Batch, Discarded, State};
use serde::Serialize;

use super::tally::{Record, Tally};
use crate::args::batch::BatchList;
use crate::lang::say;
use crate::moment;
use crate::output;
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

/// What `--json` prints of a batch.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    batch: i64,
    label: &'a str,
    sha256: String,
    /// Milliseconds since 1970.
    created_at: i64,
    released_at: Option<i64>,
    discarded_at: Option<i64>,
    #[serde(flatten)]
    tally: Record,
}

impl<'a> Line<'a> {
    pub(super) fn of(batch: &'a Batch, discarded: Option<&Discarded>, tally: &Tally) -> Self {
        Self {
            batch: batch.id,
            label: &batch.label,
            sha256: batch.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            created_at: batch.created_at.millis,
            released_at: batch.released_at.map(|time| time.millis),
            discarded_at: discarded.map(|told| told.at.millis),
            tally: tally.record(),
        }
    }
}

pub(super) fn run(args: &BatchList) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let (mut after, mut rows) = (0, Vec::new());
    loop {
        let page = journal.batches(after, PAGE).wait().map_err(|error| Trouble::journal(&error))?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for batch in &page {
            let tally = Tally::of(&journal, batch.id).map_err(|error| Trouble::journal(&error))?;
            let discarded = journal.discarded(batch).wait().map_err(|error| Trouble::journal(&error))?;
            if args.json {
                output::json(&Line::of(batch, discarded.as_ref(), &tally))?;
                continue;
            }
            let released = match (batch.released_at, discarded) {
                (Some(time), _) => moment::plain(time),
                (None, Some(_)) => say!("given up", "abandonné").into(),
                (None, None) => say!("no", "non").into(),
            };
            let open = tally.open() + tally.people() + tally.state(State::Planned);
            rows.push(vec![
                batch.id.to_string(),
                batch.label.to_string(),
                moment::plain(batch.created_at),
                released,
                tally.rows().to_string(),
                tally.totals_on_screen(),
                tally.state(State::Succeeded).to_string(),
                tally.unpaid().to_string(),
                open.to_string(),
            ]);
        }
    }
    if args.json {
        return Ok(ExitCode::SUCCESS);
    }
    if rows.is_empty() {
        output::line(say!("there is no batch yet", "il n'y a encore aucun lot"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = [
        say!("batch", "lot"),
        say!("file", "fichier"),
        say!("planned (UTC)", "prévu (UTC)"),
        say!("released (UTC)", "libéré (UTC)"),
        say!("rows", "lignes"),
        say!("total", "total"),
        say!("paid", "payées"),
        say!("unpaid", "non payées"),
        say!("open", "ouvertes"),
    ];
    output::line(screen::table(&head, &rows))?;
    Ok(ExitCode::SUCCESS)
}

const PAGE: usize = 100;

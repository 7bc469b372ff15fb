//! `nzimbu batch discard`: a plan that nobody released is given up.

use std::process::ExitCode;

use nzimbu_journal::State;
use serde::Serialize;

use super::find;
use super::tally::Tally;
use crate::args::batch::BatchDiscard;
use crate::lang::say;
use crate::output;
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record {
    event: &'static str,
    batch: i64,
    /// Rows that were given up now.
    rows: u64,
    /// Rows that may have been sent before a backup was made, and wait for a decision each.
    left: u64,
}

pub(super) fn run(args: &BatchDiscard) -> Result<ExitCode, Trouble> {
    if args.person.trim().is_empty() {
        return Err(Trouble::usage(say!(
            "--person is empty: give the name of the person who gives the batch up",
            "--person est vide : donnez le nom de la personne qui abandonne le lot",
        )));
    }
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    let failed = |error| Trouble::journal(&error);
    let batch = find::find(&journal, &args.which)?;
    let id = batch.id;
    if batch.released_at.is_some() {
        return Err(Trouble::refused(
            "released",
            say!(
                "batch {id} was released, so that rows of it may have been sent: it cannot be given up",
                "le lot {id} a été libéré, donc des lignes ont pu partir : il ne peut être abandonné",
            ),
        )
        .with_remedy(say!(
            "go on with its file by `nzimbu batch run`; a row that is to be left out is decided by `nzimbu resolve`",
            "continuez avec son fichier par `nzimbu batch run` ; une ligne à écarter se décide par `nzimbu resolve`",
        )));
    }
    let planned = |tally: &Tally| tally.state(State::Planned);
    let before = Tally::of(&journal, id).map_err(failed)?;
    let (person, reason) = (args.person.trim(), args.reason.trim());
    let mut after = 0;
    while let Some(next) = journal.discard(&batch, person, reason, after, CHUNK).wait().map_err(failed)? {
        after = next;
    }
    let left = planned(&Tally::of(&journal, id).map_err(failed)?);
    let rows = planned(&before).saturating_sub(left);
    if args.json {
        output::json(&Record { event: "discarded", batch: id, rows, left })?;
    } else {
        let told = say!(
            "Batch {id} is given up: {rows} rows, and nothing of it was sent. Their references may stand in another file.",
            "Le lot {id} est abandonné : {rows} lignes, et rien n'en a été envoyé. Leurs références peuvent figurer dans \
             un autre fichier.",
        );
        output::line(screen::wrapped(&told.to_string(), 0))?;
        if left > 0 {
            let told = say!(
                "Rows that are left: {left}. The journal was restored since they were planned, and they may have been \
                 sent before: decide about each by `nzimbu resolve`.",
                "Lignes restantes : {left}. Le journal a été restauré depuis, et elles ont pu partir avant : décidez de \
                 chacune par `nzimbu resolve`.",
            );
            output::line(screen::wrapped(&told.to_string(), 0))?;
        }
    }
    Ok(output::exit(left == 0))
}

/// How many rows are given up in one commit.
const CHUNK: usize = 500;

//! `nzimbu batch approve`: a second person says yes.

use std::process::ExitCode;

use serde::Serialize;

use super::tally::Tally;
use super::{find, release};
use crate::args::batch::BatchApprove;
use crate::commands::confirm;
use crate::lang::{Text, say};
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record {
    event: &'static str,
    batch: i64,
    rows: u64,
    totals: Vec<String>,
}

pub(super) fn run(args: &BatchApprove) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    confirm::allowed(&session.profile, args.live)?;
    if args.person.trim().is_empty() {
        return Err(Trouble::usage(say!(
            "--person is empty: give the name of the person who approves",
            "--person est vide : donnez le nom de la personne qui approuve",
        )));
    }
    let journal = session.journal(Access::Write)?;
    let failed = |error| Trouble::journal(&error);
    let batch = find::find(&journal, &args.which)?;
    let id = batch.id;
    if batch.released_at.is_some() {
        return Err(Trouble::refused(
            "released",
            say!("batch {id} is released already", "le lot {id} est déjà libéré"),
        ));
    }
    release::not_discarded(&journal, &batch)?;
    match release::planner(&journal, &batch).map_err(failed)? {
        None => {
            return Err(Trouble::refused(
                "not-planned",
                say!(
                    "batch {id} does not wait for an approval: run `nzimbu batch run` with its file, which writes all rows \
                     down",
                    "le lot {id} n'attend pas d'approbation : lancez `nzimbu batch run` avec son fichier, qui inscrit \
                     toutes les lignes",
                ),
            ));
        }
        Some(planner) if release::is_same_person(&planner, &args.person) => {
            return Err(Trouble::refused(
                "same-person",
                say!(
                    "the person of --person planned batch {id}: somebody else has to approve it",
                    "la personne de --person a prévu le lot {id} : quelqu'un d'autre doit l'approuver",
                ),
            ));
        }
        Some(_) => {}
    }
    let tally = Tally::of(&journal, id).map_err(failed)?;
    let (rows, totals) = (tally.rows(), tally.totals().join(" "));
    let what = Text::new(
        format!("releases batch {id}: {rows} rows, {totals} in all"),
        format!("libère le lot {id} : {rows} lignes, {totals} en tout"),
    );
    confirm::typed_back(&session.profile, &what, &format!("{rows} {totals}"), None)?;
    // The rows themselves are released by the run that follows, which knows their gateways.
    release::release(&journal, &batch, args.person.trim(), &[], session.timing()?).map_err(failed)?;
    if args.json {
        output::json(&Record { event: "approved", batch: id, rows, totals: tally.totals() })?;
    } else {
        let file = &batch.label;
        output::line(say!(
            "Batch {id} is released: {rows} rows, {totals}. To send it, run `nzimbu batch run` with {file} again.",
            "Le lot {id} est libéré : {rows} lignes, {totals}. Pour l'envoyer, relancez `nzimbu batch run` avec {file}.",
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

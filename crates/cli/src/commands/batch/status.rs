//! `nzimbu batch status`.

use std::process::ExitCode;

use nzimbu_journal::{Batch, Filter, Journal, State};
use serde::Serialize;

use super::find;
use super::list::Line;
use super::tally::Tally;
use crate::args::batch::BatchStatus;
use crate::commands::standing;
use crate::lang::{Text, say};
use crate::moment;
use crate::output::{self, Style};
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

pub(super) fn run(args: &BatchStatus) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let batch = find::find(&journal, &args.which)?;
    let tally = Tally::of(&journal, batch.id).map_err(|error| Trouble::journal(&error))?;
    show(&journal, &batch, &tally, Style::of(args.json))?;
    Ok(ExitCode::from(tally.exit()))
}

#[derive(Serialize)]
struct Summary<'a> {
    event: &'static str,
    #[serde(flatten)]
    batch: Line<'a>,
    /// The first of those that wait for a person.
    orders: Vec<standing::Record<'a>>,
}

/// Counts, money, and the first rows that wait for a person.
pub(super) fn show(journal: &Journal, batch: &Batch, tally: &Tally, style: Style) -> Result<(), Trouble> {
    let mut filter = Filter::default();
    filter.batch = Some(batch.id);
    filter.needs_people = true;
    let entries = journal.list(&filter, 0, SHOWN).wait().map_err(|error| Trouble::journal(&error))?;
    let discarded = journal.discarded(batch).wait().map_err(|error| Trouble::journal(&error))?;
    let entries: Vec<_> = entries.iter().map(|(_, entry)| entry).collect();
    if style == Style::Json {
        let orders = entries.iter().map(|entry| standing::record(entry)).collect();
        output::json(&Summary {
            event: "summary",
            batch: Line::of(batch, discarded.as_ref(), tally),
            orders,
        })?;
        return Ok(());
    }
    let mut facts = vec![
        (say!("batch", "lot"), format!("{} ({})", batch.id, batch.label)),
        (say!("planned", "prévu"), moment::utc(batch.created_at)),
    ];
    facts.extend(batch.released_at.map(|time| (say!("released", "libéré"), moment::utc(time))));
    facts.extend(discarded.as_ref().map(|told| (say!("given up", "abandonné"), moment::utc(told.at))));
    facts.push((say!("rows", "lignes"), tally.rows().to_string()));
    facts.push((say!("total", "total"), tally.totals_on_screen()));
    output::line(screen::facts(&facts))?;
    let head = [say!("state", "état"), say!("rows", "lignes"), say!("amount", "montant")];
    let row = |(state, rows, money): (Text, u64, String)| vec![state.into(), rows.to_string(), money];
    let rows: Vec<_> = tally.lines().into_iter().map(row).collect();
    if !rows.is_empty() {
        output::line(screen::table(&head, &rows))?;
    }
    if let Some(first) = entries.first() {
        output::line(standing::table(&entries))?;
        output::line(screen::wrapped(&standing::next(first).to_string(), 0))?;
    }
    let told = match discarded {
        Some(_) if tally.state(State::Planned) == 0 => say!(
            "Nothing of it was sent: the batch was given up before it was released.",
            "Rien n'en a été envoyé : le lot a été abandonné avant d'être libéré.",
        ),
        _ => verdict(batch, tally),
    };
    output::line(screen::wrapped(&told.to_string(), 0))?;
    Ok(())
}

fn verdict(batch: &Batch, tally: &Tally) -> Text {
    let (open, people, unpaid) = (tally.open(), tally.people(), tally.unpaid());
    if tally.state(State::Planned) > 0 {
        let id = batch.id;
        return match batch.released_at {
            Some(_) => say!(
                "Not all rows are released: run the same `nzimbu batch run` again.",
                "Toutes les lignes ne sont pas libérées : relancez le même `nzimbu batch run`.",
            ),
            None => say!(
                "Nothing was sent: the batch is planned and not released. Run the same `nzimbu batch run` again, or, \
                 where a second person has to approve it, `nzimbu batch approve {id} --person …`.",
                "Rien n'a été envoyé : le lot est prévu et non libéré. Relancez le même `nzimbu batch run`, ou, si une \
                 seconde personne doit l'approuver, `nzimbu batch approve {id} --person …`.",
            ),
        };
    }
    match (open, people, unpaid) {
        (0, 0, 0) => say!("All rows are paid.", "Toutes les lignes sont payées."),
        (0, 0, _) => say!(
            "All rows have ended; not paid: {unpaid}. `nzimbu batch report` lists them.",
            "Toutes les lignes sont terminées ; non payées : {unpaid}. `nzimbu batch report` les liste.",
        ),
        (0, _, _) => say!(
            "Rows that wait for a person: {people}. Do not pay them again before it is known what became of them.",
            "Lignes en attente d'une personne : {people}. Ne les repayez pas avant de savoir ce qu'elles sont devenues.",
        ),
        _ => say!(
            "Rows still open: {open}; for a person: {people}. Run the same `nzimbu batch run` again, or `nzimbu \
             reconcile`; never pay them by another way meanwhile.",
            "Lignes encore ouvertes : {open} ; pour une personne : {people}. Relancez le même `nzimbu batch run`, ou \
             `nzimbu reconcile` ; ne les payez pas autrement entre-temps.",
        ),
    }
}

/// How many rows for a person are shown.
const SHOWN: usize = 20;

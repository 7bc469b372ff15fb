//! `nzimbu journal verify`: whether the history is as it was written.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use nzimbu_journal::{Audit, Filter, Flaw, Journal, verify_export};
use serde::Serialize;

use super::export::Digest;
use crate::args::daily::VerifyJournal;
use crate::lang::{Text, say};
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record {
    verdict: &'static str,
    events: u64,
    orders: u64,
    /// Events that do not fit, and were accepted by a named person.
    accepted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

pub(super) fn run(args: &VerifyJournal) -> Result<ExitCode, Trouble> {
    let (audit, sha256) = match &args.export {
        Some(file) => {
            let (audit, sha256) = exported(file)?;
            sound(&audit, None)?;
            (audit, Some(sha256))
        }
        None => {
            let session = Session::open(&args.settings)?;
            let journal = session.journal(Access::Look)?;
            let audit = checked(&journal)?;
            if let Some(flaw) = &audit.flaw {
                note(&session, flaw);
            }
            sound(&audit, Some(&journal))?;
            (audit, None)
        }
    };
    let Audit { events, orders, accepted, .. } = audit;
    if args.json {
        output::json(&Record { verdict: "sound", events, orders, accepted, sha256 })?;
    } else {
        output::line(say!(
            "sound: {events} events of {orders} orders are as they were written",
            "intact : {events} événements de {orders} commandes sont tels qu'ils ont été écrits",
        ))?;
        if accepted > 0 {
            output::line(say!(
                "{accepted} of them do not fit, and were accepted by name: `nzimbu journal show` tells by whom",
                "{accepted} d'entre eux ne concordent pas, et ont été acceptés nommément : `nzimbu journal show` dit par qui",
            ))?;
        }
        if let Some(sha256) = sha256 {
            output::line(say!("SHA-256 of the file: {sha256}", "SHA-256 du fichier : {sha256}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A journal that was opened to be looked at cannot note what was found; one that can be written is opened for it.
fn note(session: &Session, flaw: &Flaw) {
    let noted = session.journal(Access::Check).map(|journal| journal.note_damage(flaw).wait());
    if !matches!(noted, Ok(Ok(()))) {
        let told = say!(
            "this user cannot write the journal, so that nothing keeps workers from sending: stop them",
            "cet utilisateur ne peut écrire le journal, si bien que rien n'empêche les processus d'envoyer : arrêtez-les",
        );
        output::note(&told.to_string());
    }
}

pub(super) fn checked(journal: &Journal) -> Result<Audit, Trouble> {
    let bar = io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    });
    let audit = journal.verify_with(|audit| {
        if let Some(bar) = &bar {
            let (events, orders) = (audit.events, audit.orders);
            let told = say!("{events} events, {orders} orders", "{events} événements, {orders} commandes");
            bar.set_message(told.to_string());
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    audit.map_err(|error| Trouble::journal(&error))
}

fn exported(file: &Path) -> Result<(Audit, String), Trouble> {
    let unreadable = |error: io::Error| {
        let (file, reason) = (file.display(), error.kind());
        Trouble::usage(say!(
            "{file} cannot be read ({reason}): name the file that `nzimbu journal export` wrote",
            "{file} est illisible ({reason}) : indiquez le fichier écrit par `nzimbu journal export`",
        ))
    };
    let source: Box<dyn BufRead> = match file == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(file).map_err(unreadable)?)),
    };
    let mut digest = Digest::of(source);
    let audit = verify_export(BufReader::new(&mut digest)).map_err(unreadable)?;
    if audit.flaw.is_none() {
        // What follows the end belongs to the file, too.
        io::copy(&mut digest, &mut io::sink()).map_err(unreadable)?;
    }
    Ok((audit, digest.hex()))
}

/// Names the first thing that is wrong.
fn sound(audit: &Audit, journal: Option<&Journal>) -> Result<(), Trouble> {
    let Some(flaw) = &audit.flaw else { return Ok(()) };
    let trouble = Trouble::untrusted(told(flaw));
    let trouble = trouble.with_remedy(say!(
        "send nothing with this journal: keep a copy of it, find out who or what changed it, and restore the last backup; \
         without one, `nzimbu journal accept` goes on from what there is",
        "n'envoyez rien avec ce journal : gardez-en une copie, cherchez qui ou quoi l'a modifié, et restaurez la dernière \
         sauvegarde ; faute de sauvegarde, `nzimbu journal accept` repart de ce qu'il y a",
    ));
    let place = match flaw {
        Flaw::Event { order, .. } | Flaw::Missing { order, .. } | Flaw::Order { order } => Some(*order),
        _ => None,
    };
    let entry = journal.zip(place).and_then(|(journal, place)| {
        // What is wrong with it may keep it from being read.
        journal.list(&Filter::default(), place - 1, 1).wait().ok()?.pop().filter(|(found, _)| *found == place)
    });
    Err(match entry {
        Some((_, entry)) => trouble.with_order(entry.order.as_str()).with_remedy({
            let (order, gateway) = (entry.order.as_str(), &entry.gateway);
            say!("it is the order {order} at {gateway}", "c'est la commande {order} chez {gateway}")
        }),
        None => trouble,
    })
}

pub(super) fn told(flaw: &Flaw) -> Text {
    let english = flaw.to_string();
    match flaw {
        Flaw::Event { id, order } => {
            Text::new(english, format!("l'événement {id} de la commande numéro {order} a été modifié"))
        }
        Flaw::Missing { id, order } => {
            Text::new(english, format!("l'événement {id} de la commande numéro {order} a disparu"))
        }
        Flaw::Order { order } => {
            Text::new(english, format!("la commande numéro {order} ne correspond pas à son histoire"))
        }
        Flaw::Gone { order } => {
            Text::new(english, format!("la commande numéro {order} a disparu, et son histoire est là"))
        }
        Flaw::Line { number } => Text::new(english, format!("la ligne {number} de l'export a été modifiée")),
        Flaw::Cut => Text::new(english, "l'export est coupé, ou il en manque des lignes"),
        _ => Text::same(english),
    }
}

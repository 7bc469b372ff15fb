//! `nzimbu journal accept`: a named person goes on with a journal that was altered from outside.

use std::process::ExitCode;

use serde::Serialize;

use super::verify;
use crate::args::daily::Accept;
use crate::commands::confirm;
use crate::lang::{Text, say};
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record {
    done: &'static str,
    events: u64,
    orders: u64,
}

pub(super) fn run(args: &Accept) -> Result<ExitCode, Trouble> {
    for (flag, text) in [("--person", &args.person), ("--reason", &args.reason)] {
        if text.trim().is_empty() {
            return Err(Trouble::usage(say!(
                "{flag} is empty: accepting damage needs a name and a reason that others understand later",
                "{flag} est vide : accepter un dommage demande un nom et une raison que d'autres comprendront plus tard",
            )));
        }
    }
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    // What is accepted is seen first, also by whoever wants JSON.
    let found = verify::checked(&journal)?.flaw.map(|flaw| verify::told(&flaw));
    let before = journal.damage().wait().map_err(|error| Trouble::journal(&error))?;
    let nothing = || say!("there is no damage to accept", "il n'y a aucun dommage à accepter");
    let seen = found.clone().or(before.clone().map(Text::same)).unwrap_or_else(nothing);
    output::note(&seen.to_string());
    if found.is_some() || before.is_some() {
        let what = Text::new(
            "accepts a history that was altered, and sends with this journal again",
            "accepte une histoire modifiée, et envoie de nouveau avec ce journal",
        );
        confirm::typed_back(&session.profile, &what, &session.profile.name, None)?;
    }
    let accepted = journal.accept_damage(&args.person, &args.reason);
    let accepted = accepted.map_err(|error| Trouble::journal(&error))?;
    let (events, orders) = (accepted.events, accepted.orders);
    if args.json {
        output::json(&Record { done: "accepted", events, orders })?;
    } else {
        output::line(say!(
            "accepted: {events} events that do not fit, in {orders} orders; orders that were themselves altered wait for \
             `nzimbu resolve` (see `nzimbu journal list --needs-people`)",
            "accepté : {events} événements qui ne concordent pas, dans {orders} commandes ; les commandes elles-mêmes \
             modifiées attendent `nzimbu resolve` (voyez `nzimbu journal list --needs-people`)",
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

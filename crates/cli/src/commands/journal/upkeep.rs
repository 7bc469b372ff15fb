//! `nzimbu journal purge`, `restored` and `doubt`.

use std::process::ExitCode;

use nzimbu::{PaymentProvider, SharedProvider};
use serde::Serialize;

use crate::args::daily::{Doubt, Purge, Restored};
use crate::lang::say;
use crate::moment;
use crate::output;
use crate::session::{Access, Session};
use crate::trouble::Trouble;

#[derive(Serialize)]
struct Record {
    done: &'static str,
    /// Milliseconds since 1970.
    since: i64,
    /// How many orders had something to forget.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<u64>,
}

pub(super) fn purge(args: &Purge) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    let since = back(args.older_than);
    let orders = journal.purge(args.older_than).map_err(|error| Trouble::journal(&error))?;
    if args.json {
        output::json(&Record { done: "purged", since: since.millis, orders: Some(orders) })?;
    } else {
        let since = moment::utc(since);
        output::line(say!(
            "the names, numbers and addresses of {orders} orders that ended before {since} are forgotten now; there are no \
             others",
            "les noms, numéros et adresses de {orders} commandes terminées avant {since} viennent d'être oubliés ; il n'y en \
             a pas d'autres",
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restored(args: &Restored) -> Result<ExitCode, Trouble> {
    if args.person.trim().is_empty() {
        return Err(Trouble::usage(say!(
            "--person is empty: give the name of whoever restored it",
            "--person est vide : donnez le nom de qui l'a restauré",
        )));
    }
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    journal.restored(&args.person).wait().map_err(|error| Trouble::journal(&error))?;
    if args.json {
        output::json(&Record { done: "restored", since: moment::now().millis, orders: None })?;
    } else {
        output::line(say!(
            "nothing is sent any more before `nzimbu journal doubt` was run",
            "plus rien n'est envoyé avant que `nzimbu journal doubt` n'ait été lancé",
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn doubt(args: &Doubt) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    let mut providers: Vec<SharedProvider> = Vec::new();
    for gateway in session.profile.gateways() {
        // What a gateway can do needs no secret to be known.
        let stand_in = session.profile.stand_in(gateway);
        let wrong = say!("the settings are unusable:", "les réglages sont inutilisables :");
        providers.push(stand_in.map_err(|faults| Trouble::settings(wrong, &faults))?.shared());
    }
    let providers: Vec<&dyn PaymentProvider> = providers.iter().map(|provider| &**provider as _).collect();
    journal.doubt(&providers, session.timing()?, args.reach).map_err(|error| Trouble::journal(&error))?;
    let since = back(args.reach);
    if args.json {
        output::json(&Record { done: "doubted", since: since.millis, orders: None })?;
    } else {
        let since = moment::utc(since);
        output::line(say!(
            "whatever has not ended, and whatever ended after {since}, is asked for before anything is sent: run `nzimbu \
             reconcile --until-settled`",
            "tout ce qui n'est pas terminé, et tout ce qui s'est terminé après {since}, sera demandé avant tout envoi : \
             lancez `nzimbu reconcile --until-settled`",
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn back(span: std::time::Duration) -> nzimbu::UnixTime {
    let back = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    nzimbu::UnixTime { millis: moment::now().millis.saturating_sub(back) }
}

//! `nzimbu journal list`, `counts` and `strays`.

use std::process::ExitCode;

use nzimbu::{Currency, Money, Operation};
use nzimbu_journal::{Count, Filter, State};
use serde::Serialize;

use crate::args::daily::{Counts, List, StateName, Strays};
use crate::commands::standing;
use crate::lang::say;
use crate::moment;
use crate::output;
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;
use crate::words;

pub(super) fn run(args: &List) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let mut filter = Filter::default();
    filter.gateway = args.gateway.map(|gateway| gateway.as_str().to_owned());
    filter.operation = args.operation.map(Operation::from);
    filter.states = args.state.iter().copied().map(State::from).collect();
    filter.needs_people = args.needs_people;
    filter.since = args.since;
    filter.batch = args.batch;
    let (mut after, mut shown) = (0, 0_u64);
    let most = args.most.unwrap_or(u64::MAX);
    // Page by page, so that memory stays flat however many there are.
    while shown < most {
        let page = usize::try_from(most - shown).unwrap_or(PAGE).min(PAGE);
        let entries = journal.list(&filter, after, page).wait().map_err(|error| Trouble::journal(&error))?;
        let Some((last, _)) = entries.last() else { break };
        after = *last;
        shown += entries.len() as u64;
        if args.json {
            for (_, entry) in &entries {
                output::json(&standing::record(entry))?;
            }
        } else {
            let entries: Vec<_> = entries.iter().map(|(_, entry)| entry).collect();
            output::line(standing::table(&entries))?;
        }
    }
    if !args.json {
        output::note(&say!("orders: {shown}", "commandes : {shown}").to_string());
    }
    Ok(ExitCode::SUCCESS)
}

impl From<StateName> for State {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Planned => Self::Planned,
            StateName::Ready => Self::Ready,
            StateName::Sending => Self::Sending,
            StateName::Accepted => Self::Accepted,
            StateName::Unknown => Self::Unknown,
            StateName::Succeeded => Self::Succeeded,
            StateName::Failed => Self::Failed,
            StateName::Expired => Self::Expired,
            StateName::Cancelled => Self::Cancelled,
            StateName::Rejected => Self::Rejected,
        }
    }
}

#[derive(Serialize)]
struct CountRecord<'a> {
    gateway: &'a str,
    operation: Operation,
    state: &'static str,
    flags: Vec<&'static str>,
    needs_people: bool,
    orders: u64,
    amount: String,
    currency: &'a str,
}

pub(super) fn counts(args: &Counts) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let mut counts = journal.counts(args.batch).wait().map_err(|error| Trouble::journal(&error))?;
    let place = |count: &Count| (count.gateway.clone(), count.operation.as_str(), count.currency.clone());
    counts.sort_by_key(|count| (place(count), count.state, count.flags.names().collect::<Vec<_>>()));
    if args.json {
        for count in &counts {
            output::json(&CountRecord {
                gateway: &count.gateway,
                operation: count.operation,
                state: count.state.as_str(),
                flags: count.flags.names().collect(),
                needs_people: count.flags.needs_people(),
                orders: count.orders,
                amount: major(count),
                currency: &count.currency,
            })?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let head = [
        say!("gateway", "passerelle"),
        say!("direction", "sens"),
        say!("state", "état"),
        say!("beside it", "à côté"),
        say!("orders", "commandes"),
        say!("sum", "somme"),
    ];
    let rows: Vec<_> = counts
        .iter()
        .map(|count| {
            vec![
                count.gateway.to_string(),
                words::operation(count.operation).into(),
                words::state(count.state).into(),
                words::flags(count.flags).into(),
                count.orders.to_string(),
                format!("{} {}", major(count), count.currency),
            ]
        })
        .collect();
    if rows.is_empty() {
        output::line(say!("there are no orders", "il n'y a aucune commande"))?;
    } else {
        output::line(screen::table(&head, &rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The sum in the currency's own units. A sum beyond what money holds is shown in minor ones.
fn major(count: &Count) -> String {
    let minor = u64::try_from(count.minor).ok();
    let money = Currency::parse(&count.currency).ok().zip(minor);
    let money = money.and_then(|(currency, minor)| Money::from_minor(minor, currency).ok());
    money.map_or_else(|| count.minor.to_string(), Money::to_major)
}

#[derive(Serialize)]
struct StrayRecord<'a> {
    /// Milliseconds since 1970.
    at: i64,
    gateway: &'a str,
    reason: &'a str,
}

pub(super) fn strays(args: &Strays) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Look)?;
    let strays = journal.strays(args.most).wait().map_err(|error| Trouble::journal(&error))?;
    if args.json {
        for stray in &strays {
            output::json(&StrayRecord {
                at: stray.at.millis,
                gateway: &stray.gateway,
                reason: &stray.reason,
            })?;
        }
        return Ok(output::exit(strays.is_empty()));
    }
    if strays.is_empty() {
        output::line(say!("there is none", "il n'y en a pas"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let head =
        [say!("when (UTC)", "quand (UTC)"), say!("gateway", "passerelle"), say!("why it was kept", "raison")];
    let row = |stray: &nzimbu_journal::Stray| {
        vec![moment::plain(stray.at), stray.gateway.to_string(), stray.reason.to_string()]
    };
    output::line(screen::table(&head, &strays.iter().map(row).collect::<Vec<_>>()))?;
    output::line(say!(
        "Each was proven genuine: another program uses the same account, or this journal has lost orders. Look them up, \
         and run `nzimbu journal doubt` if a backup was restored.",
        "Chacune est authentique : un autre programme utilise le même compte, ou ce journal a perdu des commandes. \
         Cherchez-les, et lancez `nzimbu journal doubt` si une sauvegarde a été restaurée.",
    ))?;
    Ok(ExitCode::FAILURE)
}

const PAGE: usize = 500;

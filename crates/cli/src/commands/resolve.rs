//! `nzimbu resolve`: a named person's decision about an order.

use std::process::ExitCode;

use nzimbu::SharedProvider;
use nzimbu_journal::{Desk, Entry, Verdict};

use crate::args::Gateway;
use crate::args::daily::{Resolve, VerdictName};
use crate::commands::journal::{Step, find, history};
use crate::commands::{confirm, standing};
use crate::lang::{Text, say};
use crate::output::{self, Failure, Style};
use crate::screen;
use crate::session::{Access, Session};
use crate::trouble::Trouble;
use crate::words;

pub(crate) fn run(args: &Resolve) -> Result<ExitCode, Failure> {
    resolve(args).or_else(|trouble| trouble.end(Style::of(args.json)))
}

fn resolve(args: &Resolve) -> Result<ExitCode, Trouble> {
    for (flag, text) in [("--person", &args.person), ("--reason", &args.reason)] {
        if text.trim().is_empty() {
            return Err(Trouble::usage(say!(
                "{flag} is empty: a decision needs a name and a reason that others understand later",
                "{flag} est vide : une décision demande un nom et une raison que d'autres comprendront plus tard",
            )));
        }
    }
    let session = Session::open(&args.settings)?;
    let journal = session.journal(Access::Write)?;
    let entry = find(&session, &journal, &args.which)?;
    let verdict = Verdict::from(args.verdict);
    // What is decided upon is seen first, also by whoever wants JSON.
    output::note(&screen::facts(&standing::facts(&entry)));
    output::note(&format!("\n{}\n", Step::table(&history(&journal, &entry)?)));
    let what = words::verdict(verdict);
    let order = entry.order.as_str();
    let what = Text::new(
        format!("decides about the order {order} and {}", what.english()),
        format!("décide de la commande {order} et {}", what.french()),
    );
    confirm::typed_back(&session.profile, &what, &entry.amount.to_string(), None)?;
    let desk = desk(&session, &entry)?;
    let decided = journal.decide(&desk, &entry.order, verdict, &args.person, &args.reason).wait();
    let decided =
        decided.map_err(|error| Trouble::journal(&error).with_order(order).with_state(entry.state))?;
    if args.json {
        output::json(&standing::record(&decided))?;
    } else {
        let state = standing::state(&decided);
        output::line(say!("decided: {order} is {state}", "décidé : {order} est {state}"))?;
        output::line(standing::next(&decided))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The rules of the order's gateway, which need no secret.
fn desk(session: &Session, entry: &Entry) -> Result<Desk, Trouble> {
    let gateway = Gateway::ALL.into_iter().find(|gateway| gateway.as_str() == &*entry.gateway);
    let stand_in = gateway.map(|gateway| session.profile.stand_in(gateway));
    let provider: SharedProvider = match stand_in {
        Some(Ok(connected)) => connected.shared(),
        Some(Err(wrong)) => {
            let told = say!(
                "the settings of its gateway are unusable:",
                "les réglages de sa passerelle sont inutilisables :"
            );
            return Err(Trouble::settings(told, &wrong));
        }
        None => {
            let name = &entry.gateway;
            return Err(Trouble::usage(say!(
                "this version knows no gateway {name}: use the one that wrote the order",
                "cette version ne connaît pas la passerelle {name} : prenez celle qui a inscrit la commande",
            )));
        }
    };
    Ok(Desk::new(&*provider, entry.operation, session.timing()?))
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::Succeeded => Self::Succeeded,
            VerdictName::Failed => Self::Failed,
            VerdictName::Cancelled => Self::Cancelled,
            VerdictName::Resend => Self::Resend,
            VerdictName::Ask => Self::Ask,
        }
    }
}

//! `nzimbu reconcile`: settle what is open.

mod report;
mod tally;
mod work;

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use nzimbu_journal::{Cashier, JournalError, Stop};

use crate::args::daily::Reconcile;
use crate::lang::say;
use crate::output::{Failure, Style};
use crate::session::{Access, Session};
use crate::signals;
use crate::trouble::Trouble;

use self::report::Report;
use self::tally::{Standing, Tally};
use self::work::{Until, Worker};

pub(crate) fn run(args: &Reconcile) -> Result<ExitCode, Failure> {
    let style = Style::of(args.json);
    reconcile(args, style).or_else(|trouble| trouble.end(style))
}

fn reconcile(args: &Reconcile, style: Style) -> Result<ExitCode, Trouble> {
    let session = Session::open(&args.settings)?;
    let gateways = session.profile.gateways();
    if gateways.is_empty() {
        let name = &session.profile.name;
        return Err(Trouble::usage(say!(
            "the profile {name} has no gateway, so that nobody can be asked: add its section",
            "le profil {name} n'a aucune passerelle, donc personne à interroger : ajoutez sa section",
        )));
    }
    let journal = session.journal(Access::Write)?;
    // Nothing of such a journal can be claimed, and "everything has ended" would be no truth.
    if journal.is_doubted().wait().map_err(|error| Trouble::journal(&error))? {
        return Err(Trouble::doubted());
    }
    let cashier = session.cashier(journal, &gateways)?;
    let http = session.http()?;
    let at_once = args.at_once.or(session.profile.batch.concurrency).unwrap_or(AT_ONCE);
    let until = match (args.worker, args.until_settled) {
        (true, _) => Until::Stopped,
        (_, true) => Until::Settled,
        _ => Until::NothingDue,
    };
    let stop = Stop::new();
    let signalled = stop.clone();
    signals::at_first(move || signalled.stop())?;

    let tally = Tally::default();
    let mut report = Report::begin(style, until);
    let (sender, ended) = mpsc::channel();
    let failure = std::thread::scope(|scope| {
        for _ in 0..at_once {
            let worker = Worker { cashier: &cashier, http: &http, stop: &stop, tally: &tally, until };
            let sender = sender.clone();
            scope.spawn(move || {
                // The other end waits for as many as there are.
                let _ = sender.send(worker.run());
            });
        }
        attend(&cashier, until, &stop, &tally, &mut report, at_once, &ended)
    });
    if let Some(error) = failure {
        return Err(Trouble::journal(&error));
    }
    let standing = Standing::of(cashier.journal()).map_err(|error| Trouble::journal(&error))?;
    report.end(&cashier, &tally, &standing)?;
    Ok(match until {
        Until::Stopped => ExitCode::SUCCESS,
        _ => ExitCode::from(standing.exit()),
    })
}

/// Shows how far the workers are until all have ended; says why, if one had to give up.
fn attend(
    cashier: &Cashier,
    until: Until,
    stop: &Stop,
    tally: &Tally,
    report: &mut Report,
    workers: u32,
    ended: &mpsc::Receiver<Result<(), JournalError>>,
) -> Option<JournalError> {
    let mut failure = None;
    let mut left = workers;
    let mut looked = Instant::now();
    while left > 0 {
        match ended.recv_timeout(TICK) {
            Ok(result) => {
                left -= 1;
                if let Err(error) = result {
                    // The others cannot reach the journal either.
                    stop.stop();
                    failure.get_or_insert(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => report.tick(cashier, tally),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if until == Until::Settled && looked.elapsed() >= LOOK && tally.was_idle_for(LOOK) {
            looked = Instant::now();
            match Standing::of(cashier.journal()) {
                Ok(standing) if standing.is_settled() => stop.stop(),
                Ok(standing) => report.open(&standing),
                Err(error) => {
                    stop.stop();
                    failure.get_or_insert(error);
                }
            }
        }
    }
    failure
}

/// Calls under way at once, unless the settings say otherwise.
const AT_ONCE: u32 = 4;
const TICK: Duration = Duration::from_millis(100);
/// Counting a large journal takes a moment, so it is done while nothing else is.
const LOOK: Duration = Duration::from_millis(500);

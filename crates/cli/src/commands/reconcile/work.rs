//! One worker: rounds until it has nothing to do.

use std::time::Duration;

use nzimbu::{BlockingHttp, Operation, Transport as _};
use nzimbu_journal::{Cashier, Closed, Desk, JournalError, Stop};

use super::tally::Tally;

/// How long to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Until {
    NothingDue,
    Settled,
    Stopped,
}

pub(super) struct Worker<'a> {
    pub(super) cashier: &'a Cashier,
    pub(super) http: &'a BlockingHttp,
    pub(super) stop: &'a Stop,
    pub(super) tally: &'a Tally,
    pub(super) until: Until,
}

impl Worker<'_> {
    pub(super) fn run(&self) -> Result<(), JournalError> {
        while !self.stop.is_stopped() {
            let round = self.cashier.round(self.http)?;
            if !round.was_idle() {
                self.tally.add(round);
                continue;
            }
            let desks = self.open_desks();
            let pause = self.cashier.journal().pause(&desks, NAP).wait()?;
            // Something may be due that the pace does not allow yet.
            let nothing_due = desks.is_empty() || !pause.is_zero();
            if self.until == Until::NothingDue && nothing_due {
                return Ok(());
            }
            self.http.sleep(pause.clamp(LEAST, NAP));
        }
        Ok(())
    }

    /// The desks that are not left alone for a while.
    fn open_desks(&self) -> Vec<Desk> {
        let closed = self.cashier.closed();
        let is_closed = |desk: &Desk| {
            closed.iter().any(|(gateway, why, _)| {
                *gateway == desk.gateway() && (*why != Closed::Empty || desk.operation() == Operation::Payout)
            })
        };
        self.cashier.desks().iter().filter(|desk| !is_closed(desk)).cloned().collect()
    }
}

/// A worker looks up at least this often.
const NAP: Duration = Duration::from_millis(500);
const LEAST: Duration = Duration::from_millis(10);

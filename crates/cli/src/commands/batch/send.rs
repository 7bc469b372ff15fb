//! The rows of a batch on their way: workers until nothing is left to do.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use nzimbu::{BlockingHttp, UnixTime};
use nzimbu_journal::{Batch, Cashier, Closed, JournalError, Stop};

use super::progress::Progress;
use super::tally::Tally;

/// How long to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Until {
    /// Every row was sent once.
    Sent,
    /// Every row has ended or waits for a person.
    Settled,
}

/// Why it ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    Done,
    /// A gateway refuses us or has no money.
    Paused {
        gateway: &'static str,
        why: Closed,
        until: UnixTime,
    },
    /// Somebody wanted it.
    Stopped,
}

pub(super) struct Sending<'a> {
    pub(super) cashier: &'a Cashier,
    pub(super) http: &'a BlockingHttp,
    pub(super) batch: &'a Batch,
    pub(super) stop: &'a Stop,
    pub(super) until: Until,
    pub(super) workers: u32,
}

impl Sending<'_> {
    /// Works until the end, and shows how far it is.
    pub(super) fn run(&self, progress: &mut Progress) -> Result<End, JournalError> {
        // Apart from the one of signals, so that an end is told from a stop.
        let done = Stop::new();
        let (sender, ended) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..self.workers {
                let (sender, done) = (sender.clone(), done.clone());
                scope.spawn(move || {
                    let worked = self.cashier.work_batch(self.http, self.batch, &done);
                    // The other end waits for as many as there are.
                    let _ = sender.send(worked.map(|_| ()));
                });
            }
            self.attend(&done, &ended, progress)
        })
    }

    fn attend(
        &self,
        done: &Stop,
        ended: &mpsc::Receiver<Result<(), JournalError>>,
        progress: &mut Progress,
    ) -> Result<End, JournalError> {
        let (mut left, mut end, mut failure) = (self.workers, None, None);
        let mut next_look = Instant::now();
        while left > 0 {
            match ended.recv_timeout(TICK) {
                Ok(worked) => {
                    left -= 1;
                    if let Err(error) = worked {
                        // The others cannot reach the journal either.
                        failure.get_or_insert(error);
                        done.stop();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if done.is_stopped() {
                continue;
            }
            if self.stop.is_stopped() {
                end = Some(End::Stopped);
                progress.stopping();
                done.stop();
                continue;
            }
            let closed = self.cashier.closed();
            progress.closed(&closed);
            if let Some((gateway, why, until)) = closed.into_iter().find(|(_, why, _)| is_for_people(*why)) {
                end = Some(End::Paused { gateway, why, until });
                done.stop();
                continue;
            }
            if Instant::now() < next_look {
                continue;
            }
            let began = Instant::now();
            match Tally::of(self.cashier.journal(), self.batch.id) {
                Ok(tally) => {
                    progress.show(&tally);
                    let waited_for = match self.until {
                        Until::Sent => tally.unsent(),
                        Until::Settled => tally.open(),
                    };
                    if waited_for == 0 {
                        end = Some(End::Done);
                        done.stop();
                    }
                }
                Err(error) => {
                    failure.get_or_insert(error);
                    done.stop();
                }
            }
            // Counting a large batch takes a moment, and should not take the greater part of the time.
            next_look = Instant::now() + LOOK.max(began.elapsed() * 20);
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(end.unwrap_or(End::Done)),
        }
    }
}

/// Whether somebody has to change something before calls make sense again.
const fn is_for_people(why: Closed) -> bool {
    matches!(why, Closed::Refused | Closed::Empty)
}

const TICK: Duration = Duration::from_millis(50);
const LOOK: Duration = Duration::from_millis(500);

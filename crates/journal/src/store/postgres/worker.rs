//! The thread of one connection: takes works, runs them in transactions, and comes back after every loss.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use nzimbu_core::UnixTime;

use super::Shared;
use super::queue::Job;
use super::session::{Backend, Call, OpenError, Session};
use super::statement::Sql;
use super::trouble::Trouble;
use super::tx::{End, Mode, PgTx};
use super::value::Value;
use crate::store::{Lane, StoreError};

/// How often a transaction is repeated that the server rolled back for the sake of others.
const REPEATS: u32 = 10;
/// The pauses between two tries to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MOST_PAUSE: Duration = Duration::from_secs(2);

pub(super) struct Worker {
    shared: Arc<Shared>,
    session: Option<Session>,
    /// The server's process behind a connection that was lost: it may hold locks, or still commit.
    lost: Option<Backend>,
    pause: Duration,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, session: Option<Session>) -> Self {
        Self { shared, session, lost: None, pause: FIRST_PAUSE }
    }

    /// Works until the journal is closed.
    pub(super) fn run(mut self) {
        loop {
            if self.session.is_none() && self.connect().is_err() {
                if self.shared.queue.is_closed() {
                    self.give_up_overdue();
                    return;
                }
                continue;
            }
            let jobs = self.shared.queue.take();
            if jobs.is_empty() {
                return;
            }
            // A panic in a work is a bug. Its caller is told that the journal was closed, its transaction is rolled
            // back with its connection, and the others go on.
            if catch_unwind(AssertUnwindSafe(|| self.serve(jobs))).is_err() {
                self.lose();
            }
        }
    }

    /// Connects once; waits a little if that fails, and gives up on works that have waited too long.
    fn connect(&mut self) -> Result<(), OpenError> {
        match self.shared.connect().and_then(|session| self.settle_in(session)) {
            Ok(()) => {
                self.pause = FIRST_PAUSE;
                Ok(())
            }
            Err(error) => {
                self.shared.note_unreachable(&error);
                self.give_up_overdue();
                self.shared.queue.pause(self.pause);
                self.pause = (self.pause * 2).min(MOST_PAUSE);
                Err(error)
            }
        }
    }

    fn settle_in(&mut self, session: Session) -> Result<(), OpenError> {
        if let Some(lost) = &self.lost {
            session.end(lost).map_err(|trouble| OpenError::Refused(trouble.into_error().to_string()))?;
        }
        self.lost = None;
        self.session = Some(session);
        Ok(())
    }

    fn give_up_overdue(&self) {
        let told = self.shared.unreachable();
        for job in self.shared.queue.take_overdue(self.shared.patient_since()) {
            job.finish(Err(StoreError::Lost(told.clone())));
        }
    }

    fn lose(&mut self) {
        if let Some(session) = self.session.take() {
            self.lost = Some(session.backend().clone());
        }
    }

    /// Runs works until each is finished or back in the queue.
    fn serve(&mut self, mut jobs: Vec<Job>) {
        if jobs.len() > 1 {
            match self.attempt(&mut jobs, Mode::Group) {
                Tried::Done => return finish(jobs, &Ok(())),
                Tried::Back => return self.shared.queue.put_back(jobs),
                Tried::Unknown(told) => return finish(jobs, &Err(StoreError::Lost(told))),
                // One of them spoils it for all, or waits for somebody: each by itself.
                Tried::Failed(_) => {}
            }
        }
        let mut rest = jobs.into_iter();
        while let Some(job) = rest.next() {
            if self.session.is_none() {
                return self.shared.queue.put_back(std::iter::once(job).chain(rest).collect());
            }
            self.alone(job);
        }
    }

    /// Runs a work in a transaction of its own. The transaction, and nothing else, is repeated while that may help.
    fn alone(&mut self, job: Job) {
        let mut mode = if job.lane == Lane::Read { Mode::Read } else { Mode::Alone };
        let mut jobs = vec![job];
        for turn in 0..=REPEATS {
            let trouble = match self.attempt(&mut jobs, mode) {
                Tried::Done => return finish(jobs, &Ok(())),
                Tried::Back => return self.shared.queue.put_back(jobs),
                Tried::Unknown(told) => return finish(jobs, &Err(StoreError::Lost(told))),
                Tried::Failed(trouble) => trouble,
            };
            if turn == REPEATS || !matches!(trouble, Trouble::Repeat(_) | Trouble::Taken) {
                return finish(jobs, &Err(trouble.into_error()));
            }
            if mode == Mode::Alone {
                mode = Mode::Careful;
            }
            if turn > 0 {
                self.shared.queue.pause(Duration::from_millis(u64::from(turn) * 5));
            }
        }
    }

    /// Runs works in one transaction.
    fn attempt(&mut self, jobs: &mut [Job], mode: Mode) -> Tried {
        let Some(session) = &self.session else { return Tried::Back };
        let lost = match session.keep_time() {
            Err(trouble) => Err(trouble),
            Ok(()) => {
                let now = session.now();
                let mut tx = PgTx::new(session, mode);
                let failed = jobs.iter_mut().find_map(|job| job.work.run(&mut tx, now).err());
                match failed {
                    None => match tx.commit() {
                        End::Committed => return Tried::Done,
                        End::Failed(trouble) => Err(trouble),
                        End::Unknown(told, event) => Ok((told, event)),
                    },
                    Some(error) => {
                        // What the server said counts for more than what the work made of it.
                        let trouble = tx.trouble().unwrap_or(Trouble::Store(error));
                        match (&trouble, tx.roll_back()) {
                            (Trouble::Lost(_), _) | (_, Ok(())) => Err(trouble),
                            // The next transaction must not begin inside this one.
                            (_, Err(lost)) => Err(lost),
                        }
                    }
                }
            }
        };
        match lost {
            Err(Trouble::Lost(_)) => {
                self.lose();
                Tried::Back
            }
            Err(trouble) => Tried::Failed(trouble),
            Ok((told, event)) => {
                self.lose();
                self.look_back(jobs, told, event)
            }
        }
    }

    /// The connection was lost during a commit: looks whether it came through before anything is done again.
    fn look_back(&mut self, jobs: &[Job], told: String, event: Option<(i64, [u8; 32])>) -> Tried {
        let since = jobs.iter().map(|job| job.since).min().unwrap_or_default();
        loop {
            if self.connect().is_ok() {
                // Without an event nothing was decided: repeated, it finds what it did before.
                let Some((id, hash)) = event else { return Tried::Back };
                let session = self.session.as_ref();
                let which = vec![Value::Int8(id), Value::bytes(&hash)];
                match session.map(|session| session.call_one(Call::Ask(Sql::WasWritten, which))) {
                    Some(Ok(answer)) if answer.rows.is_empty() => return Tried::Back,
                    Some(Ok(_)) => return Tried::Done,
                    Some(Err(_)) | None => self.lose(),
                }
            }
            if self.shared.queue.is_closed() || since < self.shared.patient_since() {
                return Tried::Unknown(format!("the connection was lost during a commit: {told}"));
            }
        }
    }
}

/// How a try ended.
enum Tried {
    Done,
    /// It did nothing, and the connection is gone or new: later.
    Back,
    Failed(Trouble),
    /// It may be committed or not.
    Unknown(String),
}

fn finish(jobs: Vec<Job>, outcome: &Result<(), StoreError>) {
    for job in jobs {
        job.finish(outcome.clone());
    }
}

impl Shared {
    /// Works that were handed in before this have waited long enough.
    fn patient_since(&self) -> UnixTime {
        let patience = i64::try_from(self.settings.patience.as_millis()).unwrap_or(i64::MAX);
        UnixTime { millis: self.settings.clock.now().millis.saturating_sub(patience) }
    }
}

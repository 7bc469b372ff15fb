//! Workers as tasks: they begin again after a failure, and stop cleanly.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nzimbu_core::{AsyncTransport, UnixTime};
use tokio::task::JoinHandle;

use super::{Cashier, Stop};
use crate::trace;

/// Workers that run as tasks of the tokio runtime. Dropped, they finish what they have hold of and stop;
/// [`finish`](Self::finish) waits for that.
#[must_use = "workers that are dropped stop"]
pub struct Workers {
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

/// Why workers had to begin again.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Trouble {
    /// When it last happened.
    pub at: UnixTime,
    /// How often it happened so far, over all workers.
    pub times: u64,
    /// What the journal said last, or that a worker panicked.
    pub message: String,
}

impl Cashier {
    /// Starts `count` workers, each as [`work_async`](Self::work_async).
    ///
    /// A worker whose journal fails, or that panics, begins again after a pause that is doubled from a quarter of a
    /// second to half a minute; [`Workers::trouble`] tells. What it had hold of is asked for when its lease is over.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn_workers(&self, http: Arc<dyn AsyncTransport>, count: usize) -> Workers {
        let (stop, trouble) = (Stop::new(), Arc::default());
        let tasks = (0..count)
            .map(|_| {
                let supervisor = Supervisor {
                    cashier: self.clone(),
                    http: Arc::clone(&http),
                    stop: stop.clone(),
                    trouble: Arc::clone(&trouble),
                };
                tokio::spawn(supervisor.run())
            })
            .collect();
        Workers { stop, tasks, trouble }
    }
}

impl Workers {
    /// Asks them to stop, without waiting.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Stops them and waits until they have finished what they had hold of: one call each, as long as the transport's
    /// total time-out at most, and its answer written down.
    pub async fn finish(mut self) {
        self.stop.stop();
        for task in std::mem::take(&mut self.tasks) {
            // A supervisor does not panic; one that the runtime took down has nothing more to finish.
            let _ = task.await;
        }
    }

    /// The last failure, if there was any: for a health check.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Workers");
        shown.field("count", &self.tasks.len()).field("stop", &self.stop.is_stopped()).finish_non_exhaustive()
    }
}

struct Supervisor {
    cashier: Cashier,
    http: Arc<dyn AsyncTransport>,
    stop: Stop,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

impl Supervisor {
    async fn run(self) {
        let mut pause = FIRST_PAUSE;
        while !self.stop.is_stopped() {
            let (cashier, http, stop) = (self.cashier.clone(), Arc::clone(&self.http), self.stop.clone());
            let began = self.cashier.journal().now();
            // A task of its own, so that a panic ends it alone.
            let worker = tokio::spawn(async move { cashier.work_async(&*http, &stop).await.map(|_| ()) });
            let message = match worker.await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(error) if error.is_panic() => "a worker panicked".to_owned(),
                // The runtime is going down.
                Err(_) => return,
            };
            let now = self.cashier.journal().now();
            if now.since(began) > MOST_PAUSE {
                pause = FIRST_PAUSE;
            }
            trace::worker_failed(&message);
            self.note(now, message);
            self.rest(pause).await;
            pause = (pause * 2).min(MOST_PAUSE);
        }
    }

    fn note(&self, at: UnixTime, message: String) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let times = trouble.as_ref().map_or(1, |before| before.times + 1);
        *trouble = Some(Trouble { at, times, message });
    }

    /// Waits, and looks up now and then whether it was stopped.
    async fn rest(&self, pause: Duration) {
        let mut left = pause;
        while !left.is_zero() && !self.stop.is_stopped() {
            let nap = left.min(super::NAP);
            self.http.sleep(nap).await;
            left -= nap;
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const MOST_PAUSE: Duration = Duration::from_secs(30);

//! Passes changes on until the application has acknowledged each.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use nzimbu::{AsyncHttp, AsyncTransport as _};
use nzimbu_journal::{Journal, JournalError, Notice, Stop};

use super::show::{Show, Undelivered};
use super::webhook::{self, Keys};
use crate::moment;

/// The changes stay in the journal's outbox, so that nothing is lost with this process.
pub(super) struct Forwarder {
    journal: Journal,
    http: AsyncHttp,
    url: String,
    keys: Keys,
    identity: String,
    show: Show,
    /// What was taken and has its turn, the oldest first.
    queue: VecDeque<Notice>,
    taken_at: Instant,
    /// What the application answered otherwise than with 2xx: how often, and when it is told again.
    refused: BTreeMap<i64, (u32, Instant)>,
    /// Failures in a row, whatever they were about.
    failures: u32,
}

impl Forwarder {
    pub(super) fn new(
        journal: Journal,
        http: AsyncHttp,
        url: String,
        keys: Keys,
        identity: String,
        show: Show,
    ) -> Self {
        let (queue, refused) = (VecDeque::new(), BTreeMap::new());
        Self {
            journal,
            http,
            url,
            keys,
            identity,
            show,
            queue,
            taken_at: Instant::now(),
            refused,
            failures: 0,
        }
    }

    /// Goes on until it is stopped.
    pub(super) async fn run(mut self, stop: Stop) {
        while !stop.is_stopped() {
            let pause = match self.turn().await {
                Ok(pause) => pause,
                Err(error) => {
                    self.show.journal(&error.to_string());
                    JOURNAL_PAUSE
                }
            };
            let until = Instant::now() + pause;
            while !stop.is_stopped() && Instant::now() < until {
                tokio::time::sleep(NAP.min(until.saturating_duration_since(Instant::now()))).await;
            }
        }
    }

    /// Tells of one change, and says how long to wait before the next.
    async fn turn(&mut self) -> Result<Duration, JournalError> {
        if self.queue.is_empty() || self.taken_at.elapsed() > USE {
            // What was held for too long comes again.
            self.queue = self.journal.notices(MOST, HOLD).await?.into();
            self.taken_at = Instant::now();
        }
        let Some(notice) = self.queue.pop_front() else { return Ok(IDLE) };
        let tried = self.refused.get(&notice.id).copied();
        if tried.is_some_and(|(_, again)| again > Instant::now()) {
            return Ok(Duration::ZERO);
        }
        let id = webhook::id(&self.identity, &notice);
        let timestamp = moment::now().millis.div_euclid(1_000);
        let request = webhook::request(&self.url, &self.keys, &id, timestamp, &notice);
        let attempt = tried.map_or(0, |(times, _)| times) + 1;
        match self.http.send(&request).await {
            Ok(reply) if (200..300).contains(&reply.status) => {
                self.journal.acknowledge(std::slice::from_ref(&notice)).await?;
                self.refused.remove(&notice.id);
                self.failures = 0;
                self.show.forwarded(&id, &notice, reply.status);
                Ok(Duration::ZERO)
            }
            Ok(reply) => {
                self.failures = self.failures.saturating_add(1);
                let asked = reply.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
                let asked = Duration::from_secs(asked.unwrap_or(0)).min(MOST_PAUSE);
                let pause = backoff(attempt, MOST_PAUSE).max(asked);
                self.show.not_forwarded(&id, &notice, Undelivered::Status(reply.status), pause);
                self.refused.insert(notice.id, (attempt, Instant::now() + pause));
                // Others have their turn, yet an application in trouble is not overrun.
                Ok(backoff(self.failures, MOST_REST).max(asked.min(MOST_REST)))
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let pause = backoff(self.failures, MOST_REST);
                self.show.not_forwarded(&id, &notice, Undelivered::Unreached(error.to_string()), pause);
                // Nobody is there: it keeps its turn.
                self.queue.push_front(notice);
                Ok(pause)
            }
        }
    }
}

/// Doubled after each failure, up to a quarter longer or shorter by chance, so that many do not come at once.
fn backoff(times: u32, most: Duration) -> Duration {
    let doubled =
        FIRST.saturating_mul(1_u32.checked_shl(times.saturating_sub(1).min(20)).unwrap_or(u32::MAX));
    let chance = u32::try_from(webhook::random() % 512).unwrap_or_default();
    doubled.min(most) / 4 * 3 + doubled.min(most) / 1024 * chance
}

/// How many are taken at once.
const MOST: usize = 32;
/// How long they are held, and how much of that is used: the rest is for the call that is under way.
const HOLD: Duration = Duration::from_secs(20);
const USE: Duration = Duration::from_secs(8);
const IDLE: Duration = Duration::from_millis(300);
const NAP: Duration = Duration::from_millis(200);
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause of a change that is refused again and again.
const MOST_PAUSE: Duration = Duration::from_secs(3_600);
/// The longest pause of an application that does not answer.
const MOST_REST: Duration = Duration::from_secs(60);
const JOURNAL_PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_most() {
        for (times, least, most) in [(1, 375, 625), (2, 750, 1_250), (5, 6_000, 10_000), (40, 45_000, 75_000)]
        {
            for _ in 0..20 {
                let pause = backoff(times, MOST_REST).as_millis();
                assert!((least..=most).contains(&pause), "{times}: {pause}");
            }
        }
    }
}

//! How the orders of one gateway and direction are settled, as data.

use std::time::Duration;

use nzimbu_core::{Capabilities, Repeats};

/// The times that no gateway documents. Each is an assumption with a default, and a setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Timing {
    /// How long a worker may take for one call before its row counts as abandoned (90 s). Longer than the total
    /// time-out of the transport.
    pub lease: Duration,
    /// How long a request can be under way at most before it arrives or is lost, the largest step of the
    /// machine's clock included (15 minutes). Two "not known" answers this far apart permit sending the order
    /// again under the same key.
    pub grace: Duration,
    /// How long a gateway remembers an idempotency key (24 hours). Only gateways that cannot be asked need it.
    pub key_life: Duration,
    /// When an order that has not ended is handed to a person (72 hours).
    pub deadline: Duration,
    /// The pause before the first question about an order, doubled after each (5 s).
    pub first_poll: Duration,
    /// The longest pause between two questions (10 minutes).
    pub most_poll: Duration,
    /// The pause before an order that provably was not executed is sent again, doubled after each (2 s).
    pub first_retry: Duration,
    /// The shortest pause between two questions that callbacks bring about (10 s), so that a flood of forged
    /// hints is no flood of questions.
    pub wake_pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        Self {
            lease: Duration::from_secs(90),
            grace: Duration::from_secs(15 * MINUTE),
            key_life: Duration::from_secs(24 * HOUR),
            deadline: Duration::from_secs(72 * HOUR),
            first_poll: Duration::from_secs(5),
            most_poll: Duration::from_secs(10 * MINUTE),
            first_retry: Duration::from_secs(2),
            wake_pause: Duration::from_secs(10),
        }
    }
}

impl Timing {
    /// The time by which an order has ended or waits for a person, once the gateway answers again and a worker
    /// runs: the deadline, and from there one pause between two questions, one lease and one grace period.
    #[must_use]
    pub fn bound(&self) -> Duration {
        self.deadline + self.most_poll + self.most_poll / 4 + self.lease + self.grace
    }
}

/// What settles an order: the gateway's capabilities in one direction, and [`Timing`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
    pub(crate) repeats: Repeats,
    pub(crate) can_ask: bool,
    pub(crate) states_amount: bool,
    pub(crate) timing: Timing,
}

impl Rules {
    /// The rules of a gateway in one direction.
    #[must_use]
    pub fn new(capabilities: &Capabilities, timing: Timing) -> Self {
        Self {
            repeats: capabilities.repeats,
            can_ask: capabilities.status_by_order,
            states_amount: capabilities.states_amount,
            timing,
        }
    }

    /// The pause before question number `asked` about the order of this key: doubling, and up to a quarter longer
    /// or shorter by the key, so that orders made together are not asked for together.
    pub(crate) fn poll(&self, asked: u32, key: &[u8; 16]) -> Duration {
        jittered(self.timing.first_poll, self.timing.most_poll, asked, key)
    }

    /// The pause before an order is sent for the `attempts`th time.
    pub(crate) fn retry(&self, attempts: u32, key: &[u8; 16]) -> Duration {
        jittered(self.timing.first_retry, self.timing.most_poll, attempts.saturating_sub(1), key)
    }
}

fn jittered(first: Duration, most: Duration, turn: u32, key: &[u8; 16]) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(turn.min(20)).unwrap_or(u32::MAX)).min(most);
    // The key is a digest, so its bytes are as good as dice, and a replayed simulation rolls the same.
    let place = (turn % 16) as usize;
    let dice = u32::from(key[place]) ^ u32::from(key[(place + 7) % 16]);
    // Between three quarters and five quarters.
    doubled / 4 * 3 + doubled / 512 * dice
}

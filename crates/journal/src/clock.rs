//! The journal's time.

use std::fmt;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use nzimbu_core::UnixTime;

/// Tells the journal the time. Leases, pauses and the grace period are measured by it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time. It must not jump forward while the process runs: a jump would cut the grace period short.
    fn now(&self) -> UnixTime;
}

/// The clock of the machine, read once; from there on time goes by the machine's monotonic clock, so that setting the
/// clock moves nothing.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock {
    at_start: UnixTime,
    start: Instant,
}

impl SteadyClock {
    /// Reads the clock.
    #[must_use]
    pub fn new() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { at_start: UnixTime { millis: 0 }.plus(since_1970), start: Instant::now() }
    }
}

impl Default for SteadyClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> UnixTime {
        self.at_start.plus(self.start.elapsed())
    }
}

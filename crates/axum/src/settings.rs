//! The bounds of the endpoint, the secret part of its path, and what it counts.

use std::fmt;
use std::time::Duration;

use nzimbu_core::Secret;

/// How requests to the notify addresses are bounded. Start from [`Settings::default`] and set the fields that matter.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The longest body in bytes (64 KiB); a longer one is answered with 413. Callbacks have less than two.
    pub body_cap: usize,
    /// How long a body may take to arrive (10 s); a slower one is answered with 408.
    pub body_time: Duration,
    /// How long the journal may take (10 s) before the answer is 503. What it still writes afterwards makes the
    /// gateway's next attempt a replay.
    pub journal_time: Duration,
    /// How many requests are served at once (256), each with a body of its own; further ones are answered with 503.
    pub at_once: usize,
    /// A part of the path that nobody can guess, before the gateway's name: `/{segment}/{gateway}`. It keeps strangers
    /// from the notices that no gateway signs. It is no substitute for a signature: addresses stand in logs of proxies.
    pub segment: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            body_cap: 64 * 1024,
            body_time: Duration::from_secs(10),
            journal_time: Duration::from_secs(10),
            at_once: 256,
            segment: None,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let mut faults = Vec::new();
        if self.body_cap == 0 {
            faults.push("`body_cap` is 0, so that no callback fits: leave the default");
        }
        if self.body_time.is_zero() || self.journal_time.is_zero() {
            faults.push("`body_time` and `journal_time` must be longer than nothing: leave the defaults");
        }
        if self.at_once == 0 || self.at_once > tokio::sync::Semaphore::MAX_PERMITS {
            faults.push("`at_once` must be at least 1 and a number of requests that fits into memory");
        }
        let plain = |sign: u8| sign.is_ascii_alphanumeric() || sign == b'-' || sign == b'_';
        if self.segment.as_ref().is_some_and(|segment| {
            segment.expose().len() < SHORTEST_SEGMENT || !segment.expose().bytes().all(plain)
        }) {
            faults.push("`segment` must be 16 or more letters, digits, `-` and `_`: take a random text");
        }
        if faults.is_empty() { Ok(()) } else { Err(SettingsError(faults)) }
    }
}

const SHORTEST_SEGMENT: usize = 16;

/// Settings that make no sense; names every fault with its remedy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingsError(Vec<&'static str>);

impl SettingsError {
    /// The faults, one by one.
    pub fn faults(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for SettingsError {}

/// What came in since the start; nothing else is kept of what was refused.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tally {
    /// Checks whether the address answers.
    pub pings: u64,
    /// Callbacks that were written down, or verified where there is no journal.
    pub noted: u64,
    /// Callbacks that were there before.
    pub replays: u64,
    /// Callbacks of unknown orders.
    pub strays: u64,
    /// What is no callback: forged, malformed, too long, too slow, for nobody.
    pub refused: u64,
    /// What could not be taken in: too many at once, or the journal failed. The gateway repeats it, or the worker asks.
    pub turned_away: u64,
}

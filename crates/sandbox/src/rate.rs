//! Counting calls in a span of time.

use std::time::Duration;

use crate::moment::Moment;

/// How many calls came in the present span.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    span: Duration,
    limit: u32,
    start: Moment,
    used: u32,
}

impl Rate {
    pub(crate) fn new(limit: u32, span: Duration) -> Rate {
        Rate { span, limit, start: Moment::from_unix_micros(0), used: 0 }
    }

    /// Counts a call. How many are left after it; nothing when there was none left.
    pub(crate) fn take(&mut self, now: Moment) -> Option<u32> {
        // A clock that was set back begins a new span too.
        if now < self.start || now >= self.start.plus(self.span) {
            (self.start, self.used) = (now, 0);
        }
        if self.used >= self.limit {
            return None;
        }
        self.used += 1;
        Some(self.limit - self.used)
    }

    /// How long until calls are served again, in whole seconds.
    pub(crate) fn wait(&self, now: Moment) -> u64 {
        now.until(self.start.plus(self.span)).as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_within_a_span_only() {
        let at = |seconds: u64| Moment::from_unix_micros(1_000_000_000 + seconds * 1_000_000);
        let mut rate = Rate::new(2, Duration::from_secs(60));
        assert_eq!([rate.take(at(0)), rate.take(at(1)), rate.take(at(59))], [Some(1), Some(0), None]);
        assert_eq!(rate.wait(at(59)), 1);
        assert_eq!([rate.take(at(60)), rate.take(at(0))], [Some(1), Some(1)]);
    }
}

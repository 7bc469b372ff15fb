//! The time of the sandbox: that of the machine, shifted, or standing still.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// The clock that all gateways go by.
pub(crate) struct Clock(Mutex<Pace>);

/// How the clock goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// With the machine.
    #[default]
    Real,
    /// As fast as the machine's, so many microseconds ahead of it (or behind).
    Moved(i64),
    /// Not at all.
    Frozen(Moment),
}

impl Clock {
    pub(crate) fn new(pace: Pace) -> Clock {
        Clock(Mutex::new(pace))
    }

    pub(crate) fn now(&self) -> Moment {
        self.pace().now()
    }

    pub(crate) fn pace(&self) -> Pace {
        *self.lock()
    }

    pub(crate) fn set_pace(&self, pace: Pace) {
        *self.lock() = pace;
    }

    fn lock(&self) -> MutexGuard<'_, Pace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    pub(crate) fn now(self) -> Moment {
        let machine: Moment = SystemTime::now().into();
        match self {
            Pace::Real => machine,
            Pace::Moved(micros) => machine.shifted(micros),
            Pace::Frozen(at) => at,
        }
    }

    /// The same pace, so much later.
    pub(crate) fn later(self, span: Duration) -> Pace {
        let span_micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        match self {
            Pace::Real => Pace::Moved(span_micros),
            Pace::Moved(micros) => Pace::Moved(micros.saturating_add(span_micros)),
            Pace::Frozen(at) => Pace::Frozen(at.plus(span)),
        }
    }

    /// The same pace, with this as the present.
    pub(crate) fn at(self, moment: Moment) -> Pace {
        match self {
            Pace::Frozen(_) => Pace::Frozen(moment),
            Pace::Real | Pace::Moved(_) => {
                let machine: Moment = SystemTime::now().into();
                Pace::Moved(machine.distance(moment))
            }
        }
    }

    pub(crate) fn frozen(self) -> Pace {
        Pace::Frozen(self.now())
    }

    /// Goes on from where it stands.
    pub(crate) fn running(self) -> Pace {
        match self {
            Pace::Frozen(at) => Pace::Real.at(at),
            running => running,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Pace::Real => "real",
            Pace::Moved(_) => "moved",
            Pace::Frozen(_) => "frozen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_and_jumps() {
        let at = Moment::from_unix_micros(1_000_000);
        let clock = Clock::new(Pace::Frozen(at));
        assert_eq!(clock.now(), at);
        clock.set_pace(clock.pace().later(Duration::from_secs(300)));
        assert_eq!(clock.now(), at.plus(Duration::from_secs(300)));
        clock.set_pace(clock.pace().running());
        let now = clock.now();
        assert!(now >= at.plus(Duration::from_secs(300)) && now < at.plus(Duration::from_secs(400)));
        assert_eq!(clock.pace().name(), "moved");
        assert_eq!(clock.pace().frozen().name(), "frozen");
    }
}

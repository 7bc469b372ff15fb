//! What time itself will do to the orders of one gateway.

use std::collections::BTreeMap;

use crate::moment::Moment;

/// Events in order of time, those of one moment in order of arrival.
#[derive(Debug)]
pub(crate) struct Schedule<T> {
    events: BTreeMap<(Moment, u64), T>,
    count: u64,
}

impl<T> Schedule<T> {
    pub(crate) fn new() -> Schedule<T> {
        Schedule { events: BTreeMap::new(), count: 0 }
    }

    pub(crate) fn add(&mut self, due: Moment, event: T) {
        self.count += 1;
        self.events.insert((due, self.count), event);
    }

    /// Takes the next event that is due by `now`.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<T> {
        let entry = self.events.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.events.first_key_value().map(|((due, _), _)| *due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_what_is_due_in_order() {
        let at = Moment::from_unix_micros;
        let mut schedule = Schedule::new();
        schedule.add(at(20), "late");
        schedule.add(at(10), "first");
        schedule.add(at(10), "second");
        assert_eq!(schedule.next_due(), Some(at(10)));
        assert_eq!(schedule.take_due(at(9)), None);
        assert_eq!(schedule.take_due(at(15)), Some("first"));
        assert_eq!(schedule.take_due(at(15)), Some("second"));
        assert_eq!(schedule.take_due(at(15)), None);
        assert_eq!(schedule.take_due(at(20)), Some("late"));
        assert_eq!(schedule.next_due(), None);
    }
}

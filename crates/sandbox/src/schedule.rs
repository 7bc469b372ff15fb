//! What time itself will do to the orders of one gateway.

use std::collections::BTreeMap;
#[cfg(feature = "store")]
use std::sync::Arc;

use crate::moment::Moment;
#[cfg(feature = "store")]
use crate::store::file::File;
use crate::store::{Kept, Medium, Store};

/// Events in order of time, those of one moment in order of arrival.
pub(crate) struct Schedule<T> {
    #[cfg(feature = "store")]
    drawer: String,
    store: Store,
    shelf: Shelf<T>,
}

enum Shelf<T> {
    Memory(BTreeMap<(Moment, u64), T>),
    #[cfg(feature = "store")]
    File {
        file: Arc<File>,
        /// Known without asking, because every call asks.
        next: Option<(Moment, u64, T)>,
    },
}

impl<T: Kept> Schedule<T> {
    #[cfg_attr(not(feature = "store"), allow(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn open(store: &Store, drawer: &'static str) -> Schedule<T> {
        #[cfg(feature = "store")]
        let drawer = store.drawer(drawer);
        let shelf = match &store.medium {
            Medium::Memory => Shelf::Memory(BTreeMap::new()),
            #[cfg(feature = "store")]
            Medium::File(file) => Shelf::File { next: file.next_event(&drawer), file: Arc::clone(file) },
        };
        Schedule {
            #[cfg(feature = "store")]
            drawer,
            store: store.clone(),
            shelf,
        }
    }

    pub(crate) fn add(&mut self, due: Moment, event: T) {
        let seq = self.store.next_serial();
        match &mut self.shelf {
            Shelf::Memory(events) => {
                events.insert((due, seq), event);
            }
            #[cfg(feature = "store")]
            Shelf::File { file, next } => {
                file.add_event(&self.drawer, due, seq, &event);
                if next.as_ref().is_none_or(|(first, ..)| due < *first) {
                    *next = Some((due, seq, event));
                }
            }
        }
    }

    /// Takes the next event that is due by `now`.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<T> {
        match &mut self.shelf {
            Shelf::Memory(events) => {
                let entry = events.first_entry()?;
                (entry.key().0 <= now).then(|| entry.remove())
            }
            #[cfg(feature = "store")]
            Shelf::File { file, next } => {
                let (due, seq, event) = next.take_if(|(due, ..)| *due <= now)?;
                file.remove_event(&self.drawer, due, seq);
                *next = file.next_event(&self.drawer);
                Some(event)
            }
        }
    }

    pub(crate) fn next_due(&self) -> Option<Moment> {
        match &self.shelf {
            Shelf::Memory(events) => events.first_key_value().map(|((due, _), _)| *due),
            #[cfg(feature = "store")]
            Shelf::File { next, .. } => next.as_ref().map(|(due, ..)| *due),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_what_is_due_in_order() {
        check(&Store::memory());
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_file_hands_out_the_same() {
        let path = std::env::temp_dir().join(format!("nzimbu-schedule-{}.db", std::process::id()));
        let store = Store::open(&path).expect("the directory for temporary files can be written");
        check(&store);
        store.close();
        std::fs::remove_file(&path).expect("the file is there");
    }

    fn check(store: &Store) {
        let at = Moment::from_unix_micros;
        let mut schedule = Schedule::<String>::open(store, "test");
        schedule.add(at(20), "late".to_owned());
        schedule.add(at(10), "first".to_owned());
        schedule.add(at(10), "second".to_owned());
        assert_eq!(schedule.next_due(), Some(at(10)));
        assert_eq!(schedule.take_due(at(9)), None);
        assert_eq!(schedule.take_due(at(15)).as_deref(), Some("first"));
        assert_eq!(schedule.take_due(at(15)).as_deref(), Some("second"));
        assert_eq!(schedule.take_due(at(15)), None);
        assert_eq!(schedule.take_due(at(20)).as_deref(), Some("late"));
        assert_eq!(schedule.next_due(), None);
    }
}

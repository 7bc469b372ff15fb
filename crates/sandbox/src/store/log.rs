//! What happened, in order: only added to, read from the end or by key.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

#[cfg(feature = "store")]
use super::file::File;
use super::{Kept, Medium, Store};

/// Lines in order of arrival, each with a number and a key.
pub(crate) struct Log<T> {
    #[cfg(feature = "store")]
    drawer: String,
    store: Store,
    shelf: Shelf<T>,
}

enum Shelf<T> {
    /// The oldest go when there are too many.
    Memory {
        /// Number, key, line.
        lines: VecDeque<(u64, Arc<str>, T)>,
        by_key: BTreeMap<Arc<str>, VecDeque<u64>>,
        limit: usize,
    },
    #[cfg(feature = "store")]
    File(Arc<File>),
}

impl<T: Kept + Clone> Log<T> {
    /// Memory keeps the last `limit` lines; a file keeps all.
    #[cfg_attr(not(feature = "store"), allow(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn open(store: &Store, drawer: &'static str, limit: usize) -> Log<T> {
        #[cfg(feature = "store")]
        let drawer = store.drawer(drawer);
        let shelf = match &store.medium {
            Medium::Memory => Shelf::Memory { lines: VecDeque::new(), by_key: BTreeMap::new(), limit },
            #[cfg(feature = "store")]
            Medium::File(file) => {
                file.open_log(&drawer);
                Shelf::File(Arc::clone(file))
            }
        };
        Log {
            #[cfg(feature = "store")]
            drawer,
            store: store.clone(),
            shelf,
        }
    }

    pub(crate) fn push(&mut self, key: &str, line: T) -> u64 {
        let serial = self.store.next_serial();
        match &mut self.shelf {
            Shelf::Memory { lines, by_key, limit } => {
                if lines.len() >= *limit
                    && let Some((_, oldest, _)) = lines.pop_front()
                    && let Some(serials) = by_key.get_mut(&oldest)
                {
                    serials.pop_front();
                    if serials.is_empty() {
                        by_key.remove(&oldest);
                    }
                }
                let key: Arc<str> = match by_key.get_key_value(key) {
                    Some((known, _)) => Arc::clone(known),
                    None => key.into(),
                };
                by_key.entry(Arc::clone(&key)).or_default().push_back(serial);
                lines.push_back((serial, key, line));
            }
            #[cfg(feature = "store")]
            Shelf::File(file) => file.insert_line(&self.drawer, serial, key, &line),
        }
        serial
    }

    /// The last `limit` lines, oldest first.
    pub(crate) fn tail(&self, limit: usize) -> Vec<T> {
        let mut lines: Vec<T> =
            self.newest(None, u64::MAX, limit).into_iter().map(|(_, line)| line).collect();
        lines.reverse();
        lines
    }

    /// Up to `limit` lines below `before`, newest first, of one key or of all.
    pub(crate) fn newest(&self, key: Option<&str>, before: u64, limit: usize) -> Vec<(u64, T)> {
        match (&self.shelf, key) {
            (Shelf::Memory { lines, .. }, None) => lines
                .iter()
                .rev()
                .filter(|(serial, ..)| *serial < before)
                .take(limit)
                .map(|(serial, _, line)| (*serial, line.clone()))
                .collect(),
            (Shelf::Memory { lines, by_key, .. }, Some(key)) => by_key
                .get(key)
                .into_iter()
                .flatten()
                .rev()
                .filter(|serial| **serial < before)
                .take(limit)
                .filter_map(|serial| {
                    let at = lines.binary_search_by_key(serial, |(serial, ..)| *serial).ok()?;
                    Some((*serial, lines[at].2.clone()))
                })
                .collect(),
            #[cfg(feature = "store")]
            (Shelf::File(file), key) => file.lines(&self.drawer, key, before, limit),
        }
    }

    /// How many lines each key has, for keys that begin with `prefix` and come after `after`, by key.
    pub(crate) fn tally(&self, prefix: &str, after: &str, limit: usize) -> Vec<(String, usize)> {
        match &self.shelf {
            Shelf::Memory { by_key, .. } => {
                let start = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
                by_key
                    .range::<str, _>((start, Bound::Unbounded))
                    .take_while(|(key, _)| key.starts_with(prefix))
                    .take(limit)
                    .map(|(key, serials)| (key.to_string(), serials.len()))
                    .collect()
            }
            #[cfg(feature = "store")]
            Shelf::File(file) => file.tally(&self.drawer, prefix, after, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_and_counted_by_key() {
        check(&Store::memory());
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_file_finds_and_counts_the_same() {
        let path = std::env::temp_dir().join(format!("nzimbu-log-{}.db", std::process::id()));
        let store = Store::open(&path).expect("the directory for temporary files can be written");
        check(&store);
        store.close();
        std::fs::remove_file(&path).expect("the file is there");
    }

    fn check(store: &Store) {
        let mut log = Log::<u32>::open(store, "test", 100);
        for (key, line) in [("B-1", 1), ("A-1", 2), ("B-1", 3), ("B-2", 4), ("C", 5)] {
            log.push(key, line);
        }
        let lines = |key| log.newest(key, u64::MAX, 9).into_iter().map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(lines(Some("B-1")), [3, 1]);
        assert_eq!(lines(None), [5, 4, 3, 2, 1]);
        assert!(lines(Some("B")).is_empty());
        let (newest, _) = log.newest(Some("B-1"), u64::MAX, 1)[0];
        assert_eq!(log.newest(Some("B-1"), newest, 9).len(), 1);
        let tally = |prefix, after, limit| {
            let keys = log.tally(prefix, after, limit).into_iter();
            keys.map(|(key, count)| format!("{key} {count}")).collect::<Vec<_>>()
        };
        assert_eq!(tally("", "", 9), ["A-1 1", "B-1 2", "B-2 1", "C 1"]);
        assert_eq!(tally("B", "", 9), ["B-1 2", "B-2 1"]);
        assert_eq!(tally("B", "B-1", 9), ["B-2 1"]);
        assert_eq!(tally("", "A-1", 2), ["B-1 2", "B-2 1"]);
        assert!(tally("D", "", 9).is_empty());
    }

    #[test]
    fn memory_forgets_the_oldest_with_its_key() {
        let mut log = Log::<u32>::open(&Store::memory(), "test", 2);
        for (key, line) in [("A", 1), ("A", 2), ("B", 3), ("B", 4)] {
            log.push(key, line);
        }
        assert_eq!(log.tail(9), [3, 4]);
        assert!(log.newest(Some("A"), u64::MAX, 9).is_empty());
        assert_eq!(log.tally("", "", 9), [("B".to_owned(), 2)]);
    }
}

//! What happened, in order: only added to, read from the end or by key.

use std::collections::VecDeque;
#[cfg(feature = "store")]
use std::sync::Arc;

#[cfg(feature = "store")]
use super::file::File;
use super::{Kept, Medium, Store};

/// Lines in order of arrival, each with a number and a key.
pub(crate) struct Log<T> {
    #[cfg(feature = "store")]
    drawer: &'static str,
    store: Store,
    shelf: Shelf<T>,
}

enum Shelf<T> {
    /// Number, key, line; the oldest go when there are too many.
    Memory { lines: VecDeque<(u64, String, T)>, limit: usize },
    #[cfg(feature = "store")]
    File(Arc<File>),
}

impl<T: Kept + Clone> Log<T> {
    /// Memory keeps the last `limit` lines; a file keeps all.
    #[cfg_attr(not(feature = "store"), allow(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn open(store: &Store, drawer: &'static str, limit: usize) -> Log<T> {
        let shelf = match &store.medium {
            Medium::Memory => Shelf::Memory { lines: VecDeque::new(), limit },
            #[cfg(feature = "store")]
            Medium::File(file) => {
                file.open_log(drawer);
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
            Shelf::Memory { lines, limit } => {
                if lines.len() >= *limit {
                    lines.pop_front();
                }
                lines.push_back((serial, key.to_owned(), line));
            }
            #[cfg(feature = "store")]
            Shelf::File(file) => file.insert_line(self.drawer, serial, key, &line),
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
        match &self.shelf {
            Shelf::Memory { lines, .. } => lines
                .iter()
                .rev()
                .filter(|(serial, name, _)| *serial < before && key.is_none_or(|key| key == name))
                .take(limit)
                .map(|(serial, _, line)| (*serial, line.clone()))
                .collect(),
            #[cfg(feature = "store")]
            Shelf::File(file) => file.lines(self.drawer, key, before, limit),
        }
    }
}

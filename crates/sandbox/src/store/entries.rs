//! Small things by name: contacts, accounts, the state of the dice.

use std::collections::BTreeMap;
#[cfg(feature = "store")]
use std::sync::Arc;

#[cfg(feature = "store")]
use super::file::File;
use super::{Kept, Medium, Store};

/// Values by name.
pub(crate) struct Entries<V> {
    #[cfg(feature = "store")]
    drawer: String,
    shelf: Shelf<V>,
    count: usize,
}

enum Shelf<V> {
    Memory(BTreeMap<String, V>),
    #[cfg(feature = "store")]
    File(Arc<File>),
}

impl<V: Kept + Clone> Entries<V> {
    #[cfg_attr(not(feature = "store"), allow(unused_variables, reason = "memory needs no name"))]
    pub(crate) fn open(store: &Store, drawer: &'static str) -> Entries<V> {
        #[cfg(feature = "store")]
        let drawer = store.drawer(drawer);
        let (shelf, count) = match &store.medium {
            Medium::Memory => (Shelf::Memory(BTreeMap::new()), 0),
            #[cfg(feature = "store")]
            Medium::File(file) => (Shelf::File(Arc::clone(file)), file.count(&drawer)),
        };
        Entries {
            #[cfg(feature = "store")]
            drawer,
            shelf,
            count,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn value(&self, name: &str) -> Option<V> {
        match &self.shelf {
            Shelf::Memory(entries) => entries.get(name).cloned(),
            #[cfg(feature = "store")]
            Shelf::File(file) => file.entry(&self.drawer, name),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let known = match &mut self.shelf {
            Shelf::Memory(entries) => entries.remove(name).is_some(),
            #[cfg(feature = "store")]
            Shelf::File(file) => file.remove_entry(&self.drawer, name),
        };
        self.count -= usize::from(known);
    }

    /// Everything, by name.
    pub(crate) fn all(&self) -> Vec<(String, V)> {
        match &self.shelf {
            Shelf::Memory(entries) => {
                entries.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
            }
            #[cfg(feature = "store")]
            Shelf::File(file) => file.entries(&self.drawer),
        }
    }

    /// Sets a value; true when there was none.
    pub(crate) fn set(&mut self, name: &str, value: V) -> bool {
        let new = match &mut self.shelf {
            Shelf::Memory(entries) => entries.insert(name.to_owned(), value).is_none(),
            #[cfg(feature = "store")]
            Shelf::File(file) => file.set_entry(&self.drawer, name, &value),
        };
        self.count += usize::from(new);
        new
    }
}

//! Orders by number, and by the keys that the world knows them by.

use std::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "store")]
use std::marker::PhantomData;
use std::sync::Arc;

#[cfg(feature = "store")]
use super::file::File;
use super::{Kept, Medium, Store, short};

/// Something that is kept and found again.
pub(crate) trait Record: Kept + Clone {
    /// Every name under which it is found, with the value. They never change.
    fn keys(&self) -> Vec<(&'static str, &str)>;
}

/// The orders of one gateway.
pub(crate) struct Orders<T> {
    drawer: &'static str,
    store: Store,
    shelf: Shelf<T>,
    count: usize,
}

enum Shelf<T> {
    Memory {
        orders: BTreeMap<u64, Arc<T>>,
        keys: BTreeSet<(i64, u64)>,
    },
    #[cfg(feature = "store")]
    File(Arc<File>, PhantomData<fn() -> T>),
}

impl<T: Record> Orders<T> {
    /// The drawer of that name: letters and underscores.
    pub(crate) fn open(store: &Store, drawer: &'static str) -> Orders<T> {
        let (shelf, count) = match &store.medium {
            Medium::Memory => (Shelf::Memory { orders: BTreeMap::new(), keys: BTreeSet::new() }, 0),
            #[cfg(feature = "store")]
            Medium::File(file) => (Shelf::File(Arc::clone(file), PhantomData), file.open_orders(drawer)),
        };
        Orders { drawer, store: store.clone(), shelf, count }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds an order and tells its number.
    pub(crate) fn push(&mut self, order: T) -> u64 {
        let serial = self.store.next_serial();
        let shorts = order.keys().into_iter().map(|(name, value)| short(self.drawer, name, value));
        match &mut self.shelf {
            Shelf::Memory { orders, keys } => {
                keys.extend(shorts.map(|short| (short, serial)));
                orders.insert(serial, Arc::new(order));
            }
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file.insert_order(self.drawer, serial, &order, shorts),
        }
        self.count += 1;
        serial
    }

    /// The order with this number. Numbers come from `push`, `find` and `newest` alone.
    pub(crate) fn get(&self, serial: u64) -> Arc<T> {
        self.try_get(serial).expect("a number that was handed out stays")
    }

    /// The order with a number that came from outside.
    pub(crate) fn seek(&self, serial: u64) -> Option<Arc<T>> {
        self.try_get(serial)
    }

    /// The first order that has this key.
    pub(crate) fn find(&self, name: &'static str, value: &str) -> Option<u64> {
        self.find_all(name, value).into_iter().next()
    }

    /// All orders that have this key, in their order.
    pub(crate) fn find_all(&self, name: &'static str, value: &str) -> Vec<u64> {
        let short = short(self.drawer, name, value);
        let mut found: Vec<u64> = match &self.shelf {
            Shelf::Memory { keys, .. } => {
                keys.range((short, 0)..=(short, u64::MAX)).map(|(_, serial)| *serial).collect()
            }
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file.find(short),
        };
        found.retain(|serial| {
            self.try_get(*serial).is_some_and(|order| order.keys().contains(&(name, value)))
        });
        found
    }

    /// Changes an order in place.
    pub(crate) fn change<R>(&mut self, serial: u64, change: impl FnOnce(&mut T) -> R) -> R {
        match &mut self.shelf {
            Shelf::Memory { orders, .. } => {
                let order = orders.get_mut(&serial).expect("a number that was handed out stays");
                change(Arc::make_mut(order))
            }
            #[cfg(feature = "store")]
            Shelf::File(file, _) => {
                let mut order: T =
                    file.order(self.drawer, serial).expect("a number that was handed out stays");
                let result = change(&mut order);
                file.update_order(self.drawer, serial, &order);
                result
            }
        }
    }

    /// Up to `limit` orders with numbers below `before`, newest first.
    pub(crate) fn newest(&self, before: u64, limit: usize) -> Vec<(u64, Arc<T>)> {
        match &self.shelf {
            Shelf::Memory { orders, .. } => orders
                .range(..before)
                .rev()
                .take(limit)
                .map(|(serial, order)| (*serial, Arc::clone(order)))
                .collect(),
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file
                .newest(self.drawer, before, limit)
                .into_iter()
                .map(|(serial, order)| (serial, Arc::new(order)))
                .collect(),
        }
    }

    /// Memory forgets the oldest until only so many are left; a file keeps all.
    pub(crate) fn trim_memory(&mut self, limit: usize) {
        if matches!(self.store.medium, Medium::Memory) {
            self.trim(limit);
        }
    }

    /// Forgets the oldest until only so many are left.
    pub(crate) fn trim(&mut self, limit: usize) {
        while self.count > limit {
            match &mut self.shelf {
                Shelf::Memory { orders, keys } => {
                    let Some((serial, order)) = orders.pop_first() else { return };
                    for (name, value) in order.keys() {
                        keys.remove(&(short(self.drawer, name, value), serial));
                    }
                }
                #[cfg(feature = "store")]
                Shelf::File(file, _) => {
                    let Some((serial, order)) = file.oldest::<T>(self.drawer) else { return };
                    let shorts =
                        order.keys().into_iter().map(|(name, value)| short(self.drawer, name, value));
                    file.remove_order(self.drawer, serial, shorts);
                }
            }
            self.count -= 1;
        }
    }

    fn try_get(&self, serial: u64) -> Option<Arc<T>> {
        match &self.shelf {
            Shelf::Memory { orders, .. } => orders.get(&serial).cloned(),
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file.order(self.drawer, serial).map(Arc::new),
        }
    }
}

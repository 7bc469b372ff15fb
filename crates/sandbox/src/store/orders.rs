//! Orders by number, and by the keys that the world knows them by.

use std::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "store")]
use std::marker::PhantomData;
use std::sync::Arc;

#[cfg(feature = "store")]
use super::file::File;
use super::{Kept, Medium, Store, short};
use crate::view::Group;

/// Something that is kept and found again.
pub(crate) trait Record: Kept + Clone {
    /// Every name under which it is found, with the value. They never change.
    fn keys(&self) -> Vec<(&'static str, &str)>;

    /// Under which group it is listed now; nothing for what is never listed by group.
    fn group(&self) -> Option<Group> {
        None
    }
}

/// The orders of one gateway.
pub(crate) struct Orders<T> {
    drawer: String,
    store: Store,
    shelf: Shelf<T>,
    count: usize,
}

enum Shelf<T> {
    Memory {
        orders: BTreeMap<u64, Arc<T>>,
        keys: BTreeSet<(i64, u64)>,
        groups: BTreeSet<(u8, u64)>,
    },
    #[cfg(feature = "store")]
    File(Arc<File>, PhantomData<fn() -> T>),
}

impl<T: Record> Orders<T> {
    /// The drawer of that name: letters and underscores.
    pub(crate) fn open(store: &Store, drawer: &'static str) -> Orders<T> {
        let drawer = store.drawer(drawer);
        let (shelf, count) = match &store.medium {
            Medium::Memory => {
                let (orders, keys, groups) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
                (Shelf::Memory { orders, keys, groups }, 0)
            }
            #[cfg(feature = "store")]
            Medium::File(file) => (Shelf::File(Arc::clone(file), PhantomData), file.open_orders(&drawer)),
        };
        Orders { drawer, store: store.clone(), shelf, count }
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds an order and tells its number.
    pub(crate) fn push(&mut self, order: T) -> u64 {
        let serial = self.store.next_serial();
        let shorts = order.keys().into_iter().map(|(name, value)| short(&self.drawer, name, value));
        let group = order.group().map(Group::number);
        match &mut self.shelf {
            Shelf::Memory { orders, keys, groups } => {
                keys.extend(shorts.map(|short| (short, serial)));
                groups.extend(group.map(|group| (group, serial)));
                orders.insert(serial, Arc::new(order));
            }
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file.insert_order(&self.drawer, serial, &order, group, shorts),
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
        let short = short(&self.drawer, name, value);
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
            Shelf::Memory { orders, groups, .. } => {
                let order = orders.get_mut(&serial).expect("a number that was handed out stays");
                let before = order.group().map(Group::number);
                let result = change(Arc::make_mut(order));
                let after = order.group().map(Group::number);
                if before != after {
                    before.map(|group| groups.remove(&(group, serial)));
                    groups.extend(after.map(|group| (group, serial)));
                }
                result
            }
            #[cfg(feature = "store")]
            Shelf::File(file, _) => {
                let mut order: T =
                    file.order(&self.drawer, serial).expect("a number that was handed out stays");
                let before = order.group();
                let result = change(&mut order);
                let after = order.group();
                file.update_order(&self.drawer, serial, &order);
                if before != after {
                    file.move_order(&self.drawer, serial, after.map(Group::number));
                }
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
                .newest(&self.drawer, before, limit)
                .into_iter()
                .map(|(serial, order)| (serial, Arc::new(order)))
                .collect(),
        }
    }

    /// Up to `limit` orders of some groups with numbers below `before`, newest first.
    pub(crate) fn newest_of(&self, groups: &[Group], before: u64, limit: usize) -> Vec<(u64, Arc<T>)> {
        let mut found: Vec<(u64, Arc<T>)> =
            groups.iter().flat_map(|group| self.newest_of_one(group.number(), before, limit)).collect();
        found.sort_unstable_by_key(|(serial, _)| std::cmp::Reverse(*serial));
        found.truncate(limit);
        found
    }

    fn newest_of_one(&self, group: u8, before: u64, limit: usize) -> Vec<(u64, Arc<T>)> {
        match &self.shelf {
            Shelf::Memory { groups, .. } => groups
                .range((group, 0)..(group, before))
                .rev()
                .take(limit)
                .map(|(_, serial)| (*serial, self.get(*serial)))
                .collect(),
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file
                .newest_of(&self.drawer, group, before, limit)
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
                Shelf::Memory { orders, keys, groups } => {
                    let Some((serial, order)) = orders.pop_first() else { return };
                    for (name, value) in order.keys() {
                        keys.remove(&(short(&self.drawer, name, value), serial));
                    }
                    order.group().map(|group| groups.remove(&(group.number(), serial)));
                }
                #[cfg(feature = "store")]
                Shelf::File(file, _) => {
                    let Some((serial, order)) = file.oldest::<T>(&self.drawer) else { return };
                    let shorts =
                        order.keys().into_iter().map(|(name, value)| short(&self.drawer, name, value));
                    file.remove_order(&self.drawer, serial, shorts);
                }
            }
            self.count -= 1;
        }
    }

    fn try_get(&self, serial: u64) -> Option<Arc<T>> {
        match &self.shelf {
            Shelf::Memory { orders, .. } => orders.get(&serial).cloned(),
            #[cfg(feature = "store")]
            Shelf::File(file, _) => file.order(&self.drawer, serial).map(Arc::new),
        }
    }
}

//! The shop's own orders. In a real shop this is a table of its database; here it is a map, rebuilt from the journal at
//! the start, so that a restart loses nothing that was paid.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nzimbu::Operation;
use nzimbu::journal::{Entry, Filter, Journal, JournalError, Notice, Paid, State};

/// Something to sell. Amounts are in whole francs: the XOF has no decimals.
#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) francs: u64,
}

/// What the shop sells.
pub(crate) const PRODUCTS: [Product; 3] = [
    Product { slug: "coffee", name: "Coffee from Man", about: "Roasted last week, 500 g", francs: 2_500 },
    Product { slug: "cloth", name: "Baoulé cloth", about: "Woven by hand, indigo, 2 m", francs: 15_000 },
    Product { slug: "book", name: "Climbié", about: "A novel by Bernard Dadié", francs: 4_000 },
];

impl Product {
    pub(crate) fn find(slug: &str) -> Option<&'static Product> {
        PRODUCTS.iter().find(|product| product.slug == slug)
    }
}

/// How an order stands for the shop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// Not paid yet.
    Waiting,
    /// Paid; the goods leave once.
    Paid,
    /// Not paid, and it will not be.
    Failed,
    /// Something does not fit, and a person looks at it.
    LookedAt,
}

/// An order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: String,
    pub(crate) product: &'static Product,
    pub(crate) gateway: String,
    pub(crate) standing: Standing,
    /// How many parcels left: 0 or 1, whatever the journal tells how often.
    pub(crate) parcels: u32,
}

/// All orders. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders(Arc<Mutex<BTreeMap<String, Order>>>);

impl Orders {
    /// The orders that the journal knows. What was paid before the restart left the shop then, not now.
    pub(crate) async fn restored(journal: &Journal) -> Result<Self, JournalError> {
        let orders = Self::default();
        let mut filter = Filter::default();
        filter.operation = Some(Operation::Payment);
        let mut place = 0;
        loop {
            let part = journal.list(&filter, place, 500).await?;
            let Some((last, _)) = part.last() else { return Ok(orders) };
            place = *last;
            for (_, entry) in &part {
                let Some((number, product)) = read(entry) else { continue };
                orders.place(number, product, &entry.gateway);
                orders.change(entry);
            }
        }
    }

    /// Writes an order down, unless its number is taken; returns what stands there.
    pub(crate) fn place(&self, number: &str, product: &'static Product, gateway: &str) -> Order {
        let order = || Order {
            number: number.to_owned(),
            product,
            gateway: gateway.to_owned(),
            standing: Standing::Waiting,
            parcels: 0,
        };
        self.all().entry(number.to_owned()).or_insert_with(order).clone()
    }

    /// The order of a number.
    pub(crate) fn find(&self, number: &str) -> Option<Order> {
        self.all().get(number).cloned()
    }

    /// Acts on a change that the journal tells of. The same one may come again, after a crash for instance, so it may
    /// not matter how often it comes. In a database this is one transaction: the standing, and a row in the table of
    /// parcels whose key is the order's number.
    pub(crate) fn hear(&self, notice: &Notice) {
        self.change(&notice.entry);
    }

    fn change(&self, entry: &Entry) {
        let Some((number, _)) = read(entry) else { return };
        let mut orders = self.all();
        let Some(order) = orders.get_mut(number) else { return };
        let standing = match entry.paid() {
            Paid::Yes => Standing::Paid,
            // Bitlipa never states amounts. This shop says that the amount which its own signed request fixed is
            // enough; a shop that sells phones may rather look into the account first.
            Paid::AmountUnconfirmed if !entry.needs_people() => Standing::Paid,
            _ if entry.needs_people() => Standing::LookedAt,
            _ => match entry.state {
                State::Failed | State::Expired | State::Cancelled | State::Rejected => Standing::Failed,
                _ => Standing::Waiting,
            },
        };
        if standing == Standing::Paid && order.parcels == 0 {
            order.parcels = 1;
        }
        // What was paid and is doubted now has left already: a person looks at it.
        order.standing =
            if order.parcels > 0 && standing != Standing::Paid { Standing::LookedAt } else { standing };
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Order>> {
        // An order is changed in one step; a panic elsewhere leaves none half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the journal keeps as the reference of an order: its number and what was bought.
pub(crate) fn reference(number: &str, product: &Product) -> String {
    format!("{number} {}", product.slug)
}

fn read(entry: &Entry) -> Option<(&str, &'static Product)> {
    let (number, slug) = entry.reference.as_deref()?.split_once(' ')?;
    Some((number, Product::find(slug)?))
}

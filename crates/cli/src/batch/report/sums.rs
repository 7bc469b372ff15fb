//! Sums by what they are the sums of, and the bars that show them.

use std::collections::BTreeMap;

use nzimbu::Currency;

use super::Class;
use crate::batch::totals::Sum;

/// Sums of one thing in one currency, per class.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ByClass([Sum; 4]);

impl ByClass {
    pub(super) fn add(&mut self, class: Class, money: nzimbu::Money) {
        self.0[place(class)].add(money);
    }

    pub(super) fn of(&self, class: Class) -> Sum {
        self.0[place(class)]
    }

    pub(super) fn total(&self) -> Sum {
        self.0.iter().fold(Sum::default(), |total, sum| Sum {
            rows: total.rows + sum.rows,
            minor: total.minor + sum.minor,
        })
    }

    fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            mine.rows += theirs.rows;
            mine.minor += theirs.minor;
        }
    }

    /// Parts of a bar of [`WIDTH`], each with its place and width; a part that is not empty is at least visible.
    pub(super) fn bar(&self, of: u128) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut x = 0;
        for class in Class::ALL {
            let minor = self.of(*class).minor;
            if minor == 0 {
                continue;
            }
            let share = minor.saturating_mul(u128::from(WIDTH)) / of.max(1);
            let width = u32::try_from(share).unwrap_or(WIDTH).clamp(VISIBLE, WIDTH);
            let width = width.min(WIDTH.saturating_sub(x));
            parts.push(Part { class: class.as_str(), x, width });
            x += width;
        }
        // Rounding leaves no gap at the end of a full bar.
        if let Some(last) = parts.last_mut().filter(|_| self.total().minor == of) {
            last.width = WIDTH - last.x;
        }
        parts
    }
}

/// A part of a bar.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) x: u32,
    pub(super) width: u32,
}

/// Sums per name and currency. Only so many names are kept, so that memory stays bounded whatever the names are.
#[derive(Debug, Default)]
pub(super) struct Named {
    sums: BTreeMap<(Currency, String), ByClass>,
    rest: BTreeMap<Currency, ByClass>,
}

impl Named {
    pub(super) fn add(&mut self, name: &str, class: Class, money: nzimbu::Money) {
        let key = (money.currency(), name.to_owned());
        if self.sums.len() < MOST_NAMES || self.sums.contains_key(&key) {
            self.sums.entry(key).or_default().add(class, money);
        } else {
            self.rest.entry(money.currency()).or_default().add(class, money);
        }
    }

    /// The largest in one currency, and all others together, if there are any.
    pub(super) fn largest(&self, currency: Currency) -> (Vec<(&str, ByClass)>, Option<ByClass>) {
        let mut found: Vec<_> = self
            .sums
            .iter()
            .filter(|((known, _), _)| *known == currency)
            .map(|((_, name), sums)| (name.as_str(), *sums))
            .collect();
        found.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.total().minor));
        let mut others = self.rest.get(&currency).copied();
        for (_, sums) in found.iter().skip(SHOWN_NAMES) {
            others.get_or_insert_default().join(sums);
        }
        found.truncate(SHOWN_NAMES);
        (found, others)
    }
}

fn place(class: Class) -> usize {
    match class {
        Class::Paid => 0,
        Class::Waiting => 1,
        Class::Unclear => 2,
        Class::Unpaid => 3,
    }
}

/// The width of a full bar.
pub(super) const WIDTH: u32 = 1000;

/// The least width that can be seen.
const VISIBLE: u32 = 6;

/// How many names have a line of their own.
const SHOWN_NAMES: usize = 12;

/// How many names are counted apart.
const MOST_NAMES: usize = 2000;

//! What a transaction has written and not sent yet: it goes out in few statements, with the commit.

use std::collections::BTreeMap;

use super::columns::{CHANGING, EVENT, ORDER, arrays, changing, event, order};
use super::session::{Answer, Call};
use super::statement::Sql;
use super::value::Value;
use crate::chain::Record;
use crate::row::Row;
use crate::store::StoreError;

/// What waits to be written.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) added: Vec<Row>,
    /// By id, so that rows that are written together are written in one order everywhere.
    pub(super) changed: BTreeMap<i64, Row>,
    pub(super) events: Vec<Record>,
    pub(super) published: Vec<i64>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.changed.is_empty()
            && self.events.is_empty()
            && self.published.is_empty()
    }

    /// The statements that write it, in an order in which none depends on a later one.
    pub(super) fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::with_capacity(4);
        match &self.added[..] {
            [] => {}
            [row] => calls.push(Call::Do(Sql::AddOrder, order(row))),
            rows => {
                let values = arrays(rows.iter().map(order).collect(), ORDER.len());
                calls.push(Call::Do(Sql::AddOrders, values));
            }
        }
        let change = |row| {
            let mut values = changing(row);
            values.insert(0, Value::Int8(row.id));
            values
        };
        let mut changed = self.changed.values();
        match (changed.next(), self.changed.len()) {
            (None, _) => {}
            (Some(row), 1) => calls.push(Call::Do(Sql::ChangeOrder, change(row))),
            (Some(row), _) => {
                let rows = std::iter::once(row).chain(changed).map(change).collect();
                calls.push(Call::Do(Sql::ChangeOrders, arrays(rows, 1 + ORDER.len() - CHANGING)));
            }
        }
        match &self.events[..] {
            [] => {}
            [record] => calls.push(Call::Do(Sql::AddEvent, event(record))),
            records => {
                let values = arrays(records.iter().map(event).collect(), EVENT.len());
                calls.push(Call::Do(Sql::AddEvents, values));
            }
        }
        if !self.published.is_empty() {
            calls.push(Call::Do(Sql::Publish, vec![Value::ids(self.published.iter().copied())]));
        }
        calls
    }

    /// Every row that was changed must have been there.
    pub(super) fn check(&self, answers: &[Answer]) -> Result<(), StoreError> {
        let place = usize::from(!self.added.is_empty());
        let changed = match self.changed.is_empty() {
            true => return Ok(()),
            false => answers.get(place).map_or(0, |answer| answer.count),
        };
        if changed == self.changed.len() as u64 {
            return Ok(());
        }
        let told = format!("{} orders were to be changed, and {changed} are there", self.changed.len());
        Err(StoreError::Corrupt(told))
    }
}

//! Lists and sums.

use tokio_postgres::Row as Told;

use super::columns::{ORDER, Reader, operation_code};
use super::statement::names;
use super::value::Value;
use crate::store::{Count, List, StoreError};

/// The statement of a list, of the conditions that were set alone, so that each finds its index.
pub(super) fn statement(query: &List, after: i64, most: usize) -> (String, Vec<Value<'_>>) {
    let mut values = vec![Value::Int8(after), Value::size(most)];
    let mut text = format!("SELECT {} FROM orders WHERE id > $1", names(&ORDER));
    let mut only = |condition: &str, value| {
        values.push(value);
        text.push_str(" AND ");
        text.push_str(&condition.replace('?', &format!("${}", values.len())));
    };
    if let Some(gateway) = &query.gateway {
        only("gateway = ?", Value::text(gateway));
    }
    if let Some(operation) = query.operation {
        only("operation = ?", Value::Int2(operation_code(operation)));
    }
    if !query.states.is_empty() {
        let codes = query.states.iter().map(|state| Value::Int2(state.code())).collect();
        only("state = ANY(?)", Value::Many(codes));
    }
    if let Some(batch) = query.batch {
        only("batch = ?", Value::Int8(batch));
    }
    if let Some(since) = query.since {
        only("updated_at >= ?", Value::Int8(since.millis));
    }
    if query.needs_people {
        text.push_str(" AND (flags & 14) <> 0");
    }
    text.push_str(" ORDER BY id LIMIT $2");
    (text, values)
}

/// A line of a summary.
pub(super) fn count(told: &Told) -> Result<Count, StoreError> {
    let mut reader = Reader::new(told, "a sum");
    let gateway: &str = reader.get()?;
    let operation = reader.operation()?;
    let currency: &str = reader.get()?;
    let (state, flags) = (reader.state()?, reader.flags()?);
    let (orders, minor): (i64, &str) = (reader.get()?, reader.get()?);
    let no_sum = |_| StoreError::Corrupt("a sum is no number".to_owned());
    Ok(Count {
        gateway: gateway.into(),
        operation,
        currency: currency.into(),
        state,
        flags,
        orders: orders.unsigned_abs(),
        minor: minor.parse().map_err(no_sum)?,
    })
}

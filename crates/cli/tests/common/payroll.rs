//! A file of payouts, and whether the money that moved is exactly what it asks for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nzimbu_sandbox::Sandbox;

use super::world::World;

/// A file of payouts with invented people.
pub(crate) struct Payroll {
    rows: Vec<(String, u64, &'static str)>,
}

impl Payroll {
    /// So many rows, in turn over these gateways.
    pub(crate) fn new(rows: usize, gateways: &[&'static str]) -> Self {
        let row = |row: usize| {
            let amount = 500 + 5 * (row as u64 % 100);
            (format!("PAY-{row:06}"), amount, gateways[row % gateways.len()])
        };
        Self { rows: (1..=rows).map(row).collect() }
    }

    /// The file as CSV.
    pub(crate) fn csv(&self) -> String {
        let mut csv = "reference;order_id;amount;currency;phone;name;surname;email;gateway\n".to_owned();
        for (at, (order, amount, gateway)) in self.rows.iter().enumerate() {
            writeln!(
                csv,
                "{order};{order};{amount};XOF;+22507{at:08};Kouassi;Awa;awa{at}@example.com;{gateway}"
            )
            .unwrap();
        }
        csv
    }

    /// Writes the file beside the settings of a world.
    pub(crate) fn put(&self, world: &World) -> String {
        world.folder.put("payroll.csv", &self.csv())
    }

    /// The money that moved is what the file asks for: each row once, nothing more and nothing less.
    pub(crate) fn assert_paid(&self, sandbox: &Sandbox) {
        let mut moved: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for movement in sandbox.ledger() {
            let amount = movement.amount.strip_suffix(".00").unwrap_or(&movement.amount).to_owned();
            moved.entry(movement.order_id).or_default().push((amount, movement.currency));
        }
        let mut wrong = Vec::new();
        for (order, amount, _) in &self.rows {
            let found = moved.remove(order).unwrap_or_default();
            if found != [(amount.to_string(), "XOF".to_owned())] {
                wrong.push(format!("{order}: {found:?} in place of {amount}"));
            }
        }
        wrong.extend(moved.into_iter().map(|(order, found)| format!("{order}: {found:?}, not in the file")));
        assert!(wrong.is_empty(), "{} rows: {:?}", wrong.len(), &wrong[..wrong.len().min(10)]);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// What a profile needs so that batches do not take as long as with a real gateway.
pub(crate) const QUICK: &str = r#"
[profile.sandbox.http]
connect_timeout = 5
read_timeout = 2
total_timeout = 5

[profile.sandbox.timing]
grace = 2
first_poll = 1
most_poll = 3
first_retry = 1

[profile.sandbox.batch.per_minute]
bitlipa = 1000000
cinetpay = 1000000
"#;

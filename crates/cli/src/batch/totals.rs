//! Sums per country, operator and currency.

use std::collections::BTreeMap;

use nzimbu::{Channel, Country, Currency, Money, PayoutRequest};
use serde::Serialize;

/// Where money goes.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Group {
    /// The country of the operator, of the row or of the phone.
    pub(crate) country: Option<Country>,
    /// The operator that the row names, or the one to which the number's range was given.
    pub(crate) operator: Option<String>,
    /// In which currency.
    pub(crate) currency: Currency,
}

impl Group {
    /// Where a payout goes, as far as the request says.
    pub(crate) fn of(request: &PayoutRequest) -> Self {
        let phone = request.recipient.phone.as_ref();
        let home = request.recipient.country.or_else(|| phone.and_then(nzimbu::PhoneNumber::country));
        let (country, operator) = match &request.channel {
            Channel::Operator(operator) => (Some(operator.country), Some(operator.name.clone())),
            Channel::Bank => (home, Some("bank".to_owned())),
            _ => match phone.map(nzimbu::PhoneNumber::operators) {
                Some([one]) => (home, Some((*one).to_owned())),
                _ => (home, None),
            },
        };
        Self { country, operator, currency: request.amount.currency() }
    }
}

/// How many, and how much in minor units. 2^128 is beyond what any number of rows can sum up to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    pub(crate) minor: u128,
}

impl Sum {
    /// Counts one more.
    pub(crate) fn add(&mut self, money: Money) {
        self.rows += 1;
        self.minor += u128::from(money.minor());
    }
}

/// Sums per group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals(BTreeMap<Group, Sum>);

impl Totals {
    /// Counts one more payout.
    pub(crate) fn add(&mut self, request: &PayoutRequest) {
        self.0.entry(Group::of(request)).or_default().add(request.amount);
    }

    /// Every group with its sum, by country, operator and currency.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&Group, Sum)> {
        self.0.iter().map(|(group, sum)| (group, *sum))
    }

    /// What is needed in each currency.
    pub(crate) fn needs(&self) -> BTreeMap<Currency, Sum> {
        let mut needs: BTreeMap<Currency, Sum> = BTreeMap::new();
        for (group, sum) in &self.0 {
            let need = needs.entry(group.currency).or_default();
            need.rows += sum.rows;
            need.minor += sum.minor;
        }
        needs
    }
}

/// What is known of a gateway's fees. No document of any gateway has a tariff, and samples are none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fees {
    Undocumented,
}

/// A sum in major units with the currency's decimals: `12.50`.
pub(crate) fn decimal(minor: u128, currency: Currency) -> String {
    let step = 10_u128.pow(currency.exponent());
    match currency.exponent() as usize {
        0 => minor.to_string(),
        width => format!("{}.{:0width$}", minor / step, minor % step),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_like_amounts() {
        for minor in [0, 5, 1250, i64::MAX.unsigned_abs()] {
            for currency in Currency::ALL {
                let money = Money::from_minor(minor, *currency).unwrap();
                assert_eq!(decimal(minor.into(), *currency), money.to_major());
            }
        }
        assert_eq!(decimal(u128::MAX, Currency::Ghs), "3402823669209384634633746074317682114.55");
    }
}

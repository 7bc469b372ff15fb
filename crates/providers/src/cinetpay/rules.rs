//! What CinetPay accepts; everything wrong with a request is found at once, before anything is sent.

pub(super) mod checkout;
pub(super) mod transfer;

use nzimbu_core::{BaseUrl, Country, Currency, Fault, Field, Money, Operation, Operator, Problems};

use super::config::Shared;
use super::methods;
use crate::{Limits, check};

/// Where an amount is to be paid, as far as it is known.
#[derive(Default)]
pub(super) struct Place<'a> {
    pub(super) country: Option<Country>,
    pub(super) operator: Option<&'a str>,
}

/// An amount in whole units, more than nothing, a multiple of 5 except in USD ("Good to know"), and within the
/// published slices. Zero stands for an amount with a fault.
fn amount(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field,
    shared: &Shared,
    operation: Operation,
    amount: Money,
    place: &Place<'_>,
) -> u64 {
    let Some(units) = amount.whole_units() else {
        problems.add(field("amount"), Fault::SpareDigits);
        return 0;
    };
    let step = if amount.currency() == Currency::Usd { 1 } else { 5_u32 };
    if units == 0 {
        problems.add(field("amount"), Fault::TooSmall(format!("{step} {}", amount.currency())));
        return 0;
    }
    if !units.is_multiple_of(step.into()) {
        problems.add(field("amount"), Fault::NotAMultipleOf(step));
    }
    if shared.limits == Limits::Enforced {
        let (least, most) =
            methods::bounds(&shared.slices, operation, amount.currency(), place.country, place.operator);
        if let Some(least) = least.filter(|least| amount.minor() < least.minor()) {
            problems.add(field("amount"), Fault::TooSmall(least.to_string()));
        }
        if let Some(most) = most.filter(|most| amount.minor() > most.minor()) {
            problems.add(field("amount"), Fault::TooLarge(most.to_string()));
        }
    }
    units
}

/// A URL of the request, or else of the settings.
fn url<'a>(
    problems: &mut Problems,
    field: &'static str,
    asked: Option<&'a str>,
    default: Option<&'a str>,
    base: &BaseUrl,
) -> &'a str {
    match asked.or(default) {
        Some(url) => {
            check::callback_url(problems, field, url, base);
            url
        }
        None => {
            problems.add(field, Fault::Missing);
            ""
        }
    }
}

/// The operator as the directory has it, or a fault that lists those of the country.
fn operator<'a>(
    problems: &mut Problems,
    shared: &'a Shared,
    operator: &Operator,
    operation: Operation,
    currency: Currency,
) -> Option<&'a nzimbu_core::Entry> {
    if let Some(entry) = shared.directory.find(operator, operation, currency).first() {
        return Some(*entry);
    }
    let alike = |entry: &&nzimbu_core::Entry| {
        (entry.country, entry.operation, entry.currency) == (operator.country, operation, currency)
    };
    let known: Vec<_> = shared.directory.iter().filter(alike).collect();
    if let Some(entry) = known.iter().find(|entry| methods::same_operator(&entry.operator, &operator.name)) {
        return Some(*entry);
    }
    let mut names: Vec<_> = known.iter().map(|entry| entry.operator.as_ref()).collect();
    names.dedup();
    let offered = match names.as_slice() {
        [] => format!("an operator in a country that is paid in {currency}"),
        names => names.join(", "),
    };
    problems.add("channel", Fault::Unsupported(offered));
    None
}

/// An e-mail address is not looked into beyond what tells it from a slip.
fn email(problems: &mut Problems, field: impl Into<Field>, text: &str) {
    let parts = text.split_once('@');
    if !parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        || text.contains(char::is_whitespace)
    {
        problems.add(field, Fault::wrong("an e-mail address, such as name@host"));
    }
}

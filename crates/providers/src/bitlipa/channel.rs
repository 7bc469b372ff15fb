//! From the common model's channel to one provider of the directory.

use nzimbu_core::{
    Channel, Country, Currency, Customer, Directory, Entry, Fault, Operation, Operator, Problems,
};

use super::directory::NETWORKS;
use super::rules::Fields;

/// What the common model asks for.
pub(super) struct Wanted<'a> {
    pub(super) channel: &'a Channel,
    pub(super) person: &'a Customer,
    pub(super) operation: Operation,
    pub(super) currency: Currency,
}

/// The one entry that fits.
///
/// The problems are empty where all that is missing is the phone number, which the rules report.
pub(super) fn entry<'d>(directory: &'d Directory, wanted: &Wanted<'_>) -> Result<&'d Entry, Problems> {
    match wanted.channel {
        Channel::Any | Channel::MobileMoney => by_phone(directory, wanted),
        Channel::Bank => by_bank(directory, wanted),
        Channel::Operator(operator) => {
            let found = directory.find(operator, wanted.operation, wanted.currency);
            one(found, || offers(directory, wanted.operation, operator.country))
        }
        Channel::Wallet => Err(wrong("the wallet as an operator, such as Wave of CI".into())),
        _ => Err(wrong("bank, mobile_money or an operator".into())),
    }
}

fn by_phone<'d>(directory: &'d Directory, wanted: &Wanted<'_>) -> Result<&'d Entry, Problems> {
    let Some(phone) = &wanted.person.phone else {
        return Err(Problems::default());
    };
    let Some(country) = phone.country() else {
        return Err(wrong(countries(directory, wanted.operation)));
    };
    let ranges = phone.operators();
    let listed = NETWORKS
        .iter()
        .filter(|(home, network, _)| *home == country.as_str() && ranges.contains(network))
        .map(|(_, _, operator)| *operator);
    let mut names: Vec<&str> = ranges.iter().copied().chain(listed).collect();
    let fits = |name: &&str| {
        !directory.find(&Operator::new(country, *name), wanted.operation, wanted.currency).is_empty()
    };
    names.retain(fits);
    let found = match names[..] {
        [name] => directory.find(&Operator::new(country, name), wanted.operation, wanted.currency),
        _ => Vec::new(),
    };
    one(found, || {
        format!("the operator by name, since the phone number does not tell it: {}", {
            offers(directory, wanted.operation, country)
        })
    })
}

fn by_bank<'d>(directory: &'d Directory, wanted: &Wanted<'_>) -> Result<&'d Entry, Problems> {
    let home = wanted.person.phone.as_ref().and_then(nzimbu_core::PhoneNumber::country);
    let Some(country) = wanted.person.country.or(home) else {
        let mut problems = Problems::default();
        problems.add(Fields::of(wanted.operation).country, Fault::Missing);
        return Err(problems);
    };
    let bank = Operator::new(country, BANK);
    one(directory.find(&bank, wanted.operation, wanted.currency), || {
        let banks =
            directory.iter().filter(|entry| entry.operator == BANK && entry.operation == wanted.operation);
        let banks: Vec<_> = banks.map(|entry| format!("{} in {}", entry.currency, entry.country)).collect();
        format!("a bank channel of another country: {}", banks.join(", "))
    })
}

/// The directory's name for transfers from and to bank accounts.
const BANK: &str = "BankTransfer";

fn one(found: Vec<&Entry>, offered: impl FnOnce() -> String) -> Result<&Entry, Problems> {
    match found[..] {
        [entry] => Ok(entry),
        [] => Err(wrong(offered())),
        _ => {
            let mut problems = Problems::default();
            let choices = found.iter().map(|entry| entry.code.to_string()).collect();
            let remedy = "put the provider id that your contract names into Config::picks";
            problems.add("channel", Fault::Ambiguous { choices, remedy });
            Err(problems)
        }
    }
}

fn wrong(offered: String) -> Problems {
    let mut problems = Problems::default();
    problems.add("channel", Fault::Unsupported(offered));
    problems
}

fn offers(directory: &Directory, operation: Operation, country: Country) -> String {
    let mut offers = Vec::new();
    for entry in directory.iter().filter(|entry| entry.country == country && entry.operation == operation) {
        let offer = format!("{} in {}", entry.operator, entry.currency);
        if !offers.contains(&offer) {
            offers.push(offer);
        }
    }
    if offers.is_empty() { countries(directory, operation) } else { offers.join(", ") }
}

fn countries(directory: &Directory, operation: Operation) -> String {
    let mut countries = Vec::new();
    for entry in directory.iter().filter(|entry| entry.operation == operation) {
        if !countries.contains(&entry.country) {
            countries.push(entry.country);
        }
    }
    countries.sort_unstable();
    let codes: Vec<_> = countries.iter().map(Country::as_str).collect();
    format!("an operator of {}", codes.join(", "))
}

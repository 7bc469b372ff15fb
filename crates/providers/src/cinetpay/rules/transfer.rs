//! What transfers accept ("Add one or more contacts", "Send money").

use nzimbu_core::{
    Channel, Country, Currency, Customer, Fault, Field, Money, Operation, OrderId, PhoneNumber, Problems,
};

use super::{Place, amount, email, operator};
use crate::check;
use crate::cinetpay::config::{Shared, TransferConfig};
use crate::cinetpay::methods;
use crate::cinetpay::transfer::{Contact, Transfer, TransferRequest, Wallet};

/// The currencies in which transfers are paid. USD accounts are documented for collecting only.
pub(in crate::cinetpay) const CURRENCIES: &[Currency] =
    &[Currency::Cdf, Currency::Gnf, Currency::Xaf, Currency::Xof];

/// A transfer that passed every rule.
#[derive(Clone)]
pub(in crate::cinetpay) struct Order {
    pub(in crate::cinetpay) id: OrderId,
    pub(in crate::cinetpay) amount: Money,
    pub(in crate::cinetpay) units: u64,
    pub(in crate::cinetpay) phone: PhoneNumber,
    pub(in crate::cinetpay) notify_url: String,
    pub(in crate::cinetpay) wallet: Option<Wallet>,
}

pub(in crate::cinetpay) fn contacts(shared: &Shared, contacts: &[Contact]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if contacts.is_empty() {
        problems.add("contacts", Fault::TooShort(1));
    }
    for (index, one) in contacts.iter().enumerate() {
        contact(&mut problems, |name| Field::item("contacts", index, name), shared, one);
    }
    problems.into_result()
}

pub(in crate::cinetpay) fn transfers(
    shared: &Shared,
    config: &TransferConfig,
    transfers: &[Transfer],
) -> Result<Vec<Order>, Problems> {
    let mut problems = Problems::default();
    if transfers.is_empty() {
        problems.add("transfers", Fault::TooShort(1));
    }
    let mut orders: Vec<Order> = Vec::with_capacity(transfers.len());
    for (index, transfer) in transfers.iter().enumerate() {
        let field = |name: &'static str| Field::item("transfers", index, name);
        if orders.iter().any(|known| known.id == transfer.order) {
            problems.add(field("order"), Fault::wrong("another id than the other transfers have"));
        }
        orders.push(order(&mut problems, field, shared, config, transfer, None));
    }
    problems.into_result().map(|()| orders)
}

/// A contact and its one transfer.
pub(in crate::cinetpay) fn transfer(
    shared: &Shared,
    config: &TransferConfig,
    request: &TransferRequest,
    mut problems: Problems,
    operator: Option<&str>,
) -> Result<(Contact, Order), Problems> {
    let recipient = &request.recipient;
    let Some(phone) = recipient.phone.clone() else {
        problems.add("recipient.phone", Fault::Missing);
        return Err(problems);
    };
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    let one = Contact {
        phone: phone.clone(),
        name: told(&recipient.name),
        surname: told(&recipient.surname),
        email: told(&recipient.email),
    };
    contact(&mut problems, in_recipient, shared, &one);
    let mut transfer = Transfer::new(request.order.clone(), request.amount, phone);
    transfer.notify_url.clone_from(&request.notify_url);
    transfer.wallet = request.wallet;
    // The phone has been looked at as part of the contact.
    let mut more = Problems::default();
    let order = order(&mut more, Field::new, shared, config, &transfer, operator);
    for problem in more.as_slice().iter().filter(|problem| problem.field.as_str() != "phone") {
        problems.add(problem.field.clone(), problem.fault.clone());
    }
    problems.into_result().map(|()| (one, order))
}

/// The wallet of a channel. Other operators are found by the gateway, by the number.
pub(in crate::cinetpay) fn wallet(
    problems: &mut Problems,
    shared: &Shared,
    channel: &Channel,
    currency: Currency,
    recipient: &Customer,
) -> Option<Wallet> {
    let phone = recipient.phone.as_ref();
    match channel {
        Channel::Any | Channel::MobileMoney => None,
        Channel::Wallet => {
            let wallet = phone.and_then(PhoneNumber::country).and_then(Wallet::of);
            if wallet.is_none() && phone.is_some() {
                problems.add("channel", Fault::Unsupported("a wallet in Côte d'Ivoire or Senegal".into()));
            }
            wallet
        }
        Channel::Operator(asked) => {
            let entry = operator(problems, shared, asked, Operation::Payout, currency)?;
            let phone = phone?;
            if phone.country() != Some(asked.country) {
                problems.add("channel", Fault::wrong("an operator of the country of the recipient's phone"));
                return None;
            }
            let wallet = Wallet::of(asked.country).filter(|wallet| wallet.code() == entry.code);
            let ranges = phone.operators();
            let fits =
                ranges.is_empty() || ranges.iter().any(|name| methods::same_operator(name, &entry.operator));
            if wallet.is_none() && !fits {
                // Without a wallet the number decides, so money would reach another operator than was asked for.
                problems.add(
                    "channel",
                    Fault::wrong("the operator to which the recipient's number belongs, or mobile_money for a number that moved"),
                );
            }
            wallet
        }
        _ => {
            problems.add("channel", Fault::Unsupported("any, mobile_money, wallet or an operator".into()));
            None
        }
    }
}

fn contact(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field,
    shared: &Shared,
    contact: &Contact,
) {
    phone(problems, field("phone"), shared, &contact.phone);
    problems.require(field("name"), Some(&contact.name));
    problems.require(field("surname"), Some(&contact.surname));
    if contact.email.trim().is_empty() {
        problems.add(field("email"), Fault::Missing);
    } else {
        email(problems, field("email"), &contact.email);
    }
}

fn order(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field + Copy,
    shared: &Shared,
    config: &TransferConfig,
    transfer: &Transfer,
    operator: Option<&str>,
) -> Order {
    let country = phone(problems, field("phone"), shared, &transfer.phone);
    let currency = transfer.amount.currency();
    let paid_in = country
        .map(|country| methods::currencies_of(&shared.slices, Operation::Payout, country))
        .unwrap_or_default();
    if country.is_none() && !CURRENCIES.contains(&currency) {
        problems.add(field("amount.currency"), Fault::Unsupported("XOF, XAF, CDF or GNF".into()));
    } else if country.is_some() && !paid_in.contains(&currency) {
        // The wire has no currency: the number would be paid out in that of the recipient's country.
        let codes: Vec<_> = paid_in.iter().map(|currency| currency.code()).collect();
        problems.add(field("amount.currency"), Fault::Unsupported(codes.join(", ")));
    }
    let operator = operator.or(transfer.wallet.map(|_| "Wave"));
    let place = Place { country, operator };
    let units = amount(problems, field, shared, Operation::Payout, transfer.amount, &place);
    let notify_url = transfer.notify_url.as_ref().or(config.notify_url.as_ref());
    match notify_url {
        // Refused with 725, although no page marks it as required.
        None => problems.add(field("notify_url"), Fault::Missing),
        Some(url) => {
            let mut found = Problems::default();
            check::callback_url(&mut found, "notify_url", url, &config.base_url);
            for problem in found.as_slice() {
                problems.add(field("notify_url"), problem.fault.clone());
            }
        }
    }
    if let (Some(wallet), Some(country)) = (transfer.wallet, country)
        && Wallet::of(country) != Some(wallet)
    {
        problems.add(field("wallet"), Fault::wrong("a wallet of the country of the phone"));
    }
    Order {
        id: transfer.order.clone(),
        amount: transfer.amount,
        units,
        phone: transfer.phone.clone(),
        notify_url: notify_url.cloned().unwrap_or_default(),
        wallet: transfer.wallet,
    }
}

/// The country of a number that transfers reach.
fn phone(problems: &mut Problems, field: Field, shared: &Shared, phone: &PhoneNumber) -> Option<Country> {
    let served =
        |country: &Country| !methods::currencies_of(&shared.slices, Operation::Payout, *country).is_empty();
    let country = phone.country().filter(served);
    if country.is_none() {
        let mut countries: Vec<_> = shared
            .directory
            .iter()
            .filter(|entry| entry.operation == Operation::Payout)
            .map(|entry| entry.country.as_str())
            .collect();
        countries.sort_unstable();
        countries.dedup();
        problems.add(field, Fault::Unsupported(format!("a number of {}", countries.join(", "))));
    }
    country
}

fn in_recipient(name: &'static str) -> Field {
    Field::new(match name {
        "phone" => "recipient.phone",
        "name" => "recipient.name",
        "surname" => "recipient.surname",
        _ => "recipient.email",
    })
}

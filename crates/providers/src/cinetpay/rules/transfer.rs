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
        orders.push(order(&mut problems, field, shared, config, transfer));
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
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    match &recipient.phone {
        None => problems.add("recipient.phone", Fault::Missing),
        Some(number) => phone(&mut problems, in_recipient("phone"), shared, number),
    }
    let texts = (told(&recipient.name), told(&recipient.surname), told(&recipient.email));
    person(&mut problems, in_recipient, &texts.0, &texts.1, &texts.2);
    let terms = Terms {
        amount: request.amount,
        phone: recipient.phone.as_ref(),
        notify_url: request.notify_url.as_ref(),
        wallet: request.wallet,
    };
    let checked = check_terms(&mut problems, Field::new, shared, config, &terms, operator);
    problems.clone().into_result()?;
    // Without a phone there was a problem.
    let Some(phone) = recipient.phone.clone() else { return Err(problems) };
    let contact = Contact { phone: phone.clone(), name: texts.0, surname: texts.1, email: texts.2 };
    Ok((contact, terms.into_order(request.order.clone(), phone, checked)))
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
    person(problems, field, &contact.name, &contact.surname, &contact.email);
}

fn person(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field,
    name: &str,
    surname: &str,
    address: &str,
) {
    problems.require(field("name"), Some(name));
    problems.require(field("surname"), Some(surname));
    if address.trim().is_empty() {
        problems.add(field("email"), Fault::Missing);
    } else {
        email(problems, field("email"), address);
    }
}

fn order(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field + Copy,
    shared: &Shared,
    config: &TransferConfig,
    transfer: &Transfer,
) -> Order {
    phone(problems, field("phone"), shared, &transfer.phone);
    let terms = Terms {
        amount: transfer.amount,
        phone: Some(&transfer.phone),
        notify_url: transfer.notify_url.as_ref(),
        wallet: transfer.wallet,
    };
    let checked = check_terms(problems, field, shared, config, &terms, None);
    terms.into_order(transfer.order.clone(), transfer.phone.clone(), checked)
}

/// What of a transfer can be checked although the phone may be missing.
struct Terms<'a> {
    amount: Money,
    phone: Option<&'a PhoneNumber>,
    notify_url: Option<&'a String>,
    wallet: Option<Wallet>,
}

impl Terms<'_> {
    fn into_order(self, id: OrderId, phone: PhoneNumber, (units, notify_url): (u64, String)) -> Order {
        Order { id, amount: self.amount, units, phone, notify_url, wallet: self.wallet }
    }
}

/// Gives the amount in whole units and the notify URL. The phone itself has been looked at.
fn check_terms(
    problems: &mut Problems,
    field: impl Fn(&'static str) -> Field + Copy,
    shared: &Shared,
    config: &TransferConfig,
    terms: &Terms<'_>,
    operator: Option<&str>,
) -> (u64, String) {
    let country = terms.phone.and_then(|phone| served(shared, phone));
    let currency = terms.amount.currency();
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
    let operator = operator.or(terms.wallet.map(|_| "Wave"));
    let place = Place { country, operator };
    let units = amount(problems, field, shared, Operation::Payout, terms.amount, &place);
    let notify_url = terms.notify_url.or(config.notify_url.as_ref());
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
    if let (Some(wallet), Some(country)) = (terms.wallet, country)
        && Wallet::of(country) != Some(wallet)
    {
        problems.add(field("wallet"), Fault::wrong("a wallet of the country of the phone"));
    }
    (units, notify_url.cloned().unwrap_or_default())
}

fn served(shared: &Shared, phone: &PhoneNumber) -> Option<Country> {
    phone
        .country()
        .filter(|country| !methods::currencies_of(&shared.slices, Operation::Payout, *country).is_empty())
}

/// A number of a country that transfers reach.
fn phone(problems: &mut Problems, field: Field, shared: &Shared, phone: &PhoneNumber) {
    if served(shared, phone).is_none() {
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
}

fn in_recipient(name: &'static str) -> Field {
    Field::new(match name {
        "phone" => "recipient.phone",
        "name" => "recipient.name",
        "surname" => "recipient.surname",
        _ => "recipient.email",
    })
}

//! What the checkout accepts ("Initiating a payment").

use nzimbu_core::{Channel, Country, Currency, Customer, Fault, Field, Operation, Problems};

use super::{Place, amount, email, operator, url};
use crate::check;
use crate::cinetpay::checkout::{CheckoutRequest, Universe};
use crate::cinetpay::config::{CheckoutPart, Shared};
use crate::cinetpay::{methods, wire};

/// The currencies in which payments are collected.
pub(in crate::cinetpay) const CURRENCIES: &[Currency] =
    &[Currency::Cdf, Currency::Gnf, Currency::Usd, Currency::Xaf, Currency::Xof];

/// A request that passed every rule.
pub(in crate::cinetpay) struct Checked<'a> {
    pub(in crate::cinetpay) payment: wire::checkout::Payment<'a>,
    pub(in crate::cinetpay) notify_url: &'a str,
    pub(in crate::cinetpay) return_url: &'a str,
}

/// How the payment page is opened.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in crate::cinetpay) enum Way {
    /// By a link; the customer comes back to the return URL.
    Page,
    /// By the browser script, which stays on the merchant's page.
    Script,
}

pub(in crate::cinetpay) fn checkout<'a>(
    shared: &'a Shared,
    part: &'a CheckoutPart,
    request: &'a CheckoutRequest,
    operator: Option<&str>,
    way: Way,
) -> Result<Checked<'a>, Problems> {
    let mut problems = Problems::default();
    let config = &part.config;
    let currency = request.amount.currency();
    match config.currency {
        _ if !CURRENCIES.contains(&currency) => {
            problems.add("amount.currency", Fault::Unsupported("XOF, XAF, CDF, GNF or USD".into()));
        }
        // "Currency": another than the account's is refused with 608.
        Some(own) if own != currency => {
            problems
                .add("amount.currency", Fault::Unsupported(format!("{own}, the currency of the account")));
        }
        _ => {}
    }
    let payer = &request.payer;
    let country = payer.country.or_else(|| payer.phone.as_ref().and_then(nzimbu_core::PhoneNumber::country));
    let place = Place { country, operator };
    let units = amount(&mut problems, Field::new, shared, Operation::Payment, request.amount, &place);
    texts(&mut problems, request);
    let customer = customer(&mut problems, request);
    let base = &config.base_url;
    let asked = request.notify_url.as_deref();
    let notify_url = url(&mut problems, "notify_url", asked, config.notify_url.as_deref(), base);
    let return_url = match way {
        Way::Script => "",
        Way::Page => {
            let asked = request.return_url.as_deref();
            url(&mut problems, "return_url", asked, config.return_url.as_deref(), base)
        }
    };
    problems.into_result()?;
    Ok(Checked {
        payment: wire::checkout::Payment {
            transaction_id: request.order.as_str(),
            amount: units,
            currency: currency.code(),
            alternative_currency: request.alternative_currency.as_deref(),
            description: &request.description,
            channels: request.universe.code(),
            customer,
            metadata: request.metadata.as_deref(),
            lang: request.language.or(shared.language).map(nzimbu_core::Language::as_str),
            invoice_data: wire::checkout::Pairs(&request.invoice),
            lock_phone_number: request.lock_phone.then_some(true),
        },
        notify_url,
        return_url,
    })
}

/// The universe of a channel: the checkout lets nobody choose a single operator, so one stands for the universe
/// in which the page shows it.
pub(in crate::cinetpay) fn universe(
    problems: &mut Problems,
    shared: &Shared,
    channel: &Channel,
    currency: Currency,
) -> Universe {
    match channel {
        Channel::Any => Universe::All,
        Channel::Card => Universe::CreditCard,
        Channel::MobileMoney => Universe::MobileMoney,
        Channel::Wallet => Universe::Wallet,
        Channel::Operator(asked) => operator(problems, shared, asked, Operation::Payment, currency)
            .map_or(Universe::All, |entry| methods::universe_of(&entry.code)),
        _ => {
            problems
                .add("channel", Fault::Unsupported("any, mobile_money, card, wallet or an operator".into()));
            Universe::All
        }
    }
}

fn texts(problems: &mut Problems, request: &CheckoutRequest) {
    problems.require("description", Some(&request.description));
    check::forbid(problems, "description", &request.description, SPECIAL);
    check::no_card_number(problems, "description", &request.description);
    if request.invoice.len() > INVOICE {
        problems.add("invoice", Fault::TooLong(INVOICE));
    }
    if let Some(metadata) = &request.metadata {
        check::no_card_number(problems, "metadata", metadata);
    }
    for (index, (name, value)) in request.invoice.iter().enumerate() {
        let mut found = Problems::default();
        check::no_card_number(&mut found, "invoice", &format!("{name}\n{value}"));
        for problem in found.as_slice() {
            problems.add(Field::item("invoice", index, "value"), problem.fault.clone());
        }
        if name.trim().is_empty() {
            problems.add(Field::item("invoice", index, "name"), Fault::Missing);
        } else if request.invoice[..index].iter().any(|(known, _)| known == name) {
            problems
                .add(Field::item("invoice", index, "name"), Fault::wrong("different from the other names"));
        }
    }
}

fn customer<'a>(problems: &mut Problems, request: &'a CheckoutRequest) -> wire::checkout::Customer<'a> {
    let payer = &request.payer;
    let filled = |text: &'a Option<String>| text.as_deref().filter(|text| !text.trim().is_empty());
    if let Some(text) = filled(&payer.email) {
        email(problems, "payer.email", text);
    }
    if request.lock_phone && payer.phone.is_none() {
        problems.add("payer.phone", Fault::Missing);
    }
    let card = request.universe == Universe::CreditCard;
    if card {
        for (field, value) in [
            ("payer.name", &payer.name),
            ("payer.surname", &payer.surname),
            ("payer.email", &payer.email),
            ("payer.address", &payer.address),
            ("payer.city", &payer.city),
            ("payer.zip", &payer.zip),
        ] {
            problems.require(field, value.as_deref());
        }
        if payer.phone.is_none() && !request.lock_phone {
            problems.add("payer.phone", Fault::Missing);
        }
        if payer.country.is_none() {
            problems.add("payer.country", Fault::Missing);
        }
    } else if [&payer.address, &payer.city, &payer.state, &payer.zip]
        .into_iter()
        .any(|text| filled(text).is_some())
    {
        // Some fields of the card block without the others are refused with 624.
        problems.require("payer.address", payer.address.as_deref());
        problems.require("payer.city", payer.city.as_deref());
        problems.require("payer.zip", payer.zip.as_deref());
        if payer.country.is_none() {
            problems.add("payer.country", Fault::Missing);
        }
    }
    let address = filled(&payer.address).zip(filled(&payer.city));
    let country = payer.country.as_ref().filter(|_| address.is_some());
    wire::checkout::Customer {
        customer_id: filled(&payer.id),
        customer_name: filled(&payer.name),
        customer_surname: filled(&payer.surname),
        customer_email: filled(&payer.email),
        customer_phone_number: payer.phone.as_ref().map(nzimbu_core::PhoneNumber::e164),
        customer_address: address.map(|(address, _)| address),
        customer_city: address.map(|(_, city)| city),
        customer_country: country.map(Country::as_str),
        customer_state: state(problems, payer, country),
        customer_zip_code: filled(&payer.zip),
    }
}

/// Two letters, needed in the United States and Canada. Elsewhere the samples repeat the country.
fn state<'a>(problems: &mut Problems, payer: &'a Customer, country: Option<&'a Country>) -> Option<&'a str> {
    match payer.state.as_deref().filter(|text| !text.trim().is_empty()) {
        Some(state) if state.len() == 2 && state.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Some(state)
        }
        Some(_) => {
            problems.add("payer.state", Fault::wrong("two letters, such as CA for California"));
            None
        }
        None => {
            let country = country?.as_str();
            if matches!(country, "CA" | "US") {
                problems.add("payer.state", Fault::Missing);
            }
            Some(country)
        }
    }
}

/// "Do not put special characters in the parameter value".
const SPECIAL: &str = "#/$_&";
/// "Supports three variables that you name at your convenience".
const INVOICE: usize = 3;

//! What CinetPay's transfer service demands of contacts and orders.

use super::countries::Country;
use crate::gateway::{field, is_web_address};
use crate::json::Json;

/// A number that money can go to.
pub(super) struct Payee {
    pub(super) country: &'static Country,
    pub(super) phone: String,
}

/// An order that passed every rule that concerns it alone.
pub(super) struct Draft {
    pub(super) payee: Payee,
    pub(super) amount: u64,
    pub(super) notify_url: String,
    pub(super) client_transaction_id: Option<String>,
    pub(super) wallet: Option<&'static str>,
}

/// Refuses the whole call.
#[derive(Debug)]
pub(super) enum Fault {
    /// 709.
    Address,
    /// 718.
    NotJson,
    /// 704.
    Lookup,
    /// -1, with its text.
    Operation(String),
}

/// Refuses one item of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) enum Problem {
    AmountTooLarge,
    IdExists,
    InvalidAmount,
    InvalidMethod,
    MissingNotifyUrl,
    NotMyContact,
}

impl Problem {
    pub(super) fn code(self) -> u64 {
        match self {
            Problem::AmountTooLarge => 720,
            Problem::IdExists => 805,
            Problem::InvalidAmount => 801,
            Problem::InvalidMethod => 811,
            Problem::MissingNotifyUrl => 725,
            Problem::NotMyContact => 724,
        }
    }

    pub(super) fn status(self) -> &'static str {
        match self {
            Problem::AmountTooLarge => "AMOUNT_TOO_LARGE",
            Problem::IdExists => "CLIENT_TRANSACTION_ID_EXIST",
            Problem::InvalidAmount => "INVALID_AMOUNT",
            Problem::InvalidMethod => "INVALID_PAYMENT_METHOD",
            Problem::MissingNotifyUrl => "MISSING_NOTIFY_URL",
            Problem::NotMyContact => "ERROR_PHONE_NOT_MY_CONTACT",
        }
    }
}

/// Reads the form field `data`: the JSON text of an array.
pub(super) fn read_items(form: &[(String, String)]) -> Result<Vec<Json>, Fault> {
    let data = field(form, "data").ok_or(Fault::NotJson)?;
    match Json::parse(data.as_bytes()) {
        Err(_) => Err(Fault::NotJson),
        Ok(Json::Array(items)) if (1..=MAX_BATCH).contains(&items.len()) => Ok(items),
        Ok(Json::Array(_)) => Err(operation(&format!("data must hold 1 to {MAX_BATCH} items"))),
        Ok(_) => Err(operation("data must be an array")),
    }
}

pub(super) fn read_contact(item: &Json) -> Result<Payee, Fault> {
    let payee = read_payee(item)?;
    for name in ["name", "surname"] {
        required(item, name)?;
    }
    // All samples carry the e-mail; whether it may be empty is not written.
    match item.get("email") {
        Some(Json::Text(_)) => Ok(payee),
        _ => Err(undefined("email")),
    }
}

/// Reads one order. The outer error refuses the batch, the inner one this item.
pub(super) fn read_order(item: &Json) -> Result<Result<Draft, Problem>, Fault> {
    let payee = read_payee(item)?;
    let amount = match item.get("amount") {
        None | Some(Json::Null) => return Err(undefined("amount")),
        Some(Json::Text(text)) => digits(text),
        Some(Json::Number(literal)) => digits(literal),
        Some(_) => None,
    };
    let Some(amount) = amount.filter(|amount| *amount > 0 && amount.is_multiple_of(5)) else {
        return Ok(Err(Problem::InvalidAmount));
    };
    if amount < payee.country.minimum {
        return Err(operation("ERROR_PM_AMOUNT"));
    }
    if amount > payee.country.maximum {
        return Ok(Err(Problem::AmountTooLarge));
    }
    let notify_url = match item.get("notify_url").and_then(Json::text) {
        Some(url) if is_web_address(url) => url.to_owned(),
        _ => return Ok(Err(Problem::MissingNotifyUrl)),
    };
    let wallet = match item.get("payment_method") {
        None | Some(Json::Null) => None,
        Some(Json::Text(method)) if method.is_empty() => None,
        Some(Json::Text(method)) if payee.country.wallet == Some(method) => payee.country.wallet,
        Some(_) => return Ok(Err(Problem::InvalidMethod)),
    };
    let client_transaction_id = match item.get("client_transaction_id") {
        None | Some(Json::Null) => None,
        Some(Json::Text(id)) if id.is_empty() => None,
        Some(Json::Text(id)) if id.chars().count() <= 255 => Some(id.clone()),
        Some(_) => return Err(operation("client_transaction_id must be a string of at most 255 characters")),
    };
    Ok(Ok(Draft { payee, amount, notify_url, client_transaction_id, wallet }))
}

fn read_payee(item: &Json) -> Result<Payee, Fault> {
    if item.members().is_none() {
        return Err(operation("every item of data must be an object"));
    }
    let prefix = required(item, "prefix")?;
    let phone = required(item, "phone")?;
    let country = Country::find(prefix).ok_or_else(|| {
        operation(&format!("The prefix \"{prefix}\" belongs to a country not taken into account"))
    })?;
    // CinetPay lets its own array access fail when number, operator and length do not fit together.
    if !country.fits(phone) {
        return Err(undefined("country"));
    }
    Ok(Payee { country, phone: phone.to_owned() })
}

fn required<'a>(item: &'a Json, name: &str) -> Result<&'a str, Fault> {
    item.get(name).and_then(Json::text).filter(|text| !text.is_empty()).ok_or_else(|| undefined(name))
}

fn digits(text: &str) -> Option<u64> {
    (text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn undefined(name: &str) -> Fault {
    operation(&format!("Undefined index: {name}"))
}

fn operation(text: &str) -> Fault {
    Fault::Operation(text.to_owned())
}

const MAX_BATCH: usize = 1_000;

//! What CinetPay's transfer service demands of contacts and orders.

use super::codes;
use super::countries::{Country, Known};
use crate::gateway::{field, is_web_address};
use crate::json::Json;

/// A number that money can go to.
pub(super) struct Payee {
    pub(super) country: Known,
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
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// With the text of the table.
    Code(i64),
    /// -1, with its text.
    Operation(String),
}

/// Refuses one item of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: i64,
    pub(super) status: &'static str,
}

/// Which amounts are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slices {
    Kept,
    Ignored,
}

impl Problem {
    pub(super) fn code(number: i64) -> Problem {
        let status = codes::Code::find(number).map_or("OPERATION_ERROR", |code| code.message);
        Problem { code: number, status }
    }
}

/// Reads the form field `data`: the JSON text of an array.
pub(super) fn read_items(form: &[(String, String)]) -> Result<Vec<Json>, Fault> {
    let data = field(form, "data").ok_or_else(|| undefined("data"))?;
    match Json::parse(data.as_bytes()) {
        Err(_) => Err(Fault::Code(718)),
        Ok(Json::Array(items)) if (1..=MAX_BATCH).contains(&items.len()) => Ok(items),
        Ok(Json::Array(_)) => Err(operation(&format!("data must hold 1 to {MAX_BATCH} items"))),
        Ok(_) => Err(operation("data must be an array")),
    }
}

/// Reads one contact. The outer error refuses the batch, the inner one this item.
pub(super) fn read_contact(item: &Json) -> Result<Result<Payee, Problem>, Fault> {
    let payee = read_payee(item)?;
    // All samples carry these three; whether they may be empty is not written.
    for name in ["name", "surname", "email"] {
        if !matches!(item.get(name), Some(Json::Text(_) | Json::Number(_))) {
            return Err(undefined(name));
        }
    }
    let name = plain(item, "name").unwrap_or_default();
    match codes::magic_text(&name).map(|number| (number, codes::Code::find(number))) {
        Some((number, Some(code))) if code.per_item => Ok(Err(Problem::code(number))),
        Some((number, _)) => Err(Fault::Code(number)),
        None => Ok(Ok(payee)),
    }
}

/// Reads one order. The outer error refuses the batch, the inner one this item.
pub(super) fn read_order(item: &Json, slices: Slices) -> Result<Result<Draft, Problem>, Fault> {
    let payee = read_payee(item)?;
    let amount = match item.get("amount") {
        None | Some(Json::Null) => return Err(undefined("amount")),
        Some(Json::Text(text)) => whole(text),
        Some(Json::Number(literal)) => whole(literal),
        Some(_) => None,
    };
    let Some(amount) = amount.filter(|amount| *amount > 0 && amount.is_multiple_of(5)) else {
        return Ok(Err(Problem::code(801)));
    };
    if slices == Slices::Kept {
        if amount < payee.country.minimum {
            return Err(operation("ERROR_PM_AMOUNT"));
        }
        if amount > payee.country.maximum {
            return Ok(Err(Problem::code(720)));
        }
    }
    let notify_url = match item.get("notify_url").and_then(Json::text) {
        Some(url) if is_web_address(url) => url.to_owned(),
        _ => return Ok(Err(Problem::code(725))),
    };
    let wallet = match item.get("payment_method") {
        None | Some(Json::Null) => None,
        Some(Json::Text(method)) if method.is_empty() => None,
        Some(Json::Text(method)) if payee.country.wallet == Some(method) => payee.country.wallet,
        Some(_) => {
            let (code, status) = codes::INVALID_METHOD;
            return Ok(Err(Problem { code, status }));
        }
    };
    let client_transaction_id = plain(item, "client_transaction_id");
    if client_transaction_id.as_ref().is_some_and(|id| id.chars().count() > 255)
        || matches!(item.get("client_transaction_id"), Some(Json::Bool(_) | Json::Array(_) | Json::Object(_)))
    {
        return Err(operation("client_transaction_id must be a string of at most 255 characters"));
    }
    Ok(Ok(Draft { payee, amount, notify_url, client_transaction_id, wallet }))
}

fn read_payee(item: &Json) -> Result<Payee, Fault> {
    if item.members().is_none() {
        return Err(operation("every item of data must be an object"));
    }
    let prefix = required(item, "prefix")?;
    let phone = required(item, "phone")?;
    let country = Country::find(&prefix).ok_or_else(|| {
        operation(&format!("The prefix \"{prefix}\" belongs to a country not taken into account"))
    })?;
    // CinetPay lets its own array access fail when number, operator and length do not fit together.
    if !country.fits(&phone) {
        return Err(undefined("country"));
    }
    Ok(Payee { country, phone })
}

fn required(item: &Json, name: &str) -> Result<String, Fault> {
    plain(item, name).ok_or_else(|| undefined(name))
}

/// A text that is not empty, or a whole number, which PHP does not tell from its text.
fn plain(item: &Json, name: &str) -> Option<String> {
    match item.get(name)? {
        Json::Text(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(literal) if literal.bytes().all(|byte| byte.is_ascii_digit()) => Some(literal.clone()),
        _ => None,
    }
}

/// `500`, and `500.0` or `500.00` as some languages write it.
fn whole(text: &str) -> Option<u64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    (digits.len() <= 12 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn undefined(name: &str) -> Fault {
    operation(&format!("Undefined index: {name}"))
}

fn operation(text: &str) -> Fault {
    Fault::Operation(text.to_owned())
}

const MAX_BATCH: usize = 1_000;

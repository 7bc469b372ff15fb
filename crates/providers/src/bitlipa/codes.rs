//! What Bitlipa's codes and statuses mean ("4.5 How to read the answer to an initiation" is the rule for money).
//! `status` alone decides where a transaction stands; `result` says whether the gateway took the request.

use nzimbu_core::{Currency, ErrorKind, HttpResponse, Money, OrderName, PageUrl, ProviderError, Status};

use super::wire::{BanksAnswer, ResultAnswer, TransactionAnswer};
use super::{Bank, Extra, ResultCode, Transaction};
use crate::json::{self, Scalar};

/// What an answer is held against.
pub(super) struct Expected<'a> {
    pub(super) order: OrderName,
    /// None when a status is asked for.
    pub(super) amount: Option<Money>,
    pub(super) hosts: &'a [String],
}

/// Reads the answer to `payment_c2b` or `payment_b2c`. Only a refused login is a refusal; whatever else is not a
/// state in which money is known to stand leaves the outcome unknown.
pub(super) fn read_initiation(
    expected: Expected<'_>,
    reply: &HttpResponse,
) -> Result<Transaction, ProviderError> {
    let answer = read(&expected, reply)?;
    match answer.result.0.code.text() {
        Some(OK) => {}
        Some(code) => return Err(refused_or_not(code)),
        None => return Err(malformed("the answer has no result code")),
    }
    match answer.status.text() {
        None => Err(malformed("the answer has no status")),
        Some(UNDEFINED) => {
            let told = "the gateway cannot tell the state of the transaction (status -1)";
            Err(ProviderError::new(ErrorKind::Unavailable, told))
        }
        Some(_) => transaction(expected, answer),
    }
}

/// Reads the answer to `status`, where a result code that is not zero may go with a failed transaction.
pub(super) fn read_status(
    expected: Expected<'_>,
    reply: &HttpResponse,
) -> Result<Transaction, ProviderError> {
    let answer = read(&expected, reply)?;
    match (answer.status.text(), answer.result.0.code.text()) {
        (Some(_), _) => transaction(expected, answer),
        (None, None | Some(OK)) => Err(malformed("the answer has no status")),
        (None, Some(code)) => Err(refused_or_not(code)),
    }
}

/// Reads the list of banks.
pub(super) fn read_banks(reply: &HttpResponse) -> Result<Vec<Bank>, ProviderError> {
    let answer: BanksAnswer = decode(reply)?;
    let code = answer.result.0.code.text();
    if let Some(refusal) = refusal(code, None, reply) {
        return Err(refusal);
    }
    success(reply)?;
    match code {
        Some(OK) => {}
        Some(code) => return Err(refused_or_not(code)),
        None => return Err(malformed("the answer has no result code")),
    }
    let banks = answer.banks.ok_or_else(|| malformed("the answer has no list of banks"))?;
    let read = |(code, name): (Option<Box<str>>, Option<Box<str>>)| {
        code.zip(name)
            .map(|(code, name)| Bank { code, name })
            .ok_or_else(|| malformed("a bank has no code or no name"))
    };
    banks.iter().map(|bank| read((bank.code.boxed(), bank.name.boxed()))).collect()
}

/// The table of statuses. Which of them are final is inferred; `-1`, `5` (documented for terminals alone), `7` (in no
/// table) and everything else are not.
pub(super) fn status(code: &str) -> Status {
    match code {
        "0" | "1" | "6" => Status::Pending,
        "2" => Status::Succeeded,
        "3" => Status::Failed,
        "4" => Status::Cancelled,
        _ => Status::Unrecognized,
    }
}

const OK: &str = "0";
/// Merchant authentication failed, for example by a bad signature.
const NOT_AUTHENTICATED: &str = "10201";
const UNDEFINED: &str = "-1";

fn read(expected: &Expected<'_>, reply: &HttpResponse) -> Result<TransactionAnswer, ProviderError> {
    let answer: TransactionAnswer = decode(reply)?;
    if answer.order_id.text().is_some_and(|told| told != expected.order.as_str()) {
        return Err(mismatch("the answer speaks of another order than was asked about"));
    }
    match refusal(answer.result.0.code.text(), answer.status.text(), reply) {
        Some(refusal) => Err(refusal),
        None => success(reply).map(|()| answer),
    }
}

/// A body that is not the gateway's JSON proves nothing. An HTML page was seen in use after a bad signature.
fn decode<'a, T: json::Answer<'a>>(reply: &'a HttpResponse) -> Result<T, ProviderError> {
    json::decode(reply).map_err(|error| match reply.status {
        429 => ProviderError::new(ErrorKind::RateLimited, error.to_string()),
        500.. => ProviderError::new(ErrorKind::Unavailable, error.to_string()),
        _ => error,
    })
}

/// The one documented refusal, as long as the same answer does not speak of a transaction under way.
fn refusal(code: Option<&str>, status: Option<&str>, reply: &HttpResponse) -> Option<ProviderError> {
    let idle = matches!(status, None | Some(UNDEFINED | "3" | "4"));
    (code == Some(NOT_AUTHENTICATED) && idle && reply.status < 500).then(|| {
        let told = "the gateway does not accept merchant_id, public_id or the signature";
        ProviderError::rejected(ErrorKind::Authentication, told).with_gateway_code(NOT_AUTHENTICATED)
    })
}

fn success(reply: &HttpResponse) -> Result<(), ProviderError> {
    let kind = match reply.status {
        200..=299 => return Ok(()),
        429 => ErrorKind::RateLimited,
        500.. => ErrorKind::Unavailable,
        _ => ErrorKind::Malformed,
    };
    Err(ProviderError::new(kind, format!("the gateway answered with status {}", reply.status)))
}

/// A result code that no document calls a refusal.
fn refused_or_not(code: &str) -> ProviderError {
    let (kind, told) = match code {
        "1" => (ErrorKind::InvalidRequest, "the operator finds the PIN wrong"),
        "2" => (ErrorKind::InvalidRequest, "the operator finds the PIN blank"),
        "3" => (ErrorKind::InvalidRequest, "the operator finds the PIN too long or too short"),
        "10301" => (ErrorKind::Unavailable, "the gateway could not reach the operator"),
        NOT_AUTHENTICATED => {
            (ErrorKind::Malformed, "the gateway refuses the login and speaks of a transaction all the same")
        }
        _ => (ErrorKind::Unavailable, "the gateway states a result that its documents do not explain"),
    };
    // Anything can stand here; a code is short.
    let code = if code.len() <= 32 && code.bytes().all(|byte| byte.is_ascii_graphic()) { code } else { "?" };
    ProviderError::new(kind, told).with_gateway_code(code)
}

fn transaction(expected: Expected<'_>, answer: TransactionAnswer) -> Result<Transaction, ProviderError> {
    let raw_status = answer.status.as_str();
    let status = status(raw_status);
    if status.is_final() && !is_whole(&answer) {
        return Err(malformed(
            "the answer states an end without an order_id and a result code that go with it",
        ));
    }
    let extra = &answer.extra.0;
    // No document lists the hosts, so that an unknown one costs the link and not what is known about the money.
    let link = extra.customer_redirect.text().filter(|_| !status.is_final());
    let page = link.map(|link| PageUrl::parse(link, expected.hosts.iter().map(String::as_str)));
    let (customer_redirect, untrusted_redirect) = match page {
        None => (None, false),
        Some(Ok(page)) => (Some(page), false),
        Some(Err(_)) => (None, true),
    };
    let transfer_amount = match expected.amount {
        Some(asked) => compared(&extra.transfer_amount, asked.currency(), Some(asked))?,
        None => None,
    };
    Ok(Transaction {
        status,
        raw_status: raw_status.into(),
        transaction_id: nzimbu_core::GatewayRef::new(answer.transaction_id.as_str()),
        transaction_ref: answer.transaction_ref.boxed(),
        extra: Extra {
            customer_message: extra.customer_message.boxed(),
            customer_redirect,
            untrusted_redirect,
            transfer_amount,
            account_number: extra.account_number.boxed(),
            bank_name: extra.bank_name.boxed(),
        },
        confirm_type: answer.confirm_type.text().filter(|kind| *kind != "0").map(Box::from),
        amount: stated_amount(&answer, expected.amount)?,
        service_id: answer.service_id.boxed(),
        service_version: answer.service_version.boxed(),
        service_date_time: answer.service_date_time.boxed(),
        result: result(&answer.result.0),
        provider_result: result(&answer.provider_result.0),
        order: expected.order,
    })
}

/// Whether the members are there that every answer has ("payment_c2b", "payment_b2c", "status"). An end releases goods or
/// a second payout, so it is believed of the order that it names and of no other; `read` has compared the name.
fn is_whole(answer: &TransactionAnswer) -> bool {
    let code = answer.result.0.code.text();
    answer.order_id.text().is_some() && code.is_some_and(|code| code.parse::<i64>().is_ok())
}

fn result(answer: &ResultAnswer) -> ResultCode {
    ResultCode { code: answer.code.boxed(), message: answer.message.boxed() }
}

/// The amount with its currency. Without a currency it is only compared.
fn stated_amount(answer: &TransactionAnswer, asked: Option<Money>) -> Result<Option<Money>, ProviderError> {
    let Some(code) = answer.currency.text() else {
        return match asked {
            Some(asked) => compared(&answer.amount, asked.currency(), Some(asked)).map(|_| None),
            None => Ok(None),
        };
    };
    let currency = Currency::parse(code);
    match (currency, asked) {
        (Ok(currency), Some(asked)) if currency != asked.currency() => Err(other_amount()),
        (Ok(currency), asked) => compared(&answer.amount, currency, asked),
        (Err(_), _) => Err(mismatch("the answer states a currency that this gateway does not work in")),
    }
}

fn compared(told: &Scalar, currency: Currency, asked: Option<Money>) -> Result<Option<Money>, ProviderError> {
    if told.text().is_none() {
        return Ok(None);
    }
    match told.money(currency) {
        None => Err(malformed("the answer states an amount that cannot be read")),
        Some(told) if asked.is_some_and(|asked| asked != told) => Err(other_amount()),
        told => Ok(told),
    }
}

fn other_amount() -> ProviderError {
    mismatch("the answer states another amount or currency than was asked for")
}

fn mismatch(told: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::Mismatch, told)
}

fn malformed(told: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::Malformed, told)
}

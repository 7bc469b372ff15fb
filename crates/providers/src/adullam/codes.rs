//! What Adullam's answers mean. The schema of its errors is documented nowhere, so a refusal is believed only
//! when a documented status comes with a JSON object.

use nzimbu_core::{
    Country, Currency, ErrorKind, GatewayRef, HttpResponse, PhoneNumber, ProviderError, Status, UnixTime,
};

use super::{Checkout, CheckoutRequest};
use crate::json;

use super::wire::{CheckoutAnswer, ErrorAnswer};

/// Reads the answer to a creation, and compares it with what was asked.
pub(super) fn read_checkout(
    request: &CheckoutRequest,
    reply: &HttpResponse,
) -> Result<Checkout, ProviderError> {
    if !(200..300).contains(&reply.status) {
        return Err(read_error(reply));
    }
    let answer: CheckoutAnswer = json::decode(reply)?;
    let id = GatewayRef::new(answer.id.as_str())
        .ok_or_else(|| ProviderError::new(ErrorKind::Malformed, "the answer names no checkout session"))?;
    let currency = answer.currency.text().map(|code| Currency::parse(&code.trim().to_ascii_uppercase()));
    if currency.is_some_and(|told| told != Ok(request.amount.currency())) {
        return Err(mismatch("the answer states a currency that was not asked for"));
    }
    // Without a currency the number is compared as XOF, the only one that the gateway knows.
    let told = answer.amount.amount(Currency::Xof)?;
    if told.is_some_and(|told| told != request.amount) {
        return Err(mismatch("the answer states another amount than was asked for"));
    }
    // The gateway may spell the number in its own way; one that cannot be read says nothing.
    let told_phone =
        answer.user_phone.text().and_then(|told| PhoneNumber::parse_in(ivory_coast(), told).ok());
    if told_phone.is_some_and(|told| request.payer.phone.as_ref() != Some(&told)) {
        return Err(mismatch("the answer states another phone number than was asked for"));
    }
    Ok(Checkout {
        order: request.order.clone(),
        id,
        status: status(answer.status.as_str()),
        raw_status: answer.status.as_str().into(),
        // The amount counts as confirmed only with its currency.
        amount: told.filter(|_| answer.currency.text().is_some()),
        fee: answer.transaction_fee.money(Currency::Xof),
        payment_id: answer.payment_id.boxed(),
        failure: answer.failure_reason.boxed().or_else(|| answer.failed_reason.boxed()),
        created_at: UnixTime::parse_utc(answer.created_at.as_str()),
        expires_at: UnixTime::parse_utc(answer.expires_at.as_str()),
        completed_at: UnixTime::parse_utc(answer.completed_at.as_str()),
        // The page labels its one answer "Session already exist" without a number; 201 is taken for the first
        // creation and 200 for a replay.
        replayed: reply.status == 200,
    })
}

/// The documented words. Which of them are final is inferred; an unknown word is not.
pub(super) fn status(word: &str) -> Status {
    match word {
        "created" | "pending" | "processing" => Status::Pending,
        "completed" => Status::Succeeded,
        "failed" => Status::Failed,
        "expired" => Status::Expired,
        "cancelled" => Status::Cancelled,
        _ => Status::Unrecognized,
    }
}

/// Reads an answer that is no success.
pub(super) fn read_error(reply: &HttpResponse) -> ProviderError {
    let status = reply.status;
    let Ok(answer) = json::decode::<ErrorAnswer>(reply) else {
        let kind = if status >= 500 { ErrorKind::Unavailable } else { ErrorKind::Malformed };
        return ProviderError::new(kind, format!("status {status} without the gateway's own JSON"));
    };
    let (kind, told) = match status {
        400 => (ErrorKind::InvalidRequest, "the gateway finds the request wrong"),
        401 => (ErrorKind::Authentication, "the gateway does not accept the credentials"),
        404 => (ErrorKind::Unsupported, "the gateway knows no such call; checkouts may have been retired"),
        429 => (ErrorKind::RateLimited, "the gateway asks to slow down: 100 calls a minute, 1000 an hour"),
        // Undocumented; elsewhere these are the answers to a key that was used with another body.
        409 | 422 => {
            let told = "the gateway may know this idempotency key with another body";
            return ProviderError::new(ErrorKind::DuplicateOrder, told).with_gateway_code(status.to_string());
        }
        500.. => {
            return ProviderError::new(
                ErrorKind::Unavailable,
                format!("the gateway failed with status {status}"),
            );
        }
        _ => return ProviderError::new(ErrorKind::Malformed, format!("status {status} is not documented")),
    };
    // The gateway's words may repeat what was sent, phone numbers included, so only its status is passed on.
    let error = match answer.error.text() {
        Some(_) => ProviderError::rejected(kind, told),
        None => ProviderError::new(kind, told),
    };
    let error = error.with_gateway_code(status.to_string());
    match reply.header("retry-after").and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => error.with_retry_after(std::time::Duration::from_secs(seconds)),
        None => error,
    }
}

fn ivory_coast() -> Country {
    Country::parse("CI").expect("CI is two capital letters")
}

fn mismatch(told: &'static str) -> ProviderError {
    ProviderError::new(ErrorKind::Mismatch, told)
}

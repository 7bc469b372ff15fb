//! What CinetPay's codes mean. Each API has a table of its own: 602, 804 and 811 mean one thing at checkout and
//! another for transfers.

pub(super) mod batch;
pub(super) mod checkout;
pub(super) mod transfer;

use std::time::Duration;

use nzimbu_core::{ErrorKind, HttpResponse, ProviderError};

use super::wire::Envelope;
use crate::json;

/// Reads the envelope, whatever the status of the answer: the gateway's own refusals travel with 4xx.
fn envelope(reply: &HttpResponse) -> Result<Envelope<'_>, ProviderError> {
    let foreign = match json::decode::<Envelope<'_>>(reply) {
        Ok(envelope) if envelope.code.text().is_some() => return Ok(envelope),
        Ok(_) => ProviderError::new(
            ErrorKind::Malformed,
            format!("the answer with status {} has no code, so it is not the gateway's", reply.status),
        ),
        Err(error) => error,
    };
    Err(match reply.status {
        403 if is_block_page(&reply.body) => ProviderError::rejected(
            ErrorKind::Blocked,
            "the gateway's edge blocks this program, as it does without a User-Agent: set one that names you",
        )
        .with_gateway_code("1010"),
        // None of these is in the gateway's own words, so none proves that nothing was done.
        429 => ProviderError::new(ErrorKind::RateLimited, "status 429 without the gateway's own answer"),
        500.. => ProviderError::new(
            ErrorKind::Unavailable,
            format!("status {} without the gateway's own answer", reply.status),
        ),
        _ => foreign,
    })
    .map_err(|error| with_delay(error, reply))
}

/// "Error code :1010": exactly this text and no other page is known to mean that the call went no further.
fn is_block_page(body: &[u8]) -> bool {
    body.trim_ascii().eq_ignore_ascii_case(b"error code: 1010")
}

fn with_delay(error: ProviderError, reply: &HttpResponse) -> ProviderError {
    match reply.header("retry-after").and_then(|seconds| seconds.trim().parse().ok()) {
        Some(seconds) => error.with_retry_after(Duration::from_secs(seconds)),
        None => error,
    }
}

/// Keeps what the gateway said in its own words, and its name for the answer, which its support asks for.
fn quoting(error: ProviderError, envelope: &Envelope<'_>) -> ProviderError {
    let words = [&envelope.message, &envelope.description, &envelope.api_response_id];
    let words: Vec<_> =
        words.into_iter().map(|word| word.as_str().trim()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { error } else { error.with_gateway_text(words.join("; ")) }
}

/// A refusal, if the status of the answer lets it be one: a server that fails, or an answer from elsewhere, may have
/// done what its body says that it has not.
fn refused(kind: ErrorKind, told: &str, reply: &HttpResponse) -> ProviderError {
    if may_refuse(reply) { ProviderError::rejected(kind, told) } else { ProviderError::new(kind, told) }
}

fn may_refuse(reply: &HttpResponse) -> bool {
    matches!(reply.status, 200..=299 | 400..=499)
}

/// A code as it may be shown: what is no code is cut.
fn shown(code: &str) -> String {
    code.chars().filter(char::is_ascii_graphic).take(32).collect()
}

fn is_success(reply: &HttpResponse) -> bool {
    (200..300).contains(&reply.status)
}

//! What Adullam demands of a checkout ("Create a Checkout Session", the schema half of the page).

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// A request that passed every rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) amount: u64,
    pub(super) user_phone: String,
    pub(super) description: Option<String>,
    /// Seconds.
    pub(super) expires_in: u64,
}

/// Reads the body; the error names every problem.
pub(super) fn read_order(body: &[u8]) -> Result<Order, String> {
    let json = Json::parse(body).map_err(|reason| format!("the request is not JSON: {reason}"))?;
    if json.members().is_none() {
        return Err("the request must be a JSON object".to_owned());
    }
    let mut problems = Vec::new();
    let integer = |name: &str| json.get(name).and_then(Json::integer).and_then(|n| u64::try_from(n).ok());
    let amount = integer("amount").filter(|amount| (100..=MAX_AMOUNT).contains(amount));
    if amount.is_none() {
        problems.push("amount must be an integer of at least 100");
    }
    // The enum says XOF; lower case is known to work as well.
    if !json.get("currency").and_then(Json::text).is_some_and(|code| matches!(code, "XOF" | "xof")) {
        problems.push("currency must be XOF");
    }
    let user_phone = json.get("user_phone").and_then(Json::text).filter(|phone| is_ivorian(phone));
    if user_phone.is_none() {
        problems.push("user_phone must be +225 and 8 or 10 digits");
    }
    let description = match json.get("description") {
        None | Some(Json::Null) => None,
        Some(Json::Text(text)) if text.chars().count() <= 200 => Some(text.clone()),
        Some(_) => {
            problems.push("description must be a string of at most 200 characters");
            None
        }
    };
    let expires_in = match json.get("expires_in") {
        None | Some(Json::Null) => Some(1_800),
        Some(_) => integer("expires_in").filter(|seconds| (300..=86_400).contains(seconds)),
    };
    if expires_in.is_none() {
        problems.push("expires_in must be an integer of 300 to 86400 seconds");
    }
    match (amount, user_phone, expires_in) {
        (Some(amount), Some(phone), Some(expires_in)) if problems.is_empty() => {
            Ok(Order { amount, user_phone: phone.to_owned(), description, expires_in })
        }
        _ => Err(problems.join("; ")),
    }
}

/// Five groups of hex digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

pub(super) fn is_ivorian(phone: &str) -> bool {
    phone
        .strip_prefix("+225")
        .is_some_and(|local| matches!(local.len(), 8 | 10) && local.bytes().all(|byte| byte.is_ascii_digit()))
}

const MAX_AMOUNT: u64 = 1_000_000_000_000;

//! What Bitlipa demands of a request: the shape first, then what the provider wants.

use serde::{Deserialize, Serialize};

use super::directory::{self, Flow, Phone};
use super::sign;
use crate::choices::BitlipaChoices;
use crate::gateway::is_web_address;
use crate::json::Json;

/// The merchant's account.
pub(super) struct Account {
    pub(super) public_id: String,
    pub(super) merchant_id: String,
    pub(super) secret: String,
}

/// Which way the money goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    B2c,
    C2b,
}

impl Operation {
    /// As in the ledger.
    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::B2c => "payout",
            Operation::C2b => "payment",
        }
    }
}

/// A payment request whose shape is right.
pub(super) struct Draft {
    pub(super) operation: Operation,
    pub(super) order_id: String,
    pub(super) customer_id: String,
    pub(super) provider_id: i64,
    /// Hundredths.
    pub(super) amount: u64,
    pub(super) currency: &'static str,
    pub(super) callback_url: Option<String>,
    pub(super) flow: Flow,
    /// Why the operator will have none of it.
    pub(super) refused_by_operator: Option<&'static str>,
}

/// Why a request is refused without becoming an order.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 10201.
    Authentication,
    /// Not what the documents describe, with what is wrong.
    Shape(String),
}

/// Reads the body and proves that the merchant wrote it.
pub(super) fn read_signed(body: &[u8], account: &Account) -> Result<Json, Refusal> {
    let json = Json::parse(body).map_err(|reason| shape(&format!("the request is not JSON: {reason}")))?;
    if json.members().is_none() {
        return Err(shape("the request must be a JSON object"));
    }
    // Readers differ in which of two equal names they take, so none is taken.
    if json.repeats_a_name() {
        return Err(shape("a member name occurs twice"));
    }
    let given = json.get("signature").and_then(Json::text).unwrap_or("").to_ascii_lowercase();
    let genuine = sign::sign(&json, &account.secret).is_some_and(|expected| sign::same(&expected, &given));
    let merchant = json.get("merchant_id").and_then(Json::text);
    if genuine && merchant == Some(account.merchant_id.as_str()) {
        Ok(json)
    } else {
        Err(Refusal::Authentication)
    }
}

/// Reads a `payment_c2b` or `payment_b2c`.
pub(super) fn read_payment(
    json: &Json,
    operation: Operation,
    choices: &BitlipaChoices,
) -> Result<Draft, Refusal> {
    let mut problems = Vec::new();
    let order_id = read_order_id(json).unwrap_or_else(|refusal| {
        problems.extend(refusal.reason());
        String::new()
    });
    // The schema says customer_id, the documents' PHP sample client_id.
    let customer_id = ["customer_id", "client_id"].into_iter().find_map(|name| plain(json, name));
    if customer_id.is_none() {
        problems.push("customer_id must be a string".to_owned());
    }
    let currency = json
        .get("currency")
        .and_then(Json::text)
        .and_then(|given| directory::CURRENCIES.into_iter().find(|known| *known == given));
    if currency.is_none() {
        problems.push("currency must be one of the currency table".to_owned());
    }
    let amount = match json.get("amount") {
        Some(Json::Text(text)) if !choices.strict_amounts || text.contains('.') => hundredths(text),
        // The documents' PHP sample sends a whole number.
        Some(number @ Json::Number(_)) if !choices.strict_amounts => {
            number.integer().and_then(|number| hundredths(&number.to_string()))
        }
        _ => None,
    };
    match (amount, currency) {
        (None | Some(0), _) => {
            problems
                .push("amount must be a decimal string with exactly two digits after the point".to_owned());
        }
        (Some(amount), Some(currency)) if directory::has_no_fractions(currency) && amount % 100 != 0 => {
            problems.push(format!("amount must have no fraction in {currency}"));
        }
        _ => {}
    }
    let country = match json.get("country") {
        None | Some(Json::Null) => None,
        Some(Json::Text(code)) if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            Some(code.as_str())
        }
        Some(_) => {
            problems.push("country must be an ISO 3166-1 alpha-2 code".to_owned());
            None
        }
    };
    let callback_url = match json.get("callback_url") {
        None | Some(Json::Null) => None,
        Some(Json::Text(url)) if url.is_empty() => None,
        Some(Json::Text(url)) if is_web_address(url) => Some(url.clone()),
        Some(_) => {
            problems.push("callback_url must be an http or https URL".to_owned());
            None
        }
    };
    let provider_id = read_provider_id(json).map_err(|refusal| problems.extend(refusal.reason())).ok();
    match json.get("extra") {
        None | Some(Json::Null) => {}
        Some(Json::Array(items)) if items.is_empty() => {}
        Some(Json::Object(members))
            if !members.iter().any(|(_, value)| matches!(value, Json::Array(_) | Json::Object(_))) => {}
        Some(_) => problems.push("extra must be an object of strings".to_owned()),
    }
    let (Some(amount), Some(currency), Some(provider_id), Some(customer_id), true) =
        (amount, currency, provider_id, customer_id, problems.is_empty())
    else {
        return Err(Refusal::Shape(problems.join("; ")));
    };
    let asked = Asked { json, operation, customer_id: &customer_id, amount, currency, country };
    let (flow, refused_by_operator) = match directory::find(provider_id) {
        None => (Flow::Prompt, Some("provider is not available")),
        Some(providers) => (providers.flow, asked.refused_by(providers)),
    };
    Ok(Draft {
        operation,
        order_id,
        customer_id,
        provider_id,
        amount,
        currency,
        callback_url,
        flow,
        refused_by_operator: refused_by_operator.filter(|_| choices.provider_rules),
    })
}

/// An integer; digits in a text are taken too, because the signature cannot tell them apart.
pub(super) fn read_provider_id(json: &Json) -> Result<i64, Refusal> {
    plain(json, "provider_id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| shape("provider_id must be an integer"))
}

/// 1 to 128 of `A-Za-z0-9_:.-`.
pub(super) fn read_order_id(json: &Json) -> Result<String, Refusal> {
    match plain(json, "order_id") {
        Some(id) if is_order_id(&id) => Ok(id),
        _ => Err(shape("order_id must be 1 to 128 characters of A-Z a-z 0-9 _ : . -")),
    }
}

pub(super) fn is_order_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.-".contains(&byte))
}

/// A text that is not empty, or a whole number.
fn plain(json: &Json, name: &str) -> Option<String> {
    match json.get(name)? {
        Json::Text(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(literal) if literal.bytes().all(|byte| byte.is_ascii_digit()) => Some(literal.clone()),
        _ => None,
    }
}

/// `100.00`, and `100` as some of the samples write it.
pub(super) fn hundredths(text: &str) -> Option<u64> {
    let (whole, cents) = match text.split_once('.') {
        Some((whole, cents)) if cents.len() == 2 => (whole, cents),
        Some(_) => return None,
        None => (text, "00"),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !digits(whole) || !digits(cents) {
        return None;
    }
    Some(whole.parse::<u64>().ok()? * 100 + cents.parse::<u64>().ok()?)
}

impl Refusal {
    fn reason(self) -> Option<String> {
        match self {
            Refusal::Shape(reason) => Some(reason),
            Refusal::Authentication => None,
        }
    }
}

struct Asked<'a> {
    json: &'a Json,
    operation: Operation,
    customer_id: &'a str,
    amount: u64,
    currency: &'a str,
    country: Option<&'a str>,
}

impl Asked<'_> {
    fn refused_by(&self, providers: &directory::Providers) -> Option<&'static str> {
        // The simulator goes with any country, currency and number.
        if providers.flow == Flow::Simulator {
            return None;
        }
        let (wanted, minimum) = match self.operation {
            Operation::B2c => (providers.b2c_extra, providers.b2c_min),
            Operation::C2b => (providers.c2b_extra, providers.c2b_min),
        };
        let extra = self.json.get("extra");
        let lacks = |name: &&str| extra.and_then(|extra| plain(extra, name)).is_none();
        let document = extra.and_then(|extra| extra.get("customer_doc_type")).and_then(Json::text);
        if self.currency != providers.currency {
            return Some("currency does not fit the provider");
        }
        if self.country.is_some_and(|country| country != providers.country) {
            return Some("country does not fit the provider");
        }
        if !Phone::fits(providers.phone, self.customer_id) {
            return Some("MSISDN2 INCORRECT");
        }
        if wanted.iter().any(lacks) {
            return Some("required extra parameter is missing");
        }
        if document.is_some_and(|document| !DOCUMENTS.contains(&document)) {
            return Some("customer_doc_type is unknown");
        }
        if self.amount < minimum {
            return Some("amount is below the minimum");
        }
        if providers.max.is_some_and(|max| self.amount > max) {
            return Some("amount is above the maximum");
        }
        if providers.flow == Flow::Hosted && self.operation == Operation::C2b {
            return Some("this provider collects over the hosted page only");
        }
        None
    }
}

const DOCUMENTS: [&str; 3] = ["intl_passport", "driving_license", "national_id"];

fn shape(reason: &str) -> Refusal {
    Refusal::Shape(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts_strictly() {
        assert_eq!(hundredths("100.00"), Some(10_000));
        assert_eq!(hundredths("100"), Some(10_000));
        assert_eq!(hundredths("0.05"), Some(5));
        for text in
            ["", ".", "1.", "1.0", "1.000", "-1.00", "+1.00", "1,00", " 1.00", "1e2", "1000000000000.00"]
        {
            assert_eq!(hundredths(text), None, "{text:?}");
        }
    }
}

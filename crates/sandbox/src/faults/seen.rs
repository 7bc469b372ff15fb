//! What a request is about, as far as faults want to know.

use crate::gateway::{Front, Request, field};
use crate::hub::Place;
use crate::json::Json;

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) operation: &'static str,
    /// Whether it asks for a new order.
    pub(crate) creates: bool,
    pub(crate) orders: Vec<SeenOrder>,
}

/// One order in a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenOrder {
    /// The merchant's own id.
    pub(crate) order_id: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) amount: Option<String>,
}

impl Seen {
    pub(crate) fn read(place: Place, request: &Request) -> Seen {
        let operation = operation(place, request);
        let creates = matches!(operation, "create" | "send");
        let orders = match operation {
            "page" | "login" | "balance" | "banks" => Vec::new(),
            _ => orders(place, request),
        };
        Seen { operation, creates, orders }
    }
}

fn operation(place: Place, request: &Request) -> &'static str {
    let path = request.path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    match (place, request.front) {
        (_, Front::Pages) => "page",
        (Place::Checkout, _) => match path {
            "/v2/payment" | "/seamless/checkout" => "create",
            "/v2/payment/check" => "check",
            _ => "page",
        },
        (Place::Transfer, _) => match (request.method.as_str(), path) {
            ("POST", "/v1/auth/login") => "login",
            ("GET", "/v1/transfer/check/balance") => "balance",
            ("POST", "/v1/transfer/contact") => "contact",
            ("GET", _) if path.contains("/check/") => "check",
            ("POST", _) if path.contains("/send") => "send",
            _ => "other",
        },
        (Place::Bitlipa, _) => match last {
            "payment_c2b" | "payment_b2c" => "create",
            "status" => "check",
            "banks" => "banks",
            _ => "other",
        },
        (Place::Adullam, _) => match request.method.as_str() {
            "POST" if path.starts_with("/v1/auth/") => "login",
            "POST" => "create",
            "GET" => "check",
            _ => "other",
        },
    }
}

fn orders(place: Place, request: &Request) -> Vec<SeenOrder> {
    if place == Place::Transfer {
        let form = request.form_pairs();
        if let Some(Ok(Json::Array(items))) = field(&form, "data").map(|data| Json::parse(data.as_bytes())) {
            return items.iter().map(|item| order(item, None)).collect();
        }
        let query = request.query_pairs();
        let order_id = field(&query, "client_transaction_id").or_else(|| field(&query, "transaction_id"));
        return vec![SeenOrder { order_id: order_id.map(str::to_owned), ..SeenOrder::default() }];
    }
    let key = request.header("idempotency-key").or_else(|| request.header("x-idempotency-key"));
    match Json::parse(&request.body) {
        Ok(json) => vec![order(&json, key.map(str::trim))],
        Err(_) => Vec::new(),
    }
}

fn order(json: &Json, key: Option<&str>) -> SeenOrder {
    let first = |names: &[&str]| names.iter().find_map(|name| plain(json.get(name)?));
    SeenOrder {
        order_id: key
            .map(str::to_owned)
            .or_else(|| first(&["client_transaction_id", "transaction_id", "order_id"])),
        phone: first(&["customer_phone_number", "user_phone", "phone", "customer_id"]),
        amount: first(&["amount"]),
    }
}

fn plain(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) => Some(text.clone()),
        Json::Number(literal) => Some(literal.clone()),
        _ => None,
    }
}

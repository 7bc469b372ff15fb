//! What the admin API shows.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{json, kept, problem};
use crate::clock::Pace;
use crate::exchanges::Exchange;
use crate::faults::{Armed, FaultKind, MAGIC, MagicEffect};
use crate::gateway::field;
use crate::hub::Hub;
use crate::json::Json;
use crate::ledger::{Attempted, Moved};
use crate::outbox::{Message, MessageState};
use crate::view::OrderView;

type Shared = State<Arc<Hub>>;

pub(super) async fn state(State(hub): Shared) -> Response {
    let endpoints = hub.endpoints();
    let urls = Json::object([
        ("cinetpay-checkout", endpoints.cinetpay.checkout_url.as_str().into()),
        ("cinetpay-transfer", endpoints.cinetpay.transfer_url.as_str().into()),
        ("bitlipa", endpoints.bitlipa.base_url.as_str().into()),
        ("bitlipa-hosted-page", endpoints.bitlipa.hosted_page_url.as_str().into()),
        ("adullam", endpoints.adullam.base_url.as_str().into()),
        ("admin", endpoints.admin_url.as_str().into()),
    ]);
    let auto = hub.settings().auto.map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
    let body = Json::object([
        ("urls", urls),
        ("seed", hub.settings().seed.into()),
        ("auto_milliseconds", auto.into()),
        ("time", clock(&hub)),
        ("waiting_callbacks", count(hub.waiting_callbacks()).into()),
        ("faults", count(hub.faults.list().len()).into()),
        ("magic", Json::Bool(hub.settings().magic)),
    ]);
    kept(&hub, StatusCode::OK, body).await
}

pub(super) async fn payments(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    orders(&hub, query, "payment").await
}

pub(super) async fn payouts(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    orders(&hub, query, "payout").await
}

async fn orders(hub: &Hub, query: Option<String>, operation: &str) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let gateway = field(&query, "gateway");
    let state = field(&query, "state");
    let found = hub.orders(page.before, page.limit, |order: &OrderView| {
        order.operation == operation
            && gateway.is_none_or(|name| name == order.gateway)
            && state.is_none_or(|name| name == order.state.name())
    });
    let next = page.next(found.len(), found.last().map(|order| order.serial));
    page_of(hub, found.iter().map(OrderView::json).collect(), next).await
}

pub(super) async fn order(State(hub): Shared, Path((gateway, order_id)): Path<(String, String)>) -> Response {
    let Some(order) = hub.order(&gateway, &order_id) else {
        return problem(StatusCode::NOT_FOUND, "no order of this gateway has this id");
    };
    let own = |exchange: &Exchange| exchange.gateway == order.gateway;
    let exchanges = hub.exchanges(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let exchanges = exchanges.iter().filter(|exchange| own(exchange));
    let callbacks = hub.callbacks(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let movements = hub.movements(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let movements = movements.iter().filter(|(_, moved)| moved.movement.gateway == order.gateway);
    let body = Json::object([
        ("order", order.json()),
        ("exchanges", Json::Array(exchanges.map(|exchange| whole_exchange(&hub, exchange)).collect())),
        (
            "callbacks",
            Json::Array(
                callbacks
                    .iter()
                    .filter(|(_, message)| message.callback.gateway == order.gateway)
                    .map(|(id, message)| callback(&hub, *id, message))
                    .collect(),
            ),
        ),
        ("ledger", Json::Array(movements.map(|(id, moved)| movement(*id, moved)).collect())),
    ]);
    kept(&hub, StatusCode::OK, body).await
}

pub(super) async fn exchanges(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let found = hub.exchanges(field(&query, "order_id"), page.before, page.limit);
    let next = page.next(found.len(), found.last().map(|exchange| exchange.id));
    page_of(&hub, found.iter().map(|exchange| whole_exchange(&hub, exchange)).collect(), next).await
}

pub(super) async fn callbacks(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let found = hub.callbacks(field(&query, "order_id"), page.before, page.limit);
    let next = page.next(found.len(), found.last().map(|(id, _)| *id));
    page_of(&hub, found.iter().map(|(id, message)| callback(&hub, *id, message)).collect(), next).await
}

pub(super) async fn deliveries(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let found = hub.attempts(field(&query, "order_id"), page.before, page.limit);
    let next = page.next(found.len(), found.last().map(|(id, _)| *id));
    page_of(&hub, found.iter().map(|(id, attempted)| attempt(*id, attempted)).collect(), next).await
}

/// With `key` the movements of one idempotency key, over all gateways unless one is named.
pub(super) async fn ledger(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let found = hub.movements(field(&query, "key"), page.before, page.limit);
    let next = page.next(found.len(), found.last().map(|(id, _)| *id));
    let gateway = field(&query, "gateway");
    let items = found
        .iter()
        .filter(|(_, moved)| gateway.is_none_or(|name| name == moved.movement.gateway))
        .map(|(id, moved)| movement(*id, moved))
        .collect();
    page_of(&hub, items, next).await
}

pub(super) async fn magic() -> Response {
    let items = MAGIC
        .iter()
        .map(|value| {
            let effect = match value.effect {
                MagicEffect::Fault(kind) => ("fault", kind.name()),
                MagicEffect::Decision(decision) => ("decision", decision.name()),
            };
            Json::object([
                ("amount", value.amount.into()),
                ("phone_ending", value.phone_ending.into()),
                (effect.0, effect.1.into()),
                ("meaning", value.meaning.into()),
            ])
        })
        .collect();
    json(StatusCode::OK, &Json::object([("items", Json::Array(items))]))
}

pub(super) async fn faults(State(hub): Shared) -> Response {
    let items = hub.faults.list().iter().map(fault).collect();
    let kinds = FaultKind::ALL.iter().map(|kind| kind.name().into()).collect();
    json(StatusCode::OK, &Json::object([("items", Json::Array(items)), ("kinds", Json::Array(kinds))]))
}

pub(super) async fn time(State(hub): Shared) -> Response {
    json(StatusCode::OK, &clock(&hub))
}

pub(super) fn clock(hub: &Hub) -> Json {
    let now = hub.now();
    let ahead = match hub.pace() {
        Pace::Moved(micros) => Some(micros / 1_000_000),
        Pace::Real | Pace::Frozen(_) => None,
    };
    Json::object([
        ("now", now.rfc3339().into()),
        ("unix_seconds", now.unix_seconds().into()),
        ("mode", hub.pace().name().into()),
        ("ahead_seconds", ahead.into()),
    ])
}

pub(super) fn fault(armed: &Armed) -> Json {
    let fault = &armed.fault;
    Json::object([
        ("id", armed.id.into()),
        ("kind", fault.kind.name().into()),
        ("gateway", fault.gateway.as_deref().into()),
        ("operation", fault.operation.as_deref().into()),
        ("order_id", fault.order_id.as_deref().into()),
        ("phone", fault.phone.as_deref().into()),
        ("amount", fault.amount.as_deref().into()),
        ("percent", u64::from(fault.percent).into()),
        ("times", fault.times.map(u64::from).into()),
        ("seconds", fault.seconds.into()),
        ("copies", fault.copies.map(u64::from).into()),
        ("struck", u64::from(armed.struck).into()),
    ])
}

fn movement(id: u64, moved: &Moved) -> Json {
    let movement = &moved.movement;
    Json::object([
        ("id", id.into()),
        ("at", moved.at.rfc3339().into()),
        ("gateway", movement.gateway.into()),
        ("operation", movement.operation.into()),
        ("key", movement.order_id.as_str().into()),
        ("amount", movement.amount.as_str().into()),
        ("currency", movement.currency.as_str().into()),
    ])
}

fn callback(hub: &Hub, id: u64, message: &Message) -> Json {
    let callback = &message.callback;
    let state = match message.state {
        MessageState::Waiting => "waiting",
        MessageState::Taken => "taken",
        MessageState::GivenUp => "given_up",
    };
    let headers: Vec<(String, String)> =
        callback.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let signed = hub.explain(callback.gateway, &headers, &callback.body);
    let attempts = hub.attempts(Some(&callback.order_id), u64::MAX, MAX_PAGE);
    let attempts = attempts.iter().rev().filter(|(_, attempted)| attempted.callback == id);
    Json::object([
        ("id", id.into()),
        ("at", message.made.rfc3339().into()),
        ("gateway", callback.gateway.into()),
        ("order_id", callback.order_id.as_str().into()),
        ("url", callback.url.as_str().into()),
        ("content_type", callback.content_type.into()),
        ("headers", pairs_json(&headers)),
        ("body", callback.body.as_str().into()),
        ("signature", signed.map_or(Json::Null, |signed| signed.json())),
        ("state", state.into()),
        ("attempts", Json::Array(attempts.map(|(id, attempted)| attempt(*id, attempted)).collect())),
    ])
}

fn attempt(id: u64, attempted: &Attempted) -> Json {
    let delivery = &attempted.delivery;
    let (status, failure) = match &delivery.outcome {
        Ok(status) => (Some(u64::from(*status)), None),
        Err(reason) => (None, Some(reason.as_str())),
    };
    Json::object([
        ("id", id.into()),
        ("at", attempted.at.rfc3339().into()),
        ("callback", attempted.callback.into()),
        ("gateway", delivery.gateway.into()),
        ("order_id", delivery.order_id.as_str().into()),
        ("url", delivery.url.as_str().into()),
        ("attempt", u64::from(delivery.attempt).into()),
        ("status", status.into()),
        ("failure", failure.into()),
    ])
}

fn whole_exchange(hub: &Hub, exchange: &Exchange) -> Json {
    let signed = hub.explain(exchange.gateway, &exchange.headers, &exchange.request);
    let mut members = exchange.members();
    members.extend([
        ("request_headers".to_owned(), pairs_json(&exchange.headers)),
        ("request_body".to_owned(), exchange.request.as_str().into()),
        ("answer_body".to_owned(), exchange.answer.as_str().into()),
        ("signature".to_owned(), signed.map_or(Json::Null, |signed| signed.json())),
    ]);
    Json::Object(members)
}

fn pairs_json(pairs: &[(String, String)]) -> Json {
    Json::Object(pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect())
}

async fn page_of(hub: &Hub, items: Vec<Json>, next: Option<u64>) -> Response {
    let body = Json::object([("items", Json::Array(items)), ("next_before", next.into())]);
    kept(hub, StatusCode::OK, body).await
}

/// Which part of a list is asked for.
struct Page {
    before: u64,
    limit: usize,
}

impl Page {
    fn read(query: &[(String, String)]) -> Result<Page, Box<Response>> {
        let number = |name: &str, default: u64| match field(query, name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| {
                Box::new(problem(StatusCode::BAD_REQUEST, &format!("{name} must be a positive integer")))
            }),
        };
        let limit = usize::try_from(number("limit", 100)?).unwrap_or(usize::MAX);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Box::new(problem(StatusCode::BAD_REQUEST, "limit must be 1 to 1000")));
        }
        Ok(Page { before: number("before", u64::MAX)?, limit })
    }

    /// Where the following page begins; nothing on the last.
    fn next(&self, found: usize, last: Option<u64>) -> Option<u64> {
        if found == self.limit { last } else { None }
    }
}

fn pairs(query: Option<String>) -> Vec<(String, String)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

const MAX_PAGE: usize = 1_000;

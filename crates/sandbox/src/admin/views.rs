//! What the admin API shows.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{json, kept, problem};
use crate::clock::Pace;
use crate::endings::{HOLD, Rule};
use crate::endpoints::Endpoints;
use crate::exchanges::Exchange;
use crate::faults::{Armed, FaultKind, MAGIC, MagicEffect, check_gateway};
use crate::gateway::{Decision, field};
use crate::hub::{Hub, Wanted};
use crate::json::Json;
use crate::ledger::{Attempted, Moved};
use crate::outbox::{Message, MessageState};
use crate::view::{OrderView, Standing};

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
    let auto = hub.settings().auto.map(milliseconds);
    let body = Json::object([
        ("urls", urls),
        ("seed", hub.settings().seed.into()),
        ("auto_milliseconds", auto.into()),
        ("time", clock(&hub)),
        ("waiting_callbacks", count(hub.waiting_callbacks()).into()),
        ("faults", count(hub.faults.list().len()).into()),
        ("endings", count(hub.endings.list().len()).into()),
        ("merchants", count(hub.merchants().len()).into()),
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
    let read = Page::read(&query).and_then(|page| Ok((page, Filter::read(hub, &query)?)));
    let (page, filter) = match read {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let standing = match field(&query, "state").map(|name| (name, Standing::parse(name))) {
        Some((name, None)) => {
            return problem(StatusCode::BAD_REQUEST, &format!("state {name} is none of {STATES}"));
        }
        Some((_, standing)) => standing,
        None => None,
    };
    let (gateway, merchant) = (filter.gateway, filter.merchant);
    let wanted = Wanted { gateway, merchant, operation: Some(operation), standing, prompt: None };
    let found = hub.orders(page.before, page.limit, wanted);
    let next = page.next(found.len(), found.last().map(|order| order.serial));
    page_of(hub, found.iter().map(OrderView::json).collect(), next).await
}

pub(super) async fn order(
    State(hub): Shared,
    Path((gateway, order_id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = pairs(query);
    let desk = hub.desk(&gateway, field(&query, "merchant"));
    let Some(order) = desk.and_then(|desk| hub.order(desk, &order_id)) else {
        return problem(StatusCode::NOT_FOUND, NO_ORDER);
    };
    let own = |gateway: &str, merchant: &str| gateway == order.gateway && merchant == order.merchant;
    let exchanges = hub.exchanges(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let exchanges = exchanges.iter().filter(|exchange| own(exchange.gateway, exchange.merchant));
    let callbacks = hub.callbacks(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let callbacks =
        callbacks.iter().filter(|(_, message)| own(message.callback.gateway, message.callback.merchant));
    let movements = hub.movements(Some(&order.order_id), u64::MAX, MAX_PAGE);
    let movements =
        movements.iter().filter(|(_, moved)| own(moved.movement.gateway, moved.movement.merchant));
    let body = Json::object([
        ("order", order.json()),
        ("exchanges", Json::Array(exchanges.map(|exchange| whole_exchange(&hub, exchange)).collect())),
        ("callbacks", Json::Array(callbacks.map(|(id, message)| callback(&hub, *id, message)).collect())),
        ("ledger", Json::Array(movements.map(|(id, moved)| movement(*id, moved)).collect())),
    ]);
    kept(&hub, StatusCode::OK, body).await
}

pub(super) async fn exchanges(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    list(&hub, query, |hub, order_id, page| {
        let found = hub.exchanges(order_id, page.before, page.limit);
        let line = |exchange: Exchange| Line {
            id: exchange.id,
            gateway: exchange.gateway,
            merchant: exchange.merchant,
            body: whole_exchange(hub, &exchange),
        };
        found.into_iter().map(line).collect()
    })
    .await
}

pub(super) async fn callbacks(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    list(&hub, query, |hub, order_id, page| {
        let found = hub.callbacks(order_id, page.before, page.limit);
        let line = |(id, message): (u64, Arc<Message>)| Line {
            id,
            gateway: message.callback.gateway,
            merchant: message.callback.merchant,
            body: callback(hub, id, &message),
        };
        found.into_iter().map(line).collect()
    })
    .await
}

pub(super) async fn deliveries(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    list(&hub, query, |hub, order_id, page| {
        let found = hub.attempts(order_id, page.before, page.limit);
        let line = |(id, attempted): (u64, Attempted)| Line {
            id,
            gateway: attempted.delivery.gateway,
            merchant: attempted.delivery.merchant,
            body: attempt(id, &attempted),
        };
        found.into_iter().map(line).collect()
    })
    .await
}

/// With `key` the movements of one idempotency key.
pub(super) async fn ledger(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    list(&hub, query, |hub, key, page| {
        let found = hub.movements(key, page.before, page.limit);
        let line = |(id, moved): (u64, Moved)| Line {
            id,
            gateway: moved.movement.gateway,
            merchant: moved.movement.merchant,
            body: movement(id, &moved),
        };
        found.into_iter().map(line).collect()
    })
    .await
}

/// How often money moved for each key.
pub(super) async fn keys(State(hub): Shared, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let page = match Page::read(&query) {
        Ok(page) => page,
        Err(refusal) => return *refusal,
    };
    let text = |name: &str| field(&query, name).unwrap_or_default();
    let found = hub.tally(text("prefix"), text("after"), page.limit);
    let next =
        if found.len() == page.limit { found.last().map(|(key, _)| key.as_str().into()) } else { None };
    let items = found
        .iter()
        .map(|(key, moved)| Json::object([("key", key.as_str().into()), ("count", count(*moved).into())]))
        .collect();
    let body = Json::object([("items", Json::Array(items)), ("next_after", next.unwrap_or(Json::Null))]);
    kept(&hub, StatusCode::OK, body).await
}

/// Whether money moved for one key, and how often: 0 for a key that nobody knows.
pub(super) async fn key(State(hub): Shared, Path(key): Path<String>, RawQuery(query): RawQuery) -> Response {
    let query = pairs(query);
    let filter = match Filter::read(&hub, &query) {
        Ok(filter) => filter,
        Err(refusal) => return *refusal,
    };
    let movements = hub.movements(Some(&key), u64::MAX, usize::MAX);
    let items: Vec<Json> = movements
        .iter()
        .filter(|(_, moved)| filter.takes(moved.movement.gateway, moved.movement.merchant))
        .map(|(id, moved)| movement(*id, moved))
        .collect();
    let body = Json::object([
        ("key", key.as_str().into()),
        ("count", count(items.len()).into()),
        ("items", Json::Array(items)),
    ]);
    kept(&hub, StatusCode::OK, body).await
}

/// Every merchant with what a client of it has to know.
pub(super) async fn merchants(State(hub): Shared) -> Response {
    let items = hub
        .merchants()
        .iter()
        .map(|known| {
            let Endpoints { cinetpay, bitlipa, adullam, .. } = &known.endpoints;
            Json::object([
                ("name", known.name.into()),
                (
                    "cinetpay",
                    Json::object([
                        ("checkout_url", cinetpay.checkout_url.as_str().into()),
                        ("transfer_url", cinetpay.transfer_url.as_str().into()),
                        ("apikey", cinetpay.apikey.as_str().into()),
                        ("site_id", cinetpay.site_id.as_str().into()),
                        ("secret_key", cinetpay.secret_key.as_str().into()),
                        ("password", cinetpay.password.as_str().into()),
                    ]),
                ),
                (
                    "bitlipa",
                    Json::object([
                        ("base_url", bitlipa.base_url.as_str().into()),
                        ("hosted_page_url", bitlipa.hosted_page_url.as_str().into()),
                        ("public_id", bitlipa.public_id.as_str().into()),
                        ("merchant_id", bitlipa.merchant_id.as_str().into()),
                        ("secret", bitlipa.secret.as_str().into()),
                    ]),
                ),
                (
                    "adullam",
                    Json::object([
                        ("base_url", adullam.base_url.as_str().into()),
                        ("token", adullam.token.as_str().into()),
                    ]),
                ),
            ])
        })
        .collect();
    json(StatusCode::OK, &Json::object([("items", Json::Array(items))]))
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

/// In the order in which they count.
pub(super) async fn endings(State(hub): Shared) -> Response {
    let items = hub.endings.list().iter().map(ending).collect();
    json(StatusCode::OK, &Json::object([("items", Json::Array(items))]))
}

/// The most exact ones first.
pub(super) async fn latencies(State(hub): Shared) -> Response {
    json(StatusCode::OK, &latency_list(&hub))
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

pub(super) fn latency_list(hub: &Hub) -> Json {
    let items = hub.latencies.list();
    let items = items.iter().map(|latency| {
        Json::object([
            ("gateway", latency.gateway.as_deref().into()),
            ("operation", latency.operation.as_deref().into()),
            ("milliseconds", milliseconds(latency.least).into()),
        ])
    });
    Json::object([("items", Json::Array(items.collect()))])
}

pub(super) fn ending(rule: &Rule) -> Json {
    let ending = &rule.ending;
    Json::object([
        ("id", rule.id.into()),
        ("decision", ending.decision.map_or(HOLD, Decision::name).into()),
        ("after_ms", milliseconds(ending.after).into()),
        ("gateway", ending.gateway.as_deref().into()),
        ("merchant", ending.merchant.as_deref().into()),
        ("order_id", ending.order_id.as_deref().into()),
        ("phone", ending.phone.as_deref().into()),
        ("amount", ending.amount.as_deref().into()),
        ("percent", u64::from(ending.percent).into()),
        ("times", ending.times.map(u64::from).into()),
        ("used", u64::from(rule.used).into()),
    ])
}

pub(super) fn fault(armed: &Armed) -> Json {
    let fault = &armed.fault;
    Json::object([
        ("id", armed.id.into()),
        ("kind", fault.kind.name().into()),
        ("gateway", fault.gateway.as_deref().into()),
        ("merchant", fault.merchant.as_deref().into()),
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
        ("merchant", movement.merchant.into()),
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
    let signed = hub.explain(callback.gateway, callback.merchant, &headers, &callback.body);
    let attempts = hub.attempts(Some(&callback.order_id), u64::MAX, MAX_PAGE);
    let attempts = attempts.iter().rev().filter(|(_, attempted)| attempted.callback == id);
    Json::object([
        ("id", id.into()),
        ("at", message.made.rfc3339().into()),
        ("gateway", callback.gateway.into()),
        ("merchant", callback.merchant.into()),
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
        ("merchant", delivery.merchant.into()),
        ("order_id", delivery.order_id.as_str().into()),
        ("url", delivery.url.as_str().into()),
        ("attempt", u64::from(delivery.attempt).into()),
        ("status", status.into()),
        ("failure", failure.into()),
    ])
}

fn whole_exchange(hub: &Hub, exchange: &Exchange) -> Json {
    let signed = hub.explain(exchange.gateway, exchange.merchant, &exchange.headers, &exchange.request);
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

/// One entry of a list.
struct Line {
    id: u64,
    gateway: &'static str,
    merchant: &'static str,
    body: Json,
}

/// A list by `order_id` (for the ledger: `key`), `gateway` and `merchant`.
async fn list(
    hub: &Hub,
    query: Option<String>,
    find: impl Fn(&Hub, Option<&str>, &Page) -> Vec<Line>,
) -> Response {
    let query = pairs(query);
    let read = Page::read(&query).and_then(|page| Ok((page, Filter::read(hub, &query)?)));
    let (page, filter) = match read {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let found = find(hub, field(&query, "order_id").or_else(|| field(&query, "key")), &page);
    let next = page.next(found.len(), found.last().map(|line| line.id));
    let fitting = found.into_iter().filter(|line| filter.takes(line.gateway, line.merchant));
    page_of(hub, fitting.map(|line| line.body).collect(), next).await
}

/// Whose entries of a list are asked for.
struct Filter<'a> {
    gateway: Option<&'a str>,
    merchant: Option<&'a str>,
}

impl Filter<'_> {
    /// A name that is not there is refused: an empty list would look like good news.
    fn read<'a>(hub: &Hub, query: &'a [(String, String)]) -> Result<Filter<'a>, Box<Response>> {
        let filter = Filter { gateway: field(query, "gateway"), merchant: field(query, "merchant") };
        let mut problems = Vec::new();
        problems.extend(check_gateway(filter.gateway).err());
        let names: Vec<&str> = hub.merchants().iter().map(|known| known.name).collect();
        if filter.merchant.is_some_and(|name| !names.contains(&name)) {
            problems.push(format!("merchant is unknown; use one of {}", names.join(", ")));
        }
        if problems.is_empty() {
            return Ok(filter);
        }
        Err(Box::new(problem(StatusCode::BAD_REQUEST, &problems.join("; "))))
    }

    fn takes(&self, gateway: &str, merchant: &str) -> bool {
        self.gateway.is_none_or(|name| name == gateway) && self.merchant.is_none_or(|name| name == merchant)
    }
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

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

const MAX_PAGE: usize = 1_000;
const STATES: &str = "open, approved, refused";
pub(super) const NO_ORDER: &str = "no order of this merchant at this gateway has this id";

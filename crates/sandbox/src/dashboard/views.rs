//! What the dashboard shows.

use askama::Template;

use crate::desks::Known;
use crate::endpoints::Endpoints;
use crate::exchanges::Exchange;
use crate::faults::{FaultKind, GATEWAYS, MAGIC, MagicValue};
use crate::gateway::{Reply, Request, field};
use crate::html::{Leads, Page, grouped};
use crate::hub::{Hub, Wanted};
use crate::ledger::{Moved, Movement};
use crate::merchants::MAIN;
use crate::outbox::{Message, MessageState};
use crate::view::{OrderView, Signed, Standing};

pub(super) fn show(hub: &Hub, page: &Page, request: &Request) -> Reply {
    let query = request.query_pairs();
    let before = field(&query, "before").and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    match request.path.as_str() {
        "/" => home(hub, page),
        "/payments" => orders(hub, page, "payment", before),
        "/payouts" => orders(hub, page, "payout", before),
        "/order" => order(hub, page, &query),
        "/exchanges" => exchanges(hub, page, before),
        "/callbacks" => callbacks(hub, page, before),
        "/ledger" => ledger(hub, page, before),
        "/faults" => faults(hub, page, None),
        _ => page.not_found(),
    }
}

/// The page of one order.
pub(super) fn order_link(page: &Page, gateway: &str, merchant: &str, id: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("gateway", gateway).append_pair("id", id);
    if merchant != MAIN {
        query.append_pair("merchant", merchant);
    }
    let link = page.at("/order");
    let joint = if link.contains('?') { '&' } else { '?' };
    format!("{link}{joint}{}", query.finish())
}

/// A gateway, and the merchant when it is not the first.
pub(super) fn at(gateway: &str, merchant: &str) -> String {
    if merchant == MAIN { gateway.to_owned() } else { format!("{gateway} · {merchant}") }
}

#[derive(Template)]
#[template(path = "dashboard/home.html")]
struct Home<'a> {
    page: &'a Page,
    active: &'static str,
    endpoints: &'a Endpoints,
    /// Those besides the first.
    others: &'a [Known],
    magic: &'static [MagicValue],
    waiting: usize,
    faults: usize,
}

fn home(hub: &Hub, page: &Page) -> Reply {
    let template = Home {
        page,
        active: "/",
        endpoints: hub.endpoints(),
        others: &hub.merchants()[1..],
        magic: if hub.settings().magic { &MAGIC } else { &[] },
        waiting: hub.waiting_callbacks(),
        faults: hub.faults.list().len(),
    };
    page.reply(200, &template, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/orders.html")]
struct Orders<'a> {
    page: &'a Page,
    active: &'static str,
    title: &'static str,
    rows: Vec<Row>,
    older: Option<u64>,
}

/// One order in a list.
struct Row {
    link: String,
    /// The gateway and the merchant.
    place: String,
    order: OrderView,
    amount: String,
    at: String,
}

impl Row {
    fn new(page: &Page, order: OrderView) -> Row {
        Row {
            link: order_link(page, order.gateway, order.merchant, &order.order_id),
            place: at(order.gateway, order.merchant),
            amount: format!("{}\u{a0}{}", grouped(&order.amount), order.currency),
            at: order.created.date_time(),
            order,
        }
    }

    fn is_open(&self) -> bool {
        self.order.state == Standing::Open
    }

    /// The class of the state's tag.
    fn mark(&self) -> &'static str {
        match self.order.state {
            Standing::Open => "",
            Standing::Approved => "good",
            Standing::Refused => "bad",
        }
    }
}

fn orders(hub: &Hub, page: &Page, operation: &'static str, before: u64) -> Reply {
    let found = hub.orders(before, ROWS, Wanted { operation: Some(operation), ..Wanted::default() });
    let older = (found.len() == ROWS).then(|| found.last().map(|order| order.serial)).flatten();
    let (active, title) = match operation {
        "payout" => ("/payouts", page.t("Versements", "Payouts")),
        _ => ("/payments", page.t("Paiements", "Payments")),
    };
    let rows = found.into_iter().map(|order| Row::new(page, order)).collect();
    page.reply(200, &Orders { page, active, title, rows, older }, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/order.html")]
struct OrderPage<'a> {
    page: &'a Page,
    active: &'static str,
    row: Row,
    moved: Vec<MovedRow>,
    exchanges: Vec<ExchangeRow>,
    callbacks: Vec<CallbackRow>,
    resend_token: String,
}

fn order(hub: &Hub, page: &Page, query: &[(String, String)]) -> Reply {
    let gateway = field(query, "gateway").unwrap_or_default();
    let desk = hub.desk(gateway, field(query, "merchant"));
    let Some(order) = desk.and_then(|desk| hub.order(desk, field(query, "id").unwrap_or_default())) else {
        return page.not_found();
    };
    let own = |gateway: &str, merchant: &str| gateway == order.gateway && merchant == order.merchant;
    let exchanges = hub.exchanges(Some(&order.order_id), u64::MAX, ROWS);
    let exchanges = exchanges.into_iter().filter(|exchange| own(exchange.gateway, exchange.merchant));
    let callbacks = hub.callbacks(Some(&order.order_id), u64::MAX, ROWS);
    let callbacks =
        callbacks.iter().filter(|(_, message)| own(message.callback.gateway, message.callback.merchant));
    let moved = hub.movements(Some(&order.order_id), u64::MAX, ROWS);
    let moved = moved.iter().filter(|(_, moved)| own(moved.movement.gateway, moved.movement.merchant));
    let template = OrderPage {
        page,
        active: if order.operation == "payout" { "/payouts" } else { "/payments" },
        moved: moved.map(|(_, moved)| MovedRow::new(hub, page, moved)).collect(),
        exchanges: exchanges.map(|exchange| ExchangeRow::new(hub, exchange)).collect(),
        callbacks: callbacks.map(|(id, message)| CallbackRow::new(hub, page, *id, message)).collect(),
        resend_token: hub.guard.token("/callbacks"),
        row: Row::new(page, order),
    };
    page.reply(200, &template, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/exchanges.html")]
struct Exchanges<'a> {
    page: &'a Page,
    active: &'static str,
    exchanges: Vec<ExchangeRow>,
    older: Option<u64>,
}

/// One request and its answer, with what was signed.
struct ExchangeRow {
    exchange: Exchange,
    at: String,
    signed: Option<SignedRow>,
}

impl ExchangeRow {
    fn new(hub: &Hub, exchange: Exchange) -> ExchangeRow {
        let signed = hub.explain(exchange.gateway, exchange.merchant, &exchange.headers, &exchange.request);
        ExchangeRow { at: exchange.at.date_time(), signed: signed.map(SignedRow::from), exchange }
    }

    fn status(&self) -> String {
        self.exchange.status.map_or_else(|| "–".to_owned(), |status| status.to_string())
    }
}

/// How a signature comes about.
struct SignedRow {
    signed: Signed,
    valid: bool,
}

impl From<Signed> for SignedRow {
    fn from(signed: Signed) -> SignedRow {
        SignedRow { valid: signed.given.eq_ignore_ascii_case(&signed.expected), signed }
    }
}

fn exchanges(hub: &Hub, page: &Page, before: u64) -> Reply {
    let found = hub.exchanges(None, before, ROWS);
    let older = (found.len() == ROWS).then(|| found.last().map(|exchange| exchange.id)).flatten();
    let exchanges = found.into_iter().map(|exchange| ExchangeRow::new(hub, exchange)).collect();
    page.reply(200, &Exchanges { page, active: "/exchanges", exchanges, older }, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/callbacks.html")]
struct Callbacks<'a> {
    page: &'a Page,
    active: &'static str,
    callbacks: Vec<CallbackRow>,
    older: Option<u64>,
    resend_token: String,
}

/// One callback with its attempts.
struct CallbackRow {
    id: u64,
    at: String,
    place: String,
    order_id: String,
    link: String,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    state: MessageState,
    attempts: Vec<AttemptRow>,
    signed: Option<SignedRow>,
}

struct AttemptRow {
    number: u32,
    at: String,
    taken: bool,
    outcome: String,
}

impl CallbackRow {
    fn new(hub: &Hub, page: &Page, id: u64, message: &Message) -> CallbackRow {
        let callback = &message.callback;
        let headers: Vec<(String, String)> =
            callback.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let attempts = hub.attempts(Some(&callback.order_id), u64::MAX, 1_000);
        let attempts = attempts.into_iter().rev().filter(|(_, attempted)| attempted.callback == id);
        CallbackRow {
            id,
            at: message.made.date_time(),
            place: at(callback.gateway, callback.merchant),
            order_id: callback.order_id.clone(),
            link: order_link(page, callback.gateway, callback.merchant, &callback.order_id),
            url: callback.url.clone(),
            headers: callback.headers.clone(),
            body: callback.body.clone(),
            state: message.state,
            attempts: attempts
                .map(|(_, attempted)| AttemptRow {
                    number: attempted.delivery.attempt,
                    at: attempted.at.date_time(),
                    taken: attempted.delivery.outcome == Ok(200),
                    outcome: match attempted.delivery.outcome {
                        Ok(status) => format!("HTTP {status}"),
                        Err(reason) => reason,
                    },
                })
                .collect(),
            signed: hub
                .explain(callback.gateway, callback.merchant, &headers, &callback.body)
                .map(SignedRow::from),
        }
    }

    fn state(&self, page: &Page) -> &'static str {
        match self.state {
            MessageState::Waiting => page.t("en attente", "waiting"),
            MessageState::Taken => page.t("acceptée", "taken"),
            MessageState::GivenUp => page.t("abandonnée", "given up"),
        }
    }

    fn mark(&self) -> &'static str {
        match self.state {
            MessageState::Waiting => "",
            MessageState::Taken => "good",
            MessageState::GivenUp => "bad",
        }
    }
}

fn callbacks(hub: &Hub, page: &Page, before: u64) -> Reply {
    let found = hub.callbacks(None, before, ROWS);
    let older = (found.len() == ROWS).then(|| found.last().map(|(id, _)| *id)).flatten();
    let template = Callbacks {
        page,
        active: "/callbacks",
        callbacks: found.iter().map(|(id, message)| CallbackRow::new(hub, page, *id, message)).collect(),
        older,
        resend_token: hub.guard.token("/callbacks"),
    };
    page.reply(200, &template, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/ledger.html")]
struct Ledger<'a> {
    page: &'a Page,
    active: &'static str,
    moved: Vec<MovedRow>,
    older: Option<u64>,
}

/// Money that moved, and how often it did for the same key.
struct MovedRow {
    at: String,
    place: String,
    operation: &'static str,
    key: String,
    link: String,
    amount: String,
    times: usize,
}

impl MovedRow {
    fn new(hub: &Hub, page: &Page, moved: &Moved) -> MovedRow {
        let movement = &moved.movement;
        let own = |other: &Movement| (other.gateway, other.merchant) == (movement.gateway, movement.merchant);
        let same = hub.movements(Some(&movement.order_id), u64::MAX, ROWS);
        MovedRow {
            at: moved.at.date_time(),
            place: at(movement.gateway, movement.merchant),
            operation: movement.operation,
            key: movement.order_id.clone(),
            link: order_link(page, movement.gateway, movement.merchant, &movement.order_id),
            amount: format!("{}\u{a0}{}", grouped(&movement.amount), movement.currency),
            times: same.iter().filter(|(_, other)| own(&other.movement)).count(),
        }
    }
}

fn ledger(hub: &Hub, page: &Page, before: u64) -> Reply {
    let found = hub.movements(None, before, ROWS);
    let older = (found.len() == ROWS).then(|| found.last().map(|(id, _)| *id)).flatten();
    let moved = found.iter().map(|(_, moved)| MovedRow::new(hub, page, moved)).collect();
    page.reply(200, &Ledger { page, active: "/ledger", moved, older }, Leads::Here)
}

#[derive(Template)]
#[template(path = "dashboard/faults.html")]
struct FaultsPage<'a> {
    page: &'a Page,
    active: &'static str,
    armed: Vec<ArmedRow>,
    kinds: Vec<&'static str>,
    gateways: &'static [&'static str],
    magic: &'static [MagicValue],
    problem: Option<&'a str>,
}

struct ArmedRow {
    id: u64,
    kind: &'static str,
    narrowed: String,
    percent: u8,
    left: String,
    struck: u32,
}

pub(super) fn faults(hub: &Hub, page: &Page, problem: Option<&str>) -> Reply {
    let armed = hub
        .faults
        .list()
        .into_iter()
        .map(|armed| {
            let fault = armed.fault;
            let narrowed = [
                ("gateway", fault.gateway),
                ("merchant", fault.merchant),
                ("operation", fault.operation),
                ("order_id", fault.order_id),
                ("phone", fault.phone),
                ("amount", fault.amount),
            ];
            let narrowed: Vec<String> = narrowed
                .into_iter()
                .filter_map(|(name, value)| Some(format!("{name} = {}", value?)))
                .collect();
            ArmedRow {
                id: armed.id,
                kind: fault.kind.name(),
                narrowed: if narrowed.is_empty() { "*".to_owned() } else { narrowed.join(", ") },
                percent: fault.percent,
                left: fault.times.map_or_else(|| "∞".to_owned(), |times| times.to_string()),
                struck: armed.struck,
            }
        })
        .collect();
    let template = FaultsPage {
        page,
        active: "/faults",
        armed,
        kinds: FaultKind::ALL.iter().map(|kind| kind.name()).collect(),
        gateways: &GATEWAYS,
        magic: if hub.settings().magic { &MAGIC } else { &[] },
        problem,
    };
    page.reply(if problem.is_some() { 422 } else { 200 }, &template, Leads::Here)
}

const ROWS: usize = 50;

//! The shop's web side: pages, the form that buys, the gateways' callbacks.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use axum::{Router, middleware};
use nzimbu::journal::{Cashier, Entry};
use nzimbu::{
    AsyncTransport, Callbacks, Country, Currency, Customer, Money, NextAction, Operation, OrderId,
    PaymentRequest, PhoneNumber,
};
use serde::Deserialize;

use crate::orders::{Order, Orders, Product, Standing, reference};
use crate::pages;

/// What every handler has at hand. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) cashier: Cashier,
    pub(crate) http: Arc<dyn AsyncTransport>,
    pub(crate) orders: Orders,
    /// How browsers and gateways reach the shop, without a slash at the end.
    pub(crate) public: String,
}

impl Shop {
    pub(crate) fn new(
        cashier: Cashier,
        http: Arc<dyn AsyncTransport>,
        orders: Orders,
        public: String,
    ) -> Self {
        Self { cashier, http, orders, public }
    }

    /// The gateways that take payments.
    fn gateways(&self) -> Vec<&str> {
        let payments = self.cashier.desks().iter().filter(|desk| desk.operation() == Operation::Payment);
        payments.map(|desk| desk.gateway()).collect()
    }

    /// Where an order stands in the journal.
    async fn entry(&self, order: &Order) -> Option<Entry> {
        let id = order_id(&order.number);
        self.cashier.journal().find(&order.gateway, Operation::Payment, &id).await.ok().flatten()
    }
}

pub(crate) fn router(shop: Shop) -> Router {
    Router::new()
        .route("/", get(home).post(home))
        .route("/products/{slug}", get(product))
        .route("/buy", post(buy))
        .route("/orders/{number}", get(order))
        // CinetPay sends the browser back by POST. Nothing in that request is looked at.
        .route("/orders/{number}/back", any(back))
        .route("/style.css", get(style))
        .nest("/callbacks", nzimbu::axum::callbacks(shop.cashier.clone()))
        .layer(middleware::map_response(guard))
        .with_state(shop)
}

async fn home() -> Html<String> {
    Html(pages::home())
}

async fn product(State(shop): State<Shop>, Path(slug): Path<String>) -> Response {
    match Product::find(&slug) {
        Some(product) => {
            let form = Wanted { number: new_number(), product: slug, ..Wanted::default() };
            Html(pages::product(product, &shop.gateways(), &form, &[])).into_response()
        }
        None => not_found(),
    }
}

/// What the form sends. The number was made with the page, so that pressing the button twice is one order.
#[derive(Default, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) number: String,
    pub(crate) product: String,
    #[serde(default)]
    pub(crate) gateway: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) surname: String,
    #[serde(default)]
    pub(crate) email: String,
    #[serde(default)]
    pub(crate) phone: String,
}

async fn buy(State(shop): State<Shop>, Form(form): Form<Wanted>) -> Response {
    let Some(product) = Product::find(&form.product).filter(|_| is_number(&form.number)) else {
        return not_found();
    };
    let ask_again = |faults: &[String]| {
        let page = pages::product(product, &shop.gateways(), &form, faults);
        (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
    };
    let Some(provider) = shop.cashier.provider(&form.gateway) else {
        return ask_again(&["Choose how to pay.".to_owned()]);
    };
    let request = match payment(&shop, &form, product, provider.capabilities(Operation::Payment).callbacks) {
        Ok(request) => request,
        Err(fault) => return ask_again(&[fault]),
    };
    // An exchange that is not run sends nothing, and lists all that the gateway would refuse.
    let faults: Vec<_> = provider.pay(&request).problems().iter().map(pages::fault).collect();
    if !faults.is_empty() {
        return ask_again(&faults);
    }
    let placed = shop.orders.place(&form.number, product, &form.gateway);
    let page = format!("/orders/{}", placed.number);
    if placed.product.slug != product.slug || placed.gateway != form.gateway {
        // The number stands for another purchase already: show that one, and charge nothing.
        return Redirect::to(&page).into_response();
    }
    let mut intent = match shop.cashier.payment(&form.gateway, request) {
        Ok(intent) => intent,
        Err(_) => return unavailable(),
    };
    intent.reference = Some(reference(&form.number, product));
    // A task of its own: a browser that goes away must not take the call with it.
    let call = tokio::spawn(async move { shop.cashier.send_async(&*shop.http, intent).await });
    match call.await {
        Ok(Ok(handled)) => match handled.entry.next_action {
            Some(NextAction::Redirect(url)) if !handled.entry.state.is_final() => {
                Redirect::to(url.as_str()).into_response()
            }
            _ => Redirect::to(&page).into_response(),
        },
        // Nothing was sent, or its outcome is asked for; under the same number it is one order either way.
        _ => unavailable(),
    }
}

async fn order(State(shop): State<Shop>, Path(number): Path<String>) -> Response {
    let Some(order) = shop.orders.find(&number) else { return not_found() };
    let entry = shop.entry(&order).await;
    let action = entry.and_then(|entry| entry.next_action).filter(|_| order.standing == Standing::Waiting);
    Html(pages::order(&order, action.as_ref())).into_response()
}

async fn back(Path(number): Path<String>) -> Response {
    if is_number(&number) { Redirect::to(&format!("/orders/{number}")).into_response() } else { not_found() }
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

/// No page of the shop needs scripts, frames or anything from elsewhere.
async fn guard(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn payment(
    shop: &Shop,
    form: &Wanted,
    product: &Product,
    callbacks: Callbacks,
) -> Result<PaymentRequest, String> {
    let amount = Money::parse_major(&product.francs.to_string(), Currency::Xof);
    let amount = amount.map_err(|error| error.to_string())?;
    let phone = PhoneNumber::parse(form.phone.trim()).map_err(|error| format!("Phone number: {error}"))?;
    let mut payer = Customer::default();
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    payer.name = given(&form.name);
    payer.surname = given(&form.surname);
    payer.email = given(&form.email);
    payer.country = Country::parse("CI").ok();
    payer.phone = Some(phone);
    let mut request = PaymentRequest::new(order_id(&form.number), amount);
    request.payer = payer;
    request.description = Some(product.about.to_owned());
    if callbacks != Callbacks::None {
        request.notify_url = Some(format!("{}/callbacks/{}", shop.public, form.gateway));
    }
    if form.gateway == "cinetpay" {
        request.return_url = Some(format!("{}/orders/{}/back", shop.public, form.number));
    }
    Ok(request)
}

/// Derived, so that the same order has the same id after a crash.
pub(crate) fn order_id(number: &str) -> OrderId {
    OrderId::derive("nzimbu/shop", Operation::Payment, number)
}

/// Sixteen digits that nobody counts up; a shop of your own takes them from its database.
fn new_number() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

fn is_number(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Html(pages::message("Not here", "There is no such page in this shop.")))
        .into_response()
}

fn unavailable() -> Response {
    let page = pages::message(
        "Please try again",
        "Your order could not be taken just now. Go back and press the button again: it stays one order, and is charged once.",
    );
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}

//! The extractors in handlers of one's own, and what a framework's own extractors do to a signature (C12).
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{any, post};
use axum::{Form, Json, Router};
use common::{
    CINETPAY_BODY, CINETPAY_TOKEN, ORDER, begin, bitlipa_body, cashier, gateways, send, serve, token,
};
use nzimbu_axum::{Gateways, Inbox, Noted, Seen, Settings, Verified};
use nzimbu_core::{Callback, RawCallback, SharedProvider, UnixTime};

const FORM: &str = "content-type: application/x-www-form-urlencoded";
const JSON: &str = "content-type: application/json";

#[derive(Clone)]
struct Shop {
    inbox: Inbox,
    gateways: Gateways,
    heard: Arc<AtomicU64>,
}

impl FromRef<Shop> for Inbox {
    fn from_ref(shop: &Shop) -> Self {
        shop.inbox.clone()
    }
}

impl FromRef<Shop> for Gateways {
    fn from_ref(shop: &Shop) -> Self {
        shop.gateways.clone()
    }
}

async fn noted(State(shop): State<Shop>, noted: Noted) -> Noted {
    if let Seen::Noted(entry) = &noted.seen {
        assert_eq!(entry.order.as_str(), ORDER);
        shop.heard.fetch_add(1, Ordering::SeqCst);
    }
    noted
}

async fn verified(State(shop): State<Shop>, verified: Verified) -> StatusCode {
    match verified.callback {
        Callback::Ping => StatusCode::OK,
        Callback::Authentic(callback) => {
            assert_eq!(callback.order_ref().order.as_str(), ORDER);
            shop.heard.fetch_add(1, Ordering::SeqCst);
            StatusCode::ACCEPTED
        }
        _ => StatusCode::NO_CONTENT,
    }
}

async fn panics(_: Noted) -> StatusCode {
    panic!("on demand")
}

async fn shop() -> (Shop, std::net::SocketAddr) {
    let (cashier, _) = cashier(gateways());
    begin(&cashier, "cinetpay").await;
    begin(&cashier, "bitlipa").await;
    let shop =
        Shop { inbox: Inbox::new(cashier), gateways: Gateways::new(gateways()), heard: Arc::default() };
    let app = Router::new()
        .route("/noted/{gateway}", any(noted))
        .route("/panics/{gateway}", any(panics))
        .route("/verified/{gateway}", any(verified))
        .route("/nameless", any(noted))
        .with_state(shop.clone());
    (shop, serve(app).await)
}

#[tokio::test]
async fn a_handler_runs_for_what_is_in_the_journal_and_for_nothing_else() {
    let (shop, to) = shop().await;
    let token = token(CINETPAY_TOKEN);
    for (path, headers, body, status, heard) in [
        ("/noted/cinetpay", vec![FORM], CINETPAY_BODY, 401, 0),
        ("/noted/cinetpay", vec![&*token, JSON], CINETPAY_BODY, 415, 0),
        ("/noted/wave", vec![&*token, FORM], CINETPAY_BODY, 404, 0),
        ("/nameless", vec![&*token, FORM], CINETPAY_BODY, 404, 0),
        ("/noted/cinetpay", vec![&*token, FORM], CINETPAY_BODY, 200, 1),
        ("/noted/cinetpay", vec![&*token, FORM], CINETPAY_BODY, 200, 1),
        ("/noted/bitlipa", vec![JSON], &*bitlipa_body(2), 200, 2),
    ] {
        let answer = send(to, "POST", path, &headers, body).await;
        assert_eq!((answer.status, &*answer.body), (status, ""), "{path} {headers:?}");
        assert_eq!(shop.heard.load(Ordering::SeqCst), heard, "{path} {headers:?}");
    }
    assert_eq!(send(to, "GET", "/noted/cinetpay", &[], "").await.status, 200);
    assert_eq!(send(to, "GET", "/noted/bitlipa", &[], "").await.status, 405);
    // C13: the callback is in the journal, the handler fails, the gateway repeats it: a replay.
    let body = bitlipa_body(3);
    let answer = common::exchange(to, &common::request("POST", "/panics/bitlipa", &[JSON], &body)).await;
    assert!(answer.is_none_or(|answer| answer.status >= 500));
    assert_eq!(send(to, "POST", "/noted/bitlipa", &[JSON], &body).await.status, 200);
    assert_eq!((shop.heard.load(Ordering::SeqCst), shop.inbox.tally().replays), (2, 2));
}

#[tokio::test]
async fn a_handler_without_a_journal_gets_what_was_proven() {
    let (shop, to) = shop().await;
    let token = token(CINETPAY_TOKEN);
    let hint = "client_transaction_id=NOT-OURS&transaction_id=1&treatment_status=VAL";
    assert_eq!(send(to, "GET", "/verified/cinetpay", &[], "").await.status, 200);
    assert_eq!(send(to, "POST", "/verified/cinetpay", &[&token, FORM], CINETPAY_BODY).await.status, 202);
    assert_eq!(send(to, "POST", "/verified/cinetpay", &[FORM], hint).await.status, 204);
    assert_eq!(send(to, "POST", "/verified/bitlipa", &[JSON], &bitlipa_body(2)).await.status, 202);
    assert_eq!(send(to, "POST", "/verified/bitlipa", &[JSON], r#"{"signature":"00"}"#).await.status, 401);
    assert_eq!(send(to, "POST", "/verified/wave", &[JSON], "{}").await.status, 404);
    let tally = shop.gateways.tally();
    assert_eq!((tally.pings, tally.noted, tally.refused), (1, 3, 2));
    let mut settings = Settings::default();
    settings.at_once = 0;
    assert!(Gateways::with(gateways(), settings).is_err());
}

/// The wrong way: the framework reads the body into values, the handler prints them again. Both callbacks are genuine
/// and cannot be proven any more.
#[tokio::test]
async fn json_and_form_extractors_destroy_the_signature() {
    async fn wrong_json(
        State(gateways): State<Vec<SharedProvider>>,
        Json(value): Json<serde_json::Value>,
    ) -> StatusCode {
        let body = value.to_string();
        match gateways[1].verify(&RawCallback::post(&[], body.as_bytes()), UnixTime::default()) {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::UNAUTHORIZED,
        }
    }
    async fn wrong_form(
        State(gateways): State<Vec<SharedProvider>>,
        headers: HeaderMap,
        Form(fields): Form<BTreeMap<String, String>>,
    ) -> StatusCode {
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let token = headers["x-token"].to_str().unwrap();
        let headers = [("x-token", token)];
        let raw = RawCallback::post(&headers, body.join("&").leak().as_bytes());
        match gateways[0].verify(&raw, UnixTime::default()) {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::UNAUTHORIZED,
        }
    }
    let app = Router::new()
        .route("/json", post(wrong_json))
        .route("/form", post(wrong_form))
        .with_state(gateways());
    let to = serve(app).await;
    // `status` before `order_id`, as servers may send it: a map sorts them back, and the order is signed.
    let object = r#"{"status":2,"order_id":"ORDER-1001"}"#;
    let key = nzimbu_core::signature::recursive::RecursiveKey::new(&nzimbu_core::Secret::new(
        common::BITLIPA_SECRET,
    ));
    let digest = key.sign_json(object.as_bytes()).unwrap();
    let body = format!("{},\"signature\":\"{digest}\"}}", object.trim_end_matches('}'));
    assert_eq!(send(to, "POST", "/json", &[JSON], &body).await.status, 401);
    // A `+` that was a blank is printed as a blank, and `&` as the end of a field.
    let forms = CINETPAY_BODY.replace("Achat+test", "Riz+%26+sel");
    let secret = nzimbu_core::Secret::new("sk_demo_0123456789abcdef");
    let x_token = nzimbu_providers::cinetpay::x_token(&secret, forms.as_bytes()).unwrap();
    let headers = [&*token(x_token.as_str()), FORM];
    assert_eq!(send(to, "POST", "/form", &headers, &forms).await.status, 401);
    // The same bytes, the right way.
    let (_, right) = shop().await;
    assert_eq!(send(right, "POST", "/verified/bitlipa", &[JSON], &body).await.status, 202);
    assert_eq!(send(right, "POST", "/verified/cinetpay", &headers, &forms).await.status, 202);
}

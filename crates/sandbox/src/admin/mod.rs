//! The admin API: what happened, and the means to decide, to fail, to move the time, to start afresh.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::hub::Hub;
use crate::json::Json;

pub(crate) use self::index::index;

mod acts;
mod events;
mod index;
mod openapi;
mod views;

/// Serves the admin API until the sandbox stops.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener, mut stopping: watch::Receiver<bool>) {
    let events = events::Events::new(Arc::clone(&hub), stopping.clone());
    let server = axum::serve(listener, router(hub, events)).with_graceful_shutdown(async move {
        // An error means that the sender is gone, which is a stop as well.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    });
    // It ends only by the signal; what fails on accept is tried again.
    let _ = server.await;
}

fn router(hub: Arc<Hub>, events: events::Events) -> Router {
    let pages = crate::dashboard::router(Arc::clone(&hub));
    let api = Router::new()
        .route("/openapi.json", get(openapi::openapi))
        .route("/api/state", get(views::state))
        .route("/api/payments", get(views::payments))
        .route("/api/payouts", get(views::payouts))
        .route("/api/orders/{gateway}/{order_id}", get(views::order))
        .route("/api/exchanges", get(views::exchanges))
        .route("/api/callbacks", get(views::callbacks))
        .route("/api/callbacks/{id}/resend", post(acts::resend))
        .route("/api/deliveries", get(views::deliveries))
        .route("/api/ledger", get(views::ledger))
        .route("/api/ledger/keys", get(views::keys))
        .route("/api/ledger/keys/{key}", get(views::key))
        .route("/api/merchants", get(views::merchants))
        .route("/api/magic", get(views::magic))
        .route("/api/settle", post(acts::settle))
        .route("/api/faults", get(views::faults).post(acts::add_fault).delete(acts::remove_faults))
        .route("/api/faults/{id}", delete(acts::remove_fault))
        .route("/api/endings", get(views::endings).post(acts::add_ending).delete(acts::remove_endings))
        .route("/api/endings/{id}", delete(acts::remove_ending))
        .route("/api/latency", get(views::latencies).post(acts::set_latency))
        .route("/api/time", get(views::time).post(acts::set_time))
        .route("/api/reset", post(acts::reset))
        .with_state(hub)
        .route("/api/events", get(events::events).with_state(events))
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is nothing at this path; see /openapi.json"))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method; see /openapi.json")
        })
        .layer(middleware::from_fn_with_state((), guard));
    // Pages have a guard of their own: their forms cannot be JSON.
    pages.merge(api)
}

/// Keeps out pages of other sites: by their name in `Host` (a name of theirs that leads here), by `Origin`, and
/// by the content type that a plain form cannot have.
async fn guard(State(()): State<()>, request: Request, next: Next) -> Response {
    let refusal = check_host(request.headers())
        .and_then(|()| check_origin(request.headers()))
        .and_then(|()| check_content_type(request.method(), request.headers()));
    let mut response = match refusal {
        Ok(()) => next.run(request).await,
        Err(refusal) => *refusal,
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"));
    response
}

fn check_host(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_ours = format!("http://{host}").parse::<Uri>().ok().and_then(|uri| {
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok())
    });
    match is_ours {
        Some(true) => Ok(()),
        _ => Err(Box::new(problem(
            StatusCode::FORBIDDEN,
            "the host must be localhost or an IP address, so that no other site's name can lead here",
        ))),
    }
}

fn check_origin(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    if origin.as_bytes().strip_prefix(b"http://") == Some(host) {
        return Ok(());
    }
    Err(Box::new(problem(StatusCode::FORBIDDEN, "the request comes from a page of another site")))
}

fn check_content_type(method: &Method, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if method != Method::POST {
        return Ok(());
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Box::new(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the content type must be application/json")))
}

/// Answers once everything that happened so far is kept.
async fn kept(hub: &Hub, status: StatusCode, body: Json) -> Response {
    match hub.settled().await {
        Ok(()) => json(status, &body),
        Err(trouble) => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("the store has failed: {trouble}"))
        }
    }
}

fn json(status: StatusCode, body: &Json) -> Response {
    let mut response = Response::new(Body::from(body.write()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn problem(status: StatusCode, text: &str) -> Response {
    json(status, &Json::object([("error", text.into())]))
}

/// Bodies of the admin API are short.
const MAX_BODY: usize = 65_536;
const KEEP_ALIVE: Duration = Duration::from_secs(15);

//! The dashboard in the browser: what happened, the virtual handset, and the means to act.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use crate::admin;
use crate::gateway::{Front, Operator, Reply, Request};
use crate::html::{self, Language, Page};
use crate::hub::Hub;

mod acts;
mod handset;
mod views;

/// The pages of the admin host.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    let mut router = Router::new();
    for path in PATHS {
        router = router.route(path, get(answer).post(answer));
    }
    router.route("/assets/{name}", get(answer)).with_state(hub)
}

async fn answer(State(hub): State<Arc<Hub>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return response(Reply::text(413, "the form is larger than 64 KiB or was cut off"));
    };
    let headers = parts.headers.iter();
    let request = Request {
        caller: std::net::Ipv4Addr::LOCALHOST.into(),
        front: Front::Pages,
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: body.to_vec(),
        operator: Operator::Up,
    };
    if request.path == "/"
        && request.method != "POST"
        && request.names_a_local_host()
        && !wants_html(&request)
    {
        return admin::index(State(hub)).await;
    }
    let reply = reply(&hub, &request);
    // What a form did is kept before the browser hears of it.
    if request.method == "POST"
        && let Err(trouble) = hub.settled().await
    {
        return response(Reply::text(500, &format!("the store has failed: {trouble}")));
    }
    response(reply)
}

fn reply(hub: &Hub, request: &Request) -> Reply {
    // The pages show credentials, so not even reading is for a stranger's name that leads here.
    if !request.names_a_local_host() {
        return Reply::text(403, "the host must be localhost, an IP address or a name without a dot");
    }
    if let Some(reply) = html::asset(request) {
        return reply;
    }
    let page = Page::new(request, &hub.guard, None, Language::English);
    if request.method == "POST" {
        let form = request.form_pairs();
        if !hub.guard.permits(request, &form) {
            return page.foreign_form();
        }
        return acts::act(hub, &page, request, &form);
    }
    match request.path.as_str() {
        "/handset" => handset::show(hub, &page, request, None),
        _ => views::show(hub, &page, request),
    }
}

/// Programs get the index as plain text.
fn wants_html(request: &Request) -> bool {
    request.header("accept").is_some_and(|kinds| kinds.contains("text/html"))
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

const PATHS: [&str; 9] =
    ["/", "/payments", "/payouts", "/order", "/exchanges", "/callbacks", "/ledger", "/faults", "/handset"];
const MAX_BODY: usize = 65_536;

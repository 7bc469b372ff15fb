//! One request and its answer, with all that can go wrong on demand.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::outgoing::Outgoing;
use crate::exchanges::{Exchange, excerpt};
use crate::faults::{Fault, FaultKind, Plan, Seen, shapes};
use crate::gateway::{Front, Operator, Reply, Request};
use crate::hub::{Desk, Hub, Place};

/// The connection ends without an answer.
#[derive(Debug)]
pub(super) struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut on demand")
    }
}

impl std::error::Error for Cut {}

/// Which port was called by whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) place: Place,
    pub(super) front: Front,
    pub(super) caller: IpAddr,
}

pub(super) async fn answer(
    hub: Arc<Hub>,
    Origin { place, front, caller }: Origin,
    request: hyper::Request<Incoming>,
) -> Result<Response<Outgoing>, Cut> {
    let (parts, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(reply) => return Ok(response(reply, Outgoing::whole)),
    };
    let headers = parts.headers.iter();
    let mut request = Request {
        caller,
        front,
        method: parts.method.as_str().to_owned(),
        path: single_slashes(parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body,
        operator: Operator::Up,
    };
    let (desk, seen, plan) = hub.plan(place, &request);
    if let Some(latency) = hub.latencies.of(place.name(), seen.operation) {
        tokio::time::sleep(latency).await;
    }
    let fault = plan.exchange.clone();
    let kind = fault.as_ref().map(|fault| fault.kind);
    // A port that was closed is closed for connections that are open as well.
    let closed = hub.faults.refuses(place.name());
    let replied = work(&hub, desk, &mut request, plan, closed).await;
    let sent = match (&replied, kind) {
        (_, Some(FaultKind::CutBefore | FaultKind::CutAfter)) | (None, _) => None,
        (Some(reply), _) => Some(reply),
    };
    let fault_name = if closed { Some(FaultKind::Refuse) } else { kind }.map(FaultKind::name);
    if !request.is_background() {
        hub.record(exchange(&hub, desk, request, seen, sent, fault_name));
    }
    let Some(reply) = replied else { return Err(Cut) };
    send(&hub, reply, fault.as_ref()).await
}

/// What comes of the request; nothing when the connection is cut before anything is done.
async fn work(hub: &Hub, desk: Desk, request: &mut Request, plan: Plan, closed: bool) -> Option<Reply> {
    let kind = plan.exchange.as_ref().map(|fault| fault.kind);
    if closed || kind == Some(FaultKind::CutBefore) {
        return None;
    }
    if let Some(kind) = kind
        && !kind.lets_work()
    {
        return Some(match kind {
            FaultKind::Html403 => shapes::html(403),
            FaultKind::Redirect303 => shapes::redirect(303, &request.path, &request.query),
            FaultKind::Redirect307 => shapes::redirect(307, &request.path, &request.query),
            _ => shapes::rate_limit(desk.place, hub.now()),
        });
    }
    let reply = hub.answer(desk, request, plan);
    let reply = match hub.settled().await {
        Ok(()) => reply,
        Err(problem) => Reply::text(500, &format!("the store has failed: {problem}")),
    };
    Some(match kind {
        Some(FaultKind::Error500) => Reply::text(500, "internal server error"),
        Some(FaultKind::Html200) => shapes::html(200),
        Some(FaultKind::Oversize) => shapes::oversize(reply),
        _ => reply,
    })
}

async fn send(hub: &Hub, reply: Reply, fault: Option<&Fault>) -> Result<Response<Outgoing>, Cut> {
    match fault.map(|fault| (fault.kind, fault.seconds)) {
        Some((FaultKind::CutAfter, _)) => Err(Cut),
        Some((FaultKind::Stall, seconds)) => {
            let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(30);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(response(reply, Outgoing::whole))
        }
        Some((FaultKind::Drip, _)) => {
            let pause = hub.settings().drip_pause;
            Ok(response(reply, |body| Outgoing::dripping(body, pause)))
        }
        _ => Ok(response(reply, Outgoing::whole)),
    }
}

/// `//v2/payment` is `/v2/payment`, as for the web servers in front of the real gateways: programs that join
/// base URL and path carelessly are common.
fn single_slashes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

fn exchange(
    hub: &Hub,
    desk: Desk,
    request: Request,
    seen: Seen,
    sent: Option<&Reply>,
    fault: Option<&'static str>,
) -> Exchange {
    let target =
        if request.query.is_empty() { request.path } else { format!("{}?{}", request.path, request.query) };
    Exchange {
        id: 0,
        at: hub.now(),
        gateway: desk.place.name(),
        merchant: hub.merchants()[desk.merchant].name,
        operation: seen.operation,
        order_ids: seen.orders.into_iter().filter_map(|order| order.order_id).collect(),
        method: request.method,
        target,
        headers: request.headers,
        request: excerpt(&request.body),
        status: sent.map(|reply| reply.status),
        answer: sent.map(|reply| excerpt(&reply.body)).unwrap_or_default(),
        fault,
    }
}

/// Reads a body of bounded size. Some of what is too much is read as well and thrown away, because a client
/// that is still sending when the connection closes may never see the answer.
async fn read(mut body: Incoming) -> Result<Vec<u8>, Reply> {
    let (mut kept, mut seen) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Reply::text(400, "the body was cut off"))?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len();
        if seen > MAX_SEEN {
            break;
        }
        if seen <= MAX_BODY {
            kept.extend_from_slice(data);
        }
    }
    if seen <= MAX_BODY { Ok(kept) } else { Err(Reply::text(413, "the body is larger than 1 MiB")) }
}

fn response(reply: Reply, body: impl FnOnce(Vec<u8>) -> Outgoing) -> Response<Outgoing> {
    let mut response = Response::new(body(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

const MAX_BODY: usize = 1_048_576;
const MAX_SEEN: usize = 8 * MAX_BODY;

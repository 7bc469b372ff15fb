//! What the admin API does.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{MAX_BODY, json, kept, problem, views};
use crate::clock::Pace;
use crate::endings::{Ending, HOLD};
use crate::faults::{Fault, FaultKind};
use crate::gateway::Decision;
use crate::hub::Hub;
use crate::json::Json;
use crate::latency::Latency;
use crate::moment::Moment;

type Shared = State<Arc<Hub>>;

/// `{"gateway", "order_id"}` and either `decision` or `state`, the gateway's own word.
pub(super) async fn settle(State(hub): Shared, body: Body) -> Response {
    let mut fields = match Fields::read(body).await {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let gateway = fields.required("gateway");
    let order_id = fields.required("order_id");
    let merchant = fields.text("merchant");
    let state = fields.text("state");
    let named = fields.text("decision");
    let decision = named.as_deref().and_then(Decision::parse);
    if (named.is_some() && decision.is_none()) || (named.is_none() == state.is_none()) {
        let names = Decision::ALL.map(Decision::name).join(", ");
        fields.problems.push(format!("decision must be one of {names}, or state a word of the gateway"));
    }
    if let Err(refusal) = fields.end() {
        return *refusal;
    }
    let desk = hub.desk(&gateway, merchant.as_deref());
    let Some(desk) = desk.filter(|desk| hub.order(*desk, &order_id).is_some()) else {
        return problem(StatusCode::NOT_FOUND, views::NO_ORDER);
    };
    let done = match (decision, &state) {
        (Some(decision), _) => hub.settle(desk, &order_id, decision),
        (None, Some(state)) => hub.set_state(desk, &order_id, state),
        (None, None) => false,
    };
    if !done {
        return problem(StatusCode::CONFLICT, "there is nothing left to decide about this order");
    }
    let order = hub.order(desk, &order_id).map_or(Json::Null, |order| order.json());
    kept(&hub, StatusCode::OK, order).await
}

pub(super) async fn resend(State(hub): Shared, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| hub.resend(id)) {
        Some(new) => kept(&hub, StatusCode::ACCEPTED, Json::object([("id", new.into())])).await,
        None => problem(StatusCode::NOT_FOUND, "no callback has this id, or too many are waiting"),
    }
}

/// The members of [`Fault`], all but `kind` optional.
pub(super) async fn add_fault(State(hub): Shared, body: Body) -> Response {
    let mut fields = match Fields::read(body).await {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let name = fields.required("kind");
    let kind = FaultKind::parse(&name);
    if kind.is_none() && !name.is_empty() {
        let names = FaultKind::ALL.map(FaultKind::name).join(", ");
        fields.problems.push(format!("kind must be one of {names}"));
    }
    let mut fault = Fault::new(kind.unwrap_or(FaultKind::CutAfter));
    fault.gateway = fields.text("gateway");
    fault.merchant = fields.merchant(&hub);
    fault.operation = fields.text("operation");
    fault.order_id = fields.text("order_id");
    fault.phone = fields.text("phone");
    fault.amount = fields.text("amount");
    fault.percent = fields.number("percent").unwrap_or(100);
    fault.times = fields.number("times");
    fault.seconds = fields.number("seconds");
    fault.copies = fields.number("copies");
    if let Err(refusal) = fields.end() {
        return *refusal;
    }
    if let Err(problems) = fault.check() {
        return problem(StatusCode::BAD_REQUEST, &problems);
    }
    let Some(id) = hub.faults.add(fault) else {
        return problem(StatusCode::CONFLICT, "there are 1000 faults already; remove some first");
    };
    let armed = hub.faults.list().into_iter().find(|armed| armed.id == id);
    let body = armed.as_ref().map_or(Json::Null, views::fault);
    hub.tell("fault", body.clone());
    json(StatusCode::CREATED, &body)
}

pub(super) async fn remove_fault(State(hub): Shared, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|id| hub.faults.remove(id)) {
        hub.tell("fault", Json::Null);
        return json(StatusCode::OK, &Json::object([("removed", id.into())]));
    }
    problem(StatusCode::NOT_FOUND, "no fault has this id")
}

pub(super) async fn remove_faults(State(hub): Shared) -> Response {
    let removed = hub.faults.clear();
    hub.tell("fault", Json::Null);
    json(StatusCode::OK, &Json::object([("removed", views::count(removed).into())]))
}

/// The members of [`Ending`], all but `decision` optional.
pub(super) async fn add_ending(State(hub): Shared, body: Body) -> Response {
    let mut fields = match Fields::read(body).await {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let name = fields.required("decision");
    let decision = Decision::parse(&name);
    if decision.is_none() && !name.is_empty() && name != HOLD {
        let names = Decision::ALL.map(Decision::name).join(", ");
        fields.problems.push(format!("decision must be one of {names}, or {HOLD} for none"));
    }
    let mut ending = Ending::new(decision);
    ending.after = fields.number("after_ms").map_or(ending.after, Duration::from_millis);
    ending.gateway = fields.text("gateway");
    ending.merchant = fields.merchant(&hub);
    ending.order_id = fields.text("order_id");
    ending.phone = fields.text("phone");
    ending.amount = fields.text("amount");
    ending.percent = fields.number("percent").unwrap_or(100);
    ending.times = fields.number("times");
    fields.problems.extend(ending.check().err());
    if let Err(refusal) = fields.end() {
        return *refusal;
    }
    let Some(id) = hub.endings.add(ending) else {
        return problem(StatusCode::CONFLICT, "there are 1000 endings already; remove some first");
    };
    let added = hub.endings.list().into_iter().find(|rule| rule.id == id);
    json(StatusCode::CREATED, &added.as_ref().map_or(Json::Null, views::ending))
}

pub(super) async fn remove_ending(State(hub): Shared, Path(id): Path<String>) -> Response {
    if id.parse().is_ok_and(|id| hub.endings.remove(id)) {
        return json(StatusCode::OK, &Json::object([("removed", id.into())]));
    }
    problem(StatusCode::NOT_FOUND, "no ending has this id")
}

pub(super) async fn remove_endings(State(hub): Shared) -> Response {
    let removed = hub.endings.clear();
    json(StatusCode::OK, &Json::object([("removed", views::count(removed).into())]))
}

/// `{"milliseconds"}`, for a `gateway` and an `operation` or for all.
pub(super) async fn set_latency(State(hub): Shared, body: Body) -> Response {
    let mut fields = match Fields::read(body).await {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let least: Option<u64> = fields.number("milliseconds");
    if least.is_none() && fields.problems.is_empty() {
        fields.problems.push("milliseconds is missing".to_owned());
    }
    let mut latency = Latency::new(Duration::from_millis(least.unwrap_or_default()));
    latency.gateway = fields.text("gateway");
    latency.operation = fields.text("operation");
    fields.problems.extend(latency.check().err());
    if let Err(refusal) = fields.end() {
        return *refusal;
    }
    hub.latencies.set(latency);
    json(StatusCode::OK, &views::latency_list(&hub))
}

/// `{"set_unix_seconds"}` first, then `{"advance_seconds"}`, then `{"mode": "real" | "moved" | "frozen"}`.
pub(super) async fn set_time(State(hub): Shared, body: Body) -> Response {
    let mut fields = match Fields::read(body).await {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let set: Option<u64> = fields.number("set_unix_seconds");
    let advance: Option<u64> = fields.number("advance_seconds");
    let mode = fields.text("mode");
    if set.is_some_and(|seconds| seconds > MAX_TIME) || advance.is_some_and(|seconds| seconds > MAX_TIME) {
        fields.problems.push("times must lie before the year 2100".to_owned());
    }
    let mut pace = hub.pace();
    if let Some(seconds) = set {
        pace = pace.at(Moment::from_unix_micros(seconds.saturating_mul(1_000_000)));
    }
    if let Some(seconds) = advance {
        pace = pace.later(Duration::from_secs(seconds));
    }
    match mode.as_deref() {
        None => {}
        Some("real") => pace = Pace::Real,
        Some("moved") => pace = pace.running(),
        Some("frozen") => pace = pace.frozen(),
        Some(_) => fields.problems.push("mode must be real, moved or frozen".to_owned()),
    }
    if let Err(refusal) = fields.end() {
        return *refusal;
    }
    hub.set_pace(pace);
    kept(&hub, StatusCode::OK, views::clock(&hub)).await
}

pub(super) async fn reset(State(hub): Shared) -> Response {
    hub.reset();
    kept(&hub, StatusCode::OK, Json::object([("reset", Json::Bool(true))])).await
}

/// Members of a body, read one by one; those never asked for are a problem as well.
struct Fields {
    members: Vec<(String, Json)>,
    problems: Vec<String>,
}

impl Fields {
    async fn read(body: Body) -> Result<Fields, Box<Response>> {
        let bytes = axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| {
            Box::new(problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 64 KiB or was cut off"))
        })?;
        match Json::parse(&bytes) {
            Ok(Json::Object(members)) => Ok(Fields { members, problems: Vec::new() }),
            Ok(_) => Err(Box::new(problem(StatusCode::BAD_REQUEST, "the body must be a JSON object"))),
            Err(reason) => {
                Err(Box::new(problem(StatusCode::BAD_REQUEST, &format!("the body is not JSON: {reason}"))))
            }
        }
    }

    fn required(&mut self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is missing"));
            String::new()
        })
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Json::Text(text) => Some(text),
            _ => {
                self.problems.push(format!("{name} must be a string"));
                None
            }
        }
    }

    /// A merchant that is there.
    fn merchant(&mut self, hub: &Hub) -> Option<String> {
        let name = self.text("merchant")?;
        if hub.merchants().iter().any(|known| known.name == name) {
            return Some(name);
        }
        self.problems.push("merchant is unknown; see /api/merchants".to_owned());
        None
    }

    fn number<N: std::str::FromStr>(&mut self, name: &str) -> Option<N> {
        match self.take(name)? {
            Json::Number(literal) if literal.parse::<N>().is_ok() => literal.parse().ok(),
            _ => {
                self.problems.push(format!("{name} must be an integer that fits"));
                None
            }
        }
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        let at = self.members.iter().position(|(key, _)| key == name)?;
        Some(self.members.remove(at).1).filter(|value| *value != Json::Null)
    }

    fn end(&mut self) -> Result<(), Box<Response>> {
        for (name, _) in self.members.drain(..) {
            self.problems.push(format!("{name} is unknown; see /openapi.json"));
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Box::new(problem(StatusCode::BAD_REQUEST, &self.problems.join("; "))))
    }
}

const MAX_TIME: u64 = 4_102_444_800;

//! What stands in an answer that went wrong, and how a callback is spoilt.

use crate::gateway::{Callback, Reply};
use crate::hub::Place;
use crate::json::Json;
use crate::moment::Moment;

/// HTTP 429 in the form that the gateway's documents name, as far as they do.
pub(crate) fn rate_limit(place: Place, now: Moment) -> Reply {
    let body = match place {
        Place::Checkout => Json::object([
            ("code", "429".into()),
            ("message", "TOO_MANY_REQUEST".into()),
            ("description", "your activity on the API is suspicious".into()),
            ("api_response_id", now.seconds_and_fraction().into()),
        ]),
        Place::Transfer => Json::object([
            ("code", 429_u64.into()),
            ("message", "TOO_MANY_REQUEST".into()),
            ("data", Json::Array(Vec::new())),
        ]),
        Place::Bitlipa => Json::object([("result", result(4, "too many requests"))]),
        Place::Adullam => Json::object([("error", "too many requests".into())]),
    };
    let mut reply = Reply::json(429, &body);
    reply.headers.push(("retry-after", "1".to_owned()));
    reply
}

/// The operator is out of service; nothing was done. Bitlipa makes an order that fails, so it answers itself.
pub(crate) fn operator_down(place: Place, now: Moment) -> Option<Reply> {
    let text = "the operator is out of service";
    let reply = match place {
        Place::Bitlipa => return None,
        Place::Checkout => Reply::json(
            200,
            &Json::object([
                ("code", "804".into()),
                ("message", "OPERATOR_UNAVAILABLE".into()),
                ("description", text.into()),
                ("api_response_id", now.seconds_and_fraction().into()),
            ]),
        ),
        Place::Transfer => Reply::json(
            200,
            &Json::object([
                ("code", 804_u64.into()),
                ("message", "OPERATOR_UNAVAILABLE".into()),
                ("description", text.into()),
                ("data", Json::Array(Vec::new())),
            ]),
        ),
        Place::Adullam => Reply::json(503, &Json::object([("error", text.into())])),
    };
    Some(reply)
}

pub(crate) fn html(status: u16) -> Reply {
    let body = if status == 403 {
        "<!doctype html><html><head><title>Access denied</title></head><body><h1>Error 1020</h1>\
         <p>SANDBOX: this stands for the page of a firewall.</p></body></html>"
    } else {
        "<!doctype html><html><head><title>Maintenance</title></head><body>\
         <p>SANDBOX: this stands for a page that took the place of the answer.</p></body></html>"
    };
    Reply { content_type: "text/html; charset=utf-8", ..Reply::text(status, body) }
}

/// To the same path, so that a client which follows it asks once more.
pub(crate) fn redirect(status: u16, path: &str, query: &str) -> Reply {
    let location = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    Reply { headers: vec![("location", location)], ..Reply::text(status, "moved") }
}

/// The answer with blanks behind it, which JSON allows.
pub(crate) fn oversize(mut reply: Reply) -> Reply {
    reply.body.resize(OVERSIZE.max(reply.body.len()), b' ');
    reply
}

/// A wrong signature; where there is none, a wrong amount.
pub(crate) fn forge(callback: &mut Callback) {
    if let Some((_, token)) = callback.headers.iter_mut().find(|(name, _)| *name == "x-token") {
        *token = other_digit(token);
        return;
    }
    let mark = "\"signature\":\"";
    if let Some(start) = callback.body.rfind(mark).map(|at| at + mark.len()) {
        let forged = other_digit(&callback.body[start..]);
        callback.body.replace_range(start.., &forged);
        return;
    }
    if let Some(start) = callback.body.find("amount=").map(|at| at + "amount=".len()) {
        callback.body.insert(start, '9');
    }
}

/// The first half of the body.
pub(crate) fn corrupt(callback: &mut Callback) {
    let mut half = callback.body.len() / 2;
    while !callback.body.is_char_boundary(half) {
        half -= 1;
    }
    callback.body.truncate(half);
}

/// The text with another first hex digit.
fn other_digit(text: &str) -> String {
    let other = if text.starts_with('0') { "1" } else { "0" };
    format!("{other}{}", text.get(1..).unwrap_or_default())
}

fn result(code: i64, message: &str) -> Json {
    Json::object([("code", code.into()), ("message", message.into())])
}

const OVERSIZE: usize = 2 * 1_048_576;

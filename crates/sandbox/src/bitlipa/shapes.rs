//! What Bitlipa says: answers and callbacks, member by member.

use super::directory::Flow;
use super::rules::{Operation, Refusal};
use super::{Failure, Order, State, sign};
use crate::gateway::Reply;
use crate::json::Json;
use crate::moment::Moment;

pub(super) fn refusal(refusal: &Refusal) -> Reply {
    match refusal {
        Refusal::Authentication => {
            Reply::json(200, &Json::object([("result", result(10_201, "merchant authentication failed"))]))
        }
        Refusal::Shape(reason) => Reply::json(400, &Json::object([("result", result(4, reason))])),
    }
}

/// The first answer to an order, which every repetition of the order gets again.
pub(super) fn first(order: &Order) -> Reply {
    let mut members = head(order, first_state(order));
    if order.flow == Flow::Bank && order.operation == Operation::C2b {
        members.extend(service(order.created));
        members.push(("extra".to_owned(), bank_details(order)));
    } else {
        members.extend(service(order.created));
    }
    members.push(("confirm_type".to_owned(), order.confirm_type.into()));
    Reply::json(200, &Json::Object(members))
}

/// The present state.
pub(super) fn state(order: &Order, page: &str, now: Moment) -> Reply {
    let mut members = head(order, order.state);
    if let Some(extra) = extra(order, page) {
        members.push(("extra".to_owned(), extra));
    }
    members.extend(service(now));
    members.push(("confirm_type".to_owned(), order.confirm_type.into()));
    Reply::json(200, &Json::Object(members))
}

pub(super) fn unknown(order_id: &str, now: Moment) -> Reply {
    let mut members = vec![
        ("order_id".to_owned(), order_id.into()),
        ("transaction_id".to_owned(), "".into()),
        ("transaction_ref".to_owned(), "".into()),
        ("status".to_owned(), (-1_i64).into()),
        ("result".to_owned(), result(4, "parent operation not found")),
    ];
    members.extend(service(now));
    Reply::json(200, &Json::Object(members))
}

pub(super) fn banks(banks: &[(&str, &str)]) -> Reply {
    let banks = banks
        .iter()
        .map(|(code, name)| Json::object([("code", (*code).into()), ("name", (*name).into())]))
        .collect();
    Reply::json(200, &Json::object([("banks", Json::Array(banks)), ("result", result(0, "OK"))]))
}

/// The documented members in the documented order, the signature last.
pub(super) fn callback(order: &Order, secret: &str, now: Moment) -> String {
    let (code, message) = outcome(order, order.state);
    let mut body = Json::object([
        ("transaction_id", order.transaction_id.as_str().into()),
        ("order_id", order.order_id.as_str().into()),
        ("status", order.state.code().into()),
        ("service_id", 12_345_u64.into()),
        ("service_version", "5.2.0".into()),
        ("service_date_time", now.date_time_micros().into()),
        ("result", result(code, message)),
    ]);
    let signature = sign::sign(&body, secret).expect("two levels can be signed");
    if let Json::Object(members) = &mut body {
        members.push(("signature".to_owned(), signature.into()));
    }
    body.write()
}

/// `100.00`.
pub(super) fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn first_state(order: &Order) -> State {
    match order.refused_by_operator {
        Some(_) => State::Failed(Failure::Unacceptable),
        None => State::InProgress,
    }
}

fn head(order: &Order, state: State) -> Vec<(String, Json)> {
    let status = state.code();
    let reference = if state == State::Success { order.transaction_ref.as_str() } else { "" };
    let (code, message) = outcome(order, state);
    let good = if order.refused_by_operator.is_none() && order.flow != Flow::Bank { "Good" } else { "" };
    vec![
        ("order_id".to_owned(), order.order_id.as_str().into()),
        ("transaction_id".to_owned(), order.visible_transaction_id(status).into()),
        ("transaction_ref".to_owned(), reference.into()),
        ("status".to_owned(), status.into()),
        ("result".to_owned(), result(code, message)),
        (
            "provider_result".to_owned(),
            Json::object([("code", (-8888_i64).into()), ("message", good.into())]),
        ),
    ]
}

/// 1 is the documents' code for a wrong PIN; a wallet that holds too little has none, so it is told as a
/// failure at the operator.
fn outcome(order: &Order, state: State) -> (i64, &'static str) {
    match state {
        State::Failed(Failure::Unacceptable) => {
            (10_301, order.refused_by_operator.unwrap_or("refused by the operator"))
        }
        State::Failed(Failure::WrongPin) => (1, "PIN is wrong"),
        State::Failed(Failure::TooLittleMoney) => (10_301, "insufficient funds"),
        State::InProgress | State::Success | State::Cancelled | State::Failed(Failure::Refused) => (0, "OK"),
    }
}

fn service(at: Moment) -> [(String, Json); 3] {
    [
        ("service_id".to_owned(), 1_u64.into()),
        ("service_version".to_owned(), SERVICE_VERSION.into()),
        ("service_date_time".to_owned(), at.date_time_micros().into()),
    ]
}

fn extra(order: &Order, page: &str) -> Option<Json> {
    if order.operation == Operation::B2c || order.refused_by_operator.is_some() {
        return None;
    }
    match order.flow {
        Flow::Prompt => Some(Json::object([(
            "customer_message",
            "Complete the payment by following the instructions received by USSD".into(),
        )])),
        Flow::Redirect => Some(Json::object([("customer_redirect", page.into())])),
        Flow::Bank | Flow::Hosted => Some(bank_details(order)),
        Flow::Simulator => None,
    }
}

/// The sample shows the amount as an integer, so a whole amount is one.
fn bank_details(order: &Order) -> Json {
    let amount: Json = if order.amount.is_multiple_of(100) {
        (order.amount / 100).into()
    } else {
        decimal(order.amount).into()
    };
    Json::object([
        ("transfer_amount", amount),
        ("account_number", order.account_number.as_str().into()),
        ("bank_name", BANK_NAME.into()),
    ])
}

fn result(code: i64, message: &str) -> Json {
    Json::object([("code", code.into()), ("message", message.into())])
}

pub(super) const BANK_NAME: &str = "Sandbox Bank";
const SERVICE_VERSION: &str = "1.03/1.14|1.0/1.26|1.0/1.0|1.01/1.01|1.01/1.01||1.01/1.27";

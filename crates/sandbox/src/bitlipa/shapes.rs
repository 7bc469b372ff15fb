//! What Bitlipa says: answers and callbacks, member by member.

use super::directory::Flow;
use super::rules::{Account, Operation, Refusal};
use super::states::{Failure, State};
use super::{Order, sign};
use crate::choices::{BadSignature, BitlipaCallback};
use crate::gateway::Reply;
use crate::json::Json;
use crate::moment::Moment;

pub(super) fn refusal(refusal: &Refusal, bad_signature: BadSignature) -> Reply {
    match (refusal, bad_signature) {
        (Refusal::Authentication, BadSignature::Result10201) => {
            Reply::json(200, &Json::object([("result", result(10_201, "merchant authentication failed"))]))
        }
        (Refusal::Authentication, BadSignature::Html) => {
            Reply { content_type: "text/html; charset=utf-8", ..Reply::text(403, FORBIDDEN) }
        }
        (Refusal::Shape(reason), _) => Reply::json(400, &Json::object([("result", result(4, reason))])),
    }
}

/// The first answer to an order, which every repetition of the order gets again.
pub(super) fn first(order: &Order) -> Reply {
    let (code, message) = outcome(order, order.first);
    answer(order, order.first, result(code, message), order.created)
}

/// The answer to the repetition of an order, with the result of what came with it.
pub(super) fn again(order: &Order, code: i64, message: &str, now: Moment) -> Reply {
    answer(order, order.state, result(code, message), now)
}

/// The answer to the repetition of an order where the present state is told.
pub(super) fn present(order: &Order, now: Moment) -> Reply {
    let (code, message) = outcome(order, order.state);
    answer(order, order.state, result(code, message), now)
}

/// The answer of `status`. The simulator has one shape for everything; the others have that of the sample.
pub(super) fn state(order: &Order, page: &str, now: Moment) -> Reply {
    if order.flow == Flow::Simulator {
        return present(order, now);
    }
    let (code, message) = outcome(order, order.state);
    let mut members = head(order, order.state, result(code, message));
    if let Some(extra) = extra(order, page) {
        members.push(("extra".to_owned(), extra));
    }
    members.extend(service(11, number(OTHER_VERSION), now));
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
    members.extend(service(11, number(OTHER_VERSION), now));
    Reply::json(200, &Json::Object(members))
}

pub(super) fn banks(banks: &[(&str, &str)]) -> Reply {
    let banks = banks
        .iter()
        .map(|(code, name)| Json::object([("code", (*code).into()), ("name", (*name).into())]))
        .collect();
    Reply::json(200, &Json::object([("banks", Json::Array(banks)), ("result", result(0, "OK"))]))
}

/// The members in the order of the documentation or of an integrator's observation, the signature last.
pub(super) fn callback(order: &Order, account: &Account, variant: BitlipaCallback, now: Moment) -> String {
    let mut body = match variant {
        BitlipaCallback::Documented => {
            let (code, message) = outcome(order, order.state);
            Json::object([
                ("transaction_id", order.transaction_id.as_str().into()),
                ("order_id", order.order_id.as_str().into()),
                ("status", order.state.code().into()),
                ("service_id", 12_345_u64.into()),
                ("service_version", "5.2.0".into()),
                ("service_date_time", now.date_time_micros().into()),
                ("result", result(code, message)),
            ])
        }
        BitlipaCallback::Seen => Json::object([
            ("order_id", order.order_id.as_str().into()),
            ("transaction_id", order.transaction_id.as_str().into()),
            ("status", order.state.code().into()),
            ("customer_id", order.customer_id.as_str().into()),
            ("provider_id", order.provider_id.into()),
            ("amount", plain_amount(order.amount)),
            ("currency", order.currency.into()),
            ("merchant_id", account.merchant_id.as_str().into()),
        ]),
    };
    let signature = sign::sign(&body, &account.secret).expect("two levels can be signed");
    if let Json::Object(members) = &mut body {
        members.push(("signature".to_owned(), signature.into()));
    }
    body.write()
}

/// `100.00`.
pub(super) fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// What is final at once has the shape of the documents' samples of `payment_c2b` and `payment_b2c`, all else
/// that of the simulator and of the Nigerian bank.
fn answer(order: &Order, state: State, result: Json, at: Moment) -> Reply {
    let mut members = head(order, state, result);
    if !state.is_open() && order.refused_by_operator.is_none() {
        members.extend(service(1, number(OTHER_VERSION), at));
        return Reply::json(200, &Json::Object(members));
    }
    let bank = order.flow == Flow::Bank && order.operation == Operation::C2b;
    let good = if order.refused_by_operator.is_none() && !bank { "Good" } else { "" };
    members.push((
        "provider_result".to_owned(),
        Json::object([("code", (-8888_i64).into()), ("message", good.into())]),
    ));
    members.extend(service(1, if bank { BANK_VERSION } else { SERVICE_VERSION }.into(), at));
    if bank && order.refused_by_operator.is_none() {
        members.push(("extra".to_owned(), bank_details(order)));
    }
    members.push(("confirm_type".to_owned(), order.confirm_type.into()));
    Reply::json(200, &Json::Object(members))
}

fn head(order: &Order, state: State, result: Json) -> Vec<(String, Json)> {
    let reference = if state == State::Success { order.transaction_ref.as_str() } else { "" };
    vec![
        ("order_id".to_owned(), order.order_id.as_str().into()),
        ("transaction_id".to_owned(), order.visible_transaction_id(state).into()),
        ("transaction_ref".to_owned(), reference.into()),
        ("status".to_owned(), state.code().into()),
        ("result".to_owned(), result),
    ]
}

/// 1 to 3 are the documents' codes for PINs; a wallet that holds too little has none, so it is told as a
/// failure at the operator.
fn outcome(order: &Order, state: State) -> (i64, &'static str) {
    match state {
        State::Failed(Failure::Unacceptable) => {
            (10_301, order.refused_by_operator.unwrap_or("refused by the operator"))
        }
        State::Failed(Failure::WrongPin) => WRONG_PIN,
        State::Failed(Failure::BlankPin) => BLANK_PIN,
        State::Failed(Failure::PinOfWrongLength) => PIN_OF_WRONG_LENGTH,
        State::Failed(Failure::TooLittleMoney) => (10_301, "insufficient funds"),
        _ => OK,
    }
}

fn service(id: u64, version: Json, at: Moment) -> [(String, Json); 3] {
    [
        ("service_id".to_owned(), id.into()),
        ("service_version".to_owned(), version),
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

/// As PHP writes a number: `100`, `100.5`, `100.25`.
fn plain_amount(hundredths: u64) -> Json {
    let text = decimal(hundredths);
    number(text.trim_end_matches('0').trim_end_matches('.'))
}

fn number(literal: &str) -> Json {
    Json::Number(literal.to_owned())
}

fn result(code: i64, message: &str) -> Json {
    Json::object([("code", code.into()), ("message", message.into())])
}

pub(super) const OK: (i64, &str) = (0, "OK");
pub(super) const WRONG_PIN: (i64, &str) = (1, "PIN is wrong");
pub(super) const BLANK_PIN: (i64, &str) = (2, "PIN is blank");
pub(super) const PIN_OF_WRONG_LENGTH: (i64, &str) = (3, "PIN has the wrong length");
pub(super) const BANK_NAME: &str = "Sandbox Bank";
const SERVICE_VERSION: &str = "1.03/1.14|1.0/1.26|1.0/1.0|1.01/1.01|1.01/1.01||1.01/1.27";
const BANK_VERSION: &str = "1.03/1.14|1.0/2.0|1.0/1.0|1.01/1.0|1.01/2.0||1.02/1.27";
/// The samples show it as a number here.
const OTHER_VERSION: &str = "11.1";
const FORBIDDEN: &str = "<!doctype html><html lang=\"en\"><head><title>403 Forbidden</title></head><body>\
<h1>Forbidden</h1><p>SANDBOX: the signature is wrong.</p></body></html>";

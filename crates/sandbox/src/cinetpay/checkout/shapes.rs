//! What CinetPay's checkout says: answers and notifications, member by member.

use super::codes::{Class, Code};
use super::rules::{Refusal, split_phone};
use super::{Cause, Payment, State, operators};
use crate::choices::{CheckShape, CheckoutChoices, RefusalData};
use crate::gateway::Reply;
use crate::json::Json;
use crate::moment::Moment;

pub(super) fn created(token: &str, payment_url: &str, choices: &CheckoutChoices, now: Moment) -> Reply {
    Reply::json(
        choices.created_status,
        &Json::object([
            ("code", "201".into()),
            ("message", "CREATED".into()),
            ("description", "Transaction created with success".into()),
            ("data", Json::object([("payment_token", token.into()), ("payment_url", payment_url.into())])),
            ("api_response_id", now.seconds_and_fraction().into()),
        ]),
    )
}

pub(super) fn refusal(refusal: &Refusal, choices: &CheckoutChoices, now: Moment) -> Reply {
    let (code, text) = match refusal {
        Refusal::Coded(code, reason) => (*code, reason.clone()),
        Refusal::Apikey => ("609", "the apikey is not correct".to_owned()),
        Refusal::SiteId => ("613", "the site_id is not correct".to_owned()),
        Refusal::Processing(reason) => {
            ("624", format!("An error occurred while processing the request: {reason}"))
        }
    };
    error(choices.refusal_status, code, &text, choices, now)
}

/// An amount that stands for a code.
pub(super) fn refused_by_amount(code: &Code, choices: &CheckoutChoices, now: Moment) -> Reply {
    match code.number {
        "1010" => banned(),
        "403" => forbidden(choices, now),
        "429" => too_many(choices, now),
        number => error(choices.refusal_status, number, "the amount stands for this code", choices, now),
    }
}

/// Not CinetPay but Cloudflare answers a caller without a User-Agent.
pub(super) fn banned() -> Reply {
    Reply::text(403, "error code: 1010")
}

pub(super) fn forbidden(choices: &CheckoutChoices, now: Moment) -> Reply {
    error(403, "403", "the content type must be application/json", choices, now)
}

pub(super) fn too_many(choices: &CheckoutChoices, now: Moment) -> Reply {
    let text = "The system has detected that your activity on the API is suspicious";
    error(429, "429", text, choices, now)
}

/// The answer of `payment/check`.
pub(super) fn state(payment: &Payment, choices: &CheckoutChoices, now: Moment) -> Reply {
    let [code, message, data] = match choices.check_shape {
        CheckShape::Today => state_members(payment),
        CheckShape::Of2021 => {
            let (code, message) = payment.code();
            [("code", code.into()), ("message", message.into()), ("data", data_of_2021(payment))]
        }
    };
    Reply::json(
        200,
        &Json::object([code, message, data, ("api_response_id", now.seconds_and_fraction().into())]),
    )
}

/// The members of `payment/check` that depend on the payment alone.
pub(super) fn state_members(payment: &Payment) -> [(&'static str, Json); 3] {
    let order = &payment.order;
    let (code, message) = payment.code();
    let unclear = Code::find(code).is_some_and(|code| code.class == Class::Unclear);
    if unclear && payment.state == State::Waiting {
        return [("code", code.into()), ("message", message.into()), ("data", Json::Array(Vec::new()))];
    }
    let status = match payment.state {
        State::Waiting => "WAITING_FOR_CUSTOMER",
        State::Accepted { .. } => "ACCEPTED",
        State::Refused { .. } => "REFUSED",
    };
    let (method, operator_id, payment_date, available) = match payment.state {
        State::Waiting => ("", Json::Null, String::new(), String::new()),
        State::Accepted { at, operator } => {
            (method(payment), operator_id(at, operator).into(), at.date_time(), two_days_after(at))
        }
        // A refused payment carries one blank as its date and still a date of availability.
        State::Refused { at, .. } => (method(payment), Json::Null, " ".to_owned(), two_days_after(at)),
    };
    let data = Json::object([
        ("amount", order.amount.to_string().into()),
        ("currency", order.currency.into()),
        ("status", status.into()),
        ("payment_method", method.into()),
        ("description", order.description.as_str().into()),
        ("metadata", order.metadata.as_deref().into()),
        ("operator_id", operator_id),
        ("payment_date", payment_date.into()),
        ("fund_availability_date", available.into()),
    ]);
    [("code", code.into()), ("message", message.into()), ("data", data)]
}

/// The sixteen fields of a notification, in the order in which they are signed.
pub(super) fn notification(payment: &Payment, site_id: &str) -> Vec<(&'static str, String)> {
    let order = &payment.order;
    let (prefix, local) = payer(payment);
    let message = match (payment.state, payment.told) {
        (State::Waiting, None) => "WAITING_FOR_CUSTOMER",
        _ => payment.code().1,
    };
    vec![
        ("cpm_site_id", site_id.to_owned()),
        ("cpm_trans_id", order.transaction_id.clone()),
        ("cpm_trans_date", payment.created.date_time()),
        ("cpm_amount", order.amount.to_string()),
        ("cpm_currency", order.currency.to_owned()),
        ("signature", payment.mark.clone()),
        ("payment_method", method(payment).to_owned()),
        ("cel_phone_num", local.to_owned()),
        ("cpm_phone_prefixe", prefix.to_owned()),
        ("cpm_language", order.language.code().to_owned()),
        ("cpm_version", "V4".to_owned()),
        ("cpm_payment_config", "SINGLE".to_owned()),
        ("cpm_page_action", "PAYMENT".to_owned()),
        ("cpm_custom", order.metadata.clone().unwrap_or_default()),
        ("cpm_designation", order.description.clone()),
        ("cpm_error_message", message.to_owned()),
    ]
}

impl Payment {
    /// The code and message of `payment/check`.
    pub(super) fn code(&self) -> (&'static str, &'static str) {
        let number = match (self.state, self.told) {
            (State::Waiting, told) => told.unwrap_or("662"),
            (State::Accepted { .. }, _) => "00",
            (State::Refused { cause, .. }, _) => cause.code(),
        };
        (number, Code::find(number).map_or("", |code| code.message))
    }
}

impl Cause {
    fn code(self) -> &'static str {
        match self {
            Cause::Cancelled => "627",
            Cause::Expired => "625",
            Cause::WrongPin => "604",
            Cause::TooLittleMoney => "602",
            Cause::Coded(code) => code,
        }
    }
}

/// Prefix and local number: what was chosen at the counter, else the number of the request, else an invented
/// one.
pub(super) fn payer(payment: &Payment) -> (&'static str, &str) {
    let order = &payment.order;
    if let Some(payer) = &payment.payer {
        return (payer.prefix, payer.phone.as_str());
    }
    order.phone.as_deref().and_then(split_phone).unwrap_or(match order.currency {
        "XAF" => ("237", "690000000"),
        "GNF" => ("224", "620000000"),
        "CDF" | "USD" => ("243", "890000000"),
        _ => ("225", "0707070707"),
    })
}

/// The members that were documented in 2021; a refused payment lacks even the operator's id.
fn data_of_2021(payment: &Payment) -> Json {
    let (prefix, phone) = payer(payment);
    let (operator_id, date) = match payment.state {
        State::Accepted { at, operator } => (Some(operator_id(at, operator)), at.date_time()),
        State::Waiting | State::Refused { .. } => (None, String::new()),
    };
    let mut members = Vec::new();
    members.extend(operator_id.map(|id| ("operator_id".to_owned(), id.into())));
    members.extend([
        ("payment_method".to_owned(), method(payment).into()),
        ("payment_date".to_owned(), date.into()),
        ("phone_number".to_owned(), phone.into()),
        ("phone_prefix".to_owned(), prefix.into()),
    ]);
    Json::Object(members)
}

/// As a rule errors carry no `data`.
fn error(status: u16, code: &str, description: &str, choices: &CheckoutChoices, now: Moment) -> Reply {
    let message = Code::find(code).map_or("", |code| code.message);
    let mut members = vec![
        ("code".to_owned(), Json::from(code)),
        ("message".to_owned(), message.into()),
        ("description".to_owned(), description.into()),
    ];
    match choices.refusal_data {
        RefusalData::Absent => {}
        RefusalData::EmptyArray => members.push(("data".to_owned(), Json::Array(Vec::new()))),
        RefusalData::Null => members.push(("data".to_owned(), Json::Null)),
    }
    members.push(("api_response_id".to_owned(), now.seconds_and_fraction().into()));
    Reply::json(status, &Json::Object(members))
}

/// What the payer chose, else the usual operator of the payer's country or of the currency.
fn method(payment: &Payment) -> &'static str {
    let currency = payment.order.currency;
    match &payment.payer {
        Some(payer) => payer.operator,
        None => operators::of_prefix(currency, payer(payment).0).unwrap_or(operators::usual(currency)).code,
    }
}

/// `MP220915.2257.A76307`.
fn operator_id(at: Moment, number: u64) -> String {
    format!("MP{}.A{number:05}", &at.compact()[.."yymmdd.hhmm".len()])
}

fn two_days_after(at: Moment) -> String {
    format!("{} 00:00:00", at.plus(std::time::Duration::from_secs(2 * 86_400)).date())
}

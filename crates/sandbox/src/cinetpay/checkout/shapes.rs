//! What CinetPay's checkout says: answers and notifications, member by member.

use super::rules::{Refusal, split_phone};
use super::{Cause, Payment, State, operators};
use crate::gateway::Reply;
use crate::json::Json;
use crate::moment::Moment;

pub(super) fn created(token: &str, payment_url: &str, now: Moment) -> Reply {
    Reply::json(
        200,
        &Json::object([
            ("code", "201".into()),
            ("message", "CREATED".into()),
            ("description", "Transaction created with success".into()),
            ("data", Json::object([("payment_token", token.into()), ("payment_url", payment_url.into())])),
            ("api_response_id", now.seconds_and_fraction().into()),
        ]),
    )
}

pub(super) fn refusal(refusal: &Refusal, now: Moment) -> Reply {
    match refusal {
        Refusal::Fields(reason) => error(400, "608", "MINIMUM_REQUIRED_FIELDS", reason, now),
        Refusal::Apikey => error(400, "609", "AUTH_NOT_FOUND", "the apikey is not correct", now),
        Refusal::SiteId => error(400, "613", "ERROR_SITE_ID_NOTVALID", "the site_id is not correct", now),
        Refusal::Processing(reason) => {
            let text = format!("An error occurred while processing the request: {reason}");
            error(400, "624", "UNKNOWN_ERROR", &text, now)
        }
    }
}

pub(super) fn forbidden(now: Moment) -> Reply {
    error(403, "403", "FORBIDDEN", "the content type must be application/json", now)
}

/// The answer of `payment/check`.
pub(super) fn state(payment: &Payment, now: Moment) -> Reply {
    let [code, message, data] = state_members(payment);
    Reply::json(
        200,
        &Json::object([code, message, data, ("api_response_id", now.seconds_and_fraction().into())]),
    )
}

/// The members of `payment/check` that depend on the payment alone.
pub(super) fn state_members(payment: &Payment) -> [(&'static str, Json); 3] {
    let order = &payment.order;
    let (code, message) = payment.state.code();
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
pub(super) fn notification(payment: &Payment, site_id: &str) -> [(&'static str, String); 16] {
    let order = &payment.order;
    let (prefix, local) = match &payment.payer {
        Some(payer) => (payer.prefix, payer.phone.as_str()),
        None => order.phone.as_deref().and_then(split_phone).unwrap_or_else(|| payer(order.currency)),
    };
    let message = match payment.state {
        State::Waiting => "WAITING_FOR_CUSTOMER",
        State::Accepted { .. } => "SUCCES",
        State::Refused { cause, .. } => cause.code().1,
    };
    [
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

impl State {
    pub(super) fn code(self) -> (&'static str, &'static str) {
        match self {
            State::Waiting => ("662", "WAITING_CUSTOMER_PAYMENT"),
            State::Accepted { .. } => ("00", "SUCCES"),
            State::Refused { cause, .. } => cause.code(),
        }
    }
}

impl Cause {
    /// The codes of the documentation's table of checkout codes.
    fn code(self) -> (&'static str, &'static str) {
        match self {
            Cause::Cancelled => ("627", "TRANSACTION_CANCEL"),
            Cause::Expired => ("625", "ABONNEMENT_OR_TRANSACTIONS_EXPIRED"),
            Cause::WrongPin => ("604", "OTP_CODE_ERROR"),
            Cause::TooLittleMoney => ("602", "INSUFFICIENT_BALANCE"),
        }
    }
}

/// Errors carry no `data`.
fn error(status: u16, code: &str, message: &str, description: &str, now: Moment) -> Reply {
    Reply::json(
        status,
        &Json::object([
            ("code", code.into()),
            ("message", message.into()),
            ("description", description.into()),
            ("api_response_id", now.seconds_and_fraction().into()),
        ]),
    )
}

/// What the payer chose, else the usual operator of the currency.
fn method(payment: &Payment) -> &'static str {
    match &payment.payer {
        Some(payer) => payer.operator,
        None => operators::usual(payment.order.currency).code,
    }
}

/// The payer when the merchant named none.
fn payer(currency: &str) -> (&'static str, &'static str) {
    match currency {
        "XAF" => ("237", "690000000"),
        "GNF" => ("224", "620000000"),
        "CDF" | "USD" => ("243", "890000000"),
        _ => ("225", "0707070707"),
    }
}

/// `MP220915.2257.A76307`.
fn operator_id(at: Moment, number: u64) -> String {
    format!("MP{}.A{number:05}", &at.compact()[.."yymmdd.hhmm".len()])
}

fn two_days_after(at: Moment) -> String {
    format!("{} 00:00:00", at.plus(std::time::Duration::from_secs(2 * 86_400)).date())
}

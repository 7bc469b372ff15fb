//! What CinetPay's transfer service says: envelopes, items and notifications, member by member.

use super::rules::Fault;
use super::{Confirmation, Payout, Treatment};
use crate::gateway::Reply;
use crate::html::Language;
use crate::json::Json;

pub(super) fn success(data: Json) -> Reply {
    Reply::json(
        200,
        &Json::object([("code", 0_u64.into()), ("message", "OPERATION_SUCCES".into()), ("data", data)]),
    )
}

/// The one refusal whose HTTP status is known; its code is a string.
pub(super) fn invalid_credentials(language: Language) -> Reply {
    let text = language.pick("Identifiant de connexion incorrect", "Incorrect login credentials");
    envelope(401, "701".into(), "INVALID_CREDENTIALS", text)
}

/// The sample shows this code as a string.
pub(super) fn invalid_token(language: Language) -> Reply {
    let text = language.pick("Votre token est invalide", "Your token is invalid");
    envelope(200, "706".into(), "INVALID_TOKEN", text)
}

pub(super) fn expired_token(language: Language) -> Reply {
    let text = language.pick("Votre token a expiré", "Your token has expired");
    envelope(200, 705_u64.into(), "EXPIRED_TOKEN", text)
}

pub(super) fn not_allowed() -> Reply {
    envelope(404, 708_u64.into(), "NOT_ALLOWED", "wrong URL or method")
}

pub(super) fn not_found(language: Language) -> Reply {
    let text = language.pick("Aucun element trouvé", "No element found");
    envelope(200, 723_u64.into(), "NOT_FOUND", text)
}

/// The sample's text, with amounts as French accounts write them.
pub(super) fn insufficient(available: u64, total: u64, language: Language) -> Reply {
    let (available, total) = (french(available), french(total));
    let text = match language {
        Language::French => {
            format!("Fonds Insuffisant :disponible {available}, Total de l'operation à effectuer : {total}")
        }
        Language::English => {
            format!("Insufficient funds: available {available}, total of the operation: {total}")
        }
    };
    envelope(200, 602_u64.into(), "INSUFFICIENT_BALANCE", &text)
}

pub(super) fn refused(fault: &Fault) -> Reply {
    match fault {
        Fault::Address => {
            envelope(200, 709_u64.into(), "EXECUTION_ERROR", "This IP is not allow to execute this action")
        }
        Fault::NotJson => {
            envelope(200, 718_u64.into(), "JSON_PARSE_ERROR", "the field data is not valid JSON")
        }
        Fault::Lookup => envelope(
            200,
            704_u64.into(),
            "INVALID_PARAM",
            "exactly one of transaction_id, client_transaction_id and lot is needed",
        ),
        Fault::Operation(text) => envelope(200, (-1_i64).into(), "OPERATION_ERROR", text),
    }
}

/// The item as it came, with the gateway's own members behind it.
pub(super) fn echo<const N: usize>(item: &Json, added: [(&str, Json); N]) -> Json {
    let mut members: Vec<(String, Json)> = item
        .members()
        .unwrap_or_default()
        .iter()
        .filter(|(name, _)| ECHOED.contains(&name.as_str()))
        .cloned()
        .collect();
    members.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Json::Object(members)
}

/// One item of `check/money`; the amount is text here.
pub(super) fn state(payout: &Payout) -> Json {
    let validated_at = match &payout.treatment {
        Treatment::Validated { at, .. } | Treatment::Rejected { at } => Some(at.date_time()),
        Treatment::New | Treatment::Received => None,
    };
    let valid = if matches!(payout.treatment, Treatment::Validated { .. }) { "Y" } else { "N" };
    Json::object([
        ("transaction_id", payout.transaction_id.as_str().into()),
        ("client_transaction_id", payout.client_transaction_id.as_deref().into()),
        ("lot", payout.lot.as_str().into()),
        ("amount", payout.amount.to_string().into()),
        ("receiver", payout.phone.as_str().into()),
        ("receiver_e164", format!("+{}{}", payout.country.prefix, payout.phone).into()),
        ("operator", payout.operator.into()),
        ("sending_status", sending_status(payout).into()),
        ("transfer_valid", valid.into()),
        ("treatment_status", treatment_status(payout).into()),
        ("comment", comment(payout).into()),
        ("validated_at", validated_at.into()),
    ])
}

/// The fields of a notification, in the documented order.
pub(super) fn notification(payout: &Payout) -> [(&'static str, String); 10] {
    let (operator_id, validated_at) = match &payout.treatment {
        Treatment::Validated { at, operator_id } => (operator_id.clone(), at.date_time()),
        Treatment::Rejected { at } => (String::new(), at.date_time()),
        Treatment::New | Treatment::Received => (String::new(), String::new()),
    };
    [
        ("transaction_id", payout.transaction_id.clone()),
        ("client_transaction_id", payout.client_transaction_id.clone().unwrap_or_default()),
        ("lot", payout.lot.clone()),
        ("amount", payout.amount.to_string()),
        ("receiver", payout.phone.clone()),
        ("sending_status", sending_status(payout).to_owned()),
        ("comment", comment(payout).unwrap_or_default().to_owned()),
        ("treatment_status", treatment_status(payout).to_owned()),
        ("operator_transaction_id", operator_id),
        ("validated_at", validated_at),
    ]
}

fn envelope(status: u16, code: Json, message: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &Json::object([
            ("code", code),
            ("message", message.into()),
            ("description", description.into()),
            ("data", Json::Array(Vec::new())),
        ]),
    )
}

fn sending_status(payout: &Payout) -> &'static str {
    match payout.confirmation {
        Confirmation::Confirmed => "CONFIRM",
        Confirmation::Pending => "PENDING",
    }
}

fn treatment_status(payout: &Payout) -> &'static str {
    match payout.treatment {
        Treatment::New => "NEW",
        Treatment::Received => "REC",
        Treatment::Validated { .. } => "VAL",
        Treatment::Rejected { .. } => "REJ",
    }
}

fn comment(payout: &Payout) -> Option<&'static str> {
    match payout.treatment {
        Treatment::New | Treatment::Received => None,
        Treatment::Validated { .. } => Some("Transfert effectué avec succès"),
        Treatment::Rejected { .. } => Some("Transfert rejeté"),
    }
}

/// `32 000,00`.
fn french(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text + ",00"
}

const ECHOED: [&str; 9] = [
    "prefix",
    "phone",
    "name",
    "surname",
    "email",
    "amount",
    "client_transaction_id",
    "notify_url",
    "payment_method",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_amounts_as_the_sample_does() {
        assert_eq!(french(4_233), "4 233,00");
        assert_eq!(french(32_000), "32 000,00");
        assert_eq!(french(0), "0,00");
        assert_eq!(french(1_500_000), "1 500 000,00");
    }
}

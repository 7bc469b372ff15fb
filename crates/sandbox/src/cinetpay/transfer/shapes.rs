//! What CinetPay's transfer service says: envelopes, items and notifications, member by member.

use super::codes::Code;
use super::rules::Fault;
use super::{Confirmation, Payout, Treatment};
use crate::choices::TransferNotification;
use crate::gateway::Reply;
use crate::html::Language;
use crate::json::Json;

pub(super) fn success(data: Json) -> Reply {
    Reply::json(
        200,
        &Json::object([("code", 0_u64.into()), ("message", "OPERATION_SUCCES".into()), ("data", data)]),
    )
}

/// The answer with a code of the table.
pub(super) fn coded(number: i64, language: Language) -> Reply {
    let (message, text) =
        Code::find(number).map_or(("OPERATION_ERROR", ""), |code| (code.message, code.text(language)));
    let code: Json = match number {
        // The samples show these two as strings.
        701 | 706 => number.to_string().into(),
        _ => number.into(),
    };
    let status = match number {
        // The one refusal whose HTTP status is known.
        701 => 401,
        708 => 404,
        _ => 200,
    };
    envelope(status, code, message, text)
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

pub(super) fn refused(fault: &Fault, language: Language) -> Reply {
    match fault {
        Fault::Code(number) => coded(*number, language),
        Fault::Operation(text) => envelope(200, (-1_i64).into(), "OPERATION_ERROR", text),
    }
}

/// Not in the documents, which know no limit for this service but show the headers of one.
pub(super) fn too_many() -> Reply {
    envelope(429, 429_u64.into(), "TOO_MANY_REQUEST", "Too many requests")
}

/// The item as it came, with the gateway's own members behind it.
pub(super) fn echo<const N: usize>(item: &Json, added: [Option<(&str, Json)>; N]) -> Json {
    let mut members: Vec<(String, Json)> = item
        .members()
        .unwrap_or_default()
        .iter()
        .filter(|(name, _)| ECHOED.contains(&name.as_str()))
        .cloned()
        .collect();
    members.extend(added.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
    Json::Object(members)
}

/// One item of `check/money`; the amount is text here.
pub(super) fn state(payout: &Payout, language: Language) -> Json {
    let validated_at = match &payout.treatment {
        Treatment::Validated { at, .. } | Treatment::Rejected { at } => Some(at.date_time()),
        Treatment::New | Treatment::Received | Treatment::Unresolved => None,
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
        ("comment", comment(payout, language).into()),
        ("validated_at", validated_at.into()),
    ])
}

/// The fields of a notification, in the documented order.
pub(super) fn notification(payout: &Payout, variant: TransferNotification) -> Vec<(&'static str, String)> {
    let (operator_id, validated_at) = match &payout.treatment {
        Treatment::Validated { at, operator_id } => (operator_id.clone(), at.date_time()),
        Treatment::Rejected { at } => (String::new(), at.date_time()),
        Treatment::New | Treatment::Received | Treatment::Unresolved => (String::new(), String::new()),
    };
    let mut fields = vec![
        ("transaction_id", payout.transaction_id.clone()),
        ("client_transaction_id", payout.client_transaction_id.clone().unwrap_or_default()),
        ("lot", payout.lot.clone()),
        ("amount", payout.amount.to_string()),
        ("receiver", payout.phone.clone()),
    ];
    let treatment = ("treatment_status", treatment_status(payout).to_owned());
    match variant {
        TransferNotification::Today => fields.extend([
            ("sending_status", sending_status(payout).to_owned()),
            ("comment", comment(payout, Language::French).unwrap_or_default().to_owned()),
            treatment,
            ("operator_transaction_id", operator_id),
            ("validated_at", validated_at),
        ]),
        TransferNotification::French2018 => {
            fields.extend([("operator", payout.operator.to_owned()), treatment]);
        }
        TransferNotification::English2018 => fields.push(treatment),
    }
    fields
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

pub(super) fn treatment_status(payout: &Payout) -> &'static str {
    match payout.treatment {
        Treatment::New => "NEW",
        Treatment::Received => "REC",
        Treatment::Unresolved => "NOS",
        Treatment::Validated { .. } => "VAL",
        Treatment::Rejected { .. } => "REJ",
    }
}

fn comment(payout: &Payout, language: Language) -> Option<&'static str> {
    match payout.treatment {
        Treatment::New | Treatment::Received => None,
        Treatment::Unresolved => Some(language.pick("En attente de l'opérateur", "Waiting for the operator")),
        Treatment::Validated { .. } => {
            Some(language.pick("Transfert effectué avec succès", "Transfer carried out with success"))
        }
        Treatment::Rejected { .. } => Some(language.pick("Transfert rejeté", "Transfer rejected")),
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

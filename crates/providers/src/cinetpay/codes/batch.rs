//! The reading of what came of sending: a code for the batch, a code for each item, and an echo to compare.

use nzimbu_core::{ErrorKind, HttpResponse, Money, ProviderError, Status};

use super::transfer::{Meaning, currency_of, digits, is_phone, meaning, opened, refusal, several, state};
use super::{is_success, shown};
use crate::cinetpay::config::Shared;
use crate::cinetpay::rules::transfer::Order;
use crate::cinetpay::transfer::{TransferBatch, TransferResult, TransferState};
use crate::cinetpay::wire::transfer::TransferAnswer;
use crate::json::Scalar;

/// What the answer to sending says; what was a duplicate is looked up afterwards.
pub(in crate::cinetpay) struct Sent {
    pub(in crate::cinetpay) batch: TransferBatch,
    pub(in crate::cinetpay) duplicates: Vec<usize>,
}

/// Reads the answer to sending: item by item, by our ids, in whatever order they come.
pub(in crate::cinetpay) fn read_sent(
    shared: &Shared,
    orders: &[Order],
    reply: &HttpResponse,
) -> Result<Sent, ProviderError> {
    let envelope = opened(reply)?;
    let code = envelope.code.as_str().trim();
    let whole = meaning(code);
    let accepted = whole == Meaning::Done && is_success(reply);
    let mut items: Vec<Option<TransferAnswer>> = envelope.items()?.into_iter().map(Some).collect();
    if !accepted && items.is_empty() && whole != Meaning::Duplicate {
        return Err(refusal(code, reply));
    }
    if whole == Meaning::Done && !accepted {
        return Err(refusal(code, reply));
    }
    // With one transfer asked for and one answered there is nothing to confuse.
    if let ([order], [Some(item)]) = (orders, &mut items[..])
        && item.client_transaction_id.text().is_none()
    {
        item.client_transaction_id = Scalar::from(order.id.as_str());
    }
    let mut sent = Sent {
        batch: TransferBatch { results: Vec::with_capacity(orders.len()), unexpected: Vec::new() },
        duplicates: Vec::new(),
    };
    for (index, order) in orders.iter().enumerate() {
        let ours = |item: &Option<TransferAnswer>| {
            item.as_ref().is_some_and(|item| item.client_transaction_id.as_str() == order.id.as_str())
        };
        let place = items.iter().position(ours);
        let item = place.and_then(|place| items[place].take());
        let twice = items.iter().any(ours);
        let result = match item {
            Some(_) if twice => {
                Err(ProviderError::new(ErrorKind::Malformed, "the answer speaks twice of this transfer"))
            }
            Some(item) => read_item(order, &item),
            None if whole == Meaning::Duplicate => Err(duplicate(code)),
            None => {
                Err(ProviderError::new(ErrorKind::Malformed, "the answer does not speak of this transfer"))
            }
        };
        if matches!(&result, Err(error) if error.kind() == ErrorKind::DuplicateOrder) {
            sent.duplicates.push(index);
        }
        sent.batch.results.push(TransferResult { order: order.id.clone(), result });
    }
    sent.batch.unexpected =
        items.into_iter().flatten().map(|item| state(&item, currency_of(shared, &item))).collect();
    Ok(sent)
}

/// One item: a code of its own, and an echo to compare.
fn read_item(order: &Order, item: &TransferAnswer) -> Result<TransferState, ProviderError> {
    let code = item.code.as_str().trim();
    let with_code = |error: ProviderError| error.with_gateway_code(shown(code));
    match meaning(code) {
        Meaning::Done => {}
        Meaning::Duplicate => return Err(duplicate(code)),
        // As the word of one item the catch-all is not documented, so it proves nothing.
        Meaning::Refused(kind, told) if code == "-1" => {
            return Err(with_code(ProviderError::new(kind, told)));
        }
        Meaning::Refused(kind, told) => return Err(with_code(ProviderError::rejected(kind, told))),
        Meaning::Open(kind, told) => return Err(with_code(ProviderError::new(kind, told))),
        Meaning::KnownContact | Meaning::LoginExpired | Meaning::NotFound => {
            let told = "the gateway gave a code that says nothing about a transfer";
            return Err(with_code(ProviderError::new(ErrorKind::Malformed, told)));
        }
    }
    if item.status.text().is_some_and(|word| !word.trim().eq_ignore_ascii_case("success")) {
        let told = "the code of the transfer says that it was taken, the word beside it that it was not";
        return Err(ProviderError::new(ErrorKind::Malformed, told));
    }
    let amount = item.amount.text().map(|_| item.amount.money(order.amount.currency()));
    if amount.is_some_and(|told| told != Some(order.amount)) {
        return Err(ProviderError::new(
            ErrorKind::Mismatch,
            "the answer states another amount than was asked for",
        ));
    }
    if item.phone.text().is_some() && !is_phone(&order.phone, &item.prefix, &item.phone) {
        return Err(ProviderError::new(
            ErrorKind::Mismatch,
            "the answer states another receiver than was asked for",
        ));
    }
    let mut state = state(item, Some(order.amount.currency()));
    // Taken, and no word yet.
    if item.treatment_status.text().is_none() {
        state.status = Status::Pending;
    }
    Ok(state)
}

/// Takes over the transfer that the gateway knows under our id, if it is the one that was asked for.
pub(in crate::cinetpay) fn adopt(
    order: &Order,
    found: Result<Vec<TransferState>, ProviderError>,
) -> Result<TransferState, ProviderError> {
    let mut found = found.map_err(|_| duplicate("805"))?;
    let state = match (found.pop(), found.is_empty()) {
        (Some(state), true) => state,
        (None, _) => return Err(duplicate("805")),
        (Some(_), false) => return Err(several()),
    };
    let amount = state
        .told
        .amount
        .as_deref()
        .and_then(|told| Money::parse_told(told.trim(), order.amount.currency()).ok());
    let receiver = match (&state.told.receiver_e164, &state.told.receiver) {
        (Some(told), _) => digits(told) == order.phone.msisdn(),
        (None, Some(told)) => [order.phone.national(), order.phone.msisdn()].contains(&digits(told).as_str()),
        (None, None) => false,
    };
    if amount != Some(order.amount) || !receiver {
        let told = "the gateway knows another transfer under this id: amount or receiver differ";
        return Err(ProviderError::new(ErrorKind::Mismatch, told).with_gateway_code("805"));
    }
    Ok(state)
}

fn duplicate(code: &str) -> ProviderError {
    ProviderError::new(ErrorKind::DuplicateOrder, "the gateway knows this id already: ask for its status")
        .with_gateway_code(shown(code))
}

//! The reading of what came of sending: a code for the batch, a code for each item, and an echo to compare.

use nzimbu_core::{ErrorKind, HttpResponse, Money, ProviderError, Status};

use super::transfer::{Meaning, currency_of, digits, fits_wallet, meaning, opened, refusal, several, state};
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
    /// The gateway refused the token, although it spoke of transfers beside it.
    pub(in crate::cinetpay) login_expired: bool,
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
    if whole == Meaning::Done && !accepted {
        return Err(refusal(&envelope, reply));
    }
    if !accepted && items.is_empty() && whole != Meaning::Duplicate {
        let error = refusal(&envelope, reply);
        return Err(if orders.len() > 1 && !refuses_all(code) { proving_nothing(&error) } else { error });
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
        login_expired: whole == Meaning::LoginExpired,
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
            Some(_) if whole == Meaning::Duplicate => Err(duplicate(code)),
            Some(item) if accepted => read_item(order, &item),
            // A call that was not accepted takes nothing and, with items beside it, refuses nothing either.
            Some(item) if meaning(item.code.as_str().trim()) == Meaning::Duplicate => {
                Err(duplicate(item.code.as_str().trim()))
            }
            Some(_) => Err(proving_nothing(&refusal(&envelope, reply))),
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

/// Codes that refuse a call with several transfers as a whole: balance, login, account, address, path, form. Any
/// other may be the word of one transfer, while others of the call were taken.
fn refuses_all(code: &str) -> bool {
    matches!(code, "602" | "701" | "702" | "703" | "705" | "706" | "707" | "708" | "709" | "718")
}

/// The same error without the claim that nothing was done.
fn proving_nothing(refusal: &ProviderError) -> ProviderError {
    let told = "the gateway did not accept the call, and what it did of it is not told: ask for each status";
    let error = ProviderError::new(refusal.kind(), told);
    let error = match refusal.gateway_code() {
        Some(code) => error.with_gateway_code(code),
        None => error,
    };
    match refusal.gateway_text() {
        Some(text) => error.with_gateway_text(text),
        None => error,
    }
}

/// One item: an echo to compare before anything in it is believed, and a code of its own.
fn read_item(order: &Order, item: &TransferAnswer) -> Result<TransferState, ProviderError> {
    compare(order, item)?;
    let code = item.code.as_str().trim();
    let with_code = |error: ProviderError| {
        let error = error.with_gateway_code(shown(code));
        match item.status.text() {
            Some(word) => error.with_gateway_text(word),
            None => error,
        }
    };
    let success = item.status.text().map(|word| word.trim().eq_ignore_ascii_case("success"));
    let has_trace = item.transaction_id.text().is_some() || item.treatment_status.text().is_some();
    match meaning(code) {
        Meaning::Done => {}
        Meaning::Duplicate => return Err(duplicate(code)),
        Meaning::Refused(kind, _) if has_trace || success == Some(true) => {
            let told =
                "the code of the transfer says that it was refused, what stands beside it that it was taken";
            return Err(with_code(ProviderError::new(kind, told)));
        }
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
    if success == Some(false) {
        let told = "the code of the transfer says that it was taken, the word beside it that it was not";
        return Err(ProviderError::new(ErrorKind::Malformed, told));
    }
    let mut state = state(item, Some(order.amount.currency()));
    // Taken, and no word yet.
    if item.treatment_status.text().is_none() {
        state.status = Status::Pending;
    }
    Ok(state)
}

/// What the item repeats of the request has to be what was asked for.
fn compare(order: &Order, item: &TransferAnswer) -> Result<(), ProviderError> {
    let mismatch = |told: &str| Err(ProviderError::new(ErrorKind::Mismatch, told));
    let amount = item.amount.text().map(|_| item.amount.money(order.amount.currency()));
    if amount.is_some_and(|told| told != Some(order.amount)) {
        return mismatch("the answer states another amount than was asked for");
    }
    let other_prefix = item.prefix.text().is_some_and(|told| digits(told) != order.phone.calling_code());
    let other_phone = item.phone.text().is_some_and(|told| digits(told) != order.phone.national());
    if other_prefix || other_phone {
        return mismatch("the answer states another receiver than was asked for");
    }
    if item.payment_method.text().is_some_and(|told| !fits_wallet(order.wallet, told.trim())) {
        return mismatch("the answer states another way of delivery than was asked for");
    }
    Ok(())
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
    let told = &state.told;
    let ways = [told.method.as_deref(), state.operator.as_deref()];
    let other_way = ways.into_iter().flatten().any(|way| !fits_wallet(order.wallet, way.trim()));
    let receiver = receiver(order, &state);
    if amount != Some(order.amount) || receiver == Some(false) || other_way {
        let told =
            "the gateway knows another transfer under this id: amount, receiver or way of delivery differ";
        return Err(ProviderError::new(ErrorKind::Mismatch, told).with_gateway_code("805"));
    }
    if receiver.is_none() {
        let told = "the gateway knows this id, but does not tell the receiver whole: look into it";
        return Err(ProviderError::new(ErrorKind::DuplicateOrder, told).with_gateway_code("805"));
    }
    Ok(state)
}

/// Whether the stated receiver is the one that was asked for. National digits alone belong to somebody in every
/// country, so that they can tell a difference but confirm nothing.
fn receiver(order: &Order, state: &TransferState) -> Option<bool> {
    let told = &state.told;
    if let Some(whole) = &told.receiver_e164 {
        return Some(digits(whole) == order.phone.msisdn());
    }
    let number = digits(told.receiver.as_deref()?);
    let prefix = told.prefix.as_deref().map(digits);
    if prefix.as_ref().is_some_and(|prefix| prefix != order.phone.calling_code()) {
        return Some(false);
    }
    if number == order.phone.msisdn() {
        return Some(true);
    }
    if number != order.phone.national() { Some(false) } else { prefix.map(|_| true) }
}

fn duplicate(code: &str) -> ProviderError {
    ProviderError::new(ErrorKind::DuplicateOrder, "the gateway knows this id already: ask for its status")
        .with_gateway_code(shown(code))
}

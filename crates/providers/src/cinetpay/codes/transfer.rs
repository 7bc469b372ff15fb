//! The transfers' codes ("Annexes") and the reading of their answers.

use nzimbu_core::{
    Country, Currency, ErrorKind, GatewayRef, HttpResponse, Money, Operation, OrderName, PhoneNumber,
    ProviderError, Status, UnixTime,
};

use super::{envelope, is_success, may_refuse, quoting, refused, shown, with_delay};
use crate::cinetpay::checkout::Universe;
use crate::cinetpay::config::Shared;
use crate::cinetpay::methods;
use crate::cinetpay::transfer::{
    Approval, Contact, ContactResult, Told, TransferBalance, TransferKey, TransferState, Wallet,
};
use crate::cinetpay::wire::Envelope;
use crate::cinetpay::wire::transfer::{Balance, ContactAnswer, Token, TransferAnswer};
use crate::json::Scalar;

/// What a code says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Meaning {
    /// Done.
    Done,
    /// The phone is a contact already, which is as good.
    KnownContact,
    /// The token has to be renewed.
    LoginExpired,
    /// Nothing was or will be done.
    Refused(ErrorKind, &'static str),
    /// The gateway knows the id of this transfer.
    Duplicate,
    /// It knows nothing under this name.
    NotFound,
    /// It proves nothing.
    Open(ErrorKind, &'static str),
}

/// The table.
pub(super) fn meaning(code: &str) -> Meaning {
    use ErrorKind::{
        Authentication, Blocked, InsufficientFunds, InvalidRequest, Malformed, Unavailable, Unsupported,
    };
    use Meaning::{Done, Duplicate, KnownContact, LoginExpired, NotFound, Open, Refused};
    match code {
        "0" => Done,
        "-1" => Refused(
            InvalidRequest,
            "the gateway cannot carry out the request: check number, operator and amount",
        ),
        "602" => Refused(InsufficientFunds, "the transfer account of the country does not hold enough"),
        "701" => Refused(Authentication, "the gateway does not accept api key and password"),
        "702" => Refused(Unavailable, "the gateway could not make a token"),
        "703" => Refused(Authentication, "the gateway finds the account invalid"),
        "704" => Refused(InvalidRequest, "the gateway finds a parameter wrong"),
        "705" | "706" | "707" => LoginExpired,
        "708" => Refused(Unsupported, "the gateway knows no such call: check the base URL"),
        "709" => Refused(
            Blocked,
            "this machine's address may not move money: have its IPv4 address put on the list",
        ),
        "710" | "715" => Open(Unavailable, "the gateway met an error that it does not explain"),
        "716" => Refused(InvalidRequest, "the gateway finds the data wrong"),
        "717" => Refused(InvalidRequest, "the phone number is no private person's"),
        "718" => Refused(InvalidRequest, "the gateway could not read the list of items"),
        "719" => Refused(InvalidRequest, "the amount is too small for the country"),
        "720" => Refused(InvalidRequest, "the amount is too large for the country"),
        "721" => Refused(InvalidRequest, "the operator of the number is not served"),
        "723" => NotFound,
        "724" => Refused(InvalidRequest, "the phone number is no contact: add it first"),
        "725" => Refused(InvalidRequest, "the notify URL is missing"),
        "726" => KnownContact,
        "801" => Refused(InvalidRequest, "the gateway finds the amount wrong"),
        "802" => Refused(InvalidRequest, "the gateway finds the phone number wrong"),
        // Passing trouble at the operator: whether it came before or after the order was taken is not documented.
        "804" => Open(Unavailable, "the operator is out of service"),
        "805" => Duplicate,
        // One integrator saw it as a refusal; no document has it.
        "811" => Open(InvalidRequest, "the gateway does not take the payment method"),
        _ => Open(Malformed, "the gateway gave a code that the documents do not explain"),
    }
}

/// An answer that is no success, as an error with the gateway's words.
pub(super) fn refusal(envelope: &Envelope<'_>, reply: &HttpResponse) -> ProviderError {
    quoting(refusal_by(envelope.code.as_str().trim(), reply), envelope)
}

fn refusal_by(code: &str, reply: &HttpResponse) -> ProviderError {
    let error = match meaning(code) {
        Meaning::LoginExpired => {
            let told = "the gateway refused the token: repeat to log in again";
            refused(ErrorKind::LoginExpired, told, reply)
        }
        Meaning::Refused(kind, told) => refused(kind, told, reply),
        Meaning::Duplicate => {
            ProviderError::new(ErrorKind::DuplicateOrder, "the gateway knows this id already")
        }
        Meaning::Open(_, told) if reply.status == 401 => ProviderError::new(ErrorKind::LoginExpired, told),
        Meaning::Open(kind, told) => ProviderError::new(kind, told),
        Meaning::Done => ProviderError::new(
            ErrorKind::Malformed,
            format!("the code says that it was done, the status {} that it was not", reply.status),
        ),
        Meaning::KnownContact | Meaning::NotFound => {
            ProviderError::new(ErrorKind::Malformed, "the gateway answered another question than was asked")
        }
    };
    with_delay(error.with_gateway_code(shown(code)), reply)
}

/// The envelope. Status 401 without one is taken for a token that died, which proves nothing about money.
pub(super) fn opened(reply: &HttpResponse) -> Result<Envelope<'_>, ProviderError> {
    envelope(reply).map_err(|error| match reply.status {
        401 => ProviderError::new(ErrorKind::LoginExpired, "status 401 without the gateway's own answer"),
        _ => error,
    })
}

/// The envelope of a success.
fn done(reply: &HttpResponse) -> Result<Envelope<'_>, ProviderError> {
    let envelope = opened(reply)?;
    let code = envelope.code.as_str().trim();
    if meaning(code) == Meaning::Done && is_success(reply) {
        Ok(envelope)
    } else {
        Err(refusal(&envelope, reply))
    }
}

pub(in crate::cinetpay) fn read_login(reply: &HttpResponse) -> Result<Option<Token>, ProviderError> {
    let read = done(reply).and_then(|envelope| envelope.item());
    // There is no token yet that could have aged.
    read.map_err(|error| match error.kind() {
        ErrorKind::LoginExpired => {
            let refused = ProviderError::new(ErrorKind::Authentication, "the gateway refused the login")
                .with_gateway_code(error.gateway_code().unwrap_or("401").to_owned());
            match error.gateway_text() {
                Some(text) => refused.with_gateway_text(text),
                None => refused,
            }
        }
        _ => error,
    })
}

pub(in crate::cinetpay) fn read_balance(reply: &HttpResponse) -> Result<TransferBalance, ProviderError> {
    let told: Balance = done(reply)?.item()?.unwrap_or_default();
    // Any currency without decimals serves for reading whole units.
    let units = |told: &Scalar| told.money(Currency::Xof).map(Money::minor);
    match (units(&told.amount), units(&told.in_using), units(&told.available)) {
        (Some(total), Some(reserved), Some(available)) => Ok(TransferBalance { total, reserved, available }),
        _ => Err(ProviderError::new(ErrorKind::Malformed, "the balance is not three whole numbers")),
    }
}

/// Finds the result of every contact by its number; where the items name none, by their places.
pub(in crate::cinetpay) fn read_contacts(
    contacts: &[Contact],
    reply: &HttpResponse,
) -> Result<Vec<ContactResult>, ProviderError> {
    let envelope = opened(reply)?;
    let code = envelope.code.as_str().trim();
    let known = meaning(code) == Meaning::KnownContact;
    let taken = known || meaning(code) == Meaning::Done && is_success(reply);
    if !taken {
        return Err(refusal(&envelope, reply));
    }
    let mut items: Vec<Option<ContactAnswer>> = envelope.items()?.into_iter().map(Some).collect();
    if items.is_empty() && known {
        return Ok(vec![ContactResult::Known; contacts.len()]);
    }
    let unnamed = items.iter().flatten().all(|item| item.phone.text().is_none());
    let in_place = unnamed && items.len() == contacts.len();
    let result = |(index, contact): (usize, &Contact)| {
        let names = |item: &Option<ContactAnswer>| {
            item.as_ref().is_some_and(|item| is_phone(&contact.phone, &item.prefix, &item.phone))
        };
        let place = if in_place { Some(index) } else { items.iter().position(names) };
        let Some(item) = place.and_then(|place| items[place].take()) else { return ContactResult::Unclear };
        match item.code.as_str().trim() {
            "" => ContactResult::Unclear,
            code => match meaning(code) {
                Meaning::Done => ContactResult::Added,
                Meaning::KnownContact => ContactResult::Known,
                Meaning::Refused(..) => ContactResult::Refused(shown(code).into()),
                _ => ContactResult::Unclear,
            },
        }
    };
    Ok(contacts.iter().enumerate().map(result).collect())
}

/// A contact that the gateway does not take, before any money is sent.
pub(in crate::cinetpay) fn contact_refused(code: &str) -> ProviderError {
    refusal_by(code, &HttpResponse::new(200, ""))
}

/// Reads the answer to a question. Every transfer in it has to carry the name that was asked for, if it has any.
pub(in crate::cinetpay) fn read_states(
    shared: &Shared,
    key: &TransferKey,
    reply: &HttpResponse,
) -> Result<Vec<TransferState>, ProviderError> {
    let envelope = opened(reply)?;
    let code = envelope.code.as_str().trim();
    let items: Vec<TransferAnswer> = envelope.items()?;
    match (meaning(code), items.is_empty()) {
        (Meaning::Done, false) if is_success(reply) => {}
        (Meaning::NotFound, true) if may_refuse(reply) => return Ok(Vec::new()),
        // Only 723 says that nothing is known, and it cannot describe what it does not know.
        (Meaning::Done, true) if is_success(reply) => {
            let told = "the gateway answers with a success that holds no transfer";
            return Err(ProviderError::new(ErrorKind::Malformed, told).with_gateway_code(shown(code)));
        }
        (Meaning::NotFound, false) => {
            let told = "the gateway says that it knows no such transfer, and describes one";
            return Err(ProviderError::new(ErrorKind::Malformed, told).with_gateway_code(shown(code)));
        }
        _ => return Err(refusal(&envelope, reply)),
    }
    for item in &items {
        let (asked, told) = match key {
            TransferKey::Lot(lot) => (lot.as_str(), &item.lot),
            TransferKey::Order(order) => (order.as_str(), &item.client_transaction_id),
            TransferKey::Reference(reference) => (reference.as_str(), &item.transaction_id),
        };
        if told.text().is_some_and(|told| told != asked) {
            return Err(ProviderError::new(
                ErrorKind::Mismatch,
                "the answer speaks of another transfer than was asked for",
            ));
        }
    }
    Ok(items.iter().map(|item| state(item, currency_of(shared, item))).collect())
}

/// The one transfer of an order.
pub(in crate::cinetpay) fn single(
    mut states: Vec<TransferState>,
) -> Result<Option<TransferState>, ProviderError> {
    let state = states.pop();
    if states.is_empty() { Ok(state) } else { Err(several()) }
}

pub(super) fn state(item: &TransferAnswer, currency: Option<Currency>) -> TransferState {
    let word = item.treatment_status.as_str().trim();
    TransferState {
        order: item.client_transaction_id.text().and_then(|order| OrderName::parse(order).ok()),
        reference: GatewayRef::new(item.transaction_id.as_str()),
        lot: GatewayRef::new(item.lot.as_str()),
        status: status(word),
        raw_status: word.into(),
        amount: currency.and_then(|currency| item.amount.money(currency)),
        phone: PhoneNumber::parse(item.receiver_e164.as_str())
            .or_else(|_| PhoneNumber::parse(&format!("+{}{}", item.prefix.as_str(), item.phone.as_str())))
            .ok(),
        operator: item.operator.boxed(),
        approval: item.sending_status.text().map(|word| match word.trim() {
            "CONFIRM" => Approval::Confirmed,
            "PENDING" => Approval::Pending,
            word => Approval::Unrecognized(word.into()),
        }),
        valid: item.transfer_valid.boxed(),
        comment: item.comment.boxed(),
        validated_at: UnixTime::parse_utc(item.validated_at.as_str().trim()),
        told: Told {
            amount: item.amount.boxed(),
            receiver: item.receiver.boxed().or_else(|| item.phone.boxed()),
            receiver_e164: item.receiver_e164.boxed(),
            prefix: item.prefix.boxed(),
            method: item.payment_method.boxed(),
        },
    }
}

/// `NOS` is an inconclusive answer of the operator's: pending until the gateway resolves it.
fn status(word: &str) -> Status {
    match word {
        "NEW" | "NOS" | "REC" => Status::Pending,
        "REJ" => Status::Failed,
        "VAL" => Status::Succeeded,
        _ => Status::Unrecognized,
    }
}

/// The gateway names no currency; it pays in that of the receiver's country.
pub(super) fn currency_of(shared: &Shared, item: &TransferAnswer) -> Option<Currency> {
    let number = if item.receiver_e164.text().is_some() { &item.receiver_e164 } else { &item.prefix };
    let number = digits(number.as_str());
    let country = CODES.iter().find(|(code, _)| number.starts_with(code));
    let country = country.and_then(|(_, name)| Country::parse(name).ok());
    let own = || shared.transfer.as_ref().and_then(|config| config.currency);
    match country.map(|country| methods::currencies_of(&shared.slices, Operation::Payout, country)).as_deref()
    {
        Some([only]) => Some(*only),
        _ => own(),
    }
}

pub(super) fn is_phone(phone: &PhoneNumber, prefix: &Scalar, national: &Scalar) -> bool {
    let same_prefix = prefix.text().is_none_or(|prefix| digits(prefix) == phone.calling_code());
    same_prefix && digits(national.as_str()) == phone.national()
}

/// Whether a stated way of delivery can be the one that was asked for: this wallet, or the number's operator, which is
/// anything but a wallet.
pub(super) fn fits_wallet(wallet: Option<Wallet>, told: &str) -> bool {
    match wallet {
        Some(wallet) => told.eq_ignore_ascii_case(wallet.code()) || told.eq_ignore_ascii_case("WAVE"),
        None => methods::universe_of(told) != Universe::Wallet,
    }
}

pub(super) fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

pub(super) fn several() -> ProviderError {
    ProviderError::new(ErrorKind::Mismatch, "the gateway knows several transfers under this id: look into it")
}

/// The calling codes of the countries that transfers reach. Old samples show numbers of abandoned plans, which
/// are no phone numbers any more but still tell their country.
const CODES: &[(&str, &str)] = &[
    ("221", "SN"),
    ("223", "ML"),
    ("224", "GN"),
    ("225", "CI"),
    ("226", "BF"),
    ("227", "NE"),
    ("228", "TG"),
    ("229", "BJ"),
    ("237", "CM"),
    ("243", "CD"),
];

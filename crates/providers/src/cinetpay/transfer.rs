//! Paying out: contacts, transfers to them, and what became of these.

mod state;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use nzimbu_core::redact;
use nzimbu_core::{
    Country, Customer, ErrorKind, Exchange, Money, OrderId, PhoneNumber, Problems, ProviderError,
};

use super::CinetPay;
use super::config::Shared;
use super::login::{Call, MoneyCall};
use super::rules::transfer::Order;
use super::{codes, rules, wire};

pub(super) use state::Told;
pub use state::{Approval, TransferBalance, TransferKey, TransferState};

/// A recipient to put on the merchant's list; money goes to nobody else.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Contact {
    /// The phone number, of a country that transfers reach.
    pub phone: PhoneNumber,
    /// The family name.
    pub name: String,
    /// The first name.
    pub surname: String,
    /// The e-mail address; no sample goes without.
    pub email: String,
}

impl Contact {
    /// A contact.
    #[must_use]
    pub fn new(
        phone: PhoneNumber,
        name: impl Into<String>,
        surname: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        Self { phone, name: name.into(), surname: surname.into(), email: email.into() }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = [
            ("name", !self.name.is_empty()),
            ("surname", !self.surname.is_empty()),
            ("email", !self.email.is_empty()),
        ];
        redact::fields(f, "Contact", &[("phone", &self.phone)], &held)
    }
}

/// What came of one contact.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ContactResult {
    /// It is on the list now.
    Added,
    /// It was on the list before (726), which serves as well.
    Known,
    /// The gateway refused it with this code.
    Refused(Box<str>),
    /// The answer does not speak of it, or in a way that the documents do not explain. To add it again is harmless.
    Unclear,
}

impl ContactResult {
    /// Whether money can be sent to the contact.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        matches!(self, Self::Added | Self::Known)
    }
}

/// A wallet to pay into, instead of the account of the number's operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wallet {
    /// Wave in Côte d'Ivoire (`WAVECI`).
    WaveCi,
    /// Wave in Senegal (`WAVESN`).
    WaveSn,
}

impl Wallet {
    /// The wallet that serves a country.
    #[must_use]
    pub fn of(country: Country) -> Option<Self> {
        match country.as_str() {
            "CI" => Some(Self::WaveCi),
            "SN" => Some(Self::WaveSn),
            _ => None,
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::WaveCi => "WAVECI",
            Self::WaveSn => "WAVESN",
        }
    }
}

/// One transfer to a number that is a contact already. `Debug` masks the phone and hides the URL.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transfer {
    /// Our id, which the gateway takes once (`client_transaction_id`).
    pub order: OrderId,
    /// How much: whole units, a multiple of 5, in the currency of the number's country.
    pub amount: Money,
    /// To whom.
    pub phone: PhoneNumber,
    /// Where notifications go; instead of the URL in the settings.
    pub notify_url: Option<String>,
    /// A wallet instead of the number's operator.
    pub wallet: Option<Wallet>,
}

impl Transfer {
    /// A transfer of this amount to this number under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, phone: PhoneNumber) -> Self {
        Self { order, amount, phone, notify_url: None, wallet: None }
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 4] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("phone", &self.phone),
            ("wallet", &self.wallet),
        ];
        redact::fields(f, "Transfer", &shown, &[("notify_url", self.notify_url.is_some())])
    }
}

/// One transfer to somebody who may not be a contact yet. `Debug` is as reserved as that of [`Transfer`].
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct TransferRequest {
    /// Our id, which the gateway takes once (`client_transaction_id`).
    pub order: OrderId,
    /// How much: whole units, a multiple of 5, in the currency of the number's country.
    pub amount: Money,
    /// To whom: phone, name, surname and e-mail are needed.
    pub recipient: Customer,
    /// Where notifications go; instead of the URL in the settings.
    pub notify_url: Option<String>,
    /// A wallet instead of the number's operator.
    pub wallet: Option<Wallet>,
}

impl TransferRequest {
    /// A transfer of this amount to this person under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, recipient: Customer) -> Self {
        Self { order, amount, recipient, notify_url: None, wallet: None }
    }
}

impl fmt::Debug for TransferRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 4] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("recipient", &self.recipient),
            ("wallet", &self.wallet),
        ];
        redact::fields(f, "TransferRequest", &shown, &[("notify_url", self.notify_url.is_some())])
    }
}

/// What came of a batch. Envelope and items are judged apart: a batch that is accepted may hold refused items.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransferBatch {
    /// One result for each transfer, in the order in which they were given.
    pub results: Vec<TransferResult>,
    /// What the gateway reports besides: transfers that were not asked for, or one of ours a second time. Never
    /// empty without a reason to alert somebody.
    pub unexpected: Vec<TransferState>,
}

/// What came of one transfer of a batch.
#[derive(Debug)]
#[non_exhaustive]
pub struct TransferResult {
    /// Our id.
    pub order: OrderId,
    /// The state of the transfer; or why there is none, with an outcome of its own: after
    /// [`Rejected`](nzimbu_core::Outcome::Rejected) nothing moved, after
    /// [`Unknown`](nzimbu_core::Outcome::Unknown) ask with [`check_transfer`](CinetPay::check_transfer).
    pub result: Result<TransferState, ProviderError>,
}

impl CinetPay {
    /// Asks what the transfer account holds.
    ///
    /// # Errors
    /// When the login fails or the answer cannot be read; amounts that are not whole are not guessed at.
    pub fn transfer_balance(&self) -> Exchange<TransferBalance> {
        if let Err(error) = self.shared.transfer() {
            return Exchange::done(Err(error));
        }
        self.shared.ask(Call::get("/v1/transfer/check/balance"), codes::transfer::read_balance)
    }

    /// Puts people on the merchant's list. To add one twice is harmless.
    ///
    /// The results come in the order of the contacts.
    ///
    /// # Errors
    /// Before sending: every fault of every contact, such as `contacts[2].email`. Afterwards: when the gateway
    /// refuses them all, or its answer cannot be read. No money moves in any case.
    pub fn add_contacts(&self, contacts: &[Contact]) -> Exchange<Vec<ContactResult>> {
        if let Err(error) = self.shared.transfer() {
            return Exchange::done(Err(error));
        }
        match rules::transfer::contacts(&self.shared, contacts) {
            Ok(()) => self.shared.list(contacts.to_vec()),
            Err(problems) => Exchange::done(Err(problems.into())),
        }
    }

    /// Sends money to contacts, all in one call. A call that brings no answer leaves every one of them unknown, so
    /// send one at a time unless you know why not.
    ///
    /// A transfer whose id the gateway knows already (805) is looked up at once and taken over if amount and
    /// receiver are those that were asked for.
    ///
    /// # Errors
    /// - Before sending: every fault of every transfer, such as `transfers[0].amount`.
    /// - Rejected: the gateway refused the whole call with a status of 2xx or 4xx and named no transfer: 602 the
    ///   balance, 709 the address of this machine, 718 the form …; of one transfer also -1 and the codes of items.
    ///   705, 706 and 707 end as [`LoginExpired`](ErrorKind::LoginExpired) and may be repeated.
    /// - Unknown: every other answer. Ask for each transfer with [`check_transfer`](Self::check_transfer).
    pub fn send(&self, transfers: &[Transfer]) -> Exchange<TransferBatch> {
        let config = match self.shared.transfer() {
            Ok(config) => config,
            Err(error) => return Exchange::done(Err(error)),
        };
        match rules::transfer::transfers(&self.shared, config, transfers) {
            Ok(orders) => self.shared.send(orders),
            Err(problems) => Exchange::done(Err(problems.into())),
        }
    }

    /// Sends money to one person: puts the person on the list, then orders the transfer.
    ///
    /// # Errors
    /// Those of [`add_contacts`](Self::add_contacts) and [`send`](Self::send), with the fields of a
    /// [`Customer`] such as `recipient.phone`.
    pub fn transfer(&self, request: &TransferRequest) -> Exchange<TransferState> {
        self.contact_and_send(request, None, Problems::default())
    }

    /// Asks what became of transfers. None is known under this name when the list is empty (723), which proves
    /// nothing while a call is under way; a batch may bring several.
    ///
    /// # Errors
    /// When the login fails, the answer cannot be read, or it speaks of transfers under another name.
    pub fn check_transfer(&self, key: &TransferKey) -> Exchange<Vec<TransferState>> {
        if let Err(error) = self.shared.transfer() {
            return Exchange::done(Err(error));
        }
        self.shared.check_transfer(key.clone())
    }

    /// The problems are those that were found on the way from the common model.
    pub(super) fn contact_and_send(
        &self,
        request: &TransferRequest,
        operator: Option<&str>,
        problems: Problems,
    ) -> Exchange<TransferState> {
        let config = match self.shared.transfer() {
            Ok(config) => config,
            Err(error) => return Exchange::done(Err(error)),
        };
        let (contact, order) =
            match rules::transfer::transfer(&self.shared, config, request, problems, operator) {
                Ok(both) => both,
                Err(problems) => return Exchange::done(Err(problems.into())),
            };
        let shared = Arc::clone(&self.shared);
        self.shared.list(vec![contact]).and_then(move |results| {
            match results.first() {
                Some(result) if result.is_listed() => {}
                Some(ContactResult::Refused(code)) => {
                    return Exchange::done(Err(codes::transfer::contact_refused(code)));
                }
                _ => {
                    let told = "the answer does not say whether the recipient is a contact now";
                    return Exchange::done(Err(ProviderError::new(ErrorKind::Malformed, told)));
                }
            }
            shared.send(vec![order]).and_then(|batch| Exchange::done(only(batch)))
        })
    }
}

/// The one result of a call with one transfer.
fn only(mut batch: TransferBatch) -> Result<TransferState, ProviderError> {
    if !batch.unexpected.is_empty() {
        return Err(ProviderError::new(
            ErrorKind::Malformed,
            "the answer also speaks of transfers that were not asked for",
        ));
    }
    let missing = || ProviderError::new(ErrorKind::Malformed, "the answer speaks of no transfer");
    batch.results.pop().ok_or_else(missing)?.result
}

impl Shared {
    fn list(self: &Arc<Self>, contacts: Vec<Contact>) -> Exchange<Vec<ContactResult>> {
        let items: Vec<_> = contacts
            .iter()
            .map(|contact| wire::transfer::ContactItem {
                prefix: contact.phone.calling_code(),
                phone: contact.phone.national(),
                name: &contact.name,
                surname: &contact.surname,
                email: &contact.email,
            })
            .collect();
        let call = Call::post("/v1/transfer/contact", wire::transfer::list(&items));
        self.ask(call, move |reply| codes::transfer::read_contacts(&contacts, reply))
    }

    fn send(self: &Arc<Self>, orders: Vec<Order>) -> Exchange<TransferBatch> {
        let items: Vec<_> = orders
            .iter()
            .map(|order| wire::transfer::SendItem {
                prefix: order.phone.calling_code(),
                phone: order.phone.national(),
                amount: order.units,
                client_transaction_id: order.id.as_str(),
                notify_url: &order.notify_url,
                payment_method: order.wallet.map(Wallet::code),
            })
            .collect();
        let call = MoneyCall::post("/v1/transfer/money/send/contact", wire::transfer::list(&items));
        let shared = Arc::clone(self);
        self.token().and_then(move |token| match shared.money_request(call, &token) {
            Err(error) => Exchange::done(Err(error)),
            // The one request that moves money: it is never sent again in this run, whatever comes back.
            Ok(request) => Exchange::send_then(request, move |reply| {
                match codes::batch::read_sent(&shared, &orders, &reply) {
                    Ok(sent) => {
                        if sent.login_expired {
                            shared.tokens.forget(&token);
                        }
                        shared.adopt(orders, sent.duplicates.into(), sent.batch)
                    }
                    Err(error) => {
                        shared.note_refusal(&error, &token);
                        Exchange::done(Err(error))
                    }
                }
            }),
        })
    }

    /// Looks up the transfers that the gateway knew already, one after the other. What fails here stays with its
    /// transfer and leaves the others alone.
    fn adopt(
        self: &Arc<Self>,
        orders: Vec<Order>,
        mut duplicates: VecDeque<usize>,
        mut batch: TransferBatch,
    ) -> Exchange<TransferBatch> {
        let Some(index) = duplicates.pop_front() else { return Exchange::done(Ok(batch)) };
        let shared = Arc::clone(self);
        self.check_transfer(TransferKey::Order((&orders[index].id).into())).then(move |found| {
            batch.results[index].result = codes::batch::adopt(&orders[index], found);
            shared.adopt(orders, duplicates, batch)
        })
    }

    pub(super) fn check_transfer(self: &Arc<Self>, key: TransferKey) -> Exchange<Vec<TransferState>> {
        let (name, value) = match &key {
            TransferKey::Lot(lot) => ("lot", lot.as_str()),
            TransferKey::Order(order) => ("client_transaction_id", order.as_str()),
            TransferKey::Reference(reference) => ("transaction_id", reference.as_str()),
        };
        let call = Call::get("/v1/transfer/check/money").with(name, value);
        let shared = Arc::clone(self);
        self.ask(call, move |reply| codes::transfer::read_states(&shared, &key, reply))
    }
}

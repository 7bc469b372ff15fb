//! What is written down before anything is sent.

use nzimbu_core::{
    Channel, Customer, Document, DocumentKind, Exchange, Money, Operation, OrderId, PaymentProvider,
    PaymentRequest, PayoutRequest, PhoneNumber, ProviderId, Receipt,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::journal::Masked;
use crate::rules::{Rules, Timing};

/// A payment or a payout that is to be sent once: the whole request, the gateway, and how it will be settled.
///
/// The order id in the request is the idempotency key. Give it or derive it from your own reference
/// ([`OrderId::derive`]); after a crash the same order must get the same id.
#[derive(Clone, Debug)]
pub struct Intent {
    pub(crate) gateway: ProviderId,
    pub(crate) request: Request,
    pub(crate) rules: Rules,
    /// The caller's own name for the order, kept beside its id: an invoice number, a row of a file.
    pub reference: Option<String>,
    /// The order that this one stands in for, after that was rejected or failed.
    pub replaces: Option<OrderId>,
    pub(crate) past: Past,
}

/// What may have happened to an order before its intent reached this journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Past {
    Nothing,
    /// It may have been begun in a journal that was lost.
    Unknown,
}

impl Intent {
    /// A payment through this gateway.
    #[must_use]
    pub fn payment(provider: &dyn PaymentProvider, request: PaymentRequest, timing: Timing) -> Self {
        Self::new(provider, Request::Payment(Box::new(request)), timing)
    }

    /// A payout through this gateway.
    #[must_use]
    pub fn payout(provider: &dyn PaymentProvider, request: PayoutRequest, timing: Timing) -> Self {
        Self::new(provider, Request::Payout(Box::new(request)), timing)
    }

    fn new(provider: &dyn PaymentProvider, request: Request, timing: Timing) -> Self {
        let rules = Rules::new(&provider.capabilities(request.operation()), timing);
        Self { gateway: provider.id(), request, rules, reference: None, replaces: None, past: Past::Nothing }
    }

    /// Says that the order may have been begun before, in a journal that was lost: by a disk without a backup, or since
    /// the backup that was restored. It is asked for before anything is sent.
    #[must_use]
    pub fn perhaps_begun(mut self) -> Self {
        self.past = Past::Unknown;
        self
    }

    /// The order's name.
    #[must_use]
    pub fn order(&self) -> &OrderId {
        self.request.order()
    }

    /// The direction.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.request.operation()
    }
}

/// The request as the journal keeps it until the order has ended and its time to be forgotten has come.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Request {
    Payment(Box<PaymentRequest>),
    Payout(Box<PayoutRequest>),
}

impl Request {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Self::Payment(_) => Operation::Payment,
            Self::Payout(_) => Operation::Payout,
        }
    }

    pub(crate) fn order(&self) -> &OrderId {
        match self {
            Self::Payment(request) => &request.order,
            Self::Payout(request) => &request.order,
        }
    }

    pub(crate) fn amount(&self) -> Money {
        match self {
            Self::Payment(request) => request.amount,
            Self::Payout(request) => request.amount,
        }
    }

    pub(crate) fn exchange(&self, provider: &dyn PaymentProvider) -> Exchange<Receipt> {
        match self {
            Self::Payment(request) => provider.pay(request),
            Self::Payout(request) => provider.pay_out(request),
        }
    }

    /// SHA-256 over what is set, each part preceded by its length: equal requests have equal digests, also after
    /// a later version knows more fields.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Parts(Sha256::new());
        hash.text("nzimbu request 1");
        hash.text(self.operation().as_str());
        match self {
            Self::Payment(request) => {
                hash.order(&request.order, request.amount, &request.channel, &request.payer);
                hash.field("description", request.description.as_deref());
                hash.field("notify_url", request.notify_url.as_deref());
                hash.field("return_url", request.return_url.as_deref());
                hash.field("language", request.language.map(|language| language.as_str()));
                for (name, value) in &request.metadata {
                    hash.field("metadata", Some(name));
                    hash.text(value);
                }
            }
            Self::Payout(request) => {
                hash.order(&request.order, request.amount, &request.channel, &request.recipient);
                hash.field("bank_code", request.bank_code.as_deref());
                hash.document(request.document.as_ref());
                hash.field("reason", request.reason.as_deref());
                hash.field("notify_url", request.notify_url.as_deref());
                for (name, value) in &request.metadata {
                    hash.field("metadata", Some(name));
                    hash.text(value);
                }
            }
        }
        hash.0.finalize().into()
    }

    /// What may be shown of the person.
    pub(crate) fn recipient(&self) -> Masked {
        let (channel, person) = match self {
            Self::Payment(request) => (&request.channel, &request.payer),
            Self::Payout(request) => (&request.channel, &request.recipient),
        };
        let home = person.country.or_else(|| person.phone.as_ref().and_then(PhoneNumber::country));
        let (operator, country) = match channel {
            Channel::Operator(operator) => (Some(operator.name.clone()), Some(operator.country)),
            Channel::Bank => (None, home),
            // The range of the number is a hint where the request names no operator.
            _ => match person.phone.as_ref().map(PhoneNumber::operators) {
                Some([one]) => (Some((*one).to_owned()), home),
                _ => (None, home),
            },
        };
        // A phone number prints masked.
        Masked { phone: person.phone.as_ref().map(ToString::to_string), operator, country }
    }

    /// What history may show: no name, no number, no free text.
    pub(crate) fn shown(&self) -> Shown {
        let (channel, person) = match self {
            Self::Payment(request) => (&request.channel, &request.payer),
            Self::Payout(request) => (&request.channel, &request.recipient),
        };
        let operator = match channel {
            Channel::Operator(operator) => Some(format!("{} {}", operator.country.as_str(), operator.name)),
            _ => None,
        };
        // A phone number prints masked.
        let phone = person.phone.as_ref().map(ToString::to_string);
        Shown { operation: self.operation().as_str(), operator, phone }
    }
}

/// A request in its history.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

/// Feeds parts into a hash so that no two lists of parts give the same bytes.
struct Parts(Sha256);

impl Parts {
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn field(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name);
            self.text(value);
        }
    }

    fn order(&mut self, order: &OrderId, amount: Money, channel: &Channel, person: &Customer) {
        self.field("order", Some(order.as_str()));
        self.field("amount", Some(&amount.minor().to_string()));
        self.field("currency", Some(amount.currency().code()));
        match channel {
            Channel::Any => {}
            Channel::Bank => self.field("channel", Some("bank")),
            Channel::Card => self.field("channel", Some("card")),
            Channel::MobileMoney => self.field("channel", Some("mobile_money")),
            Channel::Wallet => self.field("channel", Some("wallet")),
            Channel::Operator(operator) => {
                self.field("operator", Some(operator.country.as_str()));
                self.text(&operator.name);
            }
            // A channel that core adds later is told apart by its printed form until it stands here.
            other => self.field("channel", Some(&format!("{other:?}"))),
        }
        self.field("id", person.id.as_deref());
        self.field("name", person.name.as_deref());
        self.field("surname", person.surname.as_deref());
        self.field("email", person.email.as_deref());
        self.field("phone", person.phone.as_ref().map(|phone| phone.e164()));
        self.field("address", person.address.as_deref());
        self.field("city", person.city.as_deref());
        self.field("country", person.country.as_ref().map(|country| country.as_str()));
        self.field("state", person.state.as_deref());
        self.field("zip", person.zip.as_deref());
    }

    fn document(&mut self, document: Option<&Document>) {
        let Some(document) = document else { return };
        let kind = match document.kind {
            DocumentKind::DrivingLicence => "driving_licence",
            DocumentKind::NationalId => "national_id",
            DocumentKind::Passport => "passport",
            _ => "other",
        };
        self.field("document", Some(kind));
        self.text(&document.number);
    }
}

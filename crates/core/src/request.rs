//! What a merchant asks for, in words that all gateways share.
//!
//! Required parts stand in the constructors, the rest is set by assignment. What a gateway needs beyond the
//! constructor is checked by that gateway, all faults at once, before anything is sent.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use crate::customer::{Customer, Document};
use crate::money::Money;
use crate::order::OrderId;
use crate::place::{Country, Language};
use crate::redact;

/// Money from a customer to the merchant.
///
/// ```
/// use nzimbu_core::{Currency, Money, OrderId, PaymentRequest, PhoneNumber};
/// let mut request = PaymentRequest::new(OrderId::parse("INV-7")?, Money::parse_major("2500", Currency::Xof)?);
/// request.payer.phone = Some(PhoneNumber::parse("+2250700000000")?);
/// request.description = Some("Two books".into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows id, amount and channel, and of the rest only which fields are set: the notify URL may be one that
/// nobody should guess, and free texts hold names and numbers.
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PaymentRequest {
    /// Our id, and the idempotency key.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// How the customer pays.
    #[cfg_attr(feature = "serde", serde(default))]
    pub channel: Channel,
    /// Who pays.
    #[cfg_attr(feature = "serde", serde(default))]
    pub payer: Customer,
    /// What for; the customer may see it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub description: Option<String>,
    /// Where the gateway posts its callbacks; instead of the one in the settings.
    #[cfg_attr(feature = "serde", serde(default))]
    pub notify_url: Option<String>,
    /// Where the customer's browser goes afterwards; instead of the one in the settings.
    #[cfg_attr(feature = "serde", serde(default))]
    pub return_url: Option<String>,
    /// The language of the gateway's pages.
    #[cfg_attr(feature = "serde", serde(default))]
    pub language: Option<Language>,
    /// The merchant's own pairs; gateways that keep one text get them as JSON.
    #[cfg_attr(feature = "serde", serde(default))]
    pub metadata: BTreeMap<String, String>,
}

impl PaymentRequest {
    /// A payment of this amount under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money) -> Self {
        Self {
            order,
            amount,
            channel: Channel::Any,
            payer: Customer::default(),
            description: None,
            notify_url: None,
            return_url: None,
            language: None,
            metadata: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 5] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("channel", &self.channel),
            ("payer", &self.payer),
            ("language", &self.language),
        ];
        let held = [
            ("description", self.description.is_some()),
            ("notify_url", self.notify_url.is_some()),
            ("return_url", self.return_url.is_some()),
            ("metadata", !self.metadata.is_empty()),
        ];
        redact::fields(f, "PaymentRequest", &shown, &held)
    }
}

/// Money from the merchant to a recipient. `Debug` is as reserved as that of [`PaymentRequest`].
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct PayoutRequest {
    /// Our id, and the idempotency key.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// How the recipient is paid.
    #[cfg_attr(feature = "serde", serde(default))]
    pub channel: Channel,
    /// Who is paid.
    #[cfg_attr(feature = "serde", serde(default))]
    pub recipient: Customer,
    /// The recipient's bank, by the code that the gateway uses for it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub bank_code: Option<String>,
    /// The recipient's identity document.
    #[cfg_attr(feature = "serde", serde(default))]
    pub document: Option<Document>,
    /// What for.
    #[cfg_attr(feature = "serde", serde(default))]
    pub reason: Option<String>,
    /// Where the gateway posts its callbacks; instead of the one in the settings.
    #[cfg_attr(feature = "serde", serde(default))]
    pub notify_url: Option<String>,
    /// The merchant's own pairs.
    #[cfg_attr(feature = "serde", serde(default))]
    pub metadata: BTreeMap<String, String>,
}

impl PayoutRequest {
    /// A payout of this amount under this id, over this channel.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, channel: Channel) -> Self {
        Self {
            order,
            amount,
            channel,
            recipient: Customer::default(),
            bank_code: None,
            document: None,
            reason: None,
            notify_url: None,
            metadata: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for PayoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 5] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("channel", &self.channel),
            ("recipient", &self.recipient),
            ("document", &self.document),
        ];
        let held = [
            ("bank_code", self.bank_code.is_some()),
            ("reason", self.reason.is_some()),
            ("notify_url", self.notify_url.is_some()),
            ("metadata", !self.metadata.is_empty()),
        ];
        redact::fields(f, "PayoutRequest", &shown, &held)
    }
}

/// How money travels between a person and the gateway.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Channel {
    /// Whatever the gateway offers.
    #[default]
    Any,
    /// A bank account.
    Bank,
    /// A payment card.
    Card,
    /// Mobile money of any operator.
    MobileMoney,
    /// A wallet that is no operator's, such as Wave.
    Wallet,
    /// One operator of one country.
    Operator(Operator),
}

/// A network, bank or wallet of one country: `(CI, "Orange")`, `(KE, "MPESA")`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Operator {
    /// The country.
    pub country: Country,
    /// The name, as the gateway's directory has it; capitals do not matter.
    pub name: String,
}

impl Operator {
    /// An operator of this country and name.
    #[must_use]
    pub fn new(country: Country, name: impl Into<String>) -> Self {
        Self { country, name: name.into() }
    }
}

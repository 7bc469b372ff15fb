//! What can be asked of Bitlipa directly, by provider id.

use std::fmt;

use nzimbu_core::redact;
use nzimbu_core::{Country, Currency, Customer, Document, Money, OrderId, PhoneShape};

/// The provider id of Bitlipa's own test provider. It takes any country and currency, stays at status 1 for ever
/// and never calls back ("Simulator").
pub const SIMULATOR: u32 = 14;

/// A collection from a customer (`payment_c2b`).
///
/// Everything that is set in `payer` and that the gateway has a name for is sent: name, e-mail and address; the
/// phone becomes `customer_id`. `Debug` keeps back what tells who the customer is and where callbacks go.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct C2bRequest {
    /// Our id, and the idempotency key.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// Bitlipa's number for the operator; one that the directory does not know is sent as it is.
    pub provider_id: u32,
    /// Who pays.
    pub payer: Customer,
    /// Sent as `customer_id` instead of the payer's phone: 1 to 64 visible ASCII characters.
    /// A provider that the directory does not know gets the phone as `customer_phone` beside it.
    pub customer_id: Option<Box<str>>,
    /// How the phone is spelled, instead of the directory's shape. A provider that the directory does not know gets
    /// [`PhoneShape::Msisdn`].
    pub phone_shape: Option<PhoneShape>,
    /// The country, instead of the directory's.
    pub country: Option<Country>,
    /// Where callbacks are posted, instead of the address in the settings. Take one that nobody can guess.
    pub notify_url: Option<String>,
}

impl C2bRequest {
    /// A collection of this amount over this provider under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, provider_id: u32) -> Self {
        Self {
            order,
            amount,
            provider_id,
            payer: Customer::default(),
            customer_id: None,
            phone_shape: None,
            country: None,
            notify_url: None,
        }
    }
}

/// A payout to a customer (`payment_b2c`).
///
/// Everything that is set in `recipient` and that the gateway has a name for is sent: name, e-mail and address; the
/// phone becomes `customer_id`. `Debug` keeps back what tells who the customer is and where callbacks go.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct B2cRequest {
    /// Our id, and the idempotency key.
    pub order: OrderId,
    /// How much.
    pub amount: Money,
    /// Bitlipa's number for the operator; one that the directory does not know is sent as it is.
    pub provider_id: u32,
    /// Who is paid.
    pub recipient: Customer,
    /// Sent as `customer_id` instead of the recipient's phone: 1 to 64 visible ASCII characters.
    /// A provider that the directory does not know gets the phone as `customer_phone` beside it.
    pub customer_id: Option<Box<str>>,
    /// How the phone is spelled, instead of the directory's shape. A provider that the directory does not know gets
    /// [`PhoneShape::Msisdn`].
    pub phone_shape: Option<PhoneShape>,
    /// The country, instead of the directory's.
    pub country: Option<Country>,
    /// The recipient's bank, by its code in [`Bitlipa::banks`](super::Bitlipa::banks).
    pub bank_code: Option<String>,
    /// The recipient's identity document.
    pub document: Option<Document>,
    /// Where callbacks are posted, instead of the address in the settings. Take one that nobody can guess.
    pub notify_url: Option<String>,
}

impl B2cRequest {
    /// A payout of this amount over this provider under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, provider_id: u32) -> Self {
        Self {
            order,
            amount,
            provider_id,
            recipient: Customer::default(),
            customer_id: None,
            phone_shape: None,
            country: None,
            bank_code: None,
            document: None,
            notify_url: None,
        }
    }
}

/// A link to the hosted payment page.
///
/// The customer sees the link, and its signature is made with the secret that callbacks are checked with. So no text
/// that a customer wrote belongs in it unless it cannot spell a signed field: name and e-mail are refused with small
/// letters. Leave them, and the amount, to the page where you can. `Debug` is as reserved as that of [`C2bRequest`].
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostedPageRequest {
    /// Our id, and the idempotency key.
    pub order: OrderId,
    /// Bitlipa's number for the operator: 5008, 5010 and 5011 are documented, others have to stand in
    /// [`Config::directory`](super::Config::directory).
    pub provider_id: u32,
    /// Who pays; the phone is sent as `customer_id` in the digits of E.164.
    pub payer: Customer,
    /// Sent as `customer_id` instead of the payer's phone: 1 to 64 of `A-Z`, `0-9`, `+` and `-`.
    pub customer_id: Option<Box<str>>,
    /// How much; without it the customer types the amount.
    pub amount: Option<Money>,
    /// `NGN`; it has to be the amount's currency.
    pub currency: Currency,
    /// `NG`, as in the table of parameters; the example on the page says `NGA`.
    pub country: Box<str>,
    /// The parameter `type`: `bank_transfer`. The values for other providers are not documented.
    pub kind: Box<str>,
    /// The parameter `name`, without small letters.
    pub name: Option<Box<str>>,
    /// The parameter whose name is missing from the page, taken to be `email`; without small letters.
    pub email: Option<Box<str>>,
    /// Where callbacks are posted, instead of the address in the settings. The customer sees it.
    pub notify_url: Option<String>,
}

impl HostedPageRequest {
    /// A link for a Nigerian customer under this id.
    #[must_use]
    pub fn new(order: OrderId, provider_id: u32) -> Self {
        Self {
            order,
            provider_id,
            payer: Customer::default(),
            customer_id: None,
            amount: None,
            currency: Currency::Ngn,
            country: "NG".into(),
            kind: "bank_transfer".into(),
            name: None,
            email: None,
            notify_url: None,
        }
    }
}

impl fmt::Debug for C2bRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 6] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("provider_id", &self.provider_id),
            ("payer", &self.payer),
            ("phone_shape", &self.phone_shape),
            ("country", &self.country),
        ];
        let held = [("customer_id", self.customer_id.is_some()), ("notify_url", self.notify_url.is_some())];
        redact::fields(f, "C2bRequest", &shown, &held)
    }
}

impl fmt::Debug for B2cRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 7] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("provider_id", &self.provider_id),
            ("recipient", &self.recipient),
            ("phone_shape", &self.phone_shape),
            ("country", &self.country),
            ("document", &self.document),
        ];
        let held = [
            ("customer_id", self.customer_id.is_some()),
            ("bank_code", self.bank_code.is_some()),
            ("notify_url", self.notify_url.is_some()),
        ];
        redact::fields(f, "B2cRequest", &shown, &held)
    }
}

impl fmt::Debug for HostedPageRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 7] = [
            ("order", &self.order),
            ("provider_id", &self.provider_id),
            ("payer", &self.payer),
            ("amount", &self.amount),
            ("currency", &self.currency),
            ("country", &self.country),
            ("kind", &self.kind),
        ];
        let held = [
            ("customer_id", self.customer_id.is_some()),
            ("name", self.name.is_some()),
            ("email", self.email.is_some()),
            ("notify_url", self.notify_url.is_some()),
        ];
        redact::fields(f, "HostedPageRequest", &shown, &held)
    }
}

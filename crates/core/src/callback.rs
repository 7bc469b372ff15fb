//! What gateways post to the merchant. A callback carries its worth in its type.

use core::fmt;

use crate::http::Method;
use crate::order::{Operation, OrderRef};
use crate::receipt::Receipt;
use crate::signature::Proof;

/// A request to the notify URL, byte for byte as it came. Do not parse and print the body again: signatures
/// depend on the order of fields and the spelling of numbers.
#[derive(Clone, Copy)]
pub struct RawCallback<'a> {
    /// The method.
    pub method: Method,
    /// What stands behind `?` in the URL.
    pub query: &'a str,
    /// The head. Names are compared without regard to capitals.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> RawCallback<'a> {
    /// A `POST` with this head and body.
    #[must_use]
    pub const fn post(headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> Self {
        Self { method: Method::Post, query: "", headers, body }
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl fmt::Debug for RawCallback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawCallback({}, {} headers, {} bytes)",
            self.method.as_str(),
            self.headers.len(),
            self.body.len()
        )
    }
}

/// A checked callback.
///
/// Whatever it is, ask for the status before money or goods move: neither CinetPay nor Bitlipa signs a time,
/// so a genuine callback can be sent again at any later moment.
#[derive(Debug)]
#[non_exhaustive]
pub enum Callback {
    /// Proven to come from the gateway; still to be compared with the order.
    Authentic(Authentic),
    /// Unproven: no more than a reason to ask for the status.
    Hint(OrderRef),
    /// The gateway looked whether the URL answers: answer 200 and do nothing.
    Ping,
}

/// A callback with the proof that the gateway signed it. It cannot be made without one.
///
/// ```compile_fail
/// use nzimbu_core::{Authentic, Operation, Receipt};
/// fn forge(receipt: Receipt) -> Authentic {
///     Authentic { proof: (), operation: Operation::Payment, receipt }
/// }
/// ```
#[derive(Debug)]
pub struct Authentic {
    proof: Proof,
    operation: Operation,
    receipt: Receipt,
}

impl Authentic {
    /// Joins a proof and what was read from the proven text.
    #[must_use]
    pub fn new(proof: Proof, operation: Operation, receipt: Receipt) -> Self {
        Self { proof, operation, receipt }
    }

    /// Whether it speaks of a payment or a payout.
    #[must_use]
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// The proof; it tells which of several secrets fitted.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What the callback says.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Gives up what the callback says.
    #[must_use]
    pub fn into_receipt(self) -> Receipt {
        self.receipt
    }

    /// The order to ask the gateway about.
    #[must_use]
    pub fn order_ref(&self) -> OrderRef {
        let Receipt { order, reference, .. } = self.receipt.clone();
        OrderRef { operation: self.operation, order, reference }
    }
}

/// Why a request is not a callback of the gateway's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The signature does not fit: a forgery, another secret, or a body that was changed on the way.
    BadSignature,
    /// The content type is another than the documents say, so that the body was not read.
    ContentType,
    /// The content breaks the documented form, and no signature was found to fit; here is which rule.
    Malformed(&'static str),
    /// A header is missing.
    MissingHeader(&'static str),
    /// The signature fits, and the content breaks the documented form all the same; here is which rule. The gateway
    /// has changed what it sends, or parts of a genuine callback were moved about, which the schemes do not prevent.
    /// Nothing in it may be believed; keep it for people, and acknowledge it, since it would only come again.
    Unreadable(&'static str),
    /// The documents describe no callback for this gateway.
    Unsupported,
    /// It is for another merchant or site.
    WrongMerchant,
}

impl CallbackError {
    /// The same about a text whose signature fits.
    #[must_use]
    pub fn of_signed(self) -> Self {
        match self {
            Self::Malformed(rule) => Self::Unreadable(rule),
            other => other,
        }
    }

    /// The name of the reason in small letters.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::BadSignature => "bad-signature",
            Self::ContentType => "content-type",
            Self::Malformed(_) | Self::Unreadable(_) => "malformed",
            Self::MissingHeader(_) => "missing-header",
            Self::Unsupported => "unsupported",
            Self::WrongMerchant => "wrong-merchant",
        }
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadSignature => f.write_str("the signature does not fit the body under any of the secrets"),
            Self::ContentType => {
                f.write_str("the content type is not the one that the gateway's documents name")
            }
            Self::Malformed(rule) | Self::Unreadable(rule) => {
                write!(f, "the callback breaks its documented form: {rule}")
            }
            Self::MissingHeader(name) => write!(f, "the header {name} is missing or empty"),
            Self::Unsupported => f.write_str("the gateway's documents describe no callback of this kind"),
            Self::WrongMerchant => f.write_str("the callback is for another merchant or site"),
        }
    }
}

impl core::error::Error for CallbackError {}

//! The names of an order: ours, theirs, and those that older software gave.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

/// Whether money comes or goes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Operation {
    /// From a customer to the merchant (C2B).
    Payment,
    /// From the merchant to a recipient (B2C).
    Payout,
}

impl Operation {
    /// The name in small letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Payout => "payout",
        }
    }
}

/// Our id of an order, which is also the idempotency key: 1 to 30 of `A-Z`, `0-9` and `-`, not beginning with `-`.
///
/// The alphabet lies inside every gateway's charset. It has no small letters on purpose: the names of all
/// signed fields are small, so no field can hide inside an id (Bitlipa and CinetPay sign without separators).
///
/// An id is given by the caller or derived from the caller's own reference, and never made up at the time of
/// sending: after a crash the same order must get the same id.
///
/// ```
/// use nzimbu_core::{Operation, OrderId};
/// let given = OrderId::parse("INV-2024-7")?;
/// let derived = OrderId::derive("acme/live", Operation::Payout, "salary 2024-05, employee 7");
/// assert_eq!(derived, OrderId::derive("acme/live", Operation::Payout, "salary 2024-05, employee 7"));
/// assert_eq!(derived.as_str().len(), 26);
/// # Ok::<(), nzimbu_core::OrderIdError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct OrderId(Box<str>);

impl OrderId {
    /// The longest id.
    pub const MAX_LEN: usize = 30;

    /// Takes an id that the caller gives.
    ///
    /// # Errors
    /// When it is empty, too long, begins with `-` or holds another character.
    pub fn parse(text: &str) -> Result<Self, OrderIdError> {
        let fits = (1..=Self::MAX_LEN).contains(&text.len()) && !text.starts_with('-');
        let narrow = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if fits && text.bytes().all(narrow) { Ok(Self(text.into())) } else { Err(OrderIdError(())) }
    }

    /// Derives an id of 26 characters from the caller's reference: always the same one for the same three parts.
    ///
    /// It is base32 of SHA-256 over the parts, each preceded by its length. The namespace keeps apart merchants
    /// and environments that share an account. The reference has to be one that names the order: two orders of the
    /// same reference, an empty one for instance, are one and the same order to the gateway.
    #[must_use]
    pub fn derive(namespace: &str, operation: Operation, reference: &str) -> Self {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut bits = first_bits(&["nzimbu order 1", namespace, operation.as_str(), reference]);
        let mut text = String::with_capacity(26);
        for _ in 0..26 {
            text.push(char::from(ALPHABET[(bits >> 123) as usize & 31]));
            bits <<= 5;
        }
        Self(text.into_boxed_str())
    }

    /// A key for gateways that want a UUID: SHA-256 of the purpose and the id in the shape of version 4, always
    /// the same one.
    ///
    /// ```
    /// use nzimbu_core::OrderId;
    /// let key = OrderId::parse("INV-7")?.to_uuid("checkout");
    /// assert_eq!(key, OrderId::parse("INV-7")?.to_uuid("checkout"));
    /// assert_eq!((key.len(), &key[14..15]), (36, "4"));
    /// # Ok::<(), nzimbu_core::OrderIdError>(())
    /// ```
    #[must_use]
    pub fn to_uuid(&self, purpose: &str) -> String {
        let mut bits = first_bits(&["nzimbu uuid 1", purpose, &self.0]);
        bits &= !(0xf000_u128 << 64) & !(0xc000_u128 << 48);
        bits |= (0x4000_u128 << 64) | (0x8000_u128 << 48);
        let hex = hex::encode(bits.to_be_bytes());
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first 128 bits of SHA-256 over parts that are each preceded by their length.
fn first_bits(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    u128::from_be_bytes(*hash.finalize().first_chunk().expect("SHA-256 has 32 bytes"))
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for OrderId {
    type Error = OrderIdError;
    fn try_from(text: String) -> Result<Self, OrderIdError> {
        Self::parse(&text)
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0.into()
    }
}

/// The text is not an order id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OrderIdError(());

impl fmt::Display for OrderIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an order id is 1 to 30 of A-Z, 0-9 and -, not beginning with -: \
             pick one, or derive one from your own reference with OrderId::derive",
        )
    }
}

impl core::error::Error for OrderIdError {}

/// The name under which a gateway may know an order: one of our [`OrderId`]s, or an id that older software made.
///
/// It can be asked for, but it cannot begin a payment.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct OrderName(Box<str>);

impl OrderName {
    /// Takes any id of 1 to 128 visible ASCII characters.
    ///
    /// # Errors
    /// When it is empty, longer, or holds a blank, a control character or anything beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, OrderNameError> {
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(OrderNameError(())) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Our own id, if this can be one.
    #[must_use]
    pub fn to_order_id(&self) -> Option<OrderId> {
        OrderId::parse(&self.0).ok()
    }
}

impl fmt::Display for OrderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<OrderId> for OrderName {
    fn from(id: OrderId) -> Self {
        Self(id.0)
    }
}

impl From<&OrderId> for OrderName {
    fn from(id: &OrderId) -> Self {
        Self(id.0.clone())
    }
}

impl PartialEq<OrderId> for OrderName {
    fn eq(&self, id: &OrderId) -> bool {
        self.0 == id.0
    }
}

impl TryFrom<String> for OrderName {
    type Error = OrderNameError;
    fn try_from(text: String) -> Result<Self, OrderNameError> {
        Self::parse(&text)
    }
}

impl From<OrderName> for String {
    fn from(name: OrderName) -> Self {
        name.0.into()
    }
}

/// The text is not the name of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OrderNameError(());

impl fmt::Display for OrderNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an order is 1 to 128 visible ASCII characters without blanks")
    }
}

impl core::error::Error for OrderNameError {}

/// The gateway's own id of an order: opaque, kept as it came.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub struct GatewayRef(Box<str>);

impl GatewayRef {
    /// Keeps an id. A blank text is none, and neither is one with control characters or of more than 256 bytes.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = !text.trim().is_empty() && text.len() <= 256 && !text.contains(char::is_control);
        plain.then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GatewayRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for GatewayRef {
    type Error = OrderNameError;
    fn try_from(text: String) -> Result<Self, OrderNameError> {
        Self::new(&text).ok_or(OrderNameError(()))
    }
}

impl From<GatewayRef> for String {
    fn from(reference: GatewayRef) -> Self {
        reference.0.into()
    }
}

/// An order to ask a gateway about.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct OrderRef {
    /// Whether it is a payment or a payout.
    pub operation: Operation,
    /// Our id.
    pub order: OrderName,
    /// Their id, once they told us.
    pub reference: Option<GatewayRef>,
}

impl OrderRef {
    /// An order by our id.
    #[must_use]
    pub fn new(operation: Operation, order: impl Into<OrderName>) -> Self {
        Self { operation, order: order.into(), reference: None }
    }
}

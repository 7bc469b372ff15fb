//! What a gateway says about one of our orders.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::http::{UrlParts, is_loopback};
use crate::money::Money;
use crate::order::{GatewayRef, OrderId, OrderName};
use crate::time::UnixTime;

/// Where an order stands. All are final but [`Pending`](Self::Pending) and [`Unrecognized`](Self::Unrecognized).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Status {
    /// Given up before money moved.
    Cancelled,
    /// Not completed in time.
    Expired,
    /// Tried and failed; no money moved.
    Failed,
    /// Under way.
    Pending,
    /// Money moved.
    Succeeded,
    /// The gateway used a word that its documents do not explain; not final.
    Unrecognized,
}

impl Status {
    /// Whether the gateway takes the order for ended. A refused CinetPay payment may still be paid on the same page,
    /// so a later success has to be taken in.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Unrecognized)
    }

    /// The name in small letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Unrecognized => "unrecognized",
        }
    }
}

/// What a gateway says about one of our orders. Nothing in it is filled in from the request but the id,
/// where a gateway answers without repeating it. `Debug` hides `failure`, whose free words may repeat what was sent.
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Receipt {
    /// Our id.
    pub order: OrderName,
    /// Where the order stands.
    pub status: Status,
    /// The gateway's own word for it.
    pub raw_status: Box<str>,
    /// Their id.
    pub reference: Option<GatewayRef>,
    /// The amount, if the gateway states it.
    pub amount: Option<Money>,
    /// What the gateway takes, if it states it.
    pub fee: Option<Money>,
    /// The gateway's name for how it was paid: `OM`, `WAVECI`.
    pub method: Option<Box<str>>,
    /// Why it failed, in the gateway's words. For people; nothing is decided by it.
    pub failure: Option<Box<str>>,
    /// When the order was made.
    pub created_at: Option<UnixTime>,
    /// When it was completed.
    pub completed_at: Option<UnixTime>,
    /// What has to happen next.
    pub next_action: NextAction,
}

impl Receipt {
    /// A receipt that says no more than where the order stands.
    #[must_use]
    pub fn new(order: impl Into<OrderName>, status: Status, raw_status: impl Into<Box<str>>) -> Self {
        Self {
            order: order.into(),
            status,
            raw_status: raw_status.into(),
            reference: None,
            amount: None,
            fee: None,
            method: None,
            failure: None,
            created_at: None,
            completed_at: None,
            next_action: NextAction::None,
        }
    }

    /// Gives the receipt up only for this order and this amount, and says whether the gateway confirmed the amount.
    ///
    /// # Errors
    /// When the receipt speaks of another order, another amount or another currency.
    pub fn expect(self, order: &OrderId, asked: Money) -> Result<Checked, Mismatch> {
        if self.order != *order {
            return Err(Mismatch::Order);
        }
        match self.amount {
            Some(told) if told != asked => Err(Mismatch::Amount { asked, told }),
            Some(_) => Ok(Checked::AmountConfirmed(self)),
            None => Ok(Checked::AmountUnconfirmed(self)),
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("order", &self.order)
            .field("status", &self.status)
            .field("raw_status", &self.raw_status)
            .field("reference", &self.reference)
            .field("amount", &self.amount)
            .field("fee", &self.fee)
            .field("method", &self.method)
            .field("failure", &self.failure.as_ref().map(|_| ".."))
            .field("created_at", &self.created_at)
            .field("completed_at", &self.completed_at)
            .field("next_action", &self.next_action)
            .finish()
    }
}

/// A receipt that was compared with what was asked. Whether it is paid stands in its [`status`](Receipt::status).
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "whether the amount was confirmed decides what the receipt is worth"]
pub enum Checked {
    /// Order, amount and currency fit.
    AmountConfirmed(Receipt),
    /// The order fits; the gateway did not state an amount (Bitlipa never does).
    AmountUnconfirmed(Receipt),
}

impl Checked {
    /// The receipt, whichever it is.
    pub fn into_receipt(self) -> Receipt {
        match self {
            Self::AmountConfirmed(receipt) | Self::AmountUnconfirmed(receipt) => receipt,
        }
    }
}

/// The receipt does not speak of what was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mismatch {
    /// Another amount or currency.
    Amount {
        /// What was asked.
        asked: Money,
        /// What the gateway said.
        told: Money,
    },
    /// Another order.
    Order,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount { asked, told } => {
                write!(f, "the gateway speaks of {told} where {asked} was asked: {WHAT_NOW}")
            }
            Self::Order => write!(f, "the gateway speaks of another order: {WHAT_NOW}"),
        }
    }
}

impl core::error::Error for Mismatch {}

const WHAT_NOW: &str = "what happened is not known, so neither deliver nor send it again, and look into it";

/// What has to happen before an order can end.
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NextAction {
    /// The customer transfers money to this account.
    BankTransfer {
        /// The bank's name.
        bank: String,
        /// The account.
        account: String,
        /// How much, if the gateway says so.
        amount: Option<Money>,
    },
    /// The gateway asks for a confirmation of this kind, which its documents do not explain (Bitlipa's
    /// `confirm_type`); a person has to ask the gateway.
    Confirmation(Box<str>),
    /// The merchant approves, by e-mail (CinetPay's transfers) or in the back-office.
    MerchantApproval,
    /// Nothing, or nothing that the gateway has told.
    None,
    /// The customer follows a prompt; the gateway's words, if it sent any.
    Prompt(String),
    /// The customer's browser visits this page.
    Redirect(PageUrl),
}

impl fmt::Debug for NextAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Links and accounts are for the customer, not for logs.
        f.write_str(match self {
            Self::BankTransfer { .. } => "BankTransfer(..)",
            Self::Confirmation(kind) => return write!(f, "Confirmation({kind})"),
            Self::MerchantApproval => "MerchantApproval",
            Self::None => "None",
            Self::Prompt(_) => "Prompt(..)",
            Self::Redirect(_) => "Redirect(..)",
        })
    }
}

/// The address of a page for the customer's browser: `https`, on a host that the gateway is known to use.
/// `Debug` hides it, because the address alone opens the page.
#[derive(Clone, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct PageUrl(Box<str>);

impl PageUrl {
    /// Checks an address against the hosts that a gateway uses. A host fits itself and, where it begins with a
    /// dot, every host below it. `http` passes only to a loopback host that is listed, for sandboxes.
    ///
    /// # Errors
    /// When the scheme is another, the host is not listed, or the address holds credentials or blanks.
    pub fn parse<'a>(text: &str, hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, PageUrlError> {
        // Quotes and angle brackets would end an attribute of the page that the link is put into.
        let clean = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>`".contains(&byte));
        let parts = UrlParts::of(text).filter(|_| clean).ok_or(PageUrlError(()))?;
        let host = parts.host.to_ascii_lowercase();
        let known =
            hosts.into_iter().map(str::to_ascii_lowercase).any(|known| match known.strip_prefix('.') {
                Some(parent) => host.strip_suffix(parent).is_some_and(|child| child.ends_with('.')),
                None => host == known,
            });
        let safe = parts.scheme == "https" || parts.scheme == "http" && is_loopback(&host);
        if known && safe { Ok(Self(text.into())) } else { Err(PageUrlError(())) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageUrl(..)")
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for PageUrl {
    /// Reads what was written; the host was checked when the address came from the gateway.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let host = UrlParts::of(&text).map(|parts| String::from(parts.host)).unwrap_or_default();
        Self::parse(&text, [host.as_str()]).map_err(serde::de::Error::custom)
    }
}

/// The address is not one to send a customer to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageUrlError(());

impl fmt::Display for PageUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the page is not https on a host that this gateway is known to use: add the host to the settings if it is genuine")
    }
}

impl core::error::Error for PageUrlError {}

/// What an account holds.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Balance {
    /// What can be paid out now.
    pub available: Money,
    /// What is set aside for payouts under way.
    pub reserved: Option<Money>,
    /// Both together, as the gateway states it.
    pub total: Option<Money>,
}

impl Balance {
    /// A balance of which only the available part is known.
    #[must_use]
    pub fn new(available: Money) -> Self {
        Self { available, reserved: None, total: None }
    }
}

#[cfg(test)]
mod tests {
    use super::PageUrl;

    #[test]
    fn only_listed_hosts_over_https_are_pages() {
        let hosts = ["Checkout.cinetpay.com", ".bitlipa.net", "127.0.0.1"];
        let parse = |text| PageUrl::parse(text, hosts).is_ok();
        for good in [
            "https://checkout.cinetpay.com/payment/x",
            "https://HPP.bitlipa.net/?a=b",
            "http://127.0.0.1:80/x",
        ] {
            assert!(parse(good), "{good}");
        }
        for bad in [
            "http://checkout.cinetpay.com/payment/x",
            "https://checkout.cinetpay.com.evil.example/",
            "https://bitlipa.net/",
            "https://evilbitlipa.net/",
            "https://checkout.cinetpay.com@evil.example/",
            "javascript:alert(1)",
            "",
            "http://localhost/",
            "https://evil.example/https://checkout.cinetpay.com",
            "https://checkout.cinetpay.com\\.evil.example/",
            "https://checkout.cinetpay.com/\"><script>",
            "https://[checkout.cinetpay.com]/",
            "https://checkout.cinetpay.com:+443/",
        ] {
            assert!(!parse(bad), "{bad}");
        }
    }
}

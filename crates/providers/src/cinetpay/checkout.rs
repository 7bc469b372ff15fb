//! Collecting: a payment page for every order, and what became of it.

use std::fmt;
use std::sync::Arc;

use nzimbu_core::redact;
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    Customer, Exchange, GatewayRef, HttpRequest, Language, Money, NextAction, OrderId, OrderName, PageUrl,
    PhoneNumber, Problems, ProviderError, Receipt, Status, UnixTime,
};

use super::CinetPay;
use super::config::{CheckoutPart, Shared, TokenField};
use super::methods::PaymentMethod;
use super::rules::checkout::Way;
use super::{codes, rules, wire};
use crate::json;

/// A payment page to open. `Debug` hides the merchant's texts and addresses, which may hold personal data or keys.
///
/// ```
/// use nzimbu_core::{Currency, Money, OrderId};
/// use nzimbu_providers::cinetpay::{CheckoutRequest, Universe};
/// let amount = Money::parse_major("2500", Currency::Xof)?;
/// let mut request = CheckoutRequest::new(OrderId::parse("INV-7")?, amount, "Two books");
/// request.universe = Universe::MobileMoney;
/// request.invoice = vec![("Reste à payer".into(), "25 000fr".into())];
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct CheckoutRequest {
    /// Our id. The gateway ties it to the payment page: whoever changes any other field takes another id.
    pub order: OrderId,
    /// How much: whole units, a multiple of 5 except in USD, in the currency of the account.
    pub amount: Money,
    /// What for; the customer sees it. None of `#`, `/`, `$`, `_` and `&`.
    pub description: String,
    /// What the page offers.
    pub universe: Universe,
    /// Who pays. The page offers cards only with all of name, surname, phone, e-mail, address, city, country and
    /// zip code. Of address, city, country, state and zip code all that are needed are sent or none: a country alone
    /// stays here, anything else without the rest is a fault.
    pub payer: Customer,
    /// Where notifications go; instead of the URL in the settings.
    pub notify_url: Option<String>,
    /// Where the customer's browser goes afterwards; instead of the URL in the settings.
    pub return_url: Option<String>,
    /// The language of the page; instead of the one in the settings.
    pub language: Option<Language>,
    /// The merchant's own text; it comes back with the status and with notifications.
    pub metadata: Option<String>,
    /// Up to three lines for the invoice: name and value.
    pub invoice: Vec<(String, String)>,
    /// Lets the customer pay only with the phone number of `payer`.
    pub lock_phone: bool,
    /// The field `alternative_currency`, whose values no document lists.
    pub alternative_currency: Option<String>,
}

impl CheckoutRequest {
    /// A payment of this amount under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money, description: impl Into<String>) -> Self {
        Self {
            order,
            amount,
            description: description.into(),
            universe: Universe::All,
            payer: Customer::default(),
            notify_url: None,
            return_url: None,
            language: None,
            metadata: None,
            invoice: Vec::new(),
            lock_phone: false,
            alternative_currency: None,
        }
    }
}

impl fmt::Debug for CheckoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 6] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("universe", &self.universe),
            ("payer", &self.payer),
            ("language", &self.language),
            ("lock_phone", &self.lock_phone),
        ];
        let held = [
            ("description", !self.description.is_empty()),
            ("notify_url", self.notify_url.is_some()),
            ("return_url", self.return_url.is_some()),
            ("metadata", self.metadata.is_some()),
            ("invoice", !self.invoice.is_empty()),
            ("alternative_currency", self.alternative_currency.is_some()),
        ];
        redact::fields(f, "CheckoutRequest", &shown, &held)
    }
}

/// What a payment page offers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Universe {
    /// Everything that the account may use.
    #[default]
    All,
    /// Cards.
    CreditCard,
    /// Mobile money of any operator.
    MobileMoney,
    /// Wallets that are no operator's.
    Wallet,
}

impl Universe {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::CreditCard => "CREDIT_CARD",
            Self::MobileMoney => "MOBILE_MONEY",
            Self::Wallet => "WALLET",
        }
    }
}

/// An open payment page. Nothing is paid yet.
#[derive(Clone)]
#[non_exhaustive]
pub struct Checkout {
    /// Our id.
    pub order: OrderId,
    /// The page to send the customer to.
    pub page: PageUrl,
    /// The token of the page. It comes back to the return URL and serves
    /// [`check_token`](CinetPay::check_token); whoever has it can open the page.
    pub token: Secret,
    /// The gateway's name for its answer; quote it to its support.
    pub response_id: Option<Box<str>>,
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout")
            .field("order", &self.order)
            .field("response_id", &self.response_id)
            .finish_non_exhaustive()
    }
}

impl From<Checkout> for Receipt {
    fn from(checkout: Checkout) -> Self {
        let mut receipt = Self::new(checkout.order, Status::Pending, "CREATED");
        receipt.next_action = NextAction::Redirect(checkout.page);
        receipt
    }
}

/// What became of a payment. The gateway does not repeat our id in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct PaymentState {
    /// Where the payment stands.
    pub status: Status,
    /// The gateway's word for it, or its code where it has none.
    pub raw_status: Box<str>,
    /// The gateway's code: `00`, `627`, `662`.
    pub code: Box<str>,
    /// The gateway's message: `SUCCES`, `TRANSACTION_CANCEL`.
    pub message: Option<Box<str>>,
    /// The amount, if it is stated with its currency. Compare it with the order.
    pub amount: Option<Money>,
    /// How the customer paid.
    pub method: Option<PaymentMethod>,
    /// The operator's name for the payment.
    pub operator_id: Option<GatewayRef>,
    /// The customer's number, where the answer has one (those of 2021).
    pub phone: Option<PhoneNumber>,
    /// The description of the request.
    pub description: Option<Box<str>>,
    /// The metadata of the request.
    pub metadata: Option<Box<str>>,
    /// When it was paid, read as UTC.
    pub paid_at: Option<UnixTime>,
    /// When the merchant can use the money; refused payments have a date here as well.
    pub funds_at: Option<UnixTime>,
    /// The gateway's name for its answer; quote it to its support.
    pub response_id: Option<Box<str>>,
}

impl PaymentState {
    /// The state as a receipt of the order that was asked about.
    #[must_use]
    pub fn into_receipt(self, order: impl Into<OrderName>) -> Receipt {
        let mut receipt = Receipt::new(order, self.status, self.raw_status);
        receipt.reference = self.operator_id;
        receipt.amount = self.amount;
        receipt.method = self.method.map(|method| method.as_str().into());
        if self.status == Status::Failed {
            let message = self.message.as_deref().unwrap_or_default();
            receipt.failure = Some(format!("{} {message}", self.code).trim_end().into());
        }
        if self.status == Status::Succeeded {
            receipt.completed_at = self.paid_at;
        }
        receipt
    }
}

impl fmt::Debug for PaymentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentState")
            .field("status", &self.status)
            .field("raw_status", &self.raw_status)
            .field("code", &self.code)
            .field("amount", &self.amount)
            .field("method", &self.method)
            .field("operator_id", &self.operator_id)
            .field("paid_at", &self.paid_at)
            .field("response_id", &self.response_id)
            .finish_non_exhaustive()
    }
}

impl CinetPay {
    /// Opens a payment page.
    ///
    /// Store the order before the customer sees the page: notifications can be faster.
    ///
    /// # Errors
    /// - Before sending: every fault of the request; [`Unsupported`](nzimbu_core::ErrorKind::Unsupported) without
    ///   a checkout in the settings.
    /// - Rejected: the codes that the documents give for a refusal, such as 608 (a field, or a currency that is
    ///   not the account's), 609 and 613 (credentials), 624 (card block or locked phone).
    /// - Unknown: every other answer. A repeat with the same fields is safe for money, since each page is paid at
    ///   most once; whether it is refused or gives the same page is not documented.
    pub fn initialise(&self, request: &CheckoutRequest) -> Exchange<Checkout> {
        self.open(request, None, Problems::default())
    }

    /// Asks what became of a payment, by our id.
    ///
    /// # Errors
    /// When the gateway refuses the question (608, 609, 613 …) or its answer cannot be read. What it answers for an
    /// id that it does not know is not documented.
    pub fn check(&self, order: &OrderName) -> Exchange<PaymentState> {
        self.ask_state(|_| wire::checkout::CheckBody {
            transaction_id: Some(order.as_str()),
            ..Default::default()
        })
    }

    /// Asks what became of a payment, by the token of its page. Prefer [`check`](Self::check): the documents
    /// contradict each other in the name of this field ([`TokenField`]).
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn check_token(&self, token: &Secret) -> Exchange<PaymentState> {
        let token = Some(token.expose());
        self.ask_state(|field| match field {
            TokenField::PaymentToken => {
                wire::checkout::CheckBody { payment_token: token, ..Default::default() }
            }
            TokenField::Token => wire::checkout::CheckBody { token, ..Default::default() },
        })
    }

    /// Opens a page; the problems are those that were found on the way from the common model.
    pub(super) fn open(
        &self,
        request: &CheckoutRequest,
        operator: Option<&str>,
        mut problems: Problems,
    ) -> Exchange<Checkout> {
        let part = match self.shared.checkout() {
            Ok(part) => part,
            Err(error) => return Exchange::done(Err(error)),
        };
        let body = match rules::checkout::checkout(&self.shared, part, request, operator, Way::Page) {
            Ok(checked) if problems.is_empty() => json::encode(&wire::checkout::PaymentBody {
                apikey: part.config.api_key.expose(),
                site_id: &part.config.site_id,
                payment: checked.payment,
                notify_url: checked.notify_url,
                return_url: checked.return_url,
            }),
            Ok(_) => return Exchange::done(Err(problems.into())),
            Err(more) => {
                problems.extend(more);
                return Exchange::done(Err(problems.into()));
            }
        };
        let post = HttpRequest::post(part.config.base_url.join("/v2/payment")).json(body);
        let (shared, order) = (Arc::clone(&self.shared), request.order.clone());
        Exchange::send(post, move |reply| codes::checkout::read_created(order, shared.checkout()?, &reply))
    }

    fn ask_state<'a>(
        &'a self,
        key: impl FnOnce(TokenField) -> wire::checkout::CheckBody<'a>,
    ) -> Exchange<PaymentState> {
        let part = match self.shared.checkout() {
            Ok(part) => part,
            Err(error) => return Exchange::done(Err(error)),
        };
        let body = wire::checkout::CheckBody {
            apikey: part.config.api_key.expose(),
            site_id: &part.config.site_id,
            ..key(part.config.token_field)
        };
        let post = HttpRequest::post(part.config.base_url.join("/v2/payment/check")).moves_no_money();
        Exchange::send(post.json(json::encode(&body)), |reply| codes::checkout::read_state(&reply))
    }
}

impl Shared {
    pub(super) fn checkout(&self) -> Result<&CheckoutPart, ProviderError> {
        self.checkout.as_ref().ok_or_else(|| {
            ProviderError::unsupported(
                "the settings have no checkout, so payments cannot be collected: add it",
            )
        })
    }
}

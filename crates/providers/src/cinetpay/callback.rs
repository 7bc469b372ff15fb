//! What CinetPay posts: signed notifications of payments, unsigned ones of transfers, and the ping before them.
//!
//! The `x-token` of a payment is HMAC-SHA256 over sixteen values glued together without separators ("HMAC"), so
//! characters can move between neighbours without changing it. Site, date, amount and currency each have a
//! grammar that leaves only one way to cut; the eleven values behind them stay ambiguous for ever, and nothing
//! may be decided by them.

use std::borrow::Cow;
use std::fmt;

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::fields::{self, FieldsKey};
use nzimbu_core::signature::{Digest256, Proof};
use nzimbu_core::{
    Authentic, Callback, CallbackError, Currency, Fault, GatewayRef, Method, Money, Operation, OrderName,
    OrderRef, Problems, RawCallback, Receipt, Status, UnixTime,
};

use super::config::check_site_id;
use super::form;
use super::methods::PaymentMethod;

/// Checks notifications, without the rest of the provider: for a service that only receives them.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::{Callback, RawCallback};
/// use nzimbu_providers::cinetpay::CallbackVerifier;
///
/// let verifier = CallbackVerifier::new("123456", &[Secret::new("sk_demo_0123456789abcdef")])?;
/// let headers = [("X-Token", "fb751ada0d4aa0df698b0b3938d8242b69bd48d3a834aa620fb2f893261f5f06")];
/// let body = b"cpm_site_id=123456&cpm_trans_id=ORDER-1001&cpm_trans_date=2024-05-17+10%3A42%3A31&cpm_amount=2500\
/// &cpm_currency=XOF&signature=9f86d081884c7d659a2feaa0c55ad015&payment_method=OM&cel_phone_num=0707070707\
/// &cpm_phone_prefixe=225&cpm_language=fr&cpm_version=V4&cpm_payment_config=SINGLE&cpm_page_action=PAYMENT\
/// &cpm_custom=user001&cpm_designation=Achat+test&cpm_error_message=SUCCES";
/// let Callback::Authentic(callback) = verifier.verify(&RawCallback::post(&headers, body))? else { panic!() };
/// assert_eq!(callback.receipt().order.as_str(), "ORDER-1001");
/// assert!(!callback.receipt().status.is_final(), "a notification is a reason to ask, never the answer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CallbackVerifier {
    site_id: Box<str>,
    keys: Vec<FieldsKey>,
}

impl CallbackVerifier {
    /// A verifier for one site. The secrets are the "Secret Key" of the back-office, newest first while one is
    /// being replaced.
    ///
    /// # Errors
    /// When the site id is not digits, or there is no secret, or an empty one.
    pub fn new(site_id: &str, secrets: &[Secret]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        check_site_id(&mut problems, "site_id", site_id);
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().is_empty()) {
            problems.add("callback_secrets", Fault::Missing);
        }
        problems.into_result()?;
        Ok(Self::of_checked(site_id, secrets))
    }

    pub(super) fn of_checked(site_id: &str, secrets: &[Secret]) -> Self {
        Self { site_id: site_id.into(), keys: secrets.iter().map(FieldsKey::new).collect() }
    }

    /// Checks a request to the notify URL.
    ///
    /// - A `GET` without a body is [`Callback::Ping`].
    /// - A genuine notification of a payment is [`Callback::Authentic`]. Its receipt has order, amount and date;
    ///   its status is always [`Status::Pending`] and its `raw_status` empty, because the notification states
    ///   none: `cpm_error_message` is a hint for people and stands in `failure`, unless it is a known word for
    ///   something else. Ask for the status, whatever it says.
    /// - A notification of a transfer is unsigned, hence [`Callback::Hint`].
    ///
    /// # Errors
    /// - [`MissingHeader`](CallbackError::MissingHeader): a payment without `x-token`, or with an empty one.
    /// - [`WrongMerchant`](CallbackError::WrongMerchant): another site's payment.
    /// - [`BadSignature`](CallbackError::BadSignature): the token fits under none of the secrets.
    /// - [`ContentType`](CallbackError::ContentType): it says that it is something else than a form.
    /// - [`Malformed`](CallbackError::Malformed): anything else, genuine token or not: a field twice, bytes that
    ///   are no UTF-8, or a value outside its grammar, as in every forgery that moves characters between fields.
    pub fn verify(&self, callback: &RawCallback<'_>) -> Result<Callback, CallbackError> {
        match Kind::of(callback)? {
            Kind::Ping => Ok(Callback::Ping),
            Kind::Transfer(hint) => Ok(Callback::Hint(hint)),
            Kind::Payment(values) => {
                let (proof, signed) = self.check(callback, &values)?;
                let mut receipt = Receipt::new(signed.order, Status::Pending, "");
                receipt.failure = Some(value(&values, HINT))
                    .filter(|hint| !hint.is_empty() && !NO_FAILURES.contains(hint))
                    .map(Box::from);
                receipt.amount = Some(signed.amount);
                receipt.created_at = Some(signed.date);
                Ok(Callback::Authentic(Authentic::new(proof, Operation::Payment, receipt)))
            }
        }
    }

    /// Checks a notification of a payment like [`verify`](Self::verify), and gives all that it holds.
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify); [`Unsupported`](CallbackError::Unsupported) for what is not a
    /// notification of a payment.
    pub fn read(&self, callback: &RawCallback<'_>) -> Result<PaymentNotice, CallbackError> {
        let Kind::Payment(values) = Kind::of(callback)? else { return Err(CallbackError::Unsupported) };
        let (proof, signed) = self.check(callback, &values)?;
        let text = |at: usize| Some(value(&values, at)).filter(|text| !text.is_empty()).map(Box::from);
        Ok(PaymentNotice {
            order: signed.order,
            amount: signed.amount,
            date: signed.date,
            proof,
            mark: text(5),
            method: PaymentMethod::parse(value(&values, 6)),
            phone: text(7),
            phone_prefix: text(8),
            language: text(9),
            metadata: text(13),
            description: text(14),
            hint: text(HINT),
        })
    }

    fn check(
        &self,
        callback: &RawCallback<'_>,
        values: &Values<'_>,
    ) -> Result<(Proof, Signed), CallbackError> {
        let claimed = token(callback)?;
        match values[0].as_deref() {
            None | Some("") => return Err(CallbackError::Malformed("cpm_site_id is missing")),
            Some(site_id) if site_id != &*self.site_id => return Err(CallbackError::WrongMerchant),
            Some(_) => {}
        }
        let proof =
            fields::verify(&self.keys, parts(values), claimed).map_err(|_| CallbackError::BadSignature)?;
        Ok((proof, Signed::read(values).map_err(CallbackError::of_signed)?))
    }
}

impl fmt::Debug for CallbackVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackVerifier(site {}, {} secrets)", self.site_id, self.keys.len())
    }
}

/// A genuine notification of a payment. `Debug` shows neither phone nor texts.
#[non_exhaustive]
pub struct PaymentNotice {
    /// Our id.
    pub order: OrderName,
    /// The amount.
    pub amount: Money,
    /// When the transaction was made, read as UTC.
    pub date: UnixTime,
    /// Which of the secrets fitted.
    pub proof: Proof,
    /// The field `signature`: a mark of the transaction, which is not the `x-token`. From here on the borders of
    /// the fields are not protected: characters may have moved from one to the next. Decide nothing by them.
    pub mark: Option<Box<str>>,
    /// How the customer paid.
    pub method: Option<PaymentMethod>,
    /// The customer's number without its prefix.
    pub phone: Option<Box<str>>,
    /// The prefix of the customer's number.
    pub phone_prefix: Option<Box<str>>,
    /// The language of the page.
    pub language: Option<Box<str>>,
    /// The metadata of the request.
    pub metadata: Option<Box<str>>,
    /// The description of the request.
    pub description: Option<Box<str>>,
    /// `SUCCES`, `TRANSACTION_CANCEL` and the like: a hint for people. The status comes from a query.
    pub hint: Option<Box<str>>,
}

impl fmt::Debug for PaymentNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentNotice")
            .field("order", &self.order)
            .field("amount", &self.amount)
            .field("date", &self.date)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The text that CinetPay signs for a form body: the sixteen values in their order, a missing one empty.
///
/// # Errors
/// When one of the sixteen fields occurs more than once or is not UTF-8, or the body is too long.
pub fn x_token_text(body: &[u8]) -> Result<String, CallbackError> {
    Ok(parts(&form::read(body, &NAMES)?).concat())
}

/// Signs a form body as CinetPay signs a notification: for sandboxes, tests and command lines.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_providers::cinetpay::{x_token, x_token_text};
/// let body = b"cpm_trans_id=ORDER-1001&cpm_site_id=123456";
/// assert_eq!(x_token_text(body)?, "123456ORDER-1001");
/// assert_eq!(x_token(&Secret::new("sk_demo_0123456789abcdef"), body)?.as_str().len(), 64);
/// # Ok::<(), nzimbu_core::CallbackError>(())
/// ```
///
/// # Errors
/// Those of [`x_token_text`].
pub fn x_token(secret: &Secret, body: &[u8]) -> Result<Digest256, CallbackError> {
    Ok(FieldsKey::new(secret).sign(parts(&form::read(body, &NAMES)?)))
}

/// What a request to the notify URL is, before anything in it is believed.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one call, and a box would cost every notification"
)]
pub(super) enum Kind<'a> {
    Ping,
    Payment(Values<'a>),
    Transfer(OrderRef),
}

type Values<'a> = [Option<Cow<'a, str>>; 16];

impl<'a> Kind<'a> {
    pub(super) fn of(callback: &RawCallback<'a>) -> Result<Self, CallbackError> {
        if callback.method == Method::Get {
            let empty = callback.body.is_empty();
            let data = CallbackError::Malformed("a notification comes by POST; a GET is only a ping");
            return if empty { Ok(Self::Ping) } else { Err(data) };
        }
        let foreign = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        };
        if callback.header("content-type").is_some_and(foreign) {
            return Err(CallbackError::ContentType);
        }
        let values = form::read(callback.body, &NAMES)?;
        // A payment has all of these; any one is enough to be held to the rules of a payment.
        if values[..5].iter().any(Option::is_some) {
            return Ok(Self::Payment(values));
        }
        transfer(callback.body).map(Self::Transfer)
    }
}

/// A notification of a transfer ("Notification" of transfers) carries no token.
fn transfer(body: &[u8]) -> Result<OrderRef, CallbackError> {
    let [order, reference, status] =
        form::read(body, &["client_transaction_id", "transaction_id", "treatment_status"])?;
    let order = match (order, &reference, status) {
        (Some(order), ..) if !order.is_empty() => order,
        (_, Some(_), Some(_)) => {
            return Err(CallbackError::Malformed(
                "the transfer has no client_transaction_id, so it is not one of ours",
            ));
        }
        _ => {
            return Err(CallbackError::Malformed(
                "the body is no notification, neither of a payment nor of a transfer",
            ));
        }
    };
    let order = OrderName::parse(&order)
        .map_err(|_| CallbackError::Malformed("client_transaction_id is not the name of an order"))?;
    let mut hint = OrderRef::new(Operation::Payout, order);
    hint.reference = reference.as_deref().and_then(GatewayRef::new);
    Ok(hint)
}

/// The five values whose borders are fixed.
struct Signed {
    order: OrderName,
    amount: Money,
    date: UnixTime,
}

impl Signed {
    fn read(values: &Values<'_>) -> Result<Self, CallbackError> {
        let date = value(values, 2);
        // Exactly 19 characters: the reader of dates also takes fractions and the T of ISO 8601.
        let exact = date.len() == 19 && date.as_bytes()[10] == b' ';
        let date = UnixTime::parse_utc(date)
            .filter(|_| exact)
            .ok_or(CallbackError::Malformed("cpm_trans_date is not of the form YYYY-MM-DD HH:MM:SS"))?;
        let currency = Currency::parse(value(values, 4))
            .map_err(|_| CallbackError::Malformed("cpm_currency is not one in which payments are made"))?;
        let amount = Money::parse_told(value(values, 3), currency)
            .map_err(|_| CallbackError::Malformed("cpm_amount is not an amount of the currency"))?;
        let order = OrderName::parse(value(values, 1)).ok().filter(|order| !order.as_str().contains(':'));
        let order = order.ok_or(CallbackError::Malformed("cpm_trans_id is not the name of an order"))?;
        Ok(Self { order, amount, date })
    }
}

/// The one `x-token`.
fn token<'a>(callback: &RawCallback<'a>) -> Result<&'a str, CallbackError> {
    let mut tokens = callback.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("x-token"));
    match (tokens.next(), tokens.next()) {
        (Some(_), Some(_)) => Err(CallbackError::Malformed("there are several x-token headers")),
        (Some((_, token)), None) if !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(CallbackError::MissingHeader("x-token")),
    }
}

fn parts<'a>(values: &'a Values<'_>) -> [&'a str; 16] {
    std::array::from_fn(|at| value(values, at))
}

fn value<'a>(values: &'a Values<'_>, at: usize) -> &'a str {
    values[at].as_deref().unwrap_or_default()
}

/// Values of `cpm_error_message` that tell of no failure.
const NO_FAILURES: &[&str] = &["SUCCES", "SUCCESS", "WAITING_FOR_CUSTOMER", "PENDING"];
/// Where `cpm_error_message` stands.
const HINT: usize = 15;

/// The signed fields in the order of the formula; the list of fields on another page has the first two swapped.
const NAMES: [&str; 16] = [
    "cpm_site_id",
    "cpm_trans_id",
    "cpm_trans_date",
    "cpm_amount",
    "cpm_currency",
    "signature",
    "payment_method",
    "cel_phone_num",
    "cpm_phone_prefixe",
    "cpm_language",
    "cpm_version",
    "cpm_payment_config",
    "cpm_page_action",
    "cpm_custom",
    "cpm_designation",
    "cpm_error_message",
];

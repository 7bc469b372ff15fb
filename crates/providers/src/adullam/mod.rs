#![doc = include_str!("README.md")]

mod wire;
mod rules;
mod codes;
mod callback;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use nzimbu_core::redact;
use nzimbu_core::secret::Secret;
use nzimbu_core::{
    Balance, BaseUrl, Callback, CallbackError, Capabilities, Currency, Customer, Directory, ErrorKind,
    Exchange, Fault, GatewayRef, HttpRequest, Money, Operation, OrderId, OrderRef, Outcome, PaymentProvider,
    PaymentRequest, PayoutRequest, PhoneNumber, Problems, ProviderError, ProviderId, RawCallback, Receipt,
    Repeats, Status, UnixTime,
};

use crate::token::{Login, TokenCache};
use crate::{check, json};

/// How a program proves to Adullam who it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// A key that does not expire, sent as `Authorization: Bearer`.
    Bearer(Secret),
    /// Phone and password of the account, exchanged for a token of one hour.
    Password {
        /// The account's phone number.
        phone: PhoneNumber,
        /// The account's password.
        password: Secret,
    },
    /// A key that does not expire, sent as `x-auth` (seen in use).
    XAuth(Secret),
}

/// Settings of [`Adullam`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where the gateway lives; `https://api.adullam.dev` by default.
    pub base_url: BaseUrl,
    /// Who we are.
    pub credentials: Credentials,
    /// How long a session lives when the request does not say; 300 to 86 400 seconds, 1 800 at the gateway.
    pub expires_in: Option<Duration>,
    /// Also sends the idempotency key as `x-idempotency-key`, the spelling that was seen in use.
    pub also_x_idempotency_key: bool,
}

impl Config {
    /// Settings for the documented host.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        let base_url =
            BaseUrl::parse("https://api.adullam.dev").expect("the documented address is a base URL");
        Self { base_url, credentials, expires_in: None, also_x_idempotency_key: false }
    }
}

/// Adullam's checkout sessions.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::testing::Script;
/// use nzimbu_core::{Currency, HttpResponse, Money, OrderId, PhoneNumber, TransportExt};
/// use nzimbu_providers::adullam::{Adullam, CheckoutRequest, Config, Credentials};
///
/// let adullam = Adullam::new(Config::new(Credentials::Bearer(Secret::new("your key"))))?;
/// let mut request = CheckoutRequest::new(OrderId::parse("INV-7")?, Money::parse_major("5000", Currency::Xof)?);
/// request.payer.phone = Some(PhoneNumber::parse("+2250707987654")?);
/// # let http = Script::new([Ok(HttpResponse::new(201, r#"{"id":"cs_ci_1","status":"created","amount":5000,"currency":"XOF"}"#))]);
/// let checkout = http.run(adullam.create_checkout(&request))?;
/// assert_eq!(checkout.id.as_str(), "cs_ci_1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Adullam {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    directory: Directory,
    tokens: Arc<TokenCache>,
}

/// A checkout session to create. `Debug` hides the description.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct CheckoutRequest {
    /// Our id, from which the idempotency key is derived.
    pub order: OrderId,
    /// How much: XOF, at least 100.
    pub amount: Money,
    /// Who pays; the phone number, one of Côte d'Ivoire, is required.
    pub payer: Customer,
    /// What for; at most 200 characters.
    pub description: Option<String>,
    /// How long the session lives, in whole seconds from 300 to 86 400; instead of the one in the settings.
    pub expires_in: Option<Duration>,
}

impl CheckoutRequest {
    /// A session of this amount under this id.
    #[must_use]
    pub fn new(order: OrderId, amount: Money) -> Self {
        Self { order, amount, payer: Customer::default(), description: None, expires_in: None }
    }
}

/// A checkout session as the gateway describes it. `Debug` hides `failure`, whose free words may repeat what was sent.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Checkout {
    /// Our id.
    pub order: OrderId,
    /// Theirs: `cs_ci_…`.
    pub id: GatewayRef,
    /// Where it stands.
    pub status: Status,
    /// The gateway's word for it.
    pub raw_status: Box<str>,
    /// The amount, if it is stated with its currency; it was compared with the request.
    pub amount: Option<Money>,
    /// What the gateway takes.
    pub fee: Option<Money>,
    /// The member `payment_id`, whose role the page does not explain.
    pub payment_id: Option<Box<str>>,
    /// Why it failed, for people.
    pub failure: Option<Box<str>>,
    /// When it was created.
    pub created_at: Option<UnixTime>,
    /// When it expires.
    pub expires_at: Option<UnixTime>,
    /// When it was completed.
    pub completed_at: Option<UnixTime>,
    /// Whether the session existed already, which is inferred from status 200 instead of 201.
    pub replayed: bool,
}

impl Adullam {
    /// The provider's name.
    pub const ID: ProviderId = ProviderId::new("adullam");

    /// A provider with these settings.
    ///
    /// # Errors
    /// All faults of the settings.
    pub fn new(config: Config) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let (field, secret) = match &config.credentials {
            Credentials::Bearer(secret) => ("credentials.bearer", secret),
            Credentials::Password { password, .. } => ("credentials.password", password),
            Credentials::XAuth(secret) => ("credentials.x_auth", secret),
        };
        check::credential(&mut problems, field, secret, &config.base_url);
        if let Some(life) = config.expires_in {
            rules::check_life(&mut problems, "expires_in", life);
        }
        problems.into_result()?;
        let shared = Shared { config, directory: Directory::default(), tokens: TokenCache::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Creates a session, or reads an existing one again: the same request sends the same idempotency key.
    ///
    /// # Errors
    /// Faults of the request before anything is sent; a refused login; a refusal with a documented status and the
    /// gateway's own JSON. Everything else, a status 409 or 422 above all, leaves the outcome unknown: repeat the
    /// very same request.
    pub fn create_checkout(&self, request: &CheckoutRequest) -> Exchange<Checkout> {
        let mut request = request.clone();
        request.expires_in = request.expires_in.or(self.shared.config.expires_in);
        let (body, key) = match rules::checkout(&request) {
            Err(problems) => return Exchange::done(Err(problems.into())),
            Ok(checked) => {
                let body = wire::CheckoutBody {
                    amount: checked.amount,
                    currency: Currency::Xof.code(),
                    user_phone: checked.phone.e164(),
                    description: request.description.as_deref(),
                    expires_in: request.expires_in.map(|life| life.as_secs()),
                };
                (json::encode(&body), request.order.to_uuid("adullam checkout"))
            }
        };
        let shared = Arc::clone(&self.shared);
        shared.clone().token().and_then(move |token| {
            let post = HttpRequest::post(shared.config.base_url.join("/v1/checkouts"))
                .header("idempotency-key", key.clone())
                .json(body);
            let post = if shared.config.also_x_idempotency_key {
                post.header("x-idempotency-key", key)
            } else {
                post
            };
            Exchange::send(shared.sign(post, token.as_deref()), move |reply| {
                let result = codes::read_checkout(&request, &reply);
                match token {
                    Some(token) if reply.status == 401 => result.map_err(|error| shared.renew(&token, error)),
                    _ => result,
                }
            })
        })
    }
}

impl Shared {
    /// A token where the credentials are exchanged for one.
    fn token(self: Arc<Self>) -> Exchange<Option<Arc<Secret>>> {
        if !matches!(self.config.credentials, Credentials::Password { .. }) {
            return Exchange::done(Ok(None));
        }
        let shared = Arc::clone(&self);
        self.tokens.token(move || shared.log_in()).map(Some)
    }

    fn log_in(&self) -> Exchange<Login> {
        let Credentials::Password { phone, password } = &self.config.credentials else {
            return Exchange::done(Err(ProviderError::unsupported(
                "only a password is exchanged for a token",
            )));
        };
        let body = json::encode(&wire::LoginBody { phone: phone.e164(), password: password.expose() });
        let post = HttpRequest::post(self.config.base_url.join("/v1/auth/token")).moves_no_money().json(body);
        Exchange::send(post, |reply| {
            if !(200..300).contains(&reply.status) {
                return Err(codes::read_error(&reply));
            }
            let answer: wire::LoginAnswer = json::decode(&reply)?;
            let token = answer.access_token.text().map(Secret::new);
            let token = token.ok_or_else(|| {
                ProviderError::new(ErrorKind::Malformed, "the login brought no access token")
            })?;
            // A minute less than told, so that no request leaves with a token that dies on the way.
            let told = answer.expires_in.as_str().parse().unwrap_or(3_600_u64);
            Ok(Login { token, life: Duration::from_secs(told.saturating_sub(60)) })
        })
    }

    fn sign(&self, request: HttpRequest, token: Option<&Secret>) -> HttpRequest {
        match (&self.config.credentials, token) {
            (Credentials::XAuth(secret), _) => request.secret_header("x-auth", secret.expose()),
            (Credentials::Bearer(secret), _) | (_, Some(secret)) => {
                request.secret_header("authorization", format!("Bearer {}", secret.expose()))
            }
            (Credentials::Password { .. }, None) => request,
        }
    }

    /// Forgets a token that was refused in spite of the clock. A refusal in the gateway's own form becomes one that
    /// may be repeated, since the next run logs in again.
    fn renew(&self, token: &Arc<Secret>, error: ProviderError) -> ProviderError {
        self.tokens.forget(token);
        if error.outcome() != Outcome::Rejected {
            return error;
        }
        let told = "the gateway refused the token: repeat to log in again";
        ProviderError::rejected(ErrorKind::LoginExpired, told).with_gateway_code("401")
    }
}

impl PaymentProvider for Adullam {
    fn id(&self) -> ProviderId {
        Self::ID
    }

    fn capabilities(&self, operation: Operation) -> Capabilities {
        match operation {
            Operation::Payment => {
                let mut offered = Capabilities::offered(&[Currency::Xof]);
                offered.repeats = Repeats::Replayed;
                offered.states_amount = true;
                offered
            }
            Operation::Payout => Capabilities::NONE,
        }
    }

    fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    fn pay(&self, request: &PaymentRequest) -> Exchange<Receipt> {
        let mut checkout = CheckoutRequest::new(request.order.clone(), request.amount);
        checkout.payer = request.payer.clone();
        checkout.description.clone_from(&request.description);
        let mut problems = Problems::default();
        rules::channel(&mut problems, &request.channel);
        if request.notify_url.is_some() {
            // A merchant who waits for a callback that no document promises would wait for ever.
            problems.add("notify_url", Fault::Unsupported(String::new()));
        }
        if let Err(more) = rules::checkout(&checkout) {
            problems.extend(more);
        }
        match problems.into_result() {
            Ok(()) => self.create_checkout(&checkout).map(Receipt::from),
            Err(problems) => Exchange::done(Err(problems.into())),
        }
    }

    fn pay_out(&self, _request: &PayoutRequest) -> Exchange<Receipt> {
        unsupported("payouts are not part of Adullam's checkout sessions")
    }

    fn status(&self, _order: &OrderRef) -> Exchange<Option<Receipt>> {
        unsupported("no document tells how an Adullam checkout session is read again: repeat its creation")
    }

    fn balance(&self, _currency: Currency) -> Exchange<Balance> {
        unsupported("the balance is not part of Adullam's checkout sessions")
    }

    fn verify(&self, callback: &RawCallback<'_>, _now: UnixTime) -> Result<Callback, CallbackError> {
        callback::verify(callback)
    }
}

impl fmt::Debug for CheckoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 4] = [
            ("order", &self.order),
            ("amount", &self.amount),
            ("payer", &self.payer),
            ("expires_in", &self.expires_in),
        ];
        redact::fields(f, "CheckoutRequest", &shown, &[("description", self.description.is_some())])
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 6] = [
            ("order", &self.order),
            ("id", &self.id),
            ("status", &self.status),
            ("raw_status", &self.raw_status),
            ("amount", &self.amount),
            ("replayed", &self.replayed),
        ];
        let held = [("payment_id", self.payment_id.is_some()), ("failure", self.failure.is_some())];
        redact::fields(f, "Checkout", &shown, &held)
    }
}

impl From<Checkout> for Receipt {
    fn from(checkout: Checkout) -> Self {
        let mut receipt = Self::new(checkout.order, checkout.status, checkout.raw_status);
        receipt.reference = Some(checkout.id);
        receipt.amount = checkout.amount;
        receipt.fee = checkout.fee;
        receipt.failure = checkout.failure;
        receipt.created_at = checkout.created_at;
        receipt.completed_at = checkout.completed_at;
        receipt
    }
}

fn unsupported<T: 'static>(told: &'static str) -> Exchange<T> {
    Exchange::done(Err(ProviderError::unsupported(told)))
}

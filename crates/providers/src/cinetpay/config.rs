//! Settings of both APIs.

use std::fmt;
use std::sync::Arc;

use nzimbu_core::redact;
use nzimbu_core::secret::Secret;
use nzimbu_core::{BaseUrl, Currency, Directory, Entry, Fault, Field, Language, Operation, Problems};

use super::callback::CallbackVerifier;
use super::methods::{self, Slice};
use super::rules::transfer::CURRENCIES;
use crate::token::TokenCache;
use crate::{Limits, check};

/// Settings of [`CinetPay`](super::CinetPay): one of the two APIs, or both.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Collecting; without it payments end as unsupported.
    pub checkout: Option<CheckoutConfig>,
    /// Paying out; without it payouts end as unsupported.
    pub transfer: Option<TransferConfig>,
    /// The language of payment pages and of the gateway's messages, where the request names none.
    pub language: Option<Language>,
    /// What to do with the least and most amounts, which no page of the gateway's confirms any more.
    pub limits: Limits,
    /// The merchant's own operators and amounts, which replace built-in ones of the same name. Payouts go to each
    /// country in one currency, and limits are in the currency of their entry.
    pub operators: Vec<Entry>,
}

impl Config {
    /// Settings for one API or both.
    ///
    /// ```
    /// use nzimbu_core::secret::Secret;
    /// use nzimbu_providers::cinetpay::{CheckoutConfig, Config};
    /// let mut checkout = CheckoutConfig::new(Secret::new("your apikey"), "445160");
    /// checkout.callback_secrets = vec![Secret::new("your Secret Key")];
    /// checkout.notify_url = Some("https://shop.example/cinetpay".into());
    /// checkout.return_url = Some("https://shop.example/thanks".into());
    /// let config = Config::new(Some(checkout), None);
    /// ```
    #[must_use]
    pub fn new(checkout: Option<CheckoutConfig>, transfer: Option<TransferConfig>) -> Self {
        Self { checkout, transfer, language: None, limits: Limits::Enforced, operators: Vec::new() }
    }
}

/// Settings of the checkout, from the menu "Integration" of the back-office. `Debug` hides URLs, whose queries may
/// hold the merchant's keys.
#[derive(Clone)]
#[non_exhaustive]
pub struct CheckoutConfig {
    /// Where the gateway lives; `https://api-checkout.cinetpay.com` by default.
    pub base_url: BaseUrl,
    /// The `apikey`.
    pub api_key: Secret,
    /// The `site_id`: digits.
    pub site_id: String,
    /// The "Secret Key", which is not the `apikey`: what notifications are signed with. Newest first while one is
    /// being replaced. Without any, every notification is refused as badly signed.
    pub callback_secrets: Vec<Secret>,
    /// The currency of the account. The gateway refuses every other; set, such a payment is found before it is sent.
    pub currency: Option<Currency>,
    /// Where notifications go, if a request does not say.
    pub notify_url: Option<String>,
    /// Where the customer's browser goes afterwards, if a request does not say.
    pub return_url: Option<String>,
    /// Hosts of payment pages besides `checkout.cinetpay.com`; with a dot in front, all hosts below.
    pub page_hosts: Vec<String>,
    /// The name under which [`check_token`](super::CinetPay::check_token) sends the token.
    pub token_field: TokenField,
    /// The code with which `payment/check` answers for an id that it does not know. No document gives it, so that by
    /// default there is none, and such an answer is an error: a payment that was lost in a crash before it was sent
    /// then stays unknown until a person decides. The sandbox answers `608`; set it once you have seen what yours
    /// answers for an id that you never used.
    pub not_known_code: Option<String>,
}

impl CheckoutConfig {
    /// Settings for the documented host.
    #[must_use]
    pub fn new(api_key: Secret, site_id: impl Into<String>) -> Self {
        Self {
            base_url: documented("https://api-checkout.cinetpay.com"),
            api_key,
            site_id: site_id.into(),
            callback_secrets: Vec::new(),
            currency: None,
            notify_url: None,
            return_url: None,
            page_hosts: Vec::new(),
            token_field: TokenField::Token,
            not_known_code: None,
        }
    }
}

impl fmt::Debug for CheckoutConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 8] = [
            ("base_url", &self.base_url),
            ("api_key", &self.api_key),
            ("site_id", &self.site_id),
            ("callback_secrets", &self.callback_secrets),
            ("currency", &self.currency),
            ("page_hosts", &self.page_hosts),
            ("token_field", &self.token_field),
            ("not_known_code", &self.not_known_code),
        ];
        let held = [("notify_url", self.notify_url.is_some()), ("return_url", self.return_url.is_some())];
        redact::fields(f, "CheckoutConfig", &shown, &held)
    }
}

/// The name of the payment token in a check. The documents contradict each other.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum TokenField {
    /// `payment_token`, as the first public text had it.
    PaymentToken,
    /// `token`, as the present page has it.
    #[default]
    Token,
}

/// Settings of the transfers. `Debug` is as reserved as that of [`CheckoutConfig`].
#[derive(Clone)]
#[non_exhaustive]
pub struct TransferConfig {
    /// Where the gateway lives; `https://client.cinetpay.com` by default.
    pub base_url: BaseUrl,
    /// The `apikey`.
    pub api_key: Secret,
    /// The API password that was set in the back-office; not the account's own.
    pub password: Secret,
    /// The currency of the transfer account. The gateway's balance names none, so that the common `balance` needs
    /// it here.
    pub currency: Option<Currency>,
    /// Where notifications of transfers go, if a request does not say. The gateway refuses transfers without one.
    pub notify_url: Option<String>,
}

impl TransferConfig {
    /// Settings for the documented host.
    #[must_use]
    pub fn new(api_key: Secret, password: Secret) -> Self {
        let base_url = documented("https://client.cinetpay.com");
        Self { base_url, api_key, password, currency: None, notify_url: None }
    }
}

impl fmt::Debug for TransferConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 4] = [
            ("base_url", &self.base_url),
            ("api_key", &self.api_key),
            ("password", &self.password),
            ("currency", &self.currency),
        ];
        redact::fields(f, "TransferConfig", &shown, &[("notify_url", self.notify_url.is_some())])
    }
}

/// What all calls share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) checkout: Option<CheckoutPart>,
    pub(super) transfer: Option<TransferConfig>,
    pub(super) language: Option<Language>,
    pub(super) limits: Limits,
    pub(super) directory: Directory,
    pub(super) slices: Vec<Slice>,
    pub(super) tokens: Arc<TokenCache>,
}

#[derive(Debug)]
pub(super) struct CheckoutPart {
    pub(super) config: CheckoutConfig,
    pub(super) verifier: CallbackVerifier,
    pub(super) page_hosts: Vec<String>,
}

impl Shared {
    pub(super) fn new(config: Config) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if config.checkout.is_none() && config.transfer.is_none() {
            problems
                .add("checkout", Fault::wrong("set, or else transfer: settings without either do nothing"));
        }
        if let Some(checkout) = &config.checkout {
            check_checkout(&mut problems, checkout);
        }
        if let Some(transfer) = &config.transfer {
            check::credential(&mut problems, "transfer.api_key", &transfer.api_key, &transfer.base_url);
            check::credential(&mut problems, "transfer.password", &transfer.password, &transfer.base_url);
            if let Some(url) = &transfer.notify_url {
                check::callback_url(&mut problems, "transfer.notify_url", url, &transfer.base_url);
            }
        }
        check_operators(&mut problems, &config.operators);
        problems.into_result()?;
        let directory = config.operators.into_iter().fold(methods::directory(), Directory::with);
        Ok(Self {
            checkout: config.checkout.map(CheckoutPart::new),
            transfer: config.transfer,
            language: config.language,
            limits: config.limits,
            slices: methods::slices(&directory),
            directory,
            tokens: TokenCache::new(),
        })
    }
}

impl CheckoutPart {
    fn new(config: CheckoutConfig) -> Self {
        let verifier = CallbackVerifier::of_checked(&config.site_id, &config.callback_secrets);
        let mut page_hosts = config.page_hosts.clone();
        page_hosts.push("checkout.cinetpay.com".into());
        if config.base_url.is_loopback() {
            page_hosts.push(config.base_url.host().to_owned());
        }
        Self { config, verifier, page_hosts }
    }
}

fn check_checkout(problems: &mut Problems, checkout: &CheckoutConfig) {
    let base = &checkout.base_url;
    check::credential(problems, "checkout.api_key", &checkout.api_key, base);
    check_site_id(problems, "checkout.site_id", &checkout.site_id);
    for secret in &checkout.callback_secrets {
        check::credential(problems, "checkout.callback_secrets", secret, base);
    }
    if let Some(url) = &checkout.notify_url {
        check::callback_url(problems, "checkout.notify_url", url, base);
    }
    if let Some(url) = &checkout.return_url {
        check::callback_url(problems, "checkout.return_url", url, base);
    }
}

/// Transfers travel without a currency, so that a country has to have exactly one, and limits have to be comparable
/// with the amounts that they bound.
fn check_operators(problems: &mut Problems, operators: &[Entry]) {
    let built_in = methods::directory();
    for (index, entry) in operators.iter().enumerate() {
        let field = |name: &'static str| Field::item("operators", index, name);
        for (name, limit) in [("least", entry.least), ("most", entry.most)] {
            if limit.is_some_and(|limit| limit.currency() != entry.currency) {
                problems.add(field(name), Fault::wrong("an amount in the currency of the entry"));
            }
        }
        if entry.operation != Operation::Payout {
            continue;
        }
        let other = |known: &&Entry| {
            known.operation == Operation::Payout
                && known.country == entry.country
                && known.currency != entry.currency
        };
        if !CURRENCIES.contains(&entry.currency) {
            problems.add(field("currency"), Fault::Unsupported("XOF, XAF, CDF or GNF".into()));
        } else if let Some(known) = built_in.iter().chain(&operators[..index]).find(other) {
            let own = format!("{}, in which transfers to {} are paid", known.currency, entry.country);
            problems.add(field("currency"), Fault::Unsupported(own));
        }
    }
}

pub(super) fn check_site_id(problems: &mut Problems, field: &'static str, site_id: &str) {
    if site_id.is_empty() || !site_id.bytes().all(|byte| byte.is_ascii_digit()) {
        problems.add(field, Fault::wrong("the digits that the back-office shows: copy them again"));
    }
}

fn documented(url: &str) -> BaseUrl {
    BaseUrl::parse(url).expect("the documented address is a base URL")
}

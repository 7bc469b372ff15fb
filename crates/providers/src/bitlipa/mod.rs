#![doc = include_str!("README.md")]

mod request;
mod transaction;
mod config;
mod channel;
mod rules;
mod wire;
mod codes;
mod hosted_page;
mod callback;
mod keys;
mod kind;
mod directory;

use std::sync::Arc;

use nzimbu_core::signature::recursive::RecursiveKey;
use nzimbu_core::{
    Balance, Callback, CallbackError, Callbacks, Capabilities, Currency, Customer, Directory, Entry,
    Exchange, HttpRequest, NextAction, Operation, OrderName, OrderRef, PageUrl, PaymentProvider,
    PaymentRequest, PayoutRequest, Problems, ProviderError, ProviderId, RawCallback, Receipt, Repeats,
    UnixTime,
};

pub use callback::{CallbackVerifier, Schema};
pub use config::Config;
pub use request::{B2cRequest, C2bRequest, HostedPageRequest, SIMULATOR};
pub use transaction::{B2cOutcome, Bank, Extra, ResultCode, Transaction};

use channel::Wanted;
use codes::Expected;
use rules::Asked;
use wire::{BanksBody, PaymentBody, StatusBody};

/// Bitlipa's payment gateway.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::testing::Script;
/// use nzimbu_core::{BaseUrl, Currency, Money, OrderId, PhoneNumber, Status, TransportExt};
/// use nzimbu_providers::bitlipa::{Bitlipa, C2bRequest, Config};
///
/// let base = BaseUrl::parse("https://the-host-that-bitlipa-told-you.example")?;
/// let bitlipa = Bitlipa::new(Config::new(base, "your-public-id", "your-merchant-id", Secret::new("your secret")))?;
///
/// let mut request = C2bRequest::new(OrderId::parse("INV-7")?, Money::parse_major("50", Currency::Zmw)?, 2159);
/// request.payer.phone = Some(PhoneNumber::parse("+260 97 6000000")?);
/// # let http = Script::bodies([r#"{"order_id":"INV-7","status":1,"result":{"code":0,"message":"OK"}}"#]);
/// let transaction = http.run(bitlipa.payment_c2b(&request))?;
/// assert_eq!(transaction.status, Status::Pending);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bitlipa {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    directory: Directory,
    key: RecursiveKey,
    hosted_page_key: RecursiveKey,
    verifier: CallbackVerifier,
    page_hosts: Vec<String>,
}

impl Bitlipa {
    /// The provider's name.
    pub const ID: ProviderId = ProviderId::new("bitlipa");

    /// A provider with these settings.
    ///
    /// # Errors
    /// All faults of the settings.
    pub fn new(config: Config) -> Result<Self, Problems> {
        config.check()?;
        let [newest, ..] = &config.secrets[..] else {
            unreachable!("settings without a secret were refused");
        };
        let key = RecursiveKey::new(newest);
        let hosted_page_key =
            config.hosted_page_secret.as_ref().map_or_else(|| key.clone(), RecursiveKey::new);
        let (directory, verifier) = (config.whole_directory(), config.verifier()?);
        let page_hosts = config.page_hosts();
        Ok(Self {
            shared: Arc::new(Shared { config, directory, key, hosted_page_key, verifier, page_hosts }),
        })
    }

    /// Collects from a customer. A repeat under the same id is answered again and not executed again.
    pub fn payment_c2b(&self, request: &C2bRequest) -> Exchange<Transaction> {
        self.pay_over(request, self.shared.entry(request.provider_id, Operation::Payment))
    }

    /// Pays a customer. A repeat under the same id is answered again and not executed again.
    pub fn payment_b2c(&self, request: &B2cRequest) -> Exchange<B2cOutcome> {
        self.pay_out_over(request, self.shared.entry(request.provider_id, Operation::Payout))
    }

    /// Asks where a transaction stands.
    ///
    /// The link to the page of a one-time password comes with this answer, not with the first one:
    /// [`until_next_action`](nzimbu_core::until_next_action) waits for it.
    ///
    /// A name that the gateway cannot know, or that spells a status where it is signed, is a problem of `order`.
    pub fn status(&self, order: &OrderName) -> Exchange<Transaction> {
        if let Err(problems) = rules::order(order) {
            return Exchange::done(Err(problems.into()));
        }
        let shared = Arc::clone(&self.shared);
        let body = StatusBody { merchant_id: &shared.config.merchant_id, order_id: order.as_str() };
        let post = shared.post("status", &body).moves_no_money();
        let order = order.clone();
        Exchange::send(post, move |reply| {
            codes::read_status(Expected { order, amount: None, hosts: &shared.page_hosts }, &reply)
        })
    }

    /// Lists the banks of a provider, whose codes payouts need. [`Config::banks_path`] has to be set.
    pub fn banks(&self, provider_id: u32) -> Exchange<Vec<Bank>> {
        let Some(path) = &self.shared.config.banks_path else {
            return unsupported(
                "the path of the list of banks is missing from Bitlipa's page: ask Bitlipa and set Config::banks_path",
            );
        };
        let body = BanksBody { merchant_id: &self.shared.config.merchant_id, provider_id };
        let post = self.shared.post(path, &body).moves_no_money();
        Exchange::send(post, |reply| codes::read_banks(&reply))
    }

    /// Makes a signed link to the hosted payment page, which Palmpay and Pay Attitude need. Nothing is sent.
    ///
    /// # Errors
    /// All faults of the request.
    pub fn hosted_page_link(&self, request: &HostedPageRequest) -> Result<PageUrl, Problems> {
        let shared = &self.shared;
        hosted_page::link(&shared.config, &shared.directory, &shared.hosted_page_key, request)
    }

    fn pay_over(&self, request: &C2bRequest, entry: Option<&Entry>) -> Exchange<Transaction> {
        let asked = Asked::from(request);
        let sent = self.shared.payment("payment_c2b", &asked, entry, &request.order, request.provider_id);
        match sent {
            Err(problems) => Exchange::done(Err(problems.into())),
            Ok(post) => self.initiate(post, request.order.clone().into(), request.amount),
        }
    }

    fn pay_out_over(&self, request: &B2cRequest, entry: Option<&Entry>) -> Exchange<B2cOutcome> {
        let asked = Asked::from(request);
        let sent = self.shared.payment("payment_b2c", &asked, entry, &request.order, request.provider_id);
        let sent = match sent {
            Err(problems) => Exchange::done(Err(problems.into())),
            Ok(post) => self.initiate(post, request.order.clone().into(), request.amount),
        };
        sent.map(|transaction| match &transaction.confirm_type {
            // What is over needs no confirmation any more.
            Some(confirm_type) if !transaction.status.is_final() => {
                B2cOutcome::ConfirmationRequired { confirm_type: confirm_type.clone(), transaction }
            }
            _ => B2cOutcome::Accepted(transaction),
        })
    }

    fn initiate(
        &self,
        post: HttpRequest,
        order: OrderName,
        amount: nzimbu_core::Money,
    ) -> Exchange<Transaction> {
        let shared = Arc::clone(&self.shared);
        Exchange::send(post, move |reply| {
            codes::read_initiation(
                Expected { order, amount: Some(amount), hosts: &shared.page_hosts },
                &reply,
            )
        })
    }
}

impl Shared {
    fn entry(&self, provider_id: u32, operation: Operation) -> Option<&Entry> {
        let mut entries = self.directory.iter();
        entries.find(|entry| entry.operation == operation && entry.code.parse() == Ok(provider_id))
    }

    fn payment(
        &self,
        method: &str,
        asked: &Asked<'_>,
        entry: Option<&Entry>,
        order: &nzimbu_core::OrderId,
        provider_id: u32,
    ) -> Result<HttpRequest, Problems> {
        let checked = rules::payment(&self.config, asked, entry)?;
        let body = PaymentBody {
            merchant_id: &self.config.merchant_id,
            customer_id: &checked.customer_id,
            order_id: order.as_str(),
            amount: &checked.amount,
            currency: asked.currency().code(),
            country: checked.country.as_ref().map(nzimbu_core::Country::as_str),
            callback_url: checked.notify_url,
            provider_id,
            extra: checked.extra(),
        };
        Ok(self.post(method, &body))
    }

    fn post<T: serde::Serialize>(&self, method: &str, body: &T) -> HttpRequest {
        let path = ["/", &self.config.public_id, "/", method].concat();
        HttpRequest::post(self.config.base_url.join(&path)).json(wire::signed(&self.key, body))
    }

    /// The provider for a channel; with all faults of the request where there is none.
    fn resolve<'s>(
        &'s self,
        channel: &nzimbu_core::Channel,
        person: &Customer,
        asked: &Asked<'_>,
    ) -> Result<(&'s Entry, u32), Problems> {
        let wanted = Wanted { channel, person, operation: asked.operation(), currency: asked.currency() };
        channel::entry(&self.directory, &wanted)
            .map(|entry| {
                let id = entry.code.parse();
                (entry, id.expect("entries without a number were refused with the settings"))
            })
            .map_err(|mut problems| {
                if let Err(more) = rules::payment(&self.config, asked, None) {
                    problems.extend(more);
                }
                problems
            })
    }
}

impl PaymentProvider for Bitlipa {
    fn id(&self) -> ProviderId {
        Self::ID
    }

    fn capabilities(&self, _operation: Operation) -> Capabilities {
        let mut offered = Capabilities::offered(rules::CURRENCIES);
        offered.callbacks = Callbacks::Signed;
        offered.repeats = Repeats::Replayed;
        offered.status_by_order = true;
        offered
    }

    fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    fn pay(&self, request: &PaymentRequest) -> Exchange<Receipt> {
        let mut c2b = C2bRequest::new(request.order.clone(), request.amount, 0);
        c2b.payer = request.payer.clone();
        c2b.notify_url.clone_from(&request.notify_url);
        match self.shared.resolve(&request.channel, &request.payer, &Asked::from(&c2b)) {
            Err(problems) => Exchange::done(Err(problems.into())),
            Ok((entry, provider_id)) => {
                c2b.provider_id = provider_id;
                self.pay_over(&c2b, Some(entry)).map(Receipt::from)
            }
        }
    }

    fn pay_out(&self, request: &PayoutRequest) -> Exchange<Receipt> {
        let mut b2c = B2cRequest::new(request.order.clone(), request.amount, 0);
        b2c.recipient = request.recipient.clone();
        b2c.bank_code.clone_from(&request.bank_code);
        b2c.document.clone_from(&request.document);
        b2c.notify_url.clone_from(&request.notify_url);
        match self.shared.resolve(&request.channel, &request.recipient, &Asked::from(&b2c)) {
            Err(problems) => Exchange::done(Err(problems.into())),
            Ok((entry, provider_id)) => {
                b2c.provider_id = provider_id;
                self.pay_out_over(&b2c, Some(entry)).map(|outcome| match outcome {
                    B2cOutcome::Accepted(transaction) => transaction.into(),
                    B2cOutcome::ConfirmationRequired { confirm_type, transaction } => {
                        let mut receipt = Receipt::from(transaction);
                        receipt.next_action = NextAction::Confirmation(confirm_type);
                        receipt
                    }
                })
            }
        }
    }

    /// Always `Some`: the documents describe no answer for an order that the gateway does not know.
    fn status(&self, order: &OrderRef) -> Exchange<Option<Receipt>> {
        Self::status(self, &order.order).map(|transaction| Some(transaction.into()))
    }

    fn balance(&self, _currency: Currency) -> Exchange<Balance> {
        unsupported("no document of Bitlipa's describes a balance: look it up in the back-office")
    }

    fn verify(&self, callback: &RawCallback<'_>, _now: UnixTime) -> Result<Callback, CallbackError> {
        self.shared.verifier.verify(callback)
    }
}

fn unsupported<T: 'static>(told: &'static str) -> Exchange<T> {
    Exchange::done(Err(ProviderError::unsupported(told)))
}

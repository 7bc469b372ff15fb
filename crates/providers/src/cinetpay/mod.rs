#![doc = include_str!("README.md")]

mod config;
mod checkout;
mod seamless;
mod transfer;
mod login;
mod methods;
mod wire;
mod rules;
mod codes;
mod form;
mod callback;
mod return_visit;

use std::sync::Arc;

use nzimbu_core::{
    Balance, Callback, CallbackError, Callbacks, Capabilities, Channel, Currency, Directory, Exchange, Fault,
    Money, Operation, OrderRef, PaymentProvider, PaymentRequest, PayoutRequest, Problems, ProviderId,
    RawCallback, Receipt, Repeats, UnixTime,
};

pub use callback::{CallbackVerifier, PaymentNotice, x_token, x_token_text};
pub use checkout::{Checkout, CheckoutRequest, PaymentState, Universe};
pub use config::{CheckoutConfig, Config, TokenField, TransferConfig};
pub use methods::PaymentMethod;
pub use return_visit::ReturnVisit;
pub use seamless::Seamless;
pub use transfer::{
    Approval, Contact, ContactResult, Transfer, TransferBalance, TransferBatch, TransferKey, TransferRequest,
    TransferResult, TransferState, Wallet,
};

use callback::Kind;
use config::Shared;

/// CinetPay's checkout v2 and transfers v1.
///
/// ```
/// use nzimbu_core::secret::Secret;
/// use nzimbu_core::testing::Script;
/// use nzimbu_core::{Currency, Money, OrderId, TransportExt};
/// use nzimbu_providers::cinetpay::{CheckoutConfig, CheckoutRequest, CinetPay, Config};
///
/// let mut checkout = CheckoutConfig::new(Secret::new("your apikey"), "445160");
/// checkout.notify_url = Some("https://shop.example/cinetpay".into());
/// checkout.return_url = Some("https://shop.example/thanks".into());
/// let cinetpay = CinetPay::new(Config::new(Some(checkout), None))?;
///
/// let amount = Money::parse_major("2500", Currency::Xof)?;
/// let request = CheckoutRequest::new(OrderId::parse("INV-7")?, amount, "Two books");
/// # let http = Script::bodies([r#"{"code":"201","data":{"payment_token":"5df6","payment_url":"https://checkout.cinetpay.com/payment/5df6"}}"#]);
/// let checkout = http.run(cinetpay.initialise(&request))?;
/// assert_eq!(checkout.page.as_str(), "https://checkout.cinetpay.com/payment/5df6");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CinetPay {
    shared: Arc<Shared>,
}

impl CinetPay {
    /// The provider's name.
    pub const ID: ProviderId = ProviderId::new("cinetpay");

    /// Checks the settings.
    ///
    /// # Errors
    /// When there is neither a checkout nor a transfer part, when a credential is empty, has blanks around it or
    /// was made by a sandbox and would travel to a real host, when the site id is not digits, or when a URL is
    /// none that the gateway can call.
    pub fn new(config: Config) -> Result<Self, Problems> {
        Ok(Self { shared: Arc::new(Shared::new(config)?) })
    }
}

impl PaymentProvider for CinetPay {
    fn id(&self) -> ProviderId {
        Self::ID
    }

    fn capabilities(&self, operation: Operation) -> Capabilities {
        let (currencies, callbacks) = match operation {
            Operation::Payment if self.shared.checkout.is_some() => {
                (rules::checkout::CURRENCIES, Callbacks::Signed)
            }
            Operation::Payout if self.shared.transfer.is_some() => {
                (rules::transfer::CURRENCIES, Callbacks::Unsigned)
            }
            _ => return Capabilities::NONE,
        };
        let mut offered = Capabilities::offered(currencies);
        offered.callbacks = callbacks;
        // Documented for transfers (805). A payment under a known id is refused when anything in it differs; what
        // an equal one gets is not documented, and to count it as refused is the careful reading.
        offered.repeats = Repeats::Refused;
        offered.states_amount = true;
        offered.status_by_order = true;
        offered
    }

    fn directory(&self) -> &Directory {
        &self.shared.directory
    }

    fn pay(&self, request: &PaymentRequest) -> Exchange<Receipt> {
        let mut problems = Problems::default();
        let currency = request.amount.currency();
        let description = request.description.clone().unwrap_or_default();
        let mut checkout = CheckoutRequest::new(request.order.clone(), request.amount, description);
        checkout.universe =
            rules::checkout::universe(&mut problems, &self.shared, &request.channel, currency);
        checkout.payer = request.payer.clone();
        checkout.notify_url.clone_from(&request.notify_url);
        checkout.return_url.clone_from(&request.return_url);
        checkout.language = request.language;
        checkout.metadata = (!request.metadata.is_empty())
            .then(|| serde_json::to_string(&request.metadata).expect("a map of texts is JSON"));
        self.open(&checkout, operator(&request.channel), problems).map(Receipt::from)
    }

    fn pay_out(&self, request: &PayoutRequest) -> Exchange<Receipt> {
        let mut problems = Problems::default();
        if request.bank_code.is_some() {
            problems.add("bank_code", Fault::Unsupported(String::new()));
        }
        let recipient = request.recipient.clone();
        let mut transfer = TransferRequest::new(request.order.clone(), request.amount, recipient);
        transfer.notify_url.clone_from(&request.notify_url);
        transfer.wallet = rules::transfer::wallet(
            &mut problems,
            &self.shared,
            &request.channel,
            request.amount.currency(),
            &request.recipient,
        );
        let order = request.order.clone();
        self.contact_and_send(&transfer, operator(&request.channel), problems)
            .map(move |state| state.into_receipt(order))
    }

    fn status(&self, order: &OrderRef) -> Exchange<Option<Receipt>> {
        let name = order.order.clone();
        match order.operation {
            Operation::Payment => {
                let checkout = self.shared.checkout.as_ref();
                let not_known = checkout.and_then(|part| part.config.not_known_code.clone());
                self.check(&order.order).then(move |told| {
                    Exchange::done(match told {
                        Ok(state) => Ok(Some(state.into_receipt(name))),
                        // Only an answer without a status gets here: a payment with one is known.
                        Err(error) if not_known.is_some() && error.gateway_code() == not_known.as_deref() => {
                            Ok(None)
                        }
                        Err(error) => Err(error),
                    })
                })
            }
            Operation::Payout => self
                .check_transfer(&TransferKey::Order(name.clone()))
                .and_then(|states| Exchange::done(codes::transfer::single(states)))
                .map(move |state| state.map(|state| state.into_receipt(name))),
        }
    }

    fn balance(&self, currency: Currency) -> Exchange<Balance> {
        let own = match self.shared.transfer() {
            Ok(config) => config.currency,
            Err(error) => return Exchange::done(Err(error)),
        };
        if own != Some(currency) {
            let mut problems = Problems::default();
            problems.add("currency", match own {
                Some(own) => Fault::Unsupported(format!("{own}, the currency of the transfer account")),
                // Half of the answer would be a guess.
                None => Fault::wrong(
                    "named in the settings of transfers as that of the account, because the gateway names none",
                ),
            });
            return Exchange::done(Err(problems.into()));
        }
        self.transfer_balance().and_then(move |told| {
            let money = |units: u64| Money::parse_major(&units.to_string(), currency);
            Exchange::done(match (money(told.available), money(told.reserved), money(told.total)) {
                (Ok(available), Ok(reserved), Ok(total)) => {
                    let mut balance = Balance::new(available);
                    balance.reserved = Some(reserved);
                    balance.total = Some(total);
                    Ok(balance)
                }
                _ => Err(nzimbu_core::ProviderError::new(
                    nzimbu_core::ErrorKind::Malformed,
                    "the balance is beyond any amount",
                )),
            })
        })
    }

    fn verify(&self, callback: &RawCallback<'_>, _now: UnixTime) -> Result<Callback, CallbackError> {
        if let Some(part) = &self.shared.checkout {
            return match part.verifier.verify(callback)? {
                Callback::Hint(_) if self.shared.transfer.is_none() => Err(CallbackError::Unsupported),
                verified => Ok(verified),
            };
        }
        match Kind::of(callback)? {
            Kind::Ping => Ok(Callback::Ping),
            Kind::Payment(_) => Err(CallbackError::Unsupported),
            Kind::Transfer(hint) => Ok(Callback::Hint(hint)),
        }
    }
}

fn operator(channel: &Channel) -> Option<&str> {
    match channel {
        Channel::Operator(operator) => Some(&operator.name),
        _ => None,
    }
}

//! Several merchants at every gateway, who see nothing of each other.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::choices::{AdullamChoices, BitlipaChoices, CheckoutChoices, TransferChoices};
use crate::settings::{Credentials, Settings};

/// One more merchant, known to every gateway besides the [first](MAIN). Start from [`Merchant::new`].
///
/// Orders, tokens, contacts, balances and the limits of calls are its own; a gateway tells merchants apart by
/// their credentials as the real one does. Ports, time and faults are shared.
///
/// ```
/// use nzimbu_sandbox::{Merchant, Sandbox, Settings};
///
/// let mut settings = Settings::default();
/// let mut shop = Merchant::new("shop");
/// shop.cinetpay_currency = "XAF".to_owned();
/// settings.merchants.push(shop);
/// let sandbox = Sandbox::start_blocking(settings)?;
/// let shop = sandbox.endpoints_of("shop").expect("it is in the settings");
/// assert_eq!(shop.cinetpay.checkout_url, sandbox.endpoints().cinetpay.checkout_url);
/// assert_ne!(shop.cinetpay.apikey, sandbox.endpoints().cinetpay.apikey);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Merchant {
    /// 1 to 32 small letters, digits and underscores, other than `main`.
    pub name: String,
    /// Credentials in place of those that the seed and the name make. Default: none.
    pub credentials: Credentials,
    /// As [`Settings::auto`]. Default: 150 ms.
    pub auto: Option<Duration>,
    /// As [`Settings::cinetpay_currency`]. Default: `XOF`.
    pub cinetpay_currency: String,
    /// As [`Settings::transfer_balance`]. Default: 10,000,000.
    pub transfer_balance: u64,
    /// As [`Settings::transfer_token_life`]. Default: 5 minutes.
    pub transfer_token_life: Duration,
    /// As [`Settings::email_confirmation`]. Default: no.
    pub email_confirmation: bool,
    /// As [`Settings::ip_allowed`]. Default: yes.
    pub ip_allowed: bool,
    /// As [`Settings::checkout`].
    pub checkout: CheckoutChoices,
    /// As [`Settings::transfer`].
    pub transfer: TransferChoices,
    /// As [`Settings::bitlipa`].
    pub bitlipa: BitlipaChoices,
    /// As [`Settings::adullam`], but the password ends with the merchant's name: `sandbox-password-shop`.
    pub adullam: AdullamChoices,
}

/// The name of the first merchant, whose credentials [`Sandbox::endpoints`](crate::Sandbox::endpoints) tells.
pub const MAIN: &str = "main";

impl Merchant {
    /// A merchant with the settings that the first one has by default.
    pub fn new(name: &str) -> Merchant {
        Settings::default().merchant(name)
    }

    /// What makes its ids and credentials: equal seeds and names give equal ones.
    pub(crate) fn seed(&self, seed: u64) -> u64 {
        if self.name == MAIN {
            return seed;
        }
        let digest = Sha256::new().chain_update("merchant").chain_update(&self.name).finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        seed ^ u64::from_be_bytes(first)
    }
}

impl Settings {
    /// A merchant with the settings of the first, but credentials of its own.
    pub(crate) fn merchant(&self, name: &str) -> Merchant {
        let mut adullam = self.adullam.clone();
        adullam.password = format!("{}-{name}", adullam.password);
        Merchant { name: name.to_owned(), credentials: Credentials::default(), adullam, ..self.first() }
    }

    /// The first merchant.
    pub(crate) fn first(&self) -> Merchant {
        Merchant {
            name: MAIN.to_owned(),
            credentials: self.credentials.clone(),
            auto: self.auto,
            cinetpay_currency: self.cinetpay_currency.clone(),
            transfer_balance: self.transfer_balance,
            transfer_token_life: self.transfer_token_life,
            email_confirmation: self.email_confirmation,
            ip_allowed: self.ip_allowed,
            checkout: self.checkout.clone(),
            transfer: self.transfer.clone(),
            bitlipa: self.bitlipa.clone(),
            adullam: self.adullam.clone(),
        }
    }

    /// Gives the first merchant other settings.
    #[cfg(feature = "config")]
    pub(crate) fn take_first(&mut self, first: Merchant) {
        self.credentials = first.credentials;
        self.cinetpay_currency = first.cinetpay_currency;
        self.transfer_balance = first.transfer_balance;
        self.transfer_token_life = first.transfer_token_life;
        self.email_confirmation = first.email_confirmation;
        self.ip_allowed = first.ip_allowed;
        self.checkout = first.checkout;
        self.transfer = first.transfer;
        self.bitlipa = first.bitlipa;
        self.adullam = first.adullam;
    }

    /// All merchants, the first at the front.
    pub(crate) fn all_merchants(&self) -> Vec<Merchant> {
        let mut all = vec![self.first()];
        all.extend(self.merchants.iter().cloned());
        all
    }

    /// What is wrong with the names of merchants, and with credentials that do not tell them apart.
    pub(crate) fn check_merchants(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.merchants.len() > MAX_MERCHANTS {
            problems.push(format!("there are more than {MAX_MERCHANTS} merchants; leave some out"));
            return problems;
        }
        let all = self.all_merchants();
        for merchant in &self.merchants {
            let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            if !(1..=32).contains(&merchant.name.len()) || !merchant.name.bytes().all(sign) {
                problems
                    .push("merchant.name must be 1 to 32 small letters, digits and underscores".to_owned());
            }
        }
        for (index, merchant) in all.iter().enumerate() {
            for other in &all[..index] {
                if merchant.name == other.name {
                    problems.push(format!("merchant {} occurs twice; choose another name", other.name));
                }
                problems.extend(confusion(merchant, other).into_iter().map(|name| {
                    format!(
                        "{name} of merchant {} is that of {} too; choose another",
                        merchant.name, other.name
                    )
                }));
            }
        }
        problems
    }
}

/// The credentials by which a gateway could not tell two merchants apart.
fn confusion(one: &Merchant, other: &Merchant) -> Vec<&'static str> {
    let (mine, theirs) = (&one.credentials, &other.credentials);
    let login = |merchant: &Merchant| (merchant.adullam.phone.clone(), merchant.adullam.password.clone());
    [
        ("cinetpay.apikey", mine.cinetpay_apikey.is_some() && mine.cinetpay_apikey == theirs.cinetpay_apikey),
        (
            "bitlipa.public_id",
            mine.bitlipa_public_id.is_some() && mine.bitlipa_public_id == theirs.bitlipa_public_id,
        ),
        (
            "bitlipa.merchant_id",
            mine.bitlipa_merchant_id.is_some() && mine.bitlipa_merchant_id == theirs.bitlipa_merchant_id,
        ),
        ("adullam.token", mine.adullam_token.is_some() && mine.adullam_token == theirs.adullam_token),
        ("choices.adullam.password", login(one) == login(other)),
    ]
    .into_iter()
    .filter_map(|(name, same)| same.then_some(name))
    .collect()
}

const MAX_MERCHANTS: usize = 100;

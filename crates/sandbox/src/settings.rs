//! What can be chosen when the sandbox starts.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::choices::{AdullamChoices, BitlipaChoices, CheckoutChoices, TransferChoices};
use crate::endings::Ending;
use crate::faults::Fault;
use crate::latency::Latency;
use crate::merchants::Merchant;

/// How the sandbox behaves. Start from [`Settings::default`] and set the fields that matter.
///
/// ```
/// let mut settings = nzimbu_sandbox::Settings::default();
/// settings.auto = None; // nothing is decided until `settle` or a page says so
/// settings.cinetpay_currency = "XAF".to_owned();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// After this time an order is approved by itself, as if the customer or the operator had done it;
    /// half-way there it is reported as being worked on. `None` leaves every decision to
    /// [`Sandbox::settle`](crate::Sandbox::settle) and the pages. Default: 150 ms.
    pub auto: Option<Duration>,
    /// How often a callback is attempted before it is given up; at least once. Default: 3.
    pub callback_attempts: u32,
    /// The pause before the second attempt; it doubles with every further one. Default: 200 ms.
    pub callback_pause: Duration,
    /// How long one attempt may take. Default: 5 s.
    pub callback_timeout: Duration,
    /// Hosts besides loopback that callbacks may go to, without port. Default: none.
    pub allowed_callback_hosts: Vec<String>,
    /// The address to listen on. Others than loopback let the whole network in. Default: 127.0.0.1.
    pub host: IpAddr,
    /// The first of [six consecutive ports](crate::Endpoints); `None` takes free ones. Default: `None`.
    pub port: Option<u16>,
    /// The source of all ids, tokens and credentials: equal seeds give equal ones. Default: 1.
    pub seed: u64,
    /// The file that keeps the state, made when it is not there; the end of the process loses nothing that was
    /// answered. Only one sandbox at a time can use it. `None` keeps the state in memory. Default: `None`.
    #[cfg(feature = "store")]
    pub store: Option<std::path::PathBuf>,
    /// How many orders (and contacts) each gateway keeps for each merchant; further ones are answered with HTTP 503.
    /// Default: 250,000.
    pub capacity: usize,
    /// The currency of the CinetPay checkout account; `ANY` takes all, which no real account does. Default: `XOF`.
    pub cinetpay_currency: String,
    /// The starting balance of each country's CinetPay transfer account, in its currency.
    /// Default: 10,000,000.
    pub transfer_balance: u64,
    /// How long a token of CinetPay's transfer login lives. Default: 5 minutes, as documented.
    pub transfer_token_life: Duration,
    /// Whether the merchant must confirm each CinetPay transfer by e-mail: orders stay at `sending_status`
    /// `PENDING` until [`settle`](crate::Sandbox::settle). Default: no.
    pub email_confirmation: bool,
    /// Whether the caller's IP may order CinetPay transfers; otherwise sending is answered with 709.
    /// Default: yes.
    pub ip_allowed: bool,
    /// What CinetPay's checkout does where its documents leave a choice.
    pub checkout: CheckoutChoices,
    /// What CinetPay's transfer service does where its documents leave a choice.
    pub transfer: TransferChoices,
    /// What Bitlipa does where its documents leave a choice.
    pub bitlipa: BitlipaChoices,
    /// What Adullam does where its documents leave a choice.
    pub adullam: AdullamChoices,
    /// How long every answer of a gateway takes at least. Default: no time.
    pub latency: Option<Duration>,
    /// How long the answers of single gateways and operations take, in place of [`Settings::latency`]. The most
    /// exact one counts. Default: none.
    pub latencies: Vec<Latency>,
    /// The pause between two bytes of an answer that drips. Default: 1 s.
    pub drip_pause: Duration,
    /// What goes wrong on demand. Default: nothing.
    pub faults: Vec<Fault>,
    /// How orders end by themselves, in place of [`Settings::auto`]; the first that fits counts. Default: none.
    pub endings: Vec<Ending>,
    /// Whether the amounts and phone numbers of [`MAGIC`](crate::MAGIC) bring about their failures.
    /// Default: yes.
    pub magic: bool,
    /// Credentials in place of those that the seed makes. Default: none.
    pub credentials: Credentials,
    /// Further merchants, each known to every gateway. Default: none.
    pub merchants: Vec<Merchant>,
}

/// Credentials that replace those made from the seed, each for itself.
///
/// They should begin with `sandbox`, so that a client can refuse to send them anywhere but to a loopback address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// CinetPay's key.
    pub cinetpay_apikey: Option<String>,
    /// CinetPay's service: digits.
    pub cinetpay_site_id: Option<String>,
    /// Signs CinetPay's notifications.
    pub cinetpay_secret_key: Option<String>,
    /// CinetPay's password of the transfer login.
    pub cinetpay_password: Option<String>,
    /// Bitlipa's id in the path.
    pub bitlipa_public_id: Option<String>,
    /// Bitlipa's id in the body.
    pub bitlipa_merchant_id: Option<String>,
    /// Bitlipa's secret.
    pub bitlipa_secret: Option<String>,
    /// Adullam's token.
    pub adullam_token: Option<String>,
}

impl Settings {
    /// Whether the settings make sense; the error names every problem with its remedy.
    ///
    /// # Errors
    /// Always by the fields alone: an unknown currency, a capacity of 0, a fault, ending or latency that fails
    /// its own check, credentials that are empty or hold control characters, merchants of the same name or with
    /// the same credentials, a merchant named that is not there.
    pub fn check(&self) -> Result<(), String> {
        let mut problems = check_account(&self.cinetpay_currency, &self.credentials);
        if self.capacity == 0 {
            problems.push("capacity must be at least 1".to_owned());
        }
        let numbered = |what: &str, index: usize, checked: Result<(), String>| {
            checked.err().map(|problem| format!("{what} {}: {problem}", index + 1))
        };
        for (index, fault) in self.faults.iter().enumerate() {
            problems.extend(numbered("fault", index, fault.check()));
        }
        for (index, ending) in self.endings.iter().enumerate() {
            problems.extend(numbered("ending", index, ending.check()));
        }
        for (index, latency) in self.latencies.iter().enumerate() {
            problems.extend(numbered("latency", index, latency.check()));
        }
        for merchant in &self.merchants {
            let own = check_account(&merchant.cinetpay_currency, &merchant.credentials);
            problems.extend(own.into_iter().map(|problem| format!("merchant {}: {problem}", merchant.name)));
        }
        problems.extend(self.check_merchants());
        let names: Vec<String> = self.all_merchants().into_iter().map(|merchant| merchant.name).collect();
        let named = self.faults.iter().map(|fault| &fault.merchant);
        for name in named.chain(self.endings.iter().map(|ending| &ending.merchant)).flatten() {
            if !names.contains(name) {
                problems.push(format!("merchant {name} is unknown; use one of {}", names.join(", ")));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }
}

/// What is wrong with one merchant's account.
fn check_account(currency: &str, given: &Credentials) -> Vec<String> {
    let mut problems = Vec::new();
    if !CURRENCIES.contains(&currency) {
        problems.push(format!("cinetpay_currency is unknown; use one of {}", CURRENCIES.join(", ")));
    }
    for (name, value) in [
        ("cinetpay_apikey", &given.cinetpay_apikey),
        ("cinetpay_site_id", &given.cinetpay_site_id),
        ("cinetpay_secret_key", &given.cinetpay_secret_key),
        ("cinetpay_password", &given.cinetpay_password),
        ("bitlipa_public_id", &given.bitlipa_public_id),
        ("bitlipa_merchant_id", &given.bitlipa_merchant_id),
        ("bitlipa_secret", &given.bitlipa_secret),
        ("adullam_token", &given.adullam_token),
    ] {
        let unusable = |text: &String| text.is_empty() || text.chars().any(char::is_control);
        if value.as_ref().is_some_and(unusable) {
            problems
                .push(format!("{name} must be text without control characters; leave it out for a made one"));
        }
    }
    if given.cinetpay_site_id.as_ref().is_some_and(|id| !id.bytes().all(|byte| byte.is_ascii_digit())) {
        problems.push("cinetpay_site_id must be digits only".to_owned());
    }
    problems
}

const CURRENCIES: [&str; 6] = ["XOF", "XAF", "CDF", "GNF", "USD", "ANY"];

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            auto: Some(Duration::from_millis(150)),
            callback_attempts: 3,
            callback_pause: Duration::from_millis(200),
            callback_timeout: Duration::from_secs(5),
            allowed_callback_hosts: Vec::new(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: None,
            seed: 1,
            #[cfg(feature = "store")]
            store: None,
            capacity: 250_000,
            cinetpay_currency: "XOF".to_owned(),
            transfer_balance: 10_000_000,
            transfer_token_life: Duration::from_secs(300),
            email_confirmation: false,
            ip_allowed: true,
            checkout: CheckoutChoices::default(),
            transfer: TransferChoices::default(),
            bitlipa: BitlipaChoices::default(),
            adullam: AdullamChoices::default(),
            latency: None,
            latencies: Vec::new(),
            drip_pause: Duration::from_secs(1),
            faults: Vec::new(),
            endings: Vec::new(),
            magic: true,
            credentials: Credentials::default(),
            merchants: Vec::new(),
        }
    }
}

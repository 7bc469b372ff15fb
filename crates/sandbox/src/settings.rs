//! What can be chosen when the sandbox starts.

use std::time::Duration;

use crate::choices::{AdullamChoices, BitlipaChoices, CheckoutChoices, TransferChoices};

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
    /// The first of [five consecutive ports](crate::Endpoints); `None` takes free ones. Default: `None`.
    pub port: Option<u16>,
    /// The source of all ids, tokens and credentials: equal seeds give equal ones. Default: 1.
    pub seed: u64,
    /// The file that keeps the state, made when it is not there; the end of the process loses nothing that was
    /// answered. Only one sandbox at a time can use it. `None` keeps the state in memory. Default: `None`.
    #[cfg(feature = "store")]
    pub store: Option<std::path::PathBuf>,
    /// How many orders (and contacts) each gateway keeps; further ones are answered with HTTP 503.
    /// Default: 250,000.
    pub capacity: usize,
    /// The currency of the CinetPay checkout account. Default: `XOF`.
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
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            auto: Some(Duration::from_millis(150)),
            callback_attempts: 3,
            callback_pause: Duration::from_millis(200),
            callback_timeout: Duration::from_secs(5),
            allowed_callback_hosts: Vec::new(),
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
        }
    }
}

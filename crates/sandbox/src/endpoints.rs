//! Where the gateways listen and the credentials they accept.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::settings::Credentials;

/// Base URLs and ready-made credentials of every gateway.
///
/// Each host of the documents has a port of its own. With [`Settings::port`](crate::Settings::port) they are,
/// from that port on: CinetPay checkout, CinetPay transfer, Bitlipa's API, Bitlipa's hosted page, Adullam,
/// the admin API.
/// The credentials begin with `sandbox` (CinetPay's site id is digits only), so that a client can refuse
/// to send them anywhere but to a loopback address.
///
/// Serialized, this is the line that a program in any language reads to find the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Endpoints {
    /// CinetPay's checkout v2 and transfer v1.
    pub cinetpay: CinetPayEndpoints,
    /// Bitlipa's API and hosted page.
    pub bitlipa: BitlipaEndpoints,
    /// Adullam's API.
    pub adullam: AdullamEndpoints,
    /// The admin API and the index page, without a slash at the end.
    pub admin_url: String,
}

/// Where CinetPay listens and whom it knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CinetPayEndpoints {
    /// In place of `https://api-checkout.cinetpay.com`, without a slash at the end.
    pub checkout_url: String,
    /// In place of `https://client.cinetpay.com`, without a slash at the end.
    pub transfer_url: String,
    /// The key of checkout and transfer.
    pub apikey: String,
    /// The service of the checkout: digits.
    pub site_id: String,
    /// Signs the notifications of the checkout (`x-token`).
    pub secret_key: String,
    /// The API password of the transfer login.
    pub password: String,
}

/// Where Bitlipa listens and whom it knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct BitlipaEndpoints {
    /// The API's host, without a slash at the end.
    pub base_url: String,
    /// In place of `https://hpp.bitlipa.net/`, with the slash at the end.
    pub hosted_page_url: String,
    /// Stands in the path of every call.
    pub public_id: String,
    /// Stands in the body of every call.
    pub merchant_id: String,
    /// Signs requests, hosted-page links and callbacks; used as text.
    pub secret: String,
}

/// Where Adullam listens and whom it knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct AdullamEndpoints {
    /// In place of `https://api.adullam.dev`, without a slash at the end.
    pub base_url: String,
    /// For `Authorization: Bearer` or `x-auth`.
    pub token: String,
}

impl Endpoints {
    /// What one merchant has to know. The seed is the merchant's own.
    pub(crate) fn new(addresses: &[SocketAddr; 6], seed: u64, given: &Credentials) -> Endpoints {
        let [checkout, transfer, bitlipa, hosted_page, adullam, admin_url] =
            addresses.map(|at| format!("http://{at}"));
        let given = given.clone();
        let mut dice = Dice::new(seed, 0);
        let mut secret = |kind: &str| format!("sandbox-{kind}-{}", dice.hex(24));
        let cinetpay = CinetPayEndpoints {
            checkout_url: checkout,
            transfer_url: transfer,
            apikey: secret("apikey"),
            site_id: String::new(),
            secret_key: secret("secret"),
            password: secret("password"),
        };
        let bitlipa = BitlipaEndpoints {
            base_url: bitlipa,
            hosted_page_url: format!("{hosted_page}/"),
            // The documents' ids are letters and digits only.
            public_id: secret("public").replace('-', ""),
            merchant_id: secret("merchant").replace('-', ""),
            secret: secret("secret"),
        };
        let adullam = AdullamEndpoints { base_url: adullam, token: secret("token") };
        let site_id = format!("900{}", dice.digits(4));
        // All are made even when they are replaced, so that each depends on the seed alone.
        Endpoints {
            cinetpay: CinetPayEndpoints {
                apikey: given.cinetpay_apikey.unwrap_or(cinetpay.apikey),
                site_id: given.cinetpay_site_id.unwrap_or(site_id),
                secret_key: given.cinetpay_secret_key.unwrap_or(cinetpay.secret_key),
                password: given.cinetpay_password.unwrap_or(cinetpay.password),
                ..cinetpay
            },
            bitlipa: BitlipaEndpoints {
                public_id: given.bitlipa_public_id.unwrap_or(bitlipa.public_id),
                merchant_id: given.bitlipa_merchant_id.unwrap_or(bitlipa.merchant_id),
                secret: given.bitlipa_secret.unwrap_or(bitlipa.secret),
                ..bitlipa
            },
            adullam: AdullamEndpoints { token: given.adullam_token.unwrap_or(adullam.token), ..adullam },
            admin_url,
        }
    }
}

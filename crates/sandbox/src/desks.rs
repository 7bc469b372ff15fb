//! The gateways of one merchant, made from the settings.

use crate::adullam::{self, Adullam};
use crate::bitlipa::{self, Bitlipa};
use crate::cinetpay::checkout::{self, Checkout};
use crate::cinetpay::transfer::{self, Transfer};
use crate::endings::Endings;
use crate::endpoints::Endpoints;
use crate::gateway::Gateway;
use crate::html::Guard;
use crate::merchants::{MAIN, Merchant};
use crate::settings::Settings;
use crate::store::{Constant, Store};

/// A merchant and what it has to know.
pub(crate) struct Known {
    pub(crate) name: Constant,
    pub(crate) merchant: Merchant,
    pub(crate) endpoints: Endpoints,
}

/// What the gateways of all merchants have in common.
pub(crate) struct Shared<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) store: &'a Store,
    pub(crate) guard: &'a Guard,
    pub(crate) endings: &'a Endings,
}

impl Shared<'_> {
    /// In the order of the places.
    pub(crate) fn gateways(&self, known: &Known) -> [Box<dyn Gateway>; 4] {
        let Settings { capacity, magic, .. } = *self.settings;
        let Known { name, merchant, endpoints } = known;
        let name = *name;
        let seed = merchant.seed(self.settings.seed);
        let store = if name == MAIN { self.store.clone() } else { self.store.of_merchant(name) };
        let auto = merchant.auto;
        let checkout = Checkout::new(checkout::Config {
            merchant: name,
            apikey: endpoints.cinetpay.apikey.clone(),
            site_id: endpoints.cinetpay.site_id.clone(),
            secret_key: endpoints.cinetpay.secret_key.clone(),
            currency: merchant.cinetpay_currency.clone(),
            base_url: endpoints.cinetpay.checkout_url.clone(),
            guard: self.guard.clone(),
            friends: self.settings.allowed_callback_hosts.clone(),
            store: store.clone(),
            auto,
            endings: self.endings.clone(),
            capacity,
            seed,
            magic,
            choices: merchant.checkout.clone(),
        });
        let transfer = Transfer::new(transfer::Config {
            merchant: name,
            apikey: endpoints.cinetpay.apikey.clone(),
            password: endpoints.cinetpay.password.clone(),
            store: store.clone(),
            token_life: merchant.transfer_token_life,
            balance: merchant.transfer_balance,
            ip_allowed: merchant.ip_allowed,
            email_confirmation: merchant.email_confirmation,
            magic,
            choices: merchant.transfer.clone(),
            auto,
            endings: self.endings.clone(),
            capacity,
            seed,
        });
        let bitlipa = Bitlipa::new(bitlipa::Config {
            merchant: name,
            public_id: endpoints.bitlipa.public_id.clone(),
            merchant_id: endpoints.bitlipa.merchant_id.clone(),
            secret: endpoints.bitlipa.secret.clone(),
            hosted_page_url: endpoints.bitlipa.hosted_page_url.clone(),
            guard: self.guard.clone(),
            store: store.clone(),
            auto,
            endings: self.endings.clone(),
            capacity,
            seed,
            magic,
            choices: merchant.bitlipa.clone(),
        });
        let adullam = Adullam::new(adullam::Config {
            merchant: name,
            token: endpoints.adullam.token.clone(),
            store,
            auto,
            endings: self.endings.clone(),
            capacity,
            seed,
            choices: merchant.adullam.clone(),
        });
        [Box::new(checkout), Box::new(transfer), Box::new(bitlipa), Box::new(adullam)]
    }
}

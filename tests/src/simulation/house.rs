//! Our clients, set up for the sandbox's gateways.

use std::sync::Arc;

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CheckoutConfig, CinetPay, TransferConfig};
use nzimbu_core::secret::Secret;
use nzimbu_core::{BaseUrl, Currency, PaymentProvider, SharedProvider};
use nzimbu_sandbox::Endpoints;

use super::orders::Kind;
use super::plain::{Copies, Plain};

/// The clients of one process, each with its own login.
#[derive(Clone, Debug)]
pub(super) struct House {
    cinetpay: SharedProvider,
    bitlipa: SharedProvider,
    adullam: SharedProvider,
    plain: SharedProvider,
    strict: SharedProvider,
}

impl House {
    pub(super) fn new(there: &Endpoints) -> Self {
        let address = |url: &str| BaseUrl::parse(url).expect("loopback is a base URL");
        let at = &there.adullam;
        let mut config = adullam::Config::new(adullam::Credentials::Bearer(Secret::new(&*at.token)));
        config.base_url = address(&at.base_url);
        let adullam = Adullam::new(config).expect("the sandbox's settings are good");
        let at = &there.bitlipa;
        let base = address(&at.base_url);
        let mut config =
            bitlipa::Config::new(base, &*at.public_id, &*at.merchant_id, Secret::new(&*at.secret));
        config.hosted_page = address(&at.hosted_page_url);
        let bitlipa = Bitlipa::new(config).expect("the sandbox's settings are good");
        let at = &there.cinetpay;
        let mut checkout = CheckoutConfig::new(Secret::new(&*at.apikey), &*at.site_id);
        checkout.base_url = address(&at.checkout_url);
        checkout.callback_secrets = vec![Secret::new(&*at.secret_key)];
        let mut transfer = TransferConfig::new(Secret::new(&*at.apikey), Secret::new(&*at.password));
        transfer.base_url = address(&at.transfer_url);
        transfer.currency = Some(Currency::Xof);
        let config = cinetpay::Config::new(Some(checkout), Some(transfer));
        let cinetpay = CinetPay::new(config).expect("the sandbox's settings are good");
        Self {
            cinetpay: Arc::new(cinetpay),
            bitlipa: Arc::new(bitlipa),
            adullam: Arc::new(adullam),
            plain: Arc::new(Plain::new(Copies::Executed)),
            strict: Arc::new(Plain::new(Copies::Refused)),
        }
    }

    pub(super) fn of(&self, kind: Kind) -> &dyn PaymentProvider {
        &**match kind {
            Kind::CinetPayPayout | Kind::CinetPayPayment => &self.cinetpay,
            Kind::BitlipaPayout | Kind::BitlipaPayment => &self.bitlipa,
            Kind::PlainPayout => &self.plain,
            Kind::StrictPayout => &self.strict,
            Kind::AdullamPayment => &self.adullam,
        }
    }

    /// The client of a gateway that calls back.
    pub(super) fn called_back_by(&self, ledger: &str) -> &dyn PaymentProvider {
        if ledger.starts_with("cinetpay") { &*self.cinetpay } else { &*self.bitlipa }
    }

    pub(super) fn all(&self) -> [&dyn PaymentProvider; 5] {
        [&*self.cinetpay, &*self.bitlipa, &*self.adullam, &*self.plain, &*self.strict]
    }
}

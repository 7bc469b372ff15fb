//! Which gateways the shop takes payments through: those of a sandbox, or those whose credentials are in the
//! environment.

use std::env;
use std::error::Error;
use std::sync::Arc;

use nzimbu::adullam::{self, Adullam};
use nzimbu::bitlipa::{self, Bitlipa};
use nzimbu::cinetpay::{self, CinetPay};
use nzimbu::{BaseUrl, Secret, SharedProvider};
use nzimbu_sandbox::Sandbox;

/// The gateways, ready for a cashier.
#[derive(Debug, Default)]
pub(crate) struct Served {
    pub(crate) providers: Vec<SharedProvider>,
}

impl Served {
    /// All gateways of a sandbox.
    pub(crate) fn sandbox(sandbox: &Sandbox, public: &str) -> Result<Self, Box<dyn Error>> {
        let ours = &sandbox.endpoints().cinetpay;
        let mut checkout = cinetpay::CheckoutConfig::new(Secret::new(&ours.apikey), &ours.site_id);
        checkout.base_url = BaseUrl::parse(&ours.checkout_url)?;
        checkout.callback_secrets = vec![Secret::new(&ours.secret_key)];
        let ours = &sandbox.endpoints().bitlipa;
        let base = BaseUrl::parse(&ours.base_url)?;
        let mut bitlipa =
            bitlipa::Config::new(base, &ours.public_id, &ours.merchant_id, Secret::new(&ours.secret));
        bitlipa.hosted_page = BaseUrl::parse(&ours.hosted_page_url)?;
        let ours = &sandbox.endpoints().adullam;
        let mut adullam = adullam::Config::new(adullam::Credentials::Bearer(Secret::new(&ours.token)));
        adullam.base_url = BaseUrl::parse(&ours.base_url)?;
        let mut served = Self::default();
        served.add_cinetpay(checkout, public)?;
        served.add_bitlipa(bitlipa, public)?;
        served.add_adullam(adullam)?;
        Ok(served)
    }

    /// The gateways whose credentials are in the environment.
    pub(crate) fn from_environment(public: &str) -> Result<Self, Box<dyn Error>> {
        let mut served = Self::default();
        if let (Some(apikey), Some(site_id), Some(secret)) =
            (secret("CINETPAY_APIKEY"), text("CINETPAY_SITE_ID"), secret("CINETPAY_SECRET_KEY"))
        {
            let mut checkout = cinetpay::CheckoutConfig::new(apikey, &site_id);
            checkout.callback_secrets = vec![secret];
            served.add_cinetpay(checkout, public)?;
        }
        if let (Some(base), Some(public_id), Some(merchant_id), Some(secret)) = (
            text("BITLIPA_BASE_URL"),
            text("BITLIPA_PUBLIC_ID"),
            text("BITLIPA_MERCHANT_ID"),
            secret("BITLIPA_SECRET"),
        ) {
            let base = BaseUrl::parse(&base)?;
            served.add_bitlipa(bitlipa::Config::new(base, &public_id, &merchant_id, secret), public)?;
        }
        if let Some(token) = secret("ADULLAM_TOKEN") {
            served.add_adullam(adullam::Config::new(adullam::Credentials::Bearer(token)))?;
        }
        if served.providers.is_empty() {
            return Err("no gateway has credentials: start with --sandbox, or set CINETPAY_APIKEY, \
                CINETPAY_SITE_ID and CINETPAY_SECRET_KEY; or BITLIPA_BASE_URL, BITLIPA_PUBLIC_ID, \
                BITLIPA_MERCHANT_ID and BITLIPA_SECRET; or ADULLAM_TOKEN"
                .into());
        }
        Ok(served)
    }

    fn add_cinetpay(
        &mut self,
        mut checkout: cinetpay::CheckoutConfig,
        public: &str,
    ) -> Result<(), Box<dyn Error>> {
        checkout.notify_url = Some(format!("{public}/callbacks/cinetpay"));
        checkout.return_url = Some(format!("{public}/"));
        self.providers.push(Arc::new(CinetPay::new(cinetpay::Config::new(Some(checkout), None))?));
        Ok(())
    }

    fn add_bitlipa(&mut self, mut config: bitlipa::Config, public: &str) -> Result<(), Box<dyn Error>> {
        config.notify_url = Some(format!("{public}/callbacks/bitlipa"));
        self.providers.push(Arc::new(Bitlipa::new(config)?));
        Ok(())
    }

    fn add_adullam(&mut self, config: adullam::Config) -> Result<(), Box<dyn Error>> {
        self.providers.push(Arc::new(Adullam::new(config)?));
        Ok(())
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn secret(name: &str) -> Option<Secret> {
    text(name).map(Secret::new)
}

//! The section `cinetpay`.

use std::path::Path;

use nzimbu::cinetpay::{CheckoutConfig, CinetPay, Config, TokenField, TransferConfig};
use nzimbu::{Currency, Language, Problems, Secret};

use super::secret::{Role, SecretRef};
use super::section::Section;
use super::{Addresses, Judge, entry};
use crate::lang::say;

/// Settings whose secrets are still where they belong.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    config: Config,
    checkout: Option<CheckoutSecrets>,
    transfer: Option<TransferSecrets>,
}

#[derive(Clone, Debug)]
struct CheckoutSecrets {
    api_key: SecretRef,
    callbacks: Vec<SecretRef>,
}

#[derive(Clone, Debug)]
struct TransferSecrets {
    api_key: SecretRef,
    password: SecretRef,
}

impl Part {
    pub(super) fn read(mut section: Section<'_, '_>, judge: &Judge<'_>) -> Option<Self> {
        let language = section.word("language", &[("en", Language::En), ("fr", Language::Fr)]);
        let limits = entry::limits(&mut section, "limits");
        let operators = entry::read(&mut section, "operators");
        let (has_checkout, has_transfer) = (section.has("checkout"), section.has("transfer"));
        let checkout = section.section("checkout").and_then(|inner| checkout(inner, judge));
        let transfer = section.section("transfer").and_then(|inner| transfer(inner, judge));
        if !has_checkout && !has_transfer {
            section.fault(say!(
                "has neither `checkout` (to collect) nor `transfer` (to pay out): add one",
                "n'a ni `checkout` (pour encaisser) ni `transfer` (pour payer) : ajoutez l'un des deux",
            ));
        }
        section.end();
        let (checkout, checkout_secrets) = checkout.unzip();
        let (transfer, transfer_secrets) = transfer.unzip();
        let mut config = Config::new(checkout, transfer);
        config.language = language;
        config.limits = limits;
        config.operators = operators;
        Some(Self { config, checkout: checkout_secrets, transfer: transfer_secrets })
    }

    pub(crate) fn secrets(&self) -> Vec<&SecretRef> {
        let mut all = Vec::new();
        if let Some(checkout) = &self.checkout {
            all.push(&checkout.api_key);
            all.extend(&checkout.callbacks);
        }
        if let Some(transfer) = &self.transfer {
            all.extend([&transfer.api_key, &transfer.password]);
        }
        all
    }

    /// The currency of the account for payouts.
    pub(crate) fn transfer_currency(&self) -> Option<Currency> {
        self.config.transfer.as_ref()?.currency
    }

    /// The addresses of the API, and those for callbacks.
    pub(crate) fn addresses(&self) -> (Addresses, Addresses) {
        let Config { checkout, transfer, .. } = &self.config;
        let (mut apis, mut callbacks) = (Vec::new(), Vec::new());
        if let Some(checkout) = checkout {
            apis.push(("checkout", checkout.base_url.as_str().to_owned()));
            callbacks.extend(checkout.notify_url.clone().map(|url| ("checkout.notify_url", url)));
        }
        if let Some(transfer) = transfer {
            apis.push(("transfer", transfer.base_url.as_str().to_owned()));
            callbacks.extend(transfer.notify_url.clone().map(|url| ("transfer.notify_url", url)));
        }
        (apis, callbacks)
    }

    pub(crate) fn has_checkout(&self) -> bool {
        self.checkout.is_some()
    }

    pub(crate) fn has_transfer(&self) -> bool {
        self.transfer.is_some()
    }

    pub(super) fn build<E>(
        &self,
        mut fetch: impl FnMut(&SecretRef) -> Result<Secret, E>,
    ) -> Result<Result<CinetPay, Problems>, E> {
        let mut config = self.config.clone();
        if let (Some(checkout), Some(secrets)) = (&mut config.checkout, &self.checkout) {
            checkout.api_key = fetch(&secrets.api_key)?;
            checkout.callback_secrets = secrets.callbacks.iter().map(&mut fetch).collect::<Result<_, E>>()?;
        }
        if let (Some(transfer), Some(secrets)) = (&mut config.transfer, &self.transfer) {
            transfer.api_key = fetch(&secrets.api_key)?;
            transfer.password = fetch(&secrets.password)?;
        }
        Ok(CinetPay::new(config))
    }
}

fn checkout(mut section: Section<'_, '_>, judge: &Judge<'_>) -> Option<(CheckoutConfig, CheckoutSecrets)> {
    let folder: &Path = judge.folder;
    let base_url = judge.base_url(&mut section, "base_url", Some("https://api-checkout.cinetpay.com"));
    let api_key = section.needed_secret("api_key", Role::Credential, folder);
    let site_id = section.needed("site_id");
    let callbacks = section.secrets("callback_secrets", Role::Credential, folder);
    let mut config = CheckoutConfig::new(Secret::new(""), site_id.unwrap_or_default());
    config.currency = section.parsed("currency", Currency::parse);
    config.notify_url = section.text("notify_url");
    config.return_url = section.text("return_url");
    config.page_hosts = section.texts("page_hosts").unwrap_or_default();
    let fields = [("payment_token", TokenField::PaymentToken), ("token", TokenField::Token)];
    config.token_field = section.word("token_field", &fields).unwrap_or_default();
    section.end();
    config.base_url = base_url?;
    Some((config, CheckoutSecrets { api_key: api_key?, callbacks }))
}

fn transfer(mut section: Section<'_, '_>, judge: &Judge<'_>) -> Option<(TransferConfig, TransferSecrets)> {
    let folder: &Path = judge.folder;
    let base_url = judge.base_url(&mut section, "base_url", Some("https://client.cinetpay.com"));
    let api_key = section.needed_secret("api_key", Role::Credential, folder);
    let password = section.needed_secret("password", Role::Credential, folder);
    let mut config = TransferConfig::new(Secret::new(""), Secret::new(""));
    config.currency = section.parsed("currency", Currency::parse);
    config.notify_url = section.text("notify_url");
    section.end();
    config.base_url = base_url?;
    Some((config, TransferSecrets { api_key: api_key?, password: password? }))
}

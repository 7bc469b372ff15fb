//! The section `bitlipa`.

use nzimbu::bitlipa::{Bitlipa, Config, Schema};
use nzimbu::{Problems, Secret};

use super::secret::{Role, SecretRef};
use super::section::Section;
use super::{Addresses, Judge, entry};

/// Settings whose secrets are still where they belong.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    config: Config,
    secrets: Vec<SecretRef>,
    hosted_page: Option<SecretRef>,
}

impl Part {
    pub(super) fn read(mut section: Section<'_, '_>, judge: &Judge<'_>) -> Option<Self> {
        // No document gives the address of the API.
        let base_url = judge.base_url(&mut section, "base_url", None);
        let public_id = section.needed("public_id");
        let merchant_id = section.needed("merchant_id");
        if !section.has("secrets") {
            section.missing("secrets");
        }
        let secrets = section.secrets("secrets", Role::Credential, judge.folder);
        let hosted_page = section.secret("hosted_page_secret", Role::Credential, judge.folder);
        let page_url = judge.base_url(&mut section, "hosted_page", Some("https://hpp.bitlipa.net"));
        let notify_url = section.text("notify_url");
        let banks_path = section.text("banks_path");
        let redirect_hosts = section.texts("redirect_hosts");
        let limits = entry::limits(&mut section, "limits");
        let phone_rules = entry::limits(&mut section, "phone_rules");
        let field_rules = entry::limits(&mut section, "field_rules");
        let directory = entry::read(&mut section, "directory");
        let picks = section.numbers("picks").unwrap_or_default();
        let schemas = [("strict", Schema::Strict), ("lenient", Schema::Lenient)];
        let callback_schema = section.word("callback_schema", &schemas).unwrap_or_default();
        let callback_keys = section.texts("callback_keys").unwrap_or_default();
        section.end();
        let mut config = Config::new(base_url?, public_id?, merchant_id?, Secret::new(""));
        config.hosted_page = page_url?;
        config.notify_url = notify_url;
        config.banks_path = banks_path;
        config.redirect_hosts = redirect_hosts.unwrap_or(config.redirect_hosts);
        config.limits = limits;
        config.phone_rules = phone_rules;
        config.field_rules = field_rules;
        config.directory = directory;
        config.picks = picks;
        config.callback_schema = callback_schema;
        config.callback_keys = callback_keys;
        Some(Self { config, secrets, hosted_page })
    }

    pub(crate) fn secrets(&self) -> Vec<&SecretRef> {
        self.secrets.iter().chain(&self.hosted_page).collect()
    }

    /// The address of the API, and the one for callbacks.
    pub(crate) fn addresses(&self) -> (Addresses, Addresses) {
        let api = ("api", self.config.base_url.as_str().to_owned());
        let callbacks = self.config.notify_url.clone().map(|url| ("notify_url", url));
        (vec![api], callbacks.into_iter().collect())
    }

    pub(super) fn build<E>(
        &self,
        mut fetch: impl FnMut(&SecretRef) -> Result<Secret, E>,
    ) -> Result<Result<Bitlipa, Problems>, E> {
        let mut config = self.config.clone();
        config.secrets = self.secrets.iter().map(&mut fetch).collect::<Result<_, E>>()?;
        config.hosted_page_secret = self.hosted_page.as_ref().map(&mut fetch).transpose()?;
        Ok(Bitlipa::new(config))
    }
}

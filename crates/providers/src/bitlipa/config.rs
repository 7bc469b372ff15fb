//! The settings of a Bitlipa account.

use std::fmt;

use nzimbu_core::redact;
use nzimbu_core::secret::Secret;
use nzimbu_core::{BaseUrl, Directory, Entry, Fault, Problems};

use super::{CallbackVerifier, Schema, directory, rules};
use crate::{Limits, check};

/// Settings of [`Bitlipa`](super::Bitlipa). `Debug` shows neither secrets nor the address of callbacks, which nobody
/// should be able to guess.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Where the API lives. No document gives the address; Bitlipa tells it with the credentials.
    pub base_url: BaseUrl,
    /// The merchant's id in paths.
    pub public_id: String,
    /// The merchant's id in bodies.
    pub merchant_id: String,
    /// `secretKey`, newest first: the first one signs, each may have signed a callback. It is used as the text that
    /// it is, also where it looks like hexadecimal digits.
    pub secrets: Vec<Secret>,
    /// A secret for hosted-page links alone, if Bitlipa gives one: ask for it, because customers see these
    /// signatures. Without it links are signed with the first of `secrets`.
    pub hosted_page_secret: Option<Secret>,
    /// Where callbacks are posted when a request does not say.
    pub notify_url: Option<String>,
    /// The last part of the path of the list of banks, which is missing from the page: `banks`, for instance.
    pub banks_path: Option<String>,
    /// The hosted payment page; `https://hpp.bitlipa.net` by default.
    pub hosted_page: BaseUrl,
    /// Hosts that pages for customers may be on. No document names the hosts of `customer_redirect`; `.bitlipa.net`,
    /// every host below it, by default. The hosted page's own host is always among them.
    pub redirect_hosts: Vec<String>,
    /// What to do with the directory's least and most amounts.
    pub limits: Limits,
    /// What to do with phones of another country than the directory's.
    pub phone_rules: Limits,
    /// What to do with fields that the directory calls needed.
    pub field_rules: Limits,
    /// Entries of your own, which win over the built-in ones: another phone shape, limit, flow or id.
    pub directory: Vec<Entry>,
    /// The provider ids that your contract gives you, where the directory has several for one operator. Two for the
    /// same operator, direction and currency pick neither.
    pub picks: Vec<u32>,
    /// What happens to a callback that carries a good signature and breaks the schema.
    pub callback_schema: Schema,
    /// Members of callbacks that are allowed besides the known ones, such as `extra.note` or `fee`.
    pub callback_keys: Vec<String>,
}

impl Config {
    /// Settings for this account.
    #[must_use]
    pub fn new(
        base_url: BaseUrl,
        public_id: impl Into<String>,
        merchant_id: impl Into<String>,
        secret: Secret,
    ) -> Self {
        Self {
            base_url,
            public_id: public_id.into(),
            merchant_id: merchant_id.into(),
            secrets: vec![secret],
            hosted_page_secret: None,
            notify_url: None,
            banks_path: None,
            hosted_page: BaseUrl::parse("https://hpp.bitlipa.net")
                .expect("the documented address is a base URL"),
            redirect_hosts: vec![".bitlipa.net".into()],
            limits: Limits::Enforced,
            phone_rules: Limits::Enforced,
            field_rules: Limits::Enforced,
            directory: Vec::new(),
            picks: Vec::new(),
            callback_schema: Schema::Strict,
            callback_keys: Vec::new(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        for (field, id) in [("public_id", &self.public_id), ("merchant_id", &self.merchant_id)] {
            if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            {
                problems.add(field, Fault::wrong("letters, digits, - and _: copy it from Bitlipa's message"));
            }
        }
        if self.secrets.is_empty() {
            problems.add("secrets", Fault::Missing);
        }
        for secret in &self.secrets {
            check::credential(&mut problems, "secrets", secret, &self.base_url);
        }
        if let Some(secret) = &self.hosted_page_secret {
            check::credential(&mut problems, "hosted_page_secret", secret, &self.base_url);
        }
        if let Some(url) = &self.notify_url {
            rules::notify_url(&mut problems, self, url);
        }
        if let Some(path) = &self.banks_path {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte);
            if path.is_empty() || path.starts_with('/') || !path.bytes().all(plain) {
                problems
                    .add("banks_path", Fault::wrong("letters, digits, -, _ and /, without a slash first"));
            }
        }
        for entry in &self.directory {
            if entry.code.parse::<u32>().is_err() {
                problems
                    .add("directory", Fault::wrong("made of entries whose code is a provider id, a number"));
            }
            if !entry.needs.iter().all(|need| rules::is_need(need, entry.operation)) {
                let known = "made of entries that need name, email, phone or address of payer or recipient, and \
                             for payouts bank_code and document";
                problems.add("directory", Fault::wrong(known));
            }
            if [entry.least, entry.most].iter().flatten().any(|limit| limit.currency() != entry.currency) {
                let wanted = "made of entries whose least and most are in their own currency";
                problems.add("directory", Fault::wrong(wanted));
            }
            if !rules::CURRENCIES.contains(&entry.currency) {
                problems
                    .add("directory", Fault::wrong("made of entries in currencies that Bitlipa works in"));
            }
        }
        for pick in &self.picks {
            if !directory::ENTRIES.iter().any(|entry| entry.code.parse() == Ok(*pick)) {
                let known =
                    "made of provider ids of the built-in directory: add others as entries of `directory`";
                problems.add("picks", Fault::wrong(known));
            }
        }
        if let Err(more) = self.verifier() {
            problems.extend(more);
        }
        problems.into_result()
    }

    pub(super) fn verifier(&self) -> Result<CallbackVerifier, Problems> {
        CallbackVerifier::of_checked(&self.secrets)
            .for_merchant(&self.merchant_id)
            .with_schema(self.callback_schema)
            .allowing(&self.callback_keys)
    }

    pub(super) fn whole_directory(&self) -> Directory {
        let is_picked = |entry: &&Entry| entry.code.parse().is_ok_and(|id| self.picks.contains(&id));
        // Which of two is meant nobody can tell, so that both leave the choice open.
        let is_alone = |entry: &&Entry| {
            directory::ENTRIES.iter().filter(is_picked).all(|other| {
                other.code == entry.code
                    || (other.country, &other.operator, other.operation, other.currency)
                        != (entry.country, &entry.operator, entry.operation, entry.currency)
            })
        };
        let picked = directory::ENTRIES.iter().filter(is_picked).filter(is_alone);
        picked.chain(&self.directory).cloned().fold(Directory::new(directory::ENTRIES), Directory::with)
    }

    pub(super) fn page_hosts(&self) -> Vec<String> {
        let mut hosts = self.redirect_hosts.clone();
        hosts.push(self.hosted_page.host().to_ascii_lowercase());
        if self.base_url.is_loopback() {
            hosts.push(self.base_url.host().to_ascii_lowercase());
        }
        hosts
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: [(&str, &dyn fmt::Debug); 15] = [
            ("base_url", &self.base_url),
            ("public_id", &self.public_id),
            ("merchant_id", &self.merchant_id),
            ("secrets", &self.secrets),
            ("hosted_page_secret", &self.hosted_page_secret),
            ("banks_path", &self.banks_path),
            ("hosted_page", &self.hosted_page),
            ("redirect_hosts", &self.redirect_hosts),
            ("limits", &self.limits),
            ("phone_rules", &self.phone_rules),
            ("field_rules", &self.field_rules),
            ("directory", &self.directory),
            ("picks", &self.picks),
            ("callback_schema", &self.callback_schema),
            ("callback_keys", &self.callback_keys),
        ];
        redact::fields(f, "Config", &shown, &[("notify_url", self.notify_url.is_some())])
    }
}

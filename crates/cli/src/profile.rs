//! Profiles: which gateways, in which environment, with which settings, and where their secrets are.
//!
//! A file holds any number of them:
//!
//! ```toml
//! default_profile = "sandbox"
//!
//! [profile.live]
//! environment = "live"
//! namespace = "shop/live"
//!
//! [profile.live.cinetpay.checkout]
//! api_key = { env = "CINETPAY_APIKEY" }
//! site_id = "445160"
//! callback_secrets = [{ file = "secrets/cinetpay" }]
//! ```
//!
//! The whole file is checked, also the profiles that are not used: an error in `live` is better found on a quiet day.

mod adullam;
mod bitlipa;
mod cinetpay;
mod daily;
mod entry;
mod environment;
mod find;
mod http;
mod secret;
mod section;
mod wrong;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nzimbu::adullam::Adullam;
use nzimbu::bitlipa::Bitlipa;
use nzimbu::cinetpay::CinetPay;
use nzimbu::{BaseUrl, HttpSettings, Problems, Secret, SharedProvider};
use toml::de::DeTable;

use crate::args::Gateway;
use crate::args::common::Settings;
use crate::lang::{Text, say};

pub(crate) use self::daily::{Batch, Journal, Listen, Server, Store, Timing, target};
pub(crate) use self::entry::{FLOWS, SHAPES};
pub(crate) use self::environment::Environment;
pub(crate) use self::secret::{SecretRef, Vault};
pub(crate) use self::wrong::{Place, Wrong};

use self::section::Section;
use self::wrong::Found;

/// One profile.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) file: PathBuf,
    pub(crate) environment: Environment,
    /// What keeps apart the ids of merchants and environments that share an account.
    pub(crate) namespace: Option<String>,
    http: http::Part,
    pub(crate) cinetpay: Option<cinetpay::Part>,
    bitlipa: Option<bitlipa::Part>,
    adullam: Option<adullam::Part>,
    pub(crate) journal: Option<Journal>,
    pub(crate) listen: Option<Listen>,
    pub(crate) batch: Batch,
    pub(crate) timing: Timing,
    places: BTreeMap<String, Place>,
}

/// Why there is no profile.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// There is no file at all.
    Absent,
    /// The file cannot be read.
    Unreadable { file: PathBuf, told: Text },
    /// The file, or what it refers to, is wrong.
    Wrong { file: PathBuf, wrong: Vec<Wrong> },
}

/// A gateway, ready to be asked. The typed APIs stay reachable for what only one gateway has.
#[derive(Debug)]
pub(crate) enum Connected {
    Adullam(Adullam),
    Bitlipa(Bitlipa),
    CinetPay(CinetPay),
}

impl Connected {
    pub(crate) fn shared(&self) -> SharedProvider {
        match self {
            Self::Adullam(provider) => Arc::new(provider.clone()),
            Self::Bitlipa(provider) => Arc::new(provider.clone()),
            Self::CinetPay(provider) => Arc::new(provider.clone()),
        }
    }
}

/// Addresses with what they are for.
type Addresses = Vec<(&'static str, String)>;

impl Profile {
    /// The profile that the arguments, the environment and the file choose.
    ///
    /// # Errors
    /// When there is no file or no such profile, and with every fault of the whole file.
    pub(crate) fn find(settings: &Settings) -> Result<Self, Unfit> {
        let Some(file) = find::file(settings) else { return Err(Unfit::Absent) };
        let text = std::fs::read_to_string(&file).map_err(|error| {
            let reason = error.kind();
            let told = say!("cannot be read ({reason})", "est illisible ({reason})");
            Unfit::Unreadable { file: file.clone(), told }
        })?;
        let wanted = find::profile(settings);
        Self::read(&text, &file, wanted.as_deref()).map_err(|wrong| Unfit::Wrong { file, wrong })
    }

    /// Reads a whole file, and picks one profile of it.
    fn read(text: &str, file: &Path, wanted: Option<&str>) -> Result<Self, Vec<Wrong>> {
        let found = Found::new(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            // Its text shows the line, which may hold a secret; the message alone does not.
            let told = error.message();
            found.add("", error.span(), say!("is no TOML: {told}", "ce n'est pas du TOML : {told}"));
        }
        if !errors.is_empty() {
            found.into_result()?;
            return Err(Vec::new());
        }
        let span = 0..0;
        let mut root = Section::new(&found, String::new(), span, table.into_inner());
        let default = root.text("default_profile");
        let mut profiles = Vec::new();
        if let Some(mut all) = root.section("profile") {
            for name in all.names() {
                if let Some(section) = all.section_of_user(&name) {
                    profiles.extend(Self::of_section(name, section, &found, file));
                } else {
                    profiles.extend(None);
                }
            }
        }
        let names: Vec<_> = profiles.iter().map(|(name, _)| name.clone()).collect();
        root.end();
        let chosen = wanted.map(str::to_owned).or(default).or_else(|| match &*names {
            [only] => Some(only.clone()),
            _ => None,
        });
        let listed = names.join(", ");
        match &chosen {
            _ if names.is_empty() => found.add(
                "",
                None,
                say!(
                    "there is no profile in it: add [profile.NAME] with `environment`",
                    "il n'y a aucun profil : ajoutez [profile.NOM] avec `environment`",
                ),
            ),
            None => found.add(
                "",
                None,
                say!(
                    "there are several profiles and none is chosen: give --profile one of {listed}, or set \
                     `default_profile`",
                    "il y a plusieurs profils et aucun n'est choisi : donnez à --profile l'un de {listed}, ou \
                     indiquez `default_profile`",
                ),
            ),
            Some(name) if !names.contains(name) => found.add(
                "",
                None,
                say!(
                    "there is no profile of the name that was asked for: use one of {listed}",
                    "il n'y a pas de profil du nom demandé : prenez l'un de {listed}",
                ),
            ),
            Some(_) => {}
        }
        let places = found.into_result()?;
        let chosen = chosen.unwrap_or_default();
        let profile = profiles.into_iter().find(|(name, _)| *name == chosen).and_then(|(_, profile)| profile);
        let mut profile = profile.ok_or_else(Vec::new)?;
        profile.places = places;
        Ok(profile)
    }

    /// Every section is read before anything is given up, so that all faults are found.
    fn of_section(
        name: String,
        mut section: Section<'_, '_>,
        found: &Found<'_>,
        file: &Path,
    ) -> Option<(String, Option<Self>)> {
        let folder = file.parent().unwrap_or(Path::new(""));
        if !section.has("environment") {
            section.missing("environment");
        }
        let environment = section.word("environment", &Environment::WORDS);
        let namespace = section.text("namespace");
        let sandbox_hosts = section.texts("sandbox_hosts").unwrap_or_default();
        if environment == Some(Environment::Live) && !sandbox_hosts.is_empty() {
            section.fault(say!(
                "is live and names `sandbox_hosts`: remove them",
                "est réel et indique `sandbox_hosts` : retirez-les",
            ));
        }
        let judge = Judge { found, environment, sandbox_hosts: &sandbox_hosts, folder };
        let http = section.section("http").map(|inner| http::Part::read(inner, folder));
        let cinetpay = section.section("cinetpay").and_then(|inner| cinetpay::Part::read(inner, &judge));
        let bitlipa = section.section("bitlipa").and_then(|inner| bitlipa::Part::read(inner, &judge));
        let adullam = section.section("adullam").and_then(|inner| adullam::Part::read(inner, &judge));
        let journal = section.section("journal").and_then(|inner| Journal::read(inner, folder));
        let listen = section.section("listen").and_then(|inner| Listen::read(inner, folder));
        let batch = section.section("batch").map(Batch::read);
        let timing = section.section("timing").map(|inner| Timing::read(inner, environment));
        section.end();
        let profile = environment.map(|environment| Self {
            name: name.clone(),
            file: file.to_owned(),
            environment,
            namespace,
            http: http.unwrap_or_default(),
            cinetpay,
            bitlipa,
            adullam,
            journal,
            listen,
            batch: batch.unwrap_or_default(),
            timing: timing.unwrap_or_default(),
            places: BTreeMap::new(),
        });
        Some((name, profile))
    }

    /// The gateways that it has settings for.
    pub(crate) fn gateways(&self) -> Vec<Gateway> {
        let all = [
            (Gateway::Adullam, self.adullam.is_some()),
            (Gateway::Bitlipa, self.bitlipa.is_some()),
            (Gateway::Cinetpay, self.cinetpay.is_some()),
        ];
        all.into_iter().filter(|(_, set)| *set).map(|(gateway, _)| gateway).collect()
    }

    /// The references to a gateway's secrets.
    pub(crate) fn secrets(&self, gateway: Gateway) -> Vec<&SecretRef> {
        match gateway {
            Gateway::Adullam => self.adullam.as_ref().map(adullam::Part::secrets),
            Gateway::Bitlipa => self.bitlipa.as_ref().map(bitlipa::Part::secrets),
            Gateway::Cinetpay => self.cinetpay.as_ref().map(cinetpay::Part::secrets),
        }
        .unwrap_or_default()
    }

    /// The references to secrets that no gateway sees.
    pub(crate) fn private_secrets(&self) -> Vec<&SecretRef> {
        let mut all = self.http.secrets();
        if let Some(Journal { store, encryption_keys }) = &self.journal {
            if let Store::Postgres(server) = store {
                all.push(&server.url);
            }
            all.extend(encryption_keys);
        }
        if let Some(listen) = &self.listen {
            all.extend(&listen.segment);
            all.extend(&listen.forward_secrets);
        }
        all
    }

    /// The addresses of a gateway's APIs, and those of ours that it calls.
    pub(crate) fn addresses(&self, gateway: Gateway) -> (Addresses, Addresses) {
        match gateway {
            Gateway::Adullam => self.adullam.as_ref().map(adullam::Part::addresses),
            Gateway::Bitlipa => self.bitlipa.as_ref().map(bitlipa::Part::addresses),
            Gateway::Cinetpay => self.cinetpay.as_ref().map(cinetpay::Part::addresses),
        }
        .unwrap_or_default()
    }

    /// How calls travel.
    ///
    /// # Errors
    /// When a certificate or the proxy's address cannot be had.
    pub(crate) fn http(&self, vault: &Vault) -> Result<HttpSettings, Vec<Wrong>> {
        self.http.settings(vault, &format!("profile.{}.http", self.name))
    }

    /// A gateway with its secrets.
    ///
    /// # Errors
    /// When there are no settings for it, with every secret that cannot be had, or with every fault that the gateway
    /// finds in the settings.
    pub(crate) fn connect(&self, gateway: Gateway, vault: &Vault) -> Result<Connected, Vec<Wrong>> {
        let wrong: Vec<_> =
            self.secrets(gateway).into_iter().filter_map(|secret| vault.fetch(secret).err()).collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        self.build(gateway, |secret| vault.fetch(secret).map_err(|wrong| vec![wrong]))
    }

    /// A gateway for what needs no secret.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub(crate) fn stand_in(&self, gateway: Gateway) -> Result<Connected, Vec<Wrong>> {
        // A text that either environment lets pass, since it is sent nowhere.
        let text = match self.environment {
            Environment::Live => "stand-in",
            Environment::Sandbox => "sandbox-stand-in",
        };
        self.build(gateway, |_| Ok(Secret::new(text)))
    }

    fn build(
        &self,
        gateway: Gateway,
        fetch: impl FnMut(&SecretRef) -> Result<Secret, Vec<Wrong>>,
    ) -> Result<Connected, Vec<Wrong>> {
        let name = gateway.as_str();
        let built = match gateway {
            Gateway::Adullam => {
                self.adullam.as_ref().map(|part| Ok(part.build(fetch)?.map(Connected::Adullam)))
            }
            Gateway::Bitlipa => {
                self.bitlipa.as_ref().map(|part| Ok(part.build(fetch)?.map(Connected::Bitlipa)))
            }
            Gateway::Cinetpay => {
                self.cinetpay.as_ref().map(|part| Ok(part.build(fetch)?.map(Connected::CinetPay)))
            }
        };
        let path = format!("profile.{}.{name}", self.name);
        match built {
            None => {
                let told = say!(
                    "is missing: add the section [{path}] to use this gateway in this profile",
                    "manque : ajoutez la section [{path}] pour utiliser cette passerelle dans ce profil",
                );
                Err(vec![Wrong { key: path, place: None, told }])
            }
            Some(Err(wrong)) => Err(wrong),
            Some(Ok(Err(problems))) => Err(self.located(&path, &problems)),
            Some(Ok(Ok(connected))) => Ok(connected),
        }
    }

    /// The faults that a gateway finds, at the places of the keys that they are about.
    fn located(&self, path: &str, problems: &Problems) -> Vec<Wrong> {
        let located = problems.as_slice().iter().map(|problem| {
            let field = problem.field.as_str();
            let key = format!("{path}.{}", field.strip_prefix("credentials.").unwrap_or(field));
            Wrong { place: self.places.get(&key).copied(), told: crate::words::fault(&problem.fault), key }
        });
        located.collect()
    }
}

/// What every section is held against.
struct Judge<'a> {
    found: &'a Found<'a>,
    environment: Option<Environment>,
    sandbox_hosts: &'a [String],
    folder: &'a Path,
}

impl Judge<'_> {
    /// The address of a gateway, which has to belong to the environment; without one the documented, if there is one.
    fn base_url(
        &self,
        section: &mut Section<'_, '_>,
        name: &'static str,
        documented: Option<&str>,
    ) -> Option<BaseUrl> {
        if !section.has(name) {
            section.text(name);
            return match (documented, self.environment) {
                (Some(url), Some(Environment::Live)) => BaseUrl::parse(url).ok(),
                (Some(_), Some(Environment::Sandbox)) | (None, _) => {
                    section.missing(name);
                    None
                }
                (Some(_), None) => None,
            };
        }
        let (url, span) = section.base_url(name)?;
        if let Some(told) = self.environment.and_then(|is| is.fault(&url, self.sandbox_hosts)) {
            self.found.add(section.path(name), Some(span), told);
            return None;
        }
        Some(url)
    }
}

//! The profile's journal, and the cashier over it.

use std::time::Duration;

use nzimbu::SharedProvider;
use nzimbu_journal::{Cashier, Journal, Keys, Limits, PostgresSettings, PostgresTls, Timing};

use super::Session;
use crate::args::Gateway;
use crate::lang::say;
use crate::profile::{self, Environment};
use crate::trouble::Trouble;

/// What a command wants of the journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    /// To look at it, also while others write; nothing is made or changed.
    Look,
    /// To see whether it could be written.
    Check,
    /// To write into it; a new one is made where there is none.
    Write,
}

impl Session {
    /// The journal of the profile, if it belongs to this environment.
    pub(crate) fn journal(&self, access: Access) -> Result<Journal, Trouble> {
        let name = &self.profile.name;
        let Some(books) = &self.profile.journal else {
            return Err(Trouble::usage(say!(
                "the profile {name} has no journal: add [profile.{name}.journal] with `path`, a file on a disk that is \
                 kept and backed up",
                "le profil {name} n'a pas de journal : ajoutez [profile.{name}.journal] avec `path`, un fichier sur un \
                 disque conservé et sauvegardé",
            )));
        };
        let keys = self.encryption_keys(&books.encryption_keys)?;
        let opened = match (&books.store, access) {
            (profile::Store::File(path), Access::Check | Access::Write) => Journal::sqlite(path),
            (profile::Store::File(path), Access::Look) => Journal::sqlite_read_only(path),
            (profile::Store::Postgres(server), _) => Journal::postgres(self.server(server)?),
        };
        let journal = opened.map_err(|error| Trouble::journal(&error))?;
        self.belongs(&journal, access)?;
        Ok(match keys {
            Some(keys) => journal.encrypted(keys),
            None => journal,
        })
    }

    /// The keys that encrypt what is personal in the journal, if there are any.
    fn encryption_keys(&self, references: &[profile::SecretRef]) -> Result<Option<Keys>, Trouble> {
        if references.is_empty() {
            return Ok(None);
        }
        let (mut secrets, mut wrong) = (Vec::new(), Vec::new());
        for reference in references {
            match self.vault.fetch(reference) {
                Ok(secret) => secrets.push(secret),
                Err(fault) => wrong.push(fault),
            }
        }
        if !wrong.is_empty() {
            let told = say!("the section `journal` is unusable:", "la section `journal` est inutilisable :");
            return Err(Trouble::settings(told, &wrong));
        }
        Keys::new(&secrets).map(Some).map_err(|error| {
            Trouble::usage(say!(
                "`encryption_keys` of the section `journal`: {error}",
                "`encryption_keys` de la section `journal` : les clés sont inutilisables ({error})",
            ))
        })
    }

    /// Where the shared journal is, with its secrets.
    fn server(&self, server: &profile::Server) -> Result<PostgresSettings, Trouble> {
        let unusable =
            || say!("the section `journal` is unusable:", "la section `journal` est inutilisable :");
        let url = self.vault.fetch(&server.url).map_err(|wrong| Trouble::settings(unusable(), &[wrong]))?;
        let mut settings = PostgresSettings::new(url);
        if let Some(schema) = &server.schema {
            settings.schema.clone_from(schema);
        }
        if let Some(file) = &server.authorities {
            let pem = std::fs::read_to_string(file).map_err(|error| {
                let (file, reason) = (file.display(), error.kind());
                Trouble::usage(say!(
                    "{file} cannot be read ({reason}): put the certificates of the server's authority there, in PEM form",
                    "{file} est illisible ({reason}) : mettez-y les certificats de l'autorité du serveur, en PEM",
                ))
            })?;
            settings.tls = PostgresTls::Authorities(pem);
        }
        Ok(settings)
    }

    /// The cashier of the profile for these gateways, whose secrets are fetched.
    pub(crate) fn cashier(&self, journal: Journal, gateways: &[Gateway]) -> Result<Cashier, Trouble> {
        let mut providers: Vec<SharedProvider> = Vec::new();
        for gateway in gateways {
            providers.push(self.connect(*gateway)?.shared());
        }
        self.cashier_with(journal, providers)
    }

    /// The same with providers that are there already.
    pub(crate) fn cashier_with(
        &self,
        journal: Journal,
        providers: Vec<SharedProvider>,
    ) -> Result<Cashier, Trouble> {
        let cashier = Cashier::with(journal, providers, self.timing()?, Limits::default());
        for (gateway, rate) in &self.profile.batch.per_minute {
            let mut limits = Limits::default();
            limits.calls_per_minute = Some(*rate);
            cashier.limit(gateway, limits);
        }
        Ok(cashier)
    }

    /// The times by which orders are settled.
    pub(crate) fn timing(&self) -> Result<Timing, Trouble> {
        let mut timing = self.profile.timing.over(Timing::default());
        // A call that outlives its lease is taken for lost; with the default time-out this is the default lease.
        timing.lease = self.http_settings()?.total_timeout.saturating_mul(2).max(SHORTEST_LEASE);
        Ok(timing)
    }

    /// A journal that was first used by a live profile is never used by a sandbox profile, nor the reverse, nor by one
    /// that derives other ids from the same references.
    fn belongs(&self, journal: &Journal, access: Access) -> Result<(), Trouble> {
        let profile = &self.profile;
        let environment = profile.environment.as_str();
        if let Some(first) = memo(journal, access, ENVIRONMENT, environment)?
            && first != environment
        {
            return Err(other_environment(profile.environment, &first));
        }
        let Some(namespace) = profile.namespace.as_deref() else { return Ok(()) };
        match memo(journal, access, NAMESPACE, namespace)? {
            Some(first) if first != namespace => Err(other_namespace(namespace, &first)),
            _ => Ok(()),
        }
    }
}

fn memo(journal: &Journal, access: Access, name: &str, text: &str) -> Result<Option<String>, Trouble> {
    let told = match access {
        Access::Look | Access::Check => journal.recall(name).wait(),
        Access::Write => journal.remember(name, text).wait().map(Some),
    };
    told.map_err(|error| Trouble::journal(&error))
}

fn other_environment(ours: Environment, first: &str) -> Trouble {
    let trouble = Trouble::usage(say!(
        "the journal belongs to a {first} profile, and this one is {ours}: real orders and those of a sandbox never \
         meet",
        "le journal appartient à un profil {first}, et celui-ci est {ours} : les vraies commandes et celles d'un bac à \
         sable ne se mêlent jamais",
    ));
    trouble.with_remedy(say!(
        "name another file in the section `journal` of this profile, or use the profile that it belongs to",
        "indiquez un autre fichier dans la section `journal` de ce profil, ou prenez le profil auquel il appartient",
    ))
}

fn other_namespace(ours: &str, first: &str) -> Trouble {
    let trouble = Trouble::usage(say!(
        "the journal was begun with the namespace {first:?}, and the profile has {ours:?}: the same reference would get \
         a second id, and could be paid twice",
        "le journal a été commencé avec l'espace de noms {first:?}, et le profil a {ours:?} : la même référence aurait \
         un second identifiant, et pourrait être payée deux fois",
    ));
    trouble.with_remedy(say!(
        "set `namespace` back, or name another file in the section `journal`",
        "remettez l'ancien `namespace`, ou indiquez un autre fichier dans la section `journal`",
    ))
}

const SHORTEST_LEASE: Duration = Duration::from_secs(10);
const ENVIRONMENT: &str = "environment";
const NAMESPACE: &str = "namespace";

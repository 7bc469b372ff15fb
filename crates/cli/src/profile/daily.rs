//! The sections `journal`, `listen` and `batch`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nzimbu::{Currency, Money};

use super::secret::{Role, SecretRef};
use super::section::Section;
use crate::lang::say;

/// Where the journal is.
#[derive(Clone, Debug)]
pub(crate) enum Journal {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by its URL, which holds a password.
    Postgres(SecretRef),
}

impl Journal {
    pub(super) fn read(mut section: Section<'_, '_>, folder: &Path) -> Option<Self> {
        let (has_path, has_postgres) = (section.has("path"), section.has("postgres"));
        let path = section.file("path", folder);
        let postgres = section.secret("postgres", Role::Private, folder);
        if has_path == has_postgres {
            section.fault(say!(
                "needs exactly one of `path` (a SQLite file) and `postgres` (a reference to a URL): set one",
                "demande exactement l'un de `path` (un fichier SQLite) et `postgres` (la référence d'une URL) : \
                 indiquez-en un",
            ));
        }
        section.end();
        path.map(Self::File).or(postgres.map(Self::Postgres))
    }
}

/// How callbacks are received and passed on.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    /// Where to listen.
    pub(crate) address: SocketAddr,
    /// The application's own URL.
    pub(crate) forward_to: Option<String>,
    /// Signs what is passed on.
    pub(crate) forward_secret: Option<SecretRef>,
}

impl Listen {
    pub(super) fn read(mut section: Section<'_, '_>, folder: &Path) -> Option<Self> {
        if !section.has("address") {
            section.missing("address");
        }
        let address = section.parsed("address", |text| {
            text.parse::<SocketAddr>().map_err(|_| "write address and port, as in 127.0.0.1:4999")
        });
        let forward_to = section.parsed("forward_to", |text| {
            let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
            match rest {
                Some(rest) if !rest.is_empty() && !rest.contains(char::is_whitespace) => Ok(text.to_owned()),
                _ => Err("write an address that begins with https:// or http://"),
            }
        });
        let forward_secret = section.secret("forward_secret", Role::Private, folder);
        if forward_to.is_some() && forward_secret.is_none() {
            section.missing("forward_secret");
        }
        section.end();
        Some(Self { address: address?, forward_to, forward_secret })
    }
}

/// How batches are sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// How many orders are under way at once.
    pub(crate) concurrency: Option<u32>,
    /// How many orders begin in a minute, by gateway.
    pub(crate) per_minute: Vec<(&'static str, u32)>,
    /// Totals above which a second person has to approve.
    pub(crate) approval_above: Vec<Money>,
}

impl Batch {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let concurrency = section.number("concurrency", 1, 256).and_then(|most| u32::try_from(most).ok());
        let mut per_minute = Vec::new();
        if let Some(mut rates) = section.section("per_minute") {
            for gateway in ["adullam", "bitlipa", "cinetpay"] {
                let rate = rates.number(gateway, 1, 100_000).and_then(|rate| u32::try_from(rate).ok());
                per_minute.extend(rate.map(|rate| (gateway, rate)));
            }
            rates.end();
        }
        let mut approval_above: Vec<Money> = Vec::new();
        for text in section.texts("approval_above").unwrap_or_default() {
            let read = text
                .split_once(' ')
                .and_then(|(amount, code)| Money::parse_major(amount, Currency::parse(code).ok()?).ok());
            match read {
                Some(limit) if approval_above.iter().any(|other| other.currency() == limit.currency()) => {
                    section.fault(say!(
                        "has two limits of one currency in `approval_above`: leave one out",
                        "a deux plafonds d'une même devise dans `approval_above` : retirez-en un",
                    ));
                }
                Some(limit) => approval_above.push(limit),
                None => section.fault(say!(
                    "has something else than amounts in `approval_above`: write them as in \"1000000 XOF\"",
                    "a autre chose que des montants dans `approval_above` : écrivez-les comme \"1000000 XOF\"",
                )),
            }
        }
        section.end();
        Self { concurrency, per_minute, approval_above }
    }
}

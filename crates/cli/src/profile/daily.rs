//! The sections `journal`, `listen`, `batch` and `timing`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nzimbu::{Currency, Money};

use super::environment::Environment;
use super::secret::{Role, SecretRef};
use super::section::Section;
use crate::lang::say;

/// The journal.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    /// Where it is.
    pub(crate) store: Store,
    /// They encrypt what is personal in it: the first one encrypts, all of them decrypt.
    pub(crate) encryption_keys: Vec<SecretRef>,
}

/// Where the journal is.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<Server>),
}

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Its URL, which holds a password.
    pub(crate) url: SecretRef,
    /// The schema of the journal's tables.
    pub(crate) schema: Option<String>,
    /// Certificates of the authorities that sign the server's, in place of the system's.
    pub(crate) authorities: Option<PathBuf>,
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
        let schema = section.text("schema");
        let authorities = section.file("authorities", folder);
        let encryption_keys = section.secrets("encryption_keys", Role::Private, folder);
        if has_path && (schema.is_some() || authorities.is_some()) {
            section.fault(say!(
                "has `schema` or `authorities` beside `path`, and a file has neither: remove them",
                "a `schema` ou `authorities` à côté de `path`, or un fichier n'en a pas : retirez-les",
            ));
        }
        section.end();
        let server = |url| Store::Postgres(Box::new(Server { url, schema, authorities }));
        let store = path.map(Store::File).or(postgres.map(server))?;
        Some(Self { store, encryption_keys })
    }
}

/// How callbacks are received and passed on.
#[derive(Clone, Debug)]
pub(crate) struct Listen {
    /// Where to listen.
    pub(crate) address: SocketAddr,
    /// A part of the path that nobody can guess.
    pub(crate) segment: Option<SecretRef>,
    /// The application's own URL.
    pub(crate) forward_to: Option<String>,
    /// They sign what is passed on, newest first.
    pub(crate) forward_secrets: Vec<SecretRef>,
}

impl Listen {
    pub(super) fn read(mut section: Section<'_, '_>, folder: &Path) -> Option<Self> {
        if !section.has("address") {
            section.missing("address");
        }
        let address = section.parsed("address", |text| {
            text.parse::<SocketAddr>().map_err(|_| "write address and port, as in 127.0.0.1:4999")
        });
        let segment = section.secret("segment", Role::Private, folder);
        let forward_to = section.parsed("forward_to", target);
        let forward_secrets = section.secrets("forward_secret", Role::Private, folder);
        if forward_to.is_some() && forward_secrets.is_empty() {
            section.missing("forward_secret");
        }
        section.end();
        Some(Self { address: address?, segment, forward_to, forward_secrets })
    }
}

/// An address to which changes can be posted.
pub(crate) fn target(text: &str) -> Result<String, &'static str> {
    match nzimbu::http::is_safe_target(text) && !text.contains(char::is_whitespace) {
        true => Ok(text.to_owned()),
        false => Err("write an address that begins with https://, or with http:// on this very machine"),
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
                let rate = rates.number(gateway, 1, 1_000_000).and_then(|rate| u32::try_from(rate).ok());
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

/// The times by which orders are settled, where they are not the usual ones.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timing {
    grace: Option<Duration>,
    first_poll: Option<Duration>,
    most_poll: Option<Duration>,
    first_retry: Option<Duration>,
}

impl Timing {
    pub(super) fn read(mut section: Section<'_, '_>, environment: Option<Environment>) -> Self {
        let usual = nzimbu_journal::Timing::default();
        let timing = Self {
            grace: section.seconds("grace", 1, DAY),
            first_poll: section.seconds("first_poll", 1, DAY),
            most_poll: section.seconds("most_poll", 1, DAY),
            first_retry: section.seconds("first_retry", 1, DAY),
        };
        // An order that arrives after it was sent again is paid twice.
        if environment == Some(Environment::Live) && timing.grace.is_some_and(|grace| grace < usual.grace) {
            let least = usual.grace.as_secs();
            section.fault(say!(
                "is live and has a `grace` below {least} seconds, in which a request that is still under way would be \
                 sent again: raise it or leave it out",
                "est réel et a un `grace` sous {least} secondes, où une demande encore en chemin serait renvoyée : \
                 augmentez-le ou retirez-le",
            ));
        }
        section.end();
        timing
    }

    /// The usual times with those that were set.
    pub(crate) fn over(self, mut timing: nzimbu_journal::Timing) -> nzimbu_journal::Timing {
        timing.grace = self.grace.unwrap_or(timing.grace);
        timing.first_poll = self.first_poll.unwrap_or(timing.first_poll);
        timing.most_poll = self.most_poll.unwrap_or(timing.most_poll);
        timing.first_retry = self.first_retry.unwrap_or(timing.first_retry);
        timing
    }
}

const DAY: u64 = 86_400;

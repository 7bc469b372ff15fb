//! Where the server is, and how it is spoken to.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use nzimbu_core::secret::Secret;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::clock::{Clock, SteadyClock};
use crate::error::{JournalError, JournalErrorKind};

/// Where a journal in PostgreSQL is, and how it is spoken to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PostgresSettings {
    /// `postgres://user@host:5432/database`, or `host=… user=… dbname=…`. It may hold a password, hence it is one
    /// secret as a whole. Several hosts are tried in turn until one is the primary.
    pub connection: Secret,
    /// The password, when the connection string has none.
    pub password: Option<Secret>,
    /// How many connections there are at most, each with a thread of its own (8).
    pub connections: usize,
    /// The schema that holds the journal's tables (`nzimbu`): small letters, digits and `_`. It is made if it is
    /// missing. Journals in different schemas know nothing of each other.
    pub schema: String,
    /// How the connection is protected.
    pub tls: PostgresTls,
    /// How long a command waits for the server to come back before it gives up (30 s).
    pub patience: Duration,
    /// Measures the time between two looks at the database's clock, which is the one that counts.
    pub clock: Arc<dyn Clock>,
}

/// How the connection to PostgreSQL is protected. `sslmode` in the connection string is not looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PostgresTls {
    /// By certificates that this system trusts. A server on this machine is spoken to without TLS.
    System,
    /// By certificates that one of these authorities has signed: certificates in PEM form.
    Authorities(String),
    /// Not at all, though the server is on another machine: orders and personal data can be read and altered on the
    /// way. Only for networks that are protected otherwise.
    Unprotected,
}

impl PostgresSettings {
    /// The settings for a server, with the usual values.
    #[must_use]
    pub fn new(connection: Secret) -> Self {
        Self {
            connection,
            password: None,
            connections: 8,
            schema: "nzimbu".to_owned(),
            tls: PostgresTls::System,
            patience: Duration::from_secs(30),
            clock: Arc::new(SteadyClock::new()),
        }
    }

    /// Checks everything and says all that is wrong at once.
    pub(super) fn resolve(&self) -> Result<Address, JournalError> {
        let mut faults = Vec::new();
        if !(1..=512).contains(&self.connections) {
            faults.push(format!("`connections` is {}: 1 to 512 are possible", self.connections));
        }
        let mut letters = self.schema.bytes();
        let begins_well = letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_');
        let goes_on = letters.all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == b'_');
        if !begins_well || !goes_on || self.schema.len() > 63 || self.schema.starts_with("pg_") {
            faults.push(
                "`schema` has to be 1 to 63 of `a-z`, `0-9` and `_`, beginning with neither a digit nor `pg_`"
                    .to_owned(),
            );
        }
        // The parser's own words may repeat parts of a password.
        let config = self.connection.expose().parse::<Config>().inspect_err(|_| {
            faults.push(
                "`connection` cannot be read: write postgres://user@host:5432/database or host=… user=… dbname=…, \
                 and put a password with special characters into `password`"
                    .to_owned(),
            );
        });
        let tls = match &self.tls {
            PostgresTls::Authorities(pem) => trusting(pem),
            _ => trusting_the_system(),
        };
        let tls = tls.map_err(|fault| faults.push(fault));
        let homeless = |config: &Config| config.get_hosts().is_empty() && config.get_hostaddrs().is_empty();
        if config.as_ref().is_ok_and(homeless) {
            faults
                .push("`connection` names no host: add one, or the folder of the server's socket".to_owned());
        }
        match (config, tls) {
            (Ok(config), Ok(tls)) if faults.is_empty() => {
                Ok(Address { config: self.completed(config), tls: MakeRustlsConnect::new(tls) })
            }
            _ => Err(JournalError::new(
                JournalErrorKind::Unfit,
                format!("the settings of the PostgreSQL journal: {}", faults.join("; ")),
            )),
        }
    }

    fn completed(&self, mut config: Config) -> Config {
        if let Some(password) = &self.password {
            config.password(password.expose());
        }
        if config.get_application_name().is_none() {
            config.application_name("nzimbu");
        }
        let unprotected = match &self.tls {
            PostgresTls::System => is_on_this_machine(&config),
            PostgresTls::Authorities(_) => false,
            PostgresTls::Unprotected => true,
        };
        config.ssl_mode(if unprotected { SslMode::Disable } else { SslMode::Require });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        // A network that drops packets silently is noticed within half a minute.
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(25));
        if config.get_hosts().len() > 1 || config.get_hostaddrs().len() > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        config
    }
}

/// Settings that were checked.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

/// Whether every address leads to this machine, so that nobody is on the way.
fn is_on_this_machine(config: &Config) -> bool {
    let loopback = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // Where addresses are given, names are only for certificates.
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(loopback),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    }
}

fn trusting_the_system() -> Result<ClientConfig, String> {
    // A container without certificates trusts nobody, and still reaches a server on this machine.
    Ok(match builder()?.with_platform_verifier() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(_) => builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    })
}

fn trusting(pem: &str) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let added = certificate.map_err(|error| error.to_string());
        let added = added.and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added
            .map_err(|error| format!("`tls` has an authority that is no certificate in PEM form: {error}"))?;
    }
    if roots.is_empty() {
        return Err("`tls` names no authority: give at least one certificate in PEM form".to_owned());
    }
    Ok(builder()?.with_root_certificates(roots).with_no_client_auth())
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn settings(connection: &str) -> PostgresSettings {
        PostgresSettings::new(Secret::new(connection))
    }

    fn mode(connection: &str, tls: PostgresTls) -> SslMode {
        let mut settings = settings(connection);
        settings.tls = tls;
        settings.completed(connection.parse().unwrap()).get_ssl_mode()
    }

    #[test]
    fn tls_is_required_unless_the_server_is_here() {
        for here in [
            "postgres://u@localhost/d",
            "postgres://u@127.0.0.1/d",
            "host=/run/postgresql user=u",
            "host=::1 user=u",
        ] {
            assert_eq!(mode(here, PostgresTls::System), SslMode::Disable, "{here}");
        }
        for there in [
            "postgres://u@db.example/d?sslmode=disable",
            "postgres://u@10.0.0.7/d",
            "host=localhost,db.example user=u",
            "host=localhost hostaddr=10.0.0.7 user=u",
        ] {
            assert_eq!(mode(there, PostgresTls::System), SslMode::Require, "{there}");
        }
        assert_eq!(mode("postgres://u@10.0.0.7/d", PostgresTls::Unprotected), SslMode::Disable);
        let authorities = PostgresTls::Authorities(String::new());
        assert_eq!(mode("postgres://u@localhost/d", authorities), SslMode::Require);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_no_secret_is() {
        let mut settings = settings("postgres://u:hunter2?x@/d");
        settings.schema = "Nzimbu\"; DROP".to_owned();
        settings.connections = 0;
        settings.tls = PostgresTls::Authorities("no certificate".to_owned());
        settings.password = Some(Secret::new("hunter2"));
        let told = settings.resolve().err().unwrap().to_string();
        for field in ["`schema`", "`connections`", "`connection`", "`tls`"] {
            assert!(told.contains(field), "{field}: {told}");
        }
        assert!(!format!("{told} {settings:?}").contains("hunter2"), "{told}");
    }
}

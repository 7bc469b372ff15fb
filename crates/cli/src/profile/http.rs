//! The section `http`.

use std::path::PathBuf;
use std::time::Duration;

use nzimbu::{HttpSettings, IpFamily};

use super::secret::{Role, SecretRef, Vault};
use super::section::Section;
use super::wrong::Wrong;
use crate::lang::say;

/// How calls travel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    connect_timeout: Option<Duration>,
    read_timeout: Option<Duration>,
    total_timeout: Option<Duration>,
    user_agent: Option<String>,
    ip_family: IpFamily,
    extra_roots: Vec<PathBuf>,
    /// It may hold a password.
    proxy: Option<SecretRef>,
}

impl Part {
    pub(super) fn read(mut section: Section<'_, '_>, folder: &std::path::Path) -> Self {
        let part = Self {
            connect_timeout: section.seconds("connect_timeout", 1, 600),
            read_timeout: section.seconds("read_timeout", 1, 600),
            total_timeout: section.seconds("total_timeout", 1, 600),
            user_agent: section.text("user_agent"),
            ip_family: section
                .word("ip_family", &[("any", IpFamily::Any), ("v4", IpFamily::V4)])
                .unwrap_or_default(),
            extra_roots: section
                .texts("extra_roots")
                .unwrap_or_default()
                .iter()
                .map(|path| folder.join(path))
                .collect(),
            proxy: section.secret("proxy", Role::Private, folder),
        };
        section.end();
        part
    }

    pub(crate) fn secrets(&self) -> Vec<&SecretRef> {
        self.proxy.iter().collect()
    }

    /// The settings of a transport.
    pub(crate) fn settings(&self, vault: &Vault, key: &str) -> Result<HttpSettings, Vec<Wrong>> {
        let mut settings = HttpSettings::default();
        settings.connect_timeout = self.connect_timeout.unwrap_or(settings.connect_timeout);
        settings.read_timeout = self.read_timeout.unwrap_or(settings.read_timeout);
        settings.total_timeout = self.total_timeout.unwrap_or(settings.total_timeout);
        settings.user_agent = self.user_agent.clone().unwrap_or(settings.user_agent);
        settings.ip_family = self.ip_family;
        let mut wrong = Vec::new();
        for path in &self.extra_roots {
            match std::fs::read(path) {
                Ok(der) => settings.extra_roots.push(der),
                Err(error) => {
                    let reason = error.kind();
                    let told = say!(
                        "names a certificate that cannot be read ({reason}): put a file in DER there",
                        "désigne un certificat illisible ({reason}) : mettez-y un fichier DER",
                    );
                    wrong.push(Wrong { key: format!("{key}.extra_roots"), place: None, told });
                }
            }
        }
        if let Some(proxy) = &self.proxy {
            match vault.fetch(proxy) {
                Ok(proxy) => settings.proxy = Some(proxy.expose().to_owned()),
                Err(fault) => wrong.push(fault),
            }
        }
        if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
    }
}

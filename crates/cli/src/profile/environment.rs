//! Sandbox or live. What belongs to one never meets the other.

use std::fmt;

use nzimbu::BaseUrl;

use crate::lang::{Text, say};

/// Whether money is real.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Environment {
    /// A gateway.
    Live,
    /// `nzimbu sandbox`.
    Sandbox,
}

impl Environment {
    pub(super) const WORDS: [(&'static str, Self); 2] = [("sandbox", Self::Sandbox), ("live", Self::Live)];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }

    /// What is wrong with an address in this environment.
    pub(super) fn fault(self, url: &BaseUrl, sandbox_hosts: &[String]) -> Option<Text> {
        let host = url.host().to_ascii_lowercase();
        match self {
            Self::Live if url.is_loopback() => Some(say!(
                "is this machine in a live profile, where only a sandbox listens: write the gateway's address, or \
                 use a sandbox profile",
                "est cette machine dans un profil réel, où n'écoute qu'un bac à sable : écrivez l'adresse de la \
                 passerelle, ou prenez un profil de bac à sable",
            )),
            Self::Sandbox if is_real(&host) => Some(say!(
                "is the gateway's real host in a sandbox profile: write what `nzimbu sandbox` prints, or use a \
                 live profile",
                "est l'hôte réel de la passerelle dans un profil de bac à sable : écrivez ce qu'affiche \
                 `nzimbu sandbox`, ou prenez un profil réel",
            )),
            Self::Sandbox if !url.is_loopback() && !sandbox_hosts.contains(&host) => Some(say!(
                "is another machine than this one in a sandbox profile: if a sandbox runs there, add the host \
                     to `sandbox_hosts` of the profile",
                "est une autre machine que celle-ci dans un profil de bac à sable : si un bac à sable y tourne, \
                     ajoutez l'hôte à `sandbox_hosts` du profil",
            )),
            _ => None,
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a host is one of the gateways', by their documents. Bitlipa tells the host of its API with the
/// credentials, hence the list of sandbox hosts.
pub(super) fn is_real(host: &str) -> bool {
    REAL.iter()
        .any(|real| host.strip_suffix(real).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

const REAL: [&str; 6] =
    ["adullam.dev", "bitlipa.com", "bitlipa.net", "cinetpay.co", "cinetpay.com", "cinetpay.net"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use super::*;

    #[test]
    fn no_address_is_good_in_both() {
        let rows = [
            ("http://127.0.0.1:4000", true, false),
            ("https://localhost", true, false),
            ("https://api-checkout.cinetpay.com", false, true),
            ("https://CLIENT.CinetPay.com", false, true),
            ("https://hpp.bitlipa.net", false, true),
            ("https://api.adullam.dev", false, true),
            ("https://pay.partner.example", false, true),
            ("https://sandbox.shop.example", true, true),
            ("https://notcinetpay.com", false, true),
        ];
        let listed = ["sandbox.shop.example".to_owned(), "client.cinetpay.com".to_owned()];
        for (url, sandbox, live) in rows {
            let base = BaseUrl::parse(url).unwrap();
            let good = |environment: Environment| environment.fault(&base, &listed).is_none();
            assert_eq!((good(Environment::Sandbox), good(Environment::Live)), (sandbox, live), "{url}");
        }
        assert!(is_real("cinetpay.com") && !is_real("notcinetpay.com"));
    }
}

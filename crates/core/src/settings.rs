//! What can be set in a transport, and the faults that are found in it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

/// How a transport over HTTP behaves. Begin with the default and assign what differs.
///
/// ```
/// use std::time::Duration;
/// let mut settings = nzimbu_core::HttpSettings::default();
/// settings.user_agent = "shop/3.1 (+https://shop.example)".into();
/// settings.total_timeout = Duration::from_secs(30);
/// assert_eq!(settings.faults(), [""; 0]);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpSettings {
    /// How long finding the host and connecting to it with TLS may take (over ureq: each of the two).
    /// Default: 10 seconds.
    pub connect_timeout: Duration,
    /// How long the gateway may be silent. Default: 45 seconds, since CinetPay may take that long.
    pub read_timeout: Duration,
    /// How long a whole call may take, however lively it is. Default: 45 seconds.
    pub total_timeout: Duration,
    /// The longest body that is read, in bytes; a longer one makes the answer unknown. Default: 1 MiB.
    pub body_cap: usize,
    /// What stands in `user-agent`. Never empty: CinetPay's edge blocks requests without one (page 1010).
    pub user_agent: String,
    /// Which addresses of a host are tried. Default: any.
    pub ip_family: IpFamily,
    /// Certificates of authorities in DER that are trusted beside those of the system, as of a company's
    /// own authority.
    pub extra_roots: Vec<Vec<u8>>,
    /// The proxy for `https`, as `http://host:port`; its user and password may stand before the host.
    /// Default: none. The variables of the environment are never read.
    pub proxy: Option<String>,
}

/// Which addresses of a host are tried.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum IpFamily {
    /// All that are found.
    #[default]
    Any,
    /// Those of IPv4 alone: CinetPay's list of allowed addresses knows no others.
    V4,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(45),
            total_timeout: Duration::from_secs(45),
            body_cap: 1 << 20,
            user_agent: concat!("nzimbu/", env!("CARGO_PKG_VERSION"), " (+https://github.com/nzimbu/nzimbu)")
                .to_owned(),
            ip_family: IpFamily::Any,
            extra_roots: Vec::new(),
            proxy: None,
        }
    }
}

impl HttpSettings {
    /// The faults that need no TLS or client to be found, one text each.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, value) in [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            if value.is_zero() {
                faults.push(format!("`{name}` is zero, so that no call could succeed: give it some seconds"));
            }
        }
        if self.body_cap == 0 {
            faults.push("`body_cap` is zero, so that no answer could be read: give it some KiB".to_owned());
        }
        let sayable = |sign: char| matches!(sign, ' '..='~');
        if self.user_agent.trim().is_empty() {
            faults.push("`user_agent` is empty, which gateways block: give it `product/version`".to_owned());
        } else if !self.user_agent.chars().all(sayable) {
            faults.push("`user_agent` may hold only visible ASCII and blanks".to_owned());
        }
        if self.proxy.as_ref().is_some_and(|proxy| !proxy.starts_with("http://")) {
            faults.push("`proxy` must begin with `http://`, as in `http://host:port`".to_owned());
        }
        faults
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("total_timeout", &self.total_timeout)
            .field("body_cap", &self.body_cap)
            .field("user_agent", &self.user_agent)
            .field("ip_family", &self.ip_family)
            .field("extra_roots", &self.extra_roots.len())
            .field("proxy", &self.proxy.is_some())
            .finish()
    }
}

/// The settings cannot be used. Its text names every fault and its remedy, and holds no credentials.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettingsError(Vec<String>);

impl SettingsError {
    /// The settings cannot be used for these reasons.
    #[must_use]
    pub fn new(faults: Vec<String>) -> Self {
        Self(faults)
    }

    /// The settings cannot be used for this reason.
    pub fn one(fault: impl Into<String>) -> Self {
        Self(alloc::vec![fault.into()])
    }

    /// The faults, one text each.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl core::error::Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let settings = HttpSettings {
            connect_timeout: Duration::ZERO,
            read_timeout: Duration::ZERO,
            total_timeout: Duration::ZERO,
            body_cap: 0,
            user_agent: " ".to_owned(),
            proxy: Some("user:hush@proxy".to_owned()),
            ..HttpSettings::default()
        };
        let faults = settings.faults();
        assert_eq!(faults.len(), 6, "{faults:?}");
        assert!(!faults.join(" ").contains("hush"));
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(HttpSettings::default().faults().is_empty());
    }

    #[test]
    fn a_user_agent_cannot_smuggle_a_header() {
        let settings = HttpSettings { user_agent: "a\r\nexpect: b".to_owned(), ..HttpSettings::default() };
        assert_eq!(settings.faults().len(), 1);
    }
}

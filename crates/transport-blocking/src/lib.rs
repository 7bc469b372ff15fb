//! [`BlockingHttp`]: carries the conversations of nzimbu in a program without a runtime, over ureq.
//!
//! - HTTP/1.1, `https` only; plain `http` to a loopback address alone.
//! - One request is sent once: no redirect is followed, nothing is repeated, no cookie is kept, no body is
//!   inflated, `Expect` is never sent, and every call opens a connection of its own. An idle connection may
//!   die exactly when a payment is written to it, which would leave its outcome unknown.
//! - TLS by rustls with ring and the trusted authorities of the system; no default has to be installed in
//!   the process. Sessions are resumed, so that later calls shake hands faster.
//! - A failure is [`NotSent`](nzimbu_core::Delivery::NotSent) exactly if no byte of the request was handed to
//!   a connection: the host is unknown, nobody listens, TLS is not agreed on, a proxy refuses.
//! - No error holds a URL. (ureq itself writes URLs to the `log` crate at level trace, hence tokens in a
//!   query: keep that level off in production.)
//!
//! ```no_run
//! use nzimbu_core::{Exchange, HttpRequest};
//! use nzimbu_transport_blocking::BlockingHttp;
//!
//! let http = BlockingHttp::new()?;
//! let ping = Exchange::send(HttpRequest::get("https://api.example.com/ping"), |reply| Ok(reply.status));
//! println!("status {}", http.run(ping)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod tls;
mod connect;
mod carry;

pub use nzimbu_core::{HttpSettings, IpFamily, SettingsError};

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nzimbu_core::{
    Exchange, HttpRequest, HttpResponse, ProviderError, Transport, TransportError, TransportExt, UnixTime,
};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::{Agent, Proxy, config::Config};

use connect::Connect;
use tls::Tls;

/// Carries conversations and waits, over ureq. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct BlockingHttp(Arc<Inner>);

struct Inner {
    settings: HttpSettings,
    /// For plain `http`, which goes to this very machine and hence through no proxy.
    plain: Agent,
    secured: Agent,
    rootless: bool,
}

impl BlockingHttp {
    /// A transport with the default [`HttpSettings`].
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, SettingsError> {
        Self::with(HttpSettings::default())
    }

    /// A transport with these settings.
    ///
    /// # Errors
    /// When a timeout or the cap is zero, the user agent empty or not ASCII, a root not a certificate, the
    /// proxy not a URL; the error names all faults.
    pub fn with(settings: HttpSettings) -> Result<Self, SettingsError> {
        let mut faults = settings.faults();
        let proxy = settings.proxy.as_deref().map(Proxy::new).transpose();
        if proxy.is_err() {
            faults.push("`proxy` is not a URL like `http://host:port`".to_owned());
        }
        let tls = Tls::new(&settings.extra_roots);
        if let Err(error) = &tls {
            faults.extend(error.faults().map(str::to_owned));
        }
        match (tls, proxy) {
            (Ok(tls), Ok(proxy)) if faults.is_empty() => Ok(Self::build(settings, tls, proxy)),
            _ => Err(SettingsError::new(faults)),
        }
    }

    fn build(settings: HttpSettings, tls: Tls, proxy: Option<Proxy>) -> Self {
        let config = Arc::new(tls.config);
        let agent = |proxy: Option<Proxy>| {
            let connect = Connect { tls: Arc::clone(&config), proxied: proxy.is_some() };
            Agent::with_parts(client(&settings, proxy), connect, DefaultResolver::default())
        };
        let (plain, secured) = (agent(None), agent(proxy));
        Self(Arc::new(Inner { plain, secured, rootless: tls.rootless, settings }))
    }

    /// Runs an exchange to its end.
    ///
    /// # Errors
    /// As the exchange ends; [`ProviderError::outcome`] says whether money may have moved.
    pub fn run<T>(&self, exchange: Exchange<T>) -> Result<T, ProviderError> {
        TransportExt::run(self, exchange)
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }
}

impl Transport for BlockingHttp {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let secured = request.url.starts_with("https:");
        if secured && self.0.rootless {
            return Err(TransportError::not_sent(
                "this system trusts no certificate authority: install its CA certificates or set `extra_roots`",
            ));
        }
        let agent = if secured { &self.0.secured } else { &self.0.plain };
        carry::carry(agent, self.0.settings.body_cap, request)
    }

    fn sleep(&self, delay: Duration) {
        thread::sleep(delay);
    }

    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime::default().plus(since)
    }
}

impl fmt::Debug for BlockingHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingHttp").field(&self.0.settings).finish()
    }
}

fn client(settings: &HttpSettings, proxy: Option<Proxy>) -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(proxy)
        .user_agent(settings.user_agent.as_str())
        .accept_encoding("identity")
        .timeout_resolve(Some(settings.connect_timeout))
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_per_read(Some(settings.read_timeout))
        .timeout_global(Some(settings.total_timeout))
        .ip_family(match settings.ip_family {
            IpFamily::Any => ureq::config::IpFamily::Any,
            IpFamily::V4 => ureq::config::IpFamily::Ipv4Only,
        })
        // The input buffer has to hold a whole head, or the call ends as if the connection were cut.
        .max_response_header_size(32 << 10)
        .input_buffer_size(64 << 10)
        .output_buffer_size(16 << 10)
        .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn it_can_be_shared_and_shows_no_secret() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<BlockingHttp>();
        let mut settings = HttpSettings::default();
        settings.proxy = Some("http://user:hush@127.0.0.1:1".to_owned());
        let http = BlockingHttp::with(settings).unwrap();
        assert!(!format!("{http:?}").contains("hush"));
    }

    #[test]
    fn broken_settings_are_refused_with_all_faults() {
        let mut settings = HttpSettings::default();
        settings.user_agent = String::new();
        settings.extra_roots = vec![vec![1]];
        settings.proxy = Some("http://".to_owned());
        let error = BlockingHttp::with(settings).unwrap_err();
        for field in ["user_agent", "extra_roots[0]", "proxy"] {
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}

//! [`AsyncHttp`]: carries the conversations of nzimbu in an async program, over reqwest and tokio.
//!
//! - HTTP/1.1, `https` only; plain `http` to a loopback address alone.
//! - One request is sent once: no redirect is followed, nothing is repeated, no cookie is kept, no body is
//!   inflated, `Expect` is never sent, and every call opens a connection of its own. An idle connection may
//!   die exactly when a payment is written to it, which would leave its outcome unknown.
//! - TLS by rustls with ring and the trusted authorities of the system; no default has to be installed in
//!   the process. Sessions are resumed, so that later calls shake hands faster.
//! - A failure is [`NotSent`](nzimbu_core::Delivery::NotSent) only if no byte of the request was handed to a
//!   connection: the host is unknown, nobody listens, TLS is not agreed on, a proxy refuses.
//! - No error holds a URL.
//!
//! ```no_run
//! use nzimbu_core::{Exchange, HttpRequest};
//! use nzimbu_transport_async::AsyncHttp;
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let http = AsyncHttp::new()?;
//! let ping = Exchange::send(HttpRequest::get("https://api.example.com/ping"), |reply| Ok(reply.status));
//! println!("status {}", http.run(ping).await?);
//! # Ok(()) }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod tls;
mod carry;

pub use nzimbu_core::{HttpSettings, IpFamily, SettingsError};

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use nzimbu_core::{
    AsyncTransport, AsyncTransportExt, Exchange, HttpRequest, HttpResponse, ProviderError, TransportError,
    UnixTime,
};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Client, Proxy, redirect, retry};

use tls::Tls;

/// Carries conversations and waits, over reqwest. Cheap to clone; clones share everything.
///
/// It belongs to the tokio runtime in which it is first used.
#[derive(Clone)]
pub struct AsyncHttp(Arc<Inner>);

struct Inner {
    settings: HttpSettings,
    client: Client,
    rootless: bool,
}

impl AsyncHttp {
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
        // Plain `http` goes to this very machine and hence through no proxy.
        let proxy = settings.proxy.as_deref().map(Proxy::https).transpose();
        if proxy.is_err() {
            faults.push("`proxy` is not a URL like `http://host:port`".to_owned());
        }
        let tls = Tls::new(&settings.extra_roots);
        if let Err(error) = &tls {
            faults.extend(error.faults().map(str::to_owned));
        }
        match (tls, proxy) {
            (Ok(tls), Ok(proxy)) if faults.is_empty() => Self::build(settings, tls, proxy),
            _ => Err(SettingsError::new(faults)),
        }
    }

    fn build(settings: HttpSettings, tls: Tls, proxy: Option<Proxy>) -> Result<Self, SettingsError> {
        let rootless = tls.rootless;
        let client = client(&settings, tls, proxy)
            .map_err(|_| SettingsError::one("the HTTP client cannot be built from these settings"))?;
        Ok(Self(Arc::new(Inner { settings, client, rootless })))
    }

    /// Runs an exchange to its end.
    ///
    /// Dropping the future after a money-moving request left means the same as
    /// [`Outcome::Unknown`](nzimbu_core::Outcome::Unknown): deadlines belong in [`HttpSettings`], not in a
    /// `timeout` around this future.
    ///
    /// # Errors
    /// As the exchange ends; [`ProviderError::outcome`] says whether money may have moved.
    pub async fn run<T: Send>(&self, exchange: Exchange<T>) -> Result<T, ProviderError> {
        AsyncTransportExt::run(self, exchange).await
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }
}

#[async_trait]
impl AsyncTransport for AsyncHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        if self.0.rootless && request.url.starts_with("https:") {
            return Err(TransportError::not_sent(
                "this system trusts no certificate authority: install its CA certificates or set `extra_roots`",
            ));
        }
        carry::carry(&self.0.client, self.0.settings.body_cap, request).await
    }

    async fn sleep(&self, delay: Duration) {
        tokio::time::sleep(delay).await;
    }

    fn now(&self) -> UnixTime {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime::default().plus(since)
    }
}

impl fmt::Debug for AsyncHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncHttp").field(&self.0.settings).finish()
    }
}

fn client(settings: &HttpSettings, tls: Tls, proxy: Option<Proxy>) -> Result<Client, reqwest::Error> {
    let identity = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    // Only addresses of the same family as the local one are tried.
    let local = match settings.ip_family {
        IpFamily::Any => None,
        IpFamily::V4 => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
    };
    let builder = Client::builder()
        .http1_only()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured(tls.config)
        .no_proxy()
        .referer(false)
        .local_address(local)
        .user_agent(settings.user_agent.as_str())
        .default_headers(identity)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .timeout(settings.total_timeout);
    match proxy {
        Some(proxy) => builder.proxy(proxy),
        None => builder,
    }
    .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn it_can_be_shared_and_shows_no_secret() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<AsyncHttp>();
        let mut settings = HttpSettings::default();
        settings.proxy = Some("http://user:hush@127.0.0.1:1".to_owned());
        let http = AsyncHttp::with(settings).unwrap();
        assert!(!format!("{http:?}").contains("hush"));
    }

    #[test]
    fn its_futures_can_move_between_threads() {
        fn sendable(_: impl Send) {}
        let http = AsyncHttp::new().unwrap();
        let request = HttpRequest::get("https://host/");
        sendable(http.send(&request));
        sendable(http.run(Exchange::done(Ok(()))));
    }

    #[test]
    fn broken_settings_are_refused_with_all_faults() {
        let mut settings = HttpSettings::default();
        settings.user_agent = String::new();
        settings.extra_roots = vec![vec![1]];
        settings.proxy = Some("http://".to_owned());
        let error = AsyncHttp::with(settings).unwrap_err();
        for field in ["user_agent", "extra_roots[0]", "proxy"] {
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}

//! Requests and answers as values. Their `Debug` shows method, path and byte counts, never a host, a query, a
//! header's value or a body.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::transport::TransportError;

/// The method of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
}

impl Method {
    /// The method as it stands in the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What a request may do to money.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
    /// It may be executed even if no answer comes; at most one such request is sent in a run.
    MovesMoney,
    /// Repeating it is harmless.
    NoMoney,
}

/// A request that is ready to be sent, byte for byte.
#[derive(Clone)]
pub struct HttpRequest {
    method: Method,
    /// The whole URL, query included.
    pub url: String,
    /// What stands in the head besides what every transport adds (host, length, `user-agent`).
    pub headers: Vec<Header>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
    effect: Effect,
}

impl HttpRequest {
    /// A `GET`; it moves no money.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            effect: Effect::NoMoney,
        }
    }

    /// A `POST`; it is taken to move money until [`moves_no_money`](Self::moves_no_money) says otherwise.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self {
            method: Method::Post,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            effect: Effect::MovesMoney,
        }
    }

    /// Marks a login, a query or a contact, which may be repeated freely.
    #[must_use]
    pub fn moves_no_money(mut self) -> Self {
        self.effect = Effect::NoMoney;
        self
    }

    /// Adds a header whose value may be shown.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name, value: value.into(), sensitive: false });
        self
    }

    /// Adds a header whose value is a secret.
    #[must_use]
    pub fn secret_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name, value: value.into(), sensitive: true });
        self
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(self, body: Vec<u8>) -> Self {
        let mut request = self.header("content-type", "application/json");
        request.body = body;
        request
    }

    /// Sets a form body and its content type.
    #[must_use]
    pub fn form(self, body: String) -> Self {
        let mut request = self.header("content-type", "application/x-www-form-urlencoded");
        request.body = body.into_bytes();
        request
    }

    /// The method. It is fixed by the constructor, because it decides what the request may do to money.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// What this request may do to money.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Checks what every transport has to: the target is `https` or this machine, the URL is ready for the wire, a
    /// `GET` has no body, and no header is set that belongs to the transport.
    ///
    /// # Errors
    /// When a rule is broken. Nothing was sent then.
    pub fn check(&self) -> Result<(), TransportError> {
        let visible = |sign: u8| sign.is_ascii_graphic() && sign != b'#';
        let ours =
            |header: &Header| TRANSPORT_HEADERS.iter().any(|ours| header.name.eq_ignore_ascii_case(ours));
        let fault = if !is_safe_target(&self.url) {
            "the URL is neither https nor http to a loopback address"
        } else if !self.url.bytes().all(visible) {
            "the URL holds a blank, a fragment or another sign that has to be percent-encoded"
        } else if self.headers.iter().any(ours) {
            "the request sets a header that belongs to the transport"
        } else if self.method == Method::Get && !self.body.is_empty() {
            "a GET has no body"
        } else {
            return Ok(());
        };
        Err(TransportError::not_sent(fault))
    }

    /// The path of the URL, without host and query.
    #[must_use]
    pub fn path(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let bare = after_scheme.split(['?', '#']).next().unwrap_or_default();
        bare.find('/').map_or("/", |start| &bare[start..])
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HttpRequest({} {}, {} bytes, {:?})",
            self.method.as_str(),
            self.path(),
            self.body.len(),
            self.effect
        )
    }
}

/// Headers that a request must not bring. `expect` among them: an intermediary may answer it with 417.
const TRANSPORT_HEADERS: [&str; 9] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// One line of a request's head.
#[derive(Clone)]
pub struct Header {
    /// The name, in small letters.
    pub name: &'static str,
    /// The value.
    pub value: String,
    /// Whether the value is a secret.
    pub sensitive: bool,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({})", self.name)
    }
}

/// A whole answer; any status, 500 included, is one.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The head, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body, at most as long as the transport's cap.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// An answer with this status and body and an empty head.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The first header of this name, which is given in small letters.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpResponse({}, {} headers, {} bytes)", self.status, self.headers.len(), self.body.len())
    }
}

/// Where a gateway lives: `https`, or `http` on a loopback address. No query, no credentials, no slash at the end.
///
/// ```
/// use nzimbu_core::BaseUrl;
/// let base = BaseUrl::parse("https://api.example.com/")?;
/// assert_eq!(base.join("/v1/pay"), "https://api.example.com/v1/pay");
/// assert!(BaseUrl::parse("http://127.0.0.1:8080").is_ok());
/// assert!(BaseUrl::parse("http://api.example.com").is_err());
/// # Ok::<(), nzimbu_core::BaseUrlError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads and checks a URL.
    ///
    /// # Errors
    /// When the scheme is neither `https` nor `http` to a loopback address, when the host is missing, or when
    /// the URL holds credentials, a query, a fragment, blanks or control characters.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        if text.contains(|sign: char| sign.is_whitespace() || sign.is_control() || "?#@\\".contains(sign)) {
            return Err(BaseUrlError(()));
        }
        let parts = UrlParts::of(text).ok_or(BaseUrlError(()))?;
        parts.is_safe().then(|| Self(text.trim_end_matches('/').to_string())).ok_or(BaseUrlError(()))
    }

    /// The URL of a path below, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let mut url = String::with_capacity(self.0.len() + path.len());
        url.push_str(&self.0);
        url.push_str(path);
        url
    }

    /// The URL without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        UrlParts::of(&self.0).map_or("", |parts| parts.host)
    }

    /// Whether the host is this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }
}

/// The text is not a base URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BaseUrlError(());

impl fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a base URL is https://host, or http://127.0.0.1:port for a local sandbox, without query or credentials",
        )
    }
}

impl core::error::Error for BaseUrlError {}

/// Whether this URL leads to this very machine.
#[must_use]
pub fn is_local_target(url: &str) -> bool {
    UrlParts::of(url).is_some_and(|parts| is_loopback(parts.host))
}

/// Whether a request may go to this URL at all: `https`, or `http` to a loopback address. For transports.
#[must_use]
pub fn is_safe_target(url: &str) -> bool {
    UrlParts::of(url).is_some_and(|parts| parts.is_safe())
}

pub(crate) struct UrlParts<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) host: &'a str,
}

impl<'a> UrlParts<'a> {
    pub(crate) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#', '\\']).next()?;
        if authority.contains('@') {
            return None;
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, after.strip_prefix(':').or(after.is_empty().then_some("80"))?)
            }
            None => authority.split_once(':').unwrap_or((authority, "80")),
        };
        let named = |sign: char| sign.is_ascii_alphanumeric() || ".-:".contains(sign);
        // Rust reads a sign before a number, a browser does not.
        let numbered = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        (!host.is_empty() && host.chars().all(named) && numbered).then_some(Self { scheme, host })
    }

    fn is_safe(&self) -> bool {
        self.scheme == "https" || self.scheme == "http" && is_loopback(self.host)
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn only_https_and_loopback_are_safe() {
        for good in [
            "https://api.example.com",
            "https://api.example.com:8443/v1",
            "http://127.0.0.1:1",
            "http://localhost",
            "http://[::1]:80",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "api.example.com",
            "ftp://127.0.0.1",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "https://",
            "https://user:key@host",
            "https://host?x=1",
            "https://host#x",
            "https://ho st",
            "https://host:99999",
            "http://localhost@evil.example",
            "http://localhost\\@evil.example",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_neither_query_nor_body() {
        let request = HttpRequest::post("https://host/v1/send?token=hush")
            .secret_header("x-auth", "hush")
            .json(b"{\"hush\":1}".to_vec());
        assert_eq!(format!("{request:?}"), "HttpRequest(POST /v1/send, 10 bytes, MovesMoney)");
        assert!(!format!("{:?}", request.headers).contains("hush"));
    }
}

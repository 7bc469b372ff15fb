//! The side of TLS that is not under test.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{Peer, Server, answer, read_request};

/// A server with a certificate from [`ROOT`](super::ROOT) for `localhost` and `127.0.0.1` that answers every
/// request with `{"ok":true}`; for tests of proxies and trust.
pub struct Honest(Server);

impl Honest {
    /// Listens on a free port of loopback until it is dropped.
    #[must_use]
    pub fn start() -> Self {
        Self(Server::start(|peer| serve(peer, TRUSTED)))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// How many requests it has seen.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.0.log().requests.len()
    }
}

/// Shakes hands with this certificate and answers one request.
pub(super) fn serve(peer: &mut Peer, certificate: &'static [u8]) {
    let Some(mut stream) = accept(peer, certificate) else { return };
    let log = peer.log.clone();
    if read_request(&mut stream, &log).is_some() {
        let _ = stream.write_all(&answer("200 OK", "", GOOD));
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let _ = stream.read(&mut [0]);
    }
}

/// Shakes hands, begins an answer of no stated length, and cuts it without the goodbye of TLS.
pub(super) fn truncate(peer: &mut Peer) {
    let Some(mut stream) = accept(peer, TRUSTED) else { return };
    let log = peer.log.clone();
    if read_request(&mut stream, &log).is_some() {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"ok\":true}");
        let _ = stream.flush();
    }
}

type TlsStream = StreamOwned<ServerConnection, std::net::TcpStream>;

fn accept(peer: &Peer, certificate: &'static [u8]) -> Option<TlsStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions of TLS that rustls offers")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)
        .expect("the key belongs to every certificate of the suite");
    let mut conn = ServerConnection::new(Arc::new(config)).ok()?;
    let mut tcp = peer.stream.try_clone().ok()?;
    while conn.is_handshaking() {
        conn.complete_io(&mut tcp).ok()?;
    }
    Some(StreamOwned::new(conn, tcp))
}

pub(super) const GOOD: &str = r#"{"ok":true}"#;

// Made with openssl: one P-256 key for all leaves; the root's key was thrown away. Valid from 2025 to 2125,
// but for the expired one, which ended with 2020.
pub(super) const TRUSTED: &[u8] = include_bytes!("certs/trusted.der");
pub(super) const WRONG_HOST: &[u8] = include_bytes!("certs/wrong_host.der");
pub(super) const EXPIRED: &[u8] = include_bytes!("certs/expired.der");
pub(super) const SELF_SIGNED: &[u8] = include_bytes!("certs/self_signed.der");
const KEY: &[u8] = include_bytes!("certs/leaf_key.der");

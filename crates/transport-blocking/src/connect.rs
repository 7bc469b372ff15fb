//! Opens connections, does TLS, and witnesses whether a byte of the request was handed to one.
//!
//! ureq's errors alone cannot tell a failed name or handshake from a cut connection. A call runs wholly
//! in its caller's thread, so a note per thread gives the exact answer.

use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, LazyBuffers, NextTimeout, TcpConnector,
    Transport, TransportAdapter,
};

/// How far the call of this thread has come.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Progress {
    /// No address of the host is known yet.
    Resolving,
    /// Addresses are being tried, or TLS is being agreed on.
    Connecting,
    /// The first byte of the request was handed to a connection.
    Sending,
}

impl Progress {
    /// Begins a call.
    pub(crate) fn reset() {
        PROGRESS.set(Self::Resolving);
    }

    /// Where the call of this thread stands.
    pub(crate) fn of_this_thread() -> Self {
        PROGRESS.get()
    }
}

thread_local! {
    static PROGRESS: Cell<Progress> = const { Cell::new(Progress::Resolving) };
}

/// Opens a connection, through a proxy if one is set, with TLS where the URL asks for it.
pub(crate) struct Connect {
    pub(crate) tls: Arc<ClientConfig>,
    /// Whether calls go through a proxy. The connection to the proxy itself is then opened by a nested
    /// call, and what it carries is not the request.
    pub(crate) proxied: bool,
}

impl Connector<()> for Connect {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        PROGRESS.set(Progress::Connecting);
        let tunnel = ConnectProxyConnector::default().connect(details, None::<()>)?;
        let plain = TcpConnector::default().connect(details, tunnel)?.ok_or(Error::ConnectionFailed)?;
        let secured = match details.needs_tls() {
            true => TlsStream::open(&self.tls, details, Box::new(plain))?.boxed(),
            false => plain.boxed(),
        };
        let to_the_gateway = details.config.proxy().is_some() == self.proxied;
        Ok(Some(if to_the_gateway { Witness(secured).boxed() } else { secured }))
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connect(proxied: {})", self.proxied)
    }
}

/// Notes the first byte of the request.
#[derive(Debug)]
struct Witness(Box<dyn Transport>);

impl Transport for Witness {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        PROGRESS.set(Progress::Sending);
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(|error| match error {
            // ureq takes these for the end of a body that has no stated length, which would
            // pass half an answer off as a whole one.
            Error::Io(cut) if CUT.contains(&cut.kind()) => io::Error::other("the connection was cut").into(),
            other => other,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

const CUT: [ErrorKind; 3] =
    [ErrorKind::UnexpectedEof, ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset];

/// A connection with TLS over another one.
struct TlsStream {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl TlsStream {
    fn open(
        tls: &Arc<ClientConfig>,
        details: &ConnectionDetails,
        plain: Box<dyn Transport>,
    ) -> Result<Self, Error> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name =
            ServerName::try_from(host).map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
        let mut conn = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
        let mut sock = TransportAdapter::new(plain, Arc::clone(&details.current_time));
        sock.set_timeout(remaining(details));
        conn.complete_io(&mut sock)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Self { buffers, stream: StreamOwned::new(conn, sock) })
    }
}

/// What opening the plain connection left of the time for connecting.
fn remaining(details: &ConnectionDetails) -> NextTimeout {
    let mut timeout = details.timeout;
    if let (Duration::Exact(limit), Instant::Exact(start), Instant::Exact(now)) =
        (timeout.after, details.now, (details.current_time)())
    {
        timeout.after = Duration::Exact(limit.saturating_sub(now.saturating_duration_since(start)));
    }
    timeout
}

impl Transport for TlsStream {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsStream({:?})", self.stream.sock.inner())
    }
}

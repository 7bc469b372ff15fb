//! A TCP server that behaves as a case tells it, and notes what it saw. Written on bare sockets: it shares
//! no code with any HTTP library.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Listens on loopback until it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    log: SharedLog,
    stopping: Arc<AtomicBool>,
}

impl Server {
    /// Gives every connection to `behave`, in a thread of its own.
    pub(super) fn start(behave: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        Self::over(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports"), behave)
    }

    /// The same at an address of this machine that is not loopback, if it has one.
    pub(super) fn outside(behave: impl Fn(&mut Peer) + Send + Sync + 'static) -> Option<Self> {
        let route = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        // Nothing is sent: the system only chooses the address from which it would be.
        route.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
        let own = route.local_addr().ok()?.ip();
        (!own.is_loopback())
            .then(|| TcpListener::bind((own, 0)).ok())
            .flatten()
            .map(|on| Self::over(on, behave))
    }

    fn over(listener: TcpListener, behave: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().expect("a bound socket has an address");
        let (log, stopping) = (SharedLog::default(), Arc::new(AtomicBool::new(false)));
        let server = Self { address, log: log.clone(), stopping: Arc::clone(&stopping) };
        let behave = Arc::new(behave);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::SeqCst) {
                    break;
                }
                let (log, behave) = (log.clone(), Arc::clone(&behave));
                thread::spawn(move || {
                    // A client that never hangs up must not keep this thread for ever.
                    let _ = stream.set_read_timeout(Some(PATIENCE));
                    let _ = stream.set_write_timeout(Some(PATIENCE));
                    let _ = stream.set_nodelay(true);
                    behave(&mut Peer { stream, log });
                });
            }
        });
        server
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A port of loopback at which nobody listens.
    pub(super) fn deserted() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        listener.local_addr().expect("a bound socket has an address")
    }

    /// What it saw so far.
    pub(super) fn log(&self) -> Log {
        self.log.lock().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// What a server saw.
#[derive(Clone, Default)]
pub(super) struct Log {
    /// The whole requests.
    pub(super) requests: Vec<Seen>,
    /// Whether any byte came that belongs to a request, whole or not.
    pub(super) touched: bool,
    /// The bytes of answers that found room in a socket.
    pub(super) written: usize,
}

#[derive(Clone, Default)]
pub(super) struct SharedLog(Arc<Mutex<Log>>);

impl SharedLog {
    pub(super) fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) line: String,
    /// Names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Reads a request out of the bytes so far; nothing if it is not whole yet.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let line = lines.next()?.to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut seen = Self { line, headers, body: bytes[end + 4..].to_vec() };
        let length = seen.all("content-length").first().map_or(Some(0), |text| text.parse().ok())?;
        seen.body.truncate(length);
        (seen.body.len() == length).then_some(seen)
    }
}

/// A client, as its server sees it. Dropping it closes the connection: with a reset if bytes are unread.
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    pub(super) log: SharedLog,
}

impl Peer {
    /// Reads a whole request; `None` if the client left before.
    pub(super) fn read(&mut self) -> Option<Seen> {
        let log = self.log.clone();
        read_request(&mut self.stream, &log)
    }

    /// Waits for a whole request and leaves it unread, so that closing resets the connection.
    pub(super) fn glimpse(&mut self) -> Option<Seen> {
        let mut bytes = vec![0; 1 << 16];
        loop {
            let amount = self.stream.peek(&mut bytes).ok().filter(|amount| *amount > 0)?;
            self.log.lock().touched = true;
            if let Some(seen) = Seen::parse(&bytes[..amount]) {
                self.log.lock().requests.push(seen.clone());
                return Some(seen);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the first byte and leaves it unread.
    pub(super) fn touch(&mut self) {
        let _ = self.stream.peek(&mut [0]);
        self.log.lock().touched = true;
    }

    /// Sends bytes; whether they found room.
    pub(super) fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let sent = self.stream.write_all(bytes.as_ref()).is_ok();
        if sent {
            self.log.lock().written += bytes.as_ref().len();
        }
        sent
    }

    /// Ends the answer and waits until the client has hung up, so that what was said is not lost.
    pub(super) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = io::copy(&mut self.stream, &mut io::sink());
    }

    /// Keeps the connection open without a word until the client hangs up.
    pub(super) fn hang(&mut self) {
        let _ = io::copy(&mut self.stream, &mut io::sink());
    }
}

/// Reads a whole request and notes it.
pub(super) fn read_request(stream: &mut impl Read, log: &SharedLog) -> Option<Seen> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let amount = stream.read(&mut chunk).ok().filter(|amount| *amount > 0)?;
        log.lock().touched = true;
        bytes.extend_from_slice(&chunk[..amount]);
        if let Some(seen) = Seen::parse(&bytes) {
            log.lock().requests.push(seen.clone());
            return Some(seen);
        }
    }
}

/// An answer with a length.
pub(super) fn answer(status: &str, extra_head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{extra_head}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

const PATIENCE: Duration = Duration::from_secs(10);

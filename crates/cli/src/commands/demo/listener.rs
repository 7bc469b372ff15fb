//! The merchant's side of callbacks: a small HTTP server on loopback that verifies what comes and keeps it.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nzimbu::{Callback, CallbackError, Method, RawCallback, SharedProvider, UnixTime};

/// What came for one order and was checked, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Mailbox(Arc<Mutex<VecDeque<Result<Callback, CallbackError>>>>);

impl Mailbox {
    pub(super) fn take(&self) -> Option<Result<Callback, CallbackError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    pub(super) fn put(&self, mail: Result<Callback, CallbackError>) {
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() < MOST_MAILS {
            mails.push_back(mail);
        }
    }
}

/// A bound port that does not answer yet.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    routes: HashMap<String, Route>,
}

#[derive(Debug)]
struct Route {
    provider: SharedProvider,
    mailbox: Mailbox,
}

impl Listener {
    pub(super) fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, routes: HashMap::new() })
    }

    /// The address of a path on this port.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Lets a provider check what is posted to this path.
    pub(super) fn route(&mut self, path: String, provider: &SharedProvider) -> Mailbox {
        let mailbox = Mailbox::default();
        self.routes.insert(path, Route { provider: Arc::clone(provider), mailbox: mailbox.clone() });
        mailbox
    }

    /// Answers until the result is dropped.
    pub(super) fn serve(self) -> io::Result<Serving> {
        let stop = Arc::new(AtomicBool::new(false));
        let (address, stopping) = (self.address, Arc::clone(&stop));
        let thread = thread::Builder::new().name("callbacks".to_owned()).spawn(move || {
            for stream in self.socket.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                // A caller that breaks off is its own loss: gateways post again.
                let _ = stream.and_then(|stream| answer(stream, &self.routes));
            }
        })?;
        Ok(Serving { address, stop, thread: Some(thread) })
    }
}

/// A port that answers until this is dropped.
#[derive(Debug)]
pub(super) struct Serving {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The thread waits for a connection, so it gets one. Without it the thread ends with the process.
        if TcpStream::connect_timeout(&self.address, PATIENCE).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn answer(mut stream: TcpStream, routes: &HashMap<String, Route>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let status = match Request::read(&mut stream)? {
        None => "400 Bad Request",
        Some(request) => match routes.get(request.path()) {
            None => "404 Not Found",
            Some(route) => match request.verify(&route.provider) {
                None => "405 Method Not Allowed",
                Some(verdict) => {
                    let status = if verdict.is_ok() { "200 OK" } else { "400 Bad Request" };
                    route.mailbox.put(verdict);
                    status
                }
            },
        },
    };
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    stream.flush()
}

/// A request as it came: the head as text, the body byte for byte.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// Nothing when it is not the HTTP/1.1 that a gateway sends, or larger than a callback is.
    fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let begun = Instant::now();
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        let mut wanted = None;
        loop {
            if wanted.is_none()
                && let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
            {
                let Ok(head) = String::from_utf8(bytes[..end].to_vec()) else { return Ok(None) };
                let Some(length) = Self::length(&head) else { return Ok(None) };
                wanted = Some((head, end + 4, end + 4 + length));
            }
            match &wanted {
                Some((head, start, end)) if bytes.len() >= *end => {
                    return Ok(Some(Self { head: head.clone(), body: bytes[*start..*end].to_vec() }));
                }
                None if bytes.len() > MOST_HEAD => return Ok(None),
                _ => {}
            }
            let count = stream.read(&mut chunk)?;
            if count == 0 || begun.elapsed() > PATIENCE {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk[..count]);
        }
    }

    fn length(head: &str) -> Option<usize> {
        let value = |wanted: &str| {
            headers(head).find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        match (value("transfer-encoding"), value("content-length")) {
            (None, None) => Some(0),
            (None, Some(length)) => length.parse().ok().filter(|length| *length <= MOST_BODY),
            (Some(_), _) => None,
        }
    }

    fn target(&self) -> (&str, &str) {
        let line = self.head.lines().next().unwrap_or_default();
        let target = line.split(' ').nth(1).unwrap_or_default();
        target.split_once('?').unwrap_or((target, ""))
    }

    fn path(&self) -> &str {
        self.target().0
    }

    /// Nothing for methods that no gateway uses.
    fn verify(&self, provider: &SharedProvider) -> Option<Result<Callback, CallbackError>> {
        let method = match self.head.split(' ').next() {
            Some("GET") => Method::Get,
            Some("POST") => Method::Post,
            _ => return None,
        };
        let headers: Vec<_> = headers(&self.head).collect();
        let callback = RawCallback { method, query: self.target().1, headers: &headers, body: &self.body };
        Some(provider.verify(&callback, now()))
    }
}

fn headers(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.trim()))
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::default().plus(since)
}

const PATIENCE: Duration = Duration::from_millis(500);
const MOST_HEAD: usize = 16 << 10;
const MOST_BODY: usize = 64 << 10;
const MOST_MAILS: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test may panic")]
    use nzimbu::Secret;
    use nzimbu::adullam::{Adullam, Config, Credentials};

    use super::*;

    fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn only_what_a_provider_accepted_is_answered_with_200_and_nothing_stops_the_rest() {
        // No document describes callbacks of Adullam's, so each one is refused.
        let adullam = Adullam::new(Config::new(Credentials::Bearer(Secret::new("key")))).unwrap();
        let provider: SharedProvider = Arc::new(adullam);
        let mut listener = Listener::bind().unwrap();
        let mailbox = listener.route("/here".to_owned(), &provider);
        let serving = listener.serve().unwrap();
        let large = format!("POST /here HTTP/1.1\r\ncontent-length: {}\r\n\r\n", MOST_BODY + 1);
        let endless = format!("POST /here HTTP/1.1\r\nx: {}", "y".repeat(MOST_HEAD + 4096));
        let rows = [
            ("POST /there HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
            ("PUT /here HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
            ("POST /here HTTP/1.1\r\ncontent-length: no\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            (
                "POST /here HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 400 Bad Request",
            ),
            (&large, "HTTP/1.1 400 Bad Request"),
            ("POST /here?a=b HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 400 Bad Request"),
        ];
        for (request, status) in rows {
            assert_eq!(ask(serving.address, request.as_bytes()), status, "{request}");
        }
        assert_eq!(mailbox.take().map(|mail| mail.err()), Some(Some(CallbackError::Unsupported)));
        assert!(mailbox.take().is_none(), "only one of the requests reached the provider");
        // A head without an end is broken off, and whoever says nothing is not waited for.
        let mut stream = TcpStream::connect(serving.address).unwrap();
        let _ = stream.write_all(endless.as_bytes());
        drop(TcpStream::connect(serving.address).unwrap());
        assert_eq!(ask(serving.address, b"GET /there HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
        let address = serving.address;
        drop(serving);
        assert!(TcpStream::connect(address).is_err(), "the port is closed");
    }

    #[test]
    fn a_body_is_taken_byte_for_byte_however_it_is_cut() {
        struct OneByOne<'a>(&'a [u8]);
        impl Read for OneByOne<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
                into[0] = *first;
                self.0 = rest;
                Ok(1)
            }
        }
        let text = b"POST /a?q=1 HTTP/1.1\r\nX-Token:  t \r\ncontent-length: 7\r\n\r\n\r\n\r\n\xff 1";
        let request = Request::read(&mut OneByOne(text)).unwrap().unwrap();
        assert_eq!(request.body, b"\r\n\r\n\xff 1");
        assert_eq!(request.target(), ("/a", "q=1"));
        assert!(headers(&request.head).any(|header| header == ("X-Token", "t")));
        assert!(Request::read(&mut OneByOne(&text[..text.len() - 1])).unwrap().is_none());
    }
}

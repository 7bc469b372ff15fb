//! The sandbox, a merchant that listens for callbacks, and our clients between them, over real HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nzimbu::AsyncHttp;
use nzimbu::BlockingHttp;
use nzimbu_core::{Exchange, Method, ProviderError, RawCallback};
use nzimbu_sandbox::{Movement, Sandbox, Settings};
use tokio::runtime::Runtime;

use crate::player::Driver;

/// A sandbox and the merchant that it calls back.
#[derive(Debug)]
pub struct World {
    /// All gateways.
    pub sandbox: Sandbox,
    /// Where callbacks go.
    pub merchant: Merchant,
}

impl World {
    /// A world in which nothing is decided until [`Sandbox::settle`] says so.
    ///
    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn start() -> Self {
        let mut settings = Settings::default();
        settings.auto = None;
        let sandbox = Sandbox::start_blocking(settings).expect("loopback ports are free");
        Self { sandbox, merchant: Merchant::listen() }
    }

    /// The movements of one order.
    #[must_use]
    pub fn movements(&self, gateway: &str, order: &str) -> Vec<Movement> {
        let all = self.sandbox.ledger().into_iter();
        all.filter(|moved| moved.gateway == gateway && moved.order_id == order).collect()
    }
}

/// One of the two transports with its driver.
#[derive(Debug)]
pub enum Net {
    /// reqwest on a runtime.
    Async(AsyncHttp, Runtime),
    /// ureq.
    Blocking(BlockingHttp),
}

impl Net {
    /// The transport for a driver.
    ///
    /// # Panics
    /// When TLS or a runtime cannot be set up.
    #[must_use]
    pub fn of(driver: Driver) -> Self {
        match driver {
            Driver::Blocking => Self::Blocking(BlockingHttp::new().expect("TLS can be set up")),
            Driver::Async => {
                let mut builder = tokio::runtime::Builder::new_current_thread();
                let runtime = builder.enable_all().build().expect("a runtime starts");
                let http = runtime.block_on(async { AsyncHttp::new() }).expect("TLS can be set up");
                Self::Async(http, runtime)
            }
        }
    }

    /// Runs an exchange to its end.
    ///
    /// # Errors
    /// As the exchange ends.
    pub fn run<T: Send>(&self, exchange: Exchange<T>) -> Result<T, ProviderError> {
        match self {
            Self::Async(http, runtime) => runtime.block_on(http.run(exchange)),
            Self::Blocking(http) => http.run(exchange),
        }
    }
}

/// A request to the merchant, byte for byte.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// What stands behind `?`.
    pub query: String,
    /// The head.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// Hands the request to a check.
    pub fn with<T>(&self, check: impl FnOnce(&RawCallback<'_>) -> T) -> T {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        check(&RawCallback { method: self.method, query: &self.query, headers: &headers, body: &self.body })
    }
}

/// A web server that takes everything, answers 200 and remembers it.
#[derive(Debug)]
pub struct Merchant {
    url: String,
    inbox: Arc<Inbox>,
}

#[derive(Debug, Default)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    news: Condvar,
}

impl Merchant {
    /// Listens on a free port of this machine until the program ends.
    ///
    /// # Panics
    /// When no port can be had.
    #[must_use]
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let inbox = Arc::new(Inbox::default());
        let shared = Arc::clone(&inbox);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inbox = Arc::clone(&shared);
                thread::spawn(move || take(stream, &inbox));
            }
        });
        Self { url: format!("http://{address}"), inbox }
    }

    /// An address of the merchant's; the path begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Waits for a request that fits, for at most ten seconds.
    #[must_use]
    pub fn wait_for(&self, fits: impl Fn(&Received) -> bool) -> Option<Received> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut received = self.inbox.lock();
        loop {
            if let Some(found) = received.iter().find(|request| fits(request)) {
                return Some(found.clone());
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.inbox.news.wait_timeout(received, left);
            received = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take(stream: TcpStream, inbox: &Inbox) {
    let Some(request) = read(&stream) else { return };
    inbox.lock().push(request);
    inbox.news.notify_all();
    let mut stream = stream;
    // A gateway that hangs up before the answer has said all it wanted.
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

fn read(stream: &TcpStream) -> Option<Received> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let method = match words.next()? {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return None,
    };
    let target = words.next()?.to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Received { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

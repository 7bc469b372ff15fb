//! How fast the sandbox with a store takes payments, how much memory it holds, how soon it answers and lists.
//!
//! `cargo bench -p nzimbu-sandbox --features store --bench load [-- PAYMENTS]`. The server is a process of its own, the
//! client are eight keep-alive connections of plain sockets on the same machine.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nzimbu_sandbox::{Sandbox, Settings};

fn main() {
    if let Ok(path) = env::var(SERVE) {
        serve(path.into());
        return;
    }
    let total: u64 = env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(200_000);
    let path = env::temp_dir().join(format!("nzimbu-load-{}.db", std::process::id()));
    let mut server = Server::start(&path);
    println!("8 keep-alive connections, CinetPay checkout, {total} payments, store {}", path.display());
    println!("first answer on an empty store      {:>8} ms", server.first_answer.as_millis());
    println!("resident memory before              {:>8} KiB", server.resident());
    let mut made = 0;
    for window in [1_000, total.saturating_sub(11_000), 10_000] {
        let took = create(&server, made, window);
        made += window;
        println!("creates up to {made:>7}              {:>8} /s", per_second(window, took));
        if made == window {
            // The oldest is the only one of its state, so that no list finds it early.
            refuse(&server, "LOAD-0");
        }
        println!("list of the one refused payment     {:>8} µs", list(&server).as_micros());
    }
    println!("resident memory after               {:>8} KiB", server.resident());
    let took = check(&server, made, 10_000);
    println!("checks of random payments           {:>8} /s", per_second(10_000, took));
    server.kill();
    let mut server = Server::start(&path);
    println!("first answer on {made} payments     {:>8} ms", server.first_answer.as_millis());
    check(&server, made, 1_000);
    println!("file                                {:>8} KiB", fs::metadata(&path).unwrap().len() / 1024);
    server.kill();
    for ending in ["", "-wal", "-shm"] {
        // Not all of them are there.
        let _ = fs::remove_file(format!("{}{ending}", path.display()));
    }
}

fn serve(path: PathBuf) {
    let mut settings = Settings::default();
    settings.store = Some(path);
    settings.auto = None;
    settings.capacity = 10_000_000;
    let sandbox = Sandbox::start_blocking(settings).unwrap();
    println!("{}", serde_json::to_string(sandbox.endpoints()).unwrap());
    loop {
        thread::park();
    }
}

struct Server {
    process: Child,
    host: String,
    admin: String,
    apikey: String,
    site_id: String,
    first_answer: Duration,
}

impl Server {
    fn start(path: &std::path::Path) -> Server {
        let start = Instant::now();
        let mut process = Command::new(env::current_exe().unwrap())
            .env(SERVE, path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let endpoints: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| endpoints["cinetpay"][name].as_str().unwrap().to_owned();
        let host = text("checkout_url").strip_prefix("http://").unwrap().to_owned();
        let mut server = Server {
            process,
            apikey: text("apikey"),
            site_id: text("site_id"),
            first_answer: Duration::ZERO,
            host,
            admin: endpoints["admin_url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned(),
        };
        let mut connection = Connection::open(&server.host);
        assert_eq!(connection.post("/v2/payment/check", "{}"), 400);
        server.first_answer = start.elapsed();
        server
    }

    /// In KiB.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }

    /// As `kill -9` does.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn create(server: &Server, from: u64, count: u64) -> Duration {
    in_parallel(
        count,
        |connection, index| {
            let body = format!(
                "{{\"apikey\":\"{}\",\"site_id\":\"{}\",\"transaction_id\":\"LOAD-{}\",\"amount\":2500,\
             \"currency\":\"XOF\",\"description\":\"Achat de test\",\"notify_url\":\"http://localhost:9/notify\",\
             \"return_url\":\"http://localhost:9/return\",\"channels\":\"ALL\",\"lang\":\"fr\"}}",
                server.apikey,
                server.site_id,
                from + index
            );
            assert_eq!(connection.post("/v2/payment", &body), 200);
        },
        server,
    )
}

fn refuse(server: &Server, id: &str) {
    let body = format!("{{\"gateway\":\"cinetpay-checkout\",\"order_id\":\"{id}\",\"decision\":\"refuse\"}}");
    assert_eq!(Connection::open(&server.admin).post("/api/settle", &body), 200);
}

/// The median of a hundred filtered lists.
fn list(server: &Server) -> Duration {
    let mut connection = Connection::open(&server.admin);
    let mut took: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(connection.ask("GET", "/api/payments?state=refused", ""), 200);
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}

fn check(server: &Server, made: u64, count: u64) -> Duration {
    in_parallel(
        count,
        |connection, index| {
            // A step that shares no factor with what was made visits all of it in no order.
            let id = index.wrapping_mul(7_919) % made;
            let body = format!(
                "{{\"apikey\":\"{}\",\"site_id\":\"{}\",\"transaction_id\":\"LOAD-{id}\"}}",
                server.apikey, server.site_id
            );
            assert_eq!(connection.post("/v2/payment/check", &body), 200);
        },
        server,
    )
}

fn in_parallel(count: u64, act: impl Fn(&mut Connection, u64) + Sync, server: &Server) -> Duration {
    let mut connections: Vec<Connection> = (0..CONNECTIONS).map(|_| Connection::open(&server.host)).collect();
    let start = Instant::now();
    thread::scope(|scope| {
        for (first, connection) in (0..).zip(&mut connections) {
            let act = &act;
            scope.spawn(move || {
                let mut index = first;
                while index < count {
                    act(connection, index);
                    index += CONNECTIONS;
                }
            });
        }
    });
    start.elapsed()
}

struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    fn open(host: &str) -> Connection {
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream: BufReader::new(stream), host: host.to_owned() }
    }

    fn post(&mut self, path: &str, body: &str) -> u16 {
        self.ask("POST", path, body)
    }

    /// Sends JSON and tells the status of the answer, which is read to its end.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> u16 {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nuser-agent: load/1\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            }
            if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        status
    }
}

fn per_second(count: u64, took: Duration) -> u128 {
    u128::from(count) * 1_000_000 / took.as_micros().max(1)
}

/// Set in the process that serves.
const SERVE: &str = "NZIMBU_LOAD_SERVE";
const CONNECTIONS: u64 = 8;

//! What a whole call costs over each transport beside its bare client: `cargo bench -p nzimbu-tests --bench transport`.
//!
//! Ours signs a typed transfer, builds its JSON, sends it, reads and decodes the answer. The bare client sends
//! the same bytes, made beforehand, with the same settings, and reads the answer. The gateway is a bare socket
//! server in a process of its own, so that the CPU time of this process is the client's alone; rounds of both
//! sides alternate. `ROUNDS` and `CALLS` in the environment change the defaults.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;

use nzimbu_core::secret::Secret;
use nzimbu_core::signature::recursive::RecursiveKey;
use nzimbu_core::{ErrorKind, Exchange, HttpRequest, ProviderError};
use nzimbu_transport_async::AsyncHttp;
use nzimbu_transport_blocking::BlockingHttp;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

fn main() {
    if env::var_os("SERVE").is_some() {
        return serve();
    }
    let (gateway, url) = start_gateway();
    let (rounds, calls) = (setting("ROUNDS", 9), setting("CALLS", 640));
    println!(
        "CPU of the client process for a call; {rounds} figures, each from {ROUNDS_A_FIGURE} rounds of {calls} calls a side"
    );
    for at_once in [1, 64] {
        let (key, http) = (key(), Arc::new(BlockingHttp::new().unwrap()));
        let bare = bare_ureq(http.settings());
        compare(
            "blocking",
            "ureq",
            at_once,
            rounds,
            calls,
            [
                &|| in_threads(at_once, calls, || assert_eq!(http.run(transfer(&url, &key)).unwrap(), 17)),
                &|| in_threads(at_once, calls, || call_ureq(&bare, &url)),
            ],
        );
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for at_once in [1, 64] {
        let (key, http) = (Arc::new(key()), AsyncHttp::new().unwrap());
        let bare = bare_reqwest(http.settings());
        let ours = || {
            let (http, key, url) = (http.clone(), Arc::clone(&key), url.clone());
            async move { assert_eq!(http.run(transfer(&url, &key)).await.unwrap(), 17) }
        };
        compare(
            "async",
            "reqwest",
            at_once,
            rounds,
            calls,
            [&|| in_tasks(&runtime, at_once, calls, ours), &|| {
                in_tasks(&runtime, at_once, calls, || call_reqwest(bare.clone(), url.clone()))
            }],
        );
    }
    drop(gateway);
}

/// Runs both sides in turn and prints them side by side.
///
/// Rounds are short, so that what else the machine does falls on both sides alike; the kernel counts in
/// hundredths of a second, so that several rounds make one figure; the median of the figures is told.
fn compare(driver: &str, client: &str, at_once: usize, rounds: u64, calls: u64, sides: [&dyn Fn(); 2]) {
    sides.iter().for_each(|side| side());
    let mut figures: Vec<(u64, u64)> = Vec::new();
    for round in 0..rounds * ROUNDS_A_FIGURE {
        let mut spent = [0, 0];
        for index in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
            let before = cpu_micros();
            sides[index]();
            spent[index] = cpu_micros() - before;
        }
        match figures.last_mut().filter(|_| round % ROUNDS_A_FIGURE != 0) {
            Some((ours, bare)) => (*ours, *bare) = (*ours + spent[0], *bare + spent[1]),
            None => figures.push((spent[0], spent[1])),
        }
    }
    figures.sort_unstable_by_key(|(ours, bare)| ours * 1_000_000 / bare);
    let percent = |(ours, bare): (u64, u64)| (ours * 100 + bare / 2) / bare;
    let ratio = |figure| format!("{}.{:02}", percent(figure) / 100, percent(figure) % 100);
    let (ours, bare) = figures[figures.len() / 2];
    let calls = calls * ROUNDS_A_FIGURE;
    println!(
        "{driver:8} {at_once:2} at once: nzimbu {:4} µs, bare {client:7} {:4} µs, ratio {} ({} to {}; goal 1.10)",
        ours / calls,
        bare / calls,
        ratio((ours, bare)),
        ratio(figures[0]),
        ratio(figures[figures.len() - 1]),
    );
}

const ROUNDS_A_FIGURE: u64 = 8;

fn in_threads(at_once: usize, calls: u64, call: impl Fn() + Sync) {
    let share = calls / u64::try_from(at_once).unwrap();
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| (0..share).for_each(|_| call()));
        }
    });
}

fn in_tasks<F>(runtime: &Runtime, at_once: usize, calls: u64, call: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let share = calls / u64::try_from(at_once).unwrap();
    let tasks: Vec<_> = (0..at_once)
        .map(|_| {
            let calls: Vec<_> = (0..share).map(|_| call()).collect();
            runtime.spawn(async move {
                for call in calls {
                    call.await;
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// A typed and signed transfer, as a provider makes it.
fn transfer(url: &str, key: &RecursiveKey) -> Exchange<u64> {
    let mut body = Transfer::new();
    body.signature = Some(key.sign(&body).unwrap().as_str().to_owned());
    let json = serde_json::to_vec(&body).unwrap();
    let request = HttpRequest::post(url).header("accept", "application/json").json(json);
    Exchange::send(request, |reply| {
        let read: Reply = serde_json::from_slice(&reply.body)
            .map_err(|_| ProviderError::new(ErrorKind::Malformed, "not the documented answer"))?;
        Ok(read.data.transaction_id)
    })
}

#[derive(Serialize)]
struct Transfer {
    merchant_id: u64,
    order_id: &'static str,
    amount: &'static str,
    currency: &'static str,
    provider_id: u32,
    account: &'static str,
    callback_url: &'static str,
    extra: Extra,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

#[derive(Serialize)]
struct Extra {
    first_name: &'static str,
    last_name: &'static str,
}

impl Transfer {
    fn new() -> Self {
        Self {
            merchant_id: 1017,
            order_id: "ORDER-20261122-000017",
            amount: "12500.00",
            currency: "XOF",
            provider_id: 5000,
            account: "2250707987654",
            callback_url: "https://shop.example/callbacks/payments",
            extra: Extra { first_name: "Awa", last_name: "Traoré" },
            signature: None,
        }
    }
}

#[derive(Deserialize)]
struct Reply {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    transaction_id: u64,
}

fn key() -> RecursiveKey {
    RecursiveKey::new(&Secret::new("a secret of this bench"))
}

fn same_bytes() -> Vec<u8> {
    let mut body = Transfer::new();
    body.signature = Some(key().sign(&body).unwrap().as_str().to_owned());
    serde_json::to_vec(&body).unwrap()
}

fn bare_ureq(settings: &nzimbu::HttpSettings) -> (ureq::Agent, Vec<u8>) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .proxy(None)
        .user_agent(settings.user_agent.as_str())
        .accept_encoding("identity")
        .timeout_resolve(Some(settings.connect_timeout))
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_per_read(Some(settings.read_timeout))
        .timeout_global(Some(settings.total_timeout))
        .max_response_header_size(32 << 10)
        .input_buffer_size(64 << 10)
        .output_buffer_size(16 << 10);
    (config.build().into(), same_bytes())
}

fn call_ureq((agent, body): &(ureq::Agent, Vec<u8>), url: &str) {
    let request =
        agent.post(url).header("accept", "application/json").header("content-type", "application/json");
    let mut reply = request.send(body.as_slice()).unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    assert_eq!(reply.body_mut().read_to_vec().unwrap().len(), ANSWER.len());
}

fn bare_reqwest(settings: &nzimbu::HttpSettings) -> (reqwest::Client, Arc<Vec<u8>>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.unwrap().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let identity = reqwest::header::HeaderValue::from_static("identity");
    let client = reqwest::Client::builder()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .referer(false)
        .user_agent(settings.user_agent.as_str())
        .default_headers([(reqwest::header::ACCEPT_ENCODING, identity)].into_iter().collect())
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .timeout(settings.total_timeout);
    (client.build().unwrap(), Arc::new(same_bytes()))
}

async fn call_reqwest((client, body): (reqwest::Client, Arc<Vec<u8>>), url: String) {
    let request =
        client.post(url).header("accept", "application/json").header("content-type", "application/json");
    let reply = request.body(body.as_slice().to_vec()).send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    assert_eq!(reply.bytes().await.unwrap().len(), ANSWER.len());
}

/// User and system time of this process, threads that ended included.
fn cpu_micros() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap() * 10_000).sum()
}

fn setting(name: &str, otherwise: u64) -> u64 {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Ends with the bench: it waits for the end of its standard input.
fn start_gateway() -> (Child, String) {
    let mut child = Command::new(env::current_exe().unwrap())
        .env("SERVE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let url = format!("http://127.0.0.1:{}/payment_b2c", port.trim());
    (child, url)
}

fn serve() {
    let listener = Arc::new(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    println!("{}", listener.local_addr().unwrap().port());
    for _ in 0..80 {
        let listener = Arc::clone(&listener);
        thread::spawn(move || listener.incoming().flatten().for_each(answer));
    }
    let _ = std::io::stdin().read(&mut [0]);
}

fn answer(mut client: TcpStream) {
    let (mut bytes, mut filled) = ([0; 4096], 0);
    while !whole(&bytes[..filled]) {
        match client.read(&mut bytes[filled..]) {
            Ok(amount) if amount > 0 => filled += amount,
            _ => return,
        }
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        ANSWER.len()
    );
    let _ = client.write_all(&[head.as_bytes(), ANSWER.as_bytes()].concat());
    let _ = client.read(&mut [0]);
}

fn whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or("0");
    bytes.len() >= end + 4 + length.parse::<usize>().unwrap()
}

const ANSWER: &str = r#"{"status":"success","message":"Transfer accepted","data":{"transaction_id":17,"order_id":"ORDER-20261122-000017","amount":"12500.00","currency":"XOF","status":2,"provider_id":5000,"created_at":"2026-11-22 18:00:00"}}"#;

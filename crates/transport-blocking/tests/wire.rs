//! The transport on real sockets: the wire suite, and what only this transport's settings can show.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nzimbu_core::{
    Delivery, Exchange, HttpRequest, HttpResponse, Outcome, ProviderError, Transport, TransportError,
    UnixTime,
};
use nzimbu_sandbox::wire::{self, Honest};
use nzimbu_transport_blocking::{BlockingHttp, HttpSettings, IpFamily};

const CANARY: &str = "CANARY-77aa";

fn settings() -> HttpSettings {
    let mut settings = HttpSettings::default();
    settings.connect_timeout = wire::CONNECT_TIMEOUT;
    settings.read_timeout = wire::READ_TIMEOUT;
    settings.total_timeout = wire::TOTAL_TIMEOUT;
    settings.body_cap = wire::BODY_CAP;
    settings.extra_roots = vec![wire::ROOT.to_vec()];
    settings
}

#[test]
fn every_wire_case_holds() {
    let report = wire::check(&BlockingHttp::with(settings()).unwrap());
    assert!(report.findings().len() > 60, "{report}");
    report.assert();
}

/// ureq as it comes. The suite has to find what is wrong with it, or it proves nothing.
#[derive(Debug)]
struct Bare(ureq::Agent);

impl Transport for Bare {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut bare = self.0.post(&request.url);
        for header in &request.headers {
            bare = bare.header(header.name, &header.value);
        }
        let mut reply = bare.send(&request.body).map_err(|error| match error {
            ureq::Error::Io(_) => TransportError::not_sent(format!("{error}")),
            _ => TransportError::unknown(format!("{error}")),
        })?;
        let status = reply.status().as_u16();
        let body = reply.body_mut().read_to_vec();
        Ok(HttpResponse::new(status, body.map_err(|_| TransportError::unknown("cut"))?))
    }

    fn sleep(&self, delay: Duration) {
        thread::sleep(delay);
    }

    fn now(&self) -> UnixTime {
        UnixTime::default()
    }
}

#[test]
fn the_suite_finds_the_faults_of_the_bare_client() {
    let config = ureq::Agent::config_builder().timeout_global(Some(wire::TOTAL_TIMEOUT)).proxy(None);
    let report = wire::check(&Bare(config.build().into()));
    let failed: Vec<_> = report.failures().map(|finding| finding.case).collect();
    for case in [
        "plain http to an address that is not loopback",
        "reset after the request",
        "moved (303)",
        "a refusal",
        "a body over the cap",
        "an encoding that nobody knows",
        "reset amid a body of no stated length",
    ] {
        assert!(failed.contains(&case), "{case}\n{report}");
    }
}

#[test]
fn a_payment_that_nobody_accepts_was_not_sent() {
    let http = BlockingHttp::with(settings()).unwrap();
    let error = http.run(payment(deserted())).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error:?}");
    silent(&error);
}

#[test]
fn a_payment_that_is_cut_is_unknown() {
    let address = serve(1, |mut client| {
        let _ = client.read(&mut [0; 4096]);
    });
    let http = BlockingHttp::with(settings()).unwrap();
    let error = http.run(payment(address)).unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
    silent(&error);
}

#[test]
fn a_payment_after_a_failed_one_is_judged_by_itself() {
    let http = BlockingHttp::with(settings()).unwrap();
    let address = serve(1, |mut client| {
        let _ = client.read(&mut [0; 4096]);
    });
    assert_eq!(http.run(payment(address)).unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(http.run(payment(deserted())).unwrap_err().outcome(), Outcome::NotSent);
}

#[test]
fn an_untrusted_authority_is_refused_and_told() {
    let mut settings = settings();
    settings.extra_roots.clear();
    let server = Honest::start();
    let http = BlockingHttp::with(settings).unwrap();
    let error = http.send(&HttpRequest::get(format!("https://{}/", server.address()))).unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(server.seen(), 0);
}

#[test]
fn a_proxy_is_used_when_it_is_set() {
    let (server, proxy) = (Honest::start(), proxy("200 OK"));
    let http = BlockingHttp::with(through(proxy)).unwrap();
    let reply = http.send(&HttpRequest::get(format!("https://{}/", server.address()))).unwrap();
    assert_eq!((reply.status, server.seen()), (200, 1));
}

#[test]
fn a_proxy_that_refuses_leaves_the_request_unsent() {
    let server = Honest::start();
    for address in [proxy("407 Proxy Authentication Required"), deserted()] {
        let http = BlockingHttp::with(through(address)).unwrap();
        let error = http.send(&HttpRequest::post(format!("https://{}/", server.address()))).unwrap_err();
        assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
        assert!(!format!("{error} {error:?} {http:?}").contains(CANARY));
    }
    assert_eq!(server.seen(), 0);
}

#[test]
fn a_proxy_is_not_asked_for_loopback() {
    let address = serve(1, ok);
    let http = BlockingHttp::with(through(deserted())).unwrap();
    assert_eq!(http.send(&HttpRequest::get(format!("http://{address}/"))).unwrap().status, 200);
}

#[test]
fn the_proxies_of_the_environment_are_ignored() {
    let dead = format!("http://{}", deserted());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "one_call_with_tls_and_one_without"])
        .envs(
            ["http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, &dead)),
        )
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn one_call_with_tls_and_one_without() {
    let http = BlockingHttp::with(settings()).unwrap();
    let (server, address) = (Honest::start(), serve(1, ok));
    assert_eq!(http.send(&HttpRequest::get(format!("https://{}/", server.address()))).unwrap().status, 200);
    assert_eq!(http.send(&HttpRequest::get(format!("http://{address}/"))).unwrap().status, 200);
}

#[test]
fn a_system_without_authorities_still_serves_loopback() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "calls_without_authorities"])
        .env("SSL_CERT_FILE", NOWHERE)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn calls_without_authorities() {
    let http = BlockingHttp::new().unwrap();
    let (server, address) = (Honest::start(), serve(1, ok));
    assert_eq!(http.send(&HttpRequest::get(format!("http://{address}/"))).unwrap().status, 200);
    let error = http.send(&HttpRequest::get(format!("https://{}/", server.address()))).unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
    // Run by itself the test has the system's authorities, which do not know this server either.
    let without = std::env::var_os("SSL_CERT_FILE").is_some_and(|file| file == NOWHERE);
    assert!(!without || error.to_string().contains("extra_roots"), "{error}");
}

/// A file of authorities that is not there.
const NOWHERE: &str = "/nowhere/at/all.pem";

#[test]
fn the_family_of_addresses_can_be_forced() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().flatten().for_each(ok));
    let any = BlockingHttp::with(settings()).unwrap();
    assert_eq!(any.send(&HttpRequest::get(&url)).unwrap().status, 200);
    let mut settings = settings();
    settings.ip_family = IpFamily::V4;
    let error = BlockingHttp::with(settings).unwrap().send(&HttpRequest::get(&url)).unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
}

#[test]
fn a_request_cannot_bring_headers_of_the_transport() {
    let http = BlockingHttp::with(settings()).unwrap();
    let address = serve(1, ok);
    for name in
        ["expect", "user-agent", "host", "content-length", "transfer-encoding", "accept-encoding", "Expect"]
    {
        let request = HttpRequest::post(format!("http://{address}/")).header(name, "100-continue");
        assert_eq!(http.send(&request).unwrap_err().delivery(), Delivery::NotSent, "{name}");
    }
}

#[test]
fn waiting_and_the_clock_are_real() {
    let http = BlockingHttp::with(settings()).unwrap();
    let (start, before) = (Instant::now(), http.now());
    http.sleep(Duration::from_millis(30));
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert!(http.now().since(before) >= Duration::from_millis(25));
    assert!(before.millis > 1_700_000_000_000);
}

fn payment(address: SocketAddr) -> Exchange<u16> {
    let request = HttpRequest::post(format!("http://{address}/transfer?token={CANARY}"))
        .secret_header("authorization", CANARY)
        .json(CANARY.as_bytes().to_vec());
    Exchange::send(request, |reply| Ok(reply.status))
}

/// Neither the error nor any of its sources shows the secret.
fn silent(error: &ProviderError) {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!text.contains(CANARY), "{text}");
}

fn through(proxy: SocketAddr) -> HttpSettings {
    let mut settings = settings();
    settings.proxy = Some(format!("http://user:{CANARY}@{proxy}"));
    settings
}

/// A proxy that answers CONNECT with this status and, if it is 200, opens the tunnel.
fn proxy(status: &'static str) -> SocketAddr {
    serve(1, move |mut client| {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|amount| amount > 0) {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap();
        assert!(head.to_lowercase().contains("proxy-authorization: basic "), "{head}");
        write!(client, "HTTP/1.1 {status}\r\n\r\n").unwrap();
        if status.starts_with("200") {
            let mut gateway = TcpStream::connect(target).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), gateway.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut from, &mut to));
            let _ = io::copy(&mut gateway, &mut client);
        }
    })
}

fn ok(mut client: TcpStream) {
    let _ = client.read(&mut [0; 4096]);
    let _ = client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let _ = client.read(&mut [0]);
}

/// Serves so many connections, one after another.
fn serve(connections: usize, behave: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().take(connections).for_each(behave));
    address
}

fn deserted() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

//! The wire suite: what a transport makes of sockets that misbehave.
//!
//! A payment is safe only if its transport tells the truth about one thing: a request that may have arrived
//! is never called unsent. The suite starts raw TCP servers that reset, stall, drip, lie and inflate, sends
//! requests to them over a transport and compares what it reports. Run it on a transport of your own:
//!
//! ```
//! # #[derive(Debug)] struct MyTransport;
//! # impl nzimbu_core::Transport for MyTransport {
//! #     fn send(&self, _: &nzimbu_core::HttpRequest) -> Result<nzimbu_core::HttpResponse, nzimbu_core::TransportError> {
//! #         Err(nzimbu_core::TransportError::unknown("an example"))
//! #     }
//! #     fn sleep(&self, _: std::time::Duration) {}
//! #     fn now(&self) -> nzimbu_core::UnixTime { nzimbu_core::UnixTime::default() }
//! # }
//! # impl MyTransport {
//! #     fn new(_: std::time::Duration, _: std::time::Duration, _: std::time::Duration, _: &[u8]) -> Self { Self }
//! # }
//! # if false {
//! use nzimbu_sandbox::wire;
//!
//! let transport =
//!     MyTransport::new(wire::CONNECT_TIMEOUT, wire::READ_TIMEOUT, wire::TOTAL_TIMEOUT, wire::ROOT);
//! wire::check(&transport).assert();
//! # }
//! ```
//!
//! Build the transport with these timeouts, or the cases that wait take long and may fail; let it trust
//! [`ROOT`] beside its other authorities; cap its bodies at [`BODY_CAP`]. The suite takes about ten
//! seconds and needs nothing but loopback (one case asks for a host name that cannot exist).
//!
//! It is strict in one direction. A false `NotSent`, a second request, a secret in an error or a broken body
//! taken for an answer fails. Calling a request perhaps arrived that certainly did not is a note, except
//! where nothing but carelessness can be the reason: nobody listens, the host does not exist, TLS fails, the
//! URL is not allowed.

mod server;
mod tls;
mod report;
mod case;
mod faults;
mod answers;
mod handshakes;

use std::time::{Duration, Instant};

use nzimbu_core::{AsyncTransport, HttpResponse, Transport, TransportError};

pub use report::{Finding, Report, Verdict};
pub use tls::Honest;

use case::Case;

/// How long the transport under test may take to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(1000);
/// How long the transport under test may wait for a silent server.
pub const READ_TIMEOUT: Duration = Duration::from_millis(1200);
/// How long a call of the transport under test may take.
pub const TOTAL_TIMEOUT: Duration = Duration::from_millis(2500);
/// The longest body that the transport under test may accept, in bytes.
pub const BODY_CAP: usize = 1 << 20;
/// The authority of the suite's good certificate, in DER. Trust it in tests only.
pub const ROOT: &[u8] = include_bytes!("wire/certs/root.der");

/// Runs all cases on a blocking transport.
#[must_use = "a report that nobody reads proves nothing"]
pub fn check(transport: &dyn Transport) -> Report {
    let mut report = Report::default();
    for case in cases() {
        let start = Instant::now();
        let mut replies: Vec<Reply> = Vec::new();
        for (index, request) in case.requests.iter().enumerate() {
            if index > 0 {
                transport.sleep(PAUSE);
            }
            replies.push(transport.send(request));
        }
        report.add(case.judge(&replies, start.elapsed()));
    }
    report
}

/// Runs all cases on an async transport, within whatever runtime it needs.
pub async fn check_async(transport: &dyn AsyncTransport) -> Report {
    let mut report = Report::default();
    for case in cases() {
        let start = Instant::now();
        let mut replies: Vec<Reply> = Vec::new();
        for (index, request) in case.requests.iter().enumerate() {
            if index > 0 {
                transport.sleep(PAUSE).await;
            }
            replies.push(transport.send(request).await);
        }
        report.add(case.judge(&replies, start.elapsed()));
    }
    report
}

/// The cases, each started only when its turn comes.
fn cases() -> impl Iterator<Item = Case> {
    let makers = faults::ALL.iter().chain(answers::ALL).chain(handshakes::ALL);
    makers.map(|make| make())
}

type Reply = Result<HttpResponse, TransportError>;

/// Between two requests of a case; an idle connection dies meanwhile.
const PAUSE: Duration = Duration::from_millis(200);

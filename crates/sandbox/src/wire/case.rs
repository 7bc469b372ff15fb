//! A case: a server, the requests to send to it, and what has to come back.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use nzimbu_core::{Delivery, HttpRequest};

use super::report::{Finding, Verdict};
use super::server::{Log, Peer, Seen, Server};
use super::{BODY_CAP, Reply, TOTAL_TIMEOUT};

/// A case whose server runs.
pub(super) struct Case {
    name: &'static str,
    server: Option<Server>,
    pub(super) requests: Vec<HttpRequest>,
    wanted: Wanted,
    lenient: bool,
    counted: bool,
}

/// What the last request has to come to; those before it have to be answered.
pub(super) enum Wanted {
    NotSent,
    Unknown,
    Answer(u16, &'static [u8]),
}

impl Case {
    /// A payment is sent to a server on plain `http`.
    pub(super) fn plain(
        name: &'static str,
        wanted: Wanted,
        behave: impl Fn(&mut Peer) + Send + Sync + 'static,
    ) -> Self {
        Self::at(Server::start(behave), name, wanted)
    }

    /// A payment is sent to this server on plain `http`.
    pub(super) fn at(server: Server, name: &'static str, wanted: Wanted) -> Self {
        let request = payment(&format!("http://{}", server.address()));
        let counted = !matches!(wanted, Wanted::NotSent);
        Self { name, server: Some(server), requests: vec![request], wanted, lenient: false, counted }
    }

    /// A payment is sent to a server that is expected to speak TLS.
    pub(super) fn secured(
        name: &'static str,
        host: &str,
        wanted: Wanted,
        behave: impl Fn(&mut Peer) + Send + Sync + 'static,
    ) -> Self {
        let mut case = Self::plain(name, wanted, behave);
        let port = case.server.as_ref().map_or(0, |server| server.address().port());
        case.requests = vec![payment(&format!("https://{host}:{port}"))];
        case
    }

    /// A payment is sent where none of our servers is.
    pub(super) fn nowhere(name: &'static str, origin: &str) -> Self {
        let requests = vec![payment(origin)];
        Self { name, server: None, requests, wanted: Wanted::NotSent, lenient: false, counted: false }
    }

    /// Sends the same request once more.
    pub(super) fn twice(mut self) -> Self {
        self.requests.push(self.requests[0].clone());
        self
    }

    /// Sends this request instead.
    pub(super) fn with(mut self, change: impl FnOnce(HttpRequest) -> HttpRequest) -> Self {
        let request = self.requests.remove(0);
        self.requests.insert(0, change(request));
        self
    }

    /// Too much care is a note here.
    pub(super) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// The server does not read whole requests in this case.
    pub(super) fn uncounted(mut self) -> Self {
        self.counted = false;
        self
    }

    /// Compares.
    pub(super) fn judge(&self, replies: &[Reply], elapsed: Duration) -> Finding {
        let log = self.server.as_ref().map(Server::log).unwrap_or_default();
        let mut faults = self.unfaithful(&log);
        faults.extend(replies.iter().filter_map(leak));
        let (last, before) = replies.split_last().expect("every case sends a request");
        if before.iter().any(Result::is_err) {
            faults.push("a request before the last one failed".to_owned());
        }
        let unsent = |reply: &Reply| matches!(reply, Err(error) if error.delivery() == Delivery::NotSent);
        if log.touched && replies.iter().all(unsent) {
            faults.push("it claims NotSent, but the server saw bytes of the request".to_owned());
        }
        if elapsed > TOTAL_TIMEOUT + SLACK {
            faults.push(format!("it took {elapsed:?}, longer than its timeout"));
        }
        // The buffers of both sockets hold some MiB that nobody has to read.
        if log.written > 16 * BODY_CAP {
            faults.push(format!("it took in {} bytes", log.written));
        }
        let too_careful = match (&self.wanted, last) {
            (Wanted::NotSent, Err(error)) => error.delivery() != Delivery::NotSent,
            (Wanted::Answer(..), Err(error)) => error.delivery() == Delivery::Unknown,
            _ => false,
        };
        let fits = self.fits(last);
        let verdict = match (faults.is_empty(), fits, too_careful && self.lenient) {
            (true, true, _) => Verdict::Passed,
            (true, false, true) => Verdict::Noted,
            _ => Verdict::Failed,
        };
        let mut seen = tell(last);
        for fault in faults {
            let _ = write!(seen, "; {fault}");
        }
        Finding { case: self.name, expected: self.wanted.tell(), seen, verdict }
    }

    fn fits(&self, reply: &Reply) -> bool {
        match (&self.wanted, reply) {
            (Wanted::NotSent, Err(error)) => error.delivery() == Delivery::NotSent,
            (Wanted::Unknown, Err(error)) => error.delivery() == Delivery::Unknown,
            (Wanted::Answer(status, body), Ok(reply)) => {
                let small = |name: &str| !name.chars().any(char::is_uppercase);
                reply.status == *status
                    && reply.body == *body
                    && reply.headers.iter().all(|(name, _)| small(name))
            }
            _ => false,
        }
    }

    /// How the requests that were seen differ from those that were to be sent.
    fn unfaithful(&self, log: &Log) -> Vec<String> {
        let mut faults = Vec::new();
        if self.counted && log.requests.len() != self.requests.len() {
            faults.push(format!(
                "{} requests were sent, {} arrived",
                self.requests.len(),
                log.requests.len()
            ));
        } else if log.requests.len() > self.requests.len() {
            faults.push(format!("{} requests arrived instead of one", log.requests.len()));
        }
        for (asked, seen) in self.requests.iter().zip(&log.requests) {
            faults.extend(differences(asked, seen).map(str::to_owned));
        }
        faults
    }
}

impl Wanted {
    fn tell(&self) -> String {
        match self {
            Self::NotSent => "NotSent".to_owned(),
            Self::Unknown => "Unknown".to_owned(),
            Self::Answer(status, body) => format!("status {status}, {} bytes", body.len()),
        }
    }
}

fn tell(reply: &Reply) -> String {
    match reply {
        Ok(reply) => format!("status {}, {} bytes", reply.status, reply.body.len()),
        Err(error) => format!("{:?} ({error})", error.delivery()),
    }
}

/// A secret in the text of an error.
fn leak(reply: &Reply) -> Option<String> {
    let error = reply.as_ref().err()?;
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, " {cause} {cause:?}");
        source = cause.source();
    }
    text.contains(CANARY).then(|| "a secret of the request stands in the error".to_owned())
}

fn differences<'a>(asked: &'a HttpRequest, seen: &'a Seen) -> impl Iterator<Item = &'static str> + use<'a> {
    let target = asked.url.splitn(4, '/').last().unwrap_or_default();
    let line = format!("{} /{target} HTTP/1.1", asked.method().as_str());
    let agents = seen.all("user-agent");
    let encodings = seen.all("accept-encoding");
    let length = asked.body.len().to_string();
    let lengths = seen.all("content-length");
    [
        (seen.line != line, "the request line differs"),
        (seen.body != asked.body, "the body differs"),
        (agents.len() != 1 || agents.iter().any(|agent| agent.is_empty()), "there is no one User-Agent"),
        (!seen.all("expect").is_empty(), "there is an Expect"),
        (!seen.all("cookie").is_empty(), "there is a cookie"),
        (!seen.all("transfer-encoding").is_empty(), "the body is sent in chunks"),
        (encodings.iter().any(|value| *value != "identity"), "it accepts compressed answers"),
        (seen.all("host").len() != 1, "there is no one Host"),
        (!(lengths == [length.as_str()] || length == "0" && lengths.is_empty()), "the length is wrong"),
        (
            asked.headers.iter().any(|header| seen.all(header.name) != [header.value.as_str()]),
            "a header of the request is missing, changed or doubled",
        ),
    ]
    .into_iter()
    .filter_map(|(fault, text)| fault.then_some(text))
}

/// A request that moves money, with a secret wherever one may stand.
fn payment(origin: &str) -> HttpRequest {
    HttpRequest::post(format!("{origin}/v1/transfer?token={CANARY}&lang=fr"))
        .secret_header("authorization", format!("Bearer {CANARY}"))
        .header("x-order", "ORDER-1")
        .json(format!(r#"{{"amount":500,"password":"{CANARY}"}}"#).into_bytes())
}

pub(super) const CANARY: &str = "CANARY-8d1f";
const SLACK: Duration = Duration::from_secs(5);

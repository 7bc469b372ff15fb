//! What every emulated gateway is: a request and the time go in, a reply, callbacks and movements come out.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::dice::Dice;
use crate::json::Json;
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::multipart;
use crate::store::{self, Constant};
use crate::view::{Group, OrderView, Signed};

/// One emulated gateway. Pure: no socket, no clock and no chance but the seeded one.
pub(crate) trait Gateway: Send {
    /// The name used in the ledger, the deliveries and `settle`.
    fn name(&self) -> &'static str;

    /// Whether the merchant is the one that a request claims to come from.
    fn knows(&self, claim: &Claim) -> bool;

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply;

    /// Applies what the customer or the operator decided; false when there is nothing left to decide.
    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool;

    /// Puts an order into the state that the gateway's documents call so; false when that cannot be.
    fn set_state(&mut self, order_id: &str, state: &str, now: Moment, effects: &mut Effects) -> bool;

    /// Does everything that the passing of time does by itself.
    fn advance(&mut self, now: Moment, effects: &mut Effects);

    /// When `advance` has something to do next.
    fn next_due(&self) -> Option<Moment>;

    /// Up to `limit` orders of some groups with serial numbers below `before`, newest first.
    fn orders(&self, groups: &[Group], before: u64, limit: usize) -> Vec<OrderView>;

    /// The order with this id of the merchant's.
    fn order(&self, order_id: &str) -> Option<OrderView>;

    /// How the signature of a request or callback comes about; nothing when it is none that is signed.
    fn explain(&self, _headers: &[(String, String)], _body: &str) -> Option<Signed> {
        None
    }

    /// Lets every token end that was handed out so far.
    fn expire_tokens(&mut self, _now: Moment) {}

    /// The source of its ids, which goes on after a restart where it stood.
    fn dice(&mut self) -> &mut Dice;
}

/// What the customer or the operator decides about one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The money moves.
    Approve,
    /// The money does not move.
    Refuse,
    /// Nobody decided in time; the money does not move.
    Expire,
    /// The customer gave a wrong PIN or one-time password; the money does not move.
    WrongPin,
    /// The customer's wallet holds too little; the money does not move.
    TooLittleMoney,
}

impl Decision {
    /// All decisions.
    pub const ALL: [Decision; 5] =
        [Decision::Approve, Decision::Refuse, Decision::Expire, Decision::WrongPin, Decision::TooLittleMoney];

    /// The name in the admin API, such as `wrong_pin`.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Refuse => "refuse",
            Decision::Expire => "expire",
            Decision::WrongPin => "wrong_pin",
            Decision::TooLittleMoney => "too_little_money",
        }
    }

    /// The decision of that name.
    pub fn parse(name: &str) -> Option<Decision> {
        Decision::ALL.into_iter().find(|decision| decision.name() == name)
    }
}

/// A request as it came in, bounded by the server.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) caller: IpAddr,
    pub(crate) front: Front,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the operator behind the gateway is in service.
    pub(crate) operator: Operator,
}

/// The operator behind a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Up,
    Down,
}

impl Request {
    /// HEAD asks for what GET would answer, without the body, which the server leaves out.
    pub(crate) fn verb(&self) -> &str {
        if self.method == "HEAD" { "GET" } else { &self.method }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a page asks for its parts or for news by itself, which is of no interest to an observer.
    pub(crate) fn is_background(&self) -> bool {
        ["/assets/", "/seamless/state/", "/state/"].iter().any(|start| self.path.starts_with(start))
    }

    /// The token of `Authorization: Bearer`, or of `x-auth`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let bearer = self.header("authorization").and_then(|value| {
            let (scheme, token) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token)
        });
        Some(bearer.or_else(|| self.header("x-auth"))?.trim())
    }

    pub(crate) fn has_content_type(&self, expected: &str) -> bool {
        self.header("content-type")
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected))
    }

    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_pairs(self.query.as_bytes())
    }

    /// The fields of a form in either of its two encodings.
    pub(crate) fn form_pairs(&self) -> Vec<(String, String)> {
        match self.header("content-type").and_then(multipart::boundary) {
            Some(boundary) => multipart::pairs(boundary, &self.body),
            None => form_pairs(&self.body),
        }
    }

    /// Whether a form may act: a browser names the page that the form came from.
    pub(crate) fn comes_from_own_page(&self) -> bool {
        match (self.header("origin"), self.header("host")) {
            (None, _) => true,
            (Some(origin), Some(host)) => origin.strip_prefix("http://") == Some(host),
            (Some(_), None) => false,
        }
    }

    /// Whether the host is an address, a single name or a name under `localhost`: none that a stranger's
    /// name server could lead here, which would make the stranger's pages look like ours.
    pub(crate) fn names_a_local_host(&self) -> bool {
        let Some(host) = self.header("host") else { return true };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok()
            || !name.contains('.')
            || name.to_ascii_lowercase().ends_with(".localhost")
    }
}

/// Which of a gateway's hosts was addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Api,
    Pages,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Json) -> Reply {
        Reply {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            body: body.write().into_bytes(),
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Reply {
        Reply {
            status,
            content_type: "text/plain; charset=utf-8",
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// Sends the browser to another page of the sandbox with GET.
    pub(crate) fn see_other(location: String) -> Reply {
        Reply { headers: vec![("location", location)], ..Reply::text(303, "see other") }
    }

    /// The emulated gateway holds as many orders as the settings allow.
    pub(crate) fn full() -> Reply {
        Reply::text(503, "the sandbox is full; restart it or raise its capacity")
    }
}

/// What an answer or the time brought about, for the world outside.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) movements: Vec<Movement>,
    pub(crate) callbacks: Vec<Callback>,
}

/// One message to the merchant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Callback {
    #[serde(deserialize_with = "store::constant")]
    pub(crate) gateway: Constant,
    #[serde(deserialize_with = "store::constant")]
    pub(crate) merchant: Constant,
    pub(crate) order_id: String,
    pub(crate) url: String,
    pub(crate) ping: Ping,
    #[serde(deserialize_with = "store::constant")]
    pub(crate) content_type: Constant,
    #[serde(deserialize_with = "store::constant_names")]
    pub(crate) headers: Vec<(Constant, String)>,
    pub(crate) body: String,
}

/// Whether the gateway asks first whether the address is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ping {
    GetFirst,
    Skip,
}

/// An http or https address with a host, short enough to keep.
pub(crate) fn is_web_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !rest.is_empty()
        && !rest.starts_with(['/', '?', '#'])
        && text.len() <= MAX_ADDRESS
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether a web address leads to this machine.
pub(crate) fn is_local_address(text: &str) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| rest).split(['/', '?', '#']).next();
    let host = authority.unwrap_or_default().rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
    .to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The value of `name` in a form or a query; the last one when it occurs twice, as PHP reads it.
pub(crate) fn field<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn form_pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

const MAX_ADDRESS: usize = 2_048;

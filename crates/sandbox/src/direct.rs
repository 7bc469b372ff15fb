//! The gateways as a library call: no socket, no thread, no clock. For simulations that hold the time in their hands.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::SystemTime;

use crate::desks::{Known, Shared};
use crate::endings::Endings;
use crate::endpoints::Endpoints;
use crate::faults::shapes;
use crate::gateway::{Decision, Effects, Front, Gateway, Operator, Ping, Reply, Request};
use crate::html::Guard;
use crate::hub::{PLACES, Place};
use crate::ledger::Movement;
use crate::merchants::MAIN;
use crate::settings::Settings;
use crate::store::Store;

/// Every gateway, without a server. It does nothing by itself: the caller hands in requests and the time, and takes
/// out what they brought about.
///
/// ```
/// use std::time::SystemTime;
/// use nzimbu_sandbox::Settings;
/// use nzimbu_sandbox::direct::{Call, Direct};
///
/// let mut gateways = Direct::new(&Settings::default());
/// let url = format!("{}/v1/checkouts", gateways.endpoints().adullam.base_url);
/// let answer = gateways.answer(&Call::new("POST", &url, &[], b"{}"), SystemTime::UNIX_EPOCH);
/// assert_eq!(answer.map(|answer| answer.status), Some(401));
/// assert!(gateways.take_movements().is_empty());
/// ```
pub struct Direct {
    gateways: [Box<dyn Gateway>; 4],
    endpoints: Endpoints,
    effects: Effects,
}

/// A request to one of the gateways.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The head; names in small letters.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
    /// Who calls, for lists of allowed addresses.
    pub caller: IpAddr,
    /// How the gateway feels about work.
    pub mood: Mood,
}

impl<'a> Call<'a> {
    /// A request from this machine to a gateway in a good mood.
    pub const fn new(
        method: &'a str,
        url: &'a str,
        headers: &'a [(&'a str, &'a str)],
        body: &'a [u8],
    ) -> Call<'a> {
        Call { method, url, headers, body, caller: IpAddr::V4(Ipv4Addr::LOCALHOST), mood: Mood::Open }
    }
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The query may hold a token, and the head a key.
        let address = self.url.split('?').next().unwrap_or_default();
        write!(f, "Call({} {address}, {:?})", self.method, self.mood)
    }
}

/// How a gateway answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Mood {
    /// As documented.
    Open,
    /// HTTP 429 in its own form; nothing is done.
    Busy,
    /// The operator behind it is out of service. Bitlipa makes an order that fails, the others do nothing.
    OperatorDown,
}

/// What a gateway answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The head, with the type of the content.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a gateway has to tell the merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// As in [`Movement::gateway`].
    pub gateway: &'static str,
    /// As in [`Movement::order_id`].
    pub order_id: String,
    /// Where to.
    pub url: String,
    /// Whether an empty GET comes first, which looks whether the address is there.
    pub asks_first: bool,
    /// The head, with the type of the content.
    pub headers: Vec<(&'static str, String)>,
    /// The body of the POST.
    pub body: String,
}

impl Direct {
    /// All gateways with these settings, for the first merchant. What concerns listening, callbacks, faults, files and
    /// further merchants in them is not used.
    pub fn new(settings: &Settings) -> Direct {
        let port = |number: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, number));
        // Nobody listens there; the addresses only name the gateways.
        let ports = [port(1), port(2), port(3), port(4), port(5), port(6)];
        let endpoints = Endpoints::new(&ports, settings.seed, &settings.credentials);
        let (store, guard) = (Store::memory(), Guard::random());
        let endings = Endings::new(settings.seed, &settings.endings);
        let shared = Shared { settings, store: &store, guard: &guard, endings: &endings };
        let known = Known { name: MAIN, merchant: settings.first(), endpoints };
        Direct { gateways: shared.gateways(&known), endpoints: known.endpoints, effects: Effects::default() }
    }

    /// The addresses that name the gateways, and the credentials that they accept.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Answers a request at this time; nothing when the address is none of theirs.
    pub fn answer(&mut self, call: &Call<'_>, now: SystemTime) -> Option<Answer> {
        let (place, front, rest) = self.find(call.url)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let now = now.into();
        let operator = match call.mood {
            Mood::Busy => return Some(shapes::rate_limit(place, now).into()),
            Mood::OperatorDown => match shapes::operator_down(place, now) {
                Some(reply) => return Some(reply.into()),
                None => Operator::Down,
            },
            Mood::Open => Operator::Up,
        };
        let request = Request {
            caller: call.caller,
            front,
            method: call.method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: call.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            body: call.body.to_vec(),
            operator,
        };
        let (gateway, effects) = self.at(place);
        gateway.advance(now, effects);
        Some(gateway.answer(&request, now, effects).into())
    }

    /// Does what the passing of time does by itself.
    pub fn advance(&mut self, now: SystemTime) {
        for gateway in &mut self.gateways {
            gateway.advance(now.into(), &mut self.effects);
        }
    }

    /// Decides an order as the customer or the operator would. False when there is nothing to decide; see
    /// [`Sandbox::settle`](crate::Sandbox::settle).
    pub fn settle(&mut self, gateway: &str, order_id: &str, decision: Decision, now: SystemTime) -> bool {
        let Some(place) = Place::find(gateway) else { return false };
        let (gateway, effects) = self.at(place);
        gateway.settle(order_id, decision, now.into(), effects)
    }

    /// Lets every token end that was handed out so far.
    pub fn expire_tokens(&mut self, now: SystemTime) {
        for gateway in &mut self.gateways {
            gateway.expire_tokens(now.into());
        }
    }

    /// The money that moved since this was last called.
    pub fn take_movements(&mut self) -> Vec<Movement> {
        std::mem::take(&mut self.effects.movements)
    }

    /// What there is to tell the merchant since this was last called, in order.
    pub fn take_notifications(&mut self) -> Vec<Notification> {
        let callbacks = std::mem::take(&mut self.effects.callbacks).into_iter();
        let notification = |callback: crate::gateway::Callback| {
            let mut headers = callback.headers;
            headers.push(("content-type", callback.content_type.to_owned()));
            Notification {
                gateway: callback.gateway,
                order_id: callback.order_id,
                url: callback.url,
                asks_first: callback.ping == Ping::GetFirst,
                headers,
                body: callback.body,
            }
        };
        callbacks.map(notification).collect()
    }

    fn at(&mut self, place: Place) -> (&mut dyn Gateway, &mut Effects) {
        (self.gateways[place as usize].as_mut(), &mut self.effects)
    }

    /// Which gateway an address belongs to, and what stands behind its host.
    fn find<'a>(&self, url: &'a str) -> Option<(Place, Front, &'a str)> {
        let Endpoints { cinetpay, bitlipa, adullam, .. } = &self.endpoints;
        let [checkout, transfer, api, adullam_place] = PLACES;
        let hosts = [
            (&cinetpay.checkout_url, checkout, Front::Api),
            (&cinetpay.transfer_url, transfer, Front::Api),
            (&bitlipa.base_url, api, Front::Api),
            (&bitlipa.hosted_page_url, api, Front::Pages),
            (&adullam.base_url, adullam_place, Front::Api),
        ];
        hosts.into_iter().find_map(|(host, place, front)| {
            let rest = url.strip_prefix(host.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((place, front, rest))
        })
    }
}

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direct").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        let mut headers = reply.headers;
        headers.push(("content-type", reply.content_type.to_owned()));
        Answer { status: reply.status, headers, body: reply.body }
    }
}

//! What lies between a process and a gateway: requests are lost, late and doubled, answers are lost and spoilt.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use nzimbu_core::{Effect, HttpRequest, HttpResponse, Method, TransportError};
use nzimbu_sandbox::Decision;
use nzimbu_sandbox::direct::{Call, Mood};

use super::plain::Copies;
use super::weather::LONGEST;
use super::world::{Caller, Event, Outage, World};

/// What the transport waits for an answer; less than a lease.
const PATIENCE: Duration = Duration::from_secs(30);

const MOMENT: Duration = Duration::from_millis(5);
const SECOND: Duration = Duration::from_secs(1);

/// A request on its way.
pub(super) struct Message {
    /// Who waits for the answer; nobody waits for that of a second copy.
    caller: Option<Caller>,
    /// The order that it is about.
    about: usize,
    /// The same, if it moves its money.
    order: Option<usize>,
    /// Whether the gateway knows the caller. The same for both copies: they come from the same address.
    blocked: bool,
    request: Rc<HttpRequest>,
}

impl World {
    /// Sends a request of an order, and lets the caller hear of it in one way or another.
    pub(super) fn send(&mut self, caller: Caller, order: usize, request: &HttpRequest) {
        let weather = self.weather;
        let wait = self.dice.millis(MOMENT, SECOND);
        if self.dice.happens(weather.refused) {
            let refused = Err(TransportError::not_sent("connection refused"));
            return self.at(wait, Event::Answer { caller, reply: Box::new(refused) });
        }
        let lost = Err(TransportError::unknown("no answer in time"));
        let patience = self.dice.millis(PATIENCE, PATIENCE + SECOND);
        self.at(patience, Event::Answer { caller, reply: Box::new(lost) });
        let outage = self.outage(order);
        if outage == Some(Outage::Dark) || self.dice.happens(weather.request_lost) {
            return self.tell(order, || "the request is lost".to_owned());
        }
        let moves = request.effect() == Effect::MovesMoney;
        let message = Message {
            caller: Some(caller),
            about: order,
            order: moves.then_some(order),
            blocked: outage == Some(Outage::Blocked) || self.dice.happens(weather.blocked),
            request: Rc::new(request.clone()),
        };
        let late = self.dice.happens(weather.request_late);
        let delay = if late { self.dice.millis(SECOND, LONGEST) } else { wait };
        if late {
            self.tell(order, || format!("the request is delayed by {} s", delay / 1_000));
        }
        self.depart(delay, message);
    }

    fn depart(&mut self, delay: i64, message: Message) {
        if let Some(order) = message.order {
            self.orders[order].under_way += 1;
        }
        self.at(delay, Event::Arrive(message));
    }

    /// A request reaches its gateway.
    pub(super) fn arrive(&mut self, message: Message) {
        let Message { caller, about, order, blocked, request } = message;
        let weather = self.weather;
        if let Some(order) = order {
            self.orders[order].under_way -= 1;
        }
        let firewall = self.dice.happens(weather.firewall);
        let reply = if firewall {
            HttpResponse::new(403, "<!doctype html><title>Access denied</title>")
        } else {
            let (reply, taken) = self.work(&request, order, blocked);
            // A gateway that executes every copy cannot be protected from a network that makes some.
            let executes = |place: usize| self.plain[place].copies == Copies::Executed;
            let may_double = order.is_none() || !self.plain_at(&request.url).is_some_and(executes);
            if taken && may_double && caller.is_some() && self.dice.happens(weather.request_twice) {
                let delay = self.dice.millis(MOMENT, LONGEST);
                self.depart(
                    delay,
                    Message { caller: None, about, order, blocked, request: Rc::clone(&request) },
                );
            }
            reply
        };
        let Some(caller) = caller else { return };
        if self.outage(about) == Some(Outage::Mute) || self.dice.happens(weather.answer_lost) {
            if let Some(order) = order {
                self.tell(order, || "the answer is lost".to_owned());
            }
            return;
        }
        let mut reply = reply;
        if self.dice.happens(weather.answer_spoilt) {
            match self.dice.below(4) {
                0 => reply = HttpResponse::new(502, "bad gateway"),
                1 => reply = HttpResponse::new(500, ""),
                2 => reply = HttpResponse::new(200, "<!doctype html><title>Maintenance</title>"),
                _ => reply.body.truncate(reply.body.len() / 2),
            }
        }
        if let Some(order) = order {
            self.tell(order, || format!("the answer is {} {}", reply.status, shown(&reply.body)));
        }
        let late = self.dice.happens(weather.answer_late);
        let delay = self.dice.millis(MOMENT, if late { PATIENCE * 4 } else { SECOND });
        self.at(delay, Event::Answer { caller, reply: Box::new(Ok(reply)) });
    }

    /// Lets the gateway work, and says whether it took the request.
    fn work(&mut self, request: &HttpRequest, order: Option<usize>, blocked: bool) -> (HttpResponse, bool) {
        let weather = self.weather;
        let mood = if self.dice.happens(weather.busy) {
            Mood::Busy
        } else if order.is_some() && self.dice.happens(weather.operator_down) {
            Mood::OperatorDown
        } else {
            Mood::Open
        };
        if self.dice.happens(weather.tokens_end) {
            self.gateways.expire_tokens(self.moment());
        }
        if let Some(order) = order {
            self.orders[order].arrived = true;
            self.tell(order, || format!("the request arrives: {mood:?}, blocked: {blocked}"));
            // However long the customer or the operator takes.
            let slow = self.dice.happens(200);
            let longest = if slow { Duration::from_secs(2 * 3_600) } else { Duration::from_secs(120) };
            let delay = self.dice.millis(SECOND, longest);
            self.at(delay, Event::Settle(order));
        }
        let reply = if let Some(place) = self.plain_at(&request.url) {
            if blocked {
                return (HttpResponse::new(403, "refused"), false);
            }
            if mood != Mood::Open {
                return (HttpResponse::new(429, "busy"), false);
            }
            let (reply, again) = self.plain[place].answer(&request.url, &request.body);
            if let Some((name, amount)) = again {
                self.moved(self.plain[place].copies.gateway(), &name, &amount);
            }
            reply
        } else {
            self.ask_sandbox(request, mood, blocked)
        };
        self.after_work();
        (reply, mood == Mood::Open && !blocked)
    }

    /// Which of the gateways that are not the sandbox's an address belongs to.
    fn plain_at(&self, url: &str) -> Option<usize> {
        self.plain.iter().position(|gateway| gateway.serves(url))
    }

    fn ask_sandbox(&mut self, request: &HttpRequest, mood: Mood, blocked: bool) -> HttpResponse {
        let adullam = self.gateways.endpoints().adullam.base_url.clone();
        let mut headers: Vec<(&str, &str)> = Vec::with_capacity(4);
        headers.push(("user-agent", "nzimbu/simulation"));
        headers.extend(request.headers.iter().map(|header| (header.name, header.value.as_str())));
        if blocked && request.url.starts_with(&*adullam) {
            headers.retain(|(name, _)| *name != "authorization");
        }
        let method = match request.method() {
            Method::Get => "GET",
            _ => "POST",
        };
        let mut call = Call::new(method, &request.url, &headers, &request.body);
        call.mood = mood;
        if blocked {
            call.caller = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        }
        let answer = self.gateways.answer(&call, self.moment()).expect("our clients call the gateways");
        let mut reply = HttpResponse::new(answer.status, answer.body);
        reply.headers = answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        reply
    }

    /// The customer or the operator decides about an order.
    pub(super) fn settle(&mut self, order: usize) {
        let kind = self.orders[order].kind;
        let mut fate = super::dice::Dice::new(self.seed, 0x5e77_1e00 + order as u64);
        let decision = match fate.below(20) {
            0 => Decision::Refuse,
            1 => Decision::Expire,
            2 => Decision::TooLittleMoney,
            // Bitlipa has a provider that never ends anything; others may as well.
            3 => return,
            _ => Decision::Approve,
        };
        for name in self.names_of(order) {
            let plain = self.plain.iter().position(|gateway| gateway.copies.gateway() == kind.ledger());
            if let Some(place) = plain {
                if let Some(amount) = self.plain[place].settle(&name, decision == Decision::Approve) {
                    self.moved(kind.ledger(), &name, &amount);
                }
            } else {
                let now = self.moment();
                self.gateways.settle(kind.ledger(), &name, decision, now);
            }
        }
        self.after_work();
    }

    /// Takes what the gateways brought about: money, and callbacks on their way.
    pub(super) fn after_work(&mut self) {
        for movement in self.gateways.take_movements() {
            self.moved(movement.gateway, &movement.order_id, &movement.amount);
        }
        let weather = self.weather;
        for told in self.gateways.take_notifications() {
            if self.dice.happens(weather.callback_lost) {
                continue;
            }
            let told = Rc::new(told);
            let copies = if self.dice.happens(weather.callback_twice) { 2 + self.dice.below(3) } else { 1 };
            for _ in 0..copies {
                let late = self.dice.happens(weather.callback_late);
                let delay = self.dice.millis(MOMENT, if late { SECOND * 3_600 * 4 } else { SECOND * 5 });
                self.at(delay, Event::Callback { told: Rc::clone(&told), tries: 0 });
            }
        }
    }

    /// The time as the sandbox takes it.
    pub(super) fn moment(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(self.now).expect("after 1970"))
    }
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(120).collect::<String>().replace('\n', " ")
}

//! CinetPay's checkout v2: routes and the states of a payment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::rules::{Account, Lookup, Order, Refusal};
use crate::dice::Dice;
use crate::gateway::{Callback, Decision, Effects, Gateway, Ping, Reply, Request};
use crate::html::{self, Guard};
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};
use crate::view::{OrderView, Signed, Standing};

mod operators;
mod pages;
mod rules;
mod seamless;
mod shapes;
mod sign;

/// The emulated checkout.
pub(crate) struct Checkout {
    account: Account,
    secret_key: String,
    base_url: String,
    guard: Guard,
    friends: Vec<String>,
    auto: Option<Duration>,
    capacity: usize,
    dice: Dice,
    payments: Orders<Payment>,
    schedule: Schedule<(u64, Step)>,
}

/// What the checkout needs to know from outside.
pub(crate) struct Config {
    pub(crate) apikey: String,
    pub(crate) site_id: String,
    pub(crate) secret_key: String,
    pub(crate) currency: String,
    pub(crate) base_url: String,
    pub(crate) guard: Guard,
    /// Hosts besides loopback whose pages may open payments by the Seamless script.
    pub(crate) friends: Vec<String>,
    pub(crate) store: Store,
    pub(crate) auto: Option<Duration>,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
}

/// One payment.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Payment {
    order: Order,
    token: String,
    /// The opaque `signature` of notifications, which is not the HMAC.
    mark: String,
    created: Moment,
    /// Who pays, once that was chosen at the counter.
    payer: Option<Payer>,
    state: State,
}

/// What the payer chose at the counter.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payer {
    /// The operator's code.
    #[serde(deserialize_with = "store::constant")]
    operator: Constant,
    #[serde(deserialize_with = "store::constant")]
    prefix: Constant,
    /// Without the prefix; empty for cards.
    phone: String,
}

impl Record for Payment {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("transaction_id", &self.order.transaction_id), ("token", &self.token)]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Waiting,
    Accepted { at: Moment, operator: u64 },
    Refused { at: Moment, cause: Cause },
}

/// Why the money did not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Cause {
    Cancelled,
    Expired,
    WrongPin,
    TooLittleMoney,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    /// The payer has chosen an operator and the push is on its way.
    Push,
    Approve,
}

impl Checkout {
    pub(crate) fn new(config: Config) -> Checkout {
        Checkout {
            account: Account { apikey: config.apikey, site_id: config.site_id, currency: config.currency },
            secret_key: config.secret_key,
            base_url: config.base_url,
            guard: config.guard,
            friends: config.friends,
            auto: config.auto,
            capacity: config.capacity,
            dice: Dice::new(config.seed, 1),
            payments: Orders::open(&config.store, "cinetpay_checkout"),
            schedule: Schedule::open(&config.store, "cinetpay_checkout"),
        }
    }

    /// The checks that stand before every call of the API.
    fn guard(request: &Request, now: Moment) -> Result<(), Reply> {
        let agent = request.header("user-agent").unwrap_or("").trim();
        if agent.is_empty() || BANNED_AGENTS.iter().any(|banned| agent.starts_with(banned)) {
            return Err(Reply::text(403, "error code: 1010"));
        }
        if request.method != "POST" {
            return Err(Reply::text(405, "this call is made with POST"));
        }
        if !request.has_content_type("application/json") {
            return Err(shapes::forbidden(now));
        }
        Ok(())
    }

    fn initialise(&mut self, request: &Request, now: Moment) -> Reply {
        let order = match rules::read_order(&request.body, &self.account) {
            Ok(order) => order,
            Err(refusal) => return shapes::refusal(&refusal, now),
        };
        if let Some(serial) = self.payments.find("transaction_id", &order.transaction_id) {
            let known = self.payments.get(serial);
            if known.order.fingerprint == order.fingerprint {
                return shapes::created(&known.token, &self.payment_url(&known.token), now);
            }
            let reason = "transaction_id was used before with other parameters".to_owned();
            return shapes::refusal(&Refusal::Fields(reason), now);
        }
        if self.payments.len() >= self.capacity {
            return Reply::full();
        }
        let token = self.dice.hex(110);
        let reply = shapes::created(&token, &self.payment_url(&token), now);
        let mark = self.dice.hex(64);
        let payment = Payment { order, token, mark, created: now, payer: None, state: State::Waiting };
        let serial = self.payments.push(payment);
        if let Some(delay) = self.auto {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Push));
            self.schedule.add(now.plus(delay), (serial, Step::Approve));
        }
        reply
    }

    fn check(&self, request: &Request, now: Moment) -> Reply {
        let lookup = match rules::read_lookup(&request.body, &self.account) {
            Ok(lookup) => lookup,
            Err(refusal) => return shapes::refusal(&refusal, now),
        };
        let serial = match &lookup {
            Lookup::Id(id) => self.payments.find("transaction_id", id),
            Lookup::Token(token) => self.payments.find("token", token),
        };
        match serial {
            Some(serial) => shapes::state(&self.payments.get(serial), now),
            None => {
                let reason = "no payment has this transaction_id or token".to_owned();
                shapes::refusal(&Refusal::Fields(reason), now)
            }
        }
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let payment = self.payments.get(serial);
        if payment.state != State::Waiting {
            return false;
        }
        let state = match decision {
            Decision::Approve => {
                let operator = self.dice.digits(5).parse().expect("five digits are a number");
                effects.movements.push(Movement {
                    gateway: NAME,
                    operation: "payment",
                    order_id: payment.order.transaction_id.clone(),
                    amount: payment.order.amount.to_string(),
                    currency: payment.order.currency.to_owned(),
                });
                State::Accepted { at: now, operator }
            }
            Decision::Refuse => State::Refused { at: now, cause: Cause::Cancelled },
            Decision::Expire => State::Refused { at: now, cause: Cause::Expired },
            Decision::WrongPin => State::Refused { at: now, cause: Cause::WrongPin },
            Decision::TooLittleMoney => State::Refused { at: now, cause: Cause::TooLittleMoney },
        };
        self.payments.change(serial, |payment| payment.state = state);
        self.notify(serial, effects);
        true
    }

    fn notify(&self, serial: u64, effects: &mut Effects) {
        let payment = self.payments.get(serial);
        let fields = shapes::notification(&payment, &self.account.site_id);
        effects.callbacks.push(Callback {
            gateway: NAME,
            order_id: payment.order.transaction_id.clone(),
            url: payment.order.notify_url.clone(),
            ping: Ping::GetFirst,
            content_type: "application/x-www-form-urlencoded",
            headers: vec![("x-token", sign::x_token(&self.secret_key, &fields))],
            body: form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish(),
        });
    }

    fn payment_url(&self, token: &str) -> String {
        format!("{}/payment/{token}", self.base_url)
    }
}

impl Checkout {
    fn view(&self, serial: u64, payment: &Payment) -> OrderView {
        let (state, status) = match payment.state {
            State::Waiting => (Standing::Open, "WAITING_FOR_CUSTOMER"),
            State::Accepted { .. } => (Standing::Approved, "ACCEPTED"),
            State::Refused { .. } => (Standing::Refused, "REFUSED"),
        };
        let order = &payment.order;
        let number = |payer: &Payer| format!("{}{}", payer.prefix, payer.phone);
        let prompted = payment.payer.as_ref().filter(|payer| !payer.phone.is_empty()).map(number);
        OrderView {
            serial,
            gateway: NAME,
            operation: "payment",
            order_id: order.transaction_id.clone(),
            gateway_id: payment.token.clone(),
            amount: order.amount.to_string(),
            currency: order.currency.to_owned(),
            phone: prompted.clone().or_else(|| order.phone.clone()),
            prompted: prompted.filter(|_| state == Standing::Open),
            state,
            status: status.to_owned(),
            created: payment.created,
            callback_url: Some(order.notify_url.clone()),
            page_url: Some(self.payment_url(&payment.token)),
        }
    }
}

impl Gateway for Checkout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        if let Some(reply) = html::asset(request) {
            return reply;
        }
        if let Some(call) = path.strip_prefix("/seamless/") {
            return self.seamless(request, call, now);
        }
        if let Some(token) = path.strip_prefix("/payment/") {
            return self.page(request, token, now, effects);
        }
        if !matches!(path, "/v2/payment" | "/v2/payment/check") {
            return Reply::text(404, "not found");
        }
        if let Err(reply) = Checkout::guard(request, now) {
            return reply;
        }
        if path == "/v2/payment" { self.initialise(request, now) } else { self.check(request, now) }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.payments.find("transaction_id", order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                Step::Push => {
                    if self.payments.get(serial).state == State::Waiting {
                        self.notify(serial, effects);
                    }
                }
                Step::Approve => {
                    self.decide(serial, Decision::Approve, now, effects);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn orders(&self, before: u64, limit: usize) -> Vec<OrderView> {
        let newest = self.payments.newest(before, limit);
        newest.into_iter().map(|(serial, order)| self.view(serial, &order)).collect()
    }

    fn order(&self, order_id: &str) -> Option<OrderView> {
        let serial = self.payments.find("transaction_id", order_id)?;
        Some(self.view(serial, &self.payments.get(serial)))
    }

    fn explain(&self, headers: &[(String, String)], body: &str) -> Option<Signed> {
        let given = headers.iter().find(|(name, _)| name == "x-token").map(|(_, value)| value)?;
        let form: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let (text, expected) = sign::explain(&self.secret_key, &form);
        Some(Signed { algorithm: "HMAC-SHA256", text, given: given.clone(), expected })
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "cinetpay-checkout";

/// Default names of HTTP libraries that Cloudflare turns away for CinetPay.
const BANNED_AGENTS: [&str; 1] = ["Python-urllib/"];

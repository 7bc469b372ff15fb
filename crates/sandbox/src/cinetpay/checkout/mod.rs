//! CinetPay's checkout v2: routes and the states of a payment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::rules::{Account, Lookup, Order, Refusal};
use crate::dice::Dice;
use crate::gateway::{Callback, Decision, Effects, Gateway, Ping, Reply, Request, field};
use crate::html;
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{Orders, Record, Store};

mod pages;
mod rules;
mod shapes;
mod sign;

/// The emulated checkout.
pub(crate) struct Checkout {
    account: Account,
    secret_key: String,
    base_url: String,
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
    state: State,
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
        let payment = Payment { order, token, mark, created: now, state: State::Waiting };
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

    fn page(&mut self, request: &Request, token: &str, now: Moment, effects: &mut Effects) -> Reply {
        let Some(serial) = self.payments.find("token", token) else {
            return html::not_found(html::Language::French);
        };
        let payment = self.payments.get(serial);
        let language = payment.order.language;
        if request.method == "GET" {
            return pages::counter(&payment);
        }
        if !request.comes_from_own_page() {
            return html::foreign_form(language);
        }
        let form = request.form_pairs();
        match field(&form, "decision") {
            Some("approve") => self.decide(serial, Decision::Approve, now, effects),
            Some("refuse") => self.decide(serial, Decision::Refuse, now, effects),
            _ => return pages::counter(&payment),
        };
        Reply::see_other(format!("/payment/{token}"))
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

impl Gateway for Checkout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
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

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "cinetpay-checkout";

/// Default names of HTTP libraries that Cloudflare turns away for CinetPay.
const BANNED_AGENTS: [&str; 1] = ["Python-urllib/"];

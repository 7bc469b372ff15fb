//! Adullam: the checkout call, from the one old page that documents it, and the tokens for it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::auth::Login;
use self::rules::Order;
use self::shapes::error;
use crate::choices::{AdullamChoices, ReusedKey};
use crate::claim::Claim;
use crate::dice::Dice;
use crate::endings::Endings;
use crate::faults::SeenOrder;
use crate::gateway::{Decision, Effects, Gateway, Reply, Request};
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::rate::Rate;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};
use crate::view::{Group, OrderView, Prompt, Standing};

mod auth;
mod rules;
mod shapes;

/// The emulated Adullam.
pub(crate) struct Adullam {
    merchant: Constant,
    token: String,
    auto: Option<Duration>,
    endings: Endings,
    capacity: usize,
    choices: AdullamChoices,
    dice: Dice,
    logins: Orders<Login>,
    checkouts: Orders<Checkout>,
    schedule: Schedule<(u64, Step)>,
    per_minute: Rate,
    per_hour: Rate,
}

/// What Adullam needs to know from outside.
pub(crate) struct Config {
    pub(crate) merchant: Constant,
    pub(crate) token: String,
    pub(crate) store: Store,
    pub(crate) auto: Option<Duration>,
    pub(crate) endings: Endings,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
    pub(crate) choices: AdullamChoices,
}

#[derive(Clone, Serialize, Deserialize)]
struct Checkout {
    id: String,
    key: String,
    payment_id: String,
    order: Order,
    created: Moment,
    state: State,
}

impl Record for Checkout {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("key", &self.key), ("id", &self.id)]
    }

    fn group(&self) -> Option<Group> {
        let standing = self.standing();
        let prompt = if standing == Standing::Open { Prompt::Shown } else { Prompt::None };
        Some(Group { operation: "payment", standing, prompt })
    }
}

impl Checkout {
    fn standing(&self) -> Standing {
        match self.state {
            State::Completed { .. } => Standing::Approved,
            open if open.is_open() => Standing::Open,
            _ => Standing::Refused,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Created,
    Pending,
    Processing,
    Completed { at: Moment },
    Failed(#[serde(deserialize_with = "store::constant")] Constant),
    Expired,
    Cancelled,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Created => "created",
            State::Pending => "pending",
            State::Processing => "processing",
            State::Completed { .. } => "completed",
            State::Failed(_) => "failed",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, State::Created | State::Pending | State::Processing)
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    Process,
    End(Decision),
    Expire,
}

impl Adullam {
    pub(crate) fn new(config: Config) -> Adullam {
        Adullam {
            merchant: config.merchant,
            token: config.token,
            auto: config.auto,
            endings: config.endings,
            capacity: config.capacity,
            choices: config.choices,
            dice: Dice::new(config.seed, 4),
            logins: Orders::open(&config.store, "adullam_logins"),
            checkouts: Orders::open(&config.store, "adullam"),
            schedule: Schedule::open(&config.store, "adullam"),
            per_minute: Rate::new(100, Duration::from_secs(60)),
            per_hour: Rate::new(1_000, Duration::from_secs(3_600)),
        }
    }

    fn create(&mut self, request: &Request, now: Moment) -> Reply {
        if self.token_of(request, now).is_none() {
            return error(401, "missing or invalid token");
        }
        let key = request.header("idempotency-key").or_else(|| request.header("x-idempotency-key"));
        let Some(key) = key.map(str::trim).filter(|key| (1..=1_000).contains(&key.len())) else {
            return error(400, "the header idempotency-key of 1 to 1000 characters is required");
        };
        if self.choices.uuid_keys && !rules::is_uuid(key) {
            return error(400, "the header idempotency-key must be a UUID");
        }
        if !request.has_content_type("application/json") {
            return error(400, "the content type must be application/json");
        }
        let order = match rules::read_order(&request.body) {
            Ok(order) => order,
            Err(problems) => return error(400, &problems),
        };
        if let Some(serial) = self.checkouts.find("key", key) {
            let known = self.checkouts.get(serial);
            if known.order != order && self.choices.reused_key == ReusedKey::Refuse {
                return error(422, "this idempotency key was used before with another body");
            }
            return Reply::json(200, &shapes::checkout(&known));
        }
        if self.checkouts.len() >= self.capacity {
            return Reply::full();
        }
        let expiry = now.plus(Duration::from_secs(order.expires_in));
        let checkout = Checkout {
            id: format!("cs_ci_{}", self.dice.digits(12)),
            key: key.to_owned(),
            payment_id: format!("ORDER_{}", self.dice.digits(9)),
            order,
            created: now,
            state: State::Created,
        };
        let reply = Reply::json(201, &shapes::checkout(&checkout));
        let serial = self.checkouts.push(checkout);
        self.plan(serial, now);
        self.schedule.add(expiry, (serial, Step::Expire));
        reply
    }

    /// Lets time do its work on a checkout.
    fn plan(&mut self, serial: u64, now: Moment) {
        let checkout = self.checkouts.get(serial);
        let seen = SeenOrder {
            order_id: Some(checkout.key.clone()),
            phone: Some(checkout.order.user_phone.clone()),
            amount: Some(checkout.order.amount.to_string()),
        };
        let Some((delay, decision)) = self.endings.of(NAME, self.merchant, &seen, self.auto) else { return };
        if !delay.is_zero() {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Process));
        }
        self.schedule.add(now.plus(delay), (serial, Step::End(decision)));
    }

    /// By the key or by Adullam's id.
    fn find(&self, order_id: &str) -> Option<u64> {
        self.checkouts.find("key", order_id).or_else(|| self.checkouts.find("id", order_id))
    }

    /// Counts a call; the seconds to wait when there were too many.
    fn wait(&mut self, now: Moment) -> Option<u64> {
        if !self.choices.rate_limit {
            return None;
        }
        let served = [self.per_minute.take(now), self.per_hour.take(now)];
        if served.iter().all(Option::is_some) {
            return None;
        }
        Some(if served[1].is_none() { self.per_hour.wait(now) } else { self.per_minute.wait(now) })
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let checkout = self.checkouts.get(serial);
        if !checkout.state.is_open() {
            return false;
        }
        let state = match decision {
            Decision::Approve => {
                effects.movements.push(Movement {
                    gateway: NAME,
                    merchant: self.merchant,
                    operation: "payment",
                    order_id: checkout.key.clone(),
                    amount: checkout.order.amount.to_string(),
                    currency: "XOF".to_owned(),
                });
                State::Completed { at: now }
            }
            Decision::Refuse => State::Failed("the customer refused the payment"),
            Decision::WrongPin => State::Failed("the customer's PIN was wrong"),
            Decision::TooLittleMoney => State::Failed("the customer's wallet holds too little"),
            Decision::Expire => State::Expired,
        };
        self.checkouts.change(serial, |checkout| checkout.state = state);
        true
    }
}

impl Adullam {
    fn view(&self, serial: u64, checkout: &Checkout) -> OrderView {
        let state = checkout.standing();
        OrderView {
            serial,
            gateway: NAME,
            merchant: self.merchant,
            operation: "payment",
            order_id: checkout.key.clone(),
            gateway_id: checkout.id.clone(),
            amount: checkout.order.amount.to_string(),
            currency: "XOF".to_owned(),
            phone: Some(checkout.order.user_phone.clone()),
            prompted: Some(checkout.order.user_phone.clone()).filter(|_| state == Standing::Open),
            state,
            status: checkout.state.name().to_owned(),
            created: checkout.created,
            callback_url: None,
            page_url: None,
        }
    }
}

impl Gateway for Adullam {
    fn name(&self) -> &'static str {
        NAME
    }

    fn knows(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Token(token) => *token == self.token || self.logins.find("token", token).is_some(),
            Claim::Login(phone, password) => {
                *phone == self.choices.phone && *password == self.choices.password
            }
            _ => false,
        }
    }

    fn answer(&mut self, request: &Request, now: Moment, _effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        if !matches!(path, "/v1/checkouts" | "/v1/auth/token" | "/v1/auth/rotate") {
            return error(404, "not found");
        }
        if request.method != "POST" {
            let mut reply = match request.method.as_str() {
                "OPTIONS" => Reply::text(200, ""),
                _ => error(405, "this call is made with POST"),
            };
            reply.headers.push(("allow", "POST".to_owned()));
            return reply;
        }
        if let Some(wait) = self.wait(now) {
            let mut reply = error(429, "too many requests");
            reply.headers.push(("retry-after", wait.to_string()));
            return reply;
        }
        match path {
            "/v1/auth/token" => self.log_in(request, now),
            "/v1/auth/rotate" => self.rotate(request, now),
            _ => self.create(request, now),
        }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.find(order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn set_state(&mut self, order_id: &str, state: &str, now: Moment, effects: &mut Effects) -> bool {
        let Some(serial) = self.find(order_id) else { return false };
        let state = match state {
            "completed" => return self.decide(serial, Decision::Approve, now, effects),
            "failed" => return self.decide(serial, Decision::Refuse, now, effects),
            "expired" => return self.decide(serial, Decision::Expire, now, effects),
            "pending" => State::Pending,
            "processing" => State::Processing,
            "cancelled" => State::Cancelled,
            _ => return false,
        };
        let open = self.checkouts.get(serial).state.is_open();
        if open {
            self.checkouts.change(serial, |checkout| checkout.state = state);
        }
        open
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                Step::Process => {
                    if matches!(self.checkouts.get(serial).state, State::Created | State::Pending) {
                        self.checkouts.change(serial, |checkout| checkout.state = State::Processing);
                    }
                }
                Step::End(decision) => {
                    self.decide(serial, decision, now, effects);
                }
                Step::Expire => {
                    self.decide(serial, Decision::Expire, now, effects);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn orders(&self, groups: &[Group], before: u64, limit: usize) -> Vec<OrderView> {
        let newest = self.checkouts.newest_of(groups, before, limit);
        newest.into_iter().map(|(serial, order)| self.view(serial, &order)).collect()
    }

    fn order(&self, order_id: &str) -> Option<OrderView> {
        let serial = self.checkouts.find("key", order_id).or_else(|| self.checkouts.find("id", order_id))?;
        Some(self.view(serial, &self.checkouts.get(serial)))
    }

    fn expire_tokens(&mut self, now: Moment) {
        self.end_tokens(now);
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "adullam";

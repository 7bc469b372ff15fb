//! Adullam: the checkout call, from the one old page that documents it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::rules::Order;
use crate::dice::Dice;
use crate::gateway::{Decision, Effects, Gateway, Reply, Request};
use crate::json::Json;
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};

mod rules;

/// The emulated Adullam.
pub(crate) struct Adullam {
    token: String,
    auto: Option<Duration>,
    capacity: usize,
    dice: Dice,
    checkouts: Orders<Checkout>,
    schedule: Schedule<(u64, Step)>,
}

/// What Adullam needs to know from outside.
pub(crate) struct Config {
    pub(crate) token: String,
    pub(crate) store: Store,
    pub(crate) auto: Option<Duration>,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Created,
    Processing,
    Completed { at: Moment },
    Failed(#[serde(deserialize_with = "store::constant")] Constant),
    Expired,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    Process,
    Complete,
    Expire,
}

impl Adullam {
    pub(crate) fn new(config: Config) -> Adullam {
        Adullam {
            token: config.token,
            auto: config.auto,
            capacity: config.capacity,
            dice: Dice::new(config.seed, 4),
            checkouts: Orders::open(&config.store, "adullam"),
            schedule: Schedule::open(&config.store, "adullam"),
        }
    }

    fn create(&mut self, request: &Request, now: Moment) -> Reply {
        let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if bearer.or_else(|| request.header("x-auth")).map(str::trim) != Some(self.token.as_str()) {
            return error(401, "missing or invalid token");
        }
        let key = request.header("idempotency-key").or_else(|| request.header("x-idempotency-key"));
        let Some(key) = key.map(str::trim).filter(|key| (1..=1_000).contains(&key.len())) else {
            return error(400, "the header idempotency-key of 1 to 1000 characters is required");
        };
        if !request.has_content_type("application/json") {
            return error(400, "the content type must be application/json");
        }
        let order = match rules::read_order(&request.body) {
            Ok(order) => order,
            Err(problems) => return error(400, &problems),
        };
        if let Some(serial) = self.checkouts.find("key", key) {
            let known = self.checkouts.get(serial);
            if known.order != order {
                return error(422, "this idempotency key was used before with another body");
            }
            return Reply::json(200, &shape(&known));
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
        let reply = Reply::json(201, &shape(&checkout));
        let serial = self.checkouts.push(checkout);
        if let Some(delay) = self.auto {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Process));
            self.schedule.add(now.plus(delay), (serial, Step::Complete));
        }
        self.schedule.add(expiry, (serial, Step::Expire));
        reply
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let checkout = self.checkouts.get(serial);
        if !matches!(checkout.state, State::Created | State::Processing) {
            return false;
        }
        let state = match decision {
            Decision::Approve => {
                effects.movements.push(Movement {
                    gateway: NAME,
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

impl Gateway for Adullam {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&mut self, request: &Request, now: Moment, _effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        match (path, request.method.as_str()) {
            ("/v1/checkouts", "POST") => self.create(request, now),
            ("/v1/checkouts", _) => error(405, "this call is made with POST"),
            _ => error(404, "not found"),
        }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.checkouts.find("key", order_id).or_else(|| self.checkouts.find("id", order_id)) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                Step::Process => {
                    if self.checkouts.get(serial).state == State::Created {
                        self.checkouts.change(serial, |checkout| checkout.state = State::Processing);
                    }
                }
                Step::Complete => {
                    self.decide(serial, Decision::Approve, now, effects);
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

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

/// The members in the order of the documented sample.
fn shape(checkout: &Checkout) -> Json {
    let order = &checkout.order;
    let (status, completed_at, failure_reason) = match checkout.state {
        State::Created => ("created", None, None),
        State::Processing => ("processing", None, None),
        State::Completed { at } => ("completed", Some(at.rfc3339()), None),
        State::Failed(reason) => ("failed", None, Some(reason)),
        State::Expired => ("expired", None, Some("the checkout expired")),
    };
    let mut members = vec![
        ("id", Json::from(checkout.id.as_str())),
        ("status", status.into()),
        ("amount", order.amount.into()),
        ("currency", "XOF".into()),
        ("user_phone", order.user_phone.as_str().into()),
        ("payment_id", checkout.payment_id.as_str().into()),
    ];
    if let Some(description) = &order.description {
        members.push(("description", description.as_str().into()));
    }
    members.extend([
        ("created_at", checkout.created.rfc3339().into()),
        ("expires_at", checkout.created.plus(Duration::from_secs(order.expires_in)).rfc3339().into()),
        ("completed_at", completed_at.into()),
        ("failure_reason", failure_reason.into()),
        // The sample's 25 on 5000; no tariff is published.
        ("transaction_fee", (order.amount / 200).into()),
    ]);
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn error(status: u16, text: &str) -> Reply {
    Reply::json(status, &Json::object([("error", text.into())]))
}

const NAME: &str = "adullam";

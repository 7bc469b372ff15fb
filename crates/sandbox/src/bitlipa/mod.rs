//! Bitlipa: the signed JSON API and the hosted pages.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::directory::Flow;
use self::rules::{Account, Draft, Operation};
use crate::dice::Dice;
use crate::gateway::{Callback, Decision, Effects, Front, Gateway, Ping, Reply, Request};
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};

mod directory;
mod pages;
mod rules;
mod shapes;
mod sign;

/// The emulated Bitlipa.
pub(crate) struct Bitlipa {
    account: Account,
    hosted_page_url: String,
    auto: Option<Duration>,
    capacity: usize,
    dice: Dice,
    orders: Orders<Order>,
    schedule: Schedule<u64>,
}

/// What Bitlipa needs to know from outside.
pub(crate) struct Config {
    pub(crate) public_id: String,
    pub(crate) merchant_id: String,
    pub(crate) secret: String,
    /// Ends with a slash.
    pub(crate) hosted_page_url: String,
    pub(crate) store: Store,
    pub(crate) auto: Option<Duration>,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
}

/// One order; collections and payouts share one space of ids.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    order_id: String,
    operation: Operation,
    amount: u64,
    #[serde(deserialize_with = "store::constant")]
    currency: Constant,
    callback_url: Option<String>,
    flow: Flow,
    #[serde(deserialize_with = "store::maybe_constant")]
    refused_by_operator: Option<Constant>,
    transaction_id: String,
    transaction_ref: String,
    account_number: String,
    page_token: String,
    confirm_type: u64,
    created: Moment,
    state: State,
}

impl Record for Order {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("order_id", &self.order_id), ("page", &self.page_token)]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    InProgress,
    Success,
    Failed(Failure),
    Cancelled,
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Failure {
    /// By the operator, before the customer heard of it.
    Unacceptable,
    Refused,
    WrongPin,
    TooLittleMoney,
}

impl State {
    fn code(self) -> i64 {
        match self {
            State::InProgress => 1,
            State::Success => 2,
            State::Failed(_) => 3,
            State::Cancelled => 4,
        }
    }
}

impl Order {
    /// A bank collection has no id while it is in progress.
    fn visible_transaction_id(&self, status: i64) -> &str {
        let waiting = status == State::InProgress.code() && self.operation == Operation::C2b;
        if waiting && self.flow == Flow::Bank { "" } else { &self.transaction_id }
    }
}

impl Bitlipa {
    pub(crate) fn new(config: Config) -> Bitlipa {
        Bitlipa {
            account: Account {
                public_id: config.public_id,
                merchant_id: config.merchant_id,
                secret: config.secret,
            },
            hosted_page_url: config.hosted_page_url,
            auto: config.auto,
            capacity: config.capacity,
            dice: Dice::new(config.seed, 3),
            orders: Orders::open(&config.store, "bitlipa"),
            schedule: Schedule::open(&config.store, "bitlipa"),
        }
    }

    fn api(&mut self, request: &Request, now: Moment) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let Some((public_id, call)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
            return Reply::text(404, "not found");
        };
        if !matches!(call, "payment_c2b" | "payment_b2c" | "status" | "banks") {
            return Reply::text(404, "not found");
        }
        if request.method != "POST" {
            return Reply::text(405, "this call is made with POST");
        }
        if !request.has_content_type("application/json") {
            return Reply::text(415, "the content type must be application/json");
        }
        match self.call(public_id, call, &request.body, now) {
            Ok(reply) => reply,
            Err(refusal) => shapes::refusal(&refusal),
        }
    }

    fn call(
        &mut self,
        public_id: &str,
        call: &str,
        body: &[u8],
        now: Moment,
    ) -> Result<Reply, rules::Refusal> {
        let json = rules::read_signed(body, &self.account)?;
        if public_id != self.account.public_id {
            return Err(rules::Refusal::Authentication);
        }
        match call {
            "banks" => {
                let provider_id = json
                    .get("provider_id")
                    .and_then(crate::json::Json::integer)
                    .ok_or_else(|| rules::Refusal::Shape("provider_id must be an integer".to_owned()))?;
                Ok(shapes::banks(directory::banks(provider_id)))
            }
            "status" => {
                let order_id = rules::read_order_id(&json)?;
                Ok(match self.orders.find("order_id", &order_id) {
                    Some(serial) => {
                        let order = self.orders.get(serial);
                        shapes::state(&order, &self.page_url(&order), now)
                    }
                    None => shapes::unknown(&order_id, now),
                })
            }
            _ => {
                // A known id gets its first answer again, whatever else the request says.
                if let Ok(order_id) = rules::read_order_id(&json)
                    && let Some(serial) = self.orders.find("order_id", &order_id)
                {
                    return Ok(shapes::first(&self.orders.get(serial)));
                }
                let operation = if call == "payment_b2c" { Operation::B2c } else { Operation::C2b };
                let draft = rules::read_payment(&json, operation)?;
                Ok(match self.accept(draft, now) {
                    Some(serial) => shapes::first(&self.orders.get(serial)),
                    None => Reply::full(),
                })
            }
        }
    }

    /// Makes an order; nothing when the sandbox is full.
    fn accept(&mut self, draft: Draft, now: Moment) -> Option<u64> {
        if self.orders.len() >= self.capacity {
            return None;
        }
        let confirm_type =
            u64::from(draft.operation == Operation::B2c && draft.amount == CONFIRMATION_AMOUNT);
        let state = if draft.refused_by_operator.is_some() {
            State::Failed(Failure::Unacceptable)
        } else {
            State::InProgress
        };
        let decides_itself = state == State::InProgress && draft.flow != Flow::Simulator && confirm_type == 0;
        let page_token = self.dice.hex(40);
        let serial = self.orders.push(Order {
            order_id: draft.order_id,
            operation: draft.operation,
            amount: draft.amount,
            currency: draft.currency,
            callback_url: draft.callback_url,
            flow: draft.flow,
            refused_by_operator: draft.refused_by_operator,
            transaction_id: self.dice.digits(12),
            transaction_ref: format!(
                "MP.{}.{}.CP{}",
                self.dice.digits(5),
                self.dice.digits(3),
                self.dice.digits(2)
            ),
            account_number: format!("40{}", self.dice.digits(8)),
            page_token,
            confirm_type,
            created: now,
            state,
        });
        if let Some(delay) = self.auto
            && decides_itself
        {
            self.schedule.add(now.plus(delay), serial);
        }
        Some(serial)
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let order = self.orders.get(serial);
        if order.state != State::InProgress || order.flow == Flow::Simulator {
            return false;
        }
        let state = match decision {
            Decision::Approve => {
                effects.movements.push(Movement {
                    gateway: NAME,
                    operation: match order.operation {
                        Operation::B2c => "payout",
                        Operation::C2b => "payment",
                    },
                    order_id: order.order_id.clone(),
                    amount: shapes::decimal(order.amount),
                    currency: order.currency.to_owned(),
                });
                State::Success
            }
            Decision::Refuse => State::Failed(Failure::Refused),
            Decision::Expire => State::Cancelled,
            Decision::WrongPin => State::Failed(Failure::WrongPin),
            Decision::TooLittleMoney => State::Failed(Failure::TooLittleMoney),
        };
        self.orders.change(serial, |order| order.state = state);
        let order = self.orders.get(serial);
        if let Some(url) = &order.callback_url {
            effects.callbacks.push(Callback {
                gateway: NAME,
                order_id: order.order_id.clone(),
                url: url.clone(),
                ping: Ping::Skip,
                content_type: "application/json",
                headers: Vec::new(),
                body: shapes::callback(&order, &self.account.secret, now),
            });
        }
        true
    }

    fn page_url(&self, order: &Order) -> String {
        format!("{}pay/{}", self.hosted_page_url, order.page_token)
    }
}

impl Gateway for Bitlipa {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        match request.front {
            Front::Api => self.api(request, now),
            Front::Pages => self.page(request, now, effects),
        }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.orders.find("order_id", order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some(serial) = self.schedule.take_due(now) {
            self.decide(serial, Decision::Approve, now, effects);
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "bitlipa";

/// A payout of exactly this many hundredths asks for a confirmation: `2222.00` lies within the limits of
/// every provider.
const CONFIRMATION_AMOUNT: u64 = 222_200;

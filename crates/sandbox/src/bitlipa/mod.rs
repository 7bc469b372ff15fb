//! Bitlipa: the signed JSON API and the hosted pages.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::directory::Flow;
use self::rules::{Account, Draft, Operation};
use self::states::{CONFIRMATION_AMOUNT, Failure, State};
use crate::choices::{BitlipaChoices, Replay};
use crate::claim::Claim;
use crate::dice::Dice;
use crate::endings::Endings;
use crate::faults::SeenOrder;
use crate::gateway::{Callback, Decision, Effects, Front, Gateway, Operator, Ping, Reply, Request};
use crate::html::Guard;
use crate::json::Json;
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};
use crate::view::{Group, OrderView, Prompt, Signed, Standing};

mod directory;
mod pages;
mod rules;
mod shapes;
mod sign;
mod states;

/// The emulated Bitlipa.
pub(crate) struct Bitlipa {
    merchant: Constant,
    account: Account,
    hosted_page_url: String,
    /// Whether amounts may stand for states.
    magic: bool,
    choices: BitlipaChoices,
    guard: Guard,
    auto: Option<Duration>,
    endings: Endings,
    capacity: usize,
    dice: Dice,
    orders: Orders<Order>,
    schedule: Schedule<(u64, Decision)>,
}

/// What Bitlipa needs to know from outside.
pub(crate) struct Config {
    pub(crate) merchant: Constant,
    pub(crate) public_id: String,
    pub(crate) merchant_id: String,
    pub(crate) secret: String,
    /// Ends with a slash.
    pub(crate) hosted_page_url: String,
    pub(crate) guard: Guard,
    pub(crate) store: Store,
    pub(crate) auto: Option<Duration>,
    pub(crate) endings: Endings,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
    pub(crate) magic: bool,
    pub(crate) choices: BitlipaChoices,
}

/// One order; collections and payouts share one space of ids.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    order_id: String,
    /// The customer's phone, as far as the provider goes by phones.
    customer_id: String,
    provider_id: i64,
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
    /// Wrong one-time passwords so far.
    misses: u8,
    confirm_type: u64,
    created: Moment,
    /// What the first answer told.
    first: State,
    state: State,
}

impl Record for Order {
    fn keys(&self) -> Vec<(&'static str, &str)> {
        vec![("order_id", &self.order_id), ("page", &self.page_token)]
    }

    fn group(&self) -> Option<Group> {
        let (standing, prompt) = (self.standing(), self.prompt());
        Some(Group { operation: self.operation.name(), standing, prompt })
    }
}

impl Order {
    /// The customer's number, where the provider goes by numbers.
    fn phone(&self) -> Option<&str> {
        let is_number = |id: &&str| id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_digit());
        Some(self.customer_id.as_str()).filter(is_number)
    }

    fn standing(&self) -> Standing {
        match self.state {
            State::Success => Standing::Approved,
            open if open.is_open() => Standing::Open,
            _ => Standing::Refused,
        }
    }

    fn prompt(&self) -> Prompt {
        let prompts = self.flow == Flow::Prompt && self.operation == Operation::C2b;
        if prompts && self.standing() == Standing::Open && self.phone().is_some() {
            Prompt::Shown
        } else {
            Prompt::None
        }
    }

    /// A bank collection has no id while it is in progress.
    fn visible_transaction_id(&self, state: State) -> &str {
        let waiting = state == State::InProgress && self.operation == Operation::C2b;
        if waiting && self.flow == Flow::Bank { "" } else { &self.transaction_id }
    }
}

impl Bitlipa {
    pub(crate) fn new(config: Config) -> Bitlipa {
        Bitlipa {
            merchant: config.merchant,
            account: Account {
                public_id: config.public_id,
                merchant_id: config.merchant_id,
                secret: config.secret,
            },
            hosted_page_url: config.hosted_page_url,
            magic: config.magic,
            choices: config.choices,
            guard: config.guard,
            auto: config.auto,
            endings: config.endings,
            capacity: config.capacity,
            dice: Dice::new(config.seed, 3),
            orders: Orders::open(&config.store, "bitlipa"),
            schedule: Schedule::open(&config.store, "bitlipa"),
        }
    }

    fn api(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let Some((public_id, call)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
            return Reply::text(404, "not found");
        };
        if !matches!(call, "payment_c2b" | "payment_b2c" | "status" | "banks") {
            return Reply::text(404, "not found");
        }
        if request.method != "POST" {
            let mut reply = match request.method.as_str() {
                "OPTIONS" => Reply::text(200, ""),
                _ => Reply::text(405, "this call is made with POST"),
            };
            reply.headers.push(("allow", "POST".to_owned()));
            return reply;
        }
        match self.call(public_id, call, request, now, effects) {
            Ok(reply) => reply,
            Err(refusal) => shapes::refusal(&refusal, self.choices.bad_signature),
        }
    }

    fn call(
        &mut self,
        public_id: &str,
        call: &str,
        request: &Request,
        now: Moment,
        effects: &mut Effects,
    ) -> Result<Reply, rules::Refusal> {
        let json = rules::read_signed(&request.body, &self.account)?;
        if public_id != self.account.public_id {
            return Err(rules::Refusal::Authentication);
        }
        match call {
            "banks" => Ok(shapes::banks(directory::banks(rules::read_provider_id(&json)?))),
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
                    return Ok(self.repeat(serial, &json, now));
                }
                let operation = if call == "payment_b2c" { Operation::B2c } else { Operation::C2b };
                let mut draft = rules::read_payment(&json, operation, &self.choices)?;
                if request.operator == Operator::Down {
                    draft.refused_by_operator = Some("request to the operator failed");
                }
                Ok(match self.accept(draft, now, effects) {
                    Some(serial) => shapes::first(&self.orders.get(serial)),
                    None => Reply::full(),
                })
            }
        }
    }

    /// Answers the repetition of an order. A payout that waits for its confirmation takes the code from
    /// `confirmation_code`, here or in `extra`; the documents' section on it is lost.
    fn repeat(&mut self, serial: u64, json: &Json, now: Moment) -> Reply {
        let order = self.orders.get(serial);
        let code = [Some(json), json.get("extra")]
            .into_iter()
            .flatten()
            .find_map(|place| place.get("confirmation_code").and_then(Json::text));
        match code {
            Some(code) if order.confirm_type != 0 && order.state.is_open() => {
                let (number, message) = match code {
                    "" => shapes::BLANK_PIN,
                    CONFIRMATION_CODE => shapes::OK,
                    other if other.len() != CONFIRMATION_CODE.len() => shapes::PIN_OF_WRONG_LENGTH,
                    _ => shapes::WRONG_PIN,
                };
                if number == 0 {
                    self.orders.change(serial, |order| order.confirm_type = 0);
                    self.plan(serial, now);
                }
                shapes::again(&self.orders.get(serial), number, message, now)
            }
            _ if self.choices.replay == Replay::Present => shapes::present(&order, now),
            _ => shapes::first(&order),
        }
    }

    /// Makes an order; nothing when the sandbox is full.
    fn accept(&mut self, draft: Draft, now: Moment, effects: &mut Effects) -> Option<u64> {
        if self.orders.len() >= self.capacity {
            return None;
        }
        let confirm_type =
            u64::from(draft.operation == Operation::B2c && draft.amount == CONFIRMATION_AMOUNT && self.magic);
        let magic = states::magic(draft.amount)
            .filter(|_| self.magic && draft.flow != Flow::Simulator && draft.refused_by_operator.is_none());
        let first = match draft.refused_by_operator {
            Some(_) => State::Failed(Failure::Unacceptable),
            None => magic.unwrap_or(State::InProgress),
        };
        let decides_itself = first == State::InProgress
            && magic.is_none()
            && draft.flow != Flow::Simulator
            && confirm_type == 0;
        let page_token = self.dice.hex(40);
        let serial = self.orders.push(Order {
            order_id: draft.order_id,
            customer_id: draft.customer_id,
            provider_id: draft.provider_id,
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
            misses: 0,
            confirm_type,
            created: now,
            first,
            state: if magic.is_some() { State::InProgress } else { first },
        });
        if let Some(state) = magic {
            self.put(serial, state, now, effects);
        }
        if decides_itself {
            self.plan(serial, now);
        }
        Some(serial)
    }

    /// Lets time do its work on an order.
    fn plan(&mut self, serial: u64, now: Moment) {
        let order = self.orders.get(serial);
        let seen = SeenOrder {
            order_id: Some(order.order_id.clone()),
            phone: order.phone().map(str::to_owned),
            amount: Some(shapes::decimal(order.amount)),
        };
        if let Some((delay, decision)) = self.endings.of(NAME, self.merchant, &seen, self.auto) {
            self.schedule.add(now.plus(delay), (serial, decision));
        }
    }

    fn decide(&mut self, serial: u64, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        let state = match decision {
            Decision::Approve => State::Success,
            Decision::Refuse => State::Failed(Failure::Refused),
            Decision::Expire => State::Cancelled,
            Decision::WrongPin => State::Failed(Failure::WrongPin),
            Decision::TooLittleMoney => State::Failed(Failure::TooLittleMoney),
        };
        self.put(serial, state, now, effects)
    }

    /// Puts an open order into a state; what is final, or only half so, calls back.
    fn put(&mut self, serial: u64, state: State, now: Moment, effects: &mut Effects) -> bool {
        let order = self.orders.get(serial);
        if !order.state.is_open() || order.flow == Flow::Simulator {
            return false;
        }
        if state == State::Success {
            effects.movements.push(Movement {
                gateway: NAME,
                merchant: self.merchant,
                operation: order.operation.name(),
                order_id: order.order_id.clone(),
                amount: shapes::decimal(order.amount),
                currency: order.currency.to_owned(),
            });
        }
        self.orders.change(serial, |order| order.state = state);
        if !state.is_open() || state == State::InTransit {
            self.call_back(serial, now, effects);
        }
        true
    }

    fn call_back(&self, serial: u64, now: Moment, effects: &mut Effects) {
        let order = self.orders.get(serial);
        let wanted = order.operation == Operation::C2b || self.choices.payout_callback;
        if let Some(url) = order.callback_url.as_ref().filter(|_| wanted) {
            effects.callbacks.push(Callback {
                gateway: NAME,
                merchant: self.merchant,
                order_id: order.order_id.clone(),
                url: url.clone(),
                ping: Ping::Skip,
                content_type: "application/json",
                headers: Vec::new(),
                body: shapes::callback(&order, &self.account, self.choices.callback, now),
            });
        }
    }

    fn page_url(&self, order: &Order) -> String {
        format!("{}pay/{}", self.hosted_page_url, order.page_token)
    }
}

impl Bitlipa {
    fn view(&self, serial: u64, order: &Order) -> OrderView {
        let phone = order.phone().map(str::to_owned);
        OrderView {
            serial,
            gateway: NAME,
            merchant: self.merchant,
            operation: order.operation.name(),
            order_id: order.order_id.clone(),
            gateway_id: order.transaction_id.clone(),
            amount: shapes::decimal(order.amount),
            currency: order.currency.to_owned(),
            prompted: phone.clone().filter(|_| order.prompt() == Prompt::Shown),
            phone,
            state: order.standing(),
            status: order.state.code().to_string(),
            created: order.created,
            callback_url: order.callback_url.clone(),
            page_url: (order.operation == Operation::C2b).then(|| self.page_url(order)),
        }
    }
}

impl Gateway for Bitlipa {
    fn name(&self) -> &'static str {
        NAME
    }

    fn knows(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Account(public_id) => *public_id == self.account.public_id,
            Claim::Owner(merchant_id) => *merchant_id == self.account.merchant_id,
            Claim::Page(token) => self.orders.find("page", token).is_some(),
            _ => false,
        }
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        match request.front {
            Front::Api => self.api(request, now, effects),
            Front::Pages => self.page(request, now, effects),
        }
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.orders.find("order_id", order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn set_state(&mut self, order_id: &str, state: &str, now: Moment, effects: &mut Effects) -> bool {
        match (self.orders.find("order_id", order_id), State::parse(state)) {
            (Some(serial), Some(state)) => self.put(serial, state, now, effects),
            _ => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, decision)) = self.schedule.take_due(now) {
            // What was put aside by hand is not time's to decide.
            if self.orders.get(serial).state == State::InProgress {
                self.decide(serial, decision, now, effects);
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn orders(&self, groups: &[Group], before: u64, limit: usize) -> Vec<OrderView> {
        let newest = self.orders.newest_of(groups, before, limit);
        newest.into_iter().map(|(serial, order)| self.view(serial, &order)).collect()
    }

    fn order(&self, order_id: &str) -> Option<OrderView> {
        let serial = self.orders.find("order_id", order_id)?;
        Some(self.view(serial, &self.orders.get(serial)))
    }

    fn explain(&self, _headers: &[(String, String)], body: &str) -> Option<Signed> {
        let json = Json::parse(body.as_bytes()).ok()?;
        let given = json.get("signature").and_then(Json::text)?.to_owned();
        let text = sign::signed_text(&json)?;
        let expected = sign::sign(&json, &self.account.secret)?;
        Some(Signed { algorithm: "HMAC-SHA512", text, given, expected })
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }
}

const NAME: &str = "bitlipa";

/// What confirms a payout.
const CONFIRMATION_CODE: &str = "1234";

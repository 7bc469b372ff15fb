//! CinetPay's checkout v2: routes and the states of a payment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::codes::{Class, Code};
use self::rules::{Account, Lookup, Order, Refusal};
use crate::choices::CheckoutChoices;
use crate::claim::Claim;
use crate::dice::Dice;
use crate::endings::Endings;
use crate::faults::SeenOrder;
use crate::gateway::{Callback, Decision, Effects, Gateway, Ping, Reply, Request};
use crate::html::{self, Guard};
use crate::ledger::Movement;
use crate::moment::Moment;
use crate::rate::Rate;
use crate::schedule::Schedule;
use crate::store::{self, Constant, Orders, Record, Store};
use crate::view::{Group, OrderView, Prompt, Signed, Standing};

mod codes;
mod operators;
mod pages;
mod rules;
mod seamless;
mod shapes;
mod sign;

/// The emulated checkout.
pub(crate) struct Checkout {
    merchant: Constant,
    account: Account,
    secret_key: String,
    base_url: String,
    guard: Guard,
    friends: Vec<String>,
    auto: Option<Duration>,
    endings: Endings,
    capacity: usize,
    dice: Dice,
    payments: Orders<Payment>,
    schedule: Schedule<(u64, Step)>,
    rate: Option<Rate>,
    /// Whether amounts may stand for codes.
    magic: bool,
    choices: CheckoutChoices,
}

/// What the checkout needs to know from outside.
pub(crate) struct Config {
    pub(crate) merchant: Constant,
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
    pub(crate) endings: Endings,
    pub(crate) capacity: usize,
    pub(crate) seed: u64,
    pub(crate) magic: bool,
    pub(crate) choices: CheckoutChoices,
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
    /// What `payment/check` tells while the payment waits, when it is not the usual code.
    #[serde(deserialize_with = "store::maybe_constant")]
    told: Option<Constant>,
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

    fn group(&self) -> Option<Group> {
        let (standing, _) = self.standing();
        let number = self.payers_number().filter(|_| standing == Standing::Open);
        let prompt = if number.is_some() { Prompt::Shown } else { Prompt::None };
        Some(Group { operation: "payment", standing, prompt })
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
    /// Another code of the table.
    Coded(#[serde(deserialize_with = "store::constant")] Constant),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    /// The payer has chosen an operator and the push is on its way.
    Push,
    End(Decision),
}

impl Checkout {
    pub(crate) fn new(config: Config) -> Checkout {
        Checkout {
            merchant: config.merchant,
            account: Account { apikey: config.apikey, site_id: config.site_id, currency: config.currency },
            secret_key: config.secret_key,
            base_url: config.base_url,
            guard: config.guard,
            friends: config.friends,
            auto: config.auto,
            endings: config.endings,
            capacity: config.capacity,
            dice: Dice::new(config.seed, 1),
            payments: Orders::open(&config.store, "cinetpay_checkout"),
            schedule: Schedule::open(&config.store, "cinetpay_checkout"),
            rate: config.choices.calls_per_minute.map(|limit| Rate::new(limit, Duration::from_secs(60))),
            magic: config.magic,
            choices: config.choices,
        }
    }

    /// The checks that stand before every call of the API.
    fn guard(&mut self, request: &Request, now: Moment) -> Result<(), Reply> {
        let agent = request.header("user-agent").unwrap_or("").trim();
        let banned = &self.choices.banned_user_agents;
        if (agent.is_empty() && self.choices.require_user_agent)
            || banned.iter().any(|banned| agent.starts_with(banned.as_str()))
        {
            return Err(shapes::banned());
        }
        if let Some(rate) = &mut self.rate
            && rate.take(now).is_none()
        {
            let mut reply = shapes::too_many(&self.choices, now);
            reply.headers.push(("retry-after", rate.wait(now).to_string()));
            return Err(reply);
        }
        if request.method != "POST" {
            let mut reply = match request.method.as_str() {
                "OPTIONS" => Reply::text(200, ""),
                _ => Reply::text(405, "this call is made with POST"),
            };
            reply.headers.push(("allow", "POST".to_owned()));
            return Err(reply);
        }
        if !request.has_content_type("application/json") {
            return Err(shapes::forbidden(&self.choices, now));
        }
        Ok(())
    }

    fn initialise(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let order = match rules::read_order(&request.body, &self.account, &self.choices) {
            Ok(order) => order,
            Err(refusal) => return shapes::refusal(&refusal, &self.choices, now),
        };
        if let Some(serial) = self.payments.find("transaction_id", &order.transaction_id) {
            let known = self.payments.get(serial);
            if known.order.fingerprint == order.fingerprint {
                return self.created(&known.token, now);
            }
            let reason = "transaction_id was used before with other parameters".to_owned();
            let code = if self.choices.older_codes { "620" } else { "608" };
            return shapes::refusal(&Refusal::Coded(code, reason), &self.choices, now);
        }
        if self.payments.len() >= self.capacity {
            return Reply::full();
        }
        let magic = Code::of_amount(order.amount).filter(|_| self.magic);
        if let Some(code) = magic.filter(|code| code.class == Class::Request) {
            return shapes::refused_by_amount(code, &self.choices, now);
        }
        let token = self.dice.hex(110);
        let reply = self.created(&token, now);
        let mark = self.dice.hex(64);
        let payment =
            Payment { order, token, mark, created: now, payer: None, told: None, state: State::Waiting };
        let serial = self.payments.push(payment);
        match magic {
            Some(code) => drop(self.tell(serial, code, now, effects)),
            None => self.plan(serial, now),
        }
        reply
    }

    /// Lets time do its work on a payment.
    fn plan(&mut self, serial: u64, now: Moment) {
        let order = &self.payments.get(serial).order;
        let seen = SeenOrder {
            order_id: Some(order.transaction_id.clone()),
            phone: order.phone.clone(),
            amount: Some(order.amount.to_string()),
        };
        let Some((delay, decision)) = self.endings.of(NAME, self.merchant, &seen, self.auto) else { return };
        if !delay.is_zero() {
            self.schedule.add(now.plus(delay / 2), (serial, Step::Push));
        }
        self.schedule.add(now.plus(delay), (serial, Step::End(decision)));
    }

    fn created(&self, token: &str, now: Moment) -> Reply {
        shapes::created(token, &self.payment_url(token), &self.choices, now)
    }

    fn check(&self, request: &Request, now: Moment) -> Reply {
        let lookup = match rules::read_lookup(&request.body, &self.account, &self.choices) {
            Ok(lookup) => lookup,
            Err(refusal) => return shapes::refusal(&refusal, &self.choices, now),
        };
        let serial = match &lookup {
            Lookup::Id(id) => self.payments.find("transaction_id", id),
            Lookup::Token(token) => self.payments.find("token", token),
        };
        match serial {
            Some(serial) => shapes::state(&self.payments.get(serial), &self.choices, now),
            None => {
                let reason = "no payment has this transaction_id or token".to_owned();
                let code = Code::find(&self.choices.unknown_payment_code).map_or("608", |code| code.number);
                shapes::refusal(&Refusal::Coded(code, reason), &self.choices, now)
            }
        }
    }

    /// Gives a payment a code of the table. A payer who was refused may still have tried again, so a refused
    /// payment can become a paid one.
    fn tell(&mut self, serial: u64, code: &'static Code, now: Moment, effects: &mut Effects) -> bool {
        let waiting = match self.payments.get(serial).state {
            State::Waiting => true,
            State::Refused { .. } if code.class == Class::Paid => false,
            State::Accepted { .. } | State::Refused { .. } => return false,
        };
        match code.class {
            Class::Paid => {
                if !waiting {
                    self.payments.change(serial, |payment| payment.state = State::Waiting);
                }
                self.decide(serial, Decision::Approve, now, effects)
            }
            Class::Failed => {
                let state = State::Refused { at: now, cause: code.cause() };
                self.payments.change(serial, |payment| payment.state = state);
                self.notify(serial, effects);
                true
            }
            Class::Pending | Class::Unclear => {
                self.payments.change(serial, |payment| payment.told = Some(code.number));
                if code.class == Class::Pending {
                    self.notify(serial, effects);
                }
                true
            }
            Class::Request => false,
        }
    }

    /// Lets the payer choose an operator, as the counter does.
    fn choose_operator(&mut self, serial: u64, code: &str, effects: &mut Effects) -> bool {
        let payment = self.payments.get(serial);
        let Some((country, operator)) = operators::find(payment.order.currency, code) else { return false };
        if payment.state != State::Waiting {
            return false;
        }
        let (_, phone) = shapes::payer(&payment);
        let payer = Payer { operator: operator.code, prefix: country.prefix, phone: phone.to_owned() };
        self.payments.change(serial, |payment| payment.payer = Some(payer));
        self.notify(serial, effects);
        true
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
                    merchant: self.merchant,
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
        let mut fields = shapes::notification(&payment, &self.account.site_id);
        if !self.choices.notify_error_message {
            fields.retain(|(name, _)| *name != "cpm_error_message");
        }
        effects.callbacks.push(Callback {
            gateway: NAME,
            merchant: self.merchant,
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

impl Payment {
    fn standing(&self) -> (Standing, &'static str) {
        match self.state {
            State::Waiting => (Standing::Open, "WAITING_FOR_CUSTOMER"),
            State::Accepted { .. } => (Standing::Approved, "ACCEPTED"),
            State::Refused { .. } => (Standing::Refused, "REFUSED"),
        }
    }

    /// The number that the payer gave at the counter.
    fn payers_number(&self) -> Option<String> {
        let payer = self.payer.as_ref().filter(|payer| !payer.phone.is_empty())?;
        Some(format!("{}{}", payer.prefix, payer.phone))
    }
}

impl Checkout {
    fn view(&self, serial: u64, payment: &Payment) -> OrderView {
        let (state, status) = payment.standing();
        let order = &payment.order;
        let prompted = payment.payers_number();
        OrderView {
            serial,
            gateway: NAME,
            merchant: self.merchant,
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

    fn knows(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Account(apikey) => *apikey == self.account.apikey,
            Claim::Page(token) => self.payments.find("token", token).is_some(),
            _ => false,
        }
    }

    fn answer(&mut self, request: &Request, now: Moment, effects: &mut Effects) -> Reply {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        if let Some(reply) = html::asset(request) {
            return reply;
        }
        if let Some(call) = path.strip_prefix("/seamless/") {
            return self.seamless(request, call, now, effects);
        }
        if let Some(token) = path.strip_prefix("/payment/") {
            return self.page(request, token, now, effects);
        }
        if !matches!(path, "/v2/payment" | "/v2/payment/check") {
            return Reply::text(404, "not found");
        }
        let reply = match (self.guard(request, now), path) {
            (Err(reply), _) => reply,
            (Ok(()), "/v2/payment") => self.initialise(request, now, effects),
            (Ok(()), _) => self.check(request, now),
        };
        // The gateway's own script calls from the merchant's page.
        self.shared(request, reply)
    }

    fn settle(&mut self, order_id: &str, decision: Decision, now: Moment, effects: &mut Effects) -> bool {
        match self.payments.find("transaction_id", order_id) {
            Some(serial) => self.decide(serial, decision, now, effects),
            None => false,
        }
    }

    fn set_state(&mut self, order_id: &str, state: &str, now: Moment, effects: &mut Effects) -> bool {
        match (self.payments.find("transaction_id", order_id), Code::find(state)) {
            (Some(serial), Some(code)) => self.tell(serial, code, now, effects),
            (Some(serial), None) => self.choose_operator(serial, state, effects),
            (None, _) => false,
        }
    }

    fn advance(&mut self, now: Moment, effects: &mut Effects) {
        while let Some((serial, step)) = self.schedule.take_due(now) {
            match step {
                // What was told by hand is not time's to decide.
                _ if self.payments.get(serial).told.is_some() => {}
                Step::Push => {
                    if self.payments.get(serial).state == State::Waiting {
                        self.notify(serial, effects);
                    }
                }
                Step::End(decision) => {
                    self.decide(serial, decision, now, effects);
                }
            }
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.schedule.next_due()
    }

    fn orders(&self, groups: &[Group], before: u64, limit: usize) -> Vec<OrderView> {
        let newest = self.payments.newest_of(groups, before, limit);
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
